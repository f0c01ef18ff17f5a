/** A64 loads and stores (Arm ARM C4.1.96), Advanced SIMD structures apart. Format of a line: see integer.decode.ts. */
import { extension } from '../../../decode/table.js';
import { row } from '../vocabulary.js';

export const loadStore = extension('loadstore', {
  // ---- Load/store exclusive
  stxr: row('size 001000 000 rs 0 any[4:0] rn rt'),
  stlxr: row('size 001000 000 rs 1 any[4:0] rn rt'),
  stxp: row('1 sz 001000 001 rs 0 rt2 rn rt'),
  stlxp: row('1 sz 001000 001 rs 1 rt2 rn rt'),
  ldxr: row('size 001000 010 any[4:0] 0 any[9:5] rn rt'),
  ldaxr: row('size 001000 010 any[4:0] 1 any[9:5] rn rt'),
  ldxp: row('1 sz 001000 011 any[4:0] 0 rt2 rn rt'),
  ldaxp: row('1 sz 001000 011 any[4:0] 1 rt2 rn rt'),
  // ---- Load/store ordered
  stlr: row('size 001000 100 any[4:0] 1 any[9:5] rn rt'),
  ldar: row('size 001000 110 any[4:0] 1 any[9:5] rn rt'),
  // ---- Load register (literal)
  'ldr@literal': row('0 sz 011 0 00 off[18:0] rt'),
  'ldrsw@literal': row('10 011 0 00 off[18:0] rt'),
  'prfm@literal': row('11 011 0 00 off[18:0] rt'),
  'ldr@vliteral': row('opc!=3 011 1 00 off[18:0] rt'),
  // ---- Load/store no-allocate pair, pair post-indexed, offset, pre-indexed (idx: 0 no-allocate 1 post 2 offset 3 pre)
  stp: row('sf 0 101 0 0 idx[1:0] 0 simm[6:0] rt2 rn rt'),
  ldp: row('sf 0 101 0 0 idx[1:0] 1 simm[6:0] rt2 rn rt'),
  ldpsw: row('01 101 0 0 idx[1:0]!=0 1 simm[6:0] rt2 rn rt'),
  'stp@v': row('opc!=3 101 1 0 idx[1:0] 0 simm[6:0] rt2 rn rt'),
  'ldp@v': row('opc!=3 101 1 0 idx[1:0] 1 simm[6:0] rt2 rn rt'),
  // ---- Load/store register (idx: 0 unscaled 1 post-indexed 2 unprivileged 3 pre-indexed)
  'str@imm9': row('size 111 0 00 00 0 simm[8:0] idx[1:0] rn rt'),
  'ldr@imm9': row('size 111 0 00 01 0 simm[8:0] idx[1:0] rn rt'),
  'ldrs@imm9': row('size!=3 111 0 00 10 0 simm[8:0] idx[1:0] rn rt'),
  'ldrsw@imm9': row('0 size[0] 111 0 00 11 0 simm[8:0] idx[1:0] rn rt'),
  'prfum@imm9': row('11 111 0 00 10 0 simm[8:0] 00 rn rt'),
  'str@vimm9': row('size 111 1 00 00 0 simm[8:0] idx[1:0]!=2 rn rt'),
  'ldr@vimm9': row('size 111 1 00 01 0 simm[8:0] idx[1:0]!=2 rn rt'),
  'str@qimm9': row('00 111 1 00 10 0 simm[8:0] idx[1:0]!=2 rn rt', { set: 'size=4' }),
  'ldr@qimm9': row('00 111 1 00 11 0 simm[8:0] idx[1:0]!=2 rn rt', { set: 'size=4' }),
  // ---- Load/store register (register offset)
  'str@reg': row('size 111 0 00 00 1 rm option s 10 rn rt'),
  'ldr@reg': row('size 111 0 00 01 1 rm option s 10 rn rt'),
  'ldrs@reg': row('size!=3 111 0 00 10 1 rm option s 10 rn rt'),
  'ldrsw@reg': row('0 size[0] 111 0 00 11 1 rm option s 10 rn rt'),
  'prfm@reg': row('11 111 0 00 10 1 rm option s 10 rn rt'),
  'str@vreg': row('size 111 1 00 00 1 rm option s 10 rn rt'),
  'ldr@vreg': row('size 111 1 00 01 1 rm option s 10 rn rt'),
  'str@qreg': row('00 111 1 00 10 1 rm option s 10 rn rt', { set: 'size=4' }),
  'ldr@qreg': row('00 111 1 00 11 1 rm option s 10 rn rt', { set: 'size=4' }),
  // ---- Load/store register (unsigned immediate)
  'str@uimm': row('size 111 0 01 00 imm[11:0] rn rt'),
  'ldr@uimm': row('size 111 0 01 01 imm[11:0] rn rt'),
  'ldrs@uimm': row('size!=3 111 0 01 10 imm[11:0] rn rt'),
  'ldrsw@uimm': row('0 size[0] 111 0 01 11 imm[11:0] rn rt'),
  'prfm@uimm': row('11 111 0 01 10 imm[11:0] rn rt'),
  'str@vuimm': row('size 111 1 01 00 imm[11:0] rn rt'),
  'ldr@vuimm': row('size 111 1 01 01 imm[11:0] rn rt'),
  'str@quimm': row('00 111 1 01 10 imm[11:0] rn rt', { set: 'size=4' }),
  'ldr@quimm': row('00 111 1 01 11 imm[11:0] rn rt', { set: 'size=4' }),
});

/** FEAT_LSE: atomic memory operations. */
export const lse = extension('lse', {
  casp: row('0 sz 001000 0 a 1 rs r 11111 rn rt'),
  cas: row('size 001000 1 a 1 rs r 11111 rn rt'),
  ldadd: row('size 111 0 00 a r 1 rs 0 000 00 rn rt'),
  ldclr: row('size 111 0 00 a r 1 rs 0 001 00 rn rt'),
  ldeor: row('size 111 0 00 a r 1 rs 0 010 00 rn rt'),
  ldset: row('size 111 0 00 a r 1 rs 0 011 00 rn rt'),
  ldsmax: row('size 111 0 00 a r 1 rs 0 100 00 rn rt'),
  ldsmin: row('size 111 0 00 a r 1 rs 0 101 00 rn rt'),
  ldumax: row('size 111 0 00 a r 1 rs 0 110 00 rn rt'),
  ldumin: row('size 111 0 00 a r 1 rs 0 111 00 rn rt'),
  swp: row('size 111 0 00 a r 1 rs 1 000 00 rn rt'),
});

/** FEAT_LOR: limited ordering, as strong as the full one here. */
export const lor = extension('lor', {
  stllr: row('size 001000 100 any[4:0] 0 any[9:5] rn rt'),
  ldlar: row('size 001000 110 any[4:0] 0 any[9:5] rn rt'),
});

/** FEAT_LRCPC. */
export const lrcpc = extension('lrcpc', {
  ldapr: row('size 111 0 00 10 1 11111 1 100 00 rn rt'),
});

/** FEAT_LRCPC2. */
export const lrcpc2 = extension('lrcpc2', {
  stlur: row('size 011 0 01 00 0 simm[8:0] 00 rn rt'),
  ldapur: row('size 011 0 01 01 0 simm[8:0] 00 rn rt'),
  ldapurs: row('size!=3 011 0 01 10 0 simm[8:0] 00 rn rt'),
  ldapursw: row('0 size[0] 011 0 01 11 0 simm[8:0] 00 rn rt'),
});
