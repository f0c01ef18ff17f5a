/** Pure integer and bit-exact ops of the IR. */
import { SLOT_TEMP } from '../../cpu/layout.js';
import { EXT_NONE } from '../ir/inst.js';
import type { Const, Inst, Operand } from '../ir/inst.js';
import { OPS } from '../ir/ops.js';
import type { IrType } from '../ir/ops.js';
import type { EmitContext } from './context.js';
import { F32, F64, I32, I64, V128, W } from './encoder.js';
import type { ValType } from './encoder.js';
import { CRYPTO_EMITTERS } from './emit-crypto.js';
import { VECTOR_EMITTERS } from './emit-vector.js';
import { fold } from './fold.js';
import { narrowCompare, narrowed } from './narrow.js';

export function valType(t: IrType): ValType {
  switch (t) {
    case 'i64':
      return I64;
    case 'f32':
      return F32;
    case 'f64':
      return F64;
    case 'v128':
      return V128;
    default:
      return I32;
  }
}

/** Operands of an op that its row has. */
function operandsOf(i: Inst): Operand[] {
  return [i.a, i.b, i.c].slice(0, i.row.operands.length);
}

export function emitPure(x: EmitContext, wide: Inst): void {
  if (emitFolded(x, wide)) return;
  const i = narrowed(wide, x.resultForm, x.forms);
  const result = valType(i.row.result);
  if (i.row === OPS.mov64 && x.livesAs(i.a, F64) && (i.d >= SLOT_TEMP || x.livesAs(i.d, F64))) {
    x.push(i.a, F64);
    x.pop(i.d, F64);
    return;
  }
  if (typeof i.row.wasm === 'number') {
    emitOperator(x, i);
  } else {
    const emitter = EMITTERS[i.row.wasm];
    if (emitter === undefined) throw new Error(`no Wasm emitter ${i.row.wasm}`);
    emitter(x, i);
  }
  x.pop(i.d, result, i.ext);
}

/** An op of known operands leaves a constant. */
function emitFolded(x: EmitContext, i: Inst): boolean {
  const folded = foldKnown(x, i);
  if (folded === undefined) return false;
  const result = valType(i.row.result);
  const type = result === I32 && i.ext !== EXT_NONE ? I64 : result;
  x.push(folded, type);
  x.pop(i.d, type);
  if (i.row.result !== 'i32' || i.ext !== EXT_NONE || x.wordSize === 4) x.setKnown(i.d, folded);
  return true;
}

function foldKnown(x: EmitContext, i: Inst): Const | undefined {
  if (i.row.result !== 'i32' && i.row.result !== 'i64') return undefined;
  // What is known of a slot are its 64 bits: half of a vector, no number of a float.
  if (i.row.operands.some((type) => type !== 'i32' && type !== 'i64')) return undefined;
  const values: Const[] = [];
  for (const o of operandsOf(i)) {
    const k = x.constantOf(o);
    if (k === undefined) return undefined;
    values.push(k);
  }
  return values.length === 0 ? undefined : fold(i, values);
}

export function pushOperands(x: EmitContext, i: Inst): void {
  operandsOf(i).forEach((o, n) => {
    x.push(o, valType(i.row.operands[n] as IrType));
  });
}

/** Pushes 0 or 1: a compare of the IR. */
export function emitCondition(x: EmitContext, i: Inst): void {
  const k = x.constantOf(i.b);
  if (k !== undefined && k.lo === 0) {
    if (i.row === OPS.eq32) {
      x.push(i.a, I32);
      x.code.op(W.i32Eqz);
      return;
    }
    if (i.row === OPS.eq64 && k.hi === 0) {
      x.push(i.a, x.isNarrow(i.a) ? I32 : I64);
      x.code.op(x.isNarrow(i.a) ? W.i32Eqz : W.i64Eqz);
      return;
    }
    if (i.row === OPS.ne64 && k.hi === 0 && x.isNarrow(i.a)) {
      x.push(i.a, I32);
      return;
    }
    if (i.row === OPS.ne32) {
      x.push(i.a, I32);
      return;
    }
  }
  emitOperator(x, i);
}

/** Pushes the operands and applies the row's opcode. */
function emitOperator(x: EmitContext, i: Inst): void {
  const row = i.row.kind === 'cmp' ? narrowCompare(i, x.forms) : i.row;
  for (const [n, o] of operandsOf(i).entries()) x.push(o, valType(row.operands[n] as IrType));
  x.code.op(row.wasm as number);
}

type Emitter = (x: EmitContext, i: Inst) => void;

/** High half of the 32-bit product through 64 bits. */
function mulHigh32(extendA: number, extendB: number): Emitter {
  return (x, i) => {
    const c = x.code;
    x.push(i.a, I32);
    c.op(extendA);
    x.push(i.b, I32);
    c.op(extendB);
    c.op(W.i64Mul);
    c.i64(32, 0);
    c.op(W.i64ShrU);
    c.op(W.i32WrapI64);
  };
}

/** High half of the 64-bit product by 32-bit halves; signs are corrected by subtraction. */
function mulHigh64(signedA: boolean, signedB: boolean): Emitter {
  return (x, i) => {
    const c = x.code;
    const [a, b, t, u] = [0, 1, 2, 3].map((n) => x.scratchLocal(I64, n)) as [number, number, number, number];
    const lowHalf = (l: number): void => {
      c.get(l);
      c.i64(-1, 0);
      c.op(W.i64And);
    };
    const highHalf = (l: number): void => {
      c.get(l);
      c.i64(32, 0);
      c.op(W.i64ShrU);
    };
    x.push(i.a, I64);
    c.set(a);
    x.push(i.b, I64);
    c.set(b);
    // t = ah * bl + (al * bl >> 32); u = al * bh + (t & 0xffffffff)
    highHalf(a);
    lowHalf(b);
    c.op(W.i64Mul);
    lowHalf(a);
    lowHalf(b);
    c.op(W.i64Mul);
    c.i64(32, 0);
    c.op(W.i64ShrU);
    c.op(W.i64Add);
    c.set(t);
    lowHalf(a);
    highHalf(b);
    c.op(W.i64Mul);
    lowHalf(t);
    c.op(W.i64Add);
    c.set(u);
    // ah * bh + (t >> 32) + (u >> 32)
    highHalf(a);
    highHalf(b);
    c.op(W.i64Mul);
    highHalf(t);
    c.op(W.i64Add);
    highHalf(u);
    c.op(W.i64Add);
    const correct = (sign: number, other: number): void => {
      c.get(sign);
      c.i64(63, 0);
      c.op(W.i64ShrS);
      c.get(other);
      c.op(W.i64And);
      c.op(W.i64Sub);
    };
    if (signedA) correct(a, b);
    if (signedB) correct(b, a);
  };
}

/** Division and remainder with the IR's rules for a zero divisor and for -2^n / -1. */
function divide(type: ValType, op: number, signed: boolean, remainder: boolean): Emitter {
  return (x, i) => {
    const c = x.code;
    const wide = type === I64;
    const a = x.scratchLocal(type, 0);
    const b = x.scratchLocal(type, 1);
    const result = x.scratchLocal(type, 2);
    const k = x.constantOf(i.b);
    x.push(i.a, type);
    if (k !== undefined && (k.lo !== 0 || (wide && k.hi !== 0)) && !(k.lo === -1 && (!wide || k.hi === -1))) {
      x.push(i.b, type);
      c.op(op);
      return;
    }
    c.set(a);
    x.push(i.b, type);
    c.tee(b);
    c.op(wide ? W.i64Eqz : W.i32Eqz);
    c.open(W.if);
    if (remainder) c.get(a);
    else zero(x, type);
    c.set(result);
    c.op(W.else);
    if (signed) {
      c.get(b);
      if (wide) c.i64(-1, -1);
      else c.i32(-1);
      c.op(wide ? W.i64Eq : W.i32Eq);
      c.open(W.if);
      zero(x, type);
      if (!remainder) {
        c.get(a);
        c.op(wide ? W.i64Sub : W.i32Sub);
      }
      c.set(result);
      c.op(W.else);
    }
    c.get(a);
    c.get(b);
    c.op(op);
    c.set(result);
    if (signed) c.end();
    c.end();
    c.get(result);
  };
}

function zero(x: EmitContext, type: ValType): void {
  if (type === I64) x.code.i64(0, 0);
  else x.code.i32(0);
}

/** One step of a byte or bit reversal: ((v >> n) & mask) | ((v & mask) << n). */
function swapStep(x: EmitContext, v: number, wide: boolean, n: number, mask: number): void {
  const c = x.code;
  const constant = (k: number): void => {
    if (wide) c.i64(k, k);
    else c.i32(k);
  };
  const count = (): void => {
    if (wide) c.i64(n, 0);
    else c.i32(n);
  };
  c.get(v);
  count();
  c.op(wide ? W.i64ShrU : W.i32ShrU);
  constant(mask);
  c.op(wide ? W.i64And : W.i32And);
  c.get(v);
  constant(mask);
  c.op(wide ? W.i64And : W.i32And);
  count();
  c.op(wide ? W.i64Shl : W.i32Shl);
  c.op(wide ? W.i64Or : W.i32Or);
  c.set(v);
}

function reverse(wide: boolean, bits: boolean): Emitter {
  return (x, i) => {
    const c = x.code;
    const v = x.scratchLocal(wide ? I64 : I32, 0);
    x.push(i.a, wide ? I64 : I32);
    c.set(v);
    if (bits) {
      swapStep(x, v, wide, 1, 0x55555555);
      swapStep(x, v, wide, 2, 0x33333333);
      swapStep(x, v, wide, 4, 0x0f0f0f0f);
    }
    swapStep(x, v, wide, 8, 0x00ff00ff);
    if (wide) swapStep16(x, v);
    c.get(v);
    if (wide) c.i64(32, 0);
    else c.i32(16);
    c.op(wide ? W.i64Rotl : W.i32Rotl);
  };
}

function swapStep16(x: EmitContext, v: number): void {
  swapStep(x, v, true, 16, 0x0000ffff);
}

const EMITTERS: Readonly<Record<string, Emitter>> = {
  ...VECTOR_EMITTERS,
  ...CRYPTO_EMITTERS,
  copy: (x, i) => {
    x.push(i.a, valType(i.row.operands[0] as IrType));
  },
  mulhs32: mulHigh32(W.i64ExtendI32S, W.i64ExtendI32S),
  mulhu32: mulHigh32(W.i64ExtendI32U, W.i64ExtendI32U),
  mulhsu32: mulHigh32(W.i64ExtendI32S, W.i64ExtendI32U),
  mulhs64: mulHigh64(true, true),
  mulhu64: mulHigh64(false, false),
  mulhsu64: mulHigh64(true, false),
  divs32: divide(I32, W.i32DivS, true, false),
  divu32: divide(I32, W.i32DivU, false, false),
  rems32: divide(I32, W.i32RemS, true, true),
  remu32: divide(I32, W.i32RemU, false, true),
  divs64: divide(I64, W.i64DivS, true, false),
  divu64: divide(I64, W.i64DivU, false, false),
  rems64: divide(I64, W.i64RemS, true, true),
  remu64: divide(I64, W.i64RemU, false, true),
  bswap32: reverse(false, false),
  bswap64: reverse(true, false),
  rbit32: reverse(false, true),
  rbit64: reverse(true, true),
  unbox32: (x, i) => {
    const c = x.code;
    const v = x.scratchLocal(I64, 0);
    x.push(i.a, I64);
    c.tee(v);
    c.op(W.i32WrapI64);
    c.i32(0x7fc00000);
    c.get(v);
    c.i64(-1, -2); // boxed: above 0xfffffffe_ffffffff
    c.op(W.i64GtU);
    c.op(W.select);
    c.op(W.f32ReinterpretI32);
  },
};
