import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type CommandLine,
  emptyCommandLine,
  fromEnvironment,
  guestEnvironment,
  parseAssignments,
  parseSize,
  UsageError,
} from '../../../src/cli/command-line.js';
import { parseFast } from '../../../src/cli/parse-fast.js';
import { parseFull } from '../../../src/cli/parse-full.js';

function fast(argv: string[]): CommandLine | undefined {
  const line = emptyCommandLine();
  return parseFast(argv, line) ? line : undefined;
}

async function full(argv: string[]): Promise<CommandLine> {
  const outcome = await parseFull(argv, emptyCommandLine());
  if ('text' in outcome) throw new Error(`printed ${outcome.text}`);
  return outcome.line;
}

describe('fast parser', () => {
  test('every option', () => {
    const argv =
      '-L /r -E A=1 -U B -0 zero -s 1M -strace -d in_asm,exec -D log --engine closures --cores 3 --stats --cpu max -r 5.10 -seed 0x10 -one-insn-per-tb -p 4096 -B 0 -R 1G prog'.split(
        ' ',
      );
    expect(fast(argv)).toMatchObject({
      sysroot: '/r',
      environment: [
        ['A', '1'],
        ['B', undefined],
      ],
      argv0: 'zero',
      stackSize: 1 << 20,
      strace: true,
      log: new Set(['in_asm', 'exec']),
      logFile: 'log',
      engine: 'closures',
      cores: 3,
      stats: true,
      cpu: 'max',
      release: '5.10',
      seed: 16,
      oneInstruction: true,
      program: 'prog',
      args: [],
    });
  });

  test.each([
    [
      ['--strace', './a.elf', '1e3', '007', '1', '-x', '--help', '--', 'y'],
      './a.elf',
      '1e3 007 1 -x --help -- y',
    ],
    [['prog', '-L', '/x'], 'prog', '-L /x'],
    [['--', '-prog', '-L'], '-prog', '-L'],
    [['-L', '-strace', 'prog', '--version'], 'prog', '--version'],
    [['-', 'x'], '-', 'x'],
  ])('guest arguments are untouched: %j', (argv, program, args) => {
    expect(fast(argv)).toMatchObject({ program, args: args.split(' ') });
  });

  test.each([
    [],
    ['--help'],
    ['-L'],
    ['-L', '/x'],
    ['--engine=wasm', 'p'],
    ['-d', 'help'],
    ['-X', 'p'],
    ['-L/x', 'p'],
  ])('leaves %j to yargs', (...argv) => {
    expect(fast(argv)).toBeUndefined();
  });
});

describe('yargs', () => {
  test.each([
    [
      ['--engine=wasm', '--stats', 'p', '--engine=x'],
      { engine: 'wasm', stats: true, program: 'p', args: ['--engine=x'] },
    ],
    [
      ['--strace', './a', '1e3', '007', '1', '-x', '--help', '--', 'y'],
      { args: '1e3 007 1 -x --help -- y'.split(' ') },
    ],
    [['-strace', '-cpu', 'max', 'p', '-strace'], { strace: true, cpu: 'max', args: ['-strace'] }],
    [
      ['-E', 'A=1', '-E', 'B=2,C=3', 'p'],
      {
        environment: [
          ['A', '1'],
          ['B', '2'],
          ['C', '3'],
        ],
      },
    ],
    [['-0', '007', '-s', '65536', 'p'], { argv0: '007', stackSize: 65536 }],
    [['-L', '0x10', 'p', '--', '-x'], { sysroot: '0x10', args: ['--', '-x'] }],
  ])('%j', async (argv, expected) => {
    expect(await full(argv)).toMatchObject(expected);
  });

  test.each([
    [['--help'], 'Options end at the program'],
    [['-h'], '--engine'],
    [['--version'], /^sojourn \d+\.\d+\.\d+\n$/],
    [['-version'], /^sojourn \d/],
    [['-d', 'help', 'p'], 'in_asm'],
    [['-d', 'help'], 'in_asm'],
    [['--cpu', 'help'], 'max'],
  ])('%j prints text', async (argv, expected) => {
    const outcome = await parseFull(argv, emptyCommandLine());
    expect('text' in outcome ? outcome.text : '').toMatch(expected);
  });

  test.each([
    [[], /no program/],
    [['-L'], /L/],
    [['--nope', 'p'], /nope/],
    [['--engine', 'jit', 'p'], /jit/],
    [['--cores', '0', 'p'], /cores out of range/],
    [['--cores', '2x', 'p'], /cores out of range/],
    [['-d', 'nonsense', 'p'], /nonsense/],
    [['-s', 'lots', 'p'], /lots/],
    [['-s', '1', 'p'], /range/],
    [['-E', 'novalue', 'p'], /NAME=VALUE/],
  ])('%j is a mistake', async (argv, message) => {
    await expect(parseFull(argv, emptyCommandLine())).rejects.toThrow(message);
    await expect(parseFull(argv, emptyCommandLine())).rejects.toBeInstanceOf(UsageError);
  });

  test('both parsers agree wherever the fast one answers', async () => {
    const word = fc.constantFrom(
      'a',
      '1',
      '007',
      '1e3',
      '-x',
      '--help',
      '--',
      'A=b',
      '/r',
      '-',
      'é',
      '--strace',
      '-L',
    );
    const option = fc.oneof(
      fc.constantFrom(
        ['-strace'],
        ['--strace'],
        ['--stats'],
        ['--engine', 'wasm'],
        ['--cores', '2'],
        ['-s', '1M'],
        ['-d', 'op'],
      ),
      fc
        .tuple(fc.constantFrom('-L', '-0', '-D', '--cpu'), fc.constantFrom('a', '/r', '007', '1e3', 'é'))
        .map((x) => [...x]),
      fc.tuple(fc.constant('-E'), fc.constantFrom('A=1', 'A=', 'B=x=y')).map((x) => [...x]),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(option, { maxLength: 4 }),
        fc.array(word, { maxLength: 4 }),
        async (options, rest) => {
          const argv = [...options.flat(), 'prog', ...rest];
          // Repeated single options: the last wins here, a list there; ordinary use has one.
          const names = options.map(([name]) => name).filter((name) => name !== '-E');
          fc.pre(new Set(names).size === names.length);
          expect(await full(argv)).toEqual(fast(argv));
        },
      ),
      { seed: 7, numRuns: 150 },
    );
  });
});

describe('values', () => {
  test('sizes', () => {
    expect([parseSize('65536'), parseSize('64k'), parseSize('8M'), parseSize('1G')]).toEqual([
      65536,
      65536,
      8 << 20,
      2 ** 30,
    ]);
    for (const bad of ['', 'x', '1T', '-5', '1.5M', '1', '2G'])
      expect(() => parseSize(bad)).toThrow(UsageError);
  });

  test('assignments split only where a comma begins another one', () => {
    expect(parseAssignments('A=1,2,B=3')).toEqual([
      ['A', '1,2'],
      ['B', '3'],
    ]);
    expect(parseAssignments('A==')).toEqual([['A', '=']]);
    expect(() => parseAssignments('=x')).toThrow(UsageError);
  });
});

describe('environment', () => {
  test('QEMU names work and ours win', () => {
    const line = fromEnvironment({
      QEMU_LD_PREFIX: '/q',
      SOJOURN_LD_PREFIX: '/s',
      QEMU_STRACE: '1',
      QEMU_SET_ENV: 'A=1,B=2',
      QEMU_UNSET_ENV: 'C',
      QEMU_CPU: 'max',
      QEMU_LOG: 'int',
      QEMU_STACK_SIZE: '1M',
      SOJOURN_ENGINE: 'wasm',
      SOJOURN_STATS: '1',
    });
    expect(line).toMatchObject({
      sysroot: '/s',
      strace: true,
      environment: [
        ['A', '1'],
        ['B', '2'],
        ['C', undefined],
      ],
      cpu: 'max',
      log: new Set(['int']),
      stackSize: 1 << 20,
      engine: 'wasm',
      stats: true,
    });
  });

  test('empty variables mean nothing', () => {
    expect(fromEnvironment({ QEMU_STRACE: '', SOJOURN_ENGINE: '', SOJOURN_STATS: '' })).toEqual(
      emptyCommandLine(),
    );
  });

  test('a wrong value is a usage error', () => {
    expect(() => fromEnvironment({ SOJOURN_ENGINE: 'x' })).toThrow(UsageError);
  });

  test('the guest gets ours with changes in order', () => {
    const changes = [
      ['A', '2'],
      ['B', undefined],
      ['C', '3'],
      ['C', undefined],
    ] as const;
    expect(guestEnvironment({ A: '1', B: '1', D: undefined, E: '5' }, [...changes])).toEqual({
      A: '2',
      E: '5',
    });
  });
});
