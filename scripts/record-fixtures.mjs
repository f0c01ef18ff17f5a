/**
 * Records what the fixture programs print and how they end, in tests/fixtures/expected.json.
 *
 *   make -C tests/fixtures/src all native && node scripts/record-fixtures.mjs
 *
 * A case with oracle "native" holds for every architecture: it is recorded from the program built for this x86-64
 * machine, and compared here with qemu-user, whose differences are printed (some are known faults of qemu 7.2). A case
 * with oracle "qemu" shows something of its architecture and is recorded from qemu-user for each.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './ensure.mjs';

const FIXTURES = join(ROOT, 'tests/fixtures');
const ARCHES = ['riscv64', 'riscv32', 'aarch64', 'aarch64_be', 'arm', 'armeb'];
const cases = JSON.parse(readFileSync(join(FIXTURES, 'cases.json'), 'utf8'));

function record(argv, { env = {}, stdin = '' }) {
  const cwd = mkdtempSync(join(tmpdir(), 'fixture-'));
  const result = spawnSync(argv[0], argv.slice(1), {
    cwd,
    env: { PATH: '/usr/bin', ...env },
    input: stdin,
    timeout: 120_000,
  });
  rmSync(cwd, { recursive: true, force: true });
  if (result.error) throw result.error;
  return { stdout: result.stdout.toString(), status: result.status, signal: result.signal };
}

const expected = {};
for (const row of cases) {
  const key = [row.title ?? row.name, ...(row.title ? [] : row.args)].join(' ');
  if (row.oracle === 'native') {
    expected[key] = { any: record([join(FIXTURES, `src/native/${row.name}-native`), ...row.args], row) };
  } else {
    expected[key] = {};
  }
  for (const arch of ARCHES) {
    const program = join(FIXTURES, `bin/${row.name}-${arch}`);
    if (!existsSync(program)) continue;
    const sysroot = row.sysroot ? ['-L', join(FIXTURES, `bin/sysroot-${arch}`)] : [];
    const seen = record([`qemu-${arch}`, ...sysroot, program, ...row.args], row);
    if (row.oracle === 'qemu') {
      expected[key][arch] = seen;
      continue;
    }
    const want = expected[key].any;
    const lines = want.stdout.split('\n');
    const differ = seen.stdout.split('\n').filter((line, i) => line !== lines[i]);
    if (JSON.stringify(seen) !== JSON.stringify(want)) {
      console.log(
        `${key} on qemu-${arch}: ${seen.status} ${seen.signal} ${differ.slice(0, 3).join(' | ').slice(0, 200)}`,
      );
    }
  }
}
writeFileSync(join(FIXTURES, 'expected.json'), `${JSON.stringify(expected, null, 1)}\n`);
