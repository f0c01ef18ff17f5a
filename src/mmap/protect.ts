/** mprotect(2) and prctl(PR_SET_VMA_ANON_NAME): changes to the mappings of a range. */
import { EACCES, EBADF, EINVAL, ENOMEM } from '../abi/errno.js';
import type { SpaceCore } from './core.js';
import {
  MAP_GROWSDOWN,
  PROT_EXEC,
  PROT_GROWSDOWN,
  PROT_GROWSUP,
  PROT_READ,
  PROT_SEM,
  PROT_WRITE,
  VMA_MAYWRITE,
} from './flags.js';
import { PAGE_SIZE } from './layout.js';
import { MAX_MAP_COUNT, accessOf, isData } from './vma.js';
import type { Vma } from './vma.js';

const PROT_KNOWN = PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM;

export function protectRegion(space: SpaceCore, addr: number, length: number, prot: number): number {
  const grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP);
  const rights = prot & ~grows;
  if (grows === (PROT_GROWSDOWN | PROT_GROWSUP) || addr % PAGE_SIZE !== 0 || (rights & ~PROT_KNOWN) !== 0)
    return -EINVAL;
  if (length === 0) return 0;
  const range = space.pageRange(addr, length);
  if (range === undefined) return -ENOMEM;
  let { first } = range;
  if (grows !== 0) {
    const vma = space.list.items[space.list.indexFrom(first)];
    if (vma === undefined || vma.firstPage >= range.end) return -ENOMEM;
    // Nothing of ours grows upward.
    if (grows === PROT_GROWSUP || (vma.flags & MAP_GROWSDOWN) === 0) return -EINVAL;
    first = vma.firstPage;
  }
  const kept = rights & 7;
  const access = accessOf(kept, space.execReadable);
  return changeRange(space, first, range.end, (vma) => {
    if ((kept & PROT_WRITE) !== 0 && (vma.flags & VMA_MAYWRITE) === 0) return -EACCES;
    const grown = isData(kept, vma.flags) && !isData(vma.prot, vma.flags) ? vma.pages : 0;
    if (grown > 0 && (space.list.dataPages + grown) * PAGE_SIZE > space.limits.data) return -ENOMEM;
    if (vma.prot !== kept) {
      space.list.change(vma, kept, access, vma.flags);
      space.applyAccess(vma.firstPage, vma.endPage, access);
    }
    return 0;
  });
}

export function nameRegion(space: SpaceCore, addr: number, length: number, name: string): number {
  if (addr % PAGE_SIZE !== 0) return -EINVAL;
  const range = space.pageRange(addr, length);
  if (range === undefined) return -ENOMEM;
  return changeRange(
    space,
    range.first,
    range.end,
    (vma) => {
      if (vma.object?.backing !== undefined) return -EBADF;
      vma.name = name;
      return 0;
    },
    true,
  );
}

/**
 * Applies `change` to every mapping of [first, end), split so that none reaches outside, and merges again. Stops at
 * the first error. A hole ends in -ENOMEM: at once, after what lies before it was changed, or with `skipHoles` only
 * when everything else was.
 */
export function changeRange(
  space: SpaceCore,
  first: number,
  end: number,
  change: (vma: Vma) => number,
  skipHoles = false,
): number {
  const vmas = space.list;
  const from = vmas.split(first);
  let at = from;
  let next = first;
  let error = 0;
  let hole = 0;
  while (next < end) {
    const vma = vmas.items[at];
    if (vma === undefined || vma.firstPage > next) {
      hole = -ENOMEM;
      if (!skipHoles || vma === undefined || vma.firstPage >= end) break;
    }
    if (vma.endPage > end) {
      if (vmas.items.length >= MAX_MAP_COUNT) {
        error = -ENOMEM;
        break;
      }
      vmas.split(end);
    }
    error = change(vma);
    if (error !== 0) break;
    next = vma.endPage;
    at++;
  }
  vmas.mergeAround(from, Math.min(at + 1, vmas.items.length));
  return error !== 0 ? error : hole;
}
