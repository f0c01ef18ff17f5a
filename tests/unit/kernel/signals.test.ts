import { describe, expect, test } from '@jest/globals';
import { EFAULT, EINTR, EPERM, ESRCH } from '../../../src/abi/errno.js';
import {
  SA_RESTART,
  SA_SIGINFO,
  SIGABRT,
  SIGALRM,
  SIGCHLD,
  SIGKILL,
  SIGRTMIN,
  SIGSEGV,
  SIGTERM,
  SIGUSR1,
  SIGUSR2,
  SIG_BLOCK,
  SIG_IGN,
  SIG_UNBLOCK,
} from '../../../src/abi/signals.js';
import { World, type Script } from './guest.js';

const bit = (signo: number): number => 2 ** (signo - 1);

describe('signals', () => {
  test('a handler runs with the signal number and returns to where the program was', async () => {
    const seen: number[] = [];
    const world = new World();
    const status = await world.run(function* (g) {
      const handler: Script = function* (h) {
        seen.push(h.cpu.r[10 * 2] as number);
        seen.push(yield* h.sys('getpid'));
      };
      expect(yield* g.sigaction(SIGUSR1, handler)).toBe(0);
      const result = yield* g.sys('kill', 100, SIGUSR1);
      seen.push(result);
      yield* g.sys('exit_group', 7);
    });
    expect(seen).toEqual([SIGUSR1, 100, 0]);
    expect(status).toEqual({ code: 7 });
  });

  test('default actions: terminate, ignore, and a signal ends the process with its number', async () => {
    expect(
      await new World().run(function* (g) {
        yield* g.sys('kill', 100, SIGCHLD);
        yield* g.sys('kill', 100, SIGTERM);
        throw new Error('still running');
      }),
    ).toEqual({ signal: SIGTERM, core: false });
    expect(
      await new World().run(function* (g) {
        yield* g.sigaction(SIGTERM, SIG_IGN);
        yield* g.sys('kill', 100, SIGTERM);
      }),
    ).toEqual({ code: 0 });
  });

  test('process 1 is there, but not ours to signal', async () => {
    await new World().run(function* (g) {
      expect(yield* g.sys('kill', 1, 0)).toBe(-EPERM);
      expect(yield* g.sys('rt_sigqueueinfo', 1, SIGUSR1, g.alloc(128))).toBe(-EPERM);
      expect(yield* g.sys('kill', 9999, 0)).toBe(-ESRCH);
    });
  });

  test('SIGKILL cannot be caught or blocked', async () => {
    const world = new World();
    const status = await world.run(function* (g) {
      expect(yield* g.sigaction(SIGKILL, SIG_IGN)).toBe(-22);
      yield* g.sys('rt_sigprocmask', SIG_BLOCK, g.words(-1), 0, 8);
      yield* g.sys('kill', 100, SIGKILL);
      throw new Error('still running');
    });
    expect(status).toEqual({ signal: SIGKILL, core: false });
  });

  test('a blocked signal is pending until it is unblocked; standard ones merge, real-time ones queue', async () => {
    const values: number[] = [];
    const world = new World();
    await world.run(function* (g) {
      const handler: Script = function* (h) {
        values.push(h.cpu.r[10 * 2] as number);
        // si_value of siginfo, for queued ones.
        if ((h.cpu.r[10 * 2] as number) >= SIGRTMIN) values.push(h.i32(h.a1 + 24));
        yield* [];
      };
      yield* g.sigaction(SIGUSR1, handler);
      yield* g.sigaction(SIGRTMIN + 1, handler, SA_SIGINFO);
      const mask = g.words(bit(SIGUSR1) + bit(SIGRTMIN + 1));
      yield* g.sys('rt_sigprocmask', SIG_BLOCK, mask, 0, 8);
      yield* g.sys('kill', 100, SIGUSR1);
      yield* g.sys('kill', 100, SIGUSR1);
      for (const value of [5, 6]) {
        const info = g.alloc(128);
        g.view.setInt32(info + 8, -1, true); // SI_QUEUE
        g.view.setInt32(info + 24, value, true);
        expect(yield* g.sys('rt_sigqueueinfo', 100, SIGRTMIN + 1, info)).toBe(0);
      }
      const pending = g.alloc(8);
      yield* g.sys('rt_sigpending', pending, 8);
      expect(g.word(pending)).toBe(bit(SIGUSR1) + bit(SIGRTMIN + 1));
      expect(values).toEqual([]);
      yield* g.sys('rt_sigprocmask', SIG_UNBLOCK, mask, 0, 8);
    });
    // Frames are pushed in order, so that the last one pushed runs first.
    expect(values.filter((v) => v === SIGUSR1)).toEqual([SIGUSR1]);
    expect(values.slice().sort((a, b) => a - b)).toEqual([5, 6, SIGUSR1, SIGRTMIN + 1, SIGRTMIN + 1]);
  });

  test('an interrupted call answers EINTR, or is restarted with SA_RESTART', async () => {
    for (const [flags, expected] of [
      [0, -EINTR],
      [SA_RESTART, 1],
    ] as const) {
      const world = new World();
      await world.run(function* (g) {
        const fds = g.alloc(8);
        yield* g.sys('pipe2', fds, 0);
        const [reader, writer] = [g.i32(fds), g.i32(fds + 4)];
        const parent = yield* g.sys('getpid');
        yield* g.sigaction(
          SIGUSR1,
          function* () {
            yield* [];
          },
          flags,
        );
        yield* g.clone(
          'clone',
          function* (c) {
            yield* c.sys('nanosleep', c.words(0, 2_000_000), 0);
            yield* c.sys('kill', parent, SIGUSR1);
            yield* c.sys('nanosleep', c.words(0, 2_000_000), 0);
            yield* c.sys('write', writer, c.text('x'), 1);
          },
          SIGCHLD,
        );
        const buffer = g.alloc(8);
        expect(yield* g.sys('read', reader, buffer, 8)).toBe(expected);
      });
    }
  });

  test('a fault becomes SIGSEGV with the address; a handler may change the pc in the ucontext', async () => {
    const world = new World();
    const seen: number[] = [];
    const status = await world.run(function* (g) {
      const elsewhere = world.code(function* (e) {
        yield* e.sys('exit_group', 42);
      });
      const handler: Script = function* (h) {
        seen.push(h.i32(h.a1), h.i32(h.a1 + 8), h.word(h.a1 + 16));
        // uc_mcontext is at 176 of struct ucontext; its first word is the pc.
        h.view.setBigInt64(h.a2 + 176, BigInt(elsewhere), true);
        yield* [];
      };
      yield* g.sigaction(SIGSEGV, handler, SA_SIGINFO);
      yield* g.fault(0xdead000);
      throw new Error('came back');
    });
    expect(seen).toEqual([SIGSEGV, 1, 0xdead000]);
    expect(status).toEqual({ code: 42 });
  });

  test('an address below zero keeps all its bits', async () => {
    const seen: bigint[] = [];
    await new World().run(function* (g) {
      const handler: Script = function* (h) {
        seen.push(h.view.getBigUint64(h.a1 + 16, true));
        yield* h.sys('exit_group', 0);
      };
      yield* g.sigaction(SIGSEGV, handler, SA_SIGINFO);
      yield* g.fault(-8);
    });
    expect(seen).toEqual([0xfffffffffffffff8n]);
  });

  test('a fault while SIGSEGV is blocked kills', async () => {
    const status = await new World().run(function* (g) {
      yield* g.sigaction(SIGSEGV, function* () {
        throw new Error('handled');
      });
      yield* g.sys('rt_sigprocmask', SIG_BLOCK, g.words(bit(SIGSEGV)), 0, 8);
      yield* g.fault(4);
    });
    expect(status).toEqual({ signal: SIGSEGV, core: false });
  });

  test('sigsuspend waits with its own mask and restores the old one after the handler', async () => {
    const world = new World();
    await world.run(function* (g) {
      let handled = 0;
      yield* g.sigaction(SIGUSR2, function* () {
        handled++;
        yield* [];
      });
      yield* g.sys('rt_sigprocmask', SIG_BLOCK, g.words(bit(SIGUSR2)), 0, 8);
      yield* g.sys('kill', 100, SIGUSR2);
      expect(handled).toBe(0);
      expect(yield* g.sys('rt_sigsuspend', g.words(0), 8)).toBe(-EINTR);
      expect(handled).toBe(1);
      const old = g.alloc(8);
      yield* g.sys('rt_sigprocmask', SIG_BLOCK, 0, old, 8);
      expect(g.word(old)).toBe(bit(SIGUSR2));
    });
  });

  test('sigtimedwait takes a blocked signal, or times out', async () => {
    await new World().run(function* (g) {
      const set = g.words(bit(SIGUSR1));
      yield* g.sys('rt_sigprocmask', SIG_BLOCK, set, 0, 8);
      expect(yield* g.sys('rt_sigtimedwait', set, 0, g.words(0, 1_000_000), 8)).toBe(-11);
      yield* g.sys('kill', 100, SIGUSR1);
      const info = g.alloc(128);
      expect(yield* g.sys('rt_sigtimedwait', set, info, 0, 8)).toBe(SIGUSR1);
      expect([g.i32(info), g.i32(info + 16)]).toEqual([SIGUSR1, 100]);
      // Waiting first, then the signal comes.
      yield* g.clone(
        'clone',
        function* (c) {
          yield* c.sys('nanosleep', c.words(0, 1_000_000), 0);
          yield* c.sys('kill', 100, SIGUSR1);
        },
        SIGCHLD,
      );
      expect(yield* g.sys('rt_sigtimedwait', set, 0, g.words(5, 0), 8)).toBe(SIGUSR1);
    });
  });

  test('a disarmed ITIMER_REAL has no interval, the others keep theirs', async () => {
    await new World().run(function* (g) {
      const old = g.words(-1, -1, -1, -1);
      for (const [which, interval] of [
        [0, 0],
        [1, 10],
        [2, 10],
      ] as const) {
        yield* g.sys('setitimer', which, g.words(10, 0, 0, 0), 0);
        yield* g.sys('getitimer', which, old);
        expect([g.word(old), g.word(old + 16)]).toEqual([interval, 0]);
      }
    });
  });

  test('setitimer sends SIGALRM', async () => {
    await new World().run(function* (g) {
      let ticks = 0;
      yield* g.sigaction(SIGALRM, function* () {
        ticks++;
        yield* [];
      });
      yield* g.sys('setitimer', 0, g.words(0, 2000, 0, 2000), 0);
      while (ticks < 3) yield* g.sys('rt_sigsuspend', g.words(0), 8);
      yield* g.sys('setitimer', 0, g.words(0, 0, 0, 0), 0);
    });
  });

  test('sigaltstack: the handler runs there, and the stack cannot be changed while it is in use', async () => {
    await new World().run(function* (g) {
      const stack = g.alloc(16384);
      expect(yield* g.sys('sigaltstack', g.words(stack, 0, 16384), 0)).toBe(0);
      const results: number[] = [];
      yield* g.sigaction(
        SIGUSR1,
        function* (h) {
          const sp = h.cpu.r[2 * 2] as number;
          results.push(sp >= stack && sp < stack + 16384 ? 1 : 0);
          results.push(yield* h.sys('sigaltstack', h.words(stack, 0, 8192), 0));
        },
        0x0800_0000,
      );
      yield* g.sys('kill', 100, SIGUSR1);
      expect(results).toEqual([1, -EPERM]);
    });
  });

  test('bad pointers are EFAULT', async () => {
    await new World().run(function* (g) {
      expect(yield* g.sys('rt_sigaction', SIGUSR1, 8, 0, 8)).toBe(-EFAULT);
      expect(yield* g.sys('rt_sigprocmask', SIG_BLOCK, 2 ** 40, 0, 8)).toBe(-EFAULT);
      expect(yield* g.sys('sigaltstack', 8, 0)).toBe(-EFAULT);
    });
  });

  test('nested abort handler: SIGABRT can be caught once', async () => {
    const status = await new World().run(function* (g) {
      let caught = 0;
      yield* g.sigaction(
        SIGABRT,
        function* () {
          caught++;
          yield* [];
        },
        0x8000_0000,
      );
      yield* g.sys('tgkill', 100, 100, SIGABRT);
      expect(caught).toBe(1);
      yield* g.sys('tgkill', 100, 100, SIGABRT);
    });
    expect(status).toEqual({ signal: SIGABRT, core: false });
  });
});
