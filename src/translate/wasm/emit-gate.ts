/** The gate in front of a loop in two copies: how many rounds can be done without checks. */
import { PERM_TABLE } from '../../mmap/layout.js';
import type { EmitContext } from './context.js';
import { I32, I64, W } from './encoder.js';
import { MAX_ROUNDS } from './loops.js';
import type { Stream } from './loops.js';

/** Leaves the number in local `rounds`, 0 when the accesses of the next round may not be made just so. */
export function emitGate(x: EmitContext, streams: readonly Stream[], rounds: number): void {
  const c = x.code;
  c.i32(MAX_ROUNDS);
  c.set(rounds);
  for (const s of streams) emitStream(x, s, rounds);
}

function emitStream(x: EmitContext, s: Stream, rounds: number): void {
  const c = x.code;
  const wide = x.scratchLocal(I64, 0);
  const first = x.scratchLocal(I32, 0);
  const last = x.scratchLocal(I32, 1);
  const room = x.scratchLocal(I32, 2);
  c.i64(s.lo, s.lo < 0 ? -1 : 0);
  for (const [slot, shift] of s.terms) {
    x.push(slot, I64);
    if (shift > 0) {
      c.i64(shift, 0);
      c.op(W.i64Shl);
    }
    c.op(W.i64Add);
  }
  c.tee(wide);
  c.op(W.i32WrapI64);
  c.tee(first);
  c.i32(s.hi - s.lo - 1);
  c.op(W.i32Add);
  c.set(last);
  if (s.k !== 0 || s.by >= 0) {
    roomIn(x, s, first, last, room);
    c.get(room);
    c.get(rounds);
    c.get(room);
    c.get(rounds);
    c.op(W.i32LtU);
    c.op(W.select);
    c.set(rounds);
  }
  // rounds = rights are there and the address fits ? rounds : 0
  c.get(rounds);
  c.i32(0);
  rights(x, first);
  if (s.hi - s.lo > 1) {
    rights(x, last);
    c.op(W.i32And);
  }
  c.i32(s.need);
  c.op(W.i32And);
  c.i32(s.need);
  c.op(W.i32Eq);
  c.get(wide);
  c.i64(32, 0);
  c.op(W.i64ShrU);
  c.op(W.i64Eqz);
  c.op(W.i32And);
  c.op(W.select);
  c.set(rounds);
}

/** Rounds until the range has left the pages of its first round. */
function roomIn(x: EmitContext, s: Stream, first: number, last: number, room: number): void {
  const c = x.code;
  if (s.k < 0) {
    c.get(first);
    c.i32(4095);
    c.op(W.i32And);
  } else {
    c.get(last);
    c.i32(-1);
    c.op(W.i32Xor);
    c.i32(4095);
    c.op(W.i32And);
  }
  if (s.by < 0) {
    const k = Math.abs(s.k);
    const shift = 31 - Math.clz32(k);
    if (k === 1 << shift) {
      c.i32(shift);
      c.op(W.i32ShrU);
    } else {
      c.i32(k);
      c.op(W.i32DivU);
    }
    c.i32(1);
    c.op(W.i32Add);
    c.set(room);
    return;
  }
  // A distance of a page or more, or backward: one round.
  c.set(room);
  x.push(s.by, I64);
  c.i64(-1, -1);
  c.op(W.i64Add);
  c.i64(4095, 0);
  c.op(W.i64LtU);
  c.open(W.if);
  c.get(room);
  x.push(s.by, I32);
  c.op(W.i32DivU);
  c.i32(1);
  c.op(W.i32Add);
  c.set(room);
  c.op(W.else);
  c.i32(1);
  c.set(room);
  c.end();
}

function rights(x: EmitContext, local: number): void {
  const c = x.code;
  c.get(local);
  c.i32(12);
  c.op(W.i32ShrU);
  c.i32(PERM_TABLE | 0);
  c.op(W.i32Add);
  c.mem(W.i32Load8u, 0);
}
