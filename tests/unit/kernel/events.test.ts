import { describe, expect, test } from '@jest/globals';
import { EAGAIN, EEXIST, EINVAL, ELOOP, ENOENT } from '../../../src/abi/errno.js';
import { O_NONBLOCK } from '../../../src/abi/fcntl.js';
import { EPOLL_FLAGS } from '../../../src/abi/process.js';
import { SIGCHLD, SIGUSR1, SIG_BLOCK } from '../../../src/abi/signals.js';
import { POLLHUP, POLLIN, POLLOUT } from '../../../src/kernel/file.js';
import { type Guest, World, type Script } from './guest.js';

const [ADD, DEL, MOD] = [1, 2, 3];
const { EPOLLET, EPOLLONESHOT } = EPOLL_FLAGS;

function run(script: Script): Promise<unknown> {
  return new World().run(script);
}

/** struct epoll_event with `data`. */
function event(g: Guest, events: number, data: number): number {
  const at = g.alloc(16);
  g.view.setInt32(at, events, true);
  g.view.setInt32(at + 8, data, true);
  return at;
}

function* makePipe(g: Guest): Generator<never, [number, number], number> {
  const fds = g.alloc(8);
  yield* g.sys('pipe2', fds, 0) as Generator<never, number, number>;
  return [g.i32(fds), g.i32(fds + 4)];
}

describe('epoll', () => {
  test('level-triggered: reported as long as it is ready', async () => {
    await run(function* (g) {
      const [reader, writer] = yield* makePipe(g);
      const ep = yield* g.sys('epoll_create1', 0);
      expect(yield* g.sys('epoll_ctl', ep, ADD, reader, event(g, POLLIN, 77))).toBe(0);
      expect(yield* g.sys('epoll_ctl', ep, ADD, reader, event(g, POLLIN, 77))).toBe(-EEXIST);
      const out = g.alloc(64);
      expect(yield* g.sys('epoll_pwait', ep, out, 4, 0, 0, 0)).toBe(0);
      yield* g.sys('write', writer, g.text('ab'), 2);
      for (let i = 0; i < 2; i++) {
        expect(yield* g.sys('epoll_pwait', ep, out, 4, -1, 0, 0)).toBe(1);
        expect([g.i32(out), g.i32(out + 8)]).toEqual([POLLIN, 77]);
      }
      yield* g.sys('read', reader, g.alloc(8), 8);
      expect(yield* g.sys('epoll_pwait', ep, out, 4, 0, 0, 0)).toBe(0);
      yield* g.sys('close', writer);
      expect(yield* g.sys('epoll_pwait', ep, out, 4, 0, 0, 0)).toBe(1);
      expect(g.i32(out)).toBe(POLLHUP);
      yield* g.sys('close', reader);
      expect(yield* g.sys('epoll_pwait', ep, out, 4, 0, 0, 0)).toBe(0);
    });
  });

  test('edge-triggered: once per event; one-shot: once until re-armed', async () => {
    await run(function* (g) {
      const [reader, writer] = yield* makePipe(g);
      const ep = yield* g.sys('epoll_create1', 0);
      const out = g.alloc(64);
      const wait = (): ReturnType<typeof g.sys> => g.sys('epoll_pwait', ep, out, 4, 0, 0, 0);
      yield* g.sys('epoll_ctl', ep, ADD, reader, event(g, POLLIN | EPOLLET, 1));
      yield* g.sys('write', writer, g.text('a'), 1);
      expect(yield* wait()).toBe(1);
      expect(yield* wait()).toBe(0);
      yield* g.sys('write', writer, g.text('a'), 1);
      expect(yield* wait()).toBe(1);
      yield* g.sys('epoll_ctl', ep, MOD, reader, event(g, POLLIN | EPOLLONESHOT, 1));
      expect(yield* wait()).toBe(1);
      yield* g.sys('write', writer, g.text('a'), 1);
      expect(yield* wait()).toBe(0);
      yield* g.sys('epoll_ctl', ep, MOD, reader, event(g, POLLIN | EPOLLONESHOT, 1));
      expect(yield* wait()).toBe(1);
      expect(yield* g.sys('epoll_ctl', ep, DEL, reader, 0)).toBe(0);
      expect(yield* g.sys('epoll_ctl', ep, DEL, reader, 0)).toBe(-ENOENT);
    });
  });

  test('nested instances work and cycles are refused', async () => {
    await run(function* (g) {
      const [reader, writer] = yield* makePipe(g);
      const inner = yield* g.sys('epoll_create1', 0);
      const outer = yield* g.sys('epoll_create1', 0);
      yield* g.sys('epoll_ctl', inner, ADD, reader, event(g, POLLIN, 5));
      expect(yield* g.sys('epoll_ctl', outer, ADD, inner, event(g, POLLIN, 6))).toBe(0);
      expect(yield* g.sys('epoll_ctl', inner, ADD, outer, event(g, POLLIN, 7))).toBe(-ELOOP);
      expect(yield* g.sys('epoll_ctl', inner, ADD, inner, event(g, POLLIN, 7))).toBe(-EINVAL);
      const out = g.alloc(64);
      expect(yield* g.sys('epoll_pwait', outer, out, 4, 0, 0, 0)).toBe(0);
      yield* g.sys('write', writer, g.text('a'), 1);
      expect(yield* g.sys('epoll_pwait', outer, out, 4, 0, 0, 0)).toBe(1);
      expect(g.i32(out + 8)).toBe(6);
    });
  });

  test('a waiting task is woken by another one', async () => {
    await run(function* (g) {
      const [reader, writer] = yield* makePipe(g);
      const ep = yield* g.sys('epoll_create1', 0);
      yield* g.sys('epoll_ctl', ep, ADD, reader, event(g, POLLIN, 9));
      yield* g.clone(
        'clone',
        function* (c) {
          yield* c.sys('nanosleep', c.words(0, 3_000_000), 0);
          yield* c.sys('write', writer, c.text('x'), 1);
        },
        SIGCHLD,
      );
      const out = g.alloc(64);
      expect(yield* g.sys('epoll_pwait', ep, out, 4, 5000, 0, 0)).toBe(1);
      expect(yield* g.sys('epoll_pwait', ep, out, 4, 2, 0, 0)).toBe(1);
    });
  });
});

describe('event files', () => {
  test('eventfd counts, blocks at zero and at the maximum, and is a semaphore on request', async () => {
    await run(function* (g) {
      const fd = yield* g.sys('eventfd2', 3, O_NONBLOCK);
      const value = g.alloc(8);
      expect(yield* g.sys('read', fd, value, 8)).toBe(8);
      expect(g.word(value)).toBe(3);
      expect(yield* g.sys('read', fd, value, 8)).toBe(-EAGAIN);
      expect(yield* g.sys('read', fd, value, 4)).toBe(-EINVAL);
      expect(yield* g.sys('write', fd, g.words(-1), 8)).toBe(-EINVAL);
      expect(yield* g.sys('write', fd, g.words(-2), 8)).toBe(8);
      expect(yield* g.sys('write', fd, g.words(1), 8)).toBe(-EAGAIN);
      const sem = yield* g.sys('eventfd2', 2, O_NONBLOCK | 1);
      yield* g.sys('read', sem, value, 8);
      yield* g.sys('read', sem, value, 8);
      expect(g.word(value)).toBe(1);
      expect(yield* g.sys('read', sem, value, 8)).toBe(-EAGAIN);
    });
  });

  test('timerfd expires, repeats and can be polled', async () => {
    await run(function* (g) {
      const fd = yield* g.sys('timerfd_create', 1, 0);
      // Interval 2 ms, first after 1 ms.
      expect(yield* g.sys('timerfd_settime', fd, 0, g.words(0, 2_000_000, 0, 1_000_000), 0)).toBe(0);
      const value = g.alloc(8);
      expect(yield* g.sys('read', fd, value, 8)).toBe(8);
      expect(g.word(value)).toBeGreaterThanOrEqual(1);
      const fds = g.alloc(8);
      g.view.setInt32(fds, fd, true);
      g.view.setInt16(fds + 4, POLLIN | POLLOUT, true);
      expect(yield* g.sys('ppoll', fds, 1, g.words(5, 0), 0, 0)).toBe(1);
      expect(g.view.getInt16(fds + 6, true)).toBe(POLLIN);
    });
  });

  test('signalfd reads blocked signals', async () => {
    await run(function* (g) {
      const set = g.words(2 ** (SIGUSR1 - 1));
      yield* g.sys('rt_sigprocmask', SIG_BLOCK, set, 0, 8);
      const fd = yield* g.sys('signalfd4', -1, set, 8, O_NONBLOCK);
      const buffer = g.alloc(256);
      expect(yield* g.sys('read', fd, buffer, 256)).toBe(-EAGAIN);
      yield* g.sys('kill', 100, SIGUSR1);
      expect(yield* g.sys('read', fd, buffer, 256)).toBe(128);
      expect([g.i32(buffer), g.i32(buffer + 12)]).toEqual([SIGUSR1, 100]);
      expect(yield* g.sys('read', fd, buffer, 256)).toBe(-EAGAIN);
    });
  });
});
