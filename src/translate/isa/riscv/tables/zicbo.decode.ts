// Format of a line in this file:
//   name: FORM('bits 31..0: 0/1 fixed, or fields of ../vocabulary.ts as in the manual', { options of decode/table.ts })
// RISC-V Base Cache Management Operation ISA Extensions 1.0
import { extension } from '../../../decode/table.js';
import { CBO } from './forms.js';

export const ZICBO = extension('Zicbom Zicboz', {
  // Cache-block management and zeroing
  'cbo.inval': CBO('000000000000 rs1 010 00000 0001111'),
  'cbo.clean': CBO('000000000001 rs1 010 00000 0001111'),
  'cbo.flush': CBO('000000000010 rs1 010 00000 0001111'),
  'cbo.zero':  CBO('000000000100 rs1 010 00000 0001111'),
});
