/**
 * The functions that decide exactness, against rational arithmetic on BigInt: an answer of 1 must mean that the result
 * is exact. They may decline; how often they do on ordinary operands is bounded too, so that one that always declines
 * does not pass.
 */
import { describe, expect, test } from '@jest/globals';
import { ByteWriter, Code, F32, F64, I32, I64 } from '../../../../src/translate/wasm/encoder.js';
import type { ValType } from '../../../../src/translate/wasm/encoder.js';
import { checkFunction } from '../../../../src/translate/wasm/fp-checks.js';
import type { FpCheck } from '../../../../src/translate/wasm/fp-checks.js';
import { Rng } from '../../../random/rng.js';

type Value = number | bigint;
type Fn = (...args: Value[]) => number;

/** A module with one function. */
function instantiate(name: FpCheck): Fn {
  const { params, result, body } = checkFunction(name);
  const w = new ByteWriter();
  for (const b of [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) w.byte(b);
  const section = (id: number, fill: (s: ByteWriter) => void): void => {
    const s = new ByteWriter();
    fill(s);
    w.byte(id);
    w.sized(s);
  };
  section(1, (s) => {
    for (const b of [1, 0x60, params.length, ...params, 1, result]) s.byte(b);
  });
  section(3, (s) => {
    for (const b of [1, 0]) s.byte(b);
  });
  section(7, (s) => {
    s.u32(1);
    s.name('f');
    s.byte(0);
    s.u32(0);
  });
  section(10, (s) => {
    s.u32(1);
    s.sized(body);
  });
  expect(WebAssembly.validate(w.copy())).toBe(true);
  return new WebAssembly.Instance(new WebAssembly.Module(w.copy())).exports['f'] as unknown as Fn;
}

/** A finite double as an integer in units of 2^-1074. */
const view = new DataView(new ArrayBuffer(8));
function units(v: number): bigint {
  view.setFloat64(0, v);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & ((1n << 52n) - 1n);
  const magnitude = exponent === 0 ? fraction : (fraction | (1n << 52n)) << BigInt(exponent - 1);
  return bits >> 63n === 1n ? -magnitude : magnitude;
}
const ONE = 1n << 1074n;

function bitsToDouble(high: number, low: number): number {
  view.setInt32(0, high);
  view.setInt32(4, low);
  return view.getFloat64(0);
}

/** Doubles that are often special, short (so that exact results happen), close to each other, or anything. */
function double(rng: Rng): number {
  switch (rng.below(8)) {
    case 0:
      return rng.pick([
        0,
        -0,
        1,
        -1,
        0.5,
        3,
        2 ** 53,
        2 ** 53 - 1,
        2 ** -1022,
        5e-324,
        1.7976931348623157e308,
      ]);
    case 1:
      return rng.pick([Infinity, -Infinity, NaN, 2 ** 63, -(2 ** 63), 2 ** 64, 2 ** 32, 2 ** 31, 2 ** -1074]);
    case 2:
    case 3:
      return (rng.word() >> rng.below(32)) * 2 ** (rng.below(60) - 30);
    case 4:
      return (rng.word() >> 8) * 2 ** (rng.below(2000) - 1000);
    case 5:
      return 1 + (rng.word() >> 4) * 2 ** -52;
    default:
      return bitsToDouble(rng.word(), rng.word());
  }
}

function single(rng: Rng): number {
  return Math.fround(
    rng.chance(0.5) ? double(rng) : (rng.word() >> rng.below(31)) * 2 ** (rng.below(280) - 140),
  );
}

const finite = (...v: number[]): boolean => v.every(Number.isFinite);

type Exact = (args: readonly number[], r: number) => boolean;
const sum =
  (sign: bigint): Exact =>
  ([a, b], r) =>
    finite(a as number, b as number, r) && units(a as number) + sign * units(b as number) === units(r);
const product: Exact = ([a, b], r) =>
  finite(a as number, b as number, r) && units(a as number) * units(b as number) === units(r) * ONE;
/** A zero divided by an infinity is an exact zero. */
const quotient: Exact = ([a, b], r) =>
  finite(a as number, r) &&
  ((a === 0 && b !== 0 && !Number.isNaN(b)) ||
    (b !== 0 && finite(b as number) && units(r) * units(b as number) === units(a as number) * ONE));
const root: Exact = ([a], r) => finite(a as number, r) && units(r) * units(r) === units(a as number) * ONE;

/** name, operands, the host's operation (rounded to the format), exactness */
const CASES: readonly (readonly [FpCheck, 1 | 2, (a: number, b: number) => number, Exact])[] = [
  ['add64', 2, (a, b) => a + b, sum(1n)],
  ['sub64', 2, (a, b) => a - b, sum(-1n)],
  ['mul64', 2, (a, b) => a * b, product],
  ['div64', 2, (a, b) => a / b, quotient],
  ['sqrt64', 1, (a) => Math.sqrt(a), root],
  ['add32', 2, (a, b) => Math.fround(a + b), sum(1n)],
  ['sub32', 2, (a, b) => Math.fround(a - b), sum(-1n)],
  ['mul32', 2, (a, b) => Math.fround(a * b), product],
  ['div32', 2, (a, b) => Math.fround(a / b), quotient],
  ['sqrt32', 1, (a) => Math.fround(Math.sqrt(a)), root],
];
const ROUNDS = 40_000;

describe('exactness checks', () => {
  test.each(CASES)('%s', (name, arity, operation, exact) => {
    const check = instantiate(name);
    const rng = new Rng(name.length * 1000 + name.charCodeAt(0));
    const value = name.endsWith('64') ? double : single;
    let exactCases = 0;
    let accepted = 0;
    const wrong: string[] = [];
    for (let n = 0; n < ROUNDS; n++) {
      const args = Array.from({ length: arity }, () => value(rng));
      const r = operation(args[0] as number, args[1] as number);
      const is = exact(args, r);
      const says = check(...args, r) !== 0;
      if (is) exactCases++;
      if (says) accepted++;
      // With a finite result, 1 means exact. Infinities and NaNs raise flags by other rules: always declined.
      if (says && !is) wrong.push(`${name}(${args.join(', ')}) = ${r}`);
    }
    expect(wrong).toEqual([]);
    expect(exactCases).toBeGreaterThan(100);
    expect(accepted).toBeGreaterThan(exactCases * 0.4);
  });

  test('narrow', () => {
    const check = instantiate('narrow');
    const rng = new Rng(5);
    for (let n = 0; n < ROUNDS; n++) {
      const v = rng.chance(0.5) ? double(rng) : single(rng);
      expect(check(v, Math.fround(v)) !== 0).toBe(Math.fround(v) === v);
    }
  });

  test.each([
    ['f64s64', 64, true, 53],
    ['f64u64', 64, false, 53],
    ['f32s64', 64, true, 24],
    ['f32u64', 64, false, 24],
    ['f32s32', 32, true, 24],
    ['f32u32', 32, false, 24],
  ] as const)('%s', (name, width, signed, digits) => {
    const check = instantiate(name);
    const rng = new Rng(width + digits);
    const wrong: string[] = [];
    let accepted = 0;
    for (let n = 0; n < ROUNDS; n++) {
      const word = (BigInt(rng.word()) << 32n) | BigInt(rng.word() >>> 0);
      const edge = rng.pick([
        0n,
        1n,
        -1n,
        1n << 31n,
        (1n << 31n) - 1n,
        1n << 63n,
        (1n << 63n) - 1n,
        1n << 53n,
      ]);
      const raw = rng.chance(0.3) ? edge + BigInt(rng.below(5) - 2) : word >> BigInt(rng.below(64));
      const value = signed ? BigInt.asIntN(width, raw) : BigInt.asUintN(width, raw);
      const magnitude = value < 0n ? -value : value;
      const length = magnitude.toString(2).length;
      const exact =
        length <= digits || (magnitude & ((1n << BigInt(length - digits)) - 1n)) === 0n || magnitude === 0n;
      // Number(value) rounds once to double, as the instruction to f64 does; to f32 it would round twice.
      const rounded = digits === 53 ? Number(value) : single1(value);
      const passed: Value = width === 32 ? Number(BigInt.asIntN(32, value)) : BigInt.asIntN(64, value);
      const says = check(passed, rounded) !== 0;
      if (says) accepted++;
      if (says && !exact) wrong.push(`${value}`);
    }
    expect(wrong).toEqual([]);
    expect(accepted).toBeGreaterThan(ROUNDS * 0.1);
  });
});

/** An integer rounded once to single, to nearest even. */
function single1(value: bigint): number {
  const magnitude = value < 0n ? -value : value;
  const length = magnitude.toString(2).length;
  if (length <= 24) return Number(value);
  const shift = BigInt(length - 24);
  let q = magnitude >> shift;
  const rest = magnitude & ((1n << shift) - 1n);
  const half = 1n << (shift - 1n);
  if (rest > half || (rest === half && (q & 1n) === 1n)) q++;
  return Number(value < 0n ? -(q << shift) : q << shift);
}

/** RN(value / 2^scale) to a format, for results in its normal range; undefined outside. */
function round(
  value: bigint,
  scale: number,
  digits: number,
  least: number,
  most: number,
): number | undefined {
  if (value === 0n) return undefined;
  const magnitude = value < 0n ? -value : value;
  const length = magnitude.toString(2).length;
  const exponent = length - 1 - scale;
  if (exponent < least || exponent > most) return undefined;
  const shift = BigInt(Math.max(0, length - digits));
  let q = magnitude >> shift;
  if (shift > 0n) {
    const rest = magnitude & ((1n << shift) - 1n);
    const half = 1n << (shift - 1n);
    if (rest > half || (rest === half && (q & 1n) === 1n)) q++;
  }
  const e = Number(shift) - scale;
  // In two steps: the power alone may leave the range.
  const r = Number(q) * 2 ** Math.trunc(e / 2) * 2 ** (e - Math.trunc(e / 2));
  if (r > (digits === 53 ? Number.MAX_VALUE : 3.4028234663852886e38)) return undefined;
  return value < 0n ? -r : r;
}

/** Sums that nearly cancel or nearly tie, where double rounding shows. */
function fmaOperands(rng: Rng, value: (rng: Rng) => number, wide: boolean): [number, number, number] {
  const [a, b] = [value(rng), value(rng)];
  if (rng.chance(0.4)) return [a, b, value(rng)];
  const p = a * b;
  const c = rng.chance(0.5) ? -p : p * 2 ** (rng.below(120) - 60);
  return [a, b, wide ? c : Math.fround(c)];
}

describe.each([
  ['fma64', 'exactFma64', double, 53, -1022, 1023],
  ['fma32', 'exactFma32', single, 24, -126, 127],
] as const)('%s', (name, exactName, value, digits, least, most) => {
  const wide = digits === 53;

  test('rounds once', () => {
    const fma = instantiate(name);
    const rng = new Rng(77);
    const wrong: string[] = [];
    let compared = 0;
    for (let n = 0; n < 30_000; n++) {
      const [a, b, c] = fmaOperands(rng, value, wide);
      if (!finite(a, b, c)) continue;
      const got = fma(a, b, c);
      const expected = round(units(a) * units(b) + units(c) * ONE, 2148, digits, least, most);
      if (Number.isNaN(got) || expected === undefined) continue;
      compared++;
      if (got !== expected) wrong.push(`${a} * ${b} + ${c}: ${got}, not ${expected}`);
    }
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(compared).toBeGreaterThan(3000);
  });

  test('knows when it was exact', () => {
    const fma = instantiate(name);
    const check = instantiate(exactName);
    const rng = new Rng(78);
    const wrong: string[] = [];
    let accepted = 0;
    for (let n = 0; n < 30_000; n++) {
      const [a, b, c] = fmaOperands(rng, value, wide);
      const r = fma(a, b, c);
      if (check(a, b, c, r) === 0) continue;
      accepted++;
      if (!finite(a, b, c, r) || units(a) * units(b) + units(c) * ONE !== units(r) * ONE)
        wrong.push(`${a} * ${b} + ${c} = ${r}`);
    }
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(accepted).toBeGreaterThan(300);
  });
});

test('LEB128 and constants survive a round trip through the host', () => {
  const rng = new Rng(9);
  const edges = [0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, 8192, -8192, 2 ** 31 - 1, -(2 ** 31)];
  const words = [...edges, ...Array.from({ length: 200 }, () => rng.word() >> rng.below(32))];
  const make = (type: ValType, fill: (c: Code) => void): Value => {
    const c = new Code(0);
    fill(c);
    const w = new ByteWriter();
    for (const b of [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, type, 3, 2, 1, 0]) w.byte(b);
    for (const b of [7, 5, 1, 1, 0x66, 0, 0]) w.byte(b);
    const s = new ByteWriter();
    s.u32(1);
    s.sized(c.body());
    w.byte(10);
    w.sized(s);
    const exports = new WebAssembly.Instance(new WebAssembly.Module(w.copy())).exports;
    return (exports['f'] as unknown as () => Value)();
  };
  for (const lo of words) {
    expect(make(I32, (c) => c.i32(lo))).toBe(lo);
    const hi = rng.pick(words);
    const expected = BigInt.asIntN(64, (BigInt(hi) << 32n) | BigInt(lo >>> 0));
    expect(make(I64, (c) => c.i64(lo, hi))).toBe(expected);
  }
  for (const v of [0, -0, 1.5, NaN, Infinity, 5e-324]) {
    expect(make(F64, (c) => c.f64(v))).toBe(v);
    expect(make(F32, (c) => c.f32(v))).toBe(Math.fround(v));
  }
});
