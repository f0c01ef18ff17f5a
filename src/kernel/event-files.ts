/** eventfd, timerfd and signalfd: counters, timers and signals as files. */
import { EAGAIN, EINVAL } from '../abi/errno.js';
import { O_RDWR } from '../abi/fcntl.js';
import { signalfdSiginfo } from '../abi/structs/io.js';
import { anonStat } from './anon.js';
import { PlacelessFile, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from './file.js';
import type { FileStat } from './host/stat.js';
import type { Kernel } from './kernel.js';
import { dequeueSignal } from './signal/deliver.js';
import type { SigInfo } from './signal/info.js';
import { SigSet } from './sigset.js';
import type { Task } from './task.js';
import { Alarm } from './timers.js';
import { WaitQueue } from './wait.js';

/** Largest value an eventfd counter takes (eventfd(2)): one less than the 64-bit maximum. */
const EVENTFD_MAX = 0xffff_ffff_ffff_fffen;

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The counter is 64 bits wide and its limit observable, hence a bigint. */
export class EventFile extends PlacelessFile {
  readonly name = 'anon_inode:[eventfd]';
  readonly #queue = new WaitQueue();
  #count: bigint;
  readonly #semaphore: boolean;

  constructor(initial: number, semaphore: boolean, flags: number) {
    super(O_RDWR | flags);
    this.#count = BigInt(initial);
    this.#semaphore = semaphore;
  }

  get count(): bigint {
    return this.#count;
  }

  override get queue(): WaitQueue {
    return this.#queue;
  }

  override get details(): string {
    return `eventfd-count: ${this.#count.toString(16).padStart(16)}\n`;
  }

  stat(): FileStat {
    return anonStat();
  }

  override read(dst: Uint8Array, _offset: number, task: Task): number {
    if (dst.length < 8) return -EINVAL;
    if (this.#count === 0n) return -EAGAIN;
    const taken = this.#semaphore ? 1n : this.#count;
    this.#count -= taken;
    view(dst).setBigUint64(0, taken, task.abi.littleEndian);
    this.#queue.wake(POLLOUT | POLLWRNORM);
    return 8;
  }

  override write(src: Uint8Array, _offset: number, task: Task): number {
    if (src.length < 8) return -EINVAL;
    const added = view(src).getBigUint64(0, task.abi.littleEndian);
    if (added > EVENTFD_MAX) return -EINVAL;
    if (this.#count + added > EVENTFD_MAX) return -EAGAIN;
    this.#count += added;
    this.#queue.wake(POLLIN | POLLRDNORM);
    return 8;
  }

  override poll(): number {
    const readable = this.#count > 0n ? POLLIN | POLLRDNORM : 0;
    return readable | (this.#count < EVENTFD_MAX ? POLLOUT | POLLWRNORM : 0);
  }
}

export class TimerFile extends PlacelessFile {
  readonly name = 'anon_inode:[timerfd]';
  readonly #queue = new WaitQueue();
  readonly alarm: Alarm;
  /** CLOCK_REALTIME and its kin: absolute times are wall-clock times. */
  readonly isRealtime: boolean;
  #expirations = 0;

  constructor(kernel: Kernel, isRealtime: boolean, flags: number) {
    super(O_RDWR | flags);
    this.isRealtime = isRealtime;
    this.alarm = new Alarm(kernel, (count) => {
      this.#expirations += count;
      this.#queue.wake(POLLIN | POLLRDNORM);
    });
  }

  override get queue(): WaitQueue {
    return this.#queue;
  }

  stat(): FileStat {
    return anonStat();
  }

  /** @param deadline monotonic ns, 0 disarms */
  set(deadline: number, interval: number): void {
    this.#expirations = 0;
    this.alarm.set(deadline, interval);
  }

  override read(dst: Uint8Array, _offset: number, task: Task): number {
    if (dst.length < 8) return -EINVAL;
    if (this.#expirations === 0) return -EAGAIN;
    view(dst).setBigUint64(0, BigInt(this.#expirations), task.abi.littleEndian);
    this.#expirations = 0;
    return 8;
  }

  override poll(): number {
    return this.#expirations > 0 ? POLLIN | POLLRDNORM : 0;
  }

  protected override onClose(): number {
    this.alarm.set(0, 0);
    return 0;
  }
}

/** Signals of whoever reads, as far as they are in the mask. */
export class SignalFile extends PlacelessFile {
  readonly name = 'anon_inode:[signalfd]';
  readonly #kernel: Kernel;
  readonly #idle = new WaitQueue();
  readonly mask: SigSet;

  constructor(kernel: Kernel, mask: SigSet, flags: number) {
    super(O_RDWR | flags);
    this.#kernel = kernel;
    this.mask = mask;
  }

  override get details(): string {
    const word = (bits: number): string => (bits >>> 0).toString(16).padStart(8, '0');
    return `sigmask:\t${word(this.mask.hi)}${word(this.mask.lo)}\n`;
  }

  override get queue(): WaitQueue {
    return this.#kernel.scheduler.current?.process.signalQueue ?? this.#idle;
  }

  stat(): FileStat {
    return anonStat();
  }

  override read(dst: Uint8Array, _offset: number, task: Task): number {
    const layout = signalfdSiginfo.for(task.abi);
    if (dst.length < layout.size) return -EINVAL;
    const others = new SigSet(~this.mask.lo, ~this.mask.hi);
    let done = 0;
    while (done + layout.size <= dst.length) {
      const info = dequeueSignal(task, others);
      if (info === undefined) break;
      layout.write(view(dst), done, fields(info));
      done += layout.size;
    }
    return done === 0 ? -EAGAIN : done;
  }

  override poll(task = this.#kernel.scheduler.current): number {
    if (task === undefined) return 0;
    const { pending, process } = task;
    const lo = (pending.set.lo | process.pending.set.lo) & this.mask.lo;
    const hi = (pending.set.hi | process.pending.set.hi) & this.mask.hi;
    return (lo | hi) !== 0 ? POLLIN | POLLRDNORM : 0;
  }
}

/** siginfo as signalfd tells it (fs/signalfd.c signalfd_copyinfo). */
function fields(info: SigInfo): Record<string, number> {
  const { signo, code, errno, kind, pid, uid, lo, hi, status, utime, stime } = info;
  const head = { ssi_signo: signo, ssi_errno: errno, ssi_code: code };
  const value = (hi >>> 0) * 0x1_0000_0000 + (lo >>> 0);
  switch (kind) {
    case 'kill':
      return { ...head, ssi_pid: pid, ssi_uid: uid };
    case 'rt':
      return { ...head, ssi_pid: pid, ssi_uid: uid, ssi_int: lo, ssi_ptr: value };
    case 'timer':
      return { ...head, ssi_tid: pid, ssi_overrun: status, ssi_int: lo, ssi_ptr: value };
    case 'child':
      return { ...head, ssi_pid: pid, ssi_uid: uid, ssi_status: status, ssi_utime: utime, ssi_stime: stime };
    case 'fault':
      return { ...head, ssi_addr: value };
    case 'poll':
      return { ...head, ssi_band: lo, ssi_fd: pid };
    case 'sys':
      return { ...head, ssi_call_addr: value, ssi_syscall: pid, ssi_arch: status };
  }
}
