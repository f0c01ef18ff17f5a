/** Zba, Zbb, Zbs (Bit-Manipulation ISA-extensions 1.0.0), Zicond, and cache-block operations (Zicbom, Zicboz). */
import { NONE } from '../../../ir/builder.js';
import { Const, constant, EXT_NONE, EXT_SIGN, EXT_ZERO, ZERO } from '../../../ir/inst.js';
import { OPS } from '../../../ir/ops.js';
import type { OpRow } from '../../../ir/ops.js';
import type { Operand as IrOperand } from '../../../ir/inst.js';
import type { RiscvContext, RiscvFields, Translator } from '../context.js';

const ONE = constant(1);
const MINUS_ONE = constant(-1);

// ---- Zba ---------------------------------------------------------------------------------------------------------------

const transShadd =
  (shift: number): Translator =>
  (c, f) => {
    c.b.op(c.word.add, c.d(f.rd), c.temp(c.word.shl, c.x(f.rs1), constant(shift)), c.x(f.rs2));
  };
/** The zero-extended low word of rs1. */
function lowWord(c: RiscvContext, f: RiscvFields): number {
  const t = c.b.temp();
  c.b.opx(OPS.mov32, EXT_ZERO, t, c.x(f.rs1));
  return t;
}
const transShaddUw =
  (shift: number): Translator =>
  (c, f) => {
    const index = lowWord(c, f);
    c.b.op(OPS.add64, c.d(f.rd), shift === 0 ? index : c.temp(OPS.shl64, index, constant(shift)), c.x(f.rs2));
  };
const transSlliUw: Translator = (c, f) => {
  c.b.op(OPS.shl64, c.d(f.rd), lowWord(c, f), constant(f.shamt));
};

// ---- Zbb ---------------------------------------------------------------------------------------------------------------

/** rd = op(rs1, ~rs2). */
const withNot =
  (op: 'and' | 'or' | 'xor'): Translator =>
  (c, f) => {
    c.b.op(c.word[op], c.d(f.rd), c.x(f.rs1), c.temp(c.word.xor, c.x(f.rs2), MINUS_ONE));
  };
const word1 =
  (op: keyof RiscvContext['word']): Translator =>
  (c, f) => {
    c.alu1(c.word[op], f);
  };
/** Counts of the low word, at most 32. */
const count32 =
  (row: OpRow): Translator =>
  (c, f) => {
    c.b.opx(row, EXT_ZERO, c.d(f.rd), c.x(f.rs1));
  };
/** rd = rs1 if the comparison holds for rs1, rs2, else rs2. */
const choose =
  (op: 'lts' | 'ltu' | 'ges' | 'geu'): Translator =>
  (c, f) => {
    const first = c.temp(c.word[op], c.x(f.rs1), c.x(f.rs2));
    c.b.op(c.word.select, c.d(f.rd), c.x(f.rs1), c.x(f.rs2), first);
  };
const extend =
  (row: OpRow): Translator =>
  (c, f) => {
    c.b.opx(row, c.signed, c.d(f.rd), c.x(f.rs1));
  };
const transZextH: Translator = (c, f) => {
  c.aluConstant(c.word.and, f, 0xffff);
};

const transRol: Translator = (c, f) => {
  c.b.op(c.word.rotr, c.d(f.rd), c.x(f.rs1), c.temp(c.word.sub, ZERO, c.x(f.rs2)));
};
const transRor: Translator = (c, f) => {
  c.alu(c.word.rotr, f);
};
const transRori: Translator = (c, f) => {
  c.aluConstant(c.word.rotr, f, f.shamt);
};
const transRolw: Translator = (c, f) => {
  c.b.opx(OPS.rotr32, EXT_SIGN, c.d(f.rd), c.x(f.rs1), c.temp(OPS.sub32, ZERO, c.x(f.rs2)));
};
const transRorw: Translator = (c, f) => {
  c.alu32(OPS.rotr32, f);
};
const transRoriw: Translator = (c, f) => {
  c.alu32Constant(OPS.rotr32, f, f.shamt);
};

const EACH_BYTE_7F = new Const(0x7f7f7f7f, 0x7f7f7f7f);
const EACH_BYTE_80 = new Const(0x80808080, 0x80808080);
/**
 * Every non-zero byte becomes 0xff: adding 0x7f to its low seven bits carries into bit 7 unless they are zero; then
 * 0x80 - 1 | 0x80 spreads that bit without borrowing from a neighbour.
 */
const transOrcB: Translator = (c, f) => {
  const { word } = c;
  const carried = c.temp(word.add, c.temp(word.and, c.x(f.rs1), EACH_BYTE_7F), EACH_BYTE_7F);
  const top = c.temp(word.and, c.temp(word.or, carried, c.x(f.rs1)), EACH_BYTE_80);
  const below = c.temp(word.sub, top, c.temp(word.shru, top, constant(7)));
  c.b.op(word.or, c.d(f.rd), below, top);
};

// ---- Zbs ---------------------------------------------------------------------------------------------------------------

const bit = (c: RiscvContext, index: IrOperand): number => c.temp(c.word.shl, ONE, index);

const bitOp =
  (op: 'or' | 'xor', index: (c: RiscvContext, f: RiscvFields) => IrOperand): Translator =>
  (c, f) => {
    c.b.op(c.word[op], c.d(f.rd), c.x(f.rs1), bit(c, index(c, f)));
  };
const clearBit =
  (index: (c: RiscvContext, f: RiscvFields) => IrOperand): Translator =>
  (c, f) => {
    c.b.op(c.word.and, c.d(f.rd), c.x(f.rs1), c.temp(c.word.xor, bit(c, index(c, f)), MINUS_ONE));
  };
const extractBit =
  (index: (c: RiscvContext, f: RiscvFields) => IrOperand): Translator =>
  (c, f) => {
    c.b.op(c.word.and, c.d(f.rd), c.temp(c.word.shru, c.x(f.rs1), index(c, f)), ONE);
  };
const byRegister = (c: RiscvContext, f: RiscvFields): IrOperand => c.x(f.rs2);
const byConstant = (_: RiscvContext, f: RiscvFields): IrOperand => constant(f.shamt);

// ---- Zicond ------------------------------------------------------------------------------------------------------------

const zeroIf =
  (op: 'eq' | 'ne'): Translator =>
  (c, f) => {
    c.b.op(c.word.select, c.d(f.rd), ZERO, c.x(f.rs1), c.temp(c.word[op], c.x(f.rs2), ZERO));
  };

// ---- Zicbom, Zicboz ----------------------------------------------------------------------------------------------------

/** Bytes of a cache block, as Linux tells programs (hwprobe key 6). */
export const CACHE_BLOCK = 64;

function blockStart(c: RiscvContext, f: RiscvFields): number {
  return c.temp(c.word.and, c.x(f.rs1), constant(-CACHE_BLOCK));
}
/** Caches are coherent here: what is left of cleaning and flushing is the access check. */
const transCboManage: Translator = (c, f) => {
  c.b.load(OPS.load8u, EXT_NONE, NONE, c.x(f.rs1), 0);
};
const transCboZero: Translator = (c, f) => {
  const base = blockStart(c, f);
  for (let at = 0; at < CACHE_BLOCK; at += 8) c.b.store(OPS.store64, base, at, ZERO);
};

export const BITS = {
  sh1add: transShadd(1),
  sh2add: transShadd(2),
  sh3add: transShadd(3),
  'add.uw': transShaddUw(0),
  'sh1add.uw': transShaddUw(1),
  'sh2add.uw': transShaddUw(2),
  'sh3add.uw': transShaddUw(3),
  'slli.uw': transSlliUw,

  andn: withNot('and'),
  orn: withNot('or'),
  xnor: withNot('xor'),
  clz: word1('clz'),
  ctz: word1('ctz'),
  cpop: word1('popcnt'),
  clzw: count32(OPS.clz32),
  ctzw: count32(OPS.ctz32),
  cpopw: count32(OPS.popcnt32),
  min: choose('lts'),
  minu: choose('ltu'),
  max: choose('ges'),
  maxu: choose('geu'),
  'sext.b': extend(OPS.sext8),
  'sext.h': extend(OPS.sext16),
  'zext.h': transZextH,
  'zext.h@32': transZextH,
  rol: transRol,
  ror: transRor,
  rori: transRori,
  rolw: transRolw,
  rorw: transRorw,
  roriw: transRoriw,
  'orc.b': transOrcB,
  rev8: word1('bswap'),
  'rev8@32': word1('bswap'),

  bclr: clearBit(byRegister),
  bclri: clearBit(byConstant),
  bext: extractBit(byRegister),
  bexti: extractBit(byConstant),
  binv: bitOp('xor', byRegister),
  binvi: bitOp('xor', byConstant),
  bset: bitOp('or', byRegister),
  bseti: bitOp('or', byConstant),

  'czero.eqz': zeroIf('eq'),
  'czero.nez': zeroIf('ne'),

  'cbo.inval': transCboManage,
  'cbo.clean': transCboManage,
  'cbo.flush': transCboManage,
  'cbo.zero': transCboZero,
} as const satisfies Record<string, Translator>;
