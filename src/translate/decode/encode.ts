/** The way back from operands to instruction words: for tests and for making code. */
import type { OperandLayout, Row } from './row.js';

/** `word` with the bits of one operand replaced by `value`. */
export function insertOperand(word: number, operand: OperandLayout, value: number): number {
  const bits = (value - operand.plus) >> operand.shift;
  let out = word;
  for (const { from, width, to } of operand.slices) {
    const mask = width === 32 ? -1 : (1 << width) - 1;
    out = (out & ~(mask << from)) | (((bits >>> to) & mask) << from);
  }
  return out;
}

/**
 * The word of a line with the given operands; those not given have zero bits. Does not look at constraints: decode the
 * result to know whether it is valid. The result is signed for 32-bit instructions.
 */
export function encode<T>(row: Row<T>, values: Readonly<Record<string, number>>): number {
  let word = row.value;
  for (const operand of row.layout) {
    const value = values[operand.operand];
    if (value !== undefined && operand.slices.length > 0) word = insertOperand(word, operand, value);
  }
  return word;
}
