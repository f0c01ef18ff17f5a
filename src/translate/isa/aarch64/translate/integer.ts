/** A64 data processing: Arm ARM C4.1.92, C4.1.95. */
import { SLOT_CC_A } from '../../../../cpu/layout.js';
import { NONE } from '../../../ir/builder.js';
import { constant, EXT_SIGN, EXT_ZERO, ZERO } from '../../../ir/inst.js';
import type { Operand } from '../../../ir/inst.js';
import { OPS } from '../../../ir/ops.js';
import type { OpRow } from '../../../ir/ops.js';
import { bitmask } from '../bitmask.js';
import {
  ADD,
  AND,
  COND_ALWAYS,
  MINUS_ONE,
  MUL,
  OR,
  ROTR,
  SELECT,
  SHL,
  SHRS,
  SHRU,
  SUB,
  words,
  XOR,
} from '../context.js';
import type { A64Context, Pair, Translator } from '../context.js';
import { HELPER_CRC32 } from '../helpers.js';
import type { A64Fields } from '../vocabulary.js';

// ---- addresses and constants ---------------------------------------------------------------------------------------------

const transAdr: Translator = (c, f) => {
  c.b.op(OPS.mov64, c.d(f.rd), constant(c.b.pc + f.imm));
};
const transAdrp: Translator = (c, f) => {
  c.b.op(OPS.mov64, c.d(f.rd), constant(((c.b.pc & ~0xfff) >>> 0) + f.imm * 4096));
};

/** Move wide: the immediate at its place, 64 bits. */
function wide(f: A64Fields): { lo: number; hi: number } {
  const shift = f.hw * 16;
  return shift < 32 ? { lo: f.imm << shift, hi: 0 } : { lo: 0, hi: f.imm << (shift - 32) };
}
const transMovz: Translator = (c, f) => {
  if (f.sf === 0 && f.hw > 1) return c.undefined();
  const { lo, hi } = wide(f);
  c.b.op(OPS.mov64, c.d(f.rd), words(lo, hi));
};
const transMovn: Translator = (c, f) => {
  if (f.sf === 0 && f.hw > 1) return c.undefined();
  const { lo, hi } = wide(f);
  c.b.op(OPS.mov64, c.d(f.rd), words(~lo, f.sf === 1 ? ~hi : 0));
};
const transMovk: Translator = (c, f) => {
  if (f.sf === 0 && f.hw > 1) return c.undefined();
  const shift = f.hw * 16;
  const hole = shift < 32 ? words(~(0xffff << shift), -1) : words(-1, ~(0xffff << (shift - 32)));
  const { lo, hi } = wide(f);
  const t = c.temp(AND[f.sf] as OpRow, c.x(f.rd), hole);
  c.alu(OR, f.sf, c.d(f.rd), t, words(lo, hi));
};

// ---- add, subtract, logic ----------------------------------------------------------------------------------------------

/** d = a ± b with or without flags. */
function arithmetic(
  c: A64Context,
  subtract: boolean,
  flags: boolean,
  sf: number,
  d: number,
  a: Operand,
  b: Operand,
): void {
  if (flags) c.setArithmetic(subtract, sf, a, b);
  if (!subtract && (a === ZERO || b === ZERO)) c.move(sf, d, a === ZERO ? b : a);
  else c.alu(subtract ? SUB : ADD, sf, d, a, b);
}

/** Without flags register 31 of destination and source is SP; with flags the destination is XZR. */
const arithmeticImm =
  (subtract: boolean, flags: boolean): Translator =>
  (c, f) => {
    arithmetic(c, subtract, flags, f.sf, flags ? c.d(f.rd) : f.rd, f.rn, constant(f.imm << (f.sh * 12)));
  };
const arithmeticReg =
  (subtract: boolean, flags: boolean): Translator =>
  (c, f) => {
    if (f.shift === 3 || (f.sf === 0 && f.amount > 31)) return c.undefined();
    arithmetic(c, subtract, flags, f.sf, c.d(f.rd), c.x(f.rn), c.shifted(f.sf, f.rm, f.shift, f.amount));
  };
const arithmeticExt =
  (subtract: boolean, flags: boolean): Translator =>
  (c, f) => {
    if (f.imm > 4) return c.undefined();
    arithmetic(
      c,
      subtract,
      flags,
      f.sf,
      flags ? c.d(f.rd) : f.rd,
      f.rn,
      c.extended(f.rm, f.sf === 0 ? f.option | ((f.option & 2) >> 1) : f.option, f.imm),
    );
  };

const carryArithmetic =
  (subtract: boolean, flags: boolean): Translator =>
  (c, f) => {
    const { sf } = f;
    const carry = c.carry();
    const a = c.x(f.rn);
    const b = subtract ? c.temp(XOR[sf] as OpRow, c.x(f.rm), MINUS_ONE) : c.x(f.rm);
    const sum = c.temp(ADD[sf] as OpRow, c.slot(a), b);
    if (flags) c.setWithCarry(sf, a, b, carry);
    c.alu(ADD, sf, c.d(f.rd), sum, carry);
  };

const logicImm =
  (pair: Pair): Translator =>
  (c, f) => {
    const mask = f.sf === 0 && f.n === 1 ? undefined : bitmask(f.n, f.immr, f.imms);
    if (mask === undefined) return c.undefined();
    if (pair === OR && f.rn === 31) c.b.op(OPS.mov64, f.rd, f.sf === 1 ? mask : words(mask.lo, 0));
    else c.alu(pair, f.sf, f.rd, c.x(f.rn), mask);
  };
const transAndsImm: Translator = (c, f) => {
  const mask = f.sf === 0 && f.n === 1 ? undefined : bitmask(f.n, f.immr, f.imms);
  if (mask === undefined) return c.undefined();
  c.setLogic(AND, f.sf, c.x(f.rn), mask);
  c.move(f.sf, c.d(f.rd), SLOT_CC_A);
};
/** The second operand, shifted and perhaps inverted. */
function logicOperand(c: A64Context, f: A64Fields, invert: boolean): Operand {
  const value = c.shifted(f.sf, f.rm, f.shift, f.amount);
  if (!invert) return value;
  return value === ZERO ? MINUS_ONE : c.temp(XOR[f.sf] as OpRow, value, MINUS_ONE);
}
const logicReg =
  (pair: Pair, invert: boolean): Translator =>
  (c, f) => {
    if (f.sf === 0 && f.amount > 31) return c.undefined();
    if (pair === OR && f.rn === 31 && !invert) c.move(f.sf, c.d(f.rd), logicOperand(c, f, false));
    else c.alu(pair, f.sf, c.d(f.rd), c.slot(c.x(f.rn)), logicOperand(c, f, invert));
  };
const flagLogicReg =
  (invert: boolean): Translator =>
  (c, f) => {
    if (f.sf === 0 && f.amount > 31) return c.undefined();
    c.setLogic(AND, f.sf, c.slot(c.x(f.rn)), logicOperand(c, f, invert));
    c.move(f.sf, c.d(f.rd), SLOT_CC_A);
  };

// ---- bit fields ----------------------------------------------------------------------------------------------------------

const allowedField = (f: A64Fields): boolean => f.n === f.sf && (f.sf === 1 || (f.immr < 32 && f.imms < 32));

/** The low `width` bits set. */
function lowMask(width: number): Operand {
  if (width >= 64) return MINUS_ONE;
  return width >= 32 ? words(-1, width === 32 ? 0 : (1 << (width - 32)) - 1) : words((1 << width) - 1, 0);
}

const transUbfm: Translator = (c, f) => {
  if (!allowedField(f)) return c.undefined();
  const { sf, immr, imms } = f;
  const top = sf === 1 ? 63 : 31;
  const d = c.d(f.rd);
  const x = c.x(f.rn);
  if (imms === top) c.alu(SHRU, sf, d, x, constant(immr));
  else if (imms >= immr) {
    const y = immr === 0 ? x : c.temp(SHRU[sf] as OpRow, x, constant(immr));
    c.alu(AND, sf, d, y, lowMask(imms - immr + 1));
  } else {
    const y = imms + 1 === immr ? x : c.temp(AND[sf] as OpRow, x, lowMask(imms + 1));
    c.alu(SHL, sf, d, y, constant(top + 1 - immr));
  }
};

const transSbfm: Translator = (c, f) => {
  if (!allowedField(f)) return c.undefined();
  const { sf, immr, imms } = f;
  const top = sf === 1 ? 63 : 31;
  const d = c.d(f.rd);
  const x = c.x(f.rn);
  const ext = sf === 1 ? EXT_SIGN : EXT_ZERO;
  if (immr === 0 && imms === 7) c.b.opx(OPS.sext8, ext, d, x);
  else if (immr === 0 && imms === 15) c.b.opx(OPS.sext16, ext, d, x);
  else if (immr === 0 && imms === 31 && sf === 1) c.b.op(OPS.sext32, d, x);
  else if (imms === top) c.alu(SHRS, sf, d, x, constant(immr));
  else {
    // The field to the top, then down to where it belongs: bit 0, or bits - immr.
    const up = c.temp(SHL[sf] as OpRow, x, constant(top - imms));
    c.alu(SHRS, sf, d, up, constant(imms >= immr ? top - imms + immr : immr - imms - 1));
  }
};

const transBfm: Translator = (c, f) => {
  if (!allowedField(f)) return c.undefined();
  const { sf, immr, imms } = f;
  const bits = sf === 1 ? 64 : 32;
  const x = c.x(f.rn);
  // The field's width and where it goes in rd.
  const width = imms >= immr ? imms - immr + 1 : imms + 1;
  const at = imms >= immr ? 0 : bits - immr;
  let value: Operand = x;
  if (imms >= immr && immr !== 0) value = c.temp(SHRU[sf] as OpRow, x, constant(immr));
  value = c.temp(AND[sf] as OpRow, value, lowMask(width));
  if (at !== 0) value = c.temp(SHL[sf] as OpRow, value, constant(at));
  const hole = c.temp(AND[sf] as OpRow, c.x(f.rd), holeMask(width, at));
  c.alu(OR, sf, c.d(f.rd), hole, value);
};

/** All ones but for `width` bits at `at`. */
function holeMask(width: number, at: number): Operand {
  const field = ((1n << BigInt(width)) - 1n) << BigInt(at);
  return words(~Number(field & 0xffffffffn), ~Number((field >> 32n) & 0xffffffffn));
}

const transExtr: Translator = (c, f) => {
  const { sf } = f;
  if (f.n !== sf || (sf === 0 && f.imms > 31)) return c.undefined();
  const d = c.d(f.rd);
  const high = c.x(f.rn);
  const low = c.x(f.rm);
  if (f.imms === 0) c.move(sf, d, low);
  else if (f.rn === f.rm) c.alu(ROTR, sf, d, high, constant(f.imms));
  else {
    const right = c.temp(SHRU[sf] as OpRow, low, constant(f.imms));
    const left = c.temp(SHL[sf] as OpRow, high, constant((sf === 1 ? 64 : 32) - f.imms));
    c.alu(OR, sf, d, left, right);
  }
};

// ---- multiply, divide, shift, count --------------------------------------------------------------------------------------

const multiplyAdd =
  (pair: Pair): Translator =>
  (c, f) => {
    const d = c.d(f.rd);
    if (pair === ADD && f.ra === 31) c.alu(MUL, f.sf, d, c.x(f.rn), c.x(f.rm));
    else c.alu(pair, f.sf, d, c.x(f.ra), c.temp(MUL[f.sf] as OpRow, c.slot(c.x(f.rn)), c.x(f.rm)));
  };
const widenSigned = (c: A64Context, n: number): Operand => c.temp(OPS.sext32, c.x(n));
const widenUnsigned = (c: A64Context, n: number): Operand => c.tempx(OPS.mov32, EXT_ZERO, c.x(n));
const multiplyLong =
  (pair: Pair, widen: typeof widenSigned): Translator =>
  (c, f) => {
    const product = c.temp(OPS.mul64, widen(c, f.rn), widen(c, f.rm));
    if (pair === ADD && f.ra === 31) c.b.op(OPS.mov64, c.d(f.rd), product);
    else c.b.op(pair[1], c.d(f.rd), c.x(f.ra), product);
  };
const binary =
  (pair: Pair): Translator =>
  (c, f) => {
    c.alu(pair, f.sf, c.d(f.rd), c.slot(c.x(f.rn)), c.x(f.rm));
  };
const binary64 =
  (row: OpRow): Translator =>
  (c, f) => {
    c.b.op(row, c.d(f.rd), c.slot(c.x(f.rn)), c.x(f.rm));
  };
const unary =
  (pair: Pair): Translator =>
  (c, f) => {
    c.alu(pair, f.sf, c.d(f.rd), c.x(f.rn));
  };

const transCls: Translator = (c, f) => {
  const { sf } = f;
  const x = c.slot(c.x(f.rn));
  const edges = c.temp(XOR[sf] as OpRow, x, c.temp(SHRS[sf] as OpRow, x, constant(1)));
  c.alu(SUB, sf, c.d(f.rd), c.temp(sf === 1 ? OPS.clz64 : OPS.clz32, edges), constant(1));
};
/** Bytes of each halfword swapped. */
const transRev16: Translator = (c, f) => {
  const { sf } = f;
  const mask = sf === 1 ? words(0x00ff00ff, 0x00ff00ff) : words(0x00ff00ff, 0);
  const x = c.x(f.rn);
  const high = c.temp(AND[sf] as OpRow, c.temp(SHRU[sf] as OpRow, x, constant(8)), mask);
  const low = c.temp(SHL[sf] as OpRow, c.temp(AND[sf] as OpRow, x, mask), constant(8));
  c.alu(OR, sf, c.d(f.rd), high, low);
};
const transRev32: Translator = (c, f) => {
  c.b.op(OPS.rotr64, c.d(f.rd), c.temp(OPS.bswap64, c.x(f.rn)), constant(32));
};

// ---- conditional ----------------------------------------------------------------------------------------------------------

/** d = cond ? rn : other(rm). */
const conditionalSelect =
  (other: (c: A64Context, sf: number, x: Operand) => Operand): Translator =>
  (c, f) => {
    const { sf, cond } = f;
    const d = c.d(f.rd);
    if (cond >= COND_ALWAYS) c.move(sf, d, c.x(f.rn));
    else if (d !== NONE) {
      const holds = c.conditionTemp(cond);
      const no = other(c, sf, c.x(f.rm));
      c.alu(SELECT, sf, d, c.x(f.rn), no, holds);
    }
  };
const select = conditionalSelect((_c, _sf, x) => x);
const selectIncrement = conditionalSelect((c, sf, x) =>
  x === ZERO ? constant(1) : c.temp(ADD[sf] as OpRow, x, constant(1)),
);
const selectInvert = conditionalSelect((c, sf, x) =>
  x === ZERO ? MINUS_ONE : c.temp(XOR[sf] as OpRow, x, MINUS_ONE),
);
const selectNegate = conditionalSelect((c, sf, x) => (x === ZERO ? ZERO : c.temp(SUB[sf] as OpRow, ZERO, x)));

/** cset is csinc of zeros with the condition inverted. */
const transCsinc: Translator = (c, f) => {
  if (f.rn === 31 && f.rm === 31 && f.cond < COND_ALWAYS && f.rd !== 31) c.conditionTo(f.rd, f.cond ^ 1);
  else selectIncrement(c, f);
};
/** csetm likewise. */
const transCsinv: Translator = (c, f) => {
  if (f.rn === 31 && f.rm === 31 && f.cond < COND_ALWAYS && f.rd !== 31) {
    c.condition(f.cond ^ 1);
    c.alu(SUB, f.sf, f.rd, ZERO, c.tempx(c.row, EXT_ZERO, c.lhs, c.rhs));
  } else selectInvert(c, f);
};

function conditionalCompare(c: A64Context, f: A64Fields, add: boolean, b: Operand): void {
  const { sf, cond } = f;
  const a = c.x(f.rn);
  if (cond >= COND_ALWAYS) c.setArithmetic(!add, sf, a, b);
  else c.setArithmeticIf(c.conditionTemp(cond), !add, sf, a, b, f.nzcv);
}
const compareReg =
  (add: boolean): Translator =>
  (c, f) => {
    conditionalCompare(c, f, add, c.x(f.rm));
  };
const compareImm =
  (add: boolean): Translator =>
  (c, f) => {
    conditionalCompare(c, f, add, constant(f.imm));
  };

// ---- FEAT_FlagM, FEAT_FlagM2 ----------------------------------------------------------------------------------------------

/** Flags become (old & ~mask) | bits. */
function replaceFlags(c: A64Context, keep: number, bits: Operand): void {
  const kept = c.temp(OPS.and32, c.nzcv(), constant(keep));
  c.b.op(OPS.or32, SLOT_CC_A, kept, bits);
  c.setNzcv();
}
const transRmif: Translator = (c, f) => {
  const rotated = c.temp(OPS.rotr64, c.x(f.rn), constant(f.imm));
  const bits = c.temp(OPS.shl32, c.temp(OPS.and32, rotated, constant(f.mask)), constant(28));
  replaceFlags(c, ~(f.mask << 28) & 0xf0000000, bits);
};
/** N and Z of the low bits, V from the bit above and the top bit; C stays. */
const setFlagsOf =
  (bits: number): Translator =>
  (c, f) => {
    const up = c.temp(OPS.shl32, c.x(f.rn), constant(32 - bits));
    const n = c.temp(OPS.and32, up, constant(0x80000000));
    const z = c.temp(OPS.shl32, c.temp(OPS.eq32, up), constant(30));
    const above = c.temp(OPS.shl32, c.x(f.rn), constant(31 - bits));
    const v = c.temp(
      OPS.shru32,
      c.temp(OPS.and32, c.temp(OPS.xor32, up, above), constant(0x80000000)),
      constant(3),
    );
    replaceFlags(c, 0x20000000, c.temp(OPS.or32, c.temp(OPS.or32, n, z), v));
  };
const transCfinv: Translator = (c) => {
  c.b.op(OPS.xor32, SLOT_CC_A, c.nzcv(), constant(0x20000000));
  c.setNzcv();
};
/** Between Arm's and the alternative FP flag representation (AXFLAG, XAFLAG). */
const transAxflag: Translator = (c) => {
  const old = c.nzcv();
  const fromV = c.temp(OPS.shl32, c.temp(OPS.and32, old, constant(0x10000000)), constant(2));
  const z = c.temp(OPS.and32, c.temp(OPS.or32, old, fromV), constant(0x40000000));
  const notV = c.temp(OPS.shl32, c.temp(OPS.xor32, old, constant(0x10000000)), constant(1));
  const carry = c.temp(OPS.and32, c.temp(OPS.and32, old, notV), constant(0x20000000));
  c.b.op(OPS.or32, SLOT_CC_A, z, carry);
  c.setNzcv();
};
const transXaflag: Translator = (c) => {
  const old = c.nzcv();
  const bit = (n: number): number => c.temp(OPS.and32, c.temp(OPS.shru32, old, constant(n)), constant(1));
  const z = bit(30);
  const carry = bit(29);
  const notZ = c.temp(OPS.xor32, z, constant(1));
  const notC = c.temp(OPS.xor32, carry, constant(1));
  const n = c.temp(OPS.and32, notC, notZ);
  const newZ = c.temp(OPS.and32, z, carry);
  const newC = c.temp(OPS.or32, carry, z);
  const v = c.temp(OPS.and32, notC, z);
  const put = (a: Operand, shift: number): number => c.temp(OPS.shl32, a, constant(shift));
  const high = c.temp(OPS.or32, put(n, 31), put(newZ, 30));
  c.b.op(OPS.or32, SLOT_CC_A, high, c.temp(OPS.or32, put(newC, 29), put(v, 28)));
  c.setNzcv();
};

const crc =
  (castagnoli: number): Translator =>
  (c, f) => {
    c.b.helper(HELPER_CRC32, c.d(f.rd), c.slot(c.x(f.rn)), c.slot(c.x(f.rm)), 0, f.size | (castagnoli << 2));
  };

export const INTEGER = {
  adr: transAdr,
  adrp: transAdrp,
  'add@imm': arithmeticImm(false, false),
  'adds@imm': arithmeticImm(false, true),
  'sub@imm': arithmeticImm(true, false),
  'subs@imm': arithmeticImm(true, true),
  'and@imm': logicImm(AND),
  'orr@imm': logicImm(OR),
  'eor@imm': logicImm(XOR),
  'ands@imm': transAndsImm,
  movn: transMovn,
  movz: transMovz,
  movk: transMovk,
  sbfm: transSbfm,
  bfm: transBfm,
  ubfm: transUbfm,
  extr: transExtr,

  'and@reg': logicReg(AND, false),
  'bic@reg': logicReg(AND, true),
  'orr@reg': logicReg(OR, false),
  'orn@reg': logicReg(OR, true),
  'eor@reg': logicReg(XOR, false),
  'eon@reg': logicReg(XOR, true),
  'ands@reg': flagLogicReg(false),
  'bics@reg': flagLogicReg(true),
  'add@reg': arithmeticReg(false, false),
  'adds@reg': arithmeticReg(false, true),
  'sub@reg': arithmeticReg(true, false),
  'subs@reg': arithmeticReg(true, true),
  'add@ext': arithmeticExt(false, false),
  'adds@ext': arithmeticExt(false, true),
  'sub@ext': arithmeticExt(true, false),
  'subs@ext': arithmeticExt(true, true),
  adc: carryArithmetic(false, false),
  adcs: carryArithmetic(false, true),
  sbc: carryArithmetic(true, false),
  sbcs: carryArithmetic(true, true),
  'ccmn@reg': compareReg(true),
  'ccmp@reg': compareReg(false),
  'ccmn@imm': compareImm(true),
  'ccmp@imm': compareImm(false),
  csel: select,
  csinc: transCsinc,
  csinv: transCsinv,
  csneg: selectNegate,
  madd: multiplyAdd(ADD),
  msub: multiplyAdd(SUB),
  smaddl: multiplyLong(ADD, widenSigned),
  smsubl: multiplyLong(SUB, widenSigned),
  umaddl: multiplyLong(ADD, widenUnsigned),
  umsubl: multiplyLong(SUB, widenUnsigned),
  smulh: binary64(OPS.mulhs64),
  umulh: binary64(OPS.mulhu64),
  udiv: binary([OPS.divu32, OPS.divu64]),
  sdiv: binary([OPS.divs32, OPS.divs64]),
  lslv: binary(SHL),
  lsrv: binary(SHRU),
  asrv: binary(SHRS),
  rorv: binary(ROTR),
  rbit: unary([OPS.rbit32, OPS.rbit64]),
  rev16: transRev16,
  'rev@w': (c, f) => c.b.opx(OPS.bswap32, EXT_ZERO, c.d(f.rd), c.x(f.rn)),
  rev32: transRev32,
  'rev@x': (c, f) => c.b.op(OPS.bswap64, c.d(f.rd), c.x(f.rn)),
  clz: unary([OPS.clz32, OPS.clz64]),
  cls: transCls,

  crc32: crc(0),
  'crc32@x': crc(0),
  crc32c: crc(1),
  'crc32c@x': crc(1),

  rmif: transRmif,
  setf8: setFlagsOf(8),
  setf16: setFlagsOf(16),
  cfinv: transCfinv,
  xaflag: transXaflag,
  axflag: transAxflag,
} as const satisfies Record<string, Translator>;
