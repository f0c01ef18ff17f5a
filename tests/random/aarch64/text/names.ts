/** How A64 assembler text names registers, conditions and arrangements (Arm ARM C1.2). */
import type { A64Fields } from '../../../../src/translate/isa/aarch64/vocabulary.js';

/** Text of one instruction: the mnemonic and its operands, or undefined where a line is not of the printer's class. */
export type Print = (f: A64Fields, pc: bigint) => string;

export const CONDITIONS = [
  'eq',
  'ne',
  'hs',
  'lo',
  'mi',
  'pl',
  'vs',
  'vc',
  'hi',
  'ls',
  'ge',
  'lt',
  'gt',
  'le',
  'al',
  'nv',
];
export const SHIFTS = ['lsl', 'lsr', 'asr', 'ror'];
export const EXTENDS = ['uxtb', 'uxth', 'uxtw', 'uxtx', 'sxtb', 'sxth', 'sxtw', 'sxtx'];
export const LANES = ['b', 'h', 's', 'd', 'q'];

export const x = (n: number): string => (n === 31 ? 'xzr' : `x${n}`);
export const w = (n: number): string => (n === 31 ? 'wzr' : `w${n}`);
export const r = (sf: number, n: number): string => (sf === 1 ? x(n) : w(n));
/** With the stack pointer for 31. */
export const xsp = (n: number): string => (n === 31 ? 'sp' : `x${n}`);
export const rsp = (sf: number, n: number): string => (n === 31 ? (sf === 1 ? 'sp' : 'wsp') : r(sf, n));
export const cond = (n: number): string => CONDITIONS[n] as string;
/** A SIMD and floating-point register of 8 << size bits. */
export const fp = (size: number, n: number): string => `${LANES[size] as string}${n}`;
export const arrangement = (size: number, q: number): string => `${(8 << q) >> size}${LANES[size] as string}`;
export const vec = (n: number, size: number, q: number): string => `v${n}.${arrangement(size, q)}`;
export const lane = (n: number, size: number, index: number): string =>
  `v${n}.${LANES[size] as string}[${index}]`;
/** `count` registers from n, which follow 31 with 0. */
export const list = (n: number, count: number, suffix: string): string =>
  `{${Array.from({ length: count }, (_, k) => `v${(n + k) & 31}.${suffix}`).join(', ')}}`;
/** `, lsl #3`, or nothing for the shift that does nothing. */
export const shifted = (kind: number, amount: number): string =>
  kind === 0 && amount === 0 ? '' : `, ${SHIFTS[kind] as string} #${amount}`;
/** The floating-point immediate (Arm ARM, VFPExpandImm). */
export function fpImmediate(imm8: number): number {
  const exponent = ((imm8 >> 4) & 7) ^ 4;
  const value = (1 + (imm8 & 15) / 16) * 2 ** (exponent - 3);
  return (imm8 & 128) === 0 ? value : -value;
}

/**
 * Text with its numbers in one form: unsigned and decimal, of 32 bits where the first operand is a W register. Writers
 * differ in sign, base and zeros behind the point.
 */
export function canonical(text: string): string {
  const bits = /^\S+ w/.test(text) ? 32 : 64;
  return text
    .replace(/#(-?)(\d+\.\d+)/g, (_, sign: string, number: string) => `#${Number(sign + number)}`)
    .replace(/([#[])(-?)(0x[0-9a-f]+|\d+)(?![.\dx])/g, (_, mark: string, sign: string, number: string) => {
      const value = BigInt(number);
      return mark + BigInt.asUintN(bits, sign === '-' ? -value : value).toString();
    });
}
