/** Rounding to integers: the frint family, and conversions between floating point and integers or fixed point. */
import {
  FP_MODE,
  FP_TINY_BEFORE,
  INEXACT,
  INVALID,
  RM_AWAY,
  RM_DOWN,
  RM_NEAREST,
  RM_UP,
  raise,
  resolveRm,
} from './env.js';
import { powerOf2, roundOdd, sumError } from './exact.js';
import { flushedF32 } from './f32.js';
import { flushedF64 } from './f64.js';
import { nan1F32, nan1F64 } from './nan.js';
import { roundF32, roundF64 } from './round.js';

const TWO31 = 2147483648;
const TWO32 = 4294967296;
const TWO52 = 4503599627370496;
const TWO63 = 9223372036854775808;

/** x rounded to an integer, with the sign of x when that is zero; NaNs and infinities are unchanged. */
export function integral(x: number, rm: number): number {
  if (rm === RM_NEAREST) {
    if (x >= TWO52 || x <= -TWO52) return x;
    if (x > 0) return x + TWO52 - TWO52;
    return x < 0 ? -(TWO52 - x - TWO52) : x;
  }
  if (rm === RM_DOWN) return Math.floor(x);
  if (rm === RM_UP) return Math.ceil(x);
  const t = Math.trunc(x);
  if (rm === RM_AWAY && Math.abs(x - t) >= 0.5) return x < 0 ? t - 1 : t + 1;
  return t;
}

/** frint and fround: `exact` raises inexact when the value changes. */
export function roundIntF64(
  r: Int32Array,
  d: Float64Array,
  dst: number,
  a: number,
  rm: number,
  exact: boolean,
): void {
  const x = flushedF64(r, d[a] as number);
  if (x !== x) {
    nan1F64(r, dst, a);
    return;
  }
  const t = integral(x, resolveRm(r, rm));
  if (exact && t !== x) raise(r, INEXACT);
  d[dst] = t;
}

export function roundIntF32(
  r: Int32Array,
  f: Float32Array,
  dst: number,
  a: number,
  rm: number,
  exact: boolean,
): void {
  const x = flushedF32(r, f[a] as number);
  if (x !== x) {
    nan1F32(r, dst, a);
    return;
  }
  const t = integral(x, resolveRm(r, rm));
  if (exact && t !== x) raise(r, INEXACT);
  f[dst] = t;
}

/** ARM FRINT32 and FRINT64 (bits 32, 64): what is no integer of that size becomes the most negative one. */
function integralN(r: Int32Array, x: number, rm: number, exact: boolean, bits: number): number {
  const t = integral(x, rm);
  const limit = powerOf2(bits - 1);
  if (!(t >= -limit && t < limit)) {
    raise(r, INVALID);
    return -limit;
  }
  if (exact && t !== x) raise(r, INEXACT);
  return t;
}

/** roundIntF64 with the mode in bits 2..0 of `imm` and `exact` in bit 3. */
export function roundF64ToIntegral(
  r: Int32Array,
  d: Float64Array,
  dst: number,
  a: number,
  imm: number,
): void {
  roundIntF64(r, d, dst, a, imm & 7, (imm & 8) !== 0);
}

export function roundF32ToIntegral(
  r: Int32Array,
  f: Float32Array,
  dst: number,
  a: number,
  imm: number,
): void {
  roundIntF32(r, f, dst, a, imm & 7, (imm & 8) !== 0);
}

export function roundIntNF64(
  r: Int32Array,
  d: Float64Array,
  dst: number,
  a: number,
  rm: number,
  exact: boolean,
  bits: number,
): void {
  d[dst] = integralN(r, flushedF64(r, d[a] as number), resolveRm(r, rm), exact, bits);
}

export function roundIntNF32(
  r: Int32Array,
  f: Float32Array,
  dst: number,
  a: number,
  rm: number,
  exact: boolean,
  bits: number,
): void {
  f[dst] = integralN(r, flushedF32(r, f[a] as number), resolveRm(r, rm), exact, bits);
}

/*
 * To integers. Out of range saturates and is invalid alone (no inexact); a NaN gives the largest integer on RISC-V
 * (table 11.4) and 0 on ARM (FPToFixed), told apart by FP_TINY_BEFORE.
 */

function nanInteger(r: Int32Array, largest: number): number {
  return ((r[FP_MODE] as number) & FP_TINY_BEFORE) !== 0 ? 0 : largest;
}

function toI32(r: Int32Array, x: number, rm: number): number {
  const t = integral(x, resolveRm(r, rm));
  if (t >= -TWO31 && t < TWO31) {
    if (t !== x) raise(r, INEXACT);
    return t | 0;
  }
  raise(r, INVALID);
  if (x !== x) return nanInteger(r, 0x7fffffff);
  return x < 0 ? -TWO31 : 0x7fffffff;
}

function toU32(r: Int32Array, x: number, rm: number): number {
  const t = integral(x, resolveRm(r, rm));
  if (t >= 0 && t < TWO32) {
    if (t !== x) raise(r, INEXACT);
    return t | 0;
  }
  raise(r, INVALID);
  if (x !== x) return nanInteger(r, -1);
  return x < 0 ? 0 : -1;
}

function toI64(r: Int32Array, dst: number, x: number, rm: number): void {
  const t = integral(x, resolveRm(r, rm));
  if (t >= -TWO63 && t < TWO63) {
    if (t !== x) raise(r, INEXACT);
    const hi = Math.floor(t / TWO32);
    r[dst] = t - hi * TWO32;
    r[dst + 1] = hi;
    return;
  }
  raise(r, INVALID);
  const isNan = x !== x;
  r[dst] = isNan ? nanInteger(r, -1) : x < 0 ? 0 : -1;
  r[dst + 1] = isNan ? nanInteger(r, 0x7fffffff) : x < 0 ? -TWO31 : 0x7fffffff;
}

function toU64(r: Int32Array, dst: number, x: number, rm: number): void {
  const t = integral(x, resolveRm(r, rm));
  if (t >= 0 && t < 2 * TWO63) {
    if (t !== x) raise(r, INEXACT);
    const hi = Math.floor(t / TWO32);
    r[dst] = t - hi * TWO32;
    r[dst + 1] = hi;
    return;
  }
  raise(r, INVALID);
  const value = x !== x ? nanInteger(r, -1) : x < 0 ? 0 : -1;
  r[dst] = value;
  r[dst + 1] = value;
}

export function f64ToI32(r: Int32Array, d: Float64Array, a: number, rm: number): number {
  const x = d[a] as number;
  const i = x | 0;
  return i === x ? i : toI32(r, flushedF64(r, x), rm);
}

/** The 32 bits of the unsigned result, as an int32. */
export function f64ToU32(r: Int32Array, d: Float64Array, a: number, rm: number): number {
  return toU32(r, flushedF64(r, d[a] as number), rm);
}

/** dst is the word index of the low half of the result. */
export function f64ToI64(r: Int32Array, d: Float64Array, dst: number, a: number, rm: number): void {
  const x = d[a] as number;
  const i = x | 0;
  if (i === x) {
    r[dst] = i;
    r[dst + 1] = i >> 31;
  } else toI64(r, dst, flushedF64(r, x), rm);
}

export function f64ToU64(r: Int32Array, d: Float64Array, dst: number, a: number, rm: number): void {
  toU64(r, dst, flushedF64(r, d[a] as number), rm);
}

export function f32ToI32(r: Int32Array, f: Float32Array, a: number, rm: number): number {
  const x = f[a] as number;
  const i = x | 0;
  return i === x ? i : toI32(r, flushedF32(r, x), rm);
}

export function f32ToU32(r: Int32Array, f: Float32Array, a: number, rm: number): number {
  return toU32(r, flushedF32(r, f[a] as number), rm);
}

export function f32ToI64(r: Int32Array, f: Float32Array, dst: number, a: number, rm: number): void {
  toI64(r, dst, flushedF32(r, f[a] as number), rm);
}

export function f32ToU64(r: Int32Array, f: Float32Array, dst: number, a: number, rm: number): void {
  toU64(r, dst, flushedF32(r, f[a] as number), rm);
}

/**
 * x * 2^fraction rounded to an integer of `bits` (16, 32 or 64) bits, saturating; two words at dst, the value extended
 * to 64 bits by its signedness. x is a value already read and flushed.
 */
export function toFixed(
  r: Int32Array,
  dst: number,
  x: number,
  rm: number,
  fraction: number,
  bits: number,
  signed: boolean,
): void {
  const v = x * powerOf2(fraction);
  if (bits === 64) {
    if (signed) toI64(r, dst, v, rm);
    else toU64(r, dst, v, rm);
  } else if (bits === 32) {
    const i = signed ? toI32(r, v, rm) : toU32(r, v, rm);
    r[dst] = i;
    r[dst + 1] = signed ? i >> 31 : 0;
  } else {
    const t = integral(v, resolveRm(r, rm));
    const low = signed ? -0x8000 : 0;
    const high = signed ? 0x7fff : 0xffff;
    let i = t;
    if (t >= low && t <= high) {
      if (t !== v) raise(r, INEXACT);
    } else {
      raise(r, INVALID);
      i = v !== v ? nanInteger(r, high) : v < 0 ? low : high;
    }
    r[dst] = i;
    r[dst + 1] = i < 0 ? -1 : 0;
  }
}

export function f64ToFixed(
  r: Int32Array,
  d: Float64Array,
  dst: number,
  a: number,
  rm: number,
  fraction: number,
  bits: number,
  signed: boolean,
): void {
  toFixed(r, dst, flushedF64(r, d[a] as number), rm, fraction, bits, signed);
}

export function f32ToFixed(
  r: Int32Array,
  f: Float32Array,
  dst: number,
  a: number,
  rm: number,
  fraction: number,
  bits: number,
  signed: boolean,
): void {
  toFixed(r, dst, flushedF32(r, f[a] as number), rm, fraction, bits, signed);
}

/**
 * RISC-V fcvtmod.w.d, ARM FJCVTZS: the low 32 bits of x rounded toward zero, as ECMAScript's ToInt32. Invalid when x is
 * outside the int32 range, a NaN or infinite.
 */
export function f64ToI32Modular(r: Int32Array, d: Float64Array, a: number): number {
  const x = d[a] as number;
  const i = x | 0;
  if (i === x) return i;
  const v = flushedF64(r, x);
  const t = Math.trunc(v);
  if (!(t >= -TWO31 && t < TWO31)) raise(r, INVALID);
  else if (t !== v) raise(r, INEXACT);
  return i;
}

/** ARM FJCVTZS's Z flag: 1 when the conversion is exact and the operand is neither -0 nor a subnormal, even a flushed one. */
export function isExactI32(d: Float64Array, a: number): number {
  const x = d[a] as number;
  return (x | 0) === x && !Object.is(x, -0) ? 1 : 0;
}

/* From integers: `a` is the word index of the (low half of the) operand. */

export function i32ToF64(r: Int32Array, d: Float64Array, dst: number, a: number): void {
  d[dst] = r[a] as number;
}

export function u32ToF64(r: Int32Array, d: Float64Array, dst: number, a: number): void {
  d[dst] = (r[a] as number) >>> 0;
}

/** hi * 2^32 + lo rounded to double. */
function wideToF64(r: Int32Array, d: Float64Array, dst: number, hi: number, lo: number, rm: number): void {
  const x = hi * TWO32;
  const s = x + lo;
  if (s > -TWO52 && s < TWO52) {
    d[dst] = s;
    return;
  }
  const e = sumError(x, lo, s);
  const mode = resolveRm(r, rm);
  if (mode !== RM_NEAREST) roundF64(r, dst, s, e, 0, mode);
  else {
    if (e !== 0) raise(r, INEXACT);
    d[dst] = s;
  }
}

function wideToF32(r: Int32Array, f: Float32Array, dst: number, hi: number, lo: number, rm: number): void {
  const x = hi * TWO32;
  const s = x + lo;
  const e = sumError(x, lo, s);
  const mode = resolveRm(r, rm);
  if (s === 0) f[dst] = 0;
  else if (mode !== RM_NEAREST) roundF32(r, dst, s, e, 0, mode);
  else {
    const w = Math.fround(e === 0 ? s : roundOdd(s, e));
    if (w !== s || e !== 0) raise(r, INEXACT);
    f[dst] = w;
  }
}

export function i64ToF64(r: Int32Array, d: Float64Array, dst: number, a: number, rm: number): void {
  wideToF64(r, d, dst, r[a + 1] as number, (r[a] as number) >>> 0, rm);
}

export function u64ToF64(r: Int32Array, d: Float64Array, dst: number, a: number, rm: number): void {
  wideToF64(r, d, dst, (r[a + 1] as number) >>> 0, (r[a] as number) >>> 0, rm);
}

export function i32ToF32(r: Int32Array, f: Float32Array, dst: number, a: number, rm: number): void {
  const v = r[a] as number;
  wideToF32(r, f, dst, v >> 31, v >>> 0, rm);
}

export function u32ToF32(r: Int32Array, f: Float32Array, dst: number, a: number, rm: number): void {
  wideToF32(r, f, dst, 0, (r[a] as number) >>> 0, rm);
}

export function i64ToF32(r: Int32Array, f: Float32Array, dst: number, a: number, rm: number): void {
  wideToF32(r, f, dst, r[a + 1] as number, (r[a] as number) >>> 0, rm);
}

export function u64ToF32(r: Int32Array, f: Float32Array, dst: number, a: number, rm: number): void {
  wideToF32(r, f, dst, (r[a + 1] as number) >>> 0, (r[a] as number) >>> 0, rm);
}

/** (64-bit integer, signed or not) / 2^fraction rounded; narrower operands come extended to 64 bits. */
export function fixedToF64(
  r: Int32Array,
  d: Float64Array,
  dst: number,
  a: number,
  rm: number,
  fraction: number,
  signed: boolean,
): void {
  const lo = (r[a] as number) >>> 0;
  const hi = signed ? (r[a + 1] as number) : (r[a + 1] as number) >>> 0;
  const s = hi * TWO32 + lo;
  if (s === 0) d[dst] = 0;
  else roundF64(r, dst, s, sumError(hi * TWO32, lo, s), -fraction, resolveRm(r, rm));
}

export function fixedToF32(
  r: Int32Array,
  f: Float32Array,
  dst: number,
  a: number,
  rm: number,
  fraction: number,
  signed: boolean,
): void {
  const lo = (r[a] as number) >>> 0;
  const hi = signed ? (r[a + 1] as number) : (r[a + 1] as number) >>> 0;
  const s = hi * TWO32 + lo;
  if (s === 0) f[dst] = 0;
  else roundF32(r, dst, s, sumError(hi * TWO32, lo, s), -fraction, resolveRm(r, rm));
}
