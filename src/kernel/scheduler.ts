/**
 * Core 0: runs tasks on the kernel's own thread, round robin, and hands those that compute without end, while others
 * wait, to further cores (src/kernel/cores). A task runs until its slice is used up, it blocks or
 * it ends; syscalls are plain calls. When nothing is runnable, or after BREATH_NS without a break, control goes back to
 * Node's event loop, which is how host signals, timers and finished I/O come in.
 */
import { EIO, ENOMEM, ERESTARTSYS, ERESTART_RESTARTBLOCK } from '../abi/errno.js';
import {
  EXIT_BREAKPOINT,
  EXIT_FAULT,
  EXIT_ILLEGAL,
  EXIT_INTERRUPT,
  EXIT_SYSCALL,
  type ExitReason,
} from '../cpu/exit.js';
import { PENDING_SIGNAL, PENDING_SLICE, WORD_PENDING } from '../cpu/layout.js';
import { FAULT_HOME } from '../mmap/layout.js';
import { unreachable } from '../util/assert.js';
import type { Clock } from './clock.js';
import type { Core } from './cores/core.js';
import type { CorePool } from './cores/core-pool.js';
import { raiseBreakpoint, raiseFault, raiseIllegal } from './signal/fault.js';
import { deliverSignals } from './signal/deliver.js';
import {
  STATE_DEAD,
  STATE_KILLABLE,
  STATE_RUNNABLE,
  STATE_STOPPED,
  STATE_WAITING,
  type Task,
} from './task.js';
import { TimerHeap } from './timer-heap.js';
import { INTERRUPTED, TIMED_OUT, WOKEN, isBlocking, type Blocking, type WakeReason } from './wait.js';

/** What the syscall layer gives to the kernel. */
export interface SyscallPort {
  /** Runs the call whose number and arguments are in the task's registers. */
  call(task: Task): number | Blocking;
  /** A call that blocked has come to its end (strace prints the second half of its line). */
  finished?(task: Task, result: number): void;
}

/** What the scheduler needs of the host's event loop. */
export interface HostLoop {
  breathe(): Promise<void>;
  nap(ns: number): void;
  after(ms: number, done: () => void): () => void;
}

/** A handler's result that means: leave the registers alone (sigreturn, execve, exit). */
export const KEEP_REGISTERS = -0x10000;

/** How long a task may run before another runnable one gets its turn. */
const SLICE_NS = 4_000_000;
/** How long it may go on once it has woken another one. */
const WAKE_NS = 400_000;
/** Slices while further cores have tasks, whose wakings and requests should not wait; and how long until these are looked for. */
const BUSY_SLICE_NS = 1_000_000;
const BUSY_CHUNK_NS = 40_000;
/** How long a further core runs a task before the kernel sees it again, and before another task may have the core. */
const CORE_SLICE_MS = 8;
const CORE_TURN_NS = 60_000_000;
/** How long the kernel sleeps on its cores before it looks at the host's events. */
const CORE_WAIT_NS = 1_000_000;
/**
 * A task is worth a core of its own when it has computed for that long with at most one system call in CALL_NS on average.
 * System calls of another core take some 10 to 50 µs instead of one.
 */
const HEAVY_MS = 15;
/** Starting a thread costs so much more that it takes this many times as long. */
const START_FACTOR = 4;
const HEAVY_MAX_NS = 100_000_000;
const CALL_NS = 150_000;
/** So many requests of a core are one sample of how often it makes them. */
const CHATTER = 64;
/** What a task owes that had to come to core 0 for an access: that much more computing. */
const HOME_NS = 20_000_000;
/** The longest time without looking at the host's events. */
const BREATH_NS = 4_000_000;
/** Deadlines nearer than this are slept through in place: host timers have a resolution of 1 ms. */
const NAP_NS = 1_200_000;
const MAX_TIMEOUT_MS = 0x7fff_ffff;

/** Instructions per nanosecond at first; measured from then on. */
const FIRST_RATE = 0.05;

export class Scheduler {
  readonly timers = new TimerHeap();
  /** Further cores; undefined: everything runs here. */
  cores: CorePool | undefined;
  /** Milliseconds of computing that are worth a core. 0: everything is given to them that can be, always (for tests). */
  coreAfterMs = HEAVY_MS;
  readonly #clock: Clock;
  readonly #loop: HostLoop;
  readonly #syscalls: SyscallPort;
  /** Runnable tasks, each once; `#head` avoids shifting the array. */
  #queue: Task[] = [];
  #head = 0;
  /** The task that runs, or whose syscall is being handled. */
  current: Task | undefined;
  /** Set by sched_yield and by a task that woke one with more right to run: end the slice after this syscall. */
  yieldNow = false;
  #wakeLoop: (() => void) | undefined;
  /** A task was woken since this was last looked at: it should not have to wait for a whole slice. */
  #woke = false;
  /** Guest instructions per nanosecond, a moving average. */
  #rate = FIRST_RATE;
  #sliceStart = 0;
  /** System calls of the running slice. */
  #calls = 0;
  /** Called when a handler threw something; the guest sees -EIO. */
  onInternalError: (error: unknown, task: Task) => void = () => undefined;

  constructor(clock: Clock, loop: HostLoop, syscalls: SyscallPort) {
    this.#clock = clock;
    this.#loop = loop;
    this.#syscalls = syscalls;
  }

  /** Makes a new task runnable. */
  start(task: Task): void {
    task.state = STATE_RUNNABLE;
    this.#enqueue(task);
  }

  #enqueue(task: Task): void {
    if (task.queued) return;
    task.queued = true;
    this.#queue.push(task);
    this.#wakeLoop?.();
  }

  #dequeue(): Task | undefined {
    if (this.#head === this.#queue.length) return undefined;
    const task = this.#queue[this.#head++] as Task;
    task.queued = false;
    if (this.#head === this.#queue.length || this.#head > 1024) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return task;
  }

  get runnable(): number {
    return this.#queue.length - this.#head;
  }

  /** Ends a sleep. @returns false when the task was not asleep */
  wake(task: Task, reason: WakeReason): boolean {
    if (task.state !== STATE_WAITING && task.state !== STATE_KILLABLE) return false;
    this.#leaveQueues(task);
    this.#woke = true;
    task.wakeReason = reason;
    task.state = STATE_RUNNABLE;
    this.#enqueue(task);
    return true;
  }

  #leaveQueues(task: Task): void {
    const { request, timer } = task;
    if (request !== undefined) for (const queue of request.queues) queue.remove(task);
    if (timer !== undefined) this.timers.cancel(timer);
    task.request = undefined;
    task.timer = undefined;
  }

  /** Takes a task off the processor for job control. */
  park(task: Task): void {
    task.state = STATE_STOPPED;
  }

  unpark(task: Task): void {
    if (task.state !== STATE_STOPPED) return;
    task.state = STATE_RUNNABLE;
    this.#enqueue(task);
  }

  /** A task is dead: forget what it waits for and close its handler (its `finally` blocks run). */
  retire(task: Task): void {
    this.#leaveQueues(task);
    const { blocking } = task;
    task.blocking = undefined;
    task.state = STATE_DEAD;
    if (blocking !== undefined && task !== this.current) blocking.return(0);
  }

  /** CPU time of `task` since its slice began, which is not yet in its account. Nanoseconds. */
  runningFor(task: Task): number {
    if (task === this.current) return this.#clock.monotonic() - this.#sliceStart;
    return task.core === undefined ? 0 : this.#clock.monotonic() - task.core.since;
  }

  /** Runs tasks until `finished` says so. */
  async run(finished: (stalled: boolean) => boolean): Promise<void> {
    if (this.coreAfterMs === 0) while (this.cores?.startAll() === false) await this.#loop.breathe();
    let breath = this.#clock.monotonic() + BREATH_NS;
    while (!finished(false)) {
      const now = this.#clock.monotonic();
      this.timers.fireDue(now);
      const { cores } = this;
      const busy = cores?.busy === true;
      if (busy) this.#visitCores(cores, now);
      const task = this.#dequeue();
      if (task !== undefined) {
        if (task.state === STATE_RUNNABLE && !this.#offer(task, now)) this.#runTask(task, now);
        if (this.#clock.monotonic() < breath) continue;
        await this.#loop.breathe();
      } else if (busy) {
        cores.wait(Math.min(this.timers.next - now, CORE_WAIT_NS) / 1e6);
        if (cores.rung && this.#clock.monotonic() < breath) continue;
        await this.#loop.breathe();
      } else if (this.runnable === 0 && (await this.#idle(now, finished))) return;
      breath = this.#clock.monotonic() + BREATH_NS;
    }
  }

  /** Gives a task that computes without end to a further core, when others wait for this one. */
  #offer(task: Task, now: number): boolean {
    const { cores } = this;
    if (cores === undefined || task.heavy < this.coreAfterMs * 1e6) return false;
    if (this.runnable === 0 && this.coreAfterMs > 0) return false;
    const core = cores.free(task.heavy >= this.coreAfterMs * START_FACTOR * 1e6);
    if (core === undefined) return false;
    this.current = task;
    this.#sliceStart = now;
    this.yieldNow = false;
    const ready =
      (task.blocking === undefined || this.#resume(task)) && (!task.attention || deliverSignals(task));
    this.current = undefined;
    if (task.state !== STATE_RUNNABLE) return true;
    if (ready) cores.run(core, task, CORE_SLICE_MS, now);
    else this.#enqueue(task);
    return true;
  }

  /** Handles what the further cores have come back with. */
  #visitCores(cores: CorePool, now: number): void {
    for (const core of cores.collect()) {
      const { task } = core;
      if (task === undefined) continue;
      task.userNs += now - core.since;
      core.since = now;
      this.current = task;
      this.#sliceStart = now;
      this.yieldNow = false;
      const reason = cores.exitOf(core, task);
      const goesOn = this.#coreExit(task, reason) && task.state === STATE_RUNNABLE;
      this.current = undefined;
      if (task.core !== core) continue;
      if (goesOn && this.#staysOn(core, task, reason, now)) {
        cores.run(core, task, CORE_SLICE_MS, now);
        continue;
      }
      cores.release(core);
      if (task.state === STATE_RUNNABLE) {
        task.involuntarySwitches++;
        this.#enqueue(task);
      } else task.voluntarySwitches++;
    }
  }

  /** What a task on a further core left guest code for. @returns false when it cannot go on now */
  #coreExit(task: Task, reason: ExitReason): boolean {
    task.process.timers?.checkCpu();
    Atomics.and(task.cpu.r, WORD_PENDING, ~(PENDING_SIGNAL | PENDING_SLICE));
    if (reason === EXIT_SYSCALL) {
      if (!this.#syscall(task)) return false;
    } else if (reason === EXIT_FAULT && task.cpu.faultKind === FAULT_HOME) task.heavy = -HOME_NS;
    else if (reason !== EXIT_INTERRUPT) this.#trap(task, reason);
    return !task.attention || deliverSignals(task);
  }

  /** Not a task that talks to the kernel all the time, or has to; nor for ever when others want the core too. */
  #staysOn(core: Core, task: Task, reason: ExitReason, now: number): boolean {
    if (task.heavy < 0) return false;
    if (reason !== EXIT_INTERRUPT && ++core.chatter >= CHATTER) {
      const spent = now - core.chatterSince;
      core.chatter = 0;
      core.chatterSince = now;
      if (spent < CHATTER * CALL_NS && this.coreAfterMs > 0) {
        task.heavy = 0;
        return false;
      }
    }
    if (this.runnable === 0) return true;
    return !this.yieldNow && (this.runnable < 2 || now - core.taken < CORE_TURN_NS);
  }

  /** Makes a sleeping loop look around. */
  poke(): void {
    this.#wakeLoop?.();
  }

  /** Sleeps until something is runnable. @returns true when there is no point in going on */
  async #idle(now: number, finished: (stalled: boolean) => boolean): Promise<boolean> {
    // A first look at the host's events: what woke somebody may be there already.
    await this.#loop.breathe();
    if (this.runnable > 0) return false;
    if (finished(this.timers.next === Infinity)) return true;
    const wait = this.timers.next - now;
    if (wait < NAP_NS) {
      this.#loop.nap(this.timers.next - this.#clock.monotonic());
      return false;
    }
    await new Promise<void>((resolve) => {
      let cancel: (() => void) | undefined = undefined;
      const done = (): void => {
        this.#wakeLoop = undefined;
        cancel?.();
        resolve();
      };
      this.#wakeLoop = done;
      // Always with a timer: it also keeps Node from ending while a guest sleeps for ever.
      const ms = Math.min(Math.floor((wait - NAP_NS) / 1e6) + 1, MAX_TIMEOUT_MS);
      cancel = this.#loop.after(ms, done);
    });
    return false;
  }

  /** Guest instructions until the slice ends or the next timer is due. */
  #budget(now: number): number {
    const slice = this.cores?.busy === true ? BUSY_SLICE_NS : SLICE_NS;
    const ns = Math.min(slice, Math.max(this.timers.next - now, 20_000));
    return Math.max(1000, Math.floor(ns * this.#rate));
  }

  #runTask(task: Task, now: number): void {
    this.current = task;
    this.#sliceStart = now;
    this.yieldNow = false;
    this.#calls = 0;
    const first = task.cpu.instructions;
    const { cpu } = task;
    if (task.blocking === undefined || this.#resume(task)) this.#slice(task, now);
    this.current = undefined;
    const elapsed = this.#clock.monotonic() - now;
    task.userNs += elapsed;
    if (this.#calls * CALL_NS > elapsed) task.heavy = Math.min(task.heavy, 0);
    else if (task.heavy < HEAVY_MAX_NS) task.heavy += elapsed;
    if (task.state !== STATE_DEAD) task.process.timers?.checkCpu();
    if (task.state !== STATE_RUNNABLE) task.voluntarySwitches++;
    else {
      task.involuntarySwitches++;
      this.#enqueue(task);
    }
    // Only a slice that was nearly all guest code says something about speed.
    const done = cpu.instructions - first;
    if (task.cpu === cpu && done > 10_000) {
      const rate = done / Math.max(elapsed, 1);
      this.#rate = this.#rate * 0.75 + rate * 0.25;
    }
  }

  /** Guest code and syscalls until the slice is over or the task cannot go on. */
  #slice(task: Task, start: number): void {
    let budget = this.#budget(start);
    let end = start + SLICE_NS;
    const cores = this.cores?.busy === true ? this.cores : undefined;
    const chunk = cores === undefined ? Infinity : Math.max(1000, Math.floor(BUSY_CHUNK_NS * this.#rate));
    this.#woke = false;
    for (;;) {
      if (task.attention && !deliverSignals(task)) return;
      const { cpu } = task;
      const before = cpu.instructions;
      const reason: ExitReason = task.mm.engine.run(cpu, Math.min(budget, chunk));
      budget -= cpu.instructions - before;
      switch (reason) {
        case EXIT_SYSCALL:
          if (!this.#syscall(task)) return;
          if ((++this.#calls & 15) === 0) {
            const now = this.#clock.monotonic();
            if (now >= this.timers.next) this.timers.fireDue(now);
            if (now >= end) return;
          }
          if (this.yieldNow || budget <= 0 || cores?.rung === true) return;
          // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- set by the system call
          if (this.#woke) {
            this.#woke = false;
            end = Math.min(end, this.#clock.monotonic() + WAKE_NS);
            budget = Math.min(budget, Math.floor(WAKE_NS * this.#rate));
          }
          break;
        case EXIT_INTERRUPT:
          if (((cpu.r[WORD_PENDING] as number) & PENDING_SIGNAL) !== 0) {
            Atomics.and(cpu.r, WORD_PENDING, ~(PENDING_SIGNAL | PENDING_SLICE));
            break;
          }
          if (budget <= 0 || cores?.rung !== false) return;
          break;
        default:
          this.#trap(task, reason);
      }
    }
  }

  /** A fault, an undefined instruction, a breakpoint: sends the signal, which is delivered before the task goes on. */
  #trap(task: Task, reason: 2 | 3 | 4): void {
    switch (reason) {
      case EXIT_FAULT:
        raiseFault(task);
        return;
      case EXIT_ILLEGAL:
        raiseIllegal(task);
        return;
      case EXIT_BREAKPOINT:
        raiseBreakpoint(task);
        return;
      default:
        unreachable(reason, 'exit reason');
    }
  }

  /** @returns false when the task cannot go on now */
  #syscall(task: Task): boolean {
    const { cpu } = task;
    const { number, args } = task.abi.registers;
    const entry = task.syscallEntry;
    const a0 = (args[0] as number) * 2;
    entry[0] = cpu.r[number * 2] as number;
    entry[1] = cpu.r[a0] as number;
    entry[2] = cpu.r[a0 + 1] as number;
    let result: number | Blocking;
    try {
      result = this.#syscalls.call(task);
    } catch (error) {
      result = this.#failed(error, task);
    }
    if (isBlocking(result)) {
      task.blocking = result;
      return this.#advance(task, WOKEN);
    }
    return this.#complete(task, result);
  }

  #failed(error: unknown, task: Task): number {
    // The host could not give us the memory that the guest's request needs.
    const name = (error as { name?: unknown } | undefined)?.name;
    if (name === 'RangeError') return -ENOMEM;
    this.onInternalError(error, task);
    return -EIO;
  }

  /** Continues a handler that was asleep. @returns as #syscall */
  #resume(task: Task): boolean {
    return this.#advance(task, task.wakeReason);
  }

  /** Runs a handler to its next wait, or to its end. */
  #advance(task: Task, reason: WakeReason): boolean {
    let why = reason;
    for (;;) {
      const handler = task.blocking as Blocking;
      let result: number;
      try {
        const step = handler.next(why);
        if (step.done !== true) {
          const { deadline, interruptible, queues } = step.value;
          if (task.killed || (interruptible && task.attention)) why = INTERRUPTED;
          else if (deadline <= this.#clock.monotonic()) why = TIMED_OUT;
          else {
            task.request = step.value;
            for (const queue of queues) queue.add(task);
            task.state = interruptible ? STATE_WAITING : STATE_KILLABLE;
            if (deadline !== Infinity) {
              task.timer = this.timers.arm(deadline, () => {
                this.wake(task, TIMED_OUT);
              });
            }
            return false;
          }
          // The handler was not asleep; `next` again with the reason at once.
          continue;
        }
        result = step.value;
      } catch (error) {
        result = this.#failed(error, task);
      }
      task.blocking = undefined;
      this.#syscalls.finished?.(task, result);
      return this.#complete(task, result);
    }
  }

  #complete(task: Task, result: number): boolean {
    if (task.state === STATE_DEAD) return false;
    if (result === KEEP_REGISTERS) return true;
    if (result <= -ERESTARTSYS && result >= -ERESTART_RESTARTBLOCK) {
      task.restartCode = result;
      return deliverSignals(task);
    }
    setResult(task, result);
    return true;
  }
}

/** Writes a syscall's result register. */
export function setResult(task: Task, result: number): void {
  const { r } = task.cpu;
  const at = task.abi.registers.result * 2;
  const low = result | 0;
  r[at] = low;
  r[at + 1] = low === result ? low >> 31 : Math.floor(result / 4294967296);
}
