/**
 * Random A64 programs. A program loads all registers with edge-biased values, runs its units some times, dumps registers, flags
 * and its data area with one write(2) and exits. Jumps go forward, to the start of a later unit.
 */
import { makeElf } from '../elf.js';
import { Rng } from '../rng.js';
import type { A64Assembler, Values } from './assembler.js';
import { BASE, COUNTER, UnitMaker } from './units.js';
import type { Unit } from './units.js';
import { fillLanes } from './values.js';

const CODE = 0x100_0000;
const DATA = 0x200_0000;
/** Offsets in the data segment: initial registers (x, then q, then FPCR and NZCV), base, the dump. */
const INIT = 0;
const INIT_Q = INIT + 256;
const INIT_FPCR = INIT_Q + 512;
const BASE_AT = 0x4000;
const WINDOW = 4096;
const DUMP = BASE_AT + WINDOW;
const DUMP_Q = 256;
const DUMP_FLAGS = DUMP_Q + 512;
const DUMP_SIZE = DUMP_FLAGS + 32;
const DATA_SIZE = 0x8000;
const OUTPUT = BASE_AT - WINDOW;
export const OUTPUT_SIZE = DUMP + DUMP_SIZE - OUTPUT;
const OUTPUT_REGISTERS = DUMP - OUTPUT;

const EM_AARCH64 = 183;
const SYS_WRITE = 64;
const SYS_EXIT = 93;

export interface Image {
  readonly entry: number;
  readonly codeAddr: number;
  readonly code: Uint8Array;
  readonly dataAddr: number;
  readonly data: Uint8Array;
  readonly outputAddr: number;
  readonly pcs: readonly number[];
  readonly instructions: number;
}

export interface Program {
  readonly seed: number;
  readonly units: readonly Unit[];
  readonly data: Uint8Array;
  /** How often the units run. */
  readonly passes: number;
}

/** FPCR values a program starts with: mostly the default, sometimes anything. */
function startFpcr(rng: Rng): number {
  if (rng.chance(0.5)) return 0;
  return [26, 25, 24, 23, 22, 19].filter(() => rng.chance(0.4)).reduce((v, n) => v | (1 << n), 0);
}

export function randomProgram(
  asm: A64Assembler,
  seed: number,
  size: number,
  names: readonly string[],
  fpcr = true,
  passes = 2,
): Program {
  const rng = new Rng(seed);
  const maker = new UnitMaker(asm, rng, names, fpcr);
  const units: Unit[] = [];
  for (let n = 0; n < size;) {
    const unit = maker.make();
    units.push(unit);
    n += unit.words.length;
  }
  const data = new Uint8Array(DATA_SIZE);
  const view = new DataView(data.buffer);
  fillLanes(view, INIT, 48 + 32, rng);
  fillLanes(view, BASE_AT - WINDOW, (2 * WINDOW) / 16, rng);
  view.setUint32(INIT_FPCR, fpcr ? startFpcr(rng) : 0, true);
  view.setUint32(INIT_FPCR + 8, rng.word() & 0xf0000000, true);
  return { seed, units, data, passes };
}

export function assemble(asm: A64Assembler, program: Program, units: readonly Unit[] = program.units): Image {
  const words: number[] = [];
  const i = (name: string, values: Values): void => {
    words.push(asm.word(name, values));
  };
  const constant = (rd: number, value: number): void => {
    i('movz', { sf: 1, rd, hw: 0, imm: value & 0xffff });
    i('movk', { sf: 1, rd, hw: 1, imm: value >>> 16 });
  };
  const fpcr: Values = { op0: 1, op1: 3, crn: 4, crm: 4, op2: 0 };
  const fpsr: Values = { ...fpcr, op2: 1 };
  const nzcv: Values = { ...fpcr, crm: 2 };
  constant(0, DATA + INIT);
  i('ldr@uimm', { size: 3, rt: 1, rn: 0, imm: INIT_FPCR / 8 });
  i('msr', { ...fpcr, rt: 1 });
  i('ldr@uimm', { size: 3, rt: 1, rn: 0, imm: INIT_FPCR / 8 + 1 });
  i('msr', { ...nzcv, rt: 1 });
  for (let n = 0; n < 32; n++) i('ldr@quimm', { rt: n, rn: 0, imm: INIT_Q / 16 + n });
  for (let n = 1; n < 31; n++) i('ldr@uimm', { size: 3, rt: n, rn: 0, imm: n });
  i('ldr@uimm', { size: 3, rt: 0, rn: 0, imm: 0 });
  constant(BASE, DATA + BASE_AT);
  i('add@imm', { sf: 1, rd: 31, rn: BASE, imm: 0 });
  i('movz', { sf: 1, rd: COUNTER, hw: 0, imm: program.passes });

  const start = words.length;
  const pcs: number[] = [];
  let at = start;
  for (const unit of units) {
    pcs.push(CODE + at * 4);
    at += unit.words.length;
  }
  pcs.push(CODE + at * 4);
  units.forEach((unit, n) => {
    unit.words.forEach((word, k) => {
      const { jump } = unit;
      if (jump?.word !== k) {
        words.push(word);
        return;
      }
      const row = asm.decode(word);
      const target = pcs[Math.min(n + jump.delta, units.length)] as number;
      const placed =
        row === undefined ? undefined : asm.with(word, row, { imm: target - (CODE + words.length * 4) });
      if (placed === undefined) throw new Error('jump does not reach');
      words.push(placed);
    });
  });

  i('sub@imm', { sf: 1, rd: COUNTER, rn: COUNTER, imm: 1 });
  // A program is longer than cbnz reaches.
  i('cbz', { sf: 1, rt: COUNTER, imm: 8 });
  i('b', { imm: (start - words.length) * 4 });
  i('str@uimm', { size: 3, rt: 0, rn: BASE, imm: WINDOW / 8 });
  i('add@imm', { sf: 1, rd: 0, rn: BASE, sh: 1, imm: WINDOW / 4096 });
  for (let n = 1; n < 31; n++) i('str@uimm', { size: 3, rt: n, rn: 0, imm: n });
  for (let n = 0; n < 32; n++) i('str@quimm', { rt: n, rn: 0, imm: DUMP_Q / 16 + n });
  [nzcv, fpcr, fpsr].forEach((register, n) => {
    i('mrs', { ...register, rt: 1 });
    i('str@uimm', { size: 3, rt: 1, rn: 0, imm: DUMP_FLAGS / 8 + n });
  });
  i('movz', { sf: 1, rd: 0, hw: 0, imm: 1 });
  constant(1, DATA + OUTPUT);
  constant(2, OUTPUT_SIZE);
  i('movz', { sf: 1, rd: 8, hw: 0, imm: SYS_WRITE });
  i('svc', {});
  i('movz', { sf: 1, rd: 0, hw: 0, imm: 0 });
  i('movz', { sf: 1, rd: 8, hw: 0, imm: SYS_EXIT });
  i('svc', {});
  return {
    entry: CODE,
    codeAddr: CODE,
    code: new Uint8Array(Int32Array.from(words).buffer),
    dataAddr: DATA,
    data: program.data,
    outputAddr: DATA + OUTPUT,
    pcs,
    instructions: units.reduce((sum, u) => sum + u.words.length, 0) * program.passes,
  };
}

export function imageToElf(image: Image): Uint8Array {
  return makeElf({
    bits: 64,
    machine: EM_AARCH64,
    flags: 0,
    entry: image.entry,
    segments: [
      { addr: image.codeAddr, bytes: image.code, write: false, exec: true },
      { addr: image.dataAddr, bytes: image.data, write: true, exec: false },
    ],
  });
}

/** What is different between two outputs, by doublewords. */
export function describeDifference(mine: Uint8Array, theirs: Uint8Array): string[] {
  if (mine.length !== theirs.length) return [`output of ${mine.length} bytes, expected ${theirs.length}`];
  const lines: string[] = [];
  const hex = (bytes: Uint8Array, at: number): string =>
    Buffer.from(bytes.subarray(at, at + 8))
      .reverse()
      .toString('hex');
  for (let at = 0; at < theirs.length; at += 8) {
    if (hex(mine, at) !== hex(theirs, at))
      lines.push(`${placeOf(at)}: ${hex(mine, at)}, expected ${hex(theirs, at)}`);
  }
  return lines;
}

function placeOf(at: number): string {
  const n = at - OUTPUT_REGISTERS;
  if (n < 0) return `memory base${at < WINDOW ? '' : '+'}${at - WINDOW}`;
  if (n < DUMP_Q) return `x${n / 8}`;
  if (n < DUMP_FLAGS) return `v${(n - DUMP_Q) >> 4}.d[${(n >> 3) & 1}]`;
  return ['nzcv', 'fpcr', 'fpsr', '?'][(n - DUMP_FLAGS) / 8] as string;
}
