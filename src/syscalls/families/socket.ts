/** Sockets: making, naming, connecting, options. Sending and receiving: socket-message.ts. */
import {
  EACCES,
  EAFNOSUPPORT,
  EAGAIN,
  EBADF,
  ECONNREFUSED,
  EFAULT,
  EINVAL,
  EOPNOTSUPP,
  EPERM,
  EPROTONOSUPPORT,
  ESOCKTNOSUPPORT,
} from '../../abi/errno.js';
import { O_NONBLOCK } from '../../abi/fcntl.js';
import { AF, SO, SOCK, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_TYPE_MASK, SOL_SOCKET } from '../../abi/socket.js';
import { linger, ucred } from '../../abi/structs/index.js';
import { MAX_ADDRESS, type UnixAddress } from '../../kernel/socket/address.js';
import { DatagramSocket, IPPROTO_UDP } from '../../kernel/socket/datagram.js';
import { NETLINK_ROUTE, NetlinkSocket } from '../../kernel/socket/netlink.js';
import type { Socket } from '../../kernel/socket/socket.js';
import { IPPROTO_TCP, StreamSocket } from '../../kernel/socket/stream.js';
import { UnixSocket } from '../../kernel/socket/unix.js';
import type { Task } from '../../kernel/task.js';
import type { Blocking } from '../../kernel/wait.js';
import { partial, sys } from '../row.js';
import { readAddress, retry, socketOf, writeAddress } from '../socket-args.js';
import { readTimespec } from '../times.js';
import { installFile } from './event.js';

/** include/linux/net.h */
const SOCK_MAX = 11;
/** include/linux/in.h */
const IPPROTO_MAX = 263;

/** Kind of a new socket without its flags, or -errno. */
function checkType(type: number): number {
  if ((type & ~(SOCK_TYPE_MASK | SOCK_NONBLOCK | SOCK_CLOEXEC)) !== 0) return -EINVAL;
  const kind = type & SOCK_TYPE_MASK;
  return kind >= SOCK_MAX ? -EINVAL : kind;
}

const UNIX_KINDS: readonly number[] = [SOCK.SOCK_STREAM, SOCK.SOCK_DGRAM, SOCK.SOCK_SEQPACKET];

function unixKind(kind: number, protocol: number): number {
  if (protocol !== 0 && protocol !== AF.AF_UNIX) return -EPROTONOSUPPORT;
  // Raw AF_UNIX sockets are datagram ones (unix_create).
  if (kind === SOCK.SOCK_RAW) return SOCK.SOCK_DGRAM;
  return UNIX_KINDS.includes(kind) ? kind : -ESOCKTNOSUPPORT;
}

/** A socket of the network, or -errno. */
function inetSocket(
  task: Task,
  family: number,
  kind: number,
  protocol: number,
  flags: number,
): Socket | number {
  if (protocol < 0 || protocol >= IPPROTO_MAX) return -EINVAL;
  switch (kind) {
    case SOCK.SOCK_STREAM:
      return protocol === 0 || protocol === IPPROTO_TCP ? new StreamSocket(family, flags) : -EPROTONOSUPPORT;
    case SOCK.SOCK_DGRAM:
      return protocol === 0 || protocol === IPPROTO_UDP
        ? new DatagramSocket(family, flags)
        : -EPROTONOSUPPORT;
    case SOCK.SOCK_RAW:
      // Without a protocol there is no such socket (inet_create).
      if (protocol === 0) return -EPROTONOSUPPORT;
      return task.cred.privileged ? -EACCES : -EPERM;
    default:
      return -ESOCKTNOSUPPORT;
  }
}

function sysSocket(task: Task, domain: number, type: number, protocol: number): number {
  const kind = checkType(type);
  if (kind < 0) return kind;
  const flags = type & O_NONBLOCK;
  let socket: Socket | number;
  if (domain === AF.AF_UNIX) {
    const known = unixKind(kind, protocol);
    socket = known < 0 ? known : new UnixSocket(task.kernel.unixNames, known, flags);
  } else if (domain === AF.AF_INET || domain === AF.AF_INET6)
    socket = inetSocket(task, domain, kind, protocol, flags);
  else if (domain === AF.AF_NETLINK) {
    const known = kind === SOCK.SOCK_RAW || kind === SOCK.SOCK_DGRAM;
    if (!known) socket = -ESOCKTNOSUPPORT;
    else if (protocol !== NETLINK_ROUTE) socket = -EPROTONOSUPPORT;
    else socket = new NetlinkSocket(kind, flags, task.abi.littleEndian);
  } else socket = -EAFNOSUPPORT;
  return typeof socket === 'number' ? socket : installFile(task, socket, (type & SOCK_CLOEXEC) !== 0);
}

function sysSocketpair(task: Task, domain: number, type: number, protocol: number, addr: number): number {
  const given = checkType(type);
  if (given < 0) return given;
  if (domain !== AF.AF_UNIX)
    return domain === AF.AF_INET || domain === AF.AF_INET6 ? -EOPNOTSUPP : -EAFNOSUPPORT;
  const kind = unixKind(given, protocol);
  if (kind < 0) return kind;
  const [a, b] = UnixSocket.pair(task.kernel.unixNames, task, kind, type & O_NONBLOCK);
  const cloexec = (type & SOCK_CLOEXEC) !== 0;
  const first = installFile(task, a, cloexec);
  if (first < 0) {
    b.release();
    return first;
  }
  const second = installFile(task, b, cloexec);
  if (second < 0) {
    task.files.close(first);
    return second;
  }
  if (task.user.writeI32(addr, first) && task.user.writeI32(addr + 4, second)) return 0;
  task.files.close(first);
  task.files.close(second);
  return -EFAULT;
}

function sysBind(task: Task, fd: number, addr: number, length: number): number | Blocking {
  const socket = socketOf(task, fd);
  if (typeof socket === 'number') return socket;
  const address = readAddress(task, addr, length);
  return typeof address === 'number' ? address : socket.bind(task, address);
}

function sysListen(task: Task, fd: number, backlog: number): number | Blocking {
  const socket = socketOf(task, fd);
  return typeof socket === 'number' ? socket : socket.listen(task, backlog);
}

function sysConnect(task: Task, fd: number, addr: number, length: number): number | Blocking {
  const socket = socketOf(task, fd);
  if (socket !== -EBADF && (length < 0 || length > MAX_ADDRESS)) return -EINVAL;
  if (typeof socket === 'number') return socket;
  const address = readAddress(task, addr, length);
  if (typeof address === 'number') return address;
  const result = socket.connect(task, address);
  if (!(socket instanceof UnixSocket) || address.family !== AF.AF_UNIX) return result;
  if (result === -ECONNREFUSED && socket.isStream) return connectOutside(task, socket, address);
  return result === -EAGAIN && !socket.nonblocking ? connectLater(task, socket, address) : result;
}

/** A name behind which there is no guest: perhaps a program of the host listens there. */
function connectOutside(task: Task, socket: UnixSocket, address: UnixAddress): number | Blocking {
  const path = task.kernel.unixNames.outside(task, address.path);
  if (typeof path === 'number') return path;
  const stream = new StreamSocket(AF.AF_UNIX, socket.flags);
  const result = stream.connectTo({ path });
  for (const [fd, file] of task.files.entries()) {
    if (file === socket) task.files.replace(fd, stream.retain(), task.files.isCloexec(fd), Infinity);
  }
  stream.release();
  return result;
}

/** Waits for room in the backlog of the listening socket. */
function* connectLater(task: Task, socket: UnixSocket, address: UnixAddress): Blocking {
  for (;;) {
    const listener = socket.listenerAt(task, address);
    if (listener === undefined) return -ECONNREFUSED;
    const result = yield* retry(task, listener, socket.options.sendTimeout, () =>
      socket.connect(task, address),
    );
    if (result !== -EAGAIN || socket.options.sendTimeout !== Infinity) return result;
  }
}

function sysAccept4(task: Task, fd: number, addr: number, length: number, flags: number): number | Blocking {
  const socket = socketOf(task, fd);
  if (socket === -EBADF) return socket;
  if ((flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) !== 0) return -EINVAL;
  if (typeof socket === 'number') return socket;
  const finish = (accepted: Socket | number): number => {
    if (typeof accepted === 'number') return accepted;
    accepted.flags |= flags & O_NONBLOCK;
    const newFd = installFile(task, accepted, (flags & SOCK_CLOEXEC) !== 0);
    if (newFd < 0 || addr === 0) return newFd;
    const peer = accepted.peerAddress();
    const bad = writeAddress(task, typeof peer === 'number' ? undefined : peer, addr, length);
    if (bad < 0) task.files.close(newFd);
    return bad < 0 ? bad : newFd;
  };
  const now = socket.accept();
  if (now !== -EAGAIN || socket.nonblocking) return finish(now);
  return acceptLater(task, socket, finish);
}

function* acceptLater(task: Task, socket: Socket, finish: (accepted: Socket | number) => number): Blocking {
  let accepted: Socket | number = -EAGAIN;
  const attempt = (): number => {
    accepted = socket.accept();
    return accepted === -EAGAIN ? -EAGAIN : 0;
  };
  const result = yield* retry(task, socket, socket.options.receiveTimeout, attempt);
  return result < 0 ? result : finish(accepted);
}

function getName(task: Task, fd: number, addr: number, length: number, peer: boolean): number {
  const socket = socketOf(task, fd);
  if (typeof socket === 'number') return socket;
  const address = peer ? socket.peerAddress() : socket.localAddress();
  return typeof address === 'number' ? address : writeAddress(task, address, addr, length);
}

const SHUT_RDWR = 2;

function sysShutdown(task: Task, fd: number, how: number): number {
  const socket = socketOf(task, fd);
  if (typeof socket === 'number') return socket;
  return how < 0 || how > SHUT_RDWR ? -EINVAL : socket.shutdown(how);
}

/** SO_RCVTIMEO and SO_SNDTIMEO: a timeval in the old form (words) or the new one (64 bits). */
function timeOption(option: number): { wide: boolean; receive: boolean } | undefined {
  switch (option) {
    case SO.SO_RCVTIMEO:
      return { wide: false, receive: true };
    case SO.SO_SNDTIMEO:
      return { wide: false, receive: false };
    case SO.SO_RCVTIMEO_NEW:
      return { wide: true, receive: true };
    case SO.SO_SNDTIMEO_NEW:
      return { wide: true, receive: false };
    default:
      return undefined;
  }
}

function setTimeLimit(
  task: Task,
  socket: Socket,
  addr: number,
  length: number,
  kind: { wide: boolean; receive: boolean },
): number {
  const size = kind.wide || task.abi.wordSize === 8 ? 16 : 8;
  if (length < size) return -EINVAL;
  // A timeval has the shape of a timespec.
  const time = readTimespec(task, addr, kind.wide);
  if (time === undefined) return -EFAULT;
  if (time.nsec < 0 || time.nsec >= 1_000_000) return -EINVAL;
  const ns = time.sec * 1e9 + time.nsec * 1000;
  const timeout = ns <= 0 ? Infinity : ns;
  if (kind.receive) socket.options.receiveTimeout = timeout;
  else socket.options.sendTimeout = timeout;
  return 0;
}

/** sizeof(struct group_source_req), the longest option that is looked at. */
const MAX_OPTION = 264;

function sysSetsockopt(
  task: Task,
  fd: number,
  level: number,
  option: number,
  addr: number,
  length: number,
): number {
  const socket = socketOf(task, fd);
  if (typeof socket === 'number') return socket;
  if (level === SOL_SOCKET) {
    const kind = timeOption(option);
    if (kind !== undefined) return setTimeLimit(task, socket, addr, length, kind);
    if (option === SO.SO_LINGER) {
      if (length < linger.for(task.abi).size) return -EINVAL;
      const value = task.user.get(linger.for(task.abi), addr);
      if (value === undefined) return -EFAULT;
      socket.options.linger = value.l_onoff === 0 ? -1 : value.l_linger;
      return 0;
    }
  }
  if (level === SOL_SOCKET && length < 4) return -EINVAL;
  // Some options take a single byte, some larger structs that begin with an int.
  if (length < 1) return -EINVAL;
  const value = length < 4 ? task.user.readU8(addr) : task.user.readI32(addr);
  if (value === undefined) return -EFAULT;
  if (level !== SOL_SOCKET && length >= 4) {
    const bytes = task.user.copyIn(addr, Math.min(length, MAX_OPTION));
    if (bytes === undefined) return -EFAULT;
    const done = socket.setProtocolStruct(level, option, bytes, task.abi.littleEndian);
    if (done !== undefined) return done;
  }
  return level === SOL_SOCKET
    ? socket.setOption(option, value)
    : socket.setProtocolOption(level, option, value);
}

function sysGetsockopt(
  task: Task,
  fd: number,
  level: number,
  option: number,
  addr: number,
  length: number,
): number {
  const socket = socketOf(task, fd);
  if (typeof socket === 'number') return socket;
  const { user, abi } = task;
  const room = user.readI32(length);
  if (room === undefined) return -EFAULT;
  if (room < 0) return -EINVAL;
  const put = (bytes: Uint8Array): number => {
    const part = bytes.subarray(0, Math.min(room, bytes.length));
    return user.copyOut(addr, part) && user.writeI32(length, part.length) ? 0 : -EFAULT;
  };
  const view = new DataView(new ArrayBuffer(16));
  if (level === SOL_SOCKET) {
    const kind = timeOption(option);
    if (kind !== undefined) {
      const ns = kind.receive ? socket.options.receiveTimeout : socket.options.sendTimeout;
      const micros = ns === Infinity ? 0 : Math.floor(ns / 1000);
      const [sec, usec] = [Math.floor(micros / 1e6), micros % 1e6];
      const large = kind.wide || abi.wordSize === 8;
      if (large) {
        view.setBigInt64(0, BigInt(sec), abi.littleEndian);
        view.setBigInt64(8, BigInt(usec), abi.littleEndian);
      } else {
        view.setInt32(0, sec, abi.littleEndian);
        view.setInt32(4, usec, abi.littleEndian);
      }
      return put(new Uint8Array(view.buffer, 0, large ? 16 : 8));
    }
    if (option === SO.SO_PEERCRED) {
      const bytes = new Uint8Array(ucred.for(abi).size);
      ucred.for(abi).write(new DataView(bytes.buffer), 0, { ...socket.peerCredentials });
      return put(bytes);
    }
    if (option === SO.SO_LINGER) {
      const seconds = socket.options.linger;
      view.setInt32(0, seconds < 0 ? 0 : 1, abi.littleEndian);
      view.setInt32(4, Math.max(0, seconds), abi.littleEndian);
      return put(new Uint8Array(view.buffer, 0, 8));
    }
  }
  const value = level === SOL_SOCKET ? socket.getOption(option) : socket.getProtocolOption(level, option);
  if (value < 0) return value;
  view.setInt32(0, value, abi.littleEndian);
  return put(new Uint8Array(view.buffer, 0, 4));
}

export const sockets = {
  socket: sys(
    ['domain: family', 'type: hex32', 'protocol: int'],
    'fd',
    sysSocket,
    partial('AF_UNIX, AF_INET, AF_INET6, of AF_NETLINK what asks for interfaces; no raw sockets'),
  ),
  socketpair: sys(['domain: family', 'type: hex32', 'protocol: int', 'sv: out fdpair'], 'int', sysSocketpair),
  bind: sys(['sockfd: fd', 'addr: in sockaddr', 'addrlen: int'], 'int', sysBind),
  listen: sys(['sockfd: fd', 'backlog: int'], 'int', sysListen),
  accept: sys(['sockfd: fd', 'addr: out sockaddr', 'addrlen: inout i32'], 'fd', (t, fd, addr, length) =>
    sysAccept4(t, fd, addr, length, 0),
  ),
  accept4: sys(
    ['sockfd: fd', 'addr: out sockaddr', 'addrlen: inout i32', 'flags: fdflags'],
    'fd',
    sysAccept4,
  ),
  connect: sys(['sockfd: fd', 'addr: in sockaddr', 'addrlen: int'], 'int', sysConnect),
  getsockname: sys(['sockfd: fd', 'addr: out sockaddr', 'addrlen: inout i32'], 'int', (t, fd, addr, length) =>
    getName(t, fd, addr, length, false),
  ),
  getpeername: sys(['sockfd: fd', 'addr: out sockaddr', 'addrlen: inout i32'], 'int', (t, fd, addr, length) =>
    getName(t, fd, addr, length, true),
  ),
  shutdown: sys(['sockfd: fd', 'how: int'], 'int', sysShutdown),
  setsockopt: sys(
    ['sockfd: fd', 'level: int', 'optname: int', 'optval: in i32', 'optlen: int'],
    'int',
    sysSetsockopt,
    partial('options that Node has no call for are accepted and ignored'),
  ),
  getsockopt: sys(
    ['sockfd: fd', 'level: int', 'optname: int', 'optval: out i32', 'optlen: inout i32'],
    'int',
    sysGetsockopt,
    partial('options that Node has no call for are accepted and ignored'),
  ),
};
