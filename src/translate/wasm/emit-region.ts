/**
 * One region → one Wasm function (cpu, bytes of native stack left) → next pc.
 *
 * The result is the guest pc to go on at, everything being written back; with bit 0 set, the instruction at pc - 1 must
 * first be completed by the closure engine. Structured control flow comes from the dominator tree (Ramsey, "Beyond
 * Relooper"); a region whose graph stays irreducible becomes a loop around a br_table instead.
 */
import { SLOT_V } from '../../cpu/layout.js';
import { isBranch } from '../ir/block.js';
import { LINK_CALL } from '../ir/inst.js';
import { HELPER_WIDE } from '../helpers.js';
import type { Inst } from '../ir/inst.js';
import { OPS } from '../ir/ops.js';
import { AccessFinder, leavesAt } from './accesses.js';
import type { Access, Accesses } from './accesses.js';
import { analyse } from './cfg.js';
import type { Cfg } from './cfg.js';
import { EmitContext, PARAM_CPU, PARAM_DEPTH } from './context.js';
import { analyseFlow, budgetPlace, endLeaves, isBarrier } from './dataflow.js';
import type { BlockFlow } from './dataflow.js';
import { emitFp } from './emit-fp.js';
import { emitAtomic, emitLoad, emitStore } from './emit-memory.js';
import { callThroughTable, pushTarget } from './emit-jump.js';
import type { Lookup } from './emit-jump.js';
import { emitCondition, emitPure } from './emit-op.js';
import { homesOf } from './homes.js';
import { emitGate } from './emit-gate.js';
import { copyLoops } from './loops.js';
import type { LoopBlock, Role } from './loops.js';
import { analyseForms, resultForm, stepForms } from './narrow.js';
import type { Forms } from './narrow.js';
import { I32, V128, W } from './encoder.js';
import { isSwitch } from './region.js';
import type { Region, RegionBlock } from './region.js';
import { selectBranches } from './selects.js';
import { SlotSet } from './slot-set.js';
import { untangle } from './split.js';

/** Function indices and tables that a region's code refers to. */
export interface Linkage extends Lookup {
  /** Index of the imported helper dispatcher (cpu, helper, d, a, b, c, imm, pc). */
  readonly helperImport: number;
  /** True for a guest pc that is compiled in this very module. */
  isLocal(pc: number): boolean;
  readonly wordSize: 4 | 8;
  /** Slot of the stack pointer. */
  readonly stackSlot: number;
  readonly hostFma: boolean;
}

/** Upper estimate of a native frame in bytes, beside 8 bytes for each local (baseline code keeps every local there). */
const FRAME_BASE = 160;

/** Labels that structured control flow opened. */
interface Label {
  readonly kind: 'block' | 'loop' | 'if';
  readonly node: number;
}

/** Label of a construct that no block is at. */
const NO_NODE = -2;

class RegionEmitter {
  private readonly entry: number;
  private readonly blocks: readonly LoopBlock[];
  private readonly link: Linkage;
  private readonly x: EmitContext;
  private readonly cfg: Cfg;
  private readonly flows: BlockFlow[];
  /** How accesses are checked, by block. */
  private readonly accesses: readonly Accesses[];
  /** Where blocks test the budget, as an index of their ops; -1 where they do not. */
  private readonly budgetAt: Int32Array;
  /** Forms at the start of each block. */
  private readonly formsIn: Forms[];
  private readonly labels: Label[] = [];
  /** Where the code has the constant with the size of its native frame. */
  private frameAt = 0;
  /** Local with the next block's number, in the dispatch form. */
  private stateLocal = -1;
  /** Where the entry is not the root: the blocks that dominate it, each with the next, down to the entry. */
  private readonly wayIn: ReadonlyMap<number, number>;
  /** Local that is 1 on the way from the root to the entry. */
  private entering = -1;

  constructor(region: Region, link: Linkage) {
    this.entry = region.entry;
    this.link = link;
    const joined = link.wordSize === 8 ? selectBranches(region.blocks) : region.blocks;
    const { blocks: untangled, root } = untangle(joined);
    const blocks = copyLoops(untangled, isSwitch, root);
    this.blocks = blocks;
    this.cfg = analyse(
      blocks.map((b) => b.succ),
      (node) => isSwitch(blocks[node] as RegionBlock),
      root,
    );
    this.wayIn = this.findWayIn();
    const home = homesOf(blocks, link.wordSize);
    this.x = new EmitContext(link.wordSize, home);
    this.x.hostFma = link.hostFma;
    if (blocks.some((b) => b.insts.some((i) => i.row.kind === 'fp'))) this.x.useEnvironment();
    this.accesses = new AccessFinder(blocks, this.cfg, link.wordSize, link.stackSlot).find();
    const leaves = (b: LoopBlock, i: Inst): boolean => leavesAt(i, this.accesses[b.index] as Accesses);
    this.formsIn = analyseForms(blocks, (slot) => this.x.mayNarrow(slot));
    this.budgetAt = Int32Array.from(blocks, (b) =>
      !this.testsBudget(b) ? -1 : this.cfg.reducible ? budgetPlace(b, leaves) : 0,
    );
    const isVector = (slot: number): boolean => slot >= SLOT_V && home(slot) === V128;
    this.flows = analyseFlow(blocks, this.budgetAt, isVector, leaves);
  }

  private findWayIn(): ReadonlyMap<number, number> {
    const { idom, isMerge, root, reducible } = this.cfg;
    const way = new Map<number, number>();
    if (!reducible || root === 0) return way;
    for (let node = 0; node !== root; node = idom[node] as number) {
      way.set(idom[node] as number, node);
      // So that there is a label to jump to.
      isMerge[node] = 1;
    }
    return way;
  }

  /** Where the function may stop between two blocks. */
  private testsBudget(b: LoopBlock): boolean {
    return !this.cfg.reducible || (this.cfg.isLoop[b.index] !== 0 && b.counted !== true);
  }

  emit(): EmitContext {
    const { x } = this;
    const c = x.code;
    const none = new SlotSet();
    x.addExit(none);
    this.collectExits();
    const exits = x.exitList;
    for (let k = 0; k < exits.length; k++) c.open(W.block);
    x.loadBudget();
    c.get(PARAM_DEPTH);
    this.frameAt = c.frameConstant();
    c.op(W.i32Sub);
    c.tee(PARAM_DEPTH);
    c.get(x.budgetLocal);
    c.op(W.i32Or);
    c.i32(0);
    c.op(W.i32LtS);
    x.exitIf(none, this.entry);
    x.loadSlots((this.flows[0] as BlockFlow).liveIn);
    x.loadEnvironment();
    if (this.wayIn.size > 0) {
      this.entering = c.local(I32);
      c.i32(1);
      c.set(this.entering);
    }
    if (this.cfg.reducible) this.tree(this.cfg.root);
    else this.dispatch();
    c.op(W.unreachable);
    exits.forEach((e) => {
      c.end();
      x.storeExit(e);
      x.storeBudget();
      c.get(x.pcLocal);
      c.op(W.return);
    });
    c.op(W.unreachable);
    c.setFrame(this.frameAt, FRAME_BASE + 8 * c.localCount);
    return x;
  }

  /** Registers every dirty set an exit will need, so that their labels can be opened first. */
  private collectExits(): void {
    for (const b of this.blocks) {
      const flow = this.flows[b.index] as BlockFlow;
      this.startForms(b.index);
      const accesses = this.accesses[b.index] as Accesses;
      const budgetAt = this.budgetAt[b.index] as number;
      b.insts.forEach((i, n) => {
        if (leavesAt(i, accesses) || n === budgetAt) this.x.addExit(flow.dirtyAt[n] as SlotSet);
        stepForms(i, this.x.forms, this.mayNarrow);
      });
      if (endLeaves(b) || budgetAt === b.insts.length)
        this.x.addExit(flow.dirtyAt[b.insts.length] as SlotSet);
    }
    this.x.forms.fill(0);
  }

  private readonly mayNarrow = (slot: number): boolean => this.x.mayNarrow(slot);

  private startForms(node: number): void {
    this.x.forms.set(this.formsIn[node] as Forms);
  }

  // ---- structure ---------------------------------------------------------------------------------------------------------

  private open(kind: Label['kind'], node: number): void {
    this.x.code.open(kind === 'loop' ? W.loop : kind === 'if' ? W.if : W.block);
    this.labels.push({ kind, node });
    this.x.depth++;
  }

  private close(): void {
    this.x.code.end();
    this.labels.pop();
    this.x.depth--;
  }

  private tree(node: number): void {
    if (this.cfg.isLoop[node] !== 0) {
      this.open('loop', node);
      this.inside(node);
      this.close();
    } else this.inside(node);
  }

  /** The node with the merge points it dominates behind it, the latest in reverse postorder outermost. */
  private inside(node: number): void {
    const merges = (this.cfg.children[node] as readonly number[])
      .filter((k) => this.cfg.isMerge[k] !== 0)
      .sort((a, b) => (this.cfg.rpo[b] as number) - (this.cfg.rpo[a] as number));
    for (const m of merges) this.open('block', m);
    this.passTo(node);
    this.block(this.blocks[node] as LoopBlock);
    for (const m of [...merges].reverse()) {
      this.close();
      this.tree(m);
    }
  }

  /** On the way from the root to the entry, jumps on past the block. */
  private passTo(node: number): void {
    if (this.entering < 0) return;
    const c = this.x.code;
    const next = this.wayIn.get(node);
    if (next !== undefined) {
      c.get(this.entering);
      c.brIf(this.depthOf('block', next));
    } else if (node === 0) {
      c.i32(0);
      c.set(this.entering);
    }
  }

  /** Counts the budget down; leaves to the run loop when it is used up. */
  private budget(pc: number, dirty: SlotSet): void {
    const { x } = this;
    const c = x.code;
    c.get(x.budgetLocal);
    c.i32(1);
    c.op(W.i32Sub);
    c.tee(x.budgetLocal);
    c.i32(0);
    c.op(W.i32LtS);
    x.exitIf(dirty, pc);
  }

  /** The dispatch form for irreducible graphs. */
  private dispatch(): void {
    const c = this.x.code;
    const { blocks } = this;
    this.stateLocal = c.local(I32);
    this.open('loop', -1);
    for (let k = blocks.length - 1; k >= 0; k--) this.open('block', k);
    c.get(this.stateLocal);
    c.out.byte(W.brTable);
    c.out.u32(blocks.length - 1);
    for (let k = 0; k < blocks.length; k++) c.out.u32(k);
    for (const b of blocks) {
      this.close();
      this.block(b);
    }
    this.close();
  }

  private depthOf(kind: Label['kind'], node: number): number {
    for (let k = this.labels.length - 1; k >= 0; k--) {
      const l = this.labels[k] as Label;
      if (l.kind === kind && l.node === node) return this.labels.length - 1 - k;
    }
    throw new Error('no label for block');
  }

  /** The label a jump from `from` to `to` branches to; undefined when `to` is emitted in place. */
  private labelFor(from: number, to: number): number | undefined {
    if (!this.cfg.reducible) return this.depthOf('loop', -1);
    if ((this.cfg.rpo[to] as number) <= (this.cfg.rpo[from] as number)) return this.depthOf('loop', to);
    if (this.cfg.isMerge[to] !== 0) return this.depthOf('block', to);
    return undefined;
  }

  private goto(from: number, to: number): void {
    if (!this.cfg.reducible) {
      this.x.code.i32(to);
      this.x.code.set(this.stateLocal);
    }
    const label = this.labelFor(from, to);
    if (label === undefined) this.tree(to);
    else this.x.code.br(label);
  }

  // ---- blocks ------------------------------------------------------------------------------------------------------------

  private block(b: LoopBlock): void {
    const { x } = this;
    const flow = this.flows[b.index] as BlockFlow;
    x.startBlock();
    this.startForms(b.index);
    const accesses = this.accesses[b.index] as Accesses;
    const budgetAt = this.budgetAt[b.index] as number;
    b.insts.forEach((i, n) => {
      if (n === budgetAt) this.budget(i.pc, flow.dirtyAt[n] as SlotSet);
      x.resultForm = i.row.result !== '' && x.mayNarrow(i.d) ? resultForm(i, x.forms) : 0;
      this.inst(i, flow, n, accesses.get(i));
      x.resultForm = 0;
      stepForms(i, x.forms, this.mayNarrow);
    });
    this.widenFor(b);
    x.storeSlots(flow.flush);
    if (budgetAt === b.insts.length) this.budget(b.end.pc, flow.dirtyAt[budgetAt] as SlotSet);
    if (b.role === undefined) this.end(b, flow);
    else this.loopControl(b, b.role);
  }

  /** What a loop in two copies has instead of an end. */
  private loopControl(b: LoopBlock, role: Role): void {
    const { x } = this;
    const c = x.code;
    const rounds = x.scratchLocal(I32, 6);
    const granted = x.scratchLocal(I32, 7);
    const [first, second] = b.succ as [number, number];
    if (role.kind === 'gate') {
      emitGate(x, role.streams, rounds);
      c.get(rounds);
      c.tee(granted);
      const forms = x.forms.slice();
      this.open('if', NO_NODE);
      this.goto(b.index, first);
      c.op(W.else);
      x.forms.set(forms);
      this.goto(b.index, second);
      this.close();
    } else if (role.kind === 'count') {
      c.get(rounds);
      c.i32(1);
      c.op(W.i32Sub);
      c.tee(rounds);
      c.brIf(this.labelFor(b.index, first) as number);
      this.goto(b.index, second);
    } else {
      c.get(x.budgetLocal);
      c.get(granted);
      c.op(W.i32Sub);
      c.set(x.budgetLocal);
      this.goto(b.index, first);
    }
  }

  /** Fills the 64-bit locals that blocks behind this one expect. */
  private widenFor(b: RegionBlock): void {
    if (b.end.link === LINK_CALL) return;
    const { x } = this;
    for (let slot = 0; slot < SLOT_V; slot++) {
      if (x.forms[slot] === 0) continue;
      const wide = (s: number): boolean =>
        (this.formsIn[s] as Forms)[slot] === 0 && (this.flows[s] as BlockFlow).liveIn.has(slot);
      if (b.succ.some(wide)) x.widenSlot(slot);
    }
  }

  private inst(i: Inst, flow: BlockFlow, n: number, access: Access | undefined): void {
    const { x } = this;
    const dirty = flow.dirtyAt[n];
    switch (i.row.kind) {
      case 'load':
        emitLoad(x, i, access, dirty as SlotSet);
        break;
      case 'store':
        emitStore(x, i, access, dirty as SlotSet);
        break;
      case 'atomic':
        emitAtomic(x, i, dirty as SlotSet);
        break;
      case 'fp':
        emitFp(x, i, dirty as SlotSet);
        break;
      case 'helper':
        if (isBarrier(i)) this.helper(i, flow, n);
        else {
          x.code.op(0xfe0003);
          x.code.out.byte(0);
        }
        break;
      default:
        emitPure(x, i);
    }
  }

  private helper(i: Inst, flow: BlockFlow, n: number): void {
    const { x } = this;
    const c = x.code;
    x.storeSlots(flow.dirtyAt[n] as SlotSet);
    x.spillTemps([i.a, i.b, i.c]);
    c.get(PARAM_CPU);
    for (const v of [i.imm2, i.d, i.a, i.b, i.c, i.imm, i.pc]) c.i32(typeof v === 'number' ? v : 0);
    c.call(this.link.helperImport);
    stepForms(i, x.forms, this.mayNarrow);
    x.loadSlots(flow.reload[n] as SlotSet);
    x.reloadTemp(i.d, HELPER_WIDE[i.imm2] === true);
    x.loadEnvironment();
    x.known.clear();
  }

  private end(b: RegionBlock, flow: BlockFlow): void {
    const { end } = b;
    const dirty = flow.dirtyAt[b.insts.length] as SlotSet;
    if (isBranch(end.row)) this.conditional(b, dirty);
    else if (end.link === LINK_CALL) this.guestCall(b, dirty);
    else if (end.row === OPS.jump) this.jumpTo(b, end.imm, dirty);
    else if (end.row === OPS.exit) this.kernelExit(end, dirty);
    else this.indirect(b, dirty);
  }

  private successor(b: RegionBlock, pc: number): number | undefined {
    return b.succ.find((s) => (this.blocks[s] as RegionBlock).pc === pc);
  }

  private jumpTo(b: RegionBlock, pc: number, dirty: SlotSet): void {
    const s = this.successor(b, pc);
    if (s !== undefined) this.goto(b.index, s);
    else this.leaveTo(pc, dirty);
  }

  /** Leaves for a known pc: through a tail position call when it is in this module, else to the run loop. */
  private leaveTo(pc: number, dirty: SlotSet): void {
    this.x.exit(dirty, pc);
  }

  private conditional(b: RegionBlock, dirty: SlotSet): void {
    const { x } = this;
    const c = x.code;
    const { end } = b;
    if (end.imm === end.imm2) {
      this.jumpTo(b, end.imm, dirty);
      return;
    }
    const taken = this.successor(b, end.imm);
    const other = this.successor(b, end.imm2);
    emitCondition(x, end);
    if (taken === undefined) {
      x.exitIf(dirty, end.imm);
      this.jumpTo(b, end.imm2, dirty);
      return;
    }
    const label = this.cfg.reducible ? this.labelFor(b.index, taken) : undefined;
    if (label !== undefined) {
      c.brIf(label);
      this.jumpTo(b, end.imm2, dirty);
      return;
    }
    const forms = x.forms.slice();
    this.open('if', -1);
    this.goto(b.index, taken);
    // What was emitted in between has left its own.
    x.forms.set(forms);
    if (other === undefined || this.labelFor(b.index, other) !== undefined) {
      this.close();
      this.jumpTo(b, end.imm2, dirty);
      return;
    }
    // The label stack is unchanged by else.
    c.op(W.else);
    this.goto(b.index, other);
    this.close();
  }

  /** Syscalls, traps: reason and the pending bit are set as the closure engine does. */
  private kernelExit(end: Inst, dirty: SlotSet): void {
    // The closure engine performs the exit: it is one op, and this keeps its protocol in one place.
    this.x.exit(dirty, end.pc | 1);
  }

  private indirect(b: RegionBlock, dirty: SlotSet): void {
    const { x } = this;
    const { end } = b;
    const c = x.code;
    pushTarget(x, end, dirty);
    c.set(x.pcLocal);
    if (end.row === OPS.jumpInd) {
      // An odd target must not look like a step request; the closure engine knows what it means.
      c.get(x.pcLocal);
      c.i32(1);
      c.op(W.i32And);
      x.exitIfKeeping(dirty, end.pc | 1);
    }
    if (b.succ.length > 0 && this.cfg.reducible) this.jumpTable(b);
    // A return goes to the caller, which compares; any other jump to the driver, which looks the pc up.
    x.exitDynamic(dirty);
  }

  /** Jumps to the known target that pcLocal names; falls through when it is another. */
  private jumpTable(b: RegionBlock): void {
    const { x } = this;
    const c = x.code;
    const entries = b.succ.map((s) => ({ node: s, pc: (this.blocks[s] as RegionBlock).pc }));
    const first = Math.min(...entries.map((e) => e.pc));
    const shift = entries.every((e) => ((e.pc - first) & 3) === 0) ? 2 : 1;
    const size = (Math.max(...entries.map((e) => e.pc)) - first) / (1 << shift) + 1;
    this.open('block', NO_NODE);
    const labels = new Array<number>(size).fill(0);
    for (const e of entries) labels[(e.pc - first) >> shift] = this.labelFor(b.index, e.node) as number;
    c.get(x.pcLocal);
    c.i32(first);
    c.op(W.i32Sub);
    // Bits below the alignment become high ones: such a target is none of ours.
    c.i32(shift);
    c.op(W.i32Rotr);
    c.out.byte(W.brTable);
    c.out.u32(size);
    for (const l of labels) c.out.u32(l);
    c.out.u32(0);
    this.close();
  }

  private guestCall(b: RegionBlock, dirty: SlotSet): void {
    const { x, link } = this;
    const c = x.code;
    const { end } = b;
    const back = end.imm2;
    if (end.row === OPS.jump) {
      x.storeSlots(dirty);
      x.storeBudget();
      if (link.isLocal(end.imm)) {
        c.get(PARAM_CPU);
        c.get(PARAM_DEPTH);
        c.callLinked(end.imm);
      } else
        callThroughTable(x, link, () => {
          c.i32(end.imm);
        });
    } else {
      pushTarget(x, end, dirty);
      c.set(x.pcLocal);
      x.storeSlots(dirty);
      x.storeBudget();
      callThroughTable(x, link, () => {
        c.get(x.pcLocal);
      });
    }
    const s = this.successor(b, back);
    if (s === undefined) {
      c.op(W.return);
      return;
    }
    c.tee(x.pcLocal);
    c.i32(back);
    c.op(W.i32Ne);
    this.open('if', NO_NODE);
    for (const landing of b.succ) {
      if (landing === s) continue;
      c.get(x.pcLocal);
      c.i32((this.blocks[landing] as RegionBlock).pc);
      c.op(W.i32Eq);
      this.open('if', NO_NODE);
      this.arrive(landing);
      this.goto(b.index, landing);
      this.close();
    }
    c.get(x.pcLocal);
    c.op(W.return);
    this.close();
    this.arrive(s);
    this.goto(b.index, s);
  }

  /** Loads what a block behind a call has live. */
  private arrive(node: number): void {
    const { x } = this;
    x.forms.fill(0);
    x.loadSlots((this.flows[node] as BlockFlow).liveIn);
    x.loadBudget();
    x.loadEnvironment();
  }
}

export function emitRegion(region: Region, link: Linkage): EmitContext {
  return new RegionEmitter(region, link).emit();
}
