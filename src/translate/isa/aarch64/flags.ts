/**
 * NZCV as operands: SLOT_CC_OP says what the last flag-setting instruction did, SLOT_CC_A and SLOT_CC_B hold its
 * operands, and the flags are computed when something looks at them (Arm ARM C6, AddWithCarry; shared pseudocode).
 */
import { SLOT_CC_A, SLOT_CC_B, SLOT_CC_OP, SLOT_CC_R } from '../../../cpu/layout.js';

/** A, low word: N Z C V in bits 31..28, as in the register. The zeroed block has all flags clear. */
export const CC_NZCV = 0;
/** A - B, A + B of doublewords or words (the low halves). */
export const CC_SUB64 = 1;
export const CC_SUB32 = 2;
export const CC_ADD64 = 3;
export const CC_ADD32 = 4;
/** A is a result; C and V are clear. */
export const CC_LOGIC64 = 5;
export const CC_LOGIC32 = 6;
/**
 * Conditional compares: SLOT_CC_R is 1 when the flags are those of the subtraction or addition, 0 when they are the
 * instruction's own, which are bits 7..4 of the kind.
 */
export const CC_IF_SUB64 = 7;
export const CC_IF_SUB32 = 8;
export const CC_IF_ADD64 = 9;
export const CC_IF_ADD32 = 10;
/** As CC_NZCV, but one of the four results of a floating-point compare: equal 6, less 8, greater 2, unordered 3. */
export const CC_FCMP = 11;
/** A + B + SLOT_CC_R, which is 0 or 1. */
export const CC_ADC64 = 12;
export const CC_ADC32 = 13;
/** The kind without the flags of a conditional compare. */
export const CC_KIND = 15;

export const FLAG_N = 0x80000000 | 0;
export const FLAG_Z = 0x40000000;
export const FLAG_C = 0x20000000;
export const FLAG_V = 0x10000000;

/** Flags of a + b + carry, 32 bits. */
export function addFlags32(a: number, b: number, carry: number): number {
  const sum = (a >>> 0) + (b >>> 0) + carry;
  const s = sum | 0;
  return (
    (s & FLAG_N) |
    (s === 0 ? FLAG_Z : 0) |
    (sum >= 4294967296 ? FLAG_C : 0) |
    (((a ^ s) & (b ^ s)) < 0 ? FLAG_V : 0)
  );
}

/** Flags of a + b + carry, 64 bits. */
export function addFlags64(al: number, ah: number, bl: number, bh: number, carry: number): number {
  const low = (al >>> 0) + (bl >>> 0) + carry;
  const sum = (ah >>> 0) + (bh >>> 0) + (low >= 4294967296 ? 1 : 0);
  const s = sum | 0;
  return (
    (s & FLAG_N) |
    ((s | low | 0) === 0 ? FLAG_Z : 0) |
    (sum >= 4294967296 ? FLAG_C : 0) |
    (((ah ^ s) & (bh ^ s)) < 0 ? FLAG_V : 0)
  );
}

/** N Z C V in bits 31..28 for operands of any kind but those of conditional compares; `carry` counts in CC_ADC alone. */
export function nzcvOf(kind: number, al: number, ah: number, bl: number, bh: number, carry = 0): number {
  switch (kind) {
    case CC_SUB64:
      return addFlags64(al, ah, ~bl, ~bh, 1);
    case CC_SUB32:
      return addFlags32(al, ~bl, 1);
    case CC_ADD64:
      return addFlags64(al, ah, bl, bh, 0);
    case CC_ADD32:
      return addFlags32(al, bl, 0);
    case CC_ADC64:
      return addFlags64(al, ah, bl, bh, carry);
    case CC_ADC32:
      return addFlags32(al, bl, carry);
    case CC_LOGIC64:
      return (ah & FLAG_N) | ((al | ah) === 0 ? FLAG_Z : 0);
    case CC_LOGIC32:
      return (al & FLAG_N) | (al === 0 ? FLAG_Z : 0);
    default:
      return al & 0xf0000000;
  }
}

/** The flags of a task, in bits 31..28: for conditions of unknown kind, signal frames, ptrace and reports. */
export function readNzcv(r: Int32Array): number {
  let kind = r[SLOT_CC_OP * 2] as number;
  const own = kind >> 4;
  kind &= CC_KIND;
  if (kind >= CC_IF_SUB64 && kind <= CC_IF_ADD32) {
    if (r[SLOT_CC_R * 2] === 0) return own << 28;
    kind -= CC_IF_SUB64 - CC_SUB64;
  }
  return nzcvOf(
    kind,
    r[SLOT_CC_A * 2] as number,
    r[SLOT_CC_A * 2 + 1] as number,
    r[SLOT_CC_B * 2] as number,
    r[SLOT_CC_B * 2 + 1] as number,
    r[SLOT_CC_R * 2],
  );
}

export function writeNzcv(r: Int32Array, nzcv: number): void {
  r[SLOT_CC_OP * 2] = CC_NZCV;
  r[SLOT_CC_A * 2] = nzcv & 0xf0000000;
}

/** ConditionHolds of the manual, for flags in bits 31..28. */
export function holds(cond: number, nzcv: number): boolean {
  const n = nzcv < 0;
  const z = (nzcv & FLAG_Z) !== 0;
  const c = (nzcv & FLAG_C) !== 0;
  const v = (nzcv & FLAG_V) !== 0;
  let result: boolean;
  switch (cond >> 1) {
    case 0:
      result = z;
      break;
    case 1:
      result = c;
      break;
    case 2:
      result = n;
      break;
    case 3:
      result = v;
      break;
    case 4:
      result = c && !z;
      break;
    case 5:
      result = n === v;
      break;
    case 6:
      result = n === v && !z;
      break;
    default:
      return true;
  }
  return (cond & 1) === 1 ? !result : result;
}
