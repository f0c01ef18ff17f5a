import { describe, expect, test } from '@jest/globals';
import { totalmem } from 'node:os';
import { EACCES, EAGAIN, ECHILD, EINVAL, ENOENT, ENOEXEC, EPERM, ESRCH } from '../../../src/abi/errno.js';
import { CLONE_FLAGS, WAIT_FLAGS } from '../../../src/abi/process.js';
import { SIGCHLD, SIGCONT, SIGKILL, SIGSTOP, SIGUSR1, SIG_IGN } from '../../../src/abi/signals.js';
import { CPU_BLOCK_SIZE } from '../../../src/cpu/layout.js';
import type { ExecLoader } from '../../../src/kernel/exec.js';
import { CPU_BLOCKS_END, GUEST_END, GUEST_START } from '../../../src/mmap/layout.js';
import { World, type Script } from './guest.js';

const { CLONE_VM, CLONE_VFORK, CLONE_FILES, CLONE_FS, CLONE_SIGHAND, CLONE_THREAD, CLONE_CHILD_CLEARTID } =
  CLONE_FLAGS;
const { WNOHANG, WUNTRACED, WCONTINUED, WEXITED } = WAIT_FLAGS;
const THREAD = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;
/** Enough of a stack pointer for a scripted thread. */
const STACK = 0x7008_0000;

function run(script: Script): Promise<unknown> {
  return new World().run(script);
}

describe('processes', () => {
  test('the machine has no more memory than a process can have', async () => {
    await run(function* (g) {
      const info = g.alloc(112);
      expect(yield* g.sys('sysinfo', info)).toBe(0);
      const total = g.word(info + 32);
      expect(total).toBe(Math.min(totalmem(), GUEST_END - GUEST_START));
      expect(g.word(info + 40)).toBeLessThan(total);
    });
  });

  test('no more threads than have room for their registers', async () => {
    await run(function* (g) {
      const thread: Script = function* (c) {
        for (;;) yield* c.sys('rt_sigsuspend', c.words(0), 8);
      };
      const { mm } = g.world.kernel.root?.leader as { mm: { hasRoom: boolean; takeBlock(): number } };
      let last = 0;
      while (mm.hasRoom) last = mm.takeBlock();
      expect(last).toBe(CPU_BLOCKS_END - CPU_BLOCK_SIZE);
      expect(yield* g.clone('clone', thread, THREAD, STACK)).toBe(-EAGAIN);
      expect(yield* g.clone('clone', thread, SIGCHLD, STACK)).toBeGreaterThan(0);
      yield* g.sys('exit_group', 0);
    });
  });

  test('fork copies memory; wait4 tells the exit status and reaps', async () => {
    await run(function* (g) {
      const cell = g.alloc(4);
      const pid = yield* g.clone(
        'clone',
        function* (c) {
          c.view.setInt32(cell, 99, true);
          yield* c.sys('exit_group', 3);
        },
        SIGCHLD,
      );
      expect(pid).toBeGreaterThan(100);
      const status = g.alloc(4);
      expect(yield* g.sys('wait4', -1, status, 0, 0)).toBe(pid);
      expect(g.i32(status)).toBe(3 << 8);
      expect(g.i32(cell)).toBe(0);
      expect(yield* g.sys('wait4', -1, status, 0, 0)).toBe(-ECHILD);
      expect(yield* g.sys('kill', pid, 0)).toBe(-ESRCH);
    });
  });

  test('a child killed by a signal says so; WNOHANG does not wait', async () => {
    await run(function* (g) {
      const pid = yield* g.clone(
        'clone',
        function* (c) {
          for (;;) yield* c.sys('rt_sigsuspend', c.words(0), 8);
        },
        SIGCHLD,
      );
      const status = g.alloc(4);
      expect(yield* g.sys('wait4', pid, status, WNOHANG, 0)).toBe(0);
      yield* g.sys('kill', pid, SIGKILL);
      expect(yield* g.sys('wait4', pid, status, 0, 0)).toBe(pid);
      expect(g.i32(status)).toBe(SIGKILL);
    });
  });

  test('vfork: the child runs on our memory while we wait', async () => {
    await run(function* (g) {
      const cell = g.alloc(4);
      const pid = yield* g.clone(
        'clone',
        function* (c) {
          yield* c.sys('nanosleep', c.words(0, 1_000_000), 0);
          c.view.setInt32(cell, 7, true);
          yield* c.sys('exit_group', 0);
        },
        CLONE_VM | CLONE_VFORK | SIGCHLD,
      );
      expect(g.i32(cell)).toBe(7);
      expect(yield* g.sys('wait4', pid, 0, 0, 0)).toBe(pid);
    });
  });

  test('execve replaces the program, keeps the pid, closes O_CLOEXEC and resets handlers', async () => {
    const world = new World();
    const seen: number[] = [];
    world.programs.set('next', function* (g) {
      seen.push(yield* g.sys('getpid'));
      seen.push(yield* g.sys('close', 4));
      seen.push(yield* g.sys('close', 3));
      const old = g.alloc(32);
      yield* g.sys('rt_sigaction', SIGUSR1, 0, old, 8);
      seen.push(g.word(old));
      yield* g.sys('exit_group', 5);
    });
    const status = await world.run(function* (g) {
      const fds = g.alloc(8);
      yield* g.sys('pipe2', fds, 0o2000000);
      expect([g.i32(fds), g.i32(fds + 4)]).toEqual([0, 1]);
      yield* g.sys('pipe2', fds, 0);
      yield* g.sys('pipe2', fds, 0o2000000);
      yield* g.sigaction(SIGUSR1, 0x1234);
      const argv = g.words(g.text('next'), 0);
      expect(yield* g.sys('execve', g.text('missing'), argv, 0)).toBe(-ENOENT);
      expect(yield* g.sys('execveat', 0, g.text(''), argv, 0, 0)).toBe(-ENOENT);
      yield* g.sys('execve', g.text('next'), argv, 0);
    });
    expect(seen).toEqual([100, -9, 0, 0]);
    expect(status).toEqual({ code: 5 });
  });

  test.each([
    ['the subreaper', 1, 100],
    ['init, outside', 0, 1],
  ])('a child whose parent is gone belongs to %s', async (_name, subreaper, father) => {
    await run(function* (g) {
      yield* g.sys('prctl', 36, subreaper, 0, 0, 0);
      const fds = g.alloc(8);
      yield* g.sys('pipe2', fds, 0);
      const child = yield* g.clone(
        'clone',
        function* (c) {
          yield* c.clone(
            'clone',
            function* (grand) {
              yield* grand.sys('nanosleep', grand.words(0, 3_000_000), 0);
              const at = grand.words(yield* grand.sys('getppid'));
              yield* grand.sys('write', g.i32(fds + 4), at, 8);
            },
            SIGCHLD,
          );
          yield* c.sys('exit_group', 0);
        },
        SIGCHLD,
      );
      expect(yield* g.sys('wait4', child, 0, 0, 0)).toBe(child);
      const at = g.alloc(8);
      expect(yield* g.sys('read', g.i32(fds), at, 8)).toBe(8);
      expect(g.word(at)).toBe(father);
      const waited = yield* g.sys('wait4', -1, 0, 0, 0);
      if (subreaper === 1) expect(waited).toBeGreaterThan(100);
      else expect(waited).toBe(-ECHILD);
    });
  });

  test('SIGCHLD ignored: children are reaped by themselves', async () => {
    await run(function* (g) {
      yield* g.sigaction(SIGCHLD, SIG_IGN);
      yield* g.clone(
        'clone',
        function* (c) {
          yield* c.sys('exit_group', 0);
        },
        SIGCHLD,
      );
      expect(yield* g.sys('wait4', -1, 0, 0, 0)).toBe(-ECHILD);
    });
  });

  test('stop and continue are reported when asked for', async () => {
    await run(function* (g) {
      const pid = yield* g.clone(
        'clone',
        function* (c) {
          for (;;) yield* c.sys('rt_sigsuspend', c.words(0), 8);
        },
        SIGCHLD,
      );
      const status = g.alloc(4);
      yield* g.sys('kill', pid, SIGSTOP);
      expect(yield* g.sys('wait4', pid, status, WUNTRACED, 0)).toBe(pid);
      expect(g.i32(status)).toBe((SIGSTOP << 8) | 0x7f);
      yield* g.sys('kill', pid, SIGCONT);
      expect(yield* g.sys('wait4', pid, status, WCONTINUED, 0)).toBe(pid);
      expect(g.i32(status)).toBe(0xffff);
      const pidfd = yield* g.sys('pidfd_open', pid, 0o4000);
      expect(yield* g.sys('waitid', 3, pidfd, 0, WEXITED, 0)).toBe(-EAGAIN);
      yield* g.sys('kill', pid, SIGKILL);
      const info = g.alloc(128);
      expect(yield* g.sys('waitid', 1, pid, info, WEXITED, 0)).toBe(0);
      expect([g.i32(info), g.i32(info + 8), g.i32(info + 16), g.i32(info + 24)]).toEqual([
        17,
        2,
        pid,
        SIGKILL,
      ]);
    });
  });

  test('process groups and sessions', async () => {
    await run(function* (g) {
      expect(yield* g.sys('getpgid', 0)).toBe(100);
      const pid = yield* g.clone(
        'clone',
        function* (c) {
          // Our parent has made us a group leader by now.
          expect(yield* c.sys('setsid')).toBe(-EPERM);
          for (;;) yield* c.sys('rt_sigsuspend', c.words(0), 8);
        },
        SIGCHLD,
      );
      expect(yield* g.sys('setpgid', pid, pid)).toBe(0);
      expect(yield* g.sys('getpgid', pid)).toBe(pid);
      expect(yield* g.sys('setpgid', pid, 12345)).toBe(-EPERM);
      expect(yield* g.sys('setpgid', 99999, 0)).toBe(-ESRCH);
      yield* g.sys('nanosleep', g.words(0, 50_000_000), 0);
      expect(yield* g.sys('getsid', pid)).toBe(1);
      yield* g.sys('kill', -pid, SIGKILL);
      expect(yield* g.sys('wait4', -pid, 0, 0, 0)).toBe(pid);
    });
  });

  test("setpgid after the child has exec'ed is EACCES", async () => {
    const world = new World();
    world.programs.set('sleeper', function* (g) {
      for (;;) yield* g.sys('rt_sigsuspend', g.words(0), 8);
    });
    await world.run(function* (g) {
      const pid = yield* g.clone(
        'clone',
        function* (c) {
          yield* c.sys('execve', c.text('sleeper'), c.words(c.text('sleeper'), 0), 0);
        },
        CLONE_VM | CLONE_VFORK | SIGCHLD,
      );
      expect(yield* g.sys('setpgid', pid, pid)).toBe(-EACCES);
      yield* g.sys('kill', pid, SIGKILL);
    });
  });

  test.each([
    ['is loaded', 1, 0],
    ['cannot be loaded', Infinity, -ENOEXEC],
  ])(
    'execve waits until the emulator is ready for the program, which then %s',
    async (_name, tries, result) => {
      const world = new World();
      const { exec } = world.kernel;
      let left = tries;
      const later: ExecLoader = (task, request) => (left-- > 0 ? Promise.resolve() : exec(task, request));
      Object.assign(world.kernel, { exec: later });
      world.programs.set('next', function* (g) {
        yield* g.sys('exit_group', 42);
      });
      await world.run(function* (g) {
        const [status, failure] = [g.alloc(8), g.alloc(8)];
        yield* g.clone(
          'clone',
          function* (c) {
            c.view.setInt32(
              failure,
              yield* c.sys('execve', c.text('next'), c.words(c.text('next'), 0), 0),
              true,
            );
            yield* c.sys('exit_group', 1);
          },
          CLONE_VM | CLONE_VFORK | SIGCHLD,
        );
        yield* g.sys('wait4', -1, status, 0, 0);
        expect([g.i32(status) >> 8, g.i32(failure)]).toEqual([result === 0 ? 42 : 1, result]);
      });
    },
  );

  test('bad clone flags', async () => {
    await run(function* (g) {
      expect(yield* g.sys('clone', CLONE_THREAD | CLONE_VM, STACK, 0, 0, 0)).toBe(-EINVAL);
      expect(yield* g.sys('clone', CLONE_SIGHAND, STACK, 0, 0, 0)).toBe(-EINVAL);
      expect(yield* g.sys('clone', CLONE_FLAGS.CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0)).toBe(-EPERM);
    });
  });
});

describe('threads', () => {
  test('setsid makes a session and a group', async () => {
    await run(function* (g) {
      yield* g.clone(
        'clone',
        function* (c) {
          const pid = yield* c.sys('getpid');
          expect(yield* c.sys('setsid')).toBe(pid);
          expect(yield* c.sys('getsid', 0)).toBe(pid);
          expect(yield* c.sys('getpgid', 0)).toBe(pid);
        },
        SIGCHLD,
      );
      expect(yield* g.sys('wait4', -1, 0, 0, 0)).toBeGreaterThan(100);
    });
  });

  test('share memory and descriptors; CLEARTID wakes the joiner', async () => {
    await run(function* (g) {
      const cell = g.alloc(8);
      const tidAddr = g.alloc(4);
      const tid = yield* g.clone(
        'clone',
        function* (c) {
          c.view.setInt32(cell, yield* c.sys('gettid'), true);
          c.view.setInt32(cell + 4, yield* c.sys('getpid'), true);
          yield* c.sys('exit', 0);
        },
        THREAD | CLONE_CHILD_CLEARTID,
        STACK,
        0,
        0,
        tidAddr,
      );
      g.view.setInt32(tidAddr, tid, true);
      while (g.i32(tidAddr) !== 0) yield* g.sys('futex', tidAddr, 0, tid, 0, 0, 0);
      expect(g.i32(cell)).toBe(tid);
      expect(g.i32(cell + 4)).toBe(100);
    });
  });

  test('exit_group ends all threads, exit only one', async () => {
    const status = await new World().run(function* (g) {
      yield* g.clone(
        'clone',
        function* (c) {
          yield* c.sys('nanosleep', c.words(0, 1_000_000), 0);
          yield* c.sys('exit_group', 9);
        },
        THREAD,
        STACK,
      );
      // The leader goes; the process lives on in the other thread.
      yield* g.sys('exit', 1);
    });
    expect(status).toEqual({ code: 9 });
  });

  test('execve by another thread than the leader takes over the pid', async () => {
    const world = new World();
    const seen: number[] = [];
    world.programs.set('next', function* (g) {
      seen.push(yield* g.sys('getpid'), yield* g.sys('gettid'));
    });
    await world.run(function* (g) {
      yield* g.clone(
        'clone',
        function* (c) {
          yield* c.sys('execve', c.text('next'), c.words(c.text('next'), 0), 0);
        },
        THREAD,
        STACK,
      );
      for (;;) yield* g.sys('rt_sigsuspend', g.words(0), 8);
    });
    expect(seen).toEqual([100, 100]);
  });

  test('tgkill reaches one thread, masks are per thread', async () => {
    await run(function* (g) {
      const log: number[] = [];
      yield* g.sigaction(SIGUSR1, function* (h) {
        log.push(yield* h.sys('gettid'));
      });
      // Blocked until it waits, so that the signal cannot come too early.
      yield* g.sys('rt_sigprocmask', 0, g.words(2 ** (SIGUSR1 - 1)), 0, 8);
      const done = g.alloc(4);
      const tid = yield* g.clone(
        'clone',
        function* (c) {
          yield* c.sys('rt_sigsuspend', c.words(0), 8);
          c.view.setInt32(done, 1, true);
          yield* c.sys('futex', done, 1, 1, 0, 0, 0);
          yield* c.sys('exit', 0);
        },
        THREAD,
        STACK,
      );
      yield* g.sys('tgkill', 100, tid, SIGUSR1);
      while (g.i32(done) === 0) yield* g.sys('futex', done, 0, 0, 0, 0, 0);
      expect(log).toEqual([tid]);
    });
  });
});

describe('futexes', () => {
  test('who waits for a plain word is not moved to a PI lock, nor the other way round', async () => {
    await run(function* (g) {
      const [word, lock] = [g.words(0), g.words(0)];
      const waits = [
        [word, 0, 0, 0, 0, 0],
        [word, 11, 0, 0, lock, 0],
      ];
      for (const [plain, wait] of waits.entries()) {
        const pid = yield* g.clone(
          'clone',
          function* (c) {
            yield* c.sys('futex', ...wait);
          },
          SIGCHLD | 0x100,
        );
        yield* g.sys('sched_yield');
        yield* g.sys('nanosleep', g.words(0, 50_000_000), 0);
        // FUTEX_CMP_REQUEUE_PI, FUTEX_CMP_REQUEUE
        const args = plain === 0 ? [word, 12, 1, 1, lock, 0] : [word, 4, 1, 1, lock, 0];
        expect(yield* g.sys('futex', ...args)).toBe(-EINVAL);
        yield* g.sys('kill', pid, SIGKILL);
        yield* g.sys('wait4', pid, 0, 0, 0);
      }
    });
  });

  test('wait checks the value, times out, and is woken', async () => {
    await run(function* (g) {
      const word = g.alloc(4);
      expect(yield* g.sys('futex', word, 0, 1, 0, 0, 0)).toBe(-11);
      expect(yield* g.sys('futex', word, 0, 0, g.words(0, 1_000_000), 0, 0)).toBe(-110);
      expect(yield* g.sys('futex', 8, 0, 0, 0, 0, 0)).toBe(-14);
      expect(yield* g.sys('futex', word + 1, 0, 0, 0, 0, 0)).toBe(-22);
      expect(yield* g.sys('futex', word, 1, 1, 0, 0, 0)).toBe(0);
    });
  });

  test('requeue moves waiters; bitsets select them', async () => {
    await run(function* (g) {
      const [a, b, count] = [g.alloc(16), g.alloc(16), g.alloc(16)];
      const waiter = (mask: number): Script =>
        function* (c) {
          // FUTEX_WAIT_BITSET
          yield* c.sys('futex', a, 9, 0, 0, 0, mask);
          c.view.setInt32(count, c.i32(count) + mask, true);
          yield* c.sys('exit', 0);
        };
      for (const mask of [1, 2, 4]) yield* g.clone('clone', waiter(mask), THREAD, STACK);
      yield* g.sys('nanosleep', g.words(0, 50_000_000), 0);
      expect(yield* g.sys('futex', a, 10, 10, 0, 0, 2)).toBe(1);
      // FUTEX_CMP_REQUEUE: wake none, move all.
      expect(yield* g.sys('futex', a, 4, 0, 10, b, 1)).toBe(-11);
      expect(yield* g.sys('futex', a, 4, 0, 10, b, 0)).toBe(2);
      expect(yield* g.sys('futex', a, 1, 10, 0, 0, 0)).toBe(0);
      expect(yield* g.sys('futex', b, 1, 10, 0, 0, 0)).toBe(2);
      yield* g.sys('nanosleep', g.words(0, 50_000_000), 0);
      expect(g.i32(count)).toBe(7);
    });
  });

  test('a PI lock goes from hand to hand', async () => {
    await run(function* (g) {
      const [lock, order] = [g.alloc(16), g.alloc(16)];
      expect(yield* g.sys('futex', lock, 6, 0, 0, 0, 0)).toBe(0);
      expect(g.i32(lock)).toBe(100);
      expect(yield* g.sys('futex', lock, 6, 0, 0, 0, 0)).toBe(-35);
      const tid = yield* g.clone(
        'clone',
        function* (c) {
          expect(yield* c.sys('futex', lock, 8, 0, 0, 0, 0)).toBe(-11);
          expect(yield* c.sys('futex', lock, 6, 0, 0, 0, 0)).toBe(0);
          c.view.setInt32(order, c.i32(lock) & 0x3fff_ffff, true);
          yield* c.sys('futex', lock, 7, 0, 0, 0, 0);
          yield* c.sys('exit', 0);
        },
        THREAD,
        STACK,
      );
      yield* g.sys('nanosleep', g.words(0, 50_000_000), 0);
      expect(g.i32(order)).toBe(0);
      expect(g.i32(lock)).toBe(100 | (0x8000_0000 | 0));
      yield* g.sys('futex', lock, 7, 0, 0, 0, 0);
      yield* g.sys('nanosleep', g.words(0, 50_000_000), 0);
      expect(g.i32(order)).toBe(tid);
      expect(g.i32(lock)).toBe(0);
    });
  });

  test('a robust mutex of a dead thread is marked and its waiter woken', async () => {
    await run(function* (g) {
      // robust_list_head {next, offset, pending}; one entry whose lock lies 8 bytes behind it.
      const head = g.alloc(32);
      const entry = g.alloc(32);
      const lock = entry + 8;
      g.view.setBigInt64(head, BigInt(entry), true);
      g.view.setBigInt64(head + 8, 8n, true);
      g.view.setBigInt64(entry, BigInt(head), true);
      const tid = yield* g.clone(
        'clone',
        function* (c) {
          yield* c.sys('set_robust_list', head, 24);
          c.view.setInt32(lock, (yield* c.sys('gettid')) | 0x8000_0000, true);
          yield* c.sys('nanosleep', c.words(0, 2_000_000), 0);
          yield* c.sys('exit', 0);
        },
        THREAD,
        STACK,
      );
      while (g.i32(lock) === 0) yield* g.sys('sched_yield');
      expect(yield* g.sys('futex', lock, 0, tid | 0x8000_0000, 0, 0, 0)).toBe(0);
      expect(g.i32(lock)).toBe(0xc000_0000 | 0);
    });
  });
});
