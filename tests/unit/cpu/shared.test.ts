/** What a Cpu does differently when other threads run in its memory. */
import { describe, expect, test } from '@jest/globals';
import { Cpu, TRAP } from '../../../src/cpu/cpu.js';
import { EXIT_FAULT, EXIT_INTERRUPT } from '../../../src/cpu/exit.js';
import { CPU_BLOCKS, FAULT_HOME, PAGE_SIZE } from '../../../src/mmap/layout.js';
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE } from '../../../src/mmap/flags.js';
import { GuestMemory } from '../../../src/mmap/memory.js';
import { AddressSpace } from '../../../src/mmap/space.js';

const AT = 0x10_0000;
const PC = 0x2000;

function makeCpu(): Cpu {
  const space = new AddressSpace(new GuestMemory());
  space.map({ addr: AT, length: 4 * PAGE_SIZE, prot: 3, flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED });
  const cpu = new Cpu(space, CPU_BLOCKS);
  cpu.shared = true;
  return cpu;
}

function trapped(run: () => void): boolean {
  try {
    run();
    return false;
  } catch (e) {
    if (e !== TRAP) throw e;
    return true;
  }
}

describe('a Cpu that shares its memory', () => {
  test.each([1, 2, 4, 8])('makes an update of %i bytes anew when somebody came between', (size) => {
    const cpu = makeCpu();
    const addr = cpu.atomic(AT + 8, 0, size, 2, PC);
    cpu.atomicLoad(addr, size);
    cpu.memory.u8[AT + 8] = 77;
    expect(
      trapped(() => {
        cpu.atomicStore(addr, size, 5, 0);
      }),
    ).toBe(true);
    expect([cpu.exitReason, cpu.pc, cpu.memory.u8[AT + 8]]).toEqual([EXIT_INTERRUPT, PC, 77]);
    cpu.atomicLoad(cpu.atomic(AT + 8, 0, size, 2, PC), size);
    cpu.atomicStore(addr, size, 5, 0);
    expect(cpu.memory.u8[AT + 8]).toBe(5);
  });

  test('fails a store-conditional after a change', () => {
    const cpu = makeCpu();
    cpu.loadReserved(AT, 0, 8, PC);
    cpu.memory.i32[AT / 4 + 1] = 1;
    expect(cpu.storeConditional(AT, 0, 8, 9, 9, PC)).toBe(1);
    cpu.loadReserved(AT, 0, 8, PC);
    expect(cpu.storeConditional(AT, 0, 8, 9, -9, PC)).toBe(0);
    expect([cpu.memory.i32[AT / 4], cpu.memory.i32[AT / 4 + 1]]).toEqual([9, -9]);
  });

  test('executes an instruction anew after a page fault, where it has to', () => {
    const cpu = makeCpu();
    cpu.slowStore(AT, 0, 0, 4, 1, 0, PC);
    cpu.restarts = true;
    const fresh = AT + 3 * PAGE_SIZE;
    cpu.space.unmap(AT, 4 * PAGE_SIZE);
    cpu.space.map({
      addr: fresh,
      length: PAGE_SIZE,
      prot: 3,
      flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
    });
    const store = (): void => {
      cpu.slowStore(fresh, 0, 4, 8, 3, 4, PC);
    };
    expect(trapped(store)).toBe(true);
    expect([cpu.exitReason, cpu.pc, cpu.memory.u8[fresh + 4]]).toEqual([EXIT_INTERRUPT, PC, 0]);
    expect(trapped(store)).toBe(false);
    expect(cpu.memory.u8[fresh + 4]).toBe(3);
  });

  test('stops the others for what no host instruction can do, or goes where that is possible', () => {
    const cpu = makeCpu();
    const { space } = cpu;
    let stops = 0;
    space.onQuiesce = () => {
      stops++;
    };
    cpu.exclusive(PC);
    expect(stops).toBe(1);
    space.exclusive = () => false;
    expect(
      trapped(() => {
        cpu.exclusive(PC);
      }),
    ).toBe(true);
    expect([cpu.exitReason, cpu.faultKind, cpu.pc]).toEqual([EXIT_FAULT, FAULT_HOME, PC]);
  });
});

test('rights are taken away when the others stand still, and only then is that asked for', () => {
  const cpu = makeCpu();
  const { space } = cpu;
  const seen: number[] = [];
  space.fault(AT, 2);
  space.onQuiesce = () => {
    seen.push(space.perm[AT / PAGE_SIZE] as number);
  };
  space.protect(AT, PAGE_SIZE, 1);
  expect(seen).toEqual([3]);
  space.protect(AT, PAGE_SIZE, 3);
  expect(seen).toEqual([3]);
  space.advise(AT, PAGE_SIZE, 4);
  expect(seen.length).toBeGreaterThan(1);
  expect(seen.slice(1).every((rights) => rights === 3)).toBe(true);
});
