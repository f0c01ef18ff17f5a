/**
 * AF_UNIX sockets between guest processes: streams, datagrams, sequenced packets; with descriptors and credentials on
 * board. A name in the file system is a real socket of the host, so that programs of the host find it, too; among guests
 * the bytes stay here.
 */
import {
  EAGAIN,
  ECONNREFUSED,
  ECONNRESET,
  EINVAL,
  EISCONN,
  EMSGSIZE,
  ENOTCONN,
  EOPNOTSUPP,
  EPIPE,
  EPROTOTYPE,
} from '../../abi/errno.js';
import { AF, MSG, SOCK } from '../../abi/socket.js';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, POLLRDNORM, POLLWRNORM } from '../file.js';
import type { Task } from '../task.js';
import { type Address, UNNAMED, type UnixAddress } from './address.js';
import { type Control, NO_CONTROL, type PeerCredentials, SHUT_RD, SHUT_WR, Socket } from './socket.js';
import type { UnixNames } from './unix-names.js';

/** net.unix.max_dgram_qlen plus one. */
const DATAGRAM_QUEUE = 11;

interface Message {
  data: Uint8Array;
  readonly from: UnixAddress;
  readonly control: Control;
}

export function credentialsOf(task: Task): PeerCredentials {
  return { pid: task.process.pid, uid: task.cred.euid, gid: task.cred.egid };
}

export class UnixSocket extends Socket {
  readonly #names: UnixNames;
  address: UnixAddress = UNNAMED;
  /** Connected to; of a datagram socket: where sends go by default. */
  peer: UnixSocket | undefined;
  /** The peer was there and is gone. */
  #hungUp = false;
  #readShut = false;
  #writeShut = false;
  readonly #messages: Message[] = [];
  #bytes = 0;
  #closed = false;
  readonly #backlog: UnixSocket[] = [];
  #backlogMax = 0;
  cred: PeerCredentials | undefined;
  #peerCred: PeerCredentials | undefined;

  constructor(names: UnixNames, type: number, flags: number) {
    super(AF.AF_UNIX, type, 0, flags);
    this.#names = names;
  }

  /** socketpair(2) */
  static pair(names: UnixNames, task: Task, type: number, flags: number): [UnixSocket, UnixSocket] {
    const a = new UnixSocket(names, type, flags);
    const b = new UnixSocket(names, type, flags);
    a.cred = b.cred = a.#peerCred = b.#peerCred = credentialsOf(task);
    a.peer = b;
    b.peer = a;
    return [a, b];
  }

  get #datagram(): boolean {
    return this.type === SOCK.SOCK_DGRAM;
  }

  override get peerCredentials(): PeerCredentials {
    return this.#peerCred ?? super.peerCredentials;
  }

  bind(task: Task, address: Address): number {
    if (address.family !== AF.AF_UNIX || this.address.path !== '') return -EINVAL;
    return this.#names.bind(task, this, address.path);
  }

  listen(task: Task, backlog: number): number {
    if (this.#datagram) return -EOPNOTSUPP;
    if (this.peer !== undefined) return -EINVAL;
    if (this.address.path === '') return -EINVAL;
    this.listening = true;
    this.cred = credentialsOf(task);
    this.#backlogMax = Math.max(0, backlog) + 1;
    return 0;
  }

  accept(): Socket | number {
    if (this.type === SOCK.SOCK_DGRAM) return -EOPNOTSUPP;
    if (!this.listening) return -EINVAL;
    const next = this.#backlog.shift();
    if (next === undefined) return this.#names.acceptOutside(this) ?? -EAGAIN;
    // Those who wait for room in the backlog look again.
    this.queue.wake();
    return next;
  }

  connect(task: Task, address: Address): number {
    if (address.family === AF.AF_UNSPEC && this.#datagram) {
      this.peer = undefined;
      return 0;
    }
    if (address.family !== AF.AF_UNIX || address.path === '') return -EINVAL;
    if (!this.#datagram && this.peer !== undefined) return -EISCONN;
    if (this.listening) return -EINVAL;
    const found = this.#names.find(task, address.path);
    if (typeof found === 'number') return found;
    if (found.type !== this.type) return -EPROTOTYPE;
    if (this.#datagram) {
      this.peer = found;
      return 0;
    }
    if (!found.listening) return -ECONNREFUSED;
    if (found.#backlog.length >= found.#backlogMax) return -EAGAIN;
    const server = new UnixSocket(this.#names, this.type, 0);
    server.address = found.address;
    server.peer = this;
    server.cred = found.cred;
    server.#peerCred = credentialsOf(task);
    this.peer = server;
    this.cred = server.#peerCred;
    this.#peerCred = found.cred;
    found.#backlog.push(server);
    found.queue.wake(POLLIN | POLLRDNORM);
    return 0;
  }

  /** The listening socket whose backlog is full: what a blocking connect waits for. */
  listenerAt(task: Task, address: Address): UnixSocket | undefined {
    const found = address.family === AF.AF_UNIX ? this.#names.find(task, address.path) : -EINVAL;
    return typeof found === 'number' ? undefined : found;
  }

  send(task: Task, data: Uint8Array, to: Address | undefined, control: Control, _flags: number): number {
    if (this.error !== 0) return -this.takeError();
    let target = this.peer;
    if (to !== undefined && to.family !== AF.AF_UNSPEC) {
      if (!this.#datagram) return this.peer === undefined ? -EOPNOTSUPP : -EISCONN;
      if (to.family !== AF.AF_UNIX) return -EINVAL;
      const found = this.#names.find(task, to.path);
      if (typeof found === 'number') return found;
      if (found.type !== this.type) return -EPROTOTYPE;
      target = found;
    }
    if (this.#writeShut) return -EPIPE;
    if (target === undefined) return this.#hungUp ? -EPIPE : -ENOTCONN;
    if (target.#closed) {
      this.peer = undefined;
      return this.#datagram ? -ECONNREFUSED : -EPIPE;
    }
    if (target.#readShut) return -EPIPE;
    return this.isStream
      ? this.#sendBytes(task, target, data, control)
      : this.#sendMessage(task, target, data, control);
  }

  #sendBytes(task: Task, target: UnixSocket, data: Uint8Array, control: Control): number {
    const room = this.options.sendBuffer - target.#bytes;
    if (room <= 0) return -EAGAIN;
    if (data.length === 0) return 0;
    const part = data.slice(0, Math.min(room, data.length));
    target.#push(part, this.address, this.#stamp(task, target, control));
    return part.length;
  }

  #sendMessage(task: Task, target: UnixSocket, data: Uint8Array, control: Control): number {
    if (data.length > this.options.sendBuffer) return -EMSGSIZE;
    const full = this.#datagram
      ? target.#messages.length >= DATAGRAM_QUEUE && target !== this
      : target.#bytes + data.length > this.options.sendBuffer && target.#messages.length > 0;
    if (full) return -EAGAIN;
    target.#push(data.slice(), this.address, this.#stamp(task, target, control));
    return data.length;
  }

  /** Credentials are added for who asked for them. */
  #stamp(task: Task, target: UnixSocket, control: Control): Control {
    const wanted = this.options.passCredentials || target.options.passCredentials;
    if (!wanted || control.cred !== undefined) return control;
    return { files: control.files, cred: { pid: task.process.pid, uid: task.cred.uid, gid: task.cred.gid } };
  }

  #push(data: Uint8Array, from: UnixAddress, control: Control): void {
    const last = this.#messages.at(-1);
    // Small writes to a stream nobody reads yet are kept together, unless something travels beside them.
    if (
      this.isStream &&
      last !== undefined &&
      plain(last.control) &&
      plain(control) &&
      last.data.length < 4096
    ) {
      const joined = new Uint8Array(last.data.length + data.length);
      joined.set(last.data);
      joined.set(data, last.data.length);
      last.data = joined;
    } else this.#messages.push({ data, from, control });
    this.#bytes += data.length;
    this.queue.wake(POLLIN | POLLRDNORM);
  }

  receive(dst: Uint8Array, flags: number): number {
    const { received } = this;
    received.from = undefined;
    received.control = NO_CONTROL;
    received.flags = 0;
    const first = this.#messages[0];
    if (first === undefined) return this.#nothing();
    const peek = (flags & MSG.MSG_PEEK) !== 0;
    // A sender without a name has no address at all (unix_copy_addr).
    received.from = first.from.path === '' ? undefined : first.from;
    received.control = peek
      ? { ...first.control, files: first.control.files.map((file) => file.retain()) }
      : first.control;
    received.length = first.data.length;
    const n = Math.min(dst.length, first.data.length);
    if (!this.isStream) {
      dst.set(first.data.subarray(0, n));
      if (n < first.data.length) received.flags |= MSG.MSG_TRUNC;
      if (this.type === SOCK.SOCK_SEQPACKET) received.flags |= MSG.MSG_EOR;
      if (!peek) this.#consume(first, first.data.length);
      return n;
    }
    return this.#receiveBytes(dst, peek);
  }

  /** Bytes of as many chunks as fit; control data ends the read before and after its chunk (unix(7)). */
  #receiveBytes(dst: Uint8Array, peek: boolean): number {
    let done = 0;
    for (let i = 0; done < dst.length;) {
      const chunk = this.#messages[i];
      if (chunk === undefined || (done > 0 && !sameControl(chunk.control, this.received.control))) break;
      const n = Math.min(dst.length - done, chunk.data.length);
      dst.set(chunk.data.subarray(0, n), done);
      done += n;
      const carries = chunk.control.files.length > 0;
      if (peek) i++;
      else this.#consume(chunk, n);
      if (carries) break;
    }
    return done;
  }

  #nothing(): number {
    if (this.error !== 0) return -this.takeError();
    if (this.#readShut || this.#hungUp) return 0;
    if (this.listening) return -EINVAL;
    if (this.#datagram) return -EAGAIN;
    if (this.peer === undefined) return this.isStream ? -EINVAL : -ENOTCONN;
    return this.peer.#writeShut ? 0 : -EAGAIN;
  }

  /** Takes `n` bytes off the first message, which is `message`. */
  #consume(message: Message, n: number): void {
    this.#bytes -= n;
    if (n === message.data.length) this.#messages.shift();
    else {
      // What travelled along is delivered with the first byte.
      this.#messages[0] = {
        data: message.data.subarray(n),
        from: message.from,
        control: { files: [], cred: message.control.cred },
      };
    }
    this.peer?.queue.wake(POLLOUT | POLLWRNORM);
    if (this.#datagram) this.queue.wake();
  }

  shutdown(how: number): number {
    if (this.peer === undefined && !this.#hungUp && !this.#datagram) return -ENOTCONN;
    if (how !== SHUT_WR) this.#readShut = true;
    if (how !== SHUT_RD) this.#writeShut = true;
    this.queue.wake();
    this.peer?.queue.wake(POLLIN | POLLRDHUP);
    return 0;
  }

  localAddress(): Address {
    return this.address;
  }
  peerAddress(): Address | number {
    return this.peer?.address ?? (this.#hungUp ? UNNAMED : -ENOTCONN);
  }

  override get readableBytes(): number {
    return this.isStream ? this.#bytes : (this.#messages[0]?.data.length ?? 0);
  }

  override poll(): number {
    if (this.listening) {
      return this.#backlog.length > 0 || this.#names.hasOutside(this) ? POLLIN | POLLRDNORM : 0;
    }
    let bits = this.error === 0 ? 0 : POLLERR;
    if (this.#messages.length > 0) bits |= POLLIN | POLLRDNORM;
    const { peer } = this;
    if (this.#datagram) {
      const full = peer !== undefined && peer.#messages.length >= DATAGRAM_QUEUE;
      if (this.#readShut) bits |= POLLIN | POLLRDNORM | POLLRDHUP;
      return full ? bits : bits | POLLOUT | POLLWRNORM;
    }
    const ended = this.#readShut || this.#hungUp || (peer !== undefined && peer.#writeShut);
    if (ended) bits |= POLLIN | POLLRDNORM | POLLRDHUP;
    if (this.#hungUp || (this.#readShut && this.#writeShut)) bits |= POLLHUP;
    if (peer === undefined && !this.#hungUp) bits |= POLLHUP;
    const room = peer === undefined || peer.#bytes * 4 <= this.options.sendBuffer;
    return room ? bits | POLLOUT | POLLWRNORM : bits;
  }

  protected override onClose(): number {
    this.#closed = true;
    this.#names.drop(this);
    for (const waiting of this.#backlog.splice(0)) waiting.release();
    const { peer } = this;
    this.peer = undefined;
    if (peer?.peer === this && !this.#datagram) {
      // Unread data is lost, and the other side is told (unix_release_sock).
      if (this.#messages.length > 0) peer.error = ECONNRESET;
      peer.#hungUp = true;
      peer.peer = undefined;
      peer.queue.wake(POLLIN | POLLHUP | POLLRDHUP | POLLOUT);
    }
    for (const { control } of this.#messages.splice(0)) for (const file of control.files) file.release();
    this.queue.wake();
    return 0;
  }
}

const plain = (control: Control): boolean => control.files.length === 0 && control.cred === undefined;

/** Chunks of one sender with nothing special may be read together. */
function sameControl(a: Control, b: Control): boolean {
  return a.files.length === 0 && a.cred?.pid === b.cred?.pid && a.cred?.uid === b.cred?.uid;
}
