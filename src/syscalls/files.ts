/** What the file families share: descriptors, paths, flags, and waiting for files that are not ready. */
import { EAGAIN, EBADF, EFAULT, EINVAL, ENOENT, ENOTDIR, EPIPE, ERESTARTSYS } from '../abi/errno.js';
import type { Abi } from '../abi/abi.js';
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, GENERIC_FCNTL } from '../abi/fcntl.js';
import { SIGPIPE } from '../abi/signals.js';
import type { OpenFile } from '../kernel/file.js';
import { kernelInfo } from '../kernel/signal/info.js';
import { sendToTask } from '../kernel/signal/send.js';
import type { Task } from '../kernel/task.js';
import type { FileStat } from '../kernel/host/stat.js';
import type { Place } from '../kernel/vfs/file-system.js';
import { FOLLOW, asDir } from '../kernel/vfs/resolve.js';
import { PathFile, VfsFile } from '../kernel/vfs/vfs-file.js';
import { type Blocking, INTERRUPTED, TIMED_OUT, waitFor } from '../kernel/wait.js';

/** Most bytes one read or write moves (include/linux/fs.h, MAX_RW_COUNT). */
export const MAX_RW_COUNT = 0x7ffff000;

const NAMES = ['O_DIRECT', 'O_LARGEFILE', 'O_DIRECTORY', 'O_NOFOLLOW'] as const;
const VARYING = NAMES.reduce((bits, name) => bits | GENERIC_FCNTL[name], 0);

/** Open flags of the guest in the kernel's own numbering (asm-generic). */
export function genericFlags(abi: Abi, flags: number): number {
  const { fcntl } = abi;
  if (fcntl === GENERIC_FCNTL) return flags;
  let result = flags & ~VARYING;
  for (const name of NAMES) if ((flags & fcntl[name]) !== 0) result |= GENERIC_FCNTL[name];
  return result;
}

/** The kernel's open flags in the guest's numbering. */
export function guestFlags(abi: Abi, flags: number): number {
  const { fcntl } = abi;
  if (fcntl === GENERIC_FCNTL) return flags;
  let result = flags & ~VARYING;
  for (const name of NAMES) if ((flags & GENERIC_FCNTL[name]) !== 0) result |= fcntl[name];
  return result;
}

/** Folds an inode number into 32 bits for guests whose ino_t may be that small: stat and readdir agree. */
export function foldInode(ino: number): number {
  return ino <= 0xffffffff ? ino : (ino ^ Math.floor(ino / 0x1_0000_0000)) >>> 0;
}

/**
 * Resolves the path argument of an `…at` call.
 *
 * @param flags AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH; others are the caller's business
 * @returns the place, the open file itself (AT_EMPTY_PATH), or -errno
 */
export function resolveAt(
  task: Task,
  dirfd: number,
  path: string | null,
  flags: number,
  st?: FileStat,
): Place | OpenFile | number {
  const { vfs } = task.kernel;
  if (path === null || path === '') {
    if ((flags & AT_EMPTY_PATH) === 0) return path === null ? -EFAULT : -ENOENT;
    if (dirfd === AT_FDCWD) return vfs.resolver.resolve(task, undefined, '.', FOLLOW, st);
    return task.files.get(dirfd) ?? -EBADF;
  }
  return vfs.resolve(task, dirfd, path, (flags & AT_SYMLINK_NOFOLLOW) !== 0 ? 0 : FOLLOW, st);
}

/** Whether `resolveAt` answered with an open file. */
export function isFile(found: Place | OpenFile): found is OpenFile {
  return 'retain' in found;
}

/** The file to change (chmod, chown, utimes) when the path led to an open one, by AT_EMPTY_PATH or a magic link. */
export function changeable(found: Place | OpenFile): VfsFile | undefined {
  if (isFile(found)) return found instanceof VfsFile ? found : undefined;
  return found.file instanceof VfsFile ? found.file : undefined;
}

/**
 * An O_PATH descriptor stands for the path it was opened by, as glibc's lchmod counts on with /proc/self/fd, and
 * fchownat(2) with AT_EMPTY_PATH.
 */
export function behindLink<T>(found: T | Place | OpenFile): T | Place | OpenFile {
  if (found instanceof PathFile) return found.place;
  const file = (found as Partial<Place> | undefined)?.file;
  return file instanceof PathFile ? file.place : found;
}

/** The directory that descriptor `fd` refers to. */
export function directoryOf(task: Task, fd: number): ReturnType<typeof asDir> | number {
  const file = task.files.get(fd);
  return file === undefined ? -EBADF : (asDir(file) ?? -ENOTDIR);
}

/** What a write answered, on its way to the guest: EPIPE comes with SIGPIPE. */
export function finishWrite(task: Task, result: number): number {
  if (result === -EPIPE) sendToTask(task, kernelInfo(SIGPIPE));
  return result;
}

/** Files with a limit to waiting of their own: sockets (SO_RCVTIMEO), terminals (VTIME). */
interface Patient {
  /** Nanoseconds. */
  patience?(writes: boolean): number;
  /** What the call answers when they are over; default -EAGAIN. */
  readonly lateResult?: number;
}

/**
 * Repeats `attempt` whenever the file's queue is woken, until it answers something other than -EAGAIN. The file is held
 * meanwhile, in case another thread closes it.
 */
export function* whenReady(task: Task, file: OpenFile, writes: boolean, attempt: () => number): Blocking {
  const { queue } = file;
  if (queue === undefined) return -EAGAIN;
  const queues = [queue];
  const patient = file as Patient;
  const limit = patient.patience?.(writes) ?? Infinity;
  const deadline = limit === Infinity ? Infinity : task.kernel.clock.monotonic() + limit;
  file.retain();
  try {
    for (;;) {
      const why = yield* waitFor(queues, deadline);
      const result = attempt();
      if (result !== -EAGAIN) return result;
      if (why === TIMED_OUT) return patient.lateResult ?? -EAGAIN;
      if (why === INTERRUPTED) return -ERESTARTSYS;
    }
  } finally {
    file.release();
  }
}

/** One piece of a readv or writev. */
export interface Piece {
  readonly addr: number;
  readonly length: number;
}

const UIO_MAXIOV = 1024;

/** The iovec array at `addr`, or -errno (import_iovec). */
export function readPieces(task: Task, addr: number, count: number): Piece[] | number {
  if (count > UIO_MAXIOV) return -EINVAL;
  const { user } = task;
  const size = user.wordSize;
  const limit = size === 8 ? Number.MAX_SAFE_INTEGER : 0x7fffffff;
  const pieces: Piece[] = [];
  let total = 0;
  for (let i = 0; i < count; i++) {
    const base = user.readWord(addr + i * size * 2);
    const length = user.readWord(addr + i * size * 2 + size);
    if (base === undefined || length === undefined) return -EFAULT;
    if (length > limit) return -EINVAL;
    const part = Math.min(length, MAX_RW_COUNT - total);
    total += part;
    if (part > 0) pieces.push({ addr: base, length: part });
  }
  return pieces;
}
