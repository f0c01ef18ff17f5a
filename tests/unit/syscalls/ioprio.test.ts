import { expect, test } from '@jest/globals';
import { EINVAL, ESRCH } from '../../../src/abi/errno.js';
import { World } from '../kernel/guest.js';
import { call } from './fs-script.js';

const WHO_PROCESS = 1;
const WHO_PGRP = 2;
const bestEffort = (level: number): number => (2 << 13) | level;

test('I/O priorities are remembered, inherited and checked', async () => {
  await new World().run(function* (g) {
    expect(yield* call(g, 'ioprio_get', WHO_PROCESS, 0)).toBe(0);
    expect(yield* call(g, 'ioprio_set', WHO_PROCESS, 0, bestEffort(6))).toBe(0);
    expect(yield* call(g, 'ioprio_get', WHO_PROCESS, 0)).toBe(bestEffort(6));
    yield* g.clone(
      'clone',
      function* (child) {
        expect(yield* call(child, 'ioprio_get', WHO_PROCESS, 0)).toBe(bestEffort(6));
        yield* call(child, 'ioprio_set', WHO_PROCESS, 0, bestEffort(2));
        expect(yield* call(child, 'ioprio_get', WHO_PGRP, 0)).toBe(bestEffort(2));
      },
      17,
    );
    const status = g.alloc(4);
    yield* call(g, 'wait4', -1, status, 0, 0);
    expect(g.i32(status)).toBe(0);
    expect(yield* call(g, 'ioprio_get', WHO_PROCESS, 0)).toBe(bestEffort(6));
    expect(yield* call(g, 'ioprio_set', WHO_PROCESS, 0, 4 << 13)).toBe(-EINVAL);
    expect(yield* call(g, 'ioprio_set', WHO_PROCESS, 0, 3)).toBe(-EINVAL);
    expect(yield* call(g, 'ioprio_get', 0, 0)).toBe(-EINVAL);
    expect(yield* call(g, 'ioprio_get', WHO_PROCESS, 999_999)).toBe(-ESRCH);
  });
});
