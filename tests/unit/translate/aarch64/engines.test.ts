/** Blocks of A64 that one engine once got wrong, through all of them. */
import { expect, test } from '@jest/globals';
import type { EngineMode } from '../../../../src/translate/engine.js';
import { PROT_EXEC, PROT_READ } from '../../../../src/mmap/flags.js';
import { OPS } from '../../../../src/translate/ir/ops.js';
import { a64Model } from '../../../../src/translate/isa/aarch64/model.js';
import type { A64Model } from '../../../../src/translate/isa/aarch64/model.js';
import { buildRegion, settleFlags } from '../../../../src/translate/wasm/region.js';
import { A64Assembler } from '../../../random/aarch64/assembler.js';
import type { Values } from '../../../random/aarch64/assembler.js';
import { A64Machine } from '../../../random/aarch64/machine.js';

const MODES: readonly EngineMode[] = ['closures', 'interp', 'wasm', 'tiered'];
const CODE = 0x100000;
const model = a64Model('max') as A64Model;
const asm = new A64Assembler(model);

type Line = readonly [string, Values];

function load(mode: EngineMode, lines: readonly Line[]): A64Machine {
  const machine = new A64Machine(model, { mode });
  const words = [...lines.map(([name, values]) => asm.word(name, values)), asm.word('svc', {})];
  machine.place(CODE, new Uint8Array(Int32Array.from(words).buffer), PROT_READ | PROT_EXEC);
  return machine;
}

/** Runs the lines and an svc; x0 to x3. */
function registers(mode: EngineMode, lines: readonly Line[]): readonly number[] {
  const machine = load(mode, lines);
  // Often enough for every engine to have compiled it.
  for (let n = 0; n < 10; n++) {
    machine.reset();
    machine.cpu.pc = CODE;
    machine.step();
  }
  return [0, 1, 2, 3].map((n) => machine.cpu.r[n * 2] as number);
}

test.each(MODES)('lanes of a vector made of constants, %s', (mode) => {
  const lines: readonly Line[] = [
    ['movz', { sf: 1, rd: 1, hw: 0, imm: 0x8005 }],
    ['fmov@from', { sf: 1, ptype: 1, rd: 5, rn: 1 }],
    ['fmov@fromhigh', { rd: 5, rn: 1 }],
    // smov w0, v5.h[0]; umov w2, v5.h[4]; umov w3, v5.h[7]
    ['smov', { q: 0, imm: 0b00010, rd: 0, rn: 5 }],
    ['umov', { q: 0, imm: 0b10010, rd: 2, rn: 5 }],
    ['umov', { q: 0, imm: 0b11110, rd: 3, rn: 5 }],
  ];
  expect(registers(mode, lines)).toEqual([-0x7ffb, 0x8005, 0x8005, 0]);
});

/** For x3 from 100 down to 1: counts those less than 50 in x0, equal in x1, greater in x2. */
const threeWays: readonly Line[] = [
  ['movz', { sf: 1, rd: 3, hw: 0, imm: 100 }],
  // loop: cmp x3, #50; b.eq equal; b.hi greater
  ['subs@imm', { sf: 1, sh: 0, imm: 50, rn: 3, rd: 31 }],
  ['b@cond', { imm: 16, cond: 0 }],
  ['b@cond', { imm: 20, cond: 8 }],
  ['add@imm', { sf: 1, sh: 0, imm: 1, rn: 0, rd: 0 }],
  ['b', { imm: 16 }],
  // equal:
  ['add@imm', { sf: 1, sh: 0, imm: 1, rn: 1, rd: 1 }],
  ['b', { imm: 8 }],
  // greater:
  ['add@imm', { sf: 1, sh: 0, imm: 1, rn: 2, rd: 2 }],
  // next: subs x3, x3, #1; b.ne loop
  ['subs@imm', { sf: 1, sh: 0, imm: 1, rn: 3, rd: 3 }],
  ['b@cond', { imm: -36, cond: 1 }],
];

test.each(MODES)('conditions on the flags of another block, %s', (mode) => {
  expect(registers(mode, threeWays)).toEqual([49, 1, 50, 0]);
});

test.each(MODES)('a carry from round to round, first set by a subtraction, %s', (mode) => {
  const lines: readonly Line[] = [
    ['movn', { sf: 1, rd: 0, hw: 0, imm: 0 }],
    ['movz', { sf: 1, rd: 3, hw: 0, imm: 40 }],
    // cmp xzr, xzr; loop: adcs x0, x0, xzr; adc x1, x1, xzr
    ['subs@reg', { sf: 1, shift: 0, rm: 31, amount: 0, rn: 31, rd: 31 }],
    ['adcs', { sf: 1, rm: 31, rn: 0, rd: 0 }],
    ['adc', { sf: 1, rm: 31, rn: 1, rd: 1 }],
    // sub x3, x3, #1; cbnz x3, loop
    ['sub@imm', { sf: 1, sh: 0, imm: 1, rn: 3, rd: 3 }],
    ['cbnz', { sf: 1, imm: -12, rt: 3 }],
  ];
  // -1 + 1 carries, 0 + 1 does not.
  expect(registers(mode, lines)).toEqual([1, 1, 0, 0]);
});

test.each(MODES)('a loop through an address that moves by what was just read, %s', (mode) => {
  const lines: readonly Line[] = [
    ['movz', { sf: 1, rd: 2, hw: 1, imm: CODE >>> 16 }],
    ['movz', { sf: 1, rd: 3, hw: 0, imm: 100 }],
    // loop: ldrb w1, [x2]; eor x1, x1, x1; add x2, x2, x1, lsl #3; sub x3, x3, #1; cbnz x3, loop
    ['ldr@uimm', { size: 0, imm: 0, rn: 2, rt: 1 }],
    ['eor@reg', { sf: 1, shift: 0, rm: 1, amount: 0, rn: 1, rd: 1 }],
    ['add@reg', { sf: 1, shift: 0, rm: 1, amount: 3, rn: 2, rd: 2 }],
    ['add@imm', { sf: 1, sh: 0, imm: 1, rn: 0, rd: 0 }],
    ['sub@imm', { sf: 1, sh: 0, imm: 1, rn: 3, rd: 3 }],
    ['cbnz', { sf: 1, imm: -20, rt: 3 }],
  ];
  expect(registers(mode, lines).slice(1)).toEqual([0, CODE, 0]);
});

test('a region knows the flags that its blocks begin with', () => {
  const { cpu, engine } = load('closures', threeWays);
  const source = (pc: number, flags?: number): ReturnType<typeof engine.translateIr> =>
    engine.translateIr(cpu, pc, flags);
  const blocks = buildRegion(CODE, source, () => false)?.blocks ?? [];
  const helpers = (list: typeof blocks): number =>
    list.reduce((n, b) => n + b.insts.filter((i) => i.row === OPS.helper).length, 0);
  expect([blocks.length, helpers(blocks)]).toEqual([8, 1]);
  const settled = settleFlags(blocks, source);
  expect(settled.map((b) => [b.pc, b.count, b.succ])).toEqual(blocks.map((b) => [b.pc, b.count, b.succ]));
  expect(helpers(settled)).toBe(0);
});
