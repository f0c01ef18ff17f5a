/**
 * Open file descriptions (`struct file`): what a descriptor points to, shared by dup and fork.
 *
 * Nothing here blocks. `read`, `write` and friends do what is possible at once and return -EAGAIN when nothing is;
 * the syscall layer then waits on `queue` (unless O_NONBLOCK) and tries again. An operation that only the host can
 * finish later (a terminal read in libuv's threadpool) starts it, returns -EAGAIN, and wakes the queue when done.
 *
 * Flags are the asm-generic O_* values (src/abi/fcntl.ts) inside the kernel, whatever the guest's own numbers; the
 * syscall layer translates at the edge.
 */
import { O_ACCMODE, O_NONBLOCK, O_PATH, O_RDONLY, O_WRONLY } from '../abi/fcntl.js';
import { EINVAL, ENODEV, ENOTDIR, ENOTTY, EOPNOTSUPP, ESPIPE } from '../abi/errno.js';
import type { FdTable } from './fd-table.js';
import type { FileBacking } from '../mmap/file-backing.js';
import type { FileStat } from './host/stat.js';
import type { Blocking, WaitQueue } from './wait.js';
import type { Task } from './task.js';

/** poll(2) bits (include/uapi/asm-generic/poll.h). */
export const POLLIN = 0x1;
export const POLLPRI = 0x2;
export const POLLOUT = 0x4;
export const POLLERR = 0x8;
export const POLLHUP = 0x10;
export const POLLNVAL = 0x20;
export const POLLRDNORM = 0x40;
export const POLLRDBAND = 0x80;
export const POLLWRNORM = 0x100;
export const POLLWRBAND = 0x200;
export const POLLRDHUP = 0x2000;

/** One entry for getdents; `cookie` is the position after it. Names are byte strings (one char per byte). */
export interface DirEntry {
  readonly name: string;
  readonly ino: number;
  /** DT_* */
  readonly type: number;
  readonly cookie: number;
}

/** Watches a description without holding a reference (an epoll item). */
export interface FileWatcher {
  /** The last reference is gone. */
  fileGone(): void;
}

/**
 * One open file description. Subclasses implement what their kind can do; the defaults answer as Linux does for a
 * file without that operation.
 */
export abstract class OpenFile {
  /** Access mode and status flags (O_APPEND, O_NONBLOCK…), asm-generic values. */
  flags: number;
  /** File position in bytes. */
  pos = 0;
  /** Descriptors, mappings and in-flight operations that hold this description. */
  #refs = 1;
  /** F_SETOWN / F_SETSIG, kept here because they belong to the description. */
  owner = 0;
  ownerSignal = 0;

  constructor(flags: number) {
    this.flags = flags;
  }

  /** For /proc/self/fd and strace: a path, or `pipe:[7]`. A byte string. */
  abstract readonly name: string;

  /** What /proc/PID/fdinfo tells besides position and flags: whole lines. */
  get details(): string {
    return '';
  }

  /** Woken when `poll` may have changed; undefined: always ready (regular files, directories). */
  get queue(): WaitQueue | undefined {
    return undefined;
  }

  get readable(): boolean {
    return (this.flags & O_ACCMODE) !== O_WRONLY && (this.flags & O_PATH) === 0;
  }

  get writable(): boolean {
    return (this.flags & O_ACCMODE) !== O_RDONLY && (this.flags & O_PATH) === 0;
  }

  get nonblocking(): boolean {
    return (this.flags & O_NONBLOCK) !== 0;
  }

  /** pread/pwrite/lseek are possible. */
  get seekable(): boolean {
    return false;
  }

  retain(): this {
    this.#refs++;
    return this;
  }

  /** Drops one reference; the last one closes. @returns 0 or the -errno of the close */
  release(): number {
    if (--this.#refs !== 0) return 0;
    if (this.watchers !== undefined) for (const watcher of [...this.watchers]) watcher.fileGone();
    return this.onClose();
  }

  /** Epoll items on this description; they do not keep it open. */
  watchers: Set<FileWatcher> | undefined;

  get refs(): number {
    return this.#refs;
  }

  /**
   * A descriptor in `owner` that referred to this description was closed; others may remain. POSIX record locks of
   * that owner on this file go then (fcntl_locking(2)).
   */
  onDescriptorClosed(_owner: FdTable): void {
    // Most kinds of file have no such locks.
  }

  /** Last reference gone. */
  protected onClose(): number {
    return 0;
  }

  /**
   * Reads into `dst`.
   *
   * @param offset byte offset (pread), or -1: at `pos`, which moves on
   * @returns bytes (0 = end of file), -EAGAIN when it would block, or another -errno
   */
  read(_dst: Uint8Array, _offset: number, _task: Task): number {
    return -EINVAL;
  }

  /** As `read`; O_APPEND is the implementation's duty. A closed pipe returns -EPIPE, the caller sends SIGPIPE. */
  write(_src: Uint8Array, _offset: number, _task: Task): number {
    return -EINVAL;
  }

  /** lseek(2); @returns the new position or -errno (-ESPIPE when not seekable) */
  seek(_offset: number, _whence: number): number {
    return -ESPIPE;
  }

  /** What fstat answers, or -errno. */
  abstract stat(): FileStat | number;

  /** ioctl(2). `arg` is the raw guest word; use `task.user` for what it points to. */
  ioctl(_task: Task, _request: number, _arg: number): number | Blocking {
    return -ENOTTY;
  }

  /** What is true now, as POLL* bits. `task` matters for signalfd only. */
  poll(_task?: Task): number {
    return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
  }

  /**
   * Directory entries from position `pos` on (cookies), at most `max`; does not move `pos`: the syscall layer packs
   * what fits and then sets `pos` to the last packed cookie. @returns [] at the end, or -errno (-ENOTDIR)
   */
  readdir(_max: number): readonly DirEntry[] | number {
    return -ENOTDIR;
  }

  truncate(_length: number): number {
    return -EINVAL;
  }

  allocate(_mode: number, _offset: number, _length: number): number {
    return -EOPNOTSUPP;
  }

  sync(_dataOnly: boolean): number {
    return -EINVAL;
  }

  /** For mmap; -errno (-ENODEV) when it cannot be mapped. The backing holds its own reference. */
  backing(): FileBacking | number {
    return -ENODEV;
  }

  /** Host file descriptor, when there is one (sendfile, handing stdio to a host-native program); else -1. */
  get hostFd(): number {
    return -1;
  }
}

/** Files that have no position, but for which asking for one is no error (noop_llseek): event sources. */
export abstract class PlacelessFile extends OpenFile {
  override seek(): number {
    return 0;
  }
}
