/**
 * Makes a decoder of table lines: a tree of switch tables keyed on the bits that tell most lines apart. Lines are read
 * and nodes made when a word first reaches them, so that a run pays for the opcodes it meets only.
 */
import type { FieldStore } from './fields.js';
import { Row } from './row.js';
import type { Extension, RowSpec } from './table.js';
import { CellReader } from './vocabulary.js';
import type { Vocabulary } from './vocabulary.js';

/** Widest switch, in bits. */
const MAX_SWITCH_BITS = 8;
/** Up to this many lines are tried one after the other. */
const MAX_LEAF_ROWS = 2;

class Node<T> {
  /** Lines still possible here, the first match wins. */
  readonly rows: readonly Row<T>[];
  /** Switch on (word >>> shift) & mask, when `table` is there. */
  shift = 0;
  mask = 0;
  table: (Node<T> | undefined)[] | undefined;

  constructor(rows: readonly Row<T>[]) {
    this.rows = rows;
  }
}

function popcount(word: number): number {
  let n = 0;
  for (let w = word; w !== 0; w &= w - 1) n++;
  return n;
}

export interface DecoderOptions<T> {
  /** Bits of an instruction. */
  readonly width: 16 | 32;
  readonly vocabulary: Vocabulary;
  /** Names of all operands of the ISA; their order is that of Fields.values. */
  readonly operands: readonly string[];
  readonly extensions: readonly Extension[];
  /** What a line stands for, by its name. */
  readonly actions: Readonly<Record<string, T>>;
  /** The variant (`only` of a line) to build for. */
  readonly variant: string;
  /** How many of the lowest bits every line has fixed: only the lines of the opcodes a program uses are ever read. */
  readonly tail: number;
}

/** A line that was not read yet. */
interface Unread {
  readonly name: string;
  readonly extension: string;
  readonly spec: RowSpec;
}

export class Decoder<T> {
  private readonly options: DecoderOptions<T>;
  private readonly reader: CellReader;
  private readonly tailMask: number;
  /** By the value of the tail. */
  private readonly roots: (Node<T> | undefined)[];
  private readonly unread: (Unread[] | undefined)[];

  constructor(options: DecoderOptions<T>) {
    this.options = options;
    const { tail, variant } = options;
    this.reader = new CellReader(options.vocabulary);
    this.tailMask = (1 << tail) - 1;
    this.roots = new Array<Node<T> | undefined>(1 << tail).fill(undefined);
    const unread = new Array<Unread[] | undefined>(1 << tail).fill(undefined);
    for (const { name: extension, rows } of options.extensions) {
      for (const name in rows) {
        const spec = rows[name] as RowSpec;
        if (spec.only !== undefined && spec.only !== variant) continue;
        const key = tail === 0 ? 0 : parseInt(spec.bits.slice(-tail), 2);
        if (!(key >= 0)) throw untailed(name, tail);
        const group = unread[key];
        if (group === undefined) unread[key] = [{ name, extension, spec }];
        else group.push({ name, extension, spec });
      }
    }
    this.unread = unread;
  }

  /** The lines of one tail value, special cases first. */
  private read(key: number): Row<T>[] {
    const { width, operands, actions } = this.options;
    const rows = (this.unread[key] ?? []).map(
      ({ name, extension, spec }) =>
        new Row(name, extension, spec, width, this.reader, operands, actions[name] as T),
    );
    for (const row of rows) {
      if ((row.mask & this.tailMask) === this.tailMask && (row.value & this.tailMask) === key) continue;
      throw untailed(row.name, this.options.tail);
    }
    // Special cases declare what they stand before; among the rest the order cannot matter (see check.ts).
    const special = rows.filter((row) => row.spec.over !== undefined);
    if (special.length === 0) return rows;
    special.sort((a, b) => popcount(b.mask) - popcount(a.mask));
    return [...special, ...rows.filter((row) => row.spec.over === undefined)];
  }

  /** All lines, in the order in which they are tried; not for hot code. */
  get rows(): readonly Row<T>[] {
    return this.unread.flatMap((_, key) => this.read(key));
  }

  find(name: string): Row<T> | undefined {
    return this.rows.find((row) => row.name === name);
  }

  /** The line of `word` with its operands in `fields`, or undefined when no line matches. */
  decode(word: number, fields: FieldStore): Row<T> | undefined {
    const tail = word & this.tailMask;
    let node = this.roots[tail] ?? this.plant(tail);
    let table = node.table;
    while (table !== undefined) {
      const key = (word >>> node.shift) & node.mask;
      node = table[key] ?? grow(node, table, key);
      table = node.table;
    }
    for (const row of node.rows) {
      if (((word ^ row.value) & row.mask) === 0 && row.extract(word, fields.values)) {
        fields.word = word;
        return row;
      }
    }
    return undefined;
  }

  private plant(tail: number): Node<T> {
    const node = split(new Node(this.read(tail)));
    this.roots[tail] = node;
    return node;
  }
}

function untailed(name: string, tail: number): Error {
  return new Error(`${name}: its last ${tail} bits are not one fixed cell`);
}

/** The child of `node` for one value of its switch: the lines whose fixed bits agree with it. */
function grow<T>(node: Node<T>, table: (Node<T> | undefined)[], key: number): Node<T> {
  const bits = node.mask << node.shift;
  const value = key << node.shift;
  const rows = node.rows.filter((row) => ((row.value ^ value) & row.mask & bits) === 0);
  const child = split(new Node(rows));
  table[key] = child;
  return child;
}

/** Chooses the switch of a node: the window of bits that leaves the fewest lines together, always fewer than here. */
function split<T>(node: Node<T>): Node<T> {
  const rows = node.rows;
  if (rows.length <= MAX_LEAF_ROWS) return node;
  let common = -1;
  let any = 0;
  for (const row of rows) {
    common &= row.mask;
    any |= row.mask;
  }
  if (!chooseWindow(node, common)) chooseWindow(node, any);
  return node;
}

/** Tries each run of ones of `bits`; false when none tells lines apart. */
function chooseWindow<T>(node: Node<T>, bits: number): boolean {
  const rows = node.rows;
  let best = rows.length;
  let at = 0;
  while (at < 32) {
    if (((bits >>> at) & 1) === 0) {
      at++;
      continue;
    }
    let width = 1;
    while (width < MAX_SWITCH_BITS && at + width < 32 && ((bits >>> (at + width)) & 1) === 1) width++;
    const worst = largestBucket(rows, at, width);
    if (worst < best) {
      best = worst;
      node.shift = at;
      node.mask = (1 << width) - 1;
    }
    at += width;
  }
  if (best === rows.length) return false;
  node.table = new Array<Node<T> | undefined>(node.mask + 1).fill(undefined);
  return true;
}

/** Most lines that share a value of the window; a line that leaves window bits open counts in each of its values. */
function largestBucket<T>(rows: readonly Row<T>[], at: number, width: number): number {
  const mask = (1 << width) - 1;
  const counts = new Uint16Array(mask + 1);
  for (const row of rows) {
    const fixed = (row.mask >>> at) & mask;
    const value = (row.value >>> at) & mask;
    const open = mask & ~fixed;
    // All subsets of the open bits.
    let sub = open;
    while (true) {
      counts[value | sub] = (counts[value | sub] as number) + 1;
      if (sub === 0) break;
      sub = (sub - 1) & open;
    }
  }
  return counts.reduce((max, n) => Math.max(max, n), 0);
}
