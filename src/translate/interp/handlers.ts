/**
 * The numbering of the interpreter's handlers: one for each op, widening and operand shape that the closure engine has an
 * evaluator for, and those for sequences of them. Encoder and module builder both follow it, so it depends on the tables
 * alone.
 */
import { BRANCHES, EVALUATORS } from '../closures/evaluators.gen.js';
import { OP_LIST, OPS } from '../ir/ops.js';
import type { OpRow } from '../ir/ops.js';
import { SEQUENCES } from './sequences.js';

/** Handlers that are no op of the IR. */
export const H_JUMP = 0;
/** pc = a + imm, leaving for a step when that needs more than 32 bits or is odd. */
export const H_JUMP_IND = 1;
/** The same with bit 0 cleared. */
export const H_JUMP_IND_EVEN = 2;
/** The two that note the target in the ring; word 4 is the block's pc. */
export const H_JUMP_NOTE = 3;
export const H_JUMP_NOTE_EVEN = 4;
/** Leaves for a step: syscalls, traps, and whatever is best left to the closure engine. */
export const H_STEP = 5;
/** Calls closure number imm. */
export const H_CLOSURE = 6;
export const H_FENCE = 7;
/** vshuffle; its pattern is in a second record. */
export const H_SHUFFLE = 8;
const FIRST_OP = 9;

/** Shape bits of a handler's key, as in the closure engine's tables: ext | SHAPE_A | SHAPE_B. */
export const SHAPE_A = 4;
export const SHAPE_B = 8;
/** Keys per row, of which those with two constants have no handler. */
const KEYS = 16;
const KEYS_USED = SHAPE_A | SHAPE_B;

export interface OpHandler {
  readonly number: number;
  readonly row: OpRow;
  /** ext | shape. */
  readonly key: number;
  readonly branch: boolean;
  /** imm it stands for, where imm selects the code. */
  readonly imm: number;
}

const ONE: readonly number[] = [0];

/** Values of imm with code of their own; others are served by a closure. 0 stands for all where the code ignores imm. */
function immediates(row: OpRow): readonly number[] {
  const { name, kind } = row;
  if (row.wasm === 'vextract' || row.wasm === 'vinsert') {
    const lanes = 128 / Number(/\d+/.exec(name)?.[0] ?? 128);
    return Array.from({ length: lanes }, (_, n) => n);
  }
  if (kind !== 'fp') return ONE;
  if (name.startsWith('vfma')) return [0, 8];
  if (name.startsWith('fma')) return [0, 7, 8, 15, 16, 23, 24, 31];
  if (name.startsWith('fround')) return [0, 1, 2, 3, 7];
  if (/^cvt[SU]/.test(name)) return [0, 1, 7];
  return ignoresRounding(row) ? ONE : [0, 7];
}

/** FP ops whose code is the same for every imm. */
function ignoresRounding({ name }: OpRow): boolean {
  return /^(v|feq|flt|fle|fcmp|fmin|fmax|cvtF64F32)/.test(name);
}

/** Ops in the main function; the others are functions of their own, which are compiled when they are first needed. */
function isCommon(row: OpRow): boolean {
  if (row.kind === 'load' || row.kind === 'store') return row.size <= 8;
  if (row.kind === 'cmp') return true;
  return row.kind === 'pure' && (typeof row.wasm === 'number' || row.wasm === 'copy') && !isVector(row);
}

function isVector(row: OpRow): boolean {
  return row.result === 'v128' || row.operands.includes('v128');
}

/** By row and key: the handler, or -1. Handlers for several values of imm follow each other in the order of those. */
const opTable = new Int16Array(OP_LIST.length * KEYS).fill(-1);
const branchTable = new Int16Array(OP_LIST.length * KEYS).fill(-1);
/** By row: what `immediates` says. */
const rowImmediates: (readonly number[])[] = [];

/** Numbers the branches from `first` on; returns the number after the last. */
function numberBranches(first: number): number {
  let next = first;
  for (const row of OP_LIST) {
    const evaluators = BRANCHES[row.id];
    if (evaluators === undefined) continue;
    for (let key = 0; key < KEYS_USED; key++)
      if (evaluators[key] !== undefined) branchTable[row.id * KEYS + key] = next++;
  }
  return next;
}

/** The same for the ops that are `common` or not. Evaluated at every start, so it makes no objects. */
function numberOps(common: boolean, first: number): number {
  let next = first;
  for (const row of OP_LIST) {
    if (isCommon(row) !== common || row.wasm === 'vshuffle') continue;
    const imms = immediates(row);
    rowImmediates[row.id] = imms;
    const evaluators = EVALUATORS[row.id] ?? {};
    for (let key = 0; key < KEYS_USED; key++) {
      if (evaluators[key] === undefined) continue;
      opTable[row.id * KEYS + key] = next;
      next += imms.length;
    }
  }
  return next;
}

const OPS_START = numberBranches(FIRST_OP);
/** From here on handlers stand for sequences. */
export const FUSED_START = numberOps(true, OPS_START);
/** Handlers up to here are in the main function. */
export const COMMON_END = FUSED_START + SEQUENCES.length;
/** Handlers there are. */
export const HANDLER_COUNT = numberOps(false, COMMON_END);

/** Handlers from `first` up to `end`, by number. */
function handlers(table: Int16Array, branch: boolean, first: number, end: number): OpHandler[] {
  const list: OpHandler[] = [];
  table.forEach((number, index) => {
    if (number < first || number >= end) return;
    const row = OP_LIST[Math.floor(index / KEYS)] as OpRow;
    const imms = branch ? ONE : (rowImmediates[row.id] as readonly number[]);
    imms.forEach((imm, n) => {
      list.push({ number: number + n, row, key: index % KEYS, branch, imm });
    });
  });
  return list.sort((a, b) => a.number - b.number);
}

/** Handlers in the main function that are ops. */
export function commonHandlers(): readonly OpHandler[] {
  return [
    ...handlers(branchTable, true, FIRST_OP, OPS_START),
    ...handlers(opTable, false, OPS_START, FUSED_START),
  ];
}

/** Handlers that are functions of their own. */
export function rareHandlers(): readonly OpHandler[] {
  return handlers(opTable, false, COMMON_END, HANDLER_COUNT);
}

/** True for the handlers of a block's end. */
export function isEnd(handler: number): boolean {
  return handler <= H_STEP || (handler >= FIRST_OP && handler < OPS_START);
}

/** The handler of an op, -1 when it has none. */
export function opHandler(row: OpRow, key: number, imm: number): number {
  const first = opTable[row.id * KEYS + key] as number;
  const imms = rowImmediates[row.id];
  if (first < 0 || imms === undefined || imms === ONE) return first;
  const n = imms.indexOf(imm);
  return n < 0 ? -1 : first + n;
}

/** The handler of a conditional branch, -1 when it has none for the shape. */
export function branchHandler(row: OpRow, shape: number): number {
  return branchTable[row.id * KEYS + shape] as number;
}

/** The names of the handlers that are no op and may end a sequence. */
const JUMPS: Readonly<Record<string, number>> = {
  jump: H_JUMP,
  jumpInd: H_JUMP_IND,
  jumpIndEven: H_JUMP_IND_EVEN,
  jumpNote: H_JUMP_NOTE,
  jumpNoteEven: H_JUMP_NOTE_EVEN,
};

/** The handler of a name in SEQUENCES. */
function named(name: string): number {
  const jump = JUMPS[name];
  if (jump !== undefined) return jump;
  const branch = name.startsWith('br.');
  const slash = name.indexOf('/');
  const row = OPS[name.slice(branch ? 3 : 0, slash) as keyof typeof OPS];
  return (branch ? branchTable : opTable)[row.id * KEYS + Number(name.slice(slash + 1))] as number;
}

/** By handler: its column in `fusions` as the one that is added, 0 when it never is. */
const columns = new Uint8Array(FUSED_START);
/** By handler or sequence so far, and column: the sequence with it. */
let fusions = new Int16Array(0);
let columnCount = 0;
/** The handlers of each sequence. */
const parts: number[][] = [];

/** Fills the tables above; done when the first block is encoded. */
function numberSequences(): void {
  columnCount = 1;
  const numbers = new Map<string, number>();
  const steps = SEQUENCES.map((sequence, n) => {
    const cut = sequence.lastIndexOf(' ');
    const head = sequence.slice(0, cut);
    const first = numbers.get(head) ?? named(head);
    const last = named(sequence.slice(cut + 1));
    numbers.set(sequence, FUSED_START + n);
    parts.push([...partsOf(first), last]);
    if (columns[last] === 0) columns[last] = columnCount++;
    return { first, last };
  });
  fusions = new Int16Array(COMMON_END * columnCount).fill(-1);
  steps.forEach(({ first, last }, n) => {
    fusions[first * columnCount + (columns[last] as number)] = FUSED_START + n;
  });
}

/** The handler for what `first` stands for and `next` behind it, -1 when there is none. */
export function fused(first: number, next: number): number {
  if (columnCount === 0) numberSequences();
  const column = next < FUSED_START ? (columns[next] as number) : 0;
  return column === 0 || first >= COMMON_END ? -1 : (fusions[first * columnCount + column] as number);
}

/** The handlers that a handler in the main function executes, one record after the other. */
export function partsOf(handler: number): readonly number[] {
  if (columnCount === 0) numberSequences();
  return handler < FUSED_START ? [handler] : (parts[handler - FUSED_START] as number[]);
}
