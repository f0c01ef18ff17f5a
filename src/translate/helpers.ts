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
type DefineHelper = (name: string, fn: Helper, wide?: boolean) => number;

/**
 * Indices from `first` on. They are in code that is kept between runs and shared by cores, so each instruction set has a
 * range: it must not matter which of them a process has loaded, and in what order.
 */
function helperRange(first: number): DefineHelper {
  let next = first;
  return (name, fn, wide = false) => {
    HELPERS[next] = fn;
    HELPER_WIDE[next] = wide;
    HELPER_NAMES[next] = name;
    return next++;
  };
}

export const defineRiscvHelper = helperRange(0);
export const defineA64Helper = helperRange(128);
