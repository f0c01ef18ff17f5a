/**
 * Interval timers and POSIX timers of a process (setitimer, alarm, timer_create). Those on wall clocks stand in the
 * scheduler's heap; those on CPU time are looked at whenever the process has run (at least every 4 ms of its time).
 * All times in nanoseconds.
 */
import { SIGALRM, SIGKILL, SIGPROF, SIGVTALRM, SIGXCPU, SI_TIMER } from '../abi/signals.js';
import { NSEC_PER_SEC } from './clock.js';
import type { Kernel } from './kernel.js';
import type { Process } from './process.js';
import { RLIMIT } from './rlimits.js';
import { kernelInfo, valueInfo, type SigInfo } from './signal/info.js';
import { sendToProcess, sendToTask } from './signal/send.js';
import type { Task } from './task.js';
import type { Timer } from './timer-heap.js';

export const ITIMER_REAL = 0;
export const ITIMER_VIRTUAL = 1;
export const ITIMER_PROF = 2;

/** Where a POSIX timer's signal goes (sigevent). */
export const SIGEV_SIGNAL = 0;
export const SIGEV_NONE = 1;
export const SIGEV_THREAD = 2;
export const SIGEV_THREAD_ID = 4;

/** A deadline that repeats; on the wall clock or, with `cpuTime`, on a CPU clock that is polled. */
export class Alarm {
  interval = 0;
  /** On its own clock; 0 = disarmed. */
  deadline = 0;
  #timer: Timer | undefined;
  readonly #kernel: Kernel;
  /** Told how many periods have passed. */
  readonly expire: (count: number) => void;
  /** undefined: host monotonic time. */
  readonly cpuTime: (() => number) | undefined;

  constructor(kernel: Kernel, expire: (count: number) => void, cpuTime?: () => number) {
    this.#kernel = kernel;
    this.expire = expire;
    this.cpuTime = cpuTime;
  }

  now(): number {
    return this.cpuTime?.() ?? this.#kernel.clock.monotonic();
  }

  /** Time left until the next expiry, at least 1 while armed; 0 when disarmed. */
  remaining(): number {
    return this.deadline === 0 ? 0 : Math.max(1, this.deadline - this.now());
  }

  /** @param deadline absolute on the alarm's clock, 0 disarms */
  set(deadline: number, interval: number): void {
    const { timers } = this.#kernel.scheduler;
    if (this.#timer !== undefined) timers.cancel(this.#timer);
    this.#timer = undefined;
    this.deadline = deadline;
    this.interval = interval;
    if (deadline === 0 || this.cpuTime !== undefined) return;
    this.#timer = timers.arm(deadline, () => {
      this.#fired();
    });
  }

  /** For CPU clocks: expires when its time has come. */
  poll(): void {
    if (this.deadline !== 0 && this.now() >= this.deadline) this.#fired();
  }

  #fired(): void {
    const { interval, deadline } = this;
    let count = 1;
    if (interval > 0) {
      // Periods that passed unnoticed count as overruns of this expiry.
      count += Math.max(0, Math.floor((this.now() - deadline) / interval));
      this.set(deadline + count * interval, interval);
    } else this.set(0, 0);
    this.expire(count);
  }
}

export interface PosixTimer {
  readonly id: number;
  readonly clockId: number;
  readonly notify: number;
  readonly signo: number;
  /** Words of sigev_value. */
  readonly lo: number;
  readonly hi: number;
  /** SIGEV_THREAD_ID */
  readonly task: Task | undefined;
  readonly alarm: Alarm;
  /** Expiries since the pending signal was queued, and of the last one delivered. */
  overrun: number;
  lastOverrun: number;
}

const MAX_OVERRUN = 0x7fff_ffff;

export class ProcessTimers {
  readonly #process: Process;
  readonly real: Alarm;
  readonly virtual: Alarm;
  readonly prof: Alarm;
  readonly #posix = new Map<number, PosixTimer>();
  #nextId = 0;
  /** CPU time at which RLIMIT_CPU's soft limit is reported (again); 0 = at the limit itself. */
  #nextCpuSignal = 0;

  constructor(process: Process) {
    this.#process = process;
    const send = (signo: number) => () => {
      sendToProcess(process, kernelInfo(signo));
    };
    this.real = new Alarm(process.kernel, send(SIGALRM));
    this.virtual = new Alarm(process.kernel, send(SIGVTALRM), () => process.cpuTime());
    this.prof = new Alarm(process.kernel, send(SIGPROF), () => process.cpuTime());
  }

  itimer(which: number): Alarm | undefined {
    return [this.real, this.virtual, this.prof][which];
  }

  /** `lo` undefined: sigev_value is the timer's id, as timer_create(2) says for a NULL event. */
  create(
    init: Omit<PosixTimer, 'id' | 'alarm' | 'overrun' | 'lastOverrun' | 'lo'> & {
      readonly lo: number | undefined;
    },
    cpuTime?: () => number,
  ): PosixTimer {
    const id = this.#nextId++;
    const timer: PosixTimer = {
      ...init,
      lo: init.lo ?? id,
      id,
      overrun: 0,
      lastOverrun: 0,
      alarm: new Alarm(
        this.#process.kernel,
        (count) => {
          this.#expired(timer, count);
        },
        cpuTime,
      ),
    };
    this.#posix.set(id, timer);
    return timer;
  }

  get(id: number): PosixTimer | undefined {
    return this.#posix.get(id);
  }

  delete(id: number): boolean {
    this.#posix.get(id)?.alarm.set(0, 0);
    return this.#posix.delete(id);
  }

  #expired(timer: PosixTimer, count: number): void {
    if (timer.notify === SIGEV_NONE) return;
    const { task } = timer;
    const queue = task === undefined ? this.#process.pending : task.pending;
    const pending = queue.findTimer(timer.id);
    if (pending !== undefined) {
      timer.overrun = Math.min(timer.overrun + count, MAX_OVERRUN);
      pending.status = timer.overrun;
      return;
    }
    timer.overrun = count - 1;
    const info = valueInfo(timer.signo, SI_TIMER, 'timer', timer.lo, timer.hi);
    info.pid = timer.id;
    info.status = timer.overrun;
    if (task === undefined) sendToProcess(this.#process, info);
    else sendToTask(task, info);
  }

  /** A timer's signal was taken off the queue: its count is what timer_getoverrun answers from now on. */
  delivered(info: SigInfo): void {
    const timer = this.#posix.get(info.pid);
    if (timer === undefined) return;
    timer.lastOverrun = info.status;
    timer.overrun = 0;
  }

  /** The process has used CPU time: alarms on it, and RLIMIT_CPU. */
  checkCpu(): void {
    this.virtual.poll();
    this.prof.poll();
    for (const timer of this.#posix.values()) if (timer.alarm.cpuTime !== undefined) timer.alarm.poll();
    const { limits } = this.#process;
    const soft = (limits.soft[RLIMIT.CPU] as number) * NSEC_PER_SEC;
    if (soft === Infinity) return;
    const used = this.#process.cpuTime();
    if (used >= (limits.hard[RLIMIT.CPU] as number) * NSEC_PER_SEC) {
      sendToProcess(this.#process, kernelInfo(SIGKILL));
    } else if (used >= Math.max(soft, this.#nextCpuSignal)) {
      this.#nextCpuSignal = used + NSEC_PER_SEC;
      sendToProcess(this.#process, kernelInfo(SIGXCPU));
    }
  }

  /** A thread that was to get signals is gone. */
  taskGone(task: Task): void {
    for (const timer of [...this.#posix.values()]) if (timer.task === task) this.delete(timer.id);
  }

  /** execve deletes POSIX timers and keeps interval timers. */
  dropPosixTimers(): void {
    for (const id of [...this.#posix.keys()]) this.delete(id);
  }

  dropAll(): void {
    this.dropPosixTimers();
    for (const alarm of [this.real, this.virtual, this.prof]) alarm.set(0, 0);
  }
}
