// Format of a line in this file:
//   name: FORM('bits 31..0: 0/1 fixed, or fields of ../vocabulary.ts as in the manual', { options of decode/table.ts })
// RISC-V Unprivileged ISA 20191213
import { extension } from '../../../decode/table.js';
import {
  F_COMPARE, F_EXACT, F_FROM_INT, F_FROM_INT64, F_FROM_X, F_LOAD, F_R, F_R1, F_R4, F_STORE,
  F_TO_INT, F_TO_INT64, F_TO_X,
} from './forms.js';

export const RV_F = extension('F', {
  // 11.5 Load and Store Instructions
  flw:         F_LOAD(      'imm[11:0] rs1 010 fd 0000111'),
  fsw:         F_STORE(     'imm[11:5] fs2 rs1 010 imm[4:0] 0100111'),

  // 11.6 Computational Instructions
  'fmadd.s':   F_R4(        'fs3 00 fs2 fs1 rm fd 1000011'),
  'fmsub.s':   F_R4(        'fs3 00 fs2 fs1 rm fd 1000111'),
  'fnmsub.s':  F_R4(        'fs3 00 fs2 fs1 rm fd 1001011'),
  'fnmadd.s':  F_R4(        'fs3 00 fs2 fs1 rm fd 1001111'),
  'fadd.s':    F_R(         '0000000 fs2   fs1 rm  fd 1010011'),
  'fsub.s':    F_R(         '0000100 fs2   fs1 rm  fd 1010011'),
  'fmul.s':    F_R(         '0001000 fs2   fs1 rm  fd 1010011'),
  'fdiv.s':    F_R(         '0001100 fs2   fs1 rm  fd 1010011'),
  'fsqrt.s':   F_R1(        '0101100 00000 fs1 rm  fd 1010011'),
  'fmin.s':    F_EXACT(     '0010100 fs2   fs1 000 fd 1010011'),
  'fmax.s':    F_EXACT(     '0010100 fs2   fs1 001 fd 1010011'),

  // 11.7 Conversion and Move Instructions
  'fsgnj.s':   F_EXACT(     '0010000 fs2   fs1 000 fd 1010011'),
  'fsgnjn.s':  F_EXACT(     '0010000 fs2   fs1 001 fd 1010011'),
  'fsgnjx.s':  F_EXACT(     '0010000 fs2   fs1 010 fd 1010011'),
  'fcvt.w.s':  F_TO_INT(    '1100000 00000 fs1 rm  rd 1010011'),
  'fcvt.wu.s': F_TO_INT(    '1100000 00001 fs1 rm  rd 1010011'),
  'fcvt.l.s':  F_TO_INT64(  '1100000 00010 fs1 rm  rd 1010011'),
  'fcvt.lu.s': F_TO_INT64(  '1100000 00011 fs1 rm  rd 1010011'),
  'fcvt.s.w':  F_FROM_INT(  '1101000 00000 rs1 rm  fd 1010011'),
  'fcvt.s.wu': F_FROM_INT(  '1101000 00001 rs1 rm  fd 1010011'),
  'fcvt.s.l':  F_FROM_INT64('1101000 00010 rs1 rm  fd 1010011'),
  'fcvt.s.lu': F_FROM_INT64('1101000 00011 rs1 rm  fd 1010011'),
  'fmv.x.w':   F_TO_X(      '1110000 00000 fs1 000 rd 1010011'),
  'fmv.w.x':   F_FROM_X(    '1111000 00000 rs1 000 fd 1010011'),

  // 11.8 Compare Instructions
  'feq.s':     F_COMPARE(   '1010000 fs2 fs1 010 rd 1010011'),
  'flt.s':     F_COMPARE(   '1010000 fs2 fs1 001 rd 1010011'),
  'fle.s':     F_COMPARE(   '1010000 fs2 fs1 000 rd 1010011'),

  // 11.9 Classify Instruction
  'fclass.s':  F_TO_X(      '1110000 00000 fs1 001 rd 1010011'),
});
