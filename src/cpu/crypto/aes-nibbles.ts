/**
 * The AES S-box by lookups of sixteen entries, as vector instructions can make them (the idea: M. Hamburg, "Accelerating
 * AES with Vector Permute Instructions", CHES 2009; the tables are worked out here).
 *
 * GF(2^8) is a plane over GF(2^4): x = k*Z + i, with Z^2 + Z + 1/A = 0. With j = i + k, and division of tables where
 * infinity is an index out of range, which looks up 0:
 *
 *   io = 1/(1/i + A/k) + j      jo = 1/(1/j + A/k) + i
 *
 * Then 1/x = Z*(u + v) + v + (u + v)/A where u = 1/io and v = 1/jo, which is linear in u and v.
 */

/** An index that no table has. */
const INFINITE = 0x80;

/** Product in GF(2^n) modulo the polynomial. */
function multiply(x: number, y: number, polynomial: number, bits: number): number {
  let product = 0;
  for (let k = bits - 1; k >= 0; k--) {
    product <<= 1;
    if (product >> bits !== 0) product ^= polynomial;
    if (((y >> k) & 1) !== 0) product ^= x;
  }
  return product;
}
/** In the field of AES, modulo x^8 + x^4 + x^3 + x + 1. */
const times = (x: number, y: number): number => multiply(x, y, 0x11b, 8);
/** In the field of sixteen, modulo x^4 + x + 1. */
const times4 = (x: number, y: number): number => multiply(x, y, 0x13, 4);
const range = (n: number): number[] => Array.from({ length: n }, (_, k) => k);
const inverse4 = (x: number): number => range(16).find((y) => times4(x, y) === 1) ?? INFINITE;

/** S-box without the inverse: the affine map of FIPS 197, 5.1.1, and its opposite. */
function affine(x: number): number {
  const s = x ^ (x << 1) ^ (x << 2) ^ (x << 3) ^ (x << 4);
  return (s ^ (s >> 8)) & 0xff;
}
const CONSTANT = 0x63;

export interface NibbleTables {
  /** Byte to (i << 4 | k), by the low and by the high nibble of the byte. */
  readonly inLow: readonly number[];
  readonly inHigh: readonly number[];
  /** 1/x and A/x. */
  readonly inverse: readonly number[];
  readonly over: readonly number[];
  /** The result by io and by jo; their sum takes an exclusive or with `constant`. */
  readonly outIo: readonly number[];
  readonly outJo: readonly number[];
  readonly constant: number;
}

/** Tables of the S-box, or of its inverse. */
export function nibbleTables(backwards: boolean): NibbleTables {
  // A root of x^4 + x + 1 in AES's field makes the sixteen elements of the subfield.
  const g = range(256).find((x) => x > 1 && (times(times(x, x), times(x, x)) ^ x ^ 1) === 0) as number;
  const powers = [1, g, times(g, g), times(g, times(g, g))];
  const embed = (n: number): number =>
    powers.reduce((sum, p, k) => (((n >> k) & 1) !== 0 ? sum ^ p : sum), 0);
  // A and Z: any pair that solves the equation.
  const [a, z] = range(16)
    .filter((n) => n > 1)
    .flatMap((n) => {
      const root = range(256).find((x) => (times(x, x) ^ x ^ embed(inverse4(n))) === 0 && !range(16).some((m) => embed(m) === x)); // prettier-ignore
      return root === undefined ? [] : [[n, root] as const];
    })[0] as readonly [number, number];
  const plane: number[] = [];
  for (const i of range(16)) for (const k of range(16)) plane[times(embed(k), z) ^ embed(i)] = (i << 4) | k;
  const undo = range(256);
  for (const x of range(256)) undo[affine(x)] = x;
  const enter = (x: number): number => plane[backwards ? (undo[x] as number) : x] as number;
  const leave = (x: number): number => (backwards ? x : affine(x));
  const shift = backwards ? enter(CONSTANT) : 0;
  const out = (u: number, v: number): number => {
    const sum = u ^ v;
    return leave(times(embed(sum), z) ^ embed(v) ^ embed(times4(sum, inverse4(a))));
  };
  const reciprocal = (x: number): number => (x === 0 ? 0 : inverse4(x));
  return {
    inLow: range(16).map((n) => enter(n) ^ shift),
    inHigh: range(16).map((n) => enter(n << 4)),
    inverse: range(16).map(inverse4),
    over: range(16).map((n) => (n === 0 ? INFINITE : times4(a, inverse4(n)))),
    outIo: range(16).map((n) => out(reciprocal(n), 0)),
    outJo: range(16).map((n) => out(0, reciprocal(n))),
    constant: backwards ? 0 : CONSTANT,
  };
}
