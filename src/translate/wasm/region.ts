/**
 * Regions: the blocks reachable from an entry by direct jumps, and behind calls, up to a cap. Each block is translated
 * from its leader; where a later leader falls into a block, the block is cut there.
 */
import { EXT_NONE, Inst, LINK_CALL, LINK_NONE, ZERO } from '../ir/inst.js';
import type { Operand } from '../ir/inst.js';
import { isBranch } from '../ir/block.js';
import type { IrBlock } from '../ir/block.js';
import { OPS } from '../ir/ops.js';
import { analyse, naturalRoot } from './cfg.js';
import { isBarrier, mayExit } from './dataflow.js';
import { flagKinds } from './flag-kinds.js';
import { fuseShifts } from './narrow.js';

/** Caps of one region. */
export const MAX_REGION_BLOCKS = 300;
export const MAX_REGION_INSTS = 3000;
/** Each place with a side exit may write back every register, some 600 bytes of Wasm; V8 takes 7.6 MB a function. */
const MAX_EXITS = 2000;
/** Bytes of code that the targets of one indirect jump may span to be reached through a table. */
const MAX_SWITCH_SPAN = 8192;
/** Landing places of longjmps that the calls of a region compare with. */
const MAX_LANDINGS = 4;
/** Bytes of code spanned by all tables of a region together. */
const MAX_TABLE_BYTES = 65536;

export interface RegionBlock {
  readonly index: number;
  readonly pc: number;
  readonly insts: readonly Inst[];
  readonly end: Inst;
  /** Guest instructions. */
  readonly count: number;
  /** Indices of the blocks control may reach without leaving the region; for a call the block behind it. */
  succ: number[];
}

export interface Region {
  readonly entry: number;
  readonly blocks: readonly RegionBlock[];
  /** Pages (addr >>> 12) whose code the region was made from. */
  readonly pages: readonly number[];
  /** Known call targets, for batching. */
  readonly callees: readonly number[];
  /** Where its jumps that switch stacks have gone, as a longjmp does. */
  readonly landings: readonly number[];
  readonly guestInsns: number;
}

/** Where the block may go on: [pc, …] of direct successors. */
function targets(end: Inst): readonly number[] {
  if (isBranch(end.row)) return end.imm === end.imm2 ? [end.imm] : [end.imm2, end.imm];
  if (end.link === LINK_CALL) return [end.imm2];
  if (end.row === OPS.jump) return [end.imm];
  return [];
}

/**
 * Gives the IR block at a pc, or undefined when there is none to be had (not executable, not yet seen code). `flags` is the
 * kind of the condition flags there (SLOT_CC_OP), where that is known.
 */
export type BlockSource = (pc: number, flags?: number) => IrBlock | undefined;

/**
 * `boundary(pc, size)` says that a region of `size` instructions so far shall not grow into pc (which has, or will have,
 * a function of its own).
 */
export function buildRegion(
  entry: number,
  source: BlockSource,
  boundary: (pc: number, size: number) => boolean,
  jumpTargets: (pc: number) => Iterable<number> = () => [],
  stackSlot = -1,
): Region | undefined {
  const found = new Map<number, IrBlock>();
  const queue = [entry];
  // Large tables for many jumps would make the function larger than Wasm allows; the driver serves the others.
  let tables = MAX_TABLE_BYTES;
  const switches = new Map<number, readonly number[]>();
  const landings: number[] = [];
  let size = 0;
  let exits = 0;
  for (let k = 0; k < queue.length; k++) {
    const pc = queue[k] as number;
    if (found.has(pc) || (k > 0 && boundary(pc, size))) continue;
    if (found.size >= MAX_REGION_BLOCKS || size > MAX_REGION_INSTS || exits > MAX_EXITS) break;
    const block = source(pc);
    if (block === undefined || block.count === 0) continue;
    found.set(pc, block);
    size += block.insts.length + 1;
    for (const i of block.insts) if (mayExit(i)) exits++;
    const known = switchTargets(block, jumpTargets, stackSlot);
    tables -= known.length === 0 ? 0 : (known[known.length - 1] as number) - (known[0] as number);
    if (known.length > 0 && tables >= 0) switches.set(pc, known);
    if (switchesStack(block, stackSlot)) landings.push(...jumpTargets(pc));
    queue.push(...targets(block.end), ...(switches.get(pc) ?? []));
  }
  if (!found.has(entry)) return undefined;
  return { ...link(entry, found, switches), landings };
}

/**
 * Known targets of a block's indirect jump that are worth a table: they lie close together, as the cases of a switch or
 * the handlers of an interpreter do.
 */
function switchTargets(
  block: IrBlock,
  jumpTargets: (pc: number) => Iterable<number>,
  stackSlot: number,
): number[] {
  const { row, link } = block.end;
  if ((row !== OPS.jumpInd && row !== OPS.jumpIndEven) || link !== LINK_NONE) return [];
  // With another stack pointer it goes to another frame: a longjmp must leave the native frames of those it drops.
  if (block.insts.some((i) => i.row.result !== '' && i.d === stackSlot)) return [];
  const list = [...jumpTargets(block.pc)].sort((a, b) => a - b);
  const span = (list[list.length - 1] ?? 0) - (list[0] ?? 0);
  return list.length > 0 && span <= MAX_SWITCH_SPAN ? list : [];
}

/**
 * A call of the region itself behind which nothing has run so far, as of a recursion that ends in a longjmp: a jump does,
 * since whoever returns gets to the run loop by pc either way.
 */
function withoutReturn(end: Inst, entry: number, found: ReadonlyMap<number, IrBlock>): Inst {
  if (end.link !== LINK_CALL || end.row !== OPS.jump || end.imm !== entry || found.has(end.imm2)) return end;
  return new Inst(OPS.jump, 0, ZERO, ZERO, ZERO, entry, 0, EXT_NONE, LINK_NONE, end.pc);
}

/** Ends in an indirect jump with targets in the region. */
export function isSwitch(b: RegionBlock): boolean {
  return (
    b.succ.length > 0 &&
    b.end.link !== LINK_CALL &&
    (b.end.row === OPS.jumpInd || b.end.row === OPS.jumpIndEven)
  );
}

/** Jumps with a stack pointer that comes from memory: longjmp, and switches between coroutines. */
export function switchesStack(block: Pick<IrBlock, 'insts' | 'end'>, stackSlot: number): boolean {
  const { row, link } = block.end;
  if ((row !== OPS.jumpInd && row !== OPS.jumpIndEven) || link === LINK_CALL) return false;
  const loaded = new Set<Operand>();
  for (const i of block.insts) {
    const load = i.row.kind === 'load';
    if (i.d === stackSlot && i.row.result !== '' && (load || loaded.has(i.a))) return true;
    if (load) loaded.add(i.d);
  }
  return false;
}

function link(
  entry: number,
  found: ReadonlyMap<number, IrBlock>,
  switches: ReadonlyMap<number, readonly number[]>,
): Omit<Region, 'landings'> {
  const leaders = [...found.keys()].sort((a, b) => a - b);
  const starts = [entry, ...leaders.filter((pc) => pc !== entry)];
  const indexOf = new Map(starts.map((pc, i) => [pc, i]));
  const pages = new Set<number>();
  const callees = new Set<number>();
  let guestInsns = 0;
  const blocks = starts.map((pc, index): RegionBlock => {
    const ir = found.get(pc) as IrBlock;
    const cut = cutAt(ir, leaders);
    const insts = instsUntil(ir, cut);
    const end =
      cut === undefined
        ? withoutReturn(ir.end, entry, found)
        : new Inst(OPS.jump, 0, ZERO, ZERO, ZERO, cut, 0, EXT_NONE, LINK_NONE, cut);
    const endPc = cut ?? ir.endPc;
    pages.add(pc >>> 12);
    pages.add((endPc - 1) >>> 12);
    if (end.link === LINK_CALL && end.row === OPS.jump) callees.add(end.imm);
    const count = cut === undefined ? ir.count : ir.boundaries.indexOf(cut);
    guestInsns += count;
    const known = cut === undefined ? (switches.get(pc) ?? []) : [];
    const succ = [...targets(end), ...known]
      .map((t) => indexOf.get(t))
      .filter((i): i is number => i !== undefined);
    return { index, pc, insts, end, count, succ };
  });
  return { entry, blocks: reachable(blocks), pages: [...pages], callees: [...callees], guestInsns };
}

/**
 * Has the calls of a region go on at those of its blocks that longjmps were seen to lead to (`landings`): whoever is called
 * returns with everything in memory and the pc, which the caller compares. Left alone where the graph would not stay
 * reducible.
 */
export function linkLandings(blocks: readonly RegionBlock[], landings: ReadonlySet<number>): void {
  const places = blocks.filter((b) => landings.has(b.pc)).map((b) => b.index);
  if (places.length === 0 || places.length > MAX_LANDINGS) return;
  const calls = blocks.filter((b) => b.end.link === LINK_CALL);
  const before = calls.map((b) => b.succ);
  const reducible = (): boolean => {
    const successors = blocks.map((b) => b.succ);
    const root = naturalRoot(successors, (node) => (blocks[node] as RegionBlock).pc);
    return analyse(successors, (node) => isSwitch(blocks[node] as RegionBlock), root).reducible;
  };
  if (calls.length === 0 || !reducible()) return;
  for (const b of calls) b.succ = [...b.succ, ...places.filter((place) => !b.succ.includes(place))];
  if (reducible()) return;
  calls.forEach((b, n) => {
    b.succ = before[n] as number[];
  });
}

/**
 * Translates the blocks again that ask a helper about flags of which the region knows the kind. To be done when the
 * successors of all blocks are final.
 */
export function settleFlags(blocks: readonly RegionBlock[], source: BlockSource): readonly RegionBlock[] {
  if (!blocks.some((b) => b.insts.some(isBarrier))) return blocks;
  const kinds = flagKinds(blocks);
  return blocks.map((b) => {
    const kind = kinds[b.index] as number;
    const ir = kind >= 0 && b.insts.some(isBarrier) ? source(b.pc, kind) : undefined;
    if (ir === undefined) return b;
    const insts = instsUntil(ir, ir.boundaries[b.count]);
    return { ...b, insts, end: isBranch(b.end.row) ? ir.end : b.end };
  });
}

/** Cutting may orphan blocks; keeps what the entry reaches, renumbered. */
export function reachable(blocks: readonly RegionBlock[]): RegionBlock[] {
  const seen = new Set<number>([0]);
  const stack = [0];
  for (let k = stack.pop(); k !== undefined; k = stack.pop()) {
    for (const s of (blocks[k] as RegionBlock).succ) {
      if (!seen.has(s)) {
        seen.add(s);
        stack.push(s);
      }
    }
  }
  if (seen.size === blocks.length) return [...blocks];
  const kept = blocks.filter((b) => seen.has(b.index));
  const renumber = new Map(kept.map((b, i) => [b.index, i]));
  return kept.map((b, i) => ({ ...b, index: i, succ: b.succ.map((s) => renumber.get(s) as number) }));
}

/** The ops of a block up to where it is cut, if it is. */
function instsUntil(ir: IrBlock, cut: number | undefined): readonly Inst[] {
  return fuseShifts(cut === undefined ? ir.insts : ir.insts.filter((i) => i.pc < cut));
}

/** The first leader strictly inside the block at an instruction boundary. */
function cutAt(block: IrBlock, leaders: readonly number[]): number | undefined {
  for (const l of leaders) {
    if (l <= block.pc) continue;
    if (l >= block.endPc) return undefined;
    if (block.boundaries.includes(l)) return l;
  }
  return undefined;
}
