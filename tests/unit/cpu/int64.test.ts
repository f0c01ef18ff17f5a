import { describe, expect, test } from '@jest/globals';
import * as int from '../../../src/cpu/int64.js';
import { Random } from './fp/block.js';

type Wide = (out: Int32Array, al: number, ah: number, bl: number, bh: number) => void;

const u64 = (n: bigint) => BigInt.asUintN(64, n);
const s64 = (n: bigint) => BigInt.asIntN(64, n);

/** Operands of all sizes, and ones near multiples and powers of two. */
function pair(random: Random): [bigint, bigint] {
  const a = random.integer(64);
  const b = random.integer(64);
  if (random.below(4) !== 0 || b === 0n) return [a, b];
  return [u64(b * random.integer(32) + BigInt(random.below(3) - 1)), b];
}

const OPS: [string, Wide, (a: bigint, b: bigint) => bigint][] = [
  ['mulhu64', int.mulhu64, (a, b) => (a * b) >> 64n],
  ['mulhs64', int.mulhs64, (a, b) => (s64(a) * s64(b)) >> 64n],
  ['mulhsu64', int.mulhsu64, (a, b) => (s64(a) * b) >> 64n],
  ['divu64', int.divu64, (a, b) => (b === 0n ? 0n : a / b)],
  ['remu64', int.remu64, (a, b) => (b === 0n ? a : a % b)],
  ['divs64', int.divs64, (a, b) => (b === 0n ? 0n : s64(a) / s64(b))],
  ['rems64', int.rems64, (a, b) => (b === 0n ? a : s64(a) % s64(b))],
];

describe('64-bit integers against BigInt', () => {
  test.each(OPS)('%s', (_name, run, reference) => {
    const random = new Random(64);
    const out = new Int32Array(4);
    for (let i = 0; i < 20000; i++) {
      const [a, b] = pair(random);
      const words = [a, a >> 32n, b, b >> 32n].map((w) => Number(BigInt.asIntN(32, w)));
      run(out, words[0]!, words[1]!, words[2]!, words[3]!);
      const got = (BigInt(out[1]!) << 32n) | BigInt(out[0]! >>> 0);
      if (u64(got) !== u64(reference(a, b))) {
        expect(`${a} ${b}: ${u64(got)}`).toBe(`${a} ${b}: ${u64(reference(a, b))}`);
      }
    }
  });

  test.each([
    ['mulhu32', int.mulhu32, (a: bigint, b: bigint) => BigInt.asUintN(32, a) * BigInt.asUintN(32, b)],
    ['mulhs32', int.mulhs32, (a: bigint, b: bigint) => a * b],
    ['mulhsu32', int.mulhsu32, (a: bigint, b: bigint) => a * BigInt.asUintN(32, b)],
  ] as const)('%s', (_name, run, product) => {
    const random = new Random(32);
    for (let i = 0; i < 20000; i++) {
      const a = Number(BigInt.asIntN(32, random.integer(32)));
      const b = Number(BigInt.asIntN(32, random.integer(32)));
      const high = Number(BigInt.asIntN(32, product(BigInt(a), BigInt(b)) >> 32n));
      if (run(a, b) !== high) expect(`${a} ${b}: ${run(a, b)}`).toBe(`${a} ${b}: ${high}`);
    }
  });
});
