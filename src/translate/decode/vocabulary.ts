/**
 * The words a decode table may use. A table line is the manual's own line: bits left to right, most significant first,
 * cells separated by blanks. A cell is
 *
 *   0101            fixed bits
 *   rd              a field of the vocabulary with its usual width
 *   imm[12|10:5]    bits of an operand, as the RISC-V manual writes split immediates (5 + 1 bits wide here)
 *   rd/rs1          one field that is two operands
 *   rd!=0           with a constraint on the operand's value; rd!={0,2} excludes several
 *
 * Each field feeds an *operand* (what translators and the assembler text see): `nzuimm[5:4]` and `imm[5:4]` both feed
 * `imm`, and differ in sign and in what they exclude.
 */

/** Meaning of a field name. */
export interface FieldSpec {
  /** Operand it feeds; the field's own name when absent. */
  readonly operand?: string;
  /** Bits of the field where the line gives no bit list. */
  readonly width?: number;
  /** Sign-extend from the highest bit the line gives. */
  readonly signed?: boolean;
  /** The operand is (bits << shift) + plus. */
  readonly shift?: number;
  readonly plus?: number;
  /** Values the operand may not have: another or no instruction has that encoding. */
  readonly not?: readonly number[];
  /** The operand, unsigned, must be below this. */
  readonly below?: number;
}

export type Vocabulary = Readonly<Record<string, FieldSpec>>;

/** Consecutive bits: operand bits [to + width - 1 : to] are taken from the instruction at a place the line decides. */
export interface Piece {
  readonly to: number;
  readonly width: number;
}

/** One field in a cell, with the constraint written in the cell. */
export interface CellField {
  readonly name: string;
  readonly spec: FieldSpec;
  readonly operand: string;
  readonly not: readonly number[];
}

export interface Cell {
  readonly width: number;
  /** Value of a fixed cell, -1 for fields. */
  readonly fixed: number;
  readonly fields: readonly CellField[];
  /** From the most significant piece to the least. */
  readonly pieces: readonly Piece[];
}

const NO_FIELDS: readonly CellField[] = [];
const NO_PIECES: readonly Piece[] = [];

function parsePieces(text: string): Piece[] {
  return text.split('|').map((part) => {
    const [hi, lo] = part.split(':');
    const top = Number(hi);
    const low = lo === undefined ? top : Number(lo);
    return { to: low, width: top - low + 1 };
  });
}

function parseField(text: string, vocabulary: Vocabulary): Cell {
  const bang = text.indexOf('!=');
  const not =
    bang < 0
      ? []
      : text
          .slice(bang + 2)
          .replace(/[{}]/g, '')
          .split(',')
          .map(Number);
  const head = bang < 0 ? text : text.slice(0, bang);
  const bracket = head.indexOf('[');
  const names = (bracket < 0 ? head : head.slice(0, bracket)).split('/');
  const fields = names.map((name, k): CellField => {
    const spec = vocabulary[name];
    if (spec === undefined) throw new Error(`unknown field ${name} in ${text}`);
    const own = k === 0 ? not : [];
    return {
      name,
      spec,
      operand: spec.operand ?? name,
      not: spec.not === undefined ? own : [...own, ...spec.not],
    };
  });
  let pieces: readonly Piece[];
  if (bracket >= 0) pieces = parsePieces(head.slice(bracket + 1, -1));
  else {
    const width = fields[0]?.spec.width;
    if (width === undefined) throw new Error(`field ${head} needs a bit list`);
    pieces = [{ to: 0, width }];
  }
  const width = pieces.reduce((sum, p) => sum + p.width, 0);
  return { width, fixed: -1, fields, pieces };
}

/** Cells by their text: tables repeat a few hundred of them. */
export class CellReader {
  private readonly cells = new Map<string, Cell>();
  private readonly vocabulary: Vocabulary;

  constructor(vocabulary: Vocabulary) {
    this.vocabulary = vocabulary;
  }

  read(text: string): Cell {
    const known = this.cells.get(text);
    if (known !== undefined) return known;
    const first = text.charCodeAt(0);
    const cell: Cell =
      first === 48 || first === 49
        ? { width: text.length, fixed: parseInt(text, 2), fields: NO_FIELDS, pieces: NO_PIECES }
        : parseField(text, this.vocabulary);
    this.cells.set(text, cell);
    return cell;
  }
}
