/**
 * One guest thread (`struct task_struct`): what the scheduler runs and what a syscall handler receives.
 *
 * As in Linux everything that clone(2) can share is an object of its own, referred to from here: address space (mm),
 * descriptors (files), working directory (fs), and through `process` the signal handlers and shared pending signals.
 */
import type { Abi } from '../abi/abi.js';
import { Cpu } from '../cpu/cpu.js';
import { PENDING_SIGNAL, WORD_PENDING } from '../cpu/layout.js';
import { cpusUpTo } from './cpu-list.js';
import type { Core } from './cores/core.js';
import type { Credentials } from './credentials.js';
import type { FdTable } from './fd-table.js';
import type { FsContext } from './fs-context.js';
import type { SemUndo } from './ipc/sem.js';
import type { Kernel } from './kernel.js';
import type { Mm } from './mm.js';
import type { Process } from './process.js';
import { PendingSignals } from './signal/info.js';
import { SigSet } from './sigset.js';
import type { Timer } from './timer-heap.js';
import type { UserMemory } from './user.js';
import type { Blocking, WaitRequest, WakeReason, Waiter } from './wait.js';
import { INTERRUPTED, WOKEN } from './wait.js';

/** In the run queue, or running. */
export const STATE_RUNNABLE = 0;
/** Sleeps in a syscall; a signal ends the wait. */
export const STATE_WAITING = 1;
/** Sleeps in a syscall; only a fatal signal ends the wait. */
export const STATE_KILLABLE = 2;
/** Stopped by a job-control signal. */
export const STATE_STOPPED = 3;
export const STATE_DEAD = 4;
export type TaskState = 0 | 1 | 2 | 3 | 4;

/** sigaltstack(2). */
export interface AltStack {
  sp: number;
  size: number;
  flags: number;
}

/** As sched_setattr(2) takes them, in nanoseconds. */
export interface DeadlineTimes {
  readonly sched_runtime: number;
  readonly sched_deadline: number;
  readonly sched_period: number;
}

export interface TaskInit {
  readonly tid: number;
  readonly process: Process;
  readonly mm: Mm;
  readonly files: FdTable;
  readonly fs: FsContext;
  readonly cred: Credentials;
}

export class Task implements Waiter {
  readonly kernel: Kernel;
  /** Thread id; execve by another thread than the leader changes it. */
  tid: number;
  readonly process: Process;
  mm: Mm;
  cpu: Cpu;
  /** Of `mm`, kept here because every syscall needs them. */
  abi: Abi;
  user: UserMemory;
  files: FdTable;
  fs: FsContext;
  cred: Credentials;
  /** comm: at most 15 bytes. */
  name = '';

  state: TaskState = STATE_RUNNABLE;
  /** The handler that is asleep; set while the task waits in a syscall. */
  blocking: Blocking | undefined;
  /** What it waits for just now. */
  request: WaitRequest | undefined;
  /** Its deadline, while it is asleep with one. */
  timer: Timer | undefined;
  wakeReason: WakeReason = WOKEN;
  /** The further core that has it; undefined: core 0's. */
  core: Core | undefined;
  /** Nanoseconds it has computed without asking for much: what makes it worth a core of its own. */
  heavy = 0;
  /** It is in the run queue. */
  queued = false;
  /** -ERESTART* that the interrupted syscall answered; 0 = none. Signal delivery decides what becomes of it. */
  restartCode = 0;
  /** Called by restart_syscall(2), see ERESTART_RESTARTBLOCK. */
  restart: (() => number | Blocking) | undefined;

  readonly blocked = new SigSet();
  /** Mask to return to after a handler: sigsuspend, ppoll, pselect6, epoll_pwait. */
  savedMask: SigSet | undefined;
  /** Signals that sigtimedwait takes although they are blocked. */
  waitingFor: SigSet | undefined;
  readonly pending = new PendingSignals();
  altStack: AltStack = { sp: 0, size: 0, flags: 2 };
  /** The registers of the last syscall, for restarting it: number and first argument, both words. */
  readonly syscallEntry = new Int32Array(4);
  /** A fatal decision was made for this thread: leave at the next chance. */
  killed = false;
  /** Status of a thread that ends alone (exit(2)), as wait(2) encodes it. */
  exitCode = 0;
  /** The last memory fault: FAULT_* kind and the right that was missing, for frames and reports. */
  lastFault = { kind: 0, access: 0 };

  /** What semaphores the end of this task, and of those it shares this with, gives back. */
  semUndo: SemUndo | undefined;

  /** set_tid_address(2): cleared and woken at exit; 0 = none. */
  clearChildTid = 0;
  robustList = 0;
  robustListSize = 0;
  /** Signal sent to this task's process when the parent thread dies (PR_SET_PDEATHSIG). */
  parentDeathSignal = 0;
  /** Thread that started us (for CLONE_VFORK the one that waits). */
  vforkDone: (() => void) | undefined;

  /** User CPU time in nanoseconds and, apart from it, kernel time on its behalf. */
  userNs = 0;
  systemNs = 0;
  voluntarySwitches = 0;
  involuntarySwitches = 0;
  /** Host monotonic ns. */
  readonly startTime: number;
  /** nice(2) value. */
  nice = 0;
  /** As ioprio_set(2) takes it; 0: none of its own. */
  ioPriority = 0;
  /** The CPUs that sched_setaffinity named, in order; undefined: all. Remembered, without effect. */
  affinity: readonly number[] | undefined;
  /** SCHED_* policy and its priority: remembered, without effect. */
  policy = 0;
  priority = 0;
  /** Of SCHED_DEADLINE. */
  deadline: DeadlineTimes | undefined;
  timerSlack = 50000;
  dumpable = true;

  constructor(kernel: Kernel, init: TaskInit) {
    this.kernel = kernel;
    this.tid = init.tid;
    this.process = init.process;
    this.mm = init.mm;
    this.abi = init.mm.abi;
    this.user = init.mm.user;
    this.files = init.files;
    this.fs = init.fs;
    this.cred = init.cred;
    this.cpu = new Cpu(init.mm.space, init.mm.takeBlock());
    this.cpu.shared = init.mm.shared;
    this.startTime = kernel.clock.monotonic();
  }

  /** Numbers of the CPUs that the task may run on. */
  get allowedCpus(): readonly number[] {
    return this.affinity ?? cpusUpTo(this.kernel.cpus);
  }

  /** Thread-group leader. */
  get isLeader(): boolean {
    return this.tid === this.process.pid;
  }

  /** Moves to another address space (execve). The old one's user count is the caller's business. */
  setMm(mm: Mm): void {
    this.mm.giveBlock(this.cpu.base);
    this.mm = mm;
    this.abi = mm.abi;
    this.user = mm.user;
    this.cpu = new Cpu(mm.space, mm.takeBlock());
    this.cpu.shared = mm.shared;
  }

  /** Words of the signals that are pending and not blocked (kill wins over everything). */
  get deliverableLo(): number {
    return (this.pending.set.lo | this.process.pending.set.lo) & ~this.blocked.lo;
  }
  get deliverableHi(): number {
    return (this.pending.set.hi | this.process.pending.set.hi) & ~this.blocked.hi;
  }

  /** A signal is waiting to be acted upon. */
  get signalPending(): boolean {
    return (this.deliverableLo | this.deliverableHi) !== 0 || this.killed;
  }

  /** Something has to be looked at before guest code goes on: a signal, a stop, a syscall to restart, death. */
  get attention(): boolean {
    return this.signalPending || this.process.stopSignal !== 0 || this.restartCode !== 0;
  }

  /** Makes the engine leave guest code soon. */
  kick(): void {
    // Of a block in use elsewhere the pending word is not ours to write.
    if (this.core !== undefined) this.core.kick();
    else Atomics.or(this.cpu.r, WORD_PENDING, PENDING_SIGNAL);
  }

  /** A queue the task sleeps on was woken. */
  onWake(_events: number): boolean {
    return this.kernel.scheduler.wake(this, WOKEN);
  }

  /** A signal arrived: end an interruptible sleep (any sleep, when the task is to die), or leave guest code. */
  interrupt(): void {
    if (this.state === STATE_WAITING || (this.state === STATE_KILLABLE && this.killed)) {
      this.kernel.scheduler.wake(this, INTERRUPTED);
    } else if (this.state === STATE_RUNNABLE) this.kick();
  }
}
