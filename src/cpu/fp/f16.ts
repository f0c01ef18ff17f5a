/**
 * Half-precision arithmetic (ARM FEAT_FP16, RISC-V Zfh). Operands and result are Uint16Array indices of the CPU block.
 * Everything is computed in double, where it is exact or has a known error, and rounded once. ARM's FP_FLUSH16 flushes
 * operands without the input-denormal flag (Arm ARM, FPUnpackBase).
 */
import {
  DIV_BY_ZERO,
  FP_DEFAULT_NAN,
  FP_FLUSH16,
  FP_MODE,
  INEXACT,
  INVALID,
  MIN_F16,
  RM_DOWN,
  raise,
  resolveRm,
} from './env.js';
import { greater, lesser, nzcvOf } from './compare.js';
import { halfValue } from './convert.js';
import { productError, sumError } from './exact.js';
import { FMA_NEGATE_ADDEND, FMA_NEGATE_PRODUCT } from './fma.js';
import { integral, toFixed } from './integral.js';
import { DEFAULT_NAN_F16, isNanF16, isSignallingF16 } from './nan.js';
import { roundF16 } from './round.js';

/** The operand as arithmetic sees it. */
export function readF16(r: Int32Array, h: Uint16Array, a: number): number {
  const x = halfValue(h[a] as number, false);
  if (x < MIN_F16 && x > -MIN_F16 && ((r[FP_MODE] as number) & FP_FLUSH16) !== 0) {
    return ((h[a] as number) & 0x8000) !== 0 ? -0 : 0;
  }
  return x;
}

/** Stores a value that is exactly a half (or infinite). */
function store(h: Uint16Array, dst: number, x: number): void {
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  const m = Math.abs(x);
  if (m < MIN_F16) h[dst] = sign | (m * 16777216);
  else if (m === Infinity) h[dst] = sign | 0x7c00;
  else {
    const exp = 31 - Math.clz32(m * 16384);
    h[dst] = sign | (((exp + 1) << 10) + ((m * 16777216) / (1 << exp) - 1024));
  }
}

function round(r: Int32Array, h: Uint16Array, dst: number, v: number, e: number, rm: number): void {
  h[dst] = roundF16(r, v, e, 0, rm, FP_FLUSH16);
}

function invalid(r: Int32Array, h: Uint16Array, dst: number): void {
  raise(r, INVALID);
  h[dst] = DEFAULT_NAN_F16;
}

function quiet(r: Int32Array, h: Uint16Array, dst: number, a: number, flip: number): void {
  if (((r[FP_MODE] as number) & FP_DEFAULT_NAN) !== 0) h[dst] = DEFAULT_NAN_F16;
  else h[dst] = ((h[a] as number) | 0x200) ^ flip;
}

/** The NaN result of one, two or three operands in order of priority (give one more than once when there are fewer). */
export function nanF16(
  r: Int32Array,
  h: Uint16Array,
  dst: number,
  a: number,
  b: number,
  c: number,
  flipA = 0,
  flipB = 0,
): void {
  const signalling = isSignallingF16(h, a) || isSignallingF16(h, b) || isSignallingF16(h, c);
  if (signalling) raise(r, INVALID);
  if (signalling ? isSignallingF16(h, a) : isNanF16(h, a)) quiet(r, h, dst, a, flipA);
  else if (signalling ? isSignallingF16(h, b) : isNanF16(h, b)) quiet(r, h, dst, b, flipB);
  else quiet(r, h, dst, c, 0);
}

/** x + y, where `a` and `b` serve for their NaNs only. */
function sum(
  r: Int32Array,
  h: Uint16Array,
  dst: number,
  a: number,
  b: number,
  x: number,
  y: number,
  rm: number,
): void {
  if (x !== x || y !== y) nanF16(r, h, dst, a, b, b);
  else if (x - x !== 0 || y - y !== 0) {
    if (x === -y) invalid(r, h, dst);
    else store(h, dst, x + y);
  } else if (x === -y) store(h, dst, x === 0 && Object.is(x, y) ? x : rm === RM_DOWN ? -0 : 0);
  else round(r, h, dst, x + y, 0, rm);
}

export function addF16(r: Int32Array, h: Uint16Array, dst: number, a: number, b: number, rm: number): void {
  sum(r, h, dst, a, b, readF16(r, h, a), readF16(r, h, b), resolveRm(r, rm));
}

export function subF16(r: Int32Array, h: Uint16Array, dst: number, a: number, b: number, rm: number): void {
  sum(r, h, dst, a, b, readF16(r, h, a), -readF16(r, h, b), resolveRm(r, rm));
}

export function mulF16(r: Int32Array, h: Uint16Array, dst: number, a: number, b: number, rm: number): void {
  const x = readF16(r, h, a);
  const y = readF16(r, h, b);
  const p = x * y;
  if (x !== x || y !== y) nanF16(r, h, dst, a, b, b);
  else if (p !== p) invalid(r, h, dst);
  else if (p === 0 || p - p !== 0) store(h, dst, p);
  else round(r, h, dst, p, 0, resolveRm(r, rm));
}

/** Relative size of an error of which only the sign is known. */
const SOME_ERROR = 2 ** -60;

export function divF16(r: Int32Array, h: Uint16Array, dst: number, a: number, b: number, rm: number): void {
  const x = readF16(r, h, a);
  const y = readF16(r, h, b);
  const q = x / y;
  if (x !== x || y !== y) nanF16(r, h, dst, a, b, b);
  else if (q !== q) invalid(r, h, dst);
  else if (q === 0 || q - q !== 0) {
    if (y === 0 && x - x === 0) raise(r, DIV_BY_ZERO);
    store(h, dst, q);
  } else {
    const p = q * y;
    const rem = x - p - productError(q, y, p);
    const e = rem === 0 ? 0 : rem > 0 === y > 0 ? SOME_ERROR : -SOME_ERROR;
    round(r, h, dst, q, e * Math.abs(q), resolveRm(r, rm));
  }
}

export function sqrtF16(r: Int32Array, h: Uint16Array, dst: number, a: number, rm: number): void {
  const x = readF16(r, h, a);
  if (x !== x) nanF16(r, h, dst, a, a, a);
  else if (x === 0 || x === Infinity) store(h, dst, x);
  else if (x < 0) invalid(r, h, dst);
  else {
    const s = Math.sqrt(x);
    const p = s * s;
    const rem = x - p - productError(s, s, p);
    round(r, h, dst, s, rem === 0 ? 0 : rem > 0 ? s * SOME_ERROR : -s * SOME_ERROR, resolveRm(r, rm));
  }
}

/** a * b + c; `rm` carries the negations as in fmaF64. */
export function fmaF16(
  r: Int32Array,
  h: Uint16Array,
  dst: number,
  a: number,
  b: number,
  c: number,
  rm: number,
): void {
  const flipA = (rm & FMA_NEGATE_PRODUCT) !== 0 ? 0x8000 : 0;
  const flipC = (rm & FMA_NEGATE_ADDEND) !== 0 ? 0x8000 : 0;
  const x = flipA !== 0 ? -readF16(r, h, a) : readF16(r, h, a);
  const y = readF16(r, h, b);
  const z = flipC !== 0 ? -readF16(r, h, c) : readF16(r, h, c);
  const mode = resolveRm(r, rm & 7);
  const p = x * y;
  const zeroTimesInf = p !== p && x === x && y === y;
  if (zeroTimesInf && !isSignallingF16(h, c)) invalid(r, h, dst);
  else if (x !== x || y !== y || z !== z) nanF16(r, h, dst, c, a, b, flipC, flipA);
  else if (p - p !== 0 || z - z !== 0) {
    if (p === -z) invalid(r, h, dst);
    else store(h, dst, p + z);
  } else if (p === -z) store(h, dst, p === 0 && Object.is(p, z) ? p : mode === RM_DOWN ? -0 : 0);
  else {
    const s = p + z;
    round(r, h, dst, s, sumError(p, z, s), mode);
  }
}

/** 1 when a == b. */
export function eqF16(r: Int32Array, h: Uint16Array, a: number, b: number): number {
  if (isSignallingF16(h, a) || isSignallingF16(h, b)) raise(r, INVALID);
  return readF16(r, h, a) === readF16(r, h, b) ? 1 : 0;
}

/** 1 when a < b; `quietNan`: only a signalling NaN is invalid. */
export function ltF16(r: Int32Array, h: Uint16Array, a: number, b: number, quietNan: boolean): number {
  return (fcmpF16(r, h, a, b, !quietNan) & 8) !== 0 ? 1 : 0;
}

export function leF16(r: Int32Array, h: Uint16Array, a: number, b: number, quietNan: boolean): number {
  return (fcmpF16(r, h, a, b, !quietNan) & 12) !== 0 ? 1 : 0;
}

/** ARM FCMP and FCMPE: NZCV. */
export function fcmpF16(r: Int32Array, h: Uint16Array, a: number, b: number, signalAll: boolean): number {
  const x = readF16(r, h, a);
  const y = readF16(r, h, b);
  if ((x !== x || y !== y) && (signalAll || isSignallingF16(h, a) || isSignallingF16(h, b)))
    raise(r, INVALID);
  return nzcvOf(x, y);
}

/** RISC-V fmin.h and fmax.h. */
export function minMaxNumF16(
  r: Int32Array,
  h: Uint16Array,
  dst: number,
  a: number,
  b: number,
  max: boolean,
): void {
  if (isSignallingF16(h, a) || isSignallingF16(h, b)) raise(r, INVALID);
  const x = halfValue(h[a] as number, false);
  const y = halfValue(h[b] as number, false);
  if (x === x && y === y) store(h, dst, max ? greater(x, y) : lesser(x, y));
  else if (x === x) h[dst] = h[a] as number;
  else h[dst] = y === y ? (h[b] as number) : DEFAULT_NAN_F16;
}

/** ARM FMIN and FMAX; RISC-V Zfa fminm.h and fmaxm.h. */
export function minMaxF16(
  r: Int32Array,
  h: Uint16Array,
  dst: number,
  a: number,
  b: number,
  max: boolean,
): void {
  const x = readF16(r, h, a);
  const y = readF16(r, h, b);
  if (x !== x || y !== y) nanF16(r, h, dst, a, b, b);
  else store(h, dst, max ? greater(x, y) : lesser(x, y));
}

/** ARM FMINNM and FMAXNM. */
export function armMinMaxNumF16(
  r: Int32Array,
  h: Uint16Array,
  dst: number,
  a: number,
  b: number,
  max: boolean,
): void {
  const quietA = isNanF16(h, a) && !isSignallingF16(h, a);
  const quietB = isNanF16(h, b) && !isSignallingF16(h, b);
  if (quietA && !isNanF16(h, b)) store(h, dst, readF16(r, h, b));
  else if (quietB && !isNanF16(h, a)) store(h, dst, readF16(r, h, a));
  else minMaxF16(r, h, dst, a, b, max);
}

/** RISC-V fclass.h. */
export function classifyF16(h: Uint16Array, a: number): number {
  if (isNanF16(h, a)) return isSignallingF16(h, a) ? 256 : 512;
  const bits = h[a] as number;
  const exp = bits & 0x7c00;
  const magnitude = exp === 0x7c00 ? 3 : exp !== 0 ? 2 : (bits & 0x7fff) === 0 ? 0 : 1;
  return 1 << ((bits & 0x8000) !== 0 ? 3 - magnitude : 4 + magnitude);
}

export function roundIntF16(
  r: Int32Array,
  h: Uint16Array,
  dst: number,
  a: number,
  rm: number,
  exact: boolean,
): void {
  const x = readF16(r, h, a);
  if (x !== x) {
    nanF16(r, h, dst, a, a, a);
    return;
  }
  const t = integral(x, resolveRm(r, rm));
  if (exact && t !== x) raise(r, INEXACT);
  store(h, dst, t);
}

/** To an integer or fixed-point number of `bits` bits at word dst; see toFixed. */
export function f16ToFixed(
  r: Int32Array,
  h: Uint16Array,
  dst: number,
  a: number,
  rm: number,
  fraction: number,
  bits: number,
  signed: boolean,
): void {
  toFixed(r, dst, readF16(r, h, a), rm, fraction, bits, signed);
}

/** From the 64-bit integer at word a, divided by 2^fraction. */
export function fixedToF16(
  r: Int32Array,
  h: Uint16Array,
  dst: number,
  a: number,
  rm: number,
  fraction: number,
  signed: boolean,
): void {
  const lo = (r[a] as number) >>> 0;
  const high = (signed ? (r[a + 1] as number) : (r[a + 1] as number) >>> 0) * 4294967296;
  const s = high + lo;
  if (s === 0) h[dst] = 0;
  else h[dst] = roundF16(r, s, sumError(high, lo, s), -fraction, resolveRm(r, rm), FP_FLUSH16);
}
