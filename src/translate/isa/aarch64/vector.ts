/**
 * How Advanced SIMD translators emit: vector ops on 16-byte slots. Sources may be the destination, so everything but the
 * last op of an instruction goes to temporaries.
 */
import { lanePattern, patternIndex } from '../../../cpu/simd/patterns.js';
import { laneImm } from '../../../cpu/simd/lanes.js';
import { constant, ZERO } from '../../ir/inst.js';
import type { Operand } from '../../ir/inst.js';
import { OPS } from '../../ir/ops.js';
import type { OpRow } from '../../ir/ops.js';
import { words } from './context.js';
import type { A64Context } from './context.js';

/** Ops by log2 of the lane's bytes. */
export type Lanes4 = readonly OpRow[];

export const VADD: Lanes4 = [OPS.vadd8, OPS.vadd16, OPS.vadd32, OPS.vadd64];
export const VSUB: Lanes4 = [OPS.vsub8, OPS.vsub16, OPS.vsub32, OPS.vsub64];
export const VNEG: Lanes4 = [OPS.vneg8, OPS.vneg16, OPS.vneg32, OPS.vneg64];
export const VABS: Lanes4 = [OPS.vabs8, OPS.vabs16, OPS.vabs32, OPS.vabs64];
export const VEQ: Lanes4 = [OPS.veq8, OPS.veq16, OPS.veq32, OPS.veq64];
const VGTS: Lanes4 = [OPS.vgts8, OPS.vgts16, OPS.vgts32, OPS.vgts64];
const VGES: Lanes4 = [OPS.vges8, OPS.vges16, OPS.vges32, OPS.vges64];
const VGTU: Lanes4 = [OPS.vgtu8, OPS.vgtu16, OPS.vgtu32];
const VGEU: Lanes4 = [OPS.vgeu8, OPS.vgeu16, OPS.vgeu32];
export const VMIN: readonly Lanes4[] = [
  [OPS.vmins8, OPS.vmins16, OPS.vmins32],
  [OPS.vminu8, OPS.vminu16, OPS.vminu32],
];
export const VMAX: readonly Lanes4[] = [
  [OPS.vmaxs8, OPS.vmaxs16, OPS.vmaxs32],
  [OPS.vmaxu8, OPS.vmaxu16, OPS.vmaxu32],
];
const VSHL: Lanes4 = [OPS.vshl8, OPS.vshl16, OPS.vshl32, OPS.vshl64];
const VSHRS: Lanes4 = [OPS.vshrs8, OPS.vshrs16, OPS.vshrs32, OPS.vshrs64];
const VSHRU: Lanes4 = [OPS.vshru8, OPS.vshru16, OPS.vshru32, OPS.vshru64];
export const VSPLAT: Lanes4 = [OPS.vsplat8, OPS.vsplat16, OPS.vsplat32, OPS.vsplat64];
export const VINSERT: Lanes4 = [OPS.vinsert8, OPS.vinsert16, OPS.vinsert32, OPS.vinsert64];
export const VEXTRACT_U: Lanes4 = [OPS.vextract8u, OPS.vextract16u, OPS.vextract32, OPS.vextract64];
export const VEXTRACT_S: Lanes4 = [OPS.vextract8s, OPS.vextract16s, OPS.vextract32];

/** Widening ops by u, then half (0 low, 1 high), then size. */
const EXTEND: readonly (readonly Lanes4[])[] = [
  [
    [OPS.vextendLow8s, OPS.vextendLow16s, OPS.vextendLow32s],
    [OPS.vextendHigh8s, OPS.vextendHigh16s, OPS.vextendHigh32s],
  ],
  [
    [OPS.vextendLow8u, OPS.vextendLow16u, OPS.vextendLow32u],
    [OPS.vextendHigh8u, OPS.vextendHigh16u, OPS.vextendHigh32u],
  ],
];
const EXTMUL: readonly (readonly Lanes4[])[] = [
  [
    [OPS.vextmulLow8s, OPS.vextmulLow16s, OPS.vextmulLow32s],
    [OPS.vextmulHigh8s, OPS.vextmulHigh16s, OPS.vextmulHigh32s],
  ],
  [
    [OPS.vextmulLow8u, OPS.vextmulLow16u, OPS.vextmulLow32u],
    [OPS.vextmulHigh8u, OPS.vextmulHigh16u, OPS.vextmulHigh32u],
  ],
];

// ---- emitting --------------------------------------------------------------------------------------------------------------

/** d = row(a, b, x). */
export function vop(
  c: A64Context,
  row: OpRow,
  d: number,
  a: Operand,
  b: Operand = ZERO,
  x: Operand = ZERO,
  imm = 0,
): void {
  c.b.vector(row, d, a, b, x, imm);
}

/** The same to a fresh temporary. */
export function vt(
  c: A64Context,
  row: OpRow,
  a: Operand,
  b: Operand = ZERO,
  x: Operand = ZERO,
  imm = 0,
): number {
  const t = c.b.temp128();
  c.b.vector(row, t, a, b, x, imm);
  return t;
}

/** Clears the high half of d unless q is 1. */
export function finish(c: A64Context, d: number, q: number): void {
  if (q === 0) c.b.op(OPS.mov64, d + 1, ZERO);
}

/** A lane helper over the lanes of q. */
export function lanesHelper(
  c: A64Context,
  helper: number,
  d: number,
  a: number,
  b: number,
  x: number,
  size: number,
  q: number,
  extra = 0,
): void {
  c.b.helper(helper, d, a, b, x, laneImm(size, (q === 1 ? 16 : 8) >> size, extra));
}

/** A lane helper over all 16 bytes, to a temporary. */
export function helperTemp(c: A64Context, helper: number, a: number, b: number, imm: number): number {
  const t = c.b.temp128();
  c.b.helper(helper, t, a, b, 0, imm);
  return t;
}

// ---- constants -------------------------------------------------------------------------------------------------------------

export function constantVector(c: A64Context, lo: Operand, hi: Operand): number {
  return vt(c, OPS.vpair, lo, hi);
}
export function zeroVector(c: A64Context): number {
  return constantVector(c, ZERO, ZERO);
}
/** `value` (below 2^32) in every lane. */
export function splatConstant(c: A64Context, size: number, value: number): number {
  let half: Operand;
  if (size === 3) half = words(value, 0);
  else {
    const word =
      size === 0
        ? Math.imul(value & 255, 0x01010101)
        : size === 1
          ? Math.imul(value & 65535, 0x10001)
          : value;
    half = words(word, word);
  }
  return constantVector(c, half, half);
}

// ---- permutations ------------------------------------------------------------------------------------------------------------

const halfLanes = (size: number): number => 8 >> size;
const table = (pick: (size: number) => (k: number) => number): readonly number[] =>
  [0, 1, 2, 3].map((size) => lanePattern(size, pick(size)));

/** Patterns over both operands, by size. */
export const ZIP1 = table((size) => (k) => (k >> 1) + ((k & 1) << (4 - size)));
export const ZIP2 = table((size) => (k) => halfLanes(size) + (k >> 1) + ((k & 1) << (4 - size)));
export const UZP1 = table(() => (k) => 2 * k);
export const UZP2 = table(() => (k) => 2 * k + 1);
export const TRN1 = table((size) => (k) => (k & ~1) + ((k & 1) << (4 - size)));
export const TRN2 = table((size) => (k) => (k | 1) + ((k & 1) << (4 - size)));
/** The same for 8-byte vectors in the low halves, for the four of them that differ; high half unspecified. */
const NARROW = (size: number, pick: (k: number, n: number) => number): number => {
  const n = halfLanes(size);
  return lanePattern(size, (k) => {
    const lane = pick(k % n, n);
    return lane < n ? lane : lane - n + 2 * n;
  });
};
export const UZP1_64 = [0, 1, 2].map((size) => NARROW(size, (k) => 2 * k));
export const UZP2_64 = [0, 1, 2].map((size) => NARROW(size, (k) => 2 * k + 1));
export const ZIP2_64 = [0, 1, 2].map((size) => NARROW(size, (k, n) => (n >> 1) + (k >> 1) + (k & 1) * n));

export function shuffle(c: A64Context, pattern: number, a: number, b: number): number {
  return vt(c, OPS.vshuffle, a, b, ZERO, pattern);
}

/** EXT: bytes from `at` on of a:b, of their low halves when q is 0. */
export function extPattern(at: number, q: number): number {
  const bytes = Array.from({ length: 16 }, (_, k) => {
    const byte = at + k;
    if (q === 1) return byte;
    return byte < 8 ? byte : byte < 16 ? byte + 8 : 0;
  });
  return patternIndex(bytes);
}

/** Lanes of `lane` bytes (log2) reversed within each group of `group` bytes (log2). */
export function reversePattern(lane: number, group: number): number {
  const mask = (1 << (group - lane)) - 1;
  return lanePattern(lane, (k) => k ^ mask);
}

// ---- small compositions ------------------------------------------------------------------------------------------------------

/** Even and odd lanes of a:b, for pairwise operations. */
export function pairs(
  c: A64Context,
  size: number,
  q: number,
  a: number,
  b: number,
): readonly [number, number] {
  const even = q === 1 ? UZP1[size] : UZP1_64[size];
  const odd = q === 1 ? UZP2[size] : UZP2_64[size];
  return [shuffle(c, even as number, a, b), shuffle(c, odd as number, a, b)];
}

export function extend(c: A64Context, u: number, high: number, size: number, a: number): number {
  return vt(c, ((EXTEND[u] as readonly Lanes4[])[high] as Lanes4)[size] as OpRow, a);
}
export function extendRow(u: number, high: number, size: number): OpRow {
  return ((EXTEND[u] as readonly Lanes4[])[high] as Lanes4)[size] as OpRow;
}
export function extmulRow(u: number, high: number, size: number): OpRow {
  return ((EXTMUL[u] as readonly Lanes4[])[high] as Lanes4)[size] as OpRow;
}

/** d = a * b modulo the lane (size below 3). */
export function multiply(c: A64Context, size: number, d: number, a: number, b: number): void {
  if (size > 0) {
    vop(c, size === 1 ? OPS.vmul16 : OPS.vmul32, d, a, b);
    return;
  }
  const low = vt(c, OPS.vextmulLow8u, a, b);
  const high = vt(c, OPS.vextmulHigh8u, a, b);
  vop(c, OPS.vshuffle, d, low, high, ZERO, UZP1[0]);
}

/** d = ones where a > b or (`equal`) a >= b. */
export function compare(
  c: A64Context,
  unsigned: boolean,
  equal: boolean,
  size: number,
  d: number,
  a: number,
  b: number,
): void {
  if (unsigned && size === 3) {
    // There is no unsigned 64-bit compare: flip the sign bits.
    const flip = constantVector(c, words(0, 0x80000000), words(0, 0x80000000));
    const rows = equal ? VGES : VGTS;
    vop(c, rows[3] as OpRow, d, vt(c, OPS.vxor, a, flip), vt(c, OPS.vxor, b, flip));
    return;
  }
  const rows = unsigned ? (equal ? VGEU : VGTU) : equal ? VGES : VGTS;
  vop(c, rows[size] as OpRow, d, a, b);
}

/** d = |a - b|. */
export function difference(c: A64Context, u: number, size: number, d: number, a: number, b: number): void {
  const max = vt(c, (VMAX[u] as Lanes4)[size] as OpRow, a, b);
  const min = vt(c, (VMIN[u] as Lanes4)[size] as OpRow, a, b);
  vop(c, VSUB[size] as OpRow, d, max, min);
}

/** d = a >> n (1..lane bits), signed or unsigned. */
export function shiftRight(c: A64Context, u: number, size: number, d: number, a: number, n: number): void {
  const bits = 8 << size;
  if (n < bits) vop(c, (u === 1 ? VSHRU : VSHRS)[size] as OpRow, d, a, constant(n));
  else if (u === 1) vop(c, OPS.vpair, d, ZERO, ZERO);
  else vop(c, VSHRS[size] as OpRow, d, a, constant(bits - 1));
}
export function shiftLeft(c: A64Context, size: number, d: number, a: number, n: number): void {
  vop(c, VSHL[size] as OpRow, d, a, constant(n));
}
/** d = a >> n rounded: the bit shifted out last is added. */
export function shiftRightRounded(
  c: A64Context,
  u: number,
  size: number,
  d: number,
  a: number,
  n: number,
): void {
  const whole = c.b.temp128();
  shiftRight(c, u, size, whole, a, n);
  const part = n === 1 ? a : c.b.temp128();
  if (n !== 1) shiftRight(c, 1, size, part, a, n - 1);
  const bit = vt(c, OPS.vand, part, splatConstant(c, size, 1));
  vop(c, VADD[size] as OpRow, d, whole, bit);
}

/** Low parts of the lanes of a (2 << size bytes) into the low half of d, or (q) its high half. The rest: 0, or kept. */
export function narrow(c: A64Context, size: number, q: number, d: number, a: number): void {
  if (q === 1) {
    const low = shuffle(c, UZP1[size] as number, a, a);
    vop(c, OPS.vshuffle, d, d, low, ZERO, ZIP1[3]);
  } else {
    vop(c, OPS.vshuffle, d, a, zeroVector(c), ZERO, UZP1[size]);
  }
}
