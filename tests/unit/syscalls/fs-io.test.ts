import { describe, expect, test } from '@jest/globals';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import * as E from '../../../src/abi/errno.js';
import { MAP_PRIVATE, MAP_SHARED } from '../../../src/mmap/flags.js';
import * as F from '../../../src/abi/fcntl.js';
import { type Guest, type Script, World } from '../kernel/guest.js';
import { scratch } from '../kernel/vfs-temp.js';
import { bytesAt, call, readText, writeText } from './fs-script.js';

const dir = scratch({ file: '0123456789', sub: null });
const run = (script: Script): Promise<unknown> => new World().run(script);
const at = (name: string): string => `${dir.path}/${name}`;
const CWD = F.AT_FDCWD;
type Calls = Generator<never, number, number>;
const create = (g: Guest, name: string, flags = F.O_RDWR): Calls =>
  call(g, 'openat', CWD, at(name), F.O_CREAT | flags, 0o644);

describe('read and write', () => {
  test('positions, positioned calls and seeking', async () => {
    await run(function* (g) {
      const fd = yield* call(g, 'openat', CWD, at('file'), F.O_RDWR, 0);
      expect(yield* readText(g, fd, 4)).toBe('0123');
      const buffer = g.alloc(16);
      expect(yield* call(g, 'pread64', fd, buffer, 4, 8)).toBe(2);
      expect(bytesAt(g, buffer, 2)).toBe('89');
      expect(yield* call(g, 'pread64', fd, buffer, 4, -1)).toBe(-E.EINVAL);
      expect(yield* call(g, 'lseek', fd, 0, F.SEEK_CUR)).toBe(4);
      expect(yield* call(g, 'lseek', fd, -2, F.SEEK_END)).toBe(8);
      expect(yield* call(g, 'lseek', fd, -20, F.SEEK_CUR)).toBe(-E.EINVAL);
      expect(yield* call(g, 'lseek', fd, 0, 9)).toBe(-E.EINVAL);
      expect(yield* call(g, 'lseek', fd, 3, F.SEEK_DATA)).toBe(3);
      expect(yield* call(g, 'lseek', fd, 3, F.SEEK_HOLE)).toBe(10);
      expect(yield* call(g, 'lseek', fd, 10, F.SEEK_DATA)).toBe(-E.ENXIO);
      expect(yield* call(g, 'lseek', fd, 12, F.SEEK_SET)).toBe(12);
      expect(yield* readText(g, fd)).toBe('');
      yield* writeText(g, fd, '!');
      expect(readFileSync(at('file'), 'latin1')).toBe('0123456789\0\0!');
    });
  });

  test('rights, directories and bad memory', async () => {
    await run(function* (g) {
      const reading = yield* call(g, 'openat', CWD, at('file'), F.O_RDONLY, 0);
      const writing = yield* create(g, 'w', F.O_WRONLY);
      const directory = yield* call(g, 'openat', CWD, at('sub'), 0, 0);
      const buffer = g.alloc(16);
      expect(yield* writeText(g, reading, 'x')).toBe(-E.EBADF);
      expect(yield* readText(g, writing)).toBe(-E.EBADF);
      expect(yield* readText(g, directory)).toBe(-E.EISDIR);
      expect(yield* call(g, 'read', reading, 0x1000, 4)).toBe(-E.EFAULT);
      expect(yield* call(g, 'write', writing, 0x1000, 4)).toBe(-E.EFAULT);
      expect(yield* call(g, 'read', 50, buffer, 4)).toBe(-E.EBADF);
      expect(yield* call(g, 'ftruncate', reading, 4)).toBe(-E.EINVAL);
      expect(yield* call(g, 'ftruncate', writing, -4)).toBe(-E.EINVAL);
      expect(yield* call(g, 'truncate', at('sub'), 4)).toBe(-E.EISDIR);
    });
  });

  test('vectors: gathered and scattered in order, O_APPEND at the end', async () => {
    await run(function* (g) {
      const fd = yield* create(g, 'vec', F.O_RDWR | F.O_APPEND);
      const vec = g.words(g.text('abc'), 3, g.text('-'), 1, g.text('defg'), 4);
      expect(yield* call(g, 'writev', fd, vec, 3)).toBe(8);
      expect(yield* call(g, 'pwritev', fd, vec, 1, 0, 0)).toBe(3);
      expect(readFileSync(at('vec'), 'latin1')).toBe('abc-defgabc');
      const [one, two] = [g.alloc(8), g.alloc(8)];
      expect(yield* call(g, 'preadv', fd, g.words(one, 2, two, 5), 2, 1, 0)).toBe(7);
      expect(bytesAt(g, one, 2) + bytesAt(g, two, 5)).toBe('bc-defg');
      expect(yield* call(g, 'readv', fd, vec, 2000)).toBe(-E.EINVAL);
      expect(yield* call(g, 'readv', fd, g.words(one, -1), 1)).toBe(-E.EINVAL);
      expect(yield* call(g, 'preadv2', fd, g.words(one, 2), 1, 0, 0, 0x1000)).toBe(-E.EOPNOTSUPP);
    });
  });

  test('RLIMIT_FSIZE cuts a write, then refuses with SIGXFSZ', async () => {
    const world = new World();
    const status = await world.run(function* (g) {
      yield* call(g, 'rt_sigaction', 25, g.words(1, 0, 0), 0, 8); // SIG_IGN
      yield* call(g, 'prlimit64', 0, 1, g.words(4, 4), 0);
      const fd = yield* create(g, 'limited');
      expect(yield* writeText(g, fd, 'abcdef')).toBe(4);
      expect(yield* writeText(g, fd, 'x')).toBe(-E.EFBIG);
      expect(yield* call(g, 'ftruncate', fd, 5)).toBe(-E.EFBIG);
    });
    expect(status).toEqual({ code: 0 });
    expect(statSync(at('limited')).size).toBe(4);
  });

  test('fallocate grows, punches and zeroes', async () => {
    await run(function* (g) {
      const fd = yield* create(g, 'space');
      yield* writeText(g, fd, 'abcdefgh');
      expect(yield* call(g, 'fallocate', fd, 0, 0, 100)).toBe(0);
      expect(statSync(at('space')).size).toBe(100);
      expect(yield* call(g, 'fallocate', fd, 3, 2, 3)).toBe(0);
      expect(readFileSync(at('space'), 'latin1').slice(0, 8)).toBe('ab\0\0\0fgh');
      expect(yield* call(g, 'fallocate', fd, 8, 0, 4096)).toBe(-E.EOPNOTSUPP);
      expect(yield* call(g, 'fallocate', fd, 0, 0, 0)).toBe(-E.EINVAL);
    });
  });
});

describe('copies', () => {
  test('copy_file_range and sendfile move offsets as told', async () => {
    writeFileSync(at('source'), 'abcdefghij');
    await run(function* (g) {
      const from = yield* call(g, 'openat', CWD, at('source'), F.O_RDONLY, 0);
      const to = yield* create(g, 'target');
      const off = g.words(2);
      expect(yield* call(g, 'copy_file_range', from, off, to, 0, 3, 0)).toBe(3);
      expect(g.word(off)).toBe(5);
      expect(yield* call(g, 'copy_file_range', from, 0, to, 0, 100, 0)).toBe(10);
      expect(yield* call(g, 'copy_file_range', from, 0, to, 0, 100, 0)).toBe(0);
      expect(readFileSync(at('target'), 'latin1')).toBe('cdeabcdefghij');
      expect(yield* call(g, 'sendfile', to, from, off, 2)).toBe(2);
      expect(g.word(off)).toBe(7);
      expect(readFileSync(at('target'), 'latin1')).toBe('cdeabcdefghijfg');
      const both = yield* create(g, 'target');
      expect(yield* call(g, 'copy_file_range', both, g.words(0), both, g.words(2), 5, 0)).toBe(-E.EINVAL);
    });
  });

  test('sendfile into a full pipe waits for its reader', async () => {
    writeFileSync(at('big'), Buffer.alloc(200_000, 'z'));
    let received = 0;
    await run(function* (g) {
      const fds = g.alloc(8);
      yield* call(g, 'pipe2', fds, 0);
      const [reader, writer] = [g.i32(fds), g.i32(fds + 4)];
      yield* g.clone(
        'clone',
        function* (child) {
          yield* call(child, 'close', reader);
          const from = yield* call(child, 'openat', CWD, at('big'), 0, 0);
          expect(yield* call(child, 'sendfile', writer, from, 0, 300_000)).toBe(200_000);
        },
        17,
      );
      yield* call(g, 'close', writer);
      const buffer = g.alloc(65536);
      for (;;) {
        const n = yield* call(g, 'read', reader, buffer, 65536);
        if (n <= 0) break;
        received += n;
      }
    });
    expect(received).toBe(200_000);
  });
});

describe('FIFOs', () => {
  test('opening waits for the other end; end of file when the writer has gone', async () => {
    let got: string | number = '';
    await run(function* (g) {
      expect(yield* call(g, 'mknodat', CWD, at('fifo'), F.S_IFIFO | 0o600, 0)).toBe(0);
      expect(yield* call(g, 'openat', CWD, at('fifo'), F.O_WRONLY | F.O_NONBLOCK, 0)).toBe(-E.ENXIO);
      yield* g.clone(
        'clone',
        function* (child) {
          const writer = yield* call(child, 'openat', CWD, at('fifo'), F.O_WRONLY, 0);
          yield* writeText(child, writer, 'through');
        },
        17,
      );
      const reader = yield* call(g, 'openat', CWD, at('fifo'), F.O_RDONLY, 0);
      got = yield* readText(g, reader);
      expect(yield* readText(g, reader)).toBe('');
    });
    expect(got).toBe('through');
  });

  test('made relative to a directory descriptor', async () => {
    await run(function* (g) {
      const fd = yield* call(g, 'openat', CWD, at('sub'), 0, 0);
      expect(yield* call(g, 'mknodat', fd, 'inner', F.S_IFIFO | 0o640, 0)).toBe(0);
      expect(statSync(at('sub/inner')).isFIFO()).toBe(true);
    });
  });

  test('a program of the host may be the peer', async () => {
    const world = new World();
    const { spawn } = await import('node:child_process');
    await world.run(function* (g) {
      yield* call(g, 'mknodat', CWD, at('outside'), F.S_IFIFO | 0o600, 0);
      spawn('sh', ['-c', `sleep 0.2; echo from outside > '${at('outside')}'`], { stdio: 'ignore' });
      const reader = yield* call(g, 'openat', CWD, at('outside'), F.O_RDONLY, 0);
      expect(yield* readText(g, reader)).toBe('from outside\n');
    });
  }, 20_000);
});

describe('memfd', () => {
  test('content, seals and reopening', async () => {
    await run(function* (g) {
      const fd = yield* call(g, 'memfd_create', 'name', 2);
      yield* writeText(g, fd, 'content');
      const again = yield* call(g, 'openat', CWD, `/proc/self/fd/${fd}`, F.O_RDWR, 0);
      expect(yield* readText(g, again)).toBe('content');
      expect(yield* call(g, 'fcntl', fd, F.F_ADD_SEALS, 6)).toBe(0);
      expect(yield* call(g, 'ftruncate', fd, 3)).toBe(-E.EPERM);
      expect(yield* writeText(g, fd, 'more')).toBe(-E.EPERM);
      expect(yield* call(g, 'pwrite64', fd, 'C', 1, 0)).toBe(1);
      expect(yield* call(g, 'fcntl', fd, F.F_GET_SEALS, 0)).toBe(6);
      const sealed = yield* call(g, 'memfd_create', 'other', 0);
      expect(yield* call(g, 'fcntl', sealed, F.F_ADD_SEALS, 8)).toBe(-E.EPERM);
      expect(yield* call(g, 'memfd_create', 'x'.repeat(250), 0)).toBe(-E.EINVAL);
    });
  });

  test('opened anew with O_TRUNC it is empty, unless it may not shrink', async () => {
    await run(function* (g) {
      const fd = yield* call(g, 'memfd_create', 'name', 2);
      yield* writeText(g, fd, 'content');
      const path = `/proc/self/fd/${fd}`;
      expect(yield* call(g, 'openat', CWD, path, F.O_RDWR | F.O_TRUNC, 0)).toBeGreaterThan(fd);
      expect(yield* call(g, 'lseek', fd, 0, 2)).toBe(0);
      yield* call(g, 'pwrite64', fd, 'C', 1, 0);
      expect(yield* call(g, 'fcntl', fd, F.F_ADD_SEALS, 2)).toBe(0);
      expect(yield* call(g, 'openat', CWD, path, F.O_RDWR | F.O_TRUNC, 0)).toBe(-E.EPERM);
      expect(yield* call(g, 'lseek', fd, 0, 2)).toBe(1);
    });
  });

  test('it is sealed against writing while nobody has it in memory to write to', async () => {
    await run(function* (g) {
      const fd = yield* call(g, 'memfd_create', 'name', 2);
      yield* call(g, 'ftruncate', fd, 4096);
      const shared = yield* call(g, 'mmap', 0, 4096, 3, MAP_SHARED, fd, 0);
      expect(yield* call(g, 'fcntl', fd, F.F_ADD_SEALS, 8)).toBe(-E.EBUSY);
      yield* call(g, 'munmap', shared, 4096);
      expect(yield* call(g, 'mmap', 0, 4096, 3, MAP_PRIVATE, fd, 0)).toBeGreaterThan(0);
      expect(yield* call(g, 'fcntl', fd, F.F_ADD_SEALS, 8)).toBe(0);
    });
  });
});
