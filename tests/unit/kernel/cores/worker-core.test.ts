/** A core's side of the protocol; it ends in a crash, since otherwise it never returns. */
import { describe, expect, test } from '@jest/globals';
import type { Cpu } from '../../../../src/cpu/cpu.js';
import { EXIT_INTERRUPT, type ExitReason } from '../../../../src/cpu/exit.js';
import * as protocol from '../../../../src/kernel/cores/protocol.js';
import type { CoreMessage } from '../../../../src/kernel/cores/protocol.js';
import { WorkerCore } from '../../../../src/kernel/cores/worker-core.js';
import { CPU_BLOCKS } from '../../../../src/mmap/layout.js';
import { GuestMemory } from '../../../../src/mmap/memory.js';

/** Runs a core for one task with `run` as its engine. */
function play(
  run: (cpu: Cpu, budget: number) => ExitReason,
  space = 7,
): {
  control: Int32Array;
  text: string;
  rings: number;
} {
  const buffer = new SharedArrayBuffer(protocol.CONTROL_SIZE);
  const doorbell = new SharedArrayBuffer(4 * protocol.D_WORDS);
  const control = new Int32Array(buffer, 0, protocol.C_WORDS);
  const inbox: CoreMessage[] = [{ space: 7, memory: new GuestMemory().wasm, abi: 'riscv64', used: false }];
  control[protocol.C_MESSAGES] = inbox.length;
  control[protocol.C_MM] = space;
  control[protocol.C_BASE] = CPU_BLOCKS | 0;
  control[protocol.C_SLICE] = 1_000_000;
  control[protocol.C_STATE] = protocol.RUN;
  new Float64Array(buffer, protocol.INSTRUCTIONS_AT, 1)[0] = 100;
  const setup = {
    index: 1,
    control: buffer,
    doorbell,
    engine: { mode: 'closures', cpu: undefined, abi: 'riscv64' },
  } as const;
  const port = { setup, receive: () => inbox.shift() };
  const core = new WorkerCore(port, () => ({
    stats: { instructions: 0 },
    run,
  }));
  core.loop();
  const characters = new Uint16Array(buffer, protocol.TEXT_AT, control[protocol.C_RESULT]);
  const rings = new Int32Array(doorbell)[protocol.D_RINGS] as number;
  return { control, text: String.fromCharCode(...characters), rings };
}

describe('a core', () => {
  test('reports what its engine throws, and takes no more tasks', () => {
    const { control, text, rings } = play(() => {
      throw new Error('wrong turn');
    });
    expect(control[protocol.C_REASON]).toBe(protocol.CRASHED);
    expect(control[protocol.C_STATE]).toBe(protocol.PARKED);
    expect(text).toMatch(/^Error: wrong turn\n/);
    expect(rings).toBe(1);
  });

  test('runs in chunks that fit the time between two looks at the stop word', () => {
    const budgets: number[] = [];
    play((cpu, budget) => {
      budgets.push(budget);
      expect(cpu.shared).toBe(true);
      expect(cpu.instructions).toBe(100);
      if (budgets.length === 12) throw new Error('enough');
      const end = performance.now() + 0.2;
      while (performance.now() < end) continue;
      return EXIT_INTERRUPT;
    });
    expect(budgets[11]).toBeLessThan(budgets[0] as number);
    expect(budgets[11]).toBe(1000);
  });

  test('refuses a task of a space it was not told of', () => {
    const { text } = play(() => EXIT_INTERRUPT, 8);
    expect(text).toMatch(/without address space/);
  });
});
