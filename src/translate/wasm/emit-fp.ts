/**
 * Floating point in hot code: the host's operation, then a test that nothing unusual happened. Usual means: rounding to
 * nearest, a result that is finite and normal, and an inexact flag that is either set already or not needed. Anything
 * else leaves to the closure engine, which does that one instruction exactly and sets the flags; since flags are
 * sticky, a program that rounds at all leaves for NX once.
 *
 * Exactness is decided without leaving by error-free transformations (Knuth's TwoSum, Dekker's product), emitted as
 * module functions (`exact*`), so that programs whose arithmetic never rounds stay in hot code too.
 */
import type { Inst } from '../ir/inst.js';
import type { EmitContext } from './context.js';
import { emitCheckCall } from './fp-checks.js';
import type { FpCheck } from './fp-checks.js';
import { F32, F64, I32, W } from './encoder.js';
import type { ValType } from './encoder.js';
import { valType } from './emit-op.js';
import { emitFcmp, emitFround, emitVectorFp } from './emit-vector-fp.js';
import type { IrType } from '../ir/ops.js';
import type { SlotSet } from './slot-set.js';

const DYNAMIC = 7;
const TOWARD_ZERO = 1;
const NX = 1;

/** Leaves unless the rounding mode in force is to nearest and nothing is flushed. */
function requireNearest(x: EmitContext, i: Inst, dirty: SlotSet): boolean {
  const rm = i.imm & 7;
  if (rm === DYNAMIC) {
    x.getRounding();
    x.exitIf(dirty, i.pc | 1);
    return true;
  }
  if (rm === 0) return true;
  x.exit(dirty, i.pc | 1);
  return false;
}

/** Pushes 1 when the value in `local` is finite and normal (zero is not). */
function pushNormal(x: EmitContext, local: number, type: ValType): void {
  const c = x.code;
  const wide = type === F64;
  c.get(local);
  c.op(wide ? W.f64Abs : W.f32Abs);
  if (wide) c.f64(2 ** -1022);
  else c.f32(2 ** -126);
  c.op(wide ? W.f64Gt : W.f32Gt);
  c.get(local);
  c.op(wide ? W.f64Abs : W.f32Abs);
  if (wide) c.f64(Infinity);
  else c.f32(Infinity);
  c.op(wide ? W.f64Lt : W.f32Lt);
  c.op(W.i32And);
}

/** Goes on when the result is normal and NX is set, or when the check says that it is exact; else leaves. */
function guard(
  x: EmitContext,
  i: Inst,
  result: number,
  type: ValType,
  check: FpCheck | undefined,
  args: number[],
  dirty: SlotSet,
): void {
  const c = x.code;
  pushNormal(x, result, type);
  x.getFlags();
  c.op(W.i32And);
  c.op(W.i32Eqz);
  c.open(W.if);
  x.depth++;
  if (check === undefined) x.exit(dirty, i.pc | 1);
  else {
    for (const a of args) c.get(a);
    c.get(result);
    emitCheckCall(x, check);
    c.op(W.i32Eqz);
    x.exitIf(dirty, i.pc | 1);
  }
  x.depth--;
  c.end();
}

const CHECKS: Readonly<Record<string, FpCheck>> = {
  fadd32: 'add32',
  fsub32: 'sub32',
  fmul32: 'mul32',
  fdiv32: 'div32',
  fsqrt32: 'sqrt32',
  fadd64: 'add64',
  fsub64: 'sub64',
  fmul64: 'mul64',
  fdiv64: 'div64',
  fsqrt64: 'sqrt64',
};

function toLocals(x: EmitContext, i: Inst): number[] {
  const operands = [i.a, i.b, i.c].slice(0, i.row.operands.length);
  return operands.map((o, n) => {
    const type = valType(i.row.operands[n] as IrType);
    const l = x.scratchLocal(type, n + 3);
    x.push(o, type);
    x.code.set(l);
    return l;
  });
}

/** Leaves when any of the floating-point locals is a NaN. */
function requireNumbers(x: EmitContext, i: Inst, locals: number[], type: ValType, dirty: SlotSet): void {
  const c = x.code;
  locals.forEach((l, n) => {
    c.get(l);
    c.get(l);
    c.op(type === F64 ? W.f64Ne : W.f32Ne);
    if (n > 0) c.op(W.i32Or);
  });
  x.exitIf(dirty, i.pc | 1);
}

/** As requireNearest, for ops whose mode is the dynamic one. */
export function leaveUnlessNearest(x: EmitContext, i: Inst, dirty: SlotSet): void {
  x.getRounding();
  x.exitIf(dirty, i.pc | 1);
}

export function emitFp(x: EmitContext, i: Inst, dirty: SlotSet): void {
  if (i.row.result === 'v128') {
    emitVectorFp(x, i, dirty);
    return;
  }
  const c = x.code;
  const name = i.row.name;
  const type = valType(i.row.result);
  if (CHECKS[name] !== undefined) {
    if (!requireNearest(x, i, dirty)) {
      deadValue(x, i, type);
      return;
    }
    const args = toLocals(x, i);
    for (const a of args) c.get(a);
    c.op(i.row.wasm as number);
    const result = x.scratchLocal(type, 6);
    c.set(result);
    guard(x, i, result, type, CHECKS[name], args, dirty);
    c.get(result);
    x.pop(i.d, type, i.ext);
    return;
  }
  const special = SPECIAL[name];
  if (special === undefined) {
    x.exit(dirty, i.pc | 1);
    deadValue(x, i, type);
    return;
  }
  special(x, i, dirty);
}

/** After an unconditional exit the code is unreachable, but must still be valid and define the destination. */
function deadValue(x: EmitContext, i: Inst, type: ValType): void {
  x.code.op(W.unreachable);
  x.pop(i.d, type, i.ext);
}

type Special = (x: EmitContext, i: Inst, dirty: SlotSet) => void;

const compare: Special = (x, i, dirty) => {
  const type = valType(i.row.operands[0] as IrType);
  const args = toLocals(x, i);
  requireNumbers(x, i, args, type, dirty);
  for (const a of args) x.code.get(a);
  x.code.op(i.row.wasm as number);
  x.pop(i.d, I32, i.ext);
};

/** min and max of two numbers are Wasm's own (which order the zeros as 754-2019 does). */
function minMax(opcode: number): Special {
  return (x, i, dirty) => {
    const type = valType(i.row.result);
    const args = toLocals(x, i);
    requireNumbers(x, i, args, type, dirty);
    for (const a of args) x.code.get(a);
    x.code.op(opcode);
    x.pop(i.d, type, i.ext);
  };
}

/** Conversions that cannot round: one Wasm instruction, no flag. (A reserved dynamic mode is illegal for them too.) */
const exactConversion: Special = (x, i, dirty) => {
  if ((i.imm & 7) === DYNAMIC) leaveUnlessNearest(x, i, dirty);
  x.push(i.a, valType(i.row.operands[0] as IrType));
  x.code.op(i.row.wasm as number);
  x.pop(i.d, valType(i.row.result), i.ext);
};

const widenFloat: Special = (x, i, dirty) => {
  const [a] = toLocals(x, i) as [number];
  requireNumbers(x, i, [a], F32, dirty);
  x.getRounding(); // flush-to-zero reads subnormal inputs as zero
  x.exitIf(dirty, i.pc | 1);
  x.code.get(a);
  x.code.op(W.f64PromoteF32);
  x.pop(i.d, F64);
};

const narrowFloat: Special = (x, i, dirty) => {
  if (!requireNearest(x, i, dirty)) {
    deadValue(x, i, F32);
    return;
  }
  const c = x.code;
  const args = toLocals(x, i);
  c.get(args[0] as number);
  c.op(W.f32DemoteF64);
  const result = x.scratchLocal(F32, 6);
  c.set(result);
  guard(x, i, result, F32, 'narrow', args, dirty);
  c.get(result);
  x.pop(i.d, F32, i.ext);
};

/** Integer to float where the integer may have more bits than the significand. */
function roundingFromInt(check: FpCheck): Special {
  return (x, i, dirty) => {
    const type = valType(i.row.result);
    if (!requireNearest(x, i, dirty)) {
      deadValue(x, i, type);
      return;
    }
    const c = x.code;
    const args = toLocals(x, i);
    c.get(args[0] as number);
    c.op(i.row.wasm as number);
    const result = x.scratchLocal(type, 6);
    c.set(result);
    guard(x, i, result, type, check, args, dirty);
    c.get(result);
    x.pop(i.d, type, i.ext);
  };
}

/**
 * Float to integer. Toward zero it is a truncation when the value is inside the range; other modes leave unless the
 * value is an integer already.
 */
function toInt(low: number, high: number, truncate: number, back: number): Special {
  return (x, i, dirty) => {
    const c = x.code;
    const from = valType(i.row.operands[0] as IrType);
    const to = valType(i.row.result);
    const wide = from === F64;
    const [a] = toLocals(x, i) as [number];
    const bound = (v: number): void => {
      if (wide) c.f64(v);
      else c.f32(v);
    };
    c.get(a);
    bound(low);
    c.op(wide ? W.f64Gt : W.f32Gt);
    c.get(a);
    bound(high);
    c.op(wide ? W.f64Lt : W.f32Lt);
    c.op(W.i32And);
    c.op(W.i32Eqz);
    // A flushed operand raises another flag than the conversion of the subnormal.
    x.getRounding();
    c.op(W.i32Or);
    x.exitIf(dirty, i.pc | 1);
    const result = x.scratchLocal(to, 6);
    c.get(a);
    c.op(truncate);
    c.tee(result);
    c.op(back);
    c.get(a);
    c.op(wide ? W.f64Ne : W.f32Ne);
    if ((i.imm & 7) === TOWARD_ZERO) {
      // Inexact: fine once NX is set.
      x.getFlags();
      c.i32(NX);
      c.op(W.i32And);
      c.op(W.i32Eqz);
      c.op(W.i32And);
    }
    x.exitIf(dirty, i.pc | 1);
    c.get(result);
    x.pop(i.d, to, i.ext);
  };
}

/** Fused multiply-add: exact software form in a module function; leaves when that declines. */
const fused: Special = (x, i, dirty) => {
  const type = valType(i.row.result);
  if (!requireNearest(x, i, dirty)) {
    deadValue(x, i, type);
    return;
  }
  const c = x.code;
  const wide = type === F64;
  const args = toLocals(x, i) as [number, number, number];
  const [a, b, k] = args;
  const neg = wide ? W.f64Neg : 0x8c;
  if ((i.imm & 8) !== 0) {
    c.get(a);
    c.op(neg);
    c.set(a);
  }
  if ((i.imm & 16) !== 0) {
    c.get(k);
    c.op(neg);
    c.set(k);
  }
  if (x.hostFma) relaxedMadd(x, a, b, k, wide);
  else {
    c.get(a);
    c.get(b);
    c.get(k);
    emitCheckCall(x, wide ? 'fma64' : 'fma32');
  }
  const result = x.scratchLocal(type, 6);
  c.set(result);
  // The function gives a NaN when it declines; NX is assumed, so it must be set already.
  pushNormal(x, result, type);
  x.getFlags();
  c.op(W.i32And);
  c.op(W.i32Eqz);
  c.open(W.if);
  x.depth++;
  // Zero addend times exact product and the like: exact when both steps are.
  c.get(a);
  c.get(b);
  c.get(k);
  c.get(result);
  emitCheckCall(x, wide ? 'exactFma64' : 'exactFma32');
  c.op(W.i32Eqz);
  x.exitIf(dirty, i.pc | 1);
  x.depth--;
  c.end();
  c.get(result);
  x.pop(i.d, type, i.ext);
};

/** The host's fused multiply-add on lane 0; only where a probe has shown that it is fused. */
function relaxedMadd(x: EmitContext, a: number, b: number, k: number, wide: boolean): void {
  const c = x.code;
  for (const l of [a, b, k]) {
    c.get(l);
    c.op(wide ? 0xfd0014 : 0xfd0013); // splat
  }
  c.op(wide ? 0xfd0107 : 0xfd0105); // relaxed_madd
  c.op(wide ? 0xfd0021 : 0xfd001f); // extract_lane
  c.out.byte(0);
}

const SPECIAL: Readonly<Record<string, Special>> = {
  fcmp32: emitFcmp,
  fcmp64: emitFcmp,
  fround32: emitFround,
  fround64: emitFround,
  feq32: compare,
  flt32: compare,
  fle32: compare,
  feq64: compare,
  flt64: compare,
  fle64: compare,
  fminn32: minMax(0x96),
  fmaxn32: minMax(0x97),
  fminn64: minMax(0xa4),
  fmaxn64: minMax(0xa5),
  cvtF64S32: exactConversion,
  cvtF64U32: exactConversion,
  cvtF64F32: widenFloat,
  cvtF32F64: narrowFloat,
  cvtF64S64: roundingFromInt('f64s64'),
  cvtF64U64: roundingFromInt('f64u64'),
  cvtF32S32: roundingFromInt('f32s32'),
  cvtF32U32: roundingFromInt('f32u32'),
  cvtF32S64: roundingFromInt('f32s64'),
  cvtF32U64: roundingFromInt('f32u64'),
  cvtS32F64: toInt(-2147483649, 2147483648, 0xfc0002, 0xb7),
  cvtU32F64: toInt(-1, 4294967296, 0xfc0003, 0xb8),
  cvtS64F64: toInt(-(2 ** 63) - 2048, 2 ** 63, 0xfc0006, 0xb9),
  cvtU64F64: toInt(-1, 2 ** 64, 0xfc0007, 0xba),
  cvtS32F32: toInt(-2147483904, 2147483648, 0xfc0000, 0xb2),
  cvtU32F32: toInt(-1, 4294967296, 0xfc0001, 0xb3),
  cvtS64F32: toInt(-(2 ** 63) - 2 ** 40, 2 ** 63, 0xfc0004, 0xb4),
  cvtU64F32: toInt(-1, 2 ** 64, 0xfc0005, 0xb5),
  fma64: fused,
  fma32: fused,
};
