/** Advanced SIMD helpers: lane functions of src/cpu/simd on 16-byte slots. */
import * as complex from '../../../cpu/simd/complex.js';
import * as integer from '../../../cpu/simd/integer.js';
import { defineA64Helper } from '../../helpers.js';
import type { Helper } from '../../helpers.js';

const wide = (name: string, fn: Helper): number => defineA64Helper(name, fn, true);

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
