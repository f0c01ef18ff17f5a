/** Targets of indirect jumps, and calls of functions in other modules. */
import type { Inst } from '../ir/inst.js';
import { OPS } from '../ir/ops.js';
import { PARAM_CPU, PARAM_DEPTH } from './context.js';
import type { EmitContext } from './context.js';
import { I32, I64, W } from './encoder.js';
import type { SlotSet } from './slot-set.js';

/** Where functions are found by pc. */
export interface Lookup {
  /** Imported constant: guest address of the pc-keyed table for other modules, entries {pc, slot in the function table}. */
  readonly lookupGlobal: number;
  readonly lookupMask: number;
}

/** Pushes the target of an indirect jump as i32; leaves for a step when it does not fit. */
export function pushTarget(x: EmitContext, end: Inst, dirty: SlotSet): void {
  const c = x.code;
  if (x.wordSize === 8) {
    const wide = x.scratchLocal(I64, 0);
    x.push(end.a, I64);
    if (end.imm !== 0) {
      c.i64(end.imm, end.imm < 0 ? -1 : 0);
      c.op(W.i64Add);
    }
    c.tee(wide);
    c.i64(-1, 0);
    c.op(W.i64GtU);
    x.exitIf(dirty, end.pc | 1);
    c.get(wide);
    c.op(W.i32WrapI64);
  } else {
    x.push(end.a, I32);
    if (end.imm !== 0) {
      c.i32(end.imm);
      c.op(W.i32Add);
    }
  }
  if (end.row === OPS.jumpIndEven) {
    c.i32(-2);
    c.op(W.i32And);
  }
}

/**
 * With everything written back: pushes what a call of the function for the pc gives, or returns the pc when there is
 * no such function.
 */
export function callThroughTable(x: EmitContext, link: Lookup, pushPc: () => void): void {
  const c = x.code;
  const entry = x.scratchLocal(I32, 5);
  pushPc();
  c.i32(1);
  c.op(W.i32ShrU);
  c.i32(link.lookupMask);
  c.op(W.i32And);
  c.i32(3);
  c.op(W.i32Shl);
  c.op(W.globalGet);
  c.out.u32(link.lookupGlobal);
  c.op(W.i32Add);
  c.tee(entry);
  c.mem(W.i32Load, 0);
  pushPc();
  c.op(W.i32Ne);
  c.open(W.if);
  pushPc();
  c.op(W.return);
  c.end();
  c.get(PARAM_CPU);
  c.get(PARAM_DEPTH);
  c.get(entry);
  c.mem(W.i32Load, 4);
  c.out.byte(W.callIndirect);
  c.out.u32(0);
  c.out.u32(0);
}
