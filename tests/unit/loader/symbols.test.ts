import { describe, expect, test } from '@jest/globals';
import { ABIS } from '../../../src/abi/abi.js';
import { parseElf } from '../../../src/loader/elf.js';
import { SymbolTable } from '../../../src/loader/symbols.js';
import { fixture, makeElf, MemoryFile, PT, text } from './helpers.js';

/** A file with a symbol table: functions f at 0x10100 (size 0x20), g inside it unsized, h at 0x10200 (size 8). */
function withSymbols(wordSize: 4 | 8, little: boolean, machine: number): Uint8Array {
  const load = {
    type: PT.LOAD,
    flags: 5,
    offset: 0,
    vaddr: 0x10000,
    filesz: 0x400,
    memsz: 0x400,
    align: 0x1000,
  };
  const bytes = makeElf({ wordSize, little, machine, size: 0x800, segments: [load] });
  const view = new DataView(bytes.buffer);
  const strings = text('\0f\0g\0h\0$x\0');
  bytes.set(strings, 0x400);
  const symbols: [number, number, number, number][] = [
    [0, 0, 0, 0],
    [1, 0x10100, 0x20, 2],
    [3, 0x10110, 0, 0],
    [5, 0x10200, 8, 2],
    [7, 0x10204, 0, 0],
  ];
  const word = (at: number, v: number): void => {
    if (wordSize === 4) view.setUint32(at, v, little);
    else view.setBigUint64(at, BigInt(v), little);
  };
  symbols.forEach(([name, value, size, type], i) => {
    const at = 0x440 + i * (wordSize === 4 ? 16 : 24);
    view.setUint32(at, name, little);
    const [info, section] = wordSize === 4 ? [at + 12, at + 14] : [at + 4, at + 6];
    view.setUint8(info, type);
    view.setUint16(section, i === 0 ? 0 : 1, little);
    word(at + (wordSize === 4 ? 4 : 8), value);
    word(at + (wordSize === 4 ? 8 : 16), size);
  });
  const sections = [
    [0, 0, 0, 0],
    [2, 0x440, symbols.length * (wordSize === 4 ? 16 : 24), 2],
    [3, 0x400, strings.length, 0],
  ];
  const size = wordSize === 4 ? 40 : 64;
  sections.forEach(([type = 0, offset = 0, bytesLong = 0, link = 0], i) => {
    const at = 0x600 + i * size;
    bytes.fill(0, at, at + size);
    view.setUint32(at + 4, type, little);
    word(at + (wordSize === 4 ? 16 : 24), offset);
    word(at + (wordSize === 4 ? 20 : 32), bytesLong);
    view.setUint32(at + (wordSize === 4 ? 24 : 40), link, little);
  });
  word(wordSize === 4 ? 32 : 40, 0x600);
  const counts = wordSize === 4 ? 46 : 58;
  [size, sections.length, 2].forEach((v, i) => view.setUint16(counts + i * 2, v, little));
  return bytes;
}

describe.each(ABIS.map((abi) => [abi.name, abi] as const))('%s', (_, { wordSize, littleEndian, machine }) => {
  const table = SymbolTable.load(new MemoryFile('/a', withSymbols(wordSize, littleEndian, machine)));
  test.each([
    [0x100ff, undefined],
    [0x10100, 'f+0'],
    [0x1010f, 'f+15'],
    [0x10110, 'g+0'],
    [0x1011f, 'g+15'],
    [0x10200, 'h+0'],
    [0x10207, 'h+7'],
    [0x20300, undefined],
  ])('%i', (address, expected) => {
    const hit = table?.find(address);
    expect(hit && `${hit.name}+${hit.offset}`).toBe(expected);
    // The same by file offset: vaddr - 0x10000.
    if (address < 0x10400) expect(table?.findByOffset(address - 0x10000)).toEqual(hit);
  });
});

describe('fixtures', () => {
  test.each(ABIS.map(({ name }) => name))('the entry point of hello-%s is _start or unnamed', (name) => {
    const bytes = fixture(`hello-${name}`);
    const image = parseElf(new MemoryFile('/a', bytes), bytes);
    const table = SymbolTable.load(new MemoryFile('/a', bytes));
    const hit = table?.find(image.entry - (image.entry % 2));
    expect([undefined, '_start']).toContain(hit?.name);
  });

  test('what has no symbols has no table', () => {
    expect(SymbolTable.load(new MemoryFile('/a', text('#!/bin/sh\n')))).toBeUndefined();
  });
});
