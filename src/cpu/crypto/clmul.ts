/** Carry-less (polynomial) multiplication: RISC-V Zbc, ARM PMUL and PMULL. */

/**
 * The 128-bit carry-less product of two 64-bit operands in words, to out[0..3], low word first. `out` may be the CPU
 * block's own array; operands are passed by value, so the destination may overlap them.
 */
export function clmul64(out: Int32Array, at: number, al: number, ah: number, bl: number, bh: number): void {
  // Karatsuba over the words: three 32 x 32 products.
  clmul32(al, bl);
  const lowLo = productLo;
  const lowHi = productHi;
  clmul32(ah, bh);
  const highLo = productLo;
  const highHi = productHi;
  clmul32(al ^ ah, bl ^ bh);
  const midLo = productLo ^ lowLo ^ highLo;
  const midHi = productHi ^ lowHi ^ highHi;
  out[at] = lowLo;
  out[at + 1] = lowHi ^ midLo;
  out[at + 2] = highLo ^ midHi;
  out[at + 3] = highHi;
}

let productLo = 0;
let productHi = 0;

/*
 * Multiples of the first factor by the sixteen polynomials of degree below four; a multiple has up to 35 bits, so the
 * three high ones are kept apart.
 */
const tableLo = new Int32Array(16);
const tableHi = new Int32Array(16);

/** The 64-bit carry-less product of two words, to productHi:productLo; four bits of b at a time. */
function clmul32(a: number, b: number): void {
  for (let i = 1; i < 16; i++) {
    const half = i >> 1;
    const odd = (i & 1) !== 0 ? a : 0;
    tableHi[i] = ((tableHi[half] as number) << 1) | ((tableLo[half] as number) >>> 31);
    tableLo[i] = ((tableLo[half] as number) << 1) ^ odd;
  }
  let lo = 0;
  let hi = 0;
  for (let shift = 28; shift >= 0; shift -= 4) {
    const n = (b >>> shift) & 15;
    hi = (hi << 4) | (lo >>> 28);
    lo <<= 4;
    lo ^= tableLo[n] as number;
    hi ^= tableHi[n] as number;
  }
  productLo = lo;
  productHi = hi;
}

/** The 15-bit carry-less product of two bytes (PMUL and PMULL of bytes). */
export function clmul8(a: number, b: number): number {
  let product = 0;
  for (let i = 0; i < 8; i++) if (((b >>> i) & 1) !== 0) product ^= a << i;
  return product;
}
