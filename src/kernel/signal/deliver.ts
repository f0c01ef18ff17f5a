/**
 * Acting on pending signals on the way back to guest code: default actions, handler frames, and what becomes of an
 * interrupted syscall (kernel/signal.c get_signal, arch/<arch>/kernel/signal.c do_signal).
 */
import {
  EINTR,
  ERESTARTNOHAND,
  ERESTARTNOINTR,
  ERESTARTSYS,
  ERESTART_RESTARTBLOCK,
} from '../../abi/errno.js';
import {
  SA_NODEFER,
  SA_RESETHAND,
  SA_RESTART,
  SIGKILL,
  SIGSEGV,
  SIGSTOP,
  SIG_DFL,
  SIG_IGN,
  SS_AUTODISARM,
  SS_DISABLE,
  defaultAction,
} from '../../abi/signals.js';
import { archOf } from '../arch/arch.js';
import { exitTask } from '../exit.js';
import { setResult } from '../scheduler.js';
import type { SigSet } from '../sigset.js';
import { lowestSignal } from '../sigset.js';
import { STATE_DEAD, type Task } from '../task.js';
import type { SigInfo } from './info.js';
import { kernelInfo } from './info.js';
import { forceSignal } from './fault.js';
import { killProcess } from './send.js';
import type { SigAction } from './sighand.js';
import { isOrphaned, stopProcess } from './stop.js';

/** SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS: a thread's own faults come before anything queued. */
const SYNCHRONOUS = (1 << 3) | (1 << 4) | (1 << 6) | (1 << 7) | (1 << 10) | (1 << 30);

/** Takes the next signal that is not blocked by `mask`: own faults, own signals, then the process's. */
export function dequeueSignal(task: Task, blocked: SigSet): SigInfo | undefined {
  const own = task.pending.set;
  const faults = own.lo & SYNCHRONOUS & ~blocked.lo;
  if (faults !== 0) return task.pending.take(lowestSignal(faults, 0));
  const mine = lowestSignal(own.lo & ~blocked.lo, own.hi & ~blocked.hi);
  if (mine !== 0) return task.pending.take(mine);
  const shared = task.process.pending;
  const theirs = lowestSignal(shared.set.lo & ~blocked.lo, shared.set.hi & ~blocked.hi);
  if (theirs === 0) return undefined;
  const info = shared.take(theirs);
  if (info?.kind === 'timer') task.process.timers?.delivered(info);
  return info;
}

/**
 * Does everything that has to be done before `task` executes guest code again.
 *
 * @returns false when it cannot: it is dead or stopped
 */
export function deliverSignals(task: Task): boolean {
  for (;;) {
    if (task.killed) {
      exitTask(task);
      return false;
    }
    const { process } = task;
    if (process.stopSignal !== 0) {
      task.kernel.scheduler.park(task);
      return false;
    }
    const info = dequeueSignal(task, task.blocked);
    if (info === undefined) break;
    const action = process.sighand.get(info.signo);
    task.kernel.observer.signal?.(task, info, action);
    if (action.handler === SIG_IGN) continue;
    if (action.handler === SIG_DFL) defaultTo(task, info);
    else {
      restartForHandler(task, action);
      enterHandler(task, info, action);
    }
  }
  restartWithoutHandler(task);
  if (task.savedMask !== undefined) {
    task.blocked.copy(task.savedMask);
    task.savedMask = undefined;
    // What the temporary mask held back may be deliverable now.
    if (task.signalPending) return deliverSignals(task);
  }
  return task.state !== STATE_DEAD;
}

function defaultTo(task: Task, info: SigInfo): void {
  const { process } = task;
  const { signo } = info;
  switch (defaultAction(signo)) {
    case 'ignore':
    case 'continue':
      return;
    case 'stop':
      if (signo !== SIGSTOP && isOrphaned(process)) return;
      stopProcess(process, signo);
      return;
    case 'core':
    case 'terminate':
      task.kernel.observer.fatal?.(task, info);
      killProcess(process, signo);
      task.killed = true;
  }
}

/** A handler will run: the interrupted call is repeated after it or answers EINTR. */
function restartForHandler(task: Task, action: SigAction): void {
  const code = task.restartCode;
  if (code === 0) return;
  task.restartCode = 0;
  const again = code === -ERESTARTNOINTR || (code === -ERESTARTSYS && (action.flags & SA_RESTART) !== 0);
  if (again) archOf(task).restartSyscall(task);
  else setResult(task, -EINTR);
}

/** No handler ran: the call is repeated as if nothing had been. */
function restartWithoutHandler(task: Task): void {
  const code = task.restartCode;
  if (code === 0) return;
  task.restartCode = 0;
  switch (code) {
    case -ERESTARTSYS:
    case -ERESTARTNOINTR:
    case -ERESTARTNOHAND:
      archOf(task).restartSyscall(task);
      return;
    case -ERESTART_RESTARTBLOCK:
      archOf(task).restartSyscall(task);
      archOf(task).setSyscallNumber(task, task.abi.syscallNumbers.restart_syscall as number);
      return;
    default:
      setResult(task, -EINTR);
  }
}

/** The mask a handler's frame must restore. */
function maskToRestore(task: Task): SigSet {
  const saved = task.savedMask;
  task.savedMask = undefined;
  return saved ?? task.blocked.clone();
}

function enterHandler(task: Task, info: SigInfo, action: SigAction): void {
  const { signo } = info;
  const mask = maskToRestore(task);
  if (!archOf(task).setupFrame(task, info, action, mask)) {
    // The frame could not be written: force_sigsegv; a SIGSEGV handler that cannot run either is given up.
    if (signo === SIGSEGV) {
      task.process.sighand.set(SIGSEGV, { ...action, handler: SIG_DFL });
    }
    task.blocked.copy(mask);
    forceSignal(task, kernelInfo(SIGSEGV));
    return;
  }
  if ((task.altStack.flags & SS_AUTODISARM) !== 0) task.altStack = { sp: 0, size: 0, flags: SS_DISABLE };
  const { blocked } = task;
  blocked.set(blocked.lo | action.mask.lo, blocked.hi | action.mask.hi);
  if ((action.flags & SA_NODEFER) === 0) blocked.add(signo);
  blocked.delete(SIGKILL);
  blocked.delete(SIGSTOP);
  if ((action.flags & SA_RESETHAND) !== 0) {
    task.process.sighand.set(signo, { ...action, handler: SIG_DFL });
  }
}
