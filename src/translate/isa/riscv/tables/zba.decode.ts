// Format of a line in this file:
//   name: FORM('bits 31..0: 0/1 fixed, or fields of ../vocabulary.ts as in the manual', { options of decode/table.ts })
// RISC-V Bit-Manipulation ISA-extensions 1.0.0
import { extension } from '../../../decode/table.js';
import { R, R64, SHIFT64 } from './forms.js';

export const ZBA = extension('Zba', {
  // Address generation
  sh1add:      R(      '0010000 rs2   rs1 010 rd 0110011'),
  sh2add:      R(      '0010000 rs2   rs1 100 rd 0110011'),
  sh3add:      R(      '0010000 rs2   rs1 110 rd 0110011'),
  'add.uw':    R64(    '0000100 rs2   rs1 000 rd 0111011'),
  'sh1add.uw': R64(    '0010000 rs2   rs1 010 rd 0111011'),
  'sh2add.uw': R64(    '0010000 rs2   rs1 100 rd 0111011'),
  'sh3add.uw': R64(    '0010000 rs2   rs1 110 rd 0111011'),
  'slli.uw':   SHIFT64('000010  shamt rs1 001 rd 0011011'),
});
