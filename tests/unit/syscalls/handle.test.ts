import { describe, expect, test } from '@jest/globals';
import { EINVAL, EOPNOTSUPP, EOVERFLOW, EPERM, ESTALE } from '../../../src/abi/errno.js';
import { AT_FDCWD, O_RDONLY } from '../../../src/abi/fcntl.js';
import { type Guest, type Script, World } from '../kernel/guest.js';
import { scratch } from '../kernel/vfs-temp.js';
import { call, readText } from './fs-script.js';

const dir = scratch({ one: 'first', two: 'second' });
const run = (script: Script): Promise<unknown> => new World().run(script);

describe('file handles', () => {
  function* handleOf(g: Guest, path: string, room = 64): Generator<never, readonly [number, number], number> {
    const handle = g.alloc(80);
    g.view.setUint32(handle, room, true);
    return [yield* call(g, 'name_to_handle_at', AT_FDCWD, path, handle, g.alloc(4), 0), handle];
  }

  test('open the file they were asked for, for root only', async () => {
    await run(function* (g) {
      const [done, handle] = yield* handleOf(g, `${dir.path}/two`);
      expect(done).toBe(0);
      expect(yield* g.sys('open_by_handle_at', AT_FDCWD, handle, O_RDONLY)).toBe(-EPERM);
      const cred = g.world.kernel.root?.leader?.cred;
      if (cred !== undefined) cred.euid = 0;
      const fd = yield* g.sys('open_by_handle_at', AT_FDCWD, handle, O_RDONLY);
      expect(yield* readText(g, fd)).toBe('second');
      yield* call(g, 'unlinkat', AT_FDCWD, `${dir.path}/two`, 0);
      expect(yield* g.sys('open_by_handle_at', AT_FDCWD, handle, O_RDONLY)).toBe(-ESTALE);
    });
  });

  test('say how long they are, and that /proc has none', async () => {
    await run(function* (g) {
      const [short, handle] = yield* handleOf(g, `${dir.path}/one`, 0);
      expect(short).toBe(-EOVERFLOW);
      expect(g.i32(handle)).toBe(12);
      expect((yield* handleOf(g, `${dir.path}/one`, 129))[0]).toBe(-EINVAL);
      expect((yield* handleOf(g, '/proc/self/stat'))[0]).toBe(-EOPNOTSUPP);
    });
  });
});

describe('clock and deadlines', () => {
  test('adjtimex reads, and only root could set', async () => {
    await run(function* (g) {
      const buf = g.alloc(208);
      expect(yield* g.sys('adjtimex', buf)).toBe(5);
      expect(g.word(buf + 88)).toBe(10_000);
      g.view.setUint32(buf, 1, true);
      expect(yield* g.sys('adjtimex', buf)).toBe(-EPERM);
    });
  });

  test('SCHED_DEADLINE is remembered with its times', async () => {
    await run(function* (g) {
      const attr = g.alloc(56);
      const set = (runtime: number, deadline: number): void => {
        g.view.setUint32(attr, 48, true);
        g.view.setUint32(attr + 4, 6, true);
        g.view.setBigUint64(attr + 24, BigInt(runtime), true);
        g.view.setBigUint64(attr + 32, BigInt(deadline), true);
      };
      set(100_000, 90_000);
      expect(yield* g.sys('sched_setattr', 0, attr, 0)).toBe(-EINVAL);
      set(100_000, 200_000);
      expect(yield* g.sys('sched_setattr', 0, attr, 0)).toBe(-EPERM);
      const cred = g.world.kernel.root?.leader?.cred;
      if (cred !== undefined) cred.euid = 0;
      expect(yield* g.sys('sched_setattr', 0, attr, 0)).toBe(0);
      expect(yield* g.sys('sched_getscheduler', 0)).toBe(6);
      const got = g.alloc(56);
      expect(yield* g.sys('sched_getattr', 0, got, 56, 0)).toBe(0);
      expect(g.word(got + 40)).toBe(200_000);
    });
  });
});
