/** Field names of the A64 decode tables (Arm ARM, section C4.1; the notation is described in ../../decode/vocabulary.ts). */
import type { Vocabulary } from '../../decode/vocabulary.js';
import type { Fields } from '../../decode/fields.js';
import type { RowSpec } from '../../decode/table.js';

/** Operands translators receive, by the manual's names in lower case. */
export const OPERANDS = [
  'rd',
  'rn',
  'rm',
  'ra',
  'rt',
  'rt2',
  'rs',
  'sf',
  'size',
  'q',
  'u',
  'sz',
  'a',
  'r',
  'l',
  's',
  'sh',
  'n',
  'o',
  'h',
  'm',
  'imm',
  'immr',
  'ptype',
  'imms',
  'hw',
  'shift',
  'amount',
  'option',
  'cond',
  'nzcv',
  'mask',
  'bit',
  'idx',
  'op0',
  'op1',
  'op2',
  'crn',
  'crm',
  'opc',
  'cmode',
  'rot',
  'scale',
  'len',
  'rm4',
  'any',
] as const;

export type Operand = (typeof OPERANDS)[number];
export type A64Fields = Fields<Operand>;

const reg = { width: 5 };
const bit = { width: 1 };

export const VOCABULARY: Vocabulary = {
  rd: reg,
  rn: reg,
  rm: reg,
  ra: reg,
  rt: reg,
  rt2: reg,
  rs: reg,
  /** 1: 64-bit registers. */
  sf: bit,
  size: { width: 2 },
  q: bit,
  u: bit,
  sz: bit,
  s: bit,
  sh: bit,
  n: bit,
  o: bit,
  h: bit,
  l: bit,
  m: bit,
  /** Acquire and release. */
  a: bit,
  r: bit,
  imm: {},
  simm: { operand: 'imm', signed: true },
  /** A branch offset in words. */
  off: { operand: 'imm', signed: true, shift: 2 },
  immr: { width: 6 },
  imms: { width: 6 },
  hw: { width: 2 },
  shift: { width: 2 },
  /** Shift amount. */
  amount: { width: 6 },
  option: { width: 3 },
  cond: { width: 4 },
  nzcv: { width: 4 },
  mask: { width: 4 },
  /** Bit number of tbz/tbnz. */
  bit: {},
  op0: {},
  op1: { width: 3 },
  op2: { width: 3 },
  crn: { width: 4 },
  crm: { width: 4 },
  opc: { width: 2 },
  ptype: { width: 2 },
  cmode: { width: 4 },
  rot: {},
  /** 64 - fraction bits of a fixed-point conversion. */
  scale: { width: 6 },
  len: { width: 2 },
  /** Lane selectors. */
  idx: {},
  rm4: { operand: 'rm', width: 4 },
  /** Should-be-one or should-be-zero bits that hardware ignores. */
  any: {},
};

/** A line of a table; A64 text comes from a disassembler, so lines carry no template. */
export const row = (bits: string, options: Omit<RowSpec, 'bits' | 'asm'> = {}): RowSpec => ({
  bits,
  asm: '',
  ...options,
});
