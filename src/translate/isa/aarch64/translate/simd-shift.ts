/** A64 Advanced SIMD: shifts by immediate, vector and scalar. */
import { OPS } from '../../../ir/ops.js';
import type { OpRow } from '../../../ir/ops.js';
import { laneImm } from '../../../../cpu/simd/lanes.js';
import { ROUND, SATURATE, TO_UNSIGNED, UNSIGNED } from '../../../../cpu/simd/integer.js';
import { words } from '../context.js';
import type { A64Context, Translator } from '../context.js';
import { LANES } from '../simd-helpers.js';
import {
  extend,
  extendRow,
  narrow,
  shiftLeft,
  shiftRight,
  shiftRightRounded,
  splatConstant,
  VADD,
  vop,
  vt,
  finish,
} from '../vector.js';
import { saturatingNarrow } from './simd-integer.js';

/** Lane width of immh:immb, -1 for none. */
const immediateSize = (imm: number): number => Math.max(-1, 28 - Math.clz32(imm));
type Shift = (c: A64Context, d: number, a: number, n: number, size: number, u: number) => void;

/** `left`: the amount counts up from the lane's width, else down from twice that. */
const shiftImmediate =
  (left: boolean, op: Shift): Translator =>
  (c, f) => {
    const size = immediateSize(f.imm);
    if (size === 3 && f.q === 0) return c.undefined();
    const bits = 8 << size;
    op(c, c.v(f.rd), c.v(f.rn), left ? f.imm - bits : 2 * bits - f.imm, size, f.u);
    finish(c, c.v(f.rd), f.q);
  };
/** Doublewords; imm has six bits here. */
const shiftScalar =
  (left: boolean, op: Shift): Translator =>
  (c, f) => {
    op(c, c.v(f.rd), c.v(f.rn), left ? f.imm : 64 - f.imm, 3, f.u);
    finish(c, c.v(f.rd), 0);
  };
const shr: Shift = (c, d, a, n, size, u) => {
  shiftRight(c, u, size, d, a, n);
};
const rshr: Shift = (c, d, a, n, size, u) => {
  shiftRightRounded(c, u, size, d, a, n);
};
const shl: Shift = (c, d, a, n, size) => {
  shiftLeft(c, size, d, a, n);
};
const accumulating =
  (op: Shift): Shift =>
  (c, d, a, n, size, u) => {
    const t = c.b.temp128();
    op(c, t, a, n, size, u);
    vop(c, VADD[size] as OpRow, d, d, t);
  };

/** The low n bits of every lane. */
function lowBits(c: A64Context, size: number, n: number): number {
  if (size < 3) return splatConstant(c, size, n >= 32 ? -1 : 2 ** n - 1);
  const half =
    n >= 64 ? words(-1, -1) : n > 31 ? words(-1, n === 32 ? 0 : (1 << (n - 32)) - 1) : words(2 ** n - 1, 0);
  return vt(c, OPS.vpair, half, half);
}
/** SLI: the low n bits of d stay. */
const insertLeft: Shift = (c, d, a, n, size) => {
  const t = c.b.temp128();
  shiftLeft(c, size, t, a, n);
  vop(c, OPS.vselect, d, d, t, lowBits(c, size, n));
};
/** SRI: the high n bits of d stay. */
const insertRight: Shift = (c, d, a, n, size) => {
  const t = c.b.temp128();
  shiftRight(c, 1, size, t, a, n);
  vop(c, OPS.vselect, d, t, d, lowBits(c, size, (8 << size) - n));
};
/** SQSHL, UQSHL, SQSHLU: the count in every lane. */
const saturatingLeft =
  (toUnsigned: boolean, scalar: boolean): Translator =>
  (c, f) => {
    const size = immediateSize(f.imm);
    if (size < 0 || (!scalar && size === 3 && f.q === 0)) return c.undefined();
    const bits = 8 << size;
    const extra = SATURATE | (toUnsigned ? TO_UNSIGNED : f.u === 1 ? UNSIGNED : 0);
    const count = splatConstant(c, size, f.imm - bits);
    const lanes = scalar ? 1 : (f.q === 1 ? 16 : 8) >> size;
    c.b.helper(LANES.shl, c.v(f.rd), c.v(f.rn), count, 0, laneImm(size, lanes, extra));
  };
/** Narrowing: the lanes named by imm are the narrow ones. */
const narrowing =
  (round: boolean): Translator =>
  (c, f) => {
    const size = immediateSize(f.imm);
    if (size < 0 || size === 3) return c.undefined();
    const n = (16 << size) - f.imm;
    let a = c.v(f.rn);
    if (round) a = vt(c, VADD[size + 1] as OpRow, a, splatConstant(c, size + 1, 2 ** (n - 1)));
    const t = c.b.temp128();
    shiftRight(c, 1, size + 1, t, a, n);
    narrow(c, size, f.q, c.v(f.rd), t);
  };
const saturatingNarrowing =
  (extra: number, scalar: boolean): Translator =>
  (c, f) => {
    const size = immediateSize(f.imm);
    if (size < 0 || size === 3) return c.undefined();
    const all = (extra & TO_UNSIGNED) !== 0 ? extra : extra | (f.u === 1 ? UNSIGNED : 0);
    saturatingNarrow(c, f, size, (16 << size) - f.imm, all, scalar);
  };
const transShllImmediate: Translator = (c, f) => {
  const size = immediateSize(f.imm);
  if (size === 3) return c.undefined();
  const n = f.imm - (8 << size);
  if (n === 0) vop(c, extendRow(f.u, f.q, size), c.v(f.rd), c.v(f.rn));
  else shiftLeft(c, size + 1, c.v(f.rd), extend(c, f.u, f.q, size, c.v(f.rn)), n);
};

export const SIMD_SHIFT = {
  'xshr@i': shiftImmediate(false, shr),
  'xsra@i': shiftImmediate(false, accumulating(shr)),
  'xrshr@i': shiftImmediate(false, rshr),
  'xrsra@i': shiftImmediate(false, accumulating(rshr)),
  'sri@i': shiftImmediate(false, insertRight),
  'shl@i': shiftImmediate(true, shl),
  'sli@i': shiftImmediate(true, insertLeft),
  'sqshlu@i': saturatingLeft(true, false),
  'xqshl@i': saturatingLeft(false, false),
  'shrn@i': narrowing(false),
  'rshrn@i': narrowing(true),
  'sqshrun@i': saturatingNarrowing(TO_UNSIGNED, false),
  'sqrshrun@i': saturatingNarrowing(TO_UNSIGNED | ROUND, false),
  'xqshrn@i': saturatingNarrowing(0, false),
  'xqrshrn@i': saturatingNarrowing(ROUND, false),
  'xshll@i': transShllImmediate,
  'xshr@is': shiftScalar(false, shr),
  'xsra@is': shiftScalar(false, accumulating(shr)),
  'xrshr@is': shiftScalar(false, rshr),
  'xrsra@is': shiftScalar(false, accumulating(rshr)),
  'sri@is': shiftScalar(false, insertRight),
  'shl@is': shiftScalar(true, shl),
  'sli@is': shiftScalar(true, insertLeft),
  'sqshlu@is': saturatingLeft(true, true),
  'xqshl@is': saturatingLeft(false, true),
  'sqshrun@is': saturatingNarrowing(TO_UNSIGNED, true),
  'sqrshrun@is': saturatingNarrowing(TO_UNSIGNED | ROUND, true),
  'xqshrn@is': saturatingNarrowing(0, true),
  'xqrshrn@is': saturatingNarrowing(ROUND, true),
} as const satisfies Record<string, Translator>;
