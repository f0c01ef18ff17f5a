/** Descriptors: dup, fcntl, record and whole-file locks, ioctl. */
import {
  EAGAIN,
  EBADF,
  EBUSY,
  EFAULT,
  EINVAL,
  ENOTTY,
  EOPNOTSUPP,
  EOVERFLOW,
  EPERM,
  ERESTARTSYS,
} from '../../abi/errno.js';
import * as F from '../../abi/fcntl.js';
import { flock, flock64, fOwnerEx } from '../../abi/structs/index.js';
import { IOCTLS } from '../../abi/terminal.js';
import type { OpenFile } from '../../kernel/file.js';
import { MAP_SHARED, VMA_MAYWRITE } from '../../mmap/flags.js';
import { PipeEnd } from '../../kernel/pipe.js';
import type { Task } from '../../kernel/task.js';
import { O_DIRECT } from '../../kernel/vfs/flags.js';
import type { LockOwner } from '../../kernel/vfs/locks.js';
import { F_SEAL_WRITE, MemoryFile } from '../../kernel/vfs/memory-file.js';
import { VfsFile } from '../../kernel/vfs/vfs-file.js';
import { type Blocking, INTERRUPTED, waitFor } from '../../kernel/wait.js';
import { partial, sys } from '../row.js';
import { genericFlags, guestFlags } from '../files.js';

function sysDup(task: Task, fd: number): number {
  return duplicate(task, fd, 0, false);
}

function duplicate(task: Task, fd: number, from: number, cloexec: boolean): number {
  const file = task.files.get(fd);
  if (file === undefined) return -EBADF;
  const copy = task.files.install(file.retain(), cloexec, task.process.limits.nofile, from);
  if (copy < 0) file.release();
  return copy;
}

function replace(task: Task, fd: number, to: number, cloexec: boolean): number {
  const file = task.files.get(fd);
  if (file === undefined || to < 0 || to >= task.process.limits.nofile) return -EBADF;
  return task.files.replace(to, file.retain(), cloexec, task.process.limits.nofile);
}

function sysDup2(task: Task, fd: number, to: number): number {
  if (fd === to) return task.files.get(fd) === undefined ? -EBADF : fd;
  return replace(task, fd, to, false);
}

function sysDup3(task: Task, fd: number, to: number, flags: number): number {
  if ((flags & ~F.O_CLOEXEC) !== 0 || fd === to) return -EINVAL;
  return replace(task, fd, to, (flags & F.O_CLOEXEC) !== 0);
}

/** Flags that F_SETFL may change (include/linux/fcntl.h, SETFL_MASK). */
const SETFL = F.O_APPEND | F.O_NONBLOCK | F.FASYNC | O_DIRECT | F.O_NOATIME;

function setFlags(file: OpenFile, flags: number): number {
  const next = (file.flags & ~SETFL) | (flags & SETFL);
  if (file instanceof VfsFile) return file.setFlags(next);
  file.flags = next;
  return 0;
}

/** Commands that an O_PATH descriptor takes (check_fcntl_cmd of the kernel). */
const PATH_COMMANDS: readonly number[] = [F.F_DUPFD, F.F_DUPFD_CLOEXEC, F.F_GETFD, F.F_SETFD, F.F_GETFL];

function fcntl(task: Task, fd: number, command: number, arg: number): number | Blocking {
  const wide = task.abi.wordSize === 8;
  const file = task.files.get(fd);
  if (file === undefined) return -EBADF;
  if ((file.flags & F.O_PATH) !== 0 && !PATH_COMMANDS.includes(command)) return -EBADF;
  switch (command) {
    case F.F_DUPFD:
    case F.F_DUPFD_CLOEXEC: {
      const from = arg | 0;
      if (from < 0 || from >= task.process.limits.nofile) return -EINVAL;
      return duplicate(task, fd, from, command === F.F_DUPFD_CLOEXEC);
    }
    case F.F_GETFD:
      return task.files.isCloexec(fd) ? F.FD_CLOEXEC : 0;
    case F.F_SETFD:
      task.files.setCloexec(fd, (arg & F.FD_CLOEXEC) !== 0);
      return 0;
    case F.F_GETFL:
      return guestFlags(task.abi, file.flags);
    case F.F_SETFL:
      return setFlags(file, genericFlags(task.abi, arg));
    case F.F_GETLK:
      return getLock(task, file, arg, wide, task.files, task.process.pid);
    case F.F_SETLK:
    case F.F_SETLKW:
      return setLock(task, file, arg, wide, task.files, task.process.pid, command === F.F_SETLKW);
    case F.F_GETLK64:
    case F.F_SETLK64:
    case F.F_SETLKW64:
      if (task.abi.wordSize === 8) return -EINVAL;
      if (command === F.F_GETLK64) return getLock(task, file, arg, true, task.files, task.process.pid);
      return setLock(task, file, arg, true, task.files, task.process.pid, command === F.F_SETLKW64);
    case F.F_OFD_GETLK:
      return getLock(task, file, arg, true, file, -1);
    case F.F_OFD_SETLK:
    case F.F_OFD_SETLKW:
      return setLock(task, file, arg, true, file, -1, command === F.F_OFD_SETLKW);
    default:
      return ownerOrKind(task, file, command, arg);
  }
}

const F_OWNER_TID = 0;
const F_OWNER_PID = 1;
const F_OWNER_PGRP = 2;

/** Whether somebody has the file in memory in a way that could change it. */
function isMappedForWriting(task: Task, file: MemoryFile): boolean {
  const needed = MAP_SHARED | VMA_MAYWRITE;
  for (const { mm } of task.kernel.tasks.values())
    for (const vma of mm.space.vmas())
      if (vma.file?.id === file.id && (vma.flags & needed) === needed) return true;
  return false;
}

function ownerOrKind(task: Task, file: OpenFile, command: number, arg: number): number {
  const { user } = task;
  switch (command) {
    case F.F_SETOWN:
      file.owner = arg | 0;
      return 0;
    case F.F_GETOWN:
      return file.owner;
    case F.F_SETOWN_EX: {
      const owner = user.get(fOwnerEx.for(user.model), arg);
      if (owner === undefined) return -EFAULT;
      if (owner.type < F_OWNER_TID || owner.type > F_OWNER_PGRP) return -EINVAL;
      file.owner = owner.type === F_OWNER_PGRP ? -owner.pid : owner.pid;
      return 0;
    }
    case F.F_GETOWN_EX: {
      const type = file.owner < 0 ? F_OWNER_PGRP : F_OWNER_PID;
      return user.put(fOwnerEx.for(user.model), arg, { type, pid: Math.abs(file.owner) }) ? 0 : -EFAULT;
    }
    case F.F_SETSIG:
      if (arg < 0 || arg > 64) return -EINVAL;
      file.ownerSignal = arg;
      return 0;
    case F.F_GETSIG:
      return file.ownerSignal;
    case F.F_SETPIPE_SZ:
      return file instanceof PipeEnd ? file.pipe.resize(arg, task.cred.privileged) : -EBADF;
    case F.F_GETPIPE_SZ:
      return file instanceof PipeEnd ? file.pipe.capacity : -EBADF;
    case F.F_ADD_SEALS:
      if (!(file instanceof MemoryFile)) return -EINVAL;
      if (!file.writable) return -EPERM;
      if ((arg & F_SEAL_WRITE) !== 0 && isMappedForWriting(task, file)) return -EBUSY;
      return file.inode.addSeals(arg);
    case F.F_GET_SEALS:
      return file instanceof MemoryFile ? file.inode.seals : -EINVAL;
    case F.F_GETLEASE:
      return F.F_UNLCK;
    case F.F_SETLEASE: {
      const st = file.stat();
      if (typeof st !== 'number' && (st.mode & F.S_IFMT) !== F.S_IFREG) return -EINVAL;
      // Nobody could be told to give a lease up: as a file that others have open.
      return arg === F.F_UNLCK || arg === F.F_RDLCK || arg === F.F_WRLCK ? -EAGAIN : -EINVAL;
    }
    default:
      return -EINVAL;
  }
}

function sysFcntl(task: Task, fd: number, command: number, arg: number): number | Blocking {
  return fcntl(task, fd, command, arg);
}
interface Range {
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

/** struct flock at `addr` as a byte range of the file, or -errno. */
function readRange(task: Task, file: OpenFile, addr: number, wide: boolean): Range | number {
  const { user } = task;
  const values = user.get((wide ? flock64 : flock).for(user.model), addr);
  if (values === undefined) return -EFAULT;
  if (values.l_type !== F.F_RDLCK && values.l_type !== F.F_WRLCK && values.l_type !== F.F_UNLCK)
    return -EINVAL;
  let base = 0;
  if (values.l_whence === F.SEEK_CUR) base = Math.max(0, file.seek(0, F.SEEK_CUR));
  else if (values.l_whence === F.SEEK_END) {
    const st = file.stat();
    base = typeof st === 'number' ? 0 : st.size;
  } else if (values.l_whence !== F.SEEK_SET) return -EINVAL;
  let start = base + values.l_start;
  let end = values.l_len === 0 ? Infinity : start + values.l_len;
  if (values.l_len < 0) [start, end] = [end, start];
  if (start < 0) return -EINVAL;
  return { type: values.l_type, start, end };
}

/** Locks belong to files with an inode. */
function lockId(file: OpenFile): string | undefined {
  if (file instanceof VfsFile && file.id !== undefined) return file.id;
  const st = file.stat();
  return typeof st === 'number' ? undefined : `${st.dev}:${st.ino}`;
}

function getLock(
  task: Task,
  file: OpenFile,
  addr: number,
  wide: boolean,
  owner: LockOwner,
  pid: number,
): number {
  const range = readRange(task, file, addr, wide);
  const id = lockId(file);
  if (typeof range === 'number') return range;
  if (range.type === F.F_UNLCK || id === undefined) return -EINVAL;
  const { user } = task;
  const layout = (wide ? flock64 : flock).for(user.model);
  if (pid === -1 && user.get(layout, addr)?.l_pid !== 0) return -EINVAL;
  const other = task.kernel.vfs.locks.conflict(id, owner, range.type, range.start, range.end);
  if (other === undefined) return user.writeU16(addr, F.F_UNLCK) ? 0 : -EFAULT;
  const l_len = other.end === Infinity ? 0 : other.end - other.start;
  if (!wide && (other.start > 0x7fffffff || l_len > 0x7fffffff)) return -EOVERFLOW;
  const values = { l_type: other.type, l_whence: F.SEEK_SET, l_start: other.start, l_len, l_pid: other.pid };
  return user.put(layout, addr, values) ? 0 : -EFAULT;
}

function setLock(
  task: Task,
  file: OpenFile,
  addr: number,
  wide: boolean,
  owner: LockOwner,
  pid: number,
  wait: boolean,
): number | Blocking {
  const range = readRange(task, file, addr, wide);
  if (typeof range === 'number') return range;
  const id = lockId(file);
  if (id === undefined) return -EINVAL;
  if (pid === -1) {
    const { user } = task;
    if (user.get((wide ? flock64 : flock).for(user.model), addr)?.l_pid !== 0) return -EINVAL;
  }
  if (range.type === F.F_RDLCK && !file.readable) return -EBADF;
  if (range.type === F.F_WRLCK && !file.writable) return -EBADF;
  const { locks } = task.kernel.vfs;
  const lock = { owner, pid, ...range };
  if (
    range.type !== F.F_UNLCK &&
    locks.conflict(id, owner, range.type, range.start, range.end) !== undefined
  ) {
    return wait ? waitForLock(task, id, lock) : -EAGAIN;
  }
  locks.set(id, lock);
  return 0;
}

function* waitForLock(task: Task, id: string, lock: { owner: LockOwner; pid: number } & Range): Blocking {
  const { locks } = task.kernel.vfs;
  const queues = [locks.queue];
  try {
    for (;;) {
      const other = locks.conflict(id, lock.owner, lock.type, lock.start, lock.end);
      if (other === undefined) {
        locks.set(id, lock);
        return 0;
      }
      const deadlock = locks.wait(lock.owner, other.owner);
      if (deadlock < 0) return deadlock;
      if ((yield* waitFor(queues)) === INTERRUPTED) return -ERESTARTSYS;
    }
  } finally {
    locks.waited(lock.owner);
  }
}

function sysFlock(task: Task, fd: number, operation: number): number | Blocking {
  const file = task.files.usable(fd);
  // Mandatory locks are gone; asking for them still succeeds (flock(2)).
  if ((operation & F.LOCK_MAND) !== 0) return 0;
  const kind = operation & ~F.LOCK_NB;
  if (kind !== F.LOCK_SH && kind !== F.LOCK_EX && kind !== F.LOCK_UN) return -EINVAL;
  if (file === undefined) return -EBADF;
  const id = lockId(file);
  if (id === undefined) return -EOPNOTSUPP;
  const { locks } = task.kernel.vfs;
  if (kind === F.LOCK_UN) {
    locks.unflock(id, file);
    return 0;
  }
  if (locks.flock(id, file, kind === F.LOCK_EX)) return 0;
  return (operation & F.LOCK_NB) !== 0 ? -EAGAIN : waitForFlock(task, id, file, kind === F.LOCK_EX);
}

function* waitForFlock(task: Task, id: string, file: OpenFile, exclusive: boolean): Blocking {
  const { locks } = task.kernel.vfs;
  const queues = [locks.queue];
  file.retain();
  try {
    for (;;) {
      if ((yield* waitFor(queues)) === INTERRUPTED) return -ERESTARTSYS;
      if (locks.flock(id, file, exclusive)) return 0;
    }
  } finally {
    file.release();
  }
}

const FIONREAD = IOCTLS.TIOCINQ;

function sysIoctl(task: Task, fd: number, request: number, arg: number): number | Blocking {
  const file = task.files.get(fd);
  if (file === undefined || (file.flags & F.O_PATH) !== 0) return -EBADF;
  const { user } = task;
  switch (request) {
    case IOCTLS.FIOCLEX:
    case IOCTLS.FIONCLEX:
      task.files.setCloexec(fd, request === IOCTLS.FIOCLEX);
      return 0;
    case IOCTLS.FIONBIO:
    case IOCTLS.FIOASYNC: {
      const on = user.readI32(arg);
      if (on === undefined) return -EFAULT;
      const bit = request === IOCTLS.FIONBIO ? F.O_NONBLOCK : F.FASYNC;
      file.flags = on === 0 ? file.flags & ~bit : file.flags | bit;
      return 0;
    }
    case FIONREAD:
    case IOCTLS.FIOQSIZE: {
      const st = file.stat();
      if (typeof st === 'number') return st;
      if ((st.mode & F.S_IFMT) !== F.S_IFREG) break;
      if (request === IOCTLS.FIOQSIZE) return user.writeU64(arg, st.size) ? 0 : -EFAULT;
      const left = st.size - file.seek(0, F.SEEK_CUR);
      return user.writeI32(arg, Math.min(left, 0x7fffffff)) ? 0 : -EFAULT;
    }
    case IOCTLS.FICLONE:
    case IOCTLS.FICLONERANGE:
      return -EOPNOTSUPP;
    case IOCTLS.FS_IOC_GETFLAGS_32:
    case IOCTLS.FS_IOC_GETFLAGS_64:
      return -ENOTTY;
    default:
  }
  return file.ioctl(task, request, arg);
}

const LOCKS = partial('locks and leases are not seen outside this emulator');

export const descriptor = {
  dup: sys(['oldfd: fd'], 'fd', sysDup),
  dup2: sys(['oldfd: fd', 'newfd: fd'], 'fd', sysDup2),
  dup3: sys(['oldfd: fd', 'newfd: fd', 'flags: fdflags'], 'fd', sysDup3),
  fcntl: sys(['fd: fd', 'cmd: fcntl', 'arg: long'], 'int', sysFcntl, LOCKS),
  fcntl64: sys(['fd: fd', 'cmd: fcntl', 'arg: long'], 'int', sysFcntl, LOCKS),
  flock: sys(['fd: fd', 'operation: int'], 'int', sysFlock, LOCKS),
  ioctl: sys(['fd: fd', 'request: ioctl', 'arg: hex'], 'int', sysIoctl, partial('terminals, sizes, flags')),
};
