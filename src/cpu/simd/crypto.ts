/** Evaluators of the cryptographic ops on 16-byte slots. */
import { aesBoxes } from '../crypto/aes.js';
import { clmul64 } from '../crypto/clmul.js';
import type { Lanes } from './lanes.js';

function substitute(t: Lanes, d: number, a: number, box: Uint8Array): void {
  const { b8 } = t;
  for (let k = 0; k < 16; k++) b8[d * 8 + k] = box[b8[a * 8 + k] as number] as number;
}
export function aesSub(t: Lanes, d: number, a: number): void {
  substitute(t, d, a, aesBoxes().forward);
}
export function aesSubInverse(t: Lanes, d: number, a: number): void {
  substitute(t, d, a, aesBoxes().inverse);
}

function product(r: Int32Array, d: number, x: number, y: number): void {
  clmul64(r, d, r[x] as number, r[x + 1] as number, r[y] as number, r[y + 1] as number);
}
export function clmulLow(t: Lanes, d: number, a: number, b: number): void {
  product(t.r, d * 2, a * 2, b * 2);
}
export function clmulHigh(t: Lanes, d: number, a: number, b: number): void {
  product(t.r, d * 2, a * 2 + 2, b * 2 + 2);
}
