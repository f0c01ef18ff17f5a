// Format of a line in this file:
//   name: FORM('bits 31..0: 0/1 fixed, or fields of ../vocabulary.ts as in the manual', { options of decode/table.ts })
// RISC-V Unprivileged ISA 20191213
import { extension } from '../../../decode/table.js';
import { BRANCH, FENCE, I, I64, J, LOAD, NONE, R, R64, SHIFT, SHIFT64, STORE, U } from './forms.js';

export const RV_I = extension('I', {
  // 2.4.1 Integer Computational Instructions: upper immediates
  lui:    U(      'upper[31:12] rd 0110111'),
  auipc:  U(      'upper[31:12] rd 0010111'),

  // 2.4.1 Integer Register-Immediate Instructions
  addi:   I(      'imm[11:0] rs1 000 rd 0010011'),
  slti:   I(      'imm[11:0] rs1 010 rd 0010011'),
  sltiu:  I(      'imm[11:0] rs1 011 rd 0010011'),
  xori:   I(      'imm[11:0] rs1 100 rd 0010011'),
  ori:    I(      'imm[11:0] rs1 110 rd 0010011'),
  andi:   I(      'imm[11:0] rs1 111 rd 0010011'),
  slli:   SHIFT(  '000000 shamt rs1 001 rd 0010011'),
  srli:   SHIFT(  '000000 shamt rs1 101 rd 0010011'),
  srai:   SHIFT(  '010000 shamt rs1 101 rd 0010011'),

  // 2.4.2 Integer Register-Register Operations
  add:    R(      '0000000 rs2 rs1 000 rd 0110011'),
  sub:    R(      '0100000 rs2 rs1 000 rd 0110011'),
  sll:    R(      '0000000 rs2 rs1 001 rd 0110011'),
  slt:    R(      '0000000 rs2 rs1 010 rd 0110011'),
  sltu:   R(      '0000000 rs2 rs1 011 rd 0110011'),
  xor:    R(      '0000000 rs2 rs1 100 rd 0110011'),
  srl:    R(      '0000000 rs2 rs1 101 rd 0110011'),
  sra:    R(      '0100000 rs2 rs1 101 rd 0110011'),
  or:     R(      '0000000 rs2 rs1 110 rd 0110011'),
  and:    R(      '0000000 rs2 rs1 111 rd 0110011'),

  // 2.5 Control Transfer Instructions
  jal:    J(      'offset[20|10:1|11|19:12] rd 1101111'),
  jalr:   LOAD(   'imm[11:0] rs1 000 rd 1100111'),
  beq:    BRANCH( 'offset[12|10:5] rs2 rs1 000 offset[4:1|11] 1100011'),
  bne:    BRANCH( 'offset[12|10:5] rs2 rs1 001 offset[4:1|11] 1100011'),
  blt:    BRANCH( 'offset[12|10:5] rs2 rs1 100 offset[4:1|11] 1100011'),
  bge:    BRANCH( 'offset[12|10:5] rs2 rs1 101 offset[4:1|11] 1100011'),
  bltu:   BRANCH( 'offset[12|10:5] rs2 rs1 110 offset[4:1|11] 1100011'),
  bgeu:   BRANCH( 'offset[12|10:5] rs2 rs1 111 offset[4:1|11] 1100011'),

  // 2.6 Load and Store Instructions
  lb:     LOAD(   'imm[11:0] rs1 000 rd 0000011'),
  lh:     LOAD(   'imm[11:0] rs1 001 rd 0000011'),
  lw:     LOAD(   'imm[11:0] rs1 010 rd 0000011'),
  lbu:    LOAD(   'imm[11:0] rs1 100 rd 0000011'),
  lhu:    LOAD(   'imm[11:0] rs1 101 rd 0000011'),
  sb:     STORE(  'imm[11:5] rs2 rs1 000 imm[4:0] 0100011'),
  sh:     STORE(  'imm[11:5] rs2 rs1 001 imm[4:0] 0100011'),
  sw:     STORE(  'imm[11:5] rs2 rs1 010 imm[4:0] 0100011'),

  // 2.7 Memory Ordering Instructions (unused fields are ignored)
  fence:  FENCE(  'fm pred succ rs1 000 rd 0001111'),

  // 2.8 Environment Call and Breakpoints
  ecall:  NONE(   '000000000000 00000 000 00000 1110011'),
  ebreak: NONE(   '000000000001 00000 000 00000 1110011'),

  // 5 RV64I Base Integer Instruction Set
  lwu:    LOAD(   'imm[11:0] rs1 110 rd 0000011', { only: 'rv64' }),
  ld:     LOAD(   'imm[11:0] rs1 011 rd 0000011', { only: 'rv64' }),
  sd:     STORE(  'imm[11:5] rs2        rs1 011 imm[4:0] 0100011', { only: 'rv64' }),
  addiw:  I64(    'imm[11:0] rs1 000 rd 0011011'),
  slliw:  SHIFT64('0000000   shamt[4:0] rs1 001 rd       0011011'),
  srliw:  SHIFT64('0000000   shamt[4:0] rs1 101 rd       0011011'),
  sraiw:  SHIFT64('0100000   shamt[4:0] rs1 101 rd       0011011'),
  addw:   R64(    '0000000   rs2        rs1 000 rd       0111011'),
  subw:   R64(    '0100000   rs2        rs1 000 rd       0111011'),
  sllw:   R64(    '0000000   rs2        rs1 001 rd       0111011'),
  srlw:   R64(    '0000000   rs2        rs1 101 rd       0111011'),
  sraw:   R64(    '0100000   rs2        rs1 101 rd       0111011'),
});
