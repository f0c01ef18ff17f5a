/** Every operation of src/cpu/fp beside its reference, in one shape. */
import * as fp from '../../../../src/cpu/fp/index.js';
import type { Block, Random } from './block.js';
import * as ref from './reference.js';
import { F16, F32, F64 } from './reference.js';
import type { Env, Format } from './reference.js';

/** Indices in the view of a format: `at(f, n)` is a distinct place for each n. Singles and halves sit at odd places too. */
export const at = (f: Format, n: number) => (f === F64 ? 8 + n : f === F32 ? 32 + 3 * n : 128 + 5 * n);
/** Low word of an integer operand or result. */
const INT = 200;

export interface Op {
  readonly name: string;
  readonly operands: (random: Random) => bigint[];
  /** Fixed rounding mode, when the operation has one; 'any': it has a mode operand. */
  readonly rm: number | 'any' | 'dynamic';
  readonly run: (t: Block, operands: readonly bigint[], rm: number, alias: boolean) => bigint;
  readonly reference: (env: Env, operands: readonly bigint[]) => bigint;
}

const rows: Op[] = [];

type Arith = (t: Block, dst: number, a: number, b: number, c: number, rm: number) => void;

function arith(
  name: string,
  f: Format,
  arity: number,
  run: Arith,
  reference: (env: Env, ...x: bigint[]) => bigint,
  rm: Op['rm'] = 'any',
): void {
  rows.push({
    name,
    rm,
    operands: (random) => random.operands(f, arity),
    run(t, operands, mode, alias) {
      operands.forEach((bits, i) => t.put(f.bits, at(f, i + 1), bits));
      const dst = alias ? at(f, arity) : at(f, 0);
      run(t, dst, at(f, 1), at(f, 2), at(f, 3), mode);
      return t.get(f.bits, dst);
    },
    reference: (env, x) => reference(env, ...x),
  });
}

const N = (v: number) => BigInt(v);

for (const neg of [0, 8, 16, 24]) {
  arith(
    `fma${neg}F64`,
    F64,
    3,
    (t, ...x) => fp.fmaF64(t.r, t.d, x[0], x[1], x[2], x[3], x[4] | neg),
    (e, a, b, c) => ref.fma(e, F64, a, b, c, neg),
  );
  arith(
    `fma${neg}F32`,
    F32,
    3,
    (t, ...x) => fp.fmaF32(t.r, t.f, x[0], x[1], x[2], x[3], x[4] | neg),
    (e, a, b, c) => ref.fma(e, F32, a, b, c, neg),
  );
  arith(
    `fma${neg}F16`,
    F16,
    3,
    (t, ...x) => fp.fmaF16(t.r, t.h, x[0], x[1], x[2], x[3], x[4] | neg),
    (e, a, b, c) => ref.fma(e, F16, a, b, c, neg),
  );
}

type Two<V> = (r: Int32Array, v: V, dst: number, a: number, b: number, rm: number) => void;
type One<V> = (r: Int32Array, v: V, dst: number, a: number, rm: number) => void;
type Ref2 = (env: Env, f: Format, a: bigint, b: bigint) => bigint;
type Ref1 = (env: Env, f: Format, a: bigint) => bigint;

function two(
  name: string,
  fns: [Two<Float64Array>, Two<Float32Array>, Two<Uint16Array>],
  reference: Ref2,
  rm: Op['rm'] = 'any',
): void {
  arith(
    `${name}F64`,
    F64,
    2,
    (t, d, a, b, _c, m) => fns[0](t.r, t.d, d, a, b, m),
    (e, a, b) => reference(e, F64, a, b),
    rm,
  );
  arith(
    `${name}F32`,
    F32,
    2,
    (t, d, a, b, _c, m) => fns[1](t.r, t.f, d, a, b, m),
    (e, a, b) => reference(e, F32, a, b),
    rm,
  );
  arith(
    `${name}F16`,
    F16,
    2,
    (t, d, a, b, _c, m) => fns[2](t.r, t.h, d, a, b, m),
    (e, a, b) => reference(e, F16, a, b),
    rm,
  );
}

function one(
  name: string,
  fns: [One<Float64Array>, One<Float32Array>, One<Uint16Array>],
  reference: Ref1,
  rm: Op['rm'] = 'any',
): void {
  arith(
    `${name}F64`,
    F64,
    1,
    (t, d, a, _b, _c, m) => fns[0](t.r, t.d, d, a, m),
    (e, a) => reference(e, F64, a),
    rm,
  );
  arith(
    `${name}F32`,
    F32,
    1,
    (t, d, a, _b, _c, m) => fns[1](t.r, t.f, d, a, m),
    (e, a) => reference(e, F32, a),
    rm,
  );
  arith(
    `${name}F16`,
    F16,
    1,
    (t, d, a, _b, _c, m) => fns[2](t.r, t.h, d, a, m),
    (e, a) => reference(e, F16, a),
    rm,
  );
}

two('add', [fp.addF64, fp.addF32, fp.addF16], ref.add);
two('sub', [fp.subF64, fp.subF32, fp.subF16], ref.sub);
two('mul', [fp.mulF64, fp.mulF32, fp.mulF16], (e, f, a, b) => ref.mul(e, f, a, b));
two('mulx', [fp.mulxF64, fp.mulxF32, fp.mulxF16], (e, f, a, b) => ref.mul(e, f, a, b, true));
two('div', [fp.divF64, fp.divF32, fp.divF16], ref.div);
one('sqrt', [fp.sqrtF64, fp.sqrtF32, fp.sqrtF16], ref.sqrt);
two(
  'recipStep',
  [fp.recipStepF64, fp.recipStepF32, (r, h, d, a, b, m) => fp.stepF16(r, h, d, a, b, m, false)],
  (e, f, a, b) => ref.step(e, f, a, b, false),
);
two(
  'rsqrtStep',
  [fp.rsqrtStepF64, fp.rsqrtStepF32, (r, h, d, a, b, m) => fp.stepF16(r, h, d, a, b, m, true)],
  (e, f, a, b) => ref.step(e, f, a, b, true),
);
one('recipExponent', [fp.recipExponentF64, fp.recipExponentF32, fp.recipExponentF16], ref.recipExponent, 0);
two(
  'minNum',
  [fp.minNumF64, fp.minNumF32, (r, h, d, a, b) => fp.minMaxNumF16(r, h, d, a, b, false)],
  (e, f, a, b) => ref.minMax(e, f, a, b, false, 'number'),
  0,
);
two(
  'maxNum',
  [fp.maxNumF64, fp.maxNumF32, (r, h, d, a, b) => fp.minMaxNumF16(r, h, d, a, b, true)],
  (e, f, a, b) => ref.minMax(e, f, a, b, true, 'number'),
  0,
);
two(
  'min',
  [fp.minF64, fp.minF32, (r, h, d, a, b) => fp.minMaxF16(r, h, d, a, b, false)],
  (e, f, a, b) => ref.minMax(e, f, a, b, false, 'nan'),
  0,
);
two(
  'max',
  [fp.maxF64, fp.maxF32, (r, h, d, a, b) => fp.minMaxF16(r, h, d, a, b, true)],
  (e, f, a, b) => ref.minMax(e, f, a, b, true, 'nan'),
  0,
);
two(
  'armMinNum',
  [fp.armMinNumF64, fp.armMinNumF32, (r, h, d, a, b) => fp.armMinMaxNumF16(r, h, d, a, b, false)],
  (e, f, a, b) => ref.minMax(e, f, a, b, false, 'arm'),
  0,
);
two(
  'armMaxNum',
  [fp.armMaxNumF64, fp.armMaxNumF32, (r, h, d, a, b) => fp.armMinMaxNumF16(r, h, d, a, b, true)],
  (e, f, a, b) => ref.minMax(e, f, a, b, true, 'arm'),
  0,
);
for (const exact of [false, true]) {
  one(
    exact ? 'roundIntExact' : 'roundInt',
    [
      (r, d, dst, a, m) => fp.roundIntF64(r, d, dst, a, m, exact),
      (r, f, dst, a, m) => fp.roundIntF32(r, f, dst, a, m, exact),
      (r, h, dst, a, m) => fp.roundIntF16(r, h, dst, a, m, exact),
    ],
    (e, f, a) => ref.roundInt(e, f, a, exact),
  );
  for (const bits of [32, 64]) {
    const name = `roundInt${exact ? 'Exact' : ''}${bits}`;
    arith(
      `${name}F64`,
      F64,
      1,
      (t, d, a, _b, _c, m) => fp.roundIntNF64(t.r, t.d, d, a, m, exact, bits),
      (e, a) => ref.roundIntN(e, F64, a, exact, bits),
    );
    arith(
      `${name}F32`,
      F32,
      1,
      (t, d, a, _b, _c, m) => fp.roundIntNF32(t.r, t.f, d, a, m, exact, bits),
      (e, a) => ref.roundIntN(e, F32, a, exact, bits),
    );
  }
}

/** Operations on operands of one format with an integer result. */
function integer(
  name: string,
  f: Format,
  arity: number,
  run: (t: Block, a: number, b: number, rm: number) => number,
  reference: (env: Env, a: bigint, b: bigint) => bigint | number,
  rm: Op['rm'] = 0,
): void {
  rows.push({
    name,
    rm,
    operands: (random) => random.operands(f, arity),
    run(t, operands, mode) {
      operands.forEach((bits, i) => t.put(f.bits, at(f, i + 1), bits));
      return N(run(t, at(f, 1), at(f, 2), mode));
    },
    reference: (env, x) => BigInt(reference(env, x[0]!, x[1] ?? 0n)),
  });
}

type Cmp<V> = (r: Int32Array, v: V, a: number, b: number) => number;
function compare(
  name: string,
  fns: [Cmp<Float64Array>, Cmp<Float32Array>, Cmp<Uint16Array>],
  signalAll: boolean,
  of: (nzcv: number) => number,
): void {
  const [d, s, h] = fns;
  const expected = (f: Format) => (e: Env, a: bigint, b: bigint) => of(ref.compare(e, f, a, b, signalAll));
  integer(`${name}F64`, F64, 2, (t, a, b) => d(t.r, t.d, a, b), expected(F64));
  integer(`${name}F32`, F32, 2, (t, a, b) => s(t.r, t.f, a, b), expected(F32));
  integer(`${name}F16`, F16, 2, (t, a, b) => h(t.r, t.h, a, b), expected(F16));
}

const less = (n: number) => (n === 8 ? 1 : 0);
const lessOrEqual = (n: number) => (n === 8 || n === 6 ? 1 : 0);
compare('eq', [fp.eqF64, fp.eqF32, fp.eqF16], false, (n) => (n === 6 ? 1 : 0));
compare('lt', [fp.ltF64, fp.ltF32, (r, h, a, b) => fp.ltF16(r, h, a, b, false)], true, less);
compare('le', [fp.leF64, fp.leF32, (r, h, a, b) => fp.leF16(r, h, a, b, false)], true, lessOrEqual);
compare('ltQuiet', [fp.ltQuietF64, fp.ltQuietF32, (r, h, a, b) => fp.ltF16(r, h, a, b, true)], false, less);
compare(
  'leQuiet',
  [fp.leQuietF64, fp.leQuietF32, (r, h, a, b) => fp.leF16(r, h, a, b, true)],
  false,
  lessOrEqual,
);
for (const all of [false, true]) {
  compare(
    all ? 'fcmpe' : 'fcmp',
    [
      (r, d, a, b) => fp.fcmpF64(r, d, a, b, all),
      (r, f, a, b) => fp.fcmpF32(r, f, a, b, all),
      (r, h, a, b) => fp.fcmpF16(r, h, a, b, all),
    ],
    all,
    (n) => n,
  );
  integer(
    `fcmp${all ? 'e' : ''}ZeroF64`,
    F64,
    1,
    (t, a) => fp.fcmpZeroF64(t.r, t.d, a, all),
    (e, a) => ref.compare(e, F64, a, 0n, all),
  );
  integer(
    `fcmp${all ? 'e' : ''}ZeroF32`,
    F32,
    1,
    (t, a) => fp.fcmpZeroF32(t.r, t.f, a, all),
    (e, a) => ref.compare(e, F32, a, 0n, all),
  );
}
integer(
  'classifyF64',
  F64,
  1,
  (t, a) => fp.classifyF64(t.r, a),
  (_e, a) => ref.classify(F64, a),
);
integer(
  'classifyF32',
  F32,
  1,
  (t, a) => fp.classifyF32(t.r, a),
  (_e, a) => ref.classify(F32, a),
);
integer(
  'classifyF16',
  F16,
  1,
  (t, a) => fp.classifyF16(t.h, a),
  (_e, a) => ref.classify(F16, a),
);
integer(
  'f64ToI32Modular',
  F64,
  1,
  (t, a) => fp.f64ToI32Modular(t.r, t.d, a),
  (e, a) => ref.toIntModular(e, a),
);

/** The 64-bit integer at INT. */
const result64 = (t: Block) => t.get(64, INT / 2);

const view = (t: Block, f: Format) => (f === F64 ? t.d : t.f);
const TO_INT = {
  F64: { i32: fp.f64ToI32, u32: fp.f64ToU32, i64: fp.f64ToI64, u64: fp.f64ToU64 },
  F32: { i32: fp.f32ToI32, u32: fp.f32ToU32, i64: fp.f32ToI64, u64: fp.f32ToU64 },
};
type To32 = (r: Int32Array, v: Float64Array | Float32Array, a: number, rm: number) => number;
type To64 = (r: Int32Array, v: Float64Array | Float32Array, dst: number, a: number, rm: number) => void;
for (const [name, f] of [
  ['F64', F64],
  ['F32', F32],
] as const) {
  for (const kind of ['i32', 'u32'] as const) {
    const fn = TO_INT[name][kind] as To32;
    integer(
      `${name}To${kind}`,
      f,
      1,
      (t, a, _b, rm) => fn(t.r, view(t, f), a, rm),
      (e, a) => BigInt.asIntN(32, ref.toInt(e, f, a, 32, kind === 'i32', 0)),
      'any',
    );
  }
  for (const kind of ['i64', 'u64'] as const) {
    const fn = TO_INT[name][kind] as To64;
    rows.push({
      name: `${name}To${kind}`,
      rm: 'any',
      operands: (random) => random.operands(f, 1),
      run(t, x, rm) {
        t.put(f.bits, at(f, 1), x[0]!);
        fn(t.r, view(t, f), INT, at(f, 1), rm);
        return result64(t);
      },
      reference: (e, x) => BigInt.asUintN(64, ref.toInt(e, f, x[0]!, 64, kind === 'i64', 0)),
    });
  }
}

for (const f of [F64, F32, F16]) {
  const letter = `F${f.bits}`;
  for (const bits of [16, 32, 64]) {
    for (const isSigned of [false, true]) {
      rows.push({
        name: `${letter}ToFixed${bits}${isSigned ? 's' : 'u'}`,
        rm: 'any',
        operands: (random) => [...random.operands(f, 1), N(random.below(bits + 1))],
        run(t, [a, n], rm) {
          t.put(f.bits, at(f, 1), a!);
          const fraction = Number(n);
          if (f === F64) fp.f64ToFixed(t.r, t.d, INT, at(f, 1), rm, fraction, bits, isSigned);
          else if (f === F32) fp.f32ToFixed(t.r, t.f, INT, at(f, 1), rm, fraction, bits, isSigned);
          else fp.f16ToFixed(t.r, t.h, INT, at(f, 1), rm, fraction, bits, isSigned);
          return result64(t);
        },
        reference(e, [a, n]) {
          const v = ref.toInt(e, f, a!, bits, isSigned, Number(n));
          // A 32-bit unsigned result is extended with zeros, as the value is.
          return BigInt.asUintN(64, v);
        },
      });
    }
  }
  for (const isSigned of [false, true]) {
    const extend = (n: bigint) => (isSigned ? BigInt.asIntN(64, n) : n);
    rows.push({
      name: `fixed${isSigned ? 's' : 'u'}ToF${f.bits}`,
      rm: 'any',
      operands: (random) => [random.integer(64), N(random.below(65))],
      run(t, [n, fraction], rm) {
        t.put(64, INT / 2, n!);
        if (f === F64) fp.fixedToF64(t.r, t.d, at(f, 0), INT, rm, Number(fraction), isSigned);
        else if (f === F32) fp.fixedToF32(t.r, t.f, at(f, 0), INT, rm, Number(fraction), isSigned);
        else fp.fixedToF16(t.r, t.h, at(f, 0), INT, rm, Number(fraction), isSigned);
        return t.get(f.bits, at(f, 0));
      },
      reference: (e, [n, fraction]) => ref.fromInt(e, f, extend(n!), Number(fraction)),
    });
  }
}

type FromInt = (t: Block, dst: number, rm: number) => void;
function fromInt(name: string, f: Format, bits: number, isSigned: boolean, run: FromInt): void {
  rows.push({
    name,
    rm: 'any',
    operands: (random) => [random.integer(bits)],
    run(t, [n], rm) {
      t.put(64, INT / 2, n!);
      run(t, at(f, 0), rm);
      return t.get(f.bits, at(f, 0));
    },
    reference: (e, [n]) => ref.fromInt(e, f, isSigned ? BigInt.asIntN(bits, n!) : n!, 0),
  });
}
fromInt('i32ToF64', F64, 32, true, (t, d) => fp.i32ToF64(t.r, t.d, d, INT));
fromInt('u32ToF64', F64, 32, false, (t, d) => fp.u32ToF64(t.r, t.d, d, INT));
fromInt('i64ToF64', F64, 64, true, (t, d, rm) => fp.i64ToF64(t.r, t.d, d, INT, rm));
fromInt('u64ToF64', F64, 64, false, (t, d, rm) => fp.u64ToF64(t.r, t.d, d, INT, rm));
fromInt('i32ToF32', F32, 32, true, (t, d, rm) => fp.i32ToF32(t.r, t.f, d, INT, rm));
fromInt('u32ToF32', F32, 32, false, (t, d, rm) => fp.u32ToF32(t.r, t.f, d, INT, rm));
fromInt('i64ToF32', F32, 64, true, (t, d, rm) => fp.i64ToF32(t.r, t.f, d, INT, rm));
fromInt('u64ToF32', F32, 64, false, (t, d, rm) => fp.u64ToF32(t.r, t.f, d, INT, rm));

function conversion(
  name: string,
  from: Format,
  to: Format,
  run: (t: Block, dst: number, a: number, rm: number) => void,
): void {
  rows.push({
    name,
    rm: 'any',
    operands: (random) => {
      // Half the time near the values of the narrower format.
      if (from.bits > to.bits && random.below(2) === 0) {
        const wide = { ...to, bits: from.bits, precision: from.precision };
        const v = ref.decode(
          wide,
          random.operand({ ...wide, bits: to.bits + from.precision - to.precision }),
        );
        if (v.kind === 'finite')
          return [ref.round({ rm: 0, mode: 0, flags: 0 }, from, v.negative, v.num, v.den)];
      }
      return random.operands(from, 1);
    },
    run(t, [a], rm) {
      t.put(from.bits, at(from, 1), a!);
      run(t, at(to, 0), at(from, 1), rm);
      return t.get(to.bits, at(to, 0));
    },
    reference: (e, [a]) => ref.convert(e, from, to, a!),
  });
}
conversion('f32ToF64', F32, F64, (t, d, a) => fp.f32ToF64(t.r, t.d, t.f, d, a));
conversion('f64ToF32', F64, F32, (t, d, a, rm) => fp.f64ToF32(t.r, t.d, t.f, d, a, rm));
conversion('f16ToF32', F16, F32, (t, d, a) => fp.f16ToF32(t.r, t.f, t.h, d, a));
conversion('f16ToF64', F16, F64, (t, d, a) => fp.f16ToF64(t.r, t.d, t.h, d, a));
conversion('f32ToF16', F32, F16, (t, d, a, rm) => fp.f32ToF16(t.r, t.f, t.h, d, a, rm));
conversion('f64ToF16', F64, F16, (t, d, a, rm) => fp.f64ToF16(t.r, t.d, t.h, d, a, rm));

/** What has a reference. */
export const OPS: readonly Op[] = rows.slice();

/* What is only compared with hardware: table look-ups, and variants of the above. */
rows.length = 0;

const none = () => {
  throw new Error('no reference');
};
one('recipEstimate', [fp.recipEstimateF64, fp.recipEstimateF32, fp.recipEstimateF16], none);
one('rsqrtEstimate', [fp.rsqrtEstimateF64, fp.rsqrtEstimateF32, fp.rsqrtEstimateF16], none, 0);
conversion('f64ToF32Odd', F64, F32, (t, d, a) => fp.f64ToF32(t.r, t.d, t.f, d, a, fp.RM_ODD));
integer(
  'isExactI32',
  F64,
  1,
  (t, a) => {
    fp.f64ToI32Modular(t.r, t.d, a);
    return fp.isExactI32(t.d, a);
  },
  none,
);
integer('urecpe', F32, 1, (t, a) => fp.urecpe(t.r[a]!) >>> 0, none);
integer('ursqrte', F32, 1, (t, a) => fp.ursqrte(t.r[a]!) >>> 0, none);
for (const bits of [32, 64]) {
  for (const isSigned of [false, true]) {
    const type = `${isSigned ? 'i' : 'u'}${bits}`;
    rows.push({
      name: `F16To${type}`,
      rm: 'any',
      operands: (random) => random.operands(F16, 1),
      run(t, [a], rm) {
        t.put(16, at(F16, 1), a!);
        fp.f16ToFixed(t.r, t.h, INT, at(F16, 1), rm, 0, bits, isSigned);
        return bits === 32 ? BigInt.asIntN(32, result64(t)) : result64(t);
      },
      reference: none,
    });
    rows.push({
      name: `${type}ToF16`,
      rm: 'any',
      operands: (random) => [random.integer(bits)],
      run(t, [a], rm) {
        t.put(64, INT / 2, isSigned ? BigInt.asUintN(64, BigInt.asIntN(bits, a!)) : a!);
        fp.fixedToF16(t.r, t.h, at(F16, 0), INT, rm, 0, isSigned);
        return t.get(16, at(F16, 0));
      },
      reference: none,
    });
  }
}

export const HARDWARE_OPS: readonly Op[] = rows;
