/**
 * A64 tables by the top-level encoding groups (Arm ARM C4.1, op0 = bits 28..25), so that a run reads those it meets. The
 * first list of a group is in every model; the others are named by their feature (../model.ts).
 */
import type { RowNames } from '../../../decode/table.js';
import { branches, dit, sb, ssbs, system } from './branch-system.decode.js';
import { float, frint, jscvt } from './float.decode.js';
import { crc32, flagm, flagm2, flagmSystem, immediate, register } from './integer.decode.js';
import {
  aes,
  dotprod,
  fcma,
  fhm,
  fp16,
  frintVector,
  pmull64,
  rdm,
  sha1,
  sha2,
  sha3,
  sha512,
  simd,
  simdScalar,
} from './simd.decode.js';
import { simdLoadStore } from './simd-load-store.decode.js';
import { loadStore, lor, lrcpc, lrcpc2, lse } from './load-store.decode.js';

/** Data processing, immediate: op0 = 100x. */
export const IMMEDIATE = { base: [immediate], optional: [] } as const;
/** Branches, exceptions, system: op0 = 101x; op0 = 0000 has udf only. */
export const BRANCH_SYSTEM = {
  base: [branches, system],
  optional: [sb, dit, ssbs, flagmSystem, flagm2],
} as const;
/** Loads and stores: op0 = x1x0. */
export const LOAD_STORE = { base: [loadStore, simdLoadStore], optional: [lse, lor, lrcpc, lrcpc2] } as const;
/** Data processing, register: op0 = x101. */
export const REGISTER = { base: [register], optional: [crc32, flagm] } as const;

/** Scalar floating point and Advanced SIMD: op0 = x111. */
export const FLOAT_SIMD = {
  base: [float, simd, simdScalar],
  optional: [
    frint,
    frintVector,
    jscvt,
    fp16,
    rdm,
    dotprod,
    fcma,
    fhm,
    aes,
    pmull64,
    sha1,
    sha2,
    sha3,
    sha512,
  ],
} as const;

export const GROUPS = [IMMEDIATE, BRANCH_SYSTEM, LOAD_STORE, REGISTER, FLOAT_SIMD] as const;

/** Group of each op0. */
export const GROUP_OF_OP0: readonly (number | undefined)[] = [
  1,
  undefined,
  undefined,
  undefined,
  2,
  3,
  2,
  4,
  0,
  0,
  1,
  1,
  2,
  3,
  2,
  4,
];

type Group = (typeof GROUPS)[number];
export type RowName = RowNames<Group['base']> | RowNames<Group['optional']>;
