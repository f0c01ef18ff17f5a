/** Handlers that execute several records: their numbering, and faults in the middle of one. */
import { describe, expect, test } from '@jest/globals';
import { EXIT_FAULT, EXIT_SYSCALL } from '../../../../src/cpu/exit.js';
import {
  COMMON_END,
  commonHandlers,
  fused,
  FUSED_START,
  isEnd,
  partsOf,
} from '../../../../src/translate/interp/handlers.js';
import { SEQUENCES } from '../../../../src/translate/interp/sequences.js';
import { DATA, Guest, MODES, Program } from '../wasm/guest.js';

const numbers = SEQUENCES.map((_, n) => FUSED_START + n);

describe('sequences', () => {
  test('are numbered in the main function, behind the ops', () => {
    expect(numbers[numbers.length - 1]).toBe(COMMON_END - 1);
    expect(Math.max(...commonHandlers().map((h) => h.number))).toBe(FUSED_START - 1);
  });

  test.each(SEQUENCES.map((text, n): [string, number] => [text, FUSED_START + n]))('%s', (text, number) => {
    const parts = partsOf(number);
    expect(parts.length).toBe(text.split(' ').length);
    for (const part of parts) expect(part >= 0 && part < FUSED_START).toBe(true);
    // Only the last may leave the block.
    expect(parts.slice(0, -1).some(isEnd)).toBe(false);
    // One handler after the other leads to it.
    const [head, ...rest] = parts as [number, ...number[]];
    expect(rest.reduce((sequence, part) => fused(sequence, part), head)).toBe(number);
  });

  test('are not made of what has none', () => {
    const load = partsOf(numbers[SEQUENCES.indexOf('load64/0 load64/0')] as number)[0] as number;
    expect(fused(COMMON_END, load)).toBe(-1);
    expect(fused(load, COMMON_END)).toBe(-1);
    expect(partsOf(load)).toEqual([load]);
  });
});

/** Loads, stores and sums that are sequences, at addresses in x8 to x11. */
const program = new Program()
  .i('ld', { rd: 12, rs1: 8, imm: 0 })
  .i('ld', { rd: 13, rs1: 9, imm: 8 })
  .i('ld', { rd: 14, rs1: 10, imm: 16 })
  .i('addi', { rd: 15, rs1: 14, imm: 1 })
  .i('sd', { rs2: 15, rs1: 8, imm: 0 })
  .i('sd', { rs2: 13, rs1: 11, imm: 24 })
  .i('addi', { rd: 16, rs1: 0, imm: 7 })
  .i('ecall');

describe.each(MODES)('%s', (mode) => {
  const start = (bad: number): Guest => {
    const guest = new Guest(mode).map(DATA, 4096).load(program);
    for (let n = 8; n < 12; n++) guest.setX(n, BigInt(n === bad ? DATA + 8192 : DATA));
    return guest;
  };

  test('a sequence that completes', () => {
    const guest = start(0);
    expect([guest.run(), guest.x(15), guest.x(16)]).toEqual([EXIT_SYSCALL, 1n, 7n]);
  });

  // The register, the instruction that faults, and what has been written before.
  test.each([
    [8, 0, 0, 0],
    [9, 1, 8, 0],
    [10, 2, 16, 0],
    [11, 5, 24, 1],
  ])('a fault off x%i', (bad, index, offset, written) => {
    const guest = start(bad);
    guest.setX(15, -1n);
    expect(guest.run()).toBe(EXIT_FAULT);
    const { pc, faultAddr } = guest.cpu;
    expect([pc - program.origin, faultAddr]).toEqual([index * 4, DATA + 8192 + offset]);
    expect(guest.x(15)).toBe(index > 3 ? 1n : -1n);
    expect(guest.space.copyIn(DATA, 8)?.[0]).toBe(written);
    expect(guest.x(16)).toBe(0n);
  });
});
