/**
 * Random-instruction differential test against qemu-user; built and started by scripts/soak.mjs.
 *
 *   npm run soak -- [--isa riscv64|riscv32] [--qemu COMMAND] [--cpu MODEL] [--programs N] [--size N] [--seed N]
 *                   [--only NAME,…] [--threshold N]
 *
 * Prints a count, and for the first difference a shrunk program. Exit status 1 when there was one.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { Assembler } from './riscv/assembler.js';
import { Machine } from './riscv/machine.js';
import { assemble, describeDifference, randomProgram } from './riscv/program.js';
import type { Program } from './riscv/program.js';
import { qemuVersion, runQemu } from './riscv/qemu.js';
import type { Qemu } from './riscv/qemu.js';
import { linesFor } from './riscv/lines.js';
import { shrink } from './riscv/shrink.js';
import type { Unit } from './riscv/units.js';

const { values } = parseArgs({
  options: {
    isa: { type: 'string', default: 'riscv64' },
    qemu: { type: 'string' },
    cpu: { type: 'string' },
    programs: { type: 'string', default: '300' },
    size: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    stop: { type: 'string', default: '1' },
  },
});

const xlen = values.isa === 'riscv32' ? 32 : 64;
const command = values.qemu ?? `qemu-riscv${xlen}`;
const version = qemuVersion(command);
if (version === 0) {
  console.error(`${command} cannot be run`);
  process.exit(2);
}
const qemu: Qemu = { command, args: values.cpu === undefined ? [] : ['-cpu', values.cpu] };
const asm = new Assembler(xlen);
const wanted = values.only?.split(',');
const names = linesFor(asm, version).filter((name) => wanted === undefined || wanted.includes(name));
const machine = new Machine(xlen);
const scratch = join(tmpdir(), `sojourn-soak-${process.pid}`);

function outputs(program: Program, units: readonly Unit[]): [Uint8Array, Uint8Array] {
  const image = assemble(asm, program, units);
  return [machine.run(image), runQemu(qemu, image, scratch)];
}

function differs(program: Program, units: readonly Unit[]): boolean {
  const [mine, theirs] = outputs(program, units);
  return Buffer.compare(mine, theirs) !== 0;
}

function report(program: Program): void {
  const units = shrink(program.units, (some) => differs(program, some));
  const image = assemble(asm, program, units);
  console.log(`seed ${program.seed}: ${units.length} units differ; base x${program.base}`);
  units.forEach((unit, n) => {
    const pc = image.pcs[n] as number;
    let at = pc - image.codeAddr;
    for (const { row } of unit.words) {
      const bytes = image.code.subarray(at, at + row.width / 8);
      const bits = bytes.reduce((word, byte, k) => word | (byte << (8 * k)), 0);
      console.log(`  ${(image.codeAddr + at).toString(16)}  ${asm.text({ row, bits }, image.codeAddr + at)}`);
      at += row.width / 8;
    }
  });
  const [mine, theirs] = outputs(program, units);
  const decode = new TextDecoder();
  if (mine.length < 1000) console.log(`  ours: ${decode.decode(mine)}`);
  if (theirs.length < 1000) console.log(`  qemu: ${decode.decode(theirs)}`);
  if (mine.length === theirs.length)
    for (const line of describeDifference(mine, theirs)) console.log(`  ${line}`);
}

const first = Number(values.seed);
let instructions = 0;
let found = 0;
let ran = 0;
for (let n = 0; n < Number(values.programs) && found < Number(values.stop); n++) {
  const program = randomProgram(asm, xlen, first + n, Number(values.size), names);
  ran++;
  instructions += assemble(asm, program).instructions;
  if (!differs(program, program.units)) continue;
  found++;
  report(program);
}
console.log(
  `${ran} programs, ${names.length} kinds of instruction, up to ${instructions} executed (${machine.instructions} here): ${found} differ`,
);
process.exitCode = found === 0 ? 0 : 1;
