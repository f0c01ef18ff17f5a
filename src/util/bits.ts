/** Bit and rounding helpers over 32-bit words and over exact doubles (whole numbers below 2^53). */

export const TWO32 = 0x1_0000_0000;

/** `v` rounded down to a multiple of `unit` (a power of two not above 2^31); exact for doubles below 2^53. */
export function alignDown(v: number, unit: number): number {
  return v - (v % unit);
}

/** `v` rounded up to a multiple of `unit`. */
export function alignUp(v: number, unit: number): number {
  const rest = v % unit;
  return rest === 0 ? v : v + (unit - rest);
}

export function isPowerOfTwo(v: number): boolean {
  return v > 0 && Number.isInteger(Math.log2(v));
}

/** The low `bits` bits of `v` as a signed number, 1 ≤ bits ≤ 32. */
export function signExtend(v: number, bits: number): number {
  const shift = 32 - bits;
  return (v << shift) >> shift;
}

/** The low 32 bits of a whole number, as a signed word. */
export function low32(v: number): number {
  return v | 0;
}

/** Bits 32…63 of a whole number (two's complement for negative ones), as a signed word. */
export function high32(v: number): number {
  return Math.floor(v / TWO32) | 0;
}

/** The unsigned 64-bit number of two words; exact below 2^53. */
export function joinU64(lo: number, hi: number): number {
  return (hi >>> 0) * TWO32 + (lo >>> 0);
}

/** The signed 64-bit number of two words; exact within ±2^53. */
export function joinI64(lo: number, hi: number): number {
  return (hi | 0) * TWO32 + (lo >>> 0);
}

/** Set bits of a 32-bit word. */
export function popcount32(v: number): number {
  let x = v - ((v >>> 1) & 0x5555_5555);
  x = (x & 0x3333_3333) + ((x >>> 2) & 0x3333_3333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

/** Trailing zero bits of a 32-bit word; 32 for zero. */
export function ctz32(v: number): number {
  return v === 0 ? 32 : 31 - Math.clz32(v & -v);
}
