/**
 * Terminals, pipes, sockets and other unseekable files of the host: descriptors 0 to 2, character devices, FIFOs with a
 * program outside. Nothing here blocks the thread for long.
 *
 * Pipes and terminals that were handed to us are opened anew with O_NONBLOCK: the description we share with others stays as
 * it is. Where that cannot be done (sockets, hosts without /proc) reads go through the event loop alone, and a moment's
 * waiting poll tells whether a write would block.
 *
 * Readiness for reading is found by reading ahead, at most a buffer full, since the host tells in no cheaper way.
 */
import { O_ACCMODE, O_NONBLOCK, O_RDONLY, O_WRONLY, S_IFIFO, S_IFMT, S_IFSOCK } from '../../abi/fcntl.js';
import { EAGAIN, EFAULT, ENOTTY, EPIPE } from '../../abi/errno.js';
import { SIGTTIN } from '../../abi/signals.js';
import { IOCTLS } from '../../abi/terminal.js';
import { type OpenFile, POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../file.js';
import * as host from '../host/fs.js';
import { after } from '../host/loop.js';
import { poll } from '../host/poll.js';
import { emptyStat, type FileStat } from '../host/stat.js';
import { Pump } from '../host/streams.js';
import type { Task } from '../task.js';
import { checkForeground } from '../tty/foreground.js';
import { WaitQueue } from '../wait.js';
import type { Blocking } from '../wait.js';
import type { Place, Who } from './file-system.js';
import type { Terminal } from './terminal.js';
import type { Vfs } from './vfs.js';
import { VfsFile } from './vfs-file.js';

/** Shortest wait that lets the host's poll look at descriptors at all, in nanoseconds (host/poll.ts). */
const MOMENT = 1e6;
/** A task that waits for room in a pipe looks again after this many milliseconds, first and at most. */
const FIRST_LOOK = 1;
const LAST_LOOK = 50;
/** Bytes read ahead to find out whether there are any. */
const READ_AHEAD = 4096;

export class HostStream extends VfsFile {
  readonly #fd: number;
  readonly #inherited: boolean;
  readonly terminal: Terminal | undefined;
  readonly #queue = new WaitQueue();
  #pump: Pump | undefined;
  /** Read ahead. */
  #buffer: Uint8Array | undefined;
  #ended = false;
  #error = 0;
  /** Descriptors of our own for reading and writing without blocking; -1: there is none. */
  #input: number | undefined;
  #output: number | undefined;
  /** The last write found no room. */
  #full = false;
  #cancelLook: (() => void) | undefined;

  constructor(
    vfs: Vfs,
    place: Place,
    flags: number,
    fd: number,
    terminal: Terminal | undefined,
    inherited: boolean,
  ) {
    super(vfs, place, flags);
    this.#fd = fd;
    this.terminal = terminal;
    this.#inherited = inherited;
    // What we open ourselves is opened non-blocking.
    if (!inherited) this.#input = this.#output = fd;
  }

  override get hostFd(): number {
    return this.#fd;
  }
  override get queue(): WaitQueue {
    return this.#queue;
  }

  override stat(): FileStat | number {
    const st = emptyStat();
    const error = host.fstat(this.#fd, st);
    return error < 0 ? error : st;
  }

  get #type(): number {
    return this.place.mode & S_IFMT;
  }

  /** Opens what an inherited descriptor refers to once more, without blocking. -1 when that cannot be. */
  #again(access: number): number {
    const path = this.vfs.fdPath(this.#fd);
    const fd = path === undefined ? -1 : host.open(path, access | O_NONBLOCK, 0);
    return fd < 0 ? -1 : fd;
  }

  // ---- reading ----

  override read(dst: Uint8Array, _offset: number, task: Task): number {
    if (this.terminal !== undefined) {
      const stopped = checkForeground(this.terminal, task, SIGTTIN);
      if (stopped < 0) return stopped;
    }
    return this.readAvailable(dst, false);
  }

  /** What there is, or -EAGAIN and the queue is woken when there is something. @param peek leave it to be read again */
  readAvailable(dst: Uint8Array, peek: boolean): number {
    if (peek) this.#lookAhead();
    const kept = peek ? this.#buffer : undefined;
    const n = this.#take(dst);
    if (kept !== undefined) this.#buffer = kept;
    if (n !== -EAGAIN) return n;
    if (this.terminal?.readsNothing === true) return 0;
    this.#watch();
    return n;
  }

  /** What was read ahead, or what there is now. */
  #take(dst: Uint8Array): number {
    const kept = this.#buffer;
    if (kept !== undefined) {
      const n = Math.min(kept.length, dst.length);
      dst.set(kept.subarray(0, n));
      this.#buffer = n === kept.length ? undefined : kept.subarray(n);
      return n;
    }
    if (this.#error !== 0) {
      const error = this.#error;
      this.#error = 0;
      return error;
    }
    if (this.#ended) {
      // A terminal's end of file (^D) is no state: the next read waits again.
      this.#ended = this.terminal === undefined;
      return 0;
    }
    return this.#readNow(dst);
  }

  #readNow(dst: Uint8Array): number {
    if (this.#type === S_IFSOCK) return -EAGAIN;
    this.#input ??= this.#again(O_RDONLY);
    if (this.#input < 0 && poll(this.#fd, POLLIN, MOMENT) === 0) return -EAGAIN;
    return host.read(this.#input < 0 ? this.#fd : this.#input, dst, 0, dst.length, host.CURRENT);
  }

  /** Reads ahead unless something is known already. */
  #lookAhead(): void {
    if (this.#buffer !== undefined || this.#ended || this.#error !== 0 || this.#pump?.running === true)
      return;
    const bytes = new Uint8Array(READ_AHEAD);
    const n = this.#readNow(bytes);
    if (n > 0) this.#buffer = bytes.subarray(0, n);
    else if (n === 0) this.#ended = true;
    else if (n === -EAGAIN) this.#watch();
    else this.#error = n;
  }

  /** Asks the event loop to wake the queue when there is input. */
  #watch(): void {
    this.#pump ??= new Pump(this.#fd, this.terminal !== undefined, {
      data: (bytes) => {
        this.#buffer = bytes;
        this.#queue.wake(POLLIN | POLLRDNORM);
      },
      end: () => {
        this.#ended = true;
        this.#queue.wake(POLLIN | POLLRDNORM | POLLHUP);
      },
      error: (errno) => {
        this.#error = errno;
        this.#queue.wake(POLLIN | POLLERR);
      },
    });
    this.#pump.start();
  }

  /** For a FIFO: data or a writer has come. An end of file that a read would find proves nothing before that. */
  hasPeer(): boolean {
    if (this.#buffer !== undefined || this.#ended || poll(this.#fd, POLLIN, MOMENT) > 0) return true;
    this.#watch();
    return false;
  }

  /** Bytes that a read would give at once, as far as they are known (FIONREAD). */
  get pendingBytes(): number {
    this.#lookAhead();
    return this.#buffer?.length ?? 0;
  }

  /** Forgets input that was read ahead (TCIFLUSH). */
  dropInput(): void {
    this.#buffer = undefined;
  }

  // ---- writing ----

  override write(src: Uint8Array, _offset: number, task: Task): number {
    if (this.terminal !== undefined) {
      const stopped = this.terminal.checkWrite(task);
      if (stopped < 0) return stopped;
    }
    if (this.#output === undefined) this.#output = this.#type === S_IFIFO ? this.#again(O_WRONLY) : -1;
    const fd = this.#output < 0 ? this.#fd : this.#output;
    let done = 0;
    while (done < src.length) {
      const n = host.write(fd, src, done, src.length - done, host.CURRENT);
      if (n >= 0) {
        done += n;
        this.#full = false;
        continue;
      }
      if (n !== -EAGAIN) return done > 0 ? done : n;
      // Most readers are quick: a moment's patience is cheaper than going round the event loop.
      const room = this.nonblocking ? 0 : poll(fd, POLLOUT, MOMENT);
      if (room > 0 && (room & POLLOUT) === 0) return done > 0 ? done : -EPIPE;
      if (room <= 0) {
        this.#full = true;
        this.#watchOutput();
        return done > 0 ? done : -EAGAIN;
      }
    }
    return done;
  }

  /** Looks now and then whether there is room again, and wakes the queue when there is. */
  #watchOutput(delay = FIRST_LOOK): void {
    if (this.#cancelLook !== undefined) return;
    this.#cancelLook = after(delay, () => {
      this.#cancelLook = undefined;
      if (this.#queue.empty) return;
      if (poll(this.#fd, POLLOUT, MOMENT) === 0) this.#watchOutput(Math.min(delay * 2, LAST_LOOK));
      else {
        this.#full = false;
        this.#queue.wake(POLLOUT | POLLWRNORM);
      }
    });
  }

  // ---- both ----

  override poll(_task?: Task): number {
    let events = 0;
    if (this.readable) {
      this.#lookAhead();
      if (this.#buffer !== undefined) events |= POLLIN | POLLRDNORM;
      if (this.#ended) events |= POLLIN | POLLRDNORM | (this.terminal === undefined ? POLLHUP : 0);
      if (this.#error !== 0) events |= POLLERR | POLLIN;
    }
    if (this.writable) {
      if (this.#full) this.#watchOutput();
      // With room this answers at once, and tells when nobody reads any more; what cannot be polled never blocks.
      else if (this.#type === S_IFIFO) {
        const found = poll(this.#fd, POLLOUT, MOMENT);
        if (found === 0) {
          this.#full = true;
          this.#watchOutput();
        } else events |= found < 0 ? POLLOUT | POLLWRNORM : found;
      } else events |= POLLOUT | POLLWRNORM;
    }
    return events;
  }

  override ioctl(task: Task, request: number, arg: number): number | Blocking {
    if (this.terminal !== undefined) return this.terminal.ioctl(task, request, arg, this);
    if (request !== IOCTLS.TIOCINQ || !this.readable) return -ENOTTY;
    return task.user.writeI32(arg, this.pendingBytes) ? 0 : -EFAULT;
  }

  override reopen(who: Who, flags: number): OpenFile | number {
    if (((flags ^ this.flags) & O_ACCMODE) === 0 || (flags & O_ACCMODE) === O_WRONLY) return this.retain();
    return this.vfs.fdPath(this.#fd) === undefined
      ? this.vfs.openPlace(who, this.place, flags, 0)
      : this.retain();
  }

  protected override onClose(): number {
    super.onClose();
    this.#pump?.close();
    this.#cancelLook?.();
    for (const fd of new Set([this.#input ?? -1, this.#output ?? -1])) {
      if (fd >= 0 && fd !== this.#fd) this.vfs.closeHost(fd);
    }
    return this.#inherited ? 0 : this.vfs.closeHost(this.#fd);
  }
}
