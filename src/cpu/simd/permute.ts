/** Evaluators of the vector ops that move or widen lanes; arguments are slots, then values, then the op's imm. */
import { mulhs32, mulhu32 } from '../int64.js';
import type { Lanes } from './lanes.js';
import { patternOf } from './patterns.js';

/** Bytes of two operands and words of one, for ops whose result may overlap an operand. */
const bytes = new Uint8Array(32);
const halves = new Uint16Array(bytes.buffer);
const words = new Int32Array(bytes.buffer);

function hold(t: Lanes, a: number, at: number): void {
  const r = t.r;
  const w = a * 2;
  words[at] = r[w] as number;
  words[at + 1] = r[w + 1] as number;
  words[at + 2] = r[w + 2] as number;
  words[at + 3] = r[w + 3] as number;
}

export function shuffle(t: Lanes, d: number, a: number, b: number, imm: number): void {
  hold(t, a, 0);
  hold(t, b, 4);
  const pattern = patternOf(imm);
  const { b8 } = t;
  const to = d * 8;
  for (let k = 0; k < 16; k++) b8[to + k] = bytes[pattern[k] as number] as number;
}

export function swizzle(t: Lanes, d: number, a: number, b: number): void {
  hold(t, a, 0);
  hold(t, b, 4);
  const { b8 } = t;
  const to = d * 8;
  for (let k = 0; k < 16; k++) {
    const index = bytes[16 + k] as number;
    b8[to + k] = index < 16 ? (bytes[index] as number) : 0;
  }
}

// ---- lanes ---------------------------------------------------------------------------------------------------------------

function copy(t: Lanes, d: number, a: number): void {
  if (d === a) return;
  const r = t.r;
  for (let k = 0; k < 4; k++) r[d * 2 + k] = r[a * 2 + k] as number;
}
export function insert8(t: Lanes, d: number, a: number, value: number, imm: number): void {
  copy(t, d, a);
  t.b8[d * 8 + imm] = value;
}
export function insert16(t: Lanes, d: number, a: number, value: number, imm: number): void {
  copy(t, d, a);
  t.h[d * 4 + imm] = value;
}
export function insert32(t: Lanes, d: number, a: number, value: number, imm: number): void {
  copy(t, d, a);
  t.r[d * 2 + imm] = value;
}
export function insert64(t: Lanes, d: number, a: number, lo: number, hi: number, imm: number): void {
  copy(t, d, a);
  t.r[d * 2 + imm * 2] = lo;
  t.r[d * 2 + imm * 2 + 1] = hi;
}

// ---- widening ------------------------------------------------------------------------------------------------------------

const s8 = (v: number): number => (v << 24) >> 24;
const s16 = (v: number): number => (v << 16) >> 16;

/** Byte k, halfword k or word k of the held operand. */
const byte = (k: number): number => bytes[k] as number;
const half = (k: number): number => halves[k] as number;
const word = (k: number): number => words[k] as number;

type Extend = (t: Lanes, d: number, a: number) => void;

const extend8 =
  (from: number, signed: boolean): Extend =>
  (t, d, a) => {
    hold(t, a, 0);
    for (let k = 0; k < 8; k++) t.h[d * 4 + k] = signed ? s8(byte(from + k)) : byte(from + k);
  };
const extend16 =
  (from: number, signed: boolean): Extend =>
  (t, d, a) => {
    hold(t, a, 0);
    for (let k = 0; k < 4; k++) t.r[d * 2 + k] = signed ? s16(half(from + k)) : half(from + k);
  };
const extend32 =
  (from: number, signed: boolean): Extend =>
  (t, d, a) => {
    hold(t, a, 0);
    for (let k = 0; k < 2; k++) {
      const v = word(from + k);
      t.r[d * 2 + 2 * k] = v;
      t.r[d * 2 + 2 * k + 1] = signed ? v >> 31 : 0;
    }
  };
export const extendLow8s = extend8(0, true);
export const extendHigh8s = extend8(8, true);
export const extendLow8u = extend8(0, false);
export const extendHigh8u = extend8(8, false);
export const extendLow16s = extend16(0, true);
export const extendHigh16s = extend16(4, true);
export const extendLow16u = extend16(0, false);
export const extendHigh16u = extend16(4, false);
export const extendLow32s = extend32(0, true);
export const extendHigh32s = extend32(2, true);
export const extendLow32u = extend32(0, false);
export const extendHigh32u = extend32(2, false);

type Multiply = (t: Lanes, d: number, a: number, b: number) => void;

const extmul8 =
  (from: number, signed: boolean): Multiply =>
  (t, d, a, b) => {
    hold(t, a, 0);
    hold(t, b, 4);
    for (let k = from; k < from + 8; k++)
      t.h[d * 4 + k - from] = signed ? s8(byte(k)) * s8(byte(16 + k)) : byte(k) * byte(16 + k);
  };
const extmul16 =
  (from: number, signed: boolean): Multiply =>
  (t, d, a, b) => {
    hold(t, a, 0);
    hold(t, b, 4);
    for (let k = from; k < from + 4; k++)
      t.r[d * 2 + k - from] = signed ? s16(half(k)) * s16(half(8 + k)) : Math.imul(half(k), half(8 + k));
  };
const extmul32 =
  (from: number, signed: boolean): Multiply =>
  (t, d, a, b) => {
    hold(t, a, 0);
    hold(t, b, 4);
    for (let k = 0; k < 2; k++) {
      const x = word(from + k);
      const y = word(4 + from + k);
      t.r[d * 2 + 2 * k] = Math.imul(x, y);
      t.r[d * 2 + 2 * k + 1] = signed ? mulhs32(x, y) : mulhu32(x, y);
    }
  };
export const extmulLow8s = extmul8(0, true);
export const extmulHigh8s = extmul8(8, true);
export const extmulLow8u = extmul8(0, false);
export const extmulHigh8u = extmul8(8, false);
export const extmulLow16s = extmul16(0, true);
export const extmulHigh16s = extmul16(4, true);
export const extmulLow16u = extmul16(0, false);
export const extmulHigh16u = extmul16(4, false);
export const extmulLow32s = extmul32(0, true);
export const extmulHigh32s = extmul32(2, true);
export const extmulLow32u = extmul32(0, false);
export const extmulHigh32u = extmul32(2, false);

const extadd8 =
  (signed: boolean): Extend =>
  (t, d, a) => {
    hold(t, a, 0);
    for (let k = 0; k < 8; k++) {
      const x = byte(2 * k);
      const y = byte(2 * k + 1);
      t.h[d * 4 + k] = signed ? s8(x) + s8(y) : x + y;
    }
  };
const extadd16 =
  (signed: boolean): Extend =>
  (t, d, a) => {
    hold(t, a, 0);
    for (let k = 0; k < 4; k++) {
      const x = half(2 * k);
      const y = half(2 * k + 1);
      t.r[d * 2 + k] = signed ? s16(x) + s16(y) : x + y;
    }
  };
export const extadd8s = extadd8(true);
export const extadd8u = extadd8(false);
export const extadd16s = extadd16(true);
export const extadd16u = extadd16(false);

// ---- several lanes in a word ---------------------------------------------------------------------------------------------

/** Ones in each byte that is zero in t. */
export function equalBytes(t: number): number {
  const zero = ~(((t & 0x7f7f7f7f) + 0x7f7f7f7f) | t | 0x7f7f7f7f);
  return Math.imul(zero >>> 7, 255);
}

/** Ones in each halfword that is zero in t. */
export function equalHalves(t: number): number {
  const zero = ~(((t & 0x7fff7fff) + 0x7fff7fff) | t | 0x7fff7fff);
  return Math.imul(zero >>> 15, 65535);
}
