import { expect, test } from '@jest/globals';
import { nibbleTables } from '../../../../src/cpu/crypto/aes-nibbles.js';
import { aesBoxes } from '../../../../src/cpu/crypto/aes.js';
import { clmul64, clmul8 } from '../../../../src/cpu/crypto/clmul.js';
import { Random } from '../fp/block.js';

const { forward: SBOX, inverse: INVERSE_SBOX } = aesBoxes();

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

/** FIPS 197, figure 7: some entries, and that the inverse is one. */
test('the AES S-box', () => {
  expect([0x00, 0x01, 0x53, 0x9a, 0xff].map((x) => SBOX[x])).toEqual([0x63, 0x7c, 0xed, 0xb8, 0x16]);
  for (let x = 0; x < 256; x++) expect(INVERSE_SBOX[SBOX[x]!]).toBe(x);
});

test.each([
  ['S-box', false, SBOX],
  ['inverse S-box', true, INVERSE_SBOX],
] as const)('the %s by tables of sixteen', (_, backwards, box) => {
  const tables = nibbleTables(backwards);
  const look = (table: readonly number[], index: number) => (index < 16 ? table[index]! : 0);
  for (let x = 0; x < 256; x++) {
    const y = look(tables.inLow, x & 15) ^ look(tables.inHigh, x >> 4);
    const [i, k] = [y >> 4, y & 15];
    const j = i ^ k;
    const over = look(tables.over, k);
    const io = look(tables.inverse, look(tables.inverse, i) ^ over) ^ j;
    const jo = look(tables.inverse, look(tables.inverse, j) ^ over) ^ i;
    expect(look(tables.outIo, io) ^ look(tables.outJo, jo) ^ tables.constant).toBe(box[x]);
  }
});
