/** Instruction words from the decode tables: by name and operands, or random within a line. */
import type { Decoder } from '../../../src/translate/decode/decoder.js';
import { encode, insertOperand } from '../../../src/translate/decode/encode.js';
import { fieldsOf } from '../../../src/translate/decode/fields.js';
import type { OperandLayout, Row } from '../../../src/translate/decode/row.js';
import { instructionText } from '../../../src/translate/decode/text.js';
import type { Translator } from '../../../src/translate/isa/riscv/context.js';
import { PRINTERS } from '../../../src/translate/isa/riscv/disassemble.js';
import { riscvDecoders } from '../../../src/translate/isa/riscv/isa.js';
import { OPERANDS } from '../../../src/translate/isa/riscv/vocabulary.js';
import type { Rng } from '../rng.js';

export type RiscvRow = Row<Translator>;

export interface Word {
  readonly row: RiscvRow;
  readonly bits: number;
}

/** What a random instruction must look like. */
export interface Wishes {
  /** The value an operand must have; undefined leaves the random one. */
  force?(operand: OperandLayout, random: number): number | undefined;
  /** Values an operand must not have. */
  forbid?(operand: OperandLayout, value: number): boolean;
}

export class Assembler {
  readonly rows: readonly RiscvRow[];
  private readonly byName = new Map<string, RiscvRow>();
  private readonly full: Decoder<Translator>;
  private readonly compressed: Decoder<Translator>;
  private readonly fields = fieldsOf(OPERANDS);

  constructor(xlen: 32 | 64) {
    const { full, compressed } = riscvDecoders(xlen);
    this.full = full;
    this.compressed = compressed;
    this.rows = [...full.rows, ...compressed.rows];
    for (const row of this.rows) this.byName.set(row.name, row);
  }

  row(name: string): RiscvRow {
    const row = this.byName.get(name);
    if (row === undefined) throw new Error(`no instruction ${name}`);
    return row;
  }

  decode(bits: number): RiscvRow | undefined {
    return (bits & 3) === 3 ? this.full.decode(bits, this.fields) : this.compressed.decode(bits, this.fields);
  }

  text(word: Word, pc: number): string {
    const row = this.decode(word.bits);
    return row === undefined ? '?' : instructionText(row, this.fields.values, pc, PRINTERS);
  }

  word(name: string, values: Readonly<Record<string, number>>): Word {
    const row = this.row(name);
    const bits = encode(row, values);
    if (this.decode(bits) !== row && this.decode(bits)?.name !== name)
      throw new Error(`${name} cannot be that`);
    return { row, bits };
  }

  /** The same instruction with another value of one operand. */
  retarget(word: Word, operand: string, value: number): Word {
    const layout = word.row.layout.find((o) => o.operand === operand);
    if (layout === undefined) throw new Error(`${word.row.name} has no ${operand}`);
    return { row: word.row, bits: insertOperand(word.bits, layout, value) };
  }

  /** A random instruction of the line that meets the wishes and decodes as that line. */
  random(row: RiscvRow, rng: Rng, wishes: Wishes): Word {
    const { values } = this.fields;
    for (let tries = 0; tries < 1000; tries++) {
      let bits = ((rng.word() & ~row.mask) | row.value) & (row.width === 16 ? 0xffff : -1);
      if (this.decode(bits)?.name !== row.name) continue;
      for (const o of row.layout) {
        const value = o.slices.length === 0 ? undefined : wishes.force?.(o, values[o.index] as number);
        if (value !== undefined) bits = insertOperand(bits, o, value);
      }
      if (this.decode(bits)?.name !== row.name) continue;
      if (!row.layout.some((o) => wishes.forbid?.(o, values[o.index] as number))) return { row, bits };
    }
    throw new Error(`no random ${row.name}`);
  }
}
