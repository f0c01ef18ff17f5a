/** A64 branches, exception generation and system instructions (Arm ARM C4.1.94). Format of a line: see integer.decode.ts. */
import { extension } from '../../../decode/table.js';
import { row } from '../vocabulary.js';

export const branches = extension('branch', {
  b: row('000101 off[25:0]'),
  bl: row('100101 off[25:0]'),
  'b@cond': row('01010100 off[18:0] 0 cond'),
  cbz: row('sf 0110100 off[18:0] rt'),
  cbnz: row('sf 0110101 off[18:0] rt'),
  tbz: row('bit[5] 0110110 bit[4:0] off[13:0] rt'),
  tbnz: row('bit[5] 0110111 bit[4:0] off[13:0] rt'),
  br: row('1101011 0000 11111 000000 rn 00000'),
  blr: row('1101011 0001 11111 000000 rn 00000'),
  ret: row('1101011 0010 11111 000000 rn 00000'),
});

export const system = extension('system', {
  // ---- Exception generation; what EL0 may not do is undefined
  udf: row('0000000000000000 imm[15:0]'),
  svc: row('11010100 000 imm[15:0] 000 01'),
  brk: row('11010100 001 imm[15:0] 000 00'),
  // ---- Hints: all are no-ops here, pointer authentication and branch targets included
  hint: row('11010101000000110010 crm op2 11111'),
  // ---- Barriers
  clrex: row('11010101000000110011 crm 010 11111'),
  dsb: row('11010101000000110011 crm 100 11111'),
  dmb: row('11010101000000110011 crm 101 11111'),
  isb: row('11010101000000110011 crm 110 11111'),
  // ---- System instructions and registers
  sys: row('1101010100001 op1 crn crm op2 rt'),
  msr: row('11010101000 1 op0[0] op1 crn crm op2 rt'),
  mrs: row('11010101001 1 op0[0] op1 crn crm op2 rt'),
});

/** FEAT_SB. */
export const sb = extension('sb', {
  sb: row('11010101000000110011 0000 111 11111'),
});

/** FEAT_DIT and FEAT_SSBS: MSR (immediate) of the PSTATE bits EL0 may set. */
export const dit = extension('dit', { 'msr@dit': row('1101010100000 011 0100 crm 010 11111') });
export const ssbs = extension('ssbs', { 'msr@ssbs': row('1101010100000 011 0100 crm 001 11111') });
