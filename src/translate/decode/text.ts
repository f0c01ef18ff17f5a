/** Assembler text of a decoded instruction, from the template in its table line. */
import type { Row } from './row.js';

/** Text of one operand; `pc` is the instruction's address. */
export type OperandPrinter = (value: number, pc: number) => string;

const WORDS = /\{(\w+)\}|[A-Za-z_]\w*/g;

/**
 * Mnemonic and operands. Words of the template that are operands of the line are printed, others (`sp`) copied; braces
 * mark an operand that is glued to its neighbours (`{rm}` may print nothing).
 */
export function instructionText<T>(
  row: Row<T>,
  values: Int32Array,
  pc: number,
  printers: Readonly<Record<string, OperandPrinter>>,
): string {
  const { asm } = row.spec;
  const text = asm.replace(WORDS, (word: string, glued: string | undefined) => {
    const name = glued ?? word;
    const operand = row.layout.find((o) => o.operand === name);
    const printer = printers[name];
    return operand === undefined || printer === undefined
      ? word
      : printer(values[operand.index] as number, pc);
  });
  if (text === '') return row.mnemonic;
  return asm.startsWith('{') ? row.mnemonic + text : `${row.mnemonic} ${text}`;
}
