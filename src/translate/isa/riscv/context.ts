/**
 * What RISC-V translators work with: the block builder, the ops of the guest's word width, and what is known about
 * registers inside the block being translated.
 */
import { SLOT_V } from '../../../cpu/layout.js';
import { BlockBuilder, NONE } from '../../ir/builder.js';
import { constant, EXT_NONE, EXT_SIGN, EXT_ZERO, ZERO } from '../../ir/inst.js';
import type { Ext, Operand as IrOperand } from '../../ir/inst.js';
import { OPS } from '../../ir/ops.js';
import type { OpRow } from '../../ir/ops.js';
import type { Fields } from '../../decode/fields.js';
import type { Operand } from './vocabulary.js';

export type RiscvFields = Fields<Operand>;
/** Emits the IR of one instruction. */
export type Translator = (c: RiscvContext, f: RiscvFields) => void;

/** IR ops that exist for words of 32 and of 64 bits, without the suffix. */
const WORD_OPS = [
  'mov', 'add', 'sub', 'mul', 'and', 'or', 'xor', 'shl', 'shrs', 'shru', 'rotr', 'mulhs', 'mulhu', 'mulhsu',
  'divs', 'divu', 'rems', 'remu', 'clz', 'ctz', 'popcnt', 'bswap', 'select',
  'eq', 'ne', 'lts', 'ltu', 'ges', 'geu',
] as const; // prettier-ignore

export type WordOps = Readonly<Record<(typeof WORD_OPS)[number], OpRow>>;

const wordOps = (bits: 32 | 64): WordOps =>
  Object.fromEntries(WORD_OPS.map((name) => [name, OPS[`${name}${bits}`]])) as WordOps;

const WORD32 = wordOps(32);

export class RiscvContext {
  readonly rv64: boolean;
  /** Bits of an x register. */
  readonly xlen: 32 | 64;
  /** Ops on whole x registers. */
  readonly word: WordOps;
  /** Ops on the low 32 bits (`addw` and its kin). */
  readonly word32 = WORD32;
  /** How a signed or an unsigned 32-bit result becomes a register. */
  readonly signed: Ext;
  readonly unsigned: Ext;
  b = new BlockBuilder();
  /** f registers that hold a NaN-boxed single because this block put it there, by bit. */
  private boxed = 0;
  /** A register the previous instruction set to a constant, so that auipc + jalr is a direct jump. */
  private knownRegister = 0;
  private knownValue = 0;
  private knownPc = -1;

  constructor(xlen: 32 | 64) {
    this.xlen = xlen;
    this.rv64 = xlen === 64;
    this.word = xlen === 64 ? wordOps(64) : WORD32;
    this.signed = xlen === 64 ? EXT_SIGN : EXT_NONE;
    this.unsigned = xlen === 64 ? EXT_ZERO : EXT_NONE;
  }

  begin(builder: BlockBuilder): void {
    this.b = builder;
    this.boxed = 0;
    this.knownPc = -1;
  }

  // ---- x registers ----------------------------------------------------------------------------------------------------

  /** x[n] as a source. */
  x(n: number): IrOperand {
    return n === 0 ? ZERO : n;
  }

  /** x[n] where the IR wants a slot. */
  xSlot(n: number): number {
    if (n !== 0) return n;
    const zero = this.b.temp();
    this.b.op(OPS.mov64, zero, ZERO);
    return zero;
  }

  /** x[n] as a destination. */
  d(n: number): number {
    return n === 0 ? NONE : n;
  }

  /** x[n] = value, a whole number. The next instruction may ask for it with `known`. */
  setConstant(n: number, value: number): void {
    const wrapped = this.rv64 ? value : value | 0;
    this.b.op(this.word.mov, this.d(n), constant(wrapped));
    if (n === 0) return;
    this.knownRegister = n;
    this.knownValue = wrapped;
    this.knownPc = this.b.nextPc;
  }

  /** The constant the previous instruction left in x[n], or undefined. */
  known(n: number): number | undefined {
    return n !== 0 && n === this.knownRegister && this.b.pc === this.knownPc ? this.knownValue : undefined;
  }

  /** rd = op(rs1, rs2). */
  alu(row: OpRow, f: RiscvFields): void {
    this.b.op(row, this.d(f.rd), this.x(f.rs1), this.x(f.rs2));
  }

  /** rd = op(rs1, value). */
  aluConstant(row: OpRow, f: RiscvFields, value: number): void {
    this.b.op(row, this.d(f.rd), this.x(f.rs1), constant(value));
  }

  /** rd = op(rs1). */
  alu1(row: OpRow, f: RiscvFields): void {
    this.b.op(row, this.d(f.rd), this.x(f.rs1));
  }

  /** rd = sign-extended 32-bit op(rs1, rs2). */
  alu32(row: OpRow, f: RiscvFields): void {
    this.b.opx(row, this.signed, this.d(f.rd), this.x(f.rs1), this.x(f.rs2));
  }

  alu32Constant(row: OpRow, f: RiscvFields, value: number): void {
    this.b.opx(row, this.signed, this.d(f.rd), this.x(f.rs1), constant(value));
  }

  /** rd = 0 or 1. */
  compare(row: OpRow, f: RiscvFields, b: IrOperand): void {
    this.b.opx(row, this.unsigned, this.d(f.rd), this.x(f.rs1), b);
  }

  /** A temporary with op(a, b). */
  temp(row: OpRow, a: IrOperand, b: IrOperand = ZERO): number {
    const t = this.b.temp();
    this.b.op(row, t, a, b);
    return t;
  }

  // ---- f registers ----------------------------------------------------------------------------------------------------

  /** f[n] as a double, or its bits. */
  f(n: number): number {
    return SLOT_V + 2 * n;
  }

  /** f[n] as a single: the canonical NaN when it is not NaN-boxed (12.2). */
  single(n: number): number {
    return ((this.boxed >>> n) & 1) === 1 ? this.f(n) : this.temp(OPS.unbox32, this.f(n));
  }

  /** f[n] is about to get a NaN-boxed single. Ask for the sources first. */
  toSingle(n: number): number {
    this.boxed |= 1 << n;
    return this.f(n);
  }

  toDouble(n: number): number {
    this.boxed &= ~(1 << n);
    return this.f(n);
  }

  /** fd = op(fs1, fs2) of doubles, without rounding. */
  double2(row: OpRow, f: RiscvFields): void {
    this.b.op(row, this.toDouble(f.fd), this.f(f.fs1), this.f(f.fs2));
  }

  // ---- ends -----------------------------------------------------------------------------------------------------------

  branch(row: OpRow, f: RiscvFields): void {
    this.b.branch(row, this.x(f.rs1), this.x(f.rs2), this.b.pc + f.offset);
  }
}
