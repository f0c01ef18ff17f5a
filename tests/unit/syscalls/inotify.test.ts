import { describe, expect, test } from '@jest/globals';
import { appendFileSync, unlinkSync, writeFileSync } from 'node:fs';
import * as E from '../../../src/abi/errno.js';
import * as F from '../../../src/abi/fcntl.js';
import { IN } from '../../../src/kernel/vfs/notify.js';
import { type Guest, type Script, World } from '../kernel/guest.js';
import { scratch } from '../kernel/vfs-temp.js';
import { bytesAt, call, writeText } from './fs-script.js';

const dir = scratch({ 'w/old': 'x', 'w/sub/f': 'x', 'host/file': 'x' });
const run = (script: Script): Promise<unknown> => new World().run(script);
const at = (name: string): string => `${dir.path}/${name}`;
const CWD = F.AT_FDCWD;

interface Told {
  readonly wd: number;
  readonly mask: number;
  readonly cookie: number;
  readonly name: string;
}

/** All events that one read gives. */
function* events(g: Guest, fd: number): Generator<never, Told[], number> {
  const buffer = g.alloc(4096);
  const n = yield* call(g, 'read', fd, buffer, 4096);
  const found: Told[] = [];
  for (let p = buffer; p < buffer + n; p += 16 + g.i32(p + 12)) {
    const name = bytesAt(g, p + 16, g.i32(p + 12)).replace(/\0.*$/s, '');
    found.push({ wd: g.i32(p), mask: g.view.getUint32(p + 4, true), cookie: g.i32(p + 8), name });
  }
  return found;
}

describe('inotify', () => {
  test('tells what guests do, in order, with names', async () => {
    await run(function* (g) {
      const fd = yield* call(g, 'inotify_init1', F.O_NONBLOCK);
      const wd = yield* call(g, 'inotify_add_watch', fd, at('w'), 0xfff);
      const made = yield* call(g, 'openat', CWD, at('w/new'), F.O_CREAT | F.O_WRONLY, 0o600);
      yield* writeText(g, made, 'ab');
      yield* writeText(g, made, 'cd');
      yield* call(g, 'close', made);
      yield* call(g, 'mkdirat', CWD, at('w/d'), 0o700);
      yield* call(g, 'fchmodat', CWD, at('w/old'), 0o600);
      yield* call(g, 'unlinkat', CWD, at('w/new'), 0);
      expect((yield* events(g, fd)).map(({ mask, name }) => [mask, name])).toEqual([
        [IN.CREATE, 'new'],
        [IN.OPEN, 'new'],
        [IN.MODIFY, 'new'],
        [IN.CLOSE_WRITE, 'new'],
        [IN.CREATE | IN.ISDIR, 'd'],
        [IN.ATTRIB, 'old'],
        [IN.DELETE, 'new'],
      ]);
      expect(yield* call(g, 'read', fd, g.alloc(64), 64)).toBe(-E.EAGAIN);
      expect(yield* call(g, 'inotify_rm_watch', fd, wd)).toBe(0);
      expect(yield* events(g, fd)).toEqual([{ wd, mask: IN.IGNORED, cookie: 0, name: '' }]);
      expect(yield* call(g, 'inotify_rm_watch', fd, wd)).toBe(-E.EINVAL);
    });
  });

  test('a rename is two events with one cookie; the watched file follows', async () => {
    await run(function* (g) {
      const fd = yield* call(g, 'inotify_init1', F.O_NONBLOCK);
      yield* call(g, 'inotify_add_watch', fd, at('w'), IN.MOVED_FROM | IN.MOVED_TO);
      const self = yield* call(g, 'inotify_add_watch', fd, at('w/sub'), IN.MOVE_SELF | IN.CREATE);
      yield* call(g, 'renameat2', CWD, at('w/sub'), CWD, at('w/moved'), 0);
      yield* call(g, 'mkdirat', CWD, at('w/moved/inside'), 0o700);
      const told = yield* events(g, fd);
      expect(told.map(({ mask, name }) => [mask, name])).toEqual([
        [IN.MOVED_FROM | IN.ISDIR, 'sub'],
        [IN.MOVED_TO | IN.ISDIR, 'moved'],
        [IN.MOVE_SELF, ''],
        [IN.CREATE | IN.ISDIR, 'inside'],
      ]);
      expect(told[0]?.cookie).toBe(told[1]?.cookie);
      expect(told[3]?.wd).toBe(self);
    });
  });

  test('masks, one shot, and errors', async () => {
    await run(function* (g) {
      const fd = yield* call(g, 'inotify_init1', F.O_NONBLOCK);
      const add = (name: string, mask: number): Generator<never, number, number> =>
        call(g, 'inotify_add_watch', fd, at(name), mask);
      expect(yield* add('w/old', 0)).toBe(-E.EINVAL);
      expect(yield* add('w/none', IN.OPEN)).toBe(-E.ENOENT);
      expect(yield* add('w/old', IN.OPEN | IN.ONLYDIR)).toBe(-E.ENOTDIR);
      const wd = yield* add('w/old', IN.OPEN);
      expect(yield* add('w/old', IN.ATTRIB | IN.MASK_ADD)).toBe(wd);
      expect(yield* add('w/old', IN.ATTRIB | IN.MASK_CREATE)).toBe(-E.EEXIST);
      expect(yield* add('w/old', IN.OPEN | IN.ONESHOT)).toBe(wd);
      yield* call(g, 'openat', CWD, at('w/old'), 0, 0);
      yield* call(g, 'openat', CWD, at('w/old'), 0, 0);
      expect((yield* events(g, fd)).map(({ mask }) => mask)).toEqual([IN.OPEN, IN.IGNORED]);
      yield* add('w', IN.OPEN);
      yield* call(g, 'openat', CWD, at('w/old'), 0, 0);
      expect(yield* call(g, 'read', fd, g.alloc(64), 10)).toBe(-E.EINVAL);
    });
  });

  test('tells what other programs do', async () => {
    const seen: [number, string][] = [];
    await run(function* (g) {
      const fd = yield* call(g, 'inotify_init1', 0);
      yield* call(g, 'inotify_add_watch', fd, at('host'), IN.CREATE | IN.DELETE | IN.MODIFY);
      setTimeout(() => {
        writeFileSync(at('host/created'), '');
        appendFileSync(at('host/file'), 'more');
      }, 20);
      const timer = setInterval(() => appendFileSync(at('host/file'), 'x'), 50);
      while (!seen.some(([mask]) => mask === IN.MODIFY)) {
        for (const { mask, name } of yield* events(g, fd)) seen.push([mask, name]);
      }
      clearInterval(timer);
      setTimeout(() => unlinkSync(at('host/created')), 20);
      while (!seen.some(([mask]) => mask === IN.DELETE)) {
        for (const { mask, name } of yield* events(g, fd)) seen.push([mask, name]);
      }
    });
    expect(seen).toContainEqual([IN.CREATE, 'created']);
    expect(seen).toContainEqual([IN.MODIFY, 'file']);
    expect(seen).toContainEqual([IN.DELETE, 'created']);
  }, 20_000);
});
