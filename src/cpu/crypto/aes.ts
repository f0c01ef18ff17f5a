/** The AES S-box (FIPS 197, 5.1.1). */

/** x times 2 in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
function double(x: number): number {
  return ((x << 1) ^ ((x & 0x80) !== 0 ? 0x11b : 0)) & 0xff;
}

function multiply(x: number, y: number): number {
  let product = 0;
  for (let a = x, b = y; b !== 0; a = double(a), b >>= 1) if ((b & 1) !== 0) product ^= a;
  return product;
}

interface Boxes {
  readonly forward: Uint8Array;
  readonly inverse: Uint8Array;
}

/** The inverse in GF(2^8), then an affine map. */
function makeBoxes(): Boxes {
  const forward = new Uint8Array(256);
  const inverse = new Uint8Array(256);
  for (let p = 1, q = 1, i = 0; i < 255; i++) {
    // p runs through the powers of 3 and q through their inverses.
    p = multiply(p, 3);
    q = multiply(q, 0xf6);
    const s = q ^ (q << 1) ^ (q << 2) ^ (q << 3) ^ (q << 4);
    forward[p] = (s ^ (s >> 8) ^ 0x63) & 0xff;
  }
  forward[0] = 0x63;
  for (let i = 0; i < 256; i++) inverse[forward[i] as number] = i;
  return { forward, inverse };
}

let boxes: Boxes | undefined;

/** Made when first needed. */
export function aesBoxes(): Boxes {
  return (boxes ??= makeBoxes());
}
