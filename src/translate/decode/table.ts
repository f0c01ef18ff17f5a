/** How decode tables are written down; see vocabulary.ts for the notation of `bits`. */

/** A table line as data. */
export interface RowSpec {
  /** Cells from the most significant bit to bit 0. */
  readonly bits: string;
  /** Assembler operands: words that name operands are replaced by their text, the rest is copied. */
  readonly asm: string;
  /** Operands with a fixed value, `name=value` separated by blanks. */
  readonly set?: string;
  /** Variant of the ISA the line belongs to (`rv32`, `rv64`); all when absent. */
  readonly only?: string;
  /** Lines this one is a special case of: names separated by blanks. They match where this one does not. */
  readonly over?: string;
}

export type RowOptions = Omit<RowSpec, 'bits' | 'asm'>;

/** Lines of one extension; the key is the name, its part before `@` the mnemonic. */
export type Rows = Readonly<Record<string, RowSpec>>;

/** Table of one extension. */
export interface Extension<R extends Rows = Rows> {
  readonly name: string;
  readonly rows: R;
}

/** A group of lines with the same assembler operands: `const r = form('rd,rs1,rs2')`, then `add: r('…')`. */
export function form(asm: string, common: RowOptions = {}): (bits: string, options?: RowOptions) => RowSpec {
  return (bits, options) =>
    options === undefined ? { bits, asm, ...common } : { bits, asm, ...common, ...options };
}

export function extension<R extends Rows>(name: string, rows: R): Extension<R> {
  return { name, rows };
}

/** Names of the lines of a list of extensions. */
export type RowNames<E extends readonly Extension[]> = {
  [K in keyof E]: E[K] extends Extension<infer R> ? keyof R & string : never;
}[number];
