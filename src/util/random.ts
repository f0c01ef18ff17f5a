/** Random bytes that a seed decides. */

/** Fills a view, of shared memory too. */
export type RandomSource = (target: Uint8Array) => void;

/**
 * A stream of bytes, the same for the same seed: xoshiro128** (Blackman and Vigna), its state from splitmix32.
 * @param seed a whole number up to 2^53
 */
export function seededRandom(seed: number): RandomSource {
  let mixed = (seed | 0) ^ Math.imul(Math.floor(seed / 4294967296), 0x9e3779b9);
  const mix = (): number => {
    mixed = (mixed + 0x9e3779b9) | 0;
    let z = mixed;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  };
  let [a, b, c, d] = [mix(), mix(), mix(), mix()];
  const next = (): number => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
  return (target) => {
    for (let at = 0; at < target.length; at += 4) {
      const word = next();
      for (let k = 0; k < 4 && at + k < target.length; k++) target[at + k] = word >>> (8 * k);
    }
  };
}

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}
