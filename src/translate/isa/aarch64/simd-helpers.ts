/** Advanced SIMD helpers: lane functions of src/cpu/simd on 16-byte slots. */
import * as complex from '../../../cpu/simd/complex.js';
import * as crypto from '../../../cpu/simd/crypto.js';
import * as integer from '../../../cpu/simd/integer.js';
import { defineHelper } from '../../helpers.js';

/** imm = laneImm(size, lanes, extra). */
export const LANES = {
  qadd: defineHelper('a64.qadd', integer.qadd),
  qsub: defineHelper('a64.qsub', integer.qsub),
  mixedAdd: defineHelper('a64.mixedAdd', integer.mixedAdd),
  qabs: defineHelper('a64.qabs', integer.qabs),
  qneg: defineHelper('a64.qneg', integer.qneg),
  shl: defineHelper('a64.shl', integer.shl),
  qdmulh: defineHelper('a64.qdmulh', integer.qdmulh),
  qrdmlah: defineHelper('a64.qrdmlah', integer.qrdmlah),
  qdmull: defineHelper('a64.qdmull', integer.qdmull),
  pmul: defineHelper('a64.pmul', integer.pmul),
  pmull: defineHelper('a64.pmull', integer.pmull),
  pmull64: defineHelper('a64.pmull64', integer.pmull64),
  clz: defineHelper('a64.clzLanes', integer.clz),
  cls: defineHelper('a64.clsLanes', integer.cls),
  rbit8: defineHelper('a64.rbit8', integer.rbit8),
  urecpe: defineHelper('a64.urecpe', integer.urecpe),
  ursqrte: defineHelper('a64.ursqrte', integer.ursqrte),
  qshrn: defineHelper('a64.qshrn', integer.qshrn),
  addv: defineHelper('a64.addv', integer.addv),
  addlv: defineHelper('a64.addlv', integer.addlv),
  minmaxv: defineHelper('a64.minmaxv', integer.minmaxv),
  fcmla: defineHelper('a64.fcmla', complex.fcmla),
  fcadd: defineHelper('a64.fcadd', complex.fcadd),
  fmlal: defineHelper('a64.fmlal', complex.fmlal),
} as const;

export const CRYPTO = {
  aese: defineHelper('a64.aese', crypto.aese),
  aesd: defineHelper('a64.aesd', crypto.aesd),
  aesmc: defineHelper('a64.aesmc', crypto.aesmc),
  aesimc: defineHelper('a64.aesimc', crypto.aesimc),
  sha1: defineHelper('a64.sha1', crypto.sha1),
  sha1h: defineHelper('a64.sha1h', crypto.sha1h),
  sha1su0: defineHelper('a64.sha1su0', crypto.sha1su0),
  sha1su1: defineHelper('a64.sha1su1', crypto.sha1su1),
  sha256: defineHelper('a64.sha256', crypto.sha256),
  sha256su0: defineHelper('a64.sha256su0', crypto.sha256su0),
  sha256su1: defineHelper('a64.sha256su1', crypto.sha256su1),
  sha512h: defineHelper('a64.sha512h', crypto.sha512h),
  sha512h2: defineHelper('a64.sha512h2', crypto.sha512h2),
  sha512su0: defineHelper('a64.sha512su0', crypto.sha512su0),
  sha512su1: defineHelper('a64.sha512su1', crypto.sha512su1),
} as const;
