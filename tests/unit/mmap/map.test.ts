import { describe, expect, test } from '@jest/globals';
import {
  EACCES,
  EAGAIN,
  EEXIST,
  EINVAL,
  ENOMEM,
  EOPNOTSUPP,
  EOVERFLOW,
  EPERM,
} from '../../../src/abi/errno.js';
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_GROWSDOWN,
  MAP_HUGETLB,
  MAP_LOCKED,
  MAP_NORESERVE,
  MAP_POPULATE,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  MAP_STACK,
  MAP_SYNC,
  MCL_FUTURE,
  PROT_GROWSDOWN,
  PROT_GROWSUP,
} from '../../../src/mmap/flags.js';
import { GUEST_END, MMAP_TOP, PIE_BASE, STACK_TOP } from '../../../src/mmap/layout.js';
import type { AddressSpace } from '../../../src/mmap/space.js';
import { ANON, MemoryFile, P, RW, load, maps, newSpace, store } from './support.js';

const A = 0x2000_0000;
const FIXED = ANON | MAP_FIXED;

function mapAt(space: AddressSpace, addr: number, pages: number, prot = RW, flags = FIXED): number {
  return space.map({ addr, length: pages * P, prot, flags });
}

describe('mmap: arguments', () => {
  const file = new MemoryFile('f', 3 * P);
  const rows: [string, Partial<Parameters<AddressSpace['map']>[0]>, number][] = [
    ['length 0', { length: 0 }, -EINVAL],
    ['no sharing type', { flags: MAP_ANONYMOUS }, -EINVAL],
    ['unaligned fixed address', { addr: A + 1, flags: FIXED }, -EINVAL],
    ['unaligned offset', { offset: 512, flags: MAP_PRIVATE, file: file.backing() }, -EINVAL],
    ['offset past 2^63', { offset: 2 ** 63, flags: MAP_PRIVATE, file: file.backing() }, -EOVERFLOW],
    ['length of 2^63', { length: 2 ** 63 }, -ENOMEM],
    ['length of 4 GiB', { length: 2 ** 32 }, -ENOMEM],
    ['fixed above the guest range', { addr: GUEST_END, flags: FIXED }, -ENOMEM],
    ['fixed above 4 GiB', { addr: 0xc0_0000_0000, flags: FIXED }, -ENOMEM],
    ['fixed below mmap_min_addr', { addr: 0, flags: FIXED }, -EPERM],
    ['huge pages', { flags: ANON | MAP_HUGETLB }, -ENOMEM],
    ['unknown flag, validated', { flags: MAP_SHARED_VALIDATE | MAP_SYNC, file: file.backing() }, -EOPNOTSUPP],
    ['anonymous memory, validated', { flags: MAP_SHARED_VALIDATE | MAP_ANONYMOUS }, -EINVAL],
    ['stack that is shared', { flags: MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN }, -EINVAL],
    ['stack of a file', { flags: MAP_PRIVATE | MAP_GROWSDOWN, file: file.backing() }, -EINVAL],
    ['file not open for reading', { flags: MAP_PRIVATE, file: file.backing(true, false) }, -EACCES],
    ['shared and writable, file read-only', { flags: MAP_SHARED, file: file.backing(false) }, -EACCES],
  ];
  test.each(rows)('%s', (_name, change, expected) => {
    const space = newSpace();
    expect(space.map({ addr: 0, length: P, prot: RW, flags: ANON, ...change })).toBe(expected);
    expect([...space.vmas()]).toEqual([]);
  });

  test('a length is rounded up to pages; flags without meaning here are accepted', () => {
    const space = newSpace();
    const flags = ANON | MAP_NORESERVE | MAP_STACK | MAP_POPULATE;
    const addr = space.map({ addr: 0, length: P + 1, prot: RW, flags });
    expect(maps(space, addr)).toEqual(['0-2 rw-p']);
    expect(space.rss).toBe(2 * P);
  });

  test('MAP_FIXED replaces, MAP_FIXED_NOREPLACE does not', () => {
    const space = newSpace();
    mapAt(space, A, 4);
    expect(store(space, A + P, 7)).toBe(0);
    expect(mapAt(space, A + P, 1, 1)).toBe(A + P);
    expect(load(space, A + P)).toBe(0);
    expect(maps(space, A)).toEqual(['0-1 rw-p', '1-2 r--p', '2-4 rw-p']);
    expect(mapAt(space, A + 3 * P, 2, RW, ANON | MAP_FIXED_NOREPLACE)).toBe(-EEXIST);
    expect(mapAt(space, A + 4 * P, 2, RW, ANON | MAP_FIXED_NOREPLACE)).toBe(A + 4 * P);
    expect(maps(space, A)).toEqual(['0-1 rw-p', '1-2 r--p', '2-6 rw-p']);
  });
});

describe('mmap: placement', () => {
  test('top-down below 2 GiB, then from the top of the high half, then anywhere', () => {
    const space = newSpace();
    const gib = 1 << 30;
    expect(space.map({ addr: 0, length: gib, prot: 0, flags: ANON })).toBe(MMAP_TOP - gib);
    expect(space.map({ addr: 0, length: P, prot: RW, flags: ANON })).toBe(MMAP_TOP - gib - P);
    expect(space.map({ addr: 0, length: gib, prot: 0, flags: ANON })).toBe(GUEST_END - gib);
    // Only the gap from the low window's end into the high half is still so large.
    expect(space.map({ addr: 0, length: gib - P, prot: 0, flags: ANON })).toBe(GUEST_END - 2 * gib + P);
    expect(space.map({ addr: 0, length: 2 * gib, prot: 0, flags: ANON })).toBe(-ENOMEM);
  });

  test('a hint is rounded up and used when free; one above the range is ignored', () => {
    const space = newSpace();
    const flags = ANON;
    expect(space.map({ addr: A + 1, length: P, prot: RW, flags })).toBe(A + P);
    expect(space.map({ addr: A, length: 2 * P, prot: RW, flags })).toBe(MMAP_TOP - 2 * P);
    expect(space.map({ addr: 1, length: P, prot: RW, flags })).toBe(P);
    expect(space.map({ addr: 0xc0_0000_0000, length: 64 << 20, prot: 0, flags })).toBe(
      MMAP_TOP - 2 * P - (64 << 20),
    );
  });

  test('the highest gap that fits is found again after unmapping', () => {
    const space = newSpace();
    const at: number[] = [];
    for (let i = 0; i < 50; i++)
      at.push(space.map({ addr: 0, length: 4 * P, prot: i % 2 === 0 ? 1 : 3, flags: ANON }));
    expect(space.unmap((at[10] as number) + P, 2 * P)).toBe(0);
    expect(space.unmap(at[30] as number, 4 * P)).toBe(0);
    const map = (pages: number): number => space.map({ addr: 0, length: pages * P, prot: 5, flags: ANON });
    expect(map(3)).toBe((at[30] as number) + P);
    expect(map(2)).toBe((at[10] as number) + P);
    expect(map(1)).toBe(at[30]);
    expect(map(1)).toBe((at[49] as number) - P);
  });

  test('nothing is placed in the guard gap of a stack', () => {
    const space = newSpace();
    const stack = MMAP_TOP - 16 * P;
    mapAt(space, stack, 16, RW, FIXED | MAP_GROWSDOWN);
    expect(space.map({ addr: 0, length: P, prot: RW, flags: ANON })).toBe(stack - 257 * P);
    expect(space.map({ addr: stack - 10 * P, length: P, prot: RW, flags: ANON })).toBe(stack - 258 * P);
    expect(mapAt(space, stack - 10 * P, 1, 1)).toBe(stack - 10 * P);
  });

  test('the low window leaves room for the heap until the high one is full', () => {
    const space = newSpace();
    space.initBrk(MMAP_TOP - (65 << 20));
    expect(space.map({ addr: 0, length: 2 << 20, prot: 0, flags: ANON })).toBe(GUEST_END - (2 << 20));
    expect(space.map({ addr: 0, length: 1 << 20, prot: 0, flags: ANON })).toBe(MMAP_TOP - (1 << 20));
  });
});

describe('mappings merge and split as in /proc/self/maps', () => {
  test('anonymous neighbours merge when they are alike', () => {
    const space = newSpace();
    mapAt(space, A, 1);
    mapAt(space, A + 2 * P, 1);
    mapAt(space, A + P, 1);
    expect(maps(space, A)).toEqual(['0-3 rw-p']);
    space.protect(A + P, P, 1);
    expect(maps(space, A)).toEqual(['0-1 rw-p', '1-2 r--p', '2-3 rw-p']);
    space.protect(A + P, P, 3);
    expect(maps(space, A)).toEqual(['0-3 rw-p']);
  });

  test('file mappings merge when offsets continue; the file is closed after the last', () => {
    const space = newSpace();
    const file = new MemoryFile('lib', 8 * P);
    const handle = file.backing(false);
    const map = (page: number, offset: number): number =>
      space.map({
        addr: A + page * P,
        length: P,
        prot: 1,
        flags: MAP_PRIVATE | MAP_FIXED,
        file: handle,
        offset: offset * P,
      });
    map(0, 2);
    map(1, 3);
    map(2, 5);
    handle.close();
    expect(maps(space, A)).toEqual(['0-2 r--p /file/lib+2', '2-3 r--p /file/lib+5']);
    expect(space.vmaAt(A + P)?.file?.ino).toBe(2);
    expect(space.unmap(A + P, 2 * P)).toBe(0);
    expect(file.open).toBe(1);
    expect(space.unmap(A, P)).toBe(0);
    expect(file.open).toBe(0);
  });

  test('names keep mappings apart', () => {
    const space = newSpace();
    mapAt(space, A, 3);
    expect(space.nameRange(A + P, P, '[anon:arena]')).toBe(0);
    expect(maps(space, A)).toEqual(['0-1 rw-p', '1-2 rw-p [anon:arena]+0', '2-3 rw-p']);
    expect(space.nameRange(A + P, P, '')).toBe(0);
    expect(maps(space, A)).toEqual(['0-3 rw-p']);
  });
});

describe('munmap and mprotect', () => {
  test('munmap: arguments, holes, access afterwards', () => {
    const space = newSpace();
    mapAt(space, A, 4);
    expect(store(space, A + 2 * P, 1)).toBe(0);
    expect(space.unmap(A + 1, P)).toBe(-EINVAL);
    expect(space.unmap(A, 0)).toBe(-EINVAL);
    expect(space.unmap(GUEST_END, P)).toBe(-EINVAL);
    expect(space.unmap(A, 2 ** 40)).toBe(-EINVAL);
    expect(space.unmap(A + P, 2 * P)).toBe(0);
    expect(space.unmap(A + P, 2 * P)).toBe(0);
    expect(space.memory.perm[(A + 2 * P) >>> 12]).toBe(0);
    expect(load(space, A + 2 * P)).toBe(-2);
    expect(maps(space, A)).toEqual(['0-1 rw-p', '3-4 rw-p']);
  });

  test('memory that was used before is zero when mapped again', () => {
    const space = newSpace();
    for (let round = 0; round < 2; round++) {
      mapAt(space, A, 40);
      for (let page = 0; page < 40; page++) {
        expect(load(space, A + page * P + 5)).toBe(0);
        expect(store(space, A + page * P + 5, 99)).toBe(0);
      }
      space.unmap(A, 40 * P);
    }
  });

  test('mprotect: arguments, holes, fault kinds', () => {
    const space = newSpace();
    mapAt(space, A, 2);
    mapAt(space, A + 3 * P, 1);
    expect(space.protect(A, P, 0x40)).toBe(-EINVAL);
    expect(space.protect(A + 1, P, 1)).toBe(-EINVAL);
    expect(space.protect(A, 0, 1)).toBe(0);
    expect(space.protect(GUEST_END, P, 1)).toBe(-ENOMEM);
    expect(space.protect(A, P, PROT_GROWSDOWN | PROT_GROWSUP)).toBe(-EINVAL);
    expect(space.protect(A, P, PROT_GROWSDOWN | 1)).toBe(-EINVAL);
    expect(space.protect(A + P, 3 * P, 1)).toBe(-ENOMEM);
    expect(maps(space, A)).toEqual(['0-1 rw-p', '1-2 r--p', '3-4 rw-p']);
    expect(store(space, A + P, 1)).toBe(-3);
    expect(load(space, A + P)).toBe(0);
    space.protect(A, P, 0);
    expect(load(space, A)).toBe(-3);
    expect(space.fault(A, 4)).toBe(3);
  });

  test('rights show in the permission table at once, contents stay', () => {
    const space = newSpace();
    mapAt(space, A, 1);
    store(space, A, 42);
    const perm = (): number => space.memory.perm[A >>> 12] as number;
    expect(perm()).toBe(3);
    space.protect(A, P, 1);
    expect(perm()).toBe(1);
    space.protect(A, P, 0);
    expect(perm()).toBe(0);
    space.protect(A, P, 7);
    expect(perm()).toBe(7);
    expect(load(space, A)).toBe(42);
  });

  test('writable implies readable; executable does so on request', () => {
    const space = newSpace();
    mapAt(space, A, 1, 2);
    mapAt(space, A + P, 1, 4);
    expect(load(space, A)).toBe(0);
    expect(load(space, A + P)).toBe(-3);
    const arm = newSpace({ execReadable: true });
    mapAt(arm, A, 1, 4);
    expect(load(arm, A)).toBe(0);
  });

  test('a shared mapping of a read-only file cannot become writable', () => {
    const space = newSpace();
    const file = new MemoryFile('ro', P);
    const handle = file.backing(false);
    space.map({ addr: A, length: P, prot: 1, flags: MAP_SHARED | MAP_FIXED, file: handle });
    expect(space.protect(A, P, 3)).toBe(-EACCES);
    space.map({ addr: A, length: P, prot: 1, flags: MAP_PRIVATE | MAP_FIXED, file: handle });
    expect(space.protect(A, P, 3)).toBe(0);
  });
});

describe('stacks grow on faults', () => {
  const top = STACK_TOP;
  function stack(limit: number): AddressSpace {
    const space = newSpace({ limits: { stack: limit } });
    space.map({ addr: top - 2 * P, length: 2 * P, prot: RW, flags: FIXED | MAP_GROWSDOWN, name: '[stack]' });
    return space;
  }

  test('down to the limit and no further', () => {
    const space = stack(64 * P);
    expect(store(space, top - 3 * P, 1)).toBe(0);
    expect(store(space, top - 64 * P, 1)).toBe(0);
    expect(store(space, top - 64 * P - 1, 1)).toBe(-2);
    expect(space.vmSize).toBe(64 * P);
    expect(space.copyOut(top - 60 * P, new Uint8Array(2 * P))).toBe(true);
  });

  test('not into the guard gap above another mapping, except one without rights', () => {
    const space = stack(1 << 30);
    mapAt(space, top - 1000 * P, 100);
    expect(store(space, top - (900 - 256) * P, 1)).toBe(0);
    expect(store(space, top - (900 - 256) * P - 1, 1)).toBe(-2);
    space.protect(top - 1000 * P, 100 * P, 0);
    expect(store(space, top - 900 * P, 1)).toBe(0);
    expect(store(space, top - 900 * P - 1, 1)).toBe(-3);
  });

  test('not past RLIMIT_AS; PROT_GROWSDOWN reaches its start', () => {
    const space = stack(1 << 20);
    space.limits.as = 10 * P;
    expect(store(space, top - 11 * P, 1)).toBe(-2);
    space.limits.as = Infinity;
    expect(store(space, top - 11 * P, 1)).toBe(0);
    expect(space.protect(top - P, P, 7 | PROT_GROWSDOWN)).toBe(0);
    expect([...space.vmas()].map((vma) => vma.prot)).toEqual([7]);
  });
});

describe('the whole space', () => {
  test('has room for what a JVM reserves, in its order', () => {
    const space = newSpace({});
    const reserve = (addr: number, length: number, flags = 0): number =>
      space.map({ addr, length, prot: 0, flags: ANON | MAP_NORESERVE | flags });
    // The launcher, libraries, arenas of seven threads, the class data, the code cache, the heap by trial, the class space.
    expect(mapAt(space, PIE_BASE, 32, RW, ANON)).toBe(PIE_BASE);
    expect(space.map({ addr: 0, length: 40 << 20, prot: 5, flags: ANON })).toBeLessThan(MMAP_TOP);
    for (let n = 0; n < 7; n++) {
      const arena = reserve(0, 128 << 20);
      expect(arena).toBeLessThan(MMAP_TOP);
      // malloc keeps the half that is aligned.
      expect(space.unmap(arena, 64 << 20)).toBe(0);
    }
    expect(space.map({ addr: 0, length: 135 << 20, prot: 1, flags: ANON })).toBeLessThan(MMAP_TOP);
    expect(reserve(0, 240 << 20)).toBe(GUEST_END - (240 << 20));
    const heap = 964 << 20;
    let at = 0x1_0000_0000 - heap;
    while (reserve(at, heap, MAP_FIXED_NOREPLACE) < 0) at -= 0x16a0_0000;
    expect(at).toBeGreaterThan(0x8000_0000);
    expect(reserve(0, 1040 << 20)).toBeGreaterThan(0);
  });

  test('where SBCL on AArch64 must have its static space there is room', () => {
    const space = newSpace({});
    expect(mapAt(space, 0xf000_0000, 256, RW, ANON)).toBe(0xf000_0000);
    expect(store(space, 0xf000_0000 + 256 * P - 1, 1)).toBe(0);
  });
});

describe('limits', () => {
  test('RLIMIT_AS and RLIMIT_DATA are enforced and not charged twice for MAP_FIXED', () => {
    const space = newSpace({ limits: { as: 10 * P, data: 6 * P } });
    expect(mapAt(space, A, 7)).toBe(-ENOMEM);
    expect(mapAt(space, A, 6)).toBe(A);
    expect(mapAt(space, A, 6)).toBe(A);
    expect(mapAt(space, A + 6 * P, 1)).toBe(-ENOMEM);
    expect(mapAt(space, A + 6 * P, 4, 1)).toBe(A + 6 * P);
    expect(mapAt(space, A + 10 * P, 1, 1)).toBe(-ENOMEM);
    expect(space.protect(A + 6 * P, P, 3)).toBe(-ENOMEM);
    expect(space.dataSize).toBe(6 * P);
    space.unmap(A, 6 * P);
    expect(space.vmSize).toBe(4 * P);
    expect(space.peakVmSize).toBe(10 * P);
    expect(space.protect(A + 6 * P, P, 3)).toBe(0);
  });

  test('RLIMIT_MEMLOCK', () => {
    const space = newSpace({ limits: { memlock: 4 * P } });
    expect(mapAt(space, A, 5, RW, FIXED | MAP_LOCKED)).toBe(-EAGAIN);
    expect(mapAt(space, A, 4, RW, FIXED | MAP_LOCKED)).toBe(A);
    expect([space.lockedSize, space.rss]).toEqual([4 * P, 4 * P]);
    mapAt(space, A + 8 * P, 3);
    expect(space.lock(A + 8 * P, P)).toBe(-ENOMEM);
    expect(space.unlock(A, P)).toBe(0);
    expect(space.lock(A + 8 * P + 100, 10)).toBe(0);
    expect(space.lockedSize).toBe(4 * P);
    expect(space.lock(A + 20 * P, P)).toBe(-ENOMEM);
    expect(space.unlockAll()).toBe(0);
    expect(space.lockedSize).toBe(0);
    expect(space.lockAll(8)).toBe(-EINVAL);
    expect(space.lockAll(MCL_FUTURE)).toBe(0);
    expect(mapAt(space, A + 30 * P, 2)).toBe(A + 30 * P);
    expect(space.lockedSize).toBe(2 * P);
    space.limits.memlock = 0;
    expect(space.lock(A, P)).toBe(-EPERM);
  });

  test('more than 65530 mappings are refused', () => {
    const space = newSpace();
    mapAt(space, A, 65_530);
    for (let i = 1; i < 65_529; i += 2) space.protect(A + i * P, P, 1);
    expect([...space.vmas()].length).toBe(65_529);
    expect(mapAt(space, 0x1000_0000, 1)).toBe(0x1000_0000);
    expect(mapAt(space, 0x1100_0000, 1)).toBe(-ENOMEM);
  });
});

describe('brk', () => {
  const START = 0x1100_0000;
  test('grows, shrinks and drops contents', () => {
    const space = newSpace();
    space.initBrk(START - 5);
    expect(space.brk(0)).toBe(START);
    expect(space.brk(START + 100)).toBe(START + 100);
    expect(space.brk(START + 3 * P)).toBe(START + 3 * P);
    expect(maps(space, START)).toEqual(['0-3 rw-p [heap]+0']);
    expect(store(space, START + 2 * P, 9)).toBe(0);
    expect(space.brk(START + 2 * P)).toBe(START + 2 * P);
    expect(load(space, START + 2 * P)).toBe(-2);
    expect(space.brk(START + 3 * P)).toBe(START + 3 * P);
    expect(load(space, START + 2 * P)).toBe(0);
    expect(space.brk(START - P)).toBe(START + 3 * P);
    expect(space.brk(2 ** 40)).toBe(START + 3 * P);
  });

  test('stops at limits and at other mappings', () => {
    const space = newSpace({ limits: { data: 10 * P } });
    space.initBrk(START);
    expect(space.brk(START + 11 * P)).toBe(START);
    mapAt(space, START + 5 * P, 1, 1);
    expect(space.brk(START + 6 * P)).toBe(START);
    expect(space.brk(START + 5 * P)).toBe(START + 5 * P);
    space.limits.as = 7 * P;
    space.unmap(START + 5 * P, P);
    expect(space.brk(START + 8 * P)).toBe(START + 5 * P);
  });
});
