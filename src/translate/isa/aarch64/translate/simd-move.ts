/** A64 Advanced SIMD: permutations, table lookup, copies, immediates. */
import { EXT_SIGN, EXT_ZERO, ZERO } from '../../../ir/inst.js';
import type { Operand } from '../../../ir/inst.js';
import { OPS } from '../../../ir/ops.js';
import type { OpRow } from '../../../ir/ops.js';
import { words } from '../context.js';
import type { A64Context, Translator } from '../context.js';
import {
  constantVector,
  extPattern,
  finish,
  splatConstant,
  TRN1,
  TRN2,
  UZP1,
  UZP1_64,
  UZP2,
  UZP2_64,
  VEXTRACT_S,
  VEXTRACT_U,
  VINSERT,
  vop,
  VSPLAT,
  vt,
  ZIP1,
  ZIP2,
  ZIP2_64,
} from '../vector.js';
import type { A64Fields } from '../vocabulary.js';
import { expandImm } from './float.js';

// ---- permutations ------------------------------------------------------------------------------------------------------------

const permute =
  (full: readonly number[], half: readonly number[]): Translator =>
  (c, f) => {
    if (f.size === 3 && f.q === 0) return c.undefined();
    const d = c.v(f.rd);
    vop(c, OPS.vshuffle, d, c.v(f.rn), c.v(f.rm), ZERO, (f.q === 1 ? full : half)[f.size]);
    finish(c, d, f.q);
  };
const transExt: Translator = (c, f) => {
  if (f.q === 0 && f.imm > 7) return c.undefined();
  const d = c.v(f.rd);
  vop(c, OPS.vshuffle, d, c.v(f.rn), c.v(f.rm), ZERO, extPattern(f.imm, f.q));
  finish(c, d, f.q);
};

/** Up to four consecutive registers, modulo 32, are one table: each is looked up with its part of the indices. */
const lookup =
  (keep: boolean): Translator =>
  (c, f) => {
    const d = c.v(f.rd);
    const index = c.v(f.rm);
    const register = (n: number): number => c.v((f.rn + n) & 31);
    let found = -1;
    for (let n = 0; n <= f.len; n++) {
      const part = n === 0 ? index : vt(c, OPS.vsub8, index, splatConstant(c, 0, 16 * n));
      const one = vt(c, OPS.vswizzle, register(n), part);
      found = found < 0 ? one : vt(c, OPS.vor, found, one);
    }
    if (keep) {
      const inside = vt(c, OPS.vgtu8, splatConstant(c, 0, 16 * (f.len + 1)), index);
      vop(c, OPS.vselect, d, found, d, inside);
    } else vop(c, OPS.mov128, d, found);
    finish(c, d, f.q);
  };

// ---- copies ------------------------------------------------------------------------------------------------------------------

/** Lane width and index of imm5; -1 when it has none of them. */
const laneSizeOf = (imm5: number): number => (imm5 & 1 ? 0 : imm5 & 2 ? 1 : imm5 & 4 ? 2 : imm5 & 8 ? 3 : -1);

/** A lane of a vector as a scalar; 32 bits and less are zero-extended to 64. */
function laneValue(c: A64Context, v: number, size: number, index: number): Operand {
  if (size === 3) return v + index;
  const t = c.b.temp();
  c.b.vector(VEXTRACT_U[size] as OpRow, t, v, ZERO, ZERO, index, EXT_ZERO);
  return t;
}
/** Every lane of a temporary = the lane. */
export function splatLane(c: A64Context, v: number, size: number, index: number): number {
  return vt(c, VSPLAT[size] as OpRow, laneValue(c, v, size, index));
}

const transDupElement: Translator = (c, f) => {
  const size = laneSizeOf(f.imm);
  if (size < 0 || (size === 3 && f.q === 0)) return c.undefined();
  const d = c.v(f.rd);
  vop(c, VSPLAT[size] as OpRow, d, laneValue(c, c.v(f.rn), size, f.imm >> (size + 1)));
  finish(c, d, f.q);
};
const transDupGeneral: Translator = (c, f) => {
  const size = laneSizeOf(f.imm);
  if (size < 0 || (size === 3 && f.q === 0)) return c.undefined();
  const d = c.v(f.rd);
  vop(c, VSPLAT[size] as OpRow, d, c.x(f.rn));
  finish(c, d, f.q);
};
const transDupScalar: Translator = (c, f) => {
  const size = laneSizeOf(f.imm);
  if (size < 0) return c.undefined();
  c.b.op(OPS.mov64, c.v(f.rd), laneValue(c, c.v(f.rn), size, f.imm >> (size + 1)));
  finish(c, c.v(f.rd), 0);
};
const transSmov: Translator = (c, f) => {
  const size = laneSizeOf(f.imm);
  if (size < 0 || size > 1 + f.q) return c.undefined();
  const row = VEXTRACT_S[size] as OpRow;
  c.b.vector(row, c.d(f.rd), c.v(f.rn), ZERO, ZERO, f.imm >> (size + 1), f.q === 1 ? EXT_SIGN : EXT_ZERO);
};
const transUmov: Translator = (c, f) => {
  const size = laneSizeOf(f.imm);
  if (size < 0 || (size === 3) !== (f.q === 1)) return c.undefined();
  const index = f.imm >> (size + 1);
  if (size === 3) c.b.op(OPS.mov64, c.d(f.rd), c.v(f.rn) + index);
  else c.b.vector(VEXTRACT_U[size] as OpRow, c.d(f.rd), c.v(f.rn), ZERO, ZERO, index, EXT_ZERO);
};
/** d[index] = value. */
function insert(c: A64Context, rd: number, size: number, index: number, value: Operand): void {
  const d = c.v(rd);
  if (size === 3) c.b.op(OPS.mov64, d + index, value);
  else vop(c, VINSERT[size] as OpRow, d, d, value, ZERO, index);
}
const transInsGeneral: Translator = (c, f) => {
  const size = laneSizeOf(f.imm);
  if (size < 0) return c.undefined();
  insert(c, f.rd, size, f.imm >> (size + 1), c.x(f.rn));
};
const transInsElement: Translator = (c, f) => {
  const size = laneSizeOf(f.imm);
  if (size < 0) return c.undefined();
  insert(c, f.rd, size, f.imm >> (size + 1), laneValue(c, c.v(f.rn), size, f.idx >> size));
};

// ---- modified immediate (AdvSIMDExpandImm) -------------------------------------------------------------------------------------

const repeat16 = (v: number): number => Math.imul(v & 0xffff, 0x10001);

function expand(f: A64Fields): { lo: number; hi: number } | undefined {
  const { cmode, imm, o } = f;
  let word: number;
  switch (cmode >> 1) {
    case 0:
    case 1:
    case 2:
    case 3:
      word = imm << (8 * (cmode >> 1));
      break;
    case 4:
      word = repeat16(imm);
      break;
    case 5:
      word = repeat16(imm << 8);
      break;
    case 6:
      word = (cmode & 1) === 0 ? (imm << 8) | 0xff : (imm << 16) | 0xffff;
      break;
    default:
      if ((cmode & 1) === 0) {
        if (o === 0) word = Math.imul(imm, 0x01010101);
        else return { lo: byteMask(imm), hi: byteMask(imm >> 4) };
      } else if (o === 0) word = expandImm(2, imm).lo;
      else return f.q === 1 ? expandImm(3, imm) : undefined;
  }
  return { lo: word, hi: word };
}
/** Each of the low four bits as a byte of ones. */
function byteMask(bits: number): number {
  let word = 0;
  for (let k = 0; k < 4; k++) if (((bits >> k) & 1) === 1) word |= 255 << (8 * k);
  return word;
}
/** MOVI, MVNI, ORR, BIC, FMOV by cmode and the o bit. */
const transImmediate: Translator = (c, f) => {
  const value = expand(f);
  if (value === undefined) return c.undefined();
  const d = c.v(f.rd);
  const { cmode, o, q } = f;
  const half = words(value.lo, value.hi);
  if (cmode < 12 && (cmode & 1) === 1) {
    const mask = constantVector(c, half, half);
    vop(c, o === 1 ? OPS.vandnot : OPS.vor, d, d, mask);
    finish(c, d, q);
    return;
  }
  const invert = o === 1 && cmode < 14;
  const result = invert ? words(~value.lo, ~value.hi) : half;
  vop(c, OPS.vpair, d, result, q === 1 ? result : ZERO);
};
/** FMOV of halves. */
const transFmovHalf: Translator = (c, f) => {
  const word = repeat16(expandImm(1, f.imm).lo);
  vop(c, OPS.vpair, c.v(f.rd), words(word, word), f.q === 1 ? words(word, word) : ZERO);
};

// ---- bits ----------------------------------------------------------------------------------------------------------------------

const bitwise =
  (row: OpRow): Translator =>
  (c, f) => {
    const d = c.v(f.rd);
    // MOV of vectors.
    if (row === OPS.vor && f.rn === f.rm) vop(c, OPS.mov128, d, c.v(f.rn));
    else vop(c, row, d, c.v(f.rn), c.v(f.rm));
    finish(c, d, f.q);
  };
const transOrn: Translator = (c, f) => {
  const d = c.v(f.rd);
  vop(c, OPS.vor, d, c.v(f.rn), vt(c, OPS.vnot, c.v(f.rm)));
  finish(c, d, f.q);
};
/** d = (a & mask) | (b & ~mask), the operands by position: 0 rd, 1 rn, 2 rm. */
const choose =
  (a: 0 | 1 | 2, b: 0 | 1 | 2, mask: 0 | 1 | 2): Translator =>
  (c, f) => {
    const at = [c.v(f.rd), c.v(f.rn), c.v(f.rm)] as const;
    vop(c, OPS.vselect, at[0], at[a], at[b], at[mask]);
    finish(c, at[0], f.q);
  };
const transNot: Translator = (c, f) => {
  const d = c.v(f.rd);
  vop(c, OPS.vnot, d, c.v(f.rn));
  finish(c, d, f.q);
};

export const SIMD_MOVE = {
  tbl: lookup(false),
  tbx: lookup(true),
  uzp1: permute(UZP1, UZP1_64),
  uzp2: permute(UZP2, UZP2_64),
  zip1: permute(ZIP1, ZIP1),
  zip2: permute(ZIP2, ZIP2_64),
  trn1: permute(TRN1, TRN1),
  trn2: permute(TRN2, TRN2),
  ext: transExt,
  'dup@e': transDupElement,
  'dup@r': transDupGeneral,
  'dup@s': transDupScalar,
  smov: transSmov,
  umov: transUmov,
  'ins@r': transInsGeneral,
  'ins@e': transInsElement,
  movi: transImmediate,
  'fmov@vh': transFmovHalf,
  'and@v': bitwise(OPS.vand),
  'bic@v': bitwise(OPS.vandnot),
  'orr@v': bitwise(OPS.vor),
  'eor@v': bitwise(OPS.vxor),
  'orn@v': transOrn,
  bsl: choose(1, 2, 0),
  bit: choose(1, 0, 2),
  bif: choose(0, 1, 2),
  not: transNot,
} as const satisfies Record<string, Translator>;
