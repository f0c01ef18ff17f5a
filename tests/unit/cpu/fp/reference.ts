/**
 * A second opinion on src/cpu/fp, slow and simple: exact rationals in BigInt, one rounding function, the manuals' rules
 * written out. Shares no code with what it checks but the numbers of flags and modes.
 */
import {
  DIV_BY_ZERO,
  FP_ALT_HALF,
  FP_DEFAULT_NAN,
  FP_FLUSH,
  FP_FLUSH16,
  FP_TINY_BEFORE,
  INEXACT,
  INPUT_DENORMAL,
  INVALID,
  OVERFLOW,
  UNDERFLOW,
} from '../../../../src/cpu/fp/env.js';

export interface Format {
  readonly bits: number;
  readonly precision: number;
  readonly emin: number;
  readonly emax: number;
}

export const F16: Format = { bits: 16, precision: 11, emin: -14, emax: 15 };
export const F32: Format = { bits: 32, precision: 24, emin: -126, emax: 127 };
export const F64: Format = { bits: 64, precision: 53, emin: -1022, emax: 1023 };

export type Kind = 'zero' | 'finite' | 'infinite' | 'quiet' | 'signalling';

/** (-1)^negative * num / den when finite. */
export interface Value {
  readonly kind: Kind;
  readonly negative: boolean;
  readonly num: bigint;
  readonly den: bigint;
  readonly bits: bigint;
}

export interface Env {
  readonly rm: number;
  readonly mode: number;
  flags: number;
}

const big = (n: number) => BigInt(n);
const abs = (n: bigint) => (n < 0n ? -n : n);

export const signBit = (f: Format) => 1n << big(f.bits - 1);
const fractionBits = (f: Format) => big(f.precision - 1);
const quietBit = (f: Format) => 1n << big(f.precision - 2);
export const infinity = (f: Format) => (1n << big(f.bits - 1)) - (1n << fractionBits(f));
const defaultNan = (f: Format) => infinity(f) | quietBit(f);

export function decode(f: Format, bits: bigint, alternative = false): Value {
  const negative = (bits & signBit(f)) !== 0n;
  const exp = (bits & (signBit(f) - 1n)) >> fractionBits(f);
  const fraction = bits & ((1n << fractionBits(f)) - 1n);
  const top = infinity(f) >> fractionBits(f);
  const base = { negative, bits, num: 0n, den: 1n };
  if (exp === top && !alternative) {
    if (fraction === 0n) return { ...base, kind: 'infinite' };
    return { ...base, kind: (fraction & quietBit(f)) !== 0n ? 'quiet' : 'signalling' };
  }
  if (exp === 0n && fraction === 0n) return { ...base, kind: 'zero' };
  const m = exp === 0n ? fraction : fraction | (1n << fractionBits(f));
  const e = (exp === 0n ? 1n : exp) + big(f.emin - 1) - fractionBits(f);
  return { ...base, kind: 'finite', num: e > 0n ? m << e : m, den: e > 0n ? 1n : 1n << -e };
}

/** The operand as arithmetic sees it. */
function operand(env: Env, f: Format, bits: bigint): Value {
  const v = decode(f, bits);
  const flush = (env.mode & (f === F16 ? FP_FLUSH16 : FP_FLUSH)) !== 0;
  if (!flush || v.kind !== 'finite' || (bits & infinity(f)) !== 0n) return v;
  if (f !== F16) env.flags |= INPUT_DENORMAL;
  return { ...v, kind: 'zero', num: 0n, den: 1n };
}

const isNan = (v: Value) => v.kind === 'quiet' || v.kind === 'signalling';
const sign = (f: Format, negative: boolean) => (negative ? signBit(f) : 0n);

function invalid(env: Env, f: Format): bigint {
  env.flags |= INVALID;
  return defaultNan(f);
}

/** First signalling, else first quiet NaN of the operands, made quiet. */
function nan(env: Env, f: Format, ...values: Value[]): bigint {
  const signalling = values.find((v) => v.kind === 'signalling');
  if (signalling) env.flags |= INVALID;
  const chosen = signalling ?? values.find(isNan);
  if (!chosen) throw new Error('no NaN');
  return (env.mode & FP_DEFAULT_NAN) !== 0 ? defaultNan(f) : chosen.bits | quietBit(f);
}

/** floor(log2(num / den)) for positive num, den. */
function log2(num: bigint, den: bigint): number {
  let e = num.toString(2).length - den.toString(2).length;
  const below = e >= 0 ? num < den << big(e) : num << big(-e) < den;
  if (below) e--;
  return e;
}

/** num / den / 2^exp rounded to an integer in the mode; also whether it was inexact. */
function quantize(num: bigint, den: bigint, exp: number, negative: boolean, rm: number): [bigint, boolean] {
  const n = exp < 0 ? num << big(-exp) : num;
  const d = exp > 0 ? den << big(exp) : den;
  let q = n / d;
  const twice = 2n * (n % d);
  const inexact = twice !== 0n;
  if (rm === 5) return [inexact ? q | 1n : q, inexact];
  const up =
    rm === 0
      ? twice > d || (twice === d && (q & 1n) === 1n)
      : rm === 4
        ? twice >= d
        : inexact && ((rm === 2 && negative) || (rm === 3 && !negative));
  if (up) q++;
  return [q, inexact];
}

/** Rounds a non-zero rational. `conversion`: FPRoundCV's rules for halves. */
export function round(
  env: Env,
  f: Format,
  negative: boolean,
  num: bigint,
  den: bigint,
  conversion = false,
): bigint {
  const s = sign(f, negative);
  const e = log2(num, den);
  const flushBit = f === F16 ? (conversion ? 0 : FP_FLUSH16) : FP_FLUSH;
  if (e < f.emin && (env.mode & flushBit) !== 0) {
    env.flags |= UNDERFLOW;
    return s;
  }
  const quantum = Math.max(e, f.emin) - (f.precision - 1);
  const [n, inexact] = quantize(num, den, quantum, negative, env.rm);
  const alternative = f === F16 && conversion && (env.mode & FP_ALT_HALF) !== 0;
  const limit = 1n << big(f.precision);
  const top = alternative ? f.emax + 1 : f.emax;
  if (e > top || (quantum === top - f.precision + 1 && n >= limit)) {
    if (alternative) {
      env.flags |= INVALID;
      return s | 0x7fffn;
    }
    env.flags |= OVERFLOW | INEXACT;
    const inf = [0, 4].includes(env.rm) || (env.rm === 2 && negative) || (env.rm === 3 && !negative);
    return s | (inf ? infinity(f) : infinity(f) - 1n);
  }
  if (inexact) {
    env.flags |= INEXACT;
    let tiny = e < f.emin;
    if (tiny && (env.mode & FP_TINY_BEFORE) === 0) {
      const free = e - (f.precision - 1);
      const [m] = quantize(num, den, free, negative, env.rm);
      tiny = m << big(free + 2000) < 1n << big(f.emin + 2000);
    }
    if (tiny) env.flags |= UNDERFLOW;
  }
  if (n < limit >> 1n) return s | n;
  return s | (n + (big(quantum + f.precision - 1 - f.emin) << fractionBits(f)));
}

/** An exact signed rational result, zero included: `zeroNegative` is the sign of zero. */
function finish(env: Env, f: Format, num: bigint, den: bigint, zeroNegative: boolean): bigint {
  return num === 0n ? sign(f, zeroNegative) : round(env, f, num < 0n, abs(num), den);
}

const signed = (v: Value) => (v.negative ? -v.num : v.num);

function sum(env: Env, f: Format, x: Value, y: Value): bigint {
  if (x.kind === 'infinite' || y.kind === 'infinite') {
    if (x.kind === y.kind && x.negative !== y.negative) return invalid(env, f);
    return (x.kind === 'infinite' ? x : y).negative ? signBit(f) | infinity(f) : infinity(f);
  }
  const zeroNegative =
    x.kind === 'zero' && y.kind === 'zero' && x.negative === y.negative ? x.negative : env.rm === 2;
  return finish(env, f, signed(x) * y.den + signed(y) * x.den, x.den * y.den, zeroNegative);
}

const negate = (f: Format, v: Value): Value => ({ ...v, negative: !v.negative, bits: v.bits ^ signBit(f) });

export function add(env: Env, f: Format, a: bigint, b: bigint): bigint {
  const x = operand(env, f, a);
  const y = operand(env, f, b);
  return isNan(x) || isNan(y) ? nan(env, f, x, y) : sum(env, f, x, y);
}

export function sub(env: Env, f: Format, a: bigint, b: bigint): bigint {
  const x = operand(env, f, a);
  const y = operand(env, f, b);
  return isNan(x) || isNan(y) ? nan(env, f, x, y) : sum(env, f, x, negate(f, y));
}

export function mul(env: Env, f: Format, a: bigint, b: bigint, extended = false): bigint {
  const x = operand(env, f, a);
  const y = operand(env, f, b);
  if (isNan(x) || isNan(y)) return nan(env, f, x, y);
  const negative = x.negative !== y.negative;
  if (x.kind === 'infinite' || y.kind === 'infinite') {
    if (x.kind === 'zero' || y.kind === 'zero') {
      if (!extended) return invalid(env, f);
      return round({ ...env, rm: 0 }, f, negative, 2n, 1n);
    }
    return sign(f, negative) | infinity(f);
  }
  return finish(env, f, (negative ? -1n : 1n) * x.num * y.num, x.den * y.den, negative);
}

export function div(env: Env, f: Format, a: bigint, b: bigint): bigint {
  const x = operand(env, f, a);
  const y = operand(env, f, b);
  if (isNan(x) || isNan(y)) return nan(env, f, x, y);
  const negative = x.negative !== y.negative;
  if (x.kind === y.kind && x.kind !== 'finite') return invalid(env, f);
  if (x.kind === 'infinite' || y.kind === 'zero') {
    if (x.kind !== 'infinite') env.flags |= DIV_BY_ZERO;
    return sign(f, negative) | infinity(f);
  }
  if (y.kind === 'infinite' || x.kind === 'zero') return sign(f, negative);
  return round(env, f, negative, x.num * y.den, x.den * y.num);
}

/** floor(sqrt(n)) by Newton. */
function isqrt(n: bigint): bigint {
  let x = 1n << big((n.toString(2).length + 1) >> 1);
  for (;;) {
    const y = (x + n / x) >> 1n;
    if (y >= x) return x;
    x = y;
  }
}

export function sqrt(env: Env, f: Format, a: bigint): bigint {
  const x = operand(env, f, a);
  if (isNan(x)) return nan(env, f, x);
  if (x.kind === 'zero') return x.bits & signBit(f);
  if (x.negative) return invalid(env, f);
  if (x.kind === 'infinite') return x.bits;
  // 200 bits and a sticky one: more than any rounding position of these formats needs, as no root is a tie.
  const shift = 200n + big(x.den.toString(2).length);
  const n = (x.num << (2n * shift)) / x.den;
  const root = isqrt(n);
  const exact = root * root * x.den === x.num << (2n * shift);
  return round(env, f, false, 2n * root + (exact ? 0n : 1n), 2n << shift);
}

/** a * b + c; `negations`: 8 negates a, 16 negates c. */
export function fma(env: Env, f: Format, a: bigint, b: bigint, c: bigint, negations: number): bigint {
  let x = operand(env, f, a);
  const y = operand(env, f, b);
  let z = operand(env, f, c);
  if ((negations & 8) !== 0) x = negate(f, x);
  if ((negations & 16) !== 0) z = negate(f, z);
  const invalidProduct =
    (x.kind === 'zero' && y.kind === 'infinite') || (x.kind === 'infinite' && y.kind === 'zero');
  if (invalidProduct && z.kind !== 'signalling') return invalid(env, f);
  if (isNan(x) || isNan(y) || isNan(z)) return nan(env, f, z, x, y);
  const infinite = x.kind === 'infinite' || y.kind === 'infinite';
  const p: Value = {
    kind: infinite ? 'infinite' : x.kind === 'zero' || y.kind === 'zero' ? 'zero' : 'finite',
    negative: x.negative !== y.negative,
    num: x.num * y.num,
    den: x.den * y.den,
    bits: 0n,
  };
  return sum(env, f, p, z);
}

/** FRECPS (base 2) and FRSQRTS (base 3, halved). */
export function step(env: Env, f: Format, a: bigint, b: bigint, root: boolean): bigint {
  const x = negate(f, operand(env, f, a));
  const y = operand(env, f, b);
  if (isNan(x) || isNan(y)) return nan(env, f, x, y);
  const base = root ? 3n : 2n;
  const half = root ? 2n : 1n;
  if (x.kind === 'infinite' || y.kind === 'infinite') {
    if (x.kind === 'zero' || y.kind === 'zero') return round({ ...env }, f, false, base, half);
    return sign(f, x.negative !== y.negative) | infinity(f);
  }
  const num = base * x.den * y.den + signed(x) * signed(y);
  return finish(env, f, num, x.den * y.den * half, env.rm === 2);
}

const compareValues = (x: Value, y: Value) => {
  const big = (v: Value) => (v.kind === 'infinite' ? 10n ** 400n : v.num);
  const d = (x.negative ? -big(x) : big(x)) * y.den - (y.negative ? -big(y) : big(y)) * x.den;
  return d < 0n ? -1 : d > 0n ? 1 : 0;
};

/** NZCV. */
export function compare(env: Env, f: Format, a: bigint, b: bigint, signalAll: boolean): number {
  const x = operand(env, f, a);
  const y = operand(env, f, b);
  if (isNan(x) || isNan(y)) {
    if (signalAll || x.kind === 'signalling' || y.kind === 'signalling') env.flags |= INVALID;
    return 3;
  }
  return [8, 6, 2][compareValues(x, y) + 1] as number;
}

/** variant: 'number' is RISC-V's, 'nan' propagates NaNs, 'arm' is FMINNM and FMAXNM. */
export function minMax(
  env: Env,
  f: Format,
  a: bigint,
  b: bigint,
  max: boolean,
  variant: 'number' | 'nan' | 'arm',
): bigint {
  const quiet = variant === 'number' ? { ...env, mode: 0 } : env;
  const x = operand(quiet, f, a);
  const y = operand(quiet, f, b);
  const encode = (v: Value) => (v.kind === 'zero' ? v.bits & signBit(f) : v.bits);
  if (variant === 'number' && (isNan(x) || isNan(y))) {
    if (x.kind === 'signalling' || y.kind === 'signalling') env.flags |= INVALID;
    return isNan(x) ? (isNan(y) ? defaultNan(f) : y.bits) : x.bits;
  }
  if (variant === 'arm' && x.kind === 'quiet' && !isNan(y)) return encode(y);
  if (variant === 'arm' && y.kind === 'quiet' && !isNan(x)) return encode(x);
  if (isNan(x) || isNan(y)) return nan(env, f, x, y);
  if (x.kind === 'zero' && y.kind === 'zero') {
    return sign(f, max ? x.negative && y.negative : x.negative || y.negative);
  }
  return encode(compareValues(x, y) < 0 === max ? y : x);
}

export function classify(f: Format, a: bigint): number {
  const v = decode(f, a);
  if (isNan(v)) return v.kind === 'quiet' ? 512 : 256;
  const order = v.kind === 'zero' ? 0 : v.kind === 'infinite' ? 3 : (a & infinity(f)) === 0n ? 1 : 2;
  return 1 << (v.negative ? 3 - order : 4 + order);
}

function largestNan(env: Env, high: bigint): bigint {
  return (env.mode & FP_TINY_BEFORE) !== 0 ? 0n : high;
}

/** To an integer of `bits` bits after scaling by 2^fraction. */
export function toInt(
  env: Env,
  f: Format,
  a: bigint,
  bits: number,
  isSigned: boolean,
  fraction: number,
): bigint {
  const v = operand(env, f, a);
  const high = (1n << big(isSigned ? bits - 1 : bits)) - 1n;
  const low = isSigned ? -(1n << big(bits - 1)) : 0n;
  if (isNan(v)) {
    env.flags |= INVALID;
    return largestNan(env, high);
  }
  const [q, inexact] = quantize(v.num << big(fraction), v.den, 0, v.negative, env.rm);
  const n = v.negative ? -q : q;
  if (v.kind === 'infinite' || n < low || n > high) {
    env.flags |= INVALID;
    return v.negative ? low : high;
  }
  if (inexact) env.flags |= INEXACT;
  return n;
}

/** fcvtmod.w.d / FJCVTZS. */
export function toIntModular(env: Env, a: bigint): bigint {
  const v = operand(env, F64, a);
  const q = v.num / v.den;
  const n = v.negative ? -q : q;
  if (isNan(v) || v.kind === 'infinite' || n < -(2n ** 31n) || n >= 2n ** 31n) env.flags |= INVALID;
  else if (v.num % v.den !== 0n) env.flags |= INEXACT;
  return BigInt.asIntN(32, n);
}

export function fromInt(env: Env, f: Format, n: bigint, fraction: number): bigint {
  return n === 0n ? 0n : round(env, f, n < 0n, abs(n), 1n << big(fraction));
}

export function roundInt(env: Env, f: Format, a: bigint, exact: boolean): bigint {
  const v = operand(env, f, a);
  if (isNan(v)) return nan(env, f, v);
  if (v.kind === 'infinite') return v.bits;
  const [q, inexact] = quantize(v.num, v.den, 0, v.negative, env.rm);
  if (inexact && exact) env.flags |= INEXACT;
  return q === 0n ? sign(f, v.negative) : round({ ...env, flags: 0 }, f, v.negative, q, 1n);
}

/** FRINT32, FRINT64. */
export function roundIntN(env: Env, f: Format, a: bigint, exact: boolean, bits: number): bigint {
  const v = operand(env, f, a);
  const [q, inexact] = quantize(v.num, v.den, 0, v.negative, env.rm);
  const limit = 1n << big(bits - 1);
  if (isNan(v) || v.kind === 'infinite' || (v.negative ? q > limit : q >= limit)) {
    env.flags |= INVALID;
    return round({ ...env, flags: 0 }, f, true, limit, 1n);
  }
  if (inexact && exact) env.flags |= INEXACT;
  return q === 0n ? sign(f, v.negative) : round({ ...env, flags: 0 }, f, v.negative, q, 1n);
}

export function convert(env: Env, from: Format, to: Format, a: bigint): bigint {
  const alternative = (env.mode & FP_ALT_HALF) !== 0;
  const v = from === F16 ? decode(F16, a, alternative) : operand(env, from, a);
  const s = sign(to, v.negative);
  if (isNan(v)) {
    const half = alternative && to === F16;
    if (half || v.kind === 'signalling') env.flags |= INVALID;
    if (half) return s;
    if ((env.mode & FP_DEFAULT_NAN) !== 0) return defaultNan(to);
    const shift = fractionBits(to) - fractionBits(from);
    const payload = a & (quietBit(from) - 1n);
    return s | defaultNan(to) | (shift > 0n ? payload << shift : payload >> -shift);
  }
  if (v.kind === 'infinite') {
    if (!alternative || to !== F16) return s | infinity(to);
    env.flags |= INVALID;
    return s | 0x7fffn;
  }
  return v.kind === 'zero' ? s : round(env, to, v.negative, v.num, v.den, true);
}

/** FRECPX. */
export function recipExponent(env: Env, f: Format, a: bigint): bigint {
  const v = operand(env, f, a);
  if (isNan(v)) return nan(env, f, v);
  const exp = a & infinity(f);
  const largest = infinity(f) - (1n << fractionBits(f));
  return sign(f, v.negative) | (exp === 0n ? largest : ~exp & infinity(f));
}
