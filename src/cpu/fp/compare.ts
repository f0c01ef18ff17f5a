/**
 * Comparisons, minimum and maximum, classification. Operands are indices in the view of their format; results that are
 * integers are returned. Comparisons flush subnormal operands when FP_FLUSH is on, like all arithmetic.
 */
import { INVALID, raise } from './env.js';
import { flushedF32 } from './f32.js';
import { flushedF64 } from './f64.js';
import {
  DEFAULT_NAN_F32,
  defaultNanF64,
  isNanF32,
  isNanF64,
  isSignallingF32,
  isSignallingF64,
  nan2F32,
  nan2F64,
} from './nan.js';

/** 1 when a == b; only a signalling NaN is invalid. */
export function eqF64(r: Int32Array, d: Float64Array, a: number, b: number): number {
  const x = flushedF64(r, d[a] as number);
  const y = flushedF64(r, d[b] as number);
  if (x === y) return 1;
  if ((x !== x || y !== y) && (isSignallingF64(r, a) || isSignallingF64(r, b))) raise(r, INVALID);
  return 0;
}

/** 1 when a < b; any NaN is invalid. */
export function ltF64(r: Int32Array, d: Float64Array, a: number, b: number): number {
  const x = flushedF64(r, d[a] as number);
  const y = flushedF64(r, d[b] as number);
  if (x < y) return 1;
  if (x !== x || y !== y) raise(r, INVALID);
  return 0;
}

/** 1 when a <= b; any NaN is invalid. */
export function leF64(r: Int32Array, d: Float64Array, a: number, b: number): number {
  const x = flushedF64(r, d[a] as number);
  const y = flushedF64(r, d[b] as number);
  if (x <= y) return 1;
  if (x !== x || y !== y) raise(r, INVALID);
  return 0;
}

/** 1 when a < b; only a signalling NaN is invalid (Zfa fltq). */
export function ltQuietF64(r: Int32Array, d: Float64Array, a: number, b: number): number {
  const x = flushedF64(r, d[a] as number);
  const y = flushedF64(r, d[b] as number);
  if (x < y) return 1;
  if ((x !== x || y !== y) && (isSignallingF64(r, a) || isSignallingF64(r, b))) raise(r, INVALID);
  return 0;
}

/** 1 when a <= b; only a signalling NaN is invalid (Zfa fleq). */
export function leQuietF64(r: Int32Array, d: Float64Array, a: number, b: number): number {
  const x = flushedF64(r, d[a] as number);
  const y = flushedF64(r, d[b] as number);
  if (x <= y) return 1;
  if ((x !== x || y !== y) && (isSignallingF64(r, a) || isSignallingF64(r, b))) raise(r, INVALID);
  return 0;
}

export function eqF32(r: Int32Array, f: Float32Array, a: number, b: number): number {
  const x = flushedF32(r, f[a] as number);
  const y = flushedF32(r, f[b] as number);
  if (x === y) return 1;
  if ((x !== x || y !== y) && (isSignallingF32(r, a) || isSignallingF32(r, b))) raise(r, INVALID);
  return 0;
}

export function ltF32(r: Int32Array, f: Float32Array, a: number, b: number): number {
  const x = flushedF32(r, f[a] as number);
  const y = flushedF32(r, f[b] as number);
  if (x < y) return 1;
  if (x !== x || y !== y) raise(r, INVALID);
  return 0;
}

export function leF32(r: Int32Array, f: Float32Array, a: number, b: number): number {
  const x = flushedF32(r, f[a] as number);
  const y = flushedF32(r, f[b] as number);
  if (x <= y) return 1;
  if (x !== x || y !== y) raise(r, INVALID);
  return 0;
}

export function ltQuietF32(r: Int32Array, f: Float32Array, a: number, b: number): number {
  const x = flushedF32(r, f[a] as number);
  const y = flushedF32(r, f[b] as number);
  if (x < y) return 1;
  if ((x !== x || y !== y) && (isSignallingF32(r, a) || isSignallingF32(r, b))) raise(r, INVALID);
  return 0;
}

export function leQuietF32(r: Int32Array, f: Float32Array, a: number, b: number): number {
  const x = flushedF32(r, f[a] as number);
  const y = flushedF32(r, f[b] as number);
  if (x <= y) return 1;
  if ((x !== x || y !== y) && (isSignallingF32(r, a) || isSignallingF32(r, b))) raise(r, INVALID);
  return 0;
}

/** NZCV (N = 8) of a comparison (Arm ARM, FPCompare). */
export function nzcvOf(x: number, y: number): number {
  if (x === y) return 6;
  if (x < y) return 8;
  return x > y ? 2 : 3;
}

/** ARM FCMP (quiet) and FCMPE (`signalAll`): NZCV. */
export function fcmpF64(r: Int32Array, d: Float64Array, a: number, b: number, signalAll: boolean): number {
  const x = flushedF64(r, d[a] as number);
  const y = flushedF64(r, d[b] as number);
  if ((x !== x || y !== y) && (signalAll || isSignallingF64(r, a) || isSignallingF64(r, b)))
    raise(r, INVALID);
  return nzcvOf(x, y);
}

export function fcmpF32(r: Int32Array, f: Float32Array, a: number, b: number, signalAll: boolean): number {
  const x = flushedF32(r, f[a] as number);
  const y = flushedF32(r, f[b] as number);
  if ((x !== x || y !== y) && (signalAll || isSignallingF32(r, a) || isSignallingF32(r, b)))
    raise(r, INVALID);
  return nzcvOf(x, y);
}

/** The same as a word of flags (bits 31..28); `imm` 1 is FCMPE. */
export function fcmpNzcvF64(r: Int32Array, d: Float64Array, a: number, b: number, imm: number): number {
  return fcmpF64(r, d, a, b, imm === 1) << 28;
}

export function fcmpNzcvF32(r: Int32Array, f: Float32Array, a: number, b: number, imm: number): number {
  return fcmpF32(r, f, a, b, imm === 1) << 28;
}

/** ARM FCMP and FCMPE with #0.0. */
export function fcmpZeroF64(r: Int32Array, d: Float64Array, a: number, signalAll: boolean): number {
  const x = flushedF64(r, d[a] as number);
  if (x !== x && (signalAll || isSignallingF64(r, a))) raise(r, INVALID);
  return nzcvOf(x, 0);
}

export function fcmpZeroF32(r: Int32Array, f: Float32Array, a: number, signalAll: boolean): number {
  const x = flushedF32(r, f[a] as number);
  if (x !== x && (signalAll || isSignallingF32(r, a))) raise(r, INVALID);
  return nzcvOf(x, 0);
}

/** The lesser and the greater of two numbers, -0 below +0. */
export function lesser(x: number, y: number): number {
  if (x === 0 && y === 0) return Object.is(x, -0) ? x : y;
  return x < y ? x : y;
}

export function greater(x: number, y: number): number {
  if (x === 0 && y === 0) return Object.is(x, -0) ? y : x;
  return x > y ? x : y;
}

/**
 * The result of minimumNumber or maximumNumber with a NaN operand (RISC-V fmin and fmax, IEEE 754-2019 9.6): the other
 * operand, or the canonical NaN.
 */
function otherF64(r: Int32Array, dst: number, a: number, b: number): void {
  if (isSignallingF64(r, a) || isSignallingF64(r, b)) raise(r, INVALID);
  if (isNanF64(r, a) && isNanF64(r, b)) {
    defaultNanF64(r, dst);
    return;
  }
  const other = isNanF64(r, a) ? b : a;
  r[2 * dst] = r[2 * other] as number;
  r[2 * dst + 1] = r[2 * other + 1] as number;
}

function otherF32(r: Int32Array, dst: number, a: number, b: number): void {
  if (isSignallingF32(r, a) || isSignallingF32(r, b)) raise(r, INVALID);
  if (isNanF32(r, a) && isNanF32(r, b)) r[dst] = DEFAULT_NAN_F32;
  else r[dst] = r[isNanF32(r, a) ? b : a] as number;
}

/** RISC-V fmin.d. */
export function minNumF64(r: Int32Array, d: Float64Array, dst: number, a: number, b: number): void {
  const x = d[a] as number;
  const y = d[b] as number;
  if (x !== x || y !== y) otherF64(r, dst, a, b);
  else d[dst] = lesser(x, y);
}

/** RISC-V fmax.d. */
export function maxNumF64(r: Int32Array, d: Float64Array, dst: number, a: number, b: number): void {
  const x = d[a] as number;
  const y = d[b] as number;
  if (x !== x || y !== y) otherF64(r, dst, a, b);
  else d[dst] = greater(x, y);
}

export function minNumF32(r: Int32Array, f: Float32Array, dst: number, a: number, b: number): void {
  const x = f[a] as number;
  const y = f[b] as number;
  if (x !== x || y !== y) otherF32(r, dst, a, b);
  else f[dst] = lesser(x, y);
}

export function maxNumF32(r: Int32Array, f: Float32Array, dst: number, a: number, b: number): void {
  const x = f[a] as number;
  const y = f[b] as number;
  if (x !== x || y !== y) otherF32(r, dst, a, b);
  else f[dst] = greater(x, y);
}

/** ARM FMIN; RISC-V Zfa fminm.d: a NaN operand gives a NaN. */
export function minF64(r: Int32Array, d: Float64Array, dst: number, a: number, b: number): void {
  const x = flushedF64(r, d[a] as number);
  const y = flushedF64(r, d[b] as number);
  if (x !== x || y !== y) nan2F64(r, dst, a, b);
  else d[dst] = lesser(x, y);
}

/** ARM FMAX; RISC-V Zfa fmaxm.d. */
export function maxF64(r: Int32Array, d: Float64Array, dst: number, a: number, b: number): void {
  const x = flushedF64(r, d[a] as number);
  const y = flushedF64(r, d[b] as number);
  if (x !== x || y !== y) nan2F64(r, dst, a, b);
  else d[dst] = greater(x, y);
}

export function minF32(r: Int32Array, f: Float32Array, dst: number, a: number, b: number): void {
  const x = flushedF32(r, f[a] as number);
  const y = flushedF32(r, f[b] as number);
  if (x !== x || y !== y) nan2F32(r, dst, a, b);
  else f[dst] = lesser(x, y);
}

export function maxF32(r: Int32Array, f: Float32Array, dst: number, a: number, b: number): void {
  const x = flushedF32(r, f[a] as number);
  const y = flushedF32(r, f[b] as number);
  if (x !== x || y !== y) nan2F32(r, dst, a, b);
  else f[dst] = greater(x, y);
}

/**
 * ARM FMINNM and FMAXNM: exactly one operand a quiet NaN gives the other one; the rest as FMIN and FMAX (Arm ARM,
 * FPMinNum). Returns 0 when the plain operation has to decide, else which operand to take: 1 = x, 2 = y.
 */
function numberBeside(xNan: boolean, yNan: boolean, xSignals: boolean, ySignals: boolean): number {
  if (xNan && !yNan && !xSignals) return 2;
  return yNan && !xNan && !ySignals ? 1 : 0;
}

export function armMinNumF64(r: Int32Array, d: Float64Array, dst: number, a: number, b: number): void {
  const n = numberBeside(isNanF64(r, a), isNanF64(r, b), isSignallingF64(r, a), isSignallingF64(r, b));
  if (n === 0) minF64(r, d, dst, a, b);
  else d[dst] = flushedF64(r, d[n === 1 ? a : b] as number);
}

export function armMaxNumF64(r: Int32Array, d: Float64Array, dst: number, a: number, b: number): void {
  const n = numberBeside(isNanF64(r, a), isNanF64(r, b), isSignallingF64(r, a), isSignallingF64(r, b));
  if (n === 0) maxF64(r, d, dst, a, b);
  else d[dst] = flushedF64(r, d[n === 1 ? a : b] as number);
}

export function armMinNumF32(r: Int32Array, f: Float32Array, dst: number, a: number, b: number): void {
  const n = numberBeside(isNanF32(r, a), isNanF32(r, b), isSignallingF32(r, a), isSignallingF32(r, b));
  if (n === 0) minF32(r, f, dst, a, b);
  else f[dst] = flushedF32(r, f[n === 1 ? a : b] as number);
}

export function armMaxNumF32(r: Int32Array, f: Float32Array, dst: number, a: number, b: number): void {
  const n = numberBeside(isNanF32(r, a), isNanF32(r, b), isSignallingF32(r, a), isSignallingF32(r, b));
  if (n === 0) maxF32(r, f, dst, a, b);
  else f[dst] = flushedF32(r, f[n === 1 ? a : b] as number);
}

/** RISC-V fclass (table 11.5): one of ten bits. */
function classBits(negative: boolean, zero: boolean, subnormal: boolean, infinite: boolean): number {
  const magnitude = infinite ? 3 : zero ? 0 : subnormal ? 1 : 2;
  return 1 << (negative ? 3 - magnitude : 4 + magnitude);
}

export function classifyF64(r: Int32Array, a: number): number {
  if (isNanF64(r, a)) return isSignallingF64(r, a) ? 256 : 512;
  const hi = r[2 * a + 1] as number;
  const exp = hi & 0x7ff00000;
  const fraction = (hi & 0xfffff) | (r[2 * a] as number);
  return classBits(hi < 0, exp === 0 && fraction === 0, exp === 0, exp === 0x7ff00000);
}

export function classifyF32(r: Int32Array, a: number): number {
  if (isNanF32(r, a)) return isSignallingF32(r, a) ? 256 : 512;
  const bits = r[a] as number;
  const exp = bits & 0x7f800000;
  return classBits(bits < 0, (bits & 0x7fffffff) === 0, exp === 0, exp === 0x7f800000);
}
