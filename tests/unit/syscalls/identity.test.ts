import { describe, expect, test } from '@jest/globals';
import { EBADF, EINVAL, EPERM, ESRCH } from '../../../src/abi/errno.js';
import { AT_FDCWD, O_PATH, O_RDONLY } from '../../../src/abi/fcntl.js';
import { SIGCHLD, SIGUSR1 } from '../../../src/abi/signals.js';
import { type Script, World } from '../kernel/guest.js';
import { bytesAt, call, readText } from './fs-script.js';

const run = (script: Script): Promise<unknown> => new World().run(script);

describe('capabilities', () => {
  const PR_CAP_AMBIENT = 47;

  test.each([
    ['IS_SET', [1, 10, 0, 0], 0],
    ['RAISE', [2, 10, 0, 0], -EPERM],
    ['LOWER', [3, 10, 0, 0], 0],
    ['CLEAR_ALL', [4, 0, 0, 0], 0],
    ['CLEAR_ALL of one', [4, 1, 0, 0], -EINVAL],
    ['no such operation', [5, 0, 0, 0], -EINVAL],
    ['no such capability', [1, 64, 0, 0], -EINVAL],
    ['superfluous argument', [3, 10, 1, 0], -EINVAL],
  ])('the ambient set is empty and stays so: %s', async (_name, args, expected) => {
    await run(function* (g) {
      expect(yield* g.sys('prctl', PR_CAP_AMBIENT, ...args)).toBe(expected);
    });
  });

  test('PR_SET_KEEPCAPS is remembered by the thread, inherited, and gone with execve', async () => {
    const [GET, SET] = [7, 8];
    const world = new World();
    const seen: number[] = [];
    world.programs.set('next', function* (g) {
      seen.push(yield* g.sys('prctl', GET));
    });
    await world.run(function* (g) {
      expect(yield* g.sys('prctl', GET)).toBe(0);
      expect(yield* g.sys('prctl', SET, 2)).toBe(-EINVAL);
      expect(yield* g.sys('prctl', SET, 1)).toBe(0);
      const child: Script = function* (c) {
        seen.push(yield* c.sys('prctl', GET));
        yield* c.sys('prctl', SET, 0);
      };
      const pid = yield* g.clone('clone', child, SIGCHLD);
      yield* g.sys('wait4', pid, 0, 0, 0);
      expect(yield* g.sys('prctl', GET)).toBe(1);
      yield* g.sys('execve', g.text('next'), g.words(g.text('next'), 0), 0);
    });
    expect(seen).toEqual([1, 0]);
  });

  test('capget knows init, which has all of them, and nobody who is not there', async () => {
    await run(function* (g) {
      const header = g.alloc(8);
      const data = g.alloc(24);
      const ask = function* (pid: number): Generator<never, number, number> {
        g.view.setUint32(header, 0x20080522, true);
        g.view.setInt32(header + 4, pid, true);
        return yield* call(g, 'capget', header, data);
      };
      expect(yield* ask(1)).toBe(0);
      expect(g.i32(data + 4)).toBe(-1);
      expect(yield* ask(0)).toBe(0);
      expect(g.i32(data + 4)).toBe(0);
      expect(yield* ask(99)).toBe(-ESRCH);
      expect(yield* ask(-1)).toBe(-EINVAL);
    });
  });
});

describe('pidfd_send_signal', () => {
  test('takes a directory /proc/PID for a pidfd, and no other file', async () => {
    let hits = 0;
    await run(function* (g) {
      yield* g.sigaction(SIGUSR1, function* () {
        hits++;
      });
      const own = yield* call(g, 'openat', AT_FDCWD, '/proc/self', O_RDONLY | 0);
      expect(yield* g.sys('pidfd_send_signal', own, SIGUSR1, 0, 0)).toBe(0);
      const other = yield* call(g, 'openat', AT_FDCWD, '/proc', O_RDONLY | 0);
      expect(yield* g.sys('pidfd_send_signal', other, SIGUSR1, 0, 0)).toBe(-EBADF);
      const pid = yield* g.clone('clone', function* () {}, SIGCHLD);
      const gone = yield* call(g, 'openat', AT_FDCWD, `/proc/${pid}`, O_PATH, 0);
      expect(yield* g.sys('wait4', pid, 0, 0, 0)).toBe(pid);
      expect(yield* g.sys('pidfd_send_signal', gone, 0, 0, 0)).toBe(-ESRCH);
    });
    expect(hits).toBe(1);
  });
});

describe('smaps', () => {
  test('pages that nobody has written since fork are shared', async () => {
    await run(function* (g) {
      const P = 4096;
      const at = yield* g.sys('mmap', 0x2000_0000, 3 * P, 3, 0x22, -1, 0);
      for (let i = 0; i < 3; i++) g.view.setInt32((yield* touch(at + i * P)) + 8, 7, true);
      const field = function* (name: string): Generator<never, string | undefined, number> {
        const fd = yield* call(g, 'openat', AT_FDCWD, '/proc/self/smaps', O_RDONLY, 0);
        const text = String(yield* readText(g, fd, 16384));
        return new RegExp(`^20000000-[^]*?${name}: +(\\d+) kB`, 'm').exec(text)?.[1];
      };
      function* touch(addr: number): Generator<never, number, number> {
        yield* call(g, 'getrandom', addr, 4, 0);
        return addr;
      }
      expect(yield* field('Shared_Dirty')).toBe('0');
      const status = g.alloc(4);
      const child: Script = function* (c) {
        c.view.setInt32(at + P, 1, true);
        const fd = yield* call(c, 'openat', AT_FDCWD, '/proc/self/smaps', O_RDONLY, 0);
        const text = String(yield* readText(c, fd, 16384));
        const block = /^20000000-[^]*?THP/m.exec(text)?.[0] ?? '';
        const ok = /Shared_Dirty: +8 kB/.test(block) && /Private_Dirty: +4 kB/.test(block);
        yield* c.sys('exit_group', ok ? 0 : 1);
      };
      yield* g.clone('clone', child, SIGCHLD);
      yield* g.sys('wait4', -1, status, 0, 0);
      expect(g.i32(status)).toBe(0);
    });
  });
});

test('random numbers and the release come from the kernel that was asked for', async () => {
  const world = new World({ kernel: { release: '5.4.3-test', random: (target) => target.fill(0x5a) } });
  await world.run(function* (g) {
    const at = g.alloc(512);
    expect(yield* call(g, 'getrandom', at, 5, 0)).toBe(5);
    expect(bytesAt(g, at, 6)).toBe('ZZZZZ\0');
    const device = yield* call(g, 'openat', AT_FDCWD, '/dev/urandom', O_RDONLY, 0);
    expect(yield* call(g, 'read', device, at + 16, 2)).toBe(2);
    expect(bytesAt(g, at + 16, 3)).toBe('ZZ\0');
    expect(yield* call(g, 'uname', at)).toBe(0);
    expect(bytesAt(g, at + 130, 10)).toBe('5.4.3-test');
    const file = yield* call(g, 'openat', AT_FDCWD, '/proc/sys/kernel/osrelease', O_RDONLY, 0);
    expect(yield* readText(g, file)).toBe('5.4.3-test\n');
  });
});
