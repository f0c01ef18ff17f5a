/**
 * Where mmap puts what has no fixed address: the highest gap of the low window, then of the high one, then anywhere. A
 * large reservation tries the high window first: a JVM makes several, each to be in one piece.
 *
 * A window remembers for every power of two how far down it need not look for gaps of at least that many pages, so
 * that a program with thousands of mappings does not pay for all of them on every mmap.
 */
import { MAP_GROWSDOWN } from './flags.js';
import { GUEST_END_PAGE, GUEST_START, MMAP_HIGH_START, MMAP_TOP, PAGE_SHIFT } from './layout.js';
import type { Vma, VmaList } from './vma.js';

/** Linux keeps this many pages free below a stack that can grow (stack_guard_gap in mm/mmap.c): 1 MiB. */
export const STACK_GUARD_PAGES = 256;
/** The low window leaves this much for the heap to grow into, until nothing else is free: 64 MiB. */
const HEAP_ROOM_PAGES = (64 << 20) >>> PAGE_SHIFT;
/** More than malloc reserves for an arena (2 HEAP_MAX_SIZE): 128 MiB. */
const LARGE_PAGES = (128 << 20) >>> PAGE_SHIFT;
const START_PAGE = GUEST_START >>> PAGE_SHIFT;

/** First page that must stay free below a mapping's end: its own, or that of its guard gap (vm_start_gap). */
export function guardedStart(vma: Vma): number {
  return (vma.flags & MAP_GROWSDOWN) !== 0 ? vma.firstPage - STACK_GUARD_PAGES : vma.firstPage;
}

/** Size classes: a gap of n pages is of class floor(log2 n). */
const CLASSES = 21;

class Window {
  readonly #vmas: VmaList;
  readonly #end: number;
  /** Per class: between here and the end of the window is no gap of that class or a larger one. */
  readonly #from: Int32Array;

  constructor(vmas: VmaList, end: number) {
    this.#vmas = vmas;
    this.#end = end;
    this.#from = new Int32Array(CLASSES).fill(end);
  }

  /** Highest first page of a gap of `pages` pages at or above `start`, or -1. */
  search(start: number, pages: number): number {
    const items = this.#vmas.items;
    const sizeClass = 31 - Math.clz32(pages);
    const least = 1 << sizeClass;
    let ceiling = this.#from[sizeClass] as number;
    let at = this.#vmas.indexFrom(ceiling - 1);
    let passed = -1;
    for (let above = items[at]; ; above = items[at]) {
      if (above !== undefined) ceiling = Math.min(ceiling, guardedStart(above));
      const floor = Math.max(items[at - 1]?.endPage ?? 0, start);
      const size = ceiling - floor;
      // The highest gap that the class may still want is where its next search begins.
      if (size >= least && passed < 0) passed = ceiling;
      if (size >= pages) break;
      if (at === 0 || floor <= start) {
        ceiling = -1;
        break;
      }
      at--;
    }
    if (passed >= 0) this.#from[sizeClass] = passed;
    return ceiling < 0 ? -1 : ceiling - pages;
  }

  /** [start, end) became free. */
  freed(start: number, end: number): void {
    const top = Math.min(end, this.#end);
    for (let sizeClass = 0; sizeClass < CLASSES && 1 << sizeClass <= end - start; sizeClass++) {
      if (top > (this.#from[sizeClass] as number)) this.#from[sizeClass] = top;
    }
  }
}

export class GapFinder {
  readonly #vmas: VmaList;
  readonly #low: Window;
  readonly #high: Window;

  constructor(vmas: VmaList) {
    this.#vmas = vmas;
    this.#low = new Window(vmas, MMAP_TOP >>> PAGE_SHIFT);
    this.#high = new Window(vmas, GUEST_END_PAGE);
  }

  /**
   * First page of a gap for `pages` pages; -1 when there is none. `heapEnd` is the page where the heap ends now,
   * `reserved` says that nothing is to be there yet (PROT_NONE, MAP_NORESERVE).
   */
  find(pages: number, heapEnd: number, reserved: boolean): number {
    if (pages > GUEST_END_PAGE) return -1;
    const high = MMAP_HIGH_START >>> PAGE_SHIFT;
    let found = reserved && pages > LARGE_PAGES ? this.#high.search(high, pages) : -1;
    if (found < 0) found = this.#low.search(Math.max(START_PAGE, heapEnd + HEAP_ROOM_PAGES), pages);
    if (found < 0) found = this.#high.search(high, pages);
    if (found < 0) found = new Window(this.#vmas, GUEST_END_PAGE).search(START_PAGE, pages);
    return found;
  }

  /** Whether [first, end) is free, guard gaps of stacks included. */
  isFree(first: number, end: number): boolean {
    const above = this.#vmas.items[this.#vmas.indexFrom(first)];
    return above === undefined || guardedStart(above) >= end;
  }

  /** Mappings just below index `at` of the list were removed. */
  freed(at: number): void {
    const start = this.#vmas.items[at - 1]?.endPage ?? START_PAGE;
    const end = this.#vmas.items[at]?.firstPage ?? GUEST_END_PAGE;
    this.#low.freed(start, end);
    this.#high.freed(start, end);
  }
}
