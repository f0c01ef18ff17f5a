/**
 * Bits of the page-state table (one byte a page, GuestMemory.state): what the permission byte cannot say.
 *
 * The permission byte is always a function of the mapping's protection and these bits (see `fastRights`), so it can
 * be rebuilt at any time. PAGE_USED belongs to the memory and outlives mappings; all other bits are of the mapping.
 */
import { PERM_EXEC, PERM_WRITE } from './layout.js';

/** The bytes of the page are those of the mapping; without it the first access must fault the page in. */
export const PAGE_PRESENT = 1;
/** The memory of this page may hold something other than zeros. */
export const PAGE_USED = 2;
/** Holds translated code: writes must be seen (AddressSpace.markCode). */
export const PAGE_CODE = 4;
/** May be written without asking: anonymous, or a private copy, or a shared page already recorded as dirty. */
export const PAGE_WRITABLE = 8;
/** Page of a MAP_SHARED object, recorded in its SharedPage. */
export const PAGE_SHARED = 16;
/** The bytes live in a segment frame (see shared.ts); this page's own memory is stale, except for PAGE_SNAPSHOT. */
export const PAGE_ALIAS = 32;
/** With PAGE_ALIAS: the page's own memory equals the frame, so instructions may be fetched from it. */
export const PAGE_SNAPSHOT = 64;
/** Code and data written so often share the page that writes go through slowWrite for good. */
export const PAGE_THRASH = 128;

/** Fast rights of a page in state `state` under a mapping that allows `access` (PERM_* bits). */
export function fastRights(access: number, state: number): number {
  if ((state & PAGE_PRESENT) === 0) return 0;
  if ((state & PAGE_ALIAS) !== 0) return (state & PAGE_SNAPSHOT) !== 0 ? access & PERM_EXEC : 0;
  return (state & (PAGE_WRITABLE | PAGE_CODE)) === PAGE_WRITABLE ? access : access & ~PERM_WRITE;
}
