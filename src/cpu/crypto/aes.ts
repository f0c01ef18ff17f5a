/**
 * Single AES rounds on 16-byte states, for ARM's AESE, AESD, AESMC and AESIMC (FIPS 197; Arm ARM, AESInvShiftRows and
 * its neighbours). A state is 16 bytes of a Uint8Array view of the CPU block at a byte index, in guest register order.
 */

/** x times 2 in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
function double(x: number): number {
  return ((x << 1) ^ ((x & 0x80) !== 0 ? 0x11b : 0)) & 0xff;
}

function multiply(x: number, y: number): number {
  let product = 0;
  for (let a = x, b = y; b !== 0; a = double(a), b >>= 1) if ((b & 1) !== 0) product ^= a;
  return product;
}

/* The S-box is the inverse in GF(2^8), then an affine map (FIPS 197, 5.1.1). */
const SBOX = new Uint8Array(256);
const INVERSE_SBOX = new Uint8Array(256);
for (let p = 1, q = 1, i = 0; i < 255; i++) {
  // p runs through the powers of 3 and q through their inverses.
  p = multiply(p, 3);
  q = multiply(q, 0xf6);
  const s = q ^ (q << 1) ^ (q << 2) ^ (q << 3) ^ (q << 4);
  SBOX[p] = (s ^ (s >> 8) ^ 0x63) & 0xff;
}
SBOX[0] = 0x63;
for (let i = 0; i < 256; i++) INVERSE_SBOX[SBOX[i] as number] = i;

/* Multiples used by the inverse column mix. */
const BY_9 = Uint8Array.from({ length: 256 }, (_, i) => multiply(i, 9));
const BY_11 = Uint8Array.from({ length: 256 }, (_, i) => multiply(i, 11));
const BY_13 = Uint8Array.from({ length: 256 }, (_, i) => multiply(i, 13));
const BY_14 = Uint8Array.from({ length: 256 }, (_, i) => multiply(i, 14));

const state = new Uint8Array(16);

/** AESE: state at `dst` = SubBytes(ShiftRows(dst ^ key)). */
export function aesEncrypt(b: Uint8Array, dst: number, key: number): void {
  for (let i = 0; i < 16; i++) state[i] = (b[dst + i] as number) ^ (b[key + i] as number);
  // Byte i is row i & 3 of column i >> 2, and comes from `row` columns further on: i + 4 * row = 5 * i mod 16.
  for (let i = 0; i < 16; i++) b[dst + i] = SBOX[state[(i * 5) & 15] as number] as number;
}

/** AESD: state at `dst` = InvSubBytes(InvShiftRows(dst ^ key)). */
export function aesDecrypt(b: Uint8Array, dst: number, key: number): void {
  for (let i = 0; i < 16; i++) state[i] = (b[dst + i] as number) ^ (b[key + i] as number);
  for (let i = 0; i < 16; i++) b[dst + i] = INVERSE_SBOX[state[(i * 13) & 15] as number] as number;
}

/** AESMC: MixColumns of the state at `src` to `dst`. */
export function aesMixColumns(b: Uint8Array, dst: number, src: number): void {
  for (let c = 0; c < 16; c += 4) {
    const w = b[src + c] as number;
    const x = b[src + c + 1] as number;
    const y = b[src + c + 2] as number;
    const z = b[src + c + 3] as number;
    const all = w ^ x ^ y ^ z;
    b[dst + c] = w ^ all ^ double(w ^ x);
    b[dst + c + 1] = x ^ all ^ double(x ^ y);
    b[dst + c + 2] = y ^ all ^ double(y ^ z);
    b[dst + c + 3] = z ^ all ^ double(z ^ w);
  }
}

/** AESIMC: InvMixColumns of the state at `src` to `dst`. */
export function aesInverseMixColumns(b: Uint8Array, dst: number, src: number): void {
  for (let c = 0; c < 16; c += 4) {
    const w = b[src + c] as number;
    const x = b[src + c + 1] as number;
    const y = b[src + c + 2] as number;
    const z = b[src + c + 3] as number;
    b[dst + c] = inverseMix(w, x, y, z);
    b[dst + c + 1] = inverseMix(x, y, z, w);
    b[dst + c + 2] = inverseMix(y, z, w, x);
    b[dst + c + 3] = inverseMix(z, w, x, y);
  }
}

function inverseMix(w: number, x: number, y: number, z: number): number {
  return (BY_14[w] as number) ^ (BY_11[x] as number) ^ (BY_13[y] as number) ^ (BY_9[z] as number);
}
