/** Copying without the program's memory in between: copy_file_range, sendfile; memfd_create. */
import { EAGAIN, EBADF, EFAULT, EINVAL, EISDIR, EOVERFLOW, ESPIPE } from '../../abi/errno.js';
import { O_APPEND, O_RDWR, S_IFDIR, S_IFMT, S_IFREG } from '../../abi/fcntl.js';
import type { OpenFile } from '../../kernel/file.js';
import type { Task } from '../../kernel/task.js';
import { F_SEAL_EXEC, F_SEAL_SEAL, MemoryFile, MemoryInode } from '../../kernel/vfs/memory-file.js';
import type { Blocking } from '../../kernel/wait.js';
import { partial, sys } from '../row.js';
import { finishWrite, MAX_RW_COUNT, whenReady } from '../files.js';

const CHUNK = 1 << 18;

/** An offset behind a pointer: undefined when there is no pointer. */
interface Offset {
  readonly addr: number;
  at: number;
}

function readOffset(task: Task, addr: number, wide: boolean): Offset | undefined | number {
  if (addr === 0) return undefined;
  const at = wide || task.abi.wordSize === 8 ? task.user.readI64(addr) : task.user.readI32(addr);
  if (at === undefined) return -EFAULT;
  return at < 0 ? -EINVAL : { addr, at };
}

function writeOffset(task: Task, offset: Offset | undefined, wide: boolean): number {
  if (offset === undefined) return 0;
  if (wide || task.abi.wordSize === 8) return task.user.writeU64(offset.addr, offset.at) ? 0 : -EFAULT;
  if (offset.at > 0x7fffffff) return -EOVERFLOW;
  return task.user.writeI32(offset.addr, offset.at) ? 0 : -EFAULT;
}

/** Regular files only; -EISDIR or -EINVAL otherwise. */
function regular(file: OpenFile): number {
  const st = file.stat();
  if (typeof st === 'number') return st;
  const type = st.mode & S_IFMT;
  return type === S_IFREG ? 0 : type === S_IFDIR ? -EISDIR : -EINVAL;
}

function sameFile(a: OpenFile, b: OpenFile): boolean {
  const x = a.stat();
  const y = b.stat();
  return typeof x !== 'number' && typeof y !== 'number' && x.dev === y.dev && x.ino === y.ino;
}

function sysCopyFileRange(
  task: Task,
  fdIn: number,
  offIn: number,
  fdOut: number,
  offOut: number,
  length: number,
  flags: number,
): number {
  const from = task.files.get(fdIn);
  const to = task.files.get(fdOut);
  if (from?.readable !== true || to?.writable !== true) return -EBADF;
  if (flags !== 0) return -EINVAL;
  if ((to.flags & O_APPEND) !== 0) return -EBADF;
  const wrong = regular(from) || regular(to);
  if (wrong < 0) return wrong;
  const source = readOffset(task, offIn, true);
  const target = readOffset(task, offOut, true);
  if (typeof source === 'number') return source;
  if (typeof target === 'number') return target;
  const want = Math.min(length, MAX_RW_COUNT);
  const start = source?.at ?? from.seek(0, 1);
  const end = target?.at ?? to.seek(0, 1);
  if (start < end + want && end < start + want && sameFile(from, to)) return -EINVAL;
  const buffer = new Uint8Array(Math.min(want, CHUNK));
  let done = 0;
  while (done < want) {
    const n = from.read(buffer.subarray(0, Math.min(buffer.length, want - done)), start + done, task);
    if (n <= 0) {
      if (n < 0 && done === 0) return n;
      break;
    }
    const written = to.write(buffer.subarray(0, n), end + done, task);
    if (written < 0) {
      if (done === 0) return written;
      break;
    }
    done += written;
    if (written < n) break;
  }
  if (source === undefined) from.seek(start + done, 0);
  else source.at += done;
  if (target === undefined) to.seek(end + done, 0);
  else target.at += done;
  const error = writeOffset(task, source, true) || writeOffset(task, target, true);
  return error < 0 ? error : done;
}

function sendfile(
  task: Task,
  fdOut: number,
  fdIn: number,
  addr: number,
  count: number,
  wide: boolean,
): number | Blocking {
  const from = task.files.get(fdIn);
  const to = task.files.get(fdOut);
  if (from?.readable !== true || to?.writable !== true) return -EBADF;
  if ((to.flags & O_APPEND) !== 0) return -EINVAL;
  const offset = readOffset(task, addr, wide);
  if (typeof offset === 'number') return offset;
  if (!from.seekable) return offset === undefined ? -EINVAL : -ESPIPE;
  const start = offset?.at ?? from.seek(0, 1);
  if (start < 0) return start;
  const state: Transfer = {
    task,
    from,
    to,
    offset,
    wide,
    start,
    want: Math.min(count, MAX_RW_COUNT),
    done: 0,
  };
  const result = transfer(state);
  if (result === -EAGAIN && !to.nonblocking) return finishTransfer(state);
  return settle(state, result);
}

interface Transfer {
  readonly task: Task;
  readonly from: OpenFile;
  readonly to: OpenFile;
  readonly offset: Offset | undefined;
  readonly wide: boolean;
  readonly start: number;
  readonly want: number;
  done: number;
}

/** Moves what can be moved now: 0 when all is done (or the input ends), else -errno. */
function transfer(state: Transfer): number {
  const { task, from, to, start, want } = state;
  const buffer = new Uint8Array(Math.min(want, CHUNK));
  while (state.done < want) {
    const part = buffer.subarray(0, Math.min(buffer.length, want - state.done));
    const n = from.read(part, start + state.done, task);
    if (n <= 0) return n;
    const written = to.write(part.subarray(0, n), -1, task);
    if (written < 0) return written;
    state.done += written;
  }
  return 0;
}

/** The call's result, with positions moved. */
function settle(state: Transfer, result: number): number {
  const { task, from, offset, wide, start, done } = state;
  if (result < 0 && done === 0) return finishWrite(task, result);
  if (offset === undefined) from.seek(start + done, 0);
  else offset.at = start + done;
  const error = writeOffset(task, offset, wide);
  return error < 0 ? error : done;
}

function* finishTransfer(state: Transfer): Blocking {
  const result = yield* whenReady(state.task, state.to, true, () => transfer(state));
  return settle(state, result);
}

function sysSendfile(
  task: Task,
  fdOut: number,
  fdIn: number,
  addr: number,
  count: number,
): number | Blocking {
  return sendfile(task, fdOut, fdIn, addr, count, false);
}
function sysSendfile64(
  task: Task,
  fdOut: number,
  fdIn: number,
  addr: number,
  count: number,
): number | Blocking {
  return sendfile(task, fdOut, fdIn, addr, count, true);
}

/** include/uapi/linux/memfd.h */
const MFD_CLOEXEC = 0x1;
const MFD_ALLOW_SEALING = 0x2;
const MFD_HUGETLB = 0x4;
const MFD_NOEXEC_SEAL = 0x8;
const MFD_EXEC = 0x10;
const MFD_NAME_MAX = 249;

function sysMemfdCreate(task: Task, at: number, flags: number): number {
  const known = MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC;
  if ((flags & MFD_HUGETLB) !== 0 || (flags & ~known) !== 0) return -EINVAL;
  if ((flags & MFD_EXEC) !== 0 && (flags & MFD_NOEXEC_SEAL) !== 0) return -EINVAL;
  const name = task.user.cstring(at, MFD_NAME_MAX + 1);
  if (typeof name === 'number') return name === -EFAULT ? name : -EINVAL;
  const noExec = (flags & MFD_NOEXEC_SEAL) !== 0;
  const seals = noExec ? F_SEAL_EXEC : (flags & MFD_ALLOW_SEALING) !== 0 ? 0 : F_SEAL_SEAL;
  const { cred } = task;
  const inode = new MemoryInode(noExec ? 0o666 : 0o777, cred.fsuid, cred.fsgid, seals);
  const file = new MemoryFile(task.kernel.vfs, inode, `/memfd:${name} (deleted)`, O_RDWR);
  const fd = task.files.install(file, (flags & MFD_CLOEXEC) !== 0, task.process.limits.nofile);
  if (fd < 0) file.release();
  return fd;
}

export const copy = {
  copy_file_range: sys(
    ['fd_in: fd', 'off_in: inout u64', 'fd_out: fd', 'off_out: inout u64', 'len: size', 'flags: hex32'],
    'size',
    sysCopyFileRange,
  ),
  sendfile: sys(['out_fd: fd', 'in_fd: fd', 'offset: inout word', 'count: size'], 'size', sysSendfile),
  sendfile64: sys(['out_fd: fd', 'in_fd: fd', 'offset: inout u64', 'count: size'], 'size', sysSendfile64),
  memfd_create: sys(['name: in data', 'flags: hex32'], 'fd', sysMemfdCreate, partial('no MFD_HUGETLB')),
};
