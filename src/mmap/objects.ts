/**
 * What mappings show: files and anonymous shared memory. One `MappedObject` per file, whatever the number of
 * mappings and processes; the registry finds it by the file's id, and is where the kernel tells of reads and writes
 * that go past the mappings.
 *
 * A page of a MAP_SHARED mapping has a `SharedPage` as long as anyone has it present; shared.ts has the protocol.
 * Everything here runs on the thread of the kernel only.
 */
import { EIO } from '../abi/errno.js';
import type { SpaceCore } from './core.js';
import type { FileBacking } from './file-backing.js';
import { PAGE_SIZE } from './layout.js';
import { PAGE_PRESENT, PAGE_WRITABLE } from './page-state.js';
import { SegmentStore } from './segments.js';
import { cleanShared, forgetShared, refreshShared } from './shared.js';

/** One page of a shared object. Where its bytes are: the frame, else any holder's memory, else `parked`, else the file. */
export class SharedPage {
  readonly object: MappedObject;
  readonly index: number;
  /** Address spaces that have it present, and at which of their pages. */
  readonly spaces: SpaceCore[] = [];
  readonly pages: number[] = [];
  /** Segment frame with the bytes (all holders are PAGE_ALIAS), or -1. */
  frame = -1;
  /** Holders that have PAGE_SNAPSHOT. */
  snapshots = 0;
  /** Written since it last equalled the file. */
  dirty = false;
  /** Bytes of anonymous memory that nobody has present. */
  parked: Uint8Array | undefined;

  constructor(object: MappedObject, index: number) {
    this.object = object;
    this.index = index;
  }
}

/** Keeps an object alive that nothing maps, and is told of its mappings (System V shared memory). */
export interface ObjectKeeper {
  /** There is a mapping more. */
  used(): void;
  /** There is one less. */
  unused(): void;
}

export class MappedObject {
  readonly registry: ObjectRegistry;
  readonly id: string;
  /** The file; undefined for anonymous shared memory. */
  backing: FileBacking | undefined;
  readonly pages = new Map<number, SharedPage>();
  readonly dirty = new Set<SharedPage>();
  /** Version of the file that all pages of private mappings were read from; '' before the first. */
  #version = '';
  /** They were not all read from one. */
  #mixed = false;
  /** Mappings of the object per address space. */
  readonly users = new Map<SpaceCore, number>();
  keeper: ObjectKeeper | undefined;
  /** Pages of anonymous memory that there are. */
  readonly #anonymousPages: number;

  constructor(registry: ObjectRegistry, id: string, backing: FileBacking | undefined, pages = Infinity) {
    this.registry = registry;
    this.id = id;
    this.backing = backing;
    this.#anonymousPages = pages;
  }

  retain(space: SpaceCore): void {
    this.users.set(space, (this.users.get(space) ?? 0) + 1);
    this.keeper?.used();
  }

  release(space: SpaceCore): void {
    const uses = (this.users.get(space) ?? 1) - 1;
    if (uses > 0) this.users.set(space, uses);
    else this.users.delete(space);
    if (this.keeper !== undefined) this.keeper.unused();
    else if (this.users.size === 0) this.registry.forget(this);
  }

  /** Mappings of the object in all address spaces. */
  get uses(): number {
    let uses = 0;
    for (const n of this.users.values()) uses += n;
    return uses;
  }

  /** Bytes in the file now, 0 when its size cannot be had; or of anonymous memory, usually Infinity. */
  get size(): number {
    return this.backing === undefined ? this.#anonymousPages * PAGE_SIZE : Math.max(this.backing.size(), 0);
  }

  /** Pages that the file has now. */
  get pageLimit(): number {
    return Math.ceil(this.size / PAGE_SIZE);
  }

  /** Names the bytes that pages were read from; undefined when they have changed in between. */
  get version(): string | undefined {
    return this.#mixed ? undefined : this.#version;
  }

  /** A page of a private mapping is about to be read; `size` was asked for just before. */
  noteRead(): void {
    const { backing } = this;
    if (this.#mixed || backing === undefined) return;
    const version = backing.stamp ?? backing.version?.() ?? '';
    if (this.#version === '') this.#version = version;
    else if (this.#version !== version) this.#mixed = true;
  }

  /** Present pages of private mappings show other bytes than those they were read with. */
  noteChange(): void {
    this.#mixed = true;
  }

  /**
   * Fills `target` from page `index` on, with zeros past the end of the file. 0 or -errno.
   *
   * @param size of the file, when it is known: saves looking for its end
   */
  read(target: Uint8Array, index: number, size = Infinity): number {
    const backing = this.backing;
    const offset = index * PAGE_SIZE;
    const wanted = Math.min(target.length, size - offset);
    let done = 0;
    while (backing !== undefined && done < wanted) {
      const n = backing.read(target.subarray(done, wanted), offset + done);
      if (n < 0) return n;
      if (n === 0) break;
      done += n;
    }
    target.fill(0, done);
    return 0;
  }

  markDirty(page: SharedPage): void {
    if (page.dirty || this.backing === undefined) return;
    page.dirty = true;
    this.dirty.add(page);
  }

  /** Writes dirty pages of [first, end) to the file. 0, or the first -errno (those pages stay dirty). */
  flush(first = 0, end = Infinity): number {
    const backing = this.backing;
    if (this.dirty.size === 0 || backing === undefined) return 0;
    const pages = [...this.dirty].filter((page) => page.index >= first && page.index < end);
    pages.sort((a, b) => a.index - b.index);
    // What is written between here and the loss of the right to write would be lost.
    for (const page of pages) for (const space of page.spaces) space.quiesce();
    const size = backing.size();
    let result = size < 0 ? size : 0;
    for (let i = 0; i < pages.length && result === 0;) {
      const run = contiguous(pages, i);
      const offset = (pages[i] as SharedPage).index * PAGE_SIZE;
      const bytes = bytesOf(pages[i] as SharedPage, run);
      const count = Math.min(bytes.length, size - offset);
      if (count > 0) result = writeAll(backing, bytes.subarray(0, count), offset);
      if (result === 0) for (let k = i; k < i + run; k++) cleanShared(pages[k] as SharedPage);
      i += run;
    }
    return result;
  }
}

/** How many of `pages` from `at` on follow each other both in the object and in the memory that holds them. */
function contiguous(pages: SharedPage[], at: number): number {
  const first = pages[at] as SharedPage;
  let run = 1;
  for (let next = pages[at + 1]; next !== undefined; next = pages[at + run]) {
    const follows =
      next.index === first.index + run &&
      (first.frame >= 0
        ? next.frame === first.frame + run
        : next.frame < 0 &&
          next.spaces[0] === first.spaces[0] &&
          next.pages[0] === (first.pages[0] as number) + run);
    if (!follows) break;
    run++;
  }
  return run;
}

/** The bytes of `count` contiguous pages from `page` on, in place. */
export function bytesOf(page: SharedPage, count = 1): Uint8Array {
  if (page.frame >= 0) {
    const start = page.frame * PAGE_SIZE;
    return page.object.registry.segments.u8.subarray(start, start + count * PAGE_SIZE);
  }
  const space = page.spaces[0];
  if (space === undefined) return page.parked ?? new Uint8Array(PAGE_SIZE);
  const start = (page.pages[0] as number) * PAGE_SIZE;
  return space.u8.subarray(start, start + count * PAGE_SIZE);
}

function writeAll(backing: FileBacking, bytes: Uint8Array, offset: number): number {
  for (let done = 0; done < bytes.length;) {
    const n = backing.write(bytes.subarray(done), offset + done);
    if (n <= 0) return n < 0 ? n : -EIO;
    done += n;
  }
  return 0;
}

/** All mapped objects of one emulator. */
export class ObjectRegistry {
  readonly segments = new SegmentStore();
  readonly #files = new Map<string, MappedObject>();
  #anonymous = 0;

  /** The object of a file; the first mapping, and the first writable one, take a `dup` of the backing. */
  open(file: FileBacking): MappedObject {
    const known = this.#files.get(file.id);
    if (known === undefined) {
      const object = new MappedObject(this, file.id, file.dup());
      this.#files.set(file.id, object);
      return object;
    }
    if (file.writable && known.backing?.writable === false) {
      known.backing.close();
      known.backing = file.dup();
    }
    return known;
  }

  /** A new object of anonymous shared memory; past `pages` pages accesses fail as those past the end of a file. */
  openAnonymous(pages = Infinity): MappedObject {
    return new MappedObject(this, `shm:${++this.#anonymous}`, undefined, pages);
  }

  /** Nothing maps it any more, nobody keeps it. */
  forget(object: MappedObject): void {
    object.pages.clear();
    object.dirty.clear();
    object.backing?.close();
    if (this.#files.get(object.id) === object) this.#files.delete(object.id);
  }

  /** Whether any address space maps the file: otherwise the calls below have nothing to do. */
  isMapped(id: string): boolean {
    return this.#files.has(id);
  }

  /** Before the kernel reads the file by other means: writes changed pages of shared mappings to it. 0 or -errno. */
  flushFile(id: string): number {
    return this.#files.get(id)?.flush() ?? 0;
  }

  /**
   * After the kernel changed `length` bytes of the file at `offset`: present pages of its mappings show the new bytes,
   * except for private pages that the program has changed.
   */
  refreshFile(id: string, offset: number, length: number): void {
    const object = this.#files.get(id);
    if (object === undefined || length <= 0) return;
    const first = Math.floor(offset / PAGE_SIZE);
    const end = Math.ceil((offset + length) / PAGE_SIZE);
    for (const page of object.pages.values()) {
      if (page.index < first || page.index >= end) continue;
      const from = Math.max(offset - page.index * PAGE_SIZE, 0);
      refreshShared(page, from, Math.min(offset + length - page.index * PAGE_SIZE, PAGE_SIZE));
    }
    forEachPrivate(object, first, end, (space, page, index) => {
      object.noteChange();
      if (((space.state[page] as number) & (PAGE_PRESENT | PAGE_WRITABLE)) !== PAGE_PRESENT) return;
      object.read(space.u8.subarray(page * PAGE_SIZE, (page + 1) * PAGE_SIZE), index);
      space.invalidateCode(page);
    });
  }

  /**
   * After the kernel changed the size of the file: pages past its end are gone, private copies too (SIGBUS on the next
   * access, truncate(2) and mmap(2)), and the rest of its last page reads as zeros.
   */
  truncateFile(id: string, size: number): void {
    const object = this.#files.get(id);
    if (object === undefined) return;
    const end = Math.ceil(size / PAGE_SIZE);
    for (const page of object.pages.values()) {
      if (page.index >= end) forgetShared(page);
      else if (page.index === end - 1 && size % PAGE_SIZE !== 0)
        refreshShared(page, size % PAGE_SIZE, PAGE_SIZE);
    }
    forEachPrivate(object, Math.floor(size / PAGE_SIZE), Infinity, (space, page, index) => {
      object.noteChange();
      if (index >= end) space.dropPrivate(page, page + 1);
      else if (((space.state[page] as number) & (PAGE_PRESENT | PAGE_WRITABLE)) === PAGE_PRESENT) {
        space.u8.fill(0, page * PAGE_SIZE + (size % PAGE_SIZE), (page + 1) * PAGE_SIZE);
        space.invalidateCode(page);
      }
    });
  }
}

/** Calls `visit` for every page of a private mapping that shows pages [first, end) of the object. */
function forEachPrivate(
  object: MappedObject,
  first: number,
  end: number,
  visit: (space: SpaceCore, page: number, index: number) => void,
): void {
  for (const space of object.users.keys()) {
    for (const vma of space.list.items) {
      if (vma.object !== object || vma.shared) continue;
      const from = Math.max(first, vma.objectPage);
      const to = Math.min(end, vma.objectPage + vma.pages);
      for (let index = from; index < to; index++) visit(space, vma.firstPage + index - vma.objectPage, index);
    }
  }
}
