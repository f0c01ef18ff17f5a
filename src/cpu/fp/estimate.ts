/**
 * ARM's reciprocal and reciprocal square root estimates, their Newton steps, FRECPX and FMULX (Arm ARM, shared
 * pseudocode FPRecipEstimate, FPRSqrtEstimate, FPRecipStepFused, FPRSqrtStepFused, FPRecpX, FPMulX).
 */
import {
  DIV_BY_ZERO,
  FP_FLUSH,
  FP_FLUSH16,
  FP_MODE,
  INEXACT,
  INVALID,
  MIN_F32,
  MIN_F64,
  OVERFLOW,
  RM_AWAY,
  RM_DOWN,
  RM_NEAREST,
  RM_UP,
  UNDERFLOW,
  raise,
  resolveRm,
} from './env.js';
import { cell, cellWords, exponentOf, powerOf2, significandOf, sumError } from './exact.js';
import { flushedF32, mulF32 } from './f32.js';
import { flushedF64, mulF64 } from './f64.js';
import { fmaScaled } from './fma.js';
import { mulF16, nanF16, readF16 } from './f16.js';
import {
  DEFAULT_NAN_F16,
  invalidF32,
  invalidF64,
  isNanF32,
  isNanF64,
  nan1F32,
  nan1F64,
  nan2F32,
  nan2F64,
} from './nan.js';
import { roundF16, roundF32 } from './round.js';

/** 256..511 for the top nine bits (256..511) of a significand. */
function recipTable(a: number): number {
  return (Math.floor(524288 / (2 * a + 1)) + 1) >> 1;
}

/** 256..511 for 128..511: 128..255 stands for an odd exponent. */
function rsqrtTable(scaled: number): number {
  const a = scaled < 256 ? 2 * scaled + 1 : (((scaled >> 1) << 1) + 1) * 2;
  let b = 512;
  while (a * (b + 1) * (b + 1) < 268435456) b++;
  return (b + 1) >> 1;
}

/** The eight bits below the leading one. */
function topFraction(x: number): number {
  cell[0] = significandOf(x);
  return ((cellWords[1] as number) >>> 12) & 0xff;
}

/* Largest exponents of the formats, which are also their biases; the largest finite values. */
const BIAS16 = 15;
const BIAS32 = 127;
const BIAS64 = 1023;

/**
 * The estimate of 1/x for x not a NaN, already flushed, as an exact value of the format with the given bias.
 * `flush`: outputs that are subnormal are flushed.
 */
function recipEstimate(
  r: Int32Array,
  x: number,
  bias: number,
  largest: number,
  flush: boolean,
  rm: number,
): number {
  const negative = x < 0 || Object.is(x, -0);
  const sign = negative ? -1 : 1;
  if (x - x !== 0) return sign * 0;
  if (x === 0) {
    raise(r, DIV_BY_ZERO);
    return sign * Infinity;
  }
  const n = exponentOf(x);
  if (n < -bias - 1) {
    raise(r, OVERFLOW | INEXACT);
    const infinite =
      rm === RM_NEAREST || rm === RM_AWAY || (rm === RM_UP && !negative) || (rm === RM_DOWN && negative);
    return sign * (infinite ? Infinity : largest);
  }
  if (flush && n >= bias - 1) {
    raise(r, UNDERFLOW);
    return sign * 0;
  }
  const estimate = recipTable(256 + topFraction(x));
  // Two steps where 2^(-n - 9) alone would be below the normal range.
  const scaled = n > 1000 ? estimate * powerOf2(100 - n) * powerOf2(-109) : estimate * powerOf2(-n - 9);
  return sign * scaled;
}

/** The estimate of 1/sqrt(x) for x > 0, finite. */
function rsqrtEstimate(x: number, bias: number): number {
  const biased = exponentOf(x) + bias;
  const fraction = topFraction(x);
  const scaled = (biased & 1) === 0 ? 256 | fraction : 128 | (fraction >> 1);
  const exp = Math.floor((3 * bias - 1 - biased) / 2) - bias;
  return rsqrtTable(scaled) * powerOf2(exp - 8);
}

function flushes(r: Int32Array, bit: number): boolean {
  return ((r[FP_MODE] as number) & bit) !== 0;
}

export function recipEstimateF64(r: Int32Array, d: Float64Array, dst: number, a: number, rm: number): void {
  const x = flushedF64(r, d[a] as number);
  if (x !== x) nan1F64(r, dst, a);
  else d[dst] = recipEstimate(r, x, BIAS64, Number.MAX_VALUE, flushes(r, FP_FLUSH), resolveRm(r, rm));
}

export function recipEstimateF32(r: Int32Array, f: Float32Array, dst: number, a: number, rm: number): void {
  const x = flushedF32(r, f[a] as number);
  if (x !== x) nan1F32(r, dst, a);
  else f[dst] = recipEstimate(r, x, BIAS32, 3.4028234663852886e38, flushes(r, FP_FLUSH), resolveRm(r, rm));
}

export function recipEstimateF16(r: Int32Array, h: Uint16Array, dst: number, a: number, rm: number): void {
  const x = readF16(r, h, a);
  if (x !== x) nanF16(r, h, dst, a, a, a);
  else storeF16(r, h, dst, recipEstimate(r, x, BIAS16, 65504, flushes(r, FP_FLUSH16), resolveRm(r, rm)));
}

/** Stores an exact half. */
function storeF16(r: Int32Array, h: Uint16Array, dst: number, v: number): void {
  if (v - v !== 0) h[dst] = v < 0 ? 0xfc00 : 0x7c00;
  else if (v === 0) h[dst] = Object.is(v, -0) ? 0x8000 : 0;
  else h[dst] = roundF16(r, v, 0, 0, RM_NEAREST, 0);
}

export function rsqrtEstimateF64(r: Int32Array, d: Float64Array, dst: number, a: number): void {
  const x = flushedF64(r, d[a] as number);
  if (x !== x) nan1F64(r, dst, a);
  else if (x === 0) {
    raise(r, DIV_BY_ZERO);
    d[dst] = Object.is(x, -0) ? -Infinity : Infinity;
  } else if (x < 0) invalidF64(r, dst);
  else d[dst] = x === Infinity ? 0 : rsqrtEstimate(x, BIAS64);
}

export function rsqrtEstimateF32(r: Int32Array, f: Float32Array, dst: number, a: number): void {
  const x = flushedF32(r, f[a] as number);
  if (x !== x) nan1F32(r, dst, a);
  else if (x === 0) {
    raise(r, DIV_BY_ZERO);
    f[dst] = Object.is(x, -0) ? -Infinity : Infinity;
  } else if (x < 0) invalidF32(r, dst);
  else f[dst] = x === Infinity ? 0 : rsqrtEstimate(x, BIAS32);
}

export function rsqrtEstimateF16(r: Int32Array, h: Uint16Array, dst: number, a: number): void {
  const x = readF16(r, h, a);
  if (x !== x) nanF16(r, h, dst, a, a, a);
  else if (x === 0) {
    raise(r, DIV_BY_ZERO);
    h[dst] = Object.is(x, -0) ? 0xfc00 : 0x7c00;
  } else if (x < 0) {
    raise(r, INVALID);
    h[dst] = DEFAULT_NAN_F16;
  } else storeF16(r, h, dst, x === Infinity ? 0 : rsqrtEstimate(x, BIAS16));
}

/** URECPE of a 32-bit word. */
export function urecpe(x: number): number {
  return x < 0 ? recipTable(x >>> 23) << 23 : -1;
}

/** URSQRTE of a 32-bit word. */
export function ursqrte(x: number): number {
  return (x & 0xc0000000) !== 0 ? rsqrtTable(x >>> 23) << 23 : -1;
}

/**
 * The Newton steps: base - a * b with one rounding, halved for the square root (base 3). The first operand is negated
 * before its NaN is looked at.
 */
function stepF64(
  r: Int32Array,
  d: Float64Array,
  dst: number,
  a: number,
  b: number,
  rm: number,
  root: boolean,
): void {
  const x = -flushedF64(r, d[a] as number);
  const y = flushedF64(r, d[b] as number);
  const p = x * y;
  if (x !== x || y !== y) nan2F64(r, dst, a, b, true);
  else if (p !== p || x === 0 || y === 0) d[dst] = root ? 1.5 : 2;
  else if (x - x !== 0 || y - y !== 0) d[dst] = p;
  else fmaScaled(r, d, dst, x, y, root ? 3 : 2, resolveRm(r, rm), root ? -1 : 0);
}

export function recipStepF64(
  r: Int32Array,
  d: Float64Array,
  dst: number,
  a: number,
  b: number,
  rm: number,
): void {
  stepF64(r, d, dst, a, b, rm, false);
}

export function rsqrtStepF64(
  r: Int32Array,
  d: Float64Array,
  dst: number,
  a: number,
  b: number,
  rm: number,
): void {
  stepF64(r, d, dst, a, b, rm, true);
}

function stepF32(
  r: Int32Array,
  f: Float32Array,
  dst: number,
  a: number,
  b: number,
  rm: number,
  root: boolean,
): void {
  const x = -flushedF32(r, f[a] as number);
  const y = flushedF32(r, f[b] as number);
  const p = x * y;
  if (x !== x || y !== y) nan2F32(r, dst, a, b, true);
  else if (p !== p || x === 0 || y === 0) f[dst] = root ? 1.5 : 2;
  else if (p - p !== 0) f[dst] = p;
  else {
    const z = root ? 3 : 2;
    const s = p + z;
    const mode = resolveRm(r, rm);
    if (s === 0) f[dst] = mode === RM_DOWN ? -0 : 0;
    else roundF32(r, dst, s, sumError(p, z, s), root ? -1 : 0, mode);
  }
}

export function recipStepF32(
  r: Int32Array,
  f: Float32Array,
  dst: number,
  a: number,
  b: number,
  rm: number,
): void {
  stepF32(r, f, dst, a, b, rm, false);
}

export function rsqrtStepF32(
  r: Int32Array,
  f: Float32Array,
  dst: number,
  a: number,
  b: number,
  rm: number,
): void {
  stepF32(r, f, dst, a, b, rm, true);
}

/** FRECPS and FRSQRTS (`root`) of halves. */
export function stepF16(
  r: Int32Array,
  h: Uint16Array,
  dst: number,
  a: number,
  b: number,
  rm: number,
  root: boolean,
): void {
  const x = -readF16(r, h, a);
  const y = readF16(r, h, b);
  const p = x * y;
  if (x !== x || y !== y) nanF16(r, h, dst, a, b, b, 0x8000);
  else if (p !== p || x === 0 || y === 0) h[dst] = root ? 0x3e00 : 0x4000;
  else if (p - p !== 0) h[dst] = p < 0 ? 0xfc00 : 0x7c00;
  else {
    const z = root ? 3 : 2;
    const s = p + z;
    const mode = resolveRm(r, rm);
    if (s === 0) h[dst] = mode === RM_DOWN ? 0x8000 : 0;
    else h[dst] = roundF16(r, s, sumError(p, z, s), root ? -1 : 0, mode, FP_FLUSH16);
  }
}

/** FRECPX: the reciprocal's exponent. */
export function recipExponentF64(r: Int32Array, d: Float64Array, dst: number, a: number): void {
  const x = flushedF64(r, d[a] as number);
  const hi = r[2 * a + 1] as number;
  if (x !== x) nan1F64(r, dst, a);
  else {
    const exp = (hi & 0x7ff00000) === 0 ? 0x7fe00000 : ~hi & 0x7ff00000;
    r[2 * dst] = 0;
    r[2 * dst + 1] = (hi & (0x80000000 | 0)) | exp;
  }
}

export function recipExponentF32(r: Int32Array, f: Float32Array, dst: number, a: number): void {
  const x = flushedF32(r, f[a] as number);
  const bits = r[a] as number;
  if (x !== x) nan1F32(r, dst, a);
  else {
    const exp = (bits & 0x7f800000) === 0 ? 0x7f000000 : ~bits & 0x7f800000;
    r[dst] = (bits & (0x80000000 | 0)) | exp;
  }
}

export function recipExponentF16(r: Int32Array, h: Uint16Array, dst: number, a: number): void {
  const bits = h[a] as number;
  if (readF16(r, h, a) !== readF16(r, h, a)) nanF16(r, h, dst, a, a, a);
  else h[dst] = (bits & 0x8000) | ((bits & 0x7c00) === 0 ? 0x7800 : ~bits & 0x7c00);
}

/** FMULX: multiplication, but zero times infinity is 2 with the product's sign. */
export function mulxF64(r: Int32Array, d: Float64Array, dst: number, a: number, b: number, rm: number): void {
  const x = d[a] as number;
  const y = d[b] as number;
  if (!isNanF64(r, a) && !isNanF64(r, b)) {
    if ((x - x !== 0 && isZeroed(r, y, MIN_F64)) || (y - y !== 0 && isZeroed(r, x, MIN_F64))) {
      flushedF64(r, x);
      flushedF64(r, y);
      d[dst] = signOf(x) === signOf(y) ? 2 : -2;
      return;
    }
  }
  mulF64(r, d, dst, a, b, rm);
}

export function mulxF32(r: Int32Array, f: Float32Array, dst: number, a: number, b: number, rm: number): void {
  const x = f[a] as number;
  const y = f[b] as number;
  if (!isNanF32(r, a) && !isNanF32(r, b)) {
    if ((x - x !== 0 && isZeroed(r, y, MIN_F32)) || (y - y !== 0 && isZeroed(r, x, MIN_F32))) {
      flushedF32(r, x);
      flushedF32(r, y);
      f[dst] = signOf(x) === signOf(y) ? 2 : -2;
      return;
    }
  }
  mulF32(r, f, dst, a, b, rm);
}

export function mulxF16(r: Int32Array, h: Uint16Array, dst: number, a: number, b: number, rm: number): void {
  const x = readF16(r, h, a);
  const y = readF16(r, h, b);
  if ((x - x !== 0 && x === x && y === 0) || (y - y !== 0 && y === y && x === 0)) {
    h[dst] = signOf(x) === signOf(y) ? 0x4000 : 0xc000;
  } else mulF16(r, h, dst, a, b, rm);
}

function signOf(x: number): boolean {
  return x < 0 || Object.is(x, -0);
}

/** Whether arithmetic sees a zero. */
function isZeroed(r: Int32Array, x: number, min: number): boolean {
  return x === 0 || (Math.abs(x) < min && flushes(r, FP_FLUSH));
}
