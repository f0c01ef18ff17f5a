/**
 * Do we and the reference agree on what is no instruction? Programs full of words that we refuse run under qemu with a
 * handler for SIGILL that goes on behind the word; what did not raise SIGILL is reported.
 */
import { EXIT_ILLEGAL } from '../../../src/cpu/exit.js';
import { BlockBuilder } from '../../../src/translate/ir/builder.js';
import { OPS } from '../../../src/translate/ir/ops.js';
import { RiscvFrontEnd } from '../../../src/translate/isa/riscv/front-end.js';
import { makeElf } from '../elf.js';
import type { Rng } from '../rng.js';
import type { Assembler, Word } from './assembler.js';

const CODE = 0x10_0000;
const RESULTS = 0x40_0000;
const SIGNALS = [4, 5, 7, 8, 11];
const SYS_WRITE = 64;
const SYS_EXIT = 93;
const SYS_RT_SIGACTION = 134;
const SA_SIGINFO = 4;
/** Where ucontext_t has pc; x registers follow (arch/riscv/include/uapi/asm/ucontext.h). */
const CONTEXT_PC = { 32: 160, 64: 176 };
/** What the results hold: nothing yet, SIGILL, ran, another signal. */
export const RESULT_ILLEGAL = 1;

export class Illegal {
  private readonly asm: Assembler;
  private readonly xlen: 32 | 64;
  private readonly frontEnd: RiscvFrontEnd;
  private readonly builder = new BlockBuilder();

  constructor(asm: Assembler, xlen: 32 | 64) {
    this.asm = asm;
    this.xlen = xlen;
    this.frontEnd = new RiscvFrontEnd(xlen);
  }

  /** Whether executing the word is an illegal instruction here. */
  refuses(bits: number): boolean {
    const { builder } = this;
    builder.limit = 1;
    builder.begin(0);
    this.frontEnd.translate(builder, 0, { half: (addr) => (addr === 0 ? bits & 0xffff : bits >>> 16) });
    const { end } = builder.finish();
    return end.row === OPS.exit && end.imm === EXIT_ILLEGAL;
  }

  /** A word that we refuse, mostly one bit away from an instruction. */
  next(rng: Rng): number {
    while (true) {
      const row = rng.pick(this.asm.rows);
      let bits = ((rng.word() & ~row.mask) | row.value) & (row.width === 16 ? 0xffff : -1);
      if (rng.chance(0.7)) bits ^= 1 << rng.below(row.width);
      else if (rng.chance(0.2)) bits = rng.word();
      if ((bits & 3) !== 3) bits &= 0xffff;
      if (this.refuses(bits)) return bits;
    }
  }

  /** A program that tries the words and writes one result byte for each. */
  program(words: readonly number[]): Uint8Array {
    const { asm, xlen } = this;
    const bytes: number[] = [];
    const raw = (bits: number, width: number): void => {
      for (let k = 0; k < width; k += 8) bytes.push((bits >>> k) & 255);
    };
    const put = ({ bits, row }: Word): void => {
      raw(bits, row.width);
    };
    const i = (name: string, values: Readonly<Record<string, number>>): void => {
      put(asm.word(name, values));
    };
    const address = (rd: number, value: number): void => {
      i('lui', { rd, upper: ((value + 0x800) >>> 12) << 12 });
      i('addi', { rd, rs1: rd, imm: (value << 20) >> 20 });
    };
    const load = xlen === 64 ? 'ld' : 'lw';
    const store = xlen === 64 ? 'sd' : 'sw';
    const pc = CONTEXT_PC[xlen];
    const registerAt = (n: number): number => pc + (n * xlen) / 8;

    // The handler: pc = x18; x19 = 1 for SIGILL, else 3. It sits in front of the entry.
    i(load, { rd: 5, rs1: 12, imm: registerAt(18) });
    i(store, { rs2: 5, rs1: 12, imm: pc });
    i('addi', { rd: 6, rs1: 0, imm: RESULT_ILLEGAL });
    i('addi', { rd: 7, rs1: 0, imm: 4 });
    i('beq', { rs1: 10, rs2: 7, offset: 8 });
    i('addi', { rd: 6, rs1: 0, imm: 3 });
    i(store, { rs2: 6, rs1: 12, imm: registerAt(19) });
    i('jalr', { rd: 0, rs1: 1, imm: 0 });
    const entry = CODE + bytes.length;

    // struct sigaction at the start of the result page.
    address(8, RESULTS);
    address(5, CODE);
    i(store, { rs2: 5, rs1: 8, imm: 0 });
    i('addi', { rd: 5, rs1: 0, imm: SA_SIGINFO });
    i(store, { rs2: 5, rs1: 8, imm: xlen / 8 });
    for (const signal of SIGNALS) {
      i('addi', { rd: 10, rs1: 0, imm: signal });
      i('addi', { rd: 11, rs1: 8, imm: 0 });
      i('addi', { rd: 12, rs1: 0, imm: 0 });
      i('addi', { rd: 13, rs1: 0, imm: 8 });
      i('addi', { rd: 17, rs1: 0, imm: SYS_RT_SIGACTION });
      i('ecall', {});
    }
    words.forEach((bits, n) => {
      const width = (bits & 3) === 3 ? 32 : 16;
      i('addi', { rd: 19, rs1: 0, imm: 2 });
      i('auipc', { rd: 18, upper: 0 });
      i('addi', { rd: 18, rs1: 18, imm: 8 + width / 8 });
      raw(bits, width);
      address(20, RESULTS + 4096 + n);
      i('sb', { rs2: 19, rs1: 20, imm: 0 });
    });
    i('addi', { rd: 10, rs1: 0, imm: 1 });
    address(11, RESULTS + 4096);
    address(12, words.length);
    i('addi', { rd: 17, rs1: 0, imm: SYS_WRITE });
    i('ecall', {});
    i('addi', { rd: 10, rs1: 0, imm: 0 });
    i('addi', { rd: 17, rs1: 0, imm: SYS_EXIT });
    i('ecall', {});
    return makeElf({
      bits: xlen,
      machine: 243,
      flags: 5,
      entry,
      segments: [
        { addr: CODE, bytes: Uint8Array.from(bytes), write: false, exec: true },
        { addr: RESULTS, bytes: new Uint8Array(8192), write: true, exec: false },
      ],
    });
  }
}
