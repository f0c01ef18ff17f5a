// Format of a line in this file:
//   name: FORM('bits 31..0: 0/1 fixed, or fields of ../vocabulary.ts as in the manual', { options of decode/table.ts })
// RISC-V Integer Conditional (Zicond) operations extension 1.0
import { extension } from '../../../decode/table.js';
import { R } from './forms.js';

export const ZICOND = extension('Zicond', {
  // Integer conditional operations
  'czero.eqz': R('0000111 rs2 rs1 101 rd 0110011'),
  'czero.nez': R('0000111 rs2 rs1 111 rd 0110011'),
});
