/** Runs the built command line (bin/sojourn.js) on a guest program, in an empty directory of its own. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');
export const FIXTURES = join(ROOT, 'tests/fixtures');

export interface Outcome {
  stdout: string;
  stderr: string;
  status: number | null;
  signal: string | null;
}

export interface RunOptions {
  /** The guest's whole environment but for PATH, which Node's start needs nothing else from. */
  env?: Record<string, string>;
  stdin?: string;
  /** Milliseconds; a run that takes longer is killed and reported with signal SIGKILL. */
  timeout?: number;
}

/** @param args the command line after `sojourn` */
export function sojourn(
  args: readonly string[],
  { env = {}, stdin = '', timeout = 60_000 }: RunOptions = {},
): Outcome {
  const launcher = join(ROOT, 'bin/sojourn.js');
  if (!existsSync(join(ROOT, 'dist/.stamp'))) throw new Error('dist/ is not built: npm run build');
  const cwd = mkdtempSync(join(tmpdir(), 'sojourn-'));
  const result = spawnSync(process.execPath, [launcher, ...args], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    input: stdin,
    timeout,
    killSignal: 'SIGKILL',
    maxBuffer: 1 << 26,
  });
  rmSync(cwd, { recursive: true, force: true });
  return {
    stdout: result.stdout.toString(),
    stderr: result.stderr.toString(),
    status: result.status,
    signal: result.signal,
  };
}
