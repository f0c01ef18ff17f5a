// Format of a line in this file:
//   name: FORM('bits 31..0: 0/1 fixed, or fields of ../vocabulary.ts as in the manual', { options of decode/table.ts })
// RISC-V Unprivileged ISA 20191213
import { extension } from '../../../decode/table.js';
import { AMO, AMO64, LR, LR64 } from './forms.js';

export const RV_A = extension('A', {
  // 8.2 Load-Reserved/Store-Conditional Instructions
  'lr.w':      LR(   '00010 aqrl 00000 rs1 010 rd 0101111'),
  'sc.w':      AMO(  '00011 aqrl rs2   rs1 010 rd 0101111'),

  // 8.4 Atomic Memory Operations
  'amoadd.w':  AMO(  '00000 aqrl rs2 rs1 010 rd 0101111'),
  'amoswap.w': AMO(  '00001 aqrl rs2 rs1 010 rd 0101111'),
  'amoxor.w':  AMO(  '00100 aqrl rs2 rs1 010 rd 0101111'),
  'amoor.w':   AMO(  '01000 aqrl rs2 rs1 010 rd 0101111'),
  'amoand.w':  AMO(  '01100 aqrl rs2 rs1 010 rd 0101111'),
  'amomin.w':  AMO(  '10000 aqrl rs2 rs1 010 rd 0101111'),
  'amomax.w':  AMO(  '10100 aqrl rs2 rs1 010 rd 0101111'),
  'amominu.w': AMO(  '11000 aqrl rs2 rs1 010 rd 0101111'),
  'amomaxu.w': AMO(  '11100 aqrl rs2 rs1 010 rd 0101111'),

  // RV64A
  'lr.d':      LR64( '00010 aqrl 00000 rs1 011 rd 0101111'),
  'sc.d':      AMO64('00011 aqrl rs2   rs1 011 rd 0101111'),
  'amoadd.d':  AMO64('00000 aqrl rs2   rs1 011 rd 0101111'),
  'amoswap.d': AMO64('00001 aqrl rs2   rs1 011 rd 0101111'),
  'amoxor.d':  AMO64('00100 aqrl rs2   rs1 011 rd 0101111'),
  'amoor.d':   AMO64('01000 aqrl rs2   rs1 011 rd 0101111'),
  'amoand.d':  AMO64('01100 aqrl rs2   rs1 011 rd 0101111'),
  'amomin.d':  AMO64('10000 aqrl rs2   rs1 011 rd 0101111'),
  'amomax.d':  AMO64('10100 aqrl rs2   rs1 011 rd 0101111'),
  'amominu.d': AMO64('11000 aqrl rs2   rs1 011 rd 0101111'),
  'amomaxu.d': AMO64('11100 aqrl rs2   rs1 011 rd 0101111'),
});
