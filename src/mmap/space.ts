/**
 * The address space of a guest process: the memory system calls, the page-fault handler, and access to guest memory
 * for the kernel. The work is done in the other files of this folder; docs/memory.md has the picture.
 *
 * Results: system calls return 0 or a value, or a negative errno. Nothing throws, whatever the address.
 * One thread, the kernel's, uses an address space; generated code on others only reads the permission table, and is
 * stopped (`quiesce`) before rights are taken away.
 */
import { EFAULT, ENAMETOOLONG } from '../abi/errno.js';
import { adviseRegion } from './advise.js';
import { FaultingSpace } from './fault.js';
import type { MapRequest, VmaInfo } from './file-backing.js';
import { forkSpace, unchangedSinceFork } from './fork.js';
import {
  FAULT_NONE,
  FAULT_SLOW,
  GUEST_END,
  GUEST_END_PAGE,
  PAGE_MASK,
  PAGE_SHIFT,
  PAGE_SIZE,
  PERM_EXEC,
  PERM_READ,
  PERM_WRITE,
} from './layout.js';
import { lockEverything, lockRegion, residency, syncRegion, unlockEverything, unlockRegion } from './lock.js';
import { detachRegion, mapRegion, moveBrk, remapPages, unmapRegion } from './map.js';
import type { GuestMemory } from './memory.js';
import { PAGE_CODE, PAGE_SHARED, PAGE_WRITABLE } from './page-state.js';
import { nameRegion, protectRegion } from './protect.js';
import { remapRegion } from './remap.js';

export type { SpaceOptions, SpaceStats } from './core.js';
export { ObjectRegistry } from './objects.js';

/** What engines use of an address space; on other threads than the kernel's something else stands in for it. */
export type EngineSpace = Pick<
  AddressSpace,
  | 'memory'
  | 'fault'
  | 'slowRead8'
  | 'slowWrite8'
  | 'codeKey'
  | 'markCode'
  | 'exclusive'
  | 'vmas'
  | 'onCodeInvalid'
>;

export class AddressSpace extends FaultingSpace {
  /** mmap(2): the address, or -errno. */
  map(request: MapRequest): number {
    return mapRegion(this, request);
  }

  /** munmap(2) */
  unmap(addr: number, length: number): number {
    return unmapRegion(this, addr, length);
  }

  /** remap_file_pages(2) */
  remapPages(addr: number, length: number, page: number): number {
    return remapPages(this, addr, length, page);
  }

  /** shmdt(2) */
  detach(addr: number): number {
    return detachRegion(this, addr);
  }

  /** mprotect(2) */
  protect(addr: number, length: number, prot: number): number {
    return protectRegion(this, addr, length, prot);
  }

  /** mremap(2): the address, or -errno. */
  remap(addr: number, oldLength: number, newLength: number, flags: number, newAddr = 0): number {
    return remapRegion(this, addr, oldLength, newLength, flags, newAddr);
  }

  /** madvise(2) */
  advise(addr: number, length: number, advice: number): number {
    return adviseRegion(this, addr, length, advice);
  }

  /** mincore(2): one byte a page, or -errno. */
  incore(addr: number, length: number): Uint8Array | number {
    return residency(this, addr, length);
  }

  /** msync(2) */
  sync(addr: number, length: number, flags: number): number {
    return syncRegion(this, addr, length, flags);
  }

  /** mlock2(2) */
  lock(addr: number, length: number, flags = 0): number {
    return lockRegion(this, addr, length, flags);
  }

  /** munlock(2) */
  unlock(addr: number, length: number): number {
    return unlockRegion(this, addr, length);
  }

  /** mlockall(2) */
  lockAll(flags: number): number {
    return lockEverything(this, flags);
  }

  /** munlockall(2) */
  unlockAll(): number {
    return unlockEverything(this);
  }

  /** prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME): names anonymous mappings; '' takes the name away. */
  nameRange(addr: number, length: number, name: string): number {
    return nameRegion(this, addr, length, name);
  }

  /** Puts the start of the heap at the page at or above `start`. */
  initBrk(start: number): void {
    this.brkStart = Math.ceil(start / PAGE_SIZE) * PAGE_SIZE;
    this.brkEnd = this.brkStart;
  }

  /** brk(2): the new end of the heap, or the old one when it cannot be moved there. Never an errno. */
  brk(addr: number): number {
    return moveBrk(this, addr);
  }

  /** How many bytes from `addr` on (at most `length`) allow `need`, faulting them in. */
  accessible(addr: number, length: number, need: number): number {
    if (!(length > 0)) return 0;
    // The usual case: a few bytes on a page that is ready.
    if (addr >= 0 && (addr & PAGE_MASK) + length <= PAGE_SIZE && addr < GUEST_END) {
      if (((this.perm[addr >>> PAGE_SHIFT] as number) & need) === need) return length;
    }
    const end = Math.min(addr + length, GUEST_END);
    let at = addr;
    while (at < end) {
      if (this.fault(at, need) > FAULT_SLOW) break;
      at = (Math.floor(at / PAGE_SIZE) + 1) * PAGE_SIZE;
    }
    return at > addr ? Math.min(at, end) - addr : 0;
  }

  /**
   * The bytes in place, when all of them allow `need` and none takes the slow path; else undefined: use copyIn and
   * copyOut, which know whether it is a fault. Good until the next change of mappings.
   */
  window(addr: number, length: number, need: number): Uint8Array | undefined {
    if (length === 0) return this.u8.subarray(0, 0);
    if (this.accessible(addr, length, need) < length) return undefined;
    const last = (addr + length - 1) >>> PAGE_SHIFT;
    for (let page = addr >>> PAGE_SHIFT; page <= last; page++) {
      if (((this.perm[page] as number) & need) !== need) return undefined;
    }
    return this.u8.subarray(addr, addr + length);
  }

  /** A copy of the bytes; undefined is EFAULT. */
  copyIn(addr: number, length: number): Uint8Array | undefined {
    if (!(length >= 0) || this.accessible(addr, length, PERM_READ) < length) return undefined;
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const count = Math.min(length - done, PAGE_SIZE - ((addr + done) & PAGE_MASK));
      this.readPage(addr + done, bytes.subarray(done, done + count));
      done += count;
    }
    return bytes;
  }

  /** Writes the bytes; false is EFAULT, with nothing written. */
  copyOut(addr: number, bytes: Uint8Array): boolean {
    const length = bytes.length;
    if (this.accessible(addr, length, PERM_WRITE) < length) return false;
    for (let done = 0; done < length;) {
      const count = Math.min(length - done, PAGE_SIZE - ((addr + done) & PAGE_MASK));
      this.writePage(addr + done, bytes.subarray(done, done + count));
      done += count;
    }
    return true;
  }

  /** Writes zeros; false is EFAULT, with nothing written. */
  zero(addr: number, length: number): boolean {
    if (!(length >= 0) || this.accessible(addr, length, PERM_WRITE) < length) return false;
    for (let done = 0; done < length;) {
      const count = Math.min(length - done, PAGE_SIZE - ((addr + done) & PAGE_MASK));
      this.writePage(addr + done, ZEROS.subarray(0, count));
      done += count;
    }
    return true;
  }

  /** A NUL-terminated string without its NUL; -EFAULT, or -ENAMETOOLONG when the first `max` bytes have no NUL. */
  readCString(addr: number, max: number): Uint8Array | number {
    let length = 0;
    while (length < max) {
      const at = addr + length;
      if (this.accessible(at, 1, PERM_READ) === 0) return -EFAULT;
      const count = Math.min(max - length, PAGE_SIZE - (at & PAGE_MASK));
      const nul = this.findByte(at, count, 0);
      if (nul < count) return this.copyIn(addr, length + nul) ?? -EFAULT;
      length += count;
    }
    return -ENAMETOOLONG;
  }

  /**
   * The name of the bytes of a page, for translations of it: equal names mean equal bytes, also in other address
   * spaces and, for unchanged pages of files (`f:`), other runs. Names of anything else begin with `anon:` and are
   * never used again once the bytes change. Faults the page in; good while it is marked as code.
   */
  codeKey(page: number): { key: string } {
    this.fault(page * PAGE_SIZE, PERM_EXEC);
    const vma = this.list.find(page);
    const object = vma?.object;
    const changed = ((this.state[page] as number) & (PAGE_WRITABLE | PAGE_SHARED)) !== 0;
    const version = object?.backing === undefined ? undefined : object.version;
    if (vma === undefined || object === undefined || version === undefined || changed) {
      return { key: `anon:${this.code.generation(page)}` };
    }
    return { key: `f:${object.id}:${version}:${vma.indexOf(page)}` };
  }

  /**
   * Bytes [first, end) of a page have been, or are going to be, translated: the next write to the page, or the end of
   * its mapping, calls onCodeInvalid. Faults the page in; does nothing when it is not executable. A page that is
   * written too often in this state goes over to the slow path, where only writes to translated lines count.
   */
  markCode(page: number, first = 0, end = PAGE_SIZE): void {
    if (this.fault(page * PAGE_SIZE, PERM_EXEC) !== FAULT_NONE) return;
    this.code.mark(page, first, end);
    this.changeState(page, PAGE_CODE, 0);
  }

  /**
   * Name of the shared object and the page of it that `addr` shows, the same in every process that maps it; undefined
   * for private memory. For futexes and the like.
   */
  sharedKey(addr: number): string | undefined {
    const page = addr >>> PAGE_SHIFT;
    const vma = addr >= 0 && addr < GUEST_END ? this.list.find(page) : undefined;
    return vma?.shared === true && vma.object !== undefined
      ? `${vma.object.id}:${vma.indexOf(page)}`
      : undefined;
  }

  /** Stops the other threads in this space, so that what comes next is one step to them. False: not from this thread. */
  exclusive(): boolean {
    this.quiesce();
    return true;
  }

  /** All mappings, by address. */
  vmas(): readonly VmaInfo[] {
    return this.list.items;
  }

  /** The mapping that has `addr`. */
  vmaAt(addr: number): VmaInfo | undefined {
    return addr >= 0 && addr < GUEST_END ? this.list.find(addr >>> PAGE_SHIFT) : undefined;
  }

  /** Resident bytes, and the most there have been. */
  get rss(): number {
    return this.rssPages * PAGE_SIZE;
  }

  get peakRss(): number {
    return this.peakRssPages * PAGE_SIZE;
  }

  /** Mapped bytes, and the most there have been. */
  get vmSize(): number {
    return this.list.totalPages * PAGE_SIZE;
  }

  get peakVmSize(): number {
    return this.list.peakPages * PAGE_SIZE;
  }

  /** Bytes of private writable mappings. */
  get dataSize(): number {
    return this.list.dataPages * PAGE_SIZE;
  }

  get lockedSize(): number {
    return this.list.lockedPages * PAGE_SIZE;
  }

  /** A copy for a new process in `into`, a memory with nothing mapped. */
  fork(into: GuestMemory): AddressSpace {
    const child = new AddressSpace(into, {
      registry: this.registry,
      limits: this.limits,
      execReadable: this.execReadable,
    });
    forkSpace(this, child);
    return child;
  }

  /** Pages of the mapping at [start, end) that have not been written since the fork. */
  unchangedSinceFork(start: number, end: number): number {
    return unchangedSinceFork(this, start, end);
  }

  /** Unmaps everything, for exec and exit; shared pages are written back. Nobody is told about code any more. */
  clear(): void {
    this.onCodeInvalid = () => undefined;
    this.removeRange(0, GUEST_END_PAGE);
  }
}

const ZEROS = new Uint8Array(PAGE_SIZE);
