/** What the kernel has small tools of the host do. */
import { lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { EEXIST } from '../../../../src/abi/errno.js';
import { bytePath } from '../../../../src/kernel/host/path.js';
import { mkfifo } from '../../../../src/kernel/host/spawn.js';

test.each(['plain', 'grün ɘ', '-m'])('a FIFO named %s', (name) => {
  const directory = mkdtempSync(join(tmpdir(), 'fifo-'));
  const path = join(directory, name);
  expect(mkfifo(bytePath(path), 0o640)).toBe(0);
  const { mode } = lstatSync(path);
  expect([mode & 0o170000, mode & 0o777]).toEqual([0o010000, 0o640]);
  expect(mkfifo(bytePath(path), 0o640)).toBe(-EEXIST);
  rmSync(directory, { recursive: true });
});
