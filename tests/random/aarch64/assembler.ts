/** Makes A64 instruction words from the decode tables. */
import { encode, insertOperand } from '../../../src/translate/decode/encode.js';
import { fieldsOf } from '../../../src/translate/decode/fields.js';
import type { OperandLayout, Row } from '../../../src/translate/decode/row.js';
import { EXIT_ILLEGAL } from '../../../src/cpu/exit.js';
import { BlockBuilder } from '../../../src/translate/ir/builder.js';
import { OPS } from '../../../src/translate/ir/ops.js';
import { A64Context } from '../../../src/translate/isa/aarch64/context.js';
import type { Translator } from '../../../src/translate/isa/aarch64/context.js';
import { A64Decoder } from '../../../src/translate/isa/aarch64/isa.js';
import type { A64Model } from '../../../src/translate/isa/aarch64/model.js';
import { OPERANDS } from '../../../src/translate/isa/aarch64/vocabulary.js';
import type { Operand } from '../../../src/translate/isa/aarch64/vocabulary.js';
import type { Rng } from '../rng.js';

export type A64Row = Row<Translator>;
export type Values = Partial<Record<Operand, number>>;

export class A64Assembler {
  readonly rows: readonly A64Row[];
  readonly fields = fieldsOf(OPERANDS);
  private readonly decoder: A64Decoder;
  private readonly context: A64Context;
  private readonly builder = new BlockBuilder();

  constructor(model: A64Model) {
    this.decoder = new A64Decoder(model);
    this.rows = this.decoder.whole().rows;
    this.context = new A64Context(model);
  }

  row(name: string): A64Row {
    const row = this.rows.find((r) => r.name === name);
    if (row === undefined) throw new Error(`no line ${name}`);
    return row;
  }

  /** The line of a defined word with its operands in `fields`; undefined when decoder or translator refuse it. */
  decode(word: number): A64Row | undefined {
    const row = this.decoder.decode(word, this.fields);
    if (row === undefined) return undefined;
    this.builder.begin(0x10000);
    this.builder.startInsn(0x10000, 4);
    this.context.begin(this.builder);
    row.action(this.context, this.fields);
    const { end } = this.builder.finish();
    return end.row === OPS.exit && end.imm === EXIT_ILLEGAL ? undefined : row;
  }

  word(name: string, values: Values): number {
    const row = this.row(name);
    const word = encode(row, values);
    if (this.decode(word)?.name !== name) throw new Error(`${name} cannot be ${JSON.stringify(values)}`);
    return word;
  }

  /** `word` with other values of some operands of its line; undefined if it is no longer that line's. */
  with(word: number, row: A64Row, values: Values): number | undefined {
    let out = word;
    for (const o of row.layout) {
      const value = values[o.operand as Operand];
      if (value !== undefined && o.slices.length > 0) out = insertOperand(out, o, value);
    }
    return this.decode(out) === undefined || this.decoder.decode(out, this.fields)?.name !== row.name
      ? undefined
      : out;
  }

  /** A random defined word of the line. */
  random(row: A64Row, rng: Rng, forbid: (o: OperandLayout, value: number) => boolean): number {
    for (let tries = 0; tries < 20000; tries++) {
      const word = (rng.word() & ~row.mask) | row.value;
      if (this.decode(word)?.name !== row.name) continue;
      if (!row.layout.some((o) => forbid(o, this.fields.values[o.index] as number))) return word;
    }
    throw new Error(`no random ${row.name}`);
  }
}
