/** Streams of the host: TCP, and AF_UNIX connections with programs outside. */
import {
  EADDRNOTAVAIL,
  EAFNOSUPPORT,
  EAGAIN,
  EALREADY,
  ECONNREFUSED,
  EINPROGRESS,
  EINTR,
  EINVAL,
  EISCONN,
  ENOPROTOOPT,
  ENOTCONN,
  EOPNOTSUPP,
  EPIPE,
} from '../../abi/errno.js';
import { AF, MSG, SOCK } from '../../abi/socket.js';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, POLLRDNORM, POLLWRNORM } from '../file.js';
import { type Endpoint, HostConnection, type Target } from '../host/net.js';
import type { Task } from '../task.js';
import { type Blocking, INTERRUPTED, waitFor, waitHost } from '../wait.js';
import { IPPROTO_IP, IPPROTO_IPV6 } from './ip-options.js';
import { type Address, type InetAddress, isAny, UNNAMED } from './address.js';
import { type PortMember, TcpPort } from './tcp-port.js';
import { type Control, NO_CONTROL, SHUT_RD, SHUT_WR, Socket } from './socket.js';

export const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const TCP_MAXSEG = 2;
const IPV6_V6ONLY = 26;

/** Sockets that are bound and do not listen, though the host's listener for them does. */
const silent = new Set<StreamSocket>();

export class StreamSocket extends Socket implements PortMember {
  #connection: HostConnection | undefined;
  #port: TcpPort | undefined;
  /** Connections that nobody has accepted. */
  readonly #arrivals: HostConnection[] = [];
  #local: Address;
  /** As given to bind, before there is a connection. */
  #bound: Endpoint | undefined;
  #connecting = false;
  #readShut = false;
  #writeShut = false;
  #noDelay = false;
  #v6only = false;

  constructor(family: number, flags: number) {
    super(family, SOCK.SOCK_STREAM, family === AF.AF_UNIX ? 0 : IPPROTO_TCP, flags);
    this.#local = family === AF.AF_UNIX ? UNNAMED : anyAddress(family);
  }

  /** A connection that a listener got. */
  static accepted(family: number, connection: HostConnection, local: Address): StreamSocket {
    const socket = new StreamSocket(family, 0);
    socket.#adopt(connection);
    if (family === AF.AF_UNIX) socket.#local = local;
    return socket;
  }

  #adopt(connection: HostConnection): void {
    this.#connection = connection;
    connection.onChange(() => this.queue.wake());
    if (this.#noDelay) connection.setNoDelay(true);
    if (this.options.keepAlive) connection.setKeepAlive(true);
  }

  bind(_task: Task, address: Address): number | Blocking {
    if (!('host' in address) || address.family !== this.family) return -EAFNOSUPPORT;
    if (this.#bound !== undefined) return -EINVAL;
    return this.#bindAt(address);
  }

  *#bindAt(address: InetAddress): Blocking {
    const share = this.options.reusePort && address.port !== 0;
    const joined = share ? TcpPort.join(this, address) : undefined;
    if (joined !== undefined) {
      this.#port = joined;
      this.#bound = address;
      this.#local = address;
      if (!this.accepts) silent.add(this);
      return 0;
    }
    const settled = yield* waitHost(TcpPort.open(this, address, this.#v6only, this.options.reusePort));
    if (settled === undefined) return -EINTR;
    const opened = settled.ok ? settled.value : -EADDRNOTAVAIL;
    if (typeof opened === 'number') return opened;
    const { port, bound } = opened;
    this.#port = port;
    this.#bound = bound;
    this.#local = { ...address, host: bound.host, port: bound.port };
    if (!this.accepts) silent.add(this);
    return 0;
  }

  get accepts(): boolean {
    return this.listening;
  }
  arrived(connection: HostConnection): void {
    this.#arrivals.push(connection);
    this.queue.wake(POLLIN | POLLRDNORM);
  }

  listen(_task: Task, _backlog: number): number | Blocking {
    if (this.#connection !== undefined) return -EINVAL;
    this.listening = true;
    silent.delete(this);
    if (this.#port !== undefined) return 0;
    const any = anyAddress(this.family);
    return this.#bindAt(any);
  }

  accept(): Socket | number {
    if (!this.listening) return -EINVAL;
    const connection = this.#arrivals.shift();
    if (connection !== undefined) return StreamSocket.accepted(this.family, connection, this.#local);
    this.#port?.await();
    return -EAGAIN;
  }

  connect(_task: Task, address: Address): number | Blocking {
    if (this.#connecting) return this.#connection?.connected === true ? -EISCONN : -EALREADY;
    if (this.#connection !== undefined) return -EISCONN;
    if (this.listening) return -EISCONN;
    if (!('host' in address) || address.family !== this.family) return -EAFNOSUPPORT;
    // To connect to "any" is to connect to oneself.
    const host = address.host === '0.0.0.0' ? '127.0.0.1' : address.host === '::' ? '::1' : address.host;
    for (const socket of silent) if (socket.#refuses(host, address.port)) return -ECONNREFUSED;
    return this.connectTo({ host, port: address.port, local: this.#bound });
  }

  #refuses(host: string, port: number): boolean {
    const bound = this.#bound;
    if (this.#port?.served === true) return false;
    return bound?.port === port && (bound.host === host || isAny(bound.host));
  }

  /** Starts connecting; waits for the outcome unless non-blocking. */
  connectTo(target: Target): number | Blocking {
    this.#leave();
    silent.delete(this);
    this.#connecting = true;
    this.#adopt(HostConnection.connect(target));
    return this.nonblocking ? this.#beginConnect() : this.#finishConnect();
  }

  /** A socket that connects has a local address at once. */
  *#beginConnect(): Blocking {
    yield* waitHost((this.#connection as HostConnection).begun);
    return -EINPROGRESS;
  }

  *#finishConnect(): Blocking {
    const queues = [this.queue];
    const connection = this.#connection as HostConnection;
    while (!connection.connected && connection.error === 0 && !connection.closed) {
      // connect(2): a signal leaves the connection to be made in the background.
      if ((yield* waitFor(queues)) === INTERRUPTED) return -EINTR;
    }
    return -this.#settle();
  }

  /** The outcome of connecting, once there is one: positive errno or 0. */
  #settle(): number {
    const connection = this.#connection;
    if (connection === undefined || !this.#connecting) return 0;
    if (connection.connected) {
      this.#connecting = false;
      return 0;
    }
    if (connection.error === 0) return 0;
    this.#connecting = false;
    this.#connection = undefined;
    const { error } = connection;
    connection.close(true);
    return error;
  }

  override takeError(): number {
    const failed = this.#settle();
    if (failed !== 0) return failed;
    const { connection } = { connection: this.#connection };
    if (connection !== undefined && connection.error !== 0) {
      const { error } = connection;
      connection.error = 0;
      return error;
    }
    return super.takeError();
  }

  send(_task: Task, data: Uint8Array, _to: Address | undefined, control: Control, _flags: number): number {
    if (control.files.length > 0) return -EOPNOTSUPP;
    const connection = this.#connection;
    // A TCP socket that was never connected counts as shut (tcp_sendmsg).
    if (connection === undefined) return -EPIPE;
    if (!connection.connected) {
      const failed = this.#settle();
      return failed !== 0 ? -failed : -EAGAIN;
    }
    this.#connecting = false;
    if (connection.error !== 0) return -this.takeError();
    if (this.#writeShut) return -EPIPE;
    return connection.write(data, this.options.sendBuffer);
  }

  receive(dst: Uint8Array, flags: number): number {
    this.received.from = undefined;
    this.received.control = NO_CONTROL;
    this.received.flags = 0;
    const connection = this.#connection;
    if (connection === undefined) return -ENOTCONN;
    const n = connection.read(dst, (flags & MSG.MSG_PEEK) !== 0);
    this.received.length = n;
    if (n > 0 || dst.length === 0) return n;
    if (!connection.connected) {
      const failed = this.#settle();
      return failed !== 0 ? -failed : -EAGAIN;
    }
    if (connection.error !== 0) return -this.takeError();
    return connection.ended || this.#readShut ? 0 : -EAGAIN;
  }

  shutdown(how: number): number {
    if (this.listening && how !== SHUT_WR) {
      // Those who wait in accept get EINVAL.
      this.listening = false;
      this.#leave();
      this.queue.wake();
      return 0;
    }
    if (this.#connection?.connected !== true) return -ENOTCONN;
    if (how !== SHUT_WR) this.#readShut = true;
    if (how !== SHUT_RD) {
      this.#writeShut = true;
      this.#connection.finish();
    }
    this.queue.wake();
    return 0;
  }

  localAddress(): Address {
    const local = this.#connection?.local;
    return local === undefined || this.#local.family === AF.AF_UNIX ? this.#local : this.#inet(local);
  }

  peerAddress(): Address | number {
    if (this.#connection?.connected !== true) return -ENOTCONN;
    if (this.family === AF.AF_UNIX) return UNNAMED;
    const { remote } = this.#connection;
    return remote === undefined ? -ENOTCONN : this.#inet(remote);
  }

  #inet({ host, port }: Endpoint): InetAddress {
    const family = this.family === AF.AF_INET ? AF.AF_INET : AF.AF_INET6;
    // Node may tell an IPv4 peer of an IPv6 socket in IPv4 form.
    const text = family === AF.AF_INET6 && !host.includes(':') ? `::ffff:${host}` : host;
    return {
      family,
      host: family === AF.AF_INET ? text.replace(/^::ffff:/, '') : text,
      port,
      flow: 0,
      scope: 0,
    };
  }

  override get readableBytes(): number {
    return this.#connection?.readableBytes ?? 0;
  }

  override poll(): number {
    if (this.listening) {
      if (this.#arrivals.length > 0) return POLLIN | POLLRDNORM;
      this.#port?.await();
      return 0;
    }
    const connection = this.#connection;
    if (connection === undefined) return POLLOUT | POLLWRNORM | POLLHUP;
    let bits = 0;
    if (connection.error !== 0) bits |= POLLERR | POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
    if (!connection.connected) return connection.closed ? bits | POLLHUP : bits;
    if (connection.readableBytes > 0) bits |= POLLIN | POLLRDNORM;
    if (connection.ended || this.#readShut) bits |= POLLIN | POLLRDNORM | POLLRDHUP;
    if (connection.closed || ((connection.ended || this.#readShut) && this.#writeShut)) bits |= POLLHUP;
    if (this.#writeShut || connection.room(this.options.sendBuffer) > this.options.sendBuffer / 3)
      bits |= POLLOUT | POLLWRNORM;
    return bits;
  }

  override getProtocolOption(level: number, name: number): number {
    if (level === IPPROTO_TCP) {
      if (name === TCP_NODELAY) return this.#noDelay ? 1 : 0;
      if (name === TCP_MAXSEG) return 1448;
      return 0;
    }
    if (level === IPPROTO_IPV6 && name === IPV6_V6ONLY) return this.#v6only ? 1 : 0;
    return level === IPPROTO_IP || level === IPPROTO_IPV6 ? 0 : -ENOPROTOOPT;
  }

  /** Options of IP and TCP that Node has no call for change nothing a program can see; they are accepted. */
  override setProtocolOption(level: number, name: number, value: number): number {
    if (this.family === AF.AF_UNIX) return -EOPNOTSUPP;
    if (level === IPPROTO_TCP && name === TCP_NODELAY) {
      this.#noDelay = value !== 0;
      this.#connection?.setNoDelay(this.#noDelay);
      return 0;
    }
    if (level === IPPROTO_IPV6 && name === IPV6_V6ONLY) {
      this.#v6only = value !== 0;
      return 0;
    }
    return level === IPPROTO_TCP || level === IPPROTO_IP || level === IPPROTO_IPV6 ? 0 : -ENOPROTOOPT;
  }

  #leave(): void {
    this.#port?.leave(this);
    this.#port = undefined;
    for (const connection of this.#arrivals.splice(0)) connection.close(true);
  }

  protected override onClose(): number {
    silent.delete(this);
    this.#leave();
    const connection = this.#connection;
    // Closing with unread data resets (RFC 2525, 2.17).
    connection?.close(connection.readableBytes > 0 || this.options.linger === 0);
    return 0;
  }
}

/** The wildcard address with port 0. */
export function anyAddress(family: number): InetAddress {
  return family === AF.AF_INET6
    ? { family: AF.AF_INET6, host: '::', port: 0, flow: 0, scope: 0 }
    : { family: AF.AF_INET, host: '0.0.0.0', port: 0, flow: 0, scope: 0 };
}
