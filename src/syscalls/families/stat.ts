/** What files are: stat in all its forms, statx, access, readlink, statfs. */
import type { Abi } from '../../abi/abi.js';
import { EBADF, EFAULT, EINVAL, ENOENT, EOVERFLOW } from '../../abi/errno.js';
import {
  AT_EACCESS,
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_NO_AUTOMOUNT,
  AT_STATX_SYNC_TYPE,
  AT_SYMLINK_NOFOLLOW,
  S_IFLNK,
  S_IFMT,
} from '../../abi/fcntl.js';
import {
  STATX_BASIC_STATS,
  STATX_BTIME,
  STATX_MNT_ID,
  stat64Form,
  type StatForm,
  statForm,
  statfs as statfsStruct,
  statfs64,
  statOldArm,
  statx as statxStruct,
} from '../../abi/structs/index.js';
import type { FsStat } from '../../kernel/host/fs.js';
import { emptyStat, type FileStat } from '../../kernel/host/stat.js';
import type { Task } from '../../kernel/task.js';
import { FOLLOW } from '../../kernel/vfs/resolve.js';
import { PathFile, VfsFile } from '../../kernel/vfs/vfs-file.js';
import { full, partial, sys } from '../row.js';
import { changeable, foldInode, isFile, resolveAt } from '../files.js';

/** Struct writers of an ABI, made at first use. */
interface Forms {
  readonly word: StatForm;
  readonly wide: StatForm;
}
const forms = new Map<Abi, Forms>();

function formsOf(abi: Abi): Forms {
  let found = forms.get(abi);
  if (found === undefined) {
    const wide = abi.wordSize === 8 ? statForm(abi) : stat64Form(abi, abi.isa === 'arm');
    const word = abi.isa === 'arm' && abi.wordSize === 4 ? oldArmForm(abi) : wide;
    forms.set(abi, (found = { word, wide }));
  }
  return found;
}

/** ARM's first struct stat, with 16-bit fields: what does not fit is cut (or refused, see sizes). */
function oldArmForm(abi: Abi): StatForm {
  const layout = statOldArm.for(abi);
  return {
    size: layout.size,
    write: (view, base, s) =>
      layout.write(view, base, {
        st_dev: s.dev & 0xffff,
        st_ino: s.ino,
        st_mode: s.mode,
        st_nlink: s.nlink & 0xffff,
        st_uid: Math.min(s.uid, 65534),
        st_gid: Math.min(s.gid, 65534),
        st_rdev: s.rdev & 0xffff,
        st_size: s.size,
        st_blksize: s.blksize,
        st_blocks: s.blocks,
        st_atime: s.atime,
        st_atime_nsec: s.atimeNsec,
        st_mtime: s.mtime,
        st_mtime_nsec: s.mtimeNsec,
        st_ctime: s.ctime,
        st_ctime_nsec: s.ctimeNsec,
      }),
  };
}

const bytes = new Uint8Array(256);
const view = new DataView(bytes.buffer);

function putStat(task: Task, addr: number, st: FileStat, form: StatForm): number {
  if (task.abi.wordSize === 4) st.ino = foldInode(st.ino);
  const direct = task.user.viewFor(addr, form.size);
  if (direct !== undefined) {
    form.write(direct, addr, st);
    return 0;
  }
  form.write(view, 0, st);
  return task.user.copyOut(addr, bytes.subarray(0, form.size)) ? 0 : -EFAULT;
}

function sysFstat(task: Task, fd: number, addr: number): number {
  const file = task.files.get(fd);
  if (file === undefined) return -EBADF;
  const st = file.stat();
  return typeof st === 'number' ? st : putStat(task, addr, st, formsOf(task.abi).wide);
}

const scratch = emptyStat();
const STAT_FLAGS = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE;

/** Fills the scratch record from a path or descriptor. @returns 0 or -errno */
function statAt(task: Task, dirfd: number, path: string | null, flags: number): number {
  const found = resolveAt(task, dirfd, path, flags, scratch);
  if (typeof found === 'number') return found;
  if (!isFile(found)) return 0;
  const st = found.stat();
  if (typeof st === 'number') return st;
  Object.assign(scratch, st);
  return 0;
}

function sysFstatat(task: Task, dirfd: number, path: string | null, addr: number, flags: number): number {
  if ((flags & ~STAT_FLAGS) !== 0) return -EINVAL;
  const error = statAt(task, dirfd, path, flags);
  return error < 0 ? error : putStat(task, addr, scratch, formsOf(task.abi).wide);
}

function sysStat64(task: Task, path: string, addr: number): number {
  return sysFstatat(task, AT_FDCWD, path, addr, 0);
}
function sysLstat64(task: Task, path: string, addr: number): number {
  return sysFstatat(task, AT_FDCWD, path, addr, AT_SYMLINK_NOFOLLOW);
}

/** The word-sized struct of ARM: larger files do not fit (EOVERFLOW). */
function putOld(task: Task, addr: number, st: FileStat): number {
  return st.size > 0x7fffffff ? -EOVERFLOW : putStat(task, addr, st, formsOf(task.abi).word);
}
function oldStat(task: Task, path: string, addr: number, flags: number): number {
  const error = statAt(task, AT_FDCWD, path, flags);
  return error < 0 ? error : putOld(task, addr, scratch);
}
function sysStat(task: Task, path: string, addr: number): number {
  return oldStat(task, path, addr, 0);
}
function sysLstat(task: Task, path: string, addr: number): number {
  return oldStat(task, path, addr, AT_SYMLINK_NOFOLLOW);
}
function sysFstatWord(task: Task, fd: number, addr: number): number {
  if (task.abi.wordSize === 8) return sysFstat(task, fd, addr);
  const file = task.files.get(fd);
  if (file === undefined) return -EBADF;
  const st = file.stat();
  return typeof st === 'number' ? st : putOld(task, addr, st);
}

const STATX_RESERVED = 0x80000000;
const STATX_FLAGS = STAT_FLAGS | AT_STATX_SYNC_TYPE;
const majorOf = (dev: number): number => (dev >>> 8) & 0xfff;
const minorOf = (dev: number): number => (dev & 0xff) | ((dev >>> 12) & 0xfff00);

function sysStatx(
  task: Task,
  dirfd: number,
  path: string | null,
  flags: number,
  mask: number,
  addr: number,
): number {
  if ((mask & STATX_RESERVED) !== 0 || (flags & ~STATX_FLAGS) !== 0) return -EINVAL;
  if ((flags & AT_STATX_SYNC_TYPE) === AT_STATX_SYNC_TYPE) return -EINVAL;
  const error = statAt(task, dirfd, path, flags);
  if (error < 0) return error;
  const s = scratch;
  const stamp = (tv_sec: number, tv_nsec: number): { tv_sec: number; tv_nsec: number } => ({
    tv_sec,
    tv_nsec,
  });
  const done = task.user.put(statxStruct.for(task.user.model), addr, {
    stx_mask: STATX_BASIC_STATS | (s.btime === 0 ? 0 : STATX_BTIME) | STATX_MNT_ID,
    stx_blksize: s.blksize,
    stx_nlink: s.nlink,
    stx_uid: s.uid,
    stx_gid: s.gid,
    stx_mode: s.mode,
    stx_ino: task.abi.wordSize === 4 ? foldInode(s.ino) : s.ino,
    stx_size: s.size,
    stx_blocks: s.blocks,
    stx_atime: stamp(s.atime, s.atimeNsec),
    stx_btime: stamp(s.btime, s.btimeNsec),
    stx_ctime: stamp(s.ctime, s.ctimeNsec),
    stx_mtime: stamp(s.mtime, s.mtimeNsec),
    stx_rdev_major: majorOf(s.rdev),
    stx_rdev_minor: minorOf(s.rdev),
    stx_dev_major: majorOf(s.dev),
    stx_dev_minor: minorOf(s.dev),
    stx_mnt_id: 1,
  });
  return done ? 0 : -EFAULT;
}

const ACCESS_FLAGS = AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH;

function sysFaccessat2(task: Task, dirfd: number, path: string, mode: number, flags: number): number {
  if ((mode & ~7) !== 0 || (flags & ~ACCESS_FLAGS) !== 0) return -EINVAL;
  const found = resolveAt(task, dirfd, path, flags);
  if (typeof found === 'number') return found;
  // A link itself allows everything.
  if (!isFile(found) && (found.mode & S_IFMT) === S_IFLNK) return 0;
  if (!isFile(found) && found.file === undefined) return found.fs.access(task, found.path, mode);
  const file = changeable(found);
  return file === undefined ? 0 : file.place.fs.access(task, file.place.path, mode);
}
function sysFaccessat(task: Task, dirfd: number, path: string, mode: number): number {
  return sysFaccessat2(task, dirfd, path, mode, 0);
}
function sysAccess(task: Task, path: string, mode: number): number {
  return sysFaccessat2(task, AT_FDCWD, path, mode, 0);
}

function sysReadlinkat(task: Task, dirfd: number, path: string, addr: number, size: number): number {
  if ((size | 0) <= 0) return -EINVAL;
  const found = resolveAt(task, dirfd, path, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
  if (typeof found === 'number') return found;
  // With an empty path the descriptor itself must be a link opened by O_PATH | O_NOFOLLOW.
  if (isFile(found) && !(found instanceof PathFile)) return path === '' ? -ENOENT : -EINVAL;
  const place = isFile(found) ? found.place : found;
  if ((place.mode & S_IFMT) !== S_IFLNK) return path === '' ? -ENOENT : -EINVAL;
  const target = place.fs.readlink(task, place.path);
  if (typeof target === 'number') return target;
  const length = Math.min(target.length, size);
  const text = new Uint8Array(length);
  for (let i = 0; i < length; i++) text[i] = target.charCodeAt(i);
  return task.user.copyOut(addr, text) ? length : -EFAULT;
}
function sysReadlink(task: Task, path: string, addr: number, size: number): number {
  return path === '' ? -ENOENT : sysReadlinkat(task, AT_FDCWD, path, addr, size);
}

const space: FsStat = { type: 0, bsize: 0, blocks: 0, bfree: 0, bavail: 0, files: 0, ffree: 0 };
/** f_flags: ST_VALID | ST_RELATIME. */
const MOUNT_FLAGS = 0x1020;
const NAME_MAX = 255;

function fsValues(): Record<string, number> {
  return {
    f_type: space.type,
    f_bsize: space.bsize,
    f_blocks: space.blocks,
    f_bfree: space.bfree,
    f_bavail: space.bavail,
    f_files: space.files,
    f_ffree: space.ffree,
    f_namelen: NAME_MAX,
    f_frsize: space.bsize,
    f_flags: MOUNT_FLAGS,
  };
}

function putFs(task: Task, addr: number): number {
  if (task.abi.wordSize === 4) {
    // statfs(2): EOVERFLOW when a count does not fit the word.
    if (space.blocks > 0xffffffff || space.bfree > 0xffffffff || space.files > 0xffffffff) return -EOVERFLOW;
  }
  return task.user.put(statfsStruct.for(task.user.model), addr, fsValues()) ? 0 : -EFAULT;
}

function putFs64(task: Task, size: number, addr: number): number {
  const layout = statfs64.for(task.user.model);
  // ARM programs may pass the packed size, 84 instead of 88.
  if (size !== layout.size && !(task.abi.isa === 'arm' && size === 84)) return -EINVAL;
  layout.write(view, 0, fsValues());
  return task.user.copyOut(addr, bytes.slice(0, size)) ? 0 : -EFAULT;
}

function pathFs(task: Task, path: string): number {
  const place = task.kernel.vfs.resolve(task, AT_FDCWD, path, FOLLOW);
  if (typeof place === 'number') return place;
  return place.file instanceof VfsFile ? place.file.statfs(space) : place.fs.statfs(place.path, space);
}

/** include/uapi/linux/magic.h, PIPEFS_MAGIC: pipes, sockets and other files without a path. */
const PIPEFS_MAGIC = 0x50495045;

function fdFs(task: Task, fd: number): number {
  const file = task.files.get(fd);
  if (file === undefined) return -EBADF;
  if (file instanceof VfsFile) return file.statfs(space);
  Object.assign(space, {
    type: PIPEFS_MAGIC,
    bsize: 4096,
    blocks: 0,
    bfree: 0,
    bavail: 0,
    files: 0,
    ffree: 0,
  });
  return 0;
}

function sysStatfs(task: Task, path: string, addr: number): number {
  const error = pathFs(task, path);
  return error < 0 ? error : putFs(task, addr);
}
function sysFstatfs(task: Task, fd: number, addr: number): number {
  const error = fdFs(task, fd);
  return error < 0 ? error : putFs(task, addr);
}
function sysStatfs64(task: Task, path: string, size: number, addr: number): number {
  const error = pathFs(task, path);
  return error < 0 ? error : putFs64(task, size, addr);
}
function sysFstatfs64(task: Task, fd: number, size: number, addr: number): number {
  const error = fdFs(task, fd);
  return error < 0 ? error : putFs64(task, size, addr);
}

const NO_PROJECT = partial('no file attributes, no direct I/O alignment');

export const stat = {
  fstat: sys(['fd: fd', 'statbuf: out statGeneric'], 'int', sysFstatWord),
  newfstatat: sys(
    ['dirfd: dirfd', 'path: path?', 'statbuf: out statGeneric', 'flags: atflags'],
    'int',
    sysFstatat,
  ),
  fstat64: sys(['fd: fd', 'statbuf: out stat64Generic'], 'int', sysFstat),
  fstatat64: sys(
    ['dirfd: dirfd', 'path: path?', 'statbuf: out stat64Generic', 'flags: atflags'],
    'int',
    sysFstatat,
  ),
  stat64: sys(['path: path', 'statbuf: out stat64Generic'], 'int', sysStat64),
  lstat64: sys(['path: path', 'statbuf: out stat64Generic'], 'int', sysLstat64),
  stat: sys(['path: path', 'statbuf: out statOldArm'], 'int', sysStat),
  lstat: sys(['path: path', 'statbuf: out statOldArm'], 'int', sysLstat),
  statx: sys(
    ['dirfd: dirfd', 'path: path?', 'flags: atflags', 'mask: statxmask', 'statxbuf: out statx'],
    'int',
    sysStatx,
    NO_PROJECT,
  ),
  access: sys(['path: path', 'mode: access'], 'int', sysAccess),
  faccessat: sys(['dirfd: dirfd', 'path: path', 'mode: access'], 'int', sysFaccessat),
  faccessat2: sys(
    ['dirfd: dirfd', 'path: path', 'mode: access', 'flags: atflags'],
    'int',
    sysFaccessat2,
    full,
  ),
  readlink: sys(['path: path', 'buf: out buf', 'bufsiz: size'], 'size', sysReadlink),
  readlinkat: sys(['dirfd: dirfd', 'path: path', 'buf: out buf', 'bufsiz: size'], 'size', sysReadlinkat),
  statfs: sys(['path: path', 'buf: out statfs'], 'int', sysStatfs),
  fstatfs: sys(['fd: fd', 'buf: out statfs'], 'int', sysFstatfs),
  statfs64: sys(['path: path', 'size: size', 'buf: out statfs64'], 'int', sysStatfs64),
  fstatfs64: sys(['fd: fd', 'size: size', 'buf: out statfs64'], 'int', sysFstatfs64),
};
