/**
 * The floating-point environment: where it lives (words FP_FLAGS, FP_RM and FP_MODE of the CPU block) and what its bits
 * mean, in RISC-V's order (Unprivileged ISA 20191213, section 11.2) plus ARM's input-denormal flag.
 */
import { FP_FLAGS, FP_RM } from '../layout.js';

export {
  FP_ALT_HALF,
  FP_DEFAULT_NAN,
  FP_FLAGS,
  FP_FLUSH,
  FP_FLUSH16,
  FP_MODE,
  FP_RM,
  FP_TINY_BEFORE,
} from '../layout.js';

/** Exception flags, accumulated in FP_FLAGS. */
export const INEXACT = 1;
export const UNDERFLOW = 2;
export const OVERFLOW = 4;
export const DIV_BY_ZERO = 8;
export const INVALID = 16;
/** ARM FPSR.IDC: a subnormal operand was flushed to zero. */
export const INPUT_DENORMAL = 32;

/** Rounding modes, the `rm` of every function. */
export const RM_NEAREST = 0;
export const RM_ZERO = 1;
export const RM_DOWN = 2;
export const RM_UP = 3;
/** Ties away from zero. */
export const RM_AWAY = 4;
/** Round to odd (ARM FCVTXN); only as a static mode of conversions. */
export const RM_ODD = 5;
/** Take the mode from FP_RM. */
export const RM_DYNAMIC = 7;

/** The mode that `rm` stands for. */
export function resolveRm(r: Int32Array, rm: number): number {
  return rm === RM_DYNAMIC ? (r[FP_RM] as number) : rm;
}

export function raise(r: Int32Array, flags: number): void {
  r[FP_FLAGS] = (r[FP_FLAGS] as number) | flags;
}

/** Smallest normal magnitudes. */
export const MIN_F64 = 2.2250738585072014e-308;
export const MIN_F32 = 1.1754943508222875e-38;
export const MIN_F16 = 0.00006103515625;
