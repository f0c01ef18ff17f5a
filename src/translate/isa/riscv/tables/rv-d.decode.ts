// Format of a line in this file:
//   name: FORM('bits 31..0: 0/1 fixed, or fields of ../vocabulary.ts as in the manual', { options of decode/table.ts })
// RISC-V Unprivileged ISA 20191213
import { extension } from '../../../decode/table.js';
import {
  F_COMPARE, F_EXACT, F_FROM_INT64, F_FROM_X, F_LOAD, F_R, F_R1, F_R4, F_STORE, F_TO_INT,
  F_TO_INT64, F_TO_X, F_WIDEN,
} from './forms.js';

export const RV_D = extension('D', {
  // 12.3 Load and Store Instructions
  fld:         F_LOAD(      'imm[11:0] rs1 011 fd 0000111'),
  fsd:         F_STORE(     'imm[11:5] fs2 rs1 011 imm[4:0] 0100111'),

  // 12.4 Computational Instructions
  'fmadd.d':   F_R4(        'fs3 01 fs2 fs1 rm fd 1000011'),
  'fmsub.d':   F_R4(        'fs3 01 fs2 fs1 rm fd 1000111'),
  'fnmsub.d':  F_R4(        'fs3 01 fs2 fs1 rm fd 1001011'),
  'fnmadd.d':  F_R4(        'fs3 01 fs2 fs1 rm fd 1001111'),
  'fadd.d':    F_R(         '0000001 fs2   fs1 rm  fd 1010011'),
  'fsub.d':    F_R(         '0000101 fs2   fs1 rm  fd 1010011'),
  'fmul.d':    F_R(         '0001001 fs2   fs1 rm  fd 1010011'),
  'fdiv.d':    F_R(         '0001101 fs2   fs1 rm  fd 1010011'),
  'fsqrt.d':   F_R1(        '0101101 00000 fs1 rm  fd 1010011'),
  'fmin.d':    F_EXACT(     '0010101 fs2   fs1 000 fd 1010011'),
  'fmax.d':    F_EXACT(     '0010101 fs2   fs1 001 fd 1010011'),

  // 12.5 Conversion and Move Instructions
  'fsgnj.d':   F_EXACT(     '0010001 fs2   fs1 000 fd 1010011'),
  'fsgnjn.d':  F_EXACT(     '0010001 fs2   fs1 001 fd 1010011'),
  'fsgnjx.d':  F_EXACT(     '0010001 fs2   fs1 010 fd 1010011'),
  'fcvt.s.d':  F_R1(        '0100000 00001 fs1 rm  fd 1010011'),
  'fcvt.d.s':  F_WIDEN(     '0100001 00000 fs1 rm  fd 1010011'),
  'fcvt.w.d':  F_TO_INT(    '1100001 00000 fs1 rm  rd 1010011'),
  'fcvt.wu.d': F_TO_INT(    '1100001 00001 fs1 rm  rd 1010011'),
  'fcvt.l.d':  F_TO_INT64(  '1100001 00010 fs1 rm  rd 1010011'),
  'fcvt.lu.d': F_TO_INT64(  '1100001 00011 fs1 rm  rd 1010011'),
  'fcvt.d.w':  F_FROM_X(    '1101001 00000 rs1 rm  fd 1010011'),
  'fcvt.d.wu': F_FROM_X(    '1101001 00001 rs1 rm  fd 1010011'),
  'fcvt.d.l':  F_FROM_INT64('1101001 00010 rs1 rm  fd 1010011'),
  'fcvt.d.lu': F_FROM_INT64('1101001 00011 rs1 rm  fd 1010011'),
  'fmv.x.d':   F_TO_X(      '1110001 00000 fs1 000 rd 1010011', { only: 'rv64' }),
  'fmv.d.x':   F_FROM_X(    '1111001 00000 rs1 000 fd 1010011', { only: 'rv64' }),

  // 12.6 Compare Instructions
  'feq.d':     F_COMPARE(   '1010001 fs2 fs1 010 rd 1010011'),
  'flt.d':     F_COMPARE(   '1010001 fs2 fs1 001 rd 1010011'),
  'fle.d':     F_COMPARE(   '1010001 fs2 fs1 000 rd 1010011'),

  // 12.7 Classify Instruction
  'fclass.d':  F_TO_X(      '1110001 00000 fs1 001 rd 1010011'),
});
