// Format of a line in this file:
//   name: FORM('bits 15..0: 0/1 fixed, or fields of ../vocabulary.ts as in the manual', { options of decode/table.ts })
// RISC-V Unprivileged ISA 20191213, chapter 16
import { extension } from '../../../decode/table.js';
import {
  C_ADDI4SPN, C_BRANCH, C_FLOADSP, C_FSTORESP, C_IMM, C_J, C_JR, C_LOADSP, C_R, C_SHIFT, C_STORESP,
  F_LOAD, F_STORE, LOAD, NONE, STORE, U,
} from './forms.js';

export const RV_C = extension('C', {
  // 16.8 Quadrant 0
  'c.addi4spn': C_ADDI4SPN("000 nzuimm[5:4|9:6|2|3] rd' 00", { set: 'rs1=2' }),
  'c.fld':      F_LOAD(    "001 uimm[5:3] rs1' uimm[7:6] fd'  00"),
  'c.lw':       LOAD(      "010 uimm[5:3] rs1' uimm[2|6] rd'  00"),
  'c.flw':      F_LOAD(    "011 uimm[5:3] rs1' uimm[2|6] fd'  00", { only: 'rv32' }),
  'c.ld':       LOAD(      "011 uimm[5:3] rs1' uimm[7:6] rd'  00", { only: 'rv64' }),
  'c.fsd':      F_STORE(   "101 uimm[5:3] rs1' uimm[7:6] fs2' 00"),
  'c.sw':       STORE(     "110 uimm[5:3] rs1' uimm[2|6] rs2' 00"),
  'c.fsw':      F_STORE(   "111 uimm[5:3] rs1' uimm[2|6] fs2' 00", { only: 'rv32' }),
  'c.sd':       STORE(     "111 uimm[5:3] rs1' uimm[7:6] rs2' 00", { only: 'rv64' }),

  // Quadrant 1
  'c.nop':      NONE(      '000 imm[5]        00000     imm[4:0]          01'),
  'c.addi':     C_IMM(     '000 imm[5]        rd/rs1!=0 imm[4:0]          01'),
  'c.jal':      C_J(       '001 offset[11|4|9:8|10|6|7|3:1|5] 01', { only: 'rv32', set: 'rd=1' }),
  'c.addiw':    C_IMM(     '001 imm[5]        rd/rs1!=0 imm[4:0]          01', { only: 'rv64' }),
  'c.li':       C_IMM(     '010 imm[5]        rd        imm[4:0]          01', { set: 'rs1=0' }),
  'c.addi16sp': C_IMM(     '011 nzimm[9]      00010     nzimm[4|6|8:7|5]  01', { set: 'rd=2 rs1=2' }),
  'c.lui':      U(         '011 nzupper[17]   rd!=2     nzupper[16:12]    01'),
  'c.srli':     C_SHIFT(   "100 shamt[5] 00 rd'/rs1' shamt[4:0] 01"),
  'c.srai':     C_SHIFT(   "100 shamt[5] 01 rd'/rs1' shamt[4:0] 01"),
  'c.andi':     C_IMM(     "100 imm[5]   10 rd'/rs1' imm[4:0]   01"),
  'c.sub':      C_R(       "100 0 11 rd'/rs1' 00 rs2' 01"),
  'c.xor':      C_R(       "100 0 11 rd'/rs1' 01 rs2' 01"),
  'c.or':       C_R(       "100 0 11 rd'/rs1' 10 rs2' 01"),
  'c.and':      C_R(       "100 0 11 rd'/rs1' 11 rs2' 01"),
  'c.subw':     C_R(       "100 1 11 rd'/rs1' 00 rs2' 01", { only: 'rv64' }),
  'c.addw':     C_R(       "100 1 11 rd'/rs1' 01 rs2' 01", { only: 'rv64' }),
  'c.j':        C_J(       '101 offset[11|4|9:8|10|6|7|3:1|5] 01', { set: 'rd=0' }),
  'c.beqz':     C_BRANCH(  "110 offset[8|4:3] rs1'      offset[7:6|2:1|5] 01", { set: 'rs2=0' }),
  'c.bnez':     C_BRANCH(  "111 offset[8|4:3] rs1'      offset[7:6|2:1|5] 01", { set: 'rs2=0' }),

  // Quadrant 2
  'c.slli':     C_SHIFT(   '000 shamt[5] rd/rs1 shamt[4:0]    10'),
  'c.fldsp':    C_FLOADSP( '001 uimm[5]  fd     uimm[4:3|8:6] 10'),
  'c.lwsp':     C_LOADSP(  '010 uimm[5]  rd!=0  uimm[4:2|7:6] 10'),
  'c.flwsp':    C_FLOADSP( '011 uimm[5]  fd     uimm[4:2|7:6] 10', { only: 'rv32' }),
  'c.ldsp':     C_LOADSP(  '011 uimm[5]  rd!=0  uimm[4:3|8:6] 10', { only: 'rv64' }),
  'c.jr':       C_JR(      '100 0        rs1!=0 00000         10', { set: 'rd=0 imm=0' }),
  'c.mv':       C_R(       '100 0        rd     rs2!=0        10', { set: 'rs1=0' }),
  'c.ebreak':   NONE(      '100 1        00000  00000         10'),
  'c.jalr':     C_JR(      '100 1        rs1!=0 00000         10', { set: 'rd=1 imm=0' }),
  'c.add':      C_R(       '100 1        rd/rs1 rs2!=0        10'),
  'c.fsdsp':    C_FSTORESP('101 uimm[5:3|8:6] fs2 10'),
  'c.swsp':     C_STORESP( '110 uimm[5:2|7:6] rs2 10'),
  'c.fswsp':    C_FSTORESP('111 uimm[5:2|7:6] fs2 10', { only: 'rv32' }),
  'c.sdsp':     C_STORESP( '111 uimm[5:3|8:6] rs2 10', { only: 'rv64' }),
});
