/** A64 Advanced SIMD: integer arithmetic, vector and scalar. */
import { NONE } from '../../../ir/builder.js';
import { ZERO } from '../../../ir/inst.js';
import { OPS } from '../../../ir/ops.js';
import type { OpRow } from '../../../ir/ops.js';
import { laneImm } from '../../../../cpu/simd/lanes.js';
import { ROUND, SATURATE, TO_UNSIGNED, UNSIGNED } from '../../../../cpu/simd/integer.js';
import type { A64Context, Translator } from '../context.js';
import { LANES } from '../simd-helpers.js';
import {
  compare,
  difference,
  extend,
  extendRow,
  extmulRow,
  finish,
  helperTemp,
  lanesHelper,
  multiply,
  narrow,
  pairs,
  reversePattern,
  shiftLeft,
  shiftRight,
  shuffle,
  splatConstant,
  UZP1,
  UZP2,
  VABS,
  VADD,
  VEQ,
  VMAX,
  VMIN,
  VNEG,
  vop,
  VSUB,
  vt,
  zeroVector,
  ZIP1,
} from '../vector.js';
import type { Lanes4 } from '../vector.js';
import type { A64Fields } from '../vocabulary.js';
import { splatLane } from './simd-move.js';

/** d = op(a, b) over whole registers; what is above q bytes is cleared afterwards. */
type Op2 = (c: A64Context, d: number, a: number, b: number, size: number, u: number, q: number) => void;

/** Lane widths of an instruction: all, or not doublewords. */
const ALL = 3;
const TO_WORD = 2;

const three =
  (max: number, op: Op2): Translator =>
  (c, f) => {
    if (f.size > max || (f.size === 3 && f.q === 0)) return c.undefined();
    const d = c.v(f.rd);
    op(c, d, c.v(f.rn), c.v(f.rm), f.size, f.u, f.q);
    finish(c, d, f.q);
  };
/** The scalar form: one lane of a doubleword. */
const threeScalar =
  (op: Op2): Translator =>
  (c, f) => {
    const d = c.v(f.rd);
    op(c, d, c.v(f.rn), c.v(f.rm), f.size, f.u, 0);
    finish(c, d, 0);
  };
const byRows =
  (rows: Lanes4): Op2 =>
  (c, d, a, b, size) => {
    vop(c, rows[size] as OpRow, d, a, b);
  };
const byRowsU =
  (rows: readonly Lanes4[]): Op2 =>
  (c, d, a, b, size, u) => {
    vop(c, (rows[u] as Lanes4)[size] as OpRow, d, a, b);
  };

// ---- halving, differences, compares ------------------------------------------------------------------------------------------

/** (a & b) + ((a ^ b) >> 1). */
const halvingAdd: Op2 = (c, d, a, b, size, u) => {
  const common = vt(c, OPS.vand, a, b);
  const half = c.b.temp128();
  shiftRight(c, u, size, half, vt(c, OPS.vxor, a, b), 1);
  vop(c, VADD[size] as OpRow, d, common, half);
};
/** (a | b) - ((a ^ b) >> 1). */
const roundedHalvingAdd: Op2 = (c, d, a, b, size, u) => {
  if (u === 1 && size < 2) {
    vop(c, size === 0 ? OPS.vavgu8 : OPS.vavgu16, d, a, b);
    return;
  }
  const either = vt(c, OPS.vor, a, b);
  const half = c.b.temp128();
  shiftRight(c, u, size, half, vt(c, OPS.vxor, a, b), 1);
  vop(c, VSUB[size] as OpRow, d, either, half);
};
/** ((a ^ b) >> 1) - (b & ~a). */
const halvingSubtract: Op2 = (c, d, a, b, size, u) => {
  const borrow = vt(c, OPS.vandnot, b, a);
  const half = c.b.temp128();
  shiftRight(c, u, size, half, vt(c, OPS.vxor, a, b), 1);
  vop(c, VSUB[size] as OpRow, d, half, borrow);
};
const absoluteDifference: Op2 = (c, d, a, b, size, u) => {
  difference(c, u, size, d, a, b);
};
const absoluteDifferenceAdd: Op2 = (c, d, a, b, size, u) => {
  const t = c.b.temp128();
  difference(c, u, size, t, a, b);
  vop(c, VADD[size] as OpRow, d, d, t);
};
const greater: Op2 = (c, d, a, b, size, u) => {
  compare(c, u === 1, false, size, d, a, b);
};
const greaterEqual: Op2 = (c, d, a, b, size, u) => {
  compare(c, u === 1, true, size, d, a, b);
};
/** Ones where a & b is not zero. */
const testBits: Op2 = (c, d, a, b, size) => {
  const none = vt(c, VEQ[size] as OpRow, vt(c, OPS.vand, a, b), zeroVector(c));
  vop(c, OPS.vnot, d, none);
};
/** Compares with zero; `swap` for less. */
const compareZero =
  (op: Op2, swap: boolean): Translator =>
  (c, f) => {
    if (f.size === 3 && f.q === 0) return c.undefined();
    zeroCompare(c, f, op, swap);
    finish(c, c.v(f.rd), f.q);
  };
const compareZeroScalar =
  (op: Op2, swap: boolean): Translator =>
  (c, f) => {
    zeroCompare(c, f, op, swap);
    finish(c, c.v(f.rd), 0);
  };
function zeroCompare(c: A64Context, f: A64Fields, op: Op2, swap: boolean): void {
  const zero = zeroVector(c);
  const a = c.v(f.rn);
  op(c, c.v(f.rd), swap ? zero : a, swap ? a : zero, f.size, 0, f.q);
}
const equal = byRows(VEQ);

// ---- multiplication ----------------------------------------------------------------------------------------------------------

const multiplyLanes: Op2 = (c, d, a, b, size) => {
  multiply(c, size, d, a, b);
};
const multiplyInto =
  (rows: Lanes4): Op2 =>
  (c, d, a, b, size) => {
    const t = c.b.temp128();
    multiply(c, size, t, a, b);
    vop(c, rows[size] as OpRow, d, d, t);
  };

/** Pairs of a:b combined. */
const pairwise =
  (op: Op2): Op2 =>
  (c, d, a, b, size, u, q) => {
    const [even, odd] = pairs(c, size, q, a, b);
    op(c, d, even, odd, size, u, q);
  };

// ---- lane helpers ------------------------------------------------------------------------------------------------------------

const helped =
  (helper: number, extra: number, max: number): Translator =>
  (c, f) => {
    if (f.size > max || (f.size === 3 && f.q === 0)) return c.undefined();
    lanesHelper(c, helper, c.v(f.rd), c.v(f.rn), c.v(f.rm), c.v(f.rd), f.size, f.q, extra);
  };
/** The same with UNSIGNED from the u field. */
const helpedU =
  (helper: number, extra = 0): Translator =>
  (c, f) => {
    if (f.size === 3 && f.q === 0) return c.undefined();
    lanesHelper(
      c,
      helper,
      c.v(f.rd),
      c.v(f.rn),
      c.v(f.rm),
      c.v(f.rd),
      f.size,
      f.q,
      extra | (f.u === 1 ? UNSIGNED : 0),
    );
  };
const helpedScalar =
  (helper: number, extra: number): Translator =>
  (c, f) => {
    c.b.helper(helper, c.v(f.rd), c.v(f.rn), c.v(f.rm), c.v(f.rd), laneImm(f.size, 1, extra));
  };
const helpedScalarU =
  (helper: number, extra = 0): Translator =>
  (c, f) => {
    const all = extra | (f.u === 1 ? UNSIGNED : 0);
    c.b.helper(helper, c.v(f.rd), c.v(f.rn), c.v(f.rm), c.v(f.rd), laneImm(f.size, 1, all));
  };
/** SUQADD, USQADD: d and n. */
const transMixedAdd =
  (scalar: boolean): Translator =>
  (c, f) => {
    if (!scalar && f.size === 3 && f.q === 0) return c.undefined();
    const d = c.v(f.rd);
    const lanes = scalar ? 1 : (f.q === 1 ? 16 : 8) >> f.size;
    c.b.helper(LANES.mixedAdd, d, d, c.v(f.rn), 0, laneImm(f.size, lanes, f.u === 1 ? UNSIGNED : 0));
  };
const qdmulh =
  (extra: number): Translator =>
  (c, f) => {
    if (f.size === 0 || f.size === 3) return c.undefined();
    lanesHelper(c, LANES.qdmulh, c.v(f.rd), c.v(f.rn), c.v(f.rm), 0, f.size, f.q, extra);
  };

// ---- three different: operands of one width, results of twice that -------------------------------------------------------------

/** d = extend(a) op extend(b); q takes the high halves. */
const long =
  (rows: Lanes4): Translator =>
  (c, f) => {
    const { size, q, u } = f;
    const a = extend(c, u, q, size, c.v(f.rn));
    vop(c, rows[size + 1] as OpRow, c.v(f.rd), a, extend(c, u, q, size, c.v(f.rm)));
  };
const wide =
  (rows: Lanes4): Translator =>
  (c, f) => {
    const b = extend(c, f.u, f.q, f.size, c.v(f.rm));
    vop(c, rows[f.size + 1] as OpRow, c.v(f.rd), c.v(f.rn), b);
  };
/** The high half of a op b, rounded or not. */
const highNarrow =
  (rows: Lanes4, round: boolean): Translator =>
  (c, f) => {
    const { size } = f;
    const bits = 8 << size;
    let sum = vt(c, rows[size + 1] as OpRow, c.v(f.rn), c.v(f.rm));
    if (round) sum = vt(c, VADD[size + 1] as OpRow, sum, splatConstant(c, size + 1, 2 ** (bits - 1)));
    const high = c.b.temp128();
    shiftRight(c, 1, size + 1, high, sum, bits);
    narrow(c, size, f.q, c.v(f.rd), high);
  };
function longDifference(c: A64Context, f: A64Fields, d: number): void {
  const { size, q, u } = f;
  const t = c.b.temp128();
  difference(c, u, size, t, c.v(f.rn), c.v(f.rm));
  vop(c, extendRow(1, q, size), d, t);
}
const transAbdl: Translator = (c, f) => {
  longDifference(c, f, c.v(f.rd));
};
const transAbal: Translator = (c, f) => {
  const t = c.b.temp128();
  longDifference(c, f, t);
  vop(c, VADD[f.size + 1] as OpRow, c.v(f.rd), c.v(f.rd), t);
};
/** Products of halves, added to d, subtracted, or alone. */
function longMultiply(c: A64Context, f: A64Fields, rows: Lanes4 | undefined, b: number): void {
  const { size, q, u } = f;
  const d = c.v(f.rd);
  const row = extmulRow(u, q, size);
  if (rows === undefined) vop(c, row, d, c.v(f.rn), b);
  else vop(c, rows[size + 1] as OpRow, d, d, vt(c, row, c.v(f.rn), b));
}
const multiplyLong =
  (rows: Lanes4 | undefined): Translator =>
  (c, f) => {
    longMultiply(c, f, rows, c.v(f.rm));
  };
/** SQDMULL; SQDMLAL and SQDMLSL add or subtract with a second saturation. */
function doublingLong(c: A64Context, f: A64Fields, helper: number, b: number, scalar: boolean): void {
  const { size } = f;
  const d = c.v(f.rd);
  const n = scalar ? 1 : 8 >> size;
  const imm = laneImm(size, n, !scalar && f.q === 1 ? 1 : 0);
  if (helper === NONE) c.b.helper(LANES.qdmull, d, c.v(f.rn), b, 0, imm);
  else c.b.helper(helper, d, d, helperTemp(c, LANES.qdmull, c.v(f.rn), b, imm), 0, laneImm(size + 1, n));
}
const doubling =
  (helper: number, scalar: boolean): Translator =>
  (c, f) => {
    doublingLong(c, f, helper, c.v(f.rm), scalar);
  };
const transPmull: Translator = (c, f) => {
  c.b.helper(LANES.pmull, c.v(f.rd), c.v(f.rn), c.v(f.rm), 0, laneImm(0, 8, f.q));
};
const transPmull64: Translator = (c, f) => {
  vop(c, f.q === 1 ? OPS.vclmulHigh : OPS.vclmulLow, c.v(f.rd), c.v(f.rn), c.v(f.rm));
};
const transPmul: Translator = (c, f) => {
  lanesHelper(c, LANES.pmul, c.v(f.rd), c.v(f.rn), c.v(f.rm), 0, 0, f.q);
};

/** Four products of bytes added to each word. */
function dotProduct(c: A64Context, f: A64Fields, b: number): void {
  const { u } = f;
  const a = c.v(f.rn);
  const d = c.v(f.rd);
  const sums = (half: number): number =>
    vt(c, u === 1 ? OPS.vextadd16u : OPS.vextadd16s, vt(c, extmulRow(u, half, 0), a, b));
  const low = sums(0);
  const high = sums(1);
  const pairsOf = vt(
    c,
    OPS.vadd32,
    shuffle(c, UZP1[2] as number, low, high),
    shuffle(c, UZP2[2] as number, low, high),
  );
  vop(c, OPS.vadd32, d, d, pairsOf);
  finish(c, d, f.q);
}
const transDot: Translator = (c, f) => {
  dotProduct(c, f, c.v(f.rm));
};
const transDotElement: Translator = (c, f) => {
  dotProduct(c, f, splatLane(c, c.v((f.m << 4) | f.rm), 2, (f.h << 1) | f.l));
};

// ---- two-register miscellaneous ------------------------------------------------------------------------------------------------

const reverse =
  (group: number): Translator =>
  (c, f) => {
    const d = c.v(f.rd);
    vop(c, OPS.vshuffle, d, c.v(f.rn), c.v(f.rn), ZERO, reversePattern(group === 1 ? 0 : f.size, group));
    finish(c, d, f.q);
  };
/** Sums of pairs, widened. */
function pairwiseLong(c: A64Context, f: A64Fields, d: number): void {
  const { size, u } = f;
  const a = c.v(f.rn);
  if (size < 2) {
    const row = size === 0 ? [OPS.vextadd8s, OPS.vextadd8u][u] : [OPS.vextadd16s, OPS.vextadd16u][u];
    vop(c, row as OpRow, d, a);
    return;
  }
  const even = extend(c, u, 0, 2, shuffle(c, UZP1[2] as number, a, a));
  const odd = extend(c, u, 0, 2, shuffle(c, UZP2[2] as number, a, a));
  vop(c, OPS.vadd64, d, even, odd);
}
const transAddlp: Translator = (c, f) => {
  pairwiseLong(c, f, c.v(f.rd));
  finish(c, c.v(f.rd), f.q);
};
const transAdalp: Translator = (c, f) => {
  const d = c.v(f.rd);
  const t = c.b.temp128();
  pairwiseLong(c, f, t);
  vop(c, VADD[f.size + 1] as OpRow, d, d, t);
  finish(c, d, f.q);
};
const unary =
  (rows: Lanes4): Translator =>
  (c, f) => {
    if (f.size === 3 && f.q === 0) return c.undefined();
    const d = c.v(f.rd);
    vop(c, rows[f.size] as OpRow, d, c.v(f.rn));
    finish(c, d, f.q);
  };
const unaryScalar =
  (row: OpRow): Translator =>
  (c, f) => {
    vop(c, row, c.v(f.rd), c.v(f.rn));
    finish(c, c.v(f.rd), 0);
  };
const transCnt: Translator = (c, f) => {
  vop(c, OPS.vpopcnt8, c.v(f.rd), c.v(f.rn));
  finish(c, c.v(f.rd), f.q);
};
const bytesHelper =
  (helper: number, size: number): Translator =>
  (c, f) => {
    lanesHelper(c, helper, c.v(f.rd), c.v(f.rn), c.v(f.rn), 0, size, f.q);
  };
const transXtn: Translator = (c, f) => {
  narrow(c, f.size, f.q, c.v(f.rd), c.v(f.rn));
};
/** Saturating narrowing with a shift (0 for the XTN family); the "2" forms keep the low half of d. */
export function saturatingNarrow(
  c: A64Context,
  f: A64Fields,
  size: number,
  shift: number,
  extra: number,
  scalar: boolean,
): void {
  const d = c.v(f.rd);
  const imm = laneImm(size, scalar ? 1 : 8 >> size, extra | (shift << 4));
  if (scalar || f.q === 0) {
    c.b.helper(LANES.qshrn, d, c.v(f.rn), 0, 0, imm);
    return;
  }
  const t = helperTemp(c, LANES.qshrn, c.v(f.rn), 0, imm);
  vop(c, OPS.vshuffle, d, d, t, ZERO, ZIP1[3]);
}
const transQxtn =
  (scalar: boolean): Translator =>
  (c, f) => {
    saturatingNarrow(c, f, f.size, 0, f.u === 1 ? UNSIGNED : 0, scalar);
  };
const transQxtun =
  (scalar: boolean): Translator =>
  (c, f) => {
    saturatingNarrow(c, f, f.size, 0, TO_UNSIGNED, scalar);
  };
const transShll: Translator = (c, f) => {
  shiftLeft(c, f.size + 1, c.v(f.rd), extend(c, 1, f.q, f.size, c.v(f.rn)), 8 << f.size);
};

// ---- by element ----------------------------------------------------------------------------------------------------------------

/** The element named by size, h, l, m and rm, in every lane. */
export function element(c: A64Context, f: A64Fields): number {
  if (f.size === 1) return splatLane(c, c.v(f.rm), 1, (f.h << 2) | (f.l << 1) | f.m);
  return splatLane(c, c.v((f.m << 4) | f.rm), 2, (f.h << 1) | f.l);
}
const elementwise =
  (op: Op2): Translator =>
  (c, f) => {
    const d = c.v(f.rd);
    op(c, d, c.v(f.rn), element(c, f), f.size, f.u, f.q);
    finish(c, d, f.q);
  };
const multiplyLongElement =
  (rows: Lanes4 | undefined): Translator =>
  (c, f) => {
    longMultiply(c, f, rows, element(c, f));
  };
const doublingElement =
  (helper: number, scalar: boolean): Translator =>
  (c, f) => {
    doublingLong(c, f, helper, element(c, f), scalar);
  };
const helpedElement =
  (helper: number, extra: number, scalar: boolean): Translator =>
  (c, f) => {
    const lanes = scalar ? 1 : (f.q === 1 ? 16 : 8) >> f.size;
    c.b.helper(helper, c.v(f.rd), c.v(f.rn), element(c, f), c.v(f.rd), laneImm(f.size, lanes, extra));
  };

const SUBTRACT = 1;

export const SIMD_INTEGER = {
  xhadd: three(TO_WORD, halvingAdd),
  xqadd: helpedU(LANES.qadd),
  xrhadd: three(TO_WORD, roundedHalvingAdd),
  xhsub: three(TO_WORD, halvingSubtract),
  xqsub: helpedU(LANES.qsub),
  'cmgt/cmhi': three(ALL, greater),
  'cmge/cmhs': three(ALL, greaterEqual),
  xshl: helpedU(LANES.shl),
  xqshl: helpedU(LANES.shl, SATURATE),
  xrshl: helpedU(LANES.shl, ROUND),
  xqrshl: helpedU(LANES.shl, SATURATE | ROUND),
  xmax: three(TO_WORD, byRowsU(VMAX)),
  xmin: three(TO_WORD, byRowsU(VMIN)),
  xabd: three(TO_WORD, absoluteDifference),
  xaba: three(TO_WORD, absoluteDifferenceAdd),
  'add@v': three(ALL, byRows(VADD)),
  'sub@v': three(ALL, byRows(VSUB)),
  cmtst: three(ALL, testBits),
  cmeq: three(ALL, equal),
  mla: three(TO_WORD, multiplyInto(VADD)),
  mls: three(TO_WORD, multiplyInto(VSUB)),
  mul: three(TO_WORD, multiplyLanes),
  pmul: transPmul,
  xmaxp: three(TO_WORD, pairwise(byRowsU(VMAX))),
  xminp: three(TO_WORD, pairwise(byRowsU(VMIN))),
  sqdmulh: qdmulh(0),
  sqrdmulh: qdmulh(ROUND),
  addp: three(ALL, pairwise(byRows(VADD))),

  xaddl: long(VADD),
  xaddw: wide(VADD),
  xsubl: long(VSUB),
  xsubw: wide(VSUB),
  addhn: highNarrow(VADD, false),
  raddhn: highNarrow(VADD, true),
  subhn: highNarrow(VSUB, false),
  rsubhn: highNarrow(VSUB, true),
  xabal: transAbal,
  xabdl: transAbdl,
  xmlal: multiplyLong(VADD),
  xmlsl: multiplyLong(VSUB),
  xmull: multiplyLong(undefined),
  sqdmlal: doubling(LANES.qadd, false),
  sqdmlsl: doubling(LANES.qsub, false),
  sqdmull: doubling(NONE, false),
  pmull: transPmull,
  'pmull@64': transPmull64,
  xdot: transDot,
  'xdot@e': transDotElement,

  rev64: reverse(3),
  'rev32@v': reverse(2),
  'rev16@v': reverse(1),
  xaddlp: transAddlp,
  xadalp: transAdalp,
  'suqadd/usqadd': transMixedAdd(false),
  'cls@v': helped(LANES.cls, 0, TO_WORD),
  'clz@v': helped(LANES.clz, UNSIGNED, TO_WORD),
  cnt: transCnt,
  'rbit@v': bytesHelper(LANES.rbit8, 0),
  urecpe: bytesHelper(LANES.urecpe, 2),
  ursqrte: bytesHelper(LANES.ursqrte, 2),
  sqabs: helped(LANES.qabs, 0, ALL),
  sqneg: helped(LANES.qneg, 0, ALL),
  'cmgt@0': compareZero(greater, false),
  'cmge@0': compareZero(greaterEqual, false),
  'cmeq@0': compareZero(equal, false),
  'cmle@0': compareZero(greaterEqual, true),
  'cmlt@0': compareZero(greater, true),
  abs: unary(VABS),
  neg: unary(VNEG),
  xtn: transXtn,
  xqxtn: transQxtn(false),
  sqxtun: transQxtun(false),
  shll: transShll,

  'xmlal@e': multiplyLongElement(VADD),
  'xmlsl@e': multiplyLongElement(VSUB),
  'xmull@e': multiplyLongElement(undefined),
  'sqdmlal@e': doublingElement(LANES.qadd, false),
  'sqdmlsl@e': doublingElement(LANES.qsub, false),
  'sqdmull@e': doublingElement(NONE, false),
  'mul@e': elementwise(multiplyLanes),
  'mla@e': elementwise(multiplyInto(VADD)),
  'mls@e': elementwise(multiplyInto(VSUB)),
  'sqdmulh@e': helpedElement(LANES.qdmulh, 0, false),
  'sqrdmulh@e': helpedElement(LANES.qdmulh, ROUND, false),
  sqrdmlah: helped(LANES.qrdmlah, 0, TO_WORD),
  sqrdmlsh: helped(LANES.qrdmlah, SUBTRACT, TO_WORD),
  'sqrdmlah@e': helpedElement(LANES.qrdmlah, 0, false),
  'sqrdmlsh@e': helpedElement(LANES.qrdmlah, SUBTRACT, false),

  'xqadd@s': helpedScalarU(LANES.qadd),
  'xqsub@s': helpedScalarU(LANES.qsub),
  'cmgt/cmhi@s': threeScalar(greater),
  'cmge/cmhs@s': threeScalar(greaterEqual),
  'xshl@s': helpedScalarU(LANES.shl),
  'xqshl@s': helpedScalarU(LANES.shl, SATURATE),
  'xrshl@s': helpedScalarU(LANES.shl, ROUND),
  'xqrshl@s': helpedScalarU(LANES.shl, SATURATE | ROUND),
  'add@s': threeScalar(byRows(VADD)),
  'sub@s': threeScalar(byRows(VSUB)),
  'cmtst@s': threeScalar(testBits),
  'cmeq@s': threeScalar(equal),
  'sqdmulh@s': helpedScalar(LANES.qdmulh, 0),
  'sqrdmulh@s': helpedScalar(LANES.qdmulh, ROUND),
  'sqdmlal@s': doubling(LANES.qadd, true),
  'sqdmlsl@s': doubling(LANES.qsub, true),
  'sqdmull@s': doubling(NONE, true),
  'suqadd/usqadd@s': transMixedAdd(true),
  'sqabs@s': helpedScalar(LANES.qabs, 0),
  'sqneg@s': helpedScalar(LANES.qneg, 0),
  'cmgt@0s': compareZeroScalar(greater, false),
  'cmge@0s': compareZeroScalar(greaterEqual, false),
  'cmeq@0s': compareZeroScalar(equal, false),
  'cmle@0s': compareZeroScalar(greaterEqual, true),
  'cmlt@0s': compareZeroScalar(greater, true),
  'abs@s': unaryScalar(OPS.vabs64),
  'neg@s': unaryScalar(OPS.vneg64),
  'xqxtn@s': transQxtn(true),
  'sqxtun@s': transQxtun(true),
  'sqdmlal@es': doublingElement(LANES.qadd, true),
  'sqdmlsl@es': doublingElement(LANES.qsub, true),
  'sqdmull@es': doublingElement(NONE, true),
  'sqdmulh@es': helpedElement(LANES.qdmulh, 0, true),
  'sqrdmulh@es': helpedElement(LANES.qdmulh, ROUND, true),
  'sqrdmlah@s': helpedScalar(LANES.qrdmlah, 0),
  'sqrdmlsh@s': helpedScalar(LANES.qrdmlah, SUBTRACT),
  'sqrdmlah@es': helpedElement(LANES.qrdmlah, 0, true),
  'sqrdmlsh@es': helpedElement(LANES.qrdmlah, SUBTRACT, true),
} as const satisfies Record<string, Translator>;
