/** Synchronous signals: what an engine's exit reason becomes. */
import {
  BUS_ADRALN,
  BUS_ADRERR,
  ILL_ILLOPC,
  SEGV_ACCERR,
  SEGV_MAPERR,
  SIGBUS,
  SIGILL,
  SIGSEGV,
  SIGTRAP,
  SIG_DFL,
  SIG_IGN,
  TRAP_BRKPT,
} from '../../abi/signals.js';
import { FAULT_ALIGN } from '../../cpu/exit.js';
import { WORD_PC, WORD_PC_HIGH } from '../../cpu/layout.js';
import { FAULT_ACCERR, FAULT_BUS } from '../../mmap/layout.js';
import type { Task } from '../task.js';
import { faultInfo, type SigInfo } from './info.js';

/**
 * Sends a signal that the task cannot refuse: when it is blocked or ignored, the default action is restored and the
 * task dies of it (force_sig_info of the kernel).
 */
export function forceSignal(task: Task, info: SigInfo): void {
  const { sighand } = task.process;
  const action = sighand.get(info.signo);
  const blocked = task.blocked.has(info.signo);
  if (blocked || action.handler === SIG_IGN) {
    sighand.set(info.signo, { ...action, handler: SIG_DFL });
    task.blocked.delete(info.signo);
  }
  task.pending.push(info);
}

/** A memory access or fetch that cannot be made. */
export function raiseFault(task: Task): void {
  const { cpu } = task;
  const { faultKind, faultLow, faultHigh } = cpu;
  task.lastFault = { kind: faultKind, access: cpu.faultAccess };
  if (faultKind === FAULT_ALIGN) forceSignal(task, faultInfo(SIGBUS, BUS_ADRALN, faultLow, faultHigh));
  else if (faultKind === FAULT_BUS) forceSignal(task, faultInfo(SIGBUS, BUS_ADRERR, faultLow, faultHigh));
  else {
    const code = faultKind === FAULT_ACCERR ? SEGV_ACCERR : SEGV_MAPERR;
    forceSignal(task, faultInfo(SIGSEGV, code, faultLow, faultHigh));
  }
}

function atPc(task: Task, signo: number, code: number): SigInfo {
  const { r } = task.cpu;
  return faultInfo(signo, code, r[WORD_PC] as number, r[WORD_PC_HIGH] as number);
}

export function raiseIllegal(task: Task): void {
  forceSignal(task, atPc(task, SIGILL, ILL_ILLOPC));
}

export function raiseBreakpoint(task: Task): void {
  forceSignal(task, atPc(task, SIGTRAP, TRAP_BRKPT));
}
