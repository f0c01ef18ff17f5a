import { describe, expect, test } from '@jest/globals';
import { readFileSync, statSync } from 'node:fs';
import * as E from '../../../src/abi/errno.js';
import * as F from '../../../src/abi/fcntl.js';
import { type Script, World } from '../kernel/guest.js';
import { scratch } from '../kernel/vfs-temp.js';
import { call, readText, writeText } from './fs-script.js';

const { O_DIRECTORY, O_NOFOLLOW, O_TMPFILE } = F.GENERIC_FCNTL;
const dir = scratch({
  file: 'hello',
  sub: null,
  'sub/inner': 'x',
  link: '->file',
  dangling: '->missing',
  loop: '->loop',
});
const run = (script: Script): Promise<unknown> => new World().run(script);
const at = (name: string): string => `${dir.path}/${name}`;
const CWD = F.AT_FDCWD;

describe('openat', () => {
  test('errors as in open(2)', async () => {
    await run(function* (g) {
      const open = (name: string, flags: number): Generator<never, number, number> =>
        call(g, 'openat', CWD, at(name), flags, 0o644);
      expect(yield* open('missing', F.O_RDONLY)).toBe(-E.ENOENT);
      expect(yield* open('file/x', F.O_RDONLY)).toBe(-E.ENOTDIR);
      expect(yield* open('file', O_DIRECTORY)).toBe(-E.ENOTDIR);
      expect(yield* open('sub', F.O_WRONLY)).toBe(-E.EISDIR);
      expect(yield* open('sub', F.O_CREAT)).toBe(-E.EISDIR);
      expect(yield* open('new/', F.O_CREAT | F.O_WRONLY)).toBe(-E.EISDIR);
      expect(yield* open('file', F.O_CREAT | F.O_EXCL)).toBe(-E.EEXIST);
      expect(yield* open('link', F.O_CREAT | F.O_EXCL)).toBe(-E.EEXIST);
      expect(yield* open('dangling', F.O_CREAT | F.O_EXCL)).toBe(-E.EEXIST);
      expect(yield* open('link', O_NOFOLLOW)).toBe(-E.ELOOP);
      expect(yield* open('loop', F.O_RDONLY)).toBe(-E.ELOOP);
      expect(yield* open('', F.O_RDONLY)).toBe(0); // the scratch directory itself, by its trailing slash
      expect(yield* call(g, 'openat', CWD, '', 0, 0)).toBe(-E.ENOENT);
      expect(yield* call(g, 'openat', 77, 'x', 0, 0)).toBe(-E.EBADF);
      expect(yield* call(g, 'openat', CWD, 1, 0, 0)).toBe(-E.EFAULT);
    });
  });

  test('creates with the guest umask, truncates, and writes through a dangling link', async () => {
    const old = process.umask(0);
    try {
      await run(function* (g) {
        yield* call(g, 'umask', 0o027);
        const fd = yield* call(g, 'openat', CWD, at('made'), F.O_CREAT | F.O_WRONLY, 0o666);
        yield* writeText(g, fd, 'one');
        yield* call(g, 'close', fd);
        expect(statSync(at('made')).mode & 0o777).toBe(0o640);
        const again = yield* call(g, 'openat', CWD, at('made'), F.O_TRUNC | F.O_RDWR, 0);
        expect(yield* readText(g, again)).toBe('');
        const through = yield* call(g, 'openat', CWD, at('dangling'), F.O_CREAT | F.O_WRONLY, 0o600);
        yield* writeText(g, through, 'via link');
        expect(readFileSync(at('missing'), 'latin1')).toBe('via link');
      });
    } finally {
      process.umask(old);
    }
  });

  test('relative to a directory descriptor, even after the directory was renamed', async () => {
    await run(function* (g) {
      const fd = yield* call(g, 'openat', CWD, at('sub'), O_DIRECTORY, 0);
      const inner = yield* call(g, 'openat', fd, 'inner', 0, 0);
      expect(yield* readText(g, inner)).toBe('x');
      yield* call(g, 'renameat2', CWD, at('sub'), CWD, at('renamed'), 0);
      const moved = yield* call(g, 'openat', fd, 'inner', 0, 0);
      expect(yield* readText(g, moved)).toBe('x');
      expect(yield* call(g, 'openat', fd, '../file', 0, 0)).toBeGreaterThan(0);
      expect(yield* call(g, 'openat', inner, 'x', 0, 0)).toBe(-E.ENOTDIR);
      yield* call(g, 'renameat2', CWD, at('renamed'), CWD, at('sub'), 0);
    });
  });

  test('O_PATH gives a place only; O_TMPFILE a file without a name that linkat can name', async () => {
    await run(function* (g) {
      const path = yield* call(g, 'openat', CWD, at('link'), F.O_PATH | O_NOFOLLOW, 0);
      const buffer = g.alloc(256);
      expect(yield* call(g, 'read', path, buffer, 1)).toBe(-E.EBADF);
      expect(yield* call(g, 'fchmod', path, 0o600)).toBe(-E.EBADF);
      expect(yield* call(g, 'readlinkat', path, '', buffer, 256)).toBe(4);
      const tmp = yield* call(g, 'openat', CWD, dir.path, O_TMPFILE | F.O_RDWR, 0o600);
      yield* writeText(g, tmp, 'nameless');
      expect(
        yield* call(g, 'linkat', CWD, `/proc/self/fd/${tmp}`, CWD, at('named'), F.AT_SYMLINK_FOLLOW),
      ).toBe(0);
      expect(readFileSync(at('named'), 'latin1')).toBe('nameless');
    });
  });

  test('openat2 checks its struct and confines', async () => {
    await run(function* (g) {
      const open2 = (
        path: string,
        flags: number,
        resolve: number,
        size = 24,
      ): Generator<never, number, number> =>
        call(g, 'openat2', CWD, path, g.words(flags, 0, resolve, 0), size);
      expect(yield* open2(at('file'), 0, 0)).toBe(0);
      expect(yield* open2(at('link'), 0, 0x04)).toBe(-E.ELOOP);
      expect(yield* open2(at('file'), 0, 0x08)).toBe(-E.EXDEV);
      expect(yield* open2(at('file'), 0, 0x80)).toBe(-E.EINVAL);
      expect(yield* open2(at('file'), 0, 0, 16)).toBe(-E.EINVAL);
      expect(yield* open2(at('file'), 0, 0, 32)).toBe(1);
      expect(yield* call(g, 'openat2', CWD, at('file'), g.words(0, 0o644, 0), 24)).toBe(-E.EINVAL);
    });
  });
});

describe('descriptors', () => {
  test('dup shares the position; the lowest free number is taken', async () => {
    await run(function* (g) {
      const fd = yield* call(g, 'openat', CWD, at('file'), 0, 0);
      const copy = yield* call(g, 'dup', fd);
      expect([fd, copy]).toEqual([0, 1]);
      expect(yield* readText(g, fd, 2)).toBe('he');
      expect(yield* readText(g, copy, 9)).toBe('llo');
      expect(yield* call(g, 'dup3', fd, 10, F.O_CLOEXEC)).toBe(10);
      expect(yield* call(g, 'dup3', fd, fd, 0)).toBe(-E.EINVAL);
      expect(yield* call(g, 'fcntl', 10, F.F_GETFD, 0)).toBe(F.FD_CLOEXEC);
      expect(yield* call(g, 'fcntl', fd, F.F_DUPFD, 5)).toBe(5);
      expect(yield* call(g, 'fcntl', fd, F.F_DUPFD, 5000)).toBe(-E.EINVAL);
      expect(yield* call(g, 'close_range', 5, 20, 0)).toBe(0);
      expect(yield* call(g, 'close', 10)).toBe(-E.EBADF);
      expect(yield* call(g, 'close', fd)).toBe(0);
      expect(yield* call(g, 'dup', copy)).toBe(0);
    });
  });

  test('F_GETFL tells what was opened, F_SETFL switches O_APPEND for real', async () => {
    await run(function* (g) {
      const fd = yield* call(g, 'openat', CWD, at('flags'), F.O_CREAT | F.O_RDWR | F.O_EXCL, 0o600);
      const large = F.GENERIC_FCNTL.O_LARGEFILE;
      expect(yield* call(g, 'fcntl', fd, F.F_GETFL, 0)).toBe(F.O_RDWR | large);
      yield* writeText(g, fd, 'abc');
      yield* call(g, 'fcntl', fd, F.F_SETFL, F.O_APPEND);
      yield* call(g, 'lseek', fd, 0, 0);
      yield* writeText(g, fd, 'def');
      expect(yield* call(g, 'lseek', fd, 0, 1)).toBe(6);
      yield* call(g, 'fcntl', fd, F.F_SETFL, 0);
      expect(yield* call(g, 'pwrite64', fd, 'X', 1, 0)).toBe(1);
      expect(readFileSync(at('flags'), 'latin1')).toBe('Xbcdef');
    });
  });

  test('/proc/self/fd reopens the file itself', async () => {
    await run(function* (g) {
      const fd = yield* call(g, 'openat', CWD, at('gone'), F.O_CREAT | F.O_RDWR, 0o600);
      yield* writeText(g, fd, 'still here');
      yield* call(g, 'unlinkat', CWD, at('gone'), 0);
      const again = yield* call(g, 'openat', CWD, `/proc/self/fd/${fd}`, 0, 0);
      expect(yield* readText(g, again)).toBe('still here');
      const buffer = g.alloc(256);
      const n = yield* call(g, 'readlinkat', CWD, `/proc/self/fd/${fd}`, buffer, 256);
      expect(n).toBe(at('gone (deleted)').length);
    });
  });
});
