/** RISC-V instructions too rare for IR ops of their own; see src/translate/helpers.ts for what a helper may touch. */
import { ticks } from '../../../util/ticks.js';
import type { Cpu } from '../../../cpu/cpu.js';
import {
  RM_DYNAMIC,
  f64ToI32Modular,
  leQuietF32,
  leQuietF64,
  ltQuietF32,
  ltQuietF64,
  maxF32,
  maxF64,
  minF32,
  minF64,
  roundIntF32,
  roundIntF64,
} from '../../../cpu/fp/index.js';
import { FP_FLAGS, FP_RM } from '../../../cpu/layout.js';
import { defineRiscvHelper } from '../../helpers.js';

// ---- classification (Unprivileged ISA 20191213, table 11.5) -------------------------------------------------------------

const CLASS_NEGATIVE_INFINITY = 1;
const CLASS_NEGATIVE_NORMAL = 2;
const CLASS_NEGATIVE_SUBNORMAL = 4;
const CLASS_NEGATIVE_ZERO = 8;
const CLASS_POSITIVE_ZERO = 16;
const CLASS_POSITIVE_SUBNORMAL = 32;
const CLASS_POSITIVE_NORMAL = 64;
const CLASS_POSITIVE_INFINITY = 128;
const CLASS_SIGNALING_NAN = 256;
const CLASS_QUIET_NAN = 512;

/** `exponent` is 0, all ones (`special`) or anything else; `quiet` is the top bit of the fraction. */
function classify(
  negative: boolean,
  exponent: number,
  special: number,
  fraction: boolean,
  quiet: boolean,
): number {
  if (exponent === special) {
    if (fraction) return quiet ? CLASS_QUIET_NAN : CLASS_SIGNALING_NAN;
    return negative ? CLASS_NEGATIVE_INFINITY : CLASS_POSITIVE_INFINITY;
  }
  if (exponent !== 0) return negative ? CLASS_NEGATIVE_NORMAL : CLASS_POSITIVE_NORMAL;
  if (fraction) return negative ? CLASS_NEGATIVE_SUBNORMAL : CLASS_POSITIVE_SUBNORMAL;
  return negative ? CLASS_NEGATIVE_ZERO : CLASS_POSITIVE_ZERO;
}

function put(cpu: Cpu, d: number, lo: number, hi: number): void {
  cpu.r[2 * d] = lo;
  cpu.r[2 * d + 1] = hi;
}

export const HELPER_FCLASS_S = defineRiscvHelper('fclass.s', (cpu, d, a) => {
  const bits = cpu.r[2 * a] as number;
  put(
    cpu,
    d,
    classify(bits < 0, (bits >>> 23) & 0xff, 0xff, (bits & 0x7fffff) !== 0, (bits & 0x400000) !== 0),
    0,
  );
});

export const HELPER_FCLASS_D = defineRiscvHelper('fclass.d', (cpu, d, a) => {
  const lo = cpu.r[2 * a] as number;
  const hi = cpu.r[2 * a + 1] as number;
  const fraction = (lo | (hi & 0xfffff)) !== 0;
  put(cpu, d, classify(hi < 0, (hi >>> 20) & 0x7ff, 0x7ff, fraction, (hi & 0x80000) !== 0), 0);
});

// ---- Zfa ----------------------------------------------------------------------------------------------------------------

/** Round-to-integer and its kin run rarely: imm is the rounding mode, plus RAISE_INEXACT for froundnx. */
export const RAISE_INEXACT = 8;

function checkMode(cpu: Cpu, imm: number, pc: number): void {
  if ((imm & 7) === RM_DYNAMIC && (cpu.r[FP_RM] as number) > 4) cpu.illegal(pc);
}

export const HELPER_FROUND_S = defineRiscvHelper('fround.s', (cpu, d, a, _b, _c, imm, pc) => {
  checkMode(cpu, imm, pc);
  roundIntF32(cpu.r, cpu.f, 2 * d, 2 * a, imm & 7, (imm & RAISE_INEXACT) !== 0);
  cpu.r[2 * d + 1] = -1;
});
export const HELPER_FROUND_D = defineRiscvHelper('fround.d', (cpu, d, a, _b, _c, imm, pc) => {
  checkMode(cpu, imm, pc);
  roundIntF64(cpu.r, cpu.d, d, a, imm & 7, (imm & RAISE_INEXACT) !== 0);
});
export const HELPER_FCVTMOD = defineRiscvHelper('fcvtmod.w.d', (cpu, d, a) => {
  const value = f64ToI32Modular(cpu.r, cpu.d, a);
  put(cpu, d, value, value >> 31);
});
export const HELPER_FMINM_S = defineRiscvHelper('fminm.s', (cpu, d, a, b) => {
  minF32(cpu.r, cpu.f, 2 * d, 2 * a, 2 * b);
  cpu.r[2 * d + 1] = -1;
});
export const HELPER_FMAXM_S = defineRiscvHelper('fmaxm.s', (cpu, d, a, b) => {
  maxF32(cpu.r, cpu.f, 2 * d, 2 * a, 2 * b);
  cpu.r[2 * d + 1] = -1;
});
export const HELPER_FMINM_D = defineRiscvHelper('fminm.d', (cpu, d, a, b) => {
  minF64(cpu.r, cpu.d, d, a, b);
});
export const HELPER_FMAXM_D = defineRiscvHelper('fmaxm.d', (cpu, d, a, b) => {
  maxF64(cpu.r, cpu.d, d, a, b);
});
export const HELPER_FLEQ_S = defineRiscvHelper('fleq.s', (cpu, d, a, b) => {
  put(cpu, d, leQuietF32(cpu.r, cpu.f, 2 * a, 2 * b), 0);
});
export const HELPER_FLTQ_S = defineRiscvHelper('fltq.s', (cpu, d, a, b) => {
  put(cpu, d, ltQuietF32(cpu.r, cpu.f, 2 * a, 2 * b), 0);
});
export const HELPER_FLEQ_D = defineRiscvHelper('fleq.d', (cpu, d, a, b) => {
  put(cpu, d, leQuietF64(cpu.r, cpu.d, a, b), 0);
});
export const HELPER_FLTQ_D = defineRiscvHelper('fltq.d', (cpu, d, a, b) => {
  put(cpu, d, ltQuietF64(cpu.r, cpu.d, a, b), 0);
});

// ---- floating-point CSRs (11.2) -----------------------------------------------------------------------------------------

/** How an instruction combines its operand with the old value of a CSR (`imm` bits 8 and 9 of the helper). */
export const CSR_WRITE = 0;
export const CSR_SET = 1;
export const CSR_CLEAR = 2;

/** Field of fcsr that each CSR number shows: shift and mask. */
const FCSR_SHIFT = [0, 0, 5, 0];
const FCSR_MASK = [0, 0x1f, 7, 0xff];

/** d = old value of fflags (1), frm (2) or fcsr (3); then the CSR takes a, combined as imm says. */
export const HELPER_FCSR = defineRiscvHelper('fcsr', (cpu, d, a, _b, _c, imm) => {
  const csr = imm & 3;
  const r = cpu.r;
  const operand = r[2 * a] as number;
  const whole = ((r[FP_FLAGS] as number) & 0x1f) | (((r[FP_RM] as number) & 7) << 5);
  const shift = FCSR_SHIFT[csr] as number;
  const mask = FCSR_MASK[csr] as number;
  const old = (whole >>> shift) & mask;
  put(cpu, d, old, 0);
  const how = imm >>> 8;
  const value = (how === CSR_WRITE ? operand : how === CSR_SET ? old | operand : old & ~operand) & mask;
  const next = (whole & ~(mask << shift)) | (value << shift);
  r[FP_FLAGS] = next & 0x1f;
  r[FP_RM] = next >>> 5;
});

/** d = old value, nothing is written. */
export const HELPER_FCSR_READ = defineRiscvHelper('fcsr.read', (cpu, d, _a, _b, _c, imm) => {
  const r = cpu.r;
  const whole = ((r[FP_FLAGS] as number) & 0x1f) | (((r[FP_RM] as number) & 7) << 5);
  put(cpu, d, (whole >>> (FCSR_SHIFT[imm] as number)) & (FCSR_MASK[imm] as number), 0);
});

// ---- counters (10.1) ----------------------------------------------------------------------------------------------------

/** Ticks of `time` in a second: the timebase-frequency Linux reports in our device tree's place. */
export const TIMEBASE_HZ = 10_000_000;

/**
 * Counters by the low bits of their CSR number: 0 cycle (in ns), 1 time, 2 instret. Compiled code does not count
 * instructions; instret advances with time instead, as it must move and never go back.
 */
function counter(which: number): number {
  return Math.floor(ticks() * (which === 1 ? TIMEBASE_HZ / 1000 : 1_000_000));
}

/** d = counter imm (0 cycle, 1 time, 2 instret), bit 2 of imm: its high half (RV32). */
export const HELPER_COUNTER = defineRiscvHelper('counter', (cpu, d, _a, _b, _c, imm) => {
  const value = counter(imm & 3);
  const high = Math.floor(value / 4294967296);
  if ((imm & 4) !== 0) put(cpu, d, high, 0);
  else put(cpu, d, value | 0, high);
});
