/**
 * Readiness of the host's terminals, pipes and sockets through Node's event loop. A pump reads one chunk when the
 * descriptor becomes readable, hands it over and stops: what it has read is kept for the guest's next read. Nothing is
 * read while nobody waits, so at most one chunk is taken from programs that share the descriptor.
 */
import process from 'node:process';
import type * as Net from 'node:net';
import type * as Tty from 'node:tty';
import { hostError } from './errno.js';
import { FD_PATHS, close, open } from './fs.js';

const O_NONBLOCK = 0o4000;
/** Bytes a pump takes at most: a full line of a terminal in canonical mode, a page of a pipe. */
const CHUNK = 4096;

export interface PumpEvents {
  data(bytes: Uint8Array): void;
  end(): void;
  /** @param errno negative */
  error(errno: number): void;
}

/** Watches one descriptor for input. `start` may be called again after every event. */
export class Pump {
  readonly #fd: number;
  readonly #terminal: boolean;
  readonly #events: PumpEvents;
  #stream: Net.Socket | Tty.ReadStream | undefined;
  /** Descriptor of our own that the stream reads, closed with it. */
  #running = false;

  constructor(fd: number, terminal: boolean, events: PumpEvents) {
    this.#fd = fd;
    this.#terminal = terminal;
    this.#events = events;
  }

  get running(): boolean {
    return this.#running;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    try {
      (this.#stream ??= this.#open()).resume();
    } catch (error) {
      this.#running = false;
      this.#events.error(hostError(error));
    }
  }

  stop(): void {
    if (!this.#running) return;
    this.#running = false;
    this.#stream?.pause();
  }

  close(): void {
    this.#running = false;
    const stream = this.#stream;
    this.#stream = undefined;
    // A stream on the guest's own descriptor must not close it; libuv never closes 0 to 2, nor a terminal it reopened.
    if (stream !== undefined && (this.#owned || this.#terminal || this.#fd <= 2)) stream.destroy();
    else stream?.pause();
  }

  #owned = false;

  #open(): Net.Socket | Tty.ReadStream {
    const onread = {
      buffer: new Uint8Array(CHUNK),
      callback: (length: number, buffer: Uint8Array): boolean => {
        this.#running = false;
        this.#events.data(buffer.slice(0, length));
        return this.#running;
      },
    };
    let stream: Net.Socket | Tty.ReadStream;
    if (this.#terminal) {
      // libuv opens the terminal anew, so that O_NONBLOCK stays our own.
      const tty = process.getBuiltinModule('node:tty');
      stream = new tty.ReadStream(this.#fd, { onread } as object);
    } else {
      const net = process.getBuiltinModule('node:net');
      // A pipe opened anew has an open file description of its own: O_NONBLOCK is not seen by those who share ours.
      const own = FD_PATHS === '' ? -1 : open(`${FD_PATHS}${this.#fd}`, O_NONBLOCK, 0);
      this.#owned = own >= 0;
      try {
        stream = new net.Socket({
          fd: own < 0 ? this.#fd : own,
          readable: true,
          writable: false,
          onread,
        } as object);
      } catch (error) {
        if (own >= 0) close(own);
        throw error;
      }
    }
    // A stream does not survive its end; a terminal does (^D), and so does a FIFO whose writers come and go.
    stream.on('end', () => {
      this.close();
      this.#events.end();
    });
    stream.on('error', (error) => {
      this.close();
      this.#events.error(hostError(error));
    });
    return stream;
  }
}
