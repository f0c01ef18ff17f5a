/** Groups of table lines that share their assembler operands, named after the manual's instruction formats. */
import { form } from '../../../decode/table.js';

export const R = form('rd,rs1,rs2');
export const I = form('rd,rs1,imm');
export const LOAD = form('rd,imm(rs1)');
export const STORE = form('rs2,imm(rs1)');
export const BRANCH = form('rs1,rs2,offset');
export const U = form('rd,upper');
export const SHIFT = form('rd,rs1,shamt');
/** One source register. */
export const R1 = form('rd,rs1');
export const NONE = form('');

/** The same lines for RV64 only. */
export const R64 = form('rd,rs1,rs2', { only: 'rv64' });
export const I64 = form('rd,rs1,imm', { only: 'rv64' });
export const SHIFT64 = form('rd,rs1,shamt', { only: 'rv64' });
export const R1_64 = form('rd,rs1', { only: 'rv64' });

export const AMO = form('{aqrl} rd,rs2,(rs1)');
export const LR = form('{aqrl} rd,(rs1)');
export const AMO64 = form('{aqrl} rd,rs2,(rs1)', { only: 'rv64' });
export const LR64 = form('{aqrl} rd,(rs1)', { only: 'rv64' });

/** Floating point; `{rm}` prints nothing for the dynamic mode. */
export const F_R = form('fd,fs1,fs2{rm}');
export const F_R4 = form('fd,fs1,fs2,fs3{rm}');
export const F_R1 = form('fd,fs1{rm}');
/** Operations that do not round. */
export const F_EXACT = form('fd,fs1,fs2');
export const F_WIDEN = form('fd,fs1');
export const F_COMPARE = form('rd,fs1,fs2');
export const F_TO_X = form('rd,fs1');
export const F_FROM_X = form('fd,rs1');
export const F_TO_INT = form('rd,fs1{rm}');
export const F_FROM_INT = form('fd,rs1{rm}');
export const F_TO_INT64 = form('rd,fs1{rm}', { only: 'rv64' });
export const F_FROM_INT64 = form('fd,rs1{rm}', { only: 'rv64' });
export const F_LI = form('fd,fli');
export const F_PAIR = form('fd,rs1,rs2');
export const F_TO_X_RTZ = form('rd,fs1,rtz');
export const F_LOAD = form('fd,imm(rs1)');
export const F_STORE = form('fs2,imm(rs1)');

export const J = form('rd,offset');
export const FENCE = form('pred,succ');
export const CSR = form('rd,csr,rs1');
export const CSRI = form('rd,csr,zimm');
export const CBO = form('(rs1)');

/** Compressed lines: two-operand forms, and those relative to the stack pointer. */
export const C_R = form('rd,rs2');
export const C_IMM = form('rd,imm');
export const C_SHIFT = form('rd,shamt');
export const C_J = form('offset');
export const C_JR = form('rs1');
export const C_BRANCH = form('rs1,offset');
export const C_ADDI4SPN = form('rd,sp,imm');
export const C_LOADSP = form('rd,imm(sp)', { set: 'rs1=2' });
export const C_STORESP = form('rs2,imm(sp)', { set: 'rs1=2' });
export const C_FLOADSP = form('fd,imm(sp)', { set: 'rs1=2' });
export const C_FSTORESP = form('fs2,imm(sp)', { set: 'rs1=2' });
