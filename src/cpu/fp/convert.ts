/**
 * Conversions between half, single and double. A NaN keeps its sign and the top of its payload (Arm ARM,
 * FPConvertNaN) unless FP_DEFAULT_NAN is on. Halves are Uint16Array indices; with FP_ALT_HALF (ARM FPCR.AHP) they have
 * no NaNs and infinities, and their subnormals are never flushed here.
 */
import {
  FP_ALT_HALF,
  FP_DEFAULT_NAN,
  FP_MODE,
  INEXACT,
  INVALID,
  MIN_F32,
  RM_NEAREST,
  raise,
  resolveRm,
} from './env.js';
import { exponentOf, significandOf } from './exact.js';
import { flushedF32 } from './f32.js';
import { flushedF64 } from './f64.js';
import { DEFAULT_NAN_F16, DEFAULT_NAN_F32, defaultNanF64, isSignallingF32, isSignallingF64 } from './nan.js';
import { roundF16, roundF32 } from './round.js';

const SIGN = 0x80000000 | 0;

function isDefaultNan(r: Int32Array): boolean {
  return ((r[FP_MODE] as number) & FP_DEFAULT_NAN) !== 0;
}

export function f32ToF64(r: Int32Array, d: Float64Array, f: Float32Array, dst: number, a: number): void {
  const x = f[a] as number;
  if (x === x) {
    d[dst] = flushedF32(r, x);
    return;
  }
  const bits = r[a] as number;
  if (isSignallingF32(r, a)) raise(r, INVALID);
  if (isDefaultNan(r)) defaultNanF64(r, dst);
  else {
    r[2 * dst] = bits << 29;
    r[2 * dst + 1] = (bits & SIGN) | 0x7ff80000 | ((bits & 0x3fffff) >>> 3);
  }
}

export function f64ToF32(
  r: Int32Array,
  d: Float64Array,
  f: Float32Array,
  dst: number,
  a: number,
  rm: number,
): void {
  let x = d[a] as number;
  const mode = resolveRm(r, rm);
  const w = Math.fround(x);
  const m = Math.abs(w);
  if (mode === RM_NEAREST && m > MIN_F32 && m < Infinity) {
    if (w !== x) raise(r, INEXACT);
    f[dst] = w;
    return;
  }
  x = flushedF64(r, x);
  if (x !== x) {
    const hi = r[2 * a + 1] as number;
    if (isSignallingF64(r, a)) raise(r, INVALID);
    r[dst] = isDefaultNan(r)
      ? DEFAULT_NAN_F32
      : (hi & SIGN) | 0x7fc00000 | ((hi & 0x7ffff) << 3) | ((r[2 * a] as number) >>> 29);
  } else if (x === 0 || x - x !== 0) f[dst] = x;
  else roundF32(r, dst, significandOf(x), 0, exponentOf(x), mode);
}

/** The value of a half; `alternative`: exponent 31 is an ordinary one. */
export function halfValue(bits: number, alternative: boolean): number {
  const exp = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  let m: number;
  if (exp === 0) m = fraction / 16777216;
  else if (exp < 31 || alternative) m = ((1024 + fraction) / 16777216) * (1 << (exp - 1));
  else m = fraction === 0 ? Infinity : NaN;
  return (bits & 0x8000) !== 0 ? -m : m;
}

function isAlternative(r: Int32Array): boolean {
  return ((r[FP_MODE] as number) & FP_ALT_HALF) !== 0;
}

export function f16ToF32(r: Int32Array, f: Float32Array, h: Uint16Array, dst: number, a: number): void {
  const bits = h[a] as number;
  const x = halfValue(bits, isAlternative(r));
  if (x === x) {
    f[dst] = x;
    return;
  }
  if ((bits & 0x200) === 0) raise(r, INVALID);
  r[dst] = isDefaultNan(r) ? DEFAULT_NAN_F32 : ((bits & 0x8000) << 16) | 0x7fc00000 | ((bits & 0x1ff) << 13);
}

export function f16ToF64(r: Int32Array, d: Float64Array, h: Uint16Array, dst: number, a: number): void {
  const bits = h[a] as number;
  const x = halfValue(bits, isAlternative(r));
  if (x === x) {
    d[dst] = x;
    return;
  }
  if ((bits & 0x200) === 0) raise(r, INVALID);
  if (isDefaultNan(r)) defaultNanF64(r, dst);
  else {
    r[2 * dst] = 0;
    r[2 * dst + 1] = ((bits & 0x8000) << 16) | 0x7ff80000 | ((bits & 0x1ff) << 10);
  }
}

/** x to half when x is no NaN; `sign` is 0x8000 or 0. */
function toHalf(r: Int32Array, x: number, sign: number, rm: number): number {
  if (x === 0) return sign;
  if (x - x === 0) {
    return roundF16(r, significandOf(x), 0, exponentOf(x), resolveRm(r, rm), FP_ALT_HALF);
  }
  if (!isAlternative(r)) return sign | 0x7c00;
  raise(r, INVALID);
  return sign | 0x7fff;
}

/** A NaN to half; `payload` holds its top nine payload bits. */
function toHalfNan(r: Int32Array, sign: number, payload: number, signalling: boolean): number {
  const alternative = isAlternative(r);
  if (signalling || alternative) raise(r, INVALID);
  if (alternative) return sign;
  return isDefaultNan(r) ? DEFAULT_NAN_F16 : sign | 0x7e00 | payload;
}

export function f32ToF16(
  r: Int32Array,
  f: Float32Array,
  h: Uint16Array,
  dst: number,
  a: number,
  rm: number,
): void {
  const x = f[a] as number;
  const bits = r[a] as number;
  const sign = (bits >>> 16) & 0x8000;
  if (x === x) h[dst] = toHalf(r, flushedF32(r, x), sign, rm);
  else h[dst] = toHalfNan(r, sign, (bits >>> 13) & 0x1ff, isSignallingF32(r, a));
}

export function f64ToF16(
  r: Int32Array,
  d: Float64Array,
  h: Uint16Array,
  dst: number,
  a: number,
  rm: number,
): void {
  const x = d[a] as number;
  const hi = r[2 * a + 1] as number;
  const sign = (hi >>> 16) & 0x8000;
  if (x === x) h[dst] = toHalf(r, flushedF64(r, x), sign, rm);
  else h[dst] = toHalfNan(r, sign, (hi >>> 10) & 0x1ff, isSignallingF64(r, a));
}
