/**
 * Fused multiply-add, a * b + c with one rounding, double and single. `rm` carries the signs too: FMA_NEGATE_PRODUCT
 * and FMA_NEGATE_ADDEND negate operands a and c, NaNs included (as the Arm ARM's FPNeg before FPMulAdd does; RISC-V's
 * canonical NaN hides it).
 *
 * Double: Boldo and Melquiond's algorithm on error-free transformations and one rounding to odd. Single: the product
 * is exact in double, the sum is rounded to odd and then to single.
 */
import {
  FP_FLAGS,
  FP_FLUSH,
  FP_MODE,
  FP_RM,
  INEXACT,
  MIN_F32,
  MIN_F64,
  RM_DOWN,
  RM_NEAREST,
  raise,
} from './env.js';
import { BIG, TINY, exponentOf, powerOf2, productError, roundOdd, significandOf, sumError } from './exact.js';
import { flushedF32 } from './f32.js';
import { flushedF64 } from './f64.js';
import { invalidF32, invalidF64, nan3F32, nan3F64 } from './nan.js';
import { roundF32, roundF64 } from './round.js';

export const FMA_NEGATE_PRODUCT = 8;
export const FMA_NEGATE_ADDEND = 16;

const SIGN = 0x80000000 | 0;

/** Sign of an exact zero sum of p (a zero or not) and z = -p. */
function zeroSum(p: number, z: number, rm: number): number {
  return p === 0 && Object.is(p, z) ? p : rm === RM_DOWN ? -0 : 0;
}

export function fmaF64(
  r: Int32Array,
  d: Float64Array,
  dst: number,
  a: number,
  b: number,
  c: number,
  rm: number,
): void {
  let x = d[a] as number;
  let y = d[b] as number;
  let z = d[c] as number;
  if ((rm & FMA_NEGATE_PRODUCT) !== 0) x = -x;
  if ((rm & FMA_NEGATE_ADDEND) !== 0) z = -z;
  const mode = (rm & 7) === 7 ? (r[FP_RM] as number) : rm & 7;
  const uh = x * y;
  const m = Math.abs(uh);
  if (
    m < BIG &&
    m > TINY &&
    Math.abs(x) < BIG &&
    Math.abs(y) < BIG &&
    Math.abs(z) < BIG &&
    mode === RM_NEAREST &&
    ((r[FP_MODE] as number) & FP_FLUSH) === 0
  ) {
    const ul = productError(x, y, uh);
    const th = z + ul;
    const tl = sumError(z, ul, th);
    const vh = uh + th;
    const vl = sumError(uh, th, vh);
    const t = tl + vl;
    const e = sumError(tl, vl, t);
    const s = vh + (e === 0 ? t : roundOdd(t, e));
    if (Math.abs(s) > MIN_F64) {
      // The sum is exact only when both roundings are.
      if (((r[FP_FLAGS] as number) & INEXACT) === 0 && (e !== 0 || sumError(vh, t, s) !== 0))
        raise(r, INEXACT);
      d[dst] = s;
      return;
    }
  }
  x = flushedF64(r, x);
  y = flushedF64(r, y);
  z = flushedF64(r, z);
  const p = x * y;
  const zeroTimesInf = p !== p && x === x && y === y;
  if (z !== z || x !== x || y !== y) {
    const flipA = (rm & FMA_NEGATE_PRODUCT) !== 0 ? SIGN : 0;
    const flipC = (rm & FMA_NEGATE_ADDEND) !== 0 ? SIGN : 0;
    nan3F64(r, dst, a, b, c, flipA, flipC, zeroTimesInf);
  } else if (zeroTimesInf) invalidF64(r, dst);
  else if (x - x !== 0 || y - y !== 0) {
    if (p === -z) invalidF64(r, dst);
    else d[dst] = p;
  } else if (z - z !== 0) d[dst] = z;
  else if (x === 0 || y === 0) d[dst] = z === 0 ? zeroSum(p, z, mode) : z;
  else fmaScaled(r, d, dst, x, y, z, mode, 0);
}

/** (x * y + z) * 2^scale, all finite, x and y not zero, on significands: no exponent can get in the way. */
export function fmaScaled(
  r: Int32Array,
  d: Float64Array,
  dst: number,
  x: number,
  y: number,
  z: number,
  rm: number,
  scale: number,
): void {
  const ep = exponentOf(x) + exponentOf(y);
  const mx = significandOf(x);
  const my = significandOf(y);
  const uh = mx * my;
  const ul = productError(mx, my, uh);
  if (z === 0) {
    roundF64(r, dst, uh, ul, ep + scale, rm);
    return;
  }
  const shift = exponentOf(z) - ep;
  const mz = significandOf(z);
  if (shift > 200) {
    roundF64(r, dst, mz, uh > 0 ? powerOf2(-200) : -powerOf2(-200), ep + shift + scale, rm);
    return;
  }
  // An addend further down than this is below the last bit of the product: only its sign counts.
  const w = mz * powerOf2(Math.max(shift, -200));
  const th = w + ul;
  const tl = sumError(w, ul, th);
  const vh = uh + th;
  const vl = sumError(uh, th, vh);
  const t = tl + vl;
  const e = sumError(tl, vl, t);
  const odd = e === 0 ? t : roundOdd(t, e);
  const s = vh + odd;
  if (s === 0) d[dst] = rm === RM_DOWN ? -0 : 0;
  else roundF64(r, dst, s, sumError(vh, odd, s), ep + scale, rm);
}

export function fmaF32(
  r: Int32Array,
  f: Float32Array,
  dst: number,
  a: number,
  b: number,
  c: number,
  rm: number,
): void {
  let x = f[a] as number;
  let y = f[b] as number;
  let z = f[c] as number;
  if ((rm & FMA_NEGATE_PRODUCT) !== 0) x = -x;
  if ((rm & FMA_NEGATE_ADDEND) !== 0) z = -z;
  const mode = (rm & 7) === 7 ? (r[FP_RM] as number) : rm & 7;
  if (mode === RM_NEAREST && ((r[FP_MODE] as number) & FP_FLUSH) === 0) {
    const q = x * y;
    const s = q + z;
    const e = sumError(q, z, s);
    const w = Math.fround(e === 0 || e !== e ? s : roundOdd(s, e));
    const m = Math.abs(w);
    if (m > MIN_F32 && m < Infinity) {
      if (w !== s || e !== 0) raise(r, INEXACT);
      f[dst] = w;
      return;
    }
  }
  x = flushedF32(r, x);
  y = flushedF32(r, y);
  z = flushedF32(r, z);
  const p = x * y;
  const zeroTimesInf = p !== p && x === x && y === y;
  if (z !== z || x !== x || y !== y) {
    const flipA = (rm & FMA_NEGATE_PRODUCT) !== 0 ? SIGN : 0;
    const flipC = (rm & FMA_NEGATE_ADDEND) !== 0 ? SIGN : 0;
    nan3F32(r, dst, a, b, c, flipA, flipC, zeroTimesInf);
  } else if (zeroTimesInf) invalidF32(r, dst);
  else if (x - x !== 0 || y - y !== 0) {
    if (p === -z) invalidF32(r, dst);
    else f[dst] = p;
  } else if (z - z !== 0) f[dst] = z;
  else if (x === 0 || y === 0) f[dst] = z === 0 ? zeroSum(p, z, mode) : z;
  else if (p === -z) f[dst] = mode === RM_DOWN ? -0 : 0;
  else {
    const s = p + z;
    roundF32(r, dst, s, sumError(p, z, s), 0, mode);
  }
}
