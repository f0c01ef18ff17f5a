/**
 * Compares the library with hardware on random cases, and prints some of them as vectors.
 *   npx esbuild tests/unit/cpu/fp/oracle/record.ts --bundle --platform=node --format=esm --outfile=.cache/fp-record.mjs
 *   node .cache/fp-record.mjs riscv CASES SEED VECTORS qemu-riscv64 -cpu rv64,Zfh=true ./fp-riscv
 *   node .cache/fp-record.mjs aarch64 CASES SEED VECTORS qemu-aarch64 -cpu max ./fp-aarch64
 * CASES of each operation are compared; VECTORS of them go to standard output, differences to standard error.
 */
import { spawnSync } from 'node:child_process';
import { Block, Random } from '../block.js';
import type { Op } from '../ops.js';
import { ALL_OPS, differs, printVector } from '../vectors.js';
import type { Vector } from '../vectors.js';

const [machine = '', cases = '', seed = '', wanted = '', command = '', ...args] = process.argv.slice(2);
const random = new Random(Number(seed));
const block = new Block();

const ARM_MODES = [16, 16, 17, 22, 23, 24];

/** Modes of ARM are in the control register but for ties away, which only some instructions have. */
function roundingMode(op: Op): number {
  if (op.rm !== 'any') return 0;
  const away = machine === 'riscv' || /^roundIntF|To[iu](32|64)$/.test(op.name);
  return [0, 0, 1, 2, 3, away ? 4 : 1][random.below(6)]!;
}

function operands(op: Op): bigint[] {
  const out = op.operands(random);
  // The oracle knows a few numbers of fraction bits.
  if (/ToFixed|^fixed/.test(op.name)) out[1] = [1n, 5n, 16n, 31n, 32n, 52n, 64n][random.below(7)]!;
  return out;
}

let total = 0;
let wrong = 0;
for (const op of ALL_OPS.values()) {
  const list: Omit<Vector, 'result' | 'flags'>[] = [];
  for (let i = 0; i < Number(cases); i++) {
    const rm = /ToFixed/.test(op.name) ? 1 : roundingMode(op);
    const mode = machine === 'riscv' ? 1 : ARM_MODES[random.below(ARM_MODES.length)]!;
    list.push({ op, rm, mode, operands: operands(op) });
  }
  const input = list.map(
    (c) => `${op.name} ${c.rm} ${c.mode} ${c.operands.map((b) => b.toString(16)).join(' ')}\n`,
  );
  const child = spawnSync(command, args, { input: input.join(''), encoding: 'utf8', maxBuffer: 1 << 30 });
  if (child.status !== 0) throw new Error(`${command}: ${child.stderr} ${child.error?.message ?? ''}`);
  const lines = child.stdout.split('\n');
  let printed = 0;
  let bad = 0;
  list.forEach((c, i) => {
    const [bits, flags] = lines[i]!.split(' ');
    if (bits === undefined || bits === '-') return;
    const vector: Vector = { ...c, result: BigInt(`0x${bits}`), flags: Number(flags) };
    total++;
    const difference = differs(block, vector);
    if (difference !== undefined) {
      if (bad++ < 4) console.error(difference);
    } else if (printed < Number(wanted)) {
      if (printed === 0) console.log(op.name);
      console.log(printVector(vector));
      printed++;
    }
  });
  if (bad > 0) console.error(`${op.name}: ${bad} wrong`);
  wrong += bad;
}
console.error(`${total} cases, ${wrong} wrong`);
