/**
 * Coherence of MAP_SHARED pages. A page of an object is in one of these states:
 *
 *  - *copies*: every holder has the bytes in its own memory and reads them at full speed. Only a single holder may
 *    have PAGE_WRITABLE; a second one joining takes it away. For files, getting it records the page as dirty.
 *  - *alias*: one of several holders wrote. The bytes are in a segment frame, holders take the slow path. A holder
 *    that executes the page keeps a snapshot, which the next write of anybody takes away together with its code.
 *  - *parked*: anonymous memory that nobody has present but that still has a mapping.
 *
 * Back from alias to copies as soon as one holder is left.
 */
import type { SpaceCore } from './core.js';
import { FAULT_BUS, FAULT_NONE, PAGE_SIZE } from './layout.js';
import type { FaultCode } from './layout.js';
import { SharedPage, bytesOf } from './objects.js';
import {
  PAGE_ALIAS,
  PAGE_CODE,
  PAGE_PRESENT,
  PAGE_SHARED,
  PAGE_SNAPSHOT,
  PAGE_USED,
  PAGE_WRITABLE,
} from './page-state.js';
import type { Vma } from './vma.js';

/** Pages that one fault may bring in, an aligned window. */
export const FAULT_AROUND = 16;

/** Makes `page` present, and neighbours where that costs little. FAULT_NONE or FAULT_BUS. */
export function attachShared(space: SpaceCore, vma: Vma, page: number): FaultCode {
  const object = vma.object;
  if (object === undefined) return FAULT_BUS;
  const limit = Math.min(vma.endPage, vma.firstPage + (object.pageLimit - vma.objectPage));
  if (page >= limit) return FAULT_BUS;
  const first = Math.max(page & -FAULT_AROUND, vma.firstPage);
  const end = Math.min((page & -FAULT_AROUND) + FAULT_AROUND, limit);
  for (let at = first; at < end; at++) {
    if (((space.state[at] as number) & PAGE_PRESENT) !== 0) continue;
    const known = object.pages.get(vma.indexOf(at));
    if (known !== undefined) {
      if (at === page || joinsQuietly(known)) join(known, space, at);
      continue;
    }
    let stop = at + 1;
    while (stop < end && isNew(space, vma, stop)) stop++;
    if (!load(space, vma, at, stop) && page >= at && page < stop) return FAULT_BUS;
    at = stop - 1;
  }
  return FAULT_NONE;
}

function isNew(space: SpaceCore, vma: Vma, page: number): boolean {
  return (
    ((space.state[page] as number) & PAGE_PRESENT) === 0 && vma.object?.pages.has(vma.indexOf(page)) === false
  );
}

/** Joining takes no right from anybody. */
function joinsQuietly(shared: SharedPage): boolean {
  const space = shared.spaces[0];
  if (shared.frame >= 0 || space === undefined) return shared.frame < 0;
  return ((space.state[shared.pages[0] as number] as number) & PAGE_WRITABLE) === 0;
}

/** First holder of the pages [first, end): bytes from the file, or zeros. */
function load(space: SpaceCore, vma: Vma, first: number, end: number): boolean {
  const object = vma.object;
  if (object === undefined) return false;
  if (object.backing !== undefined) {
    space.stats.majorFaults++;
    const target = space.u8.subarray(first * PAGE_SIZE, end * PAGE_SIZE);
    space.noteUsed(first, end);
    if (object.read(target, vma.indexOf(first)) < 0) return false;
  } else {
    space.cleanPages(first, end);
  }
  for (let page = first; page < end; page++) {
    const index = vma.indexOf(page);
    const shared = new SharedPage(object, index);
    object.pages.set(index, shared);
    hold(shared, space, page, 0);
  }
  return true;
}

/** Another holder of a page that exists. */
function join(shared: SharedPage, space: SpaceCore, page: number): void {
  if (shared.frame >= 0) {
    hold(shared, space, page, PAGE_ALIAS);
    return;
  }
  const other = shared.spaces[0];
  if (other !== undefined) other.changeState(shared.pages[0] as number, 0, PAGE_WRITABLE);
  space.u8.set(bytesOf(shared), page * PAGE_SIZE);
  shared.parked = undefined;
  hold(shared, space, page, 0);
}

function hold(shared: SharedPage, space: SpaceCore, page: number, state: number): void {
  shared.spaces.push(space);
  shared.pages.push(page);
  if (state === PAGE_ALIAS) space.setFrame(page, shared.frame);
  else if (shared.spaces.length === 1 && (shared.object.backing === undefined || shared.dirty))
    state |= PAGE_WRITABLE;
  space.enter(page, PAGE_PRESENT | PAGE_USED | PAGE_SHARED | state);
}

/** A write to a present page in state *copies*: makes it writable here, or an alias. */
export function writeShared(space: SpaceCore, vma: Vma, page: number): FaultCode {
  const shared = vma.object?.pages.get(vma.indexOf(page));
  if (shared === undefined) return FAULT_BUS;
  shared.object.markDirty(shared);
  if (shared.spaces.length === 1) {
    space.changeState(page, PAGE_WRITABLE, 0);
    return FAULT_NONE;
  }
  const segments = shared.object.registry.segments;
  const frame = segments.take(shared);
  if (frame < 0) return FAULT_BUS;
  segments.u8.set(space.u8.subarray(page * PAGE_SIZE, (page + 1) * PAGE_SIZE), frame * PAGE_SIZE);
  shared.frame = frame;
  for (let i = 0; i < shared.spaces.length; i++) {
    const holder = shared.spaces[i] as SpaceCore;
    const at = shared.pages[i] as number;
    // Code stays valid until the bytes really change.
    const snapshot = ((holder.state[at] as number) & PAGE_CODE) !== 0 ? PAGE_SNAPSHOT : 0;
    if (snapshot !== 0) shared.snapshots++;
    holder.setFrame(at, frame);
    holder.changeState(at, PAGE_ALIAS | snapshot, PAGE_WRITABLE);
  }
  return FAULT_NONE;
}

/** An instruction fetch from an alias: copies the frame to the page's own memory. */
export function snapshotShared(space: SpaceCore, page: number): void {
  const frame = space.frameOf(page);
  const shared = space.registry.segments.owners[frame];
  if (shared === undefined) return;
  space.u8.set(bytesOf(shared), page * PAGE_SIZE);
  shared.snapshots++;
  space.changeState(page, PAGE_SNAPSHOT, 0);
}

/** Somebody changes the bytes of a frame: records it and takes snapshots away. */
export function touchFrame(shared: SharedPage): void {
  shared.object.markDirty(shared);
  for (let i = 0; shared.snapshots > 0 && i < shared.spaces.length; i++) {
    const space = shared.spaces[i] as SpaceCore;
    const page = shared.pages[i] as number;
    if (((space.state[page] as number) & PAGE_SNAPSHOT) === 0) continue;
    shared.snapshots--;
    space.changeState(page, 0, PAGE_SNAPSHOT);
    space.invalidateCode(page);
  }
}

/** `page` stops showing `index` of `object`. With `keep`, the last holder's bytes of anonymous memory are parked. */
export function detachShared(space: SpaceCore, vma: Vma, page: number, keep: boolean): void {
  const object = vma.object;
  const shared = object?.pages.get(vma.indexOf(page));
  if (object === undefined || shared === undefined) return;
  const last = shared.spaces.length === 1;
  if (last && keep && object.backing === undefined) shared.parked = bytesOf(shared).slice();
  const at = holderIndex(shared, space, page);
  shared.spaces.splice(at, 1);
  shared.pages.splice(at, 1);
  if (((space.state[page] as number) & PAGE_SNAPSHOT) !== 0) shared.snapshots--;
  if (shared.frame >= 0 && shared.spaces.length <= 1) fold(shared);
  if (shared.spaces.length === 0 && shared.parked === undefined) {
    object.dirty.delete(shared);
    object.pages.delete(shared.index);
  }
  space.leave(page);
}

function holderIndex(shared: SharedPage, space: SpaceCore, page: number): number {
  let at = 0;
  while (shared.spaces[at] !== space || shared.pages[at] !== page) at++;
  return at;
}

/** Alias with at most one holder: back to that holder's own memory. */
function fold(shared: SharedPage): void {
  const segments = shared.object.registry.segments;
  const frame = shared.frame;
  const space = shared.spaces[0];
  shared.frame = -1;
  shared.snapshots = 0;
  if (space !== undefined) {
    const page = shared.pages[0] as number;
    space.u8.set(segments.bytes(frame), page * PAGE_SIZE);
    const writable = shared.object.backing === undefined || shared.dirty ? PAGE_WRITABLE : 0;
    space.changeState(page, writable, PAGE_ALIAS | PAGE_SNAPSHOT);
  }
  segments.give(frame);
}

/** The page equals the file again: the next write must be seen. */
export function cleanShared(shared: SharedPage): void {
  shared.dirty = false;
  shared.object.dirty.delete(shared);
  if (shared.frame >= 0) return;
  const space = shared.spaces[0];
  if (space !== undefined) space.changeState(shared.pages[0] as number, 0, PAGE_WRITABLE);
}

/** Bytes [from, to) of the page changed in the file: every copy gets them. */
export function refreshShared(shared: SharedPage, from: number, to: number): void {
  const object = shared.object;
  const fresh = new Uint8Array(PAGE_SIZE);
  if (object.read(fresh, shared.index) < 0) return;
  const part = fresh.subarray(from, to);
  if (shared.frame >= 0) {
    const dirty = shared.dirty;
    touchFrame(shared);
    object.registry.segments.u8.set(part, shared.frame * PAGE_SIZE + from);
    if (!dirty) cleanShared(shared);
    return;
  }
  for (let i = 0; i < shared.spaces.length; i++) {
    const space = shared.spaces[i] as SpaceCore;
    const page = shared.pages[i] as number;
    space.u8.set(part, page * PAGE_SIZE + from);
    space.invalidateCode(page);
  }
}

/** The page is no longer part of the object (file truncated, hole punched): every holder loses it, nothing is kept. */
export function forgetShared(shared: SharedPage): void {
  const object = shared.object;
  object.dirty.delete(shared);
  object.pages.delete(shared.index);
  if (shared.frame >= 0) object.registry.segments.give(shared.frame);
  shared.frame = -1;
  shared.parked = undefined;
  for (let i = 0; i < shared.spaces.length; i++)
    (shared.spaces[i] as SpaceCore).leave(shared.pages[i] as number);
  shared.spaces.length = 0;
  shared.pages.length = 0;
}

/** The mapping of `from` moves to `to` (mremap), bytes included. */
export function moveShared(space: SpaceCore, shared: SharedPage, from: number, to: number): void {
  const at = holderIndex(shared, space, from);
  const kept = (space.state[from] as number) & (PAGE_WRITABLE | PAGE_ALIAS);
  if (((space.state[from] as number) & PAGE_SNAPSHOT) !== 0) shared.snapshots--;
  if ((kept & PAGE_ALIAS) === 0)
    space.u8.copyWithin(to * PAGE_SIZE, from * PAGE_SIZE, (from + 1) * PAGE_SIZE);
  space.leave(from);
  shared.pages[at] = to;
  if (shared.frame >= 0) space.setFrame(to, shared.frame);
  space.enter(to, PAGE_PRESENT | PAGE_USED | PAGE_SHARED | kept);
}
