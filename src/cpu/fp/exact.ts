/**
 * Error-free transformations: the rounding error of a host operation in nearest mode, itself a double.
 *
 * Sums: Knuth's TwoSum, exact unless an operand is near overflow. Products: Dekker's with Veltkamp's splitting, exact
 * when both factors are below 2^995 and the product is above 2^-960 (so that its error is representable).
 * References: Muller et al., Handbook of Floating-Point Arithmetic, chapter 4; Boldo and Melquiond, "Emulation of FMA
 * and correctly rounded sums: proved algorithms using rounding to odd" (2008).
 */

/** Bounds under which every function here is exact. */
export const BIG = 2 ** 990;
export const TINY = 2 ** -900;

/** x + y - s, where s is the host's x + y. */
export function sumError(x: number, y: number, s: number): number {
  const z = s - x;
  return x - (s - z) + (y - z);
}

/** x * y - p, where p is the host's x * y. */
export function productError(x: number, y: number, p: number): number {
  const cx = 134217729 * x;
  const xh = cx - (cx - x);
  const xl = x - xh;
  const cy = 134217729 * y;
  const yh = cy - (cy - y);
  const yl = y - yh;
  return xl * yl - (p - xh * yh - xl * yh - xh * yl);
}

/** One double seen as words (little-endian hosts only, like the CPU block itself). */
export const cell = new Float64Array(1);
export const cellWords = new Int32Array(cell.buffer);

/**
 * s + e rounded to odd, where s is the sum rounded to nearest and e its error, not zero: of the two neighbours of the
 * exact value, the one whose last bit is 1.
 */
export function roundOdd(s: number, e: number): number {
  cell[0] = s;
  const lo = cellWords[0] as number;
  if ((lo & 1) !== 0) return s;
  if (e > 0 === s > 0) {
    cellWords[0] = lo + 1;
  } else {
    if (lo === 0) cellWords[1] = (cellWords[1] as number) - 1;
    cellWords[0] = lo - 1;
  }
  return cell[0];
}

/** Exact for any exponent with |n| <= 1000. */
export function powerOf2(n: number): number {
  cellWords[0] = 0;
  cellWords[1] = (n + 1023) << 20;
  return cell[0] as number;
}

/** The exponent of a finite number that is not zero: 2^n <= |x| < 2^(n+1). */
export function exponentOf(x: number): number {
  cell[0] = x;
  const n = ((cellWords[1] as number) >>> 20) & 0x7ff;
  if (n !== 0) return n - 1023;
  cell[0] = x * 18014398509481984;
  return (((cellWords[1] as number) >>> 20) & 0x7ff) - 1077;
}

/** The significand of a finite number that is not zero: x / 2^exponentOf(x), in [1, 2) with the sign of x. */
export function significandOf(x: number): number {
  cell[0] = x;
  if (((cellWords[1] as number) & 0x7ff00000) === 0) cell[0] = x * 18014398509481984;
  cellWords[1] = ((cellWords[1] as number) & (0x800fffff | 0)) | 0x3ff00000;
  return cell[0];
}
