/** IR block → closures. */
import type { Cpu } from '../../cpu/cpu.js';
import { PENDING_EXIT, SLOT_SCRATCH, WORD_PENDING } from '../../cpu/layout.js';
import type { ExitReason } from '../../cpu/exit.js';
import { HELPERS } from '../helpers.js';
import type { IrBlock } from '../ir/block.js';
import { Const, EXT_NONE, Inst, LINK_NONE, ZERO } from '../ir/inst.js';
import type { Operand } from '../ir/inst.js';
import { OPS } from '../ir/ops.js';
import { BRANCHES, EVALUATORS } from './evaluators.gen.js';
import type { Closure, EndClosure } from './evaluators.gen.js';

/** Operand-shape code of the generated tables: 4, 8, 16 for constants in a, b, c. */
function shape(i: Inst): number {
  return (
    (typeof i.a === 'number' ? 0 : 4) | (typeof i.b === 'number' ? 0 : 8) | (typeof i.c === 'number' ? 0 : 16)
  );
}

/** Constants in operands the op does not have are no constants. */
const MASKS = [0, 4, 12, 28];

function operandMask(i: Inst): number {
  return MASKS[i.row.operands.length] as number;
}

/** Any word that nobody waits for. */
const FENCE_WORD = SLOT_SCRATCH * 2;

export class ClosureCompiler {
  /** 32 for guests with 64-bit addresses, added to the table code of memory ops. */
  private readonly wide: number;

  constructor(wordSize: 4 | 8) {
    this.wide = wordSize === 8 ? 32 : 0;
  }

  compile(block: IrBlock): { ops: Closure[]; end: EndClosure } {
    const ops: Closure[] = [];
    for (const inst of block.insts) this.add(ops, inst);
    return { ops, end: this.end(ops, block.end) };
  }

  /** Closures of one op, which keep the instruction. */
  compileOp(inst: Inst): Closure[] {
    const ops: Closure[] = [];
    this.add(ops, inst);
    return ops;
  }

  private add(ops: Closure[], inst: Inst): void {
    const row = inst.row;
    if (row.kind === 'helper') {
      ops.push(row === OPS.helper ? helperCall(inst) : fence);
      return;
    }
    const memory = row.kind === 'load' || row.kind === 'store' || row.kind === 'atomic' ? this.wide : 0;
    const table = EVALUATORS[row.id] as Readonly<Record<number, (i: Inst) => Closure>>;
    const factory = table[inst.ext | (shape(inst) & operandMask(inst)) | memory];
    if (factory !== undefined) ops.push(factory(inst));
    else this.addWithSlots(ops, inst, table, memory);
  }

  /** For operand shapes without an evaluator of their own: constants go through scratch slots. */
  private addWithSlots(
    ops: Closure[],
    inst: Inst,
    table: Readonly<Record<number, (i: Inst) => Closure>>,
    memory: number,
  ): void {
    const operands = [inst.a, inst.b, inst.c].map((o, n) =>
      n < inst.row.operands.length ? this.toSlot(ops, o, n) : o,
    );
    const [a, b, c] = operands as [Operand, Operand, Operand];
    const plain = new Inst(inst.row, inst.d, a, b, c, inst.imm, inst.imm2, inst.ext, inst.link, inst.pc);
    const factory = table[inst.ext | memory];
    if (factory === undefined) throw new Error(`no evaluator for ${inst.row.name} ext ${inst.ext}`);
    ops.push(factory(plain));
  }

  private toSlot(ops: Closure[], o: Operand, n: number): Operand {
    if (typeof o === 'number') return o;
    const slot = SLOT_SCRATCH + n;
    this.add(ops, new Inst(OPS.mov64, slot, o, ZERO, ZERO, 0, 0, EXT_NONE, LINK_NONE, 0));
    return slot;
  }

  private end(ops: Closure[], inst: Inst): EndClosure {
    const { row, imm, imm2 } = inst;
    if (row === OPS.jump) return () => imm;
    if (row === OPS.exit) return exitWith(imm as ExitReason, imm2);
    if (row === OPS.jumpInd || row === OPS.jumpIndEven) {
      const mask = row === OPS.jumpIndEven ? -2 : -1;
      if (typeof inst.a !== 'number') {
        const target = ((inst.a.lo + imm) & mask) >>> 0;
        return () => target;
      }
      return this.wide ? jumpInd64(inst.a * 2, imm, mask) : jumpInd32(inst.a * 2, imm, mask);
    }
    const table = BRANCHES[row.id] as Readonly<Record<number, (i: Inst) => EndClosure>>;
    const factory = table[shape(inst) & operandMask(inst)];
    if (factory !== undefined) return factory(inst);
    const a = this.toSlot(ops, inst.a, 0);
    const b = this.toSlot(ops, inst.b, 1);
    const plain = new Inst(row, 0, a, b, ZERO, imm, imm2, EXT_NONE, LINK_NONE, inst.pc);
    return (table[0] as (i: Inst) => EndClosure)(plain);
  }
}

function exitWith(reason: ExitReason, pc: number): EndClosure {
  return (t) => {
    t.exitReason = reason;
    t.r[WORD_PENDING] = (t.r[WORD_PENDING] as number) | PENDING_EXIT;
    return pc;
  };
}

function jumpInd64(a: number, imm: number, mask: number): EndClosure {
  return (t) => {
    const r = t.r;
    const lo = r[a] as number;
    if ((r[a + 1] as number) !== 0) return farJump(t, lo, r[a + 1] as number, imm, mask);
    return ((lo + imm) & mask) >>> 0;
  };
}

/** A target that does not fit 32 bits before the displacement is added may still fit after it. */
function farJump(t: Cpu, lo: number, hi: number, imm: number, mask: number): number {
  const sum = (lo >>> 0) + imm;
  const high = (hi + Math.floor(sum / 4294967296)) | 0;
  if (high !== 0) t.wildJump(sum & mask, high);
  return (sum & mask) >>> 0;
}

function jumpInd32(a: number, imm: number, mask: number): EndClosure {
  return (t) => (((t.r[a] as number) + imm) & mask) >>> 0;
}

function slotOf(o: Operand): number {
  if (typeof o === 'number') return o;
  if (o instanceof Const && o !== ZERO) throw new Error('helper operands are slots');
  return 0;
}

/** JavaScript makes its accesses in program order; what the host's processor may do to them takes an atomic one. */
const fence: Closure = (t) => {
  if (t.shared) Atomics.or(t.r, FENCE_WORD, 0);
};

function helperCall(i: Inst): Closure {
  const fn = HELPERS[i.imm2];
  if (fn === undefined) throw new Error(`no helper ${i.imm2}`);
  const { d, imm, pc } = i;
  const a = slotOf(i.a);
  const b = slotOf(i.b);
  const c = slotOf(i.c);
  return (t) => {
    fn(t, d, a, b, c, imm, pc);
  };
}
