/** The translation cache as a user meets it: a second run is served, and nothing in the directory can break a run. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FIXTURES, sojourn } from './run.js';

let cache = '';
beforeAll(() => {
  cache = mkdtempSync(join(tmpdir(), 'sojourn-cache-'));
});
afterAll(() => {
  rmSync(cache, { recursive: true });
});

const program = join(FIXTURES, 'bin/kernels-riscv64');

/** stdout, and the figures of the cache: read, used, refused, added. */
function run(...options: string[]): { stdout: string; figures: number[] } {
  const { stdout, stderr, status } = sojourn(['--stats', ...options, program], {
    env: { SOJOURN_CACHE_DIR: cache },
  });
  expect(status).toBe(0);
  const line = /^cache .*$/m.exec(stderr)?.[0] ?? '';
  return { stdout, figures: (line.match(/\d+/g) ?? []).map(Number) };
}

function damage(path: string): void {
  const bytes = readFileSync(path);
  bytes.fill(0x55, bytes.length >> 1, (bytes.length >> 1) + 64);
  writeFileSync(path, bytes);
}

/** Blocks translated, of a run that keeps them. */
function translated(): number {
  const { stderr } = sojourn(['--stats', program], { env: { SOJOURN_CACHE_DIR: cache } });
  return Number(/^blocks\s+([\d ]+) of/m.exec(stderr)?.[1]?.replaceAll(' ', ''));
}

describe('translation cache', () => {
  test('serves a second run, not one with --no-cache, and survives damage', () => {
    const first = run();
    expect(first.figures).toEqual([0, 0, 0, expect.any(Number)]);
    const added = first.figures[3] as number;
    expect(added).toBeGreaterThan(0);
    const second = run();
    expect(second.stdout).toBe(first.stdout);
    expect(second.figures.slice(0, 3)).toEqual([added, added, 0]);
    expect(translated()).toBeLessThan(20);
    const without = run('--no-cache');
    expect(without).toEqual({ stdout: first.stdout, figures: [] });
    const files = readdirSync(cache);
    expect(files.length).toBe(2);
    for (const file of files) damage(join(cache, file));
    const damaged = run();
    expect(damaged.stdout).toBe(first.stdout);
    expect(damaged.figures.slice(0, 3)).toEqual([0, 0, 0]);
    // It has been replaced.
    expect(run().figures[1]).toBeGreaterThan(0);
  });
});
