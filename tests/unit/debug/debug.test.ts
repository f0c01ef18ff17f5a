import { describe, expect, test } from '@jest/globals';
import { AARCH64, type Abi, ARM, RISCV32, RISCV64 } from '../../../src/abi/abi.js';
import { SLOT_TEMP, SLOT_V, SLOT_X, WORD_PC } from '../../../src/cpu/layout.js';
import { backtrace, type StackSource } from '../../../src/debug/backtrace.js';
import { blockText, slotName } from '../../../src/debug/ir-text.js';
import { LOG_ITEMS, logItemsHelp, parseLogItems } from '../../../src/debug/log-items.js';
import { memoryMap } from '../../../src/debug/memory-map.js';
import { registerDump } from '../../../src/debug/registers.js';
import { statisticsText } from '../../../src/debug/statistics.js';
import { Symbolizer } from '../../../src/debug/symbolizer.js';
import { disassembleRange } from '../../../src/debug/trace-log.js';
import type { FileBacking, VmaInfo } from '../../../src/mmap/file-backing.js';
import { BlockBuilder } from '../../../src/translate/ir/builder.js';
import { RiscvFrontEnd } from '../../../src/translate/isa/riscv/front-end.js';
import { MemoryFile, text } from '../loader/helpers.js';

const vma = (
  start: number,
  end: number,
  prot: number,
  name = '',
  file?: FileBacking,
  offset = 0,
): VmaInfo => ({
  start,
  end,
  prot,
  flags: 2,
  offset,
  file,
  name,
});

describe('registers', () => {
  const block = new Int32Array(4096);
  block[WORD_PC] = 0x1234;
  block[(SLOT_X + 2) * 2] = -16;
  block[(SLOT_X + 2) * 2 + 1] = 1;

  test('64-bit words, without the zero register', () => {
    const dump = registerDump(RISCV64, block);
    expect(dump).toContain('pc 0000000000001234');
    expect(dump).toContain('sp 00000001fffffff0');
    expect(dump).not.toContain('zero');
    expect(dump.match(/[0-9a-f]{16}/g)).toHaveLength(32);
  });

  test('32-bit words', () => {
    expect(registerDump(RISCV32, block)).toContain('sp fffffff0');
    expect(registerDump(ARM, block).match(/\bpc\b/g)).toHaveLength(1);
  });
});

describe('memory map', () => {
  test('is that of /proc/self/maps', () => {
    const file = new MemoryFile('/bin/x', text(''));
    const map = memoryMap([
      vma(0x10000, 0x12000, 5, '', file, 0x1000),
      vma(0x7fff0000, 0x7ffff000, 3, '[stack]'),
      { ...vma(0x20000, 0x21000, 1), flags: 1 },
    ]);
    expect(map).toBe(
      '  00010000-00012000 r-xp 00001000 /bin/x\n  7fff0000-7ffff000 rw-p 00000000 [stack]\n  00020000-00021000 r--s 00000000\n',
    );
  });
});

describe('backtrace', () => {
  const code = [vma(0x10000, 0x20000, 5), vma(0x70000, 0x80000, 3)];
  const source = (words: Record<number, number>): StackSource => ({
    readWord: (addr) => words[addr],
    vmaAt: (addr) => code.find((v) => addr >= v.start && addr < v.end),
  });

  // Two frames: the function was called from 0x10100 by one that was called from 0x10200.
  test.each<[Abi, Record<number, number>]>([
    [RISCV64, { 0x70ff0: 0x71100, 0x70ff8: 0x10100, 0x710f0: 0, 0x710f8: 0x10200 }],
    [RISCV32, { 0x70ff8: 0x71100, 0x70ffc: 0x10100, 0x710f8: 0, 0x710fc: 0x10200 }],
    [AARCH64, { 0x71000: 0x71100, 0x71008: 0x10100, 0x71100: 0, 0x71108: 0x10200 }],
    [ARM, { 0x70ffc: 0x71100, 0x71000: 0x10100, 0x710fc: 0, 0x71100: 0x10200 }],
  ])('$name', (abi, words) => {
    expect(backtrace(abi, source(words), 0x10010, 0x10100, 0x71000)).toEqual([0x10010, 0x10100, 0x10200]);
    // A leaf has its return address only in the link register.
    expect(backtrace(abi, source(words), 0x10010, 0x10300, 0x71000)).toEqual([
      0x10010, 0x10300, 0x10100, 0x10200,
    ]);
  });

  test('a RISC-V leaf has only its caller’s frame pointer', () => {
    const words = { 0x71018: 0x71100, 0x710f0: 0, 0x710f8: 0x10200 };
    expect(backtrace(RISCV64, source(words), 0x10010, 0x10100, 0x71020)).toEqual([0x10010, 0x10100, 0x10200]);
  });

  test('stops at nonsense', () => {
    expect(backtrace(RISCV64, source({}), 0x10010, 0, 0x71000)).toEqual([0x10010]);
    expect(backtrace(RISCV64, source({}), 0, 0, 0x71001)).toEqual([0]);
    // A frame that points at itself, and one into data.
    expect(backtrace(AARCH64, source({ 0x71000: 0x71000, 0x71008: 0x10100 }), 1, 0, 0x71000)).toEqual([
      1, 0x10100,
    ]);
    expect(backtrace(AARCH64, source({ 0x71000: 0x71100, 0x71008: 0x70000 }), 1, 0, 0x71000)).toEqual([1]);
  });
});

describe('symbolizer', () => {
  test('names memory, files and nothing', () => {
    const file = new MemoryFile('/lib/x.so', text('no symbols'));
    const areas = [
      vma(0x1000, 0x2000, 5, '', file, 0x4000),
      vma(0x3000, 0x4000, 3, '[heap]'),
      vma(0x5000, 0x6000, 3),
    ];
    const space = { vmaAt: (addr: number) => areas.find((v) => addr >= v.start && addr < v.end) };
    const symbolizer = new Symbolizer();
    expect([0x1010, 0x3000, 0x5000, 0x9000].map((at) => symbolizer.describe(space, at))).toEqual([
      '/lib/x.so+0x4010',
      '[heap]',
      undefined,
      undefined,
    ]);
    expect(symbolizer.name(space, 0x1010)).toBeUndefined();
  });
});

describe('log items', () => {
  test('lists, QEMU’s nochain, and mistakes', () => {
    expect(parseLogItems('in_asm,nochain, op')).toEqual({ items: new Set(['in_asm', 'op']), unknown: [] });
    expect(parseLogItems('foo,exec,toString').unknown).toEqual(['foo', 'toString']);
    for (const name of Object.keys(LOG_ITEMS)) expect(logItemsHelp()).toContain(`  ${name}`);
  });
});

/** addi sp,sp,-32; sd ra,24(sp); c.li a0,5; ecall */
const CODE = Uint8Array.of(
  0x13,
  0x01,
  0x01,
  0xfe,
  0x23,
  0x3c,
  0x11,
  0x00,
  0x15,
  0x45,
  0x73,
  0x00,
  0x00,
  0x00,
);
const reader = {
  half: (addr: number): number => {
    const at = addr - 0x1000;
    return at < 0 || at + 2 > CODE.length ? -1 : (CODE[at] as number) | ((CODE[at + 1] as number) << 8);
  },
};

describe('translation logs', () => {
  const frontEnd = new RiscvFrontEnd(64);

  test('instructions with their words', () => {
    expect(disassembleRange(frontEnd, reader, 0x1000, 0x100e)).toMatch(
      /^ {2}00001000: fe010113 {2}addi\s.*\n {2}00001004: 00113c23 {2}sd\s.*\n {2}00001008: 4515 {6}c\.li\s.*\n {2}0000100a: 00000073 {2}ecall\n$/,
    );
  });

  test('the intermediate representation', () => {
    const builder = new BlockBuilder();
    builder.begin(0x1000);
    frontEnd.translate(builder, 0x1000, reader);
    const lines = blockText(RISCV64, builder.finish()).split('\n');
    expect(lines[0]).toBe('  00001000');
    expect(lines[1]).toMatch(/^ {4}sp = \S+ sp, -0x20$/);
    expect(lines.find((line) => line.includes('[sp'))).toMatch(/store\S* \[sp \+ 24\], ra/);
    expect(lines.join('\n')).toMatch(/a0 = .*0x5/);
  });

  test('slots', () => {
    expect([SLOT_X + 10, SLOT_V, SLOT_V + 3, SLOT_TEMP + 1, 40].map((s) => slotName(RISCV64, s))).toEqual([
      'a0',
      'v0',
      'v1.hi',
      't1',
      'slot40',
    ]);
  });
});

describe('statistics', () => {
  const engine = {
    name: 'riscv64',
    instructions: 1_234_567,
    blocks: 10,
    translatedInstructions: 42,
    translateMs: 1.25,
    invalidations: 0,
    wasm: undefined,
  };
  const base = {
    wallMs: 100,
    engines: [engine],
    syscalls: 7,
    minorFaults: 3,
    majorFaults: 2,
    peakResident: 8192,
    processes: 1,
  };
  test('columns and rates', () => {
    const out = statisticsText(base);
    expect(out).toContain('1 234 567 (12.3 million/s)');
    expect(out).toMatch(/page faults +3 minor, 2 major/);
    expect(out).toMatch(/peak resident +8 KiB/);
    expect(out).not.toContain('wasm');
  });
  test('several engines are told apart', () => {
    const out = statisticsText({ ...base, engines: [engine, { ...engine, name: 'riscv32' }] });
    expect(out).toMatch(/riscv64 instructions/);
    expect(out).toMatch(/riscv32 instructions/);
  });
});
