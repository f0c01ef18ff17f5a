/**
 * What translators write to: one method per shape of op. It drops pure ops without a destination, hands out
 * temporaries (which live for one guest instruction only) and keeps the pc of each op for exact faults.
 *
 * Rule for translators: guest registers are written after the last op of the instruction that may fault, so that an
 * instruction that faults has changed nothing (stores before the fault excepted, as on hardware).
 */
import { SLOT_TEMP, TEMP_COUNT } from '../../cpu/layout.js';
import { EXIT_BREAKPOINT, EXIT_ILLEGAL, EXIT_INTERRUPT, EXIT_SYSCALL } from '../../cpu/exit.js';
import { MAX_BLOCK_INSNS } from './block.js';
import type { IrBlock } from './block.js';
import { EXT_NONE, Inst, LINK_NONE, ZERO } from './inst.js';
import type { Ext, Link, Operand } from './inst.js';
import { OPS } from './ops.js';
import type { OpRow } from './ops.js';

/** Destination of a result nobody wants. Pure ops with it vanish; loads still happen. */
export const NONE = -1;

export class BlockBuilder {
  /** First pc of the block. */
  private start = 0;
  /** The guest instruction being translated and the one behind it. */
  pc = 0;
  nextPc = 0;
  private insts: Inst[] = [];
  /**
   * True: blocks are compiled and dropped before the next `begin`, so their instructions and lists are used again.
   * Cold code is translated once and by the ten thousands; the garbage would cost more than the work.
   */
  recycle = false;
  private readonly pool: Inst[] = [];
  private readonly scratch: Inst[] = [];
  private readonly starts: number[] = [];
  private end: Inst | undefined;
  private boundaries: number[] = [];
  private temps = 0;
  /** Most guest instructions this block may get; translators stop there. */
  limit = MAX_BLOCK_INSNS;
  /** Kind of the condition flags (SLOT_CC_OP) at the start of the block; -1 unknown. */
  flags = -1;

  begin(pc: number, flags = -1): void {
    this.start = pc;
    this.pc = pc;
    this.nextPc = pc;
    if (this.recycle) {
      this.scratch.length = 0;
      this.insts = this.scratch;
      this.starts.length = 0;
      this.boundaries = this.starts;
    } else {
      this.insts = [];
      this.boundaries = [];
    }
    this.end = undefined;
    this.flags = flags;
  }

  startInsn(pc: number, length: number): void {
    this.pc = pc;
    this.nextPc = (pc + length) >>> 0;
    this.boundaries.push(pc);
    this.temps = 0;
  }

  /** True once the block has its end. */
  get ended(): boolean {
    return this.end !== undefined;
  }

  /** True when the block must end before another instruction. */
  get full(): boolean {
    return this.end !== undefined || this.boundaries.length >= this.limit;
  }

  /** Guest instructions so far. */
  get length(): number {
    return this.boundaries.length;
  }

  /** The finished block; one without an end falls through to the next instruction. */
  finish(): IrBlock {
    const end =
      this.end ?? new Inst(OPS.jump, 0, ZERO, ZERO, ZERO, this.nextPc, 0, EXT_NONE, LINK_NONE, this.pc);
    const { boundaries, insts } = this;
    return { pc: this.start, endPc: this.nextPc, count: boundaries.length, boundaries, insts, end };
  }

  /** A fresh 8-byte temporary, valid until the next startInsn. */
  temp(): number {
    if (this.temps >= TEMP_COUNT) throw new Error('out of IR temporaries');
    return SLOT_TEMP + this.temps++;
  }

  /** A fresh 16-byte temporary (even slot). */
  temp128(): number {
    this.temps = (this.temps + 1) & ~1;
    const slot = SLOT_TEMP + this.temps;
    this.temps += 2;
    if (this.temps > TEMP_COUNT) throw new Error('out of IR temporaries');
    return slot;
  }

  private push(
    row: OpRow,
    d: number,
    a: Operand,
    b: Operand,
    c: Operand,
    imm: number,
    imm2: number,
    ext: Ext,
  ): void {
    const n = this.insts.length;
    let inst = this.recycle ? this.pool[n] : undefined;
    if (inst === undefined) {
      inst = new Inst(row, d, a, b, c, imm, imm2, ext, LINK_NONE, this.pc);
      if (this.recycle) this.pool.push(inst);
    } else {
      inst.row = row;
      inst.d = d;
      inst.a = a;
      inst.b = b;
      inst.c = c;
      inst.imm = imm;
      inst.imm2 = imm2;
      inst.ext = ext;
      inst.pc = this.pc;
    }
    this.insts.push(inst);
  }

  /** d = row(a, b, c); 32-bit results leave the high word of d unspecified. */
  op(row: OpRow, d: number, a: Operand, b: Operand = ZERO, c: Operand = ZERO): void {
    if (d !== NONE) this.push(row, d, a, b, c, 0, 0, EXT_NONE);
  }

  /** The same with a widening of the 32-bit result. */
  opx(row: OpRow, ext: Ext, d: number, a: Operand, b: Operand = ZERO, c: Operand = ZERO): void {
    if (d !== NONE) this.push(row, d, a, b, c, 0, 0, ext);
  }

  /** A floating-point op; `rm` is the rounding mode 0..4 or 7 (see ops.ts for the extra bits of fma). */
  fp(row: OpRow, ext: Ext, d: number, a: number, b: number, c: number, rm: number): void {
    this.push(row, d === NONE ? this.temp() : d, a, b, c, rm, 0, ext);
  }

  /** A vector op; imm is its lane or pattern. */
  vector(
    row: OpRow,
    d: number,
    a: Operand,
    b: Operand = ZERO,
    c: Operand = ZERO,
    imm = 0,
    ext: Ext = EXT_NONE,
  ): void {
    if (d !== NONE) this.push(row, d, a, b, c, imm, 0, ext);
  }

  load(row: OpRow, ext: Ext, d: number, base: Operand, disp: number): void {
    this.push(row, d === NONE ? this.temp() : d, base, ZERO, ZERO, disp, 0, ext);
  }

  store(row: OpRow, base: Operand, disp: number, value: Operand): void {
    this.push(row, 0, base, value, ZERO, disp, 0, EXT_NONE);
  }

  atomic(row: OpRow, ext: Ext, d: number, addr: Operand, b: Operand = ZERO, c: Operand = ZERO): void {
    this.push(row, d === NONE ? this.temp() : d, addr, b, c, 0, 0, ext);
  }

  fence(): void {
    this.push(OPS.fence, 0, ZERO, ZERO, ZERO, 0, 0, EXT_NONE);
  }

  /** Calls helper `index` (see src/translate/helpers.ts) with slots d, a, b, c and a constant. */
  helper(index: number, d: number, a: number, b: number, c: number, imm: number): void {
    this.push(OPS.helper, d === NONE ? this.temp() : d, a, b, c, imm, index, EXT_NONE);
  }

  /** Ends the block: to `taken` if the compare holds, else to the next instruction (or `other`). */
  branch(row: OpRow, a: Operand, b: Operand, taken: number, other = this.nextPc): void {
    this.end = new Inst(row, 0, a, b, ZERO, taken >>> 0, other >>> 0, EXT_NONE, LINK_NONE, this.pc);
  }

  /** Ends the block with a jump to a known address. LINK_CALL: the call returns to the next instruction. */
  jump(target: number, link: Link): void {
    this.end = new Inst(OPS.jump, 0, ZERO, ZERO, ZERO, target >>> 0, this.nextPc, EXT_NONE, link, this.pc);
  }

  /** Ends the block: pc = a + disp; `even` clears bit 0 (RISC-V). */
  jumpInd(a: Operand, disp: number, link: Link, even = false): void {
    const row = even ? OPS.jumpIndEven : OPS.jumpInd;
    this.end = new Inst(row, 0, a, ZERO, ZERO, disp, this.nextPc, EXT_NONE, link, this.pc);
  }

  private exit(reason: number, pc: number): void {
    this.end = new Inst(OPS.exit, 0, ZERO, ZERO, ZERO, reason, pc, EXT_NONE, LINK_NONE, this.pc);
  }

  /** `ecall`/`svc`: the kernel sees the pc behind the instruction. */
  syscall(): void {
    this.exit(EXIT_SYSCALL, this.nextPc);
  }

  /** `ebreak`/`brk`: the pc stays at the instruction. */
  breakpoint(): void {
    this.exit(EXIT_BREAKPOINT, this.pc);
  }

  illegal(): void {
    this.exit(EXIT_ILLEGAL, this.pc);
  }

  /** Leaves to the run loop and goes on behind the instruction (fence.i, isb, yield). */
  resync(): void {
    this.exit(EXIT_INTERRUPT, this.nextPc);
  }
}
