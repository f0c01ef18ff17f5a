/**
 * Floating-point operations on lanes, by the exact library; `laneImm(size, lanes, extra)` with size 1 half, 2 single,
 * 3 double. The rest of the register is zeroed, so that one lane is ARM's scalar form.
 */
import * as fp from '../fp/index.js';
import { SLOT_SIMD } from '../layout.js';
import { laneCount, laneExtra, laneSize, zeroTail } from './lanes.js';
import type { LaneFunction, Lanes } from './lanes.js';

/** One lane: indices in the view of the lane's width; x is `extra`. */
type Lane = (t: Lanes, d: number, a: number, b: number, c: number, x: number) => void;

/** A function over lanes from its forms for halves, singles and doubles. */
function lanes(half: Lane, single: Lane, double: Lane): LaneFunction {
  const forms = [half, single, double];
  return (t, d, a, b, c, imm) => {
    const size = laneSize(imm);
    const n = laneCount(imm);
    const extra = laneExtra(imm);
    const form = forms[size - 1] as Lane;
    const scale = 8 >> size;
    for (let k = 0; k < n; k++) form(t, d * scale + k, a * scale + k, b * scale + k, c * scale + k, extra);
    zeroTail(t, d, n << size);
  };
}

const DYN = fp.RM_DYNAMIC;

// ---- arithmetic ----------------------------------------------------------------------------------------------------------

export const fadd = lanes(
  (t, d, a, b) => fp.addF16(t.r, t.h, d, a, b, DYN),
  (t, d, a, b) => fp.addF32(t.r, t.f, d, a, b, DYN),
  (t, d, a, b) => fp.addF64(t.r, t.d, d, a, b, DYN),
);
export const fsub = lanes(
  (t, d, a, b) => fp.subF16(t.r, t.h, d, a, b, DYN),
  (t, d, a, b) => fp.subF32(t.r, t.f, d, a, b, DYN),
  (t, d, a, b) => fp.subF64(t.r, t.d, d, a, b, DYN),
);
export const fmul = lanes(
  (t, d, a, b) => fp.mulF16(t.r, t.h, d, a, b, DYN),
  (t, d, a, b) => fp.mulF32(t.r, t.f, d, a, b, DYN),
  (t, d, a, b) => fp.mulF64(t.r, t.d, d, a, b, DYN),
);
export const fdiv = lanes(
  (t, d, a, b) => fp.divF16(t.r, t.h, d, a, b, DYN),
  (t, d, a, b) => fp.divF32(t.r, t.f, d, a, b, DYN),
  (t, d, a, b) => fp.divF64(t.r, t.d, d, a, b, DYN),
);
export const fsqrt = lanes(
  (t, d, a) => fp.sqrtF16(t.r, t.h, d, a, DYN),
  (t, d, a) => fp.sqrtF32(t.r, t.f, d, a, DYN),
  (t, d, a) => fp.sqrtF64(t.r, t.d, d, a, DYN),
);
export const fmulx = lanes(
  (t, d, a, b) => fp.mulxF16(t.r, t.h, d, a, b, DYN),
  (t, d, a, b) => fp.mulxF32(t.r, t.f, d, a, b, DYN),
  (t, d, a, b) => fp.mulxF64(t.r, t.d, d, a, b, DYN),
);
/** d = a * b + c; x has FMA_NEGATE_PRODUCT and FMA_NEGATE_ADDEND. */
export const fma = lanes(
  (t, d, a, b, c, x) => fp.fmaF16(t.r, t.h, d, a, b, c, DYN | x),
  (t, d, a, b, c, x) => fp.fmaF32(t.r, t.f, d, a, b, c, DYN | x),
  (t, d, a, b, c, x) => fp.fmaF64(t.r, t.d, d, a, b, c, DYN | x),
);

/** x: 0 FMIN, 1 FMAX. */
export const fminmax = lanes(
  (t, d, a, b, _c, x) => fp.minMaxF16(t.r, t.h, d, a, b, x === 1),
  (t, d, a, b, _c, x) => (x === 1 ? fp.maxF32 : fp.minF32)(t.r, t.f, d, a, b),
  (t, d, a, b, _c, x) => (x === 1 ? fp.maxF64 : fp.minF64)(t.r, t.d, d, a, b),
);
/** x: 0 FMINNM, 1 FMAXNM. */
export const fminmaxnm = lanes(
  (t, d, a, b, _c, x) => fp.armMinMaxNumF16(t.r, t.h, d, a, b, x === 1),
  (t, d, a, b, _c, x) => (x === 1 ? fp.armMaxNumF32 : fp.armMinNumF32)(t.r, t.f, d, a, b),
  (t, d, a, b, _c, x) => (x === 1 ? fp.armMaxNumF64 : fp.armMinNumF64)(t.r, t.d, d, a, b),
);

// ---- signs ---------------------------------------------------------------------------------------------------------------

/** x: 0 FABS, 1 FNEG. */
export const fsign = lanes(
  (t, d, a, _b, _c, x) => {
    const v = t.h[a] as number;
    t.h[d] = x === 1 ? v ^ 0x8000 : v & 0x7fff;
  },
  (t, d, a, _b, _c, x) => {
    const v = t.r[a] as number;
    t.r[d] = x === 1 ? v ^ 0x80000000 : v & 0x7fffffff;
  },
  (t, d, a, _b, _c, x) => {
    const v = t.r[a * 2 + 1] as number;
    t.r[d * 2] = t.r[a * 2] as number;
    t.r[d * 2 + 1] = x === 1 ? v ^ 0x80000000 : v & 0x7fffffff;
  },
);
/** |a - b|, one rounding. */
export const fabd = lanes(
  (t, d, a, b) => {
    fp.subF16(t.r, t.h, d, a, b, DYN);
    t.h[d] = (t.h[d] as number) & 0x7fff;
  },
  (t, d, a, b) => {
    fp.subF32(t.r, t.f, d, a, b, DYN);
    t.r[d] = (t.r[d] as number) & 0x7fffffff;
  },
  (t, d, a, b) => {
    fp.subF64(t.r, t.d, d, a, b, DYN);
    t.r[d * 2 + 1] = (t.r[d * 2 + 1] as number) & 0x7fffffff;
  },
);

// ---- compares: a lane of ones where it holds -----------------------------------------------------------------------------

function mask16(t: Lanes, d: number, bit: number): void {
  t.h[d] = -bit;
}
function mask32(t: Lanes, d: number, bit: number): void {
  t.r[d] = -bit;
}
function mask64(t: Lanes, d: number, bit: number): void {
  t.r[d * 2] = -bit;
  t.r[d * 2 + 1] = -bit;
}
export const fcmeq = lanes(
  (t, d, a, b) => mask16(t, d, fp.eqF16(t.r, t.h, a, b)),
  (t, d, a, b) => mask32(t, d, fp.eqF32(t.r, t.f, a, b)),
  (t, d, a, b) => mask64(t, d, fp.eqF64(t.r, t.d, a, b)),
);
/** a >= b. */
export const fcmge = lanes(
  (t, d, a, b) => mask16(t, d, fp.leF16(t.r, t.h, b, a, false)),
  (t, d, a, b) => mask32(t, d, fp.leF32(t.r, t.f, b, a)),
  (t, d, a, b) => mask64(t, d, fp.leF64(t.r, t.d, b, a)),
);
/** a > b. */
export const fcmgt = lanes(
  (t, d, a, b) => mask16(t, d, fp.ltF16(t.r, t.h, b, a, false)),
  (t, d, a, b) => mask32(t, d, fp.ltF32(t.r, t.f, b, a)),
  (t, d, a, b) => mask64(t, d, fp.ltF64(t.r, t.d, b, a)),
);

// ---- rounding and conversion ---------------------------------------------------------------------------------------------

/** To an integral value. x: rounding mode in bits 2..0, bit 3 raises inexact. */
export const frint = lanes(
  (t, d, a, _b, _c, x) => fp.roundIntF16(t.r, t.h, d, a, x & 7, (x & 8) !== 0),
  (t, d, a, _b, _c, x) => fp.roundIntF32(t.r, t.f, d, a, x & 7, (x & 8) !== 0),
  (t, d, a, _b, _c, x) => fp.roundIntF64(t.r, t.d, d, a, x & 7, (x & 8) !== 0),
);
/** FRINT32 and FRINT64. x: rounding mode in bits 2..0, bit 3: 64 bits. */
export const frintN = lanes(
  () => undefined,
  (t, d, a, _b, _c, x) => fp.roundIntNF32(t.r, t.f, d, a, x & 7, true, (x & 8) !== 0 ? 64 : 32),
  (t, d, a, _b, _c, x) => fp.roundIntNF64(t.r, t.d, d, a, x & 7, true, (x & 8) !== 0 ? 64 : 32),
);

/** Word of a doubleword for integers on their way to and from narrower lanes. */
const BOX = SLOT_SIMD * 2;
/** Rounding mode in bits 2..0, bit 3 signed, fraction bits above. */
const signedBit = (x: number): boolean => (x & 8) !== 0;

/** To integer or fixed point of the lane's width. */
export const fcvtToInt = lanes(
  (t, d, a, _b, _c, x) => {
    fp.f16ToFixed(t.r, t.h, BOX, a, x & 7, x >> 4, 16, signedBit(x));
    t.h[d] = t.r[BOX] as number;
  },
  (t, d, a, _b, _c, x) => {
    fp.f32ToFixed(t.r, t.f, BOX, a, x & 7, x >> 4, 32, signedBit(x));
    t.r[d] = t.r[BOX] as number;
  },
  (t, d, a, _b, _c, x) => fp.f64ToFixed(t.r, t.d, d * 2, a, x & 7, x >> 4, 64, signedBit(x)),
);
/** From integer or fixed point of the lane's width. */
export const fcvtFromInt = lanes(
  (t, d, a, _b, _c, x) => {
    const v = t.h[a] as number;
    t.r[BOX] = signedBit(x) ? (v << 16) >> 16 : v;
    t.r[BOX + 1] = signedBit(x) ? (v << 16) >> 31 : 0;
    fp.fixedToF16(t.r, t.h, d, BOX, x & 7, x >> 4, signedBit(x));
  },
  (t, d, a, _b, _c, x) => {
    const v = t.r[a] as number;
    t.r[BOX] = v;
    t.r[BOX + 1] = signedBit(x) ? v >> 31 : 0;
    fp.fixedToF32(t.r, t.f, d, BOX, x & 7, x >> 4, signedBit(x));
  },
  (t, d, a, _b, _c, x) => fp.fixedToF64(t.r, t.d, d, a * 2, x & 7, x >> 4, signedBit(x)),
);

// ---- estimates and steps -------------------------------------------------------------------------------------------------

export const frecpe = lanes(
  (t, d, a) => fp.recipEstimateF16(t.r, t.h, d, a, DYN),
  (t, d, a) => fp.recipEstimateF32(t.r, t.f, d, a, DYN),
  (t, d, a) => fp.recipEstimateF64(t.r, t.d, d, a, DYN),
);
export const frsqrte = lanes(
  (t, d, a) => fp.rsqrtEstimateF16(t.r, t.h, d, a),
  (t, d, a) => fp.rsqrtEstimateF32(t.r, t.f, d, a),
  (t, d, a) => fp.rsqrtEstimateF64(t.r, t.d, d, a),
);
export const frecps = lanes(
  (t, d, a, b) => fp.stepF16(t.r, t.h, d, a, b, DYN, false),
  (t, d, a, b) => fp.recipStepF32(t.r, t.f, d, a, b, DYN),
  (t, d, a, b) => fp.recipStepF64(t.r, t.d, d, a, b, DYN),
);
export const frsqrts = lanes(
  (t, d, a, b) => fp.stepF16(t.r, t.h, d, a, b, DYN, true),
  (t, d, a, b) => fp.rsqrtStepF32(t.r, t.f, d, a, b, DYN),
  (t, d, a, b) => fp.rsqrtStepF64(t.r, t.d, d, a, b, DYN),
);
export const frecpx = lanes(
  (t, d, a) => fp.recipExponentF16(t.r, t.h, d, a),
  (t, d, a) => fp.recipExponentF32(t.r, t.f, d, a),
  (t, d, a) => fp.recipExponentF64(t.r, t.d, d, a),
);

// ---- between precisions --------------------------------------------------------------------------------------------------

/** One scalar from one precision to another. imm: from | to << 2 (1 half, 2 single, 3 double) | rounding mode << 4. */
export const fcvt: LaneFunction = (t, d, a, _b, _c, imm) => {
  const from = imm & 3;
  const to = (imm >> 2) & 3;
  convertLane(t, from, to, d * (8 >> to), a * (8 >> from), imm >> 4);
  zeroTail(t, d, 1 << to);
};

function convertLane(t: Lanes, from: number, to: number, d: number, a: number, rm: number): void {
  if (from === 1) {
    if (to === 2) fp.f16ToF32(t.r, t.f, t.h, d, a);
    else fp.f16ToF64(t.r, t.d, t.h, d, a);
  } else if (from === 2) {
    if (to === 1) fp.f32ToF16(t.r, t.f, t.h, d, a, rm);
    else fp.f32ToF64(t.r, t.d, t.f, d, a);
  } else if (to === 1) fp.f64ToF16(t.r, t.d, t.h, d, a, rm);
  else fp.f64ToF32(t.r, t.d, t.f, d, a, rm);
}

/** FCVTL, FCVTL2: the low or (bit 2) high half of a widened. imm bits 1..0: from 1 half, 2 single. */
export const fcvtl: LaneFunction = (t, d, a, _b, _c, imm) => {
  const from = imm & 3;
  const n = from === 1 ? 4 : 2;
  const source = SLOT_SIMD + 2;
  t.d.copyWithin(source, a, a + 2);
  const first = source * (8 >> from) + ((imm & 4) !== 0 ? n : 0);
  for (let k = 0; k < n; k++) convertLane(t, from, from + 1, d * (8 >> (from + 1)) + k, first + k, 0);
};

/** FCVTN, FCVTXN: a narrowed to the low or (bit 2) high half of d. imm bits 1..0: to 1 half, 2 single; rounding mode << 4. */
export const fcvtn: LaneFunction = (t, d, a, _b, _c, imm) => {
  const to = imm & 3;
  const n = to === 1 ? 4 : 2;
  const high = (imm & 4) !== 0;
  const first = d * (8 >> to) + (high ? n : 0);
  const source = SLOT_SIMD + 2;
  t.d.copyWithin(source, a, a + 2);
  for (let k = 0; k < n; k++) convertLane(t, to + 1, to, first + k, source * (8 >> (to + 1)) + k, imm >> 4);
  if (!high) zeroTail(t, d, 8);
};
