/**
 * Threads on further cores: the fixture whose sums only hold when no update is lost, with every task given away that can
 * be, and as the command line runs it.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { FIXTURES, ROOT, sojourn } from './run.js';

interface Recorded {
  stdout: string;
  status: number;
}

const expected = JSON.parse(readFileSync(join(FIXTURES, 'expected.json'), 'utf8')) as Record<
  string,
  Record<string, Recorded>
>;

const RUNNER = `
const [url, options, kill] = process.argv.slice(1);
const { Emulator } = await import(url);
if (kill !== undefined)
  process.once('worker', (thread) => thread.once('message', () => setTimeout(() => thread.terminate(), 50)));
const emulator = new Emulator(JSON.parse(options));
const status = await emulator.run();
console.error(JSON.stringify({ status, cores: emulator.statistics().cores }));
`;

interface Report {
  status: { code: number };
  cores: { started: number; tasks: number; requests: number };
}

function eager(
  program: string,
  args: readonly string[],
  cores: number,
  more = {},
): { stdout: string; report: Report } {
  const options = { program: join(FIXTURES, 'bin', program), args, cores, coreAfterMs: 0, env: {}, ...more };
  const api = join(ROOT, 'dist/api.js');
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', RUNNER, api, JSON.stringify(options)],
    { timeout: 120_000, killSignal: 'SIGKILL', encoding: 'utf8' },
  );
  return { stdout, report: JSON.parse(stderr) as Report };
}

/** Rows that do not depend on the number of rounds. */
function sums(stdout: string): string {
  return stdout.replace(/^computed: .*\n/m, '');
}

describe.each(['riscv64', 'riscv32', 'aarch64'])('threads of %s', (arch) => {
  const want = expected['threads']?.[arch] as Recorded;

  test.each([2, 3])('always on further cores, %i in all', (cores) => {
    const { stdout, report } = eager(`threads-${arch}`, [], cores);
    expect(stdout).toBe(want.stdout);
    expect(report.status).toEqual({ code: want.status });
    expect(report.cores.started).toBe(cores - 1);
    expect(report.cores.tasks).toBeGreaterThan(20);
  });

  test('for longer', () => {
    const { stdout, report } = eager(`threads-${arch}`, ['4'], 3);
    expect(sums(stdout)).toBe(sums(want.stdout));
    expect(report.status).toEqual({ code: want.status });
  });

  test('in the closure engine', () => {
    const { stdout } = eager(`threads-${arch}`, [], 2, { engine: 'closures' });
    expect(stdout).toBe(want.stdout);
  });

  test('on one core', () => {
    const { stdout, stderr, status } = sojourn(['--cores', '1', join(FIXTURES, `bin/threads-${arch}`)]);
    expect({ stdout, stderr, status }).toEqual({ stdout: want.stdout, stderr: '', status: want.status });
  });
});

test('a core that is lost takes the process with it that it ran', () => {
  const program = join(FIXTURES, 'bin/threads-riscv64');
  const options = { program, args: ['400'], cores: 2, coreAfterMs: 0, env: {} };
  const api = join(ROOT, 'dist/api.js');
  const { stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', RUNNER, api, JSON.stringify(options), 'kill'],
    { timeout: 60_000, killSignal: 'SIGKILL', encoding: 'utf8' },
  );
  expect(stderr).toMatch(/^sojourn: internal error: Error: a core's thread ended with code 1\n/);
  expect(stderr).toMatch(/"status":\{"signal":9,"core":false\}/);
});

test('a program with one thread starts none', () => {
  const { report } = eager('hello-riscv64', [], 4, { coreAfterMs: 15 });
  expect(report.cores).toEqual({ started: 0, tasks: 0, requests: 0 });
});
