/**
 * Writes struct-truth.json: `node tests/unit/abi/struct-truth.mjs`, with Debian's gcc-riscv64-linux-gnu,
 * gcc-aarch64-linux-gnu and gcc-arm-linux-gnueabihf installed. Tests read the JSON alone.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const TARGETS = {
  riscv64: ['riscv64-linux-gnu-gcc'],
  riscv32: ['riscv64-linux-gnu-gcc', '-march=rv32gc', '-mabi=ilp32d', '-ffreestanding'],
  aarch64: ['aarch64-linux-gnu-gcc'],
  aarch64_be: ['aarch64-linux-gnu-gcc', '-mbig-endian', '-ffreestanding'],
  arm: ['arm-linux-gnueabihf-gcc'],
  armeb: ['arm-linux-gnueabihf-gcc', '-mbig-endian', '-ffreestanding'],
};

const source = fileURLToPath(new URL('struct-truth.c', import.meta.url));
const truth = {};
for (const [name, [gcc, ...flags]] of Object.entries(TARGETS)) {
  const text = execFileSync(gcc, [...flags, '-S', '-O0', '-o', '-', source], { encoding: 'utf8' });
  const structs = (truth[name] = {});
  for (const [, kind, rest] of text.matchAll(/@@([SF]) (.*)/g)) {
    const words = rest.trim().split(/\s+/);
    const row = (structs[words[0]] ??= { size: null, offsets: {} });
    if (kind === 'S') row.size = Number(words[1]);
    else row.offsets[words[1]] = Number(words[2]);
  }
}
writeFileSync(new URL('struct-truth.json', import.meta.url), `${JSON.stringify(truth, undefined, 1)}\n`);
