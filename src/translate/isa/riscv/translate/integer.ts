/** RV32I, RV64I, M: Unprivileged ISA 20191213, chapters 2, 5 and 7. */
import { constant, EXT_NONE, LINK_CALL, LINK_NONE, LINK_RETURN } from '../../../ir/inst.js';
import type { Ext, Link } from '../../../ir/inst.js';
import { OPS } from '../../../ir/ops.js';
import type { OpRow } from '../../../ir/ops.js';
import type { RiscvContext, RiscvFields, Translator } from '../context.js';

const MINUS_ONE = constant(-1);

// ---- computational -----------------------------------------------------------------------------------------------------

const transLui: Translator = (c, f) => {
  c.setConstant(f.rd, f.upper);
};
const transAuipc: Translator = (c, f) => {
  c.setConstant(f.rd, c.b.pc + f.upper);
};
const transAddi: Translator = (c, f) => {
  const known = f.rs1 === 0 ? 0 : c.known(f.rs1);
  if (known !== undefined) c.setConstant(f.rd, known + f.imm);
  else if (f.imm === 0) c.alu1(c.word.mov, f);
  else c.aluConstant(c.word.add, f, f.imm);
};
const transAddiw: Translator = (c, f) => {
  const known = f.rs1 === 0 ? 0 : c.known(f.rs1);
  if (known !== undefined) c.setConstant(f.rd, (known + f.imm) | 0);
  else if (f.imm === 0) c.b.op(OPS.sext32, c.d(f.rd), c.x(f.rs1));
  else c.alu32Constant(OPS.add32, f, f.imm);
};
const transAdd: Translator = (c, f) => {
  if (f.rs1 === 0) c.b.op(c.word.mov, c.d(f.rd), c.x(f.rs2));
  else c.alu(c.word.add, f);
};

type WordOp = keyof RiscvContext['word'];
const alu =
  (op: WordOp): Translator =>
  (c, f) => {
    c.alu(c.word[op], f);
  };
const aluImm =
  (op: WordOp): Translator =>
  (c, f) => {
    c.aluConstant(c.word[op], f, f.imm);
  };
const shiftImm =
  (op: WordOp): Translator =>
  (c, f) => {
    c.aluConstant(c.word[op], f, f.shamt);
  };
const alu32 =
  (row: OpRow): Translator =>
  (c, f) => {
    c.alu32(row, f);
  };
const shiftImm32 =
  (row: OpRow): Translator =>
  (c, f) => {
    c.alu32Constant(row, f, f.shamt);
  };
const compare =
  (op: WordOp): Translator =>
  (c, f) => {
    c.compare(c.word[op], f, c.x(f.rs2));
  };
const compareImm =
  (op: WordOp): Translator =>
  (c, f) => {
    c.compare(c.word[op], f, constant(f.imm));
  };

/** Quotients are all ones for a zero divisor (7.2); the IR gives 0. */
function divide(c: RiscvContext, f: RiscvFields, div: OpRow, eq: OpRow, select: OpRow, ext: Ext): void {
  const quotient = c.temp(div, c.x(f.rs1), c.x(f.rs2));
  const zero = c.temp(eq, c.x(f.rs2));
  c.b.opx(select, ext, c.d(f.rd), MINUS_ONE, quotient, zero);
}
const division =
  (op: WordOp): Translator =>
  (c, f) => {
    divide(c, f, c.word[op], c.word.eq, c.word.select, EXT_NONE);
  };
const division32 =
  (row: OpRow): Translator =>
  (c, f) => {
    divide(c, f, row, OPS.eq32, OPS.select32, c.signed);
  };

// ---- control transfer --------------------------------------------------------------------------------------------------

/** x1 and x5 are link registers: the hints of table 2.1 for return-address prediction. */
const isLink = (n: number): boolean => n === 1 || n === 5;

const transJal: Translator = (c, f) => {
  c.setConstant(f.rd, c.b.nextPc);
  c.b.jump(c.b.pc + f.offset, isLink(f.rd) ? LINK_CALL : LINK_NONE);
};

function jalrLink(f: RiscvFields): Link {
  if (isLink(f.rd)) return LINK_CALL;
  return isLink(f.rs1) ? LINK_RETURN : LINK_NONE;
}

const transJalr: Translator = (c, f) => {
  const known = c.known(f.rs1);
  const link = jalrLink(f);
  if (known !== undefined) {
    const target = known + f.imm;
    if (target >= 0 && target < 4294967296) {
      c.setConstant(f.rd, c.b.nextPc);
      c.b.jump(target - (target % 2), link);
      return;
    }
  }
  const base = f.rd === f.rs1 && f.rd !== 0 ? c.temp(c.word.mov, c.x(f.rs1)) : c.x(f.rs1);
  c.setConstant(f.rd, c.b.nextPc);
  c.b.jumpInd(base, f.imm, link, true);
};

const branch =
  (op: WordOp): Translator =>
  (c, f) => {
    c.branch(c.word[op], f);
  };

// ---- memory ------------------------------------------------------------------------------------------------------------

const load =
  (row: OpRow, signed: boolean): Translator =>
  (c, f) => {
    c.b.load(row, signed ? c.signed : c.unsigned, c.d(f.rd), c.x(f.rs1), f.imm);
  };
const transLd: Translator = (c, f) => {
  c.b.load(OPS.load64, EXT_NONE, c.d(f.rd), c.x(f.rs1), f.imm);
};
const store =
  (row: OpRow): Translator =>
  (c, f) => {
    c.b.store(row, c.x(f.rs1), f.imm, c.x(f.rs2));
  };

// ---- system ------------------------------------------------------------------------------------------------------------

const transFence: Translator = (c) => {
  c.b.fence();
};
/** Code may have changed: the next instruction is looked up afresh. */
const transFenceI: Translator = (c) => {
  c.b.resync();
};
const transEcall: Translator = (c) => {
  c.b.syscall();
};
const transEbreak: Translator = (c) => {
  c.b.breakpoint();
};
export const transNothing: Translator = () => undefined;

export const INTEGER = {
  lui: transLui,
  auipc: transAuipc,

  addi: transAddi,
  slti: compareImm('lts'),
  sltiu: compareImm('ltu'),
  xori: aluImm('xor'),
  ori: aluImm('or'),
  andi: aluImm('and'),
  slli: shiftImm('shl'),
  srli: shiftImm('shru'),
  srai: shiftImm('shrs'),
  addiw: transAddiw,
  slliw: shiftImm32(OPS.shl32),
  srliw: shiftImm32(OPS.shru32),
  sraiw: shiftImm32(OPS.shrs32),

  add: transAdd,
  sub: alu('sub'),
  sll: alu('shl'),
  slt: compare('lts'),
  sltu: compare('ltu'),
  xor: alu('xor'),
  srl: alu('shru'),
  sra: alu('shrs'),
  or: alu('or'),
  and: alu('and'),
  addw: alu32(OPS.add32),
  subw: alu32(OPS.sub32),
  sllw: alu32(OPS.shl32),
  srlw: alu32(OPS.shru32),
  sraw: alu32(OPS.shrs32),

  mul: alu('mul'),
  mulh: alu('mulhs'),
  mulhsu: alu('mulhsu'),
  mulhu: alu('mulhu'),
  div: division('divs'),
  divu: division('divu'),
  rem: alu('rems'),
  remu: alu('remu'),
  mulw: alu32(OPS.mul32),
  divw: division32(OPS.divs32),
  divuw: division32(OPS.divu32),
  remw: alu32(OPS.rems32),
  remuw: alu32(OPS.remu32),

  jal: transJal,
  jalr: transJalr,
  beq: branch('eq'),
  bne: branch('ne'),
  blt: branch('lts'),
  bge: branch('ges'),
  bltu: branch('ltu'),
  bgeu: branch('geu'),

  lb: load(OPS.load8s, true),
  lh: load(OPS.load16s, true),
  lw: load(OPS.load32, true),
  lbu: load(OPS.load8u, false),
  lhu: load(OPS.load16u, false),
  lwu: load(OPS.load32, false),
  ld: transLd,
  sb: store(OPS.store8),
  sh: store(OPS.store16),
  sw: store(OPS.store32),
  sd: store(OPS.store64),

  fence: transFence,
  'fence.i': transFenceI,
  pause: transNothing,
  ecall: transEcall,
  ebreak: transEbreak,
} as const satisfies Record<string, Translator>;
