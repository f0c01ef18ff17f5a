import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  alignDown,
  alignUp,
  ctz32,
  high32,
  isPowerOfTwo,
  joinI64,
  joinU64,
  low32,
  popcount32,
  signExtend,
} from '../../../src/util/bits.js';
import { addLength } from '../../../src/util/brand.js';
import { hex, hexPad, hexPair } from '../../../src/util/hex.js';

describe('bits', () => {
  test.each([
    [0x12345, 0x1000, 0x12000, 0x13000],
    [0x12000, 0x1000, 0x12000, 0x12000],
    [2 ** 40 + 1, 4096, 2 ** 40, 2 ** 40 + 4096],
    [0, 16, 0, 0],
  ])('align %i to %i', (v, unit, down, up) => {
    expect(alignDown(v, unit)).toBe(down);
    expect(alignUp(v, unit)).toBe(up);
  });

  test('words of a 64-bit number join again', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (v) => {
        expect(joinI64(low32(v), high32(v))).toBe(v);
        if (v >= 0) expect(joinU64(low32(v), high32(v))).toBe(v);
        expect(BigInt.asIntN(32, BigInt(v))).toBe(BigInt(low32(v)));
      }),
      { seed: 1 },
    );
    expect(joinU64(-1, 0x1f_ffff)).toBe(Number.MAX_SAFE_INTEGER);
  });

  test('counting', () => {
    fc.assert(
      fc.property(fc.integer(), (v) => {
        const text = (v >>> 0).toString(2).padStart(32, '0');
        expect(popcount32(v)).toBe(text.replaceAll('0', '').length);
        expect(ctz32(v)).toBe(v === 0 ? 32 : text.length - 1 - text.lastIndexOf('1'));
      }),
      { seed: 1 },
    );
    expect(ctz32(0)).toBe(32);
  });

  test('sign extension', () => {
    expect([signExtend(0xfff, 12), signExtend(0x7ff, 12), signExtend(-1, 32), signExtend(1, 1)]).toEqual([
      -1, 2047, -1, -1,
    ]);
  });

  test('powers of two', () => {
    expect([0, 1, 2, 3, 4096, 2 ** 45, 2 ** 45 + 1, -4].map(isPowerOfTwo)).toEqual([
      false,
      true,
      true,
      false,
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('addresses', () => {
  test('a length that leaves the space gives undefined', () => {
    expect(addLength(0xffff_f000, 0x1000)).toBe(0x1_0000_0000);
    expect(addLength(0xffff_f000, 0x1001)).toBeUndefined();
    expect(addLength(10, -1)).toBeUndefined();
  });
});

describe('hex', () => {
  test('texts', () => {
    expect([hex(255), hex(-255), hexPad(0xab, 4), hexPair(-1, 1)]).toEqual([
      '0xff',
      '-0xff',
      '00ab',
      '00000001ffffffff',
    ]);
  });
});
