/**
 * 32- and 64-bit integer arithmetic that JavaScript lacks, on int32 words; 64-bit results go to out[0] (low), out[1] (high).
 * Division by zero follows the IR: quotient 0, remainder = dividend.
 */

/** High word of the unsigned 32 x 32 product. */
export function mulhu32(a: number, b: number): number {
  const al = a & 0xffff;
  const ah = a >>> 16;
  const bl = b & 0xffff;
  const bh = b >>> 16;
  const mid = ((al * bl) >>> 16) + ((ah * bl) & 0xffff) + al * bh;
  return (ah * bh + ((ah * bl) >>> 16) + Math.floor(mid / 65536)) | 0;
}

export function mulhs32(a: number, b: number): number {
  return (mulhu32(a, b) - (a < 0 ? b : 0) - (b < 0 ? a : 0)) | 0;
}

export function mulhsu32(a: number, b: number): number {
  return (mulhu32(a, b) - (a < 0 ? b : 0)) | 0;
}

export function popcnt32(v: number): number {
  let x = v - ((v >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

export function bswap32(v: number): number {
  return (v << 24) | ((v & 0xff00) << 8) | ((v >>> 8) & 0xff00) | (v >>> 24);
}

export function rbit32(v: number): number {
  let x = ((v >>> 1) & 0x55555555) | ((v & 0x55555555) << 1);
  x = ((x >>> 2) & 0x33333333) | ((x & 0x33333333) << 2);
  x = ((x >>> 4) & 0x0f0f0f0f) | ((x & 0x0f0f0f0f) << 4);
  return bswap32(x);
}

/** High 64 bits of the unsigned 64 x 64 product. */
export function mulhu64(out: Int32Array, al: number, ah: number, bl: number, bh: number): void {
  const mid1 = (mulhu32(al, bl) >>> 0) + (Math.imul(ah, bl) >>> 0);
  const mid2 = (mid1 % 4294967296) + (Math.imul(al, bh) >>> 0);
  const carry = Math.floor(mid1 / 4294967296) + Math.floor(mid2 / 4294967296);
  const low = (Math.imul(ah, bh) >>> 0) + (mulhu32(ah, bl) >>> 0) + (mulhu32(al, bh) >>> 0) + carry;
  out[0] = low | 0;
  out[1] = (mulhu32(ah, bh) + Math.floor(low / 4294967296)) | 0;
}

/** Subtracts hi:lo from out, mod 2^64. */
function subtract(out: Int32Array, lo: number, hi: number): void {
  const low = out[0] as number;
  out[0] = low - lo;
  out[1] = (out[1] as number) - hi - (low >>> 0 < lo >>> 0 ? 1 : 0);
}

export function mulhs64(out: Int32Array, al: number, ah: number, bl: number, bh: number): void {
  mulhu64(out, al, ah, bl, bh);
  if (ah < 0) subtract(out, bl, bh);
  if (bh < 0) subtract(out, al, ah);
}

export function mulhsu64(out: Int32Array, al: number, ah: number, bl: number, bh: number): void {
  mulhu64(out, al, ah, bl, bh);
  if (ah < 0) subtract(out, bl, bh);
}

const TWO32 = 4294967296;

/** Quotient to out[0..1], remainder to out[2..3]; b is not zero. */
function divRem(out: Int32Array, al: number, ah: number, bl: number, bh: number): void {
  if (ah === 0 && bh === 0) {
    const x = al >>> 0;
    const y = bl >>> 0;
    out[0] = (x / y) | 0;
    out[1] = 0;
    out[2] = x % y;
    out[3] = 0;
    return;
  }
  const high = ah >>> 0;
  if (high < 0x200000) {
    // Below 2^53 both are exact doubles, and so is the remainder.
    const x = high * TWO32 + (al >>> 0);
    const y = (bh >>> 0) * TWO32 + (bl >>> 0);
    const rem = x % y;
    const quot = (x - rem) / y;
    out[0] = quot | 0;
    out[1] = Math.floor(quot / TWO32);
    out[2] = rem | 0;
    out[3] = Math.floor(rem / TWO32);
    return;
  }
  if (bh === 0 && bl >>> 0 < 0x200000) {
    // Schoolbook with a divisor below 2^21: each partial dividend is below 2^53.
    const y = bl >>> 0;
    const rem1 = high % y;
    const mid = rem1 * TWO32 + (al >>> 0);
    const rem = mid % y;
    out[0] = ((mid - rem) / y) | 0;
    out[1] = ((high - rem1) / y) | 0;
    out[2] = rem;
    out[3] = 0;
    return;
  }
  if (bh < 0) {
    // The divisor has bit 63: the quotient is 0 or 1.
    const fits = high > bh >>> 0 || (ah === bh && al >>> 0 >= bl >>> 0);
    out[0] = fits ? 1 : 0;
    out[1] = 0;
    out[2] = fits ? al - bl : al;
    out[3] = fits ? ah - bh - (al >>> 0 < bl >>> 0 ? 1 : 0) : ah;
    return;
  }
  // The quotient is below 2^43, so that a double holds it, and scaled down a little it is exact or one too small.
  const estimate = ((high * TWO32 + (al >>> 0)) / ((bh >>> 0) * TWO32 + (bl >>> 0))) * (1 - 2 ** -50);
  let ql = estimate | 0;
  let qh = (estimate / TWO32) | 0;
  const pl = Math.imul(ql, bl);
  const ph = (mulhu32(ql, bl) + Math.imul(ql, bh) + Math.imul(qh, bl)) | 0;
  let rl = (al - pl) | 0;
  let rh = (ah - ph - (al >>> 0 < pl >>> 0 ? 1 : 0)) | 0;
  if (rh >>> 0 > bh >>> 0 || (rh === bh && rl >>> 0 >= bl >>> 0)) {
    rh = (rh - bh - (rl >>> 0 < bl >>> 0 ? 1 : 0)) | 0;
    rl = (rl - bl) | 0;
    ql = (ql + 1) | 0;
    if (ql === 0) qh++;
  }
  out[0] = ql;
  out[1] = qh;
  out[2] = rl;
  out[3] = rh;
}

export function divu64(out: Int32Array, al: number, ah: number, bl: number, bh: number): void {
  if ((bl | bh) === 0) {
    out[0] = 0;
    out[1] = 0;
  } else divRem(out, al, ah, bl, bh);
}

export function remu64(out: Int32Array, al: number, ah: number, bl: number, bh: number): void {
  if ((bl | bh) === 0) {
    out[0] = al;
    out[1] = ah;
    return;
  }
  divRem(out, al, ah, bl, bh);
  out[0] = out[2] as number;
  out[1] = out[3] as number;
}

/** High word of -(hi:lo). */
function negHigh(lo: number, hi: number): number {
  return (~hi + (lo === 0 ? 1 : 0)) | 0;
}

function negate(out: Int32Array): void {
  const lo = out[0] as number;
  out[1] = negHigh(lo, out[1] as number);
  out[0] = -lo;
}

export function divs64(out: Int32Array, al: number, ah: number, bl: number, bh: number): void {
  const xl = ah < 0 ? -al | 0 : al;
  const xh = ah < 0 ? negHigh(al, ah) : ah;
  const yl = bh < 0 ? -bl | 0 : bl;
  const yh = bh < 0 ? negHigh(bl, bh) : bh;
  divu64(out, xl, xh, yl, yh);
  if ((ah ^ bh) < 0) negate(out);
}

export function rems64(out: Int32Array, al: number, ah: number, bl: number, bh: number): void {
  const xl = ah < 0 ? -al | 0 : al;
  const xh = ah < 0 ? negHigh(al, ah) : ah;
  const yl = bh < 0 ? -bl | 0 : bl;
  const yh = bh < 0 ? negHigh(bl, bh) : bh;
  remu64(out, xl, xh, yl, yh);
  if (ah < 0) negate(out);
}
