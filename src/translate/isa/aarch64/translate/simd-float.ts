/** A64 Advanced SIMD: floating point on lanes, vector and scalar, and the conversions. */
import {
  FMA_NEGATE_PRODUCT,
  RM_AWAY,
  RM_DOWN,
  RM_DYNAMIC,
  RM_NEAREST,
  RM_ODD,
  RM_UP,
  RM_ZERO,
} from '../../../../cpu/fp/index.js';
import { laneImm } from '../../../../cpu/simd/lanes.js';
import { ZERO } from '../../../ir/inst.js';
import { OPS } from '../../../ir/ops.js';
import type { OpRow } from '../../../ir/ops.js';
import { words } from '../context.js';
import type { A64Context, Translator } from '../context.js';
import { FLOAT_LANES, HELPER_FCVT, HELPER_FCVTL, HELPER_FCVTN } from '../float-helpers.js';
import { LANES } from '../simd-helpers.js';
import {
  constantVector,
  finish,
  pairs,
  shuffle,
  splatConstant,
  UZP2,
  vt,
  zeroVector,
  ZIP1,
} from '../vector.js';
import type { A64Fields } from '../vocabulary.js';
import { splatLane } from './simd-move.js';

/** Where an instruction's lane width and count come from. */
interface Shape {
  /** log2 of the lane's bytes, or -1 when the encoding is not allocated. */
  size(f: A64Fields): number;
  lanes(f: A64Fields, size: number): number;
}

const allLanes = (f: A64Fields, size: number): number => (f.q === 1 ? 16 : 8) >> size;
/** Singles or doubles by sz; one double in 8 bytes is not allocated. */
const VECTOR: Shape = { size: (f) => (f.sz === 1 && f.q === 0 ? -1 : 2 + f.sz), lanes: allLanes };
const SCALAR: Shape = { size: (f) => 2 + f.sz, lanes: () => 1 };
const HALVES: Shape = { size: () => 1, lanes: allLanes };
const HALF: Shape = { size: () => 1, lanes: () => 1 };

/** imm of a lane helper, or undefined with the instruction undefined. */
function shapeImm(c: A64Context, f: A64Fields, shape: Shape, extra: number): number | undefined {
  const size = shape.size(f);
  if (size < 0) return c.undefined();
  return laneImm(size, shape.lanes(f, size), extra);
}

// ---- one and two operands ------------------------------------------------------------------------------------------------------

const lanes =
  (shape: Shape, helper: number, extra = 0): Translator =>
  (c, f) => {
    const imm = shapeImm(c, f, shape, extra);
    if (imm !== undefined) c.b.helper(helper, c.v(f.rd), c.v(f.rn), c.v(f.rm), c.v(f.rd), imm);
  };
/** Ops for singles and for doubles. */
type RowPair = readonly [OpRow, OpRow];

/**
 * The op of all 16 bytes, d = row(a, b, x). For 8 bytes the low half of each operand stands in both halves, so that the
 * high lanes raise no other exceptions than the low ones.
 */
function whole(
  c: A64Context,
  f: A64Fields,
  rows: RowPair,
  negate: number,
  a: number,
  b: number,
  x: number,
): void {
  const d = c.v(f.rd);
  const row = rows[f.sz] as OpRow;
  const both = (v: number): number => (f.q === 1 ? v : shuffle(c, ZIP1[3] as number, v, v));
  const n = row.operands.length;
  const [first, second, third] = [both(a), n > 1 ? both(b) : ZERO, n > 2 ? both(x) : ZERO];
  c.b.vector(row, d, first, second, third, RM_DYNAMIC | negate);
  finish(c, d, f.q);
}
const rows =
  (pair: RowPair, negate = 0): Translator =>
  (c, f) => {
    if (f.sz === 1 && f.q === 0) return c.undefined();
    whole(c, f, pair, negate, c.v(f.rn), c.v(f.rm), c.v(f.rd));
  };
const rowsByElement =
  (pair: RowPair, negate = 0): Translator =>
  (c, f) => {
    if ((f.sz === 1 && f.q === 0) || (f.sz === 1 && f.l === 1)) return c.undefined();
    whole(c, f, pair, negate, c.v(f.rn), element(c, f, 2 + f.sz) as number, c.v(f.rd));
  };
const rowsPairwise =
  (pair: RowPair): Translator =>
  (c, f) => {
    if (f.sz === 1 && f.q === 0) return c.undefined();
    const [even, odd] = pairs(c, 2 + f.sz, f.q, c.v(f.rn), c.v(f.rm));
    whole(c, f, pair, 0, even, odd, 0);
  };
/** Compares with zero; `first`: zero is the first operand. */
const rowsWithZero =
  (pair: RowPair, first: boolean): Translator =>
  (c, f) => {
    if (f.sz === 1 && f.q === 0) return c.undefined();
    const zero = zeroVector(c);
    const a = c.v(f.rn);
    whole(c, f, pair, 0, first ? zero : a, first ? a : zero, 0);
  };
/** Magnitudes of the lanes, or signs flipped: bits only. */
const signs =
  (size: (f: A64Fields) => number, flip: boolean): Translator =>
  (c, f) => {
    const lane = size(f);
    if (lane === 3 && f.q === 0) return c.undefined();
    const d = c.v(f.rd);
    c.b.vector(flip ? OPS.vxor : OPS.vandnot, d, c.v(f.rn), signMask(c, lane));
    finish(c, d, f.q);
  };
function signMask(c: A64Context, size: number): number {
  if (size < 3) return splatConstant(c, size, size === 1 ? 0x8000 : 0x80000000);
  return constantVector(c, words(0, 0x80000000), words(0, 0x80000000));
}
/** |a - b|. */
const transFabd: Translator = (c, f) => {
  if (f.sz === 1 && f.q === 0) return c.undefined();
  const d = c.v(f.rd);
  whole(c, f, FSUB, 0, c.v(f.rn), c.v(f.rm), 0);
  c.b.vector(OPS.vandnot, d, d, signMask(c, 2 + f.sz));
};
const rowsMagnitudes =
  (pair: RowPair): Translator =>
  (c, f) => {
    if (f.sz === 1 && f.q === 0) return c.undefined();
    const mask = signMask(c, 2 + f.sz);
    whole(c, f, pair, 0, vt(c, OPS.vandnot, c.v(f.rn), mask), vt(c, OPS.vandnot, c.v(f.rm), mask), 0);
  };

const FADD: RowPair = [OPS.vfadd32, OPS.vfadd64];
const FSUB: RowPair = [OPS.vfsub32, OPS.vfsub64];
const FMUL: RowPair = [OPS.vfmul32, OPS.vfmul64];
const FDIV: RowPair = [OPS.vfdiv32, OPS.vfdiv64];
const FSQRT: RowPair = [OPS.vfsqrt32, OPS.vfsqrt64];
const FMA: RowPair = [OPS.vfma32, OPS.vfma64];
const FMIN: RowPair = [OPS.vfmin32, OPS.vfmin64];
const FMAX: RowPair = [OPS.vfmax32, OPS.vfmax64];
const FEQ: RowPair = [OPS.vfeq32, OPS.vfeq64];
const FGE: RowPair = [OPS.vfge32, OPS.vfge64];
const FGT: RowPair = [OPS.vfgt32, OPS.vfgt64];

/** With zero as second operand, or as first for less. */
const withZero =
  (shape: Shape, helper: number, first: boolean): Translator =>
  (c, f) => {
    const imm = shapeImm(c, f, shape, 0);
    if (imm === undefined) return;
    const zero = zeroVector(c);
    const a = c.v(f.rn);
    c.b.helper(helper, c.v(f.rd), first ? zero : a, first ? a : zero, 0, imm);
  };
/** FACGE, FACGT: compares of magnitudes. */
const magnitudes =
  (shape: Shape, helper: number): Translator =>
  (c, f) => {
    const imm = shapeImm(c, f, shape, 0);
    if (imm === undefined) return;
    const magnitude = (v: number): number => {
      const t = c.b.temp128();
      c.b.helper(FLOAT_LANES.fsign, t, v, 0, 0, imm);
      return t;
    };
    const a = magnitude(c.v(f.rn));
    c.b.helper(helper, c.v(f.rd), a, magnitude(c.v(f.rm)), 0, imm);
  };
const pairwise =
  (shape: Shape, helper: number, extra = 0): Translator =>
  (c, f) => {
    const imm = shapeImm(c, f, shape, extra);
    if (imm === undefined) return;
    const [even, odd] = pairs(c, shape.size(f), f.q, c.v(f.rn), c.v(f.rm));
    c.b.helper(helper, c.v(f.rd), even, odd, 0, imm);
  };
/** Both lanes of a pair in one register. */
const pairwiseScalar =
  (shape: Shape, helper: number, extra = 0): Translator =>
  (c, f) => {
    const imm = shapeImm(c, f, shape, extra);
    if (imm === undefined) return;
    const a = c.v(f.rn);
    c.b.helper(helper, c.v(f.rd), a, shuffle(c, UZP2[shape.size(f)] as number, a, a), 0, imm);
  };
/** Across lanes: pairs of pairs. */
const across =
  (shape: Shape, helper: number, extra: number): Translator =>
  (c, f) => {
    const size = shape.size(f);
    let n = shape.lanes(f, size);
    let v = c.v(f.rn);
    while (n > 2) {
      const [even, odd] = pairs(c, size, 1, v, v);
      const t = c.b.temp128();
      n >>= 1;
      c.b.helper(helper, t, even, odd, 0, laneImm(size, n, extra));
      v = t;
    }
    c.b.helper(helper, c.v(f.rd), v, shuffle(c, UZP2[size] as number, v, v), 0, laneImm(size, 1, extra));
  };

// ---- by element ------------------------------------------------------------------------------------------------------------------

/** The element of a floating-point instruction in every lane, or undefined. */
function element(c: A64Context, f: A64Fields, size: number): number | undefined {
  const { h, l, m } = f;
  if (size === 1) return splatLane(c, c.v(f.rm), 1, (h << 2) | (l << 1) | m);
  const v = c.v((m << 4) | f.rm);
  if (size === 2) return splatLane(c, v, 2, (h << 1) | l);
  return l === 1 ? c.undefined() : splatLane(c, v, 3, h);
}
const byElement =
  (shape: Shape, helper: number, extra = 0): Translator =>
  (c, f) => {
    const imm = shapeImm(c, f, shape, extra);
    if (imm === undefined) return;
    const b = element(c, f, shape.size(f));
    if (b !== undefined) c.b.helper(helper, c.v(f.rd), c.v(f.rn), b, c.v(f.rd), imm);
  };

// ---- conversions -----------------------------------------------------------------------------------------------------------------

const EXACT = 8;
const SIGNED = 8;
const toInt = (shape: Shape, rm: number, signed: boolean): Translator =>
  lanes(shape, FLOAT_LANES.fcvtToInt, rm | (signed ? SIGNED : 0));
const fromInt = (shape: Shape, signed: boolean): Translator =>
  lanes(shape, FLOAT_LANES.fcvtFromInt, RM_DYNAMIC | (signed ? SIGNED : 0));

/** Fixed point; imm is immh:immb. Halves need FEAT_FP16. */
const fixed =
  (helper: number, rm: number, scalar: boolean): Translator =>
  (c, f) => {
    const size = 28 - Math.clz32(f.imm);
    if (size < 1 || (size === 3 && !scalar && f.q === 0)) return c.undefined();
    if (size === 1 && !c.model.features.has('fp16')) return c.undefined();
    const extra = rm | (f.u === 0 ? SIGNED : 0) | (((16 << size) - f.imm) << 4);
    c.b.helper(helper, c.v(f.rd), c.v(f.rn), 0, 0, laneImm(size, scalar ? 1 : allLanes(f, size), extra));
  };

/** sz: 0 between half and single, 1 between single and double; q the high half. */
const transFcvtl: Translator = (c, f) => {
  c.b.helper(HELPER_FCVTL, c.v(f.rd), c.v(f.rn), 0, 0, (1 + f.sz) | (f.q << 2));
};
const transFcvtn: Translator = (c, f) => {
  c.b.helper(HELPER_FCVTN, c.v(f.rd), c.v(f.rn), 0, 0, (1 + f.sz) | (f.q << 2) | (RM_DYNAMIC << 4));
};
const transFcvtxn: Translator = (c, f) => {
  c.b.helper(HELPER_FCVTN, c.v(f.rd), c.v(f.rn), 0, 0, 2 | (f.q << 2) | (RM_ODD << 4));
};
const transFcvtxnScalar: Translator = (c, f) => {
  c.b.helper(HELPER_FCVT, c.v(f.rd), c.v(f.rn), 0, 0, 3 | (2 << 2) | (RM_ODD << 4));
};

// ---- FEAT_FCMA, FEAT_FHM ---------------------------------------------------------------------------------------------------------

const complexSize = (c: A64Context, f: A64Fields): number => {
  if ((f.size === 3 && f.q === 0) || (f.size === 1 && !c.model.features.has('fp16'))) return -1;
  return f.size;
};
const complex =
  (helper: number): Translator =>
  (c, f) => {
    const size = complexSize(c, f);
    if (size < 0) return c.undefined();
    c.b.helper(helper, c.v(f.rd), c.v(f.rn), c.v(f.rm), 0, laneImm(size, allLanes(f, size), f.rot));
  };
/** A pair of lanes named by h and l is one element. */
const transFcmlaElement: Translator = (c, f) => {
  const size = complexSize(c, f);
  if (size < 0 || (size === 1 && f.h === 1 && f.q === 0) || (size === 2 && (f.l === 1 || f.q === 0)))
    return c.undefined();
  const b = splatLane(c, c.v((f.m << 4) | f.rm), size + 1, size === 1 ? (f.h << 1) | f.l : f.h);
  c.b.helper(LANES.fcmla, c.v(f.rd), c.v(f.rn), b, 0, laneImm(size, allLanes(f, size), f.rot));
};
const widening =
  (extra: number): Translator =>
  (c, f) => {
    c.b.helper(LANES.fmlal, c.v(f.rd), c.v(f.rn), c.v(f.rm), 0, laneImm(2, allLanes(f, 2), extra));
  };
const wideningElement =
  (extra: number): Translator =>
  (c, f) => {
    const b = splatLane(c, c.v(f.rm), 1, (f.h << 2) | (f.l << 1) | f.m);
    c.b.helper(LANES.fmlal, c.v(f.rd), c.v(f.rn), b, 0, laneImm(2, allLanes(f, 2), extra));
  };
const UPPER = 1;
const SUBTRACT = 2;

const F = FLOAT_LANES;
const MAX = 1;
const MIN = 0;
const BITS64 = 8;

export const SIMD_FLOAT = {
  'fmaxnm@v': lanes(VECTOR, F.fminmaxnm, MAX),
  'fminnm@v': lanes(VECTOR, F.fminmaxnm, MIN),
  fmla: rows(FMA),
  fmls: rows(FMA, FMA_NEGATE_PRODUCT),
  'fadd@v': rows(FADD),
  'fsub@v': rows(FSUB),
  fmulx: lanes(VECTOR, F.fmulx),
  fcmeq: rows(FEQ),
  'fmax@v': rows(FMAX),
  'fmin@v': rows(FMIN),
  frecps: lanes(VECTOR, F.frecps),
  frsqrts: lanes(VECTOR, F.frsqrts),
  fmaxnmp: pairwise(VECTOR, F.fminmaxnm, MAX),
  fminnmp: pairwise(VECTOR, F.fminmaxnm, MIN),
  faddp: rowsPairwise(FADD),
  fabd: transFabd,
  'fmul@v': rows(FMUL),
  fcmge: rows(FGE),
  fcmgt: rows(FGT),
  facge: rowsMagnitudes(FGE),
  facgt: rowsMagnitudes(FGT),
  fmaxp: rowsPairwise(FMAX),
  fminp: rowsPairwise(FMIN),
  'fdiv@v': rows(FDIV),
  fcvtn: transFcvtn,
  fcvtl: transFcvtl,
  fcvtxn: transFcvtxn,
  'frintn@v': lanes(VECTOR, F.frint, RM_NEAREST),
  'frintm@v': lanes(VECTOR, F.frint, RM_DOWN),
  'frintp@v': lanes(VECTOR, F.frint, RM_UP),
  'frintz@v': lanes(VECTOR, F.frint, RM_ZERO),
  'frinta@v': lanes(VECTOR, F.frint, RM_AWAY),
  'frintx@v': lanes(VECTOR, F.frint, RM_DYNAMIC | EXACT),
  'frinti@v': lanes(VECTOR, F.frint, RM_DYNAMIC),
  'frint32z@v': lanes(VECTOR, F.frintN, RM_ZERO),
  'frint32x@v': lanes(VECTOR, F.frintN, RM_DYNAMIC),
  'frint64z@v': lanes(VECTOR, F.frintN, RM_ZERO | BITS64),
  'frint64x@v': lanes(VECTOR, F.frintN, RM_DYNAMIC | BITS64),
  'fcvtns@v': toInt(VECTOR, RM_NEAREST, true),
  'fcvtms@v': toInt(VECTOR, RM_DOWN, true),
  'fcvtas@v': toInt(VECTOR, RM_AWAY, true),
  'fcvtps@v': toInt(VECTOR, RM_UP, true),
  'fcvtzs@v': toInt(VECTOR, RM_ZERO, true),
  'fcvtnu@v': toInt(VECTOR, RM_NEAREST, false),
  'fcvtmu@v': toInt(VECTOR, RM_DOWN, false),
  'fcvtau@v': toInt(VECTOR, RM_AWAY, false),
  'fcvtpu@v': toInt(VECTOR, RM_UP, false),
  'fcvtzu@v': toInt(VECTOR, RM_ZERO, false),
  'scvtf@v': fromInt(VECTOR, true),
  'ucvtf@v': fromInt(VECTOR, false),
  'fcmgt@0': rowsWithZero(FGT, false),
  'fcmge@0': rowsWithZero(FGE, false),
  'fcmeq@0': rowsWithZero(FEQ, false),
  'fcmle@0': rowsWithZero(FGE, true),
  'fcmlt@0': rowsWithZero(FGT, true),
  'fabs@v': signs((f) => 2 + f.sz, false),
  'fneg@v': signs((f) => 2 + f.sz, true),
  frecpe: lanes(VECTOR, F.frecpe),
  frsqrte: lanes(VECTOR, F.frsqrte),
  'fsqrt@v': rows(FSQRT),
  fmaxnmv: across({ size: () => 2, lanes: () => 4 }, F.fminmaxnm, MAX),
  fminnmv: across({ size: () => 2, lanes: () => 4 }, F.fminmaxnm, MIN),
  fmaxv: across({ size: () => 2, lanes: () => 4 }, F.fminmax, MAX),
  fminv: across({ size: () => 2, lanes: () => 4 }, F.fminmax, MIN),
  'xcvtf@i': fixed(F.fcvtFromInt, RM_DYNAMIC, false),
  'fcvtzx@i': fixed(F.fcvtToInt, RM_ZERO, false),
  'fmla@e': rowsByElement(FMA),
  'fmls@e': rowsByElement(FMA, FMA_NEGATE_PRODUCT),
  'fmul@e': rowsByElement(FMUL),
  'fmulx@e': byElement(VECTOR, F.fmulx),

  'fmulx@s': lanes(SCALAR, F.fmulx),
  'fcmeq@s': lanes(SCALAR, F.fcmeq),
  'frecps@s': lanes(SCALAR, F.frecps),
  'frsqrts@s': lanes(SCALAR, F.frsqrts),
  'fcmge@s': lanes(SCALAR, F.fcmge),
  'facge@s': magnitudes(SCALAR, F.fcmge),
  'fabd@s': lanes(SCALAR, F.fabd),
  'fcmgt@s': lanes(SCALAR, F.fcmgt),
  'facgt@s': magnitudes(SCALAR, F.fcmgt),
  'fcvtns@s': toInt(SCALAR, RM_NEAREST, true),
  'fcvtms@s': toInt(SCALAR, RM_DOWN, true),
  'fcvtas@s': toInt(SCALAR, RM_AWAY, true),
  'fcvtps@s': toInt(SCALAR, RM_UP, true),
  'fcvtzs@s': toInt(SCALAR, RM_ZERO, true),
  'fcvtnu@s': toInt(SCALAR, RM_NEAREST, false),
  'fcvtmu@s': toInt(SCALAR, RM_DOWN, false),
  'fcvtau@s': toInt(SCALAR, RM_AWAY, false),
  'fcvtpu@s': toInt(SCALAR, RM_UP, false),
  'fcvtzu@s': toInt(SCALAR, RM_ZERO, false),
  'scvtf@s': fromInt(SCALAR, true),
  'ucvtf@s': fromInt(SCALAR, false),
  'fcmgt@0s': withZero(SCALAR, F.fcmgt, false),
  'fcmge@0s': withZero(SCALAR, F.fcmge, false),
  'fcmeq@0s': withZero(SCALAR, F.fcmeq, false),
  'fcmle@0s': withZero(SCALAR, F.fcmge, true),
  'fcmlt@0s': withZero(SCALAR, F.fcmgt, true),
  'frecpe@s': lanes(SCALAR, F.frecpe),
  'frecpx@s': lanes(SCALAR, F.frecpx),
  'frsqrte@s': lanes(SCALAR, F.frsqrte),
  'fcvtxn@s': transFcvtxnScalar,
  'fmaxnmp@s': pairwiseScalar(SCALAR, F.fminmaxnm, MAX),
  'faddp@s': pairwiseScalar(SCALAR, F.fadd),
  'fmaxp@s': pairwiseScalar(SCALAR, F.fminmax, MAX),
  'fminnmp@s': pairwiseScalar(SCALAR, F.fminmaxnm, MIN),
  'fminp@s': pairwiseScalar(SCALAR, F.fminmax, MIN),
  'xcvtf@is': fixed(F.fcvtFromInt, RM_DYNAMIC, true),
  'fcvtzx@is': fixed(F.fcvtToInt, RM_ZERO, true),
  'fmla@es': byElement(SCALAR, F.fma),
  'fmls@es': byElement(SCALAR, F.fma, FMA_NEGATE_PRODUCT),
  'fmul@es': byElement(SCALAR, F.fmul),
  'fmulx@es': byElement(SCALAR, F.fmulx),

  fcmla: complex(LANES.fcmla),
  fcadd: complex(LANES.fcadd),
  'fcmla@e': transFcmlaElement,
  fmlal: widening(0),
  fmlsl: widening(SUBTRACT),
  fmlal2: widening(UPPER),
  fmlsl2: widening(UPPER | SUBTRACT),
  'fmlal@e': wideningElement(0),
  'fmlsl@e': wideningElement(SUBTRACT),
  'fmlal2@e': wideningElement(UPPER),
  'fmlsl2@e': wideningElement(UPPER | SUBTRACT),
} as const satisfies Record<string, Translator>;

/** The FEAT_FP16 line for each: the same with halves. */
export const SIMD_HALF = {
  'fmaxnm@h': lanes(HALVES, F.fminmaxnm, MAX),
  'fmla@h': lanes(HALVES, F.fma),
  'fadd@h': lanes(HALVES, F.fadd),
  'fmulx@h': lanes(HALVES, F.fmulx),
  'fcmeq@h': lanes(HALVES, F.fcmeq),
  'fmax@h': lanes(HALVES, F.fminmax, MAX),
  'frecps@h': lanes(HALVES, F.frecps),
  'fminnm@h': lanes(HALVES, F.fminmaxnm, MIN),
  'fmls@h': lanes(HALVES, F.fma, FMA_NEGATE_PRODUCT),
  'fsub@h': lanes(HALVES, F.fsub),
  'fmin@h': lanes(HALVES, F.fminmax, MIN),
  'frsqrts@h': lanes(HALVES, F.frsqrts),
  'fmaxnmp@h': pairwise(HALVES, F.fminmaxnm, MAX),
  'faddp@h': pairwise(HALVES, F.fadd),
  'fmul@h': lanes(HALVES, F.fmul),
  'fcmge@h': lanes(HALVES, F.fcmge),
  'facge@h': magnitudes(HALVES, F.fcmge),
  'fmaxp@h': pairwise(HALVES, F.fminmax, MAX),
  'fdiv@h': lanes(HALVES, F.fdiv),
  'fminnmp@h': pairwise(HALVES, F.fminmaxnm, MIN),
  'fabd@h': lanes(HALVES, F.fabd),
  'fcmgt@h': lanes(HALVES, F.fcmgt),
  'facgt@h': magnitudes(HALVES, F.fcmgt),
  'fminp@h': pairwise(HALVES, F.fminmax, MIN),
  'frintn@h': lanes(HALVES, F.frint, RM_NEAREST),
  'frintm@h': lanes(HALVES, F.frint, RM_DOWN),
  'frintp@h': lanes(HALVES, F.frint, RM_UP),
  'frintz@h': lanes(HALVES, F.frint, RM_ZERO),
  'frinta@h': lanes(HALVES, F.frint, RM_AWAY),
  'frintx@h': lanes(HALVES, F.frint, RM_DYNAMIC | EXACT),
  'frinti@h': lanes(HALVES, F.frint, RM_DYNAMIC),
  'fcvtns@h': toInt(HALVES, RM_NEAREST, true),
  'fcvtms@h': toInt(HALVES, RM_DOWN, true),
  'fcvtas@h': toInt(HALVES, RM_AWAY, true),
  'fcvtps@h': toInt(HALVES, RM_UP, true),
  'fcvtzs@h': toInt(HALVES, RM_ZERO, true),
  'fcvtnu@h': toInt(HALVES, RM_NEAREST, false),
  'fcvtmu@h': toInt(HALVES, RM_DOWN, false),
  'fcvtau@h': toInt(HALVES, RM_AWAY, false),
  'fcvtpu@h': toInt(HALVES, RM_UP, false),
  'fcvtzu@h': toInt(HALVES, RM_ZERO, false),
  'scvtf@h': fromInt(HALVES, true),
  'ucvtf@h': fromInt(HALVES, false),
  'fcmgt@0h': withZero(HALVES, F.fcmgt, false),
  'fcmge@0h': withZero(HALVES, F.fcmge, false),
  'fcmeq@0h': withZero(HALVES, F.fcmeq, false),
  'fcmle@0h': withZero(HALVES, F.fcmge, true),
  'fcmlt@0h': withZero(HALVES, F.fcmgt, true),
  'fabs@h': signs(() => 1, false),
  'fneg@h': signs(() => 1, true),
  'frecpe@h': lanes(HALVES, F.frecpe),
  'frsqrte@h': lanes(HALVES, F.frsqrte),
  'fsqrt@h': lanes(HALVES, F.fsqrt),
  'fmaxnmv@h': across(HALVES, F.fminmaxnm, MAX),
  'fminnmv@h': across(HALVES, F.fminmaxnm, MIN),
  'fmaxv@h': across(HALVES, F.fminmax, MAX),
  'fminv@h': across(HALVES, F.fminmax, MIN),
  'fmla@he': byElement(HALVES, F.fma),
  'fmls@he': byElement(HALVES, F.fma, FMA_NEGATE_PRODUCT),
  'fmul@he': byElement(HALVES, F.fmul),
  'fmulx@he': byElement(HALVES, F.fmulx),

  'fmulx@hs': lanes(HALF, F.fmulx),
  'fcmeq@hs': lanes(HALF, F.fcmeq),
  'frecps@hs': lanes(HALF, F.frecps),
  'frsqrts@hs': lanes(HALF, F.frsqrts),
  'fcmge@hs': lanes(HALF, F.fcmge),
  'facge@hs': magnitudes(HALF, F.fcmge),
  'fabd@hs': lanes(HALF, F.fabd),
  'fcmgt@hs': lanes(HALF, F.fcmgt),
  'facgt@hs': magnitudes(HALF, F.fcmgt),
  'fcvtns@hs': toInt(HALF, RM_NEAREST, true),
  'fcvtms@hs': toInt(HALF, RM_DOWN, true),
  'fcvtas@hs': toInt(HALF, RM_AWAY, true),
  'fcvtps@hs': toInt(HALF, RM_UP, true),
  'fcvtzs@hs': toInt(HALF, RM_ZERO, true),
  'fcvtnu@hs': toInt(HALF, RM_NEAREST, false),
  'fcvtmu@hs': toInt(HALF, RM_DOWN, false),
  'fcvtau@hs': toInt(HALF, RM_AWAY, false),
  'fcvtpu@hs': toInt(HALF, RM_UP, false),
  'fcvtzu@hs': toInt(HALF, RM_ZERO, false),
  'scvtf@hs': fromInt(HALF, true),
  'ucvtf@hs': fromInt(HALF, false),
  'fcmgt@0hs': withZero(HALF, F.fcmgt, false),
  'fcmge@0hs': withZero(HALF, F.fcmge, false),
  'fcmeq@0hs': withZero(HALF, F.fcmeq, false),
  'fcmle@0hs': withZero(HALF, F.fcmge, true),
  'fcmlt@0hs': withZero(HALF, F.fcmgt, true),
  'frecpe@hs': lanes(HALF, F.frecpe),
  'frecpx@hs': lanes(HALF, F.frecpx),
  'frsqrte@hs': lanes(HALF, F.frsqrte),
  'fmaxnmp@hs': pairwiseScalar(HALF, F.fminmaxnm, MAX),
  'faddp@hs': pairwiseScalar(HALF, F.fadd),
  'fmaxp@hs': pairwiseScalar(HALF, F.fminmax, MAX),
  'fminnmp@hs': pairwiseScalar(HALF, F.fminmaxnm, MIN),
  'fminp@hs': pairwiseScalar(HALF, F.fminmax, MIN),
  'fmla@hes': byElement(HALF, F.fma),
  'fmls@hes': byElement(HALF, F.fma, FMA_NEGATE_PRODUCT),
  'fmul@hes': byElement(HALF, F.fmul),
  'fmulx@hes': byElement(HALF, F.fmulx),
} as const satisfies Record<string, Translator>;
