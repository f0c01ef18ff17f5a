/** F and D: Unprivileged ISA 20191213, chapters 11 and 12. Singles are NaN-boxed in 64-bit f registers. */
import { EXT_NONE, EXT_ONES } from '../../../ir/inst.js';
import type { Ext } from '../../../ir/inst.js';
import { OPS } from '../../../ir/ops.js';
import type { OpRow } from '../../../ir/ops.js';
import { HELPER_FCLASS_D, HELPER_FCLASS_S } from '../helpers.js';
import type { RiscvContext, RiscvFields, Translator } from '../context.js';

/** Bits of the `imm` of fma that negate the product and the addend. */
const NEGATE_PRODUCT = 8;
const NEGATE_ADDEND = 16;

// ---- moves -------------------------------------------------------------------------------------------------------------

const transFlw: Translator = (c, f) => {
  c.b.load(OPS.load32, EXT_ONES, c.toSingle(f.fd), c.x(f.rs1), f.imm);
};
const transFld: Translator = (c, f) => {
  c.b.load(OPS.load64, EXT_NONE, c.toDouble(f.fd), c.x(f.rs1), f.imm);
};
/** Stores and moves take the bits as they are, boxed or not. */
const transFsw: Translator = (c, f) => {
  c.b.store(OPS.store32, c.x(f.rs1), f.imm, c.f(f.fs2));
};
const transFsd: Translator = (c, f) => {
  c.b.store(OPS.store64, c.x(f.rs1), f.imm, c.f(f.fs2));
};
const transFmvXW: Translator = (c, f) => {
  c.b.opx(OPS.mov32, c.signed, c.d(f.rd), c.f(f.fs1));
};
const transFmvWX: Translator = (c, f) => {
  c.b.opx(OPS.mov32, EXT_ONES, c.toSingle(f.fd), c.x(f.rs1));
};
const transFmvXD: Translator = (c, f) => {
  c.b.op(OPS.mov64, c.d(f.rd), c.f(f.fs1));
};
const transFmvDX: Translator = (c, f) => {
  c.b.op(OPS.mov64, c.toDouble(f.fd), c.x(f.rs1));
};

/** fd = a with the sign of b, both singles that were asked for before fd is said to be one. */
function signS(c: RiscvContext, f: RiscvFields, a: number, b: number): void {
  c.b.opx(OPS.fcopysign32, EXT_ONES, c.toSingle(f.fd), a, b);
}
const transFsgnjS: Translator = (c, f) => {
  const a = c.single(f.fs1);
  if (f.fs1 === f.fs2) c.b.opx(OPS.mov32, EXT_ONES, c.toSingle(f.fd), a);
  else signS(c, f, a, c.single(f.fs2));
};
const transFsgnjnS: Translator = (c, f) => {
  const a = c.single(f.fs1);
  if (f.fs1 === f.fs2) c.b.opx(OPS.fneg32, EXT_ONES, c.toSingle(f.fd), a);
  else signS(c, f, a, c.temp(OPS.fneg32, c.single(f.fs2)));
};
const transFsgnjxS: Translator = (c, f) => {
  const a = c.single(f.fs1);
  if (f.fs1 === f.fs2) c.b.opx(OPS.fabs32, EXT_ONES, c.toSingle(f.fd), a);
  else signS(c, f, a, c.temp(OPS.xor32, a, c.single(f.fs2)));
};
const transFsgnjD: Translator = (c, f) => {
  if (f.fs1 === f.fs2) c.b.op(OPS.mov64, c.toDouble(f.fd), c.f(f.fs1));
  else c.double2(OPS.fcopysign64, f);
};
const transFsgnjnD: Translator = (c, f) => {
  if (f.fs1 === f.fs2) c.b.op(OPS.fneg64, c.toDouble(f.fd), c.f(f.fs1));
  else c.b.op(OPS.fcopysign64, c.toDouble(f.fd), c.f(f.fs1), c.temp(OPS.fneg64, c.f(f.fs2)));
};
const transFsgnjxD: Translator = (c, f) => {
  if (f.fs1 === f.fs2) c.b.op(OPS.fabs64, c.toDouble(f.fd), c.f(f.fs1));
  else c.b.op(OPS.fcopysign64, c.toDouble(f.fd), c.f(f.fs1), c.temp(OPS.xor64, c.f(f.fs1), c.f(f.fs2)));
};

// ---- arithmetic --------------------------------------------------------------------------------------------------------

/** fd = op(fs1, fs2) rounded by the instruction's mode; square root ignores the second source. */
const arithS =
  (row: OpRow): Translator =>
  (c, f) => {
    const a = c.single(f.fs1);
    const b = row.operands.length > 1 ? c.single(f.fs2) : 0;
    c.b.fp(row, EXT_ONES, c.toSingle(f.fd), a, b, 0, f.rm);
  };
const arithD =
  (row: OpRow): Translator =>
  (c, f) => {
    const b = row.operands.length > 1 ? c.f(f.fs2) : 0;
    c.b.fp(row, EXT_NONE, c.toDouble(f.fd), c.f(f.fs1), b, 0, f.rm);
  };
/** Minimum and maximum do not round, and their `rm` bits choose between them. */
const minmaxS =
  (row: OpRow): Translator =>
  (c, f) => {
    const a = c.single(f.fs1);
    const b = c.single(f.fs2);
    c.b.fp(row, EXT_ONES, c.toSingle(f.fd), a, b, 0, 0);
  };
const minmaxD =
  (row: OpRow): Translator =>
  (c, f) => {
    c.b.fp(row, EXT_NONE, c.toDouble(f.fd), c.f(f.fs1), c.f(f.fs2), 0, 0);
  };
const fusedS =
  (signs: number): Translator =>
  (c, f) => {
    const a = c.single(f.fs1);
    const b = c.single(f.fs2);
    const addend = c.single(f.fs3);
    c.b.fp(OPS.fma32, EXT_ONES, c.toSingle(f.fd), a, b, addend, f.rm | signs);
  };
const fusedD =
  (signs: number): Translator =>
  (c, f) => {
    c.b.fp(OPS.fma64, EXT_NONE, c.toDouble(f.fd), c.f(f.fs1), c.f(f.fs2), c.f(f.fs3), f.rm | signs);
  };

// ---- comparisons and conversions ---------------------------------------------------------------------------------------

const compareS =
  (row: OpRow): Translator =>
  (c, f) => {
    c.b.fp(row, c.unsigned, c.d(f.rd), c.single(f.fs1), c.single(f.fs2), 0, 0);
  };
const compareD =
  (row: OpRow): Translator =>
  (c, f) => {
    c.b.fp(row, c.unsigned, c.d(f.rd), c.f(f.fs1), c.f(f.fs2), 0, 0);
  };

/** Integer results of 32 bits are sign-extended, unsigned ones too (11.7). */
function toInteger(c: RiscvContext, f: RiscvFields, row: OpRow, source: number): void {
  const ext: Ext = row.result === 'i32' ? c.signed : EXT_NONE;
  c.b.fp(row, ext, c.d(f.rd), source, 0, 0, f.rm);
}
const integerFromS =
  (row: OpRow): Translator =>
  (c, f) => {
    toInteger(c, f, row, c.single(f.fs1));
  };
const integerFromD =
  (row: OpRow): Translator =>
  (c, f) => {
    toInteger(c, f, row, c.f(f.fs1));
  };
const singleFromInteger =
  (row: OpRow): Translator =>
  (c, f) => {
    c.b.fp(row, EXT_ONES, c.toSingle(f.fd), c.xSlot(f.rs1), 0, 0, f.rm);
  };
const doubleFromInteger =
  (row: OpRow): Translator =>
  (c, f) => {
    c.b.fp(row, EXT_NONE, c.toDouble(f.fd), c.xSlot(f.rs1), 0, 0, f.rm);
  };
const transFcvtSD: Translator = (c, f) => {
  c.b.fp(OPS.cvtF32F64, EXT_ONES, c.toSingle(f.fd), c.f(f.fs1), 0, 0, f.rm);
};
const transFcvtDS: Translator = (c, f) => {
  const a = c.single(f.fs1);
  c.b.fp(OPS.cvtF64F32, EXT_NONE, c.toDouble(f.fd), a, 0, 0, f.rm);
};

const transFclassS: Translator = (c, f) => {
  c.b.helper(HELPER_FCLASS_S, c.d(f.rd), c.single(f.fs1), 0, 0, 0);
};
const transFclassD: Translator = (c, f) => {
  c.b.helper(HELPER_FCLASS_D, c.d(f.rd), c.f(f.fs1), 0, 0, 0);
};

export const FLOAT = {
  flw: transFlw,
  fsw: transFsw,
  'fmadd.s': fusedS(0),
  'fmsub.s': fusedS(NEGATE_ADDEND),
  'fnmsub.s': fusedS(NEGATE_PRODUCT),
  'fnmadd.s': fusedS(NEGATE_PRODUCT | NEGATE_ADDEND),
  'fadd.s': arithS(OPS.fadd32),
  'fsub.s': arithS(OPS.fsub32),
  'fmul.s': arithS(OPS.fmul32),
  'fdiv.s': arithS(OPS.fdiv32),
  'fsqrt.s': arithS(OPS.fsqrt32),
  'fmin.s': minmaxS(OPS.fminn32),
  'fmax.s': minmaxS(OPS.fmaxn32),
  'fsgnj.s': transFsgnjS,
  'fsgnjn.s': transFsgnjnS,
  'fsgnjx.s': transFsgnjxS,
  'fcvt.w.s': integerFromS(OPS.cvtS32F32),
  'fcvt.wu.s': integerFromS(OPS.cvtU32F32),
  'fcvt.l.s': integerFromS(OPS.cvtS64F32),
  'fcvt.lu.s': integerFromS(OPS.cvtU64F32),
  'fcvt.s.w': singleFromInteger(OPS.cvtF32S32),
  'fcvt.s.wu': singleFromInteger(OPS.cvtF32U32),
  'fcvt.s.l': singleFromInteger(OPS.cvtF32S64),
  'fcvt.s.lu': singleFromInteger(OPS.cvtF32U64),
  'fmv.x.w': transFmvXW,
  'fmv.w.x': transFmvWX,
  'feq.s': compareS(OPS.feq32),
  'flt.s': compareS(OPS.flt32),
  'fle.s': compareS(OPS.fle32),
  'fclass.s': transFclassS,

  fld: transFld,
  fsd: transFsd,
  'fmadd.d': fusedD(0),
  'fmsub.d': fusedD(NEGATE_ADDEND),
  'fnmsub.d': fusedD(NEGATE_PRODUCT),
  'fnmadd.d': fusedD(NEGATE_PRODUCT | NEGATE_ADDEND),
  'fadd.d': arithD(OPS.fadd64),
  'fsub.d': arithD(OPS.fsub64),
  'fmul.d': arithD(OPS.fmul64),
  'fdiv.d': arithD(OPS.fdiv64),
  'fsqrt.d': arithD(OPS.fsqrt64),
  'fmin.d': minmaxD(OPS.fminn64),
  'fmax.d': minmaxD(OPS.fmaxn64),
  'fsgnj.d': transFsgnjD,
  'fsgnjn.d': transFsgnjnD,
  'fsgnjx.d': transFsgnjxD,
  'fcvt.s.d': transFcvtSD,
  'fcvt.d.s': transFcvtDS,
  'fcvt.w.d': integerFromD(OPS.cvtS32F64),
  'fcvt.wu.d': integerFromD(OPS.cvtU32F64),
  'fcvt.l.d': integerFromD(OPS.cvtS64F64),
  'fcvt.lu.d': integerFromD(OPS.cvtU64F64),
  'fcvt.d.w': doubleFromInteger(OPS.cvtF64S32),
  'fcvt.d.wu': doubleFromInteger(OPS.cvtF64U32),
  'fcvt.d.l': doubleFromInteger(OPS.cvtF64S64),
  'fcvt.d.lu': doubleFromInteger(OPS.cvtF64U64),
  'fmv.x.d': transFmvXD,
  'fmv.d.x': transFmvDX,
  'feq.d': compareD(OPS.feq64),
  'flt.d': compareD(OPS.flt64),
  'fle.d': compareD(OPS.fle64),
  'fclass.d': transFclassD,
} as const satisfies Record<string, Translator>;
