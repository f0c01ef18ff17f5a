/**
 * Random sequences of memory system calls and accesses, in up to three processes, compared with a naive model: results,
 * mappings, permission table, counters, contents, contents of files, and that no translated code goes stale.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EACCES, EFAULT, EINVAL, ENOMEM } from '../../../src/abi/errno.js';
import {
  MADV_DODUMP,
  MADV_DONTFORK,
  MADV_DONTNEED,
  MADV_RANDOM,
  MADV_REMOVE,
  MADV_WIPEONFORK,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_NORESERVE,
  MAP_PRIVATE,
  MAP_SHARED,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  MS_SYNC,
  VMA_DONTDUMP,
  VMA_DONTFORK,
  VMA_MAYWRITE,
  VMA_RANDOM,
  VMA_WIPEONFORK,
} from '../../../src/mmap/flags.js';
import { GUEST_END_PAGE, MMAP_TOP } from '../../../src/mmap/layout.js';
import { GuestMemory } from '../../../src/mmap/memory.js';
import { PAGE_PRESENT, fastRights } from '../../../src/mmap/page-state.js';
import { AddressSpace, ObjectRegistry } from '../../../src/mmap/space.js';
import { accessOf } from '../../../src/mmap/vma.js';
import { Model, ModelObject } from './model.js';
import type { ModelPage } from './model.js';
import { MemoryFile, P, load, store } from './support.js';

/** Few pages, so that operations meet. */
const PAGES = 24;
const BASE = MMAP_TOP / P - PAGES;
const HEAP = 0x1000_0000 / P;
const FILE_SIZE = 6 * P + 100;

interface Process {
  space: AddressSpace;
  model: Model;
  brk: number;
  /** Bytes of the pages that count as translated, as they were then. */
  code: Map<number, Uint8Array>;
}

type Step = readonly [op: number, process: number, a: number, b: number, c: number];

class Run {
  readonly registry = new ObjectRegistry();
  /** Mapped privately only, and shared only: what a private mapping sees of writes through a shared one is unspecified. */
  readonly files = [new MemoryFile('private', FILE_SIZE), new MemoryFile('shared', FILE_SIZE)];
  readonly truth = this.files.map((file) => new ModelObject(true, file.bytes.slice()));
  readonly processes: Process[] = [];
  readonly keys = new Map<string, Uint8Array>();

  constructor() {
    const space = new AddressSpace(new GuestMemory(), { registry: this.registry });
    space.initBrk(HEAP * P);
    this.add(space, new Model(), 0);
  }

  add(space: AddressSpace, model: Model, brk: number): void {
    const code = new Map<number, Uint8Array>();
    space.onCodeInvalid = (first, end) => {
      for (let page = first; page < end; page++) code.delete(page);
    };
    this.processes.push({ space, model, brk, code });
  }

  step([op, which, a, b, c]: Step): void {
    const process = this.processes[which % this.processes.length] as Process;
    const first = BASE + (a % PAGES);
    const end = Math.min(first + 1 + (b % 10), BASE + PAGES);
    const table = this.table(process, first, end, b, c);
    (table[op % table.length] as () => void)();
    this.processes.forEach((it) => checkState(it));
  }

  private table(process: Process, first: number, end: number, b: number, c: number): (() => void)[] {
    const { space, model } = process;
    const addr = first * P;
    const length = (end - first) * P;
    // Several processes at one page, which is where coherence can fail.
    const access = (): void => {
      for (let i = 0; i < 8; i++) {
        const other = this.processes[(b + i * c) % this.processes.length] as Process;
        if (((c >> i) & 7) === 0) this.translate(other, first);
        this.access(other, first + (i & 1), b >> i, c * (i + 1));
      }
    };
    return [
      access,
      access,
      access,
      access,
      () => this.map(process, first, end, c),
      () => this.map(process, first, end, c),
      () => {
        expect(space.unmap(addr, length)).toBe(0);
        model.unmap(first, end);
      },
      () => {
        const result = space.protect(addr, length, c % 8);
        const expected = model.protect(first, end, c % 8);
        expect(result).toBe({ done: 0, hole: -ENOMEM, denied: -EACCES }[expected]);
      },
      () => this.remap(process, first, b, c),
      () => this.advise(process, first, end, c),
      () => {
        const size = (c % 40) * (P / 2);
        expect(space.brk(HEAP * P + size)).toBe(HEAP * P + size);
        const from = HEAP + Math.ceil(process.brk / P);
        const to = HEAP + Math.ceil(size / P);
        if (to < from) model.unmap(to, from);
        else {
          const flags = MAP_PRIVATE | VMA_MAYWRITE;
          model.map(from, to, { prot: 3, flags, object: undefined, index: 0, name: '[heap]' });
        }
        process.brk = size;
      },
      () => this.access(process, HEAP + (c % 20), b, c),
      () => this.fileOperation(b, c),
      () => this.fileOperation(c, b),
      () => this.translate(process, first),
      () => this.translate(process, first),
      () => {
        if (c % 3 === 0) this.forkOrExit(process);
      },
      () => this.sync(space, addr, length),
    ];
  }

  private access({ space, model }: Process, page: number, b: number, c: number): void {
    const offset = c % 8;
    const write = b % 2 === 1;
    const fault = model.fault(page, write ? 2 : 1);
    const at = model.pages.get(page);
    // Bytes past the end of a shared file are nobody's.
    if (at?.object?.file === true && at.index * P + offset >= at.object.bytes.length && fault === 0) return;
    if (write) {
      expect(store(space, page * P + offset, c & 255)).toBe(-fault + 0);
      if (fault === 0) model.write(page, offset, c & 255);
    } else {
      const expected = fault === 0 ? (model.contents(page)[offset] as number) : -fault;
      expect(load(space, page * P + offset)).toBe(expected);
    }
  }

  private map({ space, model }: Process, first: number, end: number, c: number): void {
    const kind = c % 5;
    const prot = (c >> 3) % 8;
    const fixed = (c >> 6) % 4 !== 0;
    const index = (c >> 8) % 8;
    const reserve = (c >> 13) % 4 === 0 ? MAP_NORESERVE : 0;
    const shared = kind === 1 || kind >= 3;
    const file = kind === 2 ? 0 : kind >= 3 ? 1 : undefined;
    const writable = kind !== 4;
    const handle = file === undefined ? undefined : (this.files[file] as MemoryFile).backing(writable);
    const type = shared ? MAP_SHARED : MAP_PRIVATE;
    const result = space.map({
      addr: fixed ? first * P : 0,
      length: (end - first) * P - (c % 100),
      prot,
      flags: type | reserve | (fixed ? MAP_FIXED : 0) | (handle === undefined ? MAP_ANONYMOUS : 0),
      file: handle,
      offset: index * P,
    });
    handle?.close();
    if (shared && !writable && (prot & 2) !== 0) {
      expect(result).toBe(-EACCES);
      return;
    }
    const at = fixed ? first : model.gap(end - first);
    expect(result).toBe(at * P);
    const object =
      file !== undefined
        ? this.truth[file]
        : shared
          ? new ModelObject(false, new Uint8Array(64 * P))
          : undefined;
    const flags = type | reserve | (writable ? VMA_MAYWRITE : 0);
    const name = file === undefined ? '' : `/file/${(this.files[file] as MemoryFile).id}`;
    model.map(at, at + end - first, { prot, flags, object, index, name });
  }

  private remap({ space, model }: Process, first: number, b: number, c: number): void {
    const oldPages = 1 + (b % 6);
    const newPages = 1 + (c % 9);
    const fixed = (c >> 4) % 3 === 0;
    const mayMove = fixed || (c >> 6) % 4 !== 0;
    const target = BASE + ((c >> 8) % (PAGES - 9));
    const flags = (mayMove ? MREMAP_MAYMOVE : 0) | (fixed ? MREMAP_FIXED : 0);
    const result = space.remap(first * P, oldPages * P, newPages * P, flags, target * P);
    const move = (to: number): number => {
      model.move(first, Math.min(oldPages, newPages), newPages, to);
      return to * P;
    };
    const expected = (): number => {
      if (fixed && target < first + oldPages && first < target + newPages) return -EINVAL;
      if (!model.pages.has(first)) return -EFAULT;
      if (fixed) model.unmap(target, target + newPages);
      if (oldPages > newPages) model.unmap(first + newPages, first + oldPages);
      if (!fixed && oldPages >= newPages) return first * P;
      const end = model.runEnd(first);
      if (first + Math.min(oldPages, newPages) > end) return -EFAULT;
      if (fixed) return move(target);
      if (first + oldPages === end && model.isFree(end, first + newPages)) {
        model.extend(end, first + newPages);
        return first * P;
      }
      return mayMove ? move(model.gap(newPages)) : -ENOMEM;
    };
    expect(result).toBe(expected());
  }

  private advise({ space, model }: Process, first: number, end: number, c: number): void {
    const advice = [
      MADV_DONTNEED,
      MADV_DONTNEED,
      MADV_REMOVE,
      MADV_DONTFORK,
      MADV_WIPEONFORK,
      MADV_RANDOM,
      MADV_DODUMP,
    ];
    const chosen = advice[c % advice.length] as number;
    const pages = Array.from({ length: end - first }, (_, i) => model.pages.get(first + i));
    if (chosen === MADV_REMOVE) {
      const one = pages[0];
      if (one?.object?.file !== false) return;
      const stop = Math.min(model.runEnd(first), end);
      expect(space.advise(first * P, (stop - first) * P, chosen)).toBe(0);
      one.object.bytes.fill(0, one.index * P, (one.index + stop - first) * P);
      return;
    }
    if (chosen === MADV_WIPEONFORK && pages.some((it) => it?.object !== undefined)) return;
    const complete = !pages.includes(undefined);
    expect(space.advise(first * P, (end - first) * P, chosen)).toBe(complete ? 0 : -ENOMEM);
    if (chosen === MADV_DONTNEED) model.dontNeed(first, end);
    const bit =
      { [MADV_DONTFORK]: VMA_DONTFORK, [MADV_WIPEONFORK]: VMA_WIPEONFORK, [MADV_RANDOM]: VMA_RANDOM }[
        chosen
      ] ?? 0;
    for (const it of pages) {
      if (it === undefined) continue;
      it.flags |= bit;
      if (chosen === MADV_DODUMP) it.flags &= ~VMA_DONTDUMP;
    }
  }

  /** read(2), write(2) and ftruncate(2) on a mapped file. */
  private fileOperation(b: number, c: number): void {
    const which = c % 2;
    const file = this.files[which] as MemoryFile;
    const truth = this.truth[which] as ModelObject;
    const offset = (b * 37) % (8 * P);
    switch ((c >> 1) % 3) {
      case 0:
        expect(this.registry.flushFile(file.id)).toBe(0);
        expect(Buffer.compare(file.bytes, truth.bytes)).toBe(0);
        break;
      case 1: {
        const data = new Uint8Array(1 + (b % 5000)).fill(c);
        file.put(offset, data);
        truth.write(offset, data);
        this.registry.refreshFile(file.id, offset, data.length);
        break;
      }
      default: {
        const size = (c >> 3) % 3 === 0 ? offset : FILE_SIZE;
        this.registry.flushFile(file.id);
        file.resize(size);
        truth.resize(size);
        this.registry.truncateFile(file.id, size);
        for (const { model } of this.processes) {
          for (const it of model.pages.values()) {
            if (it.object === truth && it.index >= Math.ceil(size / P)) it.own = undefined;
          }
        }
      }
    }
  }

  private translate(process: Process, page: number): void {
    const { space, model, code } = process;
    const fault = model.fault(page, 4);
    const result = space.fault(page * P, 4);
    expect(result).toBe(fault);
    if (fault !== 0) return;
    const bytes = space.memory.u8.slice(page * P, (page + 1) * P);
    expect(sameBytes(model, page, bytes)).toBe(true);
    space.markCode(page);
    code.set(page, bytes);
    const { key } = space.codeKey(page);
    const known = this.keys.get(key);
    if (known === undefined) this.keys.set(key, bytes);
    else expect(Buffer.compare(known, bytes)).toBe(0);
  }

  private forkOrExit(process: Process): void {
    if (this.processes.length < 3) {
      const child = process.space.fork(new GuestMemory());
      this.add(child, process.model.fork(), process.brk);
    } else {
      process.space.clear();
      this.processes.splice(this.processes.indexOf(process), 1);
      expect([...process.space.vmas()]).toEqual([]);
      expect(process.space.rss).toBe(0);
    }
  }

  private sync(space: AddressSpace, addr: number, length: number): void {
    expect([0, -ENOMEM]).toContain(space.sync(addr, length, MS_SYNC));
  }

  finish(): void {
    for (const { space, model } of this.processes) {
      for (const page of model.pages.keys()) {
        const fault = model.fault(page, 1);
        const bytes = space.copyIn(page * P, P);
        if (fault !== 0) expect(bytes).toBeUndefined();
        else expect(bytes !== undefined && sameBytes(model, page, bytes)).toBe(true);
      }
    }
    for (const { space } of this.processes) space.clear();
    for (let i = 0; i < 2; i++) {
      const file = this.files[i] as MemoryFile;
      expect(Buffer.compare(file.bytes, (this.truth[i] as ModelObject).bytes)).toBe(0);
      expect(file.open).toBe(0);
      expect(this.registry.isMapped(file.id)).toBe(false);
    }
  }
}

/** Equal up to the end of the file, past which a page may hold anything the program put there. */
function sameBytes(model: Model, page: number, bytes: Uint8Array): boolean {
  const it = model.pages.get(page);
  const size = it?.object?.file === true ? Math.min(it.object.bytes.length - it.index * P, P) : P;
  return Buffer.compare(bytes.subarray(0, size), model.contents(page).subarray(0, size)) === 0;
}

function checkState({ space, model, code }: Process): void {
  // One comparison of texts: jest's toEqual for each mapping after each step would take most of the time.
  const seen: string[] = [];
  const expected: string[] = [];
  let data = 0;
  for (const { start, end, prot, flags, name, offset, file } of space.vmas()) {
    seen.push([start / P, end / P, prot, flags, name, file === undefined ? 0 : offset / P].join(' '));
  }
  for (const [first, end] of model.runs()) {
    const { prot, flags, name, object, index } = model.pages.get(first) as ModelPage;
    expected.push([first, end, prot, flags, name, object?.file === true ? index : 0].join(' '));
    if ((prot & 2) !== 0 && (flags & MAP_SHARED) === 0) data += (end - first) * P;
  }
  expect(seen.join('\n')).toBe(expected.join('\n'));
  expect(space.dataSize).toBe(data);
  expect(space.vmSize).toBe(model.pages.size * P);

  let present = 0;
  const { perm, state } = space.memory;
  for (let page = 0; page < GUEST_END_PAGE; page++) {
    // Nothing but what is mapped may have rights; skip the untouched chunks.
    if ((page & 255) === 0 && space.memory.usedChunks[page >> 8] === 0) {
      page += 255;
      continue;
    }
    const it = model.pages.get(page);
    const bits = state[page] as number;
    if ((bits & PAGE_PRESENT) !== 0) present++;
    const rights = it === undefined ? 0 : fastRights(accessOf(it.prot, false), bits);
    if (perm[page] !== rights) expect([page, perm[page], bits]).toEqual([page, rights, bits]);
  }
  expect(space.rss).toBe(present * P);

  for (const [page, bytes] of code) {
    if (!model.isExecutable(page) || !sameBytes(model, page, bytes))
      expect(`stale code in page ${page}`).toBe('');
  }
}

const number = fc.nat({ max: 65535 });
const steps = fc.array(fc.tuple(number, number, number, number, number), {
  minLength: 60,
  maxLength: 150,
  size: 'max',
});

describe('random memory operations behave as in the model', () => {
  test('mappings, rights, contents, files and code', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const run = new Run();
        for (const step of list) run.step(step);
        run.finish();
      }),
      {
        numRuns: Number(process.env['MMAP_MODEL_RUNS'] ?? 80),
        seed: Number(process.env['MMAP_MODEL_SEED'] ?? 20),
        // Shrinking takes minutes.
        endOnFailure: process.env['MMAP_MODEL_SHRINK'] === undefined,
      },
    );
  }, 120_000);
});
