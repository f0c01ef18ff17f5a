/**
 * NaN results. With FP_DEFAULT_NAN (always on RISC-V) every NaN result is the canonical quiet NaN; otherwise ARM's rule:
 * the first signalling operand, made quiet, else the first quiet one (Arm ARM, FPProcessNaNs). A signalling operand
 * raises invalid either way. Signs can be flipped on the way in, for fused operations with negated operands.
 *
 * Doubles are at slot indices, singles at word indices, halves at Uint16Array indices, all of the same block.
 */
import { FP_DEFAULT_NAN, FP_MODE, INVALID, raise } from './env.js';

const SIGN = 0x80000000 | 0;

export function isNanF64(r: Int32Array, a: number): boolean {
  const hi = (r[2 * a + 1] as number) & 0x7fffffff;
  return hi > 0x7ff00000 || (hi === 0x7ff00000 && r[2 * a] !== 0);
}

export function isSignallingF64(r: Int32Array, a: number): boolean {
  return ((r[2 * a + 1] as number) & 0x80000) === 0 && isNanF64(r, a);
}

export function isNanF32(r: Int32Array, a: number): boolean {
  return ((r[a] as number) & 0x7fffffff) > 0x7f800000;
}

export function isSignallingF32(r: Int32Array, a: number): boolean {
  return ((r[a] as number) & 0x400000) === 0 && isNanF32(r, a);
}

export function isNanF16(h: Uint16Array, a: number): boolean {
  return ((h[a] as number) & 0x7fff) > 0x7c00;
}

export function isSignallingF16(h: Uint16Array, a: number): boolean {
  return ((h[a] as number) & 0x200) === 0 && isNanF16(h, a);
}

export function defaultNanF64(r: Int32Array, dst: number): void {
  r[2 * dst] = 0;
  r[2 * dst + 1] = 0x7ff80000;
}

export const DEFAULT_NAN_F32 = 0x7fc00000;
export const DEFAULT_NAN_F16 = 0x7e00;

/** The invalid operation: raises and gives the default NaN. */
export function invalidF64(r: Int32Array, dst: number): void {
  raise(r, INVALID);
  defaultNanF64(r, dst);
}

export function invalidF32(r: Int32Array, dst: number): void {
  raise(r, INVALID);
  r[dst] = DEFAULT_NAN_F32;
}

/** The NaN at `a`, quiet, its sign exclusive-ored with `flip` (0 or 0x80000000). */
export function quietF64(r: Int32Array, dst: number, a: number, flip: number): void {
  if (((r[FP_MODE] as number) & FP_DEFAULT_NAN) !== 0) {
    defaultNanF64(r, dst);
    return;
  }
  r[2 * dst] = r[2 * a] as number;
  r[2 * dst + 1] = ((r[2 * a + 1] as number) | 0x80000) ^ flip;
}

export function quietF32(r: Int32Array, dst: number, a: number, flip: number): void {
  if (((r[FP_MODE] as number) & FP_DEFAULT_NAN) !== 0) r[dst] = DEFAULT_NAN_F32;
  else r[dst] = ((r[a] as number) | 0x400000) ^ flip;
}

/** The NaN result of an operation of which `a` is a NaN operand. */
export function nan1F64(r: Int32Array, dst: number, a: number): void {
  if (isSignallingF64(r, a)) raise(r, INVALID);
  quietF64(r, dst, a, 0);
}

export function nan1F32(r: Int32Array, dst: number, a: number): void {
  if (isSignallingF32(r, a)) raise(r, INVALID);
  quietF32(r, dst, a, 0);
}

/** The NaN result when at least one of `a` and `b` is a NaN; `negateA` flips the sign of a NaN taken from `a`. */
export function nan2F64(r: Int32Array, dst: number, a: number, b: number, negateA = false): void {
  const flip = negateA ? SIGN : 0;
  if (isSignallingF64(r, a)) {
    raise(r, INVALID);
    quietF64(r, dst, a, flip);
  } else if (isSignallingF64(r, b)) {
    raise(r, INVALID);
    quietF64(r, dst, b, 0);
  } else if (isNanF64(r, a)) {
    quietF64(r, dst, a, flip);
  } else {
    quietF64(r, dst, b, 0);
  }
}

export function nan2F32(r: Int32Array, dst: number, a: number, b: number, negateA = false): void {
  const flip = negateA ? SIGN : 0;
  if (isSignallingF32(r, a)) {
    raise(r, INVALID);
    quietF32(r, dst, a, flip);
  } else if (isSignallingF32(r, b)) {
    raise(r, INVALID);
    quietF32(r, dst, b, 0);
  } else if (isNanF32(r, a)) {
    quietF32(r, dst, a, flip);
  } else {
    quietF32(r, dst, b, 0);
  }
}

/**
 * The NaN result of a * b + c with a NaN among them: the addend is the first operand (Arm ARM, FPMulAdd). `zeroTimesInf`
 * says that a * b itself is invalid, which beats a quiet NaN addend.
 */
export function nan3F64(
  r: Int32Array,
  dst: number,
  a: number,
  b: number,
  c: number,
  flipA: number,
  flipC: number,
  zeroTimesInf: boolean,
): void {
  if (isSignallingF64(r, c)) {
    raise(r, INVALID);
    quietF64(r, dst, c, flipC);
  } else if (isSignallingF64(r, a)) {
    raise(r, INVALID);
    quietF64(r, dst, a, flipA);
  } else if (isSignallingF64(r, b)) {
    raise(r, INVALID);
    quietF64(r, dst, b, 0);
  } else if (zeroTimesInf) {
    invalidF64(r, dst);
  } else if (isNanF64(r, c)) {
    quietF64(r, dst, c, flipC);
  } else if (isNanF64(r, a)) {
    quietF64(r, dst, a, flipA);
  } else {
    quietF64(r, dst, b, 0);
  }
}

export function nan3F32(
  r: Int32Array,
  dst: number,
  a: number,
  b: number,
  c: number,
  flipA: number,
  flipC: number,
  zeroTimesInf: boolean,
): void {
  if (isSignallingF32(r, c)) {
    raise(r, INVALID);
    quietF32(r, dst, c, flipC);
  } else if (isSignallingF32(r, a)) {
    raise(r, INVALID);
    quietF32(r, dst, a, flipA);
  } else if (isSignallingF32(r, b)) {
    raise(r, INVALID);
    quietF32(r, dst, b, 0);
  } else if (zeroTimesInf) {
    invalidF32(r, dst);
  } else if (isNanF32(r, c)) {
    quietF32(r, dst, c, flipC);
  } else if (isNanF32(r, a)) {
    quietF32(r, dst, a, flipA);
  } else {
    quietF32(r, dst, b, 0);
  }
}
