import { describe, expect, test } from '@jest/globals';
import * as E from '../../../src/abi/errno.js';
import * as F from '../../../src/abi/fcntl.js';
import { IOCTLS } from '../../../src/abi/terminal.js';
import { POLLHUP, POLLIN } from '../../../src/kernel/file.js';
import { type Guest, type Script, World } from '../kernel/guest.js';
import { bytesAt, call, readText, writeText } from './fs-script.js';

const run = (script: Script): Promise<unknown> => new World().run(script);
type Calls = Generator<never, number, number>;

/** A master and the path of its unlocked slave. */
function* openPty(g: Guest): Generator<never, { master: number; path: string }, number> {
  const master = yield* call(g, 'openat', F.AT_FDCWD, '/dev/ptmx', F.O_RDWR | F.O_NOCTTY, 0);
  const number = g.alloc(4);
  yield* call(g, 'ioctl', master, IOCTLS.TIOCGPTN, number);
  const path = `/dev/pts/${g.i32(number)}`;
  expect(yield* call(g, 'openat', F.AT_FDCWD, path, F.O_RDWR, 0)).toBe(-E.EIO);
  yield* call(g, 'ioctl', master, IOCTLS.TIOCSPTLCK, g.words(0));
  return { master, path };
}
const slave = (g: Guest, path: string, flags = F.O_RDWR | F.O_NOCTTY): Calls =>
  call(g, 'openat', F.AT_FDCWD, path, flags, 0);

function* polled(g: Guest, fd: number): Calls {
  const at = g.alloc(8);
  g.view.setInt32(at, fd, true);
  g.view.setInt16(at + 4, POLLIN, true);
  yield* call(g, 'ppoll', at, 1, g.words(0, 0), 0, 8);
  return g.view.getInt16(at + 6, true);
}

describe('pseudoterminals', () => {
  test('what is typed at the master is a line on the slave, and echoed', async () => {
    await run(function* (g) {
      const { master, path } = yield* openPty(g);
      const fd = yield* slave(g, path);
      yield* writeText(g, master, 'hello\r');
      expect(yield* readText(g, fd)).toBe('hello\n');
      expect(yield* readText(g, master)).toBe('hello\r\n');
      yield* writeText(g, fd, 'out\n');
      expect(yield* readText(g, master)).toBe('out\r\n');
      const st = g.alloc(128);
      yield* call(g, 'fstat', fd, st);
      expect(g.i32(st + 16) & F.S_IFMT).toBe(F.S_IFCHR);
      const buffer = g.alloc(64);
      const n = yield* call(g, 'readlinkat', F.AT_FDCWD, `/proc/self/fd/${fd}`, buffer, 64);
      expect(bytesAt(g, buffer, n)).toBe(path);
    });
  });

  test('closing the slave ends the master, closing the master ends the slave', async () => {
    await run(function* (g) {
      const first = yield* openPty(g);
      const fd = yield* slave(g, first.path);
      expect(yield* polled(g, first.master)).toBe(0);
      yield* call(g, 'close', fd);
      expect(yield* polled(g, first.master)).toBe(POLLHUP);
      expect(yield* readText(g, first.master)).toBe(-E.EIO);
      const second = yield* openPty(g);
      const other = yield* slave(g, second.path);
      yield* call(g, 'close', second.master);
      expect(yield* readText(g, other)).toBe('');
      expect(yield* writeText(g, other, 'x')).toBe(-E.EIO);
      expect(yield* slave(g, second.path)).toBe(-E.ENOENT);
    });
  });

  test('modes and sizes are kept; a new size signals the foreground', async () => {
    await run(function* (g) {
      const { master, path } = yield* openPty(g);
      const fd = yield* slave(g, path);
      const modes = g.alloc(64);
      expect(yield* call(g, 'ioctl', fd, IOCTLS.TCGETS, modes)).toBe(0);
      expect(g.i32(modes + 12) & 0o12).toBe(0o12); // ICANON | ECHO
      g.view.setInt32(modes + 12, 0, true);
      yield* call(g, 'ioctl', fd, IOCTLS.TCSETS, modes);
      yield* writeText(g, master, 'r');
      expect(yield* readText(g, fd)).toBe('r');
      const size = g.alloc(8);
      g.view.setUint16(size, 50, true);
      g.view.setUint16(size + 2, 132, true);
      yield* call(g, 'ioctl', master, IOCTLS.TIOCSWINSZ, size);
      const seen = g.alloc(8);
      yield* call(g, 'ioctl', fd, IOCTLS.TIOCGWINSZ, seen);
      expect([g.view.getUint16(seen, true), g.view.getUint16(seen + 2, true)]).toEqual([50, 132]);
    });
  });

  test('a session leader gets it as controlling terminal; ^C kills its foreground', async () => {
    await run(function* (g) {
      const { master, path } = yield* openPty(g);
      yield* g.clone(
        'clone',
        function* (child) {
          yield* call(child, 'setsid');
          const fd = yield* slave(child, path, F.O_RDWR);
          const group = child.alloc(4);
          expect(yield* call(child, 'ioctl', fd, IOCTLS.TIOCGPGRP, group)).toBe(0);
          expect(child.i32(group)).toBe(yield* call(child, 'getpid'));
          expect(yield* call(child, 'openat', F.AT_FDCWD, '/dev/tty', F.O_RDWR, 0)).toBeGreaterThan(0);
          yield* writeText(child, fd, 'ready');
          yield* readText(child, fd);
        },
        17,
      );
      expect(yield* readText(g, master)).toBe('ready');
      yield* writeText(g, master, '\x03');
      const status = g.alloc(4);
      yield* call(g, 'wait4', -1, status, 0, 0);
      expect(g.i32(status)).toBe(2);
      expect(yield* readText(g, master)).toBe('^C');
    });
  });

  test('through the master, too, it becomes controlling terminal', async () => {
    await run(function* (g) {
      const { master } = yield* openPty(g);
      const done = yield* g.clone(
        'clone',
        function* (child) {
          const group = child.words(0);
          expect(yield* call(child, 'ioctl', master, IOCTLS.TIOCSPGRP, group)).toBe(-E.ENOTTY);
          const pid = yield* call(child, 'setsid');
          expect(yield* call(child, 'ioctl', master, IOCTLS.TIOCSCTTY, 0)).toBe(0);
          child.view.setInt32(group, pid, true);
          expect(yield* call(child, 'ioctl', master, IOCTLS.TIOCSPGRP, group)).toBe(0);
          expect(yield* call(child, 'openat', F.AT_FDCWD, '/dev/tty', F.O_RDWR, 0)).toBeGreaterThan(0);
        },
        17,
      );
      expect(yield* call(g, 'wait4', -1, 0, 0, 0)).toBe(done);
    });
  });

  test('a read with VTIME gives up', async () => {
    await run(function* (g) {
      const { path } = yield* openPty(g);
      const fd = yield* slave(g, path);
      const modes = g.alloc(64);
      yield* call(g, 'ioctl', fd, IOCTLS.TCGETS, modes);
      g.view.setInt32(modes + 12, 0, true);
      g.view.setUint8(modes + 17 + 5, 1); // VTIME: a tenth of a second
      g.view.setUint8(modes + 17 + 6, 0); // VMIN
      yield* call(g, 'ioctl', fd, IOCTLS.TCSETS, modes);
      expect(yield* readText(g, fd)).toBe('');
    });
  });
});
