// Format of a line in this file:
//   name: FORM('bits 31..0: 0/1 fixed, or fields of ../vocabulary.ts as in the manual', { options of decode/table.ts })
// RISC-V Unprivileged ISA 20191213
import { extension } from '../../../decode/table.js';
import { NONE } from './forms.js';

export const ZIFENCEI = extension('Zifencei', {
  // 3 Instruction-Fetch Fence (unused fields are ignored)
  'fence.i': NONE('imm[11:0] rs1 001 rd 0001111'),
});
