/** The kernel's side of further cores, with the other side played by hand or by a few lines in a thread of their own. */
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from '@jest/globals';
import { RISCV64 } from '../../../../src/abi/abi.js';
import { Cpu } from '../../../../src/cpu/cpu.js';
import { EXIT_FAULT, EXIT_SYSCALL } from '../../../../src/cpu/exit.js';
import { CorePool } from '../../../../src/kernel/cores/core-pool.js';
import type { CoreEvents } from '../../../../src/kernel/cores/core.js';
import * as protocol from '../../../../src/kernel/cores/protocol.js';
import type { CoreMessage, CoreSetup } from '../../../../src/kernel/cores/protocol.js';
import { Mm, type Engine } from '../../../../src/kernel/mm.js';
import type { Task } from '../../../../src/kernel/task.js';
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE } from '../../../../src/mmap/flags.js';
import { FAULT_HOME, FAULT_MAPERR, FAULT_NONE, PAGE_SIZE } from '../../../../src/mmap/layout.js';
import { GuestMemory } from '../../../../src/mmap/memory.js';
import { AddressSpace } from '../../../../src/mmap/space.js';

const AT = 0x10_0000;
const engine = { mode: 'closures', cpu: undefined, abi: 'riscv64' } as const;

function makeMm(): Mm {
  const space = new AddressSpace(new GuestMemory());
  space.map({ addr: AT, length: 16 * PAGE_SIZE, prot: 3, flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED });
  const none: Engine = { run: () => EXIT_SYSCALL, stats: { instructions: 0 } };
  return new Mm(space, RISCV64, none, {} as Mm['program']);
}

/** As much of a task as the pool looks at. */
function makeTask(mm: Mm, tasks = new Map<number, Task>()): Task {
  const cpu = new Cpu(mm.space, mm.takeBlock());
  const task = { mm, cpu, core: undefined, kernel: { tasks } } as unknown as Task;
  tasks.set(tasks.size + 1, task);
  return task;
}

/** The other side. */
class Hand {
  readonly control: Int32Array;
  readonly instructions: Float64Array;
  readonly text: Uint16Array;
  readonly bell: Int32Array;
  readonly messages: CoreMessage[] = [];
  readonly events: CoreEvents;
  stopped = false;
  constructor(setup: CoreSetup, events: CoreEvents) {
    this.control = new Int32Array(setup.control, 0, protocol.C_WORDS);
    this.instructions = new Float64Array(setup.control, protocol.INSTRUCTIONS_AT, 1);
    this.text = new Uint16Array(setup.control, protocol.TEXT_AT, protocol.TEXT_MAX);
    this.bell = new Int32Array(setup.doorbell);
    this.events = events;
  }
  ring(): void {
    Atomics.add(this.bell, protocol.D_RINGS, 1);
  }
  park(reason: number): void {
    this.control[protocol.C_REASON] = reason;
    Atomics.store(this.control, protocol.C_STATE, protocol.PARKED);
    this.ring();
  }
  call(what: number, a: number, b: number): void {
    this.control[protocol.C_ARG] = a;
    this.control[protocol.C_ARG2] = b;
    Atomics.store(this.control, protocol.C_CALL, what);
    this.ring();
  }
}

interface Table {
  readonly pool: CorePool;
  readonly hands: Hand[];
  readonly failures: { task: Task | undefined; error: unknown }[];
}

function table(count = 1): Table {
  const hands: Hand[] = [];
  const failures: Table['failures'] = [];
  const pool = new CorePool({
    count,
    engine,
    patience: 50,
    failed: (task, error) => failures.push({ task, error }),
    start: (setup, events) => {
      const hand = new Hand(setup, events);
      hands.push(hand);
      return {
        post: (message) => hand.messages.push(message),
        stop: () => {
          hand.stopped = true;
        },
      };
    },
  });
  return { pool, hands, failures };
}

/** A pool with a core that runs `task`. */
function running(task: Task): Table & { readonly hand: Hand } {
  const t = table();
  t.pool.free();
  const hand = t.hands[0] as Hand;
  hand.events.ready();
  const core = t.pool.free();
  if (core === undefined) throw new Error('no core');
  t.pool.run(core, task, 8, 0);
  return { ...t, hand };
}

describe('a pool', () => {
  test('starts one core at a time, and no more than it may', () => {
    const { pool, hands } = table(2);
    expect(pool.free()).toBeUndefined();
    expect(pool.free()).toBeUndefined();
    expect(hands.length).toBe(1);
    hands[0]?.events.ready();
    const first = pool.free();
    expect(first).toBeDefined();
    const task = makeTask(makeMm());
    pool.run(first as NonNullable<typeof first>, task, 8, 0);
    expect(pool.free()).toBeUndefined();
    hands[1]?.events.ready();
    expect(pool.free()).not.toBe(first);
    expect(hands.length).toBe(2);
    expect(pool.stats).toEqual({ started: 2, tasks: 1, requests: 0 });
  });

  test('gives a task away and gets it back with its exit', () => {
    const task = makeTask(makeMm());
    const { pool, hand } = running(task);
    expect(hand.messages).toEqual([
      { space: expect.any(Number), memory: task.mm.space.memory.wasm, abi: 'riscv64', used: false },
    ]);
    expect(hand.control[protocol.C_BASE]).toBe(task.cpu.base | 0);
    expect([task.cpu.shared, task.mm.shared, pool.busy, pool.rung]).toEqual([true, true, true, false]);
    expect(pool.collect()).toEqual([]);
    hand.instructions[0] = 1234;
    hand.control[protocol.C_FAULT_LOW] = 0x1000;
    hand.control[protocol.C_FAULT_KIND] = FAULT_MAPERR;
    hand.park(EXIT_FAULT);
    expect(pool.rung).toBe(true);
    const [core] = pool.collect();
    if (core === undefined) throw new Error('no core came back');
    expect(pool.exitOf(core, task)).toBe(EXIT_FAULT);
    expect([task.cpu.faultAddr, task.cpu.faultKind, task.cpu.instructions]).toEqual([
      0x1000,
      FAULT_MAPERR,
      1234,
    ]);
    expect(task.mm.engine.stats.instructions).toBe(1234);
    pool.release(core);
    expect([task.core, pool.busy]).toEqual([undefined, false]);
  });

  test('gives what was compiled to a core that takes another task, once', () => {
    const mm = makeMm();
    const tasks = new Map<number, Task>();
    const module = new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
    const all = [1, 2, 3].map((entry) => ({ module, regions: [{ entry, pages: [0], blocks: [] }] }));
    let total = 2;
    mm.engine.compiled = (_space, since) => ({ list: all.slice(since, total), total });
    const task = makeTask(mm, tasks);
    const { pool, hand } = running(task);
    expect(hand.messages[1]).toEqual({ compiled: expect.any(Number), list: all.slice(0, 2) });
    const again = (next: Task): void => {
      hand.park(EXIT_SYSCALL);
      const [core] = pool.collect();
      if (core === undefined) throw new Error('no core came back');
      if (core.task !== next) pool.release(core);
      pool.run(core, next, 8, 0);
    };
    total = 3;
    again(task);
    expect(hand.messages.length).toBe(2);
    const other = makeTask(mm, tasks);
    again(other);
    expect(hand.messages[2]).toEqual({ compiled: expect.any(Number), list: all.slice(2) });
    again(task);
    expect(hand.messages.length).toBe(3);
  });

  test('answers faults and names code', () => {
    const task = makeTask(makeMm());
    const { pool, hand } = running(task);
    const { space } = task.mm;
    hand.call(protocol.CALL_FAULT, AT, 2);
    pool.collect();
    expect(hand.control[protocol.C_CALL]).toBe(protocol.CALL_NONE);
    expect(hand.control[protocol.C_RESULT]).toBe(FAULT_NONE);
    expect((space.perm[AT / PAGE_SIZE] as number) & 2).toBe(2);
    hand.call(protocol.CALL_FAULT, 0x9000_0000, 1);
    pool.collect();
    expect(hand.control[protocol.C_RESULT]).toBe(FAULT_MAPERR);
    space.protect(AT, PAGE_SIZE, 7);
    hand.call(protocol.CALL_CODE, AT / PAGE_SIZE, 0);
    pool.collect();
    const length = hand.control[protocol.C_RESULT] as number;
    expect(String.fromCharCode(...hand.text.slice(0, length))).toBe(space.codeKey(AT / PAGE_SIZE).key);
    // Watched from now on: the right to write is gone.
    expect((space.perm[AT / PAGE_SIZE] as number) & 2).toBe(0);
  });

  test('sends accesses home that only the kernel can make', () => {
    const task = makeTask(makeMm());
    const { space } = task.mm;
    space.protect(AT, PAGE_SIZE, 7);
    // Code and data on one page: writes are watched one by one at last.
    for (let i = 0; i < 70; i++) {
      space.markCode(AT / PAGE_SIZE);
      space.fault(AT, 2);
    }
    const { pool, hand } = running(task);
    hand.call(protocol.CALL_FAULT, AT, 2);
    pool.collect();
    expect(hand.control[protocol.C_RESULT]).toBe(FAULT_HOME);
  });

  test('tells cores of changed code and of the end of a space', () => {
    const task = makeTask(makeMm());
    const { pool, hand } = running(task);
    const { mm } = task;
    hand.park(EXIT_SYSCALL);
    mm.space.protect(AT, PAGE_SIZE, 7);
    mm.space.markCode(AT / PAGE_SIZE);
    mm.space.fault(AT, 2);
    const page = AT / PAGE_SIZE;
    expect(hand.messages[1]).toEqual({ invalid: expect.any(Number), first: page, end: page + 1 });
    expect(hand.control[protocol.C_MESSAGES]).toBe(2);
    for (const core of pool.collect()) pool.release(core);
    mm.gone?.();
    expect(hand.messages[2]).toEqual({ forget: expect.any(Number) });
  });

  test('reports a core that crashed, and gets on without it', () => {
    const task = makeTask(makeMm());
    const { pool, hand, failures } = running(task);
    const text = 'Error: it broke';
    for (let i = 0; i < text.length; i++) hand.text[i] = text.charCodeAt(i);
    hand.control[protocol.C_RESULT] = text.length;
    hand.park(protocol.CRASHED);
    expect(pool.collect()).toEqual([]);
    expect(failures.map((f) => [f.task === task, String(f.error)])).toEqual([[true, `Error: core: ${text}`]]);
    expect([hand.stopped, pool.busy, pool.cores.length, task.core]).toEqual([true, false, 0, undefined]);
  });

  test('reports a core whose thread is gone, but not before it is looked for', () => {
    const task = makeTask(makeMm());
    const { pool, hand, failures } = running(task);
    hand.events.failed(new Error('out of memory'));
    hand.events.failed(new Error('once more'));
    expect([failures.length, pool.busy]).toEqual([0, true]);
    pool.collect();
    expect(failures.map((f) => String(f.error))).toEqual(['Error: out of memory']);
  });

  test('gives a core up that does not stop', () => {
    const task = makeTask(makeMm());
    const { pool, failures } = running(task);
    pool.quiesce(task.mm);
    pool.collect();
    expect(failures.map((f) => String(f.error))).toEqual(['Error: core: it does not stop']);
  });

  test('does not wait for cores that wait for it', () => {
    const task = makeTask(makeMm());
    const { pool, hand, failures } = running(task);
    hand.call(protocol.CALL_FAULT, AT, 2);
    pool.quiesce(task.mm);
    hand.park(EXIT_SYSCALL);
    pool.quiesce(task.mm);
    pool.collect();
    expect(failures).toEqual([]);
  });
});

/** A core that adds to a word while the page's permission byte allows it, as generated code does. */
const ADDER = `
const { workerData, parentPort } = require('node:worker_threads');
const { control, doorbell, buffer, page, word, perm } = workerData;
const c = new Int32Array(control), bell = new Int32Array(doorbell), m = new Int32Array(buffer), p = new Uint8Array(buffer);
parentPort.postMessage('ready');
for (;;) {
  Atomics.wait(c, 0, 0);
  let wrong = 0;
  while (Atomics.load(c, 10) === 0) {
    for (let i = 0; i < 1000; i++) {
      if ((p[perm + page] & 2) === 0) break;
      m[word]++;
    }
  }
  c[5] = 0;
  Atomics.store(c, 0, 0);
  Atomics.add(bell, 0, 1);
  Atomics.notify(bell, 0);
}`;

describe('taking rights away', () => {
  let worker: Worker | undefined;
  afterEach(async () => {
    await worker?.terminate();
  });

  test('waits until no other thread is between the check and the access', async () => {
    const mm = makeMm();
    const task = makeTask(mm);
    const { space } = mm;
    space.fault(AT, 3);
    let ready: () => void = () => undefined;
    const started = new Promise<void>((resolve) => {
      ready = resolve;
    });
    const failures: unknown[] = [];
    const pool = new CorePool({
      count: 1,
      engine,
      failed: (_task, error) => failures.push(error),
      start: (setup, events) => {
        worker = new Worker(ADDER, {
          eval: true,
          workerData: {
            ...setup,
            buffer: space.memory.buffer,
            page: AT / PAGE_SIZE,
            word: AT / 4,
            perm: space.perm.byteOffset,
          },
        });
        worker.once('message', () => {
          events.ready();
          ready();
        });
        return { post: () => undefined, stop: () => undefined };
      },
    });
    pool.free();
    await started;
    const words = space.memory.i32;
    for (let i = 0; i < 300; i++) {
      const core = pool.free();
      if (core === undefined) throw new Error('no core');
      const before = words[AT / 4];
      pool.run(core, task, 8, 0);
      while (Atomics.load(words, AT / 4) === before) continue;
      space.protect(AT, PAGE_SIZE, 1);
      const now = words[AT / 4] as number;
      for (let k = 0; k < 2000; k++) if (Atomics.load(words, AT / 4) !== now) throw new Error('written');
      expect(pool.collect().length).toBe(1);
      pool.release(core);
      space.protect(AT, PAGE_SIZE, 3);
    }
    expect(failures).toEqual([]);
  });
});
