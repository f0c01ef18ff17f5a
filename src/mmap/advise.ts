/** madvise(2). */
import { EACCES, EFAULT, EINVAL, ENOMEM, EPERM } from '../abi/errno.js';
import type { FaultingSpace } from './fault.js';
import {
  MADV_COLD,
  MADV_DODUMP,
  MADV_DOFORK,
  MADV_DONTDUMP,
  MADV_DONTFORK,
  MADV_DONTNEED,
  MADV_DONTNEED_LOCKED,
  MADV_FREE,
  MADV_HUGEPAGE,
  MADV_KEEPONFORK,
  MADV_MERGEABLE,
  MADV_NOHUGEPAGE,
  MADV_NORMAL,
  MADV_PAGEOUT,
  MADV_POPULATE_READ,
  MADV_POPULATE_WRITE,
  MADV_RANDOM,
  MADV_REMOVE,
  MADV_SEQUENTIAL,
  MADV_UNMERGEABLE,
  MADV_WILLNEED,
  MADV_WIPEONFORK,
  MAP_LOCKED,
  PROT_READ,
  PROT_WRITE,
  VMA_DONTDUMP,
  VMA_DONTFORK,
  VMA_HUGEPAGE,
  VMA_MAYWRITE,
  VMA_MERGEABLE,
  VMA_NOHUGEPAGE,
  VMA_RANDOM,
  VMA_SEQUENTIAL,
  VMA_WIPEONFORK,
} from './flags.js';
import { FAULT_ACCERR, FAULT_MAPERR, FAULT_SLOW, PAGE_SIZE, PERM_READ, PERM_WRITE } from './layout.js';
import type { MappedObject } from './objects.js';
import { changeRange } from './protect.js';
import { forgetShared } from './shared.js';
import type { Vma } from './vma.js';

/** Advice that only changes flags of mappings. Format of a line: `advice: [bits set, bits cleared],` */
const FLAG_ADVICE: Readonly<Record<number, readonly [number, number]>> = {
  [MADV_NORMAL]: [0, VMA_RANDOM | VMA_SEQUENTIAL],
  [MADV_RANDOM]: [VMA_RANDOM, VMA_SEQUENTIAL],
  [MADV_SEQUENTIAL]: [VMA_SEQUENTIAL, VMA_RANDOM],
  [MADV_DONTFORK]: [VMA_DONTFORK, 0],
  [MADV_DOFORK]: [0, VMA_DONTFORK],
  [MADV_MERGEABLE]: [VMA_MERGEABLE, 0],
  [MADV_UNMERGEABLE]: [0, VMA_MERGEABLE],
  [MADV_HUGEPAGE]: [VMA_HUGEPAGE, VMA_NOHUGEPAGE],
  [MADV_NOHUGEPAGE]: [VMA_NOHUGEPAGE, VMA_HUGEPAGE],
  [MADV_DONTDUMP]: [VMA_DONTDUMP, 0],
  [MADV_DODUMP]: [0, VMA_DONTDUMP],
  [MADV_WIPEONFORK]: [VMA_WIPEONFORK, 0],
  [MADV_KEEPONFORK]: [0, VMA_WIPEONFORK],
};

/** madvise(2)'s numbers for testing memory failures, which need CAP_SYS_ADMIN. */
const MADV_HWPOISON = 100;
const MADV_SOFT_OFFLINE = 101;

/** There are no huge pages that small ones could be made into. */
const MADV_COLLAPSE = 25;
/** TASK_SIZE of 64-bit machines. */
const MAX_LENGTH = 2 ** 47;

function collapse(space: FaultingSpace, addr: number, length: number): number {
  if (length === 0) return 0;
  const range = space.pageRange(addr, length);
  return range === undefined || !space.list.covers(range.first, range.end) ? -ENOMEM : -EINVAL;
}

export function adviseRegion(space: FaultingSpace, addr: number, length: number, advice: number): number {
  if (advice === MADV_HWPOISON || advice === MADV_SOFT_OFFLINE) return -EPERM;
  if (length > MAX_LENGTH) return -EINVAL;
  if (advice === MADV_COLLAPSE) return collapse(space, addr, length);
  const populates = advice === MADV_POPULATE_READ || advice === MADV_POPULATE_WRITE;
  const action = populates ? undefined : actionFor(space, advice);
  if ((!populates && action === undefined) || addr % PAGE_SIZE !== 0 || length < 0) return -EINVAL;
  if (length === 0) return 0;
  const range = space.pageRange(addr, length);
  if (range === undefined) return -ENOMEM;
  const { first, end } = range;
  if (action === undefined) {
    const writes = advice === MADV_POPULATE_WRITE;
    // Hardware may read what can only be written; populating for that is refused (mm/gup.c, check_vma_flags).
    const allowed: Action = (vma) => ((vma.prot & (writes ? PROT_WRITE : PROT_READ)) === 0 ? -EINVAL : 0);
    const refused = visitRange(space, first, end, allowed);
    return refused === -EINVAL ? refused : populateFor(space, first, end, writes ? PERM_WRITE : PERM_READ);
  }
  if (FLAG_ADVICE[advice] !== undefined) {
    return changeRange(space, first, end, (vma) => action(vma, vma.firstPage, vma.endPage), true);
  }
  return visitRange(space, first, end, action);
}

type Action = (vma: Vma, first: number, end: number) => number;

/** What to do with each mapping of the range; undefined when the advice is not known. */
function actionFor(space: FaultingSpace, advice: number): Action | undefined {
  const flags = FLAG_ADVICE[advice];
  if (flags !== undefined) {
    const [set, clear] = flags;
    return (vma) => {
      if (advice === MADV_WIPEONFORK && vma.object !== undefined) return -EINVAL;
      space.list.change(vma, vma.prot, vma.access, (vma.flags & ~clear) | set);
      return 0;
    };
  }
  const isLocked = (vma: Vma): boolean => (vma.flags & MAP_LOCKED) !== 0;
  switch (advice) {
    case MADV_DONTNEED:
    case MADV_DONTNEED_LOCKED:
      return (vma, first, end) => {
        if (advice === MADV_DONTNEED && isLocked(vma)) return -EINVAL;
        space.dropPages(vma, first, end, true);
        return 0;
      };
    case MADV_FREE:
      // The pages may be freed when memory is short; that never happens.
      return (vma) => (isLocked(vma) || vma.object !== undefined ? -EINVAL : 0);
    case MADV_COLD:
    case MADV_PAGEOUT:
      return (vma) => (isLocked(vma) ? -EINVAL : 0);
    case MADV_WILLNEED:
      return () => 0;
    case MADV_REMOVE:
      return (vma, first, end) => {
        if (isLocked(vma) || vma.object === undefined) return -EINVAL;
        if (!vma.shared || (vma.flags & VMA_MAYWRITE) === 0) return -EACCES;
        return punchHole(vma.object, vma.indexOf(first), vma.indexOf(end));
      };
    default:
      return undefined;
  }
}

/** Calls `action` for the part of every mapping that is in [first, end); -ENOMEM at the end if there were holes. */
function visitRange(space: FaultingSpace, first: number, end: number, action: Action): number {
  let next = first;
  let holes = false;
  for (let at = space.list.indexFrom(first); next < end; at++) {
    const vma = space.list.items[at];
    if (vma === undefined || vma.firstPage >= end) break;
    if (vma.firstPage > next) holes = true;
    const stop = Math.min(vma.endPage, end);
    const result = action(vma, Math.max(vma.firstPage, next), stop);
    if (result !== 0) return result;
    next = stop;
  }
  return holes || next < end ? -ENOMEM : 0;
}

/** Pages [first, end) of the object read as zeros from now on, in the file as well. */
function punchHole(object: MappedObject, first: number, end: number): number {
  for (const page of [...object.pages.values()]) {
    if (page.index >= first && page.index < end) forgetShared(page);
  }
  const backing = object.backing;
  if (backing === undefined) return 0;
  const size = backing.size();
  const zeros = new Uint8Array(PAGE_SIZE);
  for (let offset = first * PAGE_SIZE; offset < Math.min(end * PAGE_SIZE, size); offset += PAGE_SIZE) {
    const n = backing.write(zeros.subarray(0, Math.min(PAGE_SIZE, size - offset)), offset);
    if (n < 0) return n;
  }
  object.registry.refreshFile(object.id, first * PAGE_SIZE, (end - first) * PAGE_SIZE);
  return 0;
}

function populateFor(space: FaultingSpace, first: number, end: number, need: number): number {
  for (let page = first; page < end; page++) {
    const result = space.fault(page * PAGE_SIZE, need);
    if (result === FAULT_MAPERR) return -ENOMEM;
    if (result === FAULT_ACCERR) return -EINVAL;
    if (result > FAULT_SLOW) return -EFAULT;
  }
  return 0;
}
