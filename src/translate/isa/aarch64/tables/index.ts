/**
 * A64 tables by encoding group (Arm ARM C4.1), so that a run reads those it meets. The first list of a group is in every
 * model; the others are named by their feature (../model.ts), the first word of their names.
 */
import type { RowNames } from '../../../decode/table.js';
import { branches, dit, sb, ssbs, system } from './branch-system.decode.js';
import { float, frint, jscvt } from './float.decode.js';
import { crc32, flagm, flagm2, flagmSystem, immediate, register } from './integer.decode.js';
import { loadStore, lor, lrcpc, lrcpc2, lse } from './load-store.decode.js';
import { simdLoadStore } from './simd-load-store.decode.js';
import * as v from './simd.decode.js';

/** Data processing, immediate: op0 (bits 28..25) = 100x. */
const IMMEDIATE = { base: [immediate], optional: [] } as const;
/** Branches, exceptions, system: op0 = 101x; op0 = 0000 has udf only. */
const BRANCH_SYSTEM = { base: [branches, system], optional: [sb, dit, ssbs, flagmSystem, flagm2] } as const;
/** Loads and stores: op0 = x1x0. */
const LOAD_STORE = { base: [loadStore, simdLoadStore], optional: [lse, lor, lrcpc, lrcpc2] } as const;
/** Data processing, register: op0 = x101. */
const REGISTER = { base: [register], optional: [crc32, flagm] } as const;
/** Scalar floating point and Advanced SIMD: op0 = x111, divided further by simdGroup. */
const FLOAT = { base: [float], optional: [frint, jscvt] } as const;
const MOVE = { base: [v.move], optional: [v.moveFp16, v.moveRdm, v.moveDotprod, v.moveFcma] } as const;
const THREE_SAME = { base: [v.threeSame], optional: [v.threeSameFhm] } as const;
const THREE_DIFFERENT = { base: [v.threeDifferent], optional: [v.threeDifferentPmull] } as const;
const TWO_MISC = { base: [v.twoMisc], optional: [v.twoMiscFp16, v.twoMiscFrint, v.twoMiscAes] } as const;
const SHIFT = { base: [v.shift], optional: [v.shiftFp16] } as const;
const ELEMENT = {
  base: [v.element],
  optional: [v.elementFp16, v.elementRdm, v.elementDotprod, v.elementFcma, v.elementFhm],
} as const;
const SCALAR = {
  base: [v.scalar],
  optional: [v.scalarFp16, v.scalarRdm, v.scalarSha1, v.scalarSha2],
} as const;
const SCALAR_SHIFT = { base: [v.scalarShift], optional: [v.scalarShiftFp16, v.scalarShiftRdm] } as const;
const SHA = { base: [], optional: [v.shaSha512, v.shaSha3] } as const;

export const GROUPS = [
  IMMEDIATE, BRANCH_SYSTEM, LOAD_STORE, REGISTER, FLOAT, MOVE, THREE_SAME, THREE_DIFFERENT, TWO_MISC, SHIFT, ELEMENT,
  SCALAR, SCALAR_SHIFT, SHA,
] as const; // prettier-ignore

const NONE = -1;
const SIMD = -2;
/** Group by op0. */
const GROUP_OF_OP0 = [1, NONE, NONE, NONE, 2, 3, 2, SIMD, 0, 0, 1, 1, 2, 3, 2, SIMD];

/** Index in GROUPS of the lines a word may be on, or -1. */
export function groupOf(word: number): number {
  const group = GROUP_OF_OP0[(word >>> 25) & 15] as number;
  return group === SIMD ? simdGroup(word) : group;
}

function simdGroup(word: number): number {
  const shifting = (word & (1 << 24)) !== 0;
  if ((word & (1 << 28)) !== 0) {
    // Bits 31..30 = 01: scalar SIMD.
    if (word >>> 30 !== 1) return 4;
    return shifting ? 12 : 11;
  }
  if (word < 0) return 13;
  if (shifting) return (word & (1 << 10)) !== 0 ? 9 : 10;
  if ((word & (1 << 21)) === 0) return 5;
  if ((word & (1 << 10)) !== 0) return 6;
  return (word & (1 << 11)) !== 0 ? 8 : 7;
}

type Group = (typeof GROUPS)[number];
export type RowName = RowNames<Group['base']> | RowNames<Group['optional']>;
