// Format of a line in this file:
//   name: FORM('bits 31..0: 0/1 fixed, or fields of ../vocabulary.ts as in the manual', { options of decode/table.ts })
// RISC-V Additional Floating-Point Instructions (Zfa) 1.0
import { extension } from '../../../decode/table.js';
import { F_COMPARE, F_EXACT, F_LI, F_PAIR, F_R1, F_TO_X, F_TO_X_RTZ } from './forms.js';

export const ZFA = extension('Zfa', {
  // 1 Load-Immediate Instructions
  'fli.s':       F_LI(      '1111000 00001 fli 000 fd 1010011'),
  'fli.d':       F_LI(      '1111001 00001 fli 000 fd 1010011'),

  // 2 Minimum and Maximum Instructions
  'fminm.s':     F_EXACT(   '0010100 fs2 fs1 010 fd 1010011'),
  'fmaxm.s':     F_EXACT(   '0010100 fs2 fs1 011 fd 1010011'),
  'fminm.d':     F_EXACT(   '0010101 fs2 fs1 010 fd 1010011'),
  'fmaxm.d':     F_EXACT(   '0010101 fs2 fs1 011 fd 1010011'),

  // 3 Round-to-Integer Instructions
  'fround.s':    F_R1(      '0100000 00100 fs1 rm fd 1010011'),
  'froundnx.s':  F_R1(      '0100000 00101 fs1 rm fd 1010011'),
  'fround.d':    F_R1(      '0100001 00100 fs1 rm fd 1010011'),
  'froundnx.d':  F_R1(      '0100001 00101 fs1 rm fd 1010011'),

  // 4 Modular Convert-to-Integer Instruction
  'fcvtmod.w.d': F_TO_X_RTZ('1100001 01000 fs1 001 rd 1010011'),

  // 5 Move Instructions
  'fmvh.x.d':    F_TO_X(    '1110001 00001 fs1 000 rd 1010011', { only: 'rv32' }),
  'fmvp.d.x':    F_PAIR(    '1011001 rs2   rs1 000 fd 1010011', { only: 'rv32' }),

  // 6 Comparison Instructions
  'fleq.s':      F_COMPARE( '1010000 fs2 fs1 100 rd 1010011'),
  'fltq.s':      F_COMPARE( '1010000 fs2 fs1 101 rd 1010011'),
  'fleq.d':      F_COMPARE( '1010001 fs2 fs1 100 rd 1010011'),
  'fltq.d':      F_COMPARE( '1010001 fs2 fs1 101 rd 1010011'),
});
