/** A64 loads, stores and atomics: Arm ARM C4.1.96, Advanced SIMD structures apart. */

import { constant, EXT_NONE, EXT_SIGN, EXT_ZERO, ZERO } from '../../../ir/inst.js';
import type { Ext, Operand } from '../../../ir/inst.js';
import { NONE } from '../../../ir/builder.js';
import { OPS } from '../../../ir/ops.js';
import type { OpRow } from '../../../ir/ops.js';
import {
  AMO_ADD,
  AMO_CLR,
  AMO_EOR,
  AMO_SET,
  AMO_SMAX,
  AMO_SMIN,
  AMO_SWP,
  AMO_UMAX,
  AMO_UMIN,
  HELPER_AMO_SMALL,
  HELPER_CAS_SMALL,
  HELPER_CASP,
  HELPER_LDX_SMALL,
  HELPER_LDXP,
  HELPER_STX_SMALL,
  HELPER_STXP,
} from '../atomic-helpers.js';
import { MINUS_ONE, XOR } from '../context.js';
import type { A64Context, Pair, Translator } from '../context.js';
import type { A64Fields } from '../vocabulary.js';

/** By log2 of the size in bytes. */
const LOADS: readonly OpRow[] = [OPS.load8u, OPS.load16u, OPS.load32, OPS.load64, OPS.load128];
const LOADS_SIGNED: readonly OpRow[] = [OPS.load8s, OPS.load16s, OPS.load32];
const STORES: readonly OpRow[] = [OPS.store8, OPS.store16, OPS.store32, OPS.store64, OPS.store128];

/** One register's access at base + disp; `c.b` in, the ops out. */
type Access = (c: A64Context, f: A64Fields, base: Operand, disp: number) => void;

const zeroExtended = (size: number): Ext => (size < 3 ? EXT_ZERO : EXT_NONE);

const loadX: Access = (c, f, base, disp) => {
  c.b.load(LOADS[f.size] as OpRow, zeroExtended(f.size), c.d(f.rt), base, disp);
};
const storeX: Access = (c, f, base, disp) => {
  c.b.store(STORES[f.size] as OpRow, base, disp, c.x(f.rt));
};
/** Sign-extended to an X register. */
const loadSigned: Access = (c, f, base, disp) => {
  c.b.load(LOADS_SIGNED[f.size] as OpRow, EXT_SIGN, c.d(f.rt), base, disp);
};
/** Sign-extended to a W register. */
const loadSignedW: Access = (c, f, base, disp) => {
  c.b.load(LOADS_SIGNED[f.size] as OpRow, EXT_ZERO, c.d(f.rt), base, disp);
};
const loadV: Access = (c, f, base, disp) => {
  loadVector(c, f.size, f.rt, base, disp);
};
const storeV: Access = (c, f, base, disp) => {
  c.b.store(STORES[f.size] as OpRow, base, disp, c.v(f.rt));
};

/** Vt = 1 << size bytes, the rest of it zero. */
export function loadVector(c: A64Context, size: number, rt: number, base: Operand, disp: number): void {
  const v = c.v(rt);
  c.b.load(LOADS[size] as OpRow, zeroExtended(size === 4 ? 3 : size), v, base, disp);
  if (size < 4) c.b.op(OPS.mov64, v + 1, ZERO);
}

// ---- addressing modes ----------------------------------------------------------------------------------------------------

const POST_INDEX = 1;
const PRE_INDEX = 3;

/** imm9 forms; register 31 is SP. */
const withImm9 =
  (access: Access): Translator =>
  (c, f) => {
    const { rn, imm, idx } = f;
    access(c, f, rn, idx === POST_INDEX ? 0 : imm);
    if (idx === POST_INDEX || idx === PRE_INDEX) c.b.op(OPS.add64, rn, rn, constant(imm));
  };
const withUimm =
  (access: Access): Translator =>
  (c, f) => {
    access(c, f, f.rn, f.imm << f.size);
  };
const withRegister =
  (access: Access): Translator =>
  (c, f) => {
    if ((f.option & 2) === 0) return c.undefined();
    const offset = c.extended(f.rm, f.option, f.s === 1 ? f.size : 0);
    access(c, f, offset === ZERO ? f.rn : c.temp(OPS.add64, f.rn, offset), 0);
  };
const transPrefetch: Translator = () => undefined;
const transPrefetchReg: Translator = (c, f) => ((f.option & 2) === 0 ? c.undefined() : undefined);

// ---- literals ------------------------------------------------------------------------------------------------------------

const literal = (c: A64Context, f: A64Fields): Operand => constant(c.b.pc + f.imm);
const transLdrLiteral: Translator = (c, f) => {
  const size = 2 + f.sz;
  c.b.load(LOADS[size] as OpRow, zeroExtended(size), c.d(f.rt), literal(c, f), 0);
};
const transLdrswLiteral: Translator = (c, f) => {
  c.b.load(OPS.load32, EXT_SIGN, c.d(f.rt), literal(c, f), 0);
};
const transLdrVLiteral: Translator = (c, f) => {
  loadVector(c, 2 + f.opc, f.rt, literal(c, f), 0);
};

// ---- pairs ---------------------------------------------------------------------------------------------------------------

/** Calls `access` with the displacement and updates the base afterwards. */
function pair(c: A64Context, f: A64Fields, bytes: number, access: (disp: number) => void): void {
  const offset = f.imm * bytes;
  access(f.idx === POST_INDEX ? 0 : offset);
  if (f.idx === POST_INDEX || f.idx === PRE_INDEX) c.b.op(OPS.add64, f.rn, f.rn, constant(offset));
}
const transStp: Translator = (c, f) => {
  const bytes = f.sf === 1 ? 8 : 4;
  const row = STORES[2 + f.sf] as OpRow;
  pair(c, f, bytes, (disp) => {
    c.b.store(row, f.rn, disp, c.x(f.rt));
    c.b.store(row, f.rn, disp + bytes, c.x(f.rt2));
  });
};
/** The first register is written last: the second load may fault. */
function loadPair(c: A64Context, f: A64Fields, row: OpRow, ext: Ext): void {
  pair(c, f, row.size, (disp) => {
    const first = c.b.temp();
    c.b.load(row, ext, first, f.rn, disp);
    c.b.load(row, ext, c.d(f.rt2), f.rn, disp + row.size);
    c.b.op(OPS.mov64, c.d(f.rt), first);
  });
}
const transLdp: Translator = (c, f) => {
  if (f.sf === 1) loadPair(c, f, OPS.load64, EXT_NONE);
  else loadPair(c, f, OPS.load32, EXT_ZERO);
};
const transLdpsw: Translator = (c, f) => {
  loadPair(c, f, OPS.load32, EXT_SIGN);
};
const transStpV: Translator = (c, f) => {
  const row = STORES[2 + f.opc] as OpRow;
  pair(c, f, row.size, (disp) => {
    c.b.store(row, f.rn, disp, c.v(f.rt));
    c.b.store(row, f.rn, disp + row.size, c.v(f.rt2));
  });
};
const transLdpV: Translator = (c, f) => {
  const size = 2 + f.opc;
  const row = LOADS[size] as OpRow;
  pair(c, f, row.size, (disp) => {
    const first = size === 4 ? c.b.temp128() : c.b.temp();
    c.b.load(row, zeroExtended(size), first, f.rn, disp);
    loadVector(c, size, f.rt2, f.rn, disp + row.size);
    c.b.op(size === 4 ? OPS.mov128 : OPS.mov64, c.v(f.rt), first);
    if (size < 4) c.b.op(OPS.mov64, c.v(f.rt) + 1, ZERO);
  });
};

// ---- ordered -------------------------------------------------------------------------------------------------------------

/** Aligned, as the manual wants it where FEAT_LSE2 is not implemented. */
const ACQUIRES: readonly (OpRow | undefined)[] = [
  undefined,
  OPS.loadAcquire16,
  OPS.loadAcquire32,
  OPS.loadAcquire64,
];
const SWAPS: readonly (OpRow | undefined)[] = [undefined, undefined, OPS.amoSwap32, OPS.amoSwap64];

const address = (c: A64Context, f: A64Fields, displaced: boolean): number =>
  displaced && f.imm !== 0 ? c.temp(OPS.add64, f.rn, constant(f.imm)) : f.rn;
/** Loads of bytes are fenced plain ones; `ext` of 16 and 32 bits are made of the zero-extended value. */
const acquiring =
  (access: Access, displaced: boolean, ext: Ext): Translator =>
  (c, f) => {
    const row = ACQUIRES[f.size];
    if (row === undefined) {
      access(c, f, f.rn, displaced ? f.imm : 0);
      c.b.fence();
      return;
    }
    const [d, at] = [c.d(f.rt), address(c, f, displaced)];
    const signed = access !== loadX;
    if (f.size === 1 && signed) {
      const t = c.b.temp();
      c.b.atomic(row, EXT_ZERO, t, at);
      if (d !== NONE) c.b.opx(OPS.sext16, ext, d, t);
    } else c.b.atomic(row, f.size === 3 ? EXT_NONE : ext, d, at);
  };
/** An exchange whose old value nobody wants. */
const releasing =
  (displaced: boolean): Translator =>
  (c, f) => {
    const row = SWAPS[f.size];
    const at = address(c, f, displaced);
    if (row !== undefined) c.b.atomic(row, EXT_NONE, NONE, at, c.x(f.rt));
    else if (f.size === 1)
      c.b.helper(HELPER_AMO_SMALL, NONE, at, c.slot(c.x(f.rt)), 0, AMO_SWP | (f.size << 4));
    else {
      c.b.fence();
      storeX(c, f, at, 0);
      c.b.fence();
    }
  };

// ---- exclusives ----------------------------------------------------------------------------------------------------------

const transLdxr: Translator = (c, f) => {
  const d = c.d(f.rt);
  if (f.size < 2) c.b.helper(HELPER_LDX_SMALL, d, f.rn, 0, 0, f.size);
  else c.b.atomic(f.size === 3 ? OPS.lr64 : OPS.lr32, zeroExtended(f.size), d, f.rn);
};
const transStxr: Translator = (c, f) => {
  const d = c.d(f.rs);
  const value = c.x(f.rt);
  if (f.size < 2) c.b.helper(HELPER_STX_SMALL, d, f.rn, c.slot(value), 0, f.size);
  else c.b.atomic(f.size === 3 ? OPS.sc64 : OPS.sc32, EXT_ZERO, d, f.rn, value);
};

/** Two W registers as a doubleword. */
function joined(c: A64Context, low: number, high: number): number {
  const lo = c.tempx(OPS.mov32, EXT_ZERO, c.x(low));
  return c.temp(OPS.or64, lo, c.temp(OPS.shl64, c.x(high), constant(32)));
}
/** Two X registers as 16 bytes. */
function joined128(c: A64Context, low: number, high: number): number {
  const t = c.b.temp128();
  c.b.vector(OPS.vpair, t, c.x(low), c.x(high));
  return t;
}
/** The way back from `joined`. */
function split(c: A64Context, low: number, high: number, value: number): void {
  c.b.opx(OPS.mov32, EXT_ZERO, c.d(low), value);
  c.b.op(OPS.shru64, c.d(high), value, constant(32));
}
function split128(c: A64Context, low: number, high: number, value: number): void {
  c.b.vector(OPS.vextract64, c.d(low), value);
  c.b.vector(OPS.vextract64, c.d(high), value, ZERO, ZERO, 1);
}
const transLdxp: Translator = (c, f) => {
  if (f.sz === 0) {
    const t = c.b.temp();
    c.b.atomic(OPS.lr64, EXT_NONE, t, f.rn);
    split(c, f.rt, f.rt2, t);
  } else {
    const t = c.b.temp128();
    c.b.helper(HELPER_LDXP, t, f.rn, 0, 0, 0);
    split128(c, f.rt, f.rt2, t);
  }
};
const transStxp: Translator = (c, f) => {
  const d = c.d(f.rs);
  if (f.sz === 0) c.b.atomic(OPS.sc64, EXT_ZERO, d, f.rn, joined(c, f.rt, f.rt2));
  else c.b.helper(HELPER_STXP, d, f.rn, joined128(c, f.rt, f.rt2), 0, 0);
};

// ---- FEAT_LSE ------------------------------------------------------------------------------------------------------------

const atomic =
  (op: number, rows: Pair): Translator =>
  (c, f) => {
    const d = c.d(f.rt);
    let value = c.x(f.rs);
    if (f.size < 2) {
      c.b.helper(HELPER_AMO_SMALL, d, f.rn, c.slot(value), 0, op | (f.size << 4));
      return;
    }
    if (op === AMO_CLR) value = c.temp(XOR[1], value, MINUS_ONE);
    c.b.atomic(rows[f.size - 2] as OpRow, zeroExtended(f.size), d, f.rn, value);
  };
const transCas: Translator = (c, f) => {
  const d = c.d(f.rs);
  const old = c.x(f.rs);
  const value = c.x(f.rt);
  if (f.size < 2) c.b.helper(HELPER_CAS_SMALL, d, f.rn, c.slot(old), c.slot(value), f.size);
  else c.b.atomic(f.size === 3 ? OPS.cas64 : OPS.cas32, zeroExtended(f.size), d, f.rn, old, value);
};
/** Registers come in even pairs. */
const transCasp: Translator = (c, f) => {
  const { rs, rt } = f;
  if (((rs | rt) & 1) === 1) return c.undefined();
  if (f.sz === 0) {
    const t = c.b.temp();
    c.b.atomic(OPS.cas64, EXT_NONE, t, f.rn, joined(c, rs, rs + 1), joined(c, rt, rt + 1));
    split(c, rs, rs + 1, t);
  } else {
    const t = c.b.temp128();
    c.b.helper(HELPER_CASP, t, f.rn, joined128(c, rs, rs + 1), joined128(c, rt, rt + 1), 0);
    split128(c, rs, rs + 1, t);
  }
};

export const LOAD_STORE = {
  stxr: transStxr,
  stlxr: transStxr,
  stxp: transStxp,
  stlxp: transStxp,
  ldxr: transLdxr,
  ldaxr: transLdxr,
  ldxp: transLdxp,
  ldaxp: transLdxp,
  stlr: releasing(false),
  ldar: acquiring(loadX, false, EXT_ZERO),
  stllr: releasing(false),
  ldlar: acquiring(loadX, false, EXT_ZERO),
  ldapr: acquiring(loadX, false, EXT_ZERO),
  stlur: releasing(true),
  ldapur: acquiring(loadX, true, EXT_ZERO),
  ldapurs: acquiring(loadSigned, true, EXT_SIGN),
  ldapursw: acquiring(loadSignedW, true, EXT_ZERO),

  'ldr@literal': transLdrLiteral,
  'ldrsw@literal': transLdrswLiteral,
  'prfm@literal': transPrefetch,
  'ldr@vliteral': transLdrVLiteral,
  stp: transStp,
  ldp: transLdp,
  ldpsw: transLdpsw,
  'stp@v': transStpV,
  'ldp@v': transLdpV,

  'str@imm9': withImm9(storeX),
  'ldr@imm9': withImm9(loadX),
  'ldrs@imm9': withImm9(loadSigned),
  'ldrsw@imm9': withImm9(loadSignedW),
  'prfum@imm9': transPrefetch,
  'str@vimm9': withImm9(storeV),
  'ldr@vimm9': withImm9(loadV),
  'str@qimm9': withImm9(storeV),
  'ldr@qimm9': withImm9(loadV),
  'str@reg': withRegister(storeX),
  'ldr@reg': withRegister(loadX),
  'ldrs@reg': withRegister(loadSigned),
  'ldrsw@reg': withRegister(loadSignedW),
  'prfm@reg': transPrefetchReg,
  'str@vreg': withRegister(storeV),
  'ldr@vreg': withRegister(loadV),
  'str@qreg': withRegister(storeV),
  'ldr@qreg': withRegister(loadV),
  'str@uimm': withUimm(storeX),
  'ldr@uimm': withUimm(loadX),
  'ldrs@uimm': withUimm(loadSigned),
  'ldrsw@uimm': withUimm(loadSignedW),
  'prfm@uimm': transPrefetch,
  'str@vuimm': withUimm(storeV),
  'ldr@vuimm': withUimm(loadV),
  'str@quimm': withUimm(storeV),
  'ldr@quimm': withUimm(loadV),

  casp: transCasp,
  cas: transCas,
  ldadd: atomic(AMO_ADD, [OPS.amoAdd32, OPS.amoAdd64]),
  ldclr: atomic(AMO_CLR, [OPS.amoAnd32, OPS.amoAnd64]),
  ldeor: atomic(AMO_EOR, [OPS.amoXor32, OPS.amoXor64]),
  ldset: atomic(AMO_SET, [OPS.amoOr32, OPS.amoOr64]),
  ldsmax: atomic(AMO_SMAX, [OPS.amoMax32, OPS.amoMax64]),
  ldsmin: atomic(AMO_SMIN, [OPS.amoMin32, OPS.amoMin64]),
  ldumax: atomic(AMO_UMAX, [OPS.amoMaxu32, OPS.amoMaxu64]),
  ldumin: atomic(AMO_UMIN, [OPS.amoMinu32, OPS.amoMinu64]),
  swp: atomic(AMO_SWP, [OPS.amoSwap32, OPS.amoSwap64]),
} as const satisfies Record<string, Translator>;
