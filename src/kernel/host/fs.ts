/**
 * Files of the host, synchronously. Every function answers a value or a negative Linux errno and never throws.
 * Paths are byte strings (path.ts); open flags are Linux's generic ones (asm-generic/fcntl.h).
 *
 * Node has no lseek, no *at calls and no nanosecond utimes: positions are passed explicitly (host/poll.ts can seek),
 * directory descriptors become `/proc/self/fd/N/name` paths where the host has them, and host/stat.ts keeps the digits.
 */
import {
  accessSync,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fchownSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  futimesSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readSync,
  readdirSync,
  readlinkSync,
  readvSync,
  renameSync,
  rmdirSync,
  statfsSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeSync,
  writevSync,
} from 'node:fs';
import process from 'node:process';
import { ENOENT, EOPNOTSUPP } from '../../abi/errno.js';
import { hostError } from './errno.js';
import { FD_PATHS, leave, near, standIn } from './near.js';
import { nodePath } from './path.js';
import { emptyStat, type FileStat, fillStat } from './stat.js';

export { FD_PATHS, standIn };

const LINUX = process.platform === 'linux';

/** Read and written at the host's own file position (the `position` argument of {@link read} and its kin). */
export const CURRENT = -1;

/** Linux generic open flags and the name the host knows them by; the access mode (low two bits) is universal. */
const OPEN_FLAGS: readonly (readonly [number, keyof typeof constants])[] = [
  [0o100, 'O_CREAT'],
  [0o200, 'O_EXCL'],
  [0o400, 'O_NOCTTY'],
  [0o1000, 'O_TRUNC'],
  [0o2000, 'O_APPEND'],
  [0o4000, 'O_NONBLOCK'],
  [0o10000, 'O_DSYNC'],
  [0o4010000, 'O_SYNC'],
  [0o200000, 'O_DIRECTORY'],
  [0o400000, 'O_NOFOLLOW'],
];

/** Linux numbers bits alike on every host we know but MIPS, PowerPC, Alpha, SPARC and ARM: probe one that differs. */
const SAME_FLAGS = LINUX && constants.O_DIRECTORY === 0o200000 && constants.O_NONBLOCK === 0o4000;

function hostFlags(flags: number): number {
  if (SAME_FLAGS) return flags;
  let result = flags & 3;
  for (const [bit, name] of OPEN_FLAGS) {
    const host = constants[name] as number | undefined;
    if ((flags & bit) === bit && host !== undefined) result |= host;
  }
  return result;
}

/** A descriptor of the host (close-on-exec, as Node opens everything). */
export function open(path: string, flags: number, mode: number): number {
  try {
    return openSync(nodePath(near(path)), hostFlags(flags), mode);
  } catch (error) {
    return hostError(error);
  }
}

export function close(fd: number): number {
  leave(fd);
  try {
    closeSync(fd);
    return 0;
  } catch (error) {
    return hostError(error);
  }
}

/** Reads up to `length` bytes into `buffer[offset…]`, at `position` or (CURRENT) at the descriptor's own. */
export function read(
  fd: number,
  buffer: Uint8Array,
  offset: number,
  length: number,
  position: number,
): number {
  if (length === 0) return 0;
  try {
    return readSync(fd, buffer, offset, length, position < 0 ? null : position);
  } catch (error) {
    return hostError(error);
  }
}

export function write(
  fd: number,
  buffer: Uint8Array,
  offset: number,
  length: number,
  position: number,
): number {
  if (length === 0) return 0;
  try {
    return writeSync(fd, buffer, offset, length, position < 0 ? undefined : position);
  } catch (error) {
    return hostError(error);
  }
}

export function readv(fd: number, buffers: readonly Uint8Array[], position: number): number {
  try {
    return position < 0 ? readvSync(fd, buffers) : readvSync(fd, buffers, position);
  } catch (error) {
    return hostError(error);
  }
}

export function writev(fd: number, buffers: readonly Uint8Array[], position: number): number {
  try {
    return position < 0 ? writevSync(fd, buffers) : writevSync(fd, buffers, position);
  } catch (error) {
    return hostError(error);
  }
}

/** Fills `st`; 0 or -errno. */
export function fstat(fd: number, st: FileStat): number {
  try {
    fillStat(st, fstatSync(fd, { bigint: true }));
    return 0;
  } catch (error) {
    return hostError(error);
  }
}

const QUIET = { bigint: true, throwIfNoEntry: false } as const;

/** Does not follow a final symbolic link. A missing file costs no exception (ENOTDIR then reads as ENOENT). */
export function lstat(path: string, st: FileStat): number {
  try {
    const found = lstatSync(nodePath(near(path)), QUIET);
    if (found === undefined) return -ENOENT;
    fillStat(st, found);
    return 0;
  } catch (error) {
    return hostError(error);
  }
}

const QUIET_SMALL = { throwIfNoEntry: false } as const;

/** The st_mode of `path` itself (no link followed): what a path walk needs, at half the cost of {@link lstat}. */
export function lmode(path: string): number {
  try {
    return lstatSync(nodePath(near(path)), QUIET_SMALL)?.mode ?? -ENOENT;
  } catch (error) {
    return hostError(error);
  }
}

/** Inode number of what {@link entry} found last. */
export let entryInode = 0;

/** The st_mode of `path` itself, like {@link lmode}, with its number in {@link entryInode}: what a directory entry says. */
export function entry(path: string): number {
  try {
    const found = lstatSync(nodePath(near(path)), QUIET_SMALL);
    if (found === undefined) return -ENOENT;
    entryInode = found.ino;
    // As a double it is exact only below 2^53.
    if (found.ino > Number.MAX_SAFE_INTEGER) {
      const error = lstat(path, large);
      if (error < 0) return error;
      entryInode = large.ino;
    }
    return found.mode;
  } catch (error) {
    return hostError(error);
  }
}
const large = emptyStat();

/** Puts what another stat call answered in the form of {@link entry}. */
export function noteEntry(st: FileStat | number): number {
  if (typeof st === 'number') return st;
  entryInode = st.ino;
  return st.mode;
}

/** The link's text as a byte string. */
export function readlink(path: string): string | number {
  try {
    return readlinkSync(nodePath(near(path)), 'latin1');
  } catch (error) {
    return hostError(error);
  }
}

/** Names in a directory as byte strings, without `.` and `..`. */
export function readdir(path: string): string[] | number {
  try {
    return readdirSync(nodePath(near(path)), 'latin1');
  } catch (error) {
    return hostError(error);
  }
}

/** Runs a call that answers nothing. */
function attempt(call: () => void): number {
  try {
    call();
    return 0;
  } catch (error) {
    return hostError(error);
  }
}

export const mkdir = (path: string, mode: number): number => attempt(() => mkdirSync(nodePath(path), mode));
export const rmdir = (path: string): number => attempt(() => rmdirSync(nodePath(path)));
export const unlink = (path: string): number => attempt(() => unlinkSync(nodePath(path)));
export const rename = (from: string, to: string): number =>
  attempt(() => renameSync(nodePath(from), nodePath(to)));
/** A second name for `from` itself, even when that is a symbolic link. */
export const link = (from: string, to: string): number =>
  attempt(() => linkSync(nodePath(from), nodePath(to)));
/** `target` is stored as it is, never resolved. */
export const symlink = (target: string, path: string): number =>
  attempt(() => symlinkSync(nodePath(target), nodePath(path)));
export const truncate = (path: string, length: number): number =>
  attempt(() => truncateSync(nodePath(path), length));
export const ftruncate = (fd: number, length: number): number => attempt(() => ftruncateSync(fd, length));
export const fsync = (fd: number): number => attempt(() => fsyncSync(fd));
export const fdatasync = (fd: number): number => attempt(() => fdatasyncSync(fd));
export const chmod = (path: string, mode: number): number => attempt(() => chmodSync(nodePath(path), mode));
export const fchmod = (fd: number, mode: number): number => attempt(() => fchmodSync(fd, mode));
/** Follows a final link; -1 keeps an id. */
export const chown = (path: string, uid: number, gid: number): number =>
  attempt(() => chownSync(nodePath(path), nodeId(uid), nodeId(gid)));
export const lchown = (path: string, uid: number, gid: number): number =>
  attempt(() => lchownSync(nodePath(path), nodeId(uid), nodeId(gid)));
export const fchown = (fd: number, uid: number, gid: number): number =>
  attempt(() => fchownSync(fd, nodeId(uid), nodeId(gid)));

/** Node takes -1 or an unsigned id. */
function nodeId(id: number): number {
  return id === -1 ? -1 : id >>> 0 === 0xffffffff ? -1 : id >>> 0;
}

/**
 * A time as Node stores it best: seconds as a number, a Date before 1970 (negative numbers mean "now" to Node). Older libuv
 * keeps whole microseconds, cutting the rest off; newer keeps what the double holds, about 200 ns.
 */
function nodeTime(sec: number, nsec: number): number | Date {
  if (sec < 0) return new Date(sec * 1000 + Math.floor(nsec / 1e6));
  const time = sec + nsec / 1e9;
  const micro = Math.floor(nsec / 1000);
  // A double just below the microsecond would be cut to the one before.
  return Math.floor(time * 1e6) % 1e6 === micro ? time : sec + (micro + 0.25) / 1e6;
}

/** Sets access and modification time (see nodeTime for precision); `follow` says whether a final link is followed. */
export function utimes(
  path: string,
  atime: number,
  atimeNsec: number,
  mtime: number,
  mtimeNsec: number,
  follow: boolean,
): number {
  return attempt(() =>
    (follow ? utimesSync : lutimesSync)(
      nodePath(path),
      nodeTime(atime, atimeNsec),
      nodeTime(mtime, mtimeNsec),
    ),
  );
}

export function futimes(
  fd: number,
  atime: number,
  atimeNsec: number,
  mtime: number,
  mtimeNsec: number,
): number {
  return attempt(() => futimesSync(fd, nodeTime(atime, atimeNsec), nodeTime(mtime, mtimeNsec)));
}

/** `mode` is R_OK | W_OK | X_OK or F_OK, as in access(2): with the real ids. */
export const access = (path: string, mode: number): number =>
  attempt(() => accessSync(nodePath(near(path)), mode));

/** Copies a whole file, sharing blocks where the host can. */
export const copyFile = (from: string, to: string): number =>
  attempt(() => copyFileSync(nodePath(from), nodePath(to), constants.COPYFILE_FICLONE));

/** As struct statfs: sizes in blocks of `bsize` bytes. */
export interface FsStat {
  type: number;
  bsize: number;
  blocks: number;
  bfree: number;
  bavail: number;
  files: number;
  ffree: number;
}

/** Fills `st`; 0 or -errno. */
export function statfs(path: string, st: FsStat): number {
  try {
    const found = statfsSync(nodePath(path));
    st.type = found.type;
    st.bsize = found.bsize;
    st.blocks = found.blocks;
    st.bfree = found.bfree;
    st.bavail = found.bavail;
    st.files = found.files;
    st.ffree = found.ffree;
    return 0;
  } catch (error) {
    return hostError(error);
  }
}

/** The path by which the host knows an open descriptor, or an errno where it has no such thing. */
export function fdPath(fd: number): string | number {
  return FD_PATHS === '' ? -EOPNOTSUPP : readlink(`${FD_PATHS}${fd}`);
}

/** File position of an inherited descriptor (from /proc, else 0), for files opened before we started. */
export function inheritedPosition(fd: number): number {
  const text = readText(`/proc/self/fdinfo/${fd}`);
  const match = typeof text === 'string' ? /^pos:\s*(\d+)/m.exec(text) : null;
  return match === null ? 0 : Number(match[1]);
}

/** Open flags (octal in /proc) of an inherited descriptor; O_RDWR where the host does not tell. */
export function inheritedFlags(fd: number): number {
  const text = readText(`/proc/self/fdinfo/${fd}`);
  const match = typeof text === 'string' ? /^flags:\s*([0-7]+)/m.exec(text) : null;
  return match === null ? 2 : parseInt(match[1] as string, 8);
}

/** A small host file as a byte string. */
export function readText(path: string): string | number {
  const fd = open(path, 0, 0);
  if (fd < 0) return fd;
  const chunk = new Uint8Array(16384);
  const decoder = new TextDecoder('latin1');
  let text = '';
  for (;;) {
    const n = read(fd, chunk, 0, chunk.length, CURRENT);
    if (n <= 0) {
      close(fd);
      return n < 0 ? n : text;
    }
    text += decoder.decode(chunk.subarray(0, n));
  }
}
