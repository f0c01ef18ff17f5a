import { describe, expect, test } from '@jest/globals';
import { EBADF, EFAULT, EINVAL, ENOENT, EPERM, ESRCH } from '../../../src/abi/errno.js';
import { SIGCHLD, SIGKILL } from '../../../src/abi/signals.js';
import { type Guest, type Script, World } from '../kernel/guest.js';

const run = (script: Script): Promise<unknown> => new World().run(script);

type Calls = Generator<never, number, number>;

/** Starts a child that only waits, and gives its pid. */
function* sleeper(g: Guest): Calls {
  const child: Script = function* (c) {
    for (;;) yield* c.sys('rt_sigsuspend', c.words(0), 8);
  };
  return yield* g.clone('clone', child, SIGCHLD) as Calls;
}

describe('process_vm_readv and process_vm_writev', () => {
  test('carry bytes between two processes, pieces of any size', async () => {
    await run(function* (g) {
      // Fork copies pages that have been touched.
      yield* g.sys('getrandom', g.alloc(8192), 8192, 0);
      const far = g.text('abcdefghijklmnop');
      const pid = yield* sleeper(g);
      // What we change now is not what the child has.
      g.view.setUint8(far, 0x5a);
      const a = g.alloc(16);
      const b = g.alloc(16);
      const local = g.words(a, 3, b, 5);
      const remote = g.words(far + 1, 4, far, 2, far + 8, 100);
      expect(yield* g.sys('process_vm_readv', pid, local, 2, remote, 3, 0)).toBe(8);
      const at = (addr: number): string => String.fromCharCode(...new Uint8Array(g.view.buffer, addr, 5));
      expect(at(a).slice(0, 3)).toBe('bcd');
      expect(at(b)).toBe('eabij');
      expect(yield* g.sys('process_vm_writev', pid, local, 2, g.words(far, 8), 1, 0)).toBe(8);
      expect(yield* g.sys('process_vm_readv', pid, g.words(b, 5), 1, g.words(far, 5), 1, 0)).toBe(5);
      expect(at(b)).toBe('bcdea');
      expect(at(far)).toBe('Zbcde');
    });
  });

  test('what they refuse', async () => {
    await run(function* (g) {
      const pid = yield* sleeper(g);
      const at = g.alloc(32);
      const good = g.words(at, 16);
      const read = (...args: number[]): Calls => g.sys('process_vm_readv', ...args) as Calls;
      expect(yield* read(pid, good, 1, good, 1, 1)).toBe(-EINVAL);
      expect(yield* read(pid, good, 1025, good, 1, 0)).toBe(-EINVAL);
      expect(yield* read(pid, good, 1, good, 1025, 0)).toBe(-EINVAL);
      expect(yield* read(9999, good, 1, good, 1, 0)).toBe(-ESRCH);
      expect(yield* read(9999, good, 0, good, 1, 0)).toBe(0);
      expect(yield* read(pid, good, 1, g.words(16, 16), 1, 0)).toBe(-EFAULT);
      expect(yield* read(pid, good, 1, g.words(at, 8, 16, 8), 2, 0)).toBe(8);
      const child = g.world.kernel.tasks.get(pid);
      if (child !== undefined) child.cred.uid = 7;
      expect(yield* read(pid, good, 1, good, 1, 0)).toBe(-EPERM);
      if (child !== undefined) child.cred.uid = 1000;
      yield* g.sys('kill', pid, SIGKILL);
    });
  });
});

test('kcmp tells whether two tasks share something', async () => {
  await run(function* (g) {
    const [read] = [g.alloc(8)];
    yield* g.sys('pipe2', read, 0);
    const fd = g.i32(read);
    const copy = yield* g.sys('dup', fd);
    const own = yield* g.sys('getpid');
    const pid = yield* sleeper(g);
    expect(yield* g.sys('kcmp', own, own, 0, fd, copy)).toBe(0);
    expect(yield* g.sys('kcmp', own, pid, 0, fd, fd)).toBe(0);
    expect([1, 2]).toContain(yield* g.sys('kcmp', own, own, 0, fd, g.i32(read + 4)));
    const forth = yield* g.sys('kcmp', own, pid, 1, 0, 0);
    expect(yield* g.sys('kcmp', pid, own, 1, 0, 0)).toBe(3 - forth);
    expect(yield* g.sys('kcmp', own, own, 0, fd, 99)).toBe(-EBADF);
    expect(yield* g.sys('kcmp', own, own, 9, 0, 0)).toBe(-EINVAL);
    const epoll = yield* g.sys('epoll_create1', 0);
    yield* g.sys('epoll_ctl', epoll, 1, copy, g.words(1, 0));
    const slot = (efd: number, tfd: number, offset: number): number => g.words(efd + tfd * 2 ** 32, offset);
    expect(yield* g.sys('kcmp', own, own, 7, fd, slot(epoll, copy, 0))).toBe(0);
    expect(yield* g.sys('kcmp', own, own, 7, epoll, slot(epoll, copy, 0))).toBeGreaterThan(0);
    expect(yield* g.sys('kcmp', own, own, 7, fd, slot(epoll, copy, 1))).toBe(-ENOENT);
    expect(yield* g.sys('kcmp', own, own, 7, fd, slot(fd, copy, 0))).toBe(-EINVAL);
    expect(yield* g.sys('kcmp', own, 9999, 1, 0, 0)).toBe(-ESRCH);
  });
});

test('remap_file_pages shows other pages of a shared mapping', async () => {
  await run(function* (g) {
    const P = 4096;
    const at = yield* g.sys('mmap', 0, 3 * P, 3, 0x21, -1, 0);
    for (let i = 0; i < 3; i++) {
      yield* g.sys('getrandom', at + i * P, 4, 0);
      g.view.setInt32(at + i * P, 100 + i, true);
    }
    expect(yield* g.sys('remap_file_pages', at, P, 0, 2, 0)).toBe(0);
    yield* g.sys('madvise', at, 3 * P, 22);
    // Both places show page 2 now; the kernel reads through either.
    const vector = g.words(at, 4);
    const got = g.alloc(4);
    expect(yield* g.sys('process_vm_readv', yield* g.sys('getpid'), g.words(got, 4), 1, vector, 1, 0)).toBe(
      4,
    );
    expect(g.i32(got)).toBe(102);
    expect(yield* g.sys('remap_file_pages', at, P, 1, 2, 0)).toBe(-EINVAL);
    expect(yield* g.sys('remap_file_pages', g.alloc(8), P, 0, 0, 0)).toBe(-EINVAL);
  });
});
