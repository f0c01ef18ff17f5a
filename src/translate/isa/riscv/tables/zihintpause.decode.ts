// Format of a line in this file:
//   name: FORM('bits 31..0: 0/1 fixed, or fields of ../vocabulary.ts as in the manual', { options of decode/table.ts })
// RISC-V Unprivileged ISA 20191213
import { extension } from '../../../decode/table.js';
import { NONE } from './forms.js';

export const ZIHINTPAUSE = extension('Zihintpause', {
  // 4 Pause Hint
  pause: NONE('0000 0001 0000 00000 000 00000 0001111', { over: 'fence' }),
});
