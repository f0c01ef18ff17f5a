import { describe, expect, test } from '@jest/globals';
import { ABIS } from '../../../src/abi/abi.js';
import { parseElf } from '../../../src/loader/elf.js';
import { LoadError } from '../../../src/loader/load-error.js';
import { fixture, makeElf, MemoryFile, PT, type TestSegment, text } from './helpers.js';

const LOAD: TestSegment = {
  type: PT.LOAD,
  flags: 5,
  offset: 0,
  vaddr: 0x10000,
  filesz: 0x800,
  memsz: 0x900,
  align: 0x1000,
};

function parse(bytes: Uint8Array): ReturnType<typeof parseElf> {
  return parseElf(new MemoryFile('/x', bytes), bytes.subarray(0, 256));
}

function failure(bytes: Uint8Array): string {
  try {
    parse(bytes);
  } catch (error) {
    if (error instanceof LoadError) return error.message;
    throw error;
  }
  return 'loaded';
}

describe.each(ABIS.map((abi) => [abi.name, abi] as const))('%s', (name, abi) => {
  test('a made-up file', () => {
    const { wordSize, littleEndian: little, machine } = abi;
    const image = parse(
      makeElf({ wordSize, little, machine, size: 0x1000, segments: [LOAD], entry: 0x10040 }),
    );
    expect(image.abi).toBe(abi);
    expect(image.relocatable).toBe(false);
    expect(image.entry).toBe(0x10040);
    expect(image.segments).toEqual([
      {
        type: 'load',
        offset: 0,
        vaddr: 0x10000,
        fileSize: 0x800,
        memSize: 0x900,
        align: 0x1000,
        read: true,
        write: false,
        exec: true,
      },
    ]);
  });

  test('the hello fixtures', () => {
    const fixed = parse(fixture(`hello-${name}`));
    expect([fixed.abi, fixed.relocatable]).toEqual([abi, false]);
    const pie = parse(fixture(`hello-pie-${name}`));
    expect([pie.abi, pie.relocatable]).toEqual([abi, true]);
    expect(pie.segments.some((s) => s.type === 'stack' && !s.exec)).toBe(true);
  });
});

describe('refusals say why', () => {
  const base = { wordSize: 8, little: true, machine: 243, size: 0x1000 } as const;
  test.each([
    ['text', text('hello'), 'not an ELF file'],
    ['no bytes', text(''), 'not an ELF file'],
    ['only the magic', text('\x7fELF'), 'truncated ELF header'],
    ['another class', text('\x7fELF\x03\x01\x01'.padEnd(64, '\0')), 'unknown ELF class 3'],
    ['another order', text('\x7fELF\x02\x07\x01'.padEnd(64, '\0')), 'unknown ELF byte order 7'],
    ['half a header', makeElf({ ...base, segments: [LOAD] }).subarray(0, 40), 'truncated ELF header'],
    ['half a table', makeElf({ ...base, segments: [LOAD] }).subarray(0, 100), 'truncated: program headers'],
    [
      'half a segment',
      makeElf({ ...base, segments: [LOAD] }).subarray(0, 0x700),
      'truncated: program header 0 needs',
    ],
    ['an x86-64 program', makeElf({ ...base, machine: 62, segments: [LOAD] }), 'wrong architecture: 64-bit'],
    [
      'big-endian RISC-V',
      makeElf({ ...base, little: false, segments: [LOAD] }),
      'wrong architecture: 64-bit big',
    ],
    ['an object file', makeElf({ ...base, type: 1, segments: [LOAD] }), 'not an executable (ELF type rel)'],
    [
      'an unknown type',
      makeElf({ ...base, type: 0xfe00, segments: [LOAD] }),
      'not an executable (ELF type unknown)',
    ],
    ['no program headers', makeElf({ ...base, segments: [] }), 'no program headers'],
    ['nothing to load', makeElf({ ...base, segments: [{ ...LOAD, type: PT.TLS }] }), 'nothing to load'],
    [
      'filesz > memsz',
      makeElf({ ...base, segments: [{ ...LOAD, memsz: 1 }] }),
      'larger in the file than in memory',
    ],
    ['unaligned', makeElf({ ...base, segments: [{ ...LOAD, offset: 1 }] }), 'not aligned to pages'],
    ['far away', makeElf({ ...base, segments: [{ ...LOAD, vaddr: 2 ** 50 }] }), 'outside the address space'],
    ['huge', makeElf({ ...base, segments: [{ ...LOAD, memsz: 2 ** 52 }] }), 'outside the address space'],
    [
      'entry',
      makeElf({ ...base, entry: 2 ** 51, segments: [LOAD] }),
      'entry point outside the address space',
    ],
  ])('%s', (_, bytes, message) => {
    expect(failure(bytes)).toContain(message);
  });
});
