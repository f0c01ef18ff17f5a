/**
 * What the emitters of one function share: locals of guest slots and temporaries, typed reads and writes, side exits,
 * and constants known inside a block.
 */
import {
  FP_FLAGS,
  FP_FLUSH,
  FP_FLUSH16,
  FP_MODE,
  FP_RM,
  SLOT_TEMP,
  SLOT_V,
  WORD_BUDGET,
} from '../../cpu/layout.js';
import { EXT_NONE, EXT_ONES, EXT_SIGN } from '../ir/inst.js';
import type { Ext, Operand, Const } from '../ir/inst.js';
import { Code, F32, F64, I32, I64, LOAD, STORE, V128, W } from './encoder.js';
import type { ValType } from './encoder.js';
import { noForms, SIGNED } from './narrow.js';
import type { Forms } from './narrow.js';
import type { SlotSet } from './slot-set.js';

/** Function parameters: guest address of the CPU block, calls that may still nest. */
export const PARAM_CPU = 0;
export const PARAM_DEPTH = 1;
export const PARAMS = 2;

/** The Wasm local type of each guest slot of a region. */
export type HomeTypes = (slot: number) => ValType;

/** A side exit shared by all places with the same dirty set in the same forms. */
export interface Exit {
  readonly dirty: SlotSet;
  readonly forms: Forms;
  readonly index: number;
}

export class EmitContext {
  readonly code: Code;
  readonly wordSize: 4 | 8;
  private readonly home: HomeTypes;
  private readonly locals = new Map<number, number>();
  /** The i32 locals of 64-bit slots while they have a 32-bit form. */
  private readonly narrowLocals = new Map<number, number>();
  /** Forms of the slots here. */
  readonly forms: Forms = noForms();
  /** Form in which the op being emitted shall leave its result. */
  resultForm = 0;
  /** Temporaries: local by slot and type, and the type last written. */
  private readonly temps = new Map<number, number>();
  private readonly tempTypes = new Map<number, ValType>();
  /** Slots whose value is known here; cleared at block starts. */
  readonly known = new Map<number, Const>();
  private readonly exits = new Map<string, Exit>();
  /** Labels open inside the exit blocks. */
  depth = 0;
  readonly pcLocal: number;
  readonly budgetLocal: number;
  private flagsLocal = -1;
  private roundingLocal = -1;
  private readonly scratch = new Map<string, number>();
  private readonly groupLocals: number[] = [];
  private groupsUsed = 0;

  /** True when relaxed SIMD's madd is there and fused. */
  hostFma = false;

  constructor(wordSize: 4 | 8, home: HomeTypes, params = PARAMS) {
    this.code = new Code(params);
    this.wordSize = wordSize;
    this.home = home;
    this.pcLocal = this.code.local(I32);
    this.budgetLocal = this.code.local(I32);
  }

  // ---- guest slots -----------------------------------------------------------------------------------------------------

  private localOf(slot: number): number {
    let l = this.locals.get(slot);
    if (l === undefined) {
      l = this.code.local(this.home(slot));
      this.locals.set(slot, l);
    }
    return l;
  }

  private narrowLocalOf(slot: number): number {
    let l = this.narrowLocals.get(slot);
    if (l === undefined) {
      l = this.code.local(I32);
      this.narrowLocals.set(slot, l);
    }
    return l;
  }

  /** True for slots that may have a 32-bit form. */
  mayNarrow(slot: number): boolean {
    return this.wordSize === 8 && (slot >= SLOT_TEMP || (slot < SLOT_V && this.home(slot) === I64));
  }

  /** True while the slot's value is in an i32 local. */
  isNarrow(o: Operand): boolean {
    return typeof o === 'number' && o < SLOT_TEMP && this.forms[o] !== 0;
  }

  private pushExtended(slot: number): void {
    this.code.get(this.narrowLocalOf(slot));
    this.extendForm(this.forms[slot] as number);
  }

  private extendForm(form: number): void {
    this.code.op((form & SIGNED) !== 0 ? W.i64ExtendI32S : W.i64ExtendI32U);
  }

  /** Fills the 64-bit local of a slot that has a 32-bit form. */
  widenSlot(slot: number): void {
    this.pushExtended(slot);
    this.code.set(this.localOf(slot));
  }

  /** A numbered scratch local of a type, for sequences inside one op. */
  scratchLocal(type: ValType, n = 0): number {
    const key = `${type}.${n}`;
    let l = this.scratch.get(key);
    if (l === undefined) {
      l = this.code.local(type);
      this.scratch.set(key, l);
    }
    return l;
  }

  /** A local for the address of an access group; free again at the next block. */
  groupLocal(): number {
    const n = this.groupsUsed++;
    let l = this.groupLocals[n];
    if (l === undefined) {
      l = this.code.local(I32);
      this.groupLocals.push(l);
    }
    return l;
  }

  /** Forgets what only holds inside a block. */
  startBlock(): void {
    this.known.clear();
    this.groupsUsed = 0;
  }

  /** True when the slot's own local has this type, so that nothing is converted. */
  livesAs(o: Operand, type: ValType): boolean {
    if (typeof o !== 'number') return false;
    if (this.isNarrow(o)) return type === I32;
    return (o >= SLOT_TEMP ? this.tempTypes.get(o) : this.home(o)) === type;
  }

  /** Loads slots, whose forms must be forgotten. */
  loadSlots(set: SlotSet): void {
    this.eachLocal(set, (slot, type) => {
      this.code.get(PARAM_CPU);
      this.code.mem(LOAD[type], slot * 8);
      this.code.set(this.localOf(slot));
    });
  }

  storeSlots(set: SlotSet): void {
    this.eachLocal(set, (slot, type) => {
      this.code.get(PARAM_CPU);
      if (this.forms[slot] === 0) this.code.get(this.localOf(slot));
      else this.pushExtended(slot);
      this.code.mem(STORE[type], slot * 8);
    });
  }

  /** The locals of a set of slots; the two halves of a vector are one local, at the even slot. */
  private eachLocal(set: SlotSet, f: (slot: number, type: ValType) => void): void {
    for (const slot of set.list()) {
      const type = this.home(slot);
      if (type !== V128) f(slot, type);
      else if ((slot & 1) === 0) f(slot, type);
      else if (!set.has(slot - 1)) f(slot - 1, type);
    }
  }

  loadBudget(): void {
    this.code.get(PARAM_CPU);
    this.code.mem(W.i32Load, WORD_BUDGET * 4);
    this.code.set(this.budgetLocal);
  }

  storeBudget(): void {
    this.code.get(PARAM_CPU);
    this.code.get(this.budgetLocal);
    this.code.mem(W.i32Store, WORD_BUDGET * 4);
  }

  /** Loads the FP environment into locals, if the function uses it. */
  loadEnvironment(): void {
    if (this.flagsLocal < 0) return;
    const c = this.code;
    c.get(PARAM_CPU);
    c.mem(W.i32Load, FP_FLAGS * 4);
    c.set(this.flagsLocal);
    c.get(PARAM_CPU);
    c.mem(W.i32Load, FP_RM * 4);
    c.get(PARAM_CPU);
    c.mem(W.i32Load, FP_MODE * 4);
    c.i32(FP_FLUSH | FP_FLUSH16);
    c.op(W.i32And);
    c.op(W.i32Or);
    c.set(this.roundingLocal);
  }

  useEnvironment(): void {
    this.flagsLocal = this.code.local(I32);
    this.roundingLocal = this.code.local(I32);
  }

  /** Accumulated exception flags. */
  getFlags(): void {
    this.code.get(this.flagsLocal);
  }

  /** Zero when dynamic rounding is to nearest and nothing is flushed to zero. */
  getRounding(): void {
    this.code.get(this.roundingLocal);
  }

  // ---- operands ----------------------------------------------------------------------------------------------------------

  /** The operand as a constant, if it is known here. */
  constantOf(o: Operand): Const | undefined {
    return typeof o === 'number' ? this.known.get(o) : o;
  }

  push(o: Operand, type: ValType): void {
    if (type === V128 && typeof o !== 'number') {
      this.pushZeroVector(o);
      return;
    }
    const k = type === V128 ? undefined : this.constantOf(o);
    if (k !== undefined) {
      this.pushConst(k, type);
      return;
    }
    const slot = o as number;
    if (slot >= SLOT_TEMP) {
      const has = this.tempTypes.get(slot);
      if (has === undefined) throw new Error(`temporary ${slot} is read before it is written`);
      this.code.get(this.temps.get(slot * 256 + has) as number);
      if (has !== I32 || type === I32 || type === F32 || this.forms[slot] === 0) this.convert(has, type);
      else {
        this.extendForm(this.forms[slot] as number);
        this.convert(I64, type);
      }
      return;
    }
    if (this.isNarrow(slot)) {
      if (type === I32 || type === F32) this.code.get(this.narrowLocalOf(slot));
      else this.pushExtended(slot);
      this.convert(type === I32 || type === F32 ? I32 : I64, type);
      return;
    }
    const home = this.home(slot);
    if (home === V128 && type !== V128) {
      this.code.get(this.localOf(slot & ~1));
      this.extractLane(slot & 1, type);
      return;
    }
    this.code.get(this.localOf(slot));
    this.convert(home, type);
  }

  private extractLane(lane: number, type: ValType): void {
    const c = this.code;
    const op = type === I32 ? 27 : type === I64 ? 29 : type === F32 ? 31 : 33;
    c.op(0xfd0000 + op);
    c.out.byte(type === I32 || type === F32 ? lane * 2 : lane);
  }

  /** Vector constants other than zero are built by ops. */
  private pushZeroVector(k: Const): void {
    if ((k.lo | k.hi) !== 0) throw new Error('vector constants are zero');
    this.code.op(0xfd000c);
    for (let n = 0; n < 16; n++) this.code.out.byte(0);
  }

  private pushConst(k: Const, type: ValType): void {
    const c = this.code;
    if (type === I32) c.i32(k.lo);
    else if (type === I64) c.i64(k.lo, k.hi);
    else if (type === F32) {
      c.i32(k.lo);
      c.op(W.f32ReinterpretI32);
    } else {
      c.i64(k.lo, k.hi);
      c.op(W.f64ReinterpretI64);
    }
  }

  /** Reads a value of type `from` as `to`: low bits, never a numeric conversion. */
  convert(from: ValType, to: ValType): void {
    if (from === to) return;
    const c = this.code;
    // Everything goes through its integer form.
    if (from === F32) c.op(W.i32ReinterpretF32);
    if (from === F64) c.op(W.i64ReinterpretF64);
    const f = from === F32 ? I32 : from === F64 ? I64 : from;
    const t = to === F32 ? I32 : to === F64 ? I64 : to;
    if (f === I64 && t === I32) c.op(W.i32WrapI64);
    else if (f === I32 && t === I64) c.op(W.i64ExtendI32U);
    if (to === F32) c.op(W.f32ReinterpretI32);
    if (to === F64) c.op(W.f64ReinterpretI64);
  }

  /** Stores the value of `type` on the stack to slot d, widened by ext when it has 32 bits. */
  pop(d: number, type: ValType, ext: Ext = EXT_NONE): void {
    const c = this.code;
    if (d >= SLOT_TEMP) {
      this.popTemp(d, type, ext);
      return;
    }
    this.known.delete(d);
    const home = this.home(d);
    if (type === V128) {
      this.known.delete(d + 1);
      c.set(this.localOf(d));
      return;
    }
    if (home === V128) {
      this.replaceLane(d, type, ext);
      return;
    }
    if (this.resultForm !== 0) {
      this.convert(type, I32);
      c.set(this.narrowLocalOf(d));
      return;
    }
    this.widen(type, home, ext);
    c.set(this.localOf(d));
  }

  /** A scalar write to half of a register that lives as a vector. */
  private replaceLane(d: number, type: ValType, ext: Ext): void {
    const c = this.code;
    this.widen(type, I64, ext);
    const value = this.scratchLocal(I64, 7);
    c.set(value);
    const local = this.localOf(d & ~1);
    c.get(local);
    c.get(value);
    c.op(0xfd0000 + 30);
    c.out.byte(d & 1);
    c.set(local);
  }

  private popTemp(d: number, type: ValType, ext: Ext): void {
    let t = type;
    if (ext !== EXT_NONE && (type !== I32 || this.resultForm === 0)) {
      this.widen(type, I64, ext);
      t = I64;
    }
    this.known.delete(d);
    const key = d * 256 + t;
    let l = this.temps.get(key);
    if (l === undefined) {
      l = this.code.local(t);
      this.temps.set(key, l);
    }
    this.tempTypes.set(d, t);
    this.code.set(l);
  }

  private widen(from: ValType, home: ValType, ext: Ext): void {
    const c = this.code;
    if (from === I64 || from === F64 || home === I32 || home === F32) {
      this.convert(from, home);
      return;
    }
    if (from === F32) c.op(W.i32ReinterpretF32);
    if (ext === EXT_SIGN) c.op(W.i64ExtendI32S);
    else c.op(W.i64ExtendI32U);
    if (ext === EXT_ONES) {
      c.i64(0, -1);
      c.op(W.i64Or);
    }
    if (home === F64) c.op(W.f64ReinterpretI64);
  }

  /** Remembers that slot d now holds a constant (its local was set too). */
  setKnown(d: number, value: Const): void {
    this.known.set(d, value);
  }

  /** Writes the temporaries among the operands to the CPU block, where a helper finds them. */
  spillTemps(operands: readonly Operand[]): void {
    for (const o of operands) {
      if (typeof o !== 'number' || o < SLOT_TEMP) continue;
      const type = this.tempTypes.get(o);
      if (type === undefined) continue;
      this.code.get(PARAM_CPU);
      this.code.get(this.temps.get(o * 256 + type) as number);
      const form = this.forms[o] as number;
      if (type === I32 && form !== 0) this.extendForm(form);
      this.code.mem(STORE[type === I32 && form !== 0 ? I64 : type], o * 8);
    }
  }

  /** After a helper wrote temporary d in memory, 8 or (wide) 16 bytes. */
  reloadTemp(d: number, wide: boolean): void {
    if (d < SLOT_TEMP) return;
    const type = wide ? V128 : I64;
    this.code.get(PARAM_CPU);
    this.code.mem(LOAD[type], d * 8);
    this.pop(d, type);
  }

  // ---- exits -------------------------------------------------------------------------------------------------------------

  /** Registers a dirty set in the forms of this place; all exits are known before code is emitted. */
  addExit(dirty: SlotSet): Exit {
    const forms = this.formsOf(dirty);
    const key = `${dirty.key}:${forms.join('')}`;
    let e = this.exits.get(key);
    if (e === undefined) {
      e = { dirty, forms, index: this.exits.size };
      this.exits.set(key, e);
    }
    return e;
  }

  /** Forms of a set of slots here; where both are right, signed. */
  private formsOf(set: SlotSet): Forms {
    const forms = new Uint8Array(SLOT_V);
    for (let slot = 0; slot < SLOT_V; slot++) {
      const form = this.forms[slot] as number;
      if (form !== 0 && set.has(slot)) forms[slot] = (form & SIGNED) !== 0 ? SIGNED : form;
    }
    return forms;
  }

  /** Writes back what an exit's places leave in locals. */
  storeExit(e: Exit): void {
    this.forms.fill(0);
    this.forms.set(e.forms);
    this.storeSlots(e.dirty);
  }

  get exitList(): Exit[] {
    return [...this.exits.values()];
  }

  private exitLabel(dirty: SlotSet): number {
    return this.depth + this.addExit(dirty).index;
  }

  /** Leaves with the pc (a constant) if the i32 on the stack is not zero; bit 0 asks for a step. */
  exitIf(dirty: SlotSet, pc: number): void {
    const c = this.code;
    c.i32(pc | 0);
    c.set(this.pcLocal);
    c.brIf(this.exitLabel(dirty));
  }

  /** As exitIf, but the pc local keeps its value when the exit is not taken. */
  exitIfKeeping(dirty: SlotSet, pc: number): void {
    this.code.open(W.if);
    this.depth++;
    this.exit(dirty, pc);
    this.depth--;
    this.code.end();
  }

  exit(dirty: SlotSet, pc: number): void {
    this.code.i32(pc | 0);
    this.code.set(this.pcLocal);
    this.code.br(this.exitLabel(dirty));
  }

  /** Leaves with the pc in pcLocal. */
  exitDynamic(dirty: SlotSet): void {
    this.code.br(this.exitLabel(dirty));
  }
}
