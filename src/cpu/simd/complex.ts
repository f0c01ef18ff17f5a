/** Floating-point operations whose lanes depend on their place: complex arithmetic, widening multiply-add. */
import * as fp from '../fp/index.js';
import { FP_FLUSH16, FP_MODE, SLOT_SIMD } from '../layout.js';
import { laneCount, laneExtra, laneSize, zeroTail } from './lanes.js';
import type { LaneFunction, Lanes } from './lanes.js';

const DYN = fp.RM_DYNAMIC;

function fma(t: Lanes, size: number, d: number, a: number, b: number, minus: boolean): void {
  const rm = DYN | (minus ? fp.FMA_NEGATE_PRODUCT : 0);
  if (size === 1) fp.fmaF16(t.r, t.h, d, a, b, d, rm);
  else if (size === 2) fp.fmaF32(t.r, t.f, d, a, b, d, rm);
  else fp.fmaF64(t.r, t.d, d, a, b, d, rm);
}

function add(t: Lanes, size: number, d: number, a: number, b: number): void {
  if (size === 1) fp.addF16(t.r, t.h, d, a, b, DYN);
  else if (size === 2) fp.addF32(t.r, t.f, d, a, b, DYN);
  else fp.addF64(t.r, t.d, d, a, b, DYN);
}

/** Copies of a and b, and d as accumulator, in the scratch area: FCMLA, FCADD read lanes they have written. */
function scratch(t: Lanes, d: number, a: number, b: number): void {
  t.d.copyWithin(SLOT_SIMD, a, a + 2);
  t.d.copyWithin(SLOT_SIMD + 2, b, b + 2);
  t.d.copyWithin(SLOT_SIMD + 4, d, d + 2);
}

/** Flips the sign of lane k. */
function negate(t: Lanes, size: number, k: number): void {
  if (size === 1) t.h[k] = (t.h[k] as number) ^ 0x8000;
  else if (size === 2) t.r[k] = (t.r[k] as number) ^ 0x80000000;
  else t.r[k * 2 + 1] = (t.r[k * 2 + 1] as number) ^ 0x80000000;
}

/** FCMLA: d += a * b as pairs, turned by extra * 90 degrees. It is lanes of b that are negated, NaNs too. */
export const fcmla: LaneFunction = (t, d, a, b, _c, imm) => {
  const size = laneSize(imm);
  const n = laneCount(imm);
  const rot = laneExtra(imm);
  const scale = 8 >> size;
  scratch(t, d, a, b);
  const x = SLOT_SIMD * scale;
  const y = (SLOT_SIMD + 2) * scale;
  const z = (SLOT_SIMD + 4) * scale;
  const odd = rot & 1;
  for (let k = 0; k < n; k += 2) {
    if (rot === 1 || rot === 2) negate(t, size, y + k + odd);
    if (rot >= 2) negate(t, size, y + k + (odd ^ 1));
    fma(t, size, z + k, x + k + odd, y + k + odd, false);
    fma(t, size, z + k + 1, x + k + odd, y + k + (odd ^ 1), false);
  }
  t.d.copyWithin(d, SLOT_SIMD + 4, SLOT_SIMD + 6);
  zeroTail(t, d, n << size);
};

/** FCADD: a + b turned by 90 (extra 0) or 270 degrees. */
export const fcadd: LaneFunction = (t, d, a, b, _c, imm) => {
  const size = laneSize(imm);
  const n = laneCount(imm);
  const turned = laneExtra(imm) === 1;
  const scale = 8 >> size;
  scratch(t, d, a, b);
  const x = SLOT_SIMD * scale;
  const y = (SLOT_SIMD + 2) * scale;
  const z = d * scale;
  for (let k = 0; k < n; k += 2) {
    negate(t, size, turned ? y + k : y + k + 1);
    add(t, size, z + k, x + k, y + k + 1);
    add(t, size, z + k + 1, x + k + 1, y + k);
  }
  zeroTail(t, d, n << size);
};

/** The bits of a half as those of a single; signalling NaNs stay so. */
function widen(t: Lanes, bits: number): number {
  const sign = (bits & 0x8000) << 16;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0 || ((t.r[FP_MODE] as number) & FP_FLUSH16) !== 0) return sign;
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

/** FMLAL, FMLSL: singles of d += halves of a * b. lanes: of d; extra: 1 the upper halves, 2 subtract. */
export const fmlal: LaneFunction = (t, d, a, b, _c, imm) => {
  const n = laneCount(imm);
  const extra = laneExtra(imm);
  const from = (extra & 1) !== 0 ? n : 0;
  const x = SLOT_SIMD * 2;
  const y = x + 4;
  for (let k = 0; k < n; k++) {
    t.r[x + k] = widen(t, t.h[a * 4 + from + k] as number);
    t.r[y + k] = widen(t, t.h[b * 4 + from + k] as number);
  }
  for (let k = 0; k < n; k++) fma(t, 2, d * 2 + k, x + k, y + k, (extra & 2) !== 0);
  zeroTail(t, d, n * 4);
};
