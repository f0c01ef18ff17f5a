import { describe, expect, test } from '@jest/globals';
import { EFAULT, EINVAL, ENOMEM, EPERM } from '../../../src/abi/errno.js';
import {
  MADV_COLD,
  MADV_DONTFORK,
  MADV_DONTNEED,
  MADV_DONTNEED_LOCKED,
  MADV_FREE,
  MADV_HUGEPAGE,
  MADV_NOHUGEPAGE,
  MADV_POPULATE_READ,
  MADV_POPULATE_WRITE,
  MADV_WILLNEED,
  MADV_WIPEONFORK,
  MAP_FIXED,
  MAP_LOCKED,
  MAP_PRIVATE,
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
} from '../../../src/mmap/flags.js';
import { GuestMemory, MemoryPool } from '../../../src/mmap/memory.js';
import { AddressSpace } from '../../../src/mmap/space.js';
import { ANON, MemoryFile, P, RW, load, maps, newSpace, store } from './support.js';

const A = 0x2000_0000;
const FIXED = ANON | MAP_FIXED;

/** `pages` pages at A, each with its number + 1 in its first byte. */
function numbered(pages: number, flags = FIXED): AddressSpace {
  const space = newSpace();
  space.map({ addr: A, length: pages * P, prot: RW, flags });
  for (let page = 0; page < pages; page++) store(space, A + page * P, page + 1);
  return space;
}

const numbers = (space: AddressSpace, addr: number, pages: number): number[] =>
  Array.from({ length: pages }, (_, page) => load(space, addr + page * P));

describe('mremap', () => {
  test('arguments', () => {
    const space = numbered(4);
    const bad: [number, number, number, number, number, number][] = [
      [A, P, P, 8, 0, -EINVAL],
      [A, P, P, MREMAP_FIXED, A + 8 * P, -EINVAL],
      [A, P, P, MREMAP_DONTUNMAP, 0, -EINVAL],
      [A, P, 2 * P, MREMAP_DONTUNMAP | MREMAP_MAYMOVE, 0, -EINVAL],
      [A + 1, P, P, 0, 0, -EINVAL],
      [A, P, 0, 0, 0, -EINVAL],
      [A, 0, P, MREMAP_MAYMOVE, 0, -EINVAL],
      [A, P, P, MREMAP_MAYMOVE | MREMAP_FIXED, A + 8 * P + 1, -EINVAL],
      [A, 2 * P, 2 * P, MREMAP_MAYMOVE | MREMAP_FIXED, A + P, -EINVAL],
      [A + 4 * P, P, P, 0, 0, -EFAULT],
      [A, 5 * P, 6 * P, MREMAP_MAYMOVE, 0, -EFAULT],
      [A, P, 2 * P, 0, 0, -ENOMEM],
      [A, 4 * P, 2 ** 32, MREMAP_MAYMOVE, 0, -ENOMEM],
      [2 ** 40, P, P, 0, 0, -EFAULT],
    ];
    for (const [addr, old, length, flags, target, expected] of bad) {
      expect(space.remap(addr, old, length, flags, target)).toBe(expected);
    }
    expect(numbers(space, A, 4)).toEqual([1, 2, 3, 4]);
  });

  test('shrinks and grows in place', () => {
    const space = numbered(4);
    expect(space.remap(A, 4 * P, 2 * P, 0)).toBe(A);
    expect(space.remap(A, 2 * P, 6 * P, 0)).toBe(A);
    expect(numbers(space, A, 6)).toEqual([1, 2, 0, 0, 0, 0]);
    expect(maps(space, A)).toEqual(['0-6 rw-p']);
  });

  test('moves when it must, with contents; the old place is unmapped', () => {
    const space = numbered(4);
    const moved = space.remap(A + P, 2 * P, 3 * P, MREMAP_MAYMOVE);
    expect(numbers(space, moved, 3)).toEqual([2, 3, 0]);
    expect(maps(space, A).slice(0, 2)).toEqual(['0-1 rw-p', '3-4 rw-p']);
    const fixed = A + 100 * P;
    expect(space.remap(moved, 3 * P, 2 * P, MREMAP_MAYMOVE | MREMAP_FIXED, fixed)).toBe(fixed);
    expect(numbers(space, fixed, 3)).toEqual([2, 3, -2]);
    expect(load(space, moved)).toBe(-2);
  });

  test('MREMAP_DONTUNMAP leaves an empty mapping behind', () => {
    const space = numbered(2);
    const moved = space.remap(A, 2 * P, 2 * P, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
    expect(numbers(space, moved, 2)).toEqual([1, 2]);
    expect(numbers(space, A, 2)).toEqual([0, 0]);
  });

  test('respects RLIMIT_AS', () => {
    const space = numbered(4);
    space.limits.as = 6 * P;
    expect(space.remap(A, 4 * P, 7 * P, MREMAP_MAYMOVE)).toBe(-ENOMEM);
    expect(space.remap(A, 4 * P, 6 * P, MREMAP_MAYMOVE)).toBe(A);
  });
});

describe('madvise', () => {
  test('arguments', () => {
    const space = numbered(2);
    expect(space.advise(A + 1, P, MADV_DONTNEED)).toBe(-EINVAL);
    expect(space.advise(A, P, 99)).toBe(-EINVAL);
    expect(space.advise(A, P, 100)).toBe(-EPERM);
    expect(space.advise(A, 0, MADV_DONTNEED)).toBe(0);
    expect(space.advise(A + P, 2 * P, MADV_WILLNEED)).toBe(-ENOMEM);
    for (const advice of [MADV_FREE, MADV_WILLNEED, MADV_COLD]) expect(space.advise(A, P, advice)).toBe(0);
    expect(numbers(space, A, 2)).toEqual([1, 2]);
  });

  test('MADV_DONTNEED drops what is mapped, also around holes', () => {
    const space = numbered(4);
    space.unmap(A + P, P);
    expect(space.advise(A, 3 * P, MADV_DONTNEED)).toBe(-ENOMEM);
    expect(numbers(space, A, 4)).toEqual([0, -2, 0, 4]);
    const locked = numbered(1, FIXED | MAP_LOCKED);
    expect(locked.advise(A, P, MADV_DONTNEED)).toBe(-EINVAL);
    expect(locked.advise(A, P, MADV_DONTNEED_LOCKED)).toBe(0);
    expect(load(locked, A)).toBe(0);
  });

  test('advice about huge pages splits and merges mappings', () => {
    const space = numbered(3);
    expect(space.advise(A + P, P, MADV_HUGEPAGE)).toBe(0);
    expect(maps(space, A).length).toBe(3);
    expect(space.advise(A, 3 * P, MADV_NOHUGEPAGE)).toBe(0);
    expect(maps(space, A).length).toBe(1);
  });

  test('MADV_POPULATE makes pages resident or says why not', () => {
    const space = newSpace();
    space.map({ addr: A, length: 20 * P, prot: 1, flags: FIXED });
    expect(space.advise(A, 20 * P, MADV_POPULATE_READ)).toBe(0);
    expect(space.rss).toBe(20 * P);
    expect(space.advise(A, P, MADV_POPULATE_WRITE)).toBe(-EINVAL);
    expect(space.advise(A, 21 * P, MADV_POPULATE_READ)).toBe(-ENOMEM);
    space.protect(A, P, 2);
    expect(space.advise(A, P, MADV_POPULATE_READ)).toBe(-EINVAL);
    expect(space.advise(A, P, MADV_POPULATE_WRITE)).toBe(0);
    const file = new MemoryFile('f', P);
    space.map({ addr: A, length: 2 * P, prot: 1, flags: MAP_PRIVATE | MAP_FIXED, file: file.backing() });
    expect(space.advise(A, 2 * P, MADV_POPULATE_READ)).toBe(-EFAULT);
  });
});

describe('mincore and counters', () => {
  test('resident pages', () => {
    const space = newSpace();
    space.map({ addr: A, length: 64 * P, prot: RW, flags: FIXED });
    store(space, A + 40 * P, 1);
    expect(space.incore(A + 39 * P, 3 * P)).toEqual(Uint8Array.of(0, 1, 0));
    expect(space.rss).toBe(P);
    // The neighbour of a present page brings its window in.
    store(space, A + 41 * P, 1);
    expect(space.rss).toBe(16 * P);
    expect(space.stats.minorFaults).toBe(2);
    expect(space.incore(A + 1, P)).toBe(-EINVAL);
    expect(space.incore(A + 63 * P, 2 * P)).toBe(-ENOMEM);
    space.unmap(A, 64 * P);
    expect([space.rss, space.peakRss]).toEqual([0, 16 * P]);
  });
});

describe('fork', () => {
  test('both see the old contents, neither the new ones of the other', () => {
    const parent = numbered(3);
    parent.initBrk(0x1000_0000);
    parent.brk(0x1000_0000 + P);
    const child = parent.fork(new GuestMemory());
    store(parent, A, 50);
    store(child, A + P, 60);
    expect(numbers(parent, A, 3)).toEqual([50, 2, 3]);
    expect(numbers(child, A, 3)).toEqual([1, 60, 3]);
    expect(child.brk(0)).toBe(0x1000_0000 + P);
    expect(child.vmSize).toBe(parent.vmSize);
  });

  test('MADV_DONTFORK, MADV_WIPEONFORK, locks', () => {
    const parent = numbered(3, FIXED | MAP_LOCKED);
    expect(parent.advise(A, P, MADV_DONTFORK)).toBe(0);
    expect(parent.advise(A + P, P, MADV_WIPEONFORK)).toBe(0);
    const child = parent.fork(new GuestMemory());
    expect(numbers(child, A, 3)).toEqual([-2, 0, 3]);
    expect([parent.lockedSize, child.lockedSize]).toEqual([3 * P, 0]);
  });

  test('unchanged file pages are read again, changed ones copied', () => {
    const parent = newSpace();
    const file = new MemoryFile('f', 2 * P);
    parent.map({ addr: A, length: 2 * P, prot: RW, flags: MAP_PRIVATE | MAP_FIXED, file: file.backing() });
    store(parent, A + 1, 99);
    const child = parent.fork(new GuestMemory());
    expect(child.rss).toBe(P);
    expect([load(child, A + 1), load(child, A + P + 1)]).toEqual([99, file.bytes[P + 1]]);
    parent.clear();
    expect(load(child, A + P)).toBe(file.bytes[P]);
  });
});

describe('the pool of memories', () => {
  test('a recycled memory has no rights and reads as zeros', () => {
    const pool = new MemoryPool(1);
    const memory = pool.take();
    const first = new AddressSpace(memory);
    first.map({ addr: A, length: 300 * P, prot: 7, flags: FIXED });
    for (let page = 0; page < 300; page++) store(first, A + page * P + 77, 1);
    expect(memory.usedBytes).toBe(304 * P - 4 * P);
    pool.give(memory);
    expect(pool.take()).toBe(memory);
    expect(Math.max(...memory.perm.subarray(A / P, A / P + 400))).toBe(0);
    const second = new AddressSpace(memory);
    second.map({ addr: A, length: 300 * P, prot: RW, flags: FIXED });
    for (let page = 0; page < 300; page++) expect(load(second, A + page * P + 77)).toBe(0);
  });

  test('keeps no more and no larger memories than told', () => {
    const pool = new MemoryPool(1, 10 * P);
    const large = new GuestMemory();
    const space = new AddressSpace(large);
    space.map({ addr: A, length: 16 * P, prot: RW, flags: FIXED });
    expect(space.copyOut(A, new Uint8Array(16 * P))).toBe(true);
    pool.give(large);
    const small = new GuestMemory();
    pool.give(small);
    pool.give(new GuestMemory());
    expect(pool.take()).toBe(small);
    expect(pool.take()).not.toBe(large);
  });
});
