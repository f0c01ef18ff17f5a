import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { RiscvFrontEnd } from '../../../../src/translate/isa/riscv/front-end.js';
import type { CodeReader } from '../../../../src/translate/front-end.js';

function reader(pc: number, word: number): CodeReader {
  return { half: (addr) => (addr === pc ? word & 0xffff : addr === pc + 2 ? word >>> 16 : -1) };
}

describe.each([32, 64] as const)('rv%d disassembly', (xlen) => {
  const file = readFileSync(new URL(`objdump-rv${xlen}.txt`, import.meta.url), 'utf8');
  const lines = file.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const frontEnd = new RiscvFrontEnd(xlen);

  test('agrees with binutils', () => {
    expect(lines.length).toBeGreaterThan(500);
    const mine = lines.map((line) => {
      const [word = '', pc = ''] = line.split(' ');
      const at = parseInt(pc, 16);
      return `${word} ${pc} ${frontEnd.disassemble(at, reader(at, parseInt(word, 16))).text}`;
    });
    expect(mine).toEqual(lines);
  });

  test('prints what it does not know as data', () => {
    expect(frontEnd.disassemble(0, reader(0, 0xffffffff))).toEqual({ text: '.4byte 0xffffffff', length: 4 });
    expect(frontEnd.disassemble(0, reader(0, 0))).toEqual({ text: '.2byte 0x0', length: 2 });
    expect(frontEnd.disassemble(8, reader(0, 0)).length).toBe(0);
  });
});
