/** clone(2) in all its forms: a new thread or process that shares what the flags say (kernel/fork.c). */
import { EAGAIN, EINVAL, ENOMEM, EPERM } from '../abi/errno.js';
import { CLONE_FLAGS } from '../abi/process.js';
import { SS_DISABLE } from '../abi/signals.js';
import { WORD_BUDGET, WORD_PENDING, WORD_RES_ADDR } from '../cpu/layout.js';
import { archOf } from './arch/arch.js';
import { SemUndo } from './ipc/sem.js';
import { Mm } from './mm.js';
import { PidFile } from './pid-file.js';
import { Process } from './process.js';
import { RLIMIT } from './rlimits.js';
import { setResult } from './scheduler.js';
import { Task } from './task.js';
import { WaitQueue, waitFor, type Blocking } from './wait.js';

const {
  CLONE_VM,
  CLONE_FS,
  CLONE_FILES,
  CLONE_SIGHAND,
  CLONE_PIDFD,
  CLONE_VFORK,
  CLONE_PARENT,
  CLONE_THREAD,
  CLONE_SETTLS,
  CLONE_PARENT_SETTID,
  CLONE_CHILD_CLEARTID,
  CLONE_CHILD_SETTID,
  CLONE_DETACHED,
  CLONE_SYSVSEM,
} = CLONE_FLAGS;
/** clone3 only (include/uapi/linux/sched.h): CLONE_CLEAR_SIGHAND is bit 32. */
export const CLONE_CLEAR_SIGHAND_HIGH = 1;

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET: there are no namespaces here. */
const CLONE_NEWNS = 0x2_0000;
const CLONE_NEWUSER = 0x1000_0000;
export const NAMESPACES = 0x7e02_0000;

export interface CloneRequest {
  /** Without the exit signal. */
  readonly flags: number;
  /** Upper half of clone3's flags. */
  readonly flagsHigh: number;
  readonly exitSignal: number;
  /** Stack pointer of the child, 0 = the parent's. */
  readonly stack: number;
  readonly tls: number;
  readonly parentTid: number;
  readonly childTid: number;
  readonly pidfd: number;
}

function checkFlags(flags: number): number {
  if ((flags & CLONE_SIGHAND) !== 0 && (flags & CLONE_VM) === 0) return -EINVAL;
  if ((flags & CLONE_THREAD) !== 0 && (flags & CLONE_SIGHAND) === 0) return -EINVAL;
  if ((flags & CLONE_PIDFD) !== 0 && (flags & (CLONE_DETACHED | CLONE_THREAD)) !== 0) return -EINVAL;
  // A new tree of mounts, or other rights, with a current directory shared with somebody outside.
  if ((flags & CLONE_FS) !== 0 && (flags & (CLONE_NEWNS | CLONE_NEWUSER)) !== 0) return -EINVAL;
  // What an unprivileged caller gets where namespaces are forbidden; sandboxes have a way on from there.
  if ((flags & NAMESPACES) !== 0) return -EPERM;
  return 0;
}

/** @returns the child's id, for CLONE_VFORK after the child has left the shared memory; or -errno */
export function clone(parent: Task, request: CloneRequest): number | Blocking {
  const { flags } = request;
  const bad = checkFlags(flags);
  if (bad < 0) return bad;
  const { kernel, process } = parent;
  if ((flags & CLONE_THREAD) !== 0 && process.exiting) return -EAGAIN;
  if (kernel.tasks.size >= (process.limits.soft[RLIMIT.NPROC] as number)) return -EAGAIN;
  if ((flags & CLONE_VM) !== 0 && !parent.mm.hasRoom) return -EAGAIN;
  const mm = (flags & CLONE_VM) !== 0 ? shareMm(parent.mm) : copyMm(parent);
  if (mm === undefined) return -ENOMEM;

  const tid = kernel.newPid();
  const child = makeTask(parent, tid, mm, request);
  copyRegisters(parent, child);
  if (request.stack !== 0) setStack(child, request.stack);
  if ((flags & CLONE_SETTLS) !== 0) archOf(child).setTls(child, request.tls);
  setResult(child, 0);

  if ((flags & CLONE_PIDFD) !== 0) {
    const fd = parent.files.install(new PidFile(child.process), true, process.limits.nofile);
    parent.user.writeI32(request.pidfd, fd);
  }
  if ((flags & CLONE_PARENT_SETTID) !== 0) parent.user.writeI32(request.parentTid, tid);
  if ((flags & CLONE_CHILD_SETTID) !== 0) child.user.writeI32(request.childTid, tid);
  if ((flags & CLONE_CHILD_CLEARTID) !== 0) child.clearChildTid = request.childTid;
  if (process === kernel.root) kernel.signals.watchAll();
  kernel.observer.cloned?.(parent, child);
  if ((flags & CLONE_VFORK) !== 0) return vforkWait(child, tid);
  kernel.scheduler.start(child);
  return tid;
}

/** The parent sleeps, as good as stopped, until the child has exec'ed or is gone. */
function* vforkWait(child: Task, tid: number): Blocking {
  const queue = new WaitQueue();
  child.vforkDone = () => {
    queue.wake();
  };
  child.kernel.scheduler.start(child);
  // The queue is woken for this reason alone; otherwise we are being killed.
  yield* waitFor([queue], Infinity, false);
  return tid;
}

function shareMm(mm: Mm): Mm {
  mm.users++;
  return mm;
}

function copyMm(parent: Task): Mm | undefined {
  const { mm, kernel } = parent;
  let memory;
  try {
    memory = kernel.memories.take();
  } catch {
    // RangeError: the host has no room for another 4 GiB of address space.
    return undefined;
  }
  const space = mm.space.fork(memory);
  const copy = new Mm(space, mm.abi, mm.engine, { ...mm.program });
  copy.retired = (old) => {
    kernel.memories.give(old);
  };
  return copy;
}

function makeTask(parent: Task, tid: number, mm: Mm, request: CloneRequest): Task {
  const { flags } = request;
  const { kernel } = parent;
  const isThread = (flags & CLONE_THREAD) !== 0;
  const process = isThread ? parent.process : makeProcess(parent, tid, request);
  if ((flags & CLONE_FILES) !== 0) parent.files.users++;
  if ((flags & CLONE_FS) !== 0) parent.fs.users++;
  const child = new Task(kernel, {
    tid,
    process,
    mm,
    files: (flags & CLONE_FILES) !== 0 ? parent.files : parent.files.clone(),
    fs: (flags & CLONE_FS) !== 0 ? parent.fs : parent.fs.clone(),
    cred: parent.cred.clone(),
  });
  child.name = parent.name;
  child.blocked.copy(parent.blocked);
  child.nice = parent.nice;
  child.affinity = parent.affinity;
  child.policy = parent.policy;
  child.priority = parent.priority;
  child.deadline = parent.deadline;
  child.ioPriority = parent.ioPriority;
  child.timerSlack = parent.timerSlack;
  if ((flags & CLONE_SYSVSEM) !== 0) {
    parent.semUndo ??= new SemUndo();
    parent.semUndo.users++;
    child.semUndo = parent.semUndo;
  }
  // A thread with memory of its own use starts without alternate stack; vfork's child borrows everything.
  const keepsStack = (flags & (CLONE_VM | CLONE_VFORK)) !== CLONE_VM;
  child.altStack = keepsStack ? { ...parent.altStack } : { sp: 0, size: 0, flags: SS_DISABLE };
  process.tasks.push(child);
  kernel.tasks.set(tid, child);
  return child;
}

function makeProcess(parent: Task, pid: number, request: CloneRequest): Process {
  const { flags } = request;
  const { kernel, process: origin } = parent;
  const shareHandlers = (flags & CLONE_SIGHAND) !== 0;
  const sighand = shareHandlers ? origin.sighand : origin.sighand.clone();
  if (shareHandlers) sighand.users++;
  else if ((request.flagsHigh & CLONE_CLEAR_SIGHAND_HIGH) !== 0) sighand.clearHandlers();
  const father = (flags & CLONE_PARENT) !== 0 ? (origin.parent ?? origin) : origin;
  const child = new Process(kernel, pid, father, origin.group, sighand, origin.limits.clone());
  child.exitSignal = (flags & CLONE_PARENT) !== 0 ? origin.exitSignal : request.exitSignal;
  child.personality = origin.personality;
  child.noNewPrivileges = origin.noNewPrivileges;
  child.oomScoreAdj = origin.oomScoreAdj;
  kernel.processes.set(pid, child);
  return child;
}

function copyRegisters(parent: Task, child: Task): void {
  child.cpu.r.set(parent.cpu.r);
  child.cpu.r[WORD_PENDING] = 0;
  child.cpu.r[WORD_BUDGET] = 0;
  child.cpu.r[WORD_RES_ADDR] = -1;
}

function setStack(child: Task, sp: number): void {
  const { r } = child.cpu;
  const slot = child.abi.registers.sp * 2;
  r[slot] = sp | 0;
  r[slot + 1] = Math.floor(sp / 0x1_0000_0000);
}
