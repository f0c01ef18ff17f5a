/** Processes and threads: clone, exec, exit, wait, groups and sessions, pidfds, prctl. */
import {
  E2BIG,
  EACCES,
  EAGAIN,
  EBADF,
  EFAULT,
  EINTR,
  EINVAL,
  ENOENT,
  EPERM,
  ESRCH,
} from '../../abi/errno.js';
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, O_PATH } from '../../abi/fcntl.js';
import { CLONE_FLAGS, P_ALL, P_PGID, P_PID, P_PIDFD, PR, WAIT_FLAGS } from '../../abi/process.js';
import { NSIG, SIGCHLD } from '../../abi/signals.js';
import { cloneArgs } from '../../abi/structs/process.js';
import { execute } from '../../kernel/exec.js';
import { exitGroup, exitTask, leaveGroup } from '../../kernel/exit.js';
import { NAMESPACES, clone, type CloneRequest } from '../../kernel/fork.js';
import type { OpenFile } from '../../kernel/file.js';
import { leaveSemUndo } from '../../kernel/ipc/sem.js';
import { PidFile } from '../../kernel/pid-file.js';
import type { Process, ProcessGroup, Session } from '../../kernel/process.js';
import { KEEP_REGISTERS } from '../../kernel/scheduler.js';
import { putSigInfo, getSigInfo } from '../../kernel/signal/frame.js';
import { childInfo, userInfo } from '../../kernel/signal/info.js';
import { sendToProcess } from '../../kernel/signal/send.js';
import type { Task } from '../../kernel/task.js';
import { pollChild, waitForChild, type WaitResult, type WaitSpec } from '../../kernel/wait-child.js';
import { VfsFile } from '../../kernel/vfs/vfs-file.js';
import type { Blocking } from '../../kernel/wait.js';
import { partial, sys } from '../row.js';
import { putUsage } from './time.js';

const { WNOHANG, WUNTRACED, WEXITED, WCONTINUED, WNOWAIT, __WALL, __WCLONE, __WNOTHREAD } = WAIT_FLAGS;

// --- exit ---

function sysExit(task: Task, code: number): number {
  task.exitCode = (code & 0xff) << 8;
  exitTask(task);
  return KEEP_REGISTERS;
}

function sysExitGroup(task: Task, code: number): number {
  exitGroup(task.process, (code & 0xff) << 8);
  // Every thread notices before it runs guest code again; we are the first.
  return KEEP_REGISTERS;
}

// --- clone ---

function sysClone(
  task: Task,
  flags: number,
  stack: number,
  parentTid: number,
  tls: number,
  childTid: number,
): number | Blocking {
  return clone(task, {
    flags: (flags & ~0xff) >>> 0,
    flagsHigh: 0,
    exitSignal: flags & 0xff,
    stack,
    tls,
    parentTid,
    childTid,
    // clone(2) returns the pidfd where CLONE_PARENT_SETTID would put the tid.
    pidfd: parentTid,
  });
}

const CLONE_ARGS_SIZE_VER0 = 64;

function sysClone3(task: Task, args: number, size: number): number | Blocking {
  const layout = cloneArgs.for(task.abi);
  if (size < CLONE_ARGS_SIZE_VER0) return -EINVAL;
  if (size > 4096) return -E2BIG;
  const bytes = task.user.copyIn(args, size);
  if (bytes === undefined) return -EFAULT;
  // Fields that this kernel does not know must be zero.
  if (bytes.subarray(layout.size).some((byte) => byte !== 0)) return -E2BIG;
  const whole = new Uint8Array(layout.size);
  whole.set(bytes.subarray(0, layout.size));
  const a = layout.read(new DataView(whole.buffer), 0);
  if (a.set_tid_size !== 0 || a.set_tid !== 0) return -EPERM;
  if (a.exit_signal > NSIG) return -EINVAL;
  if ((a.stack === 0) !== (a.stack_size === 0)) return -EINVAL;
  const flagsHigh = Math.floor(a.flags / 0x1_0000_0000);
  const flags = (a.flags % 0x1_0000_0000) | 0;
  const CLONE_INTO_CGROUP = 2;
  if ((flagsHigh & ~1) !== 0) return (flagsHigh & CLONE_INTO_CGROUP) !== 0 ? -EPERM : -EINVAL;
  if ((flags & 0xff & ~CLONE_FLAGS.CLONE_NEWTIME) !== 0 || (flags & CLONE_FLAGS.CLONE_DETACHED) !== 0)
    return -EINVAL;
  if ((flags & (CLONE_FLAGS.CLONE_THREAD | CLONE_FLAGS.CLONE_PARENT)) !== 0 && a.exit_signal !== 0)
    return -EINVAL;
  const request: CloneRequest = {
    flags: flags >>> 0,
    flagsHigh,
    exitSignal: a.exit_signal,
    stack: a.stack === 0 ? 0 : a.stack + a.stack_size,
    tls: a.tls,
    parentTid: a.parent_tid,
    childTid: a.child_tid,
    pidfd: a.pidfd,
  };
  return clone(task, request);
}

function sysUnshare(task: Task, flags: number): number {
  const { CLONE_FS, CLONE_FILES, CLONE_SYSVSEM, CLONE_THREAD, CLONE_SIGHAND, CLONE_VM } = CLONE_FLAGS;
  const known = CLONE_FS | CLONE_FILES | CLONE_SYSVSEM;
  const alone = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
  if ((flags & ~(known | alone | NAMESPACES | CLONE_FLAGS.CLONE_NEWTIME)) !== 0) return -EINVAL;
  if ((flags & alone) !== 0 && task.process.tasks.length > 1) return -EINVAL;
  if ((flags & ~(known | alone)) !== 0) return -EPERM;
  if ((flags & CLONE_SYSVSEM) !== 0) leaveSemUndo(task);
  if ((flags & CLONE_FS) !== 0 && task.fs.users > 1) {
    task.fs.users--;
    task.fs = task.fs.clone();
  }
  if ((flags & CLONE_FILES) !== 0 && task.files.users > 1) {
    task.files.users--;
    task.files = task.files.clone();
  }
  return 0;
}

// --- exec ---

/** Bytes that arguments and environment may take together: a quarter of the stack limit, as in Linux. */
function argLimit(task: Task): number {
  const stack = task.process.limits.soft[3] as number;
  return Math.max(131072, Math.min(stack / 4, 6 << 20));
}

/** MAX_ARG_STRLEN */
const MAX_ARG = 131072;

/** A vector of strings; NULL counts as an empty one. @returns -EFAULT or -E2BIG */
function readStrings(task: Task, addr: number, room: { left: number }): string[] | number {
  const { user } = task;
  const strings: string[] = [];
  if (addr === 0) return strings;
  for (let at = addr; ; at += user.wordSize) {
    const pointer = user.readWord(at);
    if (pointer === undefined) return -EFAULT;
    if (pointer === 0) return strings;
    const text = user.cstring(pointer, MAX_ARG);
    if (typeof text === 'number') return text === -EFAULT ? text : -E2BIG;
    room.left -= text.length + 1 + user.wordSize;
    if (room.left < 0) return -E2BIG;
    strings.push(text);
  }
}

function execveat(
  task: Task,
  dirfd: number,
  path: string,
  argv: number,
  envp: number,
  flags: number,
): number | Blocking {
  if ((flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) !== 0) return -EINVAL;
  const room = { left: argLimit(task) };
  const args = readStrings(task, argv, room);
  if (typeof args === 'number') return args;
  const env = readStrings(task, envp, room);
  if (typeof env === 'number') return env;
  // Since 5.18 an empty argv becomes one empty string.
  if (args.length === 0) args.push('');
  if (path === '') {
    if ((flags & AT_EMPTY_PATH) === 0) return -ENOENT;
    const file = task.files.get(dirfd);
    if (file === undefined) return -EBADF;
    const request = { path: `/dev/fd/${dirfd}`, argv: args, envp: env };
    // O_PATH gives no right to read: the program is opened by that name.
    return execute(task, (file.flags & O_PATH) !== 0 ? request : { ...request, file });
  }
  if (dirfd !== AT_FDCWD && !path.startsWith('/')) {
    const dir = task.files.get(dirfd);
    if (dir === undefined) return -EBADF;
    return execute(task, { path: `${dir.name}/${path}`, argv: args, envp: env });
  }
  return execute(task, { path, argv: args, envp: env });
}

// --- wait ---

function waitSpec(task: Task, pid: number, options: number): WaitSpec {
  if (pid === -1) return { options };
  if (pid === 0) return { pgid: task.process.pgid, options };
  return pid > 0 ? { pid, options } : { pgid: -pid, options };
}

function sysWait4(
  task: Task,
  pid: number,
  status: number,
  options: number,
  usage: number,
): number | Blocking {
  const known = WNOHANG | WUNTRACED | WCONTINUED | __WALL | __WCLONE | __WNOTHREAD;
  if ((options & ~known) !== 0) return -EINVAL;
  if (pid === -0x8000_0000) return -ESRCH;
  const spec = waitSpec(task, pid, options | WEXITED);
  const finish = (result: WaitResult | number): number => {
    if (typeof result === 'number') return result;
    if (status !== 0 && !task.user.writeI32(status, result.wstatus)) return -EFAULT;
    if (usage !== 0 && !putUsage(task, usage, result.usage)) return -EFAULT;
    return result.pid;
  };
  const now = pollChild(task, spec);
  if (now !== undefined) return finish(now);
  return finishLater(waitForChild(task, spec), finish);
}

function* finishLater(
  wait: Blocking<WaitResult | number>,
  finish: (result: WaitResult | number) => number,
): Blocking {
  return finish(yield* wait);
}

function waitidSpec(task: Task, type: number, id: number, options: number): WaitSpec | number {
  switch (type) {
    case P_ALL:
      return { options };
    case P_PID:
      return id > 0 ? { pid: id, options } : -EINVAL;
    case P_PGID:
      return id < 0 ? -EINVAL : { pgid: id === 0 ? task.process.pgid : id, options };
    case P_PIDFD: {
      const file = task.files.get(id);
      if (file === undefined) return -EBADF;
      return file instanceof PidFile ? { pid: file.process.pid, options } : -EBADF;
    }
    default:
      return -EINVAL;
  }
}

function sysWaitid(
  task: Task,
  type: number,
  id: number,
  info: number,
  options: number,
  usage: number,
): number | Blocking {
  const known = WNOHANG | WNOWAIT | WEXITED | WUNTRACED | WCONTINUED | __WALL | __WCLONE | __WNOTHREAD;
  if ((options & ~known) !== 0 || (options & (WEXITED | WUNTRACED | WCONTINUED)) === 0) return -EINVAL;
  const spec = waitidSpec(task, type, id, options);
  if (typeof spec === 'number') return spec;
  const finish = (result: WaitResult | number): number => {
    if (typeof result === 'number' && result < 0) return result;
    if (info !== 0) {
      const about =
        typeof result === 'number'
          ? childInfo(0, 0, 0, 0, 0)
          : childInfo(SIGCHLD, result.code, result.pid, result.uid, result.status);
      if (!putSigInfo(task, info, about)) return -EFAULT;
    }
    if (usage !== 0 && typeof result !== 'number' && !putUsage(task, usage, result.usage)) return -EFAULT;
    return 0;
  };
  const now = pollChild(task, spec);
  if (now !== undefined) return finish(now);
  if (type === P_PIDFD && task.files.get(id)?.nonblocking === true) return -EAGAIN;
  return finishLater(waitForChild(task, spec), finish);
}

// --- groups and sessions ---

function sysSetpgid(task: Task, pid: number, pgid: number): number {
  const { process, kernel } = task;
  const target = pid === 0 || pid === process.pid ? process : kernel.processes.get(pid);
  if (pgid < 0 || (pgid === 0 && pid < 0)) return -EINVAL;
  if (target === undefined || target.state !== 'alive') return -ESRCH;
  if (target !== process) {
    if (target.parent !== process) return -ESRCH;
    if (target.session !== process.session) return -EPERM;
    if (target.execed) return -EACCES;
  }
  const { session } = target;
  if (session.sid === target.pid) return -EPERM;
  const wanted = pgid === 0 ? target.pid : pgid;
  if (wanted === target.pgid) return 0;
  let group = session.groups.get(wanted);
  if (group === undefined) {
    if (wanted !== target.pid) return -EPERM;
    group = newGroup(target, session);
  }
  moveToGroup(target, group);
  return 0;
}

function newGroup(process: Process, session: Session): ProcessGroup {
  const group: ProcessGroup = { pgid: process.pid, session, members: new Set() };
  session.groups.set(process.pid, group);
  process.kernel.groups.set(process.pid, group);
  return group;
}

function moveToGroup(process: Process, group: ProcessGroup): void {
  leaveGroup(process);
  process.group = group;
  group.members.add(process);
}

function sysSetsid(task: Task): number {
  const { process, kernel } = task;
  if (kernel.groups.has(process.pid)) return -EPERM;
  const session: Session = { sid: process.pid, groups: new Map(), tty: undefined };
  moveToGroup(process, newGroup(process, session));
  return process.pid;
}

function processOf(task: Task, pid: number): Process | undefined {
  return pid === 0 ? task.process : task.kernel.processes.get(pid);
}

// --- pidfd ---

const PIDFD_NONBLOCK = 0o4000;

function sysPidfdOpen(task: Task, pid: number, flags: number): number {
  if ((flags & ~PIDFD_NONBLOCK) !== 0 || pid <= 0) return -EINVAL;
  const target = task.kernel.processes.get(pid);
  if (target === undefined) return task.kernel.tasks.has(pid) ? -EINVAL : -ESRCH;
  return task.files.install(new PidFile(target, flags), true, task.process.limits.nofile);
}

/** The process of a pidfd, or of an open directory /proc/PID, which pidfd_send_signal takes, too. */
function signalTarget(task: Task, file: OpenFile): Process | number {
  if (file instanceof PidFile) return file.process;
  return file instanceof VfsFile ? file.place.fs.processAt(task, file.place.path) : -EBADF;
}

function sysPidfdSendSignal(task: Task, fd: number, signo: number, info: number, flags: number): number {
  if (flags !== 0) return -EINVAL;
  const file = task.files.get(fd);
  if (file === undefined) return -EBADF;
  const target = signalTarget(task, file);
  if (typeof target === 'number') return target;
  if (target.state === 'reaped') return -ESRCH;
  if (signo < 0 || signo > NSIG) return -EINVAL;
  if (signo === 0) return 0;
  if (info === 0) return sendToProcess(target, userInfo(signo, task.process.pid, task.cred.uid));
  const given = getSigInfo(task, info, signo);
  return given === undefined ? -EFAULT : sendToProcess(target, given);
}

function sysPidfdGetfd(task: Task, fd: number, theirFd: number, flags: number): number {
  if (flags !== 0) return -EINVAL;
  const file = task.files.get(fd);
  if (!(file instanceof PidFile)) return -EBADF;
  const theirs = file.process.leader?.files.get(theirFd);
  if (file.process.leader === undefined) return -ESRCH;
  if (theirs === undefined) return -EBADF;
  return task.files.install(theirs.retain(), true, task.process.limits.nofile);
}

// --- prctl ---

const PR_SET_VMA_ANON_NAME = 0;

/** CAP_LAST_CAP */
const LAST_CAPABILITY = 40;
const PR_CAP_AMBIENT_IS_SET = 1;
const PR_CAP_AMBIENT_RAISE = 2;
const PR_CAP_AMBIENT_LOWER = 3;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;

/** The ambient set is empty and stays so: only inheritable capabilities may be raised in it, and there are none. */
function prAmbient(operation: number, capability: number, c: number, d: number): number {
  if (c !== 0 || d !== 0) return -EINVAL;
  if (operation === PR_CAP_AMBIENT_CLEAR_ALL) return capability === 0 ? 0 : -EINVAL;
  if (capability > LAST_CAPABILITY) return -EINVAL;
  if (operation === PR_CAP_AMBIENT_RAISE) return -EPERM;
  return operation === PR_CAP_AMBIENT_IS_SET || operation === PR_CAP_AMBIENT_LOWER ? 0 : -EINVAL;
}

function prName(task: Task, addr: number): number {
  const text = task.user.cstring(addr, 4096);
  if (typeof text === 'number') return text;
  task.name = text.slice(0, 15);
  return 0;
}

function putName(task: Task, addr: number): number {
  const bytes = new Uint8Array(16);
  for (let i = 0; i < task.name.length; i++) bytes[i] = task.name.charCodeAt(i);
  return task.user.copyOut(addr, bytes) ? 0 : -EFAULT;
}

function sysPrctl(task: Task, option: number, a: number, b: number, c: number, d: number): number {
  const { process, user } = task;
  switch (option) {
    case PR.PR_SET_PDEATHSIG:
      if (a > NSIG) return -EINVAL;
      task.parentDeathSignal = a;
      return 0;
    case PR.PR_GET_PDEATHSIG:
      return user.writeI32(a, task.parentDeathSignal) ? 0 : -EFAULT;
    case PR.PR_GET_DUMPABLE:
      return task.dumpable ? 1 : 0;
    case PR.PR_SET_DUMPABLE:
      if (a > 1) return -EINVAL;
      task.dumpable = a === 1;
      return 0;
    case PR.PR_SET_NAME:
      return prName(task, a);
    case PR.PR_GET_NAME:
      return putName(task, a);
    case PR.PR_GET_KEEPCAPS:
      return task.cred.keepCapabilities ? 1 : 0;
    case PR.PR_GET_SECUREBITS:
    case PR.PR_GET_SECCOMP:
      return 0;
    case PR.PR_GET_THP_DISABLE:
      return a !== 0 || b !== 0 || c !== 0 || d !== 0 ? -EINVAL : 0;
    case PR.PR_SET_KEEPCAPS:
      if (a > 1) return -EINVAL;
      task.cred.keepCapabilities = a === 1;
      return 0;
    case PR.PR_CAPBSET_READ:
      return a > LAST_CAPABILITY ? -EINVAL : task.cred.privileged ? 1 : 0;
    case PR.PR_CAPBSET_DROP:
      return a > LAST_CAPABILITY ? -EINVAL : task.cred.privileged ? 0 : -EPERM;
    case PR.PR_CAP_AMBIENT:
      return prAmbient(a, b, c, d);
    case PR.PR_SET_TIMERSLACK:
      task.timerSlack = a === 0 ? 50000 : a;
      return 0;
    case PR.PR_GET_TIMERSLACK:
      return task.timerSlack;
    case PR.PR_SET_CHILD_SUBREAPER:
      process.isSubreaper = a !== 0;
      return 0;
    case PR.PR_GET_CHILD_SUBREAPER:
      return user.writeI32(a, process.isSubreaper ? 1 : 0) ? 0 : -EFAULT;
    case PR.PR_SET_NO_NEW_PRIVS:
      if (a !== 1 || b !== 0 || c !== 0 || d !== 0) return -EINVAL;
      process.noNewPrivileges = true;
      return 0;
    case PR.PR_GET_NO_NEW_PRIVS:
      if (a !== 0 || b !== 0 || c !== 0 || d !== 0) return -EINVAL;
      return process.noNewPrivileges ? 1 : 0;
    case PR.PR_GET_TIMING:
      return 0;
    case PR.PR_GET_TID_ADDRESS:
      return user.writeWord(a, task.clearChildTid) ? 0 : -EFAULT;
    case PR.PR_SET_VMA: {
      if (a !== PR_SET_VMA_ANON_NAME) return -EINVAL;
      const text = d === 0 ? '' : user.cstring(d, 80);
      return typeof text === 'number' ? text : task.mm.space.nameRange(b, c, text);
    }
    default:
      return -EINVAL;
  }
}

function sysSetTidAddress(task: Task, addr: number): number {
  task.clearChildTid = addr;
  return task.tid;
}

function sysRestart(task: Task): number | Blocking {
  const { restart } = task;
  task.restart = undefined;
  return restart === undefined ? -EINTR : restart();
}

/** All our architectures take tls before child_tid (CONFIG_CLONE_BACKWARDS) — RISC-V, ARM, AArch64. */
const CLONE_BACKWARDS = [
  'flags: cloneflags',
  'stack: ptr',
  'parent_tid: out i32',
  'tls: ptr',
  'child_tid: out i32',
] as const;

export const process = {
  exit: sys(['status: int'], 'none', sysExit),
  exit_group: sys(['status: int'], 'none', sysExitGroup),
  clone: sys(CLONE_BACKWARDS, 'pid', sysClone, partial('no namespaces, no ptrace flags')),
  clone3: sys(
    ['args: in cloneArgs', 'size: size'],
    'pid',
    sysClone3,
    partial('no namespaces, set_tid or cgroups'),
  ),
  fork: sys([], 'pid', (t) => sysClone(t, SIGCHLD, 0, 0, 0, 0)),
  vfork: sys([], 'pid', (t) =>
    sysClone(t, CLONE_FLAGS.CLONE_VM | CLONE_FLAGS.CLONE_VFORK | SIGCHLD, 0, 0, 0, 0),
  ),
  unshare: sys(['flags: cloneflags'], 'int', sysUnshare, partial('no namespaces')),
  execve: sys(['path: path', 'argv: in strv', 'envp: in strv'], 'int', (t, path, argv, envp) =>
    execveat(t, AT_FDCWD, path, argv, envp, 0),
  ),
  execveat: sys(
    ['dirfd: dirfd', 'path: path', 'argv: in strv', 'envp: in strv', 'flags: atflags'],
    'int',
    execveat,
  ),
  wait4: sys(['pid: pid', 'wstatus: out i32', 'options: waitopts', 'rusage: out rusage'], 'pid', sysWait4),
  waitid: sys(
    ['idtype: which', 'id: pid', 'infop: out siginfo', 'options: waitopts', 'rusage: out rusage'],
    'int',
    sysWaitid,
  ),
  set_tid_address: sys(['tidptr: ptr'], 'pid', sysSetTidAddress),
  getpid: sys([], 'pid', (t) => t.process.pid),
  getppid: sys([], 'pid', (t) => t.process.ppid),
  gettid: sys([], 'pid', (t) => t.tid),
  getpgid: sys(['pid: pid'], 'pid', (t, pid) => processOf(t, pid)?.pgid ?? -ESRCH),
  getpgrp: sys([], 'pid', (t) => t.process.pgid),
  setpgid: sys(['pid: pid', 'pgid: pid'], 'int', sysSetpgid),
  getsid: sys(['pid: pid'], 'pid', (t, pid) => processOf(t, pid)?.session.sid ?? -ESRCH),
  setsid: sys([], 'pid', sysSetsid),
  pidfd_open: sys(['pid: pid', 'flags: fdflags'], 'fd', sysPidfdOpen, partial('no PIDFD_THREAD')),
  pidfd_send_signal: sys(
    ['pidfd: fd', 'sig: signo', 'info: in siginfo', 'flags: hex32'],
    'int',
    sysPidfdSendSignal,
  ),
  pidfd_getfd: sys(['pidfd: fd', 'targetfd: fd', 'flags: hex32'], 'fd', sysPidfdGetfd),
  prctl: sys(
    ['option: prctl', 'arg2: hex', 'arg3: hex', 'arg4: hex', 'arg5: hex'],
    'int',
    sysPrctl,
    partial('names, death signal, subreaper, dumpable, no_new_privs, timer slack'),
  ),
  restart_syscall: sys([], 'int', sysRestart),
};
