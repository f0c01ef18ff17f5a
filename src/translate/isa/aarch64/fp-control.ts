/** FPCR and FPSR (Arm ARM C5.2) as words of the floating-point environment, src/cpu/fp. */
import {
  FP_ALT_HALF,
  FP_DEFAULT_NAN,
  FP_FLAGS,
  FP_FLUSH,
  FP_FLUSH16,
  FP_MODE,
  FP_QC,
  FP_RM,
  FP_TINY_BEFORE,
} from '../../../cpu/layout.js';

/** FPCR.RMode (RN RP RM RZ) to the IR's numbering, and back. */
const RM_FROM_FPCR = [0, 3, 2, 1];
const RM_TO_FPCR = [0, 3, 2, 1, 0];

const AHP = 1 << 26;
const DN = 1 << 25;
const FZ = 1 << 24;
const FZ16 = 1 << 19;

/** FPSR bits of IR flag bit n: IXC UFC OFC DZC IOC, IDC. */
const FPSR_OF_FLAG = [1 << 4, 1 << 3, 1 << 2, 1 << 1, 1 << 0, 1 << 7];
const QC = 1 << 27;

export function readFpcr(r: Int32Array): number {
  const mode = r[FP_MODE] as number;
  return (
    ((RM_TO_FPCR[r[FP_RM] as number] as number) << 22) |
    ((mode & FP_ALT_HALF) !== 0 ? AHP : 0) |
    ((mode & FP_DEFAULT_NAN) !== 0 ? DN : 0) |
    ((mode & FP_FLUSH) !== 0 ? FZ : 0) |
    ((mode & FP_FLUSH16) !== 0 ? FZ16 : 0)
  );
}

/** Trap enables and the vector bits read as zero; FZ16 only with FEAT_FP16. */
export function writeFpcr(r: Int32Array, value: number, fp16: boolean): void {
  r[FP_RM] = RM_FROM_FPCR[(value >>> 22) & 3] as number;
  r[FP_MODE] =
    FP_TINY_BEFORE |
    ((value & AHP) !== 0 ? FP_ALT_HALF : 0) |
    ((value & DN) !== 0 ? FP_DEFAULT_NAN : 0) |
    ((value & FZ) !== 0 ? FP_FLUSH : 0) |
    (fp16 && (value & FZ16) !== 0 ? FP_FLUSH16 : 0);
}

export function readFpsr(r: Int32Array): number {
  const flags = r[FP_FLAGS] as number;
  let value = r[FP_QC] !== 0 ? QC : 0;
  for (let n = 0; n < 6; n++) if (((flags >>> n) & 1) === 1) value |= FPSR_OF_FLAG[n] as number;
  return value;
}

export function writeFpsr(r: Int32Array, value: number): void {
  let flags = 0;
  for (let n = 0; n < 6; n++) if ((value & (FPSR_OF_FLAG[n] as number)) !== 0) flags |= 1 << n;
  r[FP_FLAGS] = flags;
  r[FP_QC] = (value & QC) !== 0 ? 1 : 0;
}

/** The environment of a new A64 task: FPCR and FPSR zero. */
export function resetFp(r: Int32Array): void {
  writeFpcr(r, 0, true);
  writeFpsr(r, 0);
}
