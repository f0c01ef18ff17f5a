/** CPU affinity: what a task was given is what it is told, and its children inherit it. */
import { expect, test } from '@jest/globals';
import { EFAULT, EINVAL, ESRCH } from '../../../src/abi/errno.js';
import { type Guest, World } from '../kernel/guest.js';
import { call, readText } from './fs-script.js';

/** The mask of a task, of 4 CPUs. */
function* maskOf(g: Guest, pid: number): Generator<never, number, number> {
  const mask = g.words(0);
  expect(yield* call(g, 'sched_getaffinity', pid, 8, mask)).toBe(8);
  return g.word(mask);
}

/** A line of /proc/self/status. */
function* statusLine(g: Guest, name: string): Generator<never, string, number> {
  const fd = yield* call(g, 'openat', -100, g.text('/proc/self/status'), 0, 0);
  const text = String(yield* readText(g, fd));
  yield* call(g, 'close', fd);
  return new RegExp(`^${name}:\t(.*)$`, 'm').exec(text)?.[1] ?? '';
}

test('a mask is remembered, inherited and shown', async () => {
  await new World({ cpus: 4 }).run(function* (g) {
    expect(yield* maskOf(g, 0)).toBe(0b1111);
    expect(yield* statusLine(g, 'Cpus_allowed_list')).toBe('0-3');
    // CPUs that are not there do not count.
    expect(yield* call(g, 'sched_setaffinity', 0, 8, g.words(0b111_1010))).toBe(0);
    expect(yield* maskOf(g, 0)).toBe(0b1010);
    expect(yield* statusLine(g, 'Cpus_allowed')).toBe('a');
    expect(yield* statusLine(g, 'Cpus_allowed_list')).toBe('1,3');
    const cpu = g.words(0);
    yield* call(g, 'getcpu', cpu, 0, 0);
    expect(g.i32(cpu)).toBe(1);
    yield* g.clone(
      'clone',
      function* (child) {
        expect(yield* maskOf(child, 0)).toBe(0b1010);
        expect(yield* call(child, 'sched_setaffinity', 0, 8, child.words(1))).toBe(0);
        expect(yield* maskOf(child, 0)).toBe(1);
      },
      17,
    );
    const status = g.alloc(4);
    yield* call(g, 'wait4', -1, status, 0, 0);
    expect(g.i32(status)).toBe(0);
    expect(yield* maskOf(g, 0)).toBe(0b1010);
    expect(yield* call(g, 'sched_setaffinity', 0, 8, g.words(0b1111_0000))).toBe(-EINVAL);
    expect(yield* call(g, 'sched_setaffinity', 999, 8, g.words(1))).toBe(-ESRCH);
    expect(yield* call(g, 'sched_setaffinity', 0, 8, 16)).toBe(-EFAULT);
    expect(yield* call(g, 'sched_setaffinity', 0, 8, g.words(-1))).toBe(0);
    expect(yield* maskOf(g, 0)).toBe(0b1111);
  });
});
