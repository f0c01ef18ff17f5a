/** RISC-V as the engines see it: decode until a block ends, each instruction by the translator of its table line. */
import { fieldsOf } from '../../decode/fields.js';
import type { Row } from '../../decode/row.js';
import { instructionText } from '../../decode/text.js';
import type { CodeReader, FrontEnd } from '../../front-end.js';
import type { BlockBuilder } from '../../ir/builder.js';
import { RiscvContext } from './context.js';
import type { RiscvFields, Translator } from './context.js';
import { PRINTERS } from './disassemble.js';
import { riscvDecoders } from './isa.js';
import type { RiscvDecoders } from './isa.js';
import { OPERANDS } from './vocabulary.js';

const PAGE_MASK = 0xfff;

export class RiscvFrontEnd implements FrontEnd {
  readonly name: string;
  readonly wordSize: 4 | 8;
  readonly codeAlign = 2;
  readonly stackSlot = 2;
  private readonly decoders: RiscvDecoders;
  private readonly context: RiscvContext;
  private readonly fields: RiscvFields = fieldsOf(OPERANDS);
  /** Length of the instruction read last, 0 when it could not be fetched. */
  private length = 0;

  constructor(xlen: 32 | 64) {
    this.name = `riscv${xlen}`;
    this.wordSize = xlen === 64 ? 8 : 4;
    this.decoders = riscvDecoders(xlen);
    this.context = new RiscvContext(xlen);
  }

  /** Decodes the instruction at pc into `fields`; `length` tells whether one was there. */
  private read(pc: number, code: CodeReader): Row<Translator> | undefined {
    const low = code.half(pc);
    if (low < 0) {
      this.length = 0;
      return undefined;
    }
    if ((low & 3) !== 3) {
      this.length = 2;
      return this.decoders.compressed.decode(low, this.fields);
    }
    const high = code.half((pc + 2) >>> 0);
    if (high < 0) {
      this.length = 0;
      return undefined;
    }
    // Longer encodings (bits 4:2 = 111) have no lines and are illegal as 32-bit words.
    this.length = 4;
    return this.decoders.full.decode(low | (high << 16), this.fields);
  }

  translate(builder: BlockBuilder, pc: number, code: CodeReader): void {
    const { context, fields } = this;
    context.begin(builder);
    let at = pc;
    do {
      // An instruction across the page end is a block of its own, so that a block's pages are those of its ends.
      if ((at & PAGE_MASK) === PAGE_MASK - 1 && at !== pc && (code.half(at) & 3) === 3) return;
      const row = this.read(at, code);
      if (this.length === 0) return;
      builder.startInsn(at, this.length);
      if (row === undefined) builder.illegal();
      else row.action(context, fields);
      at += this.length;
    } while (!builder.full && (at ^ pc) >>> 12 === 0);
  }

  disassemble(pc: number, code: CodeReader): { readonly text: string; readonly length: number } {
    const row = this.read(pc, code);
    if (this.length === 0) return { text: '(not readable)', length: 0 };
    if (row !== undefined)
      return { text: instructionText(row, this.fields.values, pc, PRINTERS), length: this.length };
    const low = code.half(pc);
    const word = this.length === 2 ? low : low | (code.half(pc + 2) << 16);
    return { text: `.${this.length}byte 0x${(word >>> 0).toString(16)}`, length: this.length };
  }
}
