/**
 * Pipes and FIFOs (fs/pipe.c): a ring of bytes with two kinds of end. Writes of up to PIPE_BUF bytes are atomic; larger
 * ones fill what room there is. O_DIRECT's packet mode keeps the boundaries of writes.
 */
import { EAGAIN, EBADF, EBUSY, EFAULT, EINVAL, ENOTTY, EPERM, EPIPE } from '../abi/errno.js';
import { O_RDONLY, O_WRONLY } from '../abi/fcntl.js';
import { newInode, pipeStat } from './anon.js';
import { OpenFile, POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from './file.js';
import type { FileStat } from './host/stat.js';
import type { Task } from './task.js';
import { WaitQueue } from './wait.js';

/** Largest write that is atomic, bytes (include/uapi/linux/limits.h). */
export const PIPE_BUF = 4096;
const DEFAULT_CAPACITY = 65536;
/** /proc/sys/fs/pipe-max-size */
const MAX_CAPACITY = 1 << 20;
const FIONREAD = 0x541b;

export class Pipe {
  readonly ino = newInode();
  readonly queue = new WaitQueue();
  #ring: Uint8Array;
  #start = 0;
  /** Bytes in the ring. */
  used = 0;
  capacity = DEFAULT_CAPACITY;
  /** Lengths of the packets in the ring, in packet mode (O_DIRECT). */
  #packets: number[] = [];
  readers = 0;
  writers = 0;
  /** Counts opens for writing, so that a FIFO's reader knows whether there ever was a writer. */
  writersEver = 0;
  readersEver = 0;

  constructor() {
    // Small pipes carry most traffic; the ring grows to `capacity` when it is needed.
    this.#ring = new Uint8Array(PIPE_BUF);
  }

  get room(): number {
    return this.capacity - this.used;
  }

  #grow(needed: number): void {
    if (needed <= this.#ring.length) return;
    let size = this.#ring.length;
    while (size < needed) size *= 2;
    const ring = new Uint8Array(Math.min(size, Math.max(this.capacity, needed)));
    this.#peek(ring, this.used, 0);
    this.#ring = ring;
    this.#start = 0;
  }

  /** Copies `count` bytes from `skip` bytes behind the start into `dst`. */
  #peek(dst: Uint8Array, count: number, skip: number): void {
    const ring = this.#ring;
    const from = (this.#start + skip) % ring.length;
    const first = Math.min(count, ring.length - from);
    dst.set(ring.subarray(from, from + first));
    if (first < count) dst.set(ring.subarray(0, count - first), first);
  }

  /** Copies without consuming (tee). @returns bytes */
  peek(dst: Uint8Array): number {
    const count = Math.min(dst.length, this.used);
    this.#peek(dst, count, 0);
    return count;
  }

  /** @returns bytes, 0 when empty and no writer is left, -EAGAIN when empty */
  read(dst: Uint8Array): number {
    if (this.used === 0) return this.writers === 0 ? 0 : -EAGAIN;
    let count = Math.min(dst.length, this.used);
    let consumed = count;
    if (this.#packets.length > 0) {
      // What does not fit of a packet is lost (pipe(2), O_DIRECT).
      consumed = this.#packets[0] as number;
      count = Math.min(count, consumed);
      this.#packets.shift();
    }
    this.#peek(dst, count, 0);
    const wasFull = this.room < PIPE_BUF;
    this.used -= consumed;
    this.#start = this.used === 0 ? 0 : (this.#start + consumed) % this.#ring.length;
    if (wasFull || this.used === 0) this.queue.wake(POLLOUT | POLLWRNORM);
    return count;
  }

  /** @returns bytes (fewer than given when larger than PIPE_BUF and there is no more room), -EAGAIN, -EPIPE */
  write(src: Uint8Array, packets = false): number {
    if (this.readers === 0) return -EPIPE;
    const { room } = this;
    if (room === 0 || (src.length <= PIPE_BUF && src.length > room)) return -EAGAIN;
    const count = Math.min(src.length, room, packets ? PIPE_BUF : Infinity);
    this.#grow(this.used + count);
    const ring = this.#ring;
    const at = (this.#start + this.used) % ring.length;
    const first = Math.min(count, ring.length - at);
    ring.set(first === src.length ? src : src.subarray(0, first), at);
    if (first < count) ring.set(src.subarray(first, count), 0);
    this.used += count;
    if (packets) this.#packets.push(count);
    this.queue.wake(POLLIN | POLLRDNORM);
    return count;
  }

  /** F_SETPIPE_SZ: @returns the new capacity or -errno */
  resize(wanted: number, privileged: boolean): number {
    if (wanted < 0 || wanted > 2 ** 31) return -EINVAL;
    let size = PIPE_BUF;
    while (size < wanted) size *= 2;
    if (size > MAX_CAPACITY && !privileged) return -EPERM;
    if (size < this.used) return -EBUSY;
    this.capacity = size;
    this.queue.wake(POLLOUT | POLLWRNORM);
    return size;
  }

  opened(reads: boolean, writes: boolean): void {
    if (reads) {
      this.readers++;
      this.readersEver++;
    }
    if (writes) {
      this.writers++;
      this.writersEver++;
    }
    this.queue.wake();
  }

  closed(reads: boolean, writes: boolean): void {
    if (reads) this.readers--;
    if (writes) this.writers--;
    this.queue.wake(POLLHUP | POLLERR | POLLIN | POLLOUT);
  }
}

const O_DIRECT = 0o40000;

/** One end (or, for a FIFO opened O_RDWR, both ends) of a pipe. */
export class PipeEnd extends OpenFile {
  readonly pipe: Pipe;
  readonly name: string;
  readonly #stat: (() => FileStat | number) | undefined;

  /** @param named a FIFO's path and what stat says of it */
  constructor(pipe: Pipe, flags: number, named?: { readonly path: string; stat(): FileStat | number }) {
    super(flags);
    this.pipe = pipe;
    this.name = named?.path ?? `pipe:[${pipe.ino}]`;
    this.#stat = named === undefined ? undefined : () => named.stat();
    pipe.opened(this.readable, this.writable);
  }

  override get queue(): WaitQueue {
    return this.pipe.queue;
  }

  override read(dst: Uint8Array, _offset: number, _task: Task): number {
    if (!this.readable) return -EBADF;
    if (dst.length === 0) return 0;
    return this.pipe.read(dst);
  }

  override write(src: Uint8Array, _offset: number, _task: Task): number {
    if (!this.writable) return -EBADF;
    if (src.length === 0) return 0;
    return this.pipe.write(src, (this.flags & O_DIRECT) !== 0);
  }

  override poll(): number {
    const { pipe } = this;
    let bits = 0;
    if (this.readable) {
      if (pipe.used > 0) bits |= POLLIN | POLLRDNORM;
      if (pipe.writers === 0 && pipe.writersEver > 0) bits |= POLLHUP;
    }
    if (this.writable) {
      if (pipe.room >= PIPE_BUF) bits |= POLLOUT | POLLWRNORM;
      if (pipe.readers === 0) bits |= POLLERR;
    }
    return bits;
  }

  override ioctl(task: Task, request: number, arg: number): number {
    if (request === FIONREAD) return task.user.writeI32(arg, this.pipe.used) ? 0 : -EFAULT;
    return -ENOTTY;
  }

  stat(): FileStat | number {
    return this.#stat?.() ?? pipeStat(this.pipe.ino);
  }

  protected override onClose(): number {
    this.pipe.closed(this.readable, this.writable);
    return 0;
  }
}

/** pipe2(2): the reading and the writing end. `flags`: O_NONBLOCK, O_DIRECT. */
export function makePipe(flags: number): [PipeEnd, PipeEnd] {
  const pipe = new Pipe();
  return [new PipeEnd(pipe, O_RDONLY | flags), new PipeEnd(pipe, O_WRONLY | flags)];
}
