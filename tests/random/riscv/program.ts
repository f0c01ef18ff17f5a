/**
 * Random RISC-V programs. A program loads all registers with edge-biased values, runs its units some times, dumps registers,
 * fcsr and its data area with one write(2) and exits. Three registers are protected: the base of the data area (x8..x15),
 * sp (into the data area, for c.*sp) and x3 (the loop counter). Jumps go forward, to the start of a later unit.
 */
import { makeElf } from '../elf.js';
import { Rng } from '../rng.js';
import type { Assembler, Word } from './assembler.js';
import { fillEdges, fillPool } from './values.js';
import { UnitMaker } from './units.js';
import type { Unit } from './units.js';

const CODE = 0x10_0000;
const DATA = 0x20_0000;
/** Offsets in the data segment: initial registers, what base points to (a page boundary), the dump. */
const INIT = 0;
export const INIT_FCSR = 512;
const BASE = 0x2000;
const DUMP = 0x3000;
const DUMP_SIZE = 0x210;
const DATA_SIZE = 0x4000;
/** The pages that loads and stores off the base register reach, below and above it, as offsets in the data segment. */
export const REACHED_PAGES = [BASE - 4096, BASE] as const;
/** What the program writes to its standard output: the area around base, then the dump. */
const OUTPUT = BASE - 2048;
export const OUTPUT_SIZE = DUMP + DUMP_SIZE - OUTPUT;
/** Offset of the dumped registers in the output. */
export const OUTPUT_REGISTERS = DUMP - OUTPUT;

/** Times a program runs its units, unless told otherwise: recorded answers hold for this number. */
const PASSES = 2;
const EM_RISCV = 243;
/** EF_RISCV_RVC | EF_RISCV_FLOAT_ABI_DOUBLE */
const ELF_FLAGS = 5;

const SYS_WRITE = 64;
const SYS_EXIT = 93;

export interface Image {
  readonly xlen: 32 | 64;
  readonly entry: number;
  readonly codeAddr: number;
  readonly code: Uint8Array;
  readonly dataAddr: number;
  readonly data: Uint8Array;
  /** Where the output is when the program makes its write(2). */
  readonly outputAddr: number;
  /** pc of each unit. */
  readonly pcs: readonly number[];
  /** Instructions one run executes at most. */
  readonly instructions: number;
}

export interface Program {
  readonly seed: number;
  readonly xlen: 32 | 64;
  readonly base: number;
  readonly units: readonly Unit[];
  readonly data: Uint8Array;
  /** Times the units run. */
  readonly passes: number;
}

/** A program of about `size` instructions; `names` are the lines it may use. */
export function randomProgram(
  asm: Assembler,
  xlen: 32 | 64,
  seed: number,
  size: number,
  names: readonly string[],
  passes = PASSES,
): Program {
  const rng = new Rng(seed);
  const base = 8 + rng.below(8);
  const maker = new UnitMaker(asm, rng, xlen, base, names);
  const units: Unit[] = [];
  for (let n = 0; n < size;) {
    const unit = maker.make();
    units.push(unit);
    n += unit.words.length;
  }
  const data = new Uint8Array(DATA_SIZE);
  const view = new DataView(data.buffer);
  fillEdges(view, INIT, 64, rng);
  fillPool(view, BASE - 2048, 512 + 1, rng);
  const set = (register: number, value: number): void => {
    view.setInt32(INIT + register * 8, value, true);
    view.setInt32(INIT + register * 8 + 4, 0, true);
  };
  set(2, DATA + BASE - 1024);
  set(3, passes);
  set(base, DATA + BASE);
  view.setUint32(INIT_FCSR, (rng.below(5) << 5) | rng.below(32), true);
  return { seed, xlen, base, units, data, passes };
}

/** Machine code of a program, or of some of its units. */
export function assemble(asm: Assembler, program: Program, units: readonly Unit[] = program.units): Image {
  const { xlen } = program;
  const load = xlen === 64 ? 'ld' : 'lw';
  const store = xlen === 64 ? 'sd' : 'sw';
  const bytes: number[] = [];
  const pc = (): number => CODE + bytes.length;
  const emit = ({ bits, row }: Word): void => {
    for (let k = 0; k < row.width; k += 8) bytes.push((bits >>> k) & 255);
  };
  const i = (name: string, values: Readonly<Record<string, number>>): void => {
    emit(asm.word(name, values));
  };
  const address = (rd: number, value: number): void => {
    i('lui', { rd, upper: ((value + 0x800) >>> 12) << 12 });
    i('addi', { rd, rs1: rd, imm: (value << 20) >> 20 });
  };

  address(2, DATA + INIT);
  i('lw', { rd: 5, rs1: 2, imm: INIT_FCSR });
  i('csrrw', { rd: 0, rs1: 5, csr: 3 });
  for (let n = 0; n < 32; n++) i('fld', { fd: n, rs1: 2, imm: 256 + n * 8 });
  for (let n = 1; n < 32; n++) if (n !== 2) i(load, { rd: n, rs1: 2, imm: n * 8 });
  i(load, { rd: 2, rs1: 2, imm: 16 });

  const start = pc();
  const pcs: number[] = [];
  for (const unit of units) {
    pcs.push(pc());
    for (const { row } of unit.words) for (let k = 0; k < row.width; k += 8) bytes.push(0);
  }
  pcs.push(pc());
  const end = bytes.length;
  let at = start - CODE;
  units.forEach((unit, n) => {
    let origin = at + CODE;
    const words = [...unit.words];
    if (unit.jump !== undefined) {
      const { word, from, operand, delta } = unit.jump;
      for (const { row } of unit.words.slice(0, from)) origin += row.width / 8;
      const target = pcs[Math.min(n + delta, units.length)] as number;
      words[word] = asm.retarget(words[word] as Word, operand, target - origin);
    }
    for (const { bits, row } of words) {
      for (let k = 0; k < row.width; k += 8) bytes[at++] = (bits >>> k) & 255;
    }
  });
  if (at !== end) throw new Error('units do not fit their places');

  i('addi', { rd: 3, rs1: 3, imm: -1 });
  i('beq', { rs1: 3, rs2: 0, offset: 8 });
  i('jal', { rd: 0, offset: start - pc() });
  address(2, DATA + DUMP);
  for (let n = 1; n < 32; n++) i(store, { rs2: n, rs1: 2, imm: n * 8 });
  for (let n = 0; n < 32; n++) i('fsd', { fs2: n, rs1: 2, imm: 256 + n * 8 });
  i('csrrs', { rd: 5, csr: 3, rs1: 0 });
  i('sw', { rs2: 5, rs1: 2, imm: 512 });
  i('addi', { rd: 10, rs1: 0, imm: 1 });
  address(11, DATA + OUTPUT);
  address(12, OUTPUT_SIZE);
  i('addi', { rd: 17, rs1: 0, imm: SYS_WRITE });
  i('ecall', {});
  i('addi', { rd: 10, rs1: 0, imm: 0 });
  i('addi', { rd: 17, rs1: 0, imm: SYS_EXIT });
  i('ecall', {});

  return {
    xlen,
    entry: CODE,
    codeAddr: CODE,
    code: Uint8Array.from(bytes),
    dataAddr: DATA,
    data: program.data,
    outputAddr: DATA + OUTPUT,
    pcs,
    instructions: units.reduce((sum, u) => sum + u.words.length, 0) * program.passes,
  };
}

export function imageToElf(image: Image): Uint8Array {
  return makeElf({
    bits: image.xlen,
    machine: EM_RISCV,
    flags: ELF_FLAGS,
    entry: image.entry,
    segments: [
      { addr: image.codeAddr, bytes: image.code, write: false, exec: true },
      { addr: image.dataAddr, bytes: image.data, write: true, exec: false },
    ],
  });
}

/** What is different between two outputs, in words. */
export function describeDifference(mine: Uint8Array, theirs: Uint8Array): string[] {
  if (mine.length !== theirs.length) return [`output of ${mine.length} bytes, expected ${theirs.length}`];
  const lines: string[] = [];
  const hex = (bytes: Uint8Array, at: number): string =>
    Buffer.from(bytes.subarray(at, at + 8))
      .reverse()
      .toString('hex');
  for (let at = 0; at < theirs.length; at += 8) {
    if (hex(mine, at) === hex(theirs, at)) continue;
    const n = (at - OUTPUT_REGISTERS) / 8;
    const place =
      n < 0
        ? `memory base${at - 2048 < 0 ? '' : '+'}${at - 2048}`
        : n < 32
          ? `x${n}`
          : n < 64
            ? `f${n - 32}`
            : 'fcsr';
    lines.push(`${place}: ${hex(mine, at)}, expected ${hex(theirs, at)}`);
  }
  return lines;
}
