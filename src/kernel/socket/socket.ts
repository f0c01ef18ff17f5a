/**
 * Sockets as the system calls see them. As everywhere in this kernel nothing here blocks: what is not possible now answers
 * -EAGAIN, and `queue` is woken when it may be; only operations that the host finishes later (bind, connect of a real
 * network) are generators.
 */
import { EFAULT, ENOPROTOOPT, EOPNOTSUPP } from '../../abi/errno.js';
import { O_RDWR, S_IFSOCK } from '../../abi/fcntl.js';
import { SO, SOCK } from '../../abi/socket.js';
import { newInode } from '../anon.js';
import { OpenFile } from '../file.js';
import { emptyStat, type FileStat } from '../host/stat.js';
import type { Task } from '../task.js';
import { type Blocking, WaitQueue } from '../wait.js';
import type { Address } from './address.js';
import { interfaceIoctl } from './interface-ioctl.js';

/** Who sent a message (SCM_CREDENTIALS, SO_PEERCRED). */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** What travels beside the bytes. The files hold references of their own. */
export interface Control {
  readonly files: readonly OpenFile[];
  readonly cred: PeerCredentials | undefined;
}

export const NO_CONTROL: Control = { files: [], cred: undefined };

/** What a receive found besides its byte count; one per socket, overwritten by the next receive. */
export interface Received {
  from: Address | undefined;
  control: Control;
  /** MSG_TRUNC, MSG_EOR… */
  flags: number;
  /** Whole length of the message, for MSG_TRUNC. */
  length: number;
}

export interface SocketOptions {
  sendBuffer: number;
  receiveBuffer: number;
  reuseAddress: boolean;
  reusePort: boolean;
  keepAlive: boolean;
  broadcast: boolean;
  passCredentials: boolean;
  /** Nanoseconds; Infinity: wait for ever. */
  receiveTimeout: number;
  sendTimeout: number;
  /** Seconds, or -1: off. */
  linger: number;
  receiveLowWater: number;
}

/** /proc/sys/net/core/{r,w}mem_default */
const BUFFER = 212992;

export const SHUT_RD = 0;
export const SHUT_WR = 1;
export const SHUT_RDWR = 2;

export abstract class Socket extends OpenFile {
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
  readonly ino = newInode();
  readonly name: string;
  /** SO_ERROR: positive errno of an operation that failed in the background. */
  error = 0;
  listening = false;
  readonly options: SocketOptions = {
    sendBuffer: BUFFER,
    receiveBuffer: BUFFER,
    reuseAddress: false,
    reusePort: false,
    keepAlive: false,
    broadcast: false,
    passCredentials: false,
    receiveTimeout: Infinity,
    sendTimeout: Infinity,
    linger: -1,
    receiveLowWater: 1,
  };
  readonly received: Received = { from: undefined, control: NO_CONTROL, flags: 0, length: 0 };
  readonly #queue = new WaitQueue();

  constructor(family: number, type: number, protocol: number, flags: number) {
    super(O_RDWR | flags);
    this.family = family;
    this.type = type;
    this.protocol = protocol;
    this.name = `socket:[${this.ino}]`;
  }

  override get queue(): WaitQueue {
    return this.#queue;
  }

  /** Nanoseconds a blocking call may wait (SO_RCVTIMEO, SO_SNDTIMEO); it answers -EAGAIN then. */
  patience(writes: boolean): number {
    return writes ? this.options.sendTimeout : this.options.receiveTimeout;
  }

  get isStream(): boolean {
    return this.type === SOCK.SOCK_STREAM;
  }

  abstract bind(task: Task, address: Address): number | Blocking;
  abstract listen(task: Task, backlog: number): number | Blocking;
  /** The next connection, or -EAGAIN. */
  abstract accept(): Socket | number;
  abstract connect(task: Task, address: Address): number | Blocking;

  /** Sends what there is room for. @returns bytes, -EAGAIN, -EPIPE… `data` is copied. */
  abstract send(
    task: Task,
    data: Uint8Array,
    to: Address | undefined,
    control: Control,
    flags: number,
  ): number;

  /** Receives into `dst` and tells the rest in `received`. @returns bytes, 0 at the end, -EAGAIN */
  abstract receive(dst: Uint8Array, flags: number): number;

  abstract shutdown(how: number): number;
  abstract localAddress(): Address;
  /** -ENOTCONN when there is no peer. */
  abstract peerAddress(): Address | number;

  /** Who made the other end (SO_PEERCRED). */
  get peerCredentials(): PeerCredentials {
    return { pid: 0, uid: 0xffffffff, gid: 0xffffffff };
  }

  /** Bytes that can be read at once (FIONREAD). */
  get readableBytes(): number {
    return 0;
  }

  override read(dst: Uint8Array): number {
    const n = this.receive(dst, 0);
    // read(2) has no room for descriptors: they are closed.
    for (const file of this.received.control.files) file.release();
    return n;
  }

  override write(src: Uint8Array, _offset: number, task: Task): number {
    return this.send(task, src, undefined, NO_CONTROL, 0);
  }

  override ioctl(task: Task, request: number, arg: number): number {
    const FIONREAD = 0x541b;
    const TIOCOUTQ = 0x5411;
    if (request === FIONREAD) return task.user.writeI32(arg, this.readableBytes) ? 0 : -EFAULT;
    if (request === TIOCOUTQ) return task.user.writeI32(arg, 0) ? 0 : -EFAULT;
    return interfaceIoctl(task, request, arg) ?? (super.ioctl(task, request, arg) as number);
  }

  override stat(): FileStat {
    const st = emptyStat();
    st.dev = 8;
    st.ino = this.ino;
    st.mode = S_IFSOCK | 0o777;
    st.nlink = 1;
    return st;
  }

  /** Takes the pending error, as SO_ERROR and the next call do. */
  takeError(): number {
    const { error } = this;
    this.error = 0;
    return error;
  }

  /** A level of options that only some kinds have (IPPROTO_TCP, IPPROTO_IP…). @returns the value or -errno */
  getProtocolOption(_level: number, _name: number): number {
    return -EOPNOTSUPP;
  }
  setProtocolOption(_level: number, _name: number, _value: number): number {
    return -ENOPROTOOPT;
  }
  /** Options of such a level whose value is a struct of the guest's; undefined: it is a number. */
  setProtocolStruct(_level: number, _name: number, _bytes: Uint8Array, _little: boolean): number | undefined {
    return undefined;
  }

  /** SOL_SOCKET options that take an int. -ENOPROTOOPT for the unknown. */
  getOption(name: number): number {
    const { options } = this;
    switch (name) {
      case SO.SO_TYPE:
        return this.type;
      case SO.SO_DOMAIN:
        return this.family;
      case SO.SO_PROTOCOL:
        return this.protocol;
      case SO.SO_ERROR:
        return this.takeError();
      case SO.SO_ACCEPTCONN:
        return this.listening ? 1 : 0;
      case SO.SO_SNDBUF:
        return options.sendBuffer;
      case SO.SO_RCVBUF:
        return options.receiveBuffer;
      case SO.SO_REUSEADDR:
        return options.reuseAddress ? 1 : 0;
      case SO.SO_REUSEPORT:
        return options.reusePort ? 1 : 0;
      case SO.SO_KEEPALIVE:
        return options.keepAlive ? 1 : 0;
      case SO.SO_BROADCAST:
        return options.broadcast ? 1 : 0;
      case SO.SO_PASSCRED:
        return options.passCredentials ? 1 : 0;
      case SO.SO_RCVLOWAT:
        return options.receiveLowWater;
      case SO.SO_SNDLOWAT:
        return 1;
      case SO.SO_DEBUG:
      case SO.SO_DONTROUTE:
      case SO.SO_OOBINLINE:
        return 0;
      default:
        return -ENOPROTOOPT;
    }
  }

  setOption(name: number, value: number): number {
    const { options } = this;
    switch (name) {
      case SO.SO_SNDBUF:
      case SO.SO_SNDBUFFORCE:
        // The kernel doubles what is asked for (socket(7)).
        options.sendBuffer = Math.max(4608, Math.min(value, BUFFER) * 2);
        return 0;
      case SO.SO_RCVBUF:
      case SO.SO_RCVBUFFORCE:
        options.receiveBuffer = Math.max(2304, Math.min(value, BUFFER) * 2);
        return 0;
      case SO.SO_REUSEADDR:
        options.reuseAddress = value !== 0;
        return 0;
      case SO.SO_REUSEPORT:
        options.reusePort = value !== 0;
        return 0;
      case SO.SO_KEEPALIVE:
        options.keepAlive = value !== 0;
        return 0;
      case SO.SO_BROADCAST:
        options.broadcast = value !== 0;
        return 0;
      case SO.SO_PASSCRED:
        options.passCredentials = value !== 0;
        return 0;
      case SO.SO_RCVLOWAT:
        options.receiveLowWater = Math.max(1, value);
        return 0;
      case SO.SO_DEBUG:
      case SO.SO_DONTROUTE:
      case SO.SO_OOBINLINE:
        return 0;
      case SO.SO_TYPE:
      case SO.SO_ERROR:
      case SO.SO_ACCEPTCONN:
        return -ENOPROTOOPT;
      default:
        return -ENOPROTOOPT;
    }
  }
}
