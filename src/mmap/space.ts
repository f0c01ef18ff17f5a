import type { FileBacking, MapRequest, SpaceLimits, VmaInfo } from './file-backing.js';
import type { FaultCode } from './layout.js';
import type { GuestMemory } from './memory.js';

/** Files and anonymous objects mapped by any space of one emulator; see objects.ts. */
export declare class ObjectRegistry {
  isMapped(id: string): boolean;
  flushFile(id: string): number;
  refreshFile(id: string, offset: number, length: number): void;
  truncateFile(id: string, size: number): void;
}

export interface SpaceOptions {
  /** Shared by all spaces of one emulator, so that MAP_SHARED works between processes. */
  registry?: ObjectRegistry;
  limits?: Partial<SpaceLimits>;
  /** PROT_EXEC alone also allows reading (ARM); RISC-V faults. */
  execReadable?: boolean;
}

export interface SpaceStats {
  minorFaults: number;
  majorFaults: number;
}

/** Signatures only, the class follows. */
export declare class AddressSpace {
  constructor(memory: GuestMemory, options?: SpaceOptions);
  readonly memory: GuestMemory;
  readonly registry: ObjectRegistry;
  readonly limits: SpaceLimits;
  readonly stats: SpaceStats;
  /** Bytes: resident, its peak, mapped in all, its peak, private writable, locked. */
  readonly rss: number;
  readonly peakRss: number;
  readonly vmSize: number;
  readonly peakVmSize: number;
  readonly dataSize: number;
  readonly lockedSize: number;
  onCodeInvalid: (firstPage: number, endPage: number) => void;

  map(request: MapRequest): number;
  unmap(addr: number, length: number): number;
  protect(addr: number, length: number, prot: number): number;
  remap(addr: number, oldLength: number, newLength: number, flags: number, newAddr: number): number;
  advise(addr: number, length: number, advice: number): number;
  incore(addr: number, length: number): Uint8Array | number;
  sync(addr: number, length: number, flags: number): number;
  lock(addr: number, length: number, flags: number): number;
  unlock(addr: number, length: number): number;
  lockAll(flags: number): number;
  unlockAll(): number;
  /** prctl(PR_SET_VMA_ANON_NAME). */
  nameRange(addr: number, length: number, name: string): number;
  initBrk(start: number): void;
  /** New break, or the old one when it cannot be moved there; never an errno. */
  brk(addr: number): number;

  fault(addr: number, need: number): FaultCode;
  slowRead8(addr: number): number;
  slowRead16(addr: number): number;
  slowRead32(addr: number): number;
  slowWrite8(addr: number, value: number): void;
  slowWrite16(addr: number, value: number): void;
  slowWrite32(addr: number, value: number): void;

  accessible(addr: number, length: number, need: number): number;
  window(addr: number, length: number, need: number): Uint8Array | undefined;
  copyIn(addr: number, length: number): Uint8Array | undefined;
  copyOut(addr: number, bytes: Uint8Array): boolean;
  zero(addr: number, length: number): boolean;
  readCString(addr: number, max: number): Uint8Array | number;

  codeKey(page: number): { key: string };
  markCode(page: number, first?: number, end?: number): void;

  vmas(): Iterable<VmaInfo>;
  vmaAt(addr: number): VmaInfo | undefined;
  fileAt(addr: number): FileBacking | undefined;
  fork(into: GuestMemory): AddressSpace;
  /** Unmaps everything (exec, exit). */
  clear(): void;
}
