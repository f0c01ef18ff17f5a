import type { OpRow } from './ops.js';

/** How a 32-bit result fills its slot: leave the high word alone, sign-extend, zero-extend, or all ones (NaN boxing). */
export const EXT_NONE = 0;
export const EXT_SIGN = 1;
export const EXT_ZERO = 2;
export const EXT_ONES = 3;
export type Ext = 0 | 1 | 2 | 3;

/** What kind of jump a block ends with, for call prediction. */
export const LINK_NONE = 0;
export const LINK_CALL = 1;
export const LINK_RETURN = 2;
export type Link = 0 | 1 | 2;

/** A 64-bit constant operand; 32-bit readers take `lo`. */
export class Const {
  readonly lo: number;
  readonly hi: number;
  constructor(lo: number, hi: number) {
    this.lo = lo | 0;
    this.hi = hi | 0;
  }
}

/** A slot of the CPU block (see src/cpu/layout.ts) or a constant. */
export type Operand = number | Const;

export const ZERO = new Const(0, 0);

/** Constants that immediates mostly are: -2048 to 2047, made when first asked for. */
const SMALL: (Const | undefined)[] = new Array<Const | undefined>(4096).fill(undefined);
SMALL[2048] = ZERO;

/** The constant with the value of a JS integer, |v| < 2^53, as 64-bit two's complement. */
export function constant(v: number): Const {
  if (v >= -2048 && v < 2048) return (SMALL[v + 2048] ??= new Const(v, v < 0 ? -1 : 0));
  return new Const(v | 0, Math.floor(v / 4294967296));
}

/**
 * One IR instruction. Fields an op does not use hold 0 / ZERO. Only a BlockBuilder that recycles its instructions writes
 * to one after it was made.
 */
export class Inst {
  row: OpRow;
  d: number;
  a: Operand;
  b: Operand;
  c: Operand;
  imm: number;
  imm2: number;
  ext: Ext;
  link: Link;
  /** Guest instruction this op belongs to. */
  pc: number;

  constructor(
    row: OpRow,
    d: number,
    a: Operand,
    b: Operand,
    c: Operand,
    imm: number,
    imm2: number,
    ext: Ext,
    link: Link,
    pc: number,
  ) {
    this.row = row;
    this.d = d;
    this.a = a;
    this.b = b;
    this.c = c;
    this.imm = imm;
    this.imm2 = imm2;
    this.ext = ext;
    this.link = link;
    this.pc = pc;
  }
}
