/**
 * Integer operations on lanes that no host vector instruction has, `laneImm(size, lanes, extra)`; the rest of the
 * register is zeroed, so that one lane is ARM's scalar form. Saturation sets FP_QC (FPSR.QC).
 */
import { clmul8 } from '../crypto/clmul.js';
import { ursqrte as rsqrtWord, urecpe as recipWord } from '../fp/index.js';
import { rbit32 } from '../int64.js';
import { FP_QC, SLOT_SIMD } from '../layout.js';
import { laneCount, laneExtra, laneSize, zeroTail } from './lanes.js';
import type { LaneFunction, Lanes } from './lanes.js';

/** Bits of `extra`. */
export const UNSIGNED = 1;
export const ROUND = 2;
export const SATURATE = 4;
/** The result is unsigned though the operand is signed. */
export const TO_UNSIGNED = 8;

// ---- reading and writing lanes ---------------------------------------------------------------------------------------------

/** Lane k (counted from the block's start) of 1 << size bytes, below 64 bits. */
function get(t: Lanes, size: number, k: number, unsigned: boolean): number {
  let v: number;
  switch (size) {
    case 0:
      v = t.b8[k] as number;
      return unsigned ? v : (v << 24) >> 24;
    case 1:
      v = t.h[k] as number;
      return unsigned ? v : (v << 16) >> 16;
    default:
      v = t.r[k] as number;
      return unsigned ? v >>> 0 : v;
  }
}

function set(t: Lanes, size: number, k: number, v: number): void {
  if (size === 0) t.b8[k] = v;
  else if (size === 1) t.h[k] = v;
  else t.r[k] = v;
}

/** 64-bit lanes are rare here, so they may take BigInt. */
function getWide(t: Lanes, k: number, unsigned: boolean): bigint {
  const hi = t.r[k * 2 + 1] as number;
  return (BigInt(unsigned ? hi >>> 0 : hi) << 32n) | BigInt((t.r[k * 2] as number) >>> 0);
}

function setWide(t: Lanes, k: number, v: bigint): void {
  t.r[k * 2] = Number(v & 0xffffffffn);
  t.r[k * 2 + 1] = Number((v >> 32n) & 0xffffffffn);
}

function saturated(t: Lanes): void {
  t.r[FP_QC] = 1;
}

/** v within the range of `bits` bits. */
function saturate(t: Lanes, v: number, bits: number, unsigned: boolean): number {
  const max = unsigned ? 2 ** bits - 1 : 2 ** (bits - 1) - 1;
  const min = unsigned ? 0 : -(2 ** (bits - 1));
  if (v > max) {
    saturated(t);
    return max;
  }
  if (v < min) {
    saturated(t);
    return min;
  }
  return v;
}

function saturateWide(t: Lanes, v: bigint, unsigned: boolean): bigint {
  const max = unsigned ? (1n << 64n) - 1n : (1n << 63n) - 1n;
  const min = unsigned ? 0n : -(1n << 63n);
  if (v >= min && v <= max) return v;
  saturated(t);
  return v > max ? max : min;
}

type Narrow = (t: Lanes, x: number, y: number, bits: number, extra: number) => number;
type Wide = (t: Lanes, x: bigint, y: bigint, extra: number) => bigint;

/** d = op(a, b) by lanes; operands are read signed or unsigned by `extra`, the result is stored modulo its width. */
function lanes2(narrow: Narrow, wide?: Wide): LaneFunction {
  return (t, d, a, b, _c, imm) => {
    const size = laneSize(imm);
    const n = laneCount(imm);
    const extra = laneExtra(imm);
    const unsigned = (extra & UNSIGNED) !== 0;
    const scale = 8 >> size;
    if (size < 3) {
      for (let k = 0; k < n; k++) {
        const x = get(t, size, a * scale + k, unsigned);
        const y = get(t, size, b * scale + k, unsigned);
        set(t, size, d * scale + k, narrow(t, x, y, 8 << size, extra));
      }
    } else if (wide !== undefined) {
      for (let k = 0; k < n; k++) {
        const x = getWide(t, a + k, unsigned);
        setWide(t, d + k, wide(t, x, getWide(t, b + k, unsigned), extra));
      }
    }
    zeroTail(t, d, n << size);
  };
}

// ---- saturating addition ---------------------------------------------------------------------------------------------------

export const qadd = lanes2(
  (t, x, y, bits, e) => saturate(t, x + y, bits, (e & UNSIGNED) !== 0),
  (t, x, y, e) => saturateWide(t, x + y, (e & UNSIGNED) !== 0),
);
export const qsub = lanes2(
  (t, x, y, bits, e) => saturate(t, x - y, bits, (e & UNSIGNED) !== 0),
  (t, x, y, e) => saturateWide(t, x - y, (e & UNSIGNED) !== 0),
);
/** SUQADD: signed a plus unsigned b, signed; USQADD (UNSIGNED): unsigned a plus signed b, unsigned. */
export const mixedAdd = lanes2(
  (t, x, y, bits, e) => {
    const other =
      (e & UNSIGNED) !== 0 ? y - (y >= 2 ** (bits - 1) ? 2 ** bits : 0) : y < 0 ? y + 2 ** bits : y;
    return saturate(t, x + other, bits, (e & UNSIGNED) !== 0);
  },
  (t, x, y, e) => {
    const other = (e & UNSIGNED) !== 0 ? BigInt.asIntN(64, y) : BigInt.asUintN(64, y);
    return saturateWide(t, x + other, (e & UNSIGNED) !== 0);
  },
);
export const qabs = lanes2(
  (t, x, _y, bits) => saturate(t, Math.abs(x), bits, false),
  (t, x) => saturateWide(t, x < 0n ? -x : x, false),
);
export const qneg = lanes2(
  (t, x, _y, bits) => saturate(t, -x, bits, false),
  (t, x) => saturateWide(t, -x, false),
);

// ---- shifts by a signed byte of each lane (SSHL and its kin) ----------------------------------------------------------------

/** x shifted by n, left when positive; `extra` may ask for rounding and saturation. */
function shift(t: Lanes, x: number, n: number, bits: number, extra: number): number {
  if (n >= 0) return shiftLeft(t, x, n, bits, extra);
  const right = -n;
  const round = (extra & ROUND) !== 0;
  // Exact doubles: |x| < 2^32 and far shifts give the sign, or the rounding of a value below a half.
  if (right > bits) return round || x >= 0 ? 0 : -1;
  return Math.floor((x + (round ? 2 ** (right - 1) : 0)) / 2 ** right);
}

function shiftLeft(t: Lanes, x: number, n: number, bits: number, extra: number): number {
  if ((extra & SATURATE) === 0) return n >= bits ? 0 : (x << n) | 0;
  const unsigned = (extra & (UNSIGNED | TO_UNSIGNED)) !== 0;
  if (x === 0) return 0;
  return saturate(t, n > bits ? x * 2 ** bits : x * 2 ** n, bits, unsigned);
}

function shiftWide(t: Lanes, x: bigint, n: number, extra: number): bigint {
  if (n < 0) {
    const right = BigInt(-n);
    return (x + ((extra & ROUND) !== 0 ? 1n << (right - 1n) : 0n)) >> right;
  }
  if ((extra & SATURATE) === 0) return n >= 64 ? 0n : x << BigInt(n);
  return saturateWide(t, x << BigInt(n), (extra & (UNSIGNED | TO_UNSIGNED)) !== 0);
}

export const shl = lanes2(
  (t, x, y, bits, e) => shift(t, x, (y << 24) >> 24, bits, e),
  (t, x, y, e) => shiftWide(t, x, Number(BigInt.asIntN(8, y)), e),
);

// ---- multiplication ------------------------------------------------------------------------------------------------------

/** SQDMULH, SQRDMULH (ROUND). */
export const qdmulh = lanes2((t, x, y, bits, e) => {
  const round = (e & ROUND) !== 0;
  if (bits === 16) return saturate(t, Math.floor((2 * x * y + (round ? 0x8000 : 0)) / 65536), 16, false);
  return Number(saturateHigh(t, 2n * BigInt(x) * BigInt(y), round));
});

function saturateHigh(t: Lanes, doubled: bigint, round: boolean): bigint {
  const v = (doubled + (round ? 0x80000000n : 0n)) >> 32n;
  if (v <= 0x7fffffffn && v >= -0x80000000n) return v;
  saturated(t);
  return v > 0n ? 0x7fffffffn : -0x80000000n;
}

/** SQRDMLAH, SQRDMLSH: c + the high half of ± 2ab, rounded once and saturated. extra: 1 subtracts. */
export const qrdmlah: LaneFunction = (t, d, a, b, c, imm) => {
  const size = laneSize(imm);
  const n = laneCount(imm);
  const sign = laneExtra(imm) === 1 ? -2 : 2;
  const scale = 8 >> size;
  for (let k = 0; k < n; k++) {
    const x = get(t, size, a * scale + k, false);
    const y = get(t, size, b * scale + k, false);
    const z = get(t, size, c * scale + k, false);
    let v: number;
    if (size === 1) v = saturate(t, Math.floor((z * 65536 + sign * x * y + 32768) / 65536), 16, false);
    else v = Number(saturateHigh(t, (BigInt(z) << 32n) + BigInt(sign) * BigInt(x) * BigInt(y), true));
    set(t, size, d * scale + k, v);
  }
  zeroTail(t, d, n << size);
};

/**
 * SQDMULL: 2ab with lanes twice as wide, saturated. size and lanes are those of the operands; extra 1 takes the high
 * half of them.
 */
export const qdmull: LaneFunction = (t, d, a, b, _c, imm) => {
  const size = laneSize(imm);
  const n = laneCount(imm);
  const scale = 8 >> size;
  const from = laneExtra(imm) === 1 ? n : 0;
  const scratch = SLOT_SIMD;
  for (let k = 0; k < n; k++) {
    const x = get(t, size, a * scale + from + k, false);
    const y = get(t, size, b * scale + from + k, false);
    if (size === 1) t.r[scratch * 2 + k] = saturate(t, 2 * x * y, 32, false);
    else setWide(t, scratch + k, saturateWide(t, 2n * BigInt(x) * BigInt(y), false));
  }
  t.d.copyWithin(d, scratch, scratch + 2);
  zeroTail(t, d, n << (size + 1));
};

/** PMUL: carry-less products of bytes, low 8 bits. */
export const pmul = lanes2((_t, x, y) => clmul8(x & 255, y & 255));

/** PMULL: bytes to halfwords; extra 1 takes the high halves. */
export const pmull: LaneFunction = (t, d, a, b, _c, imm) => {
  const from = laneExtra(imm) === 1 ? 8 : 0;
  const scratch = SLOT_SIMD * 4;
  for (let k = 0; k < 8; k++)
    t.h[scratch + k] = clmul8(t.b8[a * 8 + from + k] as number, t.b8[b * 8 + from + k] as number);
  t.d.copyWithin(d, SLOT_SIMD, SLOT_SIMD + 2);
};
// ---- bits ------------------------------------------------------------------------------------------------------------------

export const clz = lanes2(
  (_t, x, _y, bits) => Math.clz32(bits === 32 ? x : x & ((1 << bits) - 1)) - (32 - bits),
);
export const cls = lanes2(
  (_t, x, _y, bits) => Math.clz32((x ^ (x >> 1)) & (bits === 32 ? -1 : (1 << bits) - 1)) - (32 - bits) - 1,
);
export const rbit8 = lanes2((_t, x) => rbit32(x) >>> 24);
export const urecpe = lanes2((_t, x) => recipWord(x | 0));
export const ursqrte = lanes2((_t, x) => rsqrtWord(x | 0));

// ---- narrowing -------------------------------------------------------------------------------------------------------------

/**
 * SQXTN, SQXTUN, UQXTN and the shifting SQSHRN family: each lane of a, 2 << size bytes, shifted right and saturated to the
 * low lanes of d. extra: UNSIGNED operand, TO_UNSIGNED result, ROUND; the shift from bit 4.
 */
export const qshrn: LaneFunction = (t, d, a, _b, _c, imm) => {
  const size = laneSize(imm);
  const n = laneCount(imm);
  const extra = laneExtra(imm);
  const unsigned = (extra & UNSIGNED) !== 0;
  const result = (extra & (UNSIGNED | TO_UNSIGNED)) !== 0;
  const right = extra >> 4;
  const round = (extra & ROUND) !== 0 && right > 0 ? 2 ** (right - 1) : 0;
  const scale = 8 >> size;
  for (let k = 0; k < n; k++) {
    let v: number;
    if (size === 2) {
      // Quotients beyond 2^53 saturate whatever their low bits are.
      v = Number((getWide(t, a + k, unsigned) + BigInt(round)) >> BigInt(right));
    } else v = Math.floor((get(t, size + 1, a * (scale >> 1) + k, unsigned) + round) / 2 ** right);
    set(t, size, d * scale + k, saturate(t, v, 8 << size, result));
  }
  zeroTail(t, d, n << size);
};
