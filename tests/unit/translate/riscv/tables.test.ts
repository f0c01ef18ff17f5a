import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkTable } from '../../../../src/translate/decode/check.js';
import type { Decoder } from '../../../../src/translate/decode/decoder.js';
import { encode } from '../../../../src/translate/decode/encode.js';
import { fieldsOf } from '../../../../src/translate/decode/fields.js';
import { riscvDecoders } from '../../../../src/translate/isa/riscv/isa.js';
import type { Translator } from '../../../../src/translate/isa/riscv/context.js';
import { OPERANDS } from '../../../../src/translate/isa/riscv/vocabulary.js';

const fields = fieldsOf(OPERANDS);

/** The line of a word found by a plain scan, without any switch tables. */
function scan(rows: Decoder<Translator>['rows'], word: number): string | undefined {
  return rows.find((row) => ((word ^ row.value) & row.mask) === 0 && row.extract(word, fields.values))?.name;
}

describe.each([32, 64] as const)('rv%d tables', (xlen) => {
  const { full, compressed } = riscvDecoders(xlen);

  test('are sound', () => {
    expect(checkTable(full)).toEqual([]);
    expect(checkTable(compressed)).toEqual([]);
  });

  test('every halfword decodes as a scan of the lines does', () => {
    const { rows } = compressed;
    const wrong: number[] = [];
    for (let word = 0; word < 0x10000; word++) {
      if ((word & 3) !== 3 && compressed.decode(word, fields)?.name !== scan(rows, word)) wrong.push(word);
    }
    expect(wrong).toEqual([]);
  });

  test('random words decode as a scan of the lines does', () => {
    const { rows } = full;
    fc.assert(
      fc.property(fc.integer({ min: -0x80000000, max: 0x7fffffff }), fc.nat(rows.length - 1), (random, k) => {
        const row = rows[k] as (typeof rows)[number];
        // Near a line: its fixed bits, but for one.
        const word = ((random & ~row.mask) | row.value) ^ (random < 0 ? 1 << (random & 31) : 0);
        expect(full.decode(word, fields)?.name).toBe(scan(rows, word));
      }),
      { numRuns: 5000, seed: 2 },
    );
  });

  test('operands survive encoding and decoding', () => {
    for (const decoder of [full, compressed]) {
      for (const row of decoder.rows) {
        fc.assert(
          fc.property(fc.integer({ min: -0x80000000, max: 0x7fffffff }), (random) => {
            const word = ((random & ~row.mask) | row.value) & (row.width === 16 ? 0xffff : -1);
            if (decoder.decode(word, fields)?.name !== row.name) return;
            const values: Record<string, number> = {};
            for (const o of row.layout) values[o.operand] = fields.values[o.index] as number;
            expect(encode(row, values)).toBe(word);
          }),
          { numRuns: 20, seed: 1 },
        );
      }
    }
  });
});

describe('reserved encodings', () => {
  const rv64 = riscvDecoders(64);
  const rv32 = riscvDecoders(32);
  const name64 = (word: number): string | undefined =>
    ((word & 3) === 3 ? rv64.full : rv64.compressed).decode(word, fields)?.name;
  const name32 = (word: number): string | undefined =>
    ((word & 3) === 3 ? rv32.full : rv32.compressed).decode(word, fields)?.name;

  test.each([
    ['all zeros', 0x0000],
    ['c.addi4spn with 0', 0x0004],
    ['c.addi16sp with 0', 0x6101],
    ['c.lui with 0', 0x6081],
    ['c.addiw to x0', 0x2001],
    ['c.lwsp to x0', 0x4002],
    ['c.ldsp to x0', 0x6002],
    ['c.jr x0', 0x8002],
    ['rounding mode 5', 0x0020d053],
    ['rounding mode 6', 0x0020e053],
    ['lr.w with rs2', 0x1020a02f],
    ['all ones', 0xffffffff],
  ])('%s', (_, word) => {
    expect(name64(word | 0)).toBeUndefined();
  });

  test('sixth bit of shift amounts is for RV64', () => {
    expect(name64(0x02009093)).toBe('slli');
    expect(name32(0x02009093)).toBeUndefined();
    expect(name64(0x1082)).toBe('c.slli');
    expect(name32(0x1082)).toBeUndefined();
  });

  test('one encoding, two instructions', () => {
    expect(name64(0x2085)).toBe('c.addiw');
    expect(name32(0x2085)).toBe('c.jal');
    expect(name64(0x6080)).toBe('c.ld');
    expect(name32(0x6080)).toBe('c.flw');
  });

  test('hints are instructions', () => {
    expect(name64(0x0100000f)).toBe('pause');
    expect(name64(0x0ff0000f)).toBe('fence');
    expect(name64(0x0000_0001)).toBe('c.nop');
    expect(name64(0x4001)).toBe('c.li');
    expect(name64(0x9006)).toBe('c.add');
  });
});
