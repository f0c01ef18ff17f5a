/** Compiled code kept between runs: used when the code is the same, ignored when anything is not. */
import { describe, expect, test } from '@jest/globals';
import { EXIT_SYSCALL } from '../../../../src/cpu/exit.js';
import { MAP_FIXED, MAP_PRIVATE, PROT_EXEC, PROT_READ, PROT_WRITE } from '../../../../src/mmap/flags.js';
import type { FileBacking } from '../../../../src/mmap/file-backing.js';
import { probeFusedMadd } from '../../../../src/translate/wasm/module.js';
import { decodeFunctions, encodeFunctions } from '../../../../src/translate/wasm/persist-format.js';
import { TranslationCache } from '../../../../src/translate/wasm/persist.js';
import type { CachedFunction, CacheStore } from '../../../../src/translate/wasm/persist.js';
import { Rng } from '../../../random/rng.js';
import { CODE, DATA, Guest, Program } from './guest.js';

class MemoryStore implements CacheStore {
  readonly files = new Map<string, Uint8Array>();
  load(name: string): Uint8Array | undefined {
    return this.files.get(name);
  }
  save(name: string, bytes: Uint8Array): void {
    this.files.set(name, bytes.slice());
  }
}

/** The file with compiled functions. */
function functionFile(store: MemoryStore): [string, Uint8Array] {
  return [...store.files].find(([name]) => !name.endsWith('-pages')) as [string, Uint8Array];
}

/** A file that is the same for every run as long as its identity is. */
function file(bytes: Uint8Array, id = '8:1', version = '1'): FileBacking {
  return {
    id,
    path: '/bin/program',
    dev: 8,
    ino: 1,
    readable: true,
    writable: false,
    version: () => version,
    size: () => bytes.length,
    read: (dst, offset) => {
      const part = bytes.subarray(offset, offset + dst.length);
      dst.set(part);
      return part.length;
    },
    write: () => -1,
    close: () => undefined,
    dup: () => file(bytes, id, version),
  };
}

/** sum of f(k) for k down from 5000, f in the same file: two functions that call each other, and doubles. */
function program(addend = 3): Program {
  return new Program()
    .li(5, 5000)
    .label('loop')
    .i('addi', { rd: 10, rs1: 5, imm: 0 })
    .i('jal', { rd: 1 }, 'f')
    .i('add', { rd: 20, rs1: 20, rs2: 10 })
    .i('fadd.d', { fd: 1, fs1: 1, fs2: 1, rm: 7 })
    .i('addi', { rd: 5, rs1: 5, imm: -1 })
    .i('bne', { rs1: 5, rs2: 0 }, 'loop')
    .i('ecall')
    .label('f')
    .i('slli', { rd: 11, rs1: 10, shamt: 1 })
    .i('addi', { rd: 10, rs1: 11, imm: addend })
    .i('jalr', { rd: 0, rs1: 1, imm: 0 });
}

const KEY = 'build 1';
/** What the engine makes of it. */
const ENGINE = `${KEY} 8 ${String(probeFusedMadd())}`;

function run(store: CacheStore, bytes: Uint8Array, cacheKey = KEY, backing = file(bytes)): Guest {
  const cache = new TranslationCache(store);
  const guest = new Guest('wasm', { cache, cacheKey });
  const prot = PROT_READ | PROT_EXEC;
  guest.space.map({
    addr: CODE,
    length: 4096,
    prot,
    flags: MAP_PRIVATE | MAP_FIXED,
    file: backing,
    offset: 0,
  });
  guest.cpu.pc = CODE;
  expect(guest.run()).toBe(EXIT_SYSCALL);
  cache.save();
  caches.set(guest, cache);
  return guest;
}
const caches = new WeakMap<Guest, TranslationCache>();
const stats = (guest: Guest): unknown => caches.get(guest)?.stats;
const modules = (guest: Guest): number => guest.engine.tier?.stats.modules ?? -1;
const sum = (addend: number): bigint => 5000n * 5001n + BigInt(addend) * 5000n;

describe('translation cache', () => {
  test('serves a second run', () => {
    const store = new MemoryStore();
    const bytes = program().bytes();
    const first = run(store, bytes);
    expect(first.x(20)).toBe(sum(3));
    expect(modules(first)).toBeGreaterThan(0);
    const blocks = first.engine.stats.blocks;
    expect([...store.files.keys()].map((name) => name.endsWith('-pages'))).toEqual([true, false]);
    const second = run(store, bytes);
    expect(second.x(20)).toBe(sum(3));
    expect(stats(second)).toMatchObject({ refused: 0 });
    expect((stats(second) as { installed: number }).installed).toBeGreaterThan(0);
    // What was compiled is neither translated nor compiled again.
    expect(modules(second)).toBeLessThan(modules(first));
    expect(second.engine.stats.blocks).toBeLessThan(blocks);
  });

  test('refuses functions whose pages have other bytes, though the file claims to be the same', () => {
    const store = new MemoryStore();
    run(store, program().bytes());
    const second = run(store, program(4).bytes());
    expect(second.x(20)).toBe(sum(4));
    expect(stats(second)).toMatchObject({ installed: 0 });
    expect((stats(second) as { refused: number }).refused).toBeGreaterThan(0);
    // The new ones have replaced them.
    const third = run(store, program(4).bytes());
    expect(third.x(20)).toBe(sum(4));
    expect(stats(third)).toMatchObject({ refused: 0 });
  });

  test.each([
    ['another version of the file', KEY, file(program().bytes(), '8:1', '2')],
    ['another file', KEY, file(program().bytes(), '8:2')],
    ['another build', 'build 2', file(program().bytes())],
  ])('has nothing for %s', (_what, key, backing) => {
    const store = new MemoryStore();
    run(store, program().bytes());
    const second = run(store, program().bytes(), key, backing);
    expect(second.x(20)).toBe(sum(3));
    expect(stats(second)).toMatchObject({ read: 0, installed: 0 });
  });

  test('survives files that are damaged at any place', () => {
    const store = new MemoryStore();
    const bytes = program().bytes();
    run(store, bytes);
    const [name, good] = functionFile(store);
    expect(decodeFunctions(good, ENGINE)?.length).toBeGreaterThan(0);
    const rng = new Rng(3);
    for (let n = 0; n < 3000; n++) {
      const bad = good.slice(0, rng.chance(0.2) ? rng.below(good.length) : good.length);
      if (bad.length === good.length) {
        const at = rng.below(bad.length);
        bad[at] = (bad[at] as number) ^ (1 << rng.below(8));
      }
      expect(decodeFunctions(bad, ENGINE)).toBeUndefined();
    }
    store.files.set(name, good.slice(0, 100));
    const again = run(store, bytes);
    expect(again.x(20)).toBe(sum(3));
    expect(stats(again)).toMatchObject({ read: 0 });
  });

  test('survives files with a good checksum and nonsense inside', () => {
    const store = new MemoryStore();
    const bytes = program().bytes();
    run(store, bytes);
    const [name, good] = functionFile(store);
    const functions = decodeFunctions(good, ENGINE) as CachedFunction[];
    const broken: ((f: CachedFunction) => CachedFunction)[] = [
      (f) => ({ ...f, body: f.body.map((b, n) => (n > 3 ? 0xff : b)) }),
      (f) => ({ ...f, body: new Uint8Array(0), calls: [] }),
      (f) => ({ ...f, calls: [{ at: 0, target: 0x1234 }] }),
      (f) => ({ ...f, calls: [{ at: f.body.length, target: 'mul64' }] }),
      (f) => ({ ...f, calls: [{ at: 0, target: 'no such check' }] }),
      (f) => ({ ...f, pages: [{ page: -1, low: 0, high: 0 }] }),
    ];
    for (const damage of broken) {
      store.files.set(name, encodeFunctions(functions.map(damage), ENGINE));
      const guest = run(store, bytes);
      expect(guest.x(20)).toBe(sum(3));
      expect(stats(guest)).toMatchObject({ installed: 0 });
    }
  });

  test('sees a write to code that came from the cache', () => {
    const store = new MemoryStore();
    const p = program();
    const bytes = p.bytes();
    run(store, bytes);
    const guest = run(store, bytes);
    expect((stats(guest) as { installed: number }).installed).toBeGreaterThan(0);
    guest.space.protect(CODE, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
    guest.space.copyOut(
      p.at('f') + 4,
      program(7)
        .bytes()
        .subarray(p.at('f') + 4 - CODE),
    );
    guest.cpu.pc = CODE;
    guest.setX(20, 0n);
    expect(guest.run()).toBe(EXIT_SYSCALL);
    expect(guest.x(20)).toBe(sum(7));
  });

  test('keeps nothing of anonymous memory', () => {
    const store = new MemoryStore();
    const cache = new TranslationCache(store);
    const guest = new Guest('wasm', { cache, cacheKey: KEY }).load(program()).map(DATA, 4096);
    expect(guest.run()).toBe(EXIT_SYSCALL);
    cache.save();
    expect(store.files.size).toBe(0);
  });
});
