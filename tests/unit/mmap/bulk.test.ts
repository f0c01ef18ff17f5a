import { describe, expect, test } from '@jest/globals';
import { EFAULT, ENAMETOOLONG } from '../../../src/abi/errno.js';
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, MAP_SHARED } from '../../../src/mmap/flags.js';
import { GUEST_END } from '../../../src/mmap/layout.js';
import type { AddressSpace } from '../../../src/mmap/space.js';
import { ANON, MemoryFile, P, RW, load, newSpace, store } from './support.js';

const A = 0x2000_0000;
const B = 0x9000_0000;

function twoPages(addr = A, prot = RW): AddressSpace {
  const space = newSpace();
  space.map({ addr, length: 2 * P, prot, flags: ANON | MAP_FIXED });
  return space;
}

/** A range of two pages whose first page has only the slow path. */
function slowFirstPage(): AddressSpace {
  const space = twoPages();
  const flags = MAP_SHARED | MAP_FIXED;
  const file = new MemoryFile('f', P, () => 0);
  for (const addr of [A, B]) space.map({ addr, length: P, prot: RW, flags, file: file.backing() });
  load(space, B);
  store(space, A, 0);
  expect(space.memory.perm[A / P]).toBe(0);
  return space;
}

describe('wild pointers never throw and are never accessible', () => {
  const wild = [
    0,
    1,
    0xffff,
    A - 1,
    A + 2 * P,
    GUEST_END,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 32 + A,
    2 ** 53,
    2 ** 64 - P,
    -1,
    -P,
    NaN,
    Infinity,
  ];
  test.each(wild)('%d', (addr) => {
    const space = twoPages();
    for (const length of [1, 8, P, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 64, Infinity]) {
      expect(space.accessible(addr, length, 1)).toBe(addr === A - 1 ? 0 : 0);
      expect(space.window(addr, length, 1)).toBeUndefined();
      expect(space.copyIn(addr, length)).toBeUndefined();
      expect(space.zero(addr, length)).toBe(false);
    }
    expect(space.copyOut(addr, new Uint8Array(3))).toBe(false);
    expect(space.readCString(addr, 10)).toBe(-EFAULT);
    expect(space.fault(addr, 1)).toBe(2);
    expect(space.vmaAt(addr)).toBeUndefined();
    expect(typeof space.unmap(addr, P)).toBe('number');
    expect(typeof space.protect(addr, P, 1)).toBe('number');
    expect(typeof space.advise(addr, P, 4)).toBe('number');
    expect(typeof space.incore(addr, P)).toBe('number');
    expect(typeof space.sync(addr, P, 4)).toBe('number');
    expect(typeof space.lock(addr, P)).toBe('number');
    expect(typeof space.remap(addr, P, P, 0)).toBe('number');
  });

  test('lengths that wrap or are nonsense', () => {
    const space = twoPages();
    for (const length of [2 ** 32, 2 ** 32 + 1, 2 ** 63, Infinity]) {
      expect(space.accessible(A, length, 1)).toBe(2 * P);
      expect(space.copyIn(A, length)).toBeUndefined();
    }
    for (const length of [-1, -P, NaN]) {
      expect(space.accessible(A, length, 1)).toBe(0);
      expect(space.copyIn(A, length)).toBeUndefined();
      expect(space.zero(A, length)).toBe(false);
    }
  });
});

describe('accessible', () => {
  test('counts bytes up to the first that is not', () => {
    const space = twoPages();
    expect(space.accessible(A, 1, 2)).toBe(1);
    expect(space.accessible(A + P - 1, 2, 2)).toBe(2);
    expect(space.accessible(A + 2 * P - 3, 100, 2)).toBe(3);
    space.protect(A + P, P, 1);
    expect(space.accessible(A + P - 3, 100, 2)).toBe(3);
    expect(space.accessible(A + P - 3, 100, 1)).toBe(100);
    expect(space.accessible(A, 0, 1)).toBe(0);
  });
});

describe('copies and windows', () => {
  test('fast pages: in place, above 2 GiB too', () => {
    for (const addr of [A, B]) {
      const space = twoPages(addr);
      const window = space.window(addr + P - 2, 4, 2);
      window?.set([1, 2, 3, 4]);
      expect(space.copyIn(addr + P - 2, 4)).toEqual(Uint8Array.of(1, 2, 3, 4));
      expect(space.copyOut(addr + P - 1, Uint8Array.of(8, 9))).toBe(true);
      expect(space.copyIn(addr + P - 2, 4)).toEqual(Uint8Array.of(1, 8, 9, 4));
      expect(space.zero(addr + P, 1)).toBe(true);
      expect(load(space, addr + P)).toBe(0);
      expect(space.window(addr, 0, 1)?.length).toBe(0);
    }
  });

  test('copyOut writes all or nothing', () => {
    const space = twoPages();
    expect(space.copyOut(A + 2 * P - 2, Uint8Array.of(1, 2, 3))).toBe(false);
    expect(load(space, A + 2 * P - 2)).toBe(0);
    space.protect(A, P, 1);
    expect(space.copyOut(A, Uint8Array.of(1))).toBe(false);
  });

  test('slow pages have no window but can be copied', () => {
    const space = slowFirstPage();
    expect(space.window(A + P - 2, 4, 1)).toBeUndefined();
    expect(space.copyOut(A + P - 2, Uint8Array.of(1, 2, 3, 4))).toBe(true);
    expect(space.copyIn(A + P - 2, 4)).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect(load(space, B + P - 1)).toBe(2);
    expect(space.readCString(A + P - 2, 9)).toEqual(Uint8Array.of(1, 2, 3, 4));
  });

  test('copyOut records a page again that faulting in the next one flushed', () => {
    const space = newSpace();
    const file = new MemoryFile('f', 2 * P, () => 0);
    space.map({ addr: A, length: P, prot: RW, flags: MAP_SHARED | MAP_FIXED, file: file.backing() });
    const flags = MAP_PRIVATE | MAP_FIXED;
    space.map({ addr: A + P, length: P, prot: RW, flags, file: file.backing(), offset: P });
    store(space, A, 1);
    expect(space.copyOut(A + P - 1, Uint8Array.of(7, 8))).toBe(true);
    space.clear();
    expect([file.bytes[P - 1], file.bytes[P]]).toEqual([7, 0]);
  });
});

describe('readCString', () => {
  test('ends at NUL, across pages, and knows too long from unmapped', () => {
    const space = twoPages();
    const text = new TextEncoder().encode('hello world');
    space.copyOut(A + P - 5, text);
    expect(space.readCString(A + P - 5, 100)).toEqual(text);
    expect(space.readCString(A + P - 5, 12)).toEqual(text);
    expect(space.readCString(A + P - 5, 11)).toBe(-ENAMETOOLONG);
    expect(space.readCString(A + 10, 5)).toEqual(new Uint8Array(0));
    space.copyOut(A + 2 * P - 5, text.subarray(0, 5));
    expect(space.readCString(A + 2 * P - 5, 100)).toBe(-EFAULT);
    expect(space.readCString(A + 2 * P - 5, 5)).toBe(-ENAMETOOLONG);
  });
});

test('a page of shared anonymous memory can be read before anything was written', () => {
  const space = newSpace();
  space.map({ addr: A, length: P, prot: RW, flags: MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED });
  expect(space.copyIn(A, 3)).toEqual(new Uint8Array(3));
});
