/**
 * State of an address space and the primitives that keep it consistent: mappings, page states, permission bytes,
 * resident pages, translated-code marks. The permission byte of a page always equals
 * `fastRights(access of its mapping, state)`, and is written in the same call that changes either.
 *
 * For the files of src/mmap only; everybody else uses AddressSpace.
 */
import { CodePages } from './code.js';
import type { SpaceLimits } from './file-backing.js';
import { GapFinder } from './gaps.js';
import { GUEST_END_PAGE, PAGE_COUNT, PAGE_SHIFT, PAGE_SIZE, PERM_EXEC } from './layout.js';
import { CHUNK_COUNT, CHUNK_SHIFT } from './memory.js';
import type { GuestMemory } from './memory.js';
import { ObjectRegistry } from './objects.js';
import { PAGE_CODE, PAGE_PRESENT, PAGE_THRASH, PAGE_USED, fastRights } from './page-state.js';
import { detachShared } from './shared.js';
import { VmaList, isData } from './vma.js';
import type { Vma } from './vma.js';

export interface SpaceOptions {
  /** Shared by all spaces of one emulator, so that MAP_SHARED works between processes; by default one of its own. */
  registry?: ObjectRegistry;
  /** Limits that are not given are infinite, except for the stack: 8 MiB. */
  limits?: Partial<SpaceLimits>;
  /** PROT_EXEC alone also allows reading (ARM guests); on RISC-V such a read faults. */
  execReadable?: boolean;
}

export interface SpaceStats {
  /** Faults that were resolved. */
  minorFaults: number;
  /** Reads from files that faults caused. */
  majorFaults: number;
}

export class SpaceCore {
  readonly memory: GuestMemory;
  readonly u8: Uint8Array;
  readonly perm: Uint8Array;
  readonly state: Uint8Array;
  readonly registry: ObjectRegistry;
  readonly limits: SpaceLimits;
  readonly execReadable: boolean;
  readonly stats: SpaceStats = { minorFaults: 0, majorFaults: 0 };
  readonly list: VmaList;
  readonly gaps: GapFinder;
  readonly code = new CodePages();
  /** The heap that brk(2) moves the end of: addresses, page-aligned start; equal until something is allocated. */
  brkStart = 0;
  brkEnd = 0;
  /** mlockall(MCL_FUTURE) is on. */
  lockFuture = false;
  /** The space this one was forked from. */
  origin: WeakRef<SpaceCore> | undefined;
  /** Present pages per chunk, so that empty stretches are skipped. */
  readonly presentInChunk = new Uint16Array(CHUNK_COUNT);
  rssPages = 0;
  peakRssPages = 0;
  /** While pages are dropped in bulk: the range of those with code, reported once at the end. */
  #batch = 0;
  #codeFirst = PAGE_COUNT;
  #codeEnd = 0;
  /** Segment frame per page, for pages that are PAGE_ALIAS; made when the first one appears. */
  #frames = new Int32Array(0);

  /**
   * Called when translations of pages [firstPage, endPage) must not be used any more: a write to a page with code,
   * or its mapping went away, lost PROT_EXEC or was dropped. The pages are those that `markCode` named, and what lies
   * between them of a range that was dropped as a whole.
   */
  onCodeInvalid: (firstPage: number, endPage: number) => void = () => undefined;

  /** Set while other threads may run guest code in this space: returns when all of them stand still, see `quiesce`. */
  onQuiesce: (() => void) | undefined;

  constructor(memory: GuestMemory, options: SpaceOptions = {}) {
    this.memory = memory;
    this.u8 = memory.u8;
    this.perm = memory.perm;
    this.state = memory.state;
    this.registry = options.registry ?? new ObjectRegistry();
    this.limits = { as: Infinity, data: Infinity, stack: 8 << 20, memlock: Infinity, ...options.limits };
    this.execReadable = options.execReadable ?? false;
    this.list = new VmaList(this);
    this.gaps = new GapFinder(this.list);
  }

  /** Room for `pages` more under RLIMIT_AS and RLIMIT_DATA (may_expand_vm in mm/mmap.c). */
  mayExpand(pages: number, prot: number, flags: number): boolean {
    if ((this.list.totalPages + pages) * PAGE_SIZE > this.limits.as) return false;
    return !isData(prot, flags) || (this.list.dataPages + pages) * PAGE_SIZE <= this.limits.data;
  }

  /** Room for `pages` more under RLIMIT_MEMLOCK. */
  mayLock(pages: number): boolean {
    return (this.list.lockedPages + pages) * PAGE_SIZE <= this.limits.memlock;
  }

  /**
   * Other threads stop between two instructions, and do not go on before the kernel has finished what it is doing. To be
   * called before rights are taken away, bytes move, or words of the guest's are read and written in one step: generated
   * code looks at the permission table first and makes its access then.
   */
  quiesce(): void {
    this.onQuiesce?.();
  }

  #setRights(page: number, rights: number): void {
    if (((this.perm[page] as number) & ~rights) !== 0) this.quiesce();
    this.perm[page] = rights;
  }

  /** Pages that become present hold what was in the memory; zeros are wanted. */
  cleanPages(first: number, end: number): void {
    for (let page = first; page < end; page++) {
      if (((this.state[page] as number) & PAGE_USED) === 0) continue;
      let stop = page + 1;
      while (stop < end && ((this.state[stop] as number) & PAGE_USED) !== 0) stop++;
      this.memory.zeroPages(page, stop);
      page = stop;
    }
  }

  /** The memory of the pages is about to be filled. */
  noteUsed(first: number, end: number): void {
    for (let page = first; page < end; page++) {
      this.state[page] = (this.state[page] as number) | PAGE_USED;
      this.memory.usedChunks[page >>> CHUNK_SHIFT] = 1;
    }
  }

  /** A page that was not present becomes so, in `state`. */
  enter(page: number, state: number): void {
    this.state[page] = state;
    this.perm[page] = fastRights(this.list.find(page)?.access ?? 0, state);
    this.countPresent(page, 1);
  }

  /** `pages` pages of the chunk of `page` became present. */
  countPresent(page: number, pages: number): void {
    const chunk = page >>> CHUNK_SHIFT;
    this.presentInChunk[chunk] = (this.presentInChunk[chunk] as number) + pages;
    this.memory.usedChunks[chunk] = 1;
    this.rssPages += pages;
    if (this.rssPages > this.peakRssPages) this.peakRssPages = this.rssPages;
  }

  /** A present page is not any more. */
  leave(page: number): void {
    const state = this.state[page] as number;
    this.#setRights(page, 0);
    this.state[page] = state & PAGE_USED;
    const chunk = page >>> CHUNK_SHIFT;
    this.presentInChunk[chunk] = (this.presentInChunk[chunk] as number) - 1;
    this.rssPages--;
    if ((state & (PAGE_CODE | PAGE_THRASH)) !== 0) {
      this.code.delete(page);
      this.#reportCode(page);
    }
  }

  #reportCode(page: number): void {
    if (this.#batch === 0) {
      this.onCodeInvalid(page, page + 1);
      return;
    }
    this.#codeFirst = Math.min(this.#codeFirst, page);
    this.#codeEnd = Math.max(this.#codeEnd, page + 1);
  }

  #endBatch(): void {
    if (--this.#batch > 0 || this.#codeEnd === 0) return;
    const first = this.#codeFirst;
    const end = this.#codeEnd;
    this.#codeFirst = PAGE_COUNT;
    this.#codeEnd = 0;
    this.onCodeInvalid(first, end);
  }

  /** Sets and clears state bits of a page. */
  changeState(page: number, set: number, clear: number): void {
    const state = ((this.state[page] as number) & ~clear) | set;
    this.#setRights(page, fastRights(this.list.find(page)?.access ?? 0, state));
    this.state[page] = state;
  }

  /** The bytes of a present page changed: translations of it are void, and writes need not be watched any more. */
  invalidateCode(page: number): void {
    if (((this.state[page] as number) & PAGE_CODE) === 0) return;
    this.changeState(page, 0, PAGE_CODE);
    this.code.renew(page);
    this.#reportCode(page);
  }

  /** First present page of [from, end), or `end`. */
  nextPresent(from: number, end: number): number {
    let page = from;
    while (page < end) {
      if (this.presentInChunk[page >>> CHUNK_SHIFT] === 0) {
        page = ((page >>> CHUNK_SHIFT) + 1) << CHUNK_SHIFT;
        continue;
      }
      if (((this.state[page] as number) & PAGE_PRESENT) !== 0) return page;
      page++;
    }
    return end;
  }

  /** Drops the pages [first, end) of a mapping; shared anonymous memory is kept by its object if `keep`. */
  dropPages(vma: Vma, first: number, end: number, keep: boolean): void {
    const object = vma.object;
    if (!vma.shared || object === undefined) {
      this.dropPrivate(first, end);
      return;
    }
    this.quiesce();
    object.flush(vma.indexOf(first), vma.indexOf(end));
    this.#batch++;
    for (let page = this.nextPresent(first, end); page < end; page = this.nextPresent(page + 1, end)) {
      detachShared(this, vma, page, keep);
    }
    this.#endBatch();
  }

  /** Drops present pages of [first, end), none of them shared. */
  dropPrivate(first: number, end: number): void {
    this.#batch++;
    for (let page = this.nextPresent(first, end); page < end; page = this.nextPresent(page + 1, end)) {
      this.leave(page);
    }
    this.#endBatch();
  }

  /** The mapping of [first, end) has new access rights. */
  applyAccess(first: number, end: number, access: number): void {
    this.#batch++;
    for (let page = this.nextPresent(first, end); page < end; page = this.nextPresent(page + 1, end)) {
      const state = this.state[page] as number;
      this.#setRights(page, fastRights(access, state));
      if ((access & PERM_EXEC) === 0 && (state & PAGE_CODE) !== 0) this.invalidateCode(page);
    }
    this.#endBatch();
  }

  /** Unmaps [first, end), splitting mappings at its edges. */
  removeRange(first: number, end: number): void {
    const from = this.list.indexFrom(first);
    const lowest = this.list.items[from];
    if (lowest === undefined || lowest.firstPage >= end) return;
    this.#batch++;
    const low = this.list.split(first);
    let high = low;
    for (let vma = this.list.items[high]; vma !== undefined; vma = this.list.items[high]) {
      if (vma.firstPage >= end) break;
      if (vma.endPage > end) this.list.split(end);
      const object = vma.object;
      const dying = object?.backing === undefined && object?.uses === 1 && object.keeper === undefined;
      this.dropPages(vma, vma.firstPage, vma.endPage, !dying);
      high++;
    }
    this.list.remove(low, high);
    this.gaps.freed(low);
    this.#endBatch();
  }

  /** Segment frame of an aliased page. */
  frameOf(page: number): number {
    return this.#frames[page] as number;
  }

  setFrame(page: number, frame: number): void {
    if (this.#frames.length === 0) this.#frames = new Int32Array(PAGE_COUNT);
    this.#frames[page] = frame;
  }

  /** Page numbers of [addr, addr + length), or undefined when it is not a range of guest addresses. */
  pageRange(addr: number, length: number): { first: number; end: number } | undefined {
    const end = Math.ceil((addr + length) / PAGE_SIZE);
    if (!(addr >= 0 && length >= 0 && end <= GUEST_END_PAGE)) return undefined;
    return { first: addr >>> PAGE_SHIFT, end };
  }
}
