/**
 * What translators emit: the IR of one word of every line, and of a few sequences, against golden texts.
 * UPDATE_GOLDENS=1 writes the texts anew (not in CI).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { RISCV32, RISCV64 } from '../../../../src/abi/abi.js';
import { instText, slotName } from '../../../../src/debug/ir-text.js';
import { HELPER_NAMES } from '../../../../src/translate/helpers.js';
import { BlockBuilder } from '../../../../src/translate/ir/builder.js';
import { OPS } from '../../../../src/translate/ir/ops.js';
import type { Inst } from '../../../../src/translate/ir/inst.js';
import { RiscvFrontEnd } from '../../../../src/translate/isa/riscv/front-end.js';
import { Assembler } from '../../../random/riscv/assembler.js';

const PC = 0x10000;

/** Operands that show each one's place; s2, s3, s4 and f9..f12. */
const OPERANDS: Readonly<Record<string, number>> = {
  rd: 18, rs1: 19, rs2: 20, fd: 9, fs1: 10, fs2: 11, fs3: 12, imm: 16, upper: 0x5000, offset: 64, zimm: 3, shamt: 3, fli: 19,
  rm: 7, csr: 3, aqrl: 3, fm: 0, pred: 15, succ: 15,
}; // prettier-ignore
const COMPRESSED_OPERANDS = { ...OPERANDS, rd: 9, rs1: 9, rs2: 10 };

describe.each([64, 32] as const)('rv%d IR', (xlen) => {
  const asm = new Assembler(xlen);
  const frontEnd = new RiscvFrontEnd(xlen);
  const abi = xlen === 64 ? RISCV64 : RISCV32;

  function translate(words: readonly number[]): string {
    const halves = words.flatMap((bits) =>
      (bits & 3) === 3 ? [bits & 0xffff, bits >>> 16] : [bits & 0xffff],
    );
    const builder = new BlockBuilder();
    const code = { half: (addr: number): number => halves[(addr - PC) >> 1] ?? -1 };
    builder.begin(PC);
    frontEnd.translate(builder, PC, code);
    const block = builder.finish();
    let text = '';
    for (const pc of block.boundaries) text += `${frontEnd.disassemble(pc, code).text}\n`;
    for (const inst of [...block.insts, block.end]) text += `    ${opText(inst)}\n`;
    return text;
  }

  /** Helpers by name: their numbers depend on which modules were loaded before. */
  function opText(inst: Inst): string {
    if (inst.row !== OPS.helper) return instText(abi, inst);
    const slots = [inst.d, inst.a, inst.b, inst.c].map((slot) =>
      typeof slot === 'number' ? slotName(abi, slot) : '-',
    );
    return `${HELPER_NAMES[inst.imm2]} ${slots.join(' ')} #${inst.imm}`;
  }

  function allLines(): string {
    let text = '';
    for (const row of asm.rows) {
      const values = row.width === 16 ? COMPRESSED_OPERANDS : OPERANDS;
      text += `${translate([asm.word(row.name, values).bits])}\n`;
    }
    return text;
  }

  test('of every line', () => {
    const file = fileURLToPath(new URL(`ir-rv${xlen}.txt`, import.meta.url));
    const text = allLines();
    if (process.env['UPDATE_GOLDENS'] === '1' && process.env['CI'] === undefined) writeFileSync(file, text);
    expect(text).toBe(readFileSync(file, 'utf8'));
  });

  const word = (name: string, values: Readonly<Record<string, number>>): number =>
    asm.word(name, values).bits;

  test('does not depend on stale operands', () => {
    // Decode something else in between: every operand a translator reads must come from its own line.
    const other = [
      word('add', { rd: 31, rs1: 30, rs2: 29 }), word('fmadd.s', { fd: 31, fs1: 30, fs2: 29, fs3: 28, rm: 1 }),
      word('addi', { rd: 31, rs1: 30, imm: -1 }), word('lui', { rd: 31, upper: -4096 }),
      word('slli', { rd: 31, rs1: 30, shamt: 31 }), word('csrrwi', { rd: 31, csr: 1, zimm: 31 }),
    ]; // prettier-ignore
    const first = allLines();
    for (const row of asm.rows) {
      const values = row.width === 16 ? COMPRESSED_OPERANDS : OPERANDS;
      const { bits } = asm.word(row.name, values);
      translate(other);
      expect(first).toContain(translate([bits]));
    }
  });

  test('of auipc and jalr is a direct call', () => {
    const call = [word('auipc', { rd: 1, upper: 0x1000 }), word('jalr', { rd: 1, rs1: 1, imm: 16 })];
    expect(translate(call)).toMatch(/jump #0x11010, #0x10008 call$/m);
  });

  test('of ret is a return, of a tail call neither', () => {
    expect(translate([word('jalr', { rd: 0, rs1: 1, imm: 0 })])).toMatch(/jumpIndEven ra, .*return$/m);
    expect(translate([word('jalr', { rd: 0, rs1: 6, imm: 0 })])).toMatch(/jumpIndEven t1, #0x10004$/m);
  });

  test('of a jump through the link register reads it before it is written', () => {
    const text = translate([word('jalr', { rd: 1, rs1: 1, imm: 0 })]);
    expect(text).toMatch(/t0 = mov(32|64) ra\n.*ra = mov(32|64) 0x10004\n.*jumpIndEven t0/s);
  });

  test('of singles checks the box once in a block', () => {
    const add = word('fadd.s', { fd: 1, fs1: 2, fs2: 3, rm: 7 });
    const again = word('fadd.s', { fd: 1, fs1: 1, fs2: 1, rm: 7 });
    expect(translate([add, again]).match(/unbox32/g)).toHaveLength(2);
    const double = word('fadd.d', { fd: 1, fs1: 1, fs2: 1, rm: 7 });
    expect(translate([add, double, again]).match(/unbox32/g)).toHaveLength(4);
  });

  test('of x0 reads zero and writes nothing', () => {
    expect(translate([word('add', { rd: 0, rs1: 6, rs2: 7 })])).toBe('add zero,t1,t2\n    jump #0x10004\n');
    expect(translate([word('lw', { rd: 0, rs1: 6, imm: 0 })])).toMatch(/t0(\.s)? = load32 \[t1\]/);
    expect(translate([word('sw', { rs1: 6, rs2: 0, imm: 4 })])).toMatch(/store32 \[t1 \+ 4\], 0x0/);
  });
});
