/** The random-instruction test against recorded answers of qemu-user 10; `npm run soak` runs it against the real one. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Assembler } from '../../../random/riscv/assembler.js';
import { Machine } from '../../../random/riscv/machine.js';
import { assemble, randomProgram } from '../../../random/riscv/program.js';
import { hash, parseRecording } from '../../../random/riscv/recorded.js';

describe.each([32, 64] as const)('random rv%d programs', (xlen) => {
  const file = new URL(`../../../random/recorded/riscv${xlen}.txt`, import.meta.url);
  const { size, names, programs } = parseRecording(readFileSync(file, 'utf8'));
  const asm = new Assembler(xlen);

  test.each([
    ['closures', programs.length],
    ['wasm', 4],
  ] as const)('leave what qemu leaves: %s', (mode, count) => {
    const machine = new Machine(xlen, { mode });
    const wrong: string[] = [];
    for (const { seed, program, output } of programs.slice(0, count)) {
      const image = assemble(asm, randomProgram(asm, xlen, seed, size, names));
      if (hash(image.code) !== program) wrong.push(`seed ${seed}: another program than the one recorded`);
      else if (hash(machine.run(image)) !== output) wrong.push(`seed ${seed}: another result`);
    }
    expect(wrong).toEqual([]);
  });
});
