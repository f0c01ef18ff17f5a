/**
 * The numbering of the interpreter's handlers: one for each op, widening and operand shape that the closure engine has an
 * evaluator for. Encoder and module builder both follow it, so it depends on the tables alone.
 */
import { BRANCHES, EVALUATORS } from '../closures/evaluators.gen.js';
import { OP_LIST } from '../ir/ops.js';
import type { OpRow } from '../ir/ops.js';

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
/** Keys per row. */
const KEYS = 16;

export interface OpHandler {
  readonly number: number;
  readonly row: OpRow;
  /** ext | shape. */
  readonly key: number;
  readonly branch: boolean;
  /** imm it stands for, where imm selects the code. */
  readonly imm: number;
}

/** Values of imm with code of their own; others are served by a closure. 0 stands for all where the code ignores imm. */
function immediates(row: OpRow): readonly number[] {
  const { name, kind } = row;
  if (row.wasm === 'vextract' || row.wasm === 'vinsert') {
    const lanes = 128 / Number(/\d+/.exec(name)?.[0] ?? 128);
    return Array.from({ length: lanes }, (_, n) => n);
  }
  if (kind !== 'fp') return [0];
  if (name.startsWith('vfma')) return [0, 8];
  if (name.startsWith('fma')) return [0, 7, 8, 15, 16, 23, 24, 31];
  if (name.startsWith('fround')) return [0, 1, 2, 3, 7];
  if (/^cvt[SU]/.test(name)) return [0, 1, 7];
  if (ignoresRounding(row)) return [0];
  return [0, 7];
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

function handlersOf(wanted: (row: OpRow) => boolean, first: number): OpHandler[] {
  const list: OpHandler[] = [];
  for (const row of OP_LIST) {
    if (!wanted(row)) continue;
    for (const k of Object.keys(EVALUATORS[row.id] ?? {})) {
      const key = Number(k);
      if (key >= KEYS || (key & (SHAPE_A | SHAPE_B)) === (SHAPE_A | SHAPE_B)) continue;
      for (const imm of immediates(row)) {
        list.push({ number: first + list.length, row, key, branch: false, imm });
      }
    }
  }
  return list;
}

function branches(first: number): OpHandler[] {
  const list: OpHandler[] = [];
  for (const row of OP_LIST) {
    for (const key of Object.keys(BRANCHES[row.id] ?? {}))
      list.push({ number: first + list.length, row, key: Number(key), branch: true, imm: 0 });
  }
  return list;
}

const branchHandlers = branches(FIRST_OP);
/** Handlers in the main function. */
export const COMMON_HANDLERS: readonly OpHandler[] = [
  ...branchHandlers,
  ...handlersOf(isCommon, FIRST_OP + branchHandlers.length),
];
export const COMMON_END = FIRST_OP + COMMON_HANDLERS.length;
/** Handlers that are functions of their own. */
export const RARE_HANDLERS: readonly OpHandler[] = handlersOf(
  (row) => !isCommon(row) && row.wasm !== 'vshuffle',
  COMMON_END,
);

/** Handlers there are. */
export const HANDLER_COUNT = COMMON_END + RARE_HANDLERS.length;

/** True for the handlers of a block's end. */
export function isEnd(handler: number): boolean {
  return handler <= H_STEP || (handler >= FIRST_OP && handler < FIRST_OP + branchHandlers.length);
}

/** imm classes per key: enough for the lanes of bytes and the 32 forms of fma. */
const IMMS = 32;
const opTable = new Int16Array(OP_LIST.length * KEYS).fill(-1);
const immTable = new Map<number, Int16Array>();
const branchTable = new Int16Array(OP_LIST.length * KEYS).fill(-1);
for (const h of branchHandlers) branchTable[h.row.id * KEYS + h.key] = h.number;
for (const h of [...COMMON_HANDLERS, ...RARE_HANDLERS]) {
  if (h.branch) continue;
  const index = h.row.id * KEYS + h.key;
  if (immediates(h.row).length === 1) opTable[index] = h.number;
  else {
    opTable[index] = -2;
    let byImm = immTable.get(index);
    if (byImm === undefined) immTable.set(index, (byImm = new Int16Array(IMMS).fill(-1)));
    byImm[h.imm] = h.number;
  }
}

/** The handler of an op, -1 when it has none. */
export function opHandler(row: OpRow, key: number, imm: number): number {
  const index = row.id * KEYS + key;
  const n = opTable[index] as number;
  return n !== -2 ? n : imm < IMMS ? ((immTable.get(index) as Int16Array)[imm] as number) : -1;
}

/** The handler of a conditional branch, -1 when it has none for the shape. */
export function branchHandler(row: OpRow, shape: number): number {
  return branchTable[row.id * KEYS + shape] as number;
}
