/** The directory of cache files: what is read, what is refused, what goes when it is full. */
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CacheDirectory, cacheDirectory } from '../../../../src/kernel/host/cache-dir.js';

let base = '';
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'sojourn-cache-'));
});
afterEach(() => {
  rmSync(base, { recursive: true });
});

describe('cache directory', () => {
  test('gives back what was saved, for its owner alone', () => {
    const path = join(base, 'deep', 'cache');
    const cache = new CacheDirectory(path);
    expect(cache.load('a')).toBeUndefined();
    cache.save('a', Uint8Array.of(1, 2, 3));
    cache.save('a', Uint8Array.of(4, 5));
    expect(cache.load('a')).toEqual(Uint8Array.of(4, 5));
    expect(readdirSync(path)).toEqual(['a.code']);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(statSync(join(path, 'a.code')).mode & 0o777).toBe(0o600);
  });

  test('does not read what others could have written', () => {
    const cache = new CacheDirectory(base);
    cache.save('a', Uint8Array.of(1));
    chmodSync(join(base, 'a.code'), 0o666);
    expect(cache.load('a')).toBeUndefined();
  });

  test('goes without when it cannot write or read', () => {
    writeFileSync(join(base, 'file'), '');
    const cache = new CacheDirectory(join(base, 'file', 'below'));
    cache.save('a', Uint8Array.of(1));
    expect(cache.load('a')).toBeUndefined();
  });

  test('removes the files used longest ago when there is too much', () => {
    const cache = new CacheDirectory(base);
    // Sparse files: 5 × 60 MiB is over the bound.
    ['a', 'b', 'c', 'd', 'e'].forEach((name, n) => {
      const path = join(base, `${name}.code`);
      writeFileSync(path, '', { mode: 0o600 });
      truncateSync(path, 60 << 20);
      utimesSync(path, 1000 + n, 1000 + n);
    });
    cache.save('new', new Uint8Array(10));
    expect(readdirSync(base).sort()).toEqual(['b.code', 'c.code', 'd.code', 'e.code', 'new.code']);
  });
});

describe('where it is', () => {
  test.each([
    [{ SOJOURN_CACHE_DIR: '/x', XDG_CACHE_HOME: '/y', HOME: '/h' }, '/x'],
    [{ XDG_CACHE_HOME: '/y', HOME: '/h' }, '/y/sojourn'],
    [{ XDG_CACHE_HOME: 'relative', HOME: '/tmp' }, '/tmp/.cache/sojourn'],
    [{ HOME: '/no/such/home' }, undefined],
    [{ SOJOURN_CACHE_DIR: '/x', SOJOURN_CACHE: 'off' }, undefined],
    [{}, undefined],
  ])('%j', (env, path) => {
    expect(cacheDirectory(env)).toBe(path);
  });
});
