import { describe, expect, test } from '@jest/globals';
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { RISCV32 } from '../../../src/abi/abi.js';
import * as E from '../../../src/abi/errno.js';
import * as F from '../../../src/abi/fcntl.js';
import { foldInode, genericFlags, guestFlags } from '../../../src/syscalls/files.js';
import { AARCH64, RISCV64 } from '../../../src/abi/abi.js';
import { type Guest, type Script, World } from '../kernel/guest.js';
import { scratch } from '../kernel/vfs-temp.js';
import { bytesAt, call, entries, writeText } from './fs-script.js';

const dir = scratch({
  file: 'abc',
  other: 'other',
  'full/x': 'x',
  empty: null,
  link: '->file',
  dlink: '->full',
  'list/a': 'a',
  'list/b': '->a',
  'list/c': null,
});
const run = (script: Script): Promise<unknown> => new World().run(script);
const at = (name: string): string => `${dir.path}/${name}`;
const CWD = F.AT_FDCWD;

describe('getdents64', () => {
  test('lists names with types and inodes; cookies can be sought', async () => {
    await run(function* (g) {
      const fd = yield* call(g, 'openat', CWD, at('list'), 0, 0);
      const all = yield* entries(g, fd);
      expect(Object.fromEntries(all.map(({ name, type }) => [name, type]))).toEqual({
        '.': F.DT_DIR,
        '..': F.DT_DIR,
        a: F.DT_REG,
        b: F.DT_LNK,
        c: F.DT_DIR,
      });
      const { ino } = all.find(({ name }) => name === 'a') as { ino: number };
      expect(ino).toBe(statSync(at('list/a')).ino);
      expect(yield* call(g, 'getdents64', fd, g.alloc(256), 256)).toBe(0);
      const third = all[2] as { cookie: number };
      expect(yield* call(g, 'lseek', fd, third.cookie, 0)).toBe(third.cookie);
      expect((yield* entries(g, fd)).map(({ name }) => name)).toEqual(all.slice(3).map(({ name }) => name));
      yield* call(g, 'lseek', fd, 0, 0);
      expect((yield* entries(g, fd, 32)).length).toBe(5);
      yield* call(g, 'lseek', fd, 0, 0);
      expect(yield* call(g, 'getdents64', fd, g.alloc(16), 16)).toBe(-E.EINVAL);
      const file = yield* call(g, 'openat', CWD, at('file'), 0, 0);
      expect(yield* call(g, 'getdents64', file, g.alloc(64), 64)).toBe(-E.ENOTDIR);
    });
  });

  test('names are bytes, not text', async () => {
    await run(function* (g) {
      const name = `${at('list')}/\xff\xfeodd`;
      const fd = yield* call(g, 'openat', CWD, name, F.O_CREAT | F.O_WRONLY, 0o600);
      expect(fd).toBe(0);
      const names = readdirSync(at('list'), 'latin1');
      expect(names).toContain('\xff\xfeodd');
      const list = yield* call(g, 'openat', CWD, at('list'), 0, 0);
      expect((yield* entries(g, list)).map((entry) => entry.name)).toContain('\xff\xfeodd');
      expect(yield* call(g, 'unlinkat', CWD, name, 0)).toBe(0);
    });
  });
});

describe('names', () => {
  test('mkdir, rmdir and unlink errors', async () => {
    await run(function* (g) {
      expect(yield* call(g, 'mkdirat', CWD, at('file'), 0o755)).toBe(-E.EEXIST);
      expect(yield* call(g, 'mkdirat', CWD, at('no/x'), 0o755)).toBe(-E.ENOENT);
      expect(yield* call(g, 'mkdirat', CWD, at('fresh/'), 0o755)).toBe(0);
      expect(yield* call(g, 'unlinkat', CWD, at('fresh'), 0)).toBe(-E.EISDIR);
      expect(yield* call(g, 'unlinkat', CWD, at('fresh/.'), F.AT_REMOVEDIR)).toBe(-E.EINVAL);
      expect(yield* call(g, 'unlinkat', CWD, at('fresh/..'), F.AT_REMOVEDIR)).toBe(-E.ENOTEMPTY);
      expect(yield* call(g, 'unlinkat', CWD, at('fresh'), F.AT_REMOVEDIR)).toBe(0);
      expect(yield* call(g, 'unlinkat', CWD, at('full'), F.AT_REMOVEDIR)).toBe(-E.ENOTEMPTY);
      expect(yield* call(g, 'unlinkat', CWD, at('file'), F.AT_REMOVEDIR)).toBe(-E.ENOTDIR);
      expect(yield* call(g, 'unlinkat', CWD, at('dlink'), F.AT_REMOVEDIR)).toBe(-E.ENOTDIR);
      expect(yield* call(g, 'unlinkat', CWD, at('missing'), 0)).toBe(-E.ENOENT);
      expect(yield* call(g, 'unlinkat', CWD, '/proc', F.AT_REMOVEDIR)).toBe(-E.EBUSY);
      expect(yield* call(g, 'mknodat', CWD, at('node'), F.S_IFCHR | 0o600, 0x103)).toBe(-E.EPERM);
      expect(yield* call(g, 'mknodat', CWD, at('plain'), F.S_IFREG | 0o600, 0)).toBe(0);
      expect(existsSync(at('plain'))).toBe(true);
    });
  });

  test('links, hard and symbolic', async () => {
    await run(function* (g) {
      expect(yield* call(g, 'symlinkat', 'anything at all', CWD, at('s'))).toBe(0);
      expect(readlinkSync(at('s'))).toBe('anything at all');
      expect(yield* call(g, 'symlinkat', '', CWD, at('t'))).toBe(-E.ENOENT);
      expect(yield* call(g, 'symlinkat', 'x', CWD, at('s'))).toBe(-E.EEXIST);
      expect(yield* call(g, 'linkat', CWD, at('link'), CWD, at('hardlink'), 0)).toBe(0);
      expect(lstatSync(at('hardlink')).isSymbolicLink()).toBe(true);
      expect(yield* call(g, 'linkat', CWD, at('link'), CWD, at('hardfile'), F.AT_SYMLINK_FOLLOW)).toBe(0);
      expect(statSync(at('file')).nlink).toBe(2);
      expect(yield* call(g, 'linkat', CWD, at('full'), CWD, at('hd'), 0)).toBe(-E.EPERM);
      const buffer = g.alloc(64);
      expect(yield* call(g, 'readlinkat', CWD, at('s'), buffer, 4)).toBe(4);
      expect(bytesAt(g, buffer, 4)).toBe('anyt');
      expect(yield* call(g, 'readlinkat', CWD, at('file'), buffer, 64)).toBe(-E.EINVAL);
      expect(yield* call(g, 'readlinkat', CWD, at('s'), buffer, 0)).toBe(-E.EINVAL);
    });
  });

  test('rename and its flags', async () => {
    await run(function* (g) {
      const rename = (from: string, to: string, flags = 0): Generator<never, number, number> =>
        call(g, 'renameat2', CWD, at(from), CWD, at(to), flags);
      for (const name of ['r1', 'r2']) {
        const fd = yield* call(g, 'openat', CWD, at(name), F.O_CREAT | F.O_WRONLY, 0o600);
        yield* writeText(g, fd, name);
      }
      expect(yield* rename('r1', 'r2', F.RENAME_NOREPLACE)).toBe(-E.EEXIST);
      expect(yield* rename('r1', 'r2', F.RENAME_EXCHANGE)).toBe(0);
      expect(readFileSync(at('r1'), 'latin1')).toBe('r2');
      expect(yield* rename('r1', 'r3', F.RENAME_NOREPLACE)).toBe(0);
      expect(yield* rename('r1', 'r4')).toBe(-E.ENOENT);
      expect(yield* rename('r3', 'r4', F.RENAME_EXCHANGE)).toBe(-E.ENOENT);
      expect(yield* rename('r3', 'r4', 3)).toBe(-E.EINVAL);
      expect(yield* rename('r3', 'empty')).toBe(-E.EISDIR);
      expect(yield* rename('empty', 'r3')).toBe(-E.ENOTDIR);
      expect(yield* rename('empty', 'full')).toBe(-E.ENOTEMPTY);
      expect(yield* rename('full', 'full/in')).toBe(-E.EINVAL);
      expect(yield* rename('r3', 'r5/')).toBe(-E.ENOTDIR);
      expect(yield* rename('full/.', 'x')).toBe(-E.EBUSY);
      expect(yield* rename('r3', 'r2')).toBe(0);
      expect(readFileSync(at('r2'), 'latin1')).toBe('r2');
    });
  });

  test('the current directory follows its own rename and notices its removal', async () => {
    await run(function* (g) {
      const buffer = g.alloc(512);
      function* cwd(): Generator<never, string | number, number> {
        const n = yield* call(g, 'getcwd', buffer, 512);
        return n < 0 ? n : bytesAt(g, buffer, n - 1);
      }
      yield* call(g, 'mkdirat', CWD, at('home'), 0o755);
      expect(yield* call(g, 'chdir', at('home'))).toBe(0);
      expect(yield* cwd()).toBe(at('home'));
      expect(yield* call(g, 'getcwd', buffer, 3)).toBe(-E.ERANGE);
      yield* call(g, 'renameat2', CWD, at('home'), CWD, at('house'), 0);
      expect(yield* cwd()).toBe(at('house'));
      expect(yield* call(g, 'openat', CWD, 'inside', F.O_CREAT, 0o600)).toBe(0);
      expect(existsSync(at('house/inside'))).toBe(true);
      yield* call(g, 'unlinkat', CWD, 'inside', 0);
      yield* call(g, 'unlinkat', CWD, at('house'), F.AT_REMOVEDIR);
      expect(yield* cwd()).toBe(-E.ENOENT);
      expect(yield* call(g, 'chdir', at('file'))).toBe(-E.ENOTDIR);
      const fd = yield* call(g, 'openat', CWD, at('full'), 0, 0);
      expect(yield* call(g, 'fchdir', fd)).toBe(0);
      expect(yield* cwd()).toBe(at('full'));
      expect(yield* call(g, 'chroot', at('full'))).toBe(-E.EPERM);
    });
  });
});

describe('attributes', () => {
  test('modes and times, to the nanosecond as long as we run', async () => {
    await run(function* (g) {
      expect(yield* call(g, 'fchmodat', CWD, at('file'), 0o4711)).toBe(0);
      expect(statSync(at('file')).mode & 0o7777).toBe(0o4711);
      const times = g.words(1000, 123_456_789, 2000, 987_654_321);
      expect(yield* call(g, 'utimensat', CWD, at('file'), times, 0)).toBe(0);
      const st = g.alloc(128);
      yield* call(g, 'newfstatat', CWD, at('file'), st, 0);
      expect([72, 80, 88, 96].map((offset) => g.word(st + offset))).toEqual([
        1000, 123_456_789, 2000, 987_654_321,
      ]);
      expect(statSync(at('file')).mtimeMs).toBeCloseTo(2000_987.654, 2);
      // Only the modification time; then something else touches the file.
      expect(yield* call(g, 'utimensat', CWD, at('file'), g.words(0, 0x3ffffffe, 3000, 1), 0)).toBe(0);
      yield* call(g, 'newfstatat', CWD, at('file'), st, 0);
      expect([72, 80, 88, 96].map((offset) => g.word(st + offset))).toEqual([1000, 123_456_789, 3000, 1]);
      utimesSync(at('file'), 5000, 6000);
      yield* call(g, 'newfstatat', CWD, at('file'), st, 0);
      expect([72, 80, 88, 96].map((offset) => g.word(st + offset))).toEqual([5000, 0, 6000, 0]);
      expect(yield* call(g, 'utimensat', CWD, at('file'), g.words(0, -1, 0, 0), 0)).toBe(-E.EINVAL);
      const fd = yield* call(g, 'openat', CWD, at('other'), 0, 0);
      expect(yield* call(g, 'utimensat', fd, 0, g.words(7, 8, 9, 10), 0)).toBe(0);
      yield* call(g, 'fstat', fd, st);
      expect(g.word(st + 96)).toBe(10);
    });
  });

  test('a link keeps its own times and owner', async () => {
    await run(function* (g) {
      const before = statSync(at('file')).mtimeMs;
      const times = g.words(11, 0, 12, 0);
      expect(yield* call(g, 'utimensat', CWD, at('link'), times, F.AT_SYMLINK_NOFOLLOW)).toBe(0);
      expect(lstatSync(at('link')).mtimeMs).toBe(12_000);
      expect(statSync(at('file')).mtimeMs).toBe(before);
      const keep = 0xffff_ffff;
      expect(yield* call(g, 'fchownat', CWD, at('link'), keep, keep, F.AT_SYMLINK_NOFOLLOW)).toBe(0);
      expect(yield* call(g, 'fchmodat2', CWD, at('link'), 0o600, F.AT_SYMLINK_NOFOLLOW)).toBe(-E.EOPNOTSUPP);
    });
  });

  test('files have no extended attributes', async () => {
    await run(function* (g) {
      const buffer = g.alloc(16);
      expect(yield* call(g, 'getxattr', at('file'), 'user.x', buffer, 16)).toBe(-E.ENODATA);
      expect(yield* call(g, 'listxattr', at('file'), buffer, 16)).toBe(0);
      expect(yield* call(g, 'setxattr', at('file'), 'user.x', buffer, 1, 0)).toBe(-E.EOPNOTSUPP);
      expect(yield* call(g, 'getxattr', at('missing'), 'user.x', buffer, 16)).toBe(-E.ENOENT);
    });
  });
});

describe('statx and access', () => {
  test('fields, descriptors by empty path, and checks', async () => {
    await run(function* (g) {
      const out = g.alloc(256);
      expect(yield* call(g, 'statx', CWD, at('other'), 0, 0xfff, out)).toBe(0);
      expect(Number(g.view.getBigUint64(out + 40, true))).toBe(5);
      expect(g.view.getUint16(out + 28, true) & F.S_IFMT).toBe(F.S_IFREG);
      const fd = yield* call(g, 'openat', CWD, at('other'), 0, 0);
      expect(yield* call(g, 'statx', fd, '', F.AT_EMPTY_PATH, 0xfff, out)).toBe(0);
      expect(yield* call(g, 'statx', fd, '', 0, 0xfff, out)).toBe(-E.ENOENT);
      expect(yield* call(g, 'statx', fd, '', F.AT_EMPTY_PATH, 0x80000000, out)).toBe(-E.EINVAL);
      expect(yield* call(g, 'newfstatat', fd, '', out, F.AT_EMPTY_PATH)).toBe(0);
      expect(yield* call(g, 'newfstatat', CWD, at('link'), out, F.AT_SYMLINK_NOFOLLOW)).toBe(0);
      expect(g.i32(out + 16) & F.S_IFMT).toBe(F.S_IFLNK);
      expect(yield* call(g, 'faccessat', CWD, at('other'), F.R_OK)).toBe(0);
      expect(yield* call(g, 'faccessat', CWD, at('other'), F.X_OK)).toBe(-E.EACCES);
      expect(yield* call(g, 'faccessat', CWD, at('missing'), F.F_OK)).toBe(-E.ENOENT);
      expect(yield* call(g, 'faccessat2', CWD, at('other'), 8, 0)).toBe(-E.EINVAL);
      expect(yield* call(g, 'statfs', at('other'), out)).toBe(0);
      expect(g.word(out + 8)).toBeGreaterThan(0);
    });
  });
});

describe('32-bit guests', () => {
  const run32 = (script: Script): Promise<unknown> => new World({ abi: RISCV32 }).run(script);
  const small = (g: Guest, ...values: readonly number[]): number => {
    const addr = g.alloc(values.length * 4);
    values.forEach((value, i) => g.view.setInt32(addr + i * 4, value, true));
    return addr;
  };

  test('_llseek, statx with a folded inode, locks with struct flock64', async () => {
    await run32(function* (g) {
      const fd = yield* call(g, 'openat', CWD, at('big32'), F.O_CREAT | F.O_RDWR | 0o100000, 0o600);
      const result = g.alloc(8);
      expect(yield* call(g, '_llseek', fd, 1, 5, result, F.SEEK_SET)).toBe(0);
      expect(g.word(result)).toBe(0x1_0000_0005);
      yield* writeText(g, fd, 'x');
      expect(statSync(at('big32')).size).toBe(0x1_0000_0006);
      expect(yield* call(g, 'openat', CWD, at('big32'), F.O_RDONLY, 0)).toBe(-E.EOVERFLOW);
      const out = g.alloc(256);
      yield* call(g, 'statx', fd, '', F.AT_EMPTY_PATH, 0xfff, out);
      expect(g.word(out + 32)).toBe(foldInode(statSync(at('big32')).ino));
      const lock = small(g, F.F_WRLCK, 0, 0, 0, 0, 0, 0, 0);
      expect(yield* call(g, 'fcntl64', fd, F.F_OFD_SETLK, lock)).toBe(0);
      expect(yield* call(g, 'ftruncate64', fd, 0, 0)).toBe(0);
    });
  });
});

describe('guest open flags', () => {
  test('ARM permutes four of them; the translation is its own inverse', () => {
    const { O_DIRECTORY, O_NOFOLLOW, O_LARGEFILE, O_DIRECT } = F.ARM_FCNTL;
    const generic = F.GENERIC_FCNTL;
    expect(genericFlags(AARCH64, O_DIRECTORY | F.O_CLOEXEC)).toBe(generic.O_DIRECTORY | F.O_CLOEXEC);
    expect(genericFlags(AARCH64, O_NOFOLLOW | O_LARGEFILE)).toBe(generic.O_NOFOLLOW | generic.O_LARGEFILE);
    for (let bits = 0; bits < 16; bits++) {
      const flags = [O_DIRECTORY, O_NOFOLLOW, O_LARGEFILE, O_DIRECT].reduce(
        (all, flag, i) => all | ((bits >> i) & 1 ? flag : 0),
        F.O_RDWR,
      );
      expect(guestFlags(AARCH64, genericFlags(AARCH64, flags))).toBe(flags);
    }
    expect(genericFlags(RISCV64, 0o777)).toBe(0o777);
  });
});
