/**
 * Floating-point vectors in hot code, and ARM's compares and roundings: the host's operation where nothing unusual
 * happens, else an exit, as in emit-fp.ts. Usual means for a vector: rounding to nearest without flushing, the inexact flag
 * set already, and in every lane a finite result that is normal or plainly exact (a factor is zero, a sum is zero).
 */
import type { Inst } from '../ir/inst.js';
import type { EmitContext } from './context.js';
import { leaveUnlessNearest } from './emit-fp.js';
import { emitCheckCall } from './fp-checks.js';
import { F32, F64, I32, V128, W } from './encoder.js';
import type { SlotSet } from './slot-set.js';

const NX = 1;
const V128_CONST = 0xfd000c;
const AND = 0xfd004e;
const OR = 0xfd0050;

/** Opcodes by lane width. */
interface LaneOps {
  readonly abs: number;
  readonly neg: number;
  readonly eq: number;
  readonly lt: number;
  readonly gt: number;
  readonly allTrue: number;
  readonly splat: number;
  readonly extract: number;
  readonly replace: number;
  readonly madd: number;
  readonly lanes: number;
  readonly scalarFma: 'fma32' | 'fma64';
  /** Words of a lane that is the smallest normal number, infinity. */
  readonly smallest: readonly number[];
  readonly infinity: readonly number[];
}

const SINGLES: LaneOps = {
  abs: 0xfd00e0, neg: 0xfd00e1, eq: 0xfd0041, lt: 0xfd0043, gt: 0xfd0044, allTrue: 0xfd00a3, splat: 0xfd0013,
  extract: 0xfd001f, replace: 0xfd0020, madd: 0xfd0105, lanes: 4, scalarFma: 'fma32', smallest: [0x00800000],
  infinity: [0x7f800000],
}; // prettier-ignore
const DOUBLES: LaneOps = {
  abs: 0xfd00ec, neg: 0xfd00ed, eq: 0xfd0047, lt: 0xfd0049, gt: 0xfd004a, allTrue: 0xfd00c3, splat: 0xfd0014,
  extract: 0xfd0021, replace: 0xfd0022, madd: 0xfd0107, lanes: 2, scalarFma: 'fma64', smallest: [0, 0x00100000],
  infinity: [0, 0x7ff00000],
}; // prettier-ignore

function constant(x: EmitContext, lane: readonly number[]): void {
  x.code.op(V128_CONST);
  for (let n = 0; n < 4; n++) {
    const word = lane[n % lane.length] as number;
    for (let k = 0; k < 32; k += 8) x.code.out.byte((word >>> k) & 255);
  }
}

function operands(x: EmitContext, i: Inst): number[] {
  return [i.a, i.b, i.c].slice(0, i.row.operands.length).map((o, n) => {
    const l = x.scratchLocal(V128, n);
    x.push(o, V128);
    x.code.set(l);
    return l;
  });
}

/** Pushes lanes of ones where the local is ±0. */
function isZero(x: EmitContext, ops: LaneOps, local: number): void {
  x.code.get(local);
  constant(x, [0]);
  x.code.op(ops.eq);
}

/** Leaves unless every lane of the result is finite and (normal or exact by `alsoExact`, which pushes a mask), NX is set. */
function guard(
  x: EmitContext,
  i: Inst,
  ops: LaneOps,
  result: number,
  alsoExact: (() => void) | undefined,
  dirty: SlotSet,
): void {
  const c = x.code;
  const magnitude = x.scratchLocal(V128, 4);
  c.get(result);
  c.op(ops.abs);
  c.set(magnitude);
  c.get(magnitude);
  constant(x, ops.infinity);
  c.op(ops.lt);
  if (alsoExact !== undefined) {
    c.get(magnitude);
    constant(x, ops.smallest);
    c.op(ops.gt);
    alsoExact();
    c.op(OR);
    c.op(AND);
  }
  c.op(ops.allTrue);
  x.getFlags();
  c.i32(NX);
  c.op(W.i32And);
  c.op(W.i32And);
  c.op(W.i32Eqz);
  x.exitIf(dirty, i.pc | 1);
}

/** Leaves when a lane of the locals is a NaN, or operands are flushed. */
function requireNumbers(
  x: EmitContext,
  i: Inst,
  ops: LaneOps,
  locals: readonly number[],
  dirty: SlotSet,
): void {
  const c = x.code;
  locals.forEach((l, n) => {
    c.get(l);
    c.get(l);
    c.op(ops.eq);
    if (n > 0) c.op(AND);
  });
  c.op(ops.allTrue);
  c.op(W.i32Eqz);
  x.getRounding();
  c.op(W.i32Or);
  x.exitIf(dirty, i.pc | 1);
}

function finish(x: EmitContext, i: Inst, result: number): void {
  x.code.get(result);
  x.pop(i.d, V128);
}

/** Lanes that are exact whatever NX is: by op, given the operands. */
type Exact = (x: EmitContext, ops: LaneOps, args: readonly number[]) => void;
const zeroFactor: Exact = (x, ops, [a, b]) => {
  isZero(x, ops, a as number);
  isZero(x, ops, b as number);
  x.code.op(OR);
};
const zeroFirst: Exact = (x, ops, [a]) => {
  isZero(x, ops, a as number);
};
/** Sums are exact when they are tiny. */
const always = undefined;

function arithmetic(x: EmitContext, i: Inst, dirty: SlotSet, ops: LaneOps, exact: Exact | undefined): void {
  const c = x.code;
  leaveUnlessNearest(x, i, dirty);
  const args = operands(x, i);
  for (const a of args) c.get(a);
  c.op(i.row.wasm as number);
  const result = x.scratchLocal(V128, 3);
  c.set(result);
  const also = exact === undefined ? undefined : (): void => { exact(x, ops, args); }; // prettier-ignore
  guard(x, i, ops, result, also, dirty);
  finish(x, i, result);
}

function fused(x: EmitContext, i: Inst, dirty: SlotSet, ops: LaneOps): void {
  const c = x.code;
  leaveUnlessNearest(x, i, dirty);
  const args = operands(x, i) as [number, number, number];
  const [a, b] = args;
  if ((i.imm & 8) !== 0) {
    c.get(a);
    c.op(ops.neg);
    c.set(a);
  }
  const result = x.scratchLocal(V128, 3);
  if (x.hostFma) {
    for (const l of args) c.get(l);
    c.op(ops.madd);
    c.set(result);
  } else {
    for (let n = 0; n < ops.lanes; n++) {
      if (n > 0) c.get(result);
      for (const l of args) {
        c.get(l);
        c.op(ops.extract);
        c.out.byte(n);
      }
      emitCheckCall(x, ops.scalarFma);
      if (n === 0) c.op(ops.splat);
      else {
        c.op(ops.replace);
        c.out.byte(n);
      }
      c.set(result);
    }
  }
  // With a zero factor the result is the addend, whatever that is.
  const also = (): void => {
    zeroFactor(x, ops, [a, b]);
  };
  guard(x, i, ops, result, also, dirty);
  finish(x, i, result);
}

/** Compares, minima and maxima of numbers: one Wasm op, no flag. */
function plain(x: EmitContext, i: Inst, dirty: SlotSet, ops: LaneOps): void {
  const c = x.code;
  const args = operands(x, i);
  requireNumbers(x, i, ops, args, dirty);
  for (const a of args) c.get(a);
  c.op(i.row.wasm as number);
  x.pop(i.d, V128);
}

type Emit = (x: EmitContext, i: Inst, dirty: SlotSet, ops: LaneOps) => void;
const EMITTERS: Readonly<Record<string, Emit>> = {
  vfadd: (x, i, dirty, ops) => { arithmetic(x, i, dirty, ops, always); },
  vfsub: (x, i, dirty, ops) => { arithmetic(x, i, dirty, ops, always); },
  vfmul: (x, i, dirty, ops) => { arithmetic(x, i, dirty, ops, zeroFactor); },
  vfdiv: (x, i, dirty, ops) => { arithmetic(x, i, dirty, ops, zeroFirst); },
  vfsqrt: (x, i, dirty, ops) => { arithmetic(x, i, dirty, ops, zeroFirst); },
  vfma: fused,
  vfmin: plain,
  vfmax: plain,
  vfeq: plain,
  vfge: plain,
  vfgt: plain,
}; // prettier-ignore

/** A floating-point op with a vector result. */
export function emitVectorFp(x: EmitContext, i: Inst, dirty: SlotSet): void {
  const { name } = i.row;
  const emit = EMITTERS[name.slice(0, -2)];
  if (emit === undefined) throw new Error(`no Wasm emitter for ${name}`);
  emit(x, i, dirty, name.endsWith('32') ? SINGLES : DOUBLES);
}

// ---- ARM's scalar compares and roundings -------------------------------------------------------------------------------------

/** NZCV of two numbers; a NaN leaves. */
export function emitFcmp(x: EmitContext, i: Inst, dirty: SlotSet): void {
  const c = x.code;
  const wide = i.row.operands[0] === 'f64';
  const type = wide ? F64 : F32;
  const [a, b] = [i.a, i.b].map((o, n) => {
    const l = x.scratchLocal(type, n + 3);
    x.push(o, type);
    c.set(l);
    return l;
  }) as [number, number];
  const compare = (l: number, r: number, op: number): void => {
    c.get(l);
    c.get(r);
    c.op(op);
  };
  const ne = wide ? W.f64Ne : W.f32Ne;
  compare(a, a, ne);
  compare(b, b, ne);
  c.op(W.i32Or);
  x.getRounding();
  c.op(W.i32Or);
  x.exitIf(dirty, i.pc | 1);
  c.i32(0x60000000);
  c.i32(0x80000000 | 0);
  c.i32(0x20000000);
  compare(a, b, wide ? W.f64Lt : W.f32Lt);
  c.op(W.select);
  compare(a, b, wide ? W.f64Eq : W.f32Eq);
  c.op(W.select);
  x.pop(i.d, I32, i.ext);
}

/** Ceil, floor, trunc, nearest of singles and doubles, by rounding mode 0..3. */
const ROUNDINGS = { f32: [0x90, 0x8f, 0x8e, 0x8d], f64: [0x9e, 0x9d, 0x9c, 0x9b] } as const;

/** To an integral value by a static mode but ties-away; numbers only, and no inexact flag asked for. */
export function emitFround(x: EmitContext, i: Inst, dirty: SlotSet): void {
  const c = x.code;
  const wide = i.row.result === 'f64';
  const type = wide ? F64 : F32;
  const rm = i.imm & 7;
  const dynamic = rm === 7;
  const opcode = ROUNDINGS[wide ? 'f64' : 'f32'][dynamic ? 0 : rm];
  const a = x.scratchLocal(type, 3);
  x.push(i.a, type);
  c.set(a);
  if (opcode === undefined || (i.imm & 8) !== 0) {
    x.exit(dirty, i.pc | 1);
    c.op(W.unreachable);
    x.pop(i.d, type, i.ext);
    return;
  }
  c.get(a);
  c.get(a);
  c.op(wide ? W.f64Ne : W.f32Ne);
  // Flushing, and for the dynamic mode another one than to nearest.
  x.getRounding();
  c.op(W.i32Or);
  x.exitIf(dirty, i.pc | 1);
  c.get(a);
  c.op(opcode);
  x.pop(i.d, type, i.ext);
}
