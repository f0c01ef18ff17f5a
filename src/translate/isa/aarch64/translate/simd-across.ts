/** A64 Advanced SIMD: integer operations across the lanes of one register. */
import { EXT_NONE, EXT_ZERO, ZERO } from '../../../ir/inst.js';
import { OPS } from '../../../ir/ops.js';
import type { OpRow } from '../../../ir/ops.js';
import type { A64Context, Translator } from '../context.js';
import { extend, extPattern, finish, shuffle, VEXTRACT_U, VMAX, VMIN, vt, ZIP1 } from '../vector.js';
import type { Lanes4 } from '../vector.js';
import type { A64Fields } from '../vocabulary.js';

/** The low lane of v, zero-extended, in rd. */
function lowLane(c: A64Context, rd: number, size: number, v: number): void {
  c.b.vector(VEXTRACT_U[size] as OpRow, c.v(rd), v, ZERO, ZERO, 0, size === 3 ? EXT_NONE : EXT_ZERO);
  finish(c, c.v(rd), 0);
}
/** The operand with its low half in both halves when it has 8 bytes only. */
function doubled(c: A64Context, f: A64Fields): number {
  const v = c.v(f.rn);
  return f.q === 1 ? v : shuffle(c, ZIP1[3] as number, v, v);
}
/** Maximum or minimum: the register is combined with itself turned by halves of what is left. */
const extreme =
  (rows: readonly Lanes4[]): Translator =>
  (c, f) => {
    const { size, u } = f;
    if (size === 2 && f.q === 0) return c.undefined();
    let v = doubled(c, f);
    for (let bytes = f.q === 1 ? 8 : 4; bytes >= 1 << size; bytes >>= 1)
      v = vt(c, (rows[u] as Lanes4)[size] as OpRow, v, shuffle(c, extPattern(bytes, 1), v, v));
    lowLane(c, f.rd, size, v);
  };
/** Words of partial sums: bytes and halfwords are added in pairs, widened, until they are words; 8-byte operands fill two. */
function wordSums(c: A64Context, f: A64Fields, u: number): number {
  let v = c.v(f.rn);
  if (f.size === 0) v = vt(c, u === 1 ? OPS.vextadd8u : OPS.vextadd8s, v);
  if (f.size < 2) v = vt(c, u === 1 ? OPS.vextadd16u : OPS.vextadd16s, v);
  return v;
}
/** The sum of all words, or of the first two, in each word. */
function addWords(c: A64Context, f: A64Fields, words4: number): number {
  const two = f.q === 1 ? vt(c, OPS.vadd32, words4, shuffle(c, extPattern(8, 1), words4, words4)) : words4;
  return vt(c, OPS.vadd32, two, shuffle(c, extPattern(4, 1), two, two));
}
const transAddv: Translator = (c, f) => {
  if (f.size === 2 && f.q === 0) return c.undefined();
  lowLane(c, f.rd, f.size, addWords(c, f, wordSums(c, f, 1)));
};
const transAddlv: Translator = (c, f) => {
  const { size, u } = f;
  if (size === 2 && f.q === 0) return c.undefined();
  if (size < 2) {
    lowLane(c, f.rd, size + 1, addWords(c, f, wordSums(c, f, u)));
    return;
  }
  const sums = vt(c, OPS.vadd64, extend(c, u, 0, 2, c.v(f.rn)), extend(c, u, 1, 2, c.v(f.rn)));
  lowLane(c, f.rd, 3, vt(c, OPS.vadd64, sums, shuffle(c, extPattern(8, 1), sums, sums)));
};
const transAddpScalar: Translator = (c, f) => {
  const a = c.v(f.rn);
  c.b.op(OPS.add64, c.v(f.rd), a, a + 1);
  finish(c, c.v(f.rd), 0);
};

export const SIMD_ACROSS = {
  xaddlv: transAddlv,
  xmaxv: extreme(VMAX),
  xminv: extreme(VMIN),
  addv: transAddv,
  'addp@s': transAddpScalar,
} as const satisfies Record<string, Translator>;
