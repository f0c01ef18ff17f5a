import type { Inst } from './inst.js';
import type { OpRow } from './ops.js';

/** Longest block, in guest instructions. */
export const MAX_BLOCK_INSNS = 64;

/** A translated basic block in IR: straight-line ops and one end. */
export interface IrBlock {
  /** Guest address of the first instruction. */
  readonly pc: number;
  /** Guest address behind the last instruction. */
  readonly endPc: number;
  /** Guest instructions. */
  readonly count: number;
  /** Their addresses, in order. */
  readonly boundaries: readonly number[];
  readonly insts: readonly Inst[];
  /** jump, jumpInd, exit, or a compare op as conditional branch. */
  readonly end: Inst;
}

export function isBranch(row: OpRow): boolean {
  return row.kind === 'cmp';
}
