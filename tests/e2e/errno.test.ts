/**
 * What system calls answer to good and bad arguments, against Linux itself: the fixture errno64 makes some 9,000 calls,
 * a row per call and a column per value, and tests/fixtures/errno64.txt has what the same program answers natively on
 * x86-64 (scripts/record-errno.mjs). The program gives up its rights first, so that it does not matter who runs it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { FIXTURES, sojourn } from './run.js';

const recorded = new Map(
  readFileSync(join(FIXTURES, 'errno64.txt'), 'utf8')
    .split(/^== /m)
    .slice(1)
    .map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)]),
);

test('the record has all six sets', () => {
  expect([...recorded.keys()]).toEqual(['fds', 'names', 'two', 'memory', 'flags', 'misc']);
});

/** Paths are handled alike on every architecture. */
const rows = [
  ...[...recorded.keys()].map((set) => ['riscv64', set] as const),
  ...['fds', 'memory', 'misc'].map((set) => ['aarch64', set] as const),
];

test.each(rows)(
  '%s: %s',
  (arch, set) => {
    const result = sojourn([join(FIXTURES, `bin/errno64-${arch}`), set]);
    expect(result.stdout.split('\n')).toEqual(recorded.get(set)?.split('\n'));
    expect(result.status).toBe(0);
  },
  120_000,
);
