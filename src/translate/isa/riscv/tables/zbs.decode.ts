// Format of a line in this file:
//   name: FORM('bits 31..0: 0/1 fixed, or fields of ../vocabulary.ts as in the manual', { options of decode/table.ts })
// RISC-V Bit-Manipulation ISA-extensions 1.0.0
import { extension } from '../../../decode/table.js';
import { R, SHIFT } from './forms.js';

export const ZBS = extension('Zbs', {
  // Single-bit instructions
  bclr:  R(    '0100100 rs2   rs1 001 rd 0110011'),
  bext:  R(    '0100100 rs2   rs1 101 rd 0110011'),
  binv:  R(    '0110100 rs2   rs1 001 rd 0110011'),
  bset:  R(    '0010100 rs2   rs1 001 rd 0110011'),
  bclri: SHIFT('010010  shamt rs1 001 rd 0010011'),
  bexti: SHIFT('010010  shamt rs1 101 rd 0010011'),
  binvi: SHIFT('011010  shamt rs1 001 rd 0010011'),
  bseti: SHIFT('001010  shamt rs1 001 rd 0010011'),
});
