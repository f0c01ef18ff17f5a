/** UDP over the host's network. */
import {
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
import { HostDatagrams, type Setting } from '../host/datagrams.js';
import type { Task } from '../task.js';
import { type Blocking, waitHost } from '../wait.js';
import type { Address, InetAddress } from './address.js';
import { type Control, NO_CONTROL, SHUT_RD, SHUT_WR, Socket } from './socket.js';
import { defaultIpOption, ipSetting, IPPROTO_IP, IPPROTO_IPV6, multicastSetting } from './ip-options.js';
import { anyAddress } from './stream.js';
import { addUdpName, loopbackSource, removeUdpName, udpNeighbour } from './udp-names.js';
import type { UdpName } from './udp-names.js';

export const IPPROTO_UDP = 17;
/** Largest payload of an IPv4 datagram. */
const MAX_DATAGRAM = 65507;
const IPV6_V6ONLY = 26;

export class DatagramSocket extends Socket implements UdpName {
  #host: HostDatagrams | undefined;
  #local: InetAddress;
  #peer: InetAddress | undefined;
  #readShut = false;
  #writeShut = false;
  #v6only = false;
  /** Port under which neighbours know us, 0: none. */
  #known = 0;
  /** Options by level and name, and what waits for the host's socket to be bound. */
  readonly #values = new Map<string, number>();
  readonly #later: Setting[] = [];

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

  bind(_task: Task, address: Address): number {
    if (address.family !== this.family) return -EAFNOSUPPORT;
    if (this.#host?.bound === true) return -EINVAL;
    return this.#bindAt(address as InetAddress);
  }

  #bindAt(address: InetAddress): number {
    const bound = this.#socket.bind(address);
    if (typeof bound === 'number') return bound;
    this.#local = { ...address, host: bound.host, port: bound.port };
    this.#introduce();
    for (const setting of this.#later.splice(0)) this.#socket.set(setting);
    return 0;
  }

  /** Tells the neighbours our port. */
  #introduce(): void {
    if (this.#known !== 0) removeUdpName(this, this.#known);
    this.#known = this.#local.port;
    if (this.#known !== 0) addUdpName(this, this.#known);
  }

  /** Disconnecting gives up the port of a socket that was never bound to one; the next datagram gets another. */
  #refresh(): void {
    const socket = this.#socket;
    if (!socket.bound) return;
    const { host, port } = socket.address;
    this.#local = { ...this.#local, host, port };
    if (port !== this.#known) this.#introduce();
  }

  get local(): InetAddress {
    return this.#local;
  }
  get peer(): InetAddress | undefined {
    return this.#peer;
  }
  arrived(data: Uint8Array, from: InetAddress): void {
    this.#socket.deliver({ data, from });
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
      this.#host?.disconnect();
      if (this.#host !== undefined) this.#refresh();
      return 0;
    }
    if (address.family !== this.family) return -EAFNOSUPPORT;
    const peer = address as InetAddress;
    if (this.#host?.bound !== true) {
      const failed = this.#bindAt(anyAddress(this.family));
      if (failed < 0) return failed;
    }
    if (peer.port !== 0) return this.#connectTo(peer);
    this.#peer = peer;
    return 0;
  }

  *#connectTo(peer: InetAddress): Blocking {
    const settled = yield* waitHost(this.#socket.connect(peer));
    if (settled === undefined) return -EINTR;
    const failed = settled.ok ? settled.value : -EINVAL;
    if (failed < 0) return failed;
    this.#peer = peer;
    this.#refresh();
    return 0;
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
    const given = target as InetAddress;
    if (given.port === 0) return -EINVAL;
    const bytes = data.slice();
    const failed = socket.bound ? 0 : this.#bindAt(anyAddress(this.family));
    if (failed < 0) return failed;
    if (this.#toNeighbour(bytes, given)) return data.length;
    if (socket.connected && given.host === this.#peer?.host && given.port === this.#peer.port)
      socket.send(bytes, undefined);
    else {
      // Node sends from a connected socket nowhere else. A port that nobody chose may change with this.
      socket.disconnect();
      socket.send(bytes, given);
      if (this.#known === 0 || this.#peer !== undefined) this.#refresh();
    }
    return data.length;
  }

  /** Over the loopback to a socket of a guest; false: the host has to carry it. */
  #toNeighbour(data: Uint8Array, to: InetAddress): boolean {
    const from = loopbackSource(this.#local, to);
    const neighbour = from === undefined ? undefined : udpNeighbour(from, to);
    if (from === undefined || from.port === 0 || neighbour === undefined) return false;
    neighbour.arrived(data, from);
    return true;
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
    if (level === IPPROTO_UDP) return 0;
    if (level !== IPPROTO_IP && level !== IPPROTO_IPV6) return -ENOPROTOOPT;
    return this.#values.get(`${level}:${name}`) ?? defaultIpOption(level, name);
  }

  override setProtocolOption(level: number, name: number, value: number): number {
    if (level === IPPROTO_IPV6 && name === IPV6_V6ONLY) this.#v6only = value !== 0;
    if (level === IPPROTO_UDP) return 0;
    if (level !== IPPROTO_IP && level !== IPPROTO_IPV6) return -ENOPROTOOPT;
    const setting = ipSetting(level, name, value);
    const result = setting === undefined ? 0 : this.#apply(setting);
    if (result === 0)
      this.#values.set(`${level}:${name}`, value === -1 ? defaultIpOption(level, name) : value);
    return result;
  }

  override setProtocolStruct(
    level: number,
    name: number,
    bytes: Uint8Array,
    little: boolean,
  ): number | undefined {
    if (level !== IPPROTO_IP && level !== IPPROTO_IPV6) return undefined;
    const setting = multicastSetting(level, name, bytes, little);
    return setting === undefined ? undefined : this.#apply(setting);
  }

  /** Node would bind an unbound socket to a port of its choice for this: it waits for the guest's bind. */
  #apply(setting: Setting | number): number {
    if (typeof setting === 'number') return setting;
    if (this.#host?.bound === true) return this.#host.set(setting);
    this.#later.push(setting);
    return 0;
  }

  protected override onClose(): number {
    if (this.#known !== 0) removeUdpName(this, this.#known);
    this.#host?.close();
    return 0;
  }
}
