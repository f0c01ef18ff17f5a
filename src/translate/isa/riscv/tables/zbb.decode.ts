// Format of a line in this file:
//   name: FORM('bits 31..0: 0/1 fixed, or fields of ../vocabulary.ts as in the manual', { options of decode/table.ts })
// RISC-V Bit-Manipulation ISA-extensions 1.0.0
import { extension } from '../../../decode/table.js';
import { R, R1, R1_64, R64, SHIFT, SHIFT64 } from './forms.js';

export const ZBB = extension('Zbb', {
  // Logical with negate
  andn:        R(      '0100000 rs2 rs1 111 rd 0110011'),
  orn:         R(      '0100000 rs2 rs1 110 rd 0110011'),
  xnor:        R(      '0100000 rs2 rs1 100 rd 0110011'),

  // Count leading/trailing zero bits, population
  clz:         R1(     '0110000 00000 rs1 001 rd 0010011'),
  ctz:         R1(     '0110000 00001 rs1 001 rd 0010011'),
  cpop:        R1(     '0110000 00010 rs1 001 rd 0010011'),
  clzw:        R1_64(  '0110000 00000 rs1 001 rd 0011011'),
  ctzw:        R1_64(  '0110000 00001 rs1 001 rd 0011011'),
  cpopw:       R1_64(  '0110000 00010 rs1 001 rd 0011011'),

  // Integer minimum/maximum
  min:         R(      '0000101 rs2 rs1 100 rd 0110011'),
  minu:        R(      '0000101 rs2 rs1 101 rd 0110011'),
  max:         R(      '0000101 rs2 rs1 110 rd 0110011'),
  maxu:        R(      '0000101 rs2 rs1 111 rd 0110011'),

  // Sign- and zero-extension
  'sext.b':    R1(     '0110000 00100 rs1 001 rd 0010011'),
  'sext.h':    R1(     '0110000 00101 rs1 001 rd 0010011'),
  'zext.h@32': R1(     '0000100 00000 rs1 100 rd 0110011', { only: 'rv32' }),
  'zext.h':    R1_64(  '0000100 00000 rs1 100 rd 0111011'),

  // Bitwise rotation
  rol:         R(      '0110000 rs2        rs1 001 rd 0110011'),
  ror:         R(      '0110000 rs2        rs1 101 rd 0110011'),
  rori:        SHIFT(  '011000  shamt      rs1 101 rd 0010011'),
  rolw:        R64(    '0110000 rs2        rs1 001 rd 0111011'),
  rorw:        R64(    '0110000 rs2        rs1 101 rd 0111011'),
  roriw:       SHIFT64('0110000 shamt[4:0] rs1 101 rd 0011011'),

  // OR combine, byte reverse
  'orc.b':     R1(     '0010100 00111 rs1 101 rd 0010011'),
  'rev8@32':   R1(     '0110100 11000 rs1 101 rd 0010011', { only: 'rv32' }),
  rev8:        R1_64(  '0110101 11000 rs1 101 rd 0010011'),
});
