/**
 * Which guest slots an op reads and writes, where a block may leave its region, which slots may be dirty there (changed
 * in locals, not yet in the CPU block) and which are live. An exit uses the slots it writes back; a call or helper
 * writes all dirty slots back and has everything live behind it loaded again.
 */
import { SLOT_TEMP } from '../../cpu/layout.js';
import { LINK_CALL } from '../ir/inst.js';
import type { Inst, Operand } from '../ir/inst.js';
import { isBranch } from '../ir/block.js';
import { OPS } from '../ir/ops.js';
import type { IrType } from '../ir/ops.js';
import type { LoopBlock } from './loops.js';
import type { RegionBlock } from './region.js';
import { SlotSet } from './slot-set.js';

/** True for ops that may end in a side exit at their instruction. */
export function mayExit(i: Inst): boolean {
  const k = i.row.kind;
  return k === 'load' || k === 'store' || k === 'atomic' || k === 'fp';
}

/** True where the block may be left at the op. */
export function leavesAt(b: LoopBlock, i: Inst): boolean {
  return mayExit(i) && b.covered?.has(i) !== true;
}

/** True for ops that see and may change CPU state in memory: dirty slots are written back first, live ones reloaded. */
export function isBarrier(i: Inst): boolean {
  return i.row === OPS.helper;
}

function addOperand(set: SlotSet, o: Operand, type: IrType): void {
  if (typeof o !== 'number' || o >= SLOT_TEMP) return;
  set.add(o);
  if (type === 'v128') set.add(o + 1);
}

export function addReads(set: SlotSet, i: Inst): void {
  const t = i.row.operands;
  if (i.row === OPS.helper) return; // reads memory, after the write-back
  if (t.length > 0) addOperand(set, i.a, t[0] as IrType);
  if (t.length > 1) addOperand(set, i.b, t[1] as IrType);
  if (t.length > 2) addOperand(set, i.c, t[2] as IrType);
}

/** Calls f with each guest slot the op writes. */
export function writes(i: Inst, f: (slot: number) => void): void {
  if (i.row.result === '' || i.d >= SLOT_TEMP) return;
  f(i.d);
  if (i.row.result === 'v128') f(i.d + 1);
}

/** Which slots are halves of a register that lives in one vector local. */
type IsVector = (slot: number) => boolean;

/** As `writes`, and the other half of a vector local: it is written back as a whole. */
function dirties(i: Inst, isVector: IsVector, f: (slot: number) => void): void {
  writes(i, (s) => {
    f(s);
    if (isVector(s)) f(s ^ 1);
  });
}

export interface BlockFlow {
  readonly dirtyIn: SlotSet;
  readonly liveIn: SlotSet;
  /** Dirty set at each op that may exit or is a barrier, by index in insts; at index insts.length for the end. */
  readonly dirtyAt: (SlotSet | undefined)[];
  /** Slots written back before the end: nothing but an exit would read them behind the loop header that follows. */
  readonly flush: SlotSet;
  /** Slots to load again behind each barrier, and behind the call that ends the block (index insts.length). */
  readonly reload: (SlotSet | undefined)[];
}

/**
 * `isLoop` tells which blocks test the budget at their start and may exit there. What is dirty but dead on the way into
 * one is written back: carried round the loop for the sake of exits it would cost a register. `isVector` which slots are halves of a
 * register that lives in one vector local: a write to one half then needs the other, and dirties both.
 */
export function analyseFlow(
  blocks: readonly LoopBlock[],
  isLoop: Uint8Array,
  isVector: IsVector = () => false,
): BlockFlow[] {
  const flows = blocks.map((): BlockFlow => ({
    dirtyIn: new SlotSet(),
    liveIn: new SlotSet(),
    dirtyAt: [],
    flush: new SlotSet(),
    reload: [],
  }));
  const kept = keptAtEnds(blocks, isLoop, isVector);
  dirtyForward(blocks, flows, kept, isVector);
  for (const b of blocks) recordDirty(b, flows[b.index] as BlockFlow, kept[b.index], isVector);
  liveBackward(blocks, flows, isLoop, isVector);
  return flows;
}

/** For blocks in front of a loop header: what is live in the headers behind them. */
function keptAtEnds(
  blocks: readonly RegionBlock[],
  isLoop: Uint8Array,
  isVector: IsVector,
): (SlotSet | undefined)[] {
  const live = blocks.map(() => new SlotSet());
  for (let changed = true; changed;) {
    changed = false;
    for (let k = blocks.length - 1; k >= 0; k--) {
      const b = blocks[k] as RegionBlock;
      if ((live[k] as SlotSet).union(neededAtStart(b, live, isVector))) changed = true;
    }
  }
  return blocks.map((b) => {
    let kept: SlotSet | undefined;
    for (const s of b.succ) {
      if (isLoop[s] === 0) continue;
      if (kept === undefined) kept = (live[s] as SlotSet).copy();
      else kept.intersect(live[s] as SlotSet);
    }
    return kept;
  });
}

/** Slots read before they are written when no exit is taken; whatever is behind the region reads all. */
function neededAtStart(b: RegionBlock, live: readonly SlotSet[], isVector: IsVector): SlotSet {
  const set = new SlotSet();
  if (b.end.link === LINK_CALL || endLeaves(b)) set.fill();
  for (const s of b.succ) set.union(live[s] as SlotSet);
  addReads(set, b.end);
  for (let k = b.insts.length - 1; k >= 0; k--) {
    const i = b.insts[k] as Inst;
    if (isBarrier(i)) {
      set.fill();
      continue;
    }
    removeWritten(set, i, isVector);
    addReads(set, i);
  }
  return set;
}

/** What an op writes is not live before it; a write to half of a vector needs the other half. */
function removeWritten(live: SlotSet, i: Inst, isVector: IsVector): void {
  const whole = i.row.result === 'v128';
  writes(i, (s) => {
    live.delete(s);
    if (!whole && isVector(s)) live.add(s ^ 1);
  });
}

function dirtyForward(
  blocks: readonly RegionBlock[],
  flows: readonly BlockFlow[],
  kept: readonly (SlotSet | undefined)[],
  isVector: IsVector,
): void {
  const work = blocks.map((b) => b.index);
  const out = new SlotSet();
  for (let k = work.shift(); k !== undefined; k = work.shift()) {
    const b = blocks[k] as RegionBlock;
    out.copyFrom((flows[k] as BlockFlow).dirtyIn);
    for (const i of b.insts) {
      if (isBarrier(i)) out.clear();
      else
        dirties(i, isVector, (s) => {
          out.add(s);
        });
    }
    if (b.end.link === LINK_CALL) out.clear();
    const keep = kept[k];
    if (keep !== undefined) out.intersect(keep);
    for (const s of b.succ) if ((flows[s] as BlockFlow).dirtyIn.union(out) && !work.includes(s)) work.push(s);
  }
}

function recordDirty(b: LoopBlock, flow: BlockFlow, keep: SlotSet | undefined, isVector: IsVector): void {
  const dirty = flow.dirtyIn.copy();
  b.insts.forEach((i, n) => {
    if (leavesAt(b, i) || isBarrier(i)) flow.dirtyAt[n] = dirty.copy();
    if (isBarrier(i)) dirty.clear();
    else
      dirties(i, isVector, (s) => {
        dirty.add(s);
      });
  });
  flow.dirtyAt[b.insts.length] = dirty;
  if (keep === undefined || b.end.link === LINK_CALL) return;
  flow.flush.copyFrom(dirty);
  dirty.intersect(keep);
  flow.flush.subtract(dirty);
}

/** True when the end can leave the region (so that it writes back). */
export function endLeaves(b: RegionBlock): boolean {
  if (isBranch(b.end.row)) return b.succ.length < (b.end.imm === b.end.imm2 ? 1 : 2);
  if (b.end.row === OPS.jump && b.end.link !== LINK_CALL) return b.succ.length === 0;
  return true;
}

function liveBackward(
  blocks: readonly RegionBlock[],
  flows: readonly BlockFlow[],
  isLoop: Uint8Array,
  isVector: IsVector,
): void {
  const preds: number[][] = blocks.map(() => []);
  for (const b of blocks) for (const s of b.succ) (preds[s] as number[]).push(b.index);
  const work = blocks.map((b) => b.index).reverse();
  const queued = new Set(work);
  for (let k = work.shift(); k !== undefined; k = work.shift()) {
    queued.delete(k);
    const b = blocks[k] as RegionBlock;
    const flow = flows[k] as BlockFlow;
    const live = liveAtStart(b, flow, flows, isVector);
    if (isLoop[k] !== 0) live.union(flow.dirtyIn);
    if (flow.liveIn.union(live)) {
      for (const p of preds[k] as number[]) {
        if (!queued.has(p)) {
          queued.add(p);
          work.push(p);
        }
      }
    }
  }
}

function liveAtStart(
  b: RegionBlock,
  flow: BlockFlow,
  flows: readonly BlockFlow[],
  isVector: IsVector,
): SlotSet {
  const live = new SlotSet();
  const n = b.insts.length;
  for (const s of b.succ) live.union((flows[s] as BlockFlow).liveIn);
  if (b.end.link === LINK_CALL) {
    flow.reload[n] = live.copy();
    live.clear();
  }
  if (endLeaves(b)) live.union(flow.dirtyAt[n] as SlotSet);
  addReads(live, b.end);
  live.union(flow.flush);
  for (let k = n - 1; k >= 0; k--) {
    const i = b.insts[k] as Inst;
    if (isBarrier(i)) {
      flow.reload[k] = live.copy();
      live.copyFrom(flow.dirtyAt[k] as SlotSet);
      continue;
    }
    removeWritten(live, i, isVector);
    addReads(live, i);
    const dirty = flow.dirtyAt[k];
    if (dirty !== undefined) live.union(dirty);
  }
  return live;
}
