/**
 * Branches over one or two plain operations become selects: such branches follow data more often than not, and a branch
 * that is guessed wrong costs more than both sides together.
 */
import { SLOT_TEMP, SLOT_V, TEMP_COUNT } from '../../cpu/layout.js';
import { isBranch } from '../ir/block.js';
import { EXT_NONE, Inst, LINK_NONE, ZERO } from '../ir/inst.js';
import type { Operand } from '../ir/inst.js';
import { OPS } from '../ir/ops.js';
import { reachable } from './region.js';
import type { RegionBlock } from './region.js';

/** Operations that are done in vain when the branch would have gone round them. */
const MAX_OPS = 2;
/** Temporaries of ours, above those of the instructions. */
const CONDITION = SLOT_TEMP + TEMP_COUNT - 1;
const RESULT = CONDITION - MAX_OPS;

/** The blocks of a region of a 64-bit guest with such branches replaced. */
export function selectBranches(blocks: readonly RegionBlock[]): RegionBlock[] {
  const result = [...blocks];
  const preds = new Int32Array(blocks.length);
  preds[0] = 1;
  for (const b of blocks) for (const s of b.succ) preds[s] = (preds[s] as number) + 1;
  let changed = false;
  for (const b of blocks) {
    const [first, second] = b.succ;
    if (!isBranch(b.end.row) || first === undefined || second === undefined) continue;
    for (const [side, join] of [
      [first, second],
      [second, first],
    ] as const) {
      const over = blocks[side] as RegionBlock;
      const behind = blocks[join] as RegionBlock;
      if (preds[side] !== 1 || side === join || !leadsTo(over, join) || !over.insts.every(isPlain)) continue;
      if (over.insts.length > MAX_OPS || isFollowed(blocks, over, behind)) continue;
      result[b.index] = {
        ...b,
        insts: [...b.insts, ...selected(b.end, over, over.pc === b.end.imm)],
        end: new Inst(OPS.jump, 0, ZERO, ZERO, ZERO, behind.pc, 0, EXT_NONE, LINK_NONE, b.end.pc),
        succ: [join],
      };
      changed = true;
      break;
    }
  }
  return changed ? reachable(result) : result;
}

function leadsTo(b: RegionBlock, next: number): boolean {
  return b.end.row === OPS.jump && b.end.link === LINK_NONE && b.succ.length === 1 && b.succ[0] === next;
}

/**
 * What one side writes is an address that is soon read from: a guessed branch lets that go ahead, a select makes it wait
 * (interpreters choose their next instruction like this).
 */
function isFollowed(blocks: readonly RegionBlock[], over: RegionBlock, behind: RegionBlock): boolean {
  const written = new Set<Operand>(over.insts.map((i) => i.d));
  const next = [behind, ...behind.succ.map((s) => blocks[s] as RegionBlock)];
  return next.some((b) => b.insts.some((i) => i.row.kind === 'load' && written.has(i.a)));
}

/** Cheap, free of effects and of temporaries, and writes a general register as a whole. */
function isPlain(i: Inst): boolean {
  const { row } = i;
  if (row.kind !== 'pure' && row.kind !== 'cmp') return false;
  if (typeof row.wasm !== 'number' && row.wasm !== 'copy') return false;
  if (row.result !== 'i64' && (row.result !== 'i32' || i.ext === EXT_NONE)) return false;
  const general = (o: Operand): boolean => typeof o !== 'number' || o < SLOT_V;
  return i.d < SLOT_V && [i.a, i.b, i.c].every((o, n) => n >= row.operands.length || general(o));
}

/** What computes both sides and takes one. */
function selected(branch: Inst, over: RegionBlock, whenTrue: boolean): Inst[] {
  const { pc } = branch;
  const op = (row: Inst['row'], d: number, a: Operand, b: Operand, c: Operand, ext: Inst['ext']): Inst =>
    new Inst(row, d, a, b, c, 0, 0, ext, LINK_NONE, pc);
  const result = [op(branch.row, CONDITION, branch.a, branch.b, ZERO, EXT_NONE)];
  const renamed = new Map<number, number>();
  const read = (o: Operand): Operand => (typeof o === 'number' ? (renamed.get(o) ?? o) : o);
  over.insts.forEach((i, n) => {
    result.push(op(i.row, RESULT + n, read(i.a), read(i.b), read(i.c), i.ext));
    renamed.set(i.d, RESULT + n);
  });
  for (const [slot, temp] of renamed) {
    const [yes, no] = whenTrue ? [temp, slot] : [slot, temp];
    result.push(op(OPS.select64, slot, yes, no, CONDITION, EXT_NONE));
  }
  return result;
}
