/**
 * Functions for instructions too rare or too odd for IR ops of their own (time counters, cache-block zeroing, crypto).
 * A helper may read and write only the slots it is given, the FP environment and guest memory, and may raise a fault
 * through the Cpu; it never touches other guest registers, so that engines know what it changes.
 */
import type { Cpu } from '../cpu/cpu.js';

/** d, a, b, c are slots; imm and pc as in the instruction. */
export type Helper = (cpu: Cpu, d: number, a: number, b: number, c: number, imm: number, pc: number) => void;

export const HELPERS: Helper[] = [];
export const HELPER_NAMES: string[] = [];
/** Whether d is a 16-byte slot; a, b and c are as wide as they were written. */
export const HELPER_WIDE: boolean[] = [];

/** Adds a helper at module load; the returned index goes into BlockBuilder.helper. */
export function defineHelper(name: string, fn: Helper, wide = false): number {
  HELPERS.push(fn);
  HELPER_WIDE.push(wide);
  HELPER_NAMES.push(name);
  return HELPERS.length - 1;
}
