import type { RowSpec } from './table.js';
import type { Cell, CellReader } from './vocabulary.js';

/** Bits of one operand in the instruction: ((word >>> from) & mask) << to. */
export interface Slice {
  readonly from: number;
  readonly width: number;
  readonly to: number;
}

/** How one operand is read. Without slices it is the constant `plus`. */
export interface OperandLayout {
  readonly operand: string;
  readonly index: number;
  readonly slices: readonly Slice[];
  /** Bit the sign is taken from, or -1. */
  readonly signBit: number;
  readonly shift: number;
  readonly plus: number;
  readonly not: readonly number[];
  readonly below: number;
}

/**
 * A line of a decode table, ready to match. Fixed bits are known from the start; the layout of operands and the
 * extraction program are made when the line is first used, since a run meets few of them.
 */
export class Row<T> {
  readonly name: string;
  readonly extension: string;
  readonly spec: RowSpec;
  /** A word matches when (word & mask) === value. */
  readonly mask: number;
  readonly value: number;
  /** Bits of the instruction: 16 or 32. */
  readonly width: number;
  readonly action: T;
  private readonly cells: readonly Cell[];
  private readonly operands: readonly string[];
  private layouts: readonly OperandLayout[] | undefined;
  private program: Int32Array | undefined;
  private constrained: readonly OperandLayout[] = [];

  constructor(
    name: string,
    extension: string,
    spec: RowSpec,
    width: number,
    reader: CellReader,
    operands: readonly string[],
    action: T,
  ) {
    this.name = name;
    this.extension = extension;
    this.spec = spec;
    this.width = width;
    this.action = action;
    this.operands = operands;
    const cells: Cell[] = [];
    let mask = 0;
    let value = 0;
    let at = width;
    for (const text of spec.bits.split(' ')) {
      if (text === '') continue;
      const cell = reader.read(text);
      cells.push(cell);
      at -= cell.width;
      if (cell.fixed >= 0) {
        mask |= (cell.width === 32 ? -1 : (1 << cell.width) - 1) << at;
        value |= cell.fixed << at;
      }
    }
    if (at !== 0) throw new Error(`${name}: ${width - at} bits in "${spec.bits}", not ${width}`);
    this.cells = cells;
    this.mask = mask;
    this.value = value;
  }

  /** The name in assembler text. */
  get mnemonic(): string {
    const at = this.name.indexOf('@');
    return at < 0 ? this.name : this.name.slice(0, at);
  }

  /** Operands of the line, in the order of their first cell; fixed ones last. */
  get layout(): readonly OperandLayout[] {
    return (this.layouts ??= this.makeLayout());
  }

  private indexOf(operand: string): number {
    const index = this.operands.indexOf(operand);
    if (index < 0) throw new Error(`${this.name}: ${operand} is no operand of this ISA`);
    return index;
  }

  private makeLayout(): OperandLayout[] {
    interface Draft {
      slices: Slice[];
      not: number[];
      signed: boolean;
      shift: number;
      plus: number;
      below: number;
    }
    const drafts = new Map<string, Draft>();
    let at = this.width;
    for (const cell of this.cells) {
      at -= cell.width;
      for (const field of cell.fields) {
        let draft = drafts.get(field.operand);
        if (draft === undefined) {
          const { signed = false, shift = 0, plus = 0, below = 0 } = field.spec;
          draft = { slices: [], not: [], signed, shift, plus, below };
          drafts.set(field.operand, draft);
        }
        for (const value of field.not) if (!draft.not.includes(value)) draft.not.push(value);
        let from = at + cell.width;
        for (const piece of cell.pieces) {
          from -= piece.width;
          draft.slices.push({ from, width: piece.width, to: piece.to });
        }
      }
    }
    const layouts: OperandLayout[] = [];
    for (const [operand, draft] of drafts) {
      const top = draft.slices.reduce((max, s) => Math.max(max, s.to + s.width), 0);
      layouts.push({
        operand,
        index: this.indexOf(operand),
        slices: draft.slices,
        signBit: draft.signed ? top - 1 : -1,
        shift: draft.shift,
        plus: draft.plus,
        not: draft.not,
        below: draft.below,
      });
    }
    for (const item of this.spec.set?.split(' ') ?? []) {
      const [operand = '', value] = item.split('=');
      const index = this.indexOf(operand);
      layouts.push({
        operand,
        index,
        slices: [],
        signBit: -1,
        shift: 0,
        plus: Number(value),
        not: [],
        below: 0,
      });
    }
    return layouts;
  }

  /** Flat form of the layout: index, sign shift, shift, plus, number of slices, then from, mask, to of each. */
  private compile(): Int32Array {
    const code: number[] = [];
    for (const o of this.layout) {
      code.push(o.index, o.signBit < 0 ? 0 : 31 - o.signBit, o.shift, o.plus, o.slices.length);
      for (const s of o.slices) code.push(s.from, s.width === 32 ? -1 : (1 << s.width) - 1, s.to);
    }
    this.constrained = this.layout.filter((o) => o.not.length > 0 || o.below > 0);
    return (this.program = Int32Array.from(code));
  }

  /** Reads the operands of `word` into `out`; false when a constraint of the line does not hold. */
  extract(word: number, out: Int32Array): boolean {
    const code = this.program ?? this.compile();
    const length = code.length;
    let k = 0;
    while (k < length) {
      const sign = code[k + 1] as number;
      let value = 0;
      let n = code[k + 4] as number;
      let s = k + 5;
      while (n-- > 0) {
        value |= ((word >>> (code[s] as number)) & (code[s + 1] as number)) << (code[s + 2] as number);
        s += 3;
      }
      out[code[k] as number] =
        (((value << sign) >> sign) << (code[k + 2] as number)) + (code[k + 3] as number);
      k = s;
    }
    return this.constrained.length === 0 || this.allows(out);
  }

  private allows(values: Int32Array): boolean {
    for (const o of this.constrained) {
      const value = values[o.index] as number;
      if (o.not.includes(value)) return false;
      if (o.below > 0 && value >>> 0 >= o.below) return false;
    }
    return true;
  }
}
