/** The command line: what reaches the guest, what each mistake costs, how the guest's end becomes ours. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, truncateSync, copyFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { FIXTURES, ROOT, sojourn } from './run.js';

const fixture = (name: string): string => join(FIXTURES, 'bin', `${name}-riscv64`);
const scratch = mkdtempSync(join(tmpdir(), 'sojourn-cli-'));

afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** A file in the scratch directory. */
function make(name: string, content: string | Uint8Array, mode = 0o755): string {
  const path = join(scratch, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

describe('arguments', () => {
  test('what follows the program is the guest’s, whatever it looks like', () => {
    const args = ['--help', '-strace', '--', '1e3', '007', '', '-L', 'x', '--stats=1', 'ünï'];
    const { stdout, stderr, status } = sojourn([fixture('hello'), ...args]);
    expect({ stdout, stderr, status }).toEqual({
      stdout: ['Hello from a riscv64 program', ...args, ''].join('\n'),
      stderr: '',
      status: 0,
    });
  });

  test('-- ends our options', () => {
    expect(sojourn(['--', fixture('true'), '5']).status).toBe(5);
  });

  test('-0 is argv[0]', () => {
    expect(sojourn(['-0', '/some/other', fixture('args')]).stdout).toContain('argv: other\n');
  });

  test('-E sets and -U removes variables', () => {
    const env = { FIXTURE_A: 'a', FIXTURE_B: 'b', FIXTURE_C: 'c' };
    const { stdout } = sojourn(['-U', 'FIXTURE_A', '-E', 'FIXTURE_B=x=y', fixture('args')], { env });
    expect(stdout.match(/^env: .*$/gm)).toEqual(['env: FIXTURE_B=x=y', 'env: FIXTURE_C=c']);
  });

  test('options come from the environment, in our name or qemu’s', () => {
    const sysroot = join(FIXTURES, 'bin/sysroot-riscv64');
    for (const name of ['SOJOURN_LD_PREFIX', 'QEMU_LD_PREFIX']) {
      const { stdout, status } = sojourn([fixture('hello-dynamic')], { env: { [name]: sysroot } });
      expect({ stdout, status }).toEqual({ stdout: expect.stringContaining('Hello from'), status: 0 });
    }
  });

  test('--version and --help', () => {
    expect(sojourn(['--version']).stdout).toMatch(/^sojourn \d+\.\d+\.\d+/);
    const help = sojourn(['--help']);
    expect(help.status).toBe(0);
    for (const option of ['-L', '-E', '-U', '-0', '-s', 'strace', '-d', '-D', '--engine', '--stats']) {
      expect(help.stdout).toContain(option);
    }
  });

  test.each([[['--nonsense', 'x']], [['--engine', 'warp', 'x']], [['-s', 'huge', 'x']], [['-L']], [[]]])(
    'a wrong command line is refused in few words: %j',
    (args) => {
      const { status, stderr, stdout } = sojourn(args);
      expect({ status: status !== 0, stdout }).toEqual({ status: true, stdout: '' });
      expect(stderr).not.toMatch(/^\s+at /m);
      expect(stderr).not.toBe('');
    },
  );
});

describe('programs that cannot be run', () => {
  function refused(path: string): { status: number | null; lines: number; trace: boolean } {
    const { status, stderr, stdout } = sojourn([path]);
    expect(stdout).toBe('');
    return { status, lines: stderr.trimEnd().split('\n').length, trace: /^\s+at /m.test(stderr) };
  }

  test('127 when it is not there', () => {
    expect(refused(join(scratch, 'missing'))).toEqual({ status: 127, lines: 1, trace: false });
  });

  test('126 for a directory, text, an empty file, another machine', () => {
    for (const path of [scratch, make('text', 'just text\n'), make('empty', ''), process.execPath]) {
      expect([path, refused(path)]).toEqual([path, { status: 126, lines: 1, trace: false }]);
    }
  });

  test('126 for a program cut short at any place that matters', () => {
    for (const length of [4, 16, 40, 63, 64, 100, 120, 200]) {
      const path = join(scratch, `cut-${length}`);
      copyFileSync(fixture('hello'), path);
      truncateSync(path, length);
      expect([length, refused(path)]).toEqual([length, { status: 126, lines: 1, trace: false }]);
    }
  });

  test('127 when the interpreter is missing, and its name is told', () => {
    const { status, stderr } = sojourn([fixture('hello-dynamic')]);
    expect(status).toBe(127);
    expect(stderr).toContain('/lib/ld-fixture.so');
  });
});

test('a script runs under its interpreter', () => {
  const script = make('script', `#!${fixture('hello')} one argument\nnothing\n`);
  expect(sojourn([script, 'more']).stdout).toBe(
    `Hello from a riscv64 program\none argument\n${script}\nmore\n`,
  );
});

describe('tracing', () => {
  test('-strace prints calls with arguments and results on standard error', () => {
    const { stdout, stderr } = sojourn(['-strace', fixture('hello')]);
    expect(stdout).toBe('Hello from a riscv64 program\n');
    expect(stderr).toMatch(/write\(1, ?"Hello from a riscv64 program\\n", ?29\) = 29\n/);
    expect(stderr).toMatch(/exit_group\(0\)/);
  });

  test('--stats says what the run cost', () => {
    const { stderr, stdout } = sojourn(['--stats', fixture('hello')]);
    expect(stdout).toBe('Hello from a riscv64 program\n');
    expect(stderr).toMatch(/^instructions\s+[1-9]/m);
    expect(stderr).toMatch(/^system calls\s+2$/m);
  });

  test('-d in_asm writes the guest’s instructions to the file of -D', () => {
    const log = join(scratch, 'log');
    const { stdout, stderr } = sojourn(['-d', 'in_asm', '-D', log, fixture('hello')]);
    expect({ stdout, stderr }).toEqual({ stdout: 'Hello from a riscv64 program\n', stderr: '' });
  });
});

describe('the end', () => {
  test('a fatal signal is reported with pc and registers', () => {
    const { stderr, signal } = sojourn([fixture('die'), 'segv']);
    expect(signal).toBe('SIGSEGV');
    expect(stderr).toContain('SIGSEGV');
    expect(stderr).toMatch(/1230/);
    expect(stderr).toMatch(/\bpc\b/);
    expect(stderr).toMatch(/\bsp\b/);
  });

  test('SIGTERM from outside ends a guest that computes', async () => {
    const child = spawn(process.execPath, [join(ROOT, 'bin/sojourn.js'), fixture('die'), 'loop'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = new Promise((resolve) => {
      child.on('close', (_status, signal) => {
        resolve(signal);
      });
    });
    await new Promise((resolve) => {
      child.stdout.once('data', resolve);
    });
    child.kill('SIGTERM');
    expect(await ended).toBe('SIGTERM');
  });

  test('a closed standard output is the guest’s SIGPIPE', () => {
    const command = `("$0" "$1" "$2"; echo $? >&2) | true`;
    const { stderr } = spawnSync('sh', [
      '-c',
      command,
      process.execPath,
      join(ROOT, 'bin/sojourn.js'),
      fixture('kernels'),
    ]);
    expect(stderr.toString()).toMatch(/^141$/m); // 128 + SIGPIPE, as a shell tells it
  });
});
