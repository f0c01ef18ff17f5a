/** Accesses that share a check: at the edges of pages and mappings each must fault as if it were alone. */
import { describe, expect, test } from '@jest/globals';
import { EXIT_FAULT, EXIT_SYSCALL } from '../../../../src/cpu/exit.js';
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_SHARED,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} from '../../../../src/mmap/flags.js';
import { CPU_BLOCKS, FAULT_ACCERR, FAULT_MAPERR } from '../../../../src/mmap/layout.js';
import { DATA, Guest, MODES, Program } from './guest.js';

/**
 * Loads and stores off x8 in a loop that runs four times; x8 then moves on by x9. The offsets make a group that spans
 * 64 bytes.
 */
function group(): Program {
  return new Program()
    .i('addi', { rd: 6, rs1: 0, imm: 8 })
    .label('loop')
    .i('ld', { rd: 10, rs1: 8, imm: 0 })
    .i('addi', { rd: 11, rs1: 10, imm: 1 })
    .i('sd', { rs2: 11, rs1: 8, imm: 56 })
    .i('lw', { rd: 12, rs1: 8, imm: 28 })
    .i('sb', { rs2: 12, rs1: 8, imm: 20 })
    .i('addi', { rd: 13, rs1: 13, imm: 1 })
    .i('add', { rd: 8, rs1: 8, rs2: 9 })
    .i('addi', { rd: 6, rs1: 6, imm: -1 })
    .i('bne', { rs1: 6, rs2: 0 }, 'loop')
    .i('ecall');
}

/** Everything at the stop. */
function outcome(guest: Guest): unknown {
  const reason = guest.run();
  const { pc, faultAddr, faultKind, faultAccess } = guest.cpu;
  const registers = Array.from({ length: 32 }, (_, n) => String(guest.x(n)));
  const fault = reason === EXIT_FAULT ? { faultAddr, faultKind, faultAccess } : {};
  return { reason, pc, fault, registers, data: guest.space.copyIn(DATA, 4096) };
}

describe('a group of accesses', () => {
  // Where x8 starts relative to the end of the mapping, and by how much it moves.
  const starts: [number, number][] = [];
  for (let back = 0; back <= 64; back += 4) starts.push([-back, 0], [-back - 7 * 16, 16], [-back - 3 * 8, 8]);
  test.each(starts)('that starts %d bytes from the end, step %d', (start, step) => {
    const outcomes = MODES.map((mode) => {
      const guest = new Guest(mode).map(DATA, 4096).load(group());
      guest.setX(8, BigInt(DATA + 4096 + start)).setX(9, BigInt(step));
      return outcome(guest);
    });
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[2]).toEqual(outcomes[0]);
  });

  test('faults at the store when the page can only be read', () => {
    const outcomes = MODES.map((mode) => {
      const guest = new Guest(mode)
        .map(DATA, 4096)
        .map(DATA + 4096, 4096, PROT_READ)
        .load(group());
      guest.setX(8, BigInt(DATA + 4096 - 120)).setX(9, 16n);
      return outcome(guest) as { pc: number; fault: { faultAddr: number; faultKind: number } };
    });
    // The fifth round stores at -120 + 4 * 16 + 56 = 0 behind the edge.
    expect(outcomes[0]?.fault).toMatchObject({ faultAddr: DATA + 4096, faultKind: FAULT_ACCERR });
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[2]).toEqual(outcomes[0]);
  });

  test.each([
    [-1n, 'below zero'],
    [0xffff_ffffn - 20n, 'at four gigabytes'],
    [1n << 40n, 'far above'],
    [0n, 'null'],
    [BigInt(CPU_BLOCKS), 'where the CPU blocks are'],
    [0xfff0_0000n, 'where the rights are'],
  ])('that starts at %d, %s', (address) => {
    const outcomes = MODES.map((mode) => {
      const guest = new Guest(mode).map(DATA, 4096).load(group());
      guest.setX(8, address);
      return outcome(guest) as { reason: number; fault: { faultKind: number } };
    });
    expect(outcomes[0]?.reason).toBe(EXIT_FAULT);
    expect(outcomes[0]?.fault.faultKind).toBe(FAULT_MAPERR);
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[2]).toEqual(outcomes[0]);
  });

  test('sees that a page was taken away between two runs of a hot loop', () => {
    for (const mode of MODES) {
      const guest = new Guest(mode).map(DATA, 8192).load(group());
      guest.setX(8, BigInt(DATA));
      expect(guest.run()).toBe(EXIT_SYSCALL);
      guest.space.unmap(DATA, 4096);
      guest.cpu.pc = group().origin;
      expect(guest.run()).toBe(EXIT_FAULT);
      expect([guest.cpu.pc, guest.cpu.faultAddr]).toEqual([group().at('loop'), DATA]);
    }
  });
});

describe('code that changes under compiled functions', () => {
  test.each(MODES)('through another mapping of its page: %s', (mode) => {
    // f is called through x23; the loop stores another f through x25, which maps the same memory elsewhere.
    const f = new Program(DATA).i('addi', { rd: 10, rs1: 10, imm: 1 }).i('jalr', { rd: 0, rs1: 1, imm: 0 });
    const program = new Program()
      .label('round')
      .i('addi', { rd: 6, rs1: 0, imm: 20 })
      .label('calls')
      .i('jalr', { rd: 1, rs1: 23, imm: 0 })
      .i('addi', { rd: 6, rs1: 6, imm: -1 })
      .i('bne', { rs1: 6, rs2: 0 }, 'calls')
      .i('beq', { rs1: 20, rs2: 0 }, 'end')
      .i('addi', { rd: 20, rs1: 0, imm: 0 })
      .i('sw', { rs2: 24, rs1: 25, imm: 0 })
      .i('fence.i')
      .i('jal', { rd: 0 }, 'round')
      .label('end')
      .i('ecall');
    const guest = new Guest(mode);
    const { space } = guest;
    const prot = PROT_READ | PROT_WRITE;
    const flags = MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED;
    expect(space.map({ addr: DATA, length: 4096, prot: prot | PROT_EXEC, flags, offset: 0 })).toBe(DATA);
    // mremap of a shared mapping with old size 0 makes a second one of the same memory.
    const alias = space.remap(DATA, 0, 4096, 1);
    expect(alias).toBeGreaterThan(0);
    space.protect(alias, 4096, prot);
    space.copyOut(DATA, f.bytes());
    guest.load(program);
    const other = new Program().i('addi', { rd: 10, rs1: 10, imm: 100 }).bytes();
    const word = new DataView(other.buffer).getInt32(0, true);
    guest.setX(20, 1n).setX(23, BigInt(DATA)).setX(24, BigInt(word)).setX(25, BigInt(alias));
    expect(guest.run()).toBe(EXIT_SYSCALL);
    expect(guest.x(10)).toBe(20n + 2000n);
  });

  test.each(MODES)('on the very page that runs: %s', (mode) => {
    // The loop counts how often it runs and turns its own last jump into a fall through to ecall.
    const program = new Program()
      .label('loop')
      .i('addi', { rd: 10, rs1: 10, imm: 1 })
      .i('bne', { rs1: 10, rs2: 11 }, 'loop')
      .i('sw', { rs2: 24, rs1: 23, imm: 0 })
      .i('fence.i')
      .label('patched')
      .i('jal', { rd: 0 }, 'loop')
      .i('ecall');
    const guest = new Guest(mode).load(program, PROT_READ | PROT_WRITE | PROT_EXEC);
    const nop = new DataView(new Program().i('addi', { rd: 0, rs1: 0, imm: 0 }).bytes().buffer).getInt32(
      0,
      true,
    );
    guest
      .setX(11, 3000n)
      .setX(23, BigInt(program.at('patched')))
      .setX(24, BigInt(nop));
    expect(guest.run()).toBe(EXIT_SYSCALL);
    expect(guest.x(10)).toBe(3000n);
  });
});
