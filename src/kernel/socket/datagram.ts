/** UDP over the host's network. */
import {
  EADDRNOTAVAIL,
  EAFNOSUPPORT,
  EAGAIN,
  EDESTADDRREQ,
  EINTR,
  EINVAL,
  EMSGSIZE,
  ENOPROTOOPT,
  ENOTCONN,
  EOPNOTSUPP,
  EPIPE,
} from '../../abi/errno.js';
import { AF, MSG, SOCK } from '../../abi/socket.js';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, POLLRDNORM, POLLWRNORM } from '../file.js';
import { HostDatagrams } from '../host/net.js';
import type { Task } from '../task.js';
import { type Blocking, waitHost } from '../wait.js';
import type { Address, InetAddress } from './address.js';
import { type Control, NO_CONTROL, SHUT_RD, SHUT_WR, Socket } from './socket.js';
import { anyAddress, IPPROTO_IP, IPPROTO_IPV6 } from './stream.js';

export const IPPROTO_UDP = 17;
/** Largest payload of an IPv4 datagram. */
const MAX_DATAGRAM = 65507;
const IPV6_V6ONLY = 26;
const IP_TTL = 2;
const IP_MULTICAST_TTL = 33;
const IP_MULTICAST_LOOP = 34;

export class DatagramSocket extends Socket {
  #host: HostDatagrams | undefined;
  #local: InetAddress;
  #peer: InetAddress | undefined;
  #readShut = false;
  #writeShut = false;
  #v6only = false;

  constructor(family: number, flags: number) {
    super(family, SOCK.SOCK_DGRAM, IPPROTO_UDP, flags);
    this.#local = anyAddress(family);
  }

  get #socket(): HostDatagrams {
    return (this.#host ??= new HostDatagrams(
      this.family === AF.AF_INET6,
      this.options.reuseAddress || this.options.reusePort,
      this.#v6only,
      this.options.receiveBuffer,
      () => this.queue.wake(POLLIN | POLLRDNORM),
    ));
  }

  bind(_task: Task, address: Address): number | Blocking {
    if (address.family !== this.family) return -EAFNOSUPPORT;
    if (this.#host?.bound === true) return -EINVAL;
    return this.#bindAt(address as InetAddress);
  }

  *#bindAt(address: InetAddress): Blocking {
    const settled = yield* waitHost(this.#socket.bind(address));
    if (settled === undefined) return -EINTR;
    const bound = settled.ok ? settled.value : -EADDRNOTAVAIL;
    if (typeof bound === 'number') return bound;
    this.#local = { ...address, host: bound.host, port: bound.port };
    return 0;
  }

  listen(): number {
    return -EOPNOTSUPP;
  }
  accept(): number {
    return -EOPNOTSUPP;
  }

  connect(_task: Task, address: Address): number | Blocking {
    if (address.family === AF.AF_UNSPEC) {
      this.#peer = undefined;
      return 0;
    }
    if (address.family !== this.family) return -EAFNOSUPPORT;
    this.#peer = address as InetAddress;
    // A connected socket has a local port at once; its address is the loopback's or the default route's, unknown here.
    return this.#host?.bound === true ? 0 : this.#bindAt(anyAddress(this.family));
  }

  send(_task: Task, data: Uint8Array, to: Address | undefined, control: Control, _flags: number): number {
    if (control.files.length > 0) return -EINVAL;
    if (this.#writeShut) return -EPIPE;
    const socket = this.#socket;
    if (socket.error !== 0) return -this.takeError();
    const target = to === undefined || to.family === AF.AF_UNSPEC ? this.#peer : to;
    if (target === undefined) return -EDESTADDRREQ;
    if (target.family !== this.family) return -EAFNOSUPPORT;
    if (data.length > MAX_DATAGRAM) return -EMSGSIZE;
    const { host, port } = target as InetAddress;
    if (port === 0) return -EINVAL;
    socket.send(data.slice(), { host, port });
    return data.length;
  }

  receive(dst: Uint8Array, flags: number): number {
    const { received } = this;
    received.from = undefined;
    received.control = NO_CONTROL;
    received.flags = 0;
    const socket = this.#socket;
    for (;;) {
      const first = socket.next;
      if (first === undefined) {
        if (socket.error !== 0) return -this.takeError();
        if (this.#readShut) return 0;
        socket.ref(true);
        return -EAGAIN;
      }
      const from = this.#address(first.from.host, first.from.port);
      const peer = this.#peer;
      if (peer !== undefined && (peer.port !== from.port || peer.host !== from.host)) {
        socket.take();
        continue;
      }
      received.from = from;
      received.length = first.data.length;
      const n = Math.min(dst.length, first.data.length);
      dst.set(first.data.subarray(0, n));
      if (n < first.data.length) received.flags |= MSG.MSG_TRUNC;
      if ((flags & MSG.MSG_PEEK) === 0) socket.take();
      return n;
    }
  }

  #address(host: string, port: number): InetAddress {
    const family = this.family === AF.AF_INET ? AF.AF_INET : AF.AF_INET6;
    const text = family === AF.AF_INET6 && !host.includes(':') ? `::ffff:${host}` : host.replace(/%.*$/, '');
    return { family, host: text, port, flow: 0, scope: 0 };
  }

  override takeError(): number {
    const error = this.#host?.error ?? 0;
    if (this.#host !== undefined) this.#host.error = 0;
    return error !== 0 ? error : super.takeError();
  }

  shutdown(how: number): number {
    if (this.#peer === undefined) return -ENOTCONN;
    if (how !== SHUT_WR) this.#readShut = true;
    if (how !== SHUT_RD) this.#writeShut = true;
    this.queue.wake();
    return 0;
  }

  localAddress(): Address {
    return this.#local;
  }
  peerAddress(): Address | number {
    return this.#peer ?? -ENOTCONN;
  }

  override get readableBytes(): number {
    return this.#host?.next?.data.length ?? 0;
  }

  override poll(): number {
    const socket = this.#host;
    let bits = this.#writeShut ? 0 : POLLOUT | POLLWRNORM;
    if (socket?.next !== undefined) bits |= POLLIN | POLLRDNORM;
    else socket?.ref(true);
    if (socket !== undefined && socket.error !== 0) bits |= POLLERR;
    if (this.#readShut) bits |= POLLIN | POLLRDHUP | (this.#writeShut ? POLLHUP : 0);
    return bits;
  }

  override setOption(name: number, value: number): number {
    const result = super.setOption(name, value);
    if (result === 0 && this.#host?.bound === true)
      this.#host.set((host) => host.setBroadcast(this.options.broadcast));
    return result;
  }

  override getProtocolOption(level: number, name: number): number {
    if (level === IPPROTO_IPV6 && name === IPV6_V6ONLY) return this.#v6only ? 1 : 0;
    if (level === IPPROTO_IP && name === IP_TTL) return 64;
    return level === IPPROTO_IP || level === IPPROTO_IPV6 || level === IPPROTO_UDP ? 0 : -ENOPROTOOPT;
  }

  override setProtocolOption(level: number, name: number, value: number): number {
    if (level === IPPROTO_IPV6 && name === IPV6_V6ONLY) this.#v6only = value !== 0;
    else if (level === IPPROTO_IP && this.#host?.bound === true) {
      if (name === IP_TTL) return this.#host.set((host) => host.setTTL(value));
      if (name === IP_MULTICAST_TTL) return this.#host.set((host) => host.setMulticastTTL(value));
      if (name === IP_MULTICAST_LOOP) return this.#host.set((host) => host.setMulticastLoopback(value !== 0));
    }
    return level === IPPROTO_IP || level === IPPROTO_IPV6 || level === IPPROTO_UDP ? 0 : -ENOPROTOOPT;
  }

  protected override onClose(): number {
    this.#host?.close();
    return 0;
  }
}
