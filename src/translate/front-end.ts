/** What an ISA gives to the engines. */
import type { BlockBuilder } from './ir/builder.js';

/** Reads code. Answers -1 where nothing may be fetched. */
export interface CodeReader {
  /** 16 bits at an even address in the guest's instruction byte order (RISC-V, ARM: little-endian), or -1. */
  half(addr: number): number;
}

export interface FrontEnd {
  readonly name: string;
  /** Bytes of a guest word: the width of addresses. */
  readonly wordSize: 4 | 8;
  /** Alignment of instructions in bytes; a jump elsewhere is an alignment fault. */
  readonly codeAlign: 2 | 4;
  /** Slot of the stack pointer. */
  readonly stackSlot: number;
  /**
   * Translates from `pc` to the first instruction that ends a block, the end of the page, an instruction that cannot be
   * fetched, or MAX_BLOCK_INSNS. `builder.begin(pc)` was called. Gives 0 instructions only if the first cannot be fetched.
   */
  translate(builder: BlockBuilder, pc: number, code: CodeReader): void;
  /** Text of the instruction at pc and its length in bytes, for -d in_asm and reports. */
  disassemble(pc: number, code: CodeReader): { readonly text: string; readonly length: number };
}
