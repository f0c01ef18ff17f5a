/** Sockets: sending and receiving. */
import { EAGAIN, EFAULT, EPIPE } from '../../abi/errno.js';
import { SIGPIPE } from '../../abi/signals.js';
import { MSG } from '../../abi/socket.js';
import { mmsghdr, msghdr } from '../../abi/structs/index.js';
import { kernelInfo } from '../../kernel/signal/info.js';
import { sendToTask } from '../../kernel/signal/send.js';
import type { Address } from '../../kernel/socket/address.js';
import { type Control, NO_CONTROL, type Received, type Socket } from '../../kernel/socket/socket.js';
import { StreamSocket } from '../../kernel/socket/stream.js';
import type { Task } from '../../kernel/task.js';
import { type Blocking, isBlocking } from '../../kernel/wait.js';
import { type Piece, readPieces } from '../files.js';
import { sys } from '../row.js';
import {
  addressBytes,
  gather,
  readAddress,
  readControl,
  releaseAll,
  retry,
  scatter,
  socketOf,
  totalLength,
  writeAddress,
  writeControl,
} from '../socket-args.js';
import { readDeadline, readTimespec, writeDuration } from '../times.js';

const { MSG_PEEK, MSG_TRUNC, MSG_DONTWAIT, MSG_WAITALL, MSG_NOSIGNAL, MSG_WAITFORONE } = MSG;
/** Larger single messages are not sent in one piece. */
const MAX_TRANSFER = 0x7fff_f000;

interface Outgoing {
  readonly bytes: Uint8Array;
  readonly to: Address | undefined;
  readonly extra: Control;
  readonly flags: number;
}

/** A result of send: EPIPE comes with SIGPIPE unless the caller does not want it. */
function sent(task: Task, result: number, flags: number): number {
  if (result === -EPIPE && (flags & MSG_NOSIGNAL) === 0) {
    sendToTask(task, kernelInfo(SIGPIPE));
  }
  return result;
}

/** MSG_FASTOPEN: connects and sends. Nothing goes out with the SYN, as between hosts that have not met (tcp(7)). */
function* fastOpen(task: Task, socket: StreamSocket, message: Outgoing, to: Address): Blocking {
  const connecting = socket.connect(task, to);
  const failed = typeof connecting === 'number' ? connecting : yield* connecting;
  if (failed < 0) {
    dropFiles(message.extra);
    return failed;
  }
  const result = send(task, socket, { ...message, to: undefined, flags: message.flags & ~MSG.MSG_FASTOPEN });
  return typeof result === 'number' ? result : yield* result;
}

function send(task: Task, socket: Socket, message: Outgoing): number | Blocking {
  if ((message.flags & MSG.MSG_FASTOPEN) !== 0 && message.to !== undefined && socket instanceof StreamSocket)
    return fastOpen(task, socket, message, message.to);
  const { bytes, to, extra, flags } = message;
  const waits = !socket.nonblocking && (flags & MSG_DONTWAIT) === 0;
  const first = socket.send(task, bytes, to, extra, flags);
  const whole = first === bytes.length || !waits;
  if (first !== -EAGAIN && (first < 0 || whole)) {
    // Files that were not taken along are given back.
    if (first < 0) dropFiles(extra);
    return sent(task, first, flags);
  }
  if (!waits) {
    dropFiles(extra);
    return -EAGAIN;
  }
  return sendRest(task, socket, message, Math.max(first, 0));
}

function dropFiles(extra: Control): void {
  releaseAll(extra.files);
}

/** What did not fit at once: all of a stream's bytes are sent, unless something comes between. */
function* sendRest(task: Task, socket: Socket, message: Outgoing, before: number): Blocking {
  const { bytes, to, extra, flags } = message;
  let done = before;
  for (;;) {
    const attempt = (): number =>
      socket.send(task, bytes.subarray(done), to, done === 0 ? extra : NO_CONTROL, flags);
    const n = yield* retry(task, socket, socket.options.sendTimeout, attempt);
    if (n < 0) {
      if (done === 0) dropFiles(extra);
      return done > 0 ? done : sent(task, n, flags);
    }
    done += n;
    if (done >= bytes.length) return done;
  }
}

function sysSendto(
  task: Task,
  fd: number,
  addr: number,
  length: number,
  flags: number,
  to: number,
  toLength: number,
): number | Blocking {
  const socket = socketOf(task, fd);
  if (typeof socket === 'number') return socket;
  const target = to === 0 || toLength === 0 ? undefined : readAddress(task, to, toLength);
  if (typeof target === 'number') return target;
  const bytes = task.user.copyIn(addr, Math.min(length, MAX_TRANSFER));
  if (bytes === undefined) return -EFAULT;
  return send(task, socket, { bytes, to: target, extra: NO_CONTROL, flags });
}

function sendmsg(task: Task, fd: number, addr: number, flags: number): number | Blocking {
  const socket = socketOf(task, fd);
  if (typeof socket === 'number') return socket;
  const head = task.user.get(msghdr.for(task.abi), addr);
  if (head === undefined) return -EFAULT;
  const to =
    head.msg_name === 0 || head.msg_namelen === 0
      ? undefined
      : readAddress(task, head.msg_name, head.msg_namelen);
  if (typeof to === 'number') return to;
  const pieces = readPieces(task, head.msg_iov, head.msg_iovlen);
  if (typeof pieces === 'number') return pieces;
  const bytes = gather(task, pieces);
  if (typeof bytes === 'number') return bytes;
  const extra = readControl(task, head.msg_control, head.msg_control === 0 ? 0 : head.msg_controllen);
  if (typeof extra === 'number') return extra;
  return send(task, socket, { bytes, to, extra, flags });
}

interface Incoming {
  readonly pieces: readonly Piece[];
  readonly flags: number;
  /** Stores what came with the bytes; the call's result, given the bytes stored. */
  readonly finish: (received: Received, count: number) => number;
}

/** One attempt. `buffer` is as large as the pieces together. */
function receiveOnce(task: Task, socket: Socket, incoming: Incoming, buffer: Uint8Array): number {
  const count = socket.receive(buffer, incoming.flags);
  if (count < 0) return count;
  if (!scatter(task, incoming.pieces, buffer.subarray(0, count))) return -EFAULT;
  const { received } = socket;
  const wantsFull = (incoming.flags & MSG_TRUNC) !== 0 && !socket.isStream;
  return incoming.finish(received, wantsFull ? Math.max(count, received.length) : count);
}

/** Most receives fit here; larger ones allocate. */
const scratch = new Uint8Array(65536);

function receive(task: Task, socket: Socket, incoming: Incoming): number | Blocking {
  const length = Math.min(totalLength(incoming.pieces), MAX_TRANSFER);
  const buffer = length <= scratch.length ? scratch.subarray(0, length) : new Uint8Array(length);
  const first = receiveOnce(task, socket, incoming, buffer);
  const waits = !socket.nonblocking && (incoming.flags & MSG_DONTWAIT) === 0;
  const all = waits && socket.isStream && (incoming.flags & (MSG_WAITALL | MSG_PEEK)) === MSG_WAITALL;
  if (all && first > 0 && first < length) return receiveAll(task, socket, incoming, length, first);
  if (first !== -EAGAIN || !waits) return first;
  if (all) return receiveAll(task, socket, incoming, length, 0);
  return retry(task, socket, socket.options.receiveTimeout, () => {
    const room = length <= scratch.length ? scratch.subarray(0, length) : new Uint8Array(length);
    return receiveOnce(task, socket, incoming, room);
  });
}

/** The pieces without their first `skip` bytes. */
function skipBytes(pieces: readonly Piece[], skip: number): Piece[] {
  const rest: Piece[] = [];
  let left = skip;
  for (const { addr, length } of pieces) {
    const cut = Math.min(left, length);
    left -= cut;
    if (cut < length) rest.push({ addr: addr + cut, length: length - cut });
  }
  return rest;
}

/** MSG_WAITALL: goes on until the buffers are full. */
function* receiveAll(
  task: Task,
  socket: Socket,
  incoming: Incoming,
  length: number,
  before: number,
): Blocking {
  let done = before;
  while (done < length) {
    const part: Incoming = { ...incoming, pieces: skipBytes(incoming.pieces, done) };
    const n = yield* retry(task, socket, socket.options.receiveTimeout, () =>
      receiveOnce(task, socket, part, new Uint8Array(length - done)),
    );
    if (n <= 0) return done > 0 ? done : n;
    done += n;
  }
  return done;
}

function sysRecvfrom(
  task: Task,
  fd: number,
  addr: number,
  length: number,
  flags: number,
  from: number,
  fromLength: number,
): number | Blocking {
  const socket = socketOf(task, fd);
  if (typeof socket === 'number') return socket;
  return receive(task, socket, {
    pieces: [{ addr, length }],
    flags,
    finish: (received, count) => {
      releaseAll(received.control.files);
      if (from === 0) return count;
      const bad = writeAddress(task, received.from, from, fromLength);
      return bad < 0 ? bad : count;
    },
  });
}

function recvmsg(task: Task, fd: number, addr: number, flags: number): number | Blocking {
  const socket = socketOf(task, fd);
  if (typeof socket === 'number') return socket;
  const { user, abi } = task;
  const layout = msghdr.for(abi);
  const head = user.get(layout, addr);
  if (head === undefined) return -EFAULT;
  const pieces = readPieces(task, head.msg_iov, head.msg_iovlen);
  if (typeof pieces === 'number') return pieces;
  return receive(task, socket, {
    pieces,
    flags,
    finish: (received, count) => {
      let nameLength = 0;
      if (head.msg_name !== 0 && received.from !== undefined) {
        const bytes = addressBytes(task, received.from);
        nameLength = bytes.length;
        if (!user.copyOut(head.msg_name, bytes.subarray(0, Math.max(0, head.msg_namelen)))) return -EFAULT;
      }
      const room = head.msg_control === 0 ? 0 : head.msg_controllen;
      const control = writeControl(
        task,
        received,
        head.msg_control,
        room,
        flags,
        socket.options.passCredentials,
      );
      if (typeof control === 'number') return control;
      const done = user.put(layout, addr, {
        ...head,
        msg_namelen: nameLength,
        msg_controllen: control.length,
        msg_flags: received.flags | control.flags | (flags & MSG.MSG_CMSG_CLOEXEC),
      });
      return done ? count : -EFAULT;
    },
  });
}

/** A blocking call inside another one. */
function* finished(result: number | Blocking): Blocking {
  return isBlocking(result) ? yield* result : result;
}

function sysSendmmsg(
  task: Task,
  fd: number,
  vector: number,
  count: number,
  flags: number,
): number | Blocking {
  return many(task, vector, count, Infinity, (addr) => sendmsg(task, fd, addr, flags));
}

function recvmmsg(
  task: Task,
  fd: number,
  vector: number,
  count: number,
  flags: number,
  timeout: number,
  wide: boolean,
): number | Blocking {
  const deadline = readDeadline(task, timeout, wide);
  if (deadline < 0) return deadline;
  let index = 0;
  const result = many(task, vector, count, deadline, (addr) => {
    const more = index++ > 0 && (flags & MSG_WAITFORONE) !== 0 ? MSG_DONTWAIT : 0;
    return recvmsg(task, fd, addr, (flags & ~MSG_WAITFORONE) | more);
  });
  if (timeout === 0 || readTimespec(task, timeout, wide) === undefined) return result;
  return timed(task, result, timeout, deadline, wide);
}

/** The time that is left goes back to the caller. */
function* timed(task: Task, call: Blocking, timeout: number, deadline: number, wide: boolean): Blocking {
  const result = yield* call;
  writeDuration(task, timeout, Math.max(0, deadline - task.kernel.clock.monotonic()), wide);
  return result;
}

const UIO_MAXIOV = 1024;

function* many(
  task: Task,
  vector: number,
  count: number,
  deadline: number,
  one: (addr: number) => number | Blocking,
): Blocking {
  const { size, offset } = mmsghdr.for(task.abi);
  const total = Math.min(count, UIO_MAXIOV);
  for (let i = 0; i < total; i++) {
    const at = vector + i * size;
    const n = yield* finished(one(at));
    if (n < 0) return i > 0 ? i : n;
    if (!task.user.writeI32(at + offset.msg_len, n)) return i > 0 ? i : -EFAULT;
    if (task.kernel.clock.monotonic() >= deadline) return i + 1;
  }
  return total;
}

export const socketMessages = {
  send: sys(
    ['sockfd: fd', 'buf: in buf', 'len: size', 'flags: msgflags'],
    'size',
    (t, fd, addr, length, flags) => sysSendto(t, fd, addr, length, flags, 0, 0),
  ),
  sendto: sys(
    ['sockfd: fd', 'buf: in buf', 'len: size', 'flags: msgflags', 'dest: in sockaddr', 'addrlen: int'],
    'size',
    sysSendto,
  ),
  sendmsg: sys(['sockfd: fd', 'msg: in msghdr', 'flags: msgflags'], 'size', sendmsg),
  sendmmsg: sys(['sockfd: fd', 'msgvec: in mmsghdr', 'vlen: uint', 'flags: msgflags'], 'int', sysSendmmsg),
  recv: sys(
    ['sockfd: fd', 'buf: out buf', 'len: size', 'flags: msgflags'],
    'size',
    (t, fd, addr, length, flags) => sysRecvfrom(t, fd, addr, length, flags, 0, 0),
  ),
  recvfrom: sys(
    ['sockfd: fd', 'buf: out buf', 'len: size', 'flags: msgflags', 'src: out sockaddr', 'addrlen: inout i32'],
    'size',
    sysRecvfrom,
  ),
  recvmsg: sys(['sockfd: fd', 'msg: inout msghdr', 'flags: msgflags'], 'size', recvmsg),
  recvmmsg: sys(
    ['sockfd: fd', 'msgvec: inout mmsghdr', 'vlen: uint', 'flags: msgflags', 'timeout: inout timespec'],
    'int',
    (t, fd, vector, count, flags, timeout) => recvmmsg(t, fd, vector, count, flags, timeout, false),
  ),
  recvmmsg_time64: sys(
    ['sockfd: fd', 'msgvec: inout mmsghdr', 'vlen: uint', 'flags: msgflags', 'timeout: inout timespec64'],
    'int',
    (t, fd, vector, count, flags, timeout) => recvmmsg(t, fd, vector, count, flags, timeout, true),
  ),
};
