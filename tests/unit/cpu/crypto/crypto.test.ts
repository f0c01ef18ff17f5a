import { createCipheriv, createHash, randomFillSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  aesDecrypt,
  aesEncrypt,
  aesInverseMixColumns,
  aesMixColumns,
} from '../../../../src/cpu/crypto/aes.js';
import { clmul64, clmul8 } from '../../../../src/cpu/crypto/clmul.js';
import * as sha from '../../../../src/cpu/crypto/sha.js';
import { Random } from '../fp/block.js';

function carryless(a: bigint, b: bigint): bigint {
  let product = 0n;
  for (let i = 0n; b >> i !== 0n; i++) if (((b >> i) & 1n) === 1n) product ^= a << i;
  return product;
}

test('carry-less products', () => {
  const random = new Random(8);
  const out = new Int32Array(6);
  for (let i = 0; i < 5000; i++) {
    const a = random.integer(64);
    const b = random.integer(64);
    const [al, ah, bl, bh] = [a, a >> 32n, b, b >> 32n].map((w) => Number(BigInt.asIntN(32, w)));
    clmul64(out, 1, al!, ah!, bl!, bh!);
    let got = 0n;
    for (let k = 3; k >= 0; k--) got = (got << 32n) | BigInt(out[1 + k]! >>> 0);
    expect(got).toBe(carryless(a, b));
    const [x, y] = [random.below(256), random.below(256)];
    expect(BigInt(clmul8(x, y))).toBe(carryless(BigInt(x), BigInt(y)));
  }
});

describe('AES rounds', () => {
  const b = new Uint8Array(512);
  const STATE = 300;
  const ZERO = 330;

  /** SubBytes of a word: in a state of four equal columns the rows shift onto themselves. */
  function substitute(word: Uint8Array): Uint8Array {
    for (let c = 0; c < 16; c += 4) b.set(word, STATE + c);
    aesEncrypt(b, STATE, ZERO);
    return b.slice(STATE, STATE + 4);
  }

  /** Round keys at bytes 0..175 (FIPS 197, 5.2). */
  function expand(key: Uint8Array): void {
    b.set(key, 0);
    for (let i = 16, rcon = 1; i < 176; i += 4) {
      let t: Uint8Array = b.slice(i - 4, i);
      if (i % 16 === 0) {
        t = substitute(new Uint8Array([t[1]!, t[2]!, t[3]!, t[0]!]));
        t[0]! ^= rcon;
        rcon = rcon < 128 ? rcon * 2 : 0x1b;
      }
      for (let k = 0; k < 4; k++) b[i + k] = b[i + k - 16]! ^ t[k]!;
    }
  }

  test('make AES-128 and its inverse', () => {
    for (let n = 0; n < 50; n++) {
      const key = randomFillSync(new Uint8Array(16));
      const text = randomFillSync(new Uint8Array(16));
      const expected = createCipheriv('aes-128-ecb', key, null).update(text);
      expand(key);
      b.set(text, STATE);
      for (let i = 0; i < 10; i++) {
        aesEncrypt(b, STATE, 16 * i);
        if (i < 9) aesMixColumns(b, STATE, STATE);
      }
      for (let i = 0; i < 16; i++) b[STATE + i]! ^= b[160 + i]!;
      expect([...b.slice(STATE, STATE + 16)]).toEqual([...expected]);

      for (let i = 9; i >= 1; i--) aesInverseMixColumns(b, 16 * i, 16 * i);
      for (let i = 10; i >= 1; i--) {
        aesDecrypt(b, STATE, 16 * i);
        if (i > 1) aesInverseMixColumns(b, STATE, STATE);
      }
      for (let i = 0; i < 16; i++) b[STATE + i]! ^= b[i]!;
      expect([...b.slice(STATE, STATE + 16)]).toEqual([...text]);
    }
  });
});

/** One padded block as big-endian words at r[0..15]. */
function load(r: Int32Array, message: Uint8Array): void {
  const block = new Uint8Array(64);
  block.set(message);
  block[message.length] = 0x80;
  const view = new DataView(block.buffer);
  view.setUint32(60, message.length * 8);
  for (let i = 0; i < 16; i++) r[i] = view.getInt32(4 * i);
}

const hexWords = (words: Iterable<number>) =>
  [...words].map((w) => (w >>> 0).toString(16).padStart(8, '0')).join('');

/* Registers: schedule in words 0..15, state from 32, round constants added to the schedule at 48. */
describe('SHA rounds', () => {
  test('make SHA-1', () => {
    for (let n = 0; n < 50; n++) {
      const message = randomFillSync(new Uint8Array(n));
      const r = new Int32Array(64);
      load(r, message);
      const start = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0].map((w) => w | 0);
      r.set(start, 32);
      const kinds = [sha.SHA1_CHOOSE, sha.SHA1_PARITY, sha.SHA1_MAJORITY, sha.SHA1_PARITY];
      const constants = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];
      for (let i = 0; i < 20; i++) {
        const w = (i % 4) * 4;
        if (i >= 4) {
          sha.sha1Schedule0(r, w, (w + 4) % 16, (w + 8) % 16);
          sha.sha1Schedule1(r, w, (w + 12) % 16);
        }
        const quarter = Math.floor(i / 5);
        for (let k = 0; k < 4; k++) r[48 + k] = r[w + k]! + constants[quarter]!;
        const e = sha.sha1Rotate(r[32]!);
        sha.sha1Rounds(r, 32, 36, 48, kinds[quarter]!);
        r[36] = e;
      }
      const state = start.map((w, i) => w + r[32 + i]!);
      expect(hexWords(state)).toBe(createHash('sha1').update(message).digest('hex'));
    }
  });

  test('make SHA-256', () => {
    /** First 32 bits of the fraction of a root (FIPS 180-4, 4.2.2 and 5.3.3). */
    const fraction = (x: number) => ((x - Math.floor(x)) * 4294967296) | 0;
    const primes: number[] = [];
    for (let p = 2; primes.length < 64; p++) if (primes.every((q) => p % q !== 0)) primes.push(p);
    const constants = primes.map((p) => fraction(Math.cbrt(p)));
    const start = primes.slice(0, 8).map((p) => fraction(Math.sqrt(p)));
    for (let n = 0; n < 50; n++) {
      const message = randomFillSync(new Uint8Array(n));
      const r = new Int32Array(64);
      load(r, message);
      r.set(start, 32);
      for (let i = 0; i < 16; i++) {
        const w = (i % 4) * 4;
        if (i >= 4) {
          sha.sha256Schedule0(r, w, (w + 4) % 16);
          sha.sha256Schedule1(r, w, (w + 8) % 16, (w + 12) % 16);
        }
        for (let k = 0; k < 4; k++) r[48 + k] = r[w + k]! + constants[4 * i + k]!;
        for (let k = 0; k < 4; k++) r[52 + k] = r[32 + k]!;
        sha.sha256Rounds(r, 32, 36, 48, false);
        sha.sha256Rounds(r, 36, 52, 48, true);
      }
      const state = start.map((w, i) => w + r[32 + i]!);
      expect(hexWords(state)).toBe(createHash('sha256').update(message).digest('hex'));
    }
  });
});
