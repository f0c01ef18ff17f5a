/** Signals: dispositions, masks, sending, waiting, returning from handlers. */
import { EAGAIN, EFAULT, EINTR, EINVAL, EPERM, ERESTARTNOHAND, ESRCH } from '../../abi/errno.js';
import {
  NSIG,
  SIGCONT,
  SIGKILL,
  SIGSEGV,
  SIGSTOP,
  SIG_BLOCK,
  SIG_SETMASK,
  SIG_UNBLOCK,
  SI_TKILL,
  SI_USER,
} from '../../abi/signals.js';
import { sigaction, sigactionRestorer, sigset } from '../../abi/structs/signal.js';
import { archOf } from '../../kernel/arch/arch.js';
import type { Process } from '../../kernel/process.js';
import { KEEP_REGISTERS } from '../../kernel/scheduler.js';
import { dequeueSignal } from '../../kernel/signal/deliver.js';
import { forceSignal } from '../../kernel/signal/fault.js';
import { getSigInfo, getSigSet, getStack, putSigInfo, putStack } from '../../kernel/signal/frame.js';
import { kernelInfo, userInfo, type SigInfo } from '../../kernel/signal/info.js';
import { onAltStack, setAltStack, setBlocked, setTemporaryMask } from '../../kernel/signal/mask.js';
import { sendToProcess, sendToTask } from '../../kernel/signal/send.js';
import { SigSet } from '../../kernel/sigset.js';
import type { Task } from '../../kernel/task.js';
import { INTERRUPTED, WaitQueue, waitFor, type Blocking } from '../../kernel/wait.js';
import { sys } from '../row.js';
import { readDeadline } from '../times.js';

/** Bytes of the kernel's sigset_t; every rt_ call is told it. */
const SIGSET_SIZE = 8;

function isSignal(signo: number): boolean {
  return signo >= 1 && signo <= NSIG;
}

function sysRtSigaction(task: Task, signo: number, act: number, old: number, size: number): number {
  if (size !== SIGSET_SIZE || !isSignal(signo)) return -EINVAL;
  if (act !== 0 && (signo === SIGKILL || signo === SIGSTOP)) return -EINVAL;
  const { user, abi, process } = task;
  const { sighand } = process;
  const layout = abi.isa === 'riscv' ? sigaction.for(abi) : sigactionRestorer.for(abi);
  const previous = sighand.get(signo);
  const wanted = act === 0 ? undefined : user.get(layout, act);
  if (act !== 0 && wanted === undefined) return -EFAULT;
  if (old !== 0) {
    const { handler, flags, restorer, mask } = previous;
    const values = {
      sa_handler: handler,
      sa_flags: flags,
      sa_restorer: restorer,
      sa_mask: { lo: mask.lo, hi: mask.hi },
    };
    if (!user.put(layout, old, values)) return -EFAULT;
  }
  if (wanted === undefined) return 0;
  const mask = new SigSet(wanted.sa_mask.lo, wanted.sa_mask.hi);
  mask.delete(SIGKILL);
  mask.delete(SIGSTOP);
  const restorer = 'sa_restorer' in wanted ? (wanted.sa_restorer as number) : 0;
  sighand.set(signo, { handler: wanted.sa_handler, flags: wanted.sa_flags, restorer, mask });
  task.kernel.signals.dispositionChanged(signo, wanted.sa_handler);
  // What is ignored from now on does not stay pending (POSIX).
  if (sighand.isIgnored(signo)) {
    process.pending.flush(signo);
    for (const t of process.tasks) t.pending.flush(signo);
  }
  return 0;
}

function sysRtSigprocmask(task: Task, how: number, set: number, old: number, size: number): number {
  if (size !== SIGSET_SIZE) return -EINVAL;
  const { user, blocked } = task;
  const { lo, hi } = blocked;
  if (set !== 0) {
    const words = readSet(task, set);
    if (!words) return -EFAULT;
    const { lo: l, hi: h } = scratch;
    if (how === SIG_BLOCK) setBlocked(task, scratchSet(lo | l, hi | h));
    else if (how === SIG_UNBLOCK) setBlocked(task, scratchSet(lo & ~l, hi & ~h));
    else if (how === SIG_SETMASK) setBlocked(task, scratchSet(l, h));
    else return -EINVAL;
    task.kernel.signals.blockedChanged(blocked);
  }
  if (old !== 0) {
    const flip = !user.little && user.wordSize === 4;
    if (!user.write64(old, flip ? hi : lo, flip ? lo : hi)) return -EFAULT;
  }
  return 0;
}

const scratch = new SigSet();
const scratchMask = new SigSet();

function scratchSet(lo: number, hi: number): SigSet {
  scratchMask.set(lo, hi);
  return scratchMask;
}

/** Reads a sigset_t into `scratch` without making objects. */
function readSet(task: Task, addr: number): boolean {
  const { user } = task;
  if (!user.read64(addr)) return false;
  // An array of longs: on a 32-bit big-endian guest the low word comes first all the same.
  if (!user.little && user.wordSize === 4) scratch.set(user.hi, user.lo);
  else scratch.set(user.lo, user.hi);
  return true;
}

function sysRtSigpending(task: Task, set: number, size: number): number {
  if (size > SIGSET_SIZE) return -EINVAL;
  const { blocked, pending, process } = task;
  const waiting = new SigSet(
    (pending.set.lo | process.pending.set.lo) & blocked.lo,
    (pending.set.hi | process.pending.set.hi) & blocked.hi,
  );
  const bytes = new Uint8Array(8);
  sigset.for(task.abi).write(new DataView(bytes.buffer), 0, { lo: waiting.lo >>> 0, hi: waiting.hi >>> 0 });
  return task.user.copyOut(set, bytes.subarray(0, size)) ? 0 : -EFAULT;
}

function* sleepForSignal(): Blocking {
  for (;;) if ((yield* waitFor([])) === INTERRUPTED) return -ERESTARTNOHAND;
}

function sysRtSigsuspend(task: Task, set: number, size: number): number | Blocking {
  if (size !== SIGSET_SIZE) return -EINVAL;
  const mask = new SigSet();
  if (!getSigSet(task, set, mask)) return -EFAULT;
  setTemporaryMask(task, mask);
  return sleepForSignal();
}

/** Takes a pending signal of `wanted`, blocked or not. */
function takeWanted(task: Task, wanted: SigSet): SigInfo | undefined {
  return dequeueSignal(task, new SigSet(~wanted.lo, ~wanted.hi));
}

function* waitForSignal(task: Task, wanted: SigSet, info: number, deadline: number): Blocking {
  const queue = new WaitQueue();
  task.waitingFor = wanted;
  try {
    for (;;) {
      const why = yield* waitFor([queue], deadline);
      const taken = takeWanted(task, wanted);
      if (taken !== undefined) return finishWait(task, taken, info);
      if (why === INTERRUPTED) return -EINTR;
      if (why === 1) return -EAGAIN;
    }
  } finally {
    task.waitingFor = undefined;
  }
}

function finishWait(task: Task, taken: SigInfo, info: number): number {
  return info !== 0 && !putSigInfo(task, info, taken) ? -EFAULT : taken.signo;
}

function sigtimedwait(
  task: Task,
  set: number,
  info: number,
  timeout: number,
  size: number,
  wide: boolean,
): number | Blocking {
  if (size !== SIGSET_SIZE) return -EINVAL;
  const wanted = new SigSet();
  if (!getSigSet(task, set, wanted)) return -EFAULT;
  wanted.delete(SIGKILL);
  wanted.delete(SIGSTOP);
  const deadline = readDeadline(task, timeout, wide);
  if (deadline < 0) return deadline;
  const taken = takeWanted(task, wanted);
  if (taken !== undefined) return finishWait(task, taken, info);
  if (deadline <= task.kernel.clock.monotonic()) return -EAGAIN;
  return waitForSignal(task, wanted, info, deadline);
}

function sysRtSigreturn(task: Task): number {
  task.restartCode = 0;
  if (!archOf(task).restoreFrame(task)) forceSignal(task, kernelInfo(SIGSEGV));
  return KEEP_REGISTERS;
}

function sysSigaltstack(task: Task, stack: number, old: number): number {
  const { r } = task.cpu;
  const at = task.abi.registers.sp * 2;
  const sp = (r[at] as number) >>> 0;
  const previous = { ...task.altStack };
  if (onAltStack(task, sp)) previous.flags |= 1;
  if (stack !== 0) {
    const wanted = getStack(task, stack);
    if (wanted === undefined) return -EFAULT;
    const result = setAltStack(task, wanted, sp);
    if (result < 0) return result;
  }
  return old !== 0 && !putStack(task, old, previous) ? -EFAULT : 0;
}

/** May `task` signal `target` (kill(2): same real or saved user, or privileged; SIGCONT within the session)? */
function maySignal(task: Task, target: Process, signo: number): boolean {
  const { cred } = task;
  const theirs = target.leader?.cred;
  if (cred.privileged || theirs === undefined) return true;
  if ([theirs.uid, theirs.suid].includes(cred.euid) || [theirs.uid, theirs.suid].includes(cred.uid))
    return true;
  return signo === SIGCONT && target.session === task.process.session;
}

function sendOne(task: Task, target: Process, info: SigInfo): number {
  if (!maySignal(task, target, info.signo)) return -EPERM;
  return info.signo === 0 ? 0 : sendToProcess(target, info);
}

function sendMany(task: Task, targets: Iterable<Process>, signo: number): number {
  let result = -ESRCH;
  for (const target of [...targets]) {
    const sent = sendOne(task, target, userInfo(signo, task.process.pid, task.cred.uid));
    if (sent === 0) result = 0;
    else if (result !== 0) result = sent;
  }
  return result;
}

/** Process 1 is there, but not ours. */
const INIT = 1;

function sysKill(task: Task, pid: number, signo: number): number {
  if (signo < 0 || signo > NSIG) return -EINVAL;
  const { kernel, process } = task;
  if (pid > 0) {
    const target = kernel.processes.get(pid) ?? kernel.tasks.get(pid)?.process;
    if (target === undefined) return pid === INIT ? -EPERM : -ESRCH;
    return sendOne(task, target, userInfo(signo, process.pid, task.cred.uid));
  }
  if (pid === -1) {
    const others = [...kernel.processes.values()].filter((p) => p !== process);
    return sendMany(task, others, signo);
  }
  const group = pid === 0 ? process.group : kernel.groups.get(-pid);
  return group === undefined ? -ESRCH : sendMany(task, group.members, signo);
}

function sysTgkill(task: Task, tgid: number, tid: number, signo: number): number {
  if (tgid <= 0 || tid <= 0) return -EINVAL;
  const target = task.kernel.tasks.get(tid);
  if (target === undefined || target.process.pid !== tgid) return -ESRCH;
  return tkill(task, target, signo);
}

function sysTkill(task: Task, tid: number, signo: number): number {
  if (tid <= 0) return -EINVAL;
  const target = task.kernel.tasks.get(tid);
  return target === undefined ? -ESRCH : tkill(task, target, signo);
}

function tkill(task: Task, target: Task, signo: number): number {
  if (signo < 0 || signo > NSIG) return -EINVAL;
  if (!maySignal(task, target.process, signo)) return -EPERM;
  if (signo === 0) return 0;
  return sendToTask(target, userInfo(signo, task.process.pid, task.cred.uid, SI_TKILL));
}

/** A process may not pretend to be the kernel or kill(2) towards others. */
function isForged(task: Task, target: Process, code: number): boolean {
  return target !== task.process && (code >= SI_USER || code === SI_TKILL);
}

function sysRtSigqueueinfo(task: Task, pid: number, signo: number, addr: number): number {
  if (signo < 0 || signo > NSIG) return -EINVAL;
  const info = getSigInfo(task, addr, signo);
  if (info === undefined) return -EFAULT;
  const target = task.kernel.processes.get(pid);
  if (target === undefined) return pid === INIT ? -EPERM : -ESRCH;
  if (isForged(task, target, info.code)) return -EPERM;
  return sendOne(task, target, info);
}

function sysRtTgsigqueueinfo(task: Task, tgid: number, tid: number, signo: number, addr: number): number {
  if (tgid <= 0 || tid <= 0 || signo < 0 || signo > NSIG) return -EINVAL;
  const info = getSigInfo(task, addr, signo);
  if (info === undefined) return -EFAULT;
  const target = task.kernel.tasks.get(tid);
  if (target === undefined || target.process.pid !== tgid) return -ESRCH;
  if (isForged(task, target.process, info.code)) return -EPERM;
  if (!maySignal(task, target.process, signo)) return -EPERM;
  return signo === 0 ? 0 : sendToTask(target, info);
}

export const signal = {
  rt_sigaction: sys(
    ['signum: signo', 'act: in sigaction', 'oldact: out sigaction', 'size: size'],
    'int',
    sysRtSigaction,
  ),
  rt_sigprocmask: sys(
    ['how: sighow', 'set: in sigset', 'oldset: out sigset', 'size: size'],
    'int',
    sysRtSigprocmask,
  ),
  rt_sigpending: sys(['set: out sigset', 'size: size'], 'int', sysRtSigpending),
  rt_sigsuspend: sys(['mask: in sigset', 'size: size'], 'int', sysRtSigsuspend),
  rt_sigtimedwait: sys(
    ['set: in sigset', 'info: out siginfo', 'timeout: in timespec', 'size: size'],
    'int',
    (t, set, info, timeout, size) => sigtimedwait(t, set, info, timeout, size, false),
  ),
  rt_sigtimedwait_time64: sys(
    ['set: in sigset', 'info: out siginfo', 'timeout: in timespec64', 'size: size'],
    'int',
    (t, set, info, timeout, size) => sigtimedwait(t, set, info, timeout, size, true),
  ),
  rt_sigreturn: sys([], 'none', sysRtSigreturn),
  sigaltstack: sys(['ss: in stackT', 'old_ss: out stackT'], 'int', sysSigaltstack),
  kill: sys(['pid: pid', 'sig: signo'], 'int', sysKill),
  tgkill: sys(['tgid: pid', 'tid: pid', 'sig: signo'], 'int', sysTgkill),
  tkill: sys(['tid: pid', 'sig: signo'], 'int', sysTkill),
  rt_sigqueueinfo: sys(['tgid: pid', 'sig: signo', 'info: in siginfo'], 'int', sysRtSigqueueinfo),
  rt_tgsigqueueinfo: sys(
    ['tgid: pid', 'tid: pid', 'sig: signo', 'info: in siginfo'],
    'int',
    sysRtTgsigqueueinfo,
  ),
  pause: sys([], 'int', () => sleepForSignal()),
};
