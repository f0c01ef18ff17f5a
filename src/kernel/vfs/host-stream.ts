/**
 * Terminals, pipes, sockets and other unseekable files of the host: descriptors 0 to 2 and character devices. Reads never
 * block the thread: what is ready is read at once, else the event loop is asked to tell (host/streams.ts).
 */
import { O_ACCMODE, O_WRONLY } from '../../abi/fcntl.js';
import { EAGAIN, EPIPE } from '../../abi/errno.js';
import { SIGTTIN } from '../../abi/signals.js';
import { type OpenFile, POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../file.js';
import * as host from '../host/fs.js';
import { poll } from '../host/poll.js';
import { emptyStat, type FileStat } from '../host/stat.js';
import { Pump } from '../host/streams.js';
import type { Task } from '../task.js';
import { checkForeground } from '../tty/pty.js';
import { WaitQueue } from '../wait.js';
import type { Blocking } from '../wait.js';
import type { Place, Who } from './file-system.js';
import type { Terminal } from './terminal.js';
import type { Vfs } from './vfs.js';
import { VfsFile } from './vfs-file.js';

/** How long a write to a full non-blocking pipe waits for room before it looks again, in nanoseconds. */
const WRITE_SLICE = 50e6;

export class HostStream extends VfsFile {
  readonly #fd: number;
  readonly #inherited: boolean;
  readonly terminal: Terminal | undefined;
  readonly #queue = new WaitQueue();
  #pump: Pump | undefined;
  /** Read ahead by the pump. */
  #buffer: Uint8Array | undefined;
  #ended = false;
  #error = 0;

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

  override read(dst: Uint8Array, _offset: number, task: Task): number {
    if (this.terminal !== undefined) {
      const stopped = checkForeground(this.terminal, task, SIGTTIN);
      if (stopped < 0) return stopped;
    }
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
    const ready = poll(this.#fd, POLLIN, 0);
    if (ready === 0) {
      if (this.terminal?.readsNothing === true) return 0;
      this.#watch();
      return -EAGAIN;
    }
    const n = host.read(this.#fd, dst, 0, dst.length, host.CURRENT);
    if (n === -EAGAIN) this.#watch();
    return n;
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

  override write(src: Uint8Array, _offset: number, _task: Task): number {
    let done = 0;
    while (done < src.length) {
      const n = host.write(this.#fd, src, done, src.length - done, host.CURRENT);
      if (n >= 0) {
        done += n;
        continue;
      }
      if (n !== -EAGAIN) return done > 0 ? done : n;
      // Somebody made the shared description non-blocking; the guest's own flag is what counts.
      if (this.nonblocking) return done > 0 ? done : n;
      const room = poll(this.#fd, POLLOUT, WRITE_SLICE);
      if (room < 0) return done > 0 ? done : n;
      if ((room & (POLLERR | POLLHUP)) !== 0 && (room & POLLOUT) === 0) return done > 0 ? done : -EPIPE;
    }
    return done;
  }

  override poll(_task?: Task): number {
    let events = 0;
    const { readable, writable } = this;
    if (this.#buffer !== undefined) events |= POLLIN | POLLRDNORM;
    if (this.#ended) events |= POLLIN | POLLRDNORM | POLLHUP;
    if (this.#error !== 0) events |= POLLERR | POLLIN;
    const ask = (readable && events === 0 ? POLLIN : 0) | (writable ? POLLOUT : 0);
    if (ask !== 0) {
      const found = poll(this.#fd, ask, 0);
      // What cannot be polled never blocks.
      events |=
        found < 0 ? (ask & POLLIN) | (ask & POLLOUT) | (readable ? POLLRDNORM : 0) | POLLWRNORM : found;
    }
    if (readable && (events & (POLLIN | POLLHUP | POLLERR)) === 0) this.#watch();
    return events;
  }

  override ioctl(task: Task, request: number, arg: number): number | Blocking {
    return this.terminal === undefined
      ? this.vfs.streamIoctl(this, task, request, arg)
      : this.terminal.ioctl(task, request, arg, this);
  }

  /** Bytes that a read would give at once, as far as we can know (FIONREAD). */
  get pendingBytes(): number {
    return this.#buffer?.length ?? 0;
  }

  /** Forgets input that was read ahead (TCIFLUSH). */
  dropInput(): void {
    this.#buffer = undefined;
  }

  override reopen(who: Who, flags: number): OpenFile | number {
    if (((flags ^ this.flags) & O_ACCMODE) === 0 || (flags & O_ACCMODE) === O_WRONLY) return this.retain();
    const path = this.vfs.fdPath(this.#fd);
    if (path === undefined) return this.vfs.openPlace(who, this.place, flags, 0);
    return this.retain();
  }

  protected override onClose(): number {
    super.onClose();
    this.#pump?.close();
    return this.#inherited ? 0 : this.vfs.closeHost(this.#fd);
  }
}
