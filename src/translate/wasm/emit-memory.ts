/** Loads, stores and atomics: inline permission checks, grouped by base register. */
import { needOf } from './accesses.js';
import type { Access } from './accesses.js';
import { SLOT_RES_VALUE, SLOT_TEMP, WORD_RES_ADDR } from '../../cpu/layout.js';
import { PERM_READ, PERM_TABLE, PERM_WRITE } from '../../mmap/layout.js';
import { EXT_NONE, EXT_SIGN, EXT_ZERO } from '../ir/inst.js';
import type { Inst } from '../ir/inst.js';
import { OPS } from '../ir/ops.js';
import type { EmitContext } from './context.js';
import { PARAM_CPU } from './context.js';
import { F64, I32, I64, V128, W } from './encoder.js';
import type { ValType } from './encoder.js';
import type { SlotSet } from './slot-set.js';

/** Address on the stack → its permission byte. The table's address is added in 32 bits: as an offset it would not fit x86's. */
function loadRights(x: EmitContext): void {
  const c = x.code;
  c.i32(12);
  c.op(W.i32ShrU);
  c.i32(PERM_TABLE | 0);
  c.op(W.i32Add);
  c.mem(W.i32Load8u, 0);
}

/** Leaves unless [address in local, + span) allows `rights`. */
function checkRange(
  x: EmitContext,
  local: number,
  span: number,
  rights: number,
  dirty: SlotSet,
  pc: number,
): void {
  const c = x.code;
  c.get(local);
  loadRights(x);
  if (span > 1) {
    c.get(local);
    c.i32(span - 1);
    c.op(W.i32Add);
    loadRights(x);
    c.op(W.i32And);
  }
  c.i32(rights);
  c.op(W.i32And);
  if (rights === PERM_READ || rights === PERM_WRITE) c.op(W.i32Eqz);
  else {
    c.i32(rights);
    c.op(W.i32Ne);
  }
  x.exitIf(dirty, pc | 1);
}

/** Puts the guest address base + imm into `local`, leaving when it does not fit 32 bits. */
function addressTo(x: EmitContext, i: Inst, imm: number, local: number, dirty: SlotSet): void {
  const c = x.code;
  const known = x.constantOf(i.a);
  if (known !== undefined && (known.hi === 0 || x.wordSize === 4)) {
    c.i32((known.lo + imm) | 0);
    c.set(local);
    return;
  }
  if (x.wordSize === 4) {
    x.push(i.a, I32);
    if (imm !== 0) {
      c.i32(imm);
      c.op(W.i32Add);
    }
    c.set(local);
    return;
  }
  const wide = x.scratchLocal(I64, 0);
  x.push(i.a, I64);
  if (imm !== 0) {
    c.i64(imm, imm < 0 ? -1 : 0);
    c.op(W.i64Add);
  }
  c.tee(wide);
  c.i64(-1, 0);
  c.op(W.i64GtU);
  x.exitIf(dirty, i.pc | 1);
  c.get(wide);
  c.op(W.i32WrapI64);
  c.set(local);
}

/** The checked address of an access; the memarg offset to use with it. */
function locate(
  x: EmitContext,
  i: Inst,
  access: Access | undefined,
  dirty: SlotSet,
): { local: number; offset: number } {
  if (access === undefined) {
    const local = x.scratchLocal(I32, 0);
    addressTo(x, i, i.imm, local, dirty);
    checkRange(x, local, i.row.size, needOf(i), dirty, i.pc);
    return { local, offset: 0 };
  }
  const { group, at, near } = access;
  if (group === undefined) {
    const local = x.scratchLocal(I32, 0);
    sumTo(x, i, near ? 0 : i.imm, local);
    return { local, offset: near ? i.imm : 0 };
  }
  if (group.local < 0) {
    group.local = x.groupLocal();
    const imm = group.min - group.base;
    if (group.free) sumTo(x, i, imm, group.local);
    else {
      addressTo(x, i, imm, group.local, dirty);
      checkRange(x, group.local, group.max - group.min, group.need, dirty, i.pc);
    }
  }
  return { local: group.local, offset: at - group.min };
}

/** Puts base + imm into `local`; it is known to fit. */
function sumTo(x: EmitContext, i: Inst, imm: number, local: number): void {
  const c = x.code;
  x.push(i.a, I32);
  if (imm !== 0) {
    c.i32(imm);
    c.op(W.i32Add);
  }
  c.set(local);
}

/** Loads straight into a 64-bit local. */
const WIDE_LOADS: Readonly<Record<string, number>> = {
  [`load8s${EXT_SIGN}`]: 0x30,
  [`load8u${EXT_ZERO}`]: 0x31,
  [`load16s${EXT_SIGN}`]: 0x32,
  [`load16u${EXT_ZERO}`]: 0x33,
  [`load32${EXT_SIGN}`]: 0x34,
  [`load32${EXT_ZERO}`]: 0x35,
};
const WIDE_STORES: Readonly<Record<string, number>> = { store8: 0x3c, store16: 0x3d, store32: 0x3e };

export function emitLoad(x: EmitContext, i: Inst, access: Access | undefined, dirty: SlotSet): void {
  const c = x.code;
  const { local, offset } = locate(x, i, access, dirty);
  c.get(local);
  const wide = WIDE_LOADS[i.row.name + String(i.ext)];
  if (wide !== undefined && x.resultForm === 0 && (i.d >= SLOT_TEMP || x.livesAs(i.d, I64))) {
    c.mem(wide, offset);
    x.pop(i.d, I64);
  } else if (i.row === OPS.load64 && i.d < SLOT_TEMP && x.livesAs(i.d, F64)) {
    c.mem(W.f64Load, offset);
    x.pop(i.d, F64);
  } else {
    c.mem(i.row.wasm as number, offset);
    x.pop(i.d, i.row.result === 'i64' ? I64 : i.row.result === 'v128' ? V128 : I32, i.ext);
  }
}

export function emitStore(x: EmitContext, i: Inst, access: Access | undefined, dirty: SlotSet): void {
  const c = x.code;
  const { local, offset } = locate(x, i, access, dirty);
  c.get(local);
  const wide = WIDE_STORES[i.row.name];
  if (wide !== undefined && x.livesAs(i.b, I64)) {
    x.push(i.b, I64);
    c.mem(wide, offset);
  } else if (i.row === OPS.store64 && x.livesAs(i.b, F64)) {
    x.push(i.b, F64);
    c.mem(W.f64Store, offset);
  } else {
    x.push(i.b, i.row === OPS.store64 ? I64 : i.row === OPS.store128 ? V128 : I32);
    c.mem(i.row.wasm as number, offset);
  }
}

/** Atomics: address checked for alignment (else the closure engine raises) and the right, then Wasm atomic instructions. */
export function emitAtomic(x: EmitContext, i: Inst, dirty: SlotSet): void {
  const c = x.code;
  const size = i.row.size;
  const type: ValType = size === 8 ? I64 : I32;
  const at = x.scratchLocal(I32, 0);
  addressTo(x, i, 0, at, dirty);
  c.get(at);
  c.i32(size - 1);
  c.op(W.i32And);
  x.exitIf(dirty, i.pc | 1);
  const reads = i.row.wasm === 'lr' || i.row.wasm === 'acquire';
  checkRange(x, at, 1, reads ? PERM_READ : PERM_WRITE, dirty, i.pc);
  const align = 31 - Math.clz32(size);
  const atomicMem = (opcode: number): void => {
    c.mem(0xfe0000 + opcode, 0, align);
  };
  const load = size === 8 ? 0x11 : size === 4 ? 0x10 : 0x13;
  const cas = size === 8 ? 0x49 : 0x48;
  if (i.row.wasm === 'lr') {
    const v = x.scratchLocal(type, 1);
    c.get(at);
    atomicMem(load);
    c.set(v);
    c.get(PARAM_CPU);
    c.get(at);
    c.mem(W.i32Store, WORD_RES_ADDR * 4);
    c.get(PARAM_CPU);
    c.get(v);
    c.mem(size === 8 ? W.i64Store : W.i32Store, SLOT_RES_VALUE * 8);
    c.get(v);
    x.pop(i.d, type, i.ext);
  } else if (i.row.wasm === 'acquire') {
    c.get(at);
    atomicMem(load);
    x.pop(i.d, type, i.ext);
  } else if (i.row.wasm === 'sc')
    emitStoreConditional(x, i, at, type, () => {
      atomicMem(cas);
    });
  else if (i.row.wasm === 'cas') emitCasLoop(x, i, at, type, atomicMem);
  else if (i.row === OPS.cas32 || i.row === OPS.cas64) {
    c.get(at);
    x.push(i.b, type);
    x.push(i.c, type);
    atomicMem(cas);
    x.pop(i.d, type, i.ext);
  } else {
    c.get(at);
    x.push(i.b, type);
    atomicMem(i.row.wasm as number);
    x.pop(i.d, type, i.ext);
  }
}

function emitStoreConditional(x: EmitContext, i: Inst, at: number, type: ValType, cas: () => void): void {
  const c = x.code;
  const result = x.scratchLocal(I32, 1);
  const seen = x.scratchLocal(type, 1);
  c.i32(1);
  c.set(result);
  c.get(PARAM_CPU);
  c.mem(W.i32Load, WORD_RES_ADDR * 4);
  c.get(at);
  c.op(W.i32Eq);
  c.open(W.if);
  c.get(at);
  c.get(PARAM_CPU);
  c.mem(type === I64 ? W.i64Load : W.i32Load, SLOT_RES_VALUE * 8);
  c.tee(seen);
  x.push(i.b, type);
  cas();
  c.get(seen);
  c.op(type === I64 ? W.i64Ne : W.i32Ne);
  c.set(result);
  c.end();
  c.get(PARAM_CPU);
  c.i32(-1);
  c.mem(W.i32Store, WORD_RES_ADDR * 4);
  c.get(result);
  x.pop(i.d, I32, i.ext === EXT_NONE ? EXT_NONE : i.ext);
}

/** min/max: compare-and-exchange until nobody else got in between. */
function emitCasLoop(
  x: EmitContext,
  i: Inst,
  at: number,
  type: ValType,
  mem: (opcode: number) => void,
): void {
  const c = x.code;
  const wide = type === I64;
  const old = x.scratchLocal(type, 1);
  const value = x.scratchLocal(type, 2);
  const name = i.row.name;
  const less = wide ? (name.includes('u') ? W.i64LtU : W.i64LtS) : name.includes('u') ? W.i32LtU : W.i32LtS;
  x.push(i.b, type);
  c.set(value);
  c.open(W.loop);
  c.get(at);
  c.get(at);
  mem(wide ? 0x11 : 0x10);
  c.tee(old);
  // min: old < b ? old : b; max: old < b ? b : old
  if (name.startsWith('amoMin')) {
    c.get(old);
    c.get(value);
  } else {
    c.get(value);
    c.get(old);
  }
  c.get(old);
  c.get(value);
  c.op(less);
  c.op(W.select);
  mem(wide ? 0x49 : 0x48);
  c.get(old);
  c.op(wide ? W.i64Ne : W.i32Ne);
  c.brIf(0);
  c.end();
  c.get(old);
  x.pop(i.d, type, i.ext);
}
