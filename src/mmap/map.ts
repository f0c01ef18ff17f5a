/** mmap(2), munmap(2), brk(2). Functions return an address, 0, or -errno; addresses and lengths are as the guest gave them. */
import { EACCES, EAGAIN, EEXIST, EINVAL, ENOMEM, EOPNOTSUPP, EOVERFLOW, EPERM } from '../abi/errno.js';
import type { FaultingSpace } from './fault.js';
import type { MapRequest } from './file-backing.js';
import {
  MAP_ANONYMOUS,
  MAP_DENYWRITE,
  MAP_EXECUTABLE,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_GROWSDOWN,
  MAP_HUGETLB,
  MAP_LOCKED,
  MAP_NONBLOCK,
  MAP_NORESERVE,
  MAP_POPULATE,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  MAP_STACK,
  MAP_TYPE,
  PROT_READ,
  PROT_WRITE,
  VMA_MAYWRITE,
} from './flags.js';
import { GUEST_END, GUEST_END_PAGE, GUEST_START, PAGE_MASK, PAGE_SHIFT, PAGE_SIZE } from './layout.js';
import { PERM_READ, PERM_WRITE } from './layout.js';
import type { MappedObject } from './objects.js';
import { MAX_MAP_COUNT, Vma, accessOf } from './vma.js';

/** Flags that MAP_SHARED_VALIDATE accepts (LEGACY_MAP_MASK in include/linux/mman.h). */
const KNOWN_FLAGS =
  MAP_SHARED |
  MAP_PRIVATE |
  MAP_FIXED |
  MAP_ANONYMOUS |
  MAP_DENYWRITE |
  MAP_EXECUTABLE |
  MAP_GROWSDOWN |
  MAP_LOCKED |
  MAP_NORESERVE |
  MAP_POPULATE |
  MAP_NONBLOCK |
  MAP_STACK |
  MAP_HUGETLB |
  MAP_FIXED_NOREPLACE;
/** Flags that a mapping keeps. */
const KEPT_FLAGS = MAP_GROWSDOWN | MAP_LOCKED | MAP_NORESERVE;
/** Largest offset a file can have: past it mmap gives EOVERFLOW (pgoff overflow in do_mmap). */
const MAX_OFFSET = 2 ** 63;

export function mapRegion(space: FaultingSpace, request: MapRequest): number {
  const { addr, length, prot, flags } = request;
  const offset = request.offset ?? 0;
  const file = (flags & MAP_ANONYMOUS) !== 0 ? undefined : request.file;
  if (length <= 0 || offset % PAGE_SIZE !== 0) return -EINVAL;
  const pages = Math.ceil(length / PAGE_SIZE);
  if (pages > GUEST_END_PAGE) return -ENOMEM;
  if (offset < 0 || offset + length > MAX_OFFSET) return -EOVERFLOW;

  const type = flags & MAP_TYPE;
  const shared = type === MAP_SHARED || type === MAP_SHARED_VALIDATE;
  if (!shared && type !== MAP_PRIVATE) return -EINVAL;
  if (type === MAP_SHARED_VALIDATE && file === undefined) return -EINVAL;
  if (type === MAP_SHARED_VALIDATE && (flags & ~(KNOWN_FLAGS | MAP_TYPE)) !== 0) return -EOPNOTSUPP;
  if ((flags & MAP_GROWSDOWN) !== 0 && (shared || file !== undefined)) return -EINVAL;
  // There is no pool of huge pages, as on a system with vm.nr_hugepages=0.
  if ((flags & MAP_HUGETLB) !== 0) return -ENOMEM;
  if (file !== undefined) {
    if (!file.readable) return -EACCES;
    if (shared && (prot & PROT_WRITE) !== 0 && !file.writable) return -EACCES;
  }

  const first = place(space, addr, pages, flags, prot);
  if (first < 0) return first;
  const end = first + pages;
  const fixed = (flags & MAP_FIXED) !== 0;
  const locked = (flags & MAP_LOCKED) !== 0 || space.lockFuture;
  let kept = (flags & KEPT_FLAGS) | (shared ? MAP_SHARED : MAP_PRIVATE);
  if (locked) kept |= MAP_LOCKED;
  if ((!shared || file === undefined || file.writable) && request.readOnly !== true) kept |= VMA_MAYWRITE;
  const replaced = fixed ? space.list.pagesIn(first, end) : 0;
  if (!space.mayExpand(pages - replaced, prot, kept)) return -ENOMEM;
  if (locked && !space.mayLock(pages)) return -EAGAIN;
  if (space.list.items.length >= MAX_MAP_COUNT) return -ENOMEM;

  if (replaced > 0) space.removeRange(first, end);
  const object =
    file !== undefined ? space.registry.open(file) : shared ? anonymous(space, request) : undefined;
  const access = accessOf(prot, space.execReadable);
  const name = request.name ?? file?.path ?? '';
  space.list.insert(new Vma(first, end, prot & 7, access, kept, object, offset / PAGE_SIZE, name));
  if (locked || (flags & (MAP_POPULATE | MAP_NONBLOCK)) === MAP_POPULATE) populate(space, first, end);
  return first * PAGE_SIZE;
}

function anonymous(space: FaultingSpace, request: MapRequest): MappedObject {
  return request.object ?? space.registry.openAnonymous();
}

/** First page for a mapping, or -errno (get_unmapped_area in mm/mmap.c). */
function place(space: FaultingSpace, addr: number, pages: number, flags: number, prot: number): number {
  if ((flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) !== 0) {
    if (addr % PAGE_SIZE !== 0) return -EINVAL;
    if (addr + pages * PAGE_SIZE > GUEST_END) return -ENOMEM;
    if (addr < GUEST_START) return -EPERM;
    const first = addr >>> PAGE_SHIFT;
    if ((flags & MAP_FIXED_NOREPLACE) !== 0 && space.list.overlaps(first, first + pages)) return -EEXIST;
    return first;
  }
  if (addr > 0 && addr < GUEST_END) {
    const hint = (Math.max(addr, GUEST_START) + PAGE_MASK) / PAGE_SIZE;
    const first = Math.floor(hint);
    if (first + pages <= GUEST_END_PAGE && space.gaps.isFree(first, first + pages)) return first;
  }
  const reserved = (prot & 7) === 0 && (flags & MAP_NORESERVE) !== 0;
  const found = space.gaps.find(pages, Math.ceil(space.brkEnd / PAGE_SIZE), reserved);
  return found < 0 ? -ENOMEM : found;
}

/** Faults every page of the range in, as MAP_POPULATE and mlock do. False when a page could not be. */
export function populate(space: FaultingSpace, first: number, end: number): boolean {
  let complete = true;
  for (let page = first; page < end; page++) {
    const vma = space.list.find(page);
    if (vma === undefined) return false;
    // Private pages are made writable now (a write fault would copy them); shared ones are not made dirty.
    const need =
      (vma.access & PERM_WRITE) !== 0 && !vma.shared ? PERM_WRITE : vma.access & PERM_READ || vma.access;
    if (need === 0 || space.fault(page * PAGE_SIZE, need) > 1) {
      complete = false;
      page = need === 0 ? vma.endPage - 1 : page;
    }
  }
  return complete;
}

export function unmapRegion(space: FaultingSpace, addr: number, length: number): number {
  if (addr % PAGE_SIZE !== 0 || length <= 0) return -EINVAL;
  const range = space.pageRange(addr, length);
  if (range === undefined) return -EINVAL;
  // Cutting a hole into a mapping makes one more.
  const vma = space.list.items[space.list.indexFrom(range.first)];
  const cuts = vma !== undefined && vma.firstPage < range.first && vma.endPage > range.end;
  if (cuts && space.list.items.length >= MAX_MAP_COUNT) return -ENOMEM;
  space.removeRange(range.first, range.end);
  return 0;
}

/**
 * shmdt(2): unmaps what is left of the mapping of a kept object whose first page was attached at `addr`, pieces
 * included; -EINVAL when there is none.
 */
export function detachRegion(space: FaultingSpace, addr: number): number {
  const first = addr / PAGE_SIZE;
  const { items } = space.list;
  const shows = (vma: Vma): boolean =>
    vma.object?.keeper !== undefined && vma.firstPage - vma.objectPage === first;
  const found = items.find((vma) => vma.firstPage >= first && shows(vma));
  if (found === undefined) return -EINVAL;
  for (const vma of items.filter((one) => one.object === found.object && shows(one)))
    space.removeRange(vma.firstPage, vma.endPage);
  return 0;
}

/** remap_file_pages(2), as Linux has it since 4.0: a part of a shared mapping is mapped anew, from another page on. */
export function remapPages(space: FaultingSpace, addr: number, length: number, page: number): number {
  const first = Math.floor(addr / PAGE_SIZE);
  const pages = Math.floor(length / PAGE_SIZE);
  const vma = addr < GUEST_END ? space.list.find(first) : undefined;
  if (vma?.shared !== true || vma.object === undefined || pages === 0) return -EINVAL;
  if (!space.list.covers(first, first + pages) || page + pages > MAX_OFFSET / PAGE_SIZE) return -EINVAL;
  const object = vma.object;
  const fresh = new Vma(first, first + pages, vma.prot, vma.access, vma.flags, object, page, vma.name);
  // Before it goes: the object must not be without mappings meanwhile.
  object.retain(space);
  space.removeRange(first, first + pages);
  space.list.insert(fresh);
  object.release(space);
  return 0;
}

/** Moves the end of the heap; returns where it is then, which is the old place when it could not be moved. */
export function moveBrk(space: FaultingSpace, addr: number): number {
  const { brkStart, brkEnd } = space;
  if (!(addr >= brkStart && addr <= GUEST_END)) return brkEnd;
  if (addr - brkStart > space.limits.data) return brkEnd;
  const oldPage = Math.ceil(brkEnd / PAGE_SIZE);
  const newPage = Math.ceil(addr / PAGE_SIZE);
  if (newPage < oldPage) space.removeRange(newPage, oldPage);
  else if (newPage > oldPage) {
    const prot = PROT_READ | PROT_WRITE;
    const flags = MAP_PRIVATE | VMA_MAYWRITE | (space.lockFuture ? MAP_LOCKED : 0);
    if (!space.gaps.isFree(oldPage, newPage) || !space.mayExpand(newPage - oldPage, prot, flags))
      return brkEnd;
    if (space.lockFuture && !space.mayLock(newPage - oldPage)) return brkEnd;
    space.list.insert(new Vma(oldPage, newPage, prot, prot, flags, undefined, 0, '[heap]'));
    if (space.lockFuture) populate(space, oldPage, newPage);
  }
  space.brkEnd = addr;
  return addr;
}
