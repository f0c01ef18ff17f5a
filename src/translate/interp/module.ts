/**
 * The interpreter as a WebAssembly module: `run(cpu, stack bytes, pc) → pc` executes blocks from the block table, and
 * compiled functions where the table names one, until a block is missing or hot, an instruction needs a step (bit 0 of
 * the result is set), something is pending or the budget is used up. Handlers are written by the emitters of
 * src/translate/wasm, so that an op means the same in both.
 */
import { WORD_BUDGET, WORD_PENDING } from '../../cpu/layout.js';
import { Inst, LINK_NONE } from '../ir/inst.js';
import type { Ext, Operand } from '../ir/inst.js';
import { emitFp } from '../wasm/emit-fp.js';
import { emitAtomic, emitLoad, emitStore } from '../wasm/emit-memory.js';
import { emitCondition, emitPure } from '../wasm/emit-op.js';
import { ByteWriter, I32, I64, W } from '../wasm/encoder.js';
import type { Code } from '../wasm/encoder.js';
import {
  importMemoryAndTable,
  linkCalls,
  MAGIC,
  putBodies,
  section,
  SECTION,
  signature,
} from '../wasm/module.js';
import { SlotSet } from '../wasm/slot-set.js';
import { FIELD_A, FIELD_B, FIELD_C, FIELD_CONST, FIELD_D, HandlerContext } from './context.js';
import {
  COMMON_END,
  commonHandlers,
  H_CLOSURE,
  H_FENCE,
  H_JUMP,
  H_JUMP_IND,
  H_JUMP_IND_EVEN,
  H_JUMP_NOTE,
  H_JUMP_NOTE_EVEN,
  H_SHUFFLE,
  H_STEP,
  partsOf,
  rareHandlers,
  SHAPE_A,
  SHAPE_B,
} from './handlers.js';
import type { OpHandler } from './handlers.js';
import { HEAD_PC, JUMP_RING_MASK, RECORD, coreArea } from './layout.js';

/** In a head: the pc, and the links to the blocks that its end goes to (taken, not taken). */
const HEAD_PC_AT = HEAD_PC * 4;
const HEAD_LINKS = 16;
const NO_SLOTS = new SlotSet();
/** Parameters of the main function, and of a handler that is a function. */
const [CPU, DEPTH, PC] = [0, 1, 2];
const RARE_RECORD = 1;

/** Types of the module; those of the FP checks follow. */
const TYPE_FUNCTION = 0;
const TYPE_CLOSURE = 1;
const TYPE_MAIN = 2;
const FIRST_CHECK_TYPE = 3;
/** Function indices: the import, the main function, the rare handlers, the checks. */
const CLOSURE_IMPORT = 0;
const MAIN = 1;
const FIRST_RARE = 2;

/** The instruction that a handler is written for. */
function model(h: OpHandler): Inst {
  const field = (n: number, shape: number): Operand => ((h.key & shape) !== 0 ? FIELD_CONST : n);
  const a = field(FIELD_A, SHAPE_A);
  const b = field(FIELD_B, SHAPE_B);
  return new Inst(h.row, FIELD_D, a, b, FIELD_C, h.imm, 0, (h.key & 3) as Ext, LINK_NONE, 0);
}

/** The op of a handler; it leaves by the context's step label. */
function emitOp(x: HandlerContext, h: OpHandler): void {
  const i = model(h);
  switch (h.row.kind) {
    case 'load':
    case 'store':
      memory(x, i);
      break;
    case 'atomic':
      emitAtomic(x, i, NO_SLOTS);
      break;
    case 'fp':
      emitFp(x, i, NO_SLOTS);
      break;
    default:
      emitPure(x, i);
  }
}

/** A load or store, whose displacement is in the record. */
function memory(x: HandlerContext, i: Inst): void {
  x.displaced = true;
  if (i.row.kind === 'load') emitLoad(x, i, undefined, NO_SLOTS);
  else emitStore(x, i, undefined, NO_SLOTS);
  x.displaced = false;
}

/** swizzle gives 0 for indices past 15: one for each operand, with the pattern from the second record. */
function shuffle(x: HandlerContext): void {
  const c = x.code;
  const [SWIZZLE, SUB8, OR, SPLAT8, LOAD128] = [0xfd000e, 0xfd0071, 0xfd0050, 0xfd000f, 0xfd0000];
  const pattern = (): void => {
    c.get(x.recordLocal);
    c.mem(LOAD128, RECORD);
  };
  x.push(FIELD_A, 0x7b);
  pattern();
  c.op(SWIZZLE);
  x.push(FIELD_B, 0x7b);
  pattern();
  c.i32(16);
  c.op(SPLAT8);
  c.op(SUB8);
  c.op(SWIZZLE);
  c.op(OR);
  x.pop(FIELD_D, 0x7b);
}

class MainEmitter {
  private readonly x: HandlerContext;
  private readonly c: Code;
  private readonly record: number;
  private readonly budget: number;
  private readonly t: number;
  /** Head of the running block, and the address of the link that its end goes by. */
  private readonly head: number;
  private readonly cell: number;

  constructor(wordSize: 4 | 8) {
    this.x = new HandlerContext(wordSize, 3, -1);
    this.c = this.x.code;
    this.record = this.x.recordLocal;
    this.budget = this.c.local(I32);
    this.t = this.c.local(I32);
    this.head = this.c.local(I32);
    this.cell = this.c.local(I32);
  }

  private loadBudget(): void {
    this.c.get(CPU);
    this.c.mem(W.i32Load, WORD_BUDGET * 4);
    this.c.set(this.budget);
  }

  private storeBudget(): void {
    this.c.get(CPU);
    this.c.get(this.budget);
    this.c.mem(W.i32Store, WORD_BUDGET * 4);
  }

  emit(): ByteWriter {
    const { c } = this;
    this.loadBudget();
    this.unlinked();
    // What earlier calls left there may lead anywhere by now.
    c.get(this.cell);
    c.i32(0);
    c.mem(W.i32Store, 0);
    c.open(W.block); // leave
    c.open(W.block); // step
    c.open(W.loop); // next block
    c.open(W.block); // check
    c.open(W.block); // enter
    this.follow();
    this.lookup({ check: 1, leave: 4 });
    c.end();
    this.enter(3);
    this.dispatch();
    c.end();
    // Pending, or a negative budget.
    c.get(CPU);
    c.mem(W.i32Load, WORD_PENDING * 4);
    c.get(this.budget);
    c.i32(31);
    c.op(W.i32ShrS);
    c.op(W.i32Or);
    c.op(W.i32Eqz);
    c.brIf(0);
    c.end();
    c.br(1);
    c.end();
    this.x.pushField(12);
    c.i32(1);
    c.op(W.i32Or);
    c.set(PC);
    c.end();
    this.storeBudget();
    c.get(PC);
    return c.body();
  }

  /** Has the next block be linked from nowhere. */
  private unlinked(): void {
    this.c.i32((coreArea().ringCount - 4) | 0);
    this.c.set(this.cell);
  }

  /** Enters the block that the link leads to if it is that of pc: blocks that are not valid any more have lost theirs. */
  private follow(): void {
    const { c } = this;
    c.get(this.cell);
    c.mem(W.i32Load, 0);
    c.tee(this.record);
    c.open(W.if);
    c.get(this.record);
    c.mem(W.i32Load, HEAD_PC_AT);
    c.get(PC);
    c.op(W.i32Eq);
    c.brIf(1);
    c.end();
  }

  /** Finds the block or function at pc, and makes `record` the block's head. */
  private lookup(label: { check: number; leave: number }): void {
    const { c, t } = this;
    c.get(PC);
    c.i32(1);
    c.op(W.i32ShrU);
    c.i32(coreArea().blockMask);
    c.op(W.i32And);
    c.i32(4);
    c.op(W.i32Shl);
    c.i32(coreArea().blocks | 0);
    c.op(W.i32Add);
    c.tee(t);
    c.mem(W.i32Load, 0);
    c.get(PC);
    c.op(W.i32Ne);
    c.open(W.if);
    c.get(t);
    c.i32(8);
    c.op(W.i32Add);
    c.tee(t);
    c.mem(W.i32Load, 0);
    c.get(PC);
    c.op(W.i32Ne);
    c.brIf(label.leave + 1);
    c.end();
    c.get(t);
    c.mem(W.i32Load, 4);
    c.tee(this.record);
    c.i32(1);
    c.op(W.i32And);
    c.open(W.if);
    this.storeBudget();
    c.get(CPU);
    c.get(DEPTH);
    c.get(this.record);
    c.i32(1);
    c.op(W.i32ShrU);
    c.out.byte(W.callIndirect);
    c.out.u32(TYPE_FUNCTION);
    c.out.u32(0);
    c.set(PC);
    this.loadBudget();
    this.unlinked();
    c.get(PC);
    c.i32(1);
    c.op(W.i32And);
    c.brIf(label.leave + 1);
    c.br(label.check + 1);
    c.end();
    c.get(this.cell);
    c.get(this.record);
    c.mem(W.i32Store, 0);
  }

  /** Counts the block at `record` as entered. */
  private enter(leave: number): void {
    const { c, t } = this;
    // Heat counts down; at zero the block is shown to the tier before it runs again.
    c.get(this.record);
    c.get(this.record);
    c.mem(W.i32Load, 4);
    c.i32(1);
    c.op(W.i32Sub);
    c.tee(t);
    c.mem(W.i32Store, 4);
    c.get(t);
    c.op(W.i32Eqz);
    c.brIf(leave);
    c.get(this.budget);
    c.get(this.record);
    c.tee(this.head);
    c.mem(W.i32Load, 0);
    c.op(W.i32Sub);
    c.set(this.budget);
  }

  /** One record after the other, until an end sets pc and leaves through `check`. */
  private dispatch(): void {
    const { c, x } = this;
    c.open(W.loop);
    x.skipTo(RECORD);
    // COMMON_END blocks and one for the rare handlers, which comes last and so is the outermost.
    for (let n = 0; n <= COMMON_END; n++) c.open(W.block);
    this.x.pushHandler();
    c.out.byte(W.brTable);
    c.out.u32(COMMON_END);
    for (let n = 0; n <= COMMON_END; n++) c.out.u32(n);
    const byNumber = new Map(commonHandlers().map((h) => [h.number, h]));
    for (let n = 0; n <= COMMON_END; n++) {
      c.end();
      // Blocks still open around this handler, then the loop, check, next and step.
      const loop = COMMON_END - n;
      x.stepLabel = loop + 3;
      if (n === COMMON_END) this.rare(loop);
      else this.sequence(partsOf(n), byNumber, loop);
    }
    c.end();
  }

  /** Executes handlers for one record after the other; `loop` dispatches the next. */
  private sequence(numbers: readonly number[], byNumber: ReadonlyMap<number, OpHandler>, loop: number): void {
    const { c, x } = this;
    numbers.forEach((n, k) => {
      x.recordOffset = k * RECORD;
      const h = byNumber.get(n);
      if (h === undefined) this.special(n, loop);
      else if (h.branch) this.branch(h, loop + 1);
      else {
        emitOp(x, h);
        if (k < numbers.length - 1) return;
        x.skipTo(x.recordOffset);
        c.br(loop);
      }
    });
    x.recordOffset = 0;
  }

  private branch(h: OpHandler, check: number): void {
    const { c, x } = this;
    x.pushField(8);
    x.pushField(12);
    emitCondition(x, model(h));
    c.tee(this.t);
    c.op(W.select);
    c.set(PC);
    c.get(this.head);
    c.i32(HEAD_LINKS + 4);
    c.op(W.i32Add);
    c.get(this.t);
    c.i32(2);
    c.op(W.i32Shl);
    c.op(W.i32Sub);
    c.set(this.cell);
    c.br(check);
  }

  private special(n: number, loop: number): void {
    const { c, x } = this;
    switch (n) {
      case H_JUMP:
        x.pushField(8);
        c.set(PC);
        this.firstLink();
        c.br(loop + 1);
        break;
      case H_JUMP_IND:
      case H_JUMP_IND_EVEN:
      case H_JUMP_NOTE:
      case H_JUMP_NOTE_EVEN:
        this.indirect(n === H_JUMP_IND_EVEN || n === H_JUMP_NOTE_EVEN, n >= H_JUMP_NOTE);
        this.firstLink();
        c.br(loop + 1);
        break;
      case H_STEP:
        x.exit();
        break;
      case H_CLOSURE:
        this.storeBudget();
        c.get(CPU);
        x.pushField(8);
        c.call(CLOSURE_IMPORT);
        c.br(loop);
        break;
      case H_SHUFFLE:
        shuffle(x);
        x.skipTo(RECORD);
        c.br(loop);
        break;
      case H_FENCE:
        c.op(0xfe0003);
        c.out.byte(0);
        c.br(loop);
        break;
      default:
        throw new Error(`no handler ${n}`);
    }
  }

  private firstLink(): void {
    const { c } = this;
    c.get(this.head);
    c.i32(HEAD_LINKS);
    c.op(W.i32Add);
    c.set(this.cell);
  }

  private indirect(even: boolean, note: boolean): void {
    const { c, x, t } = this;
    if (x.wordSize === 8) {
      const wide = x.scratchLocal(I64, 0);
      x.push(FIELD_A, I64);
      x.loadField(W.i64Load32S, 8);
      c.op(W.i64Add);
      c.tee(wide);
      c.i64(-1, 0);
      c.op(W.i64GtU);
      x.exitIf();
      c.get(wide);
      c.op(W.i32WrapI64);
    } else {
      x.push(FIELD_A, I32);
      x.pushField(8);
      c.op(W.i32Add);
    }
    c.set(t);
    if (even) {
      c.get(t);
      c.i32(-2);
      c.op(W.i32And);
      c.set(t);
    } else {
      // An odd target must not look like a step request; the closure engine knows what it means.
      c.get(t);
      c.i32(1);
      c.op(W.i32And);
      x.exitIf();
    }
    c.get(t);
    c.set(PC);
    if (note) this.note();
  }

  /** Notes {pc of the block, target} in the ring. */
  private note(): void {
    const { c, x, t } = this;
    c.i32(coreArea().ringCount | 0);
    c.i32(coreArea().ringCount | 0);
    c.mem(W.i32Load, 0);
    c.i32(1);
    c.op(W.i32Add);
    c.tee(t);
    c.mem(W.i32Store, 0);
    c.get(t);
    c.i32(JUMP_RING_MASK);
    c.op(W.i32And);
    c.i32(3);
    c.op(W.i32Shl);
    c.i32(coreArea().ring | 0);
    c.op(W.i32Add);
    c.tee(t);
    x.pushField(16);
    c.mem(W.i32Store, 0);
    c.get(t);
    c.get(PC);
    c.mem(W.i32Store, 4);
  }

  /** Calls the function of a rare handler; it says whether the instruction needs a step. */
  private rare(loop: number): void {
    const { c, x } = this;
    c.get(CPU);
    c.get(this.record);
    x.pushHandler();
    c.i32(COMMON_END);
    c.op(W.i32Sub);
    c.out.byte(W.callIndirect);
    c.out.u32(TYPE_FUNCTION);
    c.out.u32(1);
    x.exitIf();
    c.br(loop);
  }
}

/** A handler as a function (cpu, record) → 1 when the instruction needs a step. */
function rareFunction(h: OpHandler, wordSize: 4 | 8): Code {
  const x = new HandlerContext(wordSize, 2, RARE_RECORD);
  const c = x.code;
  c.open(W.block);
  emitOp(x, h);
  c.i32(0);
  c.op(W.return);
  c.end();
  c.i32(1);
  return c;
}

/** The module for guests of a word size; the same bytes for every run. */
export function buildInterpreter(wordSize: 4 | 8): Uint8Array {
  const rare = rareHandlers().map((h) => rareFunction(h, wordSize).unlinked());
  const checks = linkCalls(rare, new Map(), FIRST_RARE + rare.length);
  const main = new MainEmitter(wordSize).emit();
  const w = new ByteWriter();
  for (const b of MAGIC) w.byte(b);
  section(w, SECTION.type, (s) => {
    s.u32(FIRST_CHECK_TYPE + checks.length);
    signature(s, [I32, I32], [I32]);
    signature(s, [I32, I32], []);
    signature(s, [I32, I32, I32], [I32]);
    for (const f of checks) signature(s, f.params, [f.result]);
  });
  section(w, SECTION.import, imports);
  section(w, SECTION.function, (s) => {
    s.u32(1 + rare.length + checks.length);
    s.u32(TYPE_MAIN);
    for (let n = 0; n < rare.length; n++) s.u32(TYPE_FUNCTION);
    checks.forEach((_, n) => {
      s.u32(FIRST_CHECK_TYPE + n);
    });
  });
  section(w, SECTION.table, (s) => {
    s.u32(1);
    s.byte(0x70);
    s.byte(1);
    s.u32(rare.length);
    s.u32(rare.length);
  });
  section(w, SECTION.export, (s) => {
    s.u32(1);
    s.name('run');
    s.byte(0);
    s.u32(MAIN);
  });
  section(w, SECTION.element, (s) => {
    s.u32(1);
    s.u32(2); // active, with a table index
    s.u32(1);
    s.byte(W.i32Const);
    s.s32(0);
    s.byte(W.end);
    s.byte(0);
    s.u32(rare.length);
    for (let n = 0; n < rare.length; n++) s.u32(FIRST_RARE + n);
  });
  section(w, SECTION.code, (s) => {
    s.u32(1 + rare.length + checks.length);
    s.sized(main);
    putBodies(s, rare, checks);
  });
  return w.copy();
}

function imports(s: ByteWriter): void {
  s.u32(3);
  s.name('e');
  s.name('c');
  s.byte(0);
  s.u32(TYPE_CLOSURE);
  importMemoryAndTable(s);
}
