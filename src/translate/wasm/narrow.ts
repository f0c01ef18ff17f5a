/**
 * Which 64-bit slots hold a 32-bit value, sign- or zero-extended. Such a slot lives in an i32 local: code for 64-bit
 * machines extends after every 32-bit operation, and most of what follows only reads the low word again.
 */
import { SLOT_TEMP, SLOT_V, TEMP_COUNT } from '../../cpu/layout.js';
import { Const, EXT_NONE, EXT_SIGN, EXT_ZERO, Inst, LINK_CALL, LINK_NONE, ZERO } from '../ir/inst.js';
import type { Operand } from '../ir/inst.js';
import { OPS } from '../ir/ops.js';
import type { OpRow } from '../ir/ops.js';
import { isBarrier } from './dataflow.js';
import type { RegionBlock } from './region.js';

/** Bits of a slot's form; both when bit 31 is zero, none when the slot needs all 64 bits. */
export const SIGNED = 1;
export const UNSIGNED = 2;
const BOTH = SIGNED | UNSIGNED;

/** Forms by slot, temporaries included. */
export type Forms = Uint8Array;

export function noForms(): Forms {
  return new Uint8Array(SLOT_TEMP + TEMP_COUNT);
}

export function formOf(o: Operand, forms: Forms): number {
  if (typeof o === 'number') return forms[o] as number;
  return (o.hi === o.lo >> 31 ? SIGNED : 0) | (o.hi === 0 ? UNSIGNED : 0);
}

/** 32-bit rows whose result is never negative. */
const SMALL: ReadonlySet<OpRow> = new Set([OPS.load8u, OPS.load16u, OPS.clz32, OPS.ctz32, OPS.popcnt32]);

function shiftCount(i: Inst): number {
  return typeof i.b === 'number' ? -1 : i.b.lo & 63;
}

/** Form of what the op writes. */
export function resultForm(i: Inst, forms: Forms): number {
  const { row } = i;
  if (row.kind === 'helper') return 0;
  if (row.result === 'i32') {
    if (i.ext !== EXT_SIGN && i.ext !== EXT_ZERO) return 0;
    const small =
      row.kind === 'cmp' ||
      SMALL.has(row) ||
      (row === OPS.and32 && typeof i.b !== 'number' && i.b.lo >= 0) ||
      (row === OPS.shru32 && (shiftCount(i) & 31) > 0 && typeof i.b !== 'number');
    return small ? BOTH : i.ext === EXT_SIGN ? SIGNED : UNSIGNED;
  }
  if (row.result !== 'i64' || row.kind !== 'pure') return 0;
  switch (row) {
    case OPS.mov64:
      return formOf(i.a, forms);
    case OPS.sext32:
      return SIGNED;
    case OPS.and64: {
      const a = formOf(i.a, forms);
      const b = formOf(i.b, forms);
      return a === BOTH || b === BOTH ? BOTH : (a & b) | ((a | b) & UNSIGNED);
    }
    case OPS.or64:
    case OPS.xor64:
    case OPS.select64:
      return formOf(i.a, forms) & formOf(i.b, forms);
    case OPS.shru64: {
      const n = shiftCount(i);
      if (n > 32 || (n > 0 && (formOf(i.a, forms) & UNSIGNED) !== 0)) return BOTH;
      return n === 32 ? UNSIGNED : n === 0 ? formOf(i.a, forms) : 0;
    }
    case OPS.shrs64: {
      const n = shiftCount(i);
      return n > 31 ? SIGNED : n < 0 ? 0 : formOf(i.a, forms) & SIGNED;
    }
    default:
      return 0;
  }
}

const SAME_IN_32: ReadonlyMap<OpRow, OpRow> = new Map([
  [OPS.mov64, OPS.mov32],
  [OPS.sext32, OPS.mov32],
  [OPS.and64, OPS.and32],
  [OPS.or64, OPS.or32],
  [OPS.xor64, OPS.xor32],
  [OPS.select64, OPS.select32],
]);

/** The op in 32 bits when its result has a 32-bit form and that is all that needs computing; else the op itself. */
export function narrowed(i: Inst, form: number, forms: Forms): Inst {
  if (form === 0 || i.row.result !== 'i64') return i;
  const row = SAME_IN_32.get(i.row);
  if (row !== undefined) return replaced(i, row, i.a, i.b);
  const n = shiftCount(i);
  const a = formOf(i.a, forms);
  if (i.row === OPS.shru64 && n < 32 && (a & UNSIGNED) !== 0) return replaced(i, OPS.shru32, i.a, i.b);
  if (i.row === OPS.shrs64 && (a & SIGNED) !== 0)
    return replaced(i, OPS.shrs32, i.a, new Const(Math.min(n, 31), 0));
  return i;
}

function replaced(i: Inst, row: OpRow, a: Operand, b: Operand): Inst {
  return new Inst(row, i.d, a, b, i.c, 0, 0, EXT_SIGN, LINK_NONE, i.pc);
}

const SIGNED_COMPARES: ReadonlyMap<OpRow, OpRow> = new Map([
  [OPS.eq64, OPS.eq32],
  [OPS.ne64, OPS.ne32],
  [OPS.lts64, OPS.lts32],
  [OPS.ges64, OPS.ges32],
  [OPS.ltu64, OPS.ltu32],
  [OPS.geu64, OPS.geu32],
]);
const UNSIGNED_COMPARES: ReadonlyMap<OpRow, OpRow> = new Map([
  ...SIGNED_COMPARES,
  [OPS.lts64, OPS.ltu32],
  [OPS.ges64, OPS.geu32],
]);

/** The compare to use for operands of these forms: both extensions keep the order, signed and unsigned. */
export function narrowCompare(i: Inst, forms: Forms): OpRow {
  const common = formOf(i.a, forms) & formOf(i.b, forms);
  if (common === 0) return i.row;
  return ((common & SIGNED) !== 0 ? SIGNED_COMPARES : UNSIGNED_COMPARES).get(i.row) ?? i.row;
}

/** Brings `forms` from before an op to behind it. */
export function stepForms(i: Inst, forms: Forms, mayNarrow: (slot: number) => boolean): void {
  if (isBarrier(i)) {
    forms.fill(0, 0, SLOT_TEMP);
    forms[i.d] = 0;
  } else if (i.row.result !== '') forms[i.d] = mayNarrow(i.d) ? resultForm(i, forms) : 0;
}

/** Forms at the start of each block: what all ways into it agree on. The CPU block holds 64 bits, without a form. */
export function analyseForms(blocks: readonly RegionBlock[], mayNarrow: (slot: number) => boolean): Forms[] {
  const result = blocks.map((_, n) => (n === 0 ? noForms() : noForms().fill(BOTH, 0, SLOT_V)));
  const work = new Set(blocks.map((b) => b.index));
  const forms = noForms();
  for (const k of work) {
    work.delete(k);
    const b = blocks[k];
    if (b === undefined) continue;
    forms.set(result[k] as Forms);
    for (const i of b.insts) stepForms(i, forms, mayNarrow);
    if (b.end.link === LINK_CALL) forms.fill(0);
    for (const s of b.succ) {
      const into = result[s] as Forms;
      let changed = false;
      for (let slot = 0; slot < SLOT_V; slot++) {
        const met = (into[slot] as number) & (forms[slot] as number);
        changed ||= met !== into[slot];
        into[slot] = met;
      }
      if (changed) work.add(s);
    }
  }
  return result;
}

/**
 * Extensions written as two shifts of one register, in the 32 bits they are about: RISC-V without Zba and Zbb has no
 * other way to extend from 8, 16 or 32 bits without sign.
 */
export function fuseShifts(insts: readonly Inst[]): readonly Inst[] {
  let result: Inst[] | undefined;
  for (let n = 0; n + 1 < insts.length; n++) {
    const i = insts[n] as Inst;
    const j = insts[n + 1] as Inst;
    const right = j.row === OPS.shru64 || j.row === OPS.shrs64;
    if (i.row !== OPS.shl64 || !right || i.d !== j.d || j.a !== i.d) continue;
    const [left, back] = [shiftCount(i), shiftCount(j)];
    const signed = j.row === OPS.shrs64;
    if (left < 32 || back < 0 || (back < 32 && (left !== 32 || signed))) continue;
    result ??= [...insts];
    const first = left === 32 ? OPS.mov32 : OPS.shl32;
    result[n] = new Inst(first, i.d, i.a, count(left - 32), ZERO, 0, 0, EXT_ZERO, LINK_NONE, i.pc);
    result[n + 1] =
      back < 32
        ? new Inst(OPS.shl64, i.d, i.d, count(32 - back), ZERO, 0, 0, EXT_NONE, LINK_NONE, j.pc)
        : new Inst(
            signed ? OPS.shrs32 : OPS.shru32,
            i.d,
            i.d,
            count(back - 32),
            ZERO,
            0,
            0,
            signed ? EXT_SIGN : EXT_ZERO,
            LINK_NONE,
            j.pc,
          );
    n++;
  }
  return result ?? insts;
}

function count(n: number): Const {
  return new Const(n, 0);
}
