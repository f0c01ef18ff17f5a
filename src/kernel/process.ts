/**
 * A process: a thread group with what its threads always share (`struct signal_struct`), and its place in the process
 * tree, process group and session.
 */
import type { Kernel } from './kernel.js';
import type { Mm } from './mm.js';
import { RLIMIT, type ResourceLimits } from './rlimits.js';
import { PendingSignals } from './signal/info.js';
import type { SigHand } from './signal/sighand.js';
import type { Task } from './task.js';
import type { ProcessTimers } from './timers.js';
import { WaitQueue } from './wait.js';

/** Sum of resources used, times in nanoseconds (struct rusage). */
export interface Usage {
  userNs: number;
  systemNs: number;
  minorFaults: number;
  majorFaults: number;
  voluntarySwitches: number;
  involuntarySwitches: number;
  /** Peak resident set in bytes. */
  maxRss: number;
}

export function noUsage(): Usage {
  return {
    userNs: 0,
    systemNs: 0,
    minorFaults: 0,
    majorFaults: 0,
    voluntarySwitches: 0,
    involuntarySwitches: 0,
    maxRss: 0,
  };
}

/** Adds `b` to `a`; peaks become the larger one. */
export function addUsage(a: Usage, b: Usage): void {
  a.userNs += b.userNs;
  a.systemNs += b.systemNs;
  a.minorFaults += b.minorFaults;
  a.majorFaults += b.majorFaults;
  a.voluntarySwitches += b.voluntarySwitches;
  a.involuntarySwitches += b.involuntarySwitches;
  a.maxRss = Math.max(a.maxRss, b.maxRss);
}

/** A process group; empty ones are forgotten. */
export interface ProcessGroup {
  readonly pgid: number;
  readonly session: Session;
  readonly members: Set<Process>;
}

export interface Session {
  readonly sid: number;
  readonly groups: Map<number, ProcessGroup>;
  /** The controlling terminal, when there is one. */
  tty: ControllingTerminal | undefined;
}

/** What job control needs of a terminal. */
export interface ControllingTerminal {
  session: Session | undefined;
  foreground: ProcessGroup | undefined;
}

export type ProcessState = 'alive' | 'zombie' | 'reaped';

export class Process {
  readonly kernel: Kernel;
  readonly pid: number;
  parent: Process | undefined;
  readonly children = new Set<Process>();
  /** Live threads, the leader first (it may die before the others). */
  readonly tasks: Task[] = [];
  group: ProcessGroup;
  sighand: SigHand;
  readonly pending = new PendingSignals();
  limits: ResourceLimits;
  timers: ProcessTimers | undefined;
  /** Woken when a child changes state (wait4). */
  readonly childQueue = new WaitQueue();
  /** Woken when a signal becomes pending for the process or one of its threads (signalfd). */
  readonly signalQueue = new WaitQueue();
  /** Woken when this process ends (pidfd). */
  readonly exitQueue = new WaitQueue();
  state: ProcessState = 'alive';
  /** Signal the parent gets at our end; SIGCHLD unless clone said otherwise, 0 = none. */
  exitSignal = 17;
  /** exit_group was called or a fatal signal came: every thread is on its way out. */
  exiting = false;
  /** As wait(2) encodes it: code << 8, or the signal (| 0x80 with core). */
  exitStatus = 0;
  /** Signal that stopped the group, 0 when it runs. */
  stopSignal = 0;
  /** wait4 has not yet reported the stop / the continuation. */
  stopReported = true;
  continuedReported = true;
  /** exec was called since fork (setpgid of the parent then fails with EACCES). */
  execed = false;
  /** Of threads that are gone. */
  readonly usage: Usage = noUsage();
  /** Of children waited for. */
  readonly childUsage: Usage = noUsage();
  isSubreaper = false;
  personality = 0;
  noNewPrivileges = false;
  oomScoreAdj = 0;
  /** Host monotonic ns. */
  readonly startTime: number;

  constructor(
    kernel: Kernel,
    pid: number,
    parent: Process | undefined,
    group: ProcessGroup,
    sighand: SigHand,
    limits: ResourceLimits,
  ) {
    this.kernel = kernel;
    this.pid = pid;
    this.parent = parent;
    this.group = group;
    this.sighand = sighand;
    this.limits = limits;
    this.startTime = kernel.clock.monotonic();
    parent?.children.add(this);
    group.members.add(this);
  }

  get pgid(): number {
    return this.group.pgid;
  }

  get session(): Session {
    return this.group.session;
  }

  /** The thread whose tid is the pid while it lives, else any live one. */
  get leader(): Task | undefined {
    return this.tasks[0];
  }

  /** Real user id of the leader, or what it was. */
  uid = 0;

  /** getppid(2). */
  get ppid(): number {
    return this.parent?.pid ?? (this === this.kernel.root ? this.kernel.rootParent : 1);
  }

  /** Adds what a thread that ends has used. */
  account(task: Task): void {
    const { usage } = this;
    usage.userNs += task.userNs + this.kernel.scheduler.runningFor(task);
    usage.systemNs += task.systemNs;
    usage.voluntarySwitches += task.voluntarySwitches;
    usage.involuntarySwitches += task.involuntarySwitches;
    const { space } = task.mm;
    // Faults are counted per space: the last thread brings them along.
    if (this.tasks.length === 1) {
      usage.minorFaults += space.stats.minorFaults;
      usage.majorFaults += space.stats.majorFaults;
    }
    usage.maxRss = Math.max(usage.maxRss, space.peakRss);
  }

  /** CPU time of all threads, gone and alive, in nanoseconds. */
  cpuTime(): number {
    let ns = this.usage.userNs + this.usage.systemNs;
    for (const task of this.tasks) ns += task.userNs + task.systemNs + this.kernel.scheduler.runningFor(task);
    return ns;
  }

  /** What getrusage(RUSAGE_SELF) answers. */
  totalUsage(): Usage {
    const sum = { ...this.usage };
    const space = this.leader?.mm.space;
    for (const task of this.tasks) {
      sum.userNs += task.userNs + this.kernel.scheduler.runningFor(task);
      sum.systemNs += task.systemNs;
      sum.voluntarySwitches += task.voluntarySwitches;
      sum.involuntarySwitches += task.involuntarySwitches;
    }
    if (space !== undefined) {
      sum.minorFaults += space.stats.minorFaults;
      sum.majorFaults += space.stats.majorFaults;
      sum.maxRss = Math.max(sum.maxRss, space.peakRss);
    }
    return sum;
  }

  /** Hands the limits that concern memory to the address space. */
  applyLimits(mm: Mm): void {
    const { soft } = this.limits;
    const { limits } = mm.space;
    limits.as = soft[RLIMIT.AS] as number;
    limits.data = soft[RLIMIT.DATA] as number;
    limits.stack = soft[RLIMIT.STACK] as number;
    limits.memlock = soft[RLIMIT.MEMLOCK] as number;
  }
}
