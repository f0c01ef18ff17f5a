/** Floating-point helpers of A64, scalar and by lanes; see src/cpu/simd/float.ts for the latter. */
import type { Cpu } from '../../../cpu/cpu.js';
import { SLOT_SIMD } from '../../../cpu/layout.js';
import * as fp from '../../../cpu/fp/index.js';
import * as lanes from '../../../cpu/simd/float.js';
import { defineA64Helper } from '../../helpers.js';
import { FLAG_Z } from './flags.js';

/** d = NZCV of comparing a with b in bits 31..28. imm: bits 1..0 size (1 half 2 single 3 double), 2 signal, 3 b is zero. */
export const HELPER_FCMP = defineA64Helper('a64.fcmp', (cpu, d, a, b, _c, imm) => {
  cpu.r[d * 2] = compare(cpu, a, b, imm) << 28;
});

/** As HELPER_FCMP if c is not 0, else d = imm bits 7..4. */
export const HELPER_FCCMP = defineA64Helper('a64.fccmp', (cpu, d, a, b, c, imm) => {
  cpu.r[d * 2] = (cpu.r[c * 2] === 0 ? imm >> 4 : compare(cpu, a, b, imm)) << 28;
});

function compare(cpu: Cpu, a: number, b: number, imm: number): number {
  const signal = (imm & 4) !== 0;
  const zero = (imm & 8) !== 0;
  const { r } = cpu;
  switch (imm & 3) {
    case 2:
      return zero ? fp.fcmpZeroF32(r, cpu.f, a * 2, signal) : fp.fcmpF32(r, cpu.f, a * 2, b * 2, signal);
    case 3:
      return zero ? fp.fcmpZeroF64(r, cpu.d, a, signal) : fp.fcmpF64(r, cpu.d, a, b, signal);
    default:
      if (zero) r[SLOT_SIMD * 2] = 0;
      return fp.fcmpF16(r, cpu.h, a * 4, zero ? SLOT_SIMD * 4 : b * 4, signal);
  }
}

/**
 * d = a to an integer or fixed point in a general register, zero-extended when 32 bits wide. imm: bits 1..0 size,
 * 4..2 rounding mode, 5 signed, 6 64 bits, 13..7 fraction bits.
 */
export const HELPER_FCVT_TO_INT = defineA64Helper('a64.fcvtToInt', (cpu, d, a, _b, _c, imm) => {
  const { r } = cpu;
  const rm = (imm >> 2) & 7;
  const signed = (imm & 32) !== 0;
  const bits = (imm & 64) !== 0 ? 64 : 32;
  const fraction = imm >> 7;
  const size = imm & 3;
  if (size === 2) fp.f32ToFixed(r, cpu.f, d * 2, a * 2, rm, fraction, bits, signed);
  else if (size === 3) fp.f64ToFixed(r, cpu.d, d * 2, a, rm, fraction, bits, signed);
  else fp.f16ToFixed(r, cpu.h, d * 2, a * 4, rm, fraction, bits, signed);
  if (bits === 32) r[d * 2 + 1] = 0;
});

/** d = the integer or fixed point a, already extended to 64 bits; the rest of the register is zero. imm as above. */
export const HELPER_FCVT_FROM_INT = defineA64Helper(
  'a64.fcvtFromInt',
  (cpu, d, a, _b, _c, imm) => {
    const { r } = cpu;
    const signed = (imm & 32) !== 0;
    const fraction = imm >> 7;
    const size = imm & 3;
    const rm = fp.RM_DYNAMIC;
    if (size === 2) fp.fixedToF32(r, cpu.f, d * 2, a * 2, rm, fraction, signed);
    else if (size === 3) fp.fixedToF64(r, cpu.d, d, a * 2, rm, fraction, signed);
    else fp.fixedToF16(r, cpu.h, d * 4, a * 2, rm, fraction, signed);
    cpu.b8.fill(0, d * 8 + (1 << size), d * 8 + 16);
  },
  true,
);

/** FJCVTZS: d = low 32 bits of a toward zero. */
export const HELPER_FJCVTZS = defineA64Helper('a64.fjcvtzs', (cpu, d, a) => {
  cpu.r[d * 2] = fp.f64ToI32Modular(cpu.r, cpu.d, a);
  cpu.r[d * 2 + 1] = 0;
});
/** d = the Z flag of FJCVTZS of a, in NZCV's place. */
export const HELPER_FJCVTZS_FLAGS = defineA64Helper('a64.fjcvtzsFlags', (cpu, d, a) => {
  const x = fp.flushedF64(cpu.r, cpu.d[a] as number);
  cpu.r[d * 2] = (x | 0) === x && !Object.is(x, -0) ? FLAG_Z : 0;
});

/** Lane functions by name: 16-byte operands, imm = laneImm(size, lanes, extra). */
export const FLOAT_LANES = {
  fadd: defineA64Helper('a64.fadd', lanes.fadd, true),
  fsub: defineA64Helper('a64.fsub', lanes.fsub, true),
  fmul: defineA64Helper('a64.fmul', lanes.fmul, true),
  fdiv: defineA64Helper('a64.fdiv', lanes.fdiv, true),
  fsqrt: defineA64Helper('a64.fsqrt', lanes.fsqrt, true),
  fmulx: defineA64Helper('a64.fmulx', lanes.fmulx, true),
  fma: defineA64Helper('a64.fma', lanes.fma, true),
  fminmax: defineA64Helper('a64.fminmax', lanes.fminmax, true),
  fminmaxnm: defineA64Helper('a64.fminmaxnm', lanes.fminmaxnm, true),
  fsign: defineA64Helper('a64.fsign', lanes.fsign, true),
  fabd: defineA64Helper('a64.fabd', lanes.fabd, true),
  fcmeq: defineA64Helper('a64.fcmeq', lanes.fcmeq, true),
  fcmge: defineA64Helper('a64.fcmge', lanes.fcmge, true),
  fcmgt: defineA64Helper('a64.fcmgt', lanes.fcmgt, true),
  frint: defineA64Helper('a64.frint', lanes.frint, true),
  frintN: defineA64Helper('a64.frintN', lanes.frintN, true),
  fcvtToInt: defineA64Helper('a64.fcvtToIntLanes', lanes.fcvtToInt, true),
  fcvtFromInt: defineA64Helper('a64.fcvtFromIntLanes', lanes.fcvtFromInt, true),
  frecpe: defineA64Helper('a64.frecpe', lanes.frecpe, true),
  frsqrte: defineA64Helper('a64.frsqrte', lanes.frsqrte, true),
  frecps: defineA64Helper('a64.frecps', lanes.frecps, true),
  frsqrts: defineA64Helper('a64.frsqrts', lanes.frsqrts, true),
  frecpx: defineA64Helper('a64.frecpx', lanes.frecpx, true),
} as const;

export const HELPER_FCVT = defineA64Helper('a64.fcvt', lanes.fcvt, true);
export const HELPER_FCVTL = defineA64Helper('a64.fcvtl', lanes.fcvtl, true);
export const HELPER_FCVTN = defineA64Helper('a64.fcvtn', lanes.fcvtn, true);
