/**
 * The host's network and its AF_UNIX sockets, through Node's event loop. Connections are flow controlled both ways; what
 * arrives is kept here until the guest reads it.
 */
import process from 'node:process';
import type * as Net from 'node:net';
import { EADDRINUSE, EAGAIN, EPIPE } from '../../abi/errno.js';
import { hostError } from './errno.js';
import { rename } from './fs.js';
import { nodePath } from './path.js';

const net = (): typeof Net => process.getBuiltinModule('node:net');

/** Bytes read ahead of the guest. */
const READ_AHEAD = 1 << 16;

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Where to connect or listen. A path is a byte string, `\0…` for an abstract name. */
export type Target = { readonly path: string } | (Endpoint & { readonly local?: Endpoint | undefined });

/** Closed connections whose last bytes have not gone out yet. */
const sending = new Set<Net.Socket>();

/** Whether closed connections still send. */
export function isSending(): boolean {
  return sending.size > 0;
}

/** Resolves when everything that was written before its connection was closed has gone out, or cannot. */
export async function allSent(): Promise<void> {
  await Promise.all(
    [...sending].map(
      (socket) =>
        new Promise((resolve) => {
          socket.once('finish', resolve);
          socket.once('close', resolve);
        }),
    ),
  );
}

/** One stream connection of the host. */
export class HostConnection {
  readonly #socket: Net.Socket;
  #changed: () => void = () => undefined;
  /** A write has gone out. There is no 'drain' after one that was small, or that the host took at once. */
  readonly #sent = (): void => this.#changed();
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  connected: boolean;
  ended = false;
  closed = false;
  /** Positive errno of what went wrong, 0: nothing. */
  error = 0;

  /** Resolves when connecting has begun: there is a local address from then on. */
  readonly begun: Promise<void>;

  private constructor(socket: Net.Socket, connected: boolean) {
    this.begun = new Promise((resolve) => {
      process.nextTick(resolve);
    });
    this.#socket = socket;
    this.connected = connected;
    socket.on('connect', () => {
      this.connected = true;
      this.#changed();
    });
    socket.on('data', (bytes: Uint8Array) => {
      this.#chunks.push(bytes);
      this.#bytes += bytes.length;
      if (this.#bytes >= READ_AHEAD) socket.pause();
      this.#changed();
    });
    socket.on('end', () => {
      this.ended = true;
      this.#changed();
    });
    socket.on('error', (error) => {
      this.error = -hostError(error);
      this.#changed();
    });
    socket.on('close', () => {
      this.closed = this.ended = true;
      this.#changed();
    });
  }

  static connect(target: Target): HostConnection {
    const options: Net.NetConnectOpts =
      'path' in target
        ? { path: String(nodePath(target.path)) }
        : {
            host: target.host,
            port: target.port,
            ...(target.local === undefined
              ? {}
              : { localAddress: target.local.host, localPort: target.local.port }),
          };
    const socket = net().connect({ ...options, allowHalfOpen: true } as Net.NetConnectOpts);
    return new HostConnection(socket, false);
  }

  static accepted(socket: Net.Socket): HostConnection {
    return new HostConnection(socket, true);
  }

  /** Called after every change of state. */
  onChange(changed: () => void): void {
    this.#changed = changed;
  }

  get readableBytes(): number {
    return this.#bytes;
  }

  read(dst: Uint8Array, peek: boolean): number {
    let done = 0;
    for (let i = 0; done < dst.length;) {
      const chunk = this.#chunks[i];
      if (chunk === undefined) break;
      const n = Math.min(chunk.length, dst.length - done);
      dst.set(n === chunk.length ? chunk : chunk.subarray(0, n), done);
      done += n;
      if (peek) i++;
      else if (n === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(n);
    }
    if (!peek && done > 0) {
      this.#bytes -= done;
      if (this.#bytes < READ_AHEAD && !this.closed) this.#socket.resume();
    }
    return done;
  }

  /** Bytes that a write of `limit` buffered bytes leaves room for. */
  room(limit: number): number {
    return Math.max(0, limit - this.#socket.writableLength);
  }

  /** @returns bytes taken, -EAGAIN, -EPIPE */
  write(src: Uint8Array, limit: number): number {
    if (this.closed || this.#socket.writableEnded) return -EPIPE;
    let done = 0;
    // What the host takes at once leaves the room as it was.
    while (done < src.length) {
      const n = Math.min(src.length - done, this.room(limit));
      if (n === 0) break;
      this.#socket.write(src.slice(done, done + n), this.#sent);
      done += n;
    }
    return done === 0 && src.length > 0 ? -EAGAIN : done;
  }

  /** Sends the end of the stream after what is buffered. */
  finish(): void {
    if (!this.#socket.writableEnded) this.#socket.end();
  }

  /**
   * Lets go: what is buffered still goes out, unless `reset` throws it away and tells the peer so. The rest is the
   * host's close(2): it says goodbye, and answers what still comes in with a reset.
   */
  close(reset: boolean): void {
    this.#changed = () => undefined;
    const socket = this.#socket;
    const unsent = socket.writableLength > 0;
    if (reset && !unsent && this.connected && !socket.writableEnded) {
      // Not while a shutdown is under way: libuv refuses then, and Node loses the handle.
      socket.resetAndDestroy();
    } else if (unsent && !reset && !this.closed) {
      sending.add(socket);
      socket.once('close', () => sending.delete(socket));
      socket.once('finish', () => socket.destroy());
      socket.removeAllListeners('data');
      socket.pause();
      socket.end();
    } else socket.destroy();
  }

  setNoDelay(on: boolean): void {
    this.#socket.setNoDelay(on);
  }
  setKeepAlive(on: boolean): void {
    this.#socket.setKeepAlive(on);
  }

  get local(): Endpoint | undefined {
    const { localAddress, localPort } = this.#socket;
    return localAddress === undefined ? undefined : { host: localAddress, port: localPort ?? 0 };
  }
  get remote(): Endpoint | undefined {
    const { remoteAddress, remotePort } = this.#socket;
    return remoteAddress === undefined ? undefined : { host: remoteAddress, port: remotePort ?? 0 };
  }
}

let aside = 0;

/** A socket of the host that takes connections. */
export class HostListener {
  #server: Net.Server | undefined;
  readonly #arrived: () => void;
  readonly #waiting: HostConnection[] = [];
  #path: string | undefined;

  constructor(arrived: () => void) {
    this.#arrived = arrived;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  #create(): Net.Server {
    const server = net().createServer({ allowHalfOpen: true, pauseOnConnect: false }, (socket) => {
      this.#waiting.push(HostConnection.accepted(socket));
      this.#arrived();
    });
    this.#server = server;
    return server;
  }

  /** Binds a path (a byte string) at once; its socket file then exists. @returns 0 or -errno */
  listenPath(path: string): number {
    let failed = 0;
    const server = this.#create();
    server.on('error', (error) => {
      failed = hostError(error);
    });
    try {
      server.listen(String(nodePath(path)));
    } catch (error) {
      return hostError(error);
    }
    this.#path = path;
    // Errors come a tick later, but the name is taken or not by now.
    if (server.listening) {
      server.unref();
      return 0;
    }
    return failed === 0 ? -EADDRINUSE : failed;
  }

  /** Binds an address and listens. Resolves to what was bound, or -errno. */
  async listenAt(
    at: Endpoint,
    backlog: number,
    ipv6Only: boolean,
    reusePort = false,
  ): Promise<Endpoint | number> {
    const server = this.#create();
    return new Promise((resolve) => {
      server.once('error', (error) => resolve(hostError(error)));
      // SO_REUSEPORT from Node 22.12 on; older ones do not look at it.
      const options = { host: at.host, port: at.port, backlog, ipv6Only, reusePort, exclusive: true };
      server.listen(options, () => {
        const bound = server.address() as Net.AddressInfo;
        server.unref();
        resolve({ host: bound.address, port: bound.port });
      });
    });
  }

  /** Whether waiting for connections keeps the event loop alive: only while a guest sleeps on it. */
  ref(on: boolean): void {
    if (on) this.#server?.ref();
    else this.#server?.unref();
  }

  accept(): HostConnection | undefined {
    return this.#waiting.shift();
  }

  close(): void {
    for (const connection of this.#waiting.splice(0)) connection.close(true);
    const path = this.#path;
    if (path === undefined || process.platform === 'win32') {
      this.#server?.close();
      return;
    }
    // libuv removes the name with the socket; on Linux it stays until somebody unlinks it.
    const spare = `${path}.${process.pid}.${aside++}`;
    const moved = rename(path, spare) === 0;
    this.#server?.close();
    if (moved) rename(spare, path);
  }
}
