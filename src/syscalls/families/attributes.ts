/** Changing what files are: mode, owner, times; extended attributes, which do not exist here. */
import { EBADF, EFAULT, EINVAL, ENODATA, EOPNOTSUPP, EROFS } from '../../abi/errno.js';
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, O_PATH, S_IFLNK, S_IFMT } from '../../abi/fcntl.js';
import { realtime, type TimeSpan } from '../../kernel/clock.js';
import type { OpenFile } from '../../kernel/file.js';
import { emptyStat } from '../../kernel/host/stat.js';
import type { Task } from '../../kernel/task.js';
import type { Place } from '../../kernel/vfs/file-system.js';
import { IN } from '../../kernel/vfs/notify.js';
import { VfsFile } from '../../kernel/vfs/vfs-file.js';
import { partial, sys } from '../row.js';
import { behindLink, changeable, isFile, resolveAt } from '../files.js';
import { readTimespec } from '../times.js';

const PATH_FLAGS = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH;

/** An open file that may be changed through its descriptor, or -EBADF. */
function openFor(task: Task, fd: number): OpenFile | number {
  const file = task.files.get(fd);
  return file === undefined || (file.flags & O_PATH) !== 0 ? -EBADF : file;
}

/** Tells watchers of a changed attribute. @returns the call's result */
function changed(task: Task, found: Place | OpenFile, result: number): number {
  const { notify } = task.kernel.vfs;
  if (result === 0 && !notify.idle) {
    const path = isFile(found) ? (found instanceof VfsFile ? found.place.guest : undefined) : found.guest;
    if (path !== undefined) notify.tell(path, IN.ATTRIB);
  }
  return result;
}

function sysFchmod(task: Task, fd: number, mode: number): number {
  const file = openFor(task, fd);
  if (typeof file === 'number') return file;
  // Pipes and their like have an inode of their own that nobody can look at.
  return file instanceof VfsFile ? changed(task, file, file.chmod(mode & 0o7777)) : 0;
}

function sysFchmodat2(task: Task, dirfd: number, path: string, mode: number, flags: number): number {
  if ((flags & ~PATH_FLAGS) !== 0) return -EINVAL;
  const found = behindLink(resolveAt(task, dirfd, path, flags));
  if (typeof found === 'number') return found;
  const file = changeable(found);
  if (file !== undefined) return changed(task, file, file.chmod(mode & 0o7777));
  return isFile(found) ? 0 : changed(task, found, found.fs.chmod(found.path, mode & 0o7777));
}
function sysFchmodat(task: Task, dirfd: number, path: string, mode: number): number {
  return sysFchmodat2(task, dirfd, path, mode, 0);
}
function sysChmod(task: Task, path: string, mode: number): number {
  return sysFchmodat2(task, AT_FDCWD, path, mode, 0);
}

/** (uid_t) -1 keeps an id. */
const idOf = (id: number): number => (id === 0xffffffff ? -1 : id);

function sysFchown(task: Task, fd: number, uid: number, gid: number): number {
  const file = openFor(task, fd);
  if (typeof file === 'number') return file;
  return file instanceof VfsFile ? changed(task, file, file.chown(idOf(uid), idOf(gid))) : 0;
}

function sysFchownat(
  task: Task,
  dirfd: number,
  path: string,
  uid: number,
  gid: number,
  flags: number,
): number {
  if ((flags & ~PATH_FLAGS) !== 0) return -EINVAL;
  const found = behindLink(resolveAt(task, dirfd, path, flags));
  if (typeof found === 'number') return found;
  const file = changeable(found);
  if (file !== undefined) return changed(task, file, file.chown(idOf(uid), idOf(gid)));
  return isFile(found) ? 0 : changed(task, found, found.fs.chown(found.path, idOf(uid), idOf(gid)));
}
function sysChown(task: Task, path: string, uid: number, gid: number): number {
  return sysFchownat(task, AT_FDCWD, path, uid, gid, 0);
}
function sysLchown(task: Task, path: string, uid: number, gid: number): number {
  return sysFchownat(task, AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW);
}

/** 16-bit ids of ARM's first calls: 0xffff is -1. */
const wide = (id: number): number => ((id & 0xffff) === 0xffff ? 0xffffffff : id & 0xffff);
function sysChown16(task: Task, path: string, uid: number, gid: number): number {
  return sysChown(task, path, wide(uid), wide(gid));
}
function sysLchown16(task: Task, path: string, uid: number, gid: number): number {
  return sysLchown(task, path, wide(uid), wide(gid));
}
function sysFchown16(task: Task, fd: number, uid: number, gid: number): number {
  return sysFchown(task, fd, wide(uid), wide(gid));
}

/** include/uapi/linux/stat.h */
const UTIME_NOW = 0x3fffffff;
const UTIME_OMIT = 0x3ffffffe;

/** Sets times; undefined is "now", UTIME_NOW and UTIME_OMIT count. `path` null: the descriptor itself. */
function setTimes(
  task: Task,
  dirfd: number,
  path: string | null,
  times: readonly [TimeSpan, TimeSpan] | undefined,
  flags: number,
): number {
  if ((flags & ~PATH_FLAGS) !== 0) return -EINVAL;
  if (times?.every(({ nsec }) => nsec === UTIME_OMIT) === true) return 0;
  for (const { nsec } of times ?? []) {
    if (nsec !== UTIME_NOW && nsec !== UTIME_OMIT && (nsec < 0 || nsec > 999_999_999)) return -EINVAL;
  }
  const st = emptyStat();
  let found;
  if (path === null) {
    if (flags !== 0 && dirfd !== AT_FDCWD) return -EINVAL;
    found = dirfd === AT_FDCWD ? -EFAULT : openFor(task, dirfd);
  } else found = resolveAt(task, dirfd, path, flags, st);
  if (typeof found === 'number') return found;
  const file = changeable(found);
  if (file === undefined && isFile(found)) return 0;
  if (file !== undefined) {
    const own = file.stat();
    if (typeof own !== 'number') Object.assign(st, own);
  }
  const now = realtime(task.kernel.clock);
  const [atime, mtime] = times ?? [now, now];
  const chosen = (time: TimeSpan, sec: number, nsec: number): TimeSpan =>
    time.nsec === UTIME_NOW ? now : time.nsec === UTIME_OMIT ? { sec, nsec } : time;
  const a = chosen(atime, st.atime, st.atimeNsec);
  const m = chosen(mtime, st.mtime, st.mtimeNsec);
  if (file !== undefined) return changed(task, file, file.utimes(a.sec, a.nsec, m.sec, m.nsec));
  if (isFile(found)) return 0;
  if (!found.fs.writable) return -EROFS;
  return changed(task, found, found.fs.utimes(found.path, a.sec, a.nsec, m.sec, m.nsec));
}

function utimensat(
  task: Task,
  dirfd: number,
  path: string | null,
  addr: number,
  flags: number,
  large: boolean,
): number {
  if (addr === 0) return setTimes(task, dirfd, path, undefined, flags);
  const size = large || task.abi.wordSize === 8 ? 16 : 8;
  const atime = readTimespec(task, addr, large);
  const mtime = readTimespec(task, addr + size, large);
  if (atime === undefined || mtime === undefined) return -EFAULT;
  return setTimes(task, dirfd, path, [atime, mtime], flags);
}

function sysUtimensat(task: Task, dirfd: number, path: string | null, addr: number, flags: number): number {
  return utimensat(task, dirfd, path, addr, flags, false);
}
function sysUtimensatTime64(
  task: Task,
  dirfd: number,
  path: string | null,
  addr: number,
  flags: number,
): number {
  return utimensat(task, dirfd, path, addr, flags, true);
}

/** Two timevals (utimes, futimesat): microseconds, no special values. */
function sysFutimesat(task: Task, dirfd: number, path: string | null, addr: number): number {
  if (addr === 0) return setTimes(task, dirfd, path, undefined, 0);
  const { user } = task;
  const read = (at: number): TimeSpan | undefined => {
    const sec = user.wordSize === 8 ? user.readI64(at) : user.readI32(at);
    const usec = user.wordSize === 8 ? user.readI64(at + 8) : user.readI32(at + 4);
    return sec === undefined || usec === undefined ? undefined : { sec, nsec: usec * 1000 };
  };
  const atime = read(addr);
  const mtime = read(addr + user.wordSize * 2);
  if (atime === undefined || mtime === undefined) return -EFAULT;
  if ([atime, mtime].some(({ nsec }) => nsec < 0 || nsec > 999_999_000)) return -EINVAL;
  return setTimes(task, dirfd, path, [atime, mtime], 0);
}
function sysUtimes(task: Task, path: string | null, addr: number): number {
  return sysFutimesat(task, AT_FDCWD, path, addr);
}

/* Extended attributes: no file has any (ENODATA, an empty list), and none can be set (EOPNOTSUPP). */

function exists(task: Task, path: string, flags: number): number {
  const found = resolveAt(task, AT_FDCWD, path, flags);
  return typeof found === 'number' ? found : 0;
}
/** user.* attributes belong to files and directories alone (xattr(7)). */
function absent(task: Task, path: string, name: string, flags: number): number {
  const found = resolveAt(task, AT_FDCWD, path, flags);
  if (typeof found === 'number') return found;
  const isLink = !isFile(found) && (found.mode & S_IFMT) === S_IFLNK;
  return isLink && name.startsWith('user.') ? -EOPNOTSUPP : -ENODATA;
}

function sysGetxattr(task: Task, path: string, name: string): number {
  return absent(task, path, name, 0);
}
function sysLgetxattr(task: Task, path: string, name: string): number {
  return absent(task, path, name, AT_SYMLINK_NOFOLLOW);
}
function sysFgetxattr(task: Task, fd: number): number {
  const file = openFor(task, fd);
  return typeof file === 'number' ? file : -ENODATA;
}
function sysListxattr(task: Task, path: string): number {
  return exists(task, path, 0);
}
function sysLlistxattr(task: Task, path: string): number {
  return exists(task, path, AT_SYMLINK_NOFOLLOW);
}
function sysFlistxattr(task: Task, fd: number): number {
  const file = openFor(task, fd);
  return typeof file === 'number' ? file : 0;
}
function sysSetxattr(task: Task, path: string): number {
  const error = exists(task, path, 0);
  return error < 0 ? error : -EOPNOTSUPP;
}
function sysLsetxattr(task: Task, path: string): number {
  const error = exists(task, path, AT_SYMLINK_NOFOLLOW);
  return error < 0 ? error : -EOPNOTSUPP;
}
function sysFsetxattr(task: Task, fd: number): number {
  const file = openFor(task, fd);
  return typeof file === 'number' ? file : -EOPNOTSUPP;
}

const MODE = ['dirfd: dirfd', 'path: path', 'mode: mode'] as const;
const OWNER = ['path: path', 'owner: uid', 'group: gid'] as const;
const FD_OWNER = ['fd: fd', 'owner: uid', 'group: gid'] as const;
const TIMES = ['dirfd: dirfd', 'path: path?', 'times: in timespec', 'flags: atflags'] as const;
const NONE = partial('no file has extended attributes');
const GET = ['path: path', 'name: cstr', 'value: out buf', 'size: size'] as const;
const SET = ['path: path', 'name: cstr', 'value: in buf', 'size: size', 'flags: hex32'] as const;
const LIST = ['path: path', 'list: out buf', 'size: size'] as const;
const REMOVE = ['path: path', 'name: cstr'] as const;

export const attributes = {
  chmod: sys(['path: path', 'mode: mode'], 'int', sysChmod),
  fchmod: sys(['fd: fd', 'mode: mode'], 'int', sysFchmod),
  fchmodat: sys(MODE, 'int', sysFchmodat),
  fchmodat2: sys([...MODE, 'flags: atflags'], 'int', sysFchmodat2),
  chown: sys(OWNER, 'int', sysChown16),
  lchown: sys(OWNER, 'int', sysLchown16),
  chown32: sys(OWNER, 'int', sysChown),
  lchown32: sys(OWNER, 'int', sysLchown),
  fchown: sys(FD_OWNER, 'int', (task, fd, uid, gid) =>
    task.abi.isa === 'arm' ? sysFchown16(task, fd, uid, gid) : sysFchown(task, fd, uid, gid),
  ),
  fchown32: sys(FD_OWNER, 'int', sysFchown),
  fchownat: sys(
    ['dirfd: dirfd', 'path: path', 'owner: uid', 'group: gid', 'flags: atflags'],
    'int',
    sysFchownat,
  ),
  utimensat: sys(TIMES, 'int', sysUtimensat, partial('the host stores microseconds')),
  utimensat_time64: sys(TIMES, 'int', sysUtimensatTime64, partial('the host stores microseconds')),
  futimesat: sys(['dirfd: dirfd', 'path: path?', 'times: ptr'], 'int', sysFutimesat),
  utimes: sys(['path: path?', 'times: ptr'], 'int', sysUtimes),
  getxattr: sys(GET, 'size', sysGetxattr, NONE),
  lgetxattr: sys(GET, 'size', sysLgetxattr, NONE),
  fgetxattr: sys(['fd: fd', 'name: cstr', 'value: out buf', 'size: size'], 'size', sysFgetxattr, NONE),
  listxattr: sys(LIST, 'size', sysListxattr, NONE),
  llistxattr: sys(LIST, 'size', sysLlistxattr, NONE),
  flistxattr: sys(['fd: fd', 'list: out buf', 'size: size'], 'size', sysFlistxattr, NONE),
  setxattr: sys(SET, 'int', sysSetxattr, NONE),
  lsetxattr: sys(SET, 'int', sysLsetxattr, NONE),
  fsetxattr: sys(
    ['fd: fd', 'name: cstr', 'value: in buf', 'size: size', 'flags: hex32'],
    'int',
    sysFsetxattr,
    NONE,
  ),
  removexattr: sys(REMOVE, 'int', sysGetxattr, NONE),
  lremovexattr: sys(REMOVE, 'int', sysLgetxattr, NONE),
  fremovexattr: sys(['fd: fd', 'name: cstr'], 'int', sysFgetxattr, NONE),
};
