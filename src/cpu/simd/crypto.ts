/** The cryptographic instructions of A64 on 16-byte slots, by the rounds of src/cpu/crypto. */
import { aesDecrypt, aesEncrypt, aesInverseMixColumns, aesMixColumns } from '../crypto/aes.js';
import {
  sha1Rotate,
  sha1Rounds,
  sha1Schedule0,
  sha1Schedule1,
  sha256Rounds,
  sha256Schedule0,
  sha256Schedule1,
} from '../crypto/sha.js';
import { SLOT_SIMD } from '../layout.js';
import type { LaneFunction, Lanes } from './lanes.js';

/** AESE, AESD: d is state and result, a the key. */
export const aese: LaneFunction = (t, d, a) => aesEncrypt(t.b8, d * 8, a * 8);
export const aesd: LaneFunction = (t, d, a) => aesDecrypt(t.b8, d * 8, a * 8);
export const aesmc: LaneFunction = (t, d, a) => aesMixColumns(t.b8, d * 8, a * 8);
export const aesimc: LaneFunction = (t, d, a) => aesInverseMixColumns(t.b8, d * 8, a * 8);

/** SHA1C, SHA1P, SHA1M by imm. */
export const sha1: LaneFunction = (t, d, a, b, _c, imm) => sha1Rounds(t.r, d * 2, a * 2, b * 2, imm);
export const sha1su0: LaneFunction = (t, d, a, b) => sha1Schedule0(t.r, d * 2, a * 2, b * 2);
export const sha1su1: LaneFunction = (t, d, a) => sha1Schedule1(t.r, d * 2, a * 2);
export const sha1h: LaneFunction = (t, d, a) => {
  t.r[d * 2] = sha1Rotate(t.r[a * 2] as number);
  t.r.fill(0, d * 2 + 1, d * 2 + 4);
};
/** SHA256H, SHA256H2 (imm 1). */
export const sha256: LaneFunction = (t, d, a, b, _c, imm) =>
  sha256Rounds(t.r, d * 2, a * 2, b * 2, imm === 1);
export const sha256su0: LaneFunction = (t, d, a) => sha256Schedule0(t.r, d * 2, a * 2);
export const sha256su1: LaneFunction = (t, d, a, b) => sha256Schedule1(t.r, d * 2, a * 2, b * 2);

// ---- FEAT_SHA512, on doublewords -------------------------------------------------------------------------------------------

function get(t: Lanes, k: number): bigint {
  return (BigInt((t.r[k * 2 + 1] as number) >>> 0) << 32n) | BigInt((t.r[k * 2] as number) >>> 0);
}
function put(t: Lanes, k: number, v: bigint): void {
  t.r[k * 2] = Number(v & 0xffffffffn);
  t.r[k * 2 + 1] = Number((v >> 32n) & 0xffffffffn);
}
const MASK = (1n << 64n) - 1n;
const ror = (x: bigint, n: bigint): bigint => ((x >> n) | (x << (64n - n))) & MASK;
const sigma0 = (x: bigint): bigint => ror(x, 28n) ^ ror(x, 34n) ^ ror(x, 39n);
const sigma1 = (x: bigint): bigint => ror(x, 14n) ^ ror(x, 18n) ^ ror(x, 41n);
const choose = (x: bigint, y: bigint, z: bigint): bigint => (x & y) ^ (~x & MASK & z);
const majority = (x: bigint, y: bigint, z: bigint): bigint => (x & y) ^ (x & z) ^ (y & z);

export const sha512h: LaneFunction = (t, d, a, b) => {
  const [x0, x1, y0, y1] = [get(t, a), get(t, a + 1), get(t, b), get(t, b + 1)];
  const [w0, w1] = [get(t, d), get(t, d + 1)];
  const high = (sigma1(y1) + choose(y1, x0, x1) + w1) & MASK;
  const sum = (high + y0) & MASK;
  put(t, d, (sigma1(sum) + choose(sum, y1, x0) + w0) & MASK);
  put(t, d + 1, high);
};
export const sha512h2: LaneFunction = (t, d, a, b) => {
  const [x0, y0, y1] = [get(t, a), get(t, b), get(t, b + 1)];
  const [w0, w1] = [get(t, d), get(t, d + 1)];
  const high = (majority(x0, y1, y0) + sigma0(y0) + w1) & MASK;
  put(t, d, (majority(high, y0, y1) + sigma0(high) + w0) & MASK);
  put(t, d + 1, high);
};
export const sha512su0: LaneFunction = (t, d, a) => {
  const [w0, w1, x0] = [get(t, d), get(t, d + 1), get(t, a)];
  const s = (v: bigint): bigint => ror(v, 1n) ^ ror(v, 8n) ^ (v >> 7n);
  put(t, d, (w0 + s(w1)) & MASK);
  put(t, d + 1, (w1 + s(x0)) & MASK);
};
export const sha512su1: LaneFunction = (t, d, a, b) => {
  const s = (v: bigint): bigint => ror(v, 19n) ^ ror(v, 61n) ^ (v >> 6n);
  for (let k = 0; k < 2; k++)
    put(t, SLOT_SIMD + k, (get(t, d + k) + s(get(t, a + k)) + get(t, b + k)) & MASK);
  t.d.copyWithin(d, SLOT_SIMD, SLOT_SIMD + 2);
};
