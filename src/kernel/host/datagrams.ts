/** UDP sockets of the host, through Node's event loop. What arrives is kept here until the guest reads it. */
import process from 'node:process';
import type * as Dgram from 'node:dgram';
import { hostError } from './errno.js';
import type { Endpoint } from './net.js';

/** A datagram of the host's network. */
export interface Datagram {
  readonly data: Uint8Array;
  readonly from: Endpoint;
}

/** A call of Node's that changes a socket. */
export type Setting = (socket: Dgram.Socket) => void;

/** A UDP socket of the host. */
export class HostDatagrams {
  readonly #socket: Dgram.Socket;
  readonly #queue: Datagram[] = [];
  readonly #limit: number;
  readonly #changed: () => void;
  #bytes = 0;
  #bound = false;
  #connected = false;
  /** Positive errno of what went wrong, 0: nothing. */
  error = 0;

  /** @param limit bytes kept; what arrives beyond them is lost, as UDP may */
  constructor(v6: boolean, reuse: boolean, v6only: boolean, limit: number, changed: () => void) {
    const dgram = process.getBuiltinModule('node:dgram');
    this.#limit = limit;
    this.#changed = changed;
    this.#socket = dgram.createSocket({
      type: v6 ? 'udp6' : 'udp4',
      reuseAddr: reuse,
      ipv6Only: v6only,
      // Addresses are numbers already. Answered at once, a datagram leaves before send returns, and close cannot lose it.
      lookup: (host, _options, callback) => {
        callback(null, host, v6 ? 6 : 4);
      },
    });
    this.#socket.on('message', (data: Uint8Array, from) => {
      this.deliver({ data, from: { host: from.address, port: from.port } });
    });
    this.#socket.on('error', (error) => {
      this.error = -hostError(error);
      changed();
    });
    this.#socket.unref();
  }

  /** Binds at once, which Node does when there is nothing to look up. @returns what was bound, or -errno */
  bind(at: Endpoint): Endpoint | number {
    this.#socket.once('listening', () => {
      this.#bound = true;
    });
    this.#socket.bind({ address: at.host, port: at.port, exclusive: true });
    if (this.#bound) return this.address;
    const failed = -this.error;
    this.error = 0;
    return failed;
  }

  get bound(): boolean {
    return this.#bound;
  }
  /** Of a bound socket. Connecting narrows the wildcard to an address of the host. */
  get address(): Endpoint {
    const { address, port } = this.#socket.address();
    return { host: address, port };
  }

  /** Sends and receives only to and from there; that nobody listens there becomes an error. Resolves to 0 or -errno. */
  async connect(to: Endpoint): Promise<number> {
    this.disconnect();
    return new Promise((resolve) => {
      this.#socket.connect(to.port, to.host, (error?: unknown) => {
        this.#connected = error === undefined || error === null;
        resolve(this.#connected ? 0 : hostError(error));
      });
    });
  }

  disconnect(): void {
    if (this.#connected) this.#socket.disconnect();
    this.#connected = false;
  }

  get next(): Datagram | undefined {
    return this.#queue[0];
  }

  take(): void {
    const first = this.#queue.shift();
    if (first !== undefined) this.#bytes -= first.data.length;
  }

  /** Takes in a datagram that is ours to keep. */
  deliver(datagram: Datagram): void {
    const { length } = datagram.data;
    if (this.#bytes + length > this.#limit) return;
    this.#queue.push(datagram);
    this.#bytes += length;
    this.#changed();
  }

  /** @param to undefined: where the socket is connected to */
  send(data: Uint8Array, to: Endpoint | undefined): void {
    const sent = (error: unknown): void => {
      if (error !== null && error !== undefined) this.error = -hostError(error);
    };
    if (to === undefined) this.#socket.send(data, sent);
    else this.#socket.send(data, to.port, to.host, sent);
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Whether the socket keeps the event loop alive: while a guest sleeps on it. */
  ref(on: boolean): void {
    if (on) this.#socket.ref();
    else this.#socket.unref();
  }

  /** @returns 0 or -errno */
  set(change: Setting): number {
    try {
      change(this.#socket);
      return 0;
    } catch (error) {
      return hostError(error);
    }
  }

  close(): void {
    this.#socket.close();
  }
}
