/**
 * The kernel of one emulator: its processes, its scheduler, and what both share. Everything here runs on the thread
 * that made it, so there are no locks.
 *
 * Use: `new Kernel(options)`, `start(program, …)` for the first process, `await run()` for its end.
 */
import type { MemoryPool } from '../mmap/memory.js';
import { SIGKILL } from '../abi/signals.js';
import type { Clock } from './clock.js';
import { CorePool } from './cores/core-pool.js';
import type { CoreEngineOptions } from './cores/protocol.js';
import { Credentials } from './credentials.js';
import { exitTask } from './exit.js';
import type { ExecLoader, LoadedProgram } from './exec.js';
import type { FdTable } from './fd-table.js';
import { FsContext } from './fs-context.js';
import { FutexTable } from './futex.js';
import { hostClock } from './host/clock.js';
import { randomFill } from './host/system.js';
import { KERNEL_RELEASE } from './version.js';
import type { RandomSource } from '../util/random.js';
import * as hostLoop from './host/loop.js';
import { SignalBridge } from './host-signals.js';
import { Ipc } from './ipc/ipc.js';
import { archOf } from './arch/arch.js';
import { Process, type ProcessGroup, type Session } from './process.js';
import { defaultLimits, type ResourceLimits } from './rlimits.js';
import { type HostLoop, Scheduler, type SyscallPort } from './scheduler.js';
import { killProcess, sendToProcess } from './signal/send.js';
import { UnixNames } from './socket/unix-names.js';
import type { SigInfo } from './signal/info.js';
import { SigHand, type SigAction } from './signal/sighand.js';
import { Task } from './task.js';
import type { Vfs } from './vfs/vfs.js';

/** How the first process ended. */
export type ExitStatus = { readonly code: number } | { readonly signal: number; readonly core: boolean };

/** Who wants to hear what happens (strace, crash reports). All members are optional. */
export interface Observer {
  /** A signal is about to be acted upon. */
  signal?(task: Task, info: SigInfo, action: SigAction): void;
  /** A task is about to die of a signal; its state is still whole. */
  fatal?(task: Task, info: SigInfo): void;
  /** A task was made by clone; it has not run yet. */
  cloned?(parent: Task, child: Task): void;
  /** A task is gone; `status` is its process's when it was the last one. */
  exited?(task: Task, last: boolean, status: number): void;
  /** An exception of ours escaped from a handler; the guest sees EIO. */
  internalError?(error: unknown, task: Task | undefined): void;
}

export interface KernelOptions {
  readonly syscalls: SyscallPort;
  /** Loads programs for execve. */
  readonly exec: ExecLoader;
  /** Where memories of ended programs go back to. */
  readonly memories: MemoryPool;
  readonly vfs: Vfs;
  readonly observer?: Observer;
  readonly clock?: Clock;
  readonly loop?: HostLoop;
  /** Pass host signals (Ctrl-C, SIGTERM…) on to the guest. Default true; off for embedding. */
  readonly forwardSignals?: boolean;
  /** CPUs that the guest is told of, and may use at the same time. Default 1. */
  readonly cpus?: number;
  /** How engines of further cores are made; without it everything runs on core 0. */
  readonly coreEngine?: CoreEngineOptions;
  /** See Scheduler.coreAfterMs. */
  readonly coreAfterMs?: number;
  /** What uname tells. */
  readonly release?: string;
  /** Source of the random bytes that guests get. */
  readonly random?: RandomSource;
}

/** The environment of the first process. */
export interface FirstProcess {
  readonly program: LoadedProgram;
  /** Descriptors 0, 1, 2… */
  readonly files: FdTable;
  /** Absolute guest path, a byte string. */
  readonly cwd: string;
  readonly umask: number;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** Process id it will see; its parent's id is what getppid answers. */
  readonly pid: number;
  readonly ppid: number;
  readonly limits?: ResourceLimits;
}

/** Highest process id plus one (kernel.pid_max of 64-bit Linux). */
const PID_MAX = 4194304;

export class Kernel {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly exec: ExecLoader;
  readonly memories: MemoryPool;
  readonly vfs: Vfs;
  readonly observer: Observer;
  readonly futexes = new FutexTable();
  readonly unixNames = new UnixNames();
  readonly ipc = new Ipc(this);
  readonly signals: SignalBridge;
  readonly cpus: number;
  /** Tasks by thread id. */
  readonly tasks = new Map<number, Task>();
  /** Processes by pid, zombies included. */
  readonly processes = new Map<number, Process>();
  readonly groups = new Map<number, ProcessGroup>();
  /** The first process. */
  root: Process | undefined;
  /** getppid(2) of the first process. */
  rootParent = 0;
  #nextPid = 0;
  #ended: ExitStatus | undefined;
  /** sethostname, setdomainname. */
  hostname: string | undefined;
  domainname = '(none)';
  readonly release: string;
  /** Fills a view with random bytes. */
  readonly random: RandomSource;

  constructor(options: KernelOptions) {
    this.clock = options.clock ?? hostClock;
    this.exec = options.exec;
    this.memories = options.memories;
    this.vfs = options.vfs;
    this.observer = options.observer ?? {};
    this.cpus = options.cpus ?? 1;
    this.release = options.release ?? KERNEL_RELEASE;
    this.random = options.random ?? randomFill;
    this.scheduler = new Scheduler(this.clock, options.loop ?? hostLoop, options.syscalls);
    this.scheduler.onInternalError = (error, task) => this.observer.internalError?.(error, task);
    const { coreEngine } = options;
    if (coreEngine !== undefined && this.cpus > 1) {
      this.scheduler.coreAfterMs = options.coreAfterMs ?? this.scheduler.coreAfterMs;
      this.scheduler.cores = new CorePool({
        count: this.cpus - 1,
        engine: coreEngine,
        failed: (task, error) => {
          this.#coreFailed(task, error);
        },
      });
    }
    this.signals = new SignalBridge(this, options.forwardSignals ?? true);
  }

  /** Makes the first process and its only task, ready to run. */
  start(first: FirstProcess): Task {
    const { pid, ppid, program } = first;
    this.#nextPid = pid + 1;
    this.rootParent = ppid;
    const session: Session = { sid: ppid > 0 ? ppid : pid, groups: new Map(), tty: undefined };
    const group: ProcessGroup = { pgid: pid, session, members: new Set() };
    session.groups.set(pid, group);
    this.groups.set(pid, group);
    const limits = first.limits ?? defaultLimits();
    const process = new Process(this, pid, undefined, group, new SigHand(), limits);
    this.processes.set(pid, process);
    this.root = process;
    const task = new Task(this, {
      tid: pid,
      process,
      mm: program.mm,
      files: first.files,
      fs: new FsContext(first.cwd, '/', first.umask),
      cred: new Credentials(first.uid, first.gid, first.groups),
    });
    task.name = program.name;
    process.tasks.push(task);
    this.tasks.set(pid, task);
    archOf(task).startProgram(task, program.entry, program.sp);
    this.scheduler.start(task);
    return task;
  }

  /** Runs until the first process has ended and nothing that belongs to its session is left. */
  async run(): Promise<ExitStatus> {
    this.signals.begin();
    try {
      await this.scheduler.run((stalled) => this.#finished(stalled));
    } finally {
      this.signals.end();
      this.scheduler.cores?.shutdown();
    }
    return this.#ended ?? { code: 0 };
  }

  /** @param stalled nothing is runnable and no timer is armed */
  #finished(stalled: boolean): boolean {
    if (this.#ended === undefined) return false;
    // Killed: so is everything it started. Stalled: what is left waits for something that can no longer come.
    if ('signal' in this.#ended || stalled) return true;
    // Background jobs go on; what has left the session is a daemon and ends with us.
    const session = this.root?.session;
    for (const process of this.processes.values()) {
      if (process.state === 'alive' && process.session === session && process.stopSignal === 0) return false;
    }
    return true;
  }

  /** The first process is gone. `status` as wait(2) encodes it. */
  rootExited(status: number): void {
    const signal = status & 0x7f;
    this.#ended = signal === 0 ? { code: (status >> 8) & 0xff } : { signal, core: (status & 0x80) !== 0 };
  }

  /** A core is gone, and the registers of the task it ran with it: its process cannot go on, all others can. */
  #coreFailed(task: Task | undefined, error: unknown): void {
    this.observer.internalError?.(error, task);
    if (task === undefined) return;
    // The thread that was lost may still write to this memory: it is not used again.
    task.mm.retired = undefined;
    killProcess(task.process, SIGKILL);
    exitTask(task);
  }

  /** The host wants us to end (`signo`) although only background jobs are left. @returns false when the first process lives */
  abandon(signo: number): boolean {
    if (this.#ended === undefined) return false;
    this.#ended = { signal: signo, core: false };
    this.scheduler.poke();
    return true;
  }

  /** The first process was stopped or continued: so are we, as our parent's job. */
  onRootStop(process: Process, stopped: boolean): void {
    if (stopped) this.signals.stopSelf(process.stopSignal);
  }

  /** A process id nobody uses, neither as process, thread, group nor session. */
  newPid(): number {
    for (;;) {
      const pid = this.#nextPid;
      this.#nextPid = pid + 1 >= PID_MAX ? 300 : pid + 1;
      if (!this.tasks.has(pid) && !this.processes.has(pid) && !this.groups.has(pid)) return pid;
    }
  }

  /** Sends a signal from outside to the foreground: the terminal's group, or the first process. */
  signalForeground(info: SigInfo): void {
    const { root } = this;
    if (root === undefined) return;
    const group = root.session.tty?.foreground;
    if (group === undefined) {
      sendToProcess(root, info);
      return;
    }
    for (const process of [...group.members]) sendToProcess(process, { ...info });
  }
}
