/**
 * Random-instruction differential test against qemu-user; built and started by scripts/soak.mjs.
 *
 *   npm run soak -- [--isa riscv64|riscv32] [--qemu COMMAND] [--cpu MODEL] [--programs N] [--size N] [--seed N]
 *                   [--only NAME,…] [--stop N] [--engine closures|wasm|tiered|all] [--passes N] [--illegal]
 *                   [--faults] [--record FILE]
 *
 * Prints a count, and for the first N differences shrunk programs. Exit status 1 when there was one. With --illegal it
 * tries words that we refuse instead; with --faults it compares the engines with each other while accesses fault all
 * over the programs; with --record it writes what qemu says to a file that unit tests read.
 */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import type { EngineMode } from '../../src/translate/engine.js';
import { Assembler } from './riscv/assembler.js';
import { Machine } from './riscv/machine.js';
import { assemble, describeDifference, randomProgram } from './riscv/program.js';
import type { Program } from './riscv/program.js';
import { qemuVersion, runElf, runQemu } from './riscv/qemu.js';
import type { Qemu } from './riscv/qemu.js';
import { Illegal, RESULT_ILLEGAL } from './riscv/illegal.js';
import { linesFor } from './riscv/lines.js';
import { Rng } from './rng.js';
import { hash, printRecording } from './riscv/recorded.js';
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
    engine: { type: 'string', default: 'closures' },
    record: { type: 'string' },
    illegal: { type: 'boolean', default: false },
    passes: { type: 'string' },
    faults: { type: 'boolean', default: false },
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
const MODES: readonly EngineMode[] = ['closures', 'interp', 'wasm', 'tiered'];
const modes = values.engine === 'all' ? MODES : [values.engine as EngineMode];
/** One machine per engine mode; all must agree with the reference. */
const machines = modes.map((mode) => new Machine(xlen, { mode }));
const scratch = join(tmpdir(), `sojourn-soak-${process.pid}`);

function outputs(program: Program, units: readonly Unit[]): [Uint8Array, Uint8Array] {
  const image = assemble(asm, program, units);
  const theirs = runQemu(qemu, image, scratch);
  const mine = machines.map((machine) => machine.run(image));
  return [mine.find((bytes) => Buffer.compare(bytes, theirs) !== 0) ?? (mine[0] as Uint8Array), theirs];
}

function differs(program: Program, units: readonly Unit[]): boolean {
  const [mine, theirs] = outputs(program, units);
  return Buffer.compare(mine, theirs) !== 0;
}

function report(program: Program): void {
  const units = shrink(program.units, (some) => differs(program, some));
  console.log(`seed ${program.seed}: ${units.length} units differ; base x${program.base}`);
  list(program, units);
  const [mine, theirs] = outputs(program, units);
  const decode = new TextDecoder();
  if (mine.length < 1000) console.log(`  ours: ${decode.decode(mine)}`);
  if (theirs.length < 1000) console.log(`  qemu: ${decode.decode(theirs)}`);
  if (mine.length === theirs.length)
    for (const line of describeDifference(mine, theirs)) console.log(`  ${line}`);
}

function list(program: Program, units: readonly Unit[]): void {
  const image = assemble(asm, program, units);
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
}

const first = Number(values.seed);
const count = Number(values.programs);
const size = Number(values.size);
const passes = values.passes === undefined ? undefined : Number(values.passes);

function compareRuns(): boolean {
  let instructions = 0;
  let found = 0;
  let ran = 0;
  for (let n = 0; n < count && found < Number(values.stop); n++) {
    const program = randomProgram(asm, xlen, first + n, size, names, passes);
    ran++;
    instructions += assemble(asm, program).instructions;
    if (!differs(program, program.units)) continue;
    found++;
    report(program);
  }
  const executed = `up to ${instructions} executed (${machines.map((m) => m.instructions).join(', ')} here)`;
  console.log(`${ran} programs, ${names.length} kinds of instruction, ${executed}: ${found} differ`);
  return found === 0;
}

/** Rights of the pages below and above the base register. */
const RIGHTS = [
  [0, 3],
  [3, 0],
  [1, 3],
  [3, 1],
  [1, 0],
  [0, 1],
] as const;

/** All engines must stop at the same instructions, with the same registers, for the same reason. */
function compareFaults(): boolean {
  let found = 0;
  let faults = 0;
  for (let n = 0; n < count && found < Number(values.stop); n++) {
    const program = randomProgram(asm, xlen, first + n, size, names, passes);
    const rights = RIGHTS[n % RIGHTS.length] as readonly number[];
    const disagreement = (units: readonly Unit[]): string | undefined => {
      const image = assemble(asm, program, units);
      const [expected = [], ...others] = machines.map((machine) => machine.runWithFaults(image, rights));
      faults += expected.length;
      for (const [k, log] of others.entries()) {
        const at = expected.findIndex((line, m) => line !== log[m]);
        if (at >= 0) return `${at}: ${modes[k + 1]}: ${log[at]}\n     ${modes[0]}: ${expected[at]}`;
      }
      return undefined;
    };
    if (disagreement(program.units) === undefined) continue;
    found++;
    const units = shrink(program.units, (some) => disagreement(some) !== undefined);
    console.log(
      `seed ${program.seed}: ${units.length} units differ; base x${program.base}; rights ${rights.join()}`,
    );
    list(program, units);
    console.log(`  ${disagreement(units)}`);
  }
  console.log(`${count} programs, ${faults} faults: ${found} differ`);
  return found === 0;
}

function compareRefusals(): boolean {
  const illegal = new Illegal(asm, xlen);
  const accepted = new Map<number, number | string>();
  for (let n = 0; n < count; n++) {
    const rng = new Rng(first + n);
    const words = Array.from({ length: size }, () => illegal.next(rng));
    const results = runElf(qemu, illegal.program(words), scratch);
    if (results.length !== size) {
      // A word did something wild: try them one by one.
      for (const word of words) {
        const [result] = runElf(qemu, illegal.program([word]), scratch);
        if (result !== RESULT_ILLEGAL) accepted.set(word, result ?? 'nothing');
      }
    } else
      words.forEach((word, k) => results[k] !== RESULT_ILLEGAL && accepted.set(word, results[k] as number));
    if (accepted.size >= Number(values.stop)) break;
  }
  for (const [word, result] of accepted) console.log(`  ${(word >>> 0).toString(16)}: ${result}`);
  console.log(`${count} programs of ${size} words: qemu does not refuse ${accepted.size}`);
  return accepted.size === 0;
}

function record(file: string): void {
  const programs = Array.from({ length: count }, (_, n) => {
    const image = assemble(asm, randomProgram(asm, xlen, first + n, size, names));
    const output = hash(runQemu(qemu, image, scratch));
    return { seed: first + n, program: hash(image.code), output };
  });
  writeFileSync(file, printRecording({ size, names, programs }));
}

if (values.record !== undefined) record(values.record);
else
  process.exitCode = (values.illegal ? compareRefusals() : values.faults ? compareFaults() : compareRuns())
    ? 0
    : 1;
