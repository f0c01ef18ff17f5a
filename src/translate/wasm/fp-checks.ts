/**
 * Module functions that decide whether a floating-point result is exact, and the fused multiply-add. Each is added to a
 * module when a region first uses it.
 *
 * The checks answer 1 only when the result is exact (no flag to set) and all intermediate steps stayed in the range
 * where the error-free transformations hold; 0 sends the instruction to the closure engine.
 */
import type { EmitContext } from './context.js';
import { Code, F32, F64, I32, I64, W } from './encoder.js';
import type { ValType, ByteWriter } from './encoder.js';

/** Names of the functions. */
const CHECKS = [
  'add32',
  'sub32',
  'mul32',
  'div32',
  'sqrt32',
  'add64',
  'sub64',
  'mul64',
  'div64',
  'sqrt64',
  'narrow',
  'f64s64',
  'f64u64',
  'f32s32',
  'f32u32',
  'f32s64',
  'f32u64',
  'fma32',
  'fma64',
  'exactFma32',
  'exactFma64',
] as const;

export type FpCheck = (typeof CHECKS)[number];

/** True for the name of a function that a module can have. */
export function isCheck(name: string): name is FpCheck {
  return (CHECKS as readonly string[]).includes(name);
}

/** Calls a check by name; the module that the function ends up in has it. */
export function emitCheckCall(x: EmitContext, name: FpCheck): void {
  x.code.callLinked(name);
}

export interface CheckFunction {
  readonly params: readonly ValType[];
  readonly result: ValType;
  readonly body: ByteWriter;
}

export function checkFunction(name: FpCheck): CheckFunction {
  switch (name) {
    case 'add32':
    case 'sub32':
      return sumCheck(F32, name === 'sub32');
    case 'add64':
    case 'sub64':
      return sumCheck(F64, name === 'sub64');
    case 'mul32':
      return single2((c) => {
        promoted(c, 0);
        promoted(c, 1);
        c.op(W.f64Mul);
        promoted(c, 2);
        c.op(W.f64Eq);
      });
    case 'div32':
      // a / b == r exactly when r * b == a; 24-bit factors make that product exact in double.
      return single2((c) => {
        promoted(c, 2);
        promoted(c, 1);
        c.op(W.f64Mul);
        promoted(c, 0);
        c.op(W.f64Eq);
      });
    case 'sqrt32':
      return function1(F32, (c) => {
        promoted(c, 1);
        promoted(c, 1);
        c.op(W.f64Mul);
        promoted(c, 0);
        c.op(W.f64Eq);
      });
    case 'mul64':
      return { params: [F64, F64, F64], result: I32, body: product64() };
    case 'div64':
      return { params: [F64, F64, F64], result: I32, body: quotient64() };
    case 'sqrt64':
      return { params: [F64, F64], result: I32, body: root64() };
    case 'narrow':
      return {
        params: [F64, F32],
        result: I32,
        body: bodyOf(2, (c) => {
          c.get(1);
          c.op(W.f64PromoteF32);
          c.get(0);
          c.op(W.f64Eq);
        }),
      };
    case 'f64s64':
      return fromInt(I64, F64, 0xfc0006, W.i64Eq);
    case 'f64u64':
      return fromInt(I64, F64, 0xfc0007, W.i64Eq);
    case 'f32s32':
      return fromInt(I32, F32, 0xfc0000, W.i32Eq);
    case 'f32u32':
      return fromInt(I32, F32, 0xfc0001, W.i32Eq);
    case 'f32s64':
      return fromInt(I64, F32, 0xfc0004, W.i64Eq);
    case 'f32u64':
      return fromInt(I64, F32, 0xfc0005, W.i64Eq);
    case 'fma64':
      return { params: [F64, F64, F64], result: F64, body: fma64() };
    case 'fma32':
      return { params: [F32, F32, F32], result: F32, body: fma32() };
    case 'exactFma64':
      return { params: [F64, F64, F64, F64], result: I32, body: exactFma64() };
    case 'exactFma32':
      return { params: [F32, F32, F32, F32], result: I32, body: exactFma32() };
  }
}

function bodyOf(params: number, f: (c: Code) => void): ByteWriter {
  const c = new Code(params);
  f(c);
  return c.body();
}

function promoted(c: Code, local: number): void {
  c.get(local);
  c.op(W.f64PromoteF32);
}

function single2(f: (c: Code) => void): CheckFunction {
  return {
    params: [F32, F32, F32],
    result: I32,
    body: bodyOf(3, (c) => {
      tinySingle(c, 2);
      f(c);
      c.op(W.i32And);
    }),
  };
}

function function1(type: ValType, f: (c: Code) => void): CheckFunction {
  return {
    params: [type, type],
    result: I32,
    body: bodyOf(2, (c) => {
      tinySingle(c, 1);
      f(c);
      c.op(W.i32And);
    }),
  };
}

/** 1 when a single is zero or normal and finite (subnormal results take the exact path). */
function tinySingle(c: Code, local: number): void {
  c.get(local);
  c.op(W.f32Abs);
  c.f32(2 ** -126);
  c.op(0x60); // f32.ge
  c.get(local);
  c.f32(0);
  c.op(W.f32Eq);
  c.op(W.i32Or);
  c.get(local);
  c.op(W.f32Abs);
  c.f32(Infinity);
  c.op(W.f32Lt);
  c.op(W.i32And);
}

/** TwoSum: 1 when a ± b == r exactly; false for anything not finite (NaN and infinity compare unequal or subtract to NaN). */
function sumCheck(type: ValType, subtract: boolean): CheckFunction {
  const wide = type === F64;
  const [add, sub] = wide ? [W.f64Add, W.f64Sub] : [W.f32Add, W.f32Sub];
  return {
    params: [type, type, type],
    result: I32,
    body: bodyOf(3, (c) => {
      const bb = c.local(type);
      // With s = r: bb = s - a; error = (a - (s - bb)) + (b - bb)
      c.get(2);
      c.get(0);
      c.op(sub);
      c.set(bb);
      c.get(0);
      c.get(2);
      c.get(bb);
      c.op(sub);
      c.op(sub);
      if (subtract) {
        c.get(1);
        c.op(wide ? W.f64Neg : 0x8c);
      } else c.get(1);
      c.get(bb);
      c.op(sub);
      c.op(add);
      if (wide) c.f64(0);
      else c.f32(0);
      c.op(wide ? W.f64Eq : W.f32Eq);
    }),
  };
}

/** 1 when |local| is in [2^-400, 2^400], where Dekker's product neither overflows nor loses bits. */
function inRange(c: Code, local: number): void {
  c.get(local);
  c.op(W.f64Abs);
  c.f64(2 ** -400);
  c.op(W.f64Ge);
  c.get(local);
  c.op(W.f64Abs);
  c.f64(2 ** 400);
  c.op(W.f64Le);
  c.op(W.i32And);
}

/** Splits x into hi + lo of 26 bits each (Veltkamp). */
function split(c: Code, x: number, hi: number, lo: number): void {
  c.get(x);
  c.f64(134217729);
  c.op(W.f64Mul);
  c.tee(hi);
  c.get(hi);
  c.get(x);
  c.op(W.f64Sub);
  c.op(W.f64Sub);
  c.set(hi);
  c.get(x);
  c.get(hi);
  c.op(W.f64Sub);
  c.set(lo);
}

/** Pushes a * b - p, exact for p = RN(a * b) inside the range (Dekker). */
function productError(c: Code, a: number, b: number, p: number): void {
  const [ah, al, bh, bl] = [c.local(F64), c.local(F64), c.local(F64), c.local(F64)];
  split(c, a, ah, al);
  split(c, b, bh, bl);
  c.get(ah);
  c.get(bh);
  c.op(W.f64Mul);
  c.get(p);
  c.op(W.f64Sub);
  c.get(ah);
  c.get(bl);
  c.op(W.f64Mul);
  c.op(W.f64Add);
  c.get(al);
  c.get(bh);
  c.op(W.f64Mul);
  c.op(W.f64Add);
  c.get(al);
  c.get(bl);
  c.op(W.f64Mul);
  c.op(W.f64Add);
}

/** Returns 1 at once when `local` is zero and the result `r` is zero too: 0 * finite, 0 / finite. */
function zeroCase(c: Code, zeros: readonly number[], others: readonly number[]): void {
  zeros.forEach((z, n) => {
    c.get(z);
    c.f64(0);
    c.op(W.f64Eq);
    if (n > 0) c.op(W.i32Or);
  });
  for (const o of others) {
    c.get(o);
    c.op(W.f64Abs);
    c.f64(Infinity);
    c.op(W.f64Lt);
    c.op(W.i32And);
  }
  c.open(W.if);
  c.i32(1);
  c.op(W.return);
  c.end();
}

/** Returns 0 when one of the locals is out of range. */
function requireRange(c: Code, locals: readonly number[]): void {
  locals.forEach((l, n) => {
    inRange(c, l);
    if (n > 0) c.op(W.i32And);
  });
  c.op(W.i32Eqz);
  c.open(W.if);
  c.i32(0);
  c.op(W.return);
  c.end();
}

function product64(): ByteWriter {
  return bodyOf(3, (c) => {
    zeroCase(c, [0, 1], [0, 1]);
    requireRange(c, [0, 1]);
    productError(c, 0, 1, 2);
    c.f64(0);
    c.op(W.f64Eq);
  });
}

function quotient64(): ByteWriter {
  return bodyOf(3, (c) => {
    // 0 / b is exact for b neither 0 nor NaN: then the result is zero and b is not.
    c.get(0);
    c.f64(0);
    c.op(W.f64Eq);
    c.get(1);
    c.op(W.f64Abs);
    c.f64(0);
    c.op(W.f64Gt);
    c.op(W.i32And);
    c.open(W.if);
    c.i32(1);
    c.op(W.return);
    c.end();
    requireRange(c, [0, 1, 2]);
    const p = c.local(F64);
    c.get(2);
    c.get(1);
    c.op(W.f64Mul);
    c.tee(p);
    c.get(0);
    c.op(W.f64Eq);
    productError(c, 2, 1, p);
    c.f64(0);
    c.op(W.f64Eq);
    c.op(W.i32And);
  });
}

function root64(): ByteWriter {
  return bodyOf(2, (c) => {
    zeroCase(c, [0], []);
    requireRange(c, [0, 1]);
    const p = c.local(F64);
    c.get(1);
    c.get(1);
    c.op(W.f64Mul);
    c.tee(p);
    c.get(0);
    c.op(W.f64Eq);
    productError(c, 1, 1, p);
    c.f64(0);
    c.op(W.f64Eq);
    c.op(W.i32And);
  });
}

/** 1 when converting the float back gives the integer (saturation makes the largest values differ or agree rightly below 2^63). */
function fromInt(int: ValType, float: ValType, back: number, eq: number): CheckFunction {
  return {
    params: [int, float],
    result: I32,
    body: bodyOf(2, (c) => {
      c.get(1);
      c.op(back);
      c.get(0);
      c.op(eq);
      // A result at the top of the range saturates back to the maximum: never call that exact.
      c.get(0);
      if (int === I64) {
        c.i64(-1, 0x7fffffff);
        c.op(W.i64Ne);
        c.get(0);
        c.i64(-1, -1);
        c.op(W.i64Ne);
      } else {
        c.i32(0x7fffffff);
        c.op(W.i32Ne);
        c.get(0);
        c.i32(-1);
        c.op(W.i32Ne);
      }
      c.op(W.i32And);
      c.op(W.i32And);
    }),
  };
}

/** TwoSum of locals a, b into s and e. */
function twoSum(c: Code, a: number, b: number, s: number, e: number): void {
  const t = c.local(F64);
  c.get(a);
  c.get(b);
  c.op(W.f64Add);
  c.tee(s);
  c.get(a);
  c.op(W.f64Sub);
  c.set(t);
  c.get(a);
  c.get(s);
  c.get(t);
  c.op(W.f64Sub);
  c.op(W.f64Sub);
  c.get(b);
  c.get(t);
  c.op(W.f64Sub);
  c.op(W.f64Add);
  c.set(e);
}

/** Pushes RO(s + e): s rounded to odd given the exact error e of a TwoSum. */
function roundOdd(c: Code, s: number, e: number): void {
  const bits = c.local(I64);
  c.get(s);
  c.op(W.i64ReinterpretF64);
  c.set(bits);
  c.get(e);
  c.f64(0);
  c.op(W.f64Ne);
  c.get(bits);
  c.op(W.i32WrapI64);
  c.i32(1);
  c.op(W.i32And);
  c.op(W.i32Eqz);
  c.op(W.i32And);
  c.open(W.if);
  // Even and inexact: one ulp toward the error; magnitude grows when error and sum have one sign.
  c.get(bits);
  c.i64(1, 0);
  c.i64(-1, -1);
  c.get(e);
  c.op(W.i64ReinterpretF64);
  c.get(bits);
  c.op(W.i64Xor);
  c.i64(0, 0);
  c.op(0x59); // i64.ge_s
  c.op(W.select);
  c.op(W.i64Add);
  c.set(bits);
  c.end();
  c.get(bits);
  c.op(W.f64ReinterpretI64);
}

/**
 * a * b + c with one rounding (Boldo and Melquiond, "Emulation of a FMA and correctly rounded sums"): with
 * a * b = uh + ul and c + ul = th + tl, uh + th = vh + vl, the result is RN(vh + RO(tl + vl)). NaN outside the range.
 */
function fma64(): ByteWriter {
  return bodyOf(3, (c) => {
    // A zero factor: the product is an exact zero, the plain sum is right.
    c.get(0);
    c.f64(0);
    c.op(W.f64Eq);
    c.get(1);
    c.f64(0);
    c.op(W.f64Eq);
    c.op(W.i32Or);
    c.open(W.if);
    c.get(0);
    c.get(1);
    c.op(W.f64Mul);
    c.get(2);
    c.op(W.f64Add);
    c.op(W.return);
    c.end();
    // Range: factors moderate, addend not so small or large that a step under- or overflows. c = 0 is common and fine.
    inRange(c, 0);
    inRange(c, 1);
    c.op(W.i32And);
    inRange(c, 2);
    c.get(2);
    c.f64(0);
    c.op(W.f64Eq);
    c.op(W.i32Or);
    c.op(W.i32And);
    c.op(W.i32Eqz);
    c.open(W.if);
    c.f64(NaN);
    c.op(W.return);
    c.end();
    const [uh, ul, th, tl, vh, vl, zh, zl] = Array.from({ length: 8 }, () => c.local(F64)) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    c.get(0);
    c.get(1);
    c.op(W.f64Mul);
    c.set(uh);
    productError(c, 0, 1, uh);
    c.set(ul);
    twoSum(c, 2, ul, th, tl);
    twoSum(c, uh, th, vh, vl);
    twoSum(c, tl, vl, zh, zl);
    c.get(vh);
    roundOdd(c, zh, zl);
    c.op(W.f64Add);
  });
}

/** The double product of singles is exact; the sum is rounded to odd in double and then once to single. */
function fma32(): ByteWriter {
  return bodyOf(3, (c) => {
    const [p, k, s, e] = [c.local(F64), c.local(F64), c.local(F64), c.local(F64)];
    promoted(c, 0);
    promoted(c, 1);
    c.op(W.f64Mul);
    c.set(p);
    promoted(c, 2);
    c.set(k);
    twoSum(c, p, k, s, e);
    roundOdd(c, s, e);
    c.op(W.f32DemoteF64);
  });
}

function exactFma64(): ByteWriter {
  return bodyOf(4, (c) => {
    zeroCase(c, [0, 1], [0, 1, 2]);
    // Else only the plain case: both the product and the sum are exact.
    requireRange(c, [0, 1]);
    const [p, s, e] = [c.local(F64), c.local(F64), c.local(F64)];
    c.get(0);
    c.get(1);
    c.op(W.f64Mul);
    c.set(p);
    twoSum(c, p, 2, s, e);
    productError(c, 0, 1, p);
    c.f64(0);
    c.op(W.f64Eq);
    c.get(e);
    c.f64(0);
    c.op(W.f64Eq);
    c.op(W.i32And);
    c.get(s);
    c.get(3);
    c.op(W.f64Eq);
    c.op(W.i32And);
  });
}

function exactFma32(): ByteWriter {
  return bodyOf(4, (c) => {
    const [p, k, s, e] = [c.local(F64), c.local(F64), c.local(F64), c.local(F64)];
    tinySingle(c, 3);
    promoted(c, 0);
    promoted(c, 1);
    c.op(W.f64Mul);
    c.set(p);
    promoted(c, 2);
    c.set(k);
    twoSum(c, p, k, s, e);
    c.get(e);
    c.f64(0);
    c.op(W.f64Eq);
    c.op(W.i32And);
    promoted(c, 3);
    c.get(s);
    c.op(W.f64Eq);
    c.op(W.i32And);
  });
}
