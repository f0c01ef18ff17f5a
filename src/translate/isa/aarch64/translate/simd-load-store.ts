/** A64 loads and stores of Advanced SIMD structures: Arm ARM C4.1.96. */
import { constant, EXT_NONE, EXT_ZERO, ZERO } from '../../../ir/inst.js';
import type { Operand } from '../../../ir/inst.js';
import { OPS } from '../../../ir/ops.js';
import type { OpRow } from '../../../ir/ops.js';
import { patternIndex } from '../../../../cpu/simd/patterns.js';
import type { A64Context, Translator } from '../context.js';
import {
  UZP1,
  UZP1_64,
  UZP2,
  UZP2_64,
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

const LOADS: readonly OpRow[] = [OPS.load8u, OPS.load16u, OPS.load32, OPS.load64];
const STORES: readonly OpRow[] = [OPS.store8, OPS.store16, OPS.store32, OPS.store64];

/** Post-index: the base grows by a register, or by `bytes` when that is XZR. */
function postIndex(c: A64Context, f: A64Fields, bytes: number): void {
  c.b.op(OPS.add64, f.rn, f.rn, f.rm === 31 ? constant(bytes) : f.rm);
}

const register = (c: A64Context, f: A64Fields, k: number): number => c.v((f.rt + k) & 31);

/** A memory operand of 8 or 16 bytes as a temporary vector; the high half of an 8-byte one is zero. */
function loadPart(c: A64Context, f: A64Fields, k: number): number {
  const t = c.b.temp128();
  if (f.q === 1) c.b.load(OPS.load128, EXT_NONE, t, f.rn, 16 * k);
  else {
    const low = c.b.temp();
    c.b.load(OPS.load64, EXT_NONE, low, f.rn, 8 * k);
    c.b.vector(OPS.vpair, t, low, ZERO);
  }
  return t;
}
function storePart(c: A64Context, f: A64Fields, k: number, v: number): void {
  if (f.q === 1) c.b.store(OPS.store128, f.rn, 16 * k, v);
  else c.b.store(OPS.store64, f.rn, 8 * k, lowHalf(c, v));
}
/** The low half of a register, or of a temporary through an extract. */
function lowHalf(c: A64Context, v: number): number {
  const t = c.b.temp();
  c.b.vector(OPS.vextract64, t, v);
  return t;
}
function setRegister(c: A64Context, f: A64Fields, k: number, v: number): void {
  const d = register(c, f, k);
  vop(c, OPS.mov128, d, v);
  if (f.q === 0) c.b.op(OPS.mov64, d + 1, ZERO);
}

// ---- multiple structures -----------------------------------------------------------------------------------------------------

/** LD1, ST1 of n registers: no rearrangement. */
const plain =
  (n: number, post: boolean): Translator =>
  (c, f) => {
    if (f.l === 1) {
      const parts = Array.from({ length: n }, (_, k) => loadPart(c, f, k));
      parts.forEach((v, k) => {
        setRegister(c, f, k, v);
      });
    } else for (let k = 0; k < n; k++) storePart(c, f, k, register(c, f, k));
    if (post) postIndex(c, f, n * (8 << f.q));
  };

const zip = (c: A64Context, f: A64Fields, a: number, b: number): [number, number] => [
  vt(c, OPS.vshuffle, a, b, ZERO, ZIP1[f.size]),
  vt(c, OPS.vshuffle, a, b, ZERO, (f.q === 1 ? ZIP2 : ZIP2_64)[f.size]),
];
const unzip = (c: A64Context, f: A64Fields, a: number, b: number): [number, number] => [
  vt(c, OPS.vshuffle, a, b, ZERO, (f.q === 1 ? UZP1 : UZP1_64)[f.size]),
  vt(c, OPS.vshuffle, a, b, ZERO, (f.q === 1 ? UZP2 : UZP2_64)[f.size]),
];

/** Structures of two or four in registers of one element each: perfect shuffles, once or twice. */
function deinterleave(c: A64Context, f: A64Fields, parts: readonly number[]): number[] {
  const [a, b, x, y] = parts as [number, number, number, number];
  if (parts.length === 2) return unzip(c, f, a, b);
  const [even0, odd0] = unzip(c, f, a, b);
  const [even1, odd1] = unzip(c, f, x, y);
  const [first, third] = unzip(c, f, even0, even1);
  const [second, fourth] = unzip(c, f, odd0, odd1);
  return [first, second, third, fourth];
}
function interleave(c: A64Context, f: A64Fields, parts: readonly number[]): number[] {
  const [a, b, x, y] = parts as [number, number, number, number];
  if (parts.length === 2) return zip(c, f, a, b);
  const [low0, high0] = zip(c, f, a, x);
  const [low1, high1] = zip(c, f, b, y);
  return [...zip(c, f, low0, low1), ...zip(c, f, high0, high1)];
}

/** Two patterns that gather 16 (or 8) bytes out of three registers: from the first two, then from that and the third. */
interface Gather {
  readonly first: number;
  readonly second: number;
}
const gathers = new Map<string, Gather>();
/** Byte k of the result is byte pick(k) % bytes of register pick(k) / bytes. */
function gather3(key: string, bytes: number, pick: (k: number) => number): Gather {
  let g = gathers.get(key);
  if (g === undefined) {
    const first: number[] = [];
    const second: number[] = [];
    for (let k = 0; k < 16; k++) {
      const at = k < bytes ? pick(k) : 0;
      const which = Math.floor(at / bytes);
      const byte = at % bytes;
      first.push(which < 2 ? which * 16 + byte : 0);
      second.push(which < 2 ? k : 16 + byte);
    }
    g = { first: patternIndex(first), second: patternIndex(second) };
    gathers.set(key, g);
  }
  return g;
}
function gather(c: A64Context, g: Gather, parts: readonly number[]): number {
  const [a, b, x] = parts as [number, number, number];
  const two = vt(c, OPS.vshuffle, a, b, ZERO, g.first);
  return vt(c, OPS.vshuffle, two, x, ZERO, g.second);
}
/** LD3: register k gets lanes k, k + 3, …; ST3: the inverse. */
function rearrange3(c: A64Context, f: A64Fields, parts: readonly number[], load: boolean): number[] {
  const bytes = 8 << f.q;
  const { size } = f;
  return [0, 1, 2].map((n) => {
    const pick = (k: number): number => {
      const lane = k >> size;
      const inside = k & ((1 << size) - 1);
      if (load) return ((lane * 3 + n) << size) + inside;
      const total = (n * bytes) / (1 << size) + lane;
      return (total % 3) * bytes + (Math.floor(total / 3) << size) + inside;
    };
    return gather(c, gather3(`${load}.${size}.${f.q}.${n}`, bytes, pick), parts);
  });
}

const structures =
  (n: number, post: boolean): Translator =>
  (c, f) => {
    if (f.size === 3 && f.q === 0) return c.undefined();
    const numbers = Array.from({ length: n }, (_, k) => k);
    if (f.l === 1) {
      const parts = numbers.map((k) => loadPart(c, f, k));
      const out = n === 3 ? rearrange3(c, f, parts, true) : deinterleave(c, f, parts);
      out.forEach((v, k) => {
        setRegister(c, f, k, v);
      });
    } else {
      const parts = numbers.map((k) => register(c, f, k));
      const out = n === 3 ? rearrange3(c, f, parts, false) : interleave(c, f, parts);
      out.forEach((v, k) => {
        storePart(c, f, k, v);
      });
    }
    if (post) postIndex(c, f, n * (8 << f.q));
  };

// ---- single structures -----------------------------------------------------------------------------------------------------------

/** Lane width (log2) and index from opc, q, s and size; undefined when not allocated. */
function laneOf(f: A64Fields): { size: number; index: number } | undefined {
  const all = (f.q << 3) | (f.s << 2) | f.size;
  if (f.opc === 0) return { size: 0, index: all };
  if (f.opc === 1) return (f.size & 1) === 0 ? { size: 1, index: all >> 1 } : undefined;
  if (f.size === 0) return { size: 2, index: all >> 2 };
  return f.size === 1 && f.s === 0 ? { size: 3, index: f.q } : undefined;
}
/** Elements of a structure: o:r + 1. */
const elementsOf = (f: A64Fields): number => ((f.o << 1) | f.r) + 1;

const oneLane =
  (post: boolean): Translator =>
  (c, f) => {
    const lane = laneOf(f);
    if (lane === undefined) return c.undefined();
    const { size, index } = lane;
    const n = elementsOf(f);
    if (f.l === 1) {
      const values: number[] = [];
      for (let k = 0; k < n; k++) {
        const t = c.b.temp();
        c.b.load(LOADS[size] as OpRow, size < 3 ? EXT_ZERO : EXT_NONE, t, f.rn, k << size);
        values.push(t);
      }
      values.forEach((t, k) => {
        const d = register(c, f, k);
        if (size === 3) c.b.op(OPS.mov64, d + index, t);
        else vop(c, VINSERT[size] as OpRow, d, d, t, ZERO, index);
      });
    } else {
      for (let k = 0; k < n; k++) {
        const v = register(c, f, k);
        let value: Operand = v + index;
        if (size < 3) {
          value = c.b.temp();
          c.b.vector(VEXTRACT_U[size] as OpRow, value, v, ZERO, ZERO, index, EXT_ZERO);
        }
        c.b.store(STORES[size] as OpRow, f.rn, k << size, value);
      }
    }
    if (post) postIndex(c, f, n << size);
  };
/** LD1R to LD4R: every lane. */
const replicate =
  (post: boolean): Translator =>
  (c, f) => {
    const { size } = f;
    const n = elementsOf(f);
    const values: number[] = [];
    for (let k = 0; k < n; k++) {
      const t = c.b.temp();
      c.b.load(LOADS[size] as OpRow, size < 3 ? EXT_ZERO : EXT_NONE, t, f.rn, k << size);
      values.push(t);
    }
    values.forEach((t, k) => {
      const d = register(c, f, k);
      vop(c, VSPLAT[size] as OpRow, d, t);
      if (f.q === 0) c.b.op(OPS.mov64, d + 1, ZERO);
    });
    if (post) postIndex(c, f, n << size);
  };

export const SIMD_LOAD_STORE = {
  ldst4: structures(4, false),
  'ldst1@4': plain(4, false),
  ldst3: structures(3, false),
  'ldst1@3': plain(3, false),
  'ldst1@1': plain(1, false),
  ldst2: structures(2, false),
  'ldst1@2': plain(2, false),
  'ldst4@post': structures(4, true),
  'ldst1@4post': plain(4, true),
  'ldst3@post': structures(3, true),
  'ldst1@3post': plain(3, true),
  'ldst1@1post': plain(1, true),
  'ldst2@post': structures(2, true),
  'ldst1@2post': plain(2, true),
  'ldst@lane': oneLane(false),
  'ldst@lanepost': oneLane(true),
  ldr: replicate(false),
  'ldr@post': replicate(true),
} as const satisfies Record<string, Translator>;
