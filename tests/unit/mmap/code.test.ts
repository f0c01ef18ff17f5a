import { describe, expect, test } from '@jest/globals';
import {
  MADV_DONTNEED,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  MAP_SHARED,
  MREMAP_MAYMOVE,
} from '../../../src/mmap/flags.js';
import { FAULT_NONE, FAULT_SLOW } from '../../../src/mmap/layout.js';
import { GuestMemory } from '../../../src/mmap/memory.js';
import { THRASH_LIMIT } from '../../../src/mmap/code.js';
import type { AddressSpace } from '../../../src/mmap/space.js';
import { ANON, MemoryFile, P, load, newSpace, store } from './support.js';

const A = 0x2000_0000;
const B = 0x2100_0000;
const PAGE = A / P;

function executable(pages = 2): { space: AddressSpace; invalid: number[] } {
  const space = newSpace();
  const invalid: number[] = [];
  space.onCodeInvalid = (first, end) => {
    for (let page = first; page < end; page++) invalid.push(page - PAGE);
  };
  space.map({ addr: A, length: pages * P, prot: 7, flags: ANON | MAP_FIXED });
  for (let page = 0; page < pages; page++) {
    expect(space.fault(A + page * P, 4)).toBe(FAULT_NONE);
    space.markCode(PAGE + page);
  }
  return { space, invalid };
}

describe('pages with translated code', () => {
  test('a write invalidates once, then the page is fast until it is marked again', () => {
    const { space, invalid } = executable();
    expect(space.memory.perm[PAGE]).toBe(5);
    expect(store(space, A + 8, 1)).toBe(0);
    expect(store(space, A + 9, 1)).toBe(0);
    expect(invalid).toEqual([0]);
    expect(space.memory.perm[PAGE]).toBe(7);
    space.markCode(PAGE);
    expect(space.copyOut(A, Uint8Array.of(1, 2, 3))).toBe(true);
    expect(invalid).toEqual([0, 0]);
  });

  test('unmapping, dropping, moving and taking PROT_EXEC away invalidate; other protections do not', () => {
    const { space, invalid } = executable(4);
    space.protect(A, 4 * P, 5);
    space.protect(A, 4 * P, 7);
    expect(invalid).toEqual([]);
    space.protect(A, P, 3);
    expect(invalid).toEqual([0]);
    space.advise(A + P, P, MADV_DONTNEED);
    expect(invalid).toEqual([0, 1]);
    space.unmap(A + 2 * P, P);
    expect(invalid).toEqual([0, 1, 2]);
    const moved = space.remap(A + 3 * P, P, 2 * P, MREMAP_MAYMOVE);
    expect(moved).toBe(A + 3 * P);
    space.map({ addr: A + 5 * P, length: P, prot: 0, flags: ANON | MAP_FIXED });
    space.remap(A + 3 * P, 2 * P, 3 * P, MREMAP_MAYMOVE);
    expect(invalid).toEqual([0, 1, 2, 3]);
  });

  test('a page written too often goes slow, and then only writes to translated lines count', () => {
    const { space, invalid } = executable(1);
    for (let i = 0; i < THRASH_LIMIT; i++) {
      expect(space.fault(A + 2048, 2)).toBe(FAULT_NONE);
      space.markCode(PAGE, 0, 100);
    }
    expect(invalid.length).toBe(THRASH_LIMIT);
    expect(space.fault(A + 2048, 2)).toBe(FAULT_SLOW);
    space.slowWrite8(A + 2048, 7);
    space.slowWrite32(A + 128, 7);
    expect(space.copyOut(A + 2049, Uint8Array.of(8))).toBe(true);
    expect(invalid.length).toBe(THRASH_LIMIT);
    expect([load(space, A + 2048), load(space, A + 2049), load(space, A + 128)]).toEqual([7, 8, 7]);
    space.slowWrite32(A + 97, 7);
    expect(invalid.length).toBe(THRASH_LIMIT + 1);
    expect(space.fault(A, 2)).toBe(FAULT_SLOW);
    space.unmap(A, P);
    space.map({ addr: A, length: P, prot: 7, flags: ANON | MAP_FIXED });
    expect(space.fault(A, 2)).toBe(FAULT_NONE);
  });

  test('a write through another mapping of the object invalidates (W^X of a memfd)', () => {
    const space = newSpace();
    const invalid: number[] = [];
    space.onCodeInvalid = (first) => invalid.push(first);
    const file = new MemoryFile('memfd', P, () => 0x13);
    const flags = MAP_SHARED | MAP_FIXED;
    space.map({ addr: A, length: P, prot: 3, flags, file: file.backing() });
    space.map({ addr: B, length: P, prot: 5, flags, file: file.backing() });
    store(space, A, 0x93);
    for (let round = 1; round <= 3; round++) {
      expect(space.fault(B, 4)).toBe(FAULT_NONE);
      space.markCode(B / P);
      const { key } = space.codeKey(B / P);
      expect(store(space, A + 1, round)).toBe(0);
      expect(invalid.length).toBe(round);
      expect(space.fault(B, 4)).toBe(FAULT_NONE);
      expect(space.memory.u8[B + 1]).toBe(round);
      expect(space.codeKey(B / P).key === key).toBe(false);
    }
  });

  test('a file that changes under the mapping invalidates', () => {
    const space = newSpace();
    const invalid: number[] = [];
    space.onCodeInvalid = (first) => invalid.push(first);
    const file = new MemoryFile('lib', P);
    space.map({ addr: A, length: P, prot: 5, flags: MAP_PRIVATE | MAP_FIXED, file: file.backing() });
    space.fault(A, 4);
    space.markCode(PAGE);
    const { key } = space.codeKey(PAGE);
    file.put(10, Uint8Array.of(1, 2, 3));
    space.registry.refreshFile('lib', 10, 3);
    expect(invalid).toEqual([PAGE]);
    expect(space.codeKey(PAGE).key === key).toBe(false);
  });
});

test('pages are named after the file they were read from, not after what it has become since', () => {
  const space = newSpace();
  const file = new MemoryFile('program', 20 * P);
  space.map({ addr: A, length: 20 * P, prot: 5, flags: MAP_PRIVATE | MAP_FIXED, file: file.backing() });
  space.fault(A, 4);
  // Somebody else writes it; the page that is there still shows the old bytes.
  file.put(10, Uint8Array.of(1, 2, 3));
  expect(space.codeKey(PAGE).key).toBe('f:program:1:0');
  // With pages of both in the space, a version no longer says which bytes are meant.
  space.fault(A + 18 * P, 4);
  expect(space.codeKey(PAGE).key).toMatch(/^anon:/);
  expect(space.codeKey(PAGE + 18).key).toMatch(/^anon:/);
});

test('marking and naming fault the page in, so that nothing escapes', () => {
  const space = newSpace();
  const invalid: number[] = [];
  space.onCodeInvalid = (first) => invalid.push(first);
  space.map({ addr: A, length: P, prot: 7, flags: ANON | MAP_FIXED });
  const { key } = space.codeKey(PAGE);
  space.markCode(PAGE);
  expect(store(space, A, 1)).toBe(0);
  expect(invalid).toEqual([PAGE]);
  expect(space.codeKey(PAGE).key === key).toBe(false);
  space.markCode(PAGE);
  space.unmap(A, P);
  expect(invalid).toEqual([PAGE, PAGE]);
  space.markCode(PAGE);
  space.map({ addr: A, length: P, prot: 3, flags: ANON | MAP_FIXED });
  expect(store(space, A, 1)).toBe(0);
  expect(invalid.length).toBe(2);
});

test('shared memory has one name in all processes', () => {
  const parent = newSpace();
  parent.map({ addr: A, length: 2 * P, prot: 3, flags: MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED });
  parent.map({ addr: B, length: 2 * P, prot: 3, flags: ANON | MAP_FIXED });
  const child = parent.fork(new GuestMemory());
  const key = parent.sharedKey(A + P + 8);
  expect(key === undefined).toBe(false);
  const moved = child.remap(A, 2 * P, 3 * P, MREMAP_MAYMOVE);
  expect(child.sharedKey(moved + P)).toBe(key);
  expect(parent.sharedKey(A) === key).toBe(false);
  expect([parent.sharedKey(B), parent.sharedKey(2 ** 40)]).toEqual([undefined, undefined]);
});

describe('names of code pages', () => {
  test('unchanged file pages are named by the file, the same in every process', () => {
    const file = new MemoryFile('lib', 3 * P);
    const [one, two] = [newSpace(), newSpace()];
    one.map({ addr: A, length: 3 * P, prot: 7, flags: MAP_PRIVATE | MAP_FIXED, file: file.backing() });
    two.map({ addr: B, length: P, prot: 5, flags: MAP_PRIVATE | MAP_FIXED, file: file.backing(), offset: P });
    one.fault(A + P, 4);
    two.fault(B, 4);
    expect(one.codeKey(PAGE + 1)).toEqual(two.codeKey(B / P));
    expect(one.codeKey(PAGE + 1)).not.toEqual(one.codeKey(PAGE));
    const { key } = one.codeKey(PAGE + 1);
    store(one, A + P, 1);
    expect(one.codeKey(PAGE + 1).key === key).toBe(false);
  });

  test('a forked child has the names of the pages it copied', () => {
    const { space } = executable(2);
    const keys = [space.codeKey(PAGE), space.codeKey(PAGE + 1)];
    expect(keys[0]).not.toEqual(keys[1]);
    const child = space.fork(new GuestMemory());
    expect([child.codeKey(PAGE), child.codeKey(PAGE + 1)]).toEqual(keys);
    store(child, A, 1);
    expect(child.codeKey(PAGE)).not.toEqual(keys[0]);
    expect(space.codeKey(PAGE)).toEqual(keys[0]);
  });
});
