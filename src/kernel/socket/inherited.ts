/**
 * Sockets among the descriptors that were handed to us: reading and writing is that of any stream of the host, names come
 * from what the host lists. A host program that starts us through Node gives us such ones as "pipes".
 */
import { EBADF, EDESTADDRREQ, EINVAL, EISCONN, ENOTCONN, EOPNOTSUPP, EPIPE } from '../../abi/errno.js';
import { AF, MSG, SOCK } from '../../abi/socket.js';
import { POLLHUP, POLLIN, POLLOUT, POLLRDHUP, POLLRDNORM, POLLWRNORM } from '../file.js';
import type { FileStat } from '../host/stat.js';
import { describeSocket, finishOutput } from '../host/inherited-socket.js';
import type { HostAddress } from '../host/inherited-socket.js';
import type { Task } from '../task.js';
import type { HostStream } from '../vfs/host-stream.js';
import type { WaitQueue } from '../wait.js';
import { type Address, UNNAMED, formatIn6 } from './address.js';
import { type Control, NO_CONTROL, SHUT_RD, SHUT_WR, Socket } from './socket.js';

const IPPROTO_TCP = 6;

function inet({ bytes, port }: HostAddress): Address {
  const four = bytes.length === 4;
  return {
    family: four ? AF.AF_INET : AF.AF_INET6,
    host: four ? Array.from(bytes).join('.') : formatIn6(bytes),
    port,
    flow: 0,
    scope: 0,
  };
}

export class InheritedSocket extends Socket {
  readonly #stream: HostStream;
  readonly #local: Address;
  readonly #peer: Address;
  #readShut = false;
  #writeShut = false;

  /** @param stream what reads and writes descriptor `fd`; taken over */
  constructor(stream: HostStream, fd: number) {
    const known = describeSocket(fd);
    const local = known?.kind === 'tcp' ? inet(known.local) : { ...UNNAMED, path: known?.path ?? '' };
    const type = known?.kind === 'unix' ? known.type : SOCK.SOCK_STREAM;
    super(local.family, type, known?.kind === 'tcp' ? IPPROTO_TCP : 0, stream.flags);
    this.#stream = stream;
    this.#local = local;
    this.#peer = known?.kind === 'tcp' ? inet(known.remote) : UNNAMED;
  }

  override get hostFd(): number {
    return this.#stream.hostFd;
  }
  override get queue(): WaitQueue {
    return this.#stream.queue;
  }
  override stat(): FileStat {
    const st = this.#stream.stat();
    return typeof st === 'number' ? super.stat() : st;
  }

  bind(): number {
    return -EINVAL;
  }
  listen(): number {
    return -EINVAL;
  }
  accept(): number {
    return -EINVAL;
  }
  connect(): number {
    return -EISCONN;
  }

  send(task: Task, data: Uint8Array, to: Address | undefined, control: Control, _flags: number): number {
    if (to !== undefined) return this.isStream ? -EISCONN : -EDESTADDRREQ;
    // Descriptors of ours mean nothing to a program outside.
    if (control.files.length > 0) return -EOPNOTSUPP;
    if (this.#writeShut) return -EPIPE;
    if (!this.writable) return -EBADF;
    this.#stream.flags = this.flags;
    return this.#stream.write(data, -1, task);
  }

  receive(dst: Uint8Array, flags: number): number {
    const { received } = this;
    received.from = undefined;
    received.control = NO_CONTROL;
    received.flags = 0;
    if (this.#readShut) return 0;
    const n = this.#stream.readAvailable(dst, (flags & MSG.MSG_PEEK) !== 0);
    received.length = Math.max(0, n);
    return n;
  }

  shutdown(how: number): number {
    if (how !== SHUT_WR) this.#readShut = true;
    if (how !== SHUT_RD && !this.#writeShut) {
      this.#writeShut = true;
      finishOutput(this.hostFd);
    }
    this.queue.wake();
    return 0;
  }

  localAddress(): Address {
    return this.#local;
  }
  peerAddress(): Address | number {
    return this.#peer.family !== AF.AF_UNIX && this.#peer.family !== AF.AF_UNSPEC && this.#peer.port === 0
      ? -ENOTCONN
      : this.#peer;
  }

  override get readableBytes(): number {
    return this.#stream.pendingBytes;
  }

  override poll(): number {
    let bits = this.#stream.poll();
    if ((bits & POLLHUP) !== 0) bits = (bits & ~POLLHUP) | POLLRDHUP | (this.#writeShut ? POLLHUP : 0);
    if (this.#readShut) bits |= POLLIN | POLLRDNORM | POLLRDHUP;
    if (this.#writeShut) bits |= POLLOUT | POLLWRNORM;
    return bits;
  }

  protected override onClose(): number {
    return this.#stream.release();
  }
}
