/** A64 scalar floating point: Arm ARM C4.1.97. */
import { SLOT_CC_A } from '../../../../cpu/layout.js';
import {
  FMA_NEGATE_ADDEND,
  FMA_NEGATE_PRODUCT,
  RM_AWAY,
  RM_DOWN,
  RM_DYNAMIC,
  RM_NEAREST,
  RM_UP,
  RM_ZERO,
} from '../../../../cpu/fp/index.js';
import { laneImm } from '../../../../cpu/simd/lanes.js';
import { constant, EXT_NONE, EXT_SIGN, EXT_ZERO, ZERO } from '../../../ir/inst.js';
import type { Ext } from '../../../ir/inst.js';
import { OPS } from '../../../ir/ops.js';
import type { OpRow } from '../../../ir/ops.js';
import { COND_ALWAYS, words } from '../context.js';
import type { A64Context, Translator } from '../context.js';
import {
  FLOAT_LANES,
  HELPER_FCCMP,
  HELPER_FCMP,
  HELPER_FCVT,
  HELPER_FCVT_FROM_INT,
  HELPER_FCVT_TO_INT,
  HELPER_FJCVTZS,
  HELPER_FJCVTZS_FLAGS,
} from '../float-helpers.js';
import type { A64Fields } from '../vocabulary.js';

/** An op for singles and the one for doubles; indexed by ptype. */
type FpPair = readonly [OpRow, OpRow];

const FADD: FpPair = [OPS.fadd32, OPS.fadd64];
const FSUB: FpPair = [OPS.fsub32, OPS.fsub64];
const FMUL: FpPair = [OPS.fmul32, OPS.fmul64];
const FDIV: FpPair = [OPS.fdiv32, OPS.fdiv64];
const FSQRT: FpPair = [OPS.fsqrt32, OPS.fsqrt64];
const FMA: FpPair = [OPS.fma32, OPS.fma64];

const HALF = 3;

/** log2 of the bytes of a ptype. */
const sizeOf = (ptype: number): number => (ptype === HALF ? 1 : 2 + ptype);
const extOf = (ptype: number): Ext => (ptype === 0 ? EXT_ZERO : EXT_NONE);

/** False, with the instruction undefined, for halves without FEAT_FP16. */
function allowed(c: A64Context, f: A64Fields): boolean {
  if (f.ptype !== HALF || c.model.features.has('fp16')) return true;
  c.undefined();
  return false;
}

/** After a scalar result: the high half of a vector register is zero. */
function clearHigh(c: A64Context, rd: number): void {
  c.b.op(OPS.mov64, c.v(rd) + 1, ZERO);
}

/** One lane through a lane function. */
function lane(c: A64Context, f: A64Fields, helper: number, extra = 0): void {
  c.b.helper(helper, c.v(f.rd), c.v(f.rn), c.v(f.rm), c.v(f.ra), laneImm(sizeOf(f.ptype), 1, extra));
}

// ---- arithmetic ----------------------------------------------------------------------------------------------------------

const binary =
  (pair: FpPair, helper: number): Translator =>
  (c, f) => {
    if (!allowed(c, f)) return;
    if (f.ptype === HALF) {
      lane(c, f, helper);
      return;
    }
    c.b.fp(pair[f.ptype] as OpRow, extOf(f.ptype), c.v(f.rd), c.v(f.rn), c.v(f.rm), 0, RM_DYNAMIC);
    clearHigh(c, f.rd);
  };
const transFsqrt: Translator = (c, f) => {
  if (!allowed(c, f)) return;
  if (f.ptype === HALF) {
    lane(c, f, FLOAT_LANES.fsqrt);
    return;
  }
  c.b.fp(FSQRT[f.ptype] as OpRow, extOf(f.ptype), c.v(f.rd), c.v(f.rn), 0, 0, RM_DYNAMIC);
  clearHigh(c, f.rd);
};
/** -(n * m): the sign of the rounded product flips, of a NaN too. */
const transFnmul: Translator = (c, f) => {
  if (!allowed(c, f)) return;
  const d = c.v(f.rd);
  if (f.ptype === HALF) {
    lane(c, f, FLOAT_LANES.fmul);
    c.b.helper(FLOAT_LANES.fsign, d, d, d, d, laneImm(1, 1, 1));
    return;
  }
  const t = c.b.temp();
  c.b.fp(FMUL[f.ptype] as OpRow, EXT_NONE, t, c.v(f.rn), c.v(f.rm), 0, RM_DYNAMIC);
  c.b.opx(f.ptype === 0 ? OPS.fneg32 : OPS.fneg64, extOf(f.ptype), d, t);
  clearHigh(c, f.rd);
};
/** ±(n * m) ± a. */
const fused =
  (negations: number): Translator =>
  (c, f) => {
    if (!allowed(c, f)) return;
    if (f.ptype === HALF) {
      lane(c, f, FLOAT_LANES.fma, negations);
      return;
    }
    c.b.fp(
      FMA[f.ptype] as OpRow,
      extOf(f.ptype),
      c.v(f.rd),
      c.v(f.rn),
      c.v(f.rm),
      c.v(f.ra),
      RM_DYNAMIC | negations,
    );
    clearHigh(c, f.rd);
  };
/** FRINT of a rounding mode, with EXACT or without. */
const round =
  (mode: number): Translator =>
  (c, f) => {
    if (!allowed(c, f)) return;
    if (f.ptype === HALF) {
      lane(c, f, FLOAT_LANES.frint, mode);
      return;
    }
    c.b.fp(f.ptype === 1 ? OPS.fround64 : OPS.fround32, extOf(f.ptype), c.v(f.rd), c.v(f.rn), 0, 0, mode);
    clearHigh(c, f.rd);
  };
const byLane =
  (helper: number, extra: number): Translator =>
  (c, f) => {
    if (allowed(c, f)) lane(c, f, helper, extra);
  };
/** Sign changes and moves on bits; `row32` for halves gives their mask op. */
const sign =
  (row32: OpRow, row64: OpRow, extra: number): Translator =>
  (c, f) => {
    if (!allowed(c, f)) return;
    if (f.ptype === HALF) {
      lane(c, f, FLOAT_LANES.fsign, extra);
      return;
    }
    c.b.opx(f.ptype === 0 ? row32 : row64, extOf(f.ptype), c.v(f.rd), c.v(f.rn));
    clearHigh(c, f.rd);
  };
/** d = bits of a, as wide as the type. */
function moveBits(c: A64Context, ptype: number, rd: number, a: number): void {
  if (ptype === HALF) c.b.opx(OPS.and32, EXT_ZERO, c.v(rd), a, constant(0xffff));
  else c.b.opx(ptype === 0 ? OPS.mov32 : OPS.mov64, extOf(ptype), c.v(rd), a);
  clearHigh(c, rd);
}
const transFmovReg: Translator = (c, f) => {
  if (allowed(c, f)) moveBits(c, f.ptype, f.rd, c.v(f.rn));
};
const transFcsel: Translator = (c, f) => {
  if (!allowed(c, f)) return;
  const { ptype } = f;
  if (f.cond >= COND_ALWAYS) {
    moveBits(c, ptype, f.rd, c.v(f.rn));
    return;
  }
  const t = c.b.temp();
  c.b.op(ptype === 1 ? OPS.select64 : OPS.select32, t, c.v(f.rn), c.v(f.rm), c.conditionTemp(f.cond));
  moveBits(c, ptype, f.rd, t);
};

/** VFPExpandImm, by bytes of the type. */
export function expandImm(size: number, imm8: number): { lo: number; hi: number } {
  const s = imm8 >> 7;
  const b6 = (imm8 >> 6) & 1;
  const low = imm8 & 63;
  if (size === 1) return { lo: (s << 15) | ((b6 ^ 1) << 14) | (b6 === 1 ? 0x3000 : 0) | (low << 6), hi: 0 };
  if (size === 2)
    return { lo: (s << 31) | ((b6 ^ 1) << 30) | (b6 === 1 ? 0x3e000000 : 0) | (low << 19), hi: 0 };
  return { lo: 0, hi: (s << 31) | ((b6 ^ 1) << 30) | (b6 === 1 ? 0x3fc00000 : 0) | (low << 16) };
}
const transFmovImm: Translator = (c, f) => {
  if (!allowed(c, f)) return;
  const { lo, hi } = expandImm(sizeOf(f.ptype), f.imm);
  c.b.op(OPS.mov64, c.v(f.rd), words(lo, hi));
  clearHigh(c, f.rd);
};

// ---- compares ------------------------------------------------------------------------------------------------------------

const compare =
  (signal: boolean, zero: boolean): Translator =>
  (c, f) => {
    if (!allowed(c, f)) return;
    if (f.ptype === HALF) {
      const imm = 1 | (signal ? 4 : 0) | (zero ? 8 : 0);
      c.b.helper(HELPER_FCMP, SLOT_CC_A, c.v(f.rn), c.v(zero ? f.rn : f.rm), 0, imm);
    } else {
      const row = f.ptype === 1 ? OPS.fcmp64 : OPS.fcmp32;
      c.b.fp(row, EXT_NONE, SLOT_CC_A, c.v(f.rn), zero ? c.slot(ZERO) : c.v(f.rm), 0, signal ? 1 : 0);
    }
    c.setFcmp();
  };
const conditionalCompare =
  (signal: boolean): Translator =>
  (c, f) => {
    if (!allowed(c, f)) return;
    const imm = sizeOf(f.ptype) | (signal ? 4 : 0);
    if (f.cond >= COND_ALWAYS) c.b.helper(HELPER_FCMP, SLOT_CC_A, c.v(f.rn), c.v(f.rm), 0, imm);
    else
      c.b.helper(HELPER_FCCMP, SLOT_CC_A, c.v(f.rn), c.v(f.rm), c.conditionTemp(f.cond), imm | (f.nzcv << 4));
    c.setNzcv();
  };

// ---- conversions ---------------------------------------------------------------------------------------------------------

/** Rows by signed, then ptype, then sf. */
const TO_INT: readonly (readonly (readonly OpRow[])[])[] = [
  [[OPS.cvtU32F32, OPS.cvtU64F32], [OPS.cvtU32F64, OPS.cvtU64F64]],
  [[OPS.cvtS32F32, OPS.cvtS64F32], [OPS.cvtS32F64, OPS.cvtS64F64]],
]; // prettier-ignore
const FROM_INT: readonly (readonly (readonly OpRow[])[])[] = [
  [[OPS.cvtF32U32, OPS.cvtF32U64], [OPS.cvtF64U32, OPS.cvtF64U64]],
  [[OPS.cvtF32S32, OPS.cvtF32S64], [OPS.cvtF64S32, OPS.cvtF64S64]],
]; // prettier-ignore

const toInt =
  (rm: number, signed: boolean): Translator =>
  (c, f) => {
    if (!allowed(c, f)) return;
    const { sf, ptype } = f;
    const d = c.d(f.rd);
    if (ptype === HALF) {
      c.b.helper(HELPER_FCVT_TO_INT, d, c.v(f.rn), 0, 0, 1 | (rm << 2) | (signed ? 32 : 0) | (sf << 6));
      return;
    }
    const row = ((TO_INT[signed ? 1 : 0] as readonly (readonly OpRow[])[])[ptype] as readonly OpRow[])[
      sf
    ] as OpRow;
    c.b.fp(row, sf === 1 ? EXT_NONE : EXT_ZERO, d, c.v(f.rn), 0, 0, rm);
  };
/** The source is zero- or sign-extended to 64 bits for the general helper. */
function fromIntHelper(c: A64Context, f: A64Fields, signed: boolean, fraction: number): void {
  const x = c.slot(c.x(f.rn));
  const wide = f.sf === 1 ? x : c.tempx(OPS.mov32, signed ? EXT_SIGN : EXT_ZERO, x);
  c.b.helper(
    HELPER_FCVT_FROM_INT,
    c.v(f.rd),
    wide,
    0,
    0,
    sizeOf(f.ptype) | (signed ? 32 : 0) | (fraction << 7),
  );
}
const fromInt =
  (signed: boolean): Translator =>
  (c, f) => {
    if (!allowed(c, f)) return;
    const { sf, ptype } = f;
    if (ptype === HALF) {
      fromIntHelper(c, f, signed, 0);
      return;
    }
    const row = ((FROM_INT[signed ? 1 : 0] as readonly (readonly OpRow[])[])[ptype] as readonly OpRow[])[
      sf
    ] as OpRow;
    c.b.fp(row, extOf(ptype), c.v(f.rd), c.slot(c.x(f.rn)), 0, 0, RM_DYNAMIC);
    clearHigh(c, f.rd);
  };
const toFixed =
  (signed: boolean): Translator =>
  (c, f) => {
    if (f.sf === 0 && f.scale < 32) return c.undefined();
    if (!allowed(c, f)) return;
    const imm = sizeOf(f.ptype) | (RM_ZERO << 2) | (signed ? 32 : 0) | (f.sf << 6) | ((64 - f.scale) << 7);
    c.b.helper(HELPER_FCVT_TO_INT, c.d(f.rd), c.v(f.rn), 0, 0, imm);
  };
const fromFixed =
  (signed: boolean): Translator =>
  (c, f) => {
    if (f.sf === 0 && f.scale < 32) return c.undefined();
    if (allowed(c, f)) fromIntHelper(c, f, signed, 64 - f.scale);
  };

const transFcvt: Translator = (c, f) => {
  const { ptype, opc } = f;
  if (ptype === opc) return c.undefined();
  const d = c.v(f.rd);
  const a = c.v(f.rn);
  if (ptype === HALF || opc === HALF) {
    c.b.helper(HELPER_FCVT, d, a, 0, 0, sizeOf(ptype) | (sizeOf(opc) << 2) | (RM_DYNAMIC << 4));
    return;
  }
  c.b.fp(opc === 1 ? OPS.cvtF64F32 : OPS.cvtF32F64, extOf(opc), d, a, 0, 0, RM_DYNAMIC);
  clearHigh(c, f.rd);
};
const roundN =
  (rm: number, bits64: boolean): Translator =>
  (c, f) => {
    c.b.helper(FLOAT_LANES.frintN, c.v(f.rd), c.v(f.rn), 0, 0, laneImm(2 + f.sz, 1, rm | (bits64 ? 8 : 0)));
  };
const transFjcvtzs: Translator = (c, f) => {
  c.b.helper(HELPER_FJCVTZS, c.d(f.rd), c.v(f.rn), 0, 0, 0);
  c.b.helper(HELPER_FJCVTZS_FLAGS, SLOT_CC_A, c.v(f.rn), 0, 0, 0);
  c.setNzcv();
};

// ---- moves to and from general registers -----------------------------------------------------------------------------------

const transFmovTo: Translator = (c, f) => {
  if (f.ptype !== HALF && f.sf !== f.ptype) return c.undefined();
  if (!allowed(c, f)) return;
  const a = c.v(f.rn);
  if (f.ptype === HALF) c.b.opx(OPS.and32, EXT_ZERO, c.d(f.rd), a, constant(0xffff));
  else c.move(f.sf, c.d(f.rd), a);
};
const transFmovFrom: Translator = (c, f) => {
  if (f.ptype !== HALF && f.sf !== f.ptype) return c.undefined();
  if (!allowed(c, f)) return;
  if (f.ptype === HALF) c.b.opx(OPS.and32, EXT_ZERO, c.v(f.rd), c.x(f.rn), constant(0xffff));
  else c.move(f.sf, c.v(f.rd), c.x(f.rn));
  clearHigh(c, f.rd);
};
const transFmovToHigh: Translator = (c, f) => {
  c.b.op(OPS.mov64, c.d(f.rd), c.v(f.rn) + 1);
};
const transFmovFromHigh: Translator = (c, f) => {
  c.b.op(OPS.mov64, c.v(f.rd) + 1, c.x(f.rn));
};

const EXACT = 8;

export const FLOAT = {
  'scvtf@fixed': fromFixed(true),
  'ucvtf@fixed': fromFixed(false),
  'fcvtzs@fixed': toFixed(true),
  'fcvtzu@fixed': toFixed(false),
  fcvtns: toInt(RM_NEAREST, true),
  fcvtnu: toInt(RM_NEAREST, false),
  scvtf: fromInt(true),
  ucvtf: fromInt(false),
  fcvtas: toInt(RM_AWAY, true),
  fcvtau: toInt(RM_AWAY, false),
  'fmov@to': transFmovTo,
  'fmov@from': transFmovFrom,
  fcvtps: toInt(RM_UP, true),
  fcvtpu: toInt(RM_UP, false),
  fcvtms: toInt(RM_DOWN, true),
  fcvtmu: toInt(RM_DOWN, false),
  fcvtzs: toInt(RM_ZERO, true),
  fcvtzu: toInt(RM_ZERO, false),
  'fmov@tohigh': transFmovToHigh,
  'fmov@fromhigh': transFmovFromHigh,
  'fmov@reg': transFmovReg,
  fabs: sign(OPS.fabs32, OPS.fabs64, 0),
  fneg: sign(OPS.fneg32, OPS.fneg64, 1),
  fsqrt: transFsqrt,
  fcvt: transFcvt,
  frintn: round(RM_NEAREST),
  frintp: round(RM_UP),
  frintm: round(RM_DOWN),
  frintz: round(RM_ZERO),
  frinta: round(RM_AWAY),
  frintx: round(RM_DYNAMIC | EXACT),
  frinti: round(RM_DYNAMIC),
  frint32z: roundN(RM_ZERO, false),
  frint32x: roundN(RM_DYNAMIC, false),
  frint64z: roundN(RM_ZERO, true),
  frint64x: roundN(RM_DYNAMIC, true),
  fcmp: compare(false, false),
  'fcmp@zero': compare(false, true),
  fcmpe: compare(true, false),
  'fcmpe@zero': compare(true, true),
  'fmov@imm': transFmovImm,
  fccmp: conditionalCompare(false),
  fccmpe: conditionalCompare(true),
  fmul: binary(FMUL, FLOAT_LANES.fmul),
  fdiv: binary(FDIV, FLOAT_LANES.fdiv),
  fadd: binary(FADD, FLOAT_LANES.fadd),
  fsub: binary(FSUB, FLOAT_LANES.fsub),
  fmax: byLane(FLOAT_LANES.fminmax, 1),
  fmin: byLane(FLOAT_LANES.fminmax, 0),
  fmaxnm: byLane(FLOAT_LANES.fminmaxnm, 1),
  fminnm: byLane(FLOAT_LANES.fminmaxnm, 0),
  fnmul: transFnmul,
  fcsel: transFcsel,
  fmadd: fused(0),
  fmsub: fused(FMA_NEGATE_PRODUCT),
  fnmadd: fused(FMA_NEGATE_PRODUCT | FMA_NEGATE_ADDEND),
  fnmsub: fused(FMA_NEGATE_ADDEND),
  fjcvtzs: transFjcvtzs,
} as const satisfies Record<string, Translator>;
