/** IR block → the interpreter's records. */
import { SLOT_SCRATCH } from '../../cpu/layout.js';
import { patternOf } from '../../cpu/simd/patterns.js';
import type { ClosureCompiler } from '../closures/compile.js';
import type { Closure } from '../closures/evaluators.gen.js';
import { isBranch } from '../ir/block.js';
import type { IrBlock } from '../ir/block.js';
import { Inst, LINK_NONE, ZERO } from '../ir/inst.js';
import type { Operand } from '../ir/inst.js';
import { OPS } from '../ir/ops.js';
import {
  branchHandler,
  fused,
  H_CLOSURE,
  H_FENCE,
  H_JUMP,
  H_JUMP_IND,
  H_JUMP_NOTE,
  H_SHUFFLE,
  H_STEP,
  opHandler,
  SHAPE_A,
  SHAPE_B,
} from './handlers.js';
import { RECORD_WORDS } from './layout.js';

export class BlockEncoder {
  /** Records of the last block encoded, and how many words of it they are. */
  words = new Int32Array(1 << 14);
  length = 0;
  /** Closures that records call, by number. */
  readonly closures: Closure[] = [];
  /** Their numbers, so that code which is translated again needs no new ones. */
  private readonly known = new Map<string, readonly number[]>();
  private readonly compiler: ClosureCompiler;
  /** The record that the next may form a sequence with, and the handler for what it stands for so far. */
  private leader = 0;
  private leading = H_STEP;

  constructor(compiler: ClosureCompiler) {
    this.compiler = compiler;
  }

  /** Encodes a block; `note` has the targets of an indirect jump noted. */
  encode(block: IrBlock, note: boolean): void {
    // An op takes at most two records and three moves of constants.
    const most = (block.insts.length + 1) * 5 * RECORD_WORDS;
    if (most > this.words.length) this.words = new Int32Array(most * 2);
    const { words } = this;
    words[0] = block.count;
    words[2] = 0;
    words[3] = block.pc;
    words[4] = 0;
    words[5] = 0;
    this.length = RECORD_WORDS;
    this.leading = H_STEP;
    for (const inst of block.insts) this.op(inst);
    this.end(block, note);
    words[1] = this.length;
  }

  private record(
    handler: number,
    d: number,
    ab: number,
    imm: number,
    pc: number,
    w4: number,
    w5: number,
  ): void {
    const { words } = this;
    const at = this.length;
    const sequence = fused(this.leading, handler);
    if (sequence >= 0) {
      words[this.leader] = ((words[this.leader] as number) & ~0xffff) | sequence;
      this.leading = sequence;
    } else {
      this.leader = at;
      this.leading = handler;
    }
    words[at] = handler | (d << 19);
    words[at + 1] = ab;
    words[at + 2] = imm;
    words[at + 3] = pc;
    words[at + 4] = w4;
    words[at + 5] = w5;
    this.length = at + RECORD_WORDS;
  }

  private op(i: Inst): void {
    const { row } = i;
    if (row.kind === 'helper') {
      if (row === OPS.fence) this.record(H_FENCE, 0, 0, 0, i.pc, 0, 0);
      else this.closure(i);
      return;
    }
    if (row === OPS.vshuffle) {
      this.record(H_SHUFFLE, i.d, offset(i.a) | (offset(i.b) << 16), 0, i.pc, 0, 0);
      this.pattern(i.imm);
      return;
    }
    let { a, b, c } = i;
    const n = row.operands.length;
    let shape = 0;
    let k = ZERO;
    if (n > 0 && typeof a !== 'number') {
      shape = SHAPE_A;
      k = a;
    }
    if (n > 1 && typeof b !== 'number') {
      shape |= SHAPE_B;
      k = b;
    }
    if (n > 2 && typeof c !== 'number') shape |= SHAPE_A | SHAPE_B;
    let handler = shape === (SHAPE_A | SHAPE_B) ? -1 : opHandler(row, i.ext | shape, i.imm);
    // Displacements are in the record, whatever they are.
    if (row.kind === 'load' || row.kind === 'store') handler = opHandler(row, i.ext | shape, 0);
    if (handler < 0) {
      handler = opHandler(row, i.ext, row.kind === 'load' || row.kind === 'store' ? 0 : i.imm);
      if (handler < 0) {
        this.closure(i);
        return;
      }
      if (n > 0) a = this.slot(a, 0, i.pc);
      if (n > 1) b = this.slot(b, 1, i.pc);
      if (n > 2) c = this.slot(c, 2, i.pc);
    }
    const ab = offset(a) | (offset(b) << 16);
    this.record(handler, i.d, ab, n > 2 ? offset(c) : i.imm, i.pc, k.lo, k.hi);
  }

  /** The operand as a slot: constants are moved to scratch first. */
  private slot(o: Operand, n: number, pc: number): number {
    if (typeof o === 'number') return o;
    const slot = SLOT_SCRATCH + n;
    this.record(opHandler(OPS.mov64, SHAPE_A, 0), slot, 0, 0, pc, o.lo, o.hi);
    return slot;
  }

  private closure(i: Inst): void {
    const operands = [i.a, i.b, i.c].map((o) => (typeof o === 'number' ? o : `${o.lo}:${o.hi}`)).join();
    const key = `${i.row.id} ${i.ext} ${i.d} ${operands} ${i.imm} ${i.imm2} ${i.pc}`;
    let numbers = this.known.get(key);
    if (numbers === undefined) this.known.set(key, (numbers = this.makeClosures(i)));
    for (const n of numbers) this.record(H_CLOSURE, 0, 0, n, i.pc, 0, 0);
  }

  private makeClosures(i: Inst): number[] {
    // The builder may use the instruction again.
    const copy = new Inst(i.row, i.d, i.a, i.b, i.c, i.imm, i.imm2, i.ext, i.link, i.pc);
    return this.compiler.compileOp(copy).map((closure) => this.closures.push(closure) - 1);
  }

  private pattern(index: number): void {
    const bytes = patternOf(index);
    const { words } = this;
    for (let n = 0; n < 4; n++) {
      const k = n * 4;
      words[this.length + n] =
        (bytes[k] as number) |
        ((bytes[k + 1] as number) << 8) |
        ((bytes[k + 2] as number) << 16) |
        ((bytes[k + 3] as number) << 24);
    }
    this.length += RECORD_WORDS;
  }

  private end(block: IrBlock, note: boolean): void {
    const i = block.end;
    const { row } = i;
    if (isBranch(row)) {
      let { a, b } = i;
      let shape = (typeof a === 'number' ? 0 : SHAPE_A) | (typeof b === 'number' ? 0 : SHAPE_B);
      let handler = shape === (SHAPE_A | SHAPE_B) ? -1 : branchHandler(row, shape);
      if (handler < 0) {
        handler = branchHandler(row, 0);
        a = this.slot(a, 0, i.pc);
        b = this.slot(b, 1, i.pc);
        shape = 0;
      }
      const k = typeof a !== 'number' ? a : typeof b !== 'number' ? b : ZERO;
      this.record(handler, 0, offset(a) | (offset(b) << 16), i.imm, i.imm2, k.lo, k.hi);
    } else if (row === OPS.jump) this.record(H_JUMP, 0, 0, i.imm, i.pc, 0, 0);
    else if (row === OPS.exit) this.record(H_STEP, 0, 0, 0, i.pc, 0, 0);
    else {
      const even = row === OPS.jumpIndEven;
      if (typeof i.a !== 'number') {
        const target = (i.a.lo + i.imm) & (even ? -2 : -1);
        this.record((target & 1) === 0 ? H_JUMP : H_STEP, 0, 0, target, i.pc, 0, 0);
        return;
      }
      const first = note && i.link === LINK_NONE ? H_JUMP_NOTE : H_JUMP_IND;
      this.record(first + (even ? 1 : 0), 0, i.a * 8, i.imm, i.pc, block.pc, 0);
    }
  }
}

/** Offset of a slot in the CPU block. */
function offset(o: Operand): number {
  return typeof o === 'number' ? o * 8 : 0;
}
