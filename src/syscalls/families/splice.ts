/** Moving data between pipes and files: splice, tee, vmsplice. */
import { EAGAIN, EBADF, EFAULT, EINVAL, ERESTARTSYS, ESPIPE } from '../../abi/errno.js';
import { O_APPEND } from '../../abi/fcntl.js';
import type { OpenFile } from '../../kernel/file.js';
import { PipeEnd } from '../../kernel/pipe.js';
import type { Task } from '../../kernel/task.js';
import { type Blocking, INTERRUPTED, waitFor, type WaitQueue } from '../../kernel/wait.js';
import { sys } from '../row.js';
import { finishWrite, MAX_RW_COUNT } from '../files.js';
import { fileIo } from './file-io.js';

/** include/linux/splice.h */
const SPLICE_F_NONBLOCK = 0x02;
const SPLICE_F_ALL = 0x0f;
const CHUNK = 65536;

/** Repeats `step` until it answers something other than -EAGAIN. */
function* repeat(files: readonly OpenFile[], step: () => number): Blocking {
  const queues = files.map((file) => file.queue).filter((queue): queue is WaitQueue => queue !== undefined);
  for (const file of files) file.retain();
  try {
    for (;;) {
      const why = yield* waitFor(queues);
      const n = step();
      if (n !== -EAGAIN) return n;
      if (why === INTERRUPTED) return -ERESTARTSYS;
    }
  } finally {
    for (const file of files) file.release();
  }
}

/** An offset argument: undefined without a pointer, else where to begin. */
function offsetAt(task: Task, file: OpenFile, addr: number): number | undefined {
  if (addr === 0) return undefined;
  if (file instanceof PipeEnd) return -ESPIPE;
  if (!file.seekable) return -EINVAL;
  const at = task.user.readI64(addr);
  return at === undefined ? -EFAULT : at < 0 ? -EINVAL : at;
}

/** Moves what can be moved now out of a pipe; what the target does not take stays in the pipe. */
function fromPipe(task: Task, pipe: PipeEnd, to: OpenFile, length: number, offset: number): number {
  const bytes = new Uint8Array(Math.min(length, CHUNK));
  const n = pipe.pipe.peek(bytes);
  if (n === 0) return pipe.pipe.writers === 0 ? 0 : -EAGAIN;
  const written = to.write(bytes.subarray(0, n), offset, task);
  if (written > 0) pipe.pipe.read(bytes.subarray(0, written));
  return written;
}

/** Moves what there is room for into a pipe. */
function intoPipe(task: Task, from: OpenFile, pipe: PipeEnd, length: number, offset: number): number {
  const { room } = pipe.pipe;
  if (pipe.pipe.readers === 0) return pipe.write(new Uint8Array(1), -1, task);
  if (room === 0) return -EAGAIN;
  const bytes = new Uint8Array(Math.min(length, CHUNK, room));
  const n = from.read(bytes, offset, task);
  return n <= 0 ? n : pipe.pipe.write(bytes.subarray(0, n));
}

function sysSplice(
  task: Task,
  fdIn: number,
  offIn: number,
  fdOut: number,
  offOut: number,
  length: number,
  flags: number,
): number | Blocking {
  if ((flags & ~SPLICE_F_ALL) !== 0) return -EINVAL;
  const from = task.files.get(fdIn);
  const to = task.files.get(fdOut);
  if (from?.readable !== true || to?.writable !== true) return -EBADF;
  if (length === 0) return 0;
  if (!(from instanceof PipeEnd) && !(to instanceof PipeEnd)) return -EINVAL;
  if (from instanceof PipeEnd && to instanceof PipeEnd && from.pipe === to.pipe) return -EINVAL;
  const start = offsetAt(task, from, offIn);
  const target = offsetAt(task, to, offOut);
  if (start !== undefined && start < 0) return start;
  if (target !== undefined && target < 0) return target;
  if (!(to instanceof PipeEnd) && (to.flags & O_APPEND) !== 0) return -EINVAL;
  const want = Math.min(length, MAX_RW_COUNT);
  const step = (): number => {
    let n = -EINVAL;
    if (from instanceof PipeEnd) n = fromPipe(task, from, to, want, target ?? -1);
    else if (to instanceof PipeEnd) n = intoPipe(task, from, to, want, start ?? -1);
    if (n < 0) return n === -EAGAIN ? n : finishWrite(task, n);
    if (start !== undefined && !task.user.writeU64(offIn, start + n)) return -EFAULT;
    if (target !== undefined && !task.user.writeU64(offOut, target + n)) return -EFAULT;
    return n;
  };
  return now(step, [from, to], (flags & SPLICE_F_NONBLOCK) !== 0 || from.nonblocking || to.nonblocking);
}

function now(step: () => number, files: readonly OpenFile[], nonblocking: boolean): number | Blocking {
  const n = step();
  return n !== -EAGAIN || nonblocking ? n : repeat(files, step);
}

function sysTee(task: Task, fdIn: number, fdOut: number, length: number, flags: number): number | Blocking {
  if ((flags & ~SPLICE_F_ALL) !== 0) return -EINVAL;
  const from = task.files.get(fdIn);
  const to = task.files.get(fdOut);
  if (from?.readable !== true || to?.writable !== true) return -EBADF;
  if (!(from instanceof PipeEnd) || !(to instanceof PipeEnd) || from.pipe === to.pipe) return -EINVAL;
  if (length === 0) return 0;
  const step = (): number => {
    if (to.pipe.readers === 0) return finishWrite(task, to.write(new Uint8Array(1), -1, task));
    const bytes = new Uint8Array(Math.min(length, CHUNK, to.pipe.room));
    if (bytes.length === 0) return -EAGAIN;
    const n = from.pipe.peek(bytes);
    if (n === 0) return from.pipe.writers === 0 ? 0 : -EAGAIN;
    return to.pipe.write(bytes.subarray(0, n));
  };
  return now(step, [from, to], (flags & SPLICE_F_NONBLOCK) !== 0 || from.nonblocking || to.nonblocking);
}

/** Pages are never really given away: a copy is what the pipe holds. */
function sysVmsplice(task: Task, fd: number, vec: number, count: number, flags: number): number | Blocking {
  if ((flags & ~SPLICE_F_ALL) !== 0) return -EINVAL;
  const file = task.files.get(fd);
  if (!(file instanceof PipeEnd)) return -EBADF;
  const call = file.writable ? fileIo.writev : fileIo.readv;
  return call.handler(task, fd, vec, count);
}

export const splicing = {
  splice: sys(
    ['fd_in: fd', 'off_in: inout u64', 'fd_out: fd', 'off_out: inout u64', 'len: size', 'flags: hex32'],
    'size',
    sysSplice,
  ),
  tee: sys(['fd_in: fd', 'fd_out: fd', 'len: size', 'flags: hex32'], 'size', sysTee),
  vmsplice: sys(['fd: fd', 'iov: in iovecs', 'nr_segs: ulong', 'flags: hex32'], 'size', sysVmsplice),
};
