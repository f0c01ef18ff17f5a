/** Reading, writing, seeking: read, write, their positioned and vectored forms, lseek, truncate, sync, fallocate. */
import {
  EAGAIN,
  EBADF,
  EFAULT,
  EFBIG,
  EINVAL,
  EISDIR,
  ENODEV,
  EOPNOTSUPP,
  EOVERFLOW,
  ESPIPE,
} from '../../abi/errno.js';
import {
  AT_FDCWD,
  O_APPEND,
  O_PATH,
  S_IFBLK,
  S_IFDIR,
  S_IFIFO,
  S_IFMT,
  S_IFREG,
  SEEK_END,
  SEEK_HOLE,
} from '../../abi/fcntl.js';
import { SIGXFSZ } from '../../abi/signals.js';
import type { OpenFile } from '../../kernel/file.js';
import { tool } from '../../kernel/host/spawn.js';
import { emptyStat } from '../../kernel/host/stat.js';
import { kernelInfo } from '../../kernel/signal/info.js';
import { sendToTask } from '../../kernel/signal/send.js';
import type { Task } from '../../kernel/task.js';
import { IN } from '../../kernel/vfs/notify.js';
import { FOLLOW } from '../../kernel/vfs/resolve.js';
import type { Blocking } from '../../kernel/wait.js';
import { partial, sys } from '../row.js';
import { finishWrite, MAX_RW_COUNT, type Piece, readPieces, whenReady } from '../files.js';

/** Bytes moved at a time: a read must not fault in more memory than there is data. */
const CHUNK = 1 << 20;
/** A writev of at most this many bytes is gathered and written at once, so that pipes and terminals see one write. */
const GATHER = 1 << 17;

const NOTHING = new Uint8Array(0);

/** Reads into guest memory. @param offset -1: at the file's position */
function readInto(task: Task, file: OpenFile, addr: number, count: number, offset: number): number {
  const { user } = task;
  // Directories refuse even that.
  if (count === 0) return file.seekable || file.queue !== undefined ? 0 : file.read(NOTHING, offset, task);
  let done = 0;
  for (;;) {
    const part = Math.min(count - done, CHUNK);
    const room = user.writable(addr + done, part);
    if (room === undefined) return done > 0 ? done : -EFAULT;
    const n = file.read(room, offset < 0 ? -1 : offset + done, task);
    if (n <= 0) return done > 0 ? done : n;
    if (!user.commit(addr + done, room, n)) return done > 0 ? done : -EFAULT;
    done += n;
    if (done >= count || n < part || !file.seekable) return done;
  }
}

function sysRead(task: Task, fd: number, addr: number, count: number): number | Blocking {
  const file = task.files.get(fd);
  if (file?.readable !== true) return -EBADF;
  const length = Math.min(count, MAX_RW_COUNT);
  const n = readInto(task, file, addr, length, -1);
  if (n !== -EAGAIN || file.nonblocking) return n;
  return whenReady(task, file, false, () => readInto(task, file, addr, length, -1));
}

/** RLIMIT_FSIZE for a write of `length` bytes at `at`: bytes that may be written, or -EFBIG (with SIGXFSZ). */
function allowed(task: Task, at: number, length: number): number {
  const limit = task.process.limits.fsize;
  if (at + length <= limit) return length;
  if (at < limit) return limit - at;
  sendToTask(task, kernelInfo(SIGXFSZ));
  return -EFBIG;
}

/** Where a write would begin, for the size limit: only asked when there is one. */
function writePosition(file: OpenFile, offset: number): number | undefined {
  const st = file.stat();
  if (typeof st === 'number' || (st.mode & S_IFMT) !== S_IFREG) return undefined;
  if ((file.flags & O_APPEND) !== 0) return st.size;
  return offset >= 0 ? offset : file.seek(0, 1);
}

function writeFrom(task: Task, file: OpenFile, addr: number, count: number, offset: number): number {
  let length = count;
  if (task.process.limits.fsize !== Infinity && file.seekable && length > 0) {
    const at = writePosition(file, offset);
    if (at !== undefined) length = allowed(task, at, length);
    if (length < 0) return length;
  }
  let done = 0;
  for (;;) {
    const part = Math.min(length - done, CHUNK);
    const bytes = task.user.readable(addr + done, part);
    if (bytes === undefined) return done > 0 ? done : -EFAULT;
    const n = file.write(bytes, offset < 0 ? -1 : offset + done, task);
    if (n < 0) return done > 0 ? done : n;
    done += n;
    if (done >= length || n < part) return done;
  }
}

/** The rest of a write that could not be finished at once: all of it, unless a signal or an error comes between. */
function* writeRest(task: Task, file: OpenFile, addr: number, count: number, before: number): Blocking {
  let done = before;
  while (done < count) {
    const n = yield* whenReady(task, file, true, () => writeFrom(task, file, addr + done, count - done, -1));
    if (n < 0) return done > 0 ? done : finishWrite(task, n);
    done += n;
  }
  return done;
}

function sysWrite(task: Task, fd: number, addr: number, count: number): number | Blocking {
  const file = task.files.get(fd);
  if (file?.writable !== true) return -EBADF;
  const length = Math.min(count, MAX_RW_COUNT);
  const n = writeFrom(task, file, addr, length, -1);
  if (n === length || file.nonblocking || file.queue === undefined || (n < 0 && n !== -EAGAIN)) {
    return n < 0 ? finishWrite(task, n) : n;
  }
  return writeRest(task, file, addr, length, Math.max(n, 0));
}

function isDirectory(file: OpenFile): boolean {
  const st = file.stat();
  return typeof st !== 'number' && (st.mode & S_IFMT) === S_IFDIR;
}

function sysPread(task: Task, fd: number, addr: number, count: number, offset: number): number {
  if (offset < 0) return -EINVAL;
  const file = task.files.usable(fd);
  if (file === undefined) return -EBADF;
  if (!file.seekable) return isDirectory(file) ? -EISDIR : -ESPIPE;
  return file.readable ? readInto(task, file, addr, Math.min(count, MAX_RW_COUNT), offset) : -EBADF;
}

function sysPwrite(task: Task, fd: number, addr: number, count: number, offset: number): number {
  if (offset < 0) return -EINVAL;
  const file = task.files.usable(fd);
  if (file === undefined) return -EBADF;
  if (!file.seekable) return isDirectory(file) ? -EBADF : -ESPIPE;
  return file.writable ? writeFrom(task, file, addr, Math.min(count, MAX_RW_COUNT), offset) : -EBADF;
}

/** Fills the pieces in turn; stops at the first that is not filled. */
function readPiecesInto(task: Task, file: OpenFile, pieces: readonly Piece[], offset: number): number {
  let done = 0;
  for (const { addr, length } of pieces) {
    const n = readInto(task, file, addr, length, offset < 0 ? -1 : offset + done);
    if (n < 0) return done > 0 ? done : n;
    done += n;
    if (n < length) break;
  }
  return done;
}

function writePiecesFrom(task: Task, file: OpenFile, pieces: readonly Piece[], offset: number): number {
  const total = pieces.reduce((sum, { length }) => sum + length, 0);
  if (pieces.length > 1 && total <= GATHER) {
    const bytes = new Uint8Array(total);
    let filled = 0;
    for (const { addr, length } of pieces) {
      const part = task.user.readable(addr, length);
      if (part !== undefined) bytes.set(part, filled);
      filled += part?.length ?? 0;
      if (part?.length !== length) break;
    }
    if (filled === 0 && total > 0) return -EFAULT;
    let size = filled;
    if (task.process.limits.fsize !== Infinity && file.seekable) {
      const at = writePosition(file, offset);
      if (at !== undefined) size = allowed(task, at, size);
      if (size < 0) return size;
    }
    return file.write(bytes.subarray(0, size), offset, task);
  }
  let done = 0;
  for (const { addr, length } of pieces) {
    const n = writeFrom(task, file, addr, length, offset < 0 ? -1 : offset + done);
    if (n < 0) return done > 0 ? done : n;
    done += n;
    if (n < length) break;
  }
  return done;
}

function readv(task: Task, fd: number, vec: number, count: number, offset: number): number | Blocking {
  const file = task.files.get(fd);
  if (file?.readable !== true) return -EBADF;
  if (offset >= 0 && !file.seekable) return -ESPIPE;
  const pieces = readPieces(task, vec, count);
  if (typeof pieces === 'number') return pieces;
  const n = readPiecesInto(task, file, pieces, offset);
  if (n !== -EAGAIN || file.nonblocking) return n;
  return whenReady(task, file, false, () => readPiecesInto(task, file, pieces, offset));
}

/** `pieces` without their first `skip` bytes. */
function skipPieces(pieces: readonly Piece[], skip: number): Piece[] {
  const rest: Piece[] = [];
  let left = skip;
  for (const { addr, length } of pieces) {
    if (left < length) rest.push({ addr: addr + left, length: length - left });
    left = Math.max(0, left - length);
  }
  return rest;
}

function* writevRest(task: Task, file: OpenFile, pieces: readonly Piece[], before: number): Blocking {
  const total = pieces.reduce((sum, { length }) => sum + length, 0);
  let done = before;
  while (done < total) {
    const n = yield* whenReady(task, file, true, () =>
      writePiecesFrom(task, file, skipPieces(pieces, done), -1),
    );
    if (n < 0) return done > 0 ? done : finishWrite(task, n);
    done += n;
  }
  return done;
}

function writev(task: Task, fd: number, vec: number, count: number, offset: number): number | Blocking {
  const file = task.files.get(fd);
  if (file?.writable !== true) return -EBADF;
  if (offset >= 0 && !file.seekable) return -ESPIPE;
  const pieces = readPieces(task, vec, count);
  if (typeof pieces === 'number') return pieces;
  const total = pieces.reduce((sum, { length }) => sum + length, 0);
  const n = writePiecesFrom(task, file, pieces, offset);
  if (n === total || file.nonblocking || file.queue === undefined || (n < 0 && n !== -EAGAIN)) {
    return n < 0 ? finishWrite(task, n) : n;
  }
  return writevRest(task, file, pieces, Math.max(n, 0));
}

function sysReadv(task: Task, fd: number, vec: number, count: number): number | Blocking {
  return readv(task, fd, vec, count, -1);
}
function sysWritev(task: Task, fd: number, vec: number, count: number): number | Blocking {
  return writev(task, fd, vec, count, -1);
}

/** The offset of preadv and its kin comes as two longs, the high one meaning nothing on 64-bit (fs/read_write.c). */
function pieceOffset(task: Task, low: number, high: number): number {
  if (task.abi.wordSize === 8) return low > Number.MAX_SAFE_INTEGER ? -1 : low;
  return (high | 0) * 0x1_0000_0000 + (low >>> 0);
}

function sysPreadv(
  task: Task,
  fd: number,
  vec: number,
  count: number,
  low: number,
  high: number,
): number | Blocking {
  const offset = pieceOffset(task, low, high);
  return offset < 0 ? -EINVAL : readv(task, fd, vec, count, offset);
}
function sysPwritev(
  task: Task,
  fd: number,
  vec: number,
  count: number,
  low: number,
  high: number,
): number | Blocking {
  const offset = pieceOffset(task, low, high);
  return offset < 0 ? -EINVAL : writev(task, fd, vec, count, offset);
}

/** include/uapi/linux/fs.h */
const RWF_APPEND = 0x10;
const RWF_NOWAIT = 0x08;
const RWF_DURABLE = 0x06;
const RWF_HIPRI = 0x01;

/** Flags that are not known come last: nothing to move, nothing to refuse (do_iter_read). */
function refuse(task: Task, allows: boolean, vec: number, count: number): number {
  if (!allows) return -EBADF;
  const pieces = readPieces(task, vec, count);
  if (typeof pieces === 'number') return pieces;
  return pieces.length === 0 ? 0 : -EOPNOTSUPP;
}

function sysPreadv2(
  task: Task,
  fd: number,
  vec: number,
  count: number,
  low: number,
  high: number,
  flags: number,
): number | Blocking {
  const odd = (flags & ~(RWF_HIPRI | RWF_NOWAIT | RWF_DURABLE)) !== 0;
  if (odd) return refuse(task, task.files.get(fd)?.readable === true, vec, count);
  const all = task.abi.wordSize === 8 ? low >= 2 ** 64 - 2048 : low >>> 0 === 0xffffffff && (high | 0) === -1;
  const result = all ? readv(task, fd, vec, count, -1) : sysPreadv(task, fd, vec, count, low, high);
  return (flags & RWF_NOWAIT) !== 0 && typeof result !== 'number' ? -EAGAIN : result;
}

function sysPwritev2(
  task: Task,
  fd: number,
  vec: number,
  count: number,
  low: number,
  high: number,
  flags: number,
): number | Blocking {
  const file = task.files.get(fd);
  const odd = (flags & ~(RWF_HIPRI | RWF_NOWAIT | RWF_DURABLE | RWF_APPEND)) !== 0;
  if (odd || file === undefined) return refuse(task, file?.writable === true, vec, count);
  const all = task.abi.wordSize === 8 ? low >= 2 ** 64 - 2048 : low >>> 0 === 0xffffffff && (high | 0) === -1;
  let result: number | Blocking;
  if ((flags & RWF_APPEND) !== 0 && file.seekable) {
    const before = file.seek(0, 1);
    const end = file.seek(0, SEEK_END);
    if (!all) file.seek(before, 0);
    result = end < 0 ? end : writev(task, fd, vec, count, all ? -1 : end);
  } else result = all ? writev(task, fd, vec, count, -1) : sysPwritev(task, fd, vec, count, low, high);
  if (typeof result !== 'number') return (flags & RWF_NOWAIT) !== 0 ? -EAGAIN : result;
  if (result > 0 && (flags & RWF_DURABLE) !== 0) file.sync((flags & 4) === 0);
  return result;
}

function seek(task: Task, fd: number, offset: number, whence: number): number {
  const file = task.files.usable(fd);
  if (file === undefined) return -EBADF;
  return whence < 0 || whence > SEEK_HOLE ? -EINVAL : file.seek(offset, whence);
}

function sysLseek(task: Task, fd: number, offset: number, whence: number): number {
  const to = seek(task, fd, offset, whence);
  return to > 0x7fffffff && task.abi.wordSize === 4 ? -EOVERFLOW : to;
}

function sysLlseek(
  task: Task,
  fd: number,
  high: number,
  low: number,
  result: number,
  whence: number,
): number {
  const to = seek(task, fd, (high | 0) * 0x1_0000_0000 + (low >>> 0), whence);
  if (to < 0) return to;
  return task.user.writeU64(result, to) ? 0 : -EFAULT;
}

function sysFtruncate(task: Task, fd: number, length: number): number {
  if (length < 0) return -EINVAL;
  const file = task.files.usable(fd);
  if (file === undefined) return -EBADF;
  const limited = task.process.limits.fsize === Infinity ? 0 : allowed(task, length, 0);
  return limited < 0 ? limited : file.truncate(length);
}

function sysTruncate(task: Task, path: string, length: number): number {
  if (length < 0) return -EINVAL;
  const { vfs } = task.kernel;
  const st = emptyStat();
  const place = vfs.resolve(task, AT_FDCWD, path, FOLLOW, st);
  if (typeof place === 'number') return place;
  if (place.file !== undefined) return place.file.truncate(length);
  const type = place.mode & S_IFMT;
  if (type !== S_IFREG) return type === S_IFDIR ? -EISDIR : -EINVAL;
  const limited = task.process.limits.fsize === Infinity ? 0 : allowed(task, length, 0);
  if (limited < 0) return limited;
  const error = place.fs.truncate(place.path, length);
  if (error < 0) return error;
  vfs.truncateMapped(`${st.dev}:${st.ino}`, length);
  vfs.notify.tell(place.guest, IN.MODIFY);
  return 0;
}

function sysFallocate(task: Task, fd: number, mode: number, offset: number, length: number): number {
  const file = task.files.usable(fd);
  if (file === undefined) return -EBADF;
  if (offset < 0 || length <= 0) return -EINVAL;
  if (!file.writable) return -EBADF;
  const st = file.stat();
  if (typeof st === 'number') return st;
  const type = st.mode & S_IFMT;
  if (type !== S_IFREG) return type === S_IFIFO ? -ESPIPE : -ENODEV;
  if (mode === 0 && task.process.limits.fsize !== Infinity) {
    const room = allowed(task, offset, length);
    if (room < length) return -EFBIG;
  }
  return file.allocate(mode, offset, length);
}

function sysFsync(task: Task, fd: number): number {
  const file = task.files.get(fd);
  return file === undefined || (file.flags & O_PATH) !== 0 ? -EBADF : file.sync(false);
}
function sysFdatasync(task: Task, fd: number): number {
  const file = task.files.get(fd);
  return file === undefined || (file.flags & O_PATH) !== 0 ? -EBADF : file.sync(true);
}

/** The range does not matter to correctness: more is synced than asked for. */
function sysSyncFileRange(task: Task, fd: number, offset: number, count: number, flags: number): number {
  const file = task.files.usable(fd);
  if (file === undefined) return -EBADF;
  if (offset < 0 || count < 0 || (flags & ~7) !== 0) return -EINVAL;
  const st = file.stat();
  if (typeof st === 'number') return st;
  const type = st.mode & S_IFMT;
  if (type !== S_IFREG && type !== S_IFBLK && type !== S_IFDIR) return -ESPIPE;
  return type === S_IFREG && file.writable ? file.sync(true) : 0;
}
function sysSyncFileRange2(task: Task, fd: number, flags: number, offset: number, count: number): number {
  return sysSyncFileRange(task, fd, offset, count, flags);
}

function sysSync(): number {
  tool('sync', []);
  return 0;
}
function sysSyncfs(task: Task, fd: number): number {
  if (task.files.usable(fd) === undefined) return -EBADF;
  tool('sync', []);
  return 0;
}

/** posix_fadvise: advice changes nothing that can be read. */
function sysFadvise(task: Task, fd: number, _offset: number, length: number, advice: number): number {
  const file = task.files.usable(fd);
  if (file === undefined) return -EBADF;
  const st = file.stat();
  if (typeof st !== 'number' && (st.mode & S_IFMT) === S_IFIFO) return -ESPIPE;
  return length < 0 || advice < 0 || advice > 5 ? -EINVAL : 0;
}
function sysArmFadvise(task: Task, fd: number, advice: number, offset: number, length: number): number {
  return sysFadvise(task, fd, offset, length, advice);
}

const BUFFER = ['fd: fd', 'buf: out buf', 'count: size'] as const;
const DATA = ['fd: fd', 'buf: in buf', 'count: size'] as const;
const VECTOR = ['fd: fd', 'iov: in iovecs', 'iovcnt: ulong'] as const;

export const fileIo = {
  read: sys(BUFFER, 'size', sysRead),
  write: sys(DATA, 'size', sysWrite),
  pread64: sys([...BUFFER, 'offset: off64'], 'size', sysPread),
  pwrite64: sys([...DATA, 'offset: off64'], 'size', sysPwrite),
  readv: sys(VECTOR, 'size', sysReadv),
  writev: sys(VECTOR, 'size', sysWritev),
  preadv: sys([...VECTOR, 'pos_l: ulong', 'pos_h: ulong'], 'size', sysPreadv),
  pwritev: sys([...VECTOR, 'pos_l: ulong', 'pos_h: ulong'], 'size', sysPwritev),
  preadv2: sys([...VECTOR, 'pos_l: ulong', 'pos_h: ulong', 'flags: hex32'], 'size', sysPreadv2),
  pwritev2: sys([...VECTOR, 'pos_l: ulong', 'pos_h: ulong', 'flags: hex32'], 'size', sysPwritev2),
  lseek: sys(
    ['fd: fd', 'offset: long', 'whence: whence'],
    'off64',
    sysLseek,
    partial('SEEK_DATA and SEEK_HOLE see no holes'),
  ),
  _llseek: sys(
    ['fd: fd', 'offset_high: ulong', 'offset_low: ulong', 'result: out u64', 'whence: whence'],
    'int',
    sysLlseek,
    partial('SEEK_DATA and SEEK_HOLE see no holes'),
  ),
  truncate: sys(['path: path', 'length: long'], 'int', sysTruncate),
  truncate64: sys(['path: path', 'length: off64'], 'int', sysTruncate),
  ftruncate: sys(['fd: fd', 'length: long'], 'int', sysFtruncate),
  ftruncate64: sys(['fd: fd', 'length: off64'], 'int', sysFtruncate),
  fallocate: sys(
    ['fd: fd', 'mode: hex32', 'offset: off64', 'len: off64'],
    'int',
    sysFallocate,
    partial('holes are written as zeros; no COLLAPSE_RANGE, INSERT_RANGE'),
  ),
  fsync: sys(['fd: fd'], 'int', sysFsync),
  fdatasync: sys(['fd: fd'], 'int', sysFdatasync),
  sync: sys([], 'none', sysSync),
  syncfs: sys(['fd: fd'], 'int', sysSyncfs),
  sync_file_range: sys(['fd: fd', 'offset: off64', 'nbytes: off64', 'flags: hex32'], 'int', sysSyncFileRange),
  sync_file_range2: sys(
    ['fd: fd', 'flags: hex32', 'offset: off64', 'nbytes: off64'],
    'int',
    sysSyncFileRange2,
  ),
  fadvise64: sys(['fd: fd', 'offset: off64', 'len: off64', 'advice: int'], 'int', sysFadvise),
  fadvise64_64: sys(['fd: fd', 'offset: off64', 'len: off64', 'advice: int'], 'int', sysFadvise),
  arm_fadvise64_64: sys(['fd: fd', 'advice: int', 'offset: off64', 'len: off64'], 'int', sysArmFadvise),
};
