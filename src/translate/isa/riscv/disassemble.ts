/** Assembler text of RISC-V instructions with ABI register names, in the form binutils prints with -M no-aliases. */
import type { OperandPrinter } from '../../decode/text.js';
import type { Operand } from './vocabulary.js';

const X_NAMES =
  'zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6'.split(
    ' ',
  );
const F_NAMES = (
  'ft0 ft1 ft2 ft3 ft4 ft5 ft6 ft7 fs0 fs1 fa0 fa1 fa2 fa3 fa4 fa5 fa6 fa7 fs2 fs3 fs4 fs5 fs6 fs7 fs8 fs9 fs10 fs11 ' +
  'ft8 ft9 ft10 ft11'
).split(' ');
/** The constants of fli (Zfa 1.0, table 1). */
const FLI_NAMES = (
  '-0x1p+0 min 0x1p-16 0x1p-15 0x1p-8 0x1p-7 0x1p-4 0x1p-3 0x1p-2 0x1.4p-2 0x1.8p-2 0x1.cp-2 0x1p-1 0x1.4p-1 ' +
  '0x1.8p-1 0x1.cp-1 0x1p+0 0x1.4p+0 0x1.8p+0 0x1.cp+0 0x1p+1 0x1.4p+1 0x1.8p+1 0x1p+2 0x1p+3 0x1p+4 0x1p+7 0x1p+8 ' +
  '0x1p+15 0x1p+16 inf nan'
).split(' ');
const RM_NAMES = [',rne', ',rtz', ',rdn', ',rup', ',rmm', ',5', ',6', ''];
const AQRL_NAMES = ['', '.rl', '.aq', '.aqrl'];
const CSR_NAMES: Readonly<Record<number, string>> = {
  0x001: 'fflags',
  0x002: 'frm',
  0x003: 'fcsr',
  0xc00: 'cycle',
  0xc01: 'time',
  0xc02: 'instret',
  0xc80: 'cycleh',
  0xc81: 'timeh',
  0xc82: 'instreth',
};

const x: OperandPrinter = (n) => X_NAMES[n] ?? '?';
const f: OperandPrinter = (n) => F_NAMES[n] ?? '?';
const decimal: OperandPrinter = (n) => String(n);
const hexadecimal: OperandPrinter = (n) => `0x${(n >>> 0).toString(16)}`;
/** The sets of a fence: input, output, reads, writes. */
const fenceSet: OperandPrinter = (n) =>
  ['i', 'o', 'r', 'w'].filter((_, k) => ((n >> (3 - k)) & 1) === 1).join('') || 'unknown';

export const PRINTERS: Readonly<Record<Operand, OperandPrinter>> = {
  rd: x,
  rs1: x,
  rs2: x,
  fd: f,
  fs1: f,
  fs2: f,
  fs3: f,
  imm: decimal,
  upper: (n) => hexadecimal(n >>> 12, 0),
  offset: (n, pc) => `0x${((pc + n) >>> 0).toString(16)}`,
  zimm: decimal,
  shamt: hexadecimal,
  fli: (n) => FLI_NAMES[n] ?? '?',
  rm: (n) => RM_NAMES[n] ?? '?',
  csr: (n) => CSR_NAMES[n] ?? hexadecimal(n, 0),
  aqrl: (n) => AQRL_NAMES[n] ?? '?',
  fm: decimal,
  pred: fenceSet,
  succ: fenceSet,
};

export function registerName(n: number): string {
  return X_NAMES[n] ?? '?';
}
