/** Opening and closing: open, openat, openat2, creat, close, close_range. */
import { E2BIG, EFAULT, EINVAL, EOVERFLOW } from '../../abi/errno.js';
import {
  AT_FDCWD,
  O_CLOEXEC,
  O_CREAT,
  O_PATH,
  O_TMPFILE_BIT,
  O_TRUNC,
  O_WRONLY,
  S_IFMT,
  S_IFREG,
} from '../../abi/fcntl.js';
import { openHow } from '../../abi/structs/index.js';
import type { OpenFile } from '../../kernel/file.js';
import { FifoEnd } from '../../kernel/vfs/fifo.js';
import { O_DIRECTORY, O_LARGEFILE, O_NOFOLLOW } from '../../kernel/vfs/flags.js';
import { RESOLVE_SHIFT } from '../../kernel/vfs/resolve.js';
import type { Task } from '../../kernel/task.js';
import type { Blocking } from '../../kernel/wait.js';
import { full, sys } from '../row.js';
import { genericFlags } from '../files.js';

/** Bits openat knows, in the kernel's numbering (include/linux/fcntl.h, VALID_OPEN_FLAGS). */
const VALID_FLAGS = 0o37777703;
/** RESOLVE_* bits of openat2. */
const VALID_RESOLVE = 0x3f;
/** Largest file a 32-bit program can open without O_LARGEFILE. */
const MAX_NON_LFS = 0x7fffffff;
/** What O_PATH leaves of the other flags. */
const PATH_FLAGS = O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC;

/** Opens and installs; `flags` in the kernel's numbering. */
export function openFile(
  task: Task,
  dirfd: number,
  path: string,
  flags: number,
  mode: number,
  restrict = 0,
): number | Blocking {
  const { vfs } = task.kernel;
  let wanted = (flags & O_PATH) !== 0 ? flags & PATH_FLAGS : flags;
  if (task.abi.wordSize === 8 && (wanted & O_PATH) === 0) wanted |= O_LARGEFILE;
  const file = vfs.open(task, dirfd, path, wanted & ~O_CLOEXEC, mode, restrict);
  if (typeof file === 'number') return file;
  if ((wanted & (O_LARGEFILE | O_PATH)) === 0) {
    const st = file.stat();
    if (typeof st !== 'number' && (st.mode & S_IFMT) === S_IFREG && st.size > MAX_NON_LFS) {
      file.release();
      return -EOVERFLOW;
    }
  }
  const cloexec = (wanted & O_CLOEXEC) !== 0;
  if (file instanceof FifoEnd && !file.nonblocking && !file.isConnected())
    return openWhenConnected(task, file, cloexec);
  return install(task, file, cloexec);
}

function install(task: Task, file: OpenFile, cloexec: boolean): number {
  const fd = task.files.install(file, cloexec, task.process.limits.nofile);
  if (fd < 0) file.release();
  return fd;
}

/** Opening a FIFO waits until its other end is open (fifo(7)). */
function* openWhenConnected(task: Task, end: FifoEnd, cloexec: boolean): Blocking {
  const file = yield* task.kernel.vfs.fifos.connect(end);
  return typeof file === 'number' ? file : install(task, file, cloexec);
}

function sysOpenat(task: Task, dirfd: number, path: string, flags: number, mode: number): number | Blocking {
  return openFile(task, dirfd, path, genericFlags(task.abi, flags) & VALID_FLAGS, mode & 0o7777);
}

function sysOpen(task: Task, path: string, flags: number, mode: number): number | Blocking {
  return sysOpenat(task, AT_FDCWD, path, flags, mode);
}

function sysCreat(task: Task, path: string, mode: number): number | Blocking {
  return openFile(task, AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode & 0o7777);
}

function sysOpenat2(task: Task, dirfd: number, path: string, how: number, size: number): number | Blocking {
  const layout = openHow.for(task.user.model);
  if (size < layout.size) return -EINVAL;
  if (size > 4096) return -E2BIG;
  // A longer struct of a newer program is fine as long as what we do not know is zero.
  const rest = task.user.copyIn(how, size);
  if (rest === undefined) return -EFAULT;
  if (rest.subarray(layout.size).some((byte) => byte !== 0)) return -E2BIG;
  const values = task.user.get(layout, how);
  if (values === undefined) return -EFAULT;
  if (values.flags > 0xffffffff || values.resolve > VALID_RESOLVE) return -EINVAL;
  const flags = genericFlags(task.abi, values.flags);
  if ((flags & ~VALID_FLAGS) !== 0) return -EINVAL;
  if ((flags & O_PATH) !== 0 && (flags & ~PATH_FLAGS) !== 0) return -EINVAL;
  const creates = (flags & (O_CREAT | O_TMPFILE_BIT)) !== 0;
  if (values.mode > 0o7777 || (!creates && values.mode !== 0)) return -EINVAL;
  return openFile(task, dirfd, path, flags, values.mode, values.resolve << RESOLVE_SHIFT);
}

function sysClose(task: Task, fd: number): number {
  return task.files.close(fd);
}

const CLOSE_RANGE_UNSHARE = 2;
const CLOSE_RANGE_CLOEXEC = 4;

function sysCloseRange(task: Task, first: number, last: number, flags: number): number {
  if (first > last || (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) !== 0) return -EINVAL;
  if ((flags & CLOSE_RANGE_UNSHARE) !== 0 && task.files.users > 1) {
    task.files.users--;
    task.files = task.files.clone();
  }
  for (const [fd] of [...task.files.entries()]) {
    if (fd < first || fd > last) continue;
    if ((flags & CLOSE_RANGE_CLOEXEC) !== 0) task.files.setCloexec(fd, true);
    else task.files.close(fd);
  }
  return 0;
}

/** umask(2) */
function sysUmask(task: Task, mask: number): number {
  const old = task.fs.umask;
  task.fs.umask = mask & 0o777;
  return old;
}

export const fileOpen = {
  open: sys(['path: path', 'flags: oflags', 'mode: mode'], 'fd', sysOpen),
  openat: sys(['dirfd: dirfd', 'path: path', 'flags: oflags', 'mode: mode'], 'fd', sysOpenat),
  openat2: sys(['dirfd: dirfd', 'path: path', 'how: in openHow', 'size: size'], 'fd', sysOpenat2, full),
  creat: sys(['path: path', 'mode: mode'], 'fd', sysCreat),
  close: sys(['fd: fd'], 'int', sysClose),
  close_range: sys(['first: uint', 'last: uint', 'flags: hex32'], 'int', sysCloseRange),
  umask: sys(['mask: mode'], 'mode', sysUmask),
};
