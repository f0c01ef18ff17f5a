/** Jumps to the address 0, which empty entries of the tables look like. */
import { expect, test } from '@jest/globals';
import { EXIT_FAULT, EXIT_INTERRUPT } from '../../../../src/cpu/exit.js';
import type { ExitReason } from '../../../../src/cpu/exit.js';
import { Guest, MODES, Program } from './guest.js';

/** Runs at most ten slices. */
function outcome(guest: Guest): { reason: ExitReason; pc: number; faultAddr: number } {
  let reason: ExitReason = EXIT_INTERRUPT;
  for (let n = 0; n < 10 && reason === EXIT_INTERRUPT; n++) reason = guest.engine.run(guest.cpu, 100_000);
  return { reason, pc: guest.cpu.pc, faultAddr: guest.cpu.faultAddr };
}

const fault = { reason: EXIT_FAULT, pc: 0, faultAddr: 0 };

test.each(MODES)('a call through a null pointer is a fault, %s', (mode) => {
  const program = new Program().i('jalr', { rd: 1, rs1: 0, imm: 0 }).i('ecall');
  expect(outcome(new Guest(mode).load(program))).toEqual(fault);
});

test.each(MODES)('also where calls through that pointer have gone well, %s', (mode) => {
  const program = new Program()
    .li(6, 3000)
    .i('auipc', { rd: 7, upper: 0 })
    .i('addi', { rd: 7, rs1: 7, imm: 24 })
    .label('l')
    .i('jalr', { rd: 1, rs1: 7, imm: 0 })
    .i('addi', { rd: 6, rs1: 6, imm: -1 })
    .i('bne', { rs1: 6, rs2: 0 }, 'l')
    .i('jal', { rd: 0 }, 'null')
    .i('jalr', { rd: 0, rs1: 1, imm: 0 })
    .label('null')
    .i('addi', { rd: 7, rs1: 0, imm: 0 })
    .i('addi', { rd: 6, rs1: 0, imm: 9 })
    .i('jal', { rd: 0 }, 'l')
    .i('ecall');
  expect(outcome(new Guest(mode).load(program))).toEqual(fault);
});
