/** Advanced SIMD helpers: lane functions of src/cpu/simd on 16-byte slots. */
import * as complex from '../../../cpu/simd/complex.js';
import * as crypto from '../../../cpu/simd/crypto.js';
import * as integer from '../../../cpu/simd/integer.js';
import { defineHelper } from '../../helpers.js';
import type { Helper } from '../../helpers.js';

const wide = (name: string, fn: Helper): number => defineHelper(name, fn, true);

/** imm = laneImm(size, lanes, extra). */
export const LANES = {
  qadd: wide('a64.qadd', integer.qadd),
  qsub: wide('a64.qsub', integer.qsub),
  mixedAdd: wide('a64.mixedAdd', integer.mixedAdd),
  qabs: wide('a64.qabs', integer.qabs),
  qneg: wide('a64.qneg', integer.qneg),
  shl: wide('a64.shl', integer.shl),
  qdmulh: wide('a64.qdmulh', integer.qdmulh),
  qrdmlah: wide('a64.qrdmlah', integer.qrdmlah),
  qdmull: wide('a64.qdmull', integer.qdmull),
  pmul: wide('a64.pmul', integer.pmul),
  pmull: wide('a64.pmull', integer.pmull),
  pmull64: wide('a64.pmull64', integer.pmull64),
  clz: wide('a64.clzLanes', integer.clz),
  cls: wide('a64.clsLanes', integer.cls),
  rbit8: wide('a64.rbit8', integer.rbit8),
  urecpe: wide('a64.urecpe', integer.urecpe),
  ursqrte: wide('a64.ursqrte', integer.ursqrte),
  qshrn: wide('a64.qshrn', integer.qshrn),
  fcmla: wide('a64.fcmla', complex.fcmla),
  fcadd: wide('a64.fcadd', complex.fcadd),
  fmlal: wide('a64.fmlal', complex.fmlal),
} as const;

export const CRYPTO = {
  aese: wide('a64.aese', crypto.aese),
  aesd: wide('a64.aesd', crypto.aesd),
  aesmc: wide('a64.aesmc', crypto.aesmc),
  aesimc: wide('a64.aesimc', crypto.aesimc),
  sha1: wide('a64.sha1', crypto.sha1),
  sha1h: wide('a64.sha1h', crypto.sha1h),
  sha1su0: wide('a64.sha1su0', crypto.sha1su0),
  sha1su1: wide('a64.sha1su1', crypto.sha1su1),
  sha256: wide('a64.sha256', crypto.sha256),
  sha256su0: wide('a64.sha256su0', crypto.sha256su0),
  sha256su1: wide('a64.sha256su1', crypto.sha256su1),
} as const;
