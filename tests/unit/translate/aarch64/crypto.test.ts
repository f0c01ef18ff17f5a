/** AES, SHA-1 and SHA-256 written with A64's instructions, against the host's. */
import { createCipheriv, createHash, randomFillSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { aesBoxes } from '../../../../src/cpu/crypto/aes.js';
import { EXIT_SYSCALL } from '../../../../src/cpu/exit.js';
import { SLOT_V } from '../../../../src/cpu/layout.js';
import type { EngineMode } from '../../../../src/translate/engine.js';
import { PROT_EXEC, PROT_READ } from '../../../../src/mmap/flags.js';
import { a64Model } from '../../../../src/translate/isa/aarch64/model.js';
import type { A64Model } from '../../../../src/translate/isa/aarch64/model.js';
import { A64Assembler } from '../../../random/aarch64/assembler.js';
import type { Values } from '../../../random/aarch64/assembler.js';
import { A64Machine } from '../../../random/aarch64/machine.js';

const { forward: SBOX } = aesBoxes();

const MODES: readonly EngineMode[] = ['closures', 'interp', 'wasm'];
const CODE = 0x100000;
const model = a64Model('max') as A64Model;
const asm = new A64Assembler(model);

type Line = readonly [string, Values];
const r2 = (name: string, rd: number, rn: number): Line => [name, { rd, rn }];
const r3 = (name: string, rd: number, rn: number, rm: number): Line => [name, { rd, rn, rm }];
const add = (rd: number, rn: number, rm: number): Line => ['add@v', { q: 1, size: 2, rd, rn, rm }];
const move = (rd: number, rn: number): Line => ['orr@v', { q: 1, rd, rn, rm: rn }];
const eor = (rd: number, rn: number, rm: number): Line => ['eor@v', { q: 1, rd, rn, rm }];

/** Runs a straight line of code on vector registers as often as is asked. */
class Run {
  private readonly machine: A64Machine;

  constructor(mode: EngineMode, lines: readonly Line[]) {
    this.machine = new A64Machine(model, { mode });
    const words = [...lines.map(([name, values]) => asm.word(name, values)), asm.word('svc', {})];
    this.machine.place(CODE, new Uint8Array(Int32Array.from(words).buffer), PROT_READ | PROT_EXEC);
  }

  /** The register file as bytes, 16 a register. */
  go(fill: (v: Uint8Array) => void): Uint8Array {
    const { machine } = this;
    machine.reset();
    const bytes = machine.cpu.b8.subarray(SLOT_V * 8, SLOT_V * 8 + 512);
    fill(bytes);
    machine.cpu.pc = CODE;
    expect(machine.step()).toBe(EXIT_SYSCALL);
    return bytes;
  }
}

const ROUNDS = 10;
/** Round keys one behind the other (FIPS 197, 5.2). */
function expand(key: Uint8Array): Uint8Array {
  const b = new Uint8Array(16 * (ROUNDS + 1));
  b.set(key);
  for (let i = 16, rcon = 1; i < b.length; i += 4) {
    let t = [...b.subarray(i - 4, i)];
    if (i % 16 === 0) {
      t = [1, 2, 3, 0].map((k) => SBOX[t[k] as number] as number);
      t[0] = (t[0] as number) ^ rcon;
      rcon = rcon < 128 ? rcon * 2 : 0x1b;
    }
    for (let k = 0; k < 4; k++) b[i + k] = (b[i + k - 16] as number) ^ (t[k] as number);
  }
  return b;
}

/** One padded block as the words of four registers. */
function block(message: Uint8Array): Int32Array {
  const bytes = new Uint8Array(64);
  bytes.set(message);
  bytes[message.length] = 0x80;
  const view = new DataView(bytes.buffer);
  view.setUint32(60, message.length * 8);
  return Int32Array.from({ length: 16 }, (_, i) => view.getInt32(4 * i));
}
const wordsIn = (v: Uint8Array, register: number, count: number): Int32Array =>
  new Int32Array(v.buffer, v.byteOffset + 16 * register, count);
const hex = (words: readonly number[]): string =>
  words.map((w) => (w >>> 0).toString(16).padStart(8, '0')).join('');

describe.each(MODES)('%s', (mode) => {
  // The state in v0, round keys in v1 to v11, those for the way back behind InvMixColumns in v12 to v20.
  test('AES-128 and its inverse', () => {
    const lines: Line[] = [];
    for (let n = 0; n < ROUNDS; n++) {
      lines.push(r2('aese', 0, 1 + n));
      if (n < ROUNDS - 1) lines.push(r2('aesmc', 0, 0));
    }
    lines.push(eor(0, 0, 11), move(21, 0));
    for (let n = 1; n < ROUNDS; n++) lines.push(r2('aesimc', 11 + n, 1 + n));
    for (let n = ROUNDS; n >= 1; n--) {
      lines.push(r2('aesd', 21, n === ROUNDS ? 11 : 11 + n));
      if (n > 1) lines.push(r2('aesimc', 21, 21));
    }
    lines.push(eor(21, 21, 1));
    const run = new Run(mode, lines);
    for (let n = 0; n < 6; n++) {
      const key = randomFillSync(new Uint8Array(16));
      const text = randomFillSync(new Uint8Array(16));
      const v = run.go((bytes) => {
        bytes.set(text, 0);
        bytes.set(expand(key), 16);
      });
      expect([...v.subarray(0, 16)]).toEqual([...createCipheriv('aes-128-ecb', key, null).update(text)]);
      expect([...v.subarray(16 * 21, 16 * 22)]).toEqual([...text]);
    }
  });

  // a to d in v0, e in v1 and v2 by turns, the schedule in v4 to v7, constants in v16 to v19.
  test('SHA-1', () => {
    const lines: Line[] = [];
    for (let i = 0; i < 20; i++) {
      const w = (k: number): number => 4 + ((i + k) % 4);
      if (i >= 4) lines.push(r3('sha1su0', w(0), w(1), w(2)), r2('sha1su1', w(0), w(3)));
      const quarter = Math.floor(i / 5);
      lines.push(
        add(20, w(0), 16 + quarter),
        r2('sha1h', 1 + ((i + 1) % 2), 0),
        r3(['sha1c', 'sha1p', 'sha1m', 'sha1p'][quarter] as string, 0, 1 + (i % 2), 20),
      );
    }
    const run = new Run(mode, lines);
    const start = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0].map((w) => w | 0);
    const constants = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];
    for (let n = 0; n < 6; n++) {
      const message = randomFillSync(new Uint8Array(7 * n));
      const v = run.go((bytes) => {
        wordsIn(bytes, 0, 5).set(start);
        wordsIn(bytes, 4, 16).set(block(message));
        constants.forEach((k, i) => wordsIn(bytes, 16 + i, 4).fill(k));
      });
      const state = wordsIn(v, 0, 5);
      expect(hex(start.map((w, i) => w + (state[i] as number)))).toBe(
        createHash('sha1').update(message).digest('hex'),
      );
    }
  });

  // a to d in v0, e to h in v1, the schedule in v4 to v7, constants in v8 to v23.
  test('SHA-256', () => {
    const lines: Line[] = [];
    for (let i = 0; i < 16; i++) {
      const w = (k: number): number => 4 + ((i + k) % 4);
      if (i >= 4) lines.push(r2('sha256su0', w(0), w(1)), r3('sha256su1', w(0), w(2), w(3)));
      lines.push(add(24, w(0), 8 + i), move(2, 0), r3('sha256h', 0, 1, 24), r3('sha256h2', 1, 2, 24));
    }
    const run = new Run(mode, lines);
    /** First 32 bits of the fraction of a root (FIPS 180-4, 4.2.2 and 5.3.3). */
    const fraction = (x: number): number => ((x - Math.floor(x)) * 4294967296) | 0;
    const primes: number[] = [];
    for (let p = 2; primes.length < 64; p++) if (primes.every((q) => p % q !== 0)) primes.push(p);
    const start = primes.slice(0, 8).map((p) => fraction(Math.sqrt(p)));
    for (let n = 0; n < 6; n++) {
      const message = randomFillSync(new Uint8Array(9 * n));
      const v = run.go((bytes) => {
        wordsIn(bytes, 0, 8).set(start);
        wordsIn(bytes, 4, 16).set(block(message));
        wordsIn(bytes, 8, 64).set(primes.map((p) => fraction(Math.cbrt(p))));
      });
      const state = wordsIn(v, 0, 8);
      expect(hex(start.map((w, i) => w + (state[i] as number)))).toBe(
        createHash('sha256').update(message).digest('hex'),
      );
    }
  });

  test('carry-less products of low and high halves', () => {
    const run = new Run(mode, [
      ['pmull@64', { q: 0, rd: 2, rn: 0, rm: 1 }],
      ['pmull@64', { q: 1, rd: 3, rn: 0, rm: 1 }],
    ]);
    const carryless = (a: bigint, b: bigint): bigint => {
      let product = 0n;
      for (let i = 0n; b >> i !== 0n; i++) if (((b >> i) & 1n) === 1n) product ^= a << i;
      return product;
    };
    for (let n = 0; n < 40; n++) {
      const factors = new BigUint64Array(4);
      if (n < 4) factors.fill([0n, 1n, 2n ** 64n - 1n, 2n ** 63n][n] as bigint);
      else randomFillSync(factors);
      const v = run.go((bytes) => {
        bytes.set(new Uint8Array(factors.buffer));
      });
      const products = new BigUint64Array(v.slice(32, 64).buffer);
      for (const half of [0, 1]) {
        const got = ((products[2 * half + 1] as bigint) << 64n) | (products[2 * half] as bigint);
        expect(got).toBe(carryless(factors[half] as bigint, factors[2 + half] as bigint));
      }
    }
  });
});
