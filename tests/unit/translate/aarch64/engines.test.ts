/** Blocks of A64 that one engine once got wrong, through all of them. */
import { expect, test } from '@jest/globals';
import type { EngineMode } from '../../../../src/translate/engine.js';
import { PROT_EXEC, PROT_READ } from '../../../../src/mmap/flags.js';
import { a64Model } from '../../../../src/translate/isa/aarch64/model.js';
import type { A64Model } from '../../../../src/translate/isa/aarch64/model.js';
import { A64Assembler } from '../../../random/aarch64/assembler.js';
import type { Values } from '../../../random/aarch64/assembler.js';
import { A64Machine } from '../../../random/aarch64/machine.js';

const MODES: readonly EngineMode[] = ['closures', 'interp', 'wasm', 'tiered'];
const CODE = 0x100000;
const model = a64Model('max') as A64Model;
const asm = new A64Assembler(model);

type Line = readonly [string, Values];

/** Runs the lines and an svc; x0 to x3. */
function registers(mode: EngineMode, lines: readonly Line[]): readonly number[] {
  const machine = new A64Machine(model, { mode });
  const words = [...lines.map(([name, values]) => asm.word(name, values)), asm.word('svc', {})];
  machine.place(CODE, new Uint8Array(Int32Array.from(words).buffer), PROT_READ | PROT_EXEC);
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
