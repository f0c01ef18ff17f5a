/** What differs per instruction set in the kernel: signal frames, syscall restart, first registers. */
import type { IsaFamily } from '../../abi/abi.js';
import type { SigInfo } from '../signal/info.js';
import type { SigAction } from '../signal/sighand.js';
import type { SigSet } from '../sigset.js';
import type { Task } from '../task.js';
import { aarch64 } from './aarch64.js';
import { riscv } from './riscv.js';

export interface Arch {
  /** Pushes a signal frame and enters the handler. @returns false when the frame cannot be written */
  setupFrame(task: Task, info: SigInfo, action: SigAction, mask: SigSet): boolean;
  /** Restores what the frame at the stack pointer says, mask and alternate stack too. @returns false: bad frame */
  restoreFrame(task: Task): boolean;
  /** Puts pc and registers back to where the last syscall is executed again. */
  restartSyscall(task: Task): void;
  setSyscallNumber(task: Task, number: number): void;
  /** First registers of a program: everything zero but pc and sp. */
  startProgram(task: Task, pc: number, sp: number): void;
  /** The thread pointer of a new thread (CLONE_SETTLS). */
  setTls(task: Task, value: number): void;
}

const ARCHES: Partial<Record<IsaFamily, Arch>> = { aarch64, riscv };

/** The module of the task's instruction set. */
export function archOf(task: Task): Arch {
  const arch = ARCHES[task.abi.isa];
  if (arch === undefined) throw new Error(`no kernel support for ${task.abi.name}`);
  return arch;
}
