/** The random-instruction test against recorded answers of qemu-user; `npm run soak -- --isa aarch64` asks the real one. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { a64Model } from '../../../../src/translate/isa/aarch64/model.js';
import type { A64Model } from '../../../../src/translate/isa/aarch64/model.js';
import { A64Assembler } from '../../../random/aarch64/assembler.js';
import { A64Machine } from '../../../random/aarch64/machine.js';
import { assemble, randomProgram } from '../../../random/aarch64/program.js';
import { hash, parseRecording } from '../../../random/riscv/recorded.js';

const file = new URL('../../../random/recorded/aarch64.txt', import.meta.url);
const { size, names, programs } = parseRecording(readFileSync(file, 'utf8'));
/** As recorded: the third pass and those after it run compiled code. */
const PASSES = 4;
const model = a64Model('max') as A64Model;
const asm = new A64Assembler(model);

test('every line is in the recording', () => {
  expect(asm.rows.map((row) => row.name).filter((name) => !names.includes(name))).toEqual([]);
});

test.each([
  ['closures', programs.length],
  ['wasm', 4],
] as const)('random programs leave what qemu leaves: %s', (mode, count) => {
  const machine = new A64Machine(model, { mode });
  const wrong: string[] = [];
  for (const { seed, program, output } of programs.slice(0, count)) {
    const image = assemble(asm, randomProgram(asm, seed, size, names, true, PASSES));
    if (hash(image.code) !== program) wrong.push(`seed ${seed}: another program than the one recorded`);
    else if (hash(machine.run(image)) !== output) wrong.push(`seed ${seed}: another result`);
  }
  expect(wrong).toEqual([]);
});
