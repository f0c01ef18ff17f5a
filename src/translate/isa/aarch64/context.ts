/**
 * What A64 translators work with: the block builder, registers as IR operands, shifted and extended operands, and the
 * condition flags with what is known about them inside the block (see flags.ts).
 */
import { SLOT_CC_A, SLOT_CC_B, SLOT_CC_OP, SLOT_CC_R, SLOT_V } from '../../../cpu/layout.js';
import { BlockBuilder, NONE } from '../../ir/builder.js';
import { Const, constant, EXT_NONE, EXT_SIGN, EXT_ZERO, ZERO } from '../../ir/inst.js';
import type { Ext, Operand } from '../../ir/inst.js';
import { OPS } from '../../ir/ops.js';
import type { OpRow } from '../../ir/ops.js';
import {
  CC_ADC32,
  CC_ADC64,
  CC_ADD32,
  CC_ADD64,
  CC_FCMP,
  CC_IF_ADD32,
  CC_IF_ADD64,
  CC_IF_SUB32,
  CC_IF_SUB64,
  CC_KIND,
  CC_LOGIC32,
  CC_LOGIC64,
  CC_NZCV,
  CC_SUB32,
  CC_SUB64,
  holds,
} from './flags.js';
import { HELPER_CONDITION, HELPER_NZCV } from './helpers.js';
import type { A64Model } from './model.js';
import type { A64Fields } from './vocabulary.js';

/** Emits the IR of one instruction. */
export type Translator = (c: A64Context, f: A64Fields) => void;

/** An op for words and the one for doublewords; indexed by the sf bit. */
export type Pair = readonly [OpRow, OpRow];

export const ADD: Pair = [OPS.add32, OPS.add64];
export const SUB: Pair = [OPS.sub32, OPS.sub64];
export const AND: Pair = [OPS.and32, OPS.and64];
export const OR: Pair = [OPS.or32, OPS.or64];
export const XOR: Pair = [OPS.xor32, OPS.xor64];
export const MUL: Pair = [OPS.mul32, OPS.mul64];
export const SHL: Pair = [OPS.shl32, OPS.shl64];
export const SHRU: Pair = [OPS.shru32, OPS.shru64];
export const SHRS: Pair = [OPS.shrs32, OPS.shrs64];
export const ROTR: Pair = [OPS.rotr32, OPS.rotr64];
export const SELECT: Pair = [OPS.select32, OPS.select64];
const MOV: Pair = [OPS.mov32, OPS.mov64];
const EQ: Pair = [OPS.eq32, OPS.eq64];
const NE: Pair = [OPS.ne32, OPS.ne64];
const LTS: Pair = [OPS.lts32, OPS.lts64];
const LTU: Pair = [OPS.ltu32, OPS.ltu64];
const GES: Pair = [OPS.ges32, OPS.ges64];
const GEU: Pair = [OPS.geu32, OPS.geu64];

/** LSL LSR ASR ROR, by the shift field. */
const SHIFTS: readonly Pair[] = [SHL, SHRU, SHRS, ROTR];

export const MINUS_ONE = constant(-1);

/** Conditions 14 and 15 always hold. */
export const COND_ALWAYS = 14;

export class A64Context {
  readonly model: A64Model;
  b = new BlockBuilder();
  /** Kind of the flags here, -1 when unknown, and their second operand (a constant if it is known). */
  private cc = -1;
  private ccB: Operand = SLOT_CC_B;
  /** The compare that `condition` left: row(a, b). */
  row: OpRow = OPS.eq32;
  lhs: Operand = ZERO;
  rhs: Operand = ZERO;

  constructor(model: A64Model) {
    this.model = model;
  }

  begin(builder: BlockBuilder): void {
    this.b = builder;
    this.cc = builder.flags;
    this.ccB = SLOT_CC_B;
  }

  /** The encoding is not allocated. Called before any op of the instruction. */
  undefined(): undefined {
    this.b.illegal();
    return undefined;
  }

  // ---- registers -----------------------------------------------------------------------------------------------------

  /** Xn or XZR as a source. SP is slot 31 itself. */
  x(n: number): Operand {
    return n === 31 ? ZERO : n;
  }

  /** Xn as a destination; writes to XZR vanish. */
  d(n: number): number {
    return n === 31 ? NONE : n;
  }

  /** `o` where the IR wants a slot. */
  slot(o: Operand): number {
    return typeof o === 'number' ? o : this.temp(OPS.mov64, o);
  }

  /** Low slot of Vn. */
  v(n: number): number {
    return SLOT_V + 2 * n;
  }

  temp(row: OpRow, a: Operand, b: Operand = ZERO, c: Operand = ZERO): number {
    const t = this.b.temp();
    this.b.op(row, t, a, b, c);
    return t;
  }

  tempx(row: OpRow, ext: Ext, a: Operand, b: Operand = ZERO): number {
    const t = this.b.temp();
    this.b.opx(row, ext, t, a, b);
    return t;
  }

  /** d = op(a, b, c) as a W (zero-extended) or an X register. */
  alu(pair: Pair, sf: number, d: number, a: Operand, b: Operand = ZERO, c: Operand = ZERO): void {
    if (sf === 1) this.b.op(pair[1], d, a, b, c);
    else this.b.opx(pair[0], EXT_ZERO, d, a, b, c);
  }

  /** d = a, a W register zero-extended. */
  move(sf: number, d: number, a: Operand): void {
    this.alu(MOV, sf, d, a);
  }

  /** rm shifted by a constant (DecodeShift). */
  shifted(sf: number, rm: number, shift: number, amount: number): Operand {
    const value = this.x(rm);
    if (amount === 0 || value === ZERO) return value;
    return this.temp((SHIFTS[shift] as Pair)[sf] as OpRow, value, constant(amount));
  }

  /** rm extended and shifted left (ExtendReg), 64 bits wide. */
  extended(rm: number, option: number, amount: number): Operand {
    const value = this.x(rm);
    if (value === ZERO) return ZERO;
    let out: Operand;
    switch (option) {
      case 0:
        out = this.temp(OPS.and64, value, constant(0xff));
        break;
      case 1:
        out = this.temp(OPS.and64, value, constant(0xffff));
        break;
      case 2:
        out = this.tempx(OPS.mov32, EXT_ZERO, value);
        break;
      case 4:
        out = this.tempx(OPS.sext8, EXT_SIGN, value);
        break;
      case 5:
        out = this.tempx(OPS.sext16, EXT_SIGN, value);
        break;
      case 6:
        out = this.temp(OPS.sext32, value);
        break;
      default:
        out = value;
    }
    return amount === 0 ? out : this.temp(OPS.shl64, out, constant(amount));
  }

  // ---- setting flags --------------------------------------------------------------------------------------------------

  private setKind(kind: number): void {
    this.cc = kind;
    this.b.op(OPS.mov32, SLOT_CC_OP, constant(kind));
  }

  /** Flags of a + b or a - b. Emit it before the destination is written. */
  setArithmetic(subtract: boolean, sf: number, a: Operand, b: Operand): void {
    this.setKind(sf === 1 ? (subtract ? CC_SUB64 : CC_ADD64) : subtract ? CC_SUB32 : CC_ADD32);
    this.setOperands(sf, a, b);
  }

  private setOperands(sf: number, a: Operand, b: Operand): void {
    const mov = MOV[sf] as OpRow;
    this.b.op(mov, SLOT_CC_A, a);
    this.b.op(mov, SLOT_CC_B, b);
    this.ccB = typeof b === 'number' ? SLOT_CC_B : b;
  }

  /** Flags of a + b + carry; `carry` is a temporary, 0 or 1 and zero-extended. */
  setWithCarry(sf: number, a: Operand, b: Operand, carry: number): void {
    this.setKind(sf === 1 ? CC_ADC64 : CC_ADC32);
    this.setOperands(sf, a, b);
    this.b.op(OPS.mov64, SLOT_CC_R, carry);
  }

  /** Flags of a + b or a - b if `condition` (0 or 1) is 1, else those named by nzcv (N = 8). */
  setArithmeticIf(
    condition: number,
    subtract: boolean,
    sf: number,
    a: Operand,
    b: Operand,
    nzcv: number,
  ): void {
    const kind = sf === 1 ? (subtract ? CC_IF_SUB64 : CC_IF_ADD64) : subtract ? CC_IF_SUB32 : CC_IF_ADD32;
    this.setKind(kind | (nzcv << 4));
    this.b.op(OPS.mov32, SLOT_CC_R, condition);
    this.setOperands(sf, a, b);
  }

  /** Flags of op(a, b), which is left in SLOT_CC_A. */
  setLogic(pair: Pair, sf: number, a: Operand, b: Operand): void {
    this.setKind(sf === 1 ? CC_LOGIC64 : CC_LOGIC32);
    this.b.op(pair[sf] as OpRow, SLOT_CC_A, a, b);
  }

  /** SLOT_CC_A is about to get, or has, N Z C V in bits 31..28. */
  setNzcv(): void {
    this.setKind(CC_NZCV);
  }

  /** The same with the result of a floating-point compare. */
  setFcmp(): void {
    this.setKind(CC_FCMP);
  }

  /** A slot whose low word is N Z C V in bits 31..28. */
  nzcv(): number {
    if (this.cc === CC_NZCV || this.cc === CC_FCMP) return SLOT_CC_A;
    const t = this.b.temp();
    this.b.helper(HELPER_NZCV, t, 0, 0, 0, 0);
    return t;
  }

  // ---- looking at flags -----------------------------------------------------------------------------------------------

  private compare(row: OpRow, lhs: Operand, rhs: Operand): void {
    this.row = row;
    this.lhs = lhs;
    this.rhs = rhs;
  }

  /** Leaves condition 0..13 as a compare in row, lhs and rhs. */
  condition(cond: number): void {
    const kind = this.cc < 0 ? -1 : this.cc & CC_KIND;
    switch (kind) {
      case CC_SUB64:
      case CC_SUB32:
        this.subtractCondition(kind === CC_SUB64 ? 1 : 0, cond);
        break;
      case CC_ADD64:
      case CC_ADD32:
        this.addCondition(kind === CC_ADD64 ? 1 : 0, cond);
        break;
      case CC_ADC64:
      case CC_ADC32:
        this.addCarryCondition(kind === CC_ADC64 ? 1 : 0, cond);
        break;
      case CC_LOGIC64:
      case CC_LOGIC32:
        this.logicCondition(kind === CC_LOGIC64 ? 1 : 0, cond);
        break;
      case CC_NZCV:
        this.nzcvCondition(cond);
        break;
      case CC_FCMP:
        this.fcmpCondition(cond);
        break;
      case CC_IF_SUB64:
      case CC_IF_SUB32:
        this.subtractCondition(kind === CC_IF_SUB64 ? 1 : 0, cond);
        this.ownFlags(cond);
        break;
      case CC_IF_ADD64:
      case CC_IF_ADD32:
        if (cond >= 12 || cond >> 1 === 4) {
          this.unknownCondition(cond);
          break;
        }
        this.addCondition(kind === CC_IF_ADD64 ? 1 : 0, cond);
        this.ownFlags(cond);
        break;
      default:
        this.unknownCondition(cond);
    }
  }

  private unknownCondition(cond: number): void {
    const t = this.b.temp();
    this.b.helper(HELPER_CONDITION, t, 0, 0, 0, cond & 14);
    this.compare((cond & 1) === 0 ? OPS.ne32 : OPS.eq32, t, ZERO);
  }

  /** The compare left so far counts if SLOT_CC_R is 1; else the flags are those in the kind. */
  private ownFlags(cond: number): void {
    const flags = this.tempx(this.row, EXT_NONE, this.lhs, this.rhs);
    if (holds(cond, (this.cc >> 4) << 28)) {
      const not = this.temp(OPS.xor32, SLOT_CC_R, constant(1));
      this.compare(OPS.ne32, this.temp(OPS.or32, flags, not), ZERO);
    } else this.compare(OPS.ne32, this.temp(OPS.and32, flags, SLOT_CC_R), ZERO);
  }

  private subtractCondition(sf: number, cond: number): void {
    const a = SLOT_CC_A;
    const b = this.ccB;
    const not = (cond & 1) === 1;
    const pick = (yes: Pair, no: Pair): OpRow => (not ? no : yes)[sf] as OpRow;
    switch (cond >> 1) {
      case 0:
        this.compare(pick(EQ, NE), a, b);
        break;
      case 1:
        this.compare(pick(GEU, LTU), a, b);
        break;
      case 2:
        this.compare(pick(LTS, GES), this.temp(SUB[sf] as OpRow, a, b), ZERO);
        break;
      case 3: {
        // V: the operands differ in sign and the result differs from a.
        const result = this.temp(SUB[sf] as OpRow, a, b);
        const x = this.temp(XOR[sf] as OpRow, a, b);
        const y = this.temp(XOR[sf] as OpRow, a, result);
        this.compare(pick(LTS, GES), this.temp(AND[sf] as OpRow, x, y), ZERO);
        break;
      }
      case 4:
        this.compare(pick(LTU, GEU), b, a);
        break;
      case 5:
        this.compare(pick(GES, LTS), a, b);
        break;
      default:
        this.compare(pick(LTS, GES), b, a);
    }
  }

  private addCondition(sf: number, cond: number): void {
    if (cond >> 1 === 1) {
      const result = this.temp(ADD[sf] as OpRow, SLOT_CC_A, this.ccB);
      this.compare(((cond & 1) === 1 ? GEU : LTU)[sf] as OpRow, result, SLOT_CC_A);
    } else this.sumCondition(sf, cond, () => this.temp(ADD[sf] as OpRow, SLOT_CC_A, this.ccB));
  }

  private addCarryCondition(sf: number, cond: number): void {
    if (cond >> 1 === 1) this.compare((cond & 1) === 1 ? OPS.eq32 : OPS.ne32, this.carryOut(sf), ZERO);
    else
      this.sumCondition(sf, cond, () => {
        const sum = this.temp(ADD[sf] as OpRow, SLOT_CC_A, this.ccB);
        return this.temp(ADD[sf] as OpRow, sum, SLOT_CC_R);
      });
  }

  /** The carry out of A + B + R, as 0 or 1 and zero-extended: of one of the two additions. */
  private carryOut(sf: number): number {
    const sum = this.temp(ADD[sf] as OpRow, SLOT_CC_A, this.ccB);
    const first = this.tempx(LTU[sf] as OpRow, EXT_NONE, sum, SLOT_CC_A);
    const result = this.temp(ADD[sf] as OpRow, sum, SLOT_CC_R);
    const second = this.tempx(LTU[sf] as OpRow, EXT_NONE, result, sum);
    return this.tempx(OPS.or32, EXT_ZERO, first, second);
  }

  /** Conditions without C, of a sum of A and B, perhaps with a carry. */
  private sumCondition(sf: number, cond: number, sum: () => number): void {
    const a = SLOT_CC_A;
    const b = this.ccB;
    const not = (cond & 1) === 1;
    const pick = (yes: Pair, no: Pair): OpRow => (not ? no : yes)[sf] as OpRow;
    if (cond >= 12 || cond >> 1 === 4) {
      this.unknownCondition(cond);
      return;
    }
    const result = sum();
    switch (cond >> 1) {
      case 0:
        this.compare(pick(EQ, NE), result, ZERO);
        break;
      case 2:
        this.compare(pick(LTS, GES), result, ZERO);
        break;
      default: {
        const x = this.temp(XOR[sf] as OpRow, a, result);
        const y = this.temp(XOR[sf] as OpRow, b, result);
        const v = this.temp(AND[sf] as OpRow, x, y);
        if (cond >> 1 === 3) this.compare(pick(LTS, GES), v, ZERO);
        else this.compare(pick(GES, LTS), this.temp(XOR[sf] as OpRow, v, result), ZERO);
      }
    }
  }

  private logicCondition(sf: number, cond: number): void {
    const a = SLOT_CC_A;
    const not = (cond & 1) === 1;
    const pick = (yes: Pair, no: Pair): OpRow => (not ? no : yes)[sf] as OpRow;
    switch (cond >> 1) {
      case 0:
        this.compare(pick(EQ, NE), a, ZERO);
        break;
      case 2:
        this.compare(pick(LTS, GES), a, ZERO);
        break;
      case 5:
        this.compare(pick(GES, LTS), a, ZERO);
        break;
      case 6:
        this.compare(pick(LTS, GES), ZERO, a);
        break;
      default:
        // C and V are clear: cs, vs and hi never hold.
        this.compare(not ? OPS.eq32 : OPS.ne32, this.temp(OPS.mov32, ZERO), ZERO);
    }
  }

  private nzcvCondition(cond: number): void {
    const a = SLOT_CC_A;
    const not = (cond & 1) === 1;
    const sign = not ? OPS.ges32 : OPS.lts32;
    switch (cond >> 1) {
      case 0:
        this.compare(sign, this.temp(OPS.shl32, a, constant(1)), ZERO);
        break;
      case 1:
        this.compare(sign, this.temp(OPS.shl32, a, constant(2)), ZERO);
        break;
      case 2:
        this.compare(sign, a, ZERO);
        break;
      case 3:
        this.compare(sign, this.temp(OPS.shl32, a, constant(3)), ZERO);
        break;
      case 4: {
        const zc = this.temp(OPS.and32, a, constant(0x60000000));
        this.compare(not ? OPS.ne32 : OPS.eq32, zc, constant(0x20000000));
        break;
      }
      default: {
        let x = this.temp(OPS.xor32, a, this.temp(OPS.shl32, a, constant(3)));
        if (cond >> 1 === 6) x = this.temp(OPS.or32, x, this.temp(OPS.shl32, a, constant(1)));
        this.compare(not ? OPS.lts32 : OPS.ges32, x, ZERO);
      }
    }
  }

  private fcmpCondition(cond: number): void {
    const a = SLOT_CC_A;
    const not = (cond & 1) === 1;
    const pick = (yes: OpRow, no: OpRow): OpRow => (not ? no : yes);
    switch (cond >> 1) {
      case 0:
        this.compare(pick(OPS.eq32, OPS.ne32), a, constant(0x60000000));
        break;
      case 1:
        this.compare(pick(OPS.ges32, OPS.lts32), a, ZERO);
        break;
      case 2:
        this.compare(pick(OPS.lts32, OPS.ges32), a, ZERO);
        break;
      case 3:
        this.compare(pick(OPS.eq32, OPS.ne32), a, constant(0x30000000));
        break;
      case 4:
        this.compare(pick(OPS.ltu32, OPS.geu32), a, constant(0x40000000));
        break;
      case 5:
        // Equal or greater: neither N nor V.
        this.compare(pick(OPS.eq32, OPS.ne32), this.temp(OPS.and32, a, constant(0x90000000)), ZERO);
        break;
      default:
        this.compare(pick(OPS.eq32, OPS.ne32), a, constant(0x20000000));
    }
  }

  /** d = 1 if the condition (0..13) holds, else 0, zero-extended. */
  conditionTo(d: number, cond: number): void {
    this.condition(cond);
    this.b.opx(this.row, EXT_ZERO, d, this.lhs, this.rhs);
  }

  /** A temporary with the condition (0..13) as 0 or 1 in its low word. */
  conditionTemp(cond: number): number {
    this.condition(cond);
    return this.tempx(this.row, EXT_NONE, this.lhs, this.rhs);
  }

  /** The flag C as 0 or 1, zero-extended. */
  carry(): number {
    if (this.cc === CC_ADC64 || this.cc === CC_ADC32) return this.carryOut(this.cc === CC_ADC64 ? 1 : 0);
    this.condition(2);
    return this.tempx(this.row, EXT_ZERO, this.lhs, this.rhs);
  }
}

/** A 64-bit constant from its words. */
export function words(lo: number, hi: number): Operand {
  return (lo | hi) === 0 ? ZERO : new Const(lo, hi);
}
