/** The command line as users meet it: failures, options, crash reports. Uses dist/. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { FIXTURES, sojourn } from './run.js';

const hello = join(FIXTURES, 'bin/hello-riscv64');
const die = join(FIXTURES, 'bin/die-riscv64');
const args = join(FIXTURES, 'bin/args-riscv64');
const dir = mkdtempSync(join(tmpdir(), 'sojourn-cli-'));

afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

function file(name: string, content: string | Uint8Array, mode = 0o755): string {
  const path = join(dir, name);
  writeFileSync(path, content, { mode });
  return path;
}

describe('what cannot run gets one line', () => {
  const elf = readFileSync(hello);
  const foreign = Buffer.from(elf);
  foreign.writeUInt16LE(62, 18);
  test.each([
    ['missing', join(dir, 'nope'), 127, 'No such file or directory'],
    ['a directory', dir, 126, 'Permission denied'],
    ['no execute bit', file('plain', elf, 0o644), 126, 'Permission denied'],
    ['text', file('text', 'hello\n'), 126, 'not an ELF file'],
    ['empty', file('empty', ''), 126, 'empty file'],
    ['truncated', file('cut', elf.subarray(0, 300)), 126, 'truncated'],
    ['another architecture', file('x86', foreign), 126, 'wrong architecture'],
    ['a script without its interpreter', file('s1', '#!/no/such/sh\n'), 127, 'interpreter /no/such/sh'],
    ['a script that is its own', file('s2', `#!${join(dir, 's2')}\n`), 126, 'too many levels'],
  ])('%s', (_, path, status, reason) => {
    const out = sojourn([path]);
    expect(out).toMatchObject({ stdout: '', status });
    expect(out.stderr).toContain(reason);
    expect(out.stderr).toMatch(/^sojourn: [^\n]+\n$/);
  });

  test.each([
    [['--nope', hello], 'nope'],
    [[], 'no program'],
    [['-s', 'x', hello], 'bad size'],
    [['-d', 'zzz', hello], 'zzz'],
  ])('usage: %j', (line, reason) => {
    const out = sojourn(line);
    expect(out).toMatchObject({ stdout: '', status: 2 });
    expect(out.stderr).toContain(reason);
    expect(out.stderr).toMatch(/^sojourn: [^\n]+\n$/);
  });
});

describe('options', () => {
  test('scripts run through a guest interpreter', () => {
    const script = file('script', `#!${args} one two\n`);
    const { stdout, status } = sojourn([script, 'three']);
    expect(status).toBe(0);
    for (const word of ['one two', script, 'three']) expect(stdout).toContain(word);
  });

  test('-0, -E, -U reach the program', () => {
    const { stdout } = sojourn(['-0', 'zero', '-E', 'FIXTURE_ONE=1', '-U', 'FIXTURE_TWO', args, 'a'], {
      env: { FIXTURE_TWO: '2' },
    });
    expect(stdout).toContain('zero');
    expect(stdout).toContain('FIXTURE_ONE=1');
    expect(stdout).not.toContain('FIXTURE_TWO');
  });

  test('a sysroot resolves absolute links inside itself', () => {
    const root = join(dir, 'root');
    mkdirSync(join(root, 'usr/bin'), { recursive: true });
    writeFileSync(join(root, 'usr/bin/prog'), readFileSync(hello), { mode: 0o755 });
    symlinkSync('/usr/bin', join(root, 'bin'));
    symlinkSync('/bin/prog', join(root, 'usr/bin/alias'));
    expect(sojourn(['-L', root, '/bin/alias']).stdout).toContain('Hello');
    expect(sojourn(['/usr/bin/prog'], { env: { QEMU_LD_PREFIX: root } }).stdout).toContain('Hello');
  });

  test('-d with -D writes the log to a file only', () => {
    const log = join(dir, 'log');
    const out = sojourn(['-d', 'in_asm,op,exec,cpu,int,page', '-D', log, hello]);
    expect(out).toMatchObject({ status: 0, stderr: '' });
    const text = readFileSync(log, 'utf8');
    for (const part of ['IN: ', 'OP: ', 'Trace ', 'ecall', 'Memory map', '[stack]'])
      expect(text).toContain(part);
  });

  test('--stats and --strace go to standard error', () => {
    const out = sojourn(['--stats', '--strace', hello]);
    expect(out.stderr).toMatch(/exit_group\(0\)/);
    expect(out.stderr).toMatch(/instructions +[1-9]/);
    expect(out.stderr).toMatch(/system calls +[1-9]/);
  });

  test('--version and --help', () => {
    expect(sojourn(['--version'])).toMatchObject({ status: 0, stderr: '' });
    expect(sojourn(['--help']).stdout).toContain('-L');
  });
});

describe('CPU models', () => {
  test('an unknown one is refused', () => {
    const out = sojourn(['--cpu', 'cortex-a53', hello]);
    expect(out).toMatchObject({ status: 126, stdout: '' });
    expect(out.stderr).toContain('riscv64 has no CPU model cortex-a53');
  });
  test('a known one is taken', () => {
    expect(sojourn(['--cpu', 'max', hello]).status).toBe(0);
    expect(sojourn(['--cpu', 'cortex-a53', join(FIXTURES, 'bin/hello-aarch64')]).stdout).toContain('Hello');
  });
});

describe('crash reports', () => {
  test('a fault tells address, pc, registers, map', () => {
    const { stderr, signal } = sojourn([die, 'segv']);
    expect(signal).toBe('SIGSEGV');
    expect(stderr).toMatch(
      /^sojourn: die-riscv64\[\d+\]: SIGSEGV \(Segmentation fault\): cannot write 0x1230 \(SEGV_MAPERR\)\n/,
    );
    expect(stderr).toMatch(/\n {2}pc 0x[0-9a-f]+ .*die-riscv64\+0x[0-9a-f]+: c?\.?s[wd] /);
    expect(stderr).toMatch(/ a0 0000000000001230/);
    expect(stderr).toMatch(/memory map:\n(.*\n)*.*\[stack\]/);
  });

  test('a jump into nothing names the return address', () => {
    const { stderr } = sojourn([die, 'jump']);
    expect(stderr).toContain('cannot execute 0x4560');
    expect(stderr).toMatch(/#1 0x[0-9a-f]+ .*die-riscv64/);
  });

  test('a signal that dumps no core prints nothing', () => {
    expect(sojourn([die, 'kill', '15'])).toMatchObject({ stderr: '', signal: 'SIGTERM' });
  });
});
