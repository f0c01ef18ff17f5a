/**
 * Every fixture program, on every guest architecture, in every engine mode, against the recorded answer (see
 * scripts/record-fixtures.mjs). FIXTURE_ARCHES, FIXTURE_ENGINES and FIXTURE_NAMES (comma-separated) narrow it.
 */
import { readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { FIXTURES, sojourn } from './run.js';

interface Case {
  name: string;
  title?: string;
  args: string[];
  env?: Record<string, string>;
  stdin?: string;
  /** Needs the program interpreter in bin/sysroot-ARCH. */
  sysroot?: boolean;
}

interface Recorded {
  stdout: string;
  status: number | null;
  signal: string | null;
}

/** Guest architectures that have a front end, and the engine modes there are. */
const ARCHES = ['riscv64', 'riscv32', 'aarch64'];
const ENGINES = ['closures', 'interp', 'wasm', 'tiered'];

function chosen(variable: string, all: readonly string[]): readonly string[] {
  return process.env[variable]?.split(',') ?? all;
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(join(FIXTURES, name), 'utf8'));
}

const names = chosen('FIXTURE_NAMES', []);
const cases = (read('cases.json') as Case[]).filter((row) => names.length === 0 || names.includes(row.name));
const expected = read('expected.json') as Record<string, Record<string, Recorded>>;

function title(row: Case): string {
  return row.title ?? [row.name, ...row.args].join(' ');
}

function sysroot(row: Case, arch: string): string[] {
  return row.sysroot === true ? ['-L', join(FIXTURES, `bin/sysroot-${arch}`)] : [];
}

const programs = chosen('FIXTURE_ARCHES', ARCHES).flatMap((arch) =>
  cases.flatMap((row) => {
    const program = join(FIXTURES, 'bin', `${row.name}-${arch}`);
    const want = expected[title(row)]?.['any'] ?? expected[title(row)]?.[arch];
    return existsSync(program) && want !== undefined
      ? [{ arch, title: title(row), row, command: [...sysroot(row, arch), program, ...row.args], want }]
      : [];
  }),
);

describe.each(chosen('FIXTURE_ENGINES', ENGINES))('engine %s', (engine) => {
  test.each(programs)('$arch $title', ({ row, command, want }) => {
    const { stdout, status, signal, stderr } = sojourn(['--engine', engine, ...command], row);
    expect({ stdout, status, signal }).toEqual({
      stdout: want.stdout,
      status: want.status,
      signal: want.signal,
    });
    // Only a program that dies has something to say on standard error: the report of its fatal signal.
    if (signal === null) expect(stderr).toBe('');
  });
});

describe('with -strace', () => {
  test.each(programs)('$arch $title', ({ row, command, want }) => {
    const { stdout, status, signal, stderr } = sojourn(['-strace', ...command], row);
    expect({ stdout, status, signal }).toEqual({
      stdout: want.stdout,
      status: want.status,
      signal: want.signal,
    });
    expect(stderr).toMatch(/^(\d+ )?\w+\(.*/m);
  });
});
