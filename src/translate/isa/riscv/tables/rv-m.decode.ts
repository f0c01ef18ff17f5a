// Format of a line in this file:
//   name: FORM('bits 31..0: 0/1 fixed, or fields of ../vocabulary.ts as in the manual', { options of decode/table.ts })
// RISC-V Unprivileged ISA 20191213
import { extension } from '../../../decode/table.js';
import { R, R64 } from './forms.js';

export const RV_M = extension('M', {
  // 7.1 Multiplication Operations, 7.2 Division Operations
  mul:    R(  '0000001 rs2 rs1 000 rd 0110011'),
  mulh:   R(  '0000001 rs2 rs1 001 rd 0110011'),
  mulhsu: R(  '0000001 rs2 rs1 010 rd 0110011'),
  mulhu:  R(  '0000001 rs2 rs1 011 rd 0110011'),
  div:    R(  '0000001 rs2 rs1 100 rd 0110011'),
  divu:   R(  '0000001 rs2 rs1 101 rd 0110011'),
  rem:    R(  '0000001 rs2 rs1 110 rd 0110011'),
  remu:   R(  '0000001 rs2 rs1 111 rd 0110011'),

  // RV64M
  mulw:   R64('0000001 rs2 rs1 000 rd 0111011'),
  divw:   R64('0000001 rs2 rs1 100 rd 0111011'),
  divuw:  R64('0000001 rs2 rs1 101 rd 0111011'),
  remw:   R64('0000001 rs2 rs1 110 rd 0111011'),
  remuw:  R64('0000001 rs2 rs1 111 rd 0111011'),
});
