/** AArch64 as the engines see it: decode until a block ends, each instruction by the translator of its table line. */
import { fieldsOf } from '../../decode/fields.js';
import type { CodeReader, FrontEnd } from '../../front-end.js';
import type { BlockBuilder } from '../../ir/builder.js';
import { A64Context } from './context.js';
import { A64Decoder } from './isa.js';
import { A64_MODELS } from './model.js';
import type { A64Model } from './model.js';
import { OPERANDS } from './vocabulary.js';
import type { A64Fields } from './vocabulary.js';

/** Turns an instruction word at pc into text; src/debug provides one made from capstone. */
export type A64Disassembler = (word: number, pc: number) => string | undefined;

export class A64FrontEnd implements FrontEnd {
  readonly name = 'aarch64';
  readonly wordSize = 8;
  readonly codeAlign = 4;
  readonly stackSlot = 31;
  readonly model: A64Model;
  /** Text comes from here when it is set. */
  disassembler: A64Disassembler | undefined;
  private readonly decoder: A64Decoder;
  private readonly context: A64Context;
  private readonly fields: A64Fields = fieldsOf(OPERANDS);

  constructor(model: A64Model = A64_MODELS[0] as A64Model) {
    this.model = model;
    this.decoder = new A64Decoder(model);
    this.context = new A64Context(model);
  }

  translate(builder: BlockBuilder, pc: number, code: CodeReader): void {
    const { context, fields, decoder } = this;
    context.begin(builder);
    let at = pc;
    do {
      const low = code.half(at);
      if (low < 0) break;
      const row = decoder.decode(low | (code.half(at + 2) << 16), fields);
      builder.startInsn(at, 4);
      if (row === undefined) builder.illegal();
      else row.action(context, fields);
      at += 4;
    } while (!builder.full && (at & 4095) !== 0);
  }

  disassemble(pc: number, code: CodeReader): { readonly text: string; readonly length: number } {
    const low = code.half(pc);
    if (low < 0) return { text: '(not readable)', length: 0 };
    const word = low | (code.half(pc + 2) << 16);
    const text = this.disassembler?.(word, pc) ?? this.plainText(word);
    return { text, length: 4 };
  }

  /** Mnemonic and raw operands, where there is no disassembler. */
  private plainText(word: number): string {
    const row = this.decoder.decode(word, this.fields);
    if (row === undefined) return `.inst 0x${(word >>> 0).toString(16).padStart(8, '0')}`;
    const operands = row.layout.map((o) => `${o.operand}=${this.fields.values[o.index] as number}`);
    return `${row.mnemonic} ${operands.join(' ')}`;
  }
}
