/**
 * What the emitters of src/translate/wasm see when they write a handler of the interpreter: operands are not locals but
 * slots of the CPU block whose offsets are in the record, and nothing is known at compile time.
 */
import { FP_FLAGS, FP_FLUSH, FP_FLUSH16, FP_MODE, FP_RM } from '../../cpu/layout.js';
import { Const, EXT_NONE, EXT_ONES, EXT_SIGN } from '../ir/inst.js';
import type { Ext, Operand } from '../ir/inst.js';
import { EmitContext, PARAM_CPU } from '../wasm/context.js';
import { F32, I32, I64, LOAD, STORE, V128, W } from '../wasm/encoder.js';
import type { ValType } from '../wasm/encoder.js';

/** Operands of the instruction that a handler is written for. */
export const FIELD_D = 0;
export const FIELD_A = 1;
export const FIELD_B = 2;
export const FIELD_C = 3;
/** Stands for the constant in words 4 and 5. */
export const FIELD_CONST = new Const(1, 1);

/** Where the offset of a field is in the record. */
const FIELD_AT = [2, 4, 6, 8];
const CONST_AT = 16;
const IMM_AT = 8;

export class HandlerContext extends EmitContext {
  /** Local with the address of the record. */
  readonly recordLocal: number;
  /** Label that leaves for a step, counted from outside the handler; `depth` labels are open inside. */
  stepLabel = 0;
  /** Distance from recordLocal of the record that the handler is written for: sequences have several. */
  recordOffset = 0;
  /** The address operand has the displacement of the record added. */
  displaced = false;

  /** Parameters of the function come first; `record` is its local, or a new one when -1. */
  constructor(wordSize: 4 | 8, params: number, record: number) {
    super(wordSize, () => I64, params);
    this.recordLocal = record < 0 ? this.code.local(I32) : record;
  }

  /** Pushes the number of the record's handler. */
  pushHandler(): void {
    this.code.get(this.recordLocal);
    this.code.mem(W.i32Load16u, 0);
  }

  /** Pushes a word of the record. */
  pushField(offset: number): void {
    this.loadField(W.i32Load, offset);
  }

  /** Pushes what a load finds in the record. */
  loadField(load: number, offset: number): void {
    this.code.get(this.recordLocal);
    this.code.mem(load, this.recordOffset + offset);
  }

  /** Pushes the address of a field's slot. */
  private pushAddress(field: number): void {
    const c = this.code;
    c.get(PARAM_CPU);
    this.loadField(W.i32Load16u, FIELD_AT[field] as number);
    c.op(W.i32Add);
  }

  override livesAs(_o: Operand, type: ValType): boolean {
    return type === I64 && this.wordSize === 8;
  }

  override constantOf(): undefined {
    return undefined;
  }

  override setKnown(): void {
    // Nothing is known of the next instruction.
  }

  override push(o: Operand, type: ValType): void {
    const c = this.code;
    if (typeof o === 'number') {
      this.pushAddress(o);
      c.mem(LOAD[type], 0);
      if (this.displaced && o === FIELD_A) this.displace(type);
    } else if (type === V128) {
      c.op(0xfd000c);
      for (let n = 0; n < 16; n++) c.out.byte(0);
    } else {
      this.loadField(LOAD[type], CONST_AT);
    }
  }

  private displace(type: ValType): void {
    const c = this.code;
    this.loadField(type === I64 ? W.i64Load32S : W.i32Load, IMM_AT);
    c.op(type === I64 ? W.i64Add : W.i32Add);
  }

  override pop(d: number, type: ValType, ext: Ext = EXT_NONE): void {
    const c = this.code;
    let t = type;
    if (ext !== EXT_NONE && (type === I32 || type === F32)) {
      this.extend(type, ext);
      t = I64;
    }
    const value = this.scratchLocal(t, 8);
    c.set(value);
    this.pushAddress(d);
    c.get(value);
    c.mem(STORE[t], 0);
  }

  private extend(from: ValType, ext: Ext): void {
    const c = this.code;
    if (from === F32) c.op(W.i32ReinterpretF32);
    c.op(ext === EXT_SIGN ? W.i64ExtendI32S : W.i64ExtendI32U);
    if (ext === EXT_ONES) {
      c.i64(0, -1);
      c.op(W.i64Or);
    }
  }

  override getFlags(): void {
    this.code.get(PARAM_CPU);
    this.code.mem(W.i32Load, FP_FLAGS * 4);
  }

  override getRounding(): void {
    const c = this.code;
    c.get(PARAM_CPU);
    c.mem(W.i32Load, FP_RM * 4);
    c.get(PARAM_CPU);
    c.mem(W.i32Load, FP_MODE * 4);
    c.i32(FP_FLUSH | FP_FLUSH16);
    c.op(W.i32And);
    c.op(W.i32Or);
  }

  override exitIf(): void {
    if (this.recordOffset === 0) {
      this.code.brIf(this.depth + this.stepLabel);
      return;
    }
    this.code.open(W.if);
    this.skipTo(this.recordOffset);
    this.code.br(this.depth + this.stepLabel + 1);
    this.code.end();
  }

  override exit(): void {
    this.skipTo(this.recordOffset);
    this.code.br(this.depth + this.stepLabel);
  }

  /** Makes recordLocal that of the record `distance` bytes further. */
  skipTo(distance: number): void {
    const c = this.code;
    if (distance === 0) return;
    c.get(this.recordLocal);
    c.i32(distance);
    c.op(W.i32Add);
    c.set(this.recordLocal);
  }
}
