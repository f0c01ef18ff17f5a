/** Where scripts/debian-sysroot.mjs gets its packages from: never from a place that nobody has named. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const script = pathToFileURL(join(process.cwd(), 'scripts/debian-sysroot.mjs')).href;
let apt: string;

beforeEach(() => {
  apt = mkdtempSync(join(tmpdir(), 'sojourn-apt-'));
  mkdirSync(join(apt, 'sources.list.d'));
});
afterEach(() => {
  rmSync(apt, { recursive: true });
});

function source(env: Record<string, string> = {}): { stdout: string; stderr: string } {
  const code = `import { debianSource } from '${script}'; console.log(debianSource(${JSON.stringify(env)}, ${JSON.stringify(apt)}));`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
}

test('the variable comes first', () => {
  writeFileSync(join(apt, 'sources.list'), 'deb http://archive.test/debian stable main\n');
  expect(source({ SOJOURN_DEBIAN_SOURCE: 'http://other.test/d' }).stdout).toBe('http://other.test/d\n');
});

test.each([
  ['sources.list', 'deb [arch=amd64] http://archive.test/debian stable main\n'],
  ['sources.list.d/debian.sources', 'Types: deb\nURIs: http://archive.test/debian\nSuites: stable\n'],
])('what apt is configured for, in %s', (file, text) => {
  writeFileSync(join(apt, file), text);
  expect(source().stdout).toBe('http://archive.test/debian\n');
});

test('without either it says what to do', () => {
  writeFileSync(join(apt, 'sources.list.d/old.sources.disabled'), 'URIs: http://archive.test/debian\n');
  const { stdout, stderr } = source();
  expect(stdout).toBe('');
  expect(stderr).toContain('SOJOURN_DEBIAN_SOURCE');
});
