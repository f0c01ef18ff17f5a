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

/** True where a block may be left at an op. */
type Leaves = (b: LoopBlock, i: Inst) => boolean;

/** As far as ops tell; accesses that need no check do not leave. */
const mayLeave: Leaves = (_, i) => mayExit(i);

/**
 * Where in a block to test the budget, as an index of its ops: at the first instruction that may leave anyway, or else
 * the last. What is written before then need not be kept for this exit.
 */
export function budgetPlace(b: LoopBlock, leaves: Leaves): number {
  const { insts } = b;
  const first = insts.findIndex((i) => leaves(b, i) || isBarrier(i));
  const { pc } = first < 0 ? b.end : (insts[first] as Inst);
  let place = first < 0 ? insts.length : first;
  while (place > 0 && (insts[place - 1] as Inst).pc === pc) place--;
  return place;
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
  /** Slots to load again behind each barrier. */
  readonly reload: (SlotSet | undefined)[];
}

/**
 * `budgetAt` tells at which op each block tests the budget and may exit, -1 where it does not. What is dirty but dead on
 * the way into such a block is written back if an exit could ask for it: carried round the loop it would cost a register.
 * `isVector` tells which slots are halves of a register that lives in one vector local: a write to one half then needs
 * the other, and dirties both.
 */
export function analyseFlow(
  blocks: readonly LoopBlock[],
  budgetAt: Int32Array,
  isVector: IsVector = () => false,
  leaves: Leaves = mayLeave,
): BlockFlow[] {
  const flows = blocks.map((): BlockFlow => ({
    dirtyIn: new SlotSet(),
    liveIn: new SlotSet(),
    dirtyAt: [],
    flush: new SlotSet(),
    reload: [],
  }));
  const kept = keptAtEnds(blocks, budgetAt, isVector, leaves);
  dirtyForward(blocks, flows, kept, isVector);
  const leavesAt = (b: LoopBlock, i: Inst, n: number): boolean => leaves(b, i) || n === budgetAt[b.index];
  for (const b of blocks) recordDirty(b, flows[b.index] as BlockFlow, kept[b.index], isVector, leavesAt);
  liveBackward(blocks, flows, budgetAt, isVector);
  return flows;
}

/** For blocks in front of a loop header: what is live in the headers behind them, and what no exit there asks for. */
function keptAtEnds(
  blocks: readonly LoopBlock[],
  budgetAt: Int32Array,
  isVector: IsVector,
  leaves: Leaves,
): (SlotSet | undefined)[] {
  const needed = backward(blocks, (b, after) => neededAtStart(b, after, isVector));
  const asked = backward(blocks, (b, after) => askedAtStart(b, after, budgetAt, leaves));
  const all = new SlotSet();
  all.fill();
  return blocks.map((b) => {
    let kept: SlotSet | undefined;
    for (const s of b.succ) {
      if ((budgetAt[s] as number) < 0) continue;
      const keep = all.copy();
      keep.subtract(asked[s] as SlotSet);
      keep.union(needed[s] as SlotSet);
      if (kept === undefined) kept = keep;
      else kept.intersect(keep);
    }
    return kept;
  });
}

/** Solves a backward problem: sets at the start of each block from those behind it. */
function backward(
  blocks: readonly LoopBlock[],
  step: (b: LoopBlock, after: SlotSet) => SlotSet,
): readonly SlotSet[] {
  const sets = blocks.map(() => new SlotSet());
  for (let changed = true; changed;) {
    changed = false;
    for (let k = blocks.length - 1; k >= 0; k--) {
      const b = blocks[k] as LoopBlock;
      const after = new SlotSet();
      for (const s of b.succ) after.union(sets[s] as SlotSet);
      if ((sets[k] as SlotSet).union(step(b, after))) changed = true;
    }
  }
  return sets;
}

/** Slots read before they are written when no exit is taken; whatever is behind the region reads all. */
function neededAtStart(b: LoopBlock, set: SlotSet, isVector: IsVector): SlotSet {
  if (b.end.link === LINK_CALL || endLeaves(b)) set.fill();
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

/** Slots that an exit may be the first to ask for: it comes before they are written. */
function askedAtStart(b: LoopBlock, set: SlotSet, budgetAt: Int32Array, leaves: Leaves): SlotSet {
  if (budgetAt[b.index] === b.insts.length) set.fill();
  for (let k = b.insts.length - 1; k >= 0; k--) {
    const i = b.insts[k] as Inst;
    writes(i, (s) => {
      set.delete(s);
    });
    if (leaves(b, i) || budgetAt[b.index] === k) set.fill();
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

function recordDirty(
  b: LoopBlock,
  flow: BlockFlow,
  keep: SlotSet | undefined,
  isVector: IsVector,
  leavesAt: (b: LoopBlock, i: Inst, n: number) => boolean,
): void {
  const dirty = flow.dirtyIn.copy();
  b.insts.forEach((i, n) => {
    if (leavesAt(b, i, n) || isBarrier(i)) flow.dirtyAt[n] = dirty.copy();
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
  budgetAt: Int32Array,
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
    const live = liveAtStart(b, flow, flows, budgetAt[k] === b.insts.length, isVector);
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
  budgetAtEnd: boolean,
  isVector: IsVector,
): SlotSet {
  const live = new SlotSet();
  const n = b.insts.length;
  for (const s of b.succ) live.union((flows[s] as BlockFlow).liveIn);
  if (b.end.link === LINK_CALL) live.clear();
  if (budgetAtEnd || endLeaves(b)) live.union(flow.dirtyAt[n] as SlotSet);
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
