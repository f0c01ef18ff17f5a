/** Fields and operands of RISC-V instructions, named as in the Unprivileged ISA manual (20191213). */
import type { Vocabulary } from '../../decode/vocabulary.js';

/** What translators read. x registers: rd rs1 rs2; f registers: fd fs1 fs2 fs3. */
export const OPERANDS = [
  'rd', 'rs1', 'rs2', 'fd', 'fs1', 'fs2', 'fs3',
  // Immediates by the way they are written: signed number, upper 20 bits, distance to a code address, unsigned number.
  'imm', 'upper', 'offset', 'zimm',
  'shamt', 'fli', 'rm', 'csr', 'aqrl', 'fm', 'pred', 'succ',
] as const; // prettier-ignore

export type Operand = (typeof OPERANDS)[number];

const REGISTER = { width: 5 };
/** Compressed register numbers 0..7 are x8..x15, f8..f15 (manual 16.2). */
const short = (operand: Operand) => ({ operand, width: 3, plus: 8 });

/** The fields of RV32 (`xlen` 32) or RV64. */
export function vocabulary(xlen: 32 | 64): Vocabulary {
  return {
    rd: REGISTER,
    rs1: REGISTER,
    rs2: REGISTER,
    fd: REGISTER,
    fs1: REGISTER,
    fs2: REGISTER,
    fs3: REGISTER,
    "rd'": short('rd'),
    "rs1'": short('rs1'),
    "rs2'": short('rs2'),
    "fd'": short('fd'),
    "fs2'": short('fs2'),
    imm: { signed: true },
    nzimm: { operand: 'imm', signed: true, not: [0] },
    uimm: { operand: 'imm' },
    nzuimm: { operand: 'imm', not: [0] },
    upper: { signed: true },
    nzupper: { operand: 'upper', signed: true, not: [0] },
    offset: { signed: true },
    zimm: { width: 5 },
    // RV32 has the sixth bit of a shift amount reserved (2.4.1).
    shamt: { width: 6, below: xlen },
    // 5 and 6 are reserved; 7 is the dynamic mode (11.2).
    rm: { width: 3, not: [5, 6] },
    // Number of a constant (Zfa).
    fli: { width: 5 },
    csr: { width: 12 },
    aqrl: { width: 2 },
    fm: { width: 4 },
    pred: { width: 4 },
    succ: { width: 4 },
  };
}
