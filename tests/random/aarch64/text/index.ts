/**
 * Assembler text from our decoder's fields alone, to be compared with what an independent disassembler makes of the word:
 * a wrong field, width, sign or scale in a decode table shows as another text.
 */
import type { A64Fields } from '../../../../src/translate/isa/aarch64/vocabulary.js';
import type { A64Row } from '../assembler.js';
import { BRANCHES, DATA, SYSTEM_OPS } from './integer.js';
import { MEMORY } from './memory.js';
import { canonical } from './names.js';
import { printSimd } from './simd.js';

/** Texts for one word that differ in taste alone; capstone has now one and now the other. */
const EQUAL: readonly (readonly [RegExp, string])[] = [
  // The manual prefers MOV unless a move of 16 bits does it; capstone keeps some more ORRs.
  [/^orr (w?sp|[xw]\d+|[xw]zr), [xw]zr, #/, 'mov $1, #'],
  // The lowest bits taken from the zero register, or cleared.
  [/^bfxil (\w+), [xw]zr, #0, /, 'bfc $1, #0, '],
  // The long shift by zero, which capstone calls SXTL and UXTL for some arrangements only.
  [/^([su])xtl(2?) (.*)$/, '$1shll$2 $3, #0'],
];

function plain(text: string): string {
  return EQUAL.reduce((out, [from, to]) => out.replace(from, to), canonical(text));
}

/** @throws an Error for a line that has no printer */
export function textOf(row: A64Row, fields: A64Fields, pc: number): string {
  const print = DATA[row.name] ?? BRANCHES[row.name] ?? SYSTEM_OPS[row.name] ?? MEMORY[row.name];
  const text = print === undefined ? printSimd(row, fields) : print(fields, BigInt(pc));
  if (text === undefined) throw new Error(`no text for ${row.name}`);
  return text;
}

/** Whether our text and the other disassembler's mean the same operands. */
export function sameText(ours: string, other: string): boolean {
  // Capstone writes a minus sign before this one constant and forgets to negate it.
  return plain(ours) === plain(other.replace('#-0xffffffff80000000', '#0xffffffff80000000'));
}
