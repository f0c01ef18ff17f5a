import { describe, expect, test } from '@jest/globals';
import * as E from '../../../src/abi/errno.js';
import * as F from '../../../src/abi/fcntl.js';
import { LockTable } from '../../../src/kernel/vfs/locks.js';
import { type Guest, type Script, World } from '../kernel/guest.js';
import { scratch } from '../kernel/vfs-temp.js';
import { call } from './fs-script.js';

const dir = scratch({ file: '0123456789' });
const run = (script: Script): Promise<unknown> => new World().run(script);
const CWD = F.AT_FDCWD;
type Calls = Generator<never, number, number>;

/** struct flock of a 64-bit guest. */
function lock(g: Guest, type: number, start: number, length: number): number {
  const at = g.alloc(32);
  g.view.setInt16(at, type, true);
  g.view.setInt16(at + 2, 0, true);
  g.view.setBigInt64(at + 8, BigInt(start), true);
  g.view.setBigInt64(at + 16, BigInt(length), true);
  g.view.setInt32(at + 24, 0, true);
  return at;
}
const open = (g: Guest): Calls => call(g, 'openat', CWD, `${dir.path}/file`, F.O_RDWR, 0);

describe('the lock table', () => {
  const [a, b] = [{}, {}];
  const set = (table: LockTable, owner: object, type: number, start: number, end: number): void =>
    table.set('f', { owner, pid: 1, type, start, end });

  test('splits, joins and converts ranges', () => {
    const table = new LockTable();
    set(table, a, F.F_WRLCK, 0, 100);
    set(table, a, F.F_UNLCK, 40, 60);
    expect(table.conflict('f', b, F.F_RDLCK, 40, 60)).toBeUndefined();
    expect(table.conflict('f', b, F.F_RDLCK, 39, 40)).toMatchObject({ start: 0, end: 40 });
    set(table, a, F.F_RDLCK, 20, 80);
    expect(table.conflict('f', b, F.F_RDLCK, 20, 80)).toBeUndefined();
    expect(table.conflict('f', b, F.F_WRLCK, 30, 31)).toMatchObject({ start: 20, end: 80, type: F.F_RDLCK });
    set(table, a, F.F_WRLCK, 20, 80);
    expect(table.conflict('f', b, F.F_RDLCK, 0, 1)).toMatchObject({ start: 0, end: 100 });
    table.dropOwner('f', a);
    expect(table.empty).toBe(true);
  });

  test('finds deadlocks through several owners', () => {
    const table = new LockTable();
    const c = {};
    expect(table.wait(a, b)).toBe(0);
    expect(table.wait(b, c)).toBe(0);
    expect(table.wait(c, a)).toBe(-E.EDEADLK);
    table.waited(b);
    expect(table.wait(c, a)).toBe(0);
  });
});

describe('record locks', () => {
  test('belong to the process: its descriptors do not conflict, closing any drops them', async () => {
    await run(function* (g) {
      const [one, two] = [yield* open(g), yield* open(g)];
      expect(yield* call(g, 'fcntl', one, F.F_SETLK, lock(g, F.F_WRLCK, 0, 4))).toBe(0);
      expect(yield* call(g, 'fcntl', two, F.F_SETLK, lock(g, F.F_WRLCK, 2, 4))).toBe(0);
      const answers: number[] = [];
      yield* g.clone(
        'clone',
        function* (child) {
          const fd = yield* open(child);
          answers.push(yield* call(child, 'fcntl', fd, F.F_SETLK, lock(child, F.F_RDLCK, 0, 1)));
          const query = lock(child, F.F_RDLCK, 0, 1);
          yield* call(child, 'fcntl', fd, F.F_GETLK, query);
          answers.push(child.view.getInt16(query, true), child.word(query + 8), child.word(query + 16));
          answers.push(child.i32(query + 24));
        },
        17,
      );
      yield* call(g, 'wait4', -1, 0, 0, 0);
      expect(answers).toEqual([-E.EAGAIN, F.F_WRLCK, 0, 6, 100]);
      yield* call(g, 'close', two);
      answers.length = 0;
      yield* g.clone(
        'clone',
        function* (child) {
          answers.push(
            yield* call(child, 'fcntl', yield* open(child), F.F_SETLK, lock(child, F.F_WRLCK, 0, 0)),
          );
        },
        17,
      );
      yield* call(g, 'wait4', -1, 0, 0, 0);
      expect(answers).toEqual([0]);
    });
  });

  test('F_SETLKW waits until the other process is done', async () => {
    const order: string[] = [];
    await run(function* (g) {
      const fd = yield* open(g);
      yield* call(g, 'fcntl', fd, F.F_SETLK, lock(g, F.F_WRLCK, 0, 0));
      yield* g.clone(
        'clone',
        function* (child) {
          order.push('child asks');
          const own = yield* open(child);
          expect(yield* call(child, 'fcntl', own, F.F_SETLKW, lock(child, F.F_WRLCK, 5, 1))).toBe(0);
          order.push('child has it');
        },
        17,
      );
      yield* call(g, 'nanosleep', g.words(0, 20_000_000), 0);
      order.push('parent unlocks');
      yield* call(g, 'fcntl', fd, F.F_SETLK, lock(g, F.F_UNLCK, 0, 0));
      yield* call(g, 'wait4', -1, 0, 0, 0);
    });
    expect(order).toEqual(['child asks', 'parent unlocks', 'child has it']);
  });

  test('rights and bad arguments', async () => {
    await run(function* (g) {
      const fd = yield* call(g, 'openat', CWD, `${dir.path}/file`, F.O_RDONLY, 0);
      expect(yield* call(g, 'fcntl', fd, F.F_SETLK, lock(g, F.F_WRLCK, 0, 0))).toBe(-E.EBADF);
      expect(yield* call(g, 'fcntl', fd, F.F_SETLK, lock(g, 9, 0, 0))).toBe(-E.EINVAL);
      expect(yield* call(g, 'fcntl', fd, F.F_SETLK, lock(g, F.F_RDLCK, -5, 2))).toBe(-E.EINVAL);
      expect(yield* call(g, 'fcntl', fd, F.F_SETLK, 0x1000)).toBe(-E.EFAULT);
      expect(yield* call(g, 'fcntl', fd, F.F_GETLK, lock(g, F.F_UNLCK, 0, 0))).toBe(-E.EINVAL);
    });
  });
});

describe('description locks', () => {
  test('F_OFD_SETLK and flock conflict between descriptions of one process', async () => {
    await run(function* (g) {
      const [one, two] = [yield* open(g), yield* open(g)];
      expect(yield* call(g, 'fcntl', one, F.F_OFD_SETLK, lock(g, F.F_WRLCK, 0, 0))).toBe(0);
      expect(yield* call(g, 'fcntl', two, F.F_OFD_SETLK, lock(g, F.F_RDLCK, 3, 1))).toBe(-E.EAGAIN);
      expect(yield* call(g, 'flock', one, F.LOCK_EX)).toBe(0);
      expect(yield* call(g, 'flock', two, F.LOCK_SH | F.LOCK_NB)).toBe(-E.EAGAIN);
      expect(yield* call(g, 'flock', one, F.LOCK_SH)).toBe(0);
      expect(yield* call(g, 'flock', two, F.LOCK_SH | F.LOCK_NB)).toBe(0);
      expect(yield* call(g, 'flock', one, 67)).toBe(-E.EINVAL);
      const copy = yield* call(g, 'dup', one);
      yield* call(g, 'close', one);
      expect(yield* call(g, 'flock', two, F.LOCK_EX | F.LOCK_NB)).toBe(-E.EAGAIN);
      yield* call(g, 'close', copy);
      expect(yield* call(g, 'flock', two, F.LOCK_EX | F.LOCK_NB)).toBe(0);
      expect(yield* call(g, 'fcntl', two, F.F_OFD_SETLK, lock(g, F.F_WRLCK, 0, 0))).toBe(0);
    });
  });
});
