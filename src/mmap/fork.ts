/** fork(2): the copy of an address space. */
import type { SpaceCore } from './core.js';
import { MAP_LOCKED, VMA_DONTFORK, VMA_WIPEONFORK } from './flags.js';
import { PAGE_SIZE } from './layout.js';
import { PAGE_CODE, PAGE_PRESENT, PAGE_USED, PAGE_WRITABLE, fastRights } from './page-state.js';
import type { Vma } from './vma.js';

/**
 * Makes `child`, an empty space, a copy of `parent`. Private pages that hold something of their own are copied now;
 * unchanged pages of files are read again when the child needs them, and shared ones joined then. Locks are not
 * inherited (mlock(2)); copied pages with translated code keep their keys.
 */
export function forkSpace(parent: SpaceCore, child: SpaceCore): void {
  parent.quiesce();
  child.brkStart = parent.brkStart;
  child.brkEnd = parent.brkEnd;
  child.origin = new WeakRef(parent);
  for (const vma of parent.list.items) {
    if ((vma.flags & VMA_DONTFORK) !== 0) continue;
    const copy = vma.copy();
    copy.flags &= ~MAP_LOCKED;
    child.list.insert(copy);
    if (!vma.shared && (vma.flags & VMA_WIPEONFORK) === 0) copyPages(parent, child, vma);
  }
}

const OWN = PAGE_PRESENT | PAGE_WRITABLE;

/** Copies the pages of a private mapping that differ from what a fault in the child would give, run by run. */
function copyPages(parent: SpaceCore, child: SpaceCore, vma: Vma): void {
  const { state } = parent;
  const end = vma.endPage;
  for (let page = parent.nextPresent(vma.firstPage, end); page < end; page = parent.nextPresent(page, end)) {
    if (((state[page] as number) & OWN) !== OWN) {
      page++;
      continue;
    }
    const first = page;
    while (page < end && ((state[page] as number) & OWN) === OWN) {
      const kept = (state[page] as number) & (OWN | PAGE_CODE);
      child.state[page] = kept | PAGE_USED;
      child.perm[page] = fastRights(vma.access, kept);
      child.countPresent(page, 1);
      if ((kept & PAGE_CODE) !== 0) child.code.copyFrom(parent.code, page);
      page++;
    }
    child.u8.set(parent.u8.subarray(first * PAGE_SIZE, page * PAGE_SIZE), first * PAGE_SIZE);
  }
}

/**
 * Pages of a private mapping, addresses [start, end), that nobody has written since the fork. Linux lets both processes
 * use one page then, here each has a copy: the pages are those with the bytes that the space forked from has, too.
 */
export function unchangedSinceFork(space: SpaceCore, start: number, end: number): number {
  const origin = space.origin?.deref();
  const vma = space.list.find(start / PAGE_SIZE);
  if (origin === undefined || vma === undefined || vma.shared) return 0;
  let pages = 0;
  const last = end / PAGE_SIZE;
  for (
    let page = space.nextPresent(vma.firstPage, last);
    page < last;
    page = space.nextPresent(page + 1, last)
  ) {
    if (((space.state[page] as number) & (origin.state[page] as number) & OWN) !== OWN) continue;
    if (origin.list.find(page)?.shared === false && sameBytes(space, origin, page)) pages++;
  }
  return pages;
}

function sameBytes(a: SpaceCore, b: SpaceCore, page: number): boolean {
  const { i32 } = a.memory;
  const other = b.memory.i32;
  const end = ((page + 1) * PAGE_SIZE) >>> 2;
  for (let at = (page * PAGE_SIZE) >>> 2; at < end; at++) if (i32[at] !== other[at]) return false;
  return true;
}
