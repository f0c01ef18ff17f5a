/** Directories and names: getdents, getcwd, chdir, mkdir, mknod, unlink, rename, link, symlink, chroot. */
import {
  EACCES,
  EBADF,
  EBUSY,
  EEXIST,
  EFAULT,
  EINVAL,
  EISDIR,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  EPERM,
  ERANGE,
  EROFS,
  EXDEV,
} from '../../abi/errno.js';
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_REMOVEDIR,
  AT_SYMLINK_FOLLOW,
  O_CREAT,
  O_EXCL,
  O_PATH,
  O_WRONLY,
  RENAME_EXCHANGE,
  RENAME_NOREPLACE,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  X_OK,
} from '../../abi/fcntl.js';
import { DIRENT64_NAME, dirent64Size } from '../../abi/structs/index.js';
import { latin1Into } from '../../kernel/host/bytes.js';
import { linkDescriptor } from '../../kernel/host/spawn.js';
import type { Task } from '../../kernel/task.js';
import type { Place } from '../../kernel/vfs/file-system.js';
import { IN } from '../../kernel/vfs/notify.js';
import { CREATE, FOLLOW, NAME, asDir } from '../../kernel/vfs/resolve.js';
import { partial, sys } from '../row.js';
import { foldInode } from '../files.js';

/** Most bytes of entries that one call brings. */
const MAX_ENTRIES = 1 << 16;
/** Bytes that an average entry takes: how many to ask for at once. */
const TYPICAL_ENTRY = 32;

const scratch = new Uint8Array(MAX_ENTRIES);
const scratchView = new DataView(scratch.buffer);
const putLatin1 = latin1Into(scratch);

/**
 * Packs entries of the directory behind `fd`.
 *
 * @param sizeOf bytes of a record with a name of that length
 * @param put writes a record
 */
function getdents(
  task: Task,
  fd: number,
  addr: number,
  count: number,
  sizeOf: (length: number) => number,
  put: (
    view: DataView,
    at: number,
    ino: number,
    next: number,
    size: number,
    type: number,
    name: string,
  ) => void,
): number {
  const file = task.files.get(fd);
  if (file === undefined || (file.flags & O_PATH) !== 0) return -EBADF;
  const length = Math.min(count, MAX_ENTRIES);
  const entries = file.readdir(Math.max(1, Math.floor(length / TYPICAL_ENTRY)));
  if (typeof entries === 'number') return entries;
  if (entries.length === 0) return 0;
  const bytes = scratch.subarray(0, length);
  const view = scratchView;
  let used = 0;
  let last = file.pos;
  for (const { name, ino, type, cookie } of entries) {
    const size = sizeOf(name.length);
    if (used + size > length) break;
    // Padding.
    scratch.fill(0, used + size - 8, used + size);
    put(view, used, task.abi.wordSize === 4 ? foldInode(ino) : ino, cookie, size, type, name);
    used += size;
    last = cookie;
  }
  if (used === 0) return -EINVAL;
  if (!task.user.copyOut(addr, bytes.subarray(0, used))) return -EFAULT;
  file.pos = last;
  return used;
}

function sysGetdents64(task: Task, fd: number, addr: number, count: number): number {
  const { little } = task.user;
  return getdents(task, fd, addr, count, dirent64Size, (view, at, ino, next, size, type, name) => {
    view.setUint32(at + (little ? 0 : 4), ino, little);
    view.setUint32(at + (little ? 4 : 0), Math.floor(ino / 0x1_0000_0000), little);
    view.setUint32(at + (little ? 8 : 12), next, little);
    view.setUint16(at + 16, size, little);
    view.setUint8(at + 18, type);
    putLatin1(at + DIRENT64_NAME, name);
  });
}

/** struct linux_dirent: two words, a length, the name, and the type in the last byte. */
function sysGetdents(task: Task, fd: number, addr: number, count: number): number {
  const { little, wordSize } = task.user;
  const head = wordSize * 2 + 2;
  const sizeOf = (length: number): number => (head + length + 2 + wordSize - 1) & -wordSize;
  return getdents(task, fd, addr, count, sizeOf, (view, at, ino, next, size, type, name) => {
    if (wordSize === 8) {
      view.setBigUint64(at, BigInt(ino), little);
      view.setBigUint64(at + 8, BigInt(next), little);
    } else {
      view.setUint32(at, ino, little);
      view.setUint32(at + 4, next, little);
    }
    view.setUint16(at + wordSize * 2, size, little);
    putLatin1(at + head, name);
    view.setUint8(at + size - 1, type);
  });
}

function sysGetcwd(task: Task, addr: number, size: number): number {
  const cwd = task.kernel.vfs.currentDirectory(task);
  if (typeof cwd === 'number') return cwd;
  if (size < cwd.length + 1) return -ERANGE;
  const bytes = new Uint8Array(cwd.length + 1);
  for (let i = 0; i < cwd.length; i++) bytes[i] = cwd.charCodeAt(i);
  return task.user.copyOut(addr, bytes) ? bytes.length : -EFAULT;
}

/** Canonical path of the directory that `path` names, when the caller may enter it. */
function enterable(task: Task, path: string): string | number {
  const { vfs } = task.kernel;
  const place = vfs.resolve(task, AT_FDCWD, path, FOLLOW);
  if (typeof place === 'number') return place;
  if ((place.mode & S_IFMT) !== S_IFDIR) return -ENOTDIR;
  if (place.file !== undefined) {
    const dir = asDir(place.file);
    return dir === undefined ? -ENOTDIR : vfs.resolver.currentPath(dir);
  }
  return place.fs.access(task, place.path, X_OK) < 0 ? -EACCES : place.guest;
}

function sysChdir(task: Task, path: string): number {
  const to = enterable(task, path);
  if (typeof to === 'number') return to;
  task.fs.cwd = to;
  return 0;
}

function sysFchdir(task: Task, fd: number): number {
  const file = task.files.get(fd);
  if (file === undefined) return -EBADF;
  const dir = asDir(file);
  if (dir === undefined) return -ENOTDIR;
  if (dir.fs.access(task, `${dir.path}/.`, X_OK) === -EACCES) return -EACCES;
  task.fs.cwd = task.kernel.vfs.resolver.currentPath(dir);
  return 0;
}

function sysChroot(task: Task, path: string): number {
  const to = enterable(task, path);
  if (typeof to === 'number') return to;
  if (!task.cred.privileged) return -EPERM;
  task.fs.root = to;
  return 0;
}

/** The last component of a path as it was written. */
function lastName(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  return trimmed.slice(trimmed.lastIndexOf('/') + 1);
}

/** Where a new name is to be made: the place does not exist and its directory takes new names. */
function newName(task: Task, dirfd: number, path: string): Place | number {
  const place = task.kernel.vfs.resolve(task, dirfd, path, CREATE | NAME);
  if (typeof place === 'number') return place;
  if (place.mode !== 0) return -EEXIST;
  return place.fs.writable ? place : -EROFS;
}

/** Tells watchers of a name that a call has made. @returns the call's result */
function made(task: Task, place: Place, result: number, directory = false): number {
  if (result === 0) task.kernel.vfs.notify.tell(place.guest, IN.CREATE | (directory ? IN.ISDIR : 0));
  return result;
}

function sysMkdirat(task: Task, dirfd: number, path: string, mode: number): number {
  const place = newName(task, dirfd, path);
  if (typeof place === 'number') return place;
  return made(task, place, place.fs.mkdir(place.path, mode & ~task.fs.umask & 0o1777), true);
}
function sysMkdir(task: Task, path: string, mode: number): number {
  return sysMkdirat(task, AT_FDCWD, path, mode);
}

const NODE_TYPES: readonly number[] = [S_IFREG, S_IFIFO, S_IFCHR, S_IFBLK, S_IFSOCK];

function sysMknodat(task: Task, dirfd: number, path: string, mode: number): number {
  const type = mode & S_IFMT;
  if (type === S_IFDIR) return -EPERM;
  if (type !== 0 && !NODE_TYPES.includes(type)) return -EINVAL;
  const place = newName(task, dirfd, path);
  if (typeof place === 'number') return place;
  if (place.slash) return -ENOENT;
  const permissions = mode & ~task.fs.umask & 0o7777;
  if (type === S_IFIFO) return made(task, place, place.fs.mkfifo(place.path, permissions));
  // Device nodes and sockets take privileges that the host process does not lend.
  if (type !== 0 && type !== S_IFREG) return -EPERM;
  const file = task.kernel.vfs.openPlace(task, place, O_WRONLY | O_CREAT | O_EXCL, permissions);
  return typeof file === 'number' ? file : file.release();
}
function sysMknod(task: Task, path: string, mode: number): number {
  return sysMknodat(task, AT_FDCWD, path, mode);
}

function sysUnlinkat(task: Task, dirfd: number, path: string, flags: number): number {
  if ((flags & ~AT_REMOVEDIR) !== 0) return -EINVAL;
  const { vfs } = task.kernel;
  const directory = (flags & AT_REMOVEDIR) !== 0;
  const last = lastName(path);
  const place = vfs.resolve(task, dirfd, path, NAME);
  if (typeof place === 'number') return place;
  const isDir = (place.mode & S_IFMT) === S_IFDIR;
  if (directory) {
    if (last === '.') return -EINVAL;
    if (last === '..') return -ENOTEMPTY;
    if (!isDir) return -ENOTDIR;
    if (last === '' || vfs.resolver.isMount(place.guest)) return -EBUSY;
    return vfs.rmdir(place);
  }
  if (isDir) return -EISDIR;
  return place.slash ? -ENOTDIR : vfs.unlink(place);
}
function sysUnlink(task: Task, path: string): number {
  return sysUnlinkat(task, AT_FDCWD, path, 0);
}
function sysRmdir(task: Task, path: string): number {
  return sysUnlinkat(task, AT_FDCWD, path, AT_REMOVEDIR);
}

const dots = (name: string): boolean => name === '.' || name === '..' || name === '';

const isDirectory = ({ mode }: Place): boolean => (mode & S_IFMT) === S_IFDIR;

/** The order in which do_renameat2 of fs/namei.c looks at two places that may be missing. */
function checkRename(from: Place, fromName: string, to: Place, toName: string, flags: number): number {
  const exchange = (flags & RENAME_EXCHANGE) !== 0;
  const keep = (flags & RENAME_NOREPLACE) !== 0;
  if (dots(fromName)) return -EBUSY;
  if (dots(toName)) return keep ? -EEXIST : -EBUSY;
  if (from.mode === 0) return -ENOENT;
  if (keep && to.mode !== 0) return -EEXIST;
  if (exchange && to.mode === 0) return -ENOENT;
  if (exchange && to.slash && !isDirectory(to)) return -ENOTDIR;
  if (!isDirectory(from) && (from.slash || (to.slash && !exchange))) return -ENOTDIR;
  const inside = (inner: Place, outer: Place): boolean => inner.guest.startsWith(`${outer.guest}/`);
  if (inside(to, from)) return -EINVAL;
  if (inside(from, to)) return exchange ? -EINVAL : -ENOTEMPTY;
  return 0;
}

function sysRenameat2(
  task: Task,
  oldDirfd: number,
  oldPath: string,
  newDirfd: number,
  newPath: string,
  flags: number,
): number {
  if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) !== 0) return -EINVAL;
  if (flags === (RENAME_NOREPLACE | RENAME_EXCHANGE)) return -EINVAL;
  const { vfs, tasks } = task.kernel;
  const from = vfs.resolve(task, oldDirfd, oldPath, CREATE | NAME);
  if (typeof from === 'number') return from;
  const to = vfs.resolve(task, newDirfd, newPath, CREATE | NAME);
  if (typeof to === 'number') return to;
  const bad = checkRename(from, lastName(oldPath), to, lastName(newPath), flags);
  if (bad < 0) return bad;
  if (from.guest === to.guest) return 0;
  if (vfs.resolver.isMount(from.guest) || vfs.resolver.isMount(to.guest)) return -EBUSY;
  return vfs.rename(from, to, flags, tasks.values());
}
function sysRenameat(
  task: Task,
  oldDirfd: number,
  oldPath: string,
  newDirfd: number,
  newPath: string,
): number {
  return sysRenameat2(task, oldDirfd, oldPath, newDirfd, newPath, 0);
}
function sysRename(task: Task, oldPath: string, newPath: string): number {
  return sysRenameat2(task, AT_FDCWD, oldPath, AT_FDCWD, newPath, 0);
}

function sysLinkat(
  task: Task,
  oldDirfd: number,
  oldPath: string,
  newDirfd: number,
  newPath: string,
  flags: number,
): number {
  if ((flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) !== 0) return -EINVAL;
  const { vfs } = task.kernel;
  const byFd = oldPath === '' && (flags & AT_EMPTY_PATH) !== 0;
  if (byFd) {
    const file = task.files.get(oldDirfd);
    if (file === undefined) return -EBADF;
    const to = newName(task, newDirfd, newPath);
    if (typeof to === 'number') return to;
    return file.hostFd < 0 ? -EXDEV : linkDescriptor(file.hostFd, to.path);
  }
  const from = vfs.resolve(task, oldDirfd, oldPath, (flags & AT_SYMLINK_FOLLOW) !== 0 ? FOLLOW : 0);
  if (typeof from === 'number') return from;
  const to = newName(task, newDirfd, newPath);
  if (typeof to === 'number') return to;
  if (to.slash) return -ENOENT;
  if (isDirectory(from)) return -EPERM;
  // /proc/self/fd/N of a file without a name (O_TMPFILE).
  if (from.file !== undefined)
    return from.file.hostFd < 0 ? -EXDEV : linkDescriptor(from.file.hostFd, to.path);
  return from.fs === to.fs ? made(task, to, from.fs.link(from.path, to.path)) : -EXDEV;
}
function sysLink(task: Task, oldPath: string, newPath: string): number {
  return sysLinkat(task, AT_FDCWD, oldPath, AT_FDCWD, newPath, 0);
}

function sysSymlinkat(task: Task, target: string, dirfd: number, path: string): number {
  if (target === '') return -ENOENT;
  const place = newName(task, dirfd, path);
  if (typeof place === 'number') return place;
  return place.slash ? -ENOENT : made(task, place, place.fs.symlink(target, place.path));
}
function sysSymlink(task: Task, target: string, path: string): number {
  return sysSymlinkat(task, target, AT_FDCWD, path);
}

const ENTRIES = ['fd: fd', 'dirent: out buf', 'count: uint'] as const;
const NO_DEVICES = partial('regular files and FIFOs only');
const RENAME = partial('EXCHANGE is not atomic; no WHITEOUT');
const TWO_PATHS = ['olddirfd: dirfd', 'oldpath: path', 'newdirfd: dirfd', 'newpath: path'] as const;

export const directory = {
  getdents64: sys(ENTRIES, 'size', sysGetdents64),
  getdents: sys(ENTRIES, 'size', sysGetdents),
  getcwd: sys(['buf: out buf', 'size: size'], 'size', sysGetcwd),
  chdir: sys(['path: path'], 'int', sysChdir),
  fchdir: sys(['fd: fd'], 'int', sysFchdir),
  chroot: sys(['path: path'], 'int', sysChroot),
  mkdir: sys(['path: path', 'mode: mode'], 'int', sysMkdir),
  mkdirat: sys(['dirfd: dirfd', 'path: path', 'mode: mode'], 'int', sysMkdirat),
  mknod: sys(['path: path', 'mode: mode', 'dev: dev'], 'int', sysMknod, NO_DEVICES),
  mknodat: sys(['dirfd: dirfd', 'path: path', 'mode: mode', 'dev: dev'], 'int', sysMknodat, NO_DEVICES),
  unlink: sys(['path: path'], 'int', sysUnlink),
  unlinkat: sys(['dirfd: dirfd', 'path: path', 'flags: hex32'], 'int', sysUnlinkat),
  rmdir: sys(['path: path'], 'int', sysRmdir),
  rename: sys(['oldpath: path', 'newpath: path'], 'int', sysRename),
  renameat: sys(TWO_PATHS, 'int', sysRenameat),
  renameat2: sys([...TWO_PATHS, 'flags: hex32'], 'int', sysRenameat2, RENAME),
  link: sys(['oldpath: path', 'newpath: path'], 'int', sysLink),
  linkat: sys([...TWO_PATHS, 'flags: atflags'], 'int', sysLinkat),
  symlink: sys(['target: cstr', 'linkpath: path'], 'int', sysSymlink),
  symlinkat: sys(['target: cstr', 'newdirfd: dirfd', 'linkpath: path'], 'int', sysSymlinkat),
};
