/**
 * Sending signals: to a thread, a process, a group. What is ignored is thrown away here; whoever should act on the rest
 * is woken. Rules of kernel/signal.c (prepare_signal, send_signal, complete_signal).
 */
import { EAGAIN } from '../../abi/errno.js';
import { SIGCONT, SIGKILL, SIGRTMIN, SI_USER, defaultAction } from '../../abi/signals.js';
import type { Process, ProcessGroup } from '../process.js';
import { RLIMIT } from '../rlimits.js';
import type { Task } from '../task.js';
import { STATE_DEAD, STATE_RUNNABLE } from '../task.js';
import { continueProcess } from './stop.js';
import type { SigInfo } from './info.js';

/** Stop signals cancel a pending SIGCONT and the reverse; SIGCONT also continues the group, even when blocked. */
function prepare(process: Process, signo: number): void {
  if (signo === SIGCONT || signo === SIGKILL) {
    if (signo === SIGCONT) {
      for (const stop of [19, 20, 21, 22]) {
        process.pending.flush(stop);
        for (const task of process.tasks) task.pending.flush(stop);
      }
    }
    continueProcess(process);
  } else if (defaultAction(signo) === 'stop') {
    process.pending.flush(SIGCONT);
    for (const task of process.tasks) task.pending.flush(SIGCONT);
  }
}

/** The signal would do nothing: ignored, and neither blocked nor waited for by anyone who should see it. */
function isDropped(process: Process, task: Task | undefined, signo: number): boolean {
  if (!process.sighand.isIgnored(signo)) return false;
  const receivers = task === undefined ? process.tasks : [task];
  // A blocked signal stays pending: its disposition may change before it is unblocked.
  return !receivers.some((t) => t.blocked.has(signo) || t.waitingFor?.has(signo) === true);
}

function overLimit(process: Process, info: SigInfo): boolean {
  if (info.signo < SIGRTMIN || info.code === SI_USER) return false;
  let queued = process.pending.length;
  for (const task of process.tasks) queued += task.pending.length;
  return queued >= (process.limits.soft[RLIMIT.SIGPENDING] as number);
}

/** The task takes this signal now: not blocked, alive. */
function wants(task: Task, signo: number): boolean {
  return task.state !== STATE_DEAD && (!task.blocked.has(signo) || task.waitingFor?.has(signo) === true);
}

/**
 * Sends to the process as a whole: one thread that does not block it will take it.
 *
 * @returns 0 or -EAGAIN when the queue of real-time signals is full
 */
export function sendToProcess(process: Process, info: SigInfo): number {
  if (process.state !== 'alive') return 0;
  prepare(process, info.signo);
  if (info.signo === SIGKILL) {
    killProcess(process, SIGKILL);
    return 0;
  }
  if (isDropped(process, undefined, info.signo)) return 0;
  if (overLimit(process, info)) return -EAGAIN;
  if (!process.pending.push(info)) return 0;
  const candidates = process.tasks.filter((task) => wants(task, info.signo));
  // One that is awake takes it without disturbing a sleeper; the leader is preferred.
  const task = candidates.find((t) => t.state === STATE_RUNNABLE && t.isLeader) ?? candidates[0];
  task?.interrupt();
  process.signalQueue.wake();
  return 0;
}

/** Sends to one thread. @returns as sendToProcess */
export function sendToTask(task: Task, info: SigInfo): number {
  const { process } = task;
  if (task.state === STATE_DEAD) return 0;
  prepare(process, info.signo);
  if (info.signo === SIGKILL) {
    killProcess(process, SIGKILL);
    return 0;
  }
  if (isDropped(process, task, info.signo)) return 0;
  if (overLimit(process, info)) return -EAGAIN;
  if (!task.pending.push(info)) return 0;
  if (wants(task, info.signo)) task.interrupt();
  process.signalQueue.wake();
  return 0;
}

export function sendToGroup(group: ProcessGroup, info: SigInfo): void {
  for (const process of [...group.members]) sendToProcess(process, { ...info });
}

/** Every thread of the process dies of `signo` at its next chance. */
export function killProcess(process: Process, signo: number): void {
  if (process.exiting) return;
  process.exiting = true;
  process.exitStatus = signo;
  for (const task of process.tasks) {
    task.killed = true;
    task.kernel.scheduler.unpark(task);
    task.interrupt();
  }
}
