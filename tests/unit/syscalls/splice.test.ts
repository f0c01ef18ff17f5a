import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import * as E from '../../../src/abi/errno.js';
import * as F from '../../../src/abi/fcntl.js';
import { type Guest, type Script, World } from '../kernel/guest.js';
import { scratch } from '../kernel/vfs-temp.js';
import { call, readText, writeText } from './fs-script.js';

const dir = scratch({ source: '0123456789' });
const run = (script: Script): Promise<unknown> => new World().run(script);
const open = (g: Guest, name: string, flags: number): Generator<never, number, number> =>
  call(g, 'openat', F.AT_FDCWD, `${dir.path}/${name}`, flags, 0o600);

function* makePipe(g: Guest): Generator<never, [number, number], number> {
  const fds = g.alloc(8);
  yield* call(g, 'pipe2', fds, 0);
  return [g.i32(fds), g.i32(fds + 4)];
}

describe('splice and tee', () => {
  test('a file into a pipe and a pipe into a file, with and without offsets', async () => {
    await run(function* (g) {
      const [reader, writer] = yield* makePipe(g);
      const source = yield* open(g, 'source', F.O_RDONLY);
      const target = yield* open(g, 'target', F.O_RDWR | F.O_CREAT);
      const off = g.words(6);
      expect(yield* call(g, 'splice', source, off, writer, 0, 3, 0)).toBe(3);
      expect(g.word(off)).toBe(9);
      expect(yield* call(g, 'splice', source, 0, writer, 0, 4, 0)).toBe(4);
      expect(yield* call(g, 'splice', reader, 0, target, g.words(2), 100, 0)).toBe(7);
      expect(readFileSync(`${dir.path}/target`, 'latin1')).toBe('\0\0' + '6780123');
      expect(yield* call(g, 'splice', reader, 0, target, 0, 100, 2)).toBe(-E.EAGAIN);
      expect(yield* call(g, 'splice', source, 0, target, 0, 1, 0)).toBe(-E.EINVAL);
      expect(yield* call(g, 'splice', source, off, writer, g.words(0), 1, 0)).toBe(-E.ESPIPE);
      yield* call(g, 'close', writer);
      expect(yield* call(g, 'splice', reader, 0, target, 0, 100, 0)).toBe(0);
    });
  });

  test('tee copies and leaves', async () => {
    await run(function* (g) {
      const [r1, w1] = yield* makePipe(g);
      const [r2, w2] = yield* makePipe(g);
      yield* writeText(g, w1, 'both');
      expect(yield* call(g, 'tee', r1, w2, 100, 0)).toBe(4);
      expect(yield* readText(g, r1)).toBe('both');
      expect(yield* readText(g, r2)).toBe('both');
      expect(yield* call(g, 'tee', r1, w1, 100, 0)).toBe(-E.EINVAL);
      expect(yield* call(g, 'vmsplice', w1, g.words(g.text('vm'), 2), 1, 0)).toBe(2);
      expect(yield* readText(g, r1)).toBe('vm');
    });
  });

  test('waits for data', async () => {
    await run(function* (g) {
      const [reader, writer] = yield* makePipe(g);
      const target = yield* open(g, 'late', F.O_RDWR | F.O_CREAT);
      yield* g.clone(
        'clone',
        function* (child) {
          yield* call(child, 'nanosleep', child.words(0, 10_000_000), 0);
          yield* writeText(child, writer, 'late');
        },
        17,
      );
      expect(yield* call(g, 'splice', reader, 0, target, 0, 100, 0)).toBe(4);
    });
  });
});
