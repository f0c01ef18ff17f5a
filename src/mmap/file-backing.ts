/** The ports of the mmap layer: what the kernel gives it. */
import type { MappedObject } from './objects.js';

/** A file that pages come from. All calls complete at once; none may throw. */
export interface FileBacking {
  /**
   * Identity of the file object, for example `dev:ino`: the same for every open of one file for as long as it is
   * mapped, whatever is written to it, and different for any other file. Mappings of one id are kept coherent.
   */
  readonly id: string;
  /** Path as the guest sees it, for /proc/self/maps. */
  readonly path: string;
  readonly dev: number;
  readonly ino: number;
  /** Opened for reading: without it mmap gives EACCES. */
  readonly readable: boolean;
  /** Opened for reading and writing: without it a shared mapping can never be writable (EACCES). */
  readonly writable: boolean;
  /** Changes whenever the contents may have (for example mtime and size); part of the keys of translated code. */
  version?(): string;
  /** What version() would have answered at the last size(), where that is known without asking the host again. */
  readonly stamp?: string | undefined;
  /** Bytes in the file now. */
  size(): number;
  /** Fills `dst` from byte `offset` of the file: bytes read (fewer at the end of the file) or -errno. */
  read(dst: Uint8Array, offset: number): number;
  /** Writes `src` at byte `offset`, never moving the end of the file: bytes written or -errno. */
  write(src: Uint8Array, offset: number): number;
  /** Gives the backing up. */
  close(): void;
  /** A second handle with a lifetime of its own. */
  dup(): FileBacking;
}

/** Arguments of mmap(2). */
export interface MapRequest {
  addr: number;
  length: number;
  /** PROT_* bits. */
  prot: number;
  /** MAP_* bits. */
  flags: number;
  /** The file; the address space makes a `dup` for itself, the caller keeps its own. Ignored with MAP_ANONYMOUS. */
  file?: FileBacking | undefined;
  /** First byte of the file, a multiple of the page size. */
  offset?: number;
  /** With MAP_SHARED | MAP_ANONYMOUS: memory that exists already. */
  object?: MappedObject;
  /** It may never become writable here. */
  readOnly?: boolean;
  /** Name for /proc/self/maps, such as `[stack]`; a file mapping has its path. */
  name?: string;
}

/** Resource limits in bytes; Infinity where there is none. */
export interface SpaceLimits {
  /** RLIMIT_AS */
  as: number;
  /** RLIMIT_DATA */
  data: number;
  /** RLIMIT_STACK: how far a MAP_GROWSDOWN mapping may grow. */
  stack: number;
  /** RLIMIT_MEMLOCK */
  memlock: number;
}

/** One mapping, as /proc/self/maps shows it. `start` and `end` are addresses, `flags` as in flags.ts. */
export interface VmaInfo {
  readonly start: number;
  readonly end: number;
  readonly prot: number;
  readonly flags: number;
  /** Byte offset in the file (0 for anonymous memory). */
  readonly offset: number;
  readonly file: FileBacking | undefined;
  readonly name: string;
}
