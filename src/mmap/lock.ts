/** mlock(2) and its family, mincore(2), msync(2). */
import { EBUSY, EINVAL, ENOMEM, EPERM } from '../abi/errno.js';
import type { FaultingSpace } from './fault.js';
import {
  MAP_LOCKED,
  MCL_CURRENT,
  MCL_FUTURE,
  MCL_ONFAULT,
  MLOCK_ONFAULT,
  MS_ASYNC,
  MS_INVALIDATE,
  MS_SYNC,
} from './flags.js';
import { PAGE_MASK, PAGE_SIZE } from './layout.js';
import { populate } from './map.js';
import { PAGE_PRESENT } from './page-state.js';
import { changeRange } from './protect.js';

export function lockRegion(space: FaultingSpace, addr: number, length: number, flags: number): number {
  if ((flags & ~MLOCK_ONFAULT) !== 0) return -EINVAL;
  if (space.limits.memlock === 0) return -EPERM;
  const range = space.pageRange(addr, length);
  if (range === undefined) return -ENOMEM;
  const { first, end } = range;
  if (!space.mayLock(end - first - lockedIn(space, first, end))) return -ENOMEM;
  const result = setLocked(space, first, end, MAP_LOCKED);
  if (result !== 0 || (flags & MLOCK_ONFAULT) !== 0) return result;
  return populate(space, first, end) ? 0 : -ENOMEM;
}

export function unlockRegion(space: FaultingSpace, addr: number, length: number): number {
  const range = space.pageRange(addr, length);
  return range === undefined ? -ENOMEM : setLocked(space, range.first, range.end, 0);
}

export function lockEverything(space: FaultingSpace, flags: number): number {
  const known = MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT;
  if ((flags & ~known) !== 0 || (flags & (MCL_CURRENT | MCL_FUTURE)) === 0) return -EINVAL;
  if (space.limits.memlock === 0) return -EPERM;
  const current = (flags & MCL_CURRENT) !== 0;
  if (current && space.list.totalPages * PAGE_SIZE > space.limits.memlock) return -ENOMEM;
  space.lockFuture = (flags & MCL_FUTURE) !== 0;
  if (!current) return 0;
  for (const { firstPage, endPage } of [...space.list.items]) {
    setLocked(space, firstPage, endPage, MAP_LOCKED);
    if ((flags & MCL_ONFAULT) === 0) populate(space, firstPage, endPage);
  }
  return 0;
}

export function unlockEverything(space: FaultingSpace): number {
  space.lockFuture = false;
  for (const { firstPage, endPage } of [...space.list.items]) setLocked(space, firstPage, endPage, 0);
  return 0;
}

function setLocked(space: FaultingSpace, first: number, end: number, locked: number): number {
  return changeRange(space, first, end, (vma) => {
    space.list.change(vma, vma.prot, vma.access, (vma.flags & ~MAP_LOCKED) | locked);
    return 0;
  });
}

function lockedIn(space: FaultingSpace, first: number, end: number): number {
  let pages = 0;
  for (const vma of space.list.items) {
    if ((vma.flags & MAP_LOCKED) === 0) continue;
    pages += Math.max(0, Math.min(vma.endPage, end) - Math.max(vma.firstPage, first));
  }
  return pages;
}

/** One byte a page, 1 where it is resident; or -errno. */
export function residency(space: FaultingSpace, addr: number, length: number): Uint8Array | number {
  if (addr % PAGE_SIZE !== 0) return -EINVAL;
  const range = space.pageRange(addr, length);
  if (range === undefined || !space.list.covers(range.first, range.end)) return -ENOMEM;
  const { first, end } = range;
  const result = new Uint8Array(end - first);
  for (let page = space.nextPresent(first, end); page < end; page = space.nextPresent(page + 1, end)) {
    result[page - first] = (space.state[page] as number) & PAGE_PRESENT;
  }
  return result;
}

export function syncRegion(space: FaultingSpace, addr: number, length: number, flags: number): number {
  if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) !== 0) return -EINVAL;
  if ((flags & (MS_ASYNC | MS_SYNC)) === (MS_ASYNC | MS_SYNC) || (addr & PAGE_MASK) !== 0) return -EINVAL;
  const range = space.pageRange(addr, length);
  if (range === undefined) return -ENOMEM;
  const { first, end } = range;
  for (let at = space.list.indexFrom(first); at < space.list.items.length; at++) {
    const vma = space.list.items[at];
    if (vma === undefined || vma.firstPage >= end) break;
    if ((flags & MS_INVALIDATE) !== 0 && (vma.flags & MAP_LOCKED) !== 0) return -EBUSY;
    if (!vma.shared) continue;
    const from = Math.max(first, vma.firstPage);
    const result = vma.object?.flush(vma.indexOf(from), vma.indexOf(Math.min(end, vma.endPage))) ?? 0;
    if (result < 0) return result;
  }
  return space.list.covers(first, end) ? 0 : -ENOMEM;
}
