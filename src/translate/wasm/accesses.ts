/**
 * Which loads and stores share a check. Addresses are followed symbolically through a region, as a root (the value that a
 * register had somewhere) and a distance from it. Accesses off one root in a block are one group with one check, and none
 * is needed where a check that covers the access has been made on every way there: rights only change outside generated
 * code, and that ends the function.
 */
import { SLOT_TEMP, SLOT_V } from '../../cpu/layout.js';
import { PERM_READ, PERM_WRITE } from '../../mmap/layout.js';
import { LINK_CALL } from '../ir/inst.js';
import type { Inst, Operand } from '../ir/inst.js';
import { OPS } from '../ir/ops.js';
import type { Cfg } from './cfg.js';
import { isBarrier } from './dataflow.js';
import type { LoopBlock } from './loops.js';

/** Widest group: its first and last byte then touch at most two pages. */
const MAX_SPAN = 4096;
/** Widest check off the stack pointer for the sake of other blocks. */
const MAX_FRAME = 2048;
/** Distances from a root that are followed. */
const MAX_DISTANCE = 2 ** 30;

/** Accesses that share a check: [min, max) from the root. */
export interface Group {
  readonly leader: Inst;
  /** Distance of the leader's base register from the root. */
  readonly base: number;
  min: number;
  max: number;
  need: number;
  /** Local with the guest address of `min`, once emitted. */
  local: number;
  /** Checked in front of the loop: only the address is computed. */
  readonly free: boolean;
}

export interface Access {
  /** undefined: covered by a check in another block. */
  readonly group: Group | undefined;
  /** Distance of the first byte from the root. */
  readonly at: number;
  /** That check's range holds the base register itself, so a small offset added to it stays below 4 GiB. */
  readonly near: boolean;
}

/** The accesses of one block. One that is not here has a check for itself. */
export type Accesses = ReadonlyMap<Inst, Access>;

interface Value {
  readonly root: number;
  readonly distance: number;
}

interface Range {
  readonly min: number;
  readonly max: number;
  readonly need: number;
}

/** What has been checked, by root. */
type Checked = ReadonlyMap<number, Range>;

export function isAccess(i: Inst): boolean {
  return i.row.kind === 'load' || i.row.kind === 'store';
}

export function needOf(i: Inst): number {
  return i.row.kind === 'load' ? PERM_READ : PERM_WRITE;
}

/** True where the block may be left at the op. */
export function leavesAt(i: Inst, accesses: Accesses): boolean {
  const { kind } = i.row;
  if (!isAccess(i)) return kind === 'atomic' || kind === 'fp';
  const access = accesses.get(i);
  return access === undefined || (access.group?.leader === i && !access.group.free);
}

/** Values of the slots below SLOT_V; a root of -1 is not known yet. */
class Values {
  readonly root = new Int32Array(SLOT_V).fill(-1);
  readonly distance = new Int32Array(SLOT_V);

  copyFrom(other: Values): void {
    this.root.set(other.root);
    this.distance.set(other.distance);
  }

  /** Every slot has a value of its own, numbered from `first`. */
  renew(first: number): void {
    for (let slot = 0; slot < SLOT_V; slot++) this.root[slot] = first + slot;
    this.distance.fill(0);
  }

  /** Merges what another way brings; what differs gets a value of its own. True when something changed. */
  meet(other: Values, first: number): boolean {
    let changed = false;
    for (let slot = 0; slot < SLOT_V; slot++) {
      const root = this.root[slot] as number;
      if (root === first + slot) continue;
      if (root === other.root[slot] && this.distance[slot] === other.distance[slot]) continue;
      this.root[slot] = root === -1 ? (other.root[slot] as number) : first + slot;
      this.distance[slot] = root === -1 ? (other.distance[slot] as number) : 0;
      changed = true;
    }
    return changed;
  }
}

export class AccessFinder {
  private readonly blocks: readonly LoopBlock[];
  private readonly cfg: Cfg;
  private readonly wordSize: 4 | 8;
  private readonly stackSlot: number;
  private readonly starts: Values[];
  /** Number of the first instruction of each block among all. */
  private readonly firstInst: number[] = [];
  /** Number of the first barrier of each block among all. */
  private readonly firstBarrier: number[] = [];
  private readonly insts: number;
  /** Roots that a stack pointer has, and the range of all accesses off each. */
  private readonly frames = new Map<number, Range>();

  constructor(blocks: readonly LoopBlock[], cfg: Cfg, wordSize: 4 | 8, stackSlot: number) {
    this.blocks = blocks;
    this.cfg = cfg;
    this.wordSize = wordSize;
    this.stackSlot = stackSlot;
    this.starts = blocks.map(() => new Values());
    let count = 0;
    let barriers = 0;
    for (const b of blocks) {
      this.firstInst.push(count);
      this.firstBarrier.push(barriers);
      count += b.insts.length;
      for (const i of b.insts) if (isBarrier(i)) barriers++;
    }
    this.insts = count;
  }

  /** The accesses of each block. */
  find(): Accesses[] {
    this.followValues();
    for (const b of this.blocks) this.noteFrames(b);
    const before = this.followChecks();
    return this.blocks.map((b) => this.group(b, before[b.index] ?? new Map()).accesses);
  }

  // ---- values ------------------------------------------------------------------------------------------------------------

  /** Numbers of the values that a block's start, its call and its instructions make. */
  private startRoot(b: LoopBlock): number {
    return SLOT_V * (1 + b.index);
  }

  private callRoot(b: LoopBlock): number {
    return SLOT_V * (1 + this.blocks.length + b.index);
  }

  private instRoot(b: LoopBlock, n: number): number {
    return SLOT_V * (1 + 2 * this.blocks.length) + (this.firstInst[b.index] as number) + n;
  }

  /** The first of the roots that the registers have behind a barrier. */
  private barrierRoot(number: number): number {
    return SLOT_V * (2 + 2 * this.blocks.length + (this.insts >>> 6) + number);
  }

  private followValues(): void {
    const { blocks, cfg, starts } = this;
    (starts[0] as Values).renew(this.startRoot(blocks[0] as LoopBlock));
    const values = new Values();
    // The entry need not come first.
    const reached = new Set([0]);
    for (let changed = true; changed;) {
      changed = false;
      for (const node of cfg.order) {
        if (!reached.has(node)) continue;
        const b = blocks[node] as LoopBlock;
        values.copyFrom(starts[node] as Values);
        this.walk(b, values);
        if (b.end.link === LINK_CALL) values.renew(this.callRoot(b));
        for (const s of b.succ) {
          reached.add(s);
          if ((starts[s] as Values).meet(values, this.startRoot(blocks[s] as LoopBlock))) changed = true;
        }
      }
    }
  }

  /** Brings values from the start of a block to its end; `visit` sees each access with its base. */
  private walk(b: LoopBlock, values: Values, visit?: (i: Inst, base: Value | undefined) => void): void {
    const temps = new Map<number, Value>();
    const valueOf = (o: Operand): Value | undefined => {
      if (typeof o !== 'number') return o.hi === o.lo >> 31 ? { root: 0, distance: o.lo } : undefined;
      if (o >= SLOT_TEMP) return temps.get(o);
      if (o >= SLOT_V) return undefined;
      return { root: values.root[o] as number, distance: values.distance[o] as number };
    };
    let barrier = this.firstBarrier[b.index] as number;
    b.insts.forEach((i, n) => {
      if (isAccess(i)) visit?.(i, valueOf(i.a));
      if (isBarrier(i)) {
        visit?.(i, undefined);
        // A helper may write any register.
        values.renew(this.barrierRoot(barrier++));
        temps.clear();
      }
      if (i.row.result === '') return;
      const { root, distance } = this.result(i, valueOf) ?? { root: this.instRoot(b, n), distance: 0 };
      if (i.d >= SLOT_TEMP) {
        temps.set(i.d, { root, distance });
        if (i.row.result === 'v128') temps.delete(i.d + 1);
      } else if (i.d < SLOT_V) {
        values.root[i.d] = root;
        values.distance[i.d] = distance;
      }
    });
  }

  /** What a sum with a constant or a copy gives. */
  private result(i: Inst, valueOf: (o: Operand) => Value | undefined): Value | undefined {
    const wide = this.wordSize === 8;
    if (i.row === (wide ? OPS.mov64 : OPS.mov32)) return valueOf(i.a);
    if (i.row !== (wide ? OPS.add64 : OPS.add32) || typeof i.b === 'number' || i.b.hi !== i.b.lo >> 31)
      return undefined;
    const a = valueOf(i.a);
    if (a === undefined) return undefined;
    const distance = a.distance + i.b.lo;
    return Math.abs(distance) < MAX_DISTANCE ? { root: a.root, distance } : undefined;
  }

  // ---- checks ------------------------------------------------------------------------------------------------------------

  private isFrame(root: number): boolean {
    const other =
      root < SLOT_V || (root >= SLOT_V * (1 + 2 * this.blocks.length) && root < this.barrierRoot(0));
    return !other && root % SLOT_V === this.stackSlot;
  }

  /** Adds a block's accesses off the stack pointer to what one check of the frame should cover. */
  private noteFrames(b: LoopBlock): void {
    const values = new Values();
    values.copyFrom(this.starts[b.index] as Values);
    this.walk(b, values, (i, base) => {
      if (base === undefined || !this.isFrame(base.root) || b.covered?.has(i) === true) return;
      const at = base.distance + i.imm;
      const known = this.frames.get(base.root) ?? { min: at, max: at, need: 0 };
      this.frames.set(base.root, {
        min: Math.min(known.min, at, base.distance),
        max: Math.max(known.max, at + i.row.size),
        need: known.need | needOf(i),
      });
    });
  }

  /** What has been checked at the start of each block. */
  private followChecks(): (Checked | undefined)[] {
    const { blocks, cfg } = this;
    const before = blocks.map((): Checked | undefined => undefined);
    before[0] = new Map();
    for (let changed = true; changed;) {
      changed = false;
      for (const node of cfg.order) {
        const b = blocks[node] as LoopBlock;
        const start = before[node];
        if (start === undefined) continue;
        const { after } = this.group(b, start);
        for (const s of b.succ) {
          const known = before[s];
          const met = known === undefined ? after : meetChecks(known, after);
          if (known !== undefined && sameChecks(known, met)) continue;
          before[s] = met;
          changed = true;
        }
      }
    }
    return before;
  }

  /** Groups the accesses of a block, given what has been checked before it. */
  private group(b: LoopBlock, before: Checked): { accesses: Accesses; after: Checked } {
    const accesses = new Map<Inst, Access>();
    const open = new Map<number, Group>();
    const checked = new Map(before);
    const values = new Values();
    values.copyFrom(this.starts[b.index] as Values);
    this.walk(b, values, (i, base) => {
      if (isBarrier(i)) {
        // What the kernel sees may change rights.
        open.clear();
        checked.clear();
        return;
      }
      if (typeof i.a !== 'number' || base === undefined) return;
      const at = base.distance + i.imm;
      const end = at + i.row.size;
      const free = b.covered?.has(i) === true;
      const known = checked.get(base.root);
      let g = open.get(base.root);
      if (!free && g?.free !== false && known !== undefined && covers(known, at, end, needOf(i))) {
        const near = i.imm >= 0 && known.min <= base.distance && base.distance <= known.max;
        accesses.set(i, { group: undefined, at, near });
        return;
      }
      if (g === undefined || g.free !== free || Math.max(g.max, end) - Math.min(g.min, at) > MAX_SPAN) {
        g = { leader: i, base: base.distance, min: at, max: end, need: needOf(i), local: -1, free };
        if (!free) this.widen(g, base.root);
        open.set(base.root, g);
      } else {
        g.min = Math.min(g.min, at);
        g.max = Math.max(g.max, end);
        g.need |= needOf(i);
      }
      if (!free) checked.set(base.root, joined(known, g));
      accesses.set(i, { group: g, at, near: false });
    });
    return { accesses, after: checked };
  }

  /** A check off the stack pointer covers the frame, as far as the region uses it. */
  private widen(g: Group, root: number): void {
    const frame = this.frames.get(root);
    if (frame === undefined || frame.max - frame.min > MAX_FRAME) return;
    g.min = frame.min;
    g.max = frame.max;
    g.need = frame.need;
  }
}

function covers(r: Range, at: number, end: number, need: number): boolean {
  return r.min <= at && end <= r.max && (r.need & need) === need;
}

/** What is known after a check of g: ranges that touch are one. */
function joined(known: Range | undefined, g: Group): Range {
  const { min, max, need } = g;
  if (known === undefined || known.need !== need || known.max < min || max < known.min)
    return { min, max, need };
  return { min: Math.min(min, known.min), max: Math.max(max, known.max), need };
}

function meetChecks(a: Checked, b: Checked): Checked {
  const result = new Map<number, Range>();
  for (const [root, x] of a) {
    const y = b.get(root);
    if (y === undefined) continue;
    const min = Math.max(x.min, y.min);
    const max = Math.min(x.max, y.max);
    const need = x.need & y.need;
    if (min < max && need !== 0) result.set(root, { min, max, need });
  }
  return result;
}

function sameChecks(a: Checked, b: Checked): boolean {
  if (a.size !== b.size) return false;
  for (const [root, x] of a) {
    const y = b.get(root);
    if (y === undefined || x.min !== y.min || x.max !== y.max || x.need !== y.need) return false;
  }
  return true;
}
