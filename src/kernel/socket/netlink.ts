/**
 * NETLINK_ROUTE as far as it asks what interfaces and addresses there are: getifaddrs(3), if_nameindex(3), `ip addr`.
 * Nothing can be changed (netlink(7), rtnetlink(7)).
 */
import { EINVAL, ENODEV, EOPNOTSUPP, EPERM, EAGAIN, EISCONN } from '../../abi/errno.js';
import { AF, MSG } from '../../abi/socket.js';
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../file.js';
import { type Interface, type InterfaceAddress, interfaces } from '../host/interfaces.js';
import type { Task } from '../task.js';
import { type Address, type NetlinkAddress, parseIn6 } from './address.js';
import { type Control, NO_CONTROL, Socket } from './socket.js';

export const NETLINK_ROUTE = 0;

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_ACK = 4;
const NLM_F_MULTI = 2;
const NLM_F_DUMP = 0x300;
const HEADER = 16;
const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_GETADDR = 22;
const RTM_MAX = 123;
/** In each group of four: NEW, DEL, GET, SET. */
const KIND_GET = 2;

const IFLA = { ADDRESS: 1, BROADCAST: 2, IFNAME: 3, MTU: 4, QDISC: 6, TXQLEN: 13, OPERSTATE: 16 } as const;
const IFA = { ADDRESS: 1, LOCAL: 2, LABEL: 3, BROADCAST: 4, CACHEINFO: 6, FLAGS: 8 } as const;
const IFF_LOOPBACK = 8;
const IFA_F_PERMANENT = 0x80;
const OPER_UNKNOWN = 0;
const OPER_UP = 6;
const SCOPE_HOST = 254;
const SCOPE_LINK = 253;
const FOREVER = 0xffff_ffff;
/** A dump comes in datagrams that the smallest usual buffer holds. */
const DATAGRAM = 3584;

export class NetlinkSocket extends Socket {
  readonly #little: boolean;
  #port = 0;
  #groups = 0;
  readonly #replies: Uint8Array[] = [];

  constructor(type: number, flags: number, little: boolean) {
    super(AF.AF_NETLINK, type, NETLINK_ROUTE, flags);
    this.#little = little;
  }

  bind(task: Task, address: Address): number {
    if (address.family !== AF.AF_NETLINK) return -EINVAL;
    if (this.#port !== 0 && address.port !== 0 && address.port !== this.#port) return -EINVAL;
    this.#groups = address.groups;
    this.#name(task, address.port);
    return 0;
  }

  /** The kernel gives who does not ask for one the process's id as port. */
  #name(task: Task, port: number): void {
    if (this.#port === 0) this.#port = port !== 0 ? port : task.process.pid;
  }

  connect(task: Task, address: Address): number {
    if (address.family !== AF.AF_NETLINK) return -EINVAL;
    this.#name(task, 0);
    return address.port === 0 ? 0 : -EPERM;
  }
  listen(): number {
    return -EOPNOTSUPP;
  }
  accept(): number {
    return -EOPNOTSUPP;
  }
  shutdown(): number {
    return -EOPNOTSUPP;
  }

  localAddress(): NetlinkAddress {
    return { family: AF.AF_NETLINK, port: this.#port, groups: this.#groups };
  }
  peerAddress(): NetlinkAddress {
    return { family: AF.AF_NETLINK, port: 0, groups: 0 };
  }

  send(task: Task, data: Uint8Array, to: Address | undefined, _control: Control, _flags: number): number {
    if (to !== undefined && to.family !== AF.AF_NETLINK) return -EINVAL;
    if (to !== undefined && to.port !== 0) return -EISCONN;
    this.#name(task, 0);
    for (let at = 0; at + HEADER <= data.length;) {
      const view = new DataView(data.buffer, data.byteOffset + at, data.length - at);
      const length = view.getUint32(0, this.#little);
      if (length < HEADER || at + length > data.length) break;
      this.#request(data.slice(at, at + length));
      at += (length + 3) & ~3;
    }
    this.queue.wake(POLLIN | POLLRDNORM);
    return data.length;
  }

  receive(dst: Uint8Array, flags: number): number {
    const { received } = this;
    received.from = this.peerAddress();
    received.control = NO_CONTROL;
    received.flags = 0;
    const first = this.#replies[0];
    if (first === undefined) return -EAGAIN;
    received.length = first.length;
    const n = Math.min(dst.length, first.length);
    dst.set(first.subarray(0, n));
    if (n < first.length) received.flags |= MSG.MSG_TRUNC;
    if ((flags & MSG.MSG_PEEK) === 0) this.#replies.shift();
    return n;
  }

  /** Something that did not come as an answer: the kernel sends it. */
  deliver(message: Uint8Array): void {
    this.#replies.push(message);
    this.queue.wake(POLLIN | POLLRDNORM);
  }

  override get readableBytes(): number {
    return this.#replies[0]?.length ?? 0;
  }

  override poll(): number {
    const input = this.#replies.length > 0 ? POLLIN | POLLRDNORM : 0;
    return input | POLLOUT | POLLWRNORM;
  }

  /** Membership and extended answers change nothing here: nothing happens that could be told of. */
  override setProtocolOption(level: number, _name: number, _value: number): number {
    const SOL_NETLINK = 270;
    return level === SOL_NETLINK ? 0 : super.setProtocolOption(level, _name, _value);
  }

  #request(message: Uint8Array): void {
    const view = new DataView(message.buffer, message.byteOffset, message.length);
    const type = view.getUint16(4, this.#little);
    const flags = view.getUint16(6, this.#little);
    const sequence = view.getUint32(8, this.#little);
    // Control messages and what is below the first request ask for nothing.
    if (type < RTM_NEWLINK) return;
    if (type > RTM_MAX) this.#error(-EOPNOTSUPP, message, sequence);
    else if ((type & 3) !== KIND_GET) this.#error(-EPERM, message, sequence);
    else if (type === RTM_GETLINK) this.#links(message, flags, sequence);
    else if (type === RTM_GETADDR && (flags & NLM_F_DUMP) !== 0) this.#addresses(message, sequence);
    else this.#error(-EOPNOTSUPP, message, sequence);
  }

  #links(message: Uint8Array, flags: number, sequence: number): void {
    const all = interfaces();
    if ((flags & NLM_F_DUMP) !== 0) {
      this.#dump(
        RTM_NEWLINK,
        sequence,
        all.map((link) => this.#link(link)),
      );
      return;
    }
    const view = new DataView(message.buffer, message.byteOffset, message.length);
    const index = message.length >= HEADER + 8 ? view.getInt32(HEADER + 4, this.#little) : 0;
    const name = index === 0 ? this.#nameAttribute(message) : undefined;
    const link = all.find((one) => (index === 0 ? one.name === name : one.index === index));
    if (link === undefined) this.#error(-ENODEV, message, sequence);
    else {
      this.#replies.push(this.#message(RTM_NEWLINK, 0, sequence, this.#link(link)));
      if ((flags & NLM_F_ACK) !== 0) this.#error(0, message, sequence);
    }
  }

  #nameAttribute(message: Uint8Array): string | undefined {
    const view = new DataView(message.buffer, message.byteOffset, message.length);
    for (let at = HEADER + 16; at + 4 <= message.length;) {
      const length = view.getUint16(at, this.#little);
      if (length < 4) return undefined;
      if ((view.getUint16(at + 2, this.#little) & 0x3fff) === IFLA.IFNAME) {
        return String.fromCharCode(...message.subarray(at + 4, at + length)).replace(/\0.*$/s, '');
      }
      at += (length + 3) & ~3;
    }
    return undefined;
  }

  #addresses(message: Uint8Array, sequence: number): void {
    const family = message[HEADER] ?? 0;
    const bodies: Uint8Array[] = [];
    for (const link of interfaces()) {
      for (const address of link.addresses) {
        const own = address.v6 ? AF.AF_INET6 : AF.AF_INET;
        if (family === 0 || family === own) bodies.push(this.#address(link, address, own));
      }
    }
    this.#dump(RTM_NEWADDR, sequence, bodies);
  }

  /** struct ifinfomsg and attributes. */
  #link({ flags, index, mac, mtu, name, queue, type }: Interface): Uint8Array {
    const loopback = (flags & IFF_LOOPBACK) !== 0;
    const out = new Writer(this.#little);
    out.bytes(0, 0).u16(type).u32(index).u32(flags).u32(0);
    out.attribute(IFLA.IFNAME, text(name));
    out.attribute(IFLA.TXQLEN, this.#word(queue));
    out.attribute(IFLA.OPERSTATE, Uint8Array.of(loopback ? OPER_UNKNOWN : OPER_UP));
    out.attribute(IFLA.MTU, this.#word(mtu));
    out.attribute(IFLA.QDISC, text('noqueue'));
    out.attribute(IFLA.ADDRESS, mac);
    out.attribute(IFLA.BROADCAST, new Uint8Array(mac.length).fill(loopback ? 0 : 0xff));
    return out.done();
  }

  /** struct ifaddrmsg and attributes. */
  #address(
    { flags, index, name }: Interface,
    { host, prefix, v6 }: InterfaceAddress,
    family: number,
  ): Uint8Array {
    const loopback = (flags & IFF_LOOPBACK) !== 0;
    const scope = loopback ? SCOPE_HOST : v6 && /^fe[89ab]/i.test(host) ? SCOPE_LINK : 0;
    const bytes = v6 ? parseIn6(host) : Uint8Array.from(host.split('.').map(Number));
    const out = new Writer(this.#little);
    out.bytes(family, prefix, IFA_F_PERMANENT, scope).u32(index);
    out.attribute(IFA.ADDRESS, bytes);
    if (!v6) {
      out.attribute(IFA.LOCAL, bytes);
      if (!loopback && prefix < 31) out.attribute(IFA.BROADCAST, broadcast4(bytes, prefix));
      out.attribute(IFA.LABEL, text(name));
    }
    out.attribute(IFA.FLAGS, this.#word(IFA_F_PERMANENT));
    const life = new Writer(this.#little).u32(FOREVER).u32(FOREVER).u32(0).u32(0);
    out.attribute(IFA.CACHEINFO, life.done());
    return out.done();
  }

  #word(value: number): Uint8Array {
    return new Writer(this.#little).u32(value).done();
  }

  #message(type: number, flags: number, sequence: number, body: Uint8Array): Uint8Array {
    const out = new Writer(this.#little);
    out
      .u32(HEADER + body.length)
      .u16(type)
      .u16(flags)
      .u32(sequence)
      .u32(this.#port);
    return out
      .bytes(...body)
      .pad()
      .done();
  }

  #dump(type: number, sequence: number, bodies: readonly Uint8Array[]): void {
    let datagram = new Writer(this.#little);
    for (const body of bodies) {
      if (datagram.length + HEADER + body.length > DATAGRAM) {
        this.#replies.push(datagram.done());
        datagram = new Writer(this.#little);
      }
      datagram.bytes(...this.#message(type, NLM_F_MULTI, sequence, body));
    }
    if (datagram.length > 0) this.#replies.push(datagram.done());
    this.#replies.push(this.#message(NLMSG_DONE, NLM_F_MULTI, sequence, this.#word(0)));
  }

  /** struct nlmsgerr; 0 acknowledges. */
  #error(error: number, request: Uint8Array, sequence: number): void {
    const body = new Writer(this.#little).u32(error).bytes(...request.subarray(0, HEADER));
    this.#replies.push(this.#message(NLMSG_ERROR, 0, sequence, body.done()));
  }
}

function broadcast4(address: Uint8Array, prefix: number): Uint8Array {
  return address.map((byte, i) => byte | (0xff >> Math.min(8, Math.max(0, prefix - i * 8))));
}

/** With its NUL. */
function text(value: string): Uint8Array {
  return Uint8Array.from(`${value}\0`, (c) => c.charCodeAt(0));
}

/** Bytes in the guest's order. */
class Writer {
  readonly #bytes: number[] = [];
  readonly #little: boolean;

  constructor(little: boolean) {
    this.#little = little;
  }
  get length(): number {
    return this.#bytes.length;
  }
  bytes(...values: number[]): this {
    this.#bytes.push(...values);
    return this;
  }
  u16(value: number): this {
    const [lo, hi] = [value & 0xff, (value >> 8) & 0xff];
    return this.#little ? this.bytes(lo, hi) : this.bytes(hi, lo);
  }
  u32(value: number): this {
    const [lo, hi] = [value & 0xffff, value >>> 16];
    return this.#little ? this.u16(lo).u16(hi) : this.u16(hi).u16(lo);
  }
  pad(): this {
    while (this.#bytes.length % 4 !== 0) this.#bytes.push(0);
    return this;
  }
  /** struct rtattr */
  attribute(type: number, value: Uint8Array): this {
    return this.u16(4 + value.length)
      .u16(type)
      .bytes(...value)
      .pad();
  }
  done(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}
