/**
 * Innermost loops in two copies. Accesses whose addresses move by a constant from round to round need no check of their
 * own: in front of the loop the pages of the next rounds are looked at, and a fast copy of the loop does as many rounds as
 * stay on them. The slow copy, with every check, does the rounds for which that cannot be said.
 *
 *     gate: budget; rounds = as many as are safe ──► fast loop, counts rounds down ──► charge the budget ──► gate
 *             └─ none ──► slow round ──► gate
 *
 * This is done to the graph, so that everything behind it sees ordinary blocks.
 */
import { EXT_NONE, Inst, LINK_CALL, LINK_NONE, ZERO } from '../ir/inst.js';
import type { Operand } from '../ir/inst.js';
import { OPS } from '../ir/ops.js';
import { SLOT_TEMP } from '../../cpu/layout.js';
import { PERM_READ, PERM_WRITE } from '../../mmap/layout.js';
import { analyse, dominates } from './cfg.js';
import type { Cfg } from './cfg.js';
import { isBarrier, writes } from './dataflow.js';
import type { RegionBlock } from './region.js';

/** Rounds done between two looks at the budget. */
export const MAX_ROUNDS = 4096;
/** Loops larger than this are not worth two copies. */
const MAX_LOOP_BLOCKS = 24;
const MAX_LOOP_INSTS = 160;
/** IR instructions of a region beyond which no loop is copied. */
const MAX_INSTS = 6000;
/** Bytes from one round to the next beyond which too few rounds stay on a page. */
const MAX_STRIDE = 1024;
/** Bytes between the first and the last access off one address: they then touch two pages at most. */
const MAX_SPAN = 4096;
const MAX_TERMS = 3;

/** A sum of slots, each shifted left, as they are at the start of a round, and an offset between lo and hi. */
interface Sum {
  readonly terms: readonly (readonly [slot: number, shift: number])[];
  readonly lo: number;
  readonly hi: number;
}

/** How a slot changes in a round: by a constant, or (with `by`) by a slot that the loop does not change. */
interface Step {
  readonly node: number;
  readonly inst: Inst;
  readonly k: number;
  readonly by: number;
}

/** Addresses that the gate vouches for: sum of terms + [lo, hi), moving by k or by a slot each round. */
export interface Stream {
  readonly terms: Sum['terms'];
  lo: number;
  hi: number;
  need: number;
  readonly k: number;
  /** Slot with the distance, or -1. */
  readonly by: number;
}

export type Role =
  | { readonly kind: 'gate'; readonly streams: readonly Stream[] }
  /** End of a fast round. */
  | { readonly kind: 'count' }
  /** All the rounds are done. */
  | { readonly kind: 'charge' };

/** What a block of a copied loop is besides ordinary code. */
export interface LoopBlock extends RegionBlock {
  readonly role?: Role;
  /** Header of a fast copy, which tests no budget. */
  readonly counted?: boolean;
  /** Accesses that the gate has checked. */
  readonly covered?: ReadonlySet<Inst>;
}

interface Loop {
  readonly header: number;
  readonly body: readonly number[];
  readonly latches: readonly number[];
}

interface Plan {
  readonly loop: Loop;
  readonly streams: readonly Stream[];
  readonly covered: ReadonlySet<Inst>;
  /** Of the accesses, how many need no check. */
  readonly share: number;
}

/** The blocks of the region with its innermost loops in two copies where that pays; they keep their indices. */
export function copyLoops(
  region: readonly RegionBlock[],
  isSwitch: (b: RegionBlock) => boolean,
  root = 0,
): readonly LoopBlock[] {
  const blocks: LoopBlock[] = [...region];
  const cfg = analyse(
    blocks.map((b) => b.succ),
    (node) => isSwitch(blocks[node] as RegionBlock),
    root,
  );
  const size = blocks.reduce((sum, b) => sum + b.insts.length, 0);
  if (!cfg.reducible || size > MAX_INSTS) return blocks;
  // The cases of a switch in a loop go back to it: what looks like a loop of one is an interpreter's way on.
  const cases = new Set(blocks.filter((b) => isSwitch(b)).flatMap((b) => b.succ));
  for (const candidates of innermostLoops(blocks, cfg)) {
    let best: Plan | undefined;
    for (const loop of candidates) {
      if (loop.body.some((k) => cases.has(k))) continue;
      const plan = planOf(blocks, cfg, loop, isSwitch);
      if (plan !== undefined && (best === undefined || plan.share > best.share)) best = plan;
    }
    if (best !== undefined) copyLoop(blocks, best);
  }
  return blocks;
}

/** What a gate would do for a loop; undefined when that is not worth it. */
function planOf(
  blocks: readonly RegionBlock[],
  cfg: Cfg,
  loop: Loop,
  isSwitch: (b: RegionBlock) => boolean,
): Plan | undefined {
  const members = loop.body.map((k) => blocks[k] as RegionBlock);
  const insts = members.flatMap((b) => b.insts);
  if (members.length > MAX_LOOP_BLOCKS || insts.length > MAX_LOOP_INSTS) return undefined;
  if (members.some((b) => b.end.link === LINK_CALL || isSwitch(b))) return undefined;
  if (insts.some((i) => isBarrier(i) || i.row.kind === 'atomic')) return undefined;
  const { streams, covered } = findStreams(blocks, cfg, loop);
  const accesses = insts.filter((i) => isAccess(i)).length;
  if (accesses > 0 && covered.size === 0) return undefined;
  return { loop, streams, covered, share: accesses === 0 ? 1 : covered.size / accesses };
}

function isAccess(i: Inst): boolean {
  return i.row.kind === 'load' || i.row.kind === 'store';
}

/** The innermost loops, by header, each as a whole and (when there is more than one) the shortest way round alone. */
function innermostLoops(blocks: readonly RegionBlock[], cfg: Cfg): Loop[][] {
  const preds: number[][] = blocks.map(() => []);
  for (const b of blocks) for (const s of b.succ) (preds[s] as number[]).push(b.index);
  const loops: Loop[][] = [];
  for (const header of cfg.order) {
    if (cfg.isLoop[header] === 0) continue;
    const latches = (preds[header] as number[]).filter(
      (latch) => (cfg.rpo[latch] as number) >= (cfg.rpo[header] as number),
    );
    const ways = latches
      .map((latch) => ({ header, latches: [latch], body: wayRound(header, latch, preds) }))
      .filter(({ body }) => body.every((k) => k === header || cfg.isLoop[k] === 0))
      .sort((a, b) => a.body.length - b.body.length);
    const [shortest] = ways;
    if (shortest === undefined) continue;
    const candidates: Loop[] = [];
    const body = [...new Set(ways.flatMap((w) => w.body))];
    if (ways.length === latches.length) candidates.push({ header, latches, body });
    // A region that is entered at an inner loop has the way round the outer ones lead there too. Where there are many
    // ways, as in an interpreter, the gate would stand in all of them.
    if (latches.length === 2) candidates.push(shortest);
    loops.push(candidates);
  }
  return loops;
}

/** Blocks between a loop's header and one of the jumps back to it. */
function wayRound(header: number, latch: number, preds: readonly (readonly number[])[]): number[] {
  const body = new Set([header]);
  const stack = [latch];
  for (let k = stack.pop(); k !== undefined; k = stack.pop()) {
    if (body.has(k)) continue;
    body.add(k);
    stack.push(...(preds[k] as number[]));
  }
  return [...body];
}

/** Slots that change by a fixed distance, once in every round. */
function findSteps(
  blocks: readonly RegionBlock[],
  cfg: Cfg,
  loop: Loop,
): { steps: Map<number, Step>; written: Set<number> } {
  const steps = new Map<number, Step>();
  const written = new Set<number>();
  const twice = new Set<number>();
  for (const node of loop.body) {
    for (const inst of (blocks[node] as RegionBlock).insts) {
      writes(inst, (slot) => {
        if (written.has(slot)) twice.add(slot);
        written.add(slot);
        if (inst.row === OPS.add64 && inst.a === slot) {
          if (typeof inst.b !== 'number') {
            if (inst.b.hi === inst.b.lo >> 31) steps.set(slot, { node, inst, k: inst.b.lo, by: -1 });
          } else if (inst.b < SLOT_TEMP) steps.set(slot, { node, inst, k: 0, by: inst.b });
        }
      });
    }
  }
  for (const [slot, { node, by }] of [...steps]) {
    const always = loop.latches.every((l) => dominates(cfg.idom, node, l));
    if (twice.has(slot) || !always || (by >= 0 && written.has(by))) steps.delete(slot);
  }
  return { steps, written };
}

/** The value of a slot at the start of a block of the loop, if it is known. */
function atStart(
  slot: number,
  node: number,
  steps: ReadonlyMap<number, Step>,
  written: ReadonlySet<number>,
): Sum | undefined {
  const terms = [[slot, 0]] as const;
  if (!written.has(slot)) return { terms, lo: 0, hi: 0 };
  const step = steps.get(slot);
  if (step === undefined) return undefined;
  if (step.node === node) return { terms, lo: 0, hi: 0 };
  // Elsewhere the step may be behind or ahead of us.
  return step.by >= 0 ? undefined : { terms, lo: Math.min(0, step.k), hi: Math.max(0, step.k) };
}

function findStreams(
  blocks: readonly RegionBlock[],
  cfg: Cfg,
  loop: Loop,
): { streams: Stream[]; covered: Set<Inst> } {
  const { steps, written } = findSteps(blocks, cfg, loop);
  const streams = new Map<string, Stream>();
  const covered = new Set<Inst>();
  for (const node of loop.body) {
    const sums = new Map<number, Sum | undefined>();
    const sumOf = (o: Operand): Sum | undefined => {
      if (typeof o !== 'number') return o.hi === o.lo >> 31 ? { terms: [], lo: o.lo, hi: o.lo } : undefined;
      return sums.has(o) ? sums.get(o) : atStart(o, node, steps, written);
    };
    for (const i of (blocks[node] as RegionBlock).insts) {
      if (isAccess(i)) {
        const sum = sumOf(i.a);
        if (sum !== undefined && addToStream(streams, steps, sum, i)) covered.add(i);
      }
      const value = i.row.result === 'i64' ? valueOf(i, sumOf) : undefined;
      if (i.row.result !== '') sums.set(i.d, value);
      if (i.row.result === 'v128') sums.set(i.d + 1, undefined);
    }
  }
  return { streams: [...streams.values()], covered };
}

function valueOf(i: Inst, sumOf: (o: Operand) => Sum | undefined): Sum | undefined {
  const a = sumOf(i.a);
  if (a === undefined) return undefined;
  if (i.row === OPS.mov64) return a;
  const b = sumOf(i.b);
  if (b === undefined) return undefined;
  if (i.row === OPS.add64) {
    const terms = [...a.terms, ...b.terms];
    return terms.length > MAX_TERMS ? undefined : bounded({ terms, lo: a.lo + b.lo, hi: a.hi + b.hi });
  }
  const constant = b.terms.length === 0 && b.lo === b.hi ? b.lo : -1;
  if (i.row === OPS.shl64 && constant >= 0 && constant <= 4) {
    const terms = a.terms.map(([slot, shift]) => [slot, shift + constant] as const);
    return bounded({ terms, lo: a.lo * (1 << constant), hi: a.hi * (1 << constant) });
  }
  return undefined;
}

function bounded(sum: Sum): Sum | undefined {
  return Math.abs(sum.lo) < 2 ** 30 && Math.abs(sum.hi) < 2 ** 30 ? sum : undefined;
}

/** Widens the stream of an access to hold it; false when it cannot be in one. */
function addToStream(
  streams: Map<string, Stream>,
  steps: ReadonlyMap<number, Step>,
  sum: Sum,
  i: Inst,
): boolean {
  let k = 0;
  let by = -1;
  for (const [slot, shift] of sum.terms) {
    const step = steps.get(slot);
    if (step === undefined) continue;
    if (step.by >= 0) {
      if (shift !== 0 || sum.terms.length > 1) return false;
      by = step.by;
    } else k += step.k * (1 << shift);
  }
  if (Math.abs(k) > MAX_STRIDE) return false;
  const lo = sum.lo + i.imm;
  const hi = sum.hi + i.imm + i.row.size;
  if (hi - lo > MAX_SPAN || Math.abs(lo) >= 2 ** 30) return false;
  const need = i.row.kind === 'load' ? PERM_READ : PERM_WRITE;
  const key = [...sum.terms]
    .map(([slot, shift]) => slot * 8 + shift)
    .sort((x, y) => x - y)
    .join();
  const stream = streams.get(key);
  if (stream === undefined) {
    streams.set(key, { terms: sum.terms, lo, hi, need, k, by });
    return true;
  }
  if (Math.max(hi, stream.hi) - Math.min(lo, stream.lo) > MAX_SPAN) return false;
  stream.lo = Math.min(lo, stream.lo);
  stream.hi = Math.max(hi, stream.hi);
  stream.need |= need;
  return true;
}

/** Puts the gate where the header was, so that all ways into the loop and round it lead there. */
function copyLoop(blocks: LoopBlock[], { loop, streams, covered }: Plan): void {
  const gate = loop.header;
  const header = blocks[gate] as RegionBlock;
  const jump = new Inst(OPS.jump, 0, ZERO, ZERO, ZERO, header.pc, 0, EXT_NONE, LINK_NONE, header.pc);
  const empty = { pc: header.pc, insts: [], end: jump, count: 0 };
  const slowHeader = blocks.length;
  const fast = new Map(loop.body.map((k, n) => [k, slowHeader + 1 + n]));
  const fastHeader = fast.get(gate) as number;
  const count = slowHeader + 1 + loop.body.length;
  blocks.push({ ...header, index: slowHeader });
  for (const k of loop.body) {
    const b = k === gate ? header : (blocks[k] as RegionBlock);
    const succ = b.succ.map((s) => (s === gate ? count : (fast.get(s) ?? s)));
    blocks.push({ ...b, index: fast.get(k) as number, succ, covered, counted: k === gate });
  }
  blocks.push({ ...empty, index: count, succ: [fastHeader, count + 1], role: { kind: 'count' } });
  blocks.push({ ...empty, index: count + 1, succ: [gate], role: { kind: 'charge' } });
  blocks[gate] = { ...empty, index: gate, succ: [fastHeader, slowHeader], role: { kind: 'gate', streams } };
}
