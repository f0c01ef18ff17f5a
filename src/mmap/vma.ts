/**
 * Mappings of an address space: a sorted array with binary search, split and merge, and the sums that resource limits
 * and /proc need. Everything is counted in pages, so that all arithmetic stays in small integers.
 *
 * Invariants: items are sorted, disjoint and not empty; `totalPages`, `dataPages` and `lockedPages` are the sums over
 * the items; an item with an object is counted in that object's uses.
 */
import type { FileBacking, VmaInfo } from './file-backing.js';
import { MAP_GROWSDOWN, MAP_LOCKED, MAP_SHARED, PROT_EXEC, PROT_READ, PROT_WRITE } from './flags.js';
import { PAGE_SIZE } from './layout.js';
import type { MappedObject } from './objects.js';
import type { SpaceCore } from './core.js';

/** Linux's default of vm.max_map_count: more mappings than this give ENOMEM. */
export const MAX_MAP_COUNT = 65530;

export class Vma implements VmaInfo {
  firstPage: number;
  endPage: number;
  prot: number;
  /** Rights the program really has: PERM_* bits that follow from `prot`. */
  access: number;
  flags: number;
  /** What the pages come from; undefined for private anonymous memory. */
  readonly object: MappedObject | undefined;
  /** Page of the object that `firstPage` shows. */
  objectPage: number;
  name: string;

  constructor(
    firstPage: number,
    endPage: number,
    prot: number,
    access: number,
    flags: number,
    object: MappedObject | undefined,
    objectPage: number,
    name: string,
  ) {
    this.firstPage = firstPage;
    this.endPage = endPage;
    this.prot = prot;
    this.access = access;
    this.flags = flags;
    this.object = object;
    this.objectPage = objectPage;
    this.name = name;
  }

  get start(): number {
    return this.firstPage * PAGE_SIZE;
  }

  get end(): number {
    return this.endPage * PAGE_SIZE;
  }

  get offset(): number {
    return this.object === undefined ? 0 : this.objectPage * PAGE_SIZE;
  }

  get file(): FileBacking | undefined {
    return this.object?.backing;
  }

  get pages(): number {
    return this.endPage - this.firstPage;
  }

  get shared(): boolean {
    return (this.flags & MAP_SHARED) !== 0;
  }

  /** Page of the object that page `page` of the address space shows. */
  indexOf(page: number): number {
    return this.objectPage + (page - this.firstPage);
  }

  copy(): Vma {
    const { firstPage, endPage, prot, access, flags, object, objectPage, name } = this;
    return new Vma(firstPage, endPage, prot, access, flags, object, objectPage, name);
  }
}

/** Counted against RLIMIT_DATA: private, writable, not a stack (is_data_mapping in mm/internal.h). */
export function isData(prot: number, flags: number): boolean {
  return (prot & PROT_WRITE) !== 0 && (flags & (MAP_SHARED | MAP_GROWSDOWN)) === 0;
}

/** PERM_* bits for PROT_* bits: on our guests a writable page is readable; an executable one if `execReadable`. */
export function accessOf(prot: number, execReadable: boolean): number {
  const rights = prot & (PROT_READ | PROT_WRITE | PROT_EXEC);
  const readable = (rights & PROT_WRITE) !== 0 || (execReadable && (rights & PROT_EXEC) !== 0);
  return readable ? rights | PROT_READ : rights;
}

const NOWHERE = new Vma(0, 0, 0, 0, 0, undefined, 0, '');

export class VmaList {
  items: Vma[] = [];
  totalPages = 0;
  dataPages = 0;
  lockedPages = 0;
  peakPages = 0;
  /** The mapping found last, to answer repeated questions at once; an empty one when unknown. */
  last: Vma = NOWHERE;
  readonly #space: SpaceCore;

  constructor(space: SpaceCore) {
    this.#space = space;
  }

  /** Index of the first mapping that ends above `page`; `items.length` when there is none. */
  indexFrom(page: number): number {
    const items = this.items;
    let low = 0;
    let high = items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((items[middle] as Vma).endPage > page) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  find(page: number): Vma | undefined {
    const last = this.last;
    if (page >= last.firstPage && page < last.endPage) return last;
    const vma = this.items[this.indexFrom(page)];
    if (vma === undefined || vma.firstPage > page) return undefined;
    this.last = vma;
    return vma;
  }

  overlaps(first: number, end: number): boolean {
    const vma = this.items[this.indexFrom(first)];
    return vma !== undefined && vma.firstPage < end;
  }

  /** Mapped pages of [first, end). */
  pagesIn(first: number, end: number): number {
    let pages = 0;
    for (let i = this.indexFrom(first); i < this.items.length; i++) {
      const vma = this.items[i] as Vma;
      if (vma.firstPage >= end) break;
      pages += Math.min(vma.endPage, end) - Math.max(vma.firstPage, first);
    }
    return pages;
  }

  /** Every page of [first, end) is mapped. */
  covers(first: number, end: number): boolean {
    return this.pagesIn(first, end) === end - first;
  }

  /** Adds a mapping where nothing is, and merges it with its neighbours. Takes a use of its object. */
  insert(vma: Vma): void {
    vma.object?.retain(this.#space);
    const at = this.indexFrom(vma.firstPage);
    this.items.splice(at, 0, vma);
    this.#count(vma, vma.pages);
    this.mergeAround(at, at + 1);
  }

  /** Takes out the items [from, to) and gives up their objects; their pages must have been dropped. */
  remove(from: number, to: number): void {
    const gone = this.items.splice(from, to - from);
    this.last = NOWHERE;
    for (const vma of gone) {
      this.#count(vma, -vma.pages);
      vma.object?.release(this.#space);
    }
  }

  /** Makes `page` a boundary: the mapping that has it inside becomes two. Returns the index of the upper one. */
  split(page: number): number {
    const at = this.indexFrom(page);
    const vma = this.items[at];
    if (vma === undefined || vma.firstPage >= page) return at;
    const upper = vma.copy();
    upper.objectPage = vma.object === undefined ? 0 : vma.indexOf(page);
    upper.firstPage = page;
    vma.endPage = page;
    vma.object?.retain(this.#space);
    this.items.splice(at + 1, 0, upper);
    return at + 1;
  }

  /** Moves the ends of a mapping; the room must be free. */
  resize(vma: Vma, firstPage: number, endPage: number): void {
    this.#count(vma, -vma.pages);
    if (vma.object !== undefined) vma.objectPage += firstPage - vma.firstPage;
    vma.firstPage = firstPage;
    vma.endPage = endPage;
    this.#count(vma, vma.pages);
  }

  /** Changes protection or flags of a whole mapping. */
  change(vma: Vma, prot: number, access: number, flags: number): void {
    this.#count(vma, -vma.pages);
    vma.prot = prot;
    vma.access = access;
    vma.flags = flags;
    this.#count(vma, vma.pages);
  }

  /** Merges what can be merged among the items [from, to) and with the neighbours on both sides. */
  mergeAround(from: number, to: number): void {
    const items = this.items;
    let at = Math.max(from - 1, 0);
    let kept = at;
    const end = Math.min(to, items.length - 1);
    let gone = 0;
    while (at < end) {
      const low = items[kept] as Vma;
      const high = items[at + 1] as Vma;
      if (canMerge(low, high)) {
        low.endPage = high.endPage;
        high.object?.release(this.#space);
        gone++;
      } else {
        kept++;
        items[kept] = high;
      }
      at++;
    }
    if (gone > 0) {
      items.splice(kept + 1, gone);
      this.last = NOWHERE;
    }
  }

  #count(vma: Vma, pages: number): void {
    this.totalPages += pages;
    if (isData(vma.prot, vma.flags)) this.dataPages += pages;
    if ((vma.flags & MAP_LOCKED) !== 0) this.lockedPages += pages;
    if (this.totalPages > this.peakPages) this.peakPages = this.totalPages;
  }
}

function canMerge(low: Vma, high: Vma): boolean {
  return (
    low.endPage === high.firstPage &&
    low.prot === high.prot &&
    low.object === high.object &&
    low.flags === high.flags &&
    (low.object === undefined || low.objectPage + low.pages === high.objectPage) &&
    low.name === high.name
  );
}
