/**
 * A64 data processing, immediate (Arm ARM C4.1.92) and register (C4.1.95).
 *
 * Format of a line:  name: row('bits, most significant first')
 * The name is the mnemonic, `@` and a variant where the mnemonic has several encodings.
 */
import { extension } from '../../../decode/table.js';
import { row } from '../vocabulary.js';

export const immediate = extension('imm', {
  // ---- PC-relative addressing
  adr: row('0 simm[1:0] 10000 simm[20:2] rd'),
  adrp: row('1 simm[1:0] 10000 simm[20:2] rd'),
  // ---- Add/subtract (immediate)
  'add@imm': row('sf 00 100010 sh imm[11:0] rn rd'),
  'adds@imm': row('sf 01 100010 sh imm[11:0] rn rd'),
  'sub@imm': row('sf 10 100010 sh imm[11:0] rn rd'),
  'subs@imm': row('sf 11 100010 sh imm[11:0] rn rd'),
  // ---- Logical (immediate)
  'and@imm': row('sf 00 100100 n immr imms rn rd'),
  'orr@imm': row('sf 01 100100 n immr imms rn rd'),
  'eor@imm': row('sf 10 100100 n immr imms rn rd'),
  'ands@imm': row('sf 11 100100 n immr imms rn rd'),
  // ---- Move wide (immediate)
  movn: row('sf 00 100101 hw imm[15:0] rd'),
  movz: row('sf 10 100101 hw imm[15:0] rd'),
  movk: row('sf 11 100101 hw imm[15:0] rd'),
  // ---- Bitfield
  sbfm: row('sf 00 100110 n immr imms rn rd'),
  bfm: row('sf 01 100110 n immr imms rn rd'),
  ubfm: row('sf 10 100110 n immr imms rn rd'),
  // ---- Extract
  extr: row('sf 00 100111 n 0 rm imms rn rd'),
});

export const register = extension('reg', {
  // ---- Logical (shifted register)
  'and@reg': row('sf 00 01010 shift 0 rm amount rn rd'),
  'bic@reg': row('sf 00 01010 shift 1 rm amount rn rd'),
  'orr@reg': row('sf 01 01010 shift 0 rm amount rn rd'),
  'orn@reg': row('sf 01 01010 shift 1 rm amount rn rd'),
  'eor@reg': row('sf 10 01010 shift 0 rm amount rn rd'),
  'eon@reg': row('sf 10 01010 shift 1 rm amount rn rd'),
  'ands@reg': row('sf 11 01010 shift 0 rm amount rn rd'),
  'bics@reg': row('sf 11 01010 shift 1 rm amount rn rd'),
  // ---- Add/subtract (shifted register)
  'add@reg': row('sf 00 01011 shift 0 rm amount rn rd'),
  'adds@reg': row('sf 01 01011 shift 0 rm amount rn rd'),
  'sub@reg': row('sf 10 01011 shift 0 rm amount rn rd'),
  'subs@reg': row('sf 11 01011 shift 0 rm amount rn rd'),
  // ---- Add/subtract (extended register)
  'add@ext': row('sf 00 01011 001 rm option imm[2:0] rn rd'),
  'adds@ext': row('sf 01 01011 001 rm option imm[2:0] rn rd'),
  'sub@ext': row('sf 10 01011 001 rm option imm[2:0] rn rd'),
  'subs@ext': row('sf 11 01011 001 rm option imm[2:0] rn rd'),
  // ---- Add/subtract (with carry)
  adc: row('sf 00 11010000 rm 000000 rn rd'),
  adcs: row('sf 01 11010000 rm 000000 rn rd'),
  sbc: row('sf 10 11010000 rm 000000 rn rd'),
  sbcs: row('sf 11 11010000 rm 000000 rn rd'),
  // ---- Conditional compare
  'ccmn@reg': row('sf 01 11010010 rm cond 0 0 rn 0 nzcv'),
  'ccmp@reg': row('sf 11 11010010 rm cond 0 0 rn 0 nzcv'),
  'ccmn@imm': row('sf 01 11010010 imm[4:0] cond 1 0 rn 0 nzcv'),
  'ccmp@imm': row('sf 11 11010010 imm[4:0] cond 1 0 rn 0 nzcv'),
  // ---- Conditional select
  csel: row('sf 00 11010100 rm cond 00 rn rd'),
  csinc: row('sf 00 11010100 rm cond 01 rn rd'),
  csinv: row('sf 10 11010100 rm cond 00 rn rd'),
  csneg: row('sf 10 11010100 rm cond 01 rn rd'),
  // ---- Data processing (3 source)
  madd: row('sf 00 11011 000 rm 0 ra rn rd'),
  msub: row('sf 00 11011 000 rm 1 ra rn rd'),
  smaddl: row('1 00 11011 001 rm 0 ra rn rd'),
  smsubl: row('1 00 11011 001 rm 1 ra rn rd'),
  smulh: row('1 00 11011 010 rm 0 any[4:0] rn rd'),
  umaddl: row('1 00 11011 101 rm 0 ra rn rd'),
  umsubl: row('1 00 11011 101 rm 1 ra rn rd'),
  umulh: row('1 00 11011 110 rm 0 any[4:0] rn rd'),
  // ---- Data processing (2 source)
  udiv: row('sf 0 0 11010110 rm 000010 rn rd'),
  sdiv: row('sf 0 0 11010110 rm 000011 rn rd'),
  lslv: row('sf 0 0 11010110 rm 001000 rn rd'),
  lsrv: row('sf 0 0 11010110 rm 001001 rn rd'),
  asrv: row('sf 0 0 11010110 rm 001010 rn rd'),
  rorv: row('sf 0 0 11010110 rm 001011 rn rd'),
  // ---- Data processing (1 source)
  rbit: row('sf 1 0 11010110 00000 000000 rn rd'),
  rev16: row('sf 1 0 11010110 00000 000001 rn rd'),
  'rev@w': row('0 1 0 11010110 00000 000010 rn rd'),
  rev32: row('1 1 0 11010110 00000 000010 rn rd'),
  'rev@x': row('1 1 0 11010110 00000 000011 rn rd'),
  clz: row('sf 1 0 11010110 00000 000100 rn rd'),
  cls: row('sf 1 0 11010110 00000 000101 rn rd'),
});

/** FEAT_CRC32. */
export const crc32 = extension('crc32', {
  crc32: row('0 0 0 11010110 rm 010 0 size!=3 rn rd'),
  'crc32@x': row('1 0 0 11010110 rm 010 0 11 rn rd', { set: 'size=3' }),
  crc32c: row('0 0 0 11010110 rm 010 1 size!=3 rn rd'),
  'crc32c@x': row('1 0 0 11010110 rm 010 1 11 rn rd', { set: 'size=3' }),
});

/** FEAT_FlagM. */
export const flagm = extension('flagm', {
  rmif: row('1 01 11010000 imm[5:0] 00001 rn 0 mask'),
  setf8: row('0 01 11010000 000000 0 0010 rn 0 1101'),
  setf16: row('0 01 11010000 000000 1 0010 rn 0 1101'),
});

/** The system-encoded part of FEAT_FlagM. */
export const flagmSystem = extension('flagm (system)', {
  cfinv: row('11010101000000000100 0000 000 11111'),
});

/** FEAT_FlagM2. */
export const flagm2 = extension('flagm2', {
  xaflag: row('11010101000000000100 0000 001 11111'),
  axflag: row('11010101000000000100 0000 010 11111'),
});
