import { describe, expect, test } from '@jest/globals';
import { loadArmTexts } from '../../../../src/debug/capstone.js';
import { checkTable } from '../../../../src/translate/decode/check.js';
import { fieldsOf } from '../../../../src/translate/decode/fields.js';
import { A64Decoder } from '../../../../src/translate/isa/aarch64/isa.js';
import { A64_MODELS, a64Model, hwcapNames, idRegister } from '../../../../src/translate/isa/aarch64/model.js';
import type { A64Model } from '../../../../src/translate/isa/aarch64/model.js';
import { GROUPS } from '../../../../src/translate/isa/aarch64/tables/index.js';
import { OPERANDS } from '../../../../src/translate/isa/aarch64/vocabulary.js';
import { AARCH64_HWCAP, AARCH64_HWCAP2 } from '../../../../src/abi/hwcap.js';
import { A64Assembler } from '../../../random/aarch64/assembler.js';
import { compareWord, drawer } from '../../../random/aarch64/decode-exceptions.js';
import { Rng } from '../../../random/rng.js';

const MAX = a64Model('max') as A64Model;
const fields = fieldsOf(OPERANDS);

describe('A64 tables', () => {
  test.each(A64_MODELS.map((model) => [model.name, model] as const))('of %s are sound', (_, model) => {
    expect(checkTable(new A64Decoder(model).whole())).toEqual([]);
  });

  test('the groups by op0 find what all lines together find', () => {
    const decoder = new A64Decoder(MAX);
    const whole = decoder.whole();
    const { rows } = whole;
    const rng = new Rng(1);
    const wrong: number[] = [];
    for (let n = 0; n < 20000; n++) {
      const row = rng.pick(rows);
      const word = rng.chance(0.2) ? rng.word() : (rng.word() & ~row.mask) | row.value;
      if (decoder.decode(word, fields)?.name !== whole.decode(word, fields)?.name) wrong.push(word);
    }
    expect(wrong).toEqual([]);
  });

  test('every optional table belongs to a feature of max', () => {
    const names = GROUPS.flatMap(({ optional }) => optional.map(({ name }) => name.split(' ')[0]));
    expect(names.filter((name) => !MAX.features.has(name as never))).toEqual([]);
  });

  test('capstone agrees on what is an instruction and on its operands', async () => {
    const asm = new A64Assembler(MAX);
    const text = (await loadArmTexts()).aarch64;
    const draw = drawer(asm, new Rng(2));
    const differences: string[] = [];
    const check = (word: number): void => {
      const difference = compareWord(asm, text, word);
      if (difference !== undefined) differences.push(`${difference.kind} ${difference.example}`);
    };
    for (let n = 0; n < 40000; n++) check(draw());
    // Of every line some words, of the system instructions each.
    const rng = new Rng(3);
    for (const row of asm.rows) for (let n = 0; n < 8; n++) check((rng.word() & ~row.mask) | row.value);
    for (const base of [0xd5080000, 0xd5100000, 0xd5300000])
      for (let n = 0; n < 1 << 15; n++) check(base | (n << 5) | (n % 32));
    expect(differences).toEqual([]);
  });
});

describe('CPU models', () => {
  test('name HWCAP bits that exist', () => {
    for (const model of A64_MODELS) {
      const { hwcap, hwcap2 } = hwcapNames(model);
      expect(hwcap.filter((name) => !(name in AARCH64_HWCAP))).toEqual([]);
      expect(hwcap2.filter((name) => !(name in AARCH64_HWCAP2))).toEqual([]);
      expect(new Set(hwcap).size).toBe(hwcap.length);
    }
  });

  test('show their extensions in the ID registers', () => {
    const a53 = a64Model('cortex-a53') as A64Model;
    // AES with PMULL, SHA1, SHA2, CRC32: the part's ID_AA64ISAR0_EL1 (Cortex-A53 TRM 4.3.18).
    expect(idRegister(a53, 6, 0)).toEqual({ lo: 0x11120, hi: 0 });
    expect(idRegister(a53, 0, 0)).toEqual({ lo: 0x410fd034, hi: 0 });
    expect(idRegister(a53, 0, 3)).toBeUndefined();
    expect(idRegister(a53, 5, 7)).toEqual({ lo: 0, hi: 0 });
    expect(((idRegister(MAX, 6, 0)?.lo ?? 0) >>> 20) & 15).toBe(2);
  });
});
