// Format of a line in this file:
//   name: FORM('bits 31..0: 0/1 fixed, or fields of ../vocabulary.ts as in the manual', { options of decode/table.ts })
// RISC-V Unprivileged ISA 20191213
import { extension } from '../../../decode/table.js';
import { CSR, CSRI } from './forms.js';

export const ZICSR = extension('Zicsr', {
  // 9.1 CSR Instructions
  csrrw:  CSR( 'csr rs1  001 rd 1110011'),
  csrrs:  CSR( 'csr rs1  010 rd 1110011'),
  csrrc:  CSR( 'csr rs1  011 rd 1110011'),
  csrrwi: CSRI('csr zimm 101 rd 1110011'),
  csrrsi: CSRI('csr zimm 110 rd 1110011'),
  csrrci: CSRI('csr zimm 111 rd 1110011'),
});
