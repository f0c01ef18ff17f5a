/**
 * A64 Advanced SIMD data processing (Arm ARM C4.1.97). Format of a line: see integer.decode.ts.
 *
 * The classes are told apart by the bits named in their headings (see simdGroup in index.ts); each has a list for every
 * model and lists for features.
 *
 * A name with x stands for the signed and the unsigned instruction (xabd: sabd and uabd), told apart by the u field. @s
 * marks the scalar form, @e the one by element, @h the one on halves (FEAT_FP16), @i the one with a shift count.
 */
import { extension } from '../../../decode/table.js';
import { row } from '../vocabulary.js';

/** Shifts by immediate whose lines take in the modified immediates, which have immh zero. */
const SHIFTS =
  'xshr@i xsra@i xrshr@i xrsra@i sri@i shl@i sli@i sqshlu@i xqshl@i shrn@i sqshrun@i xqshrn@i xshll@i xcvtf@i';

// ---- Advanced SIMD table lookup, permute, extract, copy, three same (FP16), three same extra: bits 28, 24, 21 are 000

export const move = extension('simd move', {
  tbl: row('0 q 001110 000 rm 0 len 0 00 rn rd'),
  tbx: row('0 q 001110 000 rm 0 len 1 00 rn rd'),
  uzp1: row('0 q 001110 size 0 rm 0 001 10 rn rd'),
  trn1: row('0 q 001110 size 0 rm 0 010 10 rn rd'),
  zip1: row('0 q 001110 size 0 rm 0 011 10 rn rd'),
  uzp2: row('0 q 001110 size 0 rm 0 101 10 rn rd'),
  trn2: row('0 q 001110 size 0 rm 0 110 10 rn rd'),
  zip2: row('0 q 001110 size 0 rm 0 111 10 rn rd'),
  ext: row('0 q 101110 000 rm 0 imm[3:0] 0 rn rd'),
  'dup@e': row('0 q 0 01110000 imm[4:0] 0 0000 1 rn rd'),
  'dup@r': row('0 q 0 01110000 imm[4:0] 0 0001 1 rn rd'),
  smov: row('0 q 0 01110000 imm[4:0] 0 0101 1 rn rd'),
  umov: row('0 q 0 01110000 imm[4:0] 0 0111 1 rn rd'),
  'ins@r': row('0 1 0 01110000 imm[4:0] 0 0011 1 rn rd'),
  'ins@e': row('0 1 1 01110000 imm[4:0] 0 idx[3:0] 1 rn rd'),
});

export const moveFp16 = extension('fp16 move', {
  'fmaxnm@h': row('0 q 0 01110 0 10 rm 00 000 1 rn rd'),
  'fmla@h': row('0 q 0 01110 0 10 rm 00 001 1 rn rd'),
  'fadd@h': row('0 q 0 01110 0 10 rm 00 010 1 rn rd'),
  'fmulx@h': row('0 q 0 01110 0 10 rm 00 011 1 rn rd'),
  'fcmeq@h': row('0 q 0 01110 0 10 rm 00 100 1 rn rd'),
  'fmax@h': row('0 q 0 01110 0 10 rm 00 110 1 rn rd'),
  'frecps@h': row('0 q 0 01110 0 10 rm 00 111 1 rn rd'),
  'fminnm@h': row('0 q 0 01110 1 10 rm 00 000 1 rn rd'),
  'fmls@h': row('0 q 0 01110 1 10 rm 00 001 1 rn rd'),
  'fsub@h': row('0 q 0 01110 1 10 rm 00 010 1 rn rd'),
  'fmin@h': row('0 q 0 01110 1 10 rm 00 110 1 rn rd'),
  'frsqrts@h': row('0 q 0 01110 1 10 rm 00 111 1 rn rd'),
  'fmaxnmp@h': row('0 q 1 01110 0 10 rm 00 000 1 rn rd'),
  'faddp@h': row('0 q 1 01110 0 10 rm 00 010 1 rn rd'),
  'fmul@h': row('0 q 1 01110 0 10 rm 00 011 1 rn rd'),
  'fcmge@h': row('0 q 1 01110 0 10 rm 00 100 1 rn rd'),
  'facge@h': row('0 q 1 01110 0 10 rm 00 101 1 rn rd'),
  'fmaxp@h': row('0 q 1 01110 0 10 rm 00 110 1 rn rd'),
  'fdiv@h': row('0 q 1 01110 0 10 rm 00 111 1 rn rd'),
  'fminnmp@h': row('0 q 1 01110 1 10 rm 00 000 1 rn rd'),
  'fabd@h': row('0 q 1 01110 1 10 rm 00 010 1 rn rd'),
  'fcmgt@h': row('0 q 1 01110 1 10 rm 00 100 1 rn rd'),
  'facgt@h': row('0 q 1 01110 1 10 rm 00 101 1 rn rd'),
  'fminp@h': row('0 q 1 01110 1 10 rm 00 110 1 rn rd'),
});

export const moveRdm = extension('rdm move', {
  sqrdmlah: row('0 q 1 01110 size!={0,3} 0 rm 1 0000 1 rn rd'),
  sqrdmlsh: row('0 q 1 01110 size!={0,3} 0 rm 1 0001 1 rn rd'),
});

export const moveDotprod = extension('dotprod move', {
  xdot: row('0 q u 01110 10 0 rm 1 0010 1 rn rd'),
});

export const moveFcma = extension('fcma move', {
  fcmla: row('0 q 1 01110 size!=0 0 rm 1 10 rot[1:0] 1 rn rd'),
  fcadd: row('0 q 1 01110 size!=0 0 rm 1 11 rot[0] 0 1 rn rd'),
});

// ---- Advanced SIMD three same: bits 28, 24, 21, 10 are 0011

export const threeSame = extension('simd threeSame', {
  xhadd: row('0 q u 01110 size 1 rm 00000 1 rn rd'),
  xqadd: row('0 q u 01110 size 1 rm 00001 1 rn rd'),
  xrhadd: row('0 q u 01110 size 1 rm 00010 1 rn rd'),
  'and@v': row('0 q 0 01110 00 1 rm 00011 1 rn rd'),
  'bic@v': row('0 q 0 01110 01 1 rm 00011 1 rn rd'),
  'orr@v': row('0 q 0 01110 10 1 rm 00011 1 rn rd'),
  'orn@v': row('0 q 0 01110 11 1 rm 00011 1 rn rd'),
  'eor@v': row('0 q 1 01110 00 1 rm 00011 1 rn rd'),
  bsl: row('0 q 1 01110 01 1 rm 00011 1 rn rd'),
  bit: row('0 q 1 01110 10 1 rm 00011 1 rn rd'),
  bif: row('0 q 1 01110 11 1 rm 00011 1 rn rd'),
  xhsub: row('0 q u 01110 size 1 rm 00100 1 rn rd'),
  xqsub: row('0 q u 01110 size 1 rm 00101 1 rn rd'),
  'cmgt/cmhi': row('0 q u 01110 size 1 rm 00110 1 rn rd'),
  'cmge/cmhs': row('0 q u 01110 size 1 rm 00111 1 rn rd'),
  xshl: row('0 q u 01110 size 1 rm 01000 1 rn rd'),
  xqshl: row('0 q u 01110 size 1 rm 01001 1 rn rd'),
  xrshl: row('0 q u 01110 size 1 rm 01010 1 rn rd'),
  xqrshl: row('0 q u 01110 size 1 rm 01011 1 rn rd'),
  xmax: row('0 q u 01110 size 1 rm 01100 1 rn rd'),
  xmin: row('0 q u 01110 size 1 rm 01101 1 rn rd'),
  xabd: row('0 q u 01110 size 1 rm 01110 1 rn rd'),
  xaba: row('0 q u 01110 size 1 rm 01111 1 rn rd'),
  'add@v': row('0 q 0 01110 size 1 rm 10000 1 rn rd'),
  'sub@v': row('0 q 1 01110 size 1 rm 10000 1 rn rd'),
  cmtst: row('0 q 0 01110 size 1 rm 10001 1 rn rd'),
  cmeq: row('0 q 1 01110 size 1 rm 10001 1 rn rd'),
  mla: row('0 q 0 01110 size 1 rm 10010 1 rn rd'),
  mls: row('0 q 1 01110 size 1 rm 10010 1 rn rd'),
  mul: row('0 q 0 01110 size 1 rm 10011 1 rn rd'),
  pmul: row('0 q 1 01110 00 1 rm 10011 1 rn rd'),
  xmaxp: row('0 q u 01110 size 1 rm 10100 1 rn rd'),
  xminp: row('0 q u 01110 size 1 rm 10101 1 rn rd'),
  sqdmulh: row('0 q 0 01110 size 1 rm 10110 1 rn rd'),
  sqrdmulh: row('0 q 1 01110 size 1 rm 10110 1 rn rd'),
  addp: row('0 q 0 01110 size 1 rm 10111 1 rn rd'),
  'fmaxnm@v': row('0 q 0 01110 0 sz 1 rm 11000 1 rn rd'),
  'fminnm@v': row('0 q 0 01110 1 sz 1 rm 11000 1 rn rd'),
  fmla: row('0 q 0 01110 0 sz 1 rm 11001 1 rn rd'),
  fmls: row('0 q 0 01110 1 sz 1 rm 11001 1 rn rd'),
  'fadd@v': row('0 q 0 01110 0 sz 1 rm 11010 1 rn rd'),
  'fsub@v': row('0 q 0 01110 1 sz 1 rm 11010 1 rn rd'),
  fmulx: row('0 q 0 01110 0 sz 1 rm 11011 1 rn rd'),
  fcmeq: row('0 q 0 01110 0 sz 1 rm 11100 1 rn rd'),
  'fmax@v': row('0 q 0 01110 0 sz 1 rm 11110 1 rn rd'),
  'fmin@v': row('0 q 0 01110 1 sz 1 rm 11110 1 rn rd'),
  frecps: row('0 q 0 01110 0 sz 1 rm 11111 1 rn rd'),
  frsqrts: row('0 q 0 01110 1 sz 1 rm 11111 1 rn rd'),
  fmaxnmp: row('0 q 1 01110 0 sz 1 rm 11000 1 rn rd'),
  fminnmp: row('0 q 1 01110 1 sz 1 rm 11000 1 rn rd'),
  faddp: row('0 q 1 01110 0 sz 1 rm 11010 1 rn rd'),
  fabd: row('0 q 1 01110 1 sz 1 rm 11010 1 rn rd'),
  'fmul@v': row('0 q 1 01110 0 sz 1 rm 11011 1 rn rd'),
  fcmge: row('0 q 1 01110 0 sz 1 rm 11100 1 rn rd'),
  fcmgt: row('0 q 1 01110 1 sz 1 rm 11100 1 rn rd'),
  facge: row('0 q 1 01110 0 sz 1 rm 11101 1 rn rd'),
  facgt: row('0 q 1 01110 1 sz 1 rm 11101 1 rn rd'),
  fmaxp: row('0 q 1 01110 0 sz 1 rm 11110 1 rn rd'),
  fminp: row('0 q 1 01110 1 sz 1 rm 11110 1 rn rd'),
  'fdiv@v': row('0 q 1 01110 0 sz 1 rm 11111 1 rn rd'),
});

export const threeSameFhm = extension('fhm threeSame', {
  fmlal: row('0 q 0 01110 0 0 1 rm 11101 1 rn rd'),
  fmlsl: row('0 q 0 01110 1 0 1 rm 11101 1 rn rd'),
  fmlal2: row('0 q 1 01110 0 0 1 rm 11001 1 rn rd'),
  fmlsl2: row('0 q 1 01110 1 0 1 rm 11001 1 rn rd'),
});

// ---- Advanced SIMD three different: bits 28, 24, 21, 11, 10 are 00100

export const threeDifferent = extension('simd threeDifferent', {
  xaddl: row('0 q u 01110 size!=3 1 rm 0000 00 rn rd'),
  xaddw: row('0 q u 01110 size!=3 1 rm 0001 00 rn rd'),
  xsubl: row('0 q u 01110 size!=3 1 rm 0010 00 rn rd'),
  xsubw: row('0 q u 01110 size!=3 1 rm 0011 00 rn rd'),
  addhn: row('0 q 0 01110 size!=3 1 rm 0100 00 rn rd'),
  raddhn: row('0 q 1 01110 size!=3 1 rm 0100 00 rn rd'),
  xabal: row('0 q u 01110 size!=3 1 rm 0101 00 rn rd'),
  subhn: row('0 q 0 01110 size!=3 1 rm 0110 00 rn rd'),
  rsubhn: row('0 q 1 01110 size!=3 1 rm 0110 00 rn rd'),
  xabdl: row('0 q u 01110 size!=3 1 rm 0111 00 rn rd'),
  xmlal: row('0 q u 01110 size!=3 1 rm 1000 00 rn rd'),
  sqdmlal: row('0 q 0 01110 size!={0,3} 1 rm 1001 00 rn rd'),
  xmlsl: row('0 q u 01110 size!=3 1 rm 1010 00 rn rd'),
  sqdmlsl: row('0 q 0 01110 size!={0,3} 1 rm 1011 00 rn rd'),
  xmull: row('0 q u 01110 size!=3 1 rm 1100 00 rn rd'),
  sqdmull: row('0 q 0 01110 size!={0,3} 1 rm 1101 00 rn rd'),
  pmull: row('0 q 0 01110 00 1 rm 1110 00 rn rd'),
});

export const threeDifferentPmull = extension('pmull threeDifferent', {
  'pmull@64': row('0 q 0 01110 11 1 rm 1110 00 rn rd'),
});

// ---- Advanced SIMD two-register miscellaneous, across lanes; cryptographic AES: bits 28, 24, 21, 11, 10 are 00110

export const twoMisc = extension('simd twoMisc', {
  rev64: row('0 q 0 01110 size!=3 10000 00000 10 rn rd'),
  'rev16@v': row('0 q 0 01110 00 10000 00001 10 rn rd'),
  xaddlp: row('0 q u 01110 size!=3 10000 00010 10 rn rd'),
  'suqadd/usqadd': row('0 q u 01110 size 10000 00011 10 rn rd'),
  'cls@v': row('0 q 0 01110 size!=3 10000 00100 10 rn rd'),
  cnt: row('0 q 0 01110 00 10000 00101 10 rn rd'),
  xadalp: row('0 q u 01110 size!=3 10000 00110 10 rn rd'),
  sqabs: row('0 q 0 01110 size 10000 00111 10 rn rd'),
  'cmgt@0': row('0 q 0 01110 size 10000 01000 10 rn rd'),
  'cmeq@0': row('0 q 0 01110 size 10000 01001 10 rn rd'),
  'cmlt@0': row('0 q 0 01110 size 10000 01010 10 rn rd'),
  abs: row('0 q 0 01110 size 10000 01011 10 rn rd'),
  xtn: row('0 q 0 01110 size!=3 10000 10010 10 rn rd'),
  xqxtn: row('0 q u 01110 size!=3 10000 10100 10 rn rd'),
  fcvtn: row('0 q 0 01110 0 sz 10000 10110 10 rn rd'),
  fcvtl: row('0 q 0 01110 0 sz 10000 10111 10 rn rd'),
  'frintn@v': row('0 q 0 01110 0 sz 10000 11000 10 rn rd'),
  'frintm@v': row('0 q 0 01110 0 sz 10000 11001 10 rn rd'),
  'fcvtns@v': row('0 q 0 01110 0 sz 10000 11010 10 rn rd'),
  'fcvtms@v': row('0 q 0 01110 0 sz 10000 11011 10 rn rd'),
  'fcvtas@v': row('0 q 0 01110 0 sz 10000 11100 10 rn rd'),
  'scvtf@v': row('0 q 0 01110 0 sz 10000 11101 10 rn rd'),
  'fcmgt@0': row('0 q 0 01110 1 sz 10000 01100 10 rn rd'),
  'fcmeq@0': row('0 q 0 01110 1 sz 10000 01101 10 rn rd'),
  'fcmlt@0': row('0 q 0 01110 1 sz 10000 01110 10 rn rd'),
  'fabs@v': row('0 q 0 01110 1 sz 10000 01111 10 rn rd'),
  'frintp@v': row('0 q 0 01110 1 sz 10000 11000 10 rn rd'),
  'frintz@v': row('0 q 0 01110 1 sz 10000 11001 10 rn rd'),
  'fcvtps@v': row('0 q 0 01110 1 sz 10000 11010 10 rn rd'),
  'fcvtzs@v': row('0 q 0 01110 1 sz 10000 11011 10 rn rd'),
  urecpe: row('0 q 0 01110 10 10000 11100 10 rn rd'),
  frecpe: row('0 q 0 01110 1 sz 10000 11101 10 rn rd'),
  'rev32@v': row('0 q 1 01110 0 size[0] 10000 00000 10 rn rd'),
  'clz@v': row('0 q 1 01110 size!=3 10000 00100 10 rn rd'),
  not: row('0 q 1 01110 00 10000 00101 10 rn rd'),
  'rbit@v': row('0 q 1 01110 01 10000 00101 10 rn rd'),
  sqneg: row('0 q 1 01110 size 10000 00111 10 rn rd'),
  'cmge@0': row('0 q 1 01110 size 10000 01000 10 rn rd'),
  'cmle@0': row('0 q 1 01110 size 10000 01001 10 rn rd'),
  neg: row('0 q 1 01110 size 10000 01011 10 rn rd'),
  sqxtun: row('0 q 1 01110 size!=3 10000 10010 10 rn rd'),
  shll: row('0 q 1 01110 size!=3 10000 10011 10 rn rd'),
  fcvtxn: row('0 q 1 01110 01 10000 10110 10 rn rd'),
  'frinta@v': row('0 q 1 01110 0 sz 10000 11000 10 rn rd'),
  'frintx@v': row('0 q 1 01110 0 sz 10000 11001 10 rn rd'),
  'fcvtnu@v': row('0 q 1 01110 0 sz 10000 11010 10 rn rd'),
  'fcvtmu@v': row('0 q 1 01110 0 sz 10000 11011 10 rn rd'),
  'fcvtau@v': row('0 q 1 01110 0 sz 10000 11100 10 rn rd'),
  'ucvtf@v': row('0 q 1 01110 0 sz 10000 11101 10 rn rd'),
  'fcmge@0': row('0 q 1 01110 1 sz 10000 01100 10 rn rd'),
  'fcmle@0': row('0 q 1 01110 1 sz 10000 01101 10 rn rd'),
  'fneg@v': row('0 q 1 01110 1 sz 10000 01111 10 rn rd'),
  'frinti@v': row('0 q 1 01110 1 sz 10000 11001 10 rn rd'),
  'fcvtpu@v': row('0 q 1 01110 1 sz 10000 11010 10 rn rd'),
  'fcvtzu@v': row('0 q 1 01110 1 sz 10000 11011 10 rn rd'),
  ursqrte: row('0 q 1 01110 10 10000 11100 10 rn rd'),
  frsqrte: row('0 q 1 01110 1 sz 10000 11101 10 rn rd'),
  'fsqrt@v': row('0 q 1 01110 1 sz 10000 11111 10 rn rd'),
  xaddlv: row('0 q u 01110 size!=3 11000 00011 10 rn rd'),
  xmaxv: row('0 q u 01110 size!=3 11000 01010 10 rn rd'),
  xminv: row('0 q u 01110 size!=3 11000 11010 10 rn rd'),
  addv: row('0 q 0 01110 size!=3 11000 11011 10 rn rd'),
  fmaxnmv: row('0 1 1 01110 00 11000 01100 10 rn rd'),
  fminnmv: row('0 1 1 01110 10 11000 01100 10 rn rd'),
  fmaxv: row('0 1 1 01110 00 11000 01111 10 rn rd'),
  fminv: row('0 1 1 01110 10 11000 01111 10 rn rd'),
});

export const twoMiscFp16 = extension('fp16 twoMisc', {
  'frintn@h': row('0 q 0 01110 0 111100 11000 10 rn rd'),
  'frintm@h': row('0 q 0 01110 0 111100 11001 10 rn rd'),
  'fcvtns@h': row('0 q 0 01110 0 111100 11010 10 rn rd'),
  'fcvtms@h': row('0 q 0 01110 0 111100 11011 10 rn rd'),
  'fcvtas@h': row('0 q 0 01110 0 111100 11100 10 rn rd'),
  'scvtf@h': row('0 q 0 01110 0 111100 11101 10 rn rd'),
  'fcmgt@0h': row('0 q 0 01110 1 111100 01100 10 rn rd'),
  'fcmeq@0h': row('0 q 0 01110 1 111100 01101 10 rn rd'),
  'fcmlt@0h': row('0 q 0 01110 1 111100 01110 10 rn rd'),
  'fabs@h': row('0 q 0 01110 1 111100 01111 10 rn rd'),
  'frintp@h': row('0 q 0 01110 1 111100 11000 10 rn rd'),
  'frintz@h': row('0 q 0 01110 1 111100 11001 10 rn rd'),
  'fcvtps@h': row('0 q 0 01110 1 111100 11010 10 rn rd'),
  'fcvtzs@h': row('0 q 0 01110 1 111100 11011 10 rn rd'),
  'frecpe@h': row('0 q 0 01110 1 111100 11101 10 rn rd'),
  'frinta@h': row('0 q 1 01110 0 111100 11000 10 rn rd'),
  'frintx@h': row('0 q 1 01110 0 111100 11001 10 rn rd'),
  'fcvtnu@h': row('0 q 1 01110 0 111100 11010 10 rn rd'),
  'fcvtmu@h': row('0 q 1 01110 0 111100 11011 10 rn rd'),
  'fcvtau@h': row('0 q 1 01110 0 111100 11100 10 rn rd'),
  'ucvtf@h': row('0 q 1 01110 0 111100 11101 10 rn rd'),
  'fcmge@0h': row('0 q 1 01110 1 111100 01100 10 rn rd'),
  'fcmle@0h': row('0 q 1 01110 1 111100 01101 10 rn rd'),
  'fneg@h': row('0 q 1 01110 1 111100 01111 10 rn rd'),
  'frinti@h': row('0 q 1 01110 1 111100 11001 10 rn rd'),
  'fcvtpu@h': row('0 q 1 01110 1 111100 11010 10 rn rd'),
  'fcvtzu@h': row('0 q 1 01110 1 111100 11011 10 rn rd'),
  'frsqrte@h': row('0 q 1 01110 1 111100 11101 10 rn rd'),
  'fsqrt@h': row('0 q 1 01110 1 111100 11111 10 rn rd'),
  'fmaxnmv@h': row('0 q 0 01110 00 11000 01100 10 rn rd'),
  'fminnmv@h': row('0 q 0 01110 10 11000 01100 10 rn rd'),
  'fmaxv@h': row('0 q 0 01110 00 11000 01111 10 rn rd'),
  'fminv@h': row('0 q 0 01110 10 11000 01111 10 rn rd'),
});

export const twoMiscFrint = extension('frint twoMisc', {
  'frint32z@v': row('0 q 0 01110 0 sz 10000 11110 10 rn rd'),
  'frint32x@v': row('0 q 1 01110 0 sz 10000 11110 10 rn rd'),
  'frint64z@v': row('0 q 0 01110 0 sz 10000 11111 10 rn rd'),
  'frint64x@v': row('0 q 1 01110 0 sz 10000 11111 10 rn rd'),
});

export const twoMiscAes = extension('aes twoMisc', {
  aese: row('01001110 00 10100 00100 10 rn rd'),
  aesd: row('01001110 00 10100 00101 10 rn rd'),
  aesmc: row('01001110 00 10100 00110 10 rn rd'),
  aesimc: row('01001110 00 10100 00111 10 rn rd'),
});

// ---- Advanced SIMD modified immediate, shift by immediate (imm is immh:immb): bits 28, 24, 10 are 011

export const shift = extension('simd shift', {
  movi: row('0 q o 0111100000 imm[7:5] cmode 01 imm[4:0] rd', { over: SHIFTS }),
  'xshr@i': row('0 q u 011110 imm[6:0] 00000 1 rn rd'),
  'xsra@i': row('0 q u 011110 imm[6:0] 00010 1 rn rd'),
  'xrshr@i': row('0 q u 011110 imm[6:0] 00100 1 rn rd'),
  'xrsra@i': row('0 q u 011110 imm[6:0] 00110 1 rn rd'),
  'sri@i': row('0 q 1 011110 imm[6:0] 01000 1 rn rd'),
  'shl@i': row('0 q 0 011110 imm[6:0] 01010 1 rn rd'),
  'sli@i': row('0 q 1 011110 imm[6:0] 01010 1 rn rd'),
  'sqshlu@i': row('0 q 1 011110 imm[6:0] 01100 1 rn rd'),
  'xqshl@i': row('0 q u 011110 imm[6:0] 01110 1 rn rd'),
  'shrn@i': row('0 q 0 011110 imm[6:0] 10000 1 rn rd'),
  'rshrn@i': row('0 q 0 011110 imm[6:0] 10001 1 rn rd'),
  'sqshrun@i': row('0 q 1 011110 imm[6:0] 10000 1 rn rd'),
  'sqrshrun@i': row('0 q 1 011110 imm[6:0] 10001 1 rn rd'),
  'xqshrn@i': row('0 q u 011110 imm[6:0] 10010 1 rn rd'),
  'xqrshrn@i': row('0 q u 011110 imm[6:0] 10011 1 rn rd'),
  'xshll@i': row('0 q u 011110 imm[6:0] 10100 1 rn rd'),
  'xcvtf@i': row('0 q u 011110 imm[6:0] 11100 1 rn rd'),
  'fcvtzx@i': row('0 q u 011110 imm[6:0] 11111 1 rn rd'),
});

export const shiftFp16 = extension('fp16 shift', {
  'fmov@vh': row('0 q 0 0111100000 imm[7:5] 1111 11 imm[4:0] rd', { over: 'fcvtzx@i' }),
});

// ---- Advanced SIMD vector x indexed element: bits 28, 24, 10 are 010

export const element = extension('simd element', {
  'xmlal@e': row('0 q u 01111 size!={0,3} l m rm4 0010 h 0 rn rd'),
  'sqdmlal@e': row('0 q 0 01111 size!={0,3} l m rm4 0011 h 0 rn rd'),
  'xmlsl@e': row('0 q u 01111 size!={0,3} l m rm4 0110 h 0 rn rd'),
  'sqdmlsl@e': row('0 q 0 01111 size!={0,3} l m rm4 0111 h 0 rn rd'),
  'mul@e': row('0 q 0 01111 size!={0,3} l m rm4 1000 h 0 rn rd'),
  'xmull@e': row('0 q u 01111 size!={0,3} l m rm4 1010 h 0 rn rd'),
  'sqdmull@e': row('0 q 0 01111 size!={0,3} l m rm4 1011 h 0 rn rd'),
  'sqdmulh@e': row('0 q 0 01111 size!={0,3} l m rm4 1100 h 0 rn rd'),
  'sqrdmulh@e': row('0 q 0 01111 size!={0,3} l m rm4 1101 h 0 rn rd'),
  'mla@e': row('0 q 1 01111 size!={0,3} l m rm4 0000 h 0 rn rd'),
  'mls@e': row('0 q 1 01111 size!={0,3} l m rm4 0100 h 0 rn rd'),
  'fmla@e': row('0 q 0 01111 1 sz l m rm4 0001 h 0 rn rd'),
  'fmls@e': row('0 q 0 01111 1 sz l m rm4 0101 h 0 rn rd'),
  'fmul@e': row('0 q 0 01111 1 sz l m rm4 1001 h 0 rn rd'),
  'fmulx@e': row('0 q 1 01111 1 sz l m rm4 1001 h 0 rn rd'),
});

export const elementFp16 = extension('fp16 element', {
  'fmla@he': row('0 q 0 01111 00 l m rm4 0001 h 0 rn rd'),
  'fmls@he': row('0 q 0 01111 00 l m rm4 0101 h 0 rn rd'),
  'fmul@he': row('0 q 0 01111 00 l m rm4 1001 h 0 rn rd'),
  'fmulx@he': row('0 q 1 01111 00 l m rm4 1001 h 0 rn rd'),
});

export const elementRdm = extension('rdm element', {
  'sqrdmlah@e': row('0 q 1 01111 size!={0,3} l m rm4 1101 h 0 rn rd'),
  'sqrdmlsh@e': row('0 q 1 01111 size!={0,3} l m rm4 1111 h 0 rn rd'),
});

export const elementDotprod = extension('dotprod element', {
  'xdot@e': row('0 q u 01111 10 l m rm4 1110 h 0 rn rd'),
});

export const elementFcma = extension('fcma element', {
  'fcmla@e': row('0 q 1 01111 size!={0,3} l m rm4 0 rot[1:0] 1 h 0 rn rd'),
});

export const elementFhm = extension('fhm element', {
  'fmlal@e': row('0 q 0 01111 10 l m rm4 0000 h 0 rn rd'),
  'fmlsl@e': row('0 q 0 01111 10 l m rm4 0100 h 0 rn rd'),
  'fmlal2@e': row('0 q 1 01111 10 l m rm4 1000 h 0 rn rd'),
  'fmlsl2@e': row('0 q 1 01111 10 l m rm4 1100 h 0 rn rd'),
});

// ---- Advanced SIMD scalar; cryptographic SHA: bits 31..28, 24 are 01.10

export const scalar = extension('simd scalar', {
  'dup@s': row('01 0 11110000 imm[4:0] 0 0000 1 rn rd'),
  'xqadd@s': row('01 u 11110 size 1 rm 00001 1 rn rd'),
  'xqsub@s': row('01 u 11110 size 1 rm 00101 1 rn rd'),
  'cmgt/cmhi@s': row('01 u 11110 11 1 rm 00110 1 rn rd', { set: 'size=3' }),
  'cmge/cmhs@s': row('01 u 11110 11 1 rm 00111 1 rn rd', { set: 'size=3' }),
  'xshl@s': row('01 u 11110 11 1 rm 01000 1 rn rd', { set: 'size=3' }),
  'xqshl@s': row('01 u 11110 size 1 rm 01001 1 rn rd'),
  'xrshl@s': row('01 u 11110 11 1 rm 01010 1 rn rd', { set: 'size=3' }),
  'xqrshl@s': row('01 u 11110 size 1 rm 01011 1 rn rd'),
  'add@s': row('01 0 11110 11 1 rm 10000 1 rn rd', { set: 'size=3' }),
  'sub@s': row('01 1 11110 11 1 rm 10000 1 rn rd', { set: 'size=3' }),
  'cmtst@s': row('01 0 11110 11 1 rm 10001 1 rn rd', { set: 'size=3' }),
  'cmeq@s': row('01 1 11110 11 1 rm 10001 1 rn rd', { set: 'size=3' }),
  'sqdmulh@s': row('01 0 11110 size!={0,3} 1 rm 10110 1 rn rd'),
  'sqrdmulh@s': row('01 1 11110 size!={0,3} 1 rm 10110 1 rn rd'),
  'fmulx@s': row('01 0 11110 0 sz 1 rm 11011 1 rn rd'),
  'fcmeq@s': row('01 0 11110 0 sz 1 rm 11100 1 rn rd'),
  'frecps@s': row('01 0 11110 0 sz 1 rm 11111 1 rn rd'),
  'frsqrts@s': row('01 0 11110 1 sz 1 rm 11111 1 rn rd'),
  'fcmge@s': row('01 1 11110 0 sz 1 rm 11100 1 rn rd'),
  'facge@s': row('01 1 11110 0 sz 1 rm 11101 1 rn rd'),
  'fabd@s': row('01 1 11110 1 sz 1 rm 11010 1 rn rd'),
  'fcmgt@s': row('01 1 11110 1 sz 1 rm 11100 1 rn rd'),
  'facgt@s': row('01 1 11110 1 sz 1 rm 11101 1 rn rd'),
  'sqdmlal@s': row('01 0 11110 size!={0,3} 1 rm 1001 00 rn rd'),
  'sqdmlsl@s': row('01 0 11110 size!={0,3} 1 rm 1011 00 rn rd'),
  'sqdmull@s': row('01 0 11110 size!={0,3} 1 rm 1101 00 rn rd'),
  'suqadd/usqadd@s': row('01 u 11110 size 10000 00011 10 rn rd'),
  'sqabs@s': row('01 0 11110 size 10000 00111 10 rn rd'),
  'cmgt@0s': row('01 0 11110 11 10000 01000 10 rn rd', { set: 'size=3' }),
  'cmeq@0s': row('01 0 11110 11 10000 01001 10 rn rd', { set: 'size=3' }),
  'cmlt@0s': row('01 0 11110 11 10000 01010 10 rn rd', { set: 'size=3' }),
  'abs@s': row('01 0 11110 11 10000 01011 10 rn rd', { set: 'size=3' }),
  'xqxtn@s': row('01 u 11110 size!=3 10000 10100 10 rn rd'),
  'fcvtns@s': row('01 0 11110 0 sz 10000 11010 10 rn rd'),
  'fcvtms@s': row('01 0 11110 0 sz 10000 11011 10 rn rd'),
  'fcvtas@s': row('01 0 11110 0 sz 10000 11100 10 rn rd'),
  'scvtf@s': row('01 0 11110 0 sz 10000 11101 10 rn rd'),
  'fcmgt@0s': row('01 0 11110 1 sz 10000 01100 10 rn rd'),
  'fcmeq@0s': row('01 0 11110 1 sz 10000 01101 10 rn rd'),
  'fcmlt@0s': row('01 0 11110 1 sz 10000 01110 10 rn rd'),
  'fcvtps@s': row('01 0 11110 1 sz 10000 11010 10 rn rd'),
  'fcvtzs@s': row('01 0 11110 1 sz 10000 11011 10 rn rd'),
  'frecpe@s': row('01 0 11110 1 sz 10000 11101 10 rn rd'),
  'frecpx@s': row('01 0 11110 1 sz 10000 11111 10 rn rd'),
  'sqneg@s': row('01 1 11110 size 10000 00111 10 rn rd'),
  'cmge@0s': row('01 1 11110 11 10000 01000 10 rn rd', { set: 'size=3' }),
  'cmle@0s': row('01 1 11110 11 10000 01001 10 rn rd', { set: 'size=3' }),
  'neg@s': row('01 1 11110 11 10000 01011 10 rn rd', { set: 'size=3' }),
  'sqxtun@s': row('01 1 11110 size!=3 10000 10010 10 rn rd'),
  'fcvtxn@s': row('01 1 11110 01 10000 10110 10 rn rd'),
  'fcvtnu@s': row('01 1 11110 0 sz 10000 11010 10 rn rd'),
  'fcvtmu@s': row('01 1 11110 0 sz 10000 11011 10 rn rd'),
  'fcvtau@s': row('01 1 11110 0 sz 10000 11100 10 rn rd'),
  'ucvtf@s': row('01 1 11110 0 sz 10000 11101 10 rn rd'),
  'fcmge@0s': row('01 1 11110 1 sz 10000 01100 10 rn rd'),
  'fcmle@0s': row('01 1 11110 1 sz 10000 01101 10 rn rd'),
  'fcvtpu@s': row('01 1 11110 1 sz 10000 11010 10 rn rd'),
  'fcvtzu@s': row('01 1 11110 1 sz 10000 11011 10 rn rd'),
  'frsqrte@s': row('01 1 11110 1 sz 10000 11101 10 rn rd'),
  'addp@s': row('01 0 11110 11 11000 11011 10 rn rd', { set: 'size=3' }),
  'fmaxnmp@s': row('01 1 11110 0 sz 11000 01100 10 rn rd'),
  'faddp@s': row('01 1 11110 0 sz 11000 01101 10 rn rd'),
  'fmaxp@s': row('01 1 11110 0 sz 11000 01111 10 rn rd'),
  'fminnmp@s': row('01 1 11110 1 sz 11000 01100 10 rn rd'),
  'fminp@s': row('01 1 11110 1 sz 11000 01111 10 rn rd'),
});

export const scalarFp16 = extension('fp16 scalar', {
  'fmulx@hs': row('01 0 11110 0 10 rm 00 011 1 rn rd'),
  'fcmeq@hs': row('01 0 11110 0 10 rm 00 100 1 rn rd'),
  'frecps@hs': row('01 0 11110 0 10 rm 00 111 1 rn rd'),
  'frsqrts@hs': row('01 0 11110 1 10 rm 00 111 1 rn rd'),
  'fcmge@hs': row('01 1 11110 0 10 rm 00 100 1 rn rd'),
  'facge@hs': row('01 1 11110 0 10 rm 00 101 1 rn rd'),
  'fabd@hs': row('01 1 11110 1 10 rm 00 010 1 rn rd'),
  'fcmgt@hs': row('01 1 11110 1 10 rm 00 100 1 rn rd'),
  'facgt@hs': row('01 1 11110 1 10 rm 00 101 1 rn rd'),
  'fcvtns@hs': row('01 0 11110 0 111100 11010 10 rn rd'),
  'fcvtms@hs': row('01 0 11110 0 111100 11011 10 rn rd'),
  'fcvtas@hs': row('01 0 11110 0 111100 11100 10 rn rd'),
  'scvtf@hs': row('01 0 11110 0 111100 11101 10 rn rd'),
  'fcmgt@0hs': row('01 0 11110 1 111100 01100 10 rn rd'),
  'fcmeq@0hs': row('01 0 11110 1 111100 01101 10 rn rd'),
  'fcmlt@0hs': row('01 0 11110 1 111100 01110 10 rn rd'),
  'fcvtps@hs': row('01 0 11110 1 111100 11010 10 rn rd'),
  'fcvtzs@hs': row('01 0 11110 1 111100 11011 10 rn rd'),
  'frecpe@hs': row('01 0 11110 1 111100 11101 10 rn rd'),
  'frecpx@hs': row('01 0 11110 1 111100 11111 10 rn rd'),
  'fcvtnu@hs': row('01 1 11110 0 111100 11010 10 rn rd'),
  'fcvtmu@hs': row('01 1 11110 0 111100 11011 10 rn rd'),
  'fcvtau@hs': row('01 1 11110 0 111100 11100 10 rn rd'),
  'ucvtf@hs': row('01 1 11110 0 111100 11101 10 rn rd'),
  'fcmge@0hs': row('01 1 11110 1 111100 01100 10 rn rd'),
  'fcmle@0hs': row('01 1 11110 1 111100 01101 10 rn rd'),
  'fcvtpu@hs': row('01 1 11110 1 111100 11010 10 rn rd'),
  'fcvtzu@hs': row('01 1 11110 1 111100 11011 10 rn rd'),
  'frsqrte@hs': row('01 1 11110 1 111100 11101 10 rn rd'),
  'fmaxnmp@hs': row('01 0 11110 00 11000 01100 10 rn rd'),
  'faddp@hs': row('01 0 11110 00 11000 01101 10 rn rd'),
  'fmaxp@hs': row('01 0 11110 00 11000 01111 10 rn rd'),
  'fminnmp@hs': row('01 0 11110 10 11000 01100 10 rn rd'),
  'fminp@hs': row('01 0 11110 10 11000 01111 10 rn rd'),
});

export const scalarRdm = extension('rdm scalar', {
  'sqrdmlah@s': row('01 1 11110 size!={0,3} 0 rm 1 0000 1 rn rd'),
  'sqrdmlsh@s': row('01 1 11110 size!={0,3} 0 rm 1 0001 1 rn rd'),
});

export const scalarSha1 = extension('sha1 scalar', {
  sha1c: row('01011110 000 rm 0 000 00 rn rd'),
  sha1p: row('01011110 000 rm 0 001 00 rn rd'),
  sha1m: row('01011110 000 rm 0 010 00 rn rd'),
  sha1su0: row('01011110 000 rm 0 011 00 rn rd'),
  sha1h: row('01011110 00 10100 00000 10 rn rd'),
  sha1su1: row('01011110 00 10100 00001 10 rn rd'),
});

export const scalarSha2 = extension('sha2 scalar', {
  sha256h: row('01011110 000 rm 0 100 00 rn rd'),
  sha256h2: row('01011110 000 rm 0 101 00 rn rd'),
  sha256su1: row('01011110 000 rm 0 110 00 rn rd'),
  sha256su0: row('01011110 00 10100 00010 10 rn rd'),
});

// ---- Advanced SIMD scalar shift by immediate (on doublewords only imm has six bits), x indexed element: bits 31..28, 24 are 01.11

export const scalarShift = extension('simd scalarShift', {
  'xshr@is': row('01 u 111110 1 imm[5:0] 00000 1 rn rd'),
  'xsra@is': row('01 u 111110 1 imm[5:0] 00010 1 rn rd'),
  'xrshr@is': row('01 u 111110 1 imm[5:0] 00100 1 rn rd'),
  'xrsra@is': row('01 u 111110 1 imm[5:0] 00110 1 rn rd'),
  'sri@is': row('01 1 111110 1 imm[5:0] 01000 1 rn rd'),
  'shl@is': row('01 0 111110 1 imm[5:0] 01010 1 rn rd'),
  'sli@is': row('01 1 111110 1 imm[5:0] 01010 1 rn rd'),
  'sqshlu@is': row('01 1 111110 imm[6:0] 01100 1 rn rd'),
  'xqshl@is': row('01 u 111110 imm[6:0] 01110 1 rn rd'),
  'sqshrun@is': row('01 1 111110 imm[6:0] 10000 1 rn rd'),
  'sqrshrun@is': row('01 1 111110 imm[6:0] 10001 1 rn rd'),
  'xqshrn@is': row('01 u 111110 imm[6:0] 10010 1 rn rd'),
  'xqrshrn@is': row('01 u 111110 imm[6:0] 10011 1 rn rd'),
  'xcvtf@is': row('01 u 111110 imm[6:0] 11100 1 rn rd'),
  'fcvtzx@is': row('01 u 111110 imm[6:0] 11111 1 rn rd'),
  'sqdmlal@es': row('01 0 11111 size!={0,3} l m rm4 0011 h 0 rn rd'),
  'sqdmlsl@es': row('01 0 11111 size!={0,3} l m rm4 0111 h 0 rn rd'),
  'sqdmull@es': row('01 0 11111 size!={0,3} l m rm4 1011 h 0 rn rd'),
  'sqdmulh@es': row('01 0 11111 size!={0,3} l m rm4 1100 h 0 rn rd'),
  'sqrdmulh@es': row('01 0 11111 size!={0,3} l m rm4 1101 h 0 rn rd'),
  'fmla@es': row('01 0 11111 1 sz l m rm4 0001 h 0 rn rd'),
  'fmls@es': row('01 0 11111 1 sz l m rm4 0101 h 0 rn rd'),
  'fmul@es': row('01 0 11111 1 sz l m rm4 1001 h 0 rn rd'),
  'fmulx@es': row('01 1 11111 1 sz l m rm4 1001 h 0 rn rd'),
});

export const scalarShiftFp16 = extension('fp16 scalarShift', {
  'fmla@hes': row('01 0 11111 00 l m rm4 0001 h 0 rn rd'),
  'fmls@hes': row('01 0 11111 00 l m rm4 0101 h 0 rn rd'),
  'fmul@hes': row('01 0 11111 00 l m rm4 1001 h 0 rn rd'),
  'fmulx@hes': row('01 1 11111 00 l m rm4 1001 h 0 rn rd'),
});

export const scalarShiftRdm = extension('rdm scalarShift', {
  'sqrdmlah@es': row('01 1 11111 size!={0,3} l m rm4 1101 h 0 rn rd'),
  'sqrdmlsh@es': row('01 1 11111 size!={0,3} l m rm4 1111 h 0 rn rd'),
});

// ---- Cryptographic SHA512 and SHA3: bit 31 is 1

export const shaSha512 = extension('sha512 sha', {
  sha512h: row('11001110011 rm 1 0 00 00 rn rd'),
  sha512h2: row('11001110011 rm 1 0 00 01 rn rd'),
  sha512su1: row('11001110011 rm 1 0 00 10 rn rd'),
  sha512su0: row('11001110110 00000 1000 00 rn rd'),
});

export const shaSha3 = extension('sha3 sha', {
  rax1: row('11001110011 rm 1 0 00 11 rn rd'),
  eor3: row('11001110000 rm 0 ra rn rd'),
  bcax: row('11001110001 rm 0 ra rn rd'),
  xar: row('11001110100 rm imm[5:0] rn rd'),
});
