import { describe, expect, test } from '@jest/globals';
import { checkTable } from '../../../../src/translate/decode/check.js';
import { Decoder } from '../../../../src/translate/decode/decoder.js';
import { fieldsOf } from '../../../../src/translate/decode/fields.js';
import { extension, form } from '../../../../src/translate/decode/table.js';
import type { RowOptions, Rows } from '../../../../src/translate/decode/table.js';
import { instructionText } from '../../../../src/translate/decode/text.js';
import type { Vocabulary } from '../../../../src/translate/decode/vocabulary.js';

const OPERANDS = ['a', 'b', 'imm'] as const;
const VOCABULARY: Vocabulary = {
  a: { width: 4 },
  "a'": { operand: 'a', width: 3, plus: 8 },
  b: { width: 4 },
  imm: { signed: true },
  scaled: { operand: 'imm', shift: 2, signed: true },
  small: { operand: 'imm', width: 4, below: 10 },
};
const row = form('a,imm');
const line = (bits: string, options?: RowOptions) => row(bits, options);

function decoder(rows: Rows, actions: Readonly<Record<string, string>> = {}, tail = 0): Decoder<string> {
  const all = Object.fromEntries(Object.keys(rows).map((name) => [name, actions[name] ?? name]));
  return new Decoder({
    width: 16, vocabulary: VOCABULARY, operands: OPERANDS, extensions: [extension('T', rows)], actions: all,
    variant: 'one', tail,
  }); // prettier-ignore
}

const fields = fieldsOf(OPERANDS);

describe('operands', () => {
  test('pieces are put together, sign-extended and scaled', () => {
    const d = decoder({ x: line('1111 imm[3:0] a imm[7:4]'), y: line('0000 scaled[3|1:0|2] a b') });
    expect(d.decode(0xf3_58, fields)?.name).toBe('x');
    expect([fields.a, fields.imm]).toEqual([5, -125]);
    expect(d.decode(0x0852, fields)?.name).toBe('y');
    expect([fields.a, fields.b, fields.imm]).toEqual([5, 2, -32]);
    d.decode(0x0152, fields);
    expect(fields.imm).toBe(16);
    expect(fields.word).toBe(0x0152);
  });

  test('one field may be two operands, others are constants', () => {
    const d = decoder({ x: line("0000 0000 0 a'/b 0000", { set: 'imm=7' }) });
    d.decode(0x0030, fields);
    expect([fields.a, fields.b, fields.imm]).toEqual([11, 3, 7]);
  });

  test('constraints choose between lines', () => {
    const d = decoder({
      none: line('0000 0000 0000 a'),
      some: line('0000 0000 b!=0 a!={1,2}'),
      low: line('0001 0000 0000 small'),
    });
    expect(checkTable(d)).toEqual([]);
    expect(d.decode(0x0001, fields)?.name).toBe('none');
    expect(d.decode(0x0010, fields)?.name).toBe('some');
    expect(d.decode(0x0011, fields)).toBeUndefined();
    expect(d.decode(0x1009, fields)?.name).toBe('low');
    expect(d.decode(0x100a, fields)).toBeUndefined();
  });
});

describe('lines', () => {
  test('of other variants are left out', () => {
    const d = decoder({
      x: line('0000 0000 0000 a', { only: 'one' }),
      y: line('0001 0000 0000 a', { only: 'two' }),
    });
    expect(d.rows.map((r) => r.name)).toEqual(['x']);
  });

  test('that are special cases come first', () => {
    const d = decoder({
      general: line('0000 0000 b a'),
      special: line('0000 0000 0101 0101', { over: 'general' }),
    });
    expect(checkTable(d)).toEqual([]);
    expect(d.decode(0x55, fields)?.name).toBe('special');
    expect(d.decode(0x56, fields)?.name).toBe('general');
  });

  test('of many patterns with gaps are found', () => {
    const rows: Record<string, ReturnType<typeof line>> = {};
    for (let n = 0; n < 64; n++) {
      const bits = n.toString(2).padStart(6, '0');
      rows[`r${n}`] = line(`${bits.slice(0, 3)} b 1 a ${bits.slice(3)} 0`);
    }
    for (const tail of [0, 1]) {
      const d = decoder(rows, {}, tail);
      expect(checkTable(d)).toEqual([]);
      for (let n = 0; n < 64; n++) {
        expect(d.decode(((n >> 3) << 13) | 0x100 | 0x50 | ((n & 7) << 1), fields)?.name).toBe(`r${n}`);
        expect(d.decode(((n >> 3) << 13) | 0x100 | 0x50 | ((n & 7) << 1) | 1, fields)).toBeUndefined();
      }
    }
  });
});

describe('the check', () => {
  test('finds lines that overlap', () => {
    expect(checkTable(decoder({ x: line('0000 0000 b a'), y: line('0000 0000 0001 a') }))).toEqual([
      'x overlaps y',
    ]);
    expect(checkTable(decoder({ x: line('0000 0000 b a'), y: line('0000 b 0000 a') }))).toEqual([
      'x overlaps y',
    ]);
  });

  test('finds special cases that are none', () => {
    const d = decoder({ x: line('0000 0000 0000 a'), y: line('0001 0000 0000 a', { over: 'x' }) });
    expect(checkTable(d)).toEqual(['y: never overlaps x']);
  });

  test('finds bits given twice or not at all', () => {
    expect(checkTable(decoder({ x: line('0000 imm[3:0] imm[3:0] a') }))).toEqual([
      'x: bits of imm given twice',
    ]);
    expect(checkTable(decoder({ x: line('0000 imm[7:4] imm[2:0] 0 a') }))).toEqual([
      'x: bits of imm have a gap',
    ]);
  });

  test('finds lines without an action', () => {
    const d = new Decoder<string>({
      width: 16, vocabulary: VOCABULARY, operands: OPERANDS, extensions: [extension('T', { x: line('0000 0000 b a') })],
      actions: {}, variant: 'one', tail: 0,
    }); // prettier-ignore
    expect(checkTable(d)).toEqual(['x: no translator']);
  });

  test.each([
    ['too few bits', '0000 0000 a', '12 bits'],
    ['an unknown field', '0000 0000 c a', 'unknown field c'],
    ['a field of unknown width', '0000 0000 imm a', 'needs a bit list'],
  ])('refuses %s', (_, bits, message) => {
    expect(() => decoder({ x: line(bits) }).rows).toThrow(message);
  });

  test('refuses a line whose tail is not fixed', () => {
    expect(() => decoder({ x: line('0000 0000 b a') }, {}, 4)).toThrow('not one fixed cell');
  });
});

describe('text', () => {
  const printers = { a: (n: number) => `r${n}`, imm: (n: number, pc: number) => String(pc + n), b: () => '' };
  test('comes from the template', () => {
    const d = decoder({
      'x@1': form('a,(sp),imm')('0000 imm[7:0] a'),
      y: form('{b} a')('0001 0000 b a'),
      z: form('')('0010 0000 0000 0000'),
    });
    const text = (word: number): string => {
      const found = d.decode(word, fields);
      return found === undefined ? '?' : instructionText(found, fields.values, 100, printers);
    };
    expect(text(0x0013)).toBe('x r3,(sp),101');
    expect(text(0x1013)).toBe('y r3');
    expect(text(0x2000)).toBe('z');
  });
});
