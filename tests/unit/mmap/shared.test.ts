import { describe, expect, test } from '@jest/globals';
import { EACCES, EBUSY, EINVAL, EIO, ENOMEM } from '../../../src/abi/errno.js';
import {
  MADV_DONTNEED,
  MADV_REMOVE,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_LOCKED,
  MAP_PRIVATE,
  MAP_SHARED,
  MREMAP_MAYMOVE,
  MS_ASYNC,
  MS_INVALIDATE,
  MS_SYNC,
} from '../../../src/mmap/flags.js';
import { FAULT_NONE, FAULT_SLOW } from '../../../src/mmap/layout.js';
import { GuestMemory } from '../../../src/mmap/memory.js';
import { ObjectRegistry } from '../../../src/mmap/space.js';
import type { AddressSpace } from '../../../src/mmap/space.js';
import { MemoryFile, P, RW, load, newSpace, store } from './support.js';

const A = 0x2000_0000;
const B = 0x2100_0000;

function mapFile(
  space: AddressSpace,
  addr: number,
  file: MemoryFile,
  prot = RW,
  flags = MAP_SHARED,
  offset = 0,
): void {
  const handle = file.backing();
  const length = Math.ceil(file.bytes.length / P) * P - offset;
  expect(space.map({ addr, length, prot, flags: flags | MAP_FIXED, file: handle, offset })).toBe(addr);
  handle.close();
}

function mapShared(space: AddressSpace, addr: number, pages: number): void {
  const flags = MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED;
  expect(space.map({ addr, length: pages * P, prot: RW, flags })).toBe(addr);
}

const perm = (space: AddressSpace, addr: number): number => space.memory.perm[addr >>> 12] as number;

describe('files are read lazily', () => {
  test('with read-around inside the mapping and the file; the rest of the last page is zero', () => {
    const space = newSpace();
    const file = new MemoryFile('f', 40 * P + 10);
    mapFile(space, A, file, RW, MAP_PRIVATE);
    space.map({
      addr: A + 41 * P,
      length: 4 * P,
      prot: RW,
      flags: MAP_PRIVATE | MAP_FIXED,
      file: file.backing(),
      offset: 41 * P,
    });
    expect(file.reads).toBe(0);
    expect(load(space, A + 5 * P + 3)).toBe(file.bytes[5 * P + 3]);
    expect(file.reads).toBe(1);
    expect(space.rss).toBe(16 * P);
    expect(load(space, A + 15 * P)).toBe(file.bytes[15 * P]);
    expect(file.reads).toBe(1);
    expect(load(space, A + 40 * P + 9)).toBe(file.bytes[40 * P + 9]);
    expect(load(space, A + 40 * P + 10)).toBe(0);
    expect(load(space, A + 41 * P)).toBe(-4);
    expect(store(space, A + 41 * P, 1)).toBe(-4);
    expect([space.stats.majorFaults, space.rss]).toEqual([2, 25 * P]);
  });

  test('a private write copies; the file and other mappings do not change', () => {
    const registry = new ObjectRegistry();
    const [one, two] = [newSpace({ registry }), newSpace({ registry })];
    const file = new MemoryFile('f', P);
    const before = file.bytes[7] as number;
    mapFile(one, A, file, RW, MAP_PRIVATE);
    mapFile(two, B, file, RW, MAP_PRIVATE);
    expect(store(one, A + 7, before + 1)).toBe(0);
    expect([load(one, A + 7), load(two, B + 7), file.bytes[7]]).toEqual([(before + 1) & 255, before, before]);
    expect(one.advise(A, P, MADV_DONTNEED)).toBe(0);
    expect(load(one, A + 7)).toBe(before);
    one.clear();
    expect(file.writes).toBe(0);
  });

  test('an unreadable file is SIGBUS, and readable again later', () => {
    const space = newSpace();
    const file = new MemoryFile('f', P);
    mapFile(space, A, file, RW, MAP_PRIVATE);
    mapFile(space, B, file);
    file.error = -EIO;
    expect([load(space, A), load(space, B)]).toEqual([-4, -4]);
    file.error = 0;
    expect(load(space, A + 1)).toBe(file.bytes[1]);
  });

  test('growing the file makes pages past its old end accessible', () => {
    const space = newSpace();
    const file = new MemoryFile('f', P);
    const handle = file.backing();
    space.map({ addr: A, length: 2 * P, prot: RW, flags: MAP_SHARED | MAP_FIXED, file: handle });
    expect(load(space, A + P)).toBe(-4);
    file.resize(2 * P);
    expect(load(space, A + P)).toBe(0);
    space.registry.truncateFile(file.id, P);
    file.resize(P);
    expect(load(space, A + P)).toBe(-4);
  });
});

describe('shared files are written back', () => {
  test('first write is noticed, msync and munmap write, clean pages are not written', () => {
    const space = newSpace();
    const file = new MemoryFile('f', 4 * P);
    mapFile(space, A, file);
    expect(load(space, A)).toBe(file.bytes[0]);
    expect(perm(space, A)).toBe(1);
    expect(store(space, A + 3, 200)).toBe(0);
    expect(store(space, A + P + 3, 201)).toBe(0);
    expect(perm(space, A)).toBe(3);
    expect(file.writes).toBe(0);
    expect(space.sync(A, P, MS_SYNC)).toBe(0);
    expect([file.writes, file.bytes[3], file.bytes[P + 3] === 201]).toEqual([1, 200, false]);
    expect(perm(space, A)).toBe(1);
    store(space, A + 4, 202);
    expect(space.sync(A, 4 * P, MS_SYNC)).toBe(0);
    expect([file.writes, file.bytes[4], file.bytes[P + 3]]).toEqual([2, 202, 201]);
    store(space, A + 3 * P, 203);
    space.unmap(A + 3 * P, P);
    expect(file.bytes[3 * P]).toBe(203);
    space.clear();
    expect(file.writes).toBe(3);
  });

  test('only up to the end of the file', () => {
    const space = newSpace();
    const file = new MemoryFile('f', P + 10);
    mapFile(space, A, file);
    store(space, A + P + 9, 1);
    store(space, A + P + 10, 2);
    expect(space.sync(A, 2 * P, MS_SYNC)).toBe(0);
    expect([file.bytes.length, file.bytes[P + 9]]).toEqual([P + 10, 1]);
  });

  test('errors reach msync and keep the page dirty', () => {
    const space = newSpace();
    const file = new MemoryFile('f', P);
    mapFile(space, A, file);
    store(space, A, 77);
    file.error = -EIO;
    expect(space.sync(A, P, MS_SYNC)).toBe(-EIO);
    file.error = 0;
    expect(space.sync(A, P, MS_SYNC)).toBe(0);
    expect(file.bytes[0]).toBe(77);
  });

  test('msync: arguments', () => {
    const space = newSpace();
    const file = new MemoryFile('f', P);
    mapFile(space, A, file, RW, MAP_SHARED | MAP_LOCKED);
    expect(space.sync(A + 1, P, MS_SYNC)).toBe(-EINVAL);
    expect(space.sync(A, P, MS_SYNC | MS_ASYNC)).toBe(-EINVAL);
    expect(space.sync(A, P, 8)).toBe(-EINVAL);
    expect(space.sync(A, 2 * P, MS_SYNC)).toBe(-ENOMEM);
    expect(space.sync(A, P, MS_INVALIDATE)).toBe(-EBUSY);
  });

  test('read(2) and write(2) stay coherent through flushFile and refreshFile', () => {
    const space = newSpace();
    const file = new MemoryFile('f', 2 * P);
    mapFile(space, A, file);
    mapFile(space, B, file, RW, MAP_PRIVATE);
    store(space, A + 5, 5);
    load(space, B);
    store(space, B + P, 99);
    expect(space.registry.isMapped('f')).toBe(true);
    expect(space.registry.flushFile('f')).toBe(0);
    expect(file.bytes[5]).toBe(5);
    store(space, A + 6, 6);
    file.put(5, Uint8Array.of(55));
    file.put(P, Uint8Array.of(44));
    space.registry.refreshFile('f', 5, 1);
    space.registry.refreshFile('f', P, 1);
    expect([load(space, A + 5), load(space, A + 6), load(space, A + P)]).toEqual([55, 6, 44]);
    expect([load(space, B + 5), load(space, B + P)]).toEqual([55, 99]);
    space.registry.flushFile('f');
    expect([file.bytes[5], file.bytes[6]]).toEqual([55, 6]);
  });

  test('a private mapping sees what a shared one wrote before it was read', () => {
    const space = newSpace();
    const file = new MemoryFile('f', P);
    mapFile(space, A, file);
    mapFile(space, B, file, RW, MAP_PRIVATE);
    store(space, A, 123);
    expect(load(space, B)).toBe(123);
  });
});

describe('one object, several mappings', () => {
  test('readers stay fast; a write makes every holder slow, until one is left', () => {
    const space = newSpace();
    const file = new MemoryFile('f', P);
    mapFile(space, A, file);
    mapFile(space, B, file);
    load(space, A);
    load(space, B);
    expect([perm(space, A), perm(space, B)]).toEqual([1, 1]);
    expect(space.fault(A, 2)).toBe(FAULT_SLOW);
    expect([perm(space, A), perm(space, B)]).toEqual([0, 0]);
    space.slowWrite32(A + 100, 0x12345678);
    expect(space.slowRead32(B + 100)).toBe(0x12345678);
    expect([load(space, B + 100), load(space, B + 103)]).toEqual([0x78, 0x12]);
    space.unmap(A, P);
    expect([perm(space, B), load(space, B + 101), file.bytes[101]]).toEqual([1, 0x56, 0x56]);
    expect(space.fault(B, 2)).toBe(FAULT_NONE);
    space.clear();
    expect(file.bytes[102]).toBe(0x34);
  });

  test('slow words at a page boundary, half of them slow', () => {
    const space = newSpace();
    const file = new MemoryFile('f', P, () => 0);
    mapFile(space, A, file);
    mapFile(space, B, file);
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    space.map({ addr: A + P, length: P, prot: RW, flags });
    load(space, B);
    for (const addr of [A, A + P]) expect(space.fault(addr, 3)).toBe(addr === A ? FAULT_SLOW : FAULT_NONE);
    for (let offset = -4; offset <= 0; offset++) {
      space.slowWrite32(A + P + offset, 0x01020300 + offset);
      expect(space.slowRead32(A + P + offset)).toBe(0x01020300 + offset);
      expect(space.slowRead16(A + P + offset + 1)).toBe(((0x01020300 + offset) >> 8) & 0xffff);
    }
    expect(load(space, B + P - 1)).toBe(0xff);
    expect(space.memory.u8[A + P + 1]).toBe(0x03);
  });

  test('anonymous memory is shared with forked children and survives MADV_DONTNEED', () => {
    const parent = newSpace();
    mapShared(parent, A, 4);
    store(parent, A, 1);
    const child = parent.fork(new GuestMemory());
    expect(load(child, A)).toBe(1);
    store(child, A, 2);
    expect(load(parent, A)).toBe(2);
    store(parent, A + P, 3);
    expect(load(child, A + P)).toBe(3);
    child.clear();
    expect(store(parent, A, 4)).toBe(0);
    expect(perm(parent, A)).toBe(3);
    expect(parent.advise(A, 4 * P, MADV_DONTNEED)).toBe(0);
    expect(parent.rss).toBe(0);
    expect([load(parent, A), load(parent, A + P)]).toEqual([4, 3]);
  });

  test('children of several generations see one object after the parent is gone', () => {
    const parent = newSpace();
    mapShared(parent, A, 1);
    const spaces = [1, 2, 3].map(() => parent.fork(new GuestMemory()));
    store(parent, A, 9);
    parent.clear();
    for (const space of spaces) {
      const value = load(space, A);
      expect(value).toBe(9 + spaces.indexOf(space));
      store(space, A, value + 1);
    }
    expect(spaces.map((space) => load(space, A))).toEqual([12, 12, 12]);
  });

  test('mremap with an old length of 0 makes a second mapping', () => {
    const space = newSpace();
    mapShared(space, A, 2);
    store(space, A + P, 5);
    const second = space.remap(A, 0, 2 * P, MREMAP_MAYMOVE);
    expect(load(space, second + P)).toBe(5);
    store(space, second, 6);
    expect(load(space, A)).toBe(6);
  });

  test('MADV_REMOVE punches a hole for everybody', () => {
    const parent = newSpace();
    mapShared(parent, A, 2);
    store(parent, A, 1);
    const child = parent.fork(new GuestMemory());
    load(child, A);
    expect(child.advise(A, P, MADV_REMOVE)).toBe(0);
    expect(load(parent, A)).toBe(0);
    const file = new MemoryFile('f', P + 5);
    mapFile(parent, B, file);
    store(parent, B + 1, 1);
    expect(parent.advise(B, 2 * P, MADV_REMOVE)).toBe(0);
    expect([load(parent, B + 1), Math.max(...file.bytes)]).toEqual([0, 0]);
    mapFile(parent, B, file, RW, MAP_PRIVATE);
    expect(parent.advise(B, P, MADV_REMOVE)).toBe(-EACCES);
  });

  test('truncation takes pages from private copies too', () => {
    const space = newSpace();
    const file = new MemoryFile('f', 2 * P);
    mapFile(space, A, file, RW, MAP_PRIVATE);
    store(space, A + P, 1);
    file.resize(100);
    space.registry.truncateFile('f', 100);
    expect([load(space, A + P), load(space, A + 99), load(space, A + 100)]).toEqual([-4, file.bytes[99], 0]);
  });
});
