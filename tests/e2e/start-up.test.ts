/** V8's code cache for the command line: a run must accept the one that a run with the same options left behind. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { FIXTURES, ROOT, sojourn } from './run.js';

const folder = join(ROOT, 'dist/code-cache');

/** The caches with what changes when one is written anew: a refused cache is replaced. */
function caches(): string[] {
  return readdirSync(folder).map((name) => {
    const { ino, mtimeMs } = statSync(join(folder, name));
    return `${name} ${ino} ${mtimeMs}`;
  });
}

test.each(['tiered', 'closures'])('the code cache is accepted (%s)', (engine) => {
  const run = (): void => {
    expect(sojourn(['--engine', engine, join(FIXTURES, 'bin/hello-riscv64')]).status).toBe(0);
  };
  run();
  const before = caches();
  expect(before.length).toBeGreaterThan(0);
  run();
  expect(caches()).toEqual(before);
});
