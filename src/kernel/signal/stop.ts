/** Job control: stopping and continuing a whole thread group, and telling the parent. */
import { CLD_CONTINUED, CLD_STOPPED, SA_NOCLDSTOP, SIGCHLD } from '../../abi/signals.js';
import type { Process } from '../process.js';
import { childInfo } from './info.js';
import { sendToProcess } from './send.js';

/** Begins a group stop by `signo`: every thread parks at its next chance. */
export function stopProcess(process: Process, signo: number): void {
  if (process.stopSignal !== 0 || process.exiting) return;
  process.stopSignal = signo;
  process.stopReported = false;
  process.continuedReported = true;
  for (const task of process.tasks) task.interrupt();
  tellParent(process, CLD_STOPPED, signo);
}

/** Ends a group stop. */
export function continueProcess(process: Process): void {
  if (process.stopSignal === 0) return;
  process.stopSignal = 0;
  process.stopReported = true;
  process.continuedReported = false;
  for (const task of process.tasks) process.kernel.scheduler.unpark(task);
  tellParent(process, CLD_CONTINUED, 18);
}

function tellParent(process: Process, code: number, status: number): void {
  const { parent } = process;
  if (parent === undefined) {
    process.kernel.onRootStop(process, code === CLD_STOPPED);
    return;
  }
  if ((parent.sighand.get(SIGCHLD).flags & SA_NOCLDSTOP) === 0) {
    sendToProcess(parent, childInfo(SIGCHLD, code, process.pid, process.leader?.cred.uid ?? 0, status));
  }
  parent.childQueue.wake();
}

/**
 * No member has a parent in another group of the same session (POSIX: orphaned process group); terminal stop signals
 * are then not acted upon.
 */
export function isOrphaned(process: Process): boolean {
  for (const member of process.group.members) {
    const { parent } = member;
    if (parent !== undefined && parent.group !== process.group && parent.session === process.session)
      return false;
    // The first process belongs to the job control of whoever started the emulator.
    if (member === member.kernel.root) return false;
  }
  return true;
}
