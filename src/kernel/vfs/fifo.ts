/**
 * Named pipes. The bytes between guest processes go through a pipe of ours, keyed by the FIFO's inode. A program of the
 * host at the other end is served, too: whoever opens a FIFO and has to wait for a peer also tries the host's own, and
 * takes the peer that comes first.
 */
import { O_ACCMODE, O_NONBLOCK, O_RDONLY, O_WRONLY, R_OK, W_OK } from '../../abi/fcntl.js';
import { ENXIO, ERESTARTSYS } from '../../abi/errno.js';
import type { OpenFile } from '../file.js';
import { hostClock } from '../host/clock.js';
import * as host from '../host/fs.js';
import { emptyStat, type FileStat } from '../host/stat.js';
import { Pipe, PipeEnd } from '../pipe.js';
import { type Blocking, INTERRUPTED, waitFor } from '../wait.js';
import type { Place, Who } from './file-system.js';
import { HostStream } from './host-stream.js';
import type { Vfs } from './vfs.js';

/** How long a waiting writer sleeps before it looks for a reader on the host, in nanoseconds: first and at most. */
const FIRST_LOOK = 5e6;
const LAST_LOOK = 200e6;

export class FifoEnd extends PipeEnd {
  readonly #table: FifoTable;
  readonly #id: string;
  /** Opens of the other kind when this one was made. */
  readonly #seen: number;
  readonly place: Place;

  constructor(table: FifoTable, id: string, pipe: Pipe, place: Place, flags: number) {
    super(pipe, flags, { path: place.guest, stat: () => statOf(place) });
    this.#table = table;
    this.#id = id;
    this.place = place;
    this.#seen = this.readable ? pipe.writersEver : pipe.readersEver;
  }

  /** Somebody has the other end open, or had since we opened ours: open(2) may return. */
  isConnected(): boolean {
    const { pipe, readable, writable } = this;
    if (readable && writable) return true;
    return readable
      ? pipe.writers > 0 || pipe.writersEver !== this.#seen
      : pipe.readers > 0 || pipe.readersEver !== this.#seen;
  }

  protected override onClose(): number {
    const result = super.onClose();
    this.#table.drop(this.#id, this.pipe);
    return result;
  }
}

function statOf(place: Place): FileStat | number {
  const st = emptyStat();
  const error = host.lstat(place.path, st);
  return error < 0 ? error : st;
}

export class FifoTable {
  readonly #vfs: Vfs;
  readonly #pipes = new Map<string, Pipe>();

  constructor(vfs: Vfs) {
    this.#vfs = vfs;
  }

  /** An end of the FIFO at `place`; a blocking open has yet to wait until it is connected. */
  open(_who: Who, place: Place, flags: number): OpenFile | number {
    const st = statOf(place);
    if (typeof st === 'number') return st;
    const access = flags & O_ACCMODE;
    const denied = host.access(
      place.path,
      (access !== O_WRONLY ? R_OK : 0) | (access !== O_RDONLY ? W_OK : 0),
    );
    if (denied < 0) return denied;
    const id = `${st.dev}:${st.ino}`;
    const pipe = this.#pipes.get(id) ?? new Pipe();
    if (access === O_WRONLY && pipe.readers === 0) {
      const stream = this.#hostWriter(place, flags);
      if (typeof stream !== 'number') return stream;
      if ((flags & O_NONBLOCK) !== 0) return -ENXIO;
    }
    this.#pipes.set(id, pipe);
    return new FifoEnd(this, id, pipe, place, flags);
  }

  /** A writer on the host's FIFO, when somebody outside has it open for reading. */
  #hostWriter(place: Place, flags: number): HostStream | number {
    const fd = host.open(place.path, O_WRONLY | O_NONBLOCK, 0);
    return fd < 0 ? fd : new HostStream(this.#vfs, place, flags, fd, undefined, false);
  }

  drop(id: string, pipe: Pipe): void {
    if (pipe.readers === 0 && pipe.writers === 0 && this.#pipes.get(id) === pipe) this.#pipes.delete(id);
  }

  /** Finishes a blocking open: waits for a peer inside or outside. Takes over the reference of `end`. */
  *connect(end: FifoEnd): Blocking<OpenFile | number> {
    let outside: HostStream | undefined;
    let look = FIRST_LOOK;
    try {
      while (!end.isConnected()) {
        if (end.readable && outside === undefined) {
          const fd = host.open(end.place.path, O_RDONLY | O_NONBLOCK, 0);
          if (fd >= 0) outside = new HostStream(this.#vfs, end.place, end.flags, fd, undefined, false);
        }
        if (outside?.hasPeer() === true) {
          const stream = outside;
          outside = undefined;
          end.release();
          return stream;
        }
        if (end.writable) {
          const stream = this.#hostWriter(end.place, end.flags);
          if (typeof stream !== 'number') {
            end.release();
            return stream;
          }
        }
        const queues = outside === undefined ? [end.pipe.queue] : [end.pipe.queue, outside.queue];
        const deadline = end.writable ? hostClock.monotonic() + look : Infinity;
        look = Math.min(look * 2, LAST_LOOK);
        if ((yield* waitFor(queues, deadline)) === INTERRUPTED && !end.isConnected()) {
          end.release();
          return -ERESTARTSYS;
        }
      }
      return end;
    } finally {
      outside?.release();
    }
  }
}
