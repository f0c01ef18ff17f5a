/** A64 scalar floating point (Arm ARM C4.1.97, last part). Format of a line: see integer.decode.ts. */
import { extension } from '../../../decode/table.js';
import { row } from '../vocabulary.js';

/** ptype: 0 single, 1 double, 3 half (with FEAT_FP16 only, conversions between precisions apart). */
export const float = extension('fp', {
  // ---- Conversion between floating-point and fixed-point
  'scvtf@fixed': row('sf 00 11110 ptype!=2 0 00 010 scale rn rd'),
  'ucvtf@fixed': row('sf 00 11110 ptype!=2 0 00 011 scale rn rd'),
  'fcvtzs@fixed': row('sf 00 11110 ptype!=2 0 11 000 scale rn rd'),
  'fcvtzu@fixed': row('sf 00 11110 ptype!=2 0 11 001 scale rn rd'),
  // ---- Conversion between floating-point and integer
  fcvtns: row('sf 00 11110 ptype!=2 1 00 000 000000 rn rd'),
  fcvtnu: row('sf 00 11110 ptype!=2 1 00 001 000000 rn rd'),
  scvtf: row('sf 00 11110 ptype!=2 1 00 010 000000 rn rd'),
  ucvtf: row('sf 00 11110 ptype!=2 1 00 011 000000 rn rd'),
  fcvtas: row('sf 00 11110 ptype!=2 1 00 100 000000 rn rd'),
  fcvtau: row('sf 00 11110 ptype!=2 1 00 101 000000 rn rd'),
  'fmov@to': row('sf 00 11110 ptype!=2 1 00 110 000000 rn rd'),
  'fmov@from': row('sf 00 11110 ptype!=2 1 00 111 000000 rn rd'),
  fcvtps: row('sf 00 11110 ptype!=2 1 01 000 000000 rn rd'),
  fcvtpu: row('sf 00 11110 ptype!=2 1 01 001 000000 rn rd'),
  fcvtms: row('sf 00 11110 ptype!=2 1 10 000 000000 rn rd'),
  fcvtmu: row('sf 00 11110 ptype!=2 1 10 001 000000 rn rd'),
  fcvtzs: row('sf 00 11110 ptype!=2 1 11 000 000000 rn rd'),
  fcvtzu: row('sf 00 11110 ptype!=2 1 11 001 000000 rn rd'),
  'fmov@tohigh': row('1 00 11110 10 1 01 110 000000 rn rd'),
  'fmov@fromhigh': row('1 00 11110 10 1 01 111 000000 rn rd'),
  // ---- Floating-point data-processing (1 source)
  'fmov@reg': row('000 11110 ptype!=2 1 000000 10000 rn rd'),
  fabs: row('000 11110 ptype!=2 1 000001 10000 rn rd'),
  fneg: row('000 11110 ptype!=2 1 000010 10000 rn rd'),
  fsqrt: row('000 11110 ptype!=2 1 000011 10000 rn rd'),
  fcvt: row('000 11110 ptype!=2 1 0001 opc!=2 10000 rn rd'),
  frintn: row('000 11110 ptype!=2 1 001000 10000 rn rd'),
  frintp: row('000 11110 ptype!=2 1 001001 10000 rn rd'),
  frintm: row('000 11110 ptype!=2 1 001010 10000 rn rd'),
  frintz: row('000 11110 ptype!=2 1 001011 10000 rn rd'),
  frinta: row('000 11110 ptype!=2 1 001100 10000 rn rd'),
  frintx: row('000 11110 ptype!=2 1 001110 10000 rn rd'),
  frinti: row('000 11110 ptype!=2 1 001111 10000 rn rd'),
  // ---- Floating-point compare
  fcmp: row('000 11110 ptype!=2 1 rm 00 1000 rn 00 000'),
  'fcmp@zero': row('000 11110 ptype!=2 1 any[4:0] 00 1000 rn 01 000'),
  fcmpe: row('000 11110 ptype!=2 1 rm 00 1000 rn 10 000'),
  'fcmpe@zero': row('000 11110 ptype!=2 1 any[4:0] 00 1000 rn 11 000'),
  // ---- Floating-point immediate
  'fmov@imm': row('000 11110 ptype!=2 1 imm[7:0] 100 00000 rd'),
  // ---- Floating-point conditional compare
  fccmp: row('000 11110 ptype!=2 1 rm cond 01 rn 0 nzcv'),
  fccmpe: row('000 11110 ptype!=2 1 rm cond 01 rn 1 nzcv'),
  // ---- Floating-point data-processing (2 source)
  fmul: row('000 11110 ptype!=2 1 rm 0000 10 rn rd'),
  fdiv: row('000 11110 ptype!=2 1 rm 0001 10 rn rd'),
  fadd: row('000 11110 ptype!=2 1 rm 0010 10 rn rd'),
  fsub: row('000 11110 ptype!=2 1 rm 0011 10 rn rd'),
  fmax: row('000 11110 ptype!=2 1 rm 0100 10 rn rd'),
  fmin: row('000 11110 ptype!=2 1 rm 0101 10 rn rd'),
  fmaxnm: row('000 11110 ptype!=2 1 rm 0110 10 rn rd'),
  fminnm: row('000 11110 ptype!=2 1 rm 0111 10 rn rd'),
  fnmul: row('000 11110 ptype!=2 1 rm 1000 10 rn rd'),
  // ---- Floating-point conditional select
  fcsel: row('000 11110 ptype!=2 1 rm cond 11 rn rd'),
  // ---- Floating-point data-processing (3 source)
  fmadd: row('000 11111 ptype!=2 0 rm 0 ra rn rd'),
  fmsub: row('000 11111 ptype!=2 0 rm 1 ra rn rd'),
  fnmadd: row('000 11111 ptype!=2 1 rm 0 ra rn rd'),
  fnmsub: row('000 11111 ptype!=2 1 rm 1 ra rn rd'),
});

/** FEAT_FRINTTS. */
export const frint = extension('frint', {
  frint32z: row('000 11110 0 sz 1 010000 10000 rn rd'),
  frint32x: row('000 11110 0 sz 1 010001 10000 rn rd'),
  frint64z: row('000 11110 0 sz 1 010010 10000 rn rd'),
  frint64x: row('000 11110 0 sz 1 010011 10000 rn rd'),
});

/** FEAT_JSCVT. */
export const jscvt = extension('jscvt', {
  fjcvtzs: row('0 00 11110 01 1 11 110 000000 rn rd'),
});
