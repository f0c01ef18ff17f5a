/**
 * Random-instruction differential test of A64 against qemu-aarch64; built and started by scripts/soak.mjs.
 *
 *   npm run soak -- --isa aarch64 [--programs N] [--size N] [--seed N] [--only NAME,…] [--extension NAME,…] [--stop N]
 *                [--engine closures|interp|wasm|tiered|all] [--passes N] [--record FILE]
 *
 * With --record it writes what qemu says to a file that unit tests read. Else it prints a count, and for each difference up to `stop` a shrunk program. Exit status 1 when there was one.
 */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { a64Model } from '../../../src/translate/isa/aarch64/model.js';
import type { A64Model } from '../../../src/translate/isa/aarch64/model.js';
import type { EngineMode } from '../../../src/translate/engine.js';
import { qemuVersion, runElf } from '../riscv/qemu.js';
import type { Qemu } from '../riscv/qemu.js';
import { hash, printRecording } from '../riscv/recorded.js';
import { shrink } from '../riscv/shrink.js';
import { A64Assembler } from './assembler.js';
import { loadArmTexts } from '../../../src/debug/capstone.js';
import { A64Machine } from './machine.js';
import { assemble, describeDifference, imageToElf, randomProgram } from './program.js';
import type { Program } from './program.js';
import type { Unit } from './units.js';

const { values } = parseArgs({
  options: {
    isa: { type: 'string', default: 'aarch64' },
    qemu: { type: 'string', default: 'qemu-aarch64' },
    cpu: { type: 'string', default: 'max,sve=off,sme=off,pauth=off' },
    programs: { type: 'string', default: '300' },
    size: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    extension: { type: 'string' },
    fpcr: { type: 'string', default: '1' },
    stop: { type: 'string', default: '1' },
    record: { type: 'string' },
    passes: { type: 'string', default: '2' },
    engine: { type: 'string', default: 'closures' },
  },
});

if (qemuVersion(values.qemu) === 0) {
  console.error(`${values.qemu} cannot be run`);
  process.exit(2);
}
const qemu: Qemu = { command: values.qemu, args: ['-cpu', values.cpu] };
const model = a64Model('max') as A64Model;
const asm = new A64Assembler(model);
const MODES: readonly EngineMode[] = ['closures', 'interp', 'wasm', 'tiered'];
const modes = values.engine === 'all' ? MODES : [values.engine as EngineMode];
/** One machine per engine mode; all must agree with the reference. */
const machines = modes.map((mode) => new A64Machine(model, { mode }));
const scratch = join(tmpdir(), `sojourn-soak-${process.pid}`);
const text = (await loadArmTexts()).aarch64;
const only = values.only?.split(',');
const extensions = values.extension?.split(',');
const names = asm.rows
  .filter((row) => only === undefined || only.includes(row.name) || only.includes(row.mnemonic))
  .filter((row) => extensions === undefined || extensions.includes(row.extension))
  .map((row) => row.name);

interface Outputs {
  /** Of the first engine that differs, else of the first. */
  readonly mine: Uint8Array;
  readonly mode: EngineMode;
  readonly theirs: Uint8Array;
  readonly same: boolean;
}

function outputs(program: Program, units: readonly Unit[]): Outputs {
  const image = assemble(asm, program, units);
  const theirs = runElf(qemu, imageToElf(image), scratch);
  const all = machines.map((machine) => machine.run(image));
  const at = all.findIndex((mine) => Buffer.compare(mine, theirs) !== 0);
  const shown = Math.max(at, 0);
  return { mine: all[shown] as Uint8Array, mode: modes[shown] as EngineMode, theirs, same: at < 0 };
}

function differs(program: Program, units: readonly Unit[]): boolean {
  return !outputs(program, units).same;
}

function report(program: Program): void {
  const units = shrink(program.units, (some) => differs(program, some));
  const image = assemble(asm, program, units);
  console.log(`seed ${program.seed}: ${units.length} units differ`);
  const code = new Int32Array(image.code.buffer);
  units.forEach((unit, n) => {
    const pc = image.pcs[n] as number;
    unit.words.forEach((_, k) => {
      const word = code[(pc - image.codeAddr) / 4 + k] as number;
      const name = asm.decode(word)?.name ?? '?';
      console.log(
        `  ${(word >>> 0).toString(16).padStart(8, '0')}  ${text(word, pc + 4 * k) ?? '?'}   [${name}]`,
      );
    });
  });
  const { mine, theirs, mode } = outputs(program, units);
  console.log(`  engine ${mode}`);
  const decode = new TextDecoder();
  if (mine.length < 1000) console.log(`  ours: ${decode.decode(mine)}`);
  if (theirs.length < 1000) console.log(`  qemu: ${decode.decode(theirs)}`);
  if (mine.length === theirs.length)
    for (const line of describeDifference(mine, theirs)) console.log(`  ${line}`);
}

const first = Number(values.seed);
const count = Number(values.programs);
const size = Number(values.size);
const make = (n: number): Program =>
  randomProgram(asm, first + n, size, names, values.fpcr === '1', Number(values.passes));

function compareRuns(): boolean {
  let instructions = 0;
  let found = 0;
  let ran = 0;
  for (let n = 0; n < count && found < Number(values.stop); n++) {
    const program = make(n);
    ran++;
    instructions += assemble(asm, program).instructions;
    if (!differs(program, program.units)) continue;
    found++;
    report(program);
  }
  const executed = `up to ${instructions} executed (${machines.map((machine) => machine.instructions).join(', ')} here)`;
  console.log(`${ran} programs, ${names.length} kinds of instruction, ${executed}: ${found} differ`);
  return found === 0;
}

function record(file: string): void {
  const programs = Array.from({ length: count }, (_, n) => {
    const image = assemble(asm, make(n));
    const output = hash(runElf(qemu, imageToElf(image), scratch));
    return { seed: first + n, program: hash(image.code), output };
  });
  writeFileSync(file, printRecording({ size, names, programs }));
}

if (values.record === undefined) process.exitCode = compareRuns() ? 0 : 1;
else record(values.record);
