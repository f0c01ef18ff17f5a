/**
 * A naive model of a process's memory, one record a page, to compare the real thing with. Contents are what the
 * program must see; there are no page states, no laziness and no mappings other than runs of equal pages.
 */
import {
  MAP_SHARED,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
  VMA_DONTFORK,
  VMA_MAYWRITE,
  VMA_WIPEONFORK,
} from '../../../src/mmap/flags.js';
import { FAULT_ACCERR, FAULT_BUS, FAULT_MAPERR, MMAP_TOP, PAGE_SIZE } from '../../../src/mmap/layout.js';

const TOP_PAGE = MMAP_TOP / PAGE_SIZE;

/** The true contents of a file or of shared anonymous memory. */
export class ModelObject {
  readonly file: boolean;
  bytes: Uint8Array;

  constructor(file: boolean, bytes: Uint8Array) {
    this.file = file;
    this.bytes = bytes;
  }

  page(index: number): Uint8Array {
    const page = new Uint8Array(PAGE_SIZE);
    page.set(this.bytes.subarray(index * PAGE_SIZE, (index + 1) * PAGE_SIZE));
    return page;
  }

  write(offset: number, data: Uint8Array): void {
    if (offset + data.length > this.bytes.length) this.resize(offset + data.length);
    this.bytes.set(data, offset);
  }

  resize(size: number): void {
    const bytes = new Uint8Array(size);
    bytes.set(this.bytes.subarray(0, size));
    this.bytes = bytes;
  }
}

export interface ModelPage {
  prot: number;
  flags: number;
  object: ModelObject | undefined;
  index: number;
  name: string;
  /** Private contents; undefined when they are the file's, or zeros. */
  own: Uint8Array | undefined;
}

export class Model {
  pages = new Map<number, ModelPage>();

  unmap(first: number, end: number): void {
    for (let page = first; page < end; page++) this.pages.delete(page);
  }

  map(first: number, end: number, template: Omit<ModelPage, 'own'>): void {
    this.unmap(first, end);
    for (let page = first; page < end; page++) {
      const index = template.object === undefined ? 0 : template.index + page - first;
      this.pages.set(page, { ...template, index, own: undefined });
    }
  }

  isFree(first: number, end: number): boolean {
    for (let page = first; page < end; page++) if (this.pages.has(page)) return false;
    return true;
  }

  /** Highest gap below MMAP_TOP. */
  gap(pages: number): number {
    let free = 0;
    let page = TOP_PAGE;
    while (free < pages) {
      page--;
      free = this.pages.has(page) ? 0 : free + 1;
    }
    return page;
  }

  /** Both pages belong to one mapping, the second following the first. */
  joined(page: number): boolean {
    const a = this.pages.get(page);
    const b = this.pages.get(page + 1);
    if (a === undefined || b === undefined) return false;
    const follows = a.object === undefined || a.index + 1 === b.index;
    return a.prot === b.prot && a.flags === b.flags && a.object === b.object && a.name === b.name && follows;
  }

  runEnd(page: number): number {
    let end = page + 1;
    while (this.joined(end - 1)) end++;
    return end;
  }

  /** First and last page + 1 of every mapping. */
  runs(): [number, number][] {
    const result: [number, number][] = [];
    for (const page of [...this.pages.keys()].sort((a, b) => a - b)) {
      const last = result.at(-1);
      if (last !== undefined && last[1] === page && this.joined(page - 1)) last[1] = page + 1;
      else result.push([page, page + 1]);
    }
    return result;
  }

  /** Why an access faults, or 0. */
  fault(page: number, need: number): number {
    const it = this.pages.get(page);
    if (it === undefined) return FAULT_MAPERR;
    const access = (it.prot & PROT_WRITE) !== 0 ? it.prot | PROT_READ : it.prot;
    if ((access & need) !== need) return FAULT_ACCERR;
    if (it.object?.file === true && it.index >= Math.ceil(it.object.bytes.length / PAGE_SIZE))
      return FAULT_BUS;
    return 0;
  }

  contents(page: number): Uint8Array {
    const it = this.pages.get(page);
    return it?.own ?? it?.object?.page(it.index) ?? new Uint8Array(PAGE_SIZE);
  }

  isExecutable(page: number): boolean {
    return ((this.pages.get(page)?.prot ?? 0) & PROT_EXEC) !== 0;
  }

  write(page: number, offset: number, value: number): void {
    const it = this.pages.get(page) as ModelPage;
    if ((it.flags & MAP_SHARED) !== 0 && it.object !== undefined) {
      it.object.write(it.index * PAGE_SIZE + offset, Uint8Array.of(value));
    } else {
      it.own ??= this.contents(page).slice();
      it.own[offset] = value;
    }
  }

  dontNeed(first: number, end: number): boolean {
    let complete = true;
    for (let page = first; page < end; page++) {
      const it = this.pages.get(page);
      if (it === undefined) complete = false;
      else it.own = undefined;
    }
    return complete;
  }

  /** 'hole', 'denied' or 'done'; pages before the trouble are changed. */
  protect(first: number, end: number, prot: number): string {
    for (let page = first; page < end; page++) {
      const it = this.pages.get(page);
      if (it === undefined) return 'hole';
      if ((prot & PROT_WRITE) !== 0 && (it.flags & VMA_MAYWRITE) === 0) return 'denied';
      it.prot = prot;
    }
    return 'done';
  }

  move(first: number, oldPages: number, newPages: number, target: number): void {
    const moved: ModelPage[] = [];
    for (let page = first; page < first + oldPages; page++) moved.push(this.pages.get(page) as ModelPage);
    this.unmap(first, first + oldPages);
    moved.forEach((it, i) => this.pages.set(target + i, it));
    this.extend(target + oldPages, target + newPages);
  }

  /** Continues the mapping that ends at `first`. */
  extend(first: number, end: number): void {
    for (let page = first; page < end; page++) {
      const it = this.pages.get(page - 1) as ModelPage;
      this.pages.set(page, { ...it, index: it.object === undefined ? 0 : it.index + 1, own: undefined });
    }
  }

  fork(): Model {
    const child = new Model();
    for (const [page, it] of this.pages) {
      if ((it.flags & VMA_DONTFORK) !== 0) continue;
      const wiped = (it.flags & VMA_WIPEONFORK) !== 0;
      child.pages.set(page, { ...it, own: wiped ? undefined : it.own?.slice() });
    }
    return child;
  }
}
