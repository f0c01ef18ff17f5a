/** Changing a task's signal mask and alternate stack. */
import { EINVAL, ENOMEM, EPERM } from '../../abi/errno.js';
import { SA_ONSTACK, SIGKILL, SIGSTOP, SS_AUTODISARM, SS_DISABLE, SS_ONSTACK } from '../../abi/signals.js';
import type { SigSet } from '../sigset.js';
import type { AltStack, Task } from '../task.js';
import type { SigAction } from './sighand.js';

/** Replaces the mask; SIGKILL and SIGSTOP cannot be blocked. */
export function setBlocked(task: Task, mask: SigSet): void {
  task.blocked.copy(mask);
  task.blocked.delete(SIGKILL);
  task.blocked.delete(SIGSTOP);
}

/**
 * Blocks `mask` only until the syscall is over; when a signal interrupts it, until the handler's frame has been set up
 * with the old mask (sigsuspend, ppoll, pselect6, epoll_pwait).
 */
export function setTemporaryMask(task: Task, mask: SigSet): void {
  task.savedMask = task.blocked.clone();
  setBlocked(task, mask);
}

/** The syscall ended without being interrupted. */
export function dropTemporaryMask(task: Task): void {
  if (task.savedMask === undefined) return;
  task.blocked.copy(task.savedMask);
  task.savedMask = undefined;
}

/** Stack pointer for the frame: the alternate stack when asked for and not in use already. */
export function handlerStack(task: Task, action: SigAction, sp: number): number {
  if ((action.flags & SA_ONSTACK) === 0 || (task.altStack.flags & SS_DISABLE) !== 0) return sp;
  return onAltStack(task, sp) ? sp : task.altStack.sp + task.altStack.size;
}

/** The task runs on its alternate stack; with SS_AUTODISARM it counts as elsewhere. */
export function onAltStack(task: Task, sp: number): boolean {
  const { altStack } = task;
  if ((altStack.flags & SS_AUTODISARM) !== 0) return false;
  return sp > altStack.sp && sp - altStack.sp <= altStack.size;
}

/** sigaltstack(2): installs `stack`. @returns 0 or -errno */
export function setAltStack(task: Task, stack: AltStack, sp: number): number {
  if (onAltStack(task, sp)) return -EPERM;
  const mode = stack.flags & ~SS_AUTODISARM;
  if (mode !== 0 && mode !== SS_ONSTACK && mode !== SS_DISABLE) return -EINVAL;
  if (mode === SS_DISABLE) task.altStack = { sp: 0, size: 0, flags: stack.flags };
  else if (stack.size < task.abi.minSigStack) return -ENOMEM;
  else task.altStack = { sp: stack.sp, size: stack.size, flags: stack.flags & SS_AUTODISARM };
  return 0;
}

/** sigreturn puts the alternate stack of the frame back; errors are not reported there. */
export function restoreAltStack(task: Task, stack: AltStack): void {
  const sp = task.abi.registers.sp;
  setAltStack(task, stack, (task.cpu.r[sp * 2] as number) >>> 0);
}
