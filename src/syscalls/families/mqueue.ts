/** POSIX message queues. */
import {
  EACCES,
  EBADF,
  EEXIST,
  EFAULT,
  EINVAL,
  EMFILE,
  EMSGSIZE,
  ENAMETOOLONG,
  ENOENT,
  ENOSPC,
} from '../../abi/errno.js';
import { O_ACCMODE, O_CREAT, O_EXCL, O_NONBLOCK, O_RDONLY, O_WRONLY } from '../../abi/fcntl.js';
import { NSIG } from '../../abi/signals.js';
import { mqAttr } from '../../abi/structs/fs.js';
import { sigevent } from '../../abi/structs/signal.js';
import { MqFile, type MqNotice, type MqQueue } from '../../kernel/ipc/mqueue.js';
import { RLIMIT } from '../../kernel/rlimits.js';
import { NetlinkSocket } from '../../kernel/socket/netlink.js';
import type { Task } from '../../kernel/task.js';
import type { Blocking } from '../../kernel/wait.js';
import { genericFlags } from '../files.js';
import { partial, sys } from '../row.js';
import { readAbsolute } from '../times.js';
import { installFile } from './event.js';

/** NAME_MAX, and what no limit of /proc/sys/fs/mqueue may exceed (ipc_namespace.h). */
const NAME_MAX = 255;
const HARD_MESSAGES = 65536;
const HARD_SIZE = 16 << 20;
const PRIORITIES = 32768;

const SIGEV_SIGNAL = 0;
const SIGEV_NONE = 1;
const SIGEV_THREAD = 2;
/** SIGEV_THREAD: what the C library's helper thread gets; the last byte says why (linux/mqueue.h). */
const COOKIE = 32;
const NOTIFY_WOKENUP = 1;
const NOTIFY_REMOVED = 2;

function nameError(name: string): number {
  if (name === '') return -ENOENT;
  if (name.includes('/') || name === '.' || name === '..') return -EACCES;
  return name.length > NAME_MAX ? -ENAMETOOLONG : 0;
}

function mayOpen(task: Task, queue: MqQueue, flags: number): boolean {
  const { cred } = task;
  if (cred.privileged) return true;
  const how = flags & O_ACCMODE;
  const wanted = how === O_RDONLY ? 4 : how === O_WRONLY ? 2 : 6;
  const shift = cred.fsuid === queue.uid ? 6 : cred.inGroup(queue.gid) ? 3 : 0;
  return ((queue.mode >> shift) & wanted) === wanted;
}

/** Bytes that a queue counts for against RLIMIT_MSGQUEUE (mqueue_get_inode). */
function cost(messages: number, size: number): number {
  return messages * size + Math.min(messages, PRIORITIES) * 48 + messages * 48;
}

function create(task: Task, name: string, mode: number, attr: number): MqQueue | number {
  const { ipc } = task.kernel;
  const { limits } = ipc;
  let messages = Math.min(limits.mqMessagesDefault, limits.mqMessages);
  let size = Math.min(limits.mqSizeDefault, limits.mqSize);
  if (attr !== 0) {
    const given = task.user.get(mqAttr.for(task.abi), attr);
    if (given === undefined) return -EFAULT;
    messages = given.mq_maxmsg;
    size = given.mq_msgsize;
  }
  const { privileged } = task.cred;
  if (ipc.names.size >= limits.mqQueues && !privileged) return -ENOSPC;
  if (messages <= 0 || size <= 0) return -EINVAL;
  if (messages > (privileged ? HARD_MESSAGES : limits.mqMessages)) return -EINVAL;
  if (size > (privileged ? HARD_SIZE : limits.mqSize)) return -EINVAL;
  if (cost(messages, size) > (task.process.limits.soft[RLIMIT.MSGQUEUE] as number)) return -EMFILE;
  const owner = { uid: task.cred.fsuid, gid: task.cred.fsgid, mode: mode & 0o777 & ~task.fs.umask };
  return ipc.names.create(name, messages, size, owner);
}

function sysMqOpen(task: Task, name: string, guestFlags: number, mode: number, attr: number): number {
  const flags = genericFlags(task.abi, guestFlags);
  if (attr !== 0 && (flags & O_CREAT) !== 0 && task.user.get(mqAttr.for(task.abi), attr) === undefined)
    return -EFAULT;
  const bad = nameError(name);
  if (bad < 0) return bad;
  let queue = task.kernel.ipc.names.get(name);
  if (queue === undefined) {
    if ((flags & O_CREAT) === 0) return -ENOENT;
    const made = create(task, name, mode, attr);
    if (typeof made === 'number') return made;
    queue = made;
  } else {
    if ((flags & (O_CREAT | O_EXCL)) === (O_CREAT | O_EXCL)) return -EEXIST;
    if ((flags & O_ACCMODE) === O_ACCMODE) return -EINVAL;
    if (!mayOpen(task, queue, flags)) return -EACCES;
  }
  return installFile(task, new MqFile(queue, flags & (O_ACCMODE | O_NONBLOCK)), true);
}

function sysMqUnlink(task: Task, name: string): number {
  const bad = nameError(name);
  if (bad < 0) return bad;
  const { names } = task.kernel.ipc;
  const queue = names.get(name);
  if (queue === undefined) return -ENOENT;
  // The directory of queues is sticky: names go with their owner.
  if (!task.cred.privileged && task.cred.fsuid !== queue.uid) return -EACCES;
  names.remove(queue);
  return 0;
}

function queueFile(task: Task, fd: number): MqFile | number {
  const file = task.files.usable(fd);
  return file instanceof MqFile ? file : -EBADF;
}

function timedsend(
  task: Task,
  fd: number,
  addr: number,
  length: number,
  priority: number,
  timeout: number,
  wide: boolean,
): number | Blocking {
  const deadline = readAbsolute(task, timeout, true, wide);
  if (deadline < 0) return deadline;
  if (priority >= PRIORITIES) return -EINVAL;
  const file = queueFile(task, fd);
  if (typeof file === 'number') return file;
  if (!file.writable) return -EBADF;
  if (length > file.mq.messageSize) return -EMSGSIZE;
  const text = task.user.copyIn(addr, length);
  return text === undefined ? -EFAULT : file.send(task, { priority, text }, deadline);
}

function timedreceive(
  task: Task,
  fd: number,
  addr: number,
  length: number,
  priority: number,
  timeout: number,
  wide: boolean,
): number | Blocking {
  const deadline = readAbsolute(task, timeout, true, wide);
  if (deadline < 0) return deadline;
  const file = queueFile(task, fd);
  if (typeof file === 'number') return file;
  return file.receive(length, deadline, (message) => {
    const { user } = task;
    if (priority !== 0 && !user.writeI32(priority, message.priority)) return -EFAULT;
    return user.copyOut(addr, message.text) ? message.text.length : -EFAULT;
  });
}

/** What is to happen when a message comes. */
function noticeOf(task: Task, event: number): MqNotice | number {
  const { user, process } = task;
  const given = user.get(sigevent.for(task.abi), event);
  if (given === undefined || !user.read64(event)) return -EFAULT;
  const wide = user.wordSize === 8;
  const lo = wide ? user.lo : given.sigev_value | 0;
  const hi = wide ? user.hi : 0;
  const signo = given.sigev_signo;
  switch (given.sigev_notify) {
    case SIGEV_NONE:
      return { owner: process, signo: 0, lo: 0, hi: 0 };
    case SIGEV_SIGNAL:
      return signo < 0 || signo > NSIG ? -EINVAL : { owner: process, signo, lo, hi };
    case SIGEV_THREAD: {
      const cookie = user.copyIn(given.sigev_value, COOKIE);
      if (cookie === undefined) return -EFAULT;
      const socket = task.files.usable(signo);
      if (socket === undefined) return -EBADF;
      if (!(socket instanceof NetlinkSocket)) return -EINVAL;
      const deliver = (removed: boolean): void => {
        cookie[COOKIE - 1] = removed ? NOTIFY_REMOVED : NOTIFY_WOKENUP;
        socket.deliver(cookie);
      };
      return { owner: process, signo: 0, lo: 0, hi: 0, deliver };
    }
    default:
      return -EINVAL;
  }
}

function sysMqNotify(task: Task, fd: number, event: number): number {
  const notice = event === 0 ? undefined : noticeOf(task, event);
  if (typeof notice === 'number') return notice;
  const file = queueFile(task, fd);
  if (typeof file === 'number') return file;
  if (notice !== undefined) return file.mq.register(notice);
  file.mq.unregister(task.process);
  return 0;
}

function sysMqGetsetattr(task: Task, fd: number, next: number, old: number): number {
  const layout = mqAttr.for(task.abi);
  const { user } = task;
  const given = next === 0 ? undefined : user.get(layout, next);
  if (next !== 0 && given === undefined) return -EFAULT;
  const wanted = given === undefined ? undefined : genericFlags(task.abi, given.mq_flags);
  if (wanted !== undefined && (wanted & ~O_NONBLOCK) !== 0) return -EINVAL;
  const file = queueFile(task, fd);
  if (typeof file === 'number') return file;
  const { mq } = file;
  const values = {
    mq_flags: file.flags & O_NONBLOCK,
    mq_maxmsg: mq.maxMessages,
    mq_msgsize: mq.messageSize,
    mq_curmsgs: mq.messages.length,
  };
  if (wanted !== undefined) file.flags = (file.flags & ~O_NONBLOCK) | wanted;
  return old === 0 || user.put(layout, old, values) ? 0 : -EFAULT;
}

export const messageQueues = {
  mq_open: sys(
    ['name: path', 'oflag: oflags', 'mode: mode', 'attr: in mqAttr'],
    'fd',
    sysMqOpen,
    partial('no file system of queues to mount'),
  ),
  mq_unlink: sys(['name: path'], 'int', sysMqUnlink),
  mq_timedsend: sys(
    ['mqdes: fd', 'msg_ptr: in buf', 'msg_len: size', 'msg_prio: uint', 'abs_timeout: in timespec'],
    'int',
    (t, fd, at, length, priority, timeout) => timedsend(t, fd, at, length, priority, timeout, false),
  ),
  mq_timedsend_time64: sys(
    ['mqdes: fd', 'msg_ptr: in buf', 'msg_len: size', 'msg_prio: uint', 'abs_timeout: in timespec64'],
    'int',
    (t, fd, at, length, priority, timeout) => timedsend(t, fd, at, length, priority, timeout, true),
  ),
  mq_timedreceive: sys(
    ['mqdes: fd', 'msg_ptr: out buf', 'msg_len: size', 'msg_prio: out i32', 'abs_timeout: in timespec'],
    'size',
    (t, fd, at, length, priority, timeout) => timedreceive(t, fd, at, length, priority, timeout, false),
  ),
  mq_timedreceive_time64: sys(
    ['mqdes: fd', 'msg_ptr: out buf', 'msg_len: size', 'msg_prio: out i32', 'abs_timeout: in timespec64'],
    'size',
    (t, fd, at, length, priority, timeout) => timedreceive(t, fd, at, length, priority, timeout, true),
  ),
  mq_notify: sys(['mqdes: fd', 'sevp: in sigevent'], 'int', sysMqNotify),
  mq_getsetattr: sys(['mqdes: fd', 'newattr: in mqAttr', 'oldattr: out mqAttr'], 'int', sysMqGetsetattr),
};
