import { describe, expect, test } from '@jest/globals';
import { ABIS, type Abi, ARM, RISCV64 } from '../../../src/abi/abi.js';
import { AUXV } from '../../../src/abi/auxv.js';
import { E2BIG, EACCES, ELIBBAD, ELOOP, ENOENT, ENOEXEC } from '../../../src/abi/errno.js';
import { type ExecEnvironment, type Installed, installExec, prepareExec } from '../../../src/loader/exec.js';
import { LoadError } from '../../../src/loader/load-error.js';
import { GUEST_END, PAGE_SIZE, PIE_BASE, STACK_TOP } from '../../../src/mmap/layout.js';
import { GuestMemory } from '../../../src/mmap/memory.js';
import { AddressSpace } from '../../../src/mmap/space.js';
import { fixture, makeElf, memoryPort, PT, type TestSegment, text } from './helpers.js';

const ENV: ExecEnvironment = {
  envp: ['A=1', 'LANG=C'],
  uid: 1000,
  euid: 1001,
  gid: 1002,
  egid: 1003,
  secure: false,
  random: Uint8Array.from({ length: 16 }, (_, i) => i + 1),
  stackLimit: 8 << 20,
};

function newSpace(): AddressSpace {
  return new AddressSpace(new GuestMemory());
}

function word(space: AddressSpace, abi: Abi, at: number): number {
  const bytes = space.copyIn(at, abi.wordSize) ?? new Uint8Array(8);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return abi.wordSize === 4
    ? view.getUint32(0, abi.littleEndian)
    : Number(view.getBigUint64(0, abi.littleEndian));
}

function cstring(space: AddressSpace, at: number): string {
  const bytes = space.readCString(at, 4096);
  return typeof bytes === 'number' ? `fault ${bytes}` : Buffer.from(bytes).toString('latin1');
}

/** Reads argc, argv, envp and auxv from the stack as a C start-up file would. */
function readStack(
  space: AddressSpace,
  { abi, sp }: Installed,
): {
  argv: string[];
  envp: string[];
  auxv: Map<number, number>;
} {
  let at = sp;
  const next = (): number => word(space, abi, (at += abi.wordSize) - abi.wordSize);
  const argc = next();
  const list = (): string[] => {
    const out: string[] = [];
    for (let p = next(); p !== 0; p = next()) out.push(cstring(space, p));
    return out;
  };
  const argv = list();
  expect(argv).toHaveLength(argc);
  const envp = list();
  const auxv = new Map<number, number>();
  for (let type = next(); type !== 0; type = next()) auxv.set(type, next());
  return { argv, envp, auxv };
}

function errnoOf(work: () => unknown): number {
  try {
    work();
  } catch (error) {
    if (error instanceof LoadError) return error.errno;
    throw error;
  }
  return 0;
}

describe.each(ABIS.map((abi) => [abi.name, abi] as const))('%s', (name, abi) => {
  test('static program: segments, stack, auxv', () => {
    const port = memoryPort({ '/bin/hello': fixture(`hello-${name}`) });
    const prepared = prepareExec(port, '/bin/hello', ['hello', 'x y', '']);
    const space = newSpace();
    const run = installExec(space, prepared, ENV);
    expect(run.sp % 16).toBe(0);
    expect(run.pc).toBe(prepared.image.entry);
    const { argv, envp, auxv } = readStack(space, run);
    expect(argv).toEqual(['hello', 'x y', '']);
    expect(envp).toEqual(ENV.envp);
    const aux = (type: keyof typeof AUXV): number | undefined => auxv.get(AUXV[type]);
    expect([aux('AT_UID'), aux('AT_EUID'), aux('AT_GID'), aux('AT_EGID')]).toEqual([1000, 1001, 1002, 1003]);
    expect([aux('AT_PAGESZ'), aux('AT_CLKTCK'), aux('AT_SECURE'), aux('AT_BASE')]).toEqual([4096, 100, 0, 0]);
    expect(aux('AT_ENTRY')).toBe(prepared.image.entry);
    expect(aux('AT_HWCAP')).toBe(abi.hwcap);
    expect(cstring(space, aux('AT_EXECFN') ?? 0)).toBe('/bin/hello');
    expect(space.copyIn(aux('AT_RANDOM') ?? 0, 16)).toEqual(ENV.random);
    expect(aux('AT_PLATFORM') === undefined ? undefined : cstring(space, aux('AT_PLATFORM') ?? 0)).toBe(
      abi.platform,
    );
    // The program headers are where AT_PHDR says.
    const table = space.copyIn(aux('AT_PHDR') ?? 0, prepared.image.phEntrySize) ?? new Uint8Array();
    expect([...table]).toEqual([
      ...fixture(`hello-${name}`).subarray(prepared.image.phOffset, prepared.image.phOffset + table.length),
    ]);
    const strings = Buffer.from(space.copyIn(run.argStart, run.envEnd - run.argStart) ?? []).toString(
      'latin1',
    );
    expect(strings).toBe('hello\0x y\0\0A=1\0LANG=C\0');
    prepared.close();
    space.clear();
    expect(port.handles.open).toBe(0);
  });

  test('position-independent program goes to PIE_BASE, .bss is clear', () => {
    const port = memoryPort({ '/bin/hello': fixture(`hello-pie-${name}`) });
    const prepared = prepareExec(port, '/bin/hello', ['hello']);
    const space = newSpace();
    const run = installExec(space, prepared, ENV);
    expect(run.main.bias).toBe(PIE_BASE);
    expect(run.pc).toBe(PIE_BASE + prepared.image.entry);
    expect(run.startBrk % PAGE_SIZE).toBe(0);
    expect(space.brk(0)).toBe(run.startBrk);
    for (const s of prepared.image.segments) {
      if (s.type !== 'load' || s.memSize === s.fileSize) continue;
      const bss = space.copyIn(PIE_BASE + s.vaddr + s.fileSize, s.memSize - s.fileSize);
      expect(bss?.every((b) => b === 0)).toBe(true);
    }
    prepared.close();
  });
});

const MAIN: TestSegment[] = [
  { type: PT.LOAD, flags: 5, offset: 0, vaddr: 0x10000, filesz: 0x1800, memsz: 0x1800, align: 0x1000 },
  { type: PT.LOAD, flags: 6, offset: 0x1800, vaddr: 0x12800, filesz: 0x100, memsz: 0x3000, align: 0x1000 },
];
const RV = { wordSize: 8, little: true, machine: 243, size: 0x3000 } as const;

describe('memory of an image', () => {
  test('protections, bytes and the cleared tail of the last file page', () => {
    const bytes = makeElf({ ...RV, segments: MAIN });
    const prepared = prepareExec(memoryPort({ '/a': bytes }), '/a', ['a']);
    const space = newSpace();
    installExec(space, prepared, ENV);
    expect([...(space.copyIn(0x11000, 0x800) ?? [])]).toEqual([...bytes.subarray(0x1000, 0x1800)]);
    expect([...(space.copyIn(0x12800, 0x100) ?? [])]).toEqual([...bytes.subarray(0x1800, 0x1900)]);
    expect(space.copyIn(0x12900, 0x2f00)?.every((b) => b === 0)).toBe(true);
    const maps = [...space.vmas()].filter((v) => v.start < PIE_BASE).map((v) => [v.start, v.end, v.prot]);
    expect(maps).toEqual([
      [0x10000, 0x12000, 5],
      [0x12000, 0x13000, 3],
      [0x13000, 0x16000, 3],
    ]);
  });

  test('a relocatable image keeps distances and leaves its holes unmapped', () => {
    const segments = MAIN.map((s, i) => ({ ...s, vaddr: s.vaddr - 0x10000 + i * 0x10000 }));
    const bytes = makeElf({ ...RV, type: 3, entry: 0, segments });
    const prepared = prepareExec(memoryPort({ '/a': bytes }), '/a', ['a']);
    const space = newSpace();
    installExec(space, prepared, ENV);
    expect(space.vmaAt(PIE_BASE + 0x1fff)?.prot).toBe(5);
    expect(space.vmaAt(PIE_BASE + 0x2000)).toBeUndefined();
    expect(space.vmaAt(PIE_BASE + 0x11fff)).toBeUndefined();
    expect(space.vmaAt(PIE_BASE + 0x12800)?.prot).toBe(3);
  });

  test('alignment of an interpreter', () => {
    const lib = makeElf({
      ...RV,
      type: 3,
      entry: 0x40,
      segments: [{ ...(MAIN[0] as TestSegment), vaddr: 0, align: 0x10000 }],
    });
    const interp: TestSegment = {
      ...(MAIN[0] as TestSegment),
      type: PT.INTERP,
      offset: 0x2000,
      filesz: 8,
      memsz: 8,
    };
    const main = makeElf({ ...RV, segments: [...MAIN, interp] });
    main.set(text('/lib/ld\0'), 0x2000);
    const port = memoryPort({ '/a': main, '/lib/ld': lib });
    const prepared = prepareExec(port, '/a', ['a']);
    const space = newSpace();
    const run = installExec(space, prepared, ENV);
    expect((run.interpreter?.bias ?? 1) % 0x10000).toBe(0);
    expect(run.pc).toBe((run.interpreter?.bias ?? 0) + 0x40);
    expect(readStack(space, run).auxv.get(AUXV.AT_BASE)).toBe(run.interpreter?.bias);
    prepared.close();
    space.clear();
    expect(port.handles.open).toBe(0);
  });

  test('a program linked at the first address that may be mapped', () => {
    const bytes = makeElf({ ...RV, segments: [{ ...(MAIN[0] as TestSegment), vaddr: 0x1000 }] });
    const space = newSpace();
    installExec(space, prepareExec(memoryPort({ '/a': bytes }), '/a', ['a']), ENV);
    expect(space.vmas()[0]?.start).toBe(0x1000);
  });

  test('addresses we cannot give', () => {
    for (const vaddr of [0, GUEST_END, 2 ** 40]) {
      const bytes = makeElf({ ...RV, segments: [{ ...(MAIN[0] as TestSegment), vaddr }] });
      const prepared = prepareExec(memoryPort({ '/a': bytes }), '/a', ['a']);
      expect(() => installExec(newSpace(), prepared, ENV)).toThrow(/outside the guest's address space/);
    }
    const bytes = makeElf({ ...RV, segments: [{ ...(MAIN[0] as TestSegment), vaddr: STACK_TOP - 0xf000 }] });
    const prepared = prepareExec(memoryPort({ '/a': bytes }), '/a', ['a']);
    expect(() => installExec(newSpace(), prepared, ENV)).toThrow(/place of the stack/);
  });

  test('too many arguments', () => {
    const prepare = (argv: string[]): number =>
      errnoOf(() =>
        installExec(
          newSpace(),
          prepareExec(memoryPort({ '/a': makeElf({ ...RV, segments: MAIN }) }), '/a', argv),
          ENV,
        ),
      );
    expect(prepare(['x'.repeat(131072)])).toBe(E2BIG);
    expect(prepare(['x'.repeat(131071)])).toBe(0);
    expect(prepare(Array.from({ length: 20 }, () => 'x'.repeat(131071)))).toBe(E2BIG);
  });

  test('executable stacks', () => {
    const stack = (flags: number): TestSegment => ({
      ...(MAIN[0] as TestSegment),
      type: PT.STACK,
      flags,
      filesz: 0,
    });
    const protOf = (machine: number, wordSize: 4 | 8, segments: TestSegment[]): number | undefined => {
      const bytes = makeElf({ ...RV, machine, wordSize, segments });
      const space = newSpace();
      installExec(space, prepareExec(memoryPort({ '/a': bytes }), '/a', ['a']), ENV);
      return space.vmaAt(STACK_TOP - 1)?.prot;
    };
    expect(protOf(243, 8, [...MAIN, stack(6)])).toBe(3);
    expect(protOf(243, 8, [...MAIN, stack(7)])).toBe(7);
    expect(protOf(243, 8, MAIN)).toBe(3);
    expect(protOf(40, 4, MAIN)).toBe(7);
  });
});

describe('scripts and interpreters', () => {
  const elf = makeElf({ ...RV, segments: MAIN });

  test('argv of a script', () => {
    const port = memoryPort({ '/s': text('#!/bin/sh -e -x\n'), '/bin/sh': elf });
    const prepared = prepareExec(port, '/s', ['s', 'one', 'two']);
    expect(prepared.argv).toEqual(['/bin/sh', '-e -x', '/s', 'one', 'two']);
    expect([prepared.exePath, prepared.execPath]).toEqual(['/bin/sh', '/s']);
  });

  test('a script of a script', () => {
    const port = memoryPort({ '/s': text('#!/t a\n'), '/t': text('#! /bin/sh\n'), '/bin/sh': elf });
    expect(prepareExec(port, '/s', ['s', 'x']).argv).toEqual(['/bin/sh', '/t', 'a', '/s', 'x']);
  });

  test.each([
    ['missing', {}, ENOENT],
    ['not executable', { '/s': -EACCES }, EACCES],
    ['empty', { '/s': text('') }, ENOEXEC],
    ['text', { '/s': text('echo hi\n') }, ENOEXEC],
    ['missing interpreter', { '/s': text('#!/nope\n') }, ENOENT],
    ['endless', { '/s': text('#!/s\n') }, ELOOP],
  ] as const)('%s', (_, files, errno) => {
    const port = memoryPort(files);
    expect(errnoOf(() => prepareExec(port, '/s', ['s']))).toBe(errno);
    expect(port.handles.open).toBe(0);
  });

  test('an ELF interpreter that cannot serve', () => {
    const interp: TestSegment = {
      ...(MAIN[0] as TestSegment),
      type: PT.INTERP,
      offset: 0x2000,
      filesz: 8,
      memsz: 8,
    };
    const main = makeElf({ ...RV, segments: [...MAIN, interp] });
    main.set(text('/lib/ld\0'), 0x2000);
    const arm = makeElf({ ...RV, machine: 40, wordSize: 4, segments: MAIN });
    const fail = (files: Record<string, Uint8Array>): number =>
      errnoOf(() => prepareExec(memoryPort({ '/a': main, ...files }), '/a', ['a']));
    expect(fail({})).toBe(ENOENT);
    expect(fail({ '/lib/ld': text('hi') })).toBe(ELIBBAD);
    expect(fail({ '/lib/ld': arm })).toBe(ELIBBAD);
    expect(fail({ '/lib/ld': elf })).toBe(0);
    main[0x2007] = 1;
    expect(fail({ '/lib/ld': elf })).toBe(ENOEXEC);
  });
});

describe('trampoline', () => {
  test('holds rt_sigreturn and cannot be written', () => {
    for (const [abi, name, first] of [
      [RISCV64, 'hello-riscv64', 0x08b0_0893],
      [ARM, 'hello-arm', 0xe3a0_7077],
    ] as const) {
      const space = newSpace();
      const run = installExec(space, prepareExec(memoryPort({ '/a': fixture(name) }), '/a', ['a']), ENV);
      const code = space.copyIn(run.trampoline, 4) ?? new Uint8Array(4);
      expect(new DataView(code.buffer, code.byteOffset).getUint32(0, true)).toBe(first);
      expect(space.vmaAt(run.trampoline)).toMatchObject({ prot: 5, name: '[vdso]' });
      expect(run.abi).toBe(abi);
    }
  });
});
