/** mremap(2). */
import { EAGAIN, EFAULT, EINVAL, ENOMEM, EPERM } from '../abi/errno.js';
import type { FaultingSpace } from './fault.js';
import { MAP_GROWSDOWN, MAP_LOCKED, MREMAP_DONTUNMAP, MREMAP_FIXED, MREMAP_MAYMOVE } from './flags.js';
import { GUEST_END, GUEST_END_PAGE, GUEST_START, PAGE_SHIFT, PAGE_SIZE } from './layout.js';
import { populate } from './map.js';
import { PAGE_CODE, PAGE_SHARED, PAGE_THRASH } from './page-state.js';
import { moveShared } from './shared.js';
import { MAX_MAP_COUNT } from './vma.js';
import type { Vma } from './vma.js';

/** TASK_SIZE of 64-bit machines: lengths and addresses beyond it are not ones. */
const MAX_LENGTH = 2 ** 47;

export function remapRegion(
  space: FaultingSpace,
  addr: number,
  oldLength: number,
  newLength: number,
  flags: number,
  newAddr: number,
): number {
  const fixed = (flags & MREMAP_FIXED) !== 0;
  const mayMove = (flags & MREMAP_MAYMOVE) !== 0;
  const dontUnmap = (flags & MREMAP_DONTUNMAP) !== 0;
  if ((flags & ~(MREMAP_FIXED | MREMAP_MAYMOVE | MREMAP_DONTUNMAP)) !== 0) return -EINVAL;
  if ((fixed || dontUnmap) && !mayMove) return -EINVAL;
  if (flags > 0xffff_ffff || addr % PAGE_SIZE !== 0 || addr < 0 || oldLength < 0) return -EINVAL;
  if (newLength <= 0 || newLength > MAX_LENGTH) return -EINVAL;
  const oldPages = Math.ceil(oldLength / PAGE_SIZE);
  const newPages = Math.ceil(newLength / PAGE_SIZE);
  if (dontUnmap && oldPages !== newPages) return -EINVAL;
  if (fixed && (newAddr % PAGE_SIZE !== 0 || newAddr + newPages * PAGE_SIZE > MAX_LENGTH)) return -EINVAL;
  if (fixed && newAddr < addr + oldPages * PAGE_SIZE && addr < newAddr + newPages * PAGE_SIZE) return -EINVAL;
  if (fixed && newAddr < GUEST_START) return -EPERM;
  if (addr >= GUEST_END) return -EFAULT;
  const first = addr >>> PAGE_SHIFT;
  if (space.list.find(first) === undefined) return -EFAULT;
  if (newPages > GUEST_END_PAGE) return fixed ? -EINVAL : -ENOMEM;

  if (fixed || dontUnmap) {
    const target = { first: -1, fixed };
    if (fixed) {
      if (newAddr + newPages * PAGE_SIZE > GUEST_END) return -ENOMEM;
      target.first = newAddr >>> PAGE_SHIFT;
      if (space.list.items.length + 3 >= MAX_MAP_COUNT) return -ENOMEM;
      space.removeRange(target.first, target.first + newPages);
      if (oldPages > newPages) space.removeRange(first + newPages, first + oldPages);
    }
    return move(space, first, Math.min(oldPages, newPages), newPages, target.first, dontUnmap);
  }
  if (oldPages >= newPages) {
    if (first + oldPages > GUEST_END_PAGE) return -EINVAL;
    if (oldPages > newPages) space.removeRange(first + newPages, first + oldPages);
    return addr;
  }
  const grown = growInPlace(space, first, oldPages, newPages);
  if (grown !== -ENOMEM) return grown;
  return mayMove ? move(space, first, oldPages, newPages, -1, false) : -ENOMEM;
}

/** What growing from `oldPages` to `newPages` needs (vma_to_resize in mm/mremap.c): the mapping, or -errno. */
function resizable(space: FaultingSpace, first: number, oldPages: number, newPages: number): Vma | number {
  const vma = space.list.find(first);
  if (vma === undefined) return -EFAULT;
  // An old length of 0 makes a second mapping of shared memory.
  if (oldPages === 0 && !vma.shared) return -EINVAL;
  if (first + oldPages > vma.endPage) return -EFAULT;
  const extra = newPages - oldPages;
  if ((vma.flags & MAP_LOCKED) !== 0 && !space.mayLock(extra)) return -EAGAIN;
  return space.mayExpand(extra, vma.prot, vma.flags) ? vma : -ENOMEM;
}

/** The address when the mapping could grow where it is; -ENOMEM when it must move; otherwise another -errno. */
function growInPlace(space: FaultingSpace, first: number, oldPages: number, newPages: number): number {
  const vma = resizable(space, first, oldPages, newPages);
  if (typeof vma === 'number') return vma;
  const end = first + newPages;
  if (oldPages === 0 || first + oldPages !== vma.endPage) return -ENOMEM;
  if (end > GUEST_END_PAGE || !space.gaps.isFree(vma.endPage, end)) return -ENOMEM;
  const from = vma.endPage;
  space.list.resize(vma, vma.firstPage, end);
  const at = space.list.indexFrom(vma.firstPage);
  space.list.mergeAround(at, at + 1);
  if ((vma.flags & MAP_LOCKED) !== 0) populate(space, from, end);
  return first * PAGE_SIZE;
}

/** Moves pages [first, first + oldPages) to `target` (-1: wherever there is room), the mapping becoming newPages long. */
function move(
  space: FaultingSpace,
  first: number,
  oldPages: number,
  newPages: number,
  target: number,
  dontUnmap: boolean,
): number {
  const source = resizable(space, first, oldPages, dontUnmap ? oldPages + newPages : newPages);
  if (typeof source === 'number') return source;
  if (dontUnmap && source.object !== undefined) return -EINVAL;
  if (space.list.items.length + 3 >= MAX_MAP_COUNT) return -ENOMEM;
  const to = target >= 0 ? target : space.gaps.find(newPages, Math.ceil(space.brkEnd / PAGE_SIZE), false);
  if (to < 0) return -ENOMEM;

  const moved = source.copy();
  moved.objectPage = source.object === undefined ? 0 : source.indexOf(first);
  moved.firstPage = to;
  moved.endPage = to + newPages;
  if (dontUnmap) moved.flags &= ~MAP_GROWSDOWN;
  space.list.insert(moved);
  movePages(space, source, first, to, oldPages);
  if (oldPages > 0 && !dontUnmap) space.removeRange(first, first + oldPages);
  if ((moved.flags & MAP_LOCKED) !== 0) populate(space, to, to + newPages);
  return to * PAGE_SIZE;
}

/** Present pages of [from, from + count) become present at `to`, with their bytes; none is left at `from`. */
function movePages(space: FaultingSpace, source: Vma, from: number, to: number, count: number): void {
  const end = from + count;
  space.quiesce();
  for (let page = space.nextPresent(from, end); page < end; page = space.nextPresent(page + 1, end)) {
    const state = space.state[page] as number;
    const target = to + (page - from);
    if ((state & PAGE_SHARED) !== 0) {
      const shared = source.object?.pages.get(source.indexOf(page));
      if (shared !== undefined) moveShared(space, shared, page, target);
      continue;
    }
    space.u8.copyWithin(target * PAGE_SIZE, page * PAGE_SIZE, (page + 1) * PAGE_SIZE);
    space.leave(page);
    space.enter(target, state & ~(PAGE_CODE | PAGE_THRASH));
  }
}
