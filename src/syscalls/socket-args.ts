/** Addresses and messages of socket calls in guest memory. */
import { E2BIG, EAGAIN, EBADF, EFAULT, EINVAL, EMFILE, ENOTSOCK, EPERM, ERESTARTSYS } from '../abi/errno.js';
import { SCM_CREDENTIALS, SCM_RIGHTS, SOL_SOCKET } from '../abi/socket.js';
import { cmsghdr, ucred } from '../abi/structs/index.js';
import type { OpenFile } from '../kernel/file.js';
import { type Address, decodeAddress, encodeAddress, MAX_ADDRESS } from '../kernel/socket/address.js';
import {
  type Control,
  NO_CONTROL,
  type PeerCredentials,
  type Received,
  Socket,
} from '../kernel/socket/socket.js';
import type { Task } from '../kernel/task.js';
import { type Blocking, INTERRUPTED, TIMED_OUT, waitFor } from '../kernel/wait.js';
import { alignUp } from '../util/bits.js';
import type { Piece } from './files.js';

/** net.core.optmem_max */
const CONTROL_MAX = 131072;
/** SCM_MAX_FD */
const FILES_MAX = 253;
const MSG_CTRUNC = 0x8;
const MSG_CMSG_CLOEXEC = 0x4000_0000;

/** The socket behind `fd`, or -EBADF, -ENOTSOCK. */
export function socketOf(task: Task, fd: number): Socket | number {
  const file = task.files.usable(fd);
  if (file === undefined) return -EBADF;
  return file instanceof Socket ? file : -ENOTSOCK;
}

/** Waits on the socket until `attempt` has a result other than -EAGAIN, or `timeout` (ns) is over. */
export function* retry(task: Task, socket: Socket, timeout: number, attempt: () => number): Blocking {
  const deadline = timeout === Infinity ? Infinity : task.kernel.clock.monotonic() + timeout;
  const queues = [socket.queue];
  socket.retain();
  try {
    for (;;) {
      const why = yield* waitFor(queues, deadline);
      const result = attempt();
      if (result !== -EAGAIN || why === TIMED_OUT) return result;
      if (why === INTERRUPTED) return -ERESTARTSYS;
    }
  } finally {
    socket.release();
  }
}

/** Reads a socket address. */
export function readAddress(task: Task, addr: number, length: number): Address | number {
  if (length < 0 || length > MAX_ADDRESS) return -EINVAL;
  const bytes = task.user.copyIn(addr, length);
  return bytes === undefined ? -EFAULT : decodeAddress(bytes, task.abi.littleEndian);
}

/** Writes an address into a buffer whose size stands at `lengthAddr`, where the full length goes. @returns 0 or -errno */
export function writeAddress(
  task: Task,
  address: Address | undefined,
  addr: number,
  lengthAddr: number,
): number {
  const { user } = task;
  const room = user.readI32(lengthAddr);
  if (room === undefined) return -EFAULT;
  if (room < 0) return -EINVAL;
  const bytes = addressBytes(task, address);
  if (!user.copyOut(addr, bytes.subarray(0, Math.min(room, bytes.length)))) return -EFAULT;
  return user.writeI32(lengthAddr, bytes.length) ? 0 : -EFAULT;
}

export function addressBytes(task: Task, address: Address | undefined): Uint8Array {
  return address === undefined ? new Uint8Array(0) : encodeAddress(address, task.abi.littleEndian);
}

export function totalLength(pieces: readonly Piece[]): number {
  let total = 0;
  for (const { length } of pieces) total += length;
  return total;
}

/** All bytes of the pieces in one buffer. */
export function gather(task: Task, pieces: readonly Piece[]): Uint8Array | number {
  const only = pieces[0];
  if (pieces.length === 1 && only !== undefined) return task.user.copyIn(only.addr, only.length) ?? -EFAULT;
  const bytes = new Uint8Array(totalLength(pieces));
  let at = 0;
  for (const { addr, length } of pieces) {
    const part = task.user.copyIn(addr, length);
    if (part === undefined) return -EFAULT;
    bytes.set(part, at);
    at += length;
  }
  return bytes;
}

export function scatter(task: Task, pieces: readonly Piece[], bytes: Uint8Array): boolean {
  let at = 0;
  for (const { addr, length } of pieces) {
    if (at >= bytes.length) break;
    const part = bytes.subarray(at, Math.min(at + length, bytes.length));
    if (!task.user.copyOut(addr, part)) return false;
    at += part.length;
  }
  return true;
}

export function releaseAll(files: readonly OpenFile[]): void {
  for (const file of files) file.release();
}

/** Reads the control messages of sendmsg; files in the result hold references of their own. */
export function readControl(task: Task, addr: number, length: number): Control | number {
  if (length === 0) return NO_CONTROL;
  if (length > CONTROL_MAX) return -E2BIG;
  const bytes = task.user.copyIn(addr, length);
  if (bytes === undefined) return -EFAULT;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const layout = cmsghdr.for(task.abi);
  const word = task.abi.wordSize;
  const head = alignUp(layout.size, word);
  const files: OpenFile[] = [];
  let sender: PeerCredentials | undefined;
  const fail = (errno: number): number => {
    releaseAll(files);
    return errno;
  };
  for (let at = 0; at + layout.size <= length;) {
    const { cmsg_len, cmsg_level, cmsg_type } = layout.read(view, at);
    if (cmsg_len < head || at + cmsg_len > length) return fail(-EINVAL);
    if (cmsg_level === SOL_SOCKET && cmsg_type === SCM_RIGHTS) {
      for (let i = at + head; i + 4 <= at + cmsg_len; i += 4) {
        const file = task.files.get(view.getInt32(i, task.abi.littleEndian));
        if (file === undefined) return fail(-EBADF);
        files.push(file.retain());
      }
      if (files.length > FILES_MAX) return fail(-EINVAL);
    } else if (cmsg_level === SOL_SOCKET && cmsg_type === SCM_CREDENTIALS) {
      const layoutCred = ucred.for(task.abi);
      if (cmsg_len < head + layoutCred.size) return fail(-EINVAL);
      sender = layoutCred.read(view, at + head);
      const { cred, process } = task;
      const own = sender.pid === process.pid && [cred.uid, cred.euid, cred.suid].includes(sender.uid);
      if (!own && !cred.privileged) return fail(-EPERM);
    } else if (cmsg_level === SOL_SOCKET) return fail(-EINVAL);
    at += alignUp(cmsg_len, word);
  }
  return { files, cred: sender };
}

/** What becomes of the msghdr after recvmsg. */
export interface ControlResult {
  readonly length: number;
  readonly flags: number;
}

/** Writes the control messages of a received message; installs its descriptors (those that do not fit are closed). */
export function writeControl(
  task: Task,
  received: Received,
  addr: number,
  room: number,
  flags: number,
  withCredentials: boolean,
): ControlResult | number {
  const { abi, user } = task;
  const layout = cmsghdr.for(abi);
  const head = alignUp(layout.size, abi.wordSize);
  let used = 0;
  let result = 0;
  const put = (type: number, size: number, write: (at: number) => boolean): boolean => {
    const at = addr + used;
    if (!user.put(layout, at, { cmsg_len: head + size, cmsg_level: SOL_SOCKET, cmsg_type: type }))
      return false;
    if (!write(at + head)) return false;
    used = Math.min(used + alignUp(head + size, abi.wordSize), room);
    return true;
  };
  const { cred: sender, files } = received.control;
  if (withCredentials && sender !== undefined) {
    const size = ucred.for(abi).size;
    if (room - used >= head + size) {
      if (!put(SCM_CREDENTIALS, size, (at) => user.put(ucred.for(abi), at, { ...sender }))) return -EFAULT;
    } else result |= MSG_CTRUNC;
  }
  if (files.length > 0) {
    const fit = Math.max(0, Math.min(files.length, Math.floor((room - used - head) / 4)));
    const fds: number[] = [];
    for (const file of files.slice(0, fit)) {
      const fd = task.files.install(file, (flags & MSG_CMSG_CLOEXEC) !== 0, task.process.limits.nofile);
      if (fd === -EMFILE) break;
      fds.push(fd);
    }
    releaseAll(files.slice(fds.length));
    if (fds.length < files.length) result |= MSG_CTRUNC;
    if (fds.length > 0) {
      const ok = put(SCM_RIGHTS, fds.length * 4, (at) => fds.every((fd, i) => user.writeI32(at + i * 4, fd)));
      if (!ok) return -EFAULT;
    }
  }
  return { length: used, flags: result };
}
