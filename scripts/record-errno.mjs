/**
 * Records what the fixture errno64 answers natively on this x86-64 machine, in tests/fixtures/errno64.txt.
 *
 *   make -C tests/fixtures/src native && node scripts/record-errno.mjs
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './ensure.mjs';

const FIXTURES = join(ROOT, 'tests/fixtures');
const SETS = ['fds', 'names', 'two', 'memory', 'flags', 'misc'];

let text = '';
for (const set of SETS) {
  const cwd = mkdtempSync(join(tmpdir(), 'errno-'));
  const result = spawnSync(join(FIXTURES, 'src/native/errno64-native'), [set], { cwd });
  rmSync(cwd, { recursive: true, force: true });
  if (result.status !== 0) throw new Error(`${set}: ${result.status ?? result.signal}`);
  text += `== ${set}\n${result.stdout}`;
}
writeFileSync(join(FIXTURES, 'errno64.txt'), text);
