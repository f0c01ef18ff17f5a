/**
 * The page-fault handler and the slow path of accesses: what happens when a page lacks the fast right that an access
 * needs. Called often by cold programs, so anonymous memory is served without allocating anything.
 */
import { SpaceCore } from './core.js';
import { MAP_GROWSDOWN } from './flags.js';
import { STACK_GUARD_PAGES } from './gaps.js';
import {
  FAULT_ACCERR,
  FAULT_BUS,
  FAULT_MAPERR,
  FAULT_NONE,
  FAULT_SLOW,
  GUEST_END_PAGE,
  GUEST_START,
  PAGE_MASK,
  PAGE_SHIFT,
  PAGE_SIZE,
  PERM_EXEC,
  PERM_WRITE,
} from './layout.js';
import type { FaultCode } from './layout.js';
import type { SharedPage } from './objects.js';
import {
  PAGE_ALIAS,
  PAGE_CODE,
  PAGE_PRESENT,
  PAGE_THRASH,
  PAGE_USED,
  PAGE_WRITABLE,
  fastRights,
} from './page-state.js';
import { FAULT_AROUND, attachShared, snapshotShared, touchFrame, writeShared } from './shared.js';
import type { Vma } from './vma.js';

export class FaultingSpace extends SpaceCore {
  /**
   * Resolves an access to one page. `need` is one or more PERM_* bits.
   *
   * FAULT_NONE: the page has the fast bits now. FAULT_SLOW: the access is legal, but its bytes must go through
   * slowRead and slowWrite (both also serve pages that are not slow). Otherwise the signal to raise. An access that
   * straddles two pages asks for both before it touches either.
   */
  fault(addr: number, need: number): FaultCode {
    if (!(addr >= GUEST_START && addr < GUEST_END_PAGE * PAGE_SIZE)) return FAULT_MAPERR;
    const page = addr >>> PAGE_SHIFT;
    if (((this.perm[page] as number) & need) === need) return FAULT_NONE;
    const vma = this.list.find(page) ?? this.#growStack(page);
    if (vma === undefined) return FAULT_MAPERR;
    if ((vma.access & need) !== need) return FAULT_ACCERR;

    if (((this.state[page] as number) & PAGE_PRESENT) === 0) {
      this.stats.minorFaults++;
      if (vma.object === undefined) {
        this.#anonymous(vma, page);
        return FAULT_NONE;
      }
      const result = vma.shared ? attachShared(this, vma, page) : this.#readFile(vma, page);
      if (result !== FAULT_NONE) return result;
      if (((this.perm[page] as number) & need) === need) return FAULT_NONE;
    }
    return this.#upgrade(vma, page, need);
  }

  /**
   * Zero pages: the faulting one, and when it follows or precedes a present one, the rest of its window too. (Taking
   * neighbours always would cost memory, zeroing and work at fork for programs that touch single pages.)
   */
  #anonymous(vma: Vma, page: number): void {
    const { state, perm } = this;
    let first = page;
    let end = page + 1;
    if ((((state[page - 1] as number) | (state[page + 1] as number)) & PAGE_PRESENT) !== 0) {
      first = Math.max(page & -FAULT_AROUND, vma.firstPage);
      end = Math.min((page & -FAULT_AROUND) + FAULT_AROUND, vma.endPage);
    }
    // Pages [dirty, at) hold what was there before. No right is given before all is clean: other threads may be waiting.
    let dirty = first;
    for (let at = first; at < end; at++) {
      if (((state[at] as number) & (PAGE_PRESENT | PAGE_USED)) === PAGE_USED) continue;
      if (dirty < at) this.memory.zeroPages(dirty, at);
      dirty = at + 1;
    }
    if (dirty < end) this.memory.zeroPages(dirty, end);
    const access = vma.access;
    let pages = 0;
    for (let at = first; at < end; at++) {
      if (((state[at] as number) & PAGE_PRESENT) !== 0) continue;
      state[at] = PAGE_PRESENT | PAGE_USED | PAGE_WRITABLE;
      perm[at] = access;
      pages++;
    }
    this.countPresent(page, pages);
  }

  /** Pages of a private file mapping: the faulting one and those around it that are not there yet. */
  #readFile(vma: Vma, page: number): FaultCode {
    const object = vma.object;
    if (object === undefined) return FAULT_BUS;
    // What a shared mapping of the file has not written back yet is visible here too.
    object.flush();
    const { size } = object;
    const limit = Math.min(vma.endPage, vma.firstPage + (Math.ceil(size / PAGE_SIZE) - vma.objectPage));
    if (page >= limit) return FAULT_BUS;
    object.noteRead();
    const { state } = this;
    const window = page & -FAULT_AROUND;
    const lowest = Math.max(window, vma.firstPage);
    const highest = Math.min(window + FAULT_AROUND, limit);
    let first = page;
    while (first > lowest && ((state[first - 1] as number) & PAGE_PRESENT) === 0) first--;
    let end = page + 1;
    while (end < highest && ((state[end] as number) & PAGE_PRESENT) === 0) end++;

    this.stats.majorFaults++;
    this.noteUsed(first, end);
    if (object.read(this.u8.subarray(first * PAGE_SIZE, end * PAGE_SIZE), vma.indexOf(first), size) < 0)
      return FAULT_BUS;
    const fresh = PAGE_PRESENT | PAGE_USED;
    this.state.fill(fresh, first, end);
    this.perm.fill(fastRights(vma.access, fresh), first, end);
    this.countPresent(page, end - first);
    return FAULT_NONE;
  }

  /** A page that is present but lacks a fast bit which its mapping would allow. */
  #upgrade(vma: Vma, page: number, need: number): FaultCode {
    if ((need & PERM_WRITE) !== 0) {
      if (!this.#becomesWritable(vma, page)) return FAULT_BUS;
      const state = this.state[page] as number;
      if ((state & (PAGE_CODE | PAGE_ALIAS)) === PAGE_CODE) {
        if ((state & PAGE_THRASH) !== 0) return FAULT_SLOW;
        if (this.code.countWrite(page)) {
          this.changeState(page, PAGE_THRASH, 0);
          return FAULT_SLOW;
        }
        this.invalidateCode(page);
      }
    }
    const state = this.state[page] as number;
    if ((state & PAGE_ALIAS) !== 0 && need === PERM_EXEC) snapshotShared(this, page);
    return ((this.perm[page] as number) & need) === need ? FAULT_NONE : FAULT_SLOW;
  }

  /** First write to a page of a file, or of shared memory with other holders. */
  #becomesWritable(vma: Vma, page: number): boolean {
    if (((this.state[page] as number) & (PAGE_WRITABLE | PAGE_ALIAS)) !== 0) return true;
    this.stats.minorFaults++;
    if (vma.shared) return writeShared(this, vma, page) === FAULT_NONE;
    this.changeState(page, PAGE_WRITABLE, 0);
    return true;
  }

  /** Extends the stack-like mapping above `page` down to it, if it may grow so far (expand_downwards in mm/mmap.c). */
  #growStack(page: number): Vma | undefined {
    const at = this.list.indexFrom(page);
    const vma = this.list.items[at];
    if (vma === undefined || (vma.flags & MAP_GROWSDOWN) === 0) return undefined;
    const below = this.list.items[at - 1];
    const guard = below === undefined || below.access === 0 || (below.flags & MAP_GROWSDOWN) !== 0;
    const lowest = Math.max(
      below === undefined
        ? GUEST_START >>> PAGE_SHIFT
        : guard
          ? below.endPage
          : below.endPage + STACK_GUARD_PAGES,
      vma.endPage - Math.floor(this.limits.stack / PAGE_SIZE),
    );
    // Growing by a whole fault-around window saves faults; the exact page matters only near the limit.
    const first = Math.max(page & -FAULT_AROUND, lowest);
    if (first > page) return undefined;
    const pages = vma.firstPage - first;
    if (!this.mayExpand(pages, vma.prot, vma.flags)) return undefined;
    this.list.resize(vma, first, vma.endPage);
    return vma;
  }

  slowRead8(addr: number): number {
    const page = addr >>> PAGE_SHIFT;
    if (((this.state[page] as number) & PAGE_ALIAS) === 0) return this.u8[addr] as number;
    return this.registry.segments.u8[this.frameOf(page) * PAGE_SIZE + (addr & PAGE_MASK)] as number;
  }

  slowRead16(addr: number): number {
    return this.slowRead8(addr) | (this.slowRead8(addr + 1) << 8);
  }

  /** A little-endian word, signed; the address may be unaligned and straddle pages. */
  slowRead32(addr: number): number {
    const page = addr >>> PAGE_SHIFT;
    const offset = addr & PAGE_MASK;
    if (offset > PAGE_SIZE - 4) return this.slowRead16(addr) | (this.slowRead16(addr + 2) << 16);
    if (((this.state[page] as number) & PAGE_ALIAS) === 0) return this.memory.view.getInt32(addr, true);
    return this.registry.segments.view.getInt32(this.frameOf(page) * PAGE_SIZE + offset, true);
  }

  slowWrite8(addr: number, value: number): void {
    const page = addr >>> PAGE_SHIFT;
    const frame = this.#beforeWrite(page, addr & PAGE_MASK, 1);
    if (frame < 0) this.u8[addr] = value;
    else this.registry.segments.u8[frame * PAGE_SIZE + (addr & PAGE_MASK)] = value;
  }

  slowWrite16(addr: number, value: number): void {
    this.slowWrite8(addr, value);
    this.slowWrite8(addr + 1, value >>> 8);
  }

  slowWrite32(addr: number, value: number): void {
    const offset = addr & PAGE_MASK;
    if (offset > PAGE_SIZE - 4) {
      this.slowWrite16(addr, value);
      this.slowWrite16(addr + 2, value >>> 16);
      return;
    }
    const frame = this.#beforeWrite(addr >>> PAGE_SHIFT, offset, 4);
    if (frame < 0) this.memory.view.setInt32(addr, value, true);
    else this.registry.segments.view.setInt32(frame * PAGE_SIZE + offset, value, true);
  }

  /** Copies from one page, slow or not. */
  protected readPage(addr: number, target: Uint8Array): void {
    const page = addr >>> PAGE_SHIFT;
    const alias = ((this.state[page] as number) & PAGE_ALIAS) !== 0;
    const source = alias ? this.registry.segments.u8 : this.u8;
    const start = alias ? this.frameOf(page) * PAGE_SIZE + (addr & PAGE_MASK) : addr;
    target.set(source.subarray(start, start + target.length));
  }

  /** Offset from `addr` of the first `byte` among `count` bytes of one page; `count` when there is none. */
  protected findByte(addr: number, count: number, byte: number): number {
    const page = addr >>> PAGE_SHIFT;
    const alias = ((this.state[page] as number) & PAGE_ALIAS) !== 0;
    const source = alias ? this.registry.segments.u8 : this.u8;
    const start = alias ? this.frameOf(page) * PAGE_SIZE + (addr & PAGE_MASK) : addr;
    let at = 0;
    while (at < count && source[start + at] !== byte) at++;
    return at;
  }

  /** Copies to one page that was faulted in for writing, slow or not. */
  protected writePage(addr: number, bytes: Uint8Array): void {
    // Faulting another page in may have flushed this one: then the write must be recorded again.
    this.fault(addr, PERM_WRITE);
    const frame = this.#beforeWrite(addr >>> PAGE_SHIFT, addr & PAGE_MASK, bytes.length);
    if (frame < 0) this.u8.set(bytes, addr);
    else this.registry.segments.u8.set(bytes, frame * PAGE_SIZE + (addr & PAGE_MASK));
  }

  /** Does what a write to `size` bytes of a page entails; returns the frame it goes to, or -1 for our own memory. */
  #beforeWrite(page: number, offset: number, size: number): number {
    const state = this.state[page] as number;
    if ((state & PAGE_ALIAS) !== 0) {
      const frame = this.frameOf(page);
      touchFrame(this.registry.segments.owners[frame] as SharedPage);
      return frame;
    }
    if ((state & PAGE_THRASH) !== 0 && this.code.covers(page, offset, offset + size)) {
      this.code.renew(page);
      this.onCodeInvalid(page, page + 1);
    }
    return -1;
  }
}
