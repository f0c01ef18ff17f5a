/**
 * System V semaphores (ipc/sem.c). A call's operations happen all or not at all; who cannot go on stands in the set's list,
 * which is looked through in order whenever a value changes.
 */
import { EACCES, EAGAIN, EFBIG, EIDRM, EINTR, EINVAL, ENOSPC, ERANGE } from '../../abi/errno.js';
import { IPC_NOWAIT, SEMVMX, SEM_UNDO } from '../../abi/ipc.js';
import type { Credentials } from '../credentials.js';
import type { Task } from '../task.js';
import { type Blocking, INTERRUPTED, TIMED_OUT, WaitQueue, waitFor } from '../wait.js';
import { IpcObject } from './ids.js';
import type { Ipc } from './ipc.js';

export interface SemOperation {
  readonly number: number;
  readonly change: number;
  readonly flags: number;
}

/** What the end of a process adds to each semaphore of a set. */
type Adjustments = Int32Array;

/** Adjustments of a process, or of tasks that share them (CLONE_SYSVSEM). */
export class SemUndo {
  users = 1;
  readonly sets = new Map<SemaphoreSet, Adjustments>();

  /** The last of its users is gone. */
  apply(pid: number): void {
    for (const [set, adjustments] of this.sets) set.undo(this, adjustments, pid);
    this.sets.clear();
  }
}

interface Sleeper {
  readonly operations: readonly SemOperation[];
  readonly undo: SemUndo | undefined;
  readonly pid: number;
  readonly queue: WaitQueue;
  /** The operation that cannot be done. */
  blockedBy: SemOperation;
  /** Undefined: still asleep. */
  result: number | undefined;
}

export class SemaphoreSet extends IpcObject {
  readonly #ipc: Ipc;
  readonly values: Int32Array;
  /** Who changed each last. */
  readonly pids: Int32Array;
  otime = 0;
  #sleepers: Sleeper[] = [];
  readonly #undos = new Set<SemUndo>();
  /** What stopped the last attempt. */
  #obstacle: SemOperation | undefined;

  constructor(ipc: Ipc, key: number, count: number, cred: Credentials, mode: number) {
    super(key, cred, mode, ipc.now());
    this.#ipc = ipc;
    this.values = new Int32Array(count);
    this.pids = new Int32Array(count);
  }

  /** Does all operations, or none: 0, -errno, or -EAGAIN with `#obstacle` set when one has to wait. */
  #attempt(operations: readonly SemOperation[], undo: SemUndo | undefined, pid: number): number {
    const { values } = this;
    const adjustments = undo === undefined ? undefined : this.#adjustmentsOf(undo);
    let done = 0;
    let error = 0;
    for (const operation of operations) {
      const { number, change, flags } = operation;
      const value = values[number] as number;
      const next = value + change;
      if ((change === 0 && value !== 0) || next < 0) {
        this.#obstacle = operation;
        error = -EAGAIN;
      } else if (next > SEMVMX) error = -ERANGE;
      else if ((flags & SEM_UNDO) !== 0 && adjustments !== undefined) {
        const adjusted = (adjustments[number] as number) - change;
        if (adjusted < -SEMVMX - 1 || adjusted > SEMVMX) error = -ERANGE;
        else adjustments[number] = adjusted;
      }
      if (error !== 0) break;
      values[number] = next;
      done++;
    }
    if (error === 0) {
      for (const { number } of operations) this.pids[number] = pid;
      return 0;
    }
    for (const { number, change, flags } of operations.slice(0, done)) {
      values[number] = (values[number] as number) - change;
      if ((flags & SEM_UNDO) !== 0 && adjustments !== undefined)
        adjustments[number] = (adjustments[number] as number) + change;
    }
    return error;
  }

  #adjustmentsOf(undo: SemUndo): Adjustments {
    let found = undo.sets.get(this);
    if (found === undefined) {
      found = new Int32Array(this.values.length);
      undo.sets.set(this, found);
      this.#undos.add(undo);
    }
    return found;
  }

  /** A value changed: whoever can go on now does, which may let others go on. */
  #update(): void {
    for (let changed = true; changed;) {
      changed = false;
      for (const sleeper of [...this.#sleepers]) {
        const result = this.#attempt(sleeper.operations, sleeper.undo, sleeper.pid);
        if (result === -EAGAIN) {
          sleeper.blockedBy = this.#obstacle ?? sleeper.blockedBy;
          continue;
        }
        this.#finish(sleeper, result);
        if (result === 0) {
          this.otime = this.#ipc.now();
          changed ||= sleeper.operations.some(({ change }) => change !== 0);
        }
      }
    }
  }

  #finish(sleeper: Sleeper, result: number): void {
    sleeper.result = result;
    this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
    sleeper.queue.wake();
  }

  /** semtimedop(2) on this set; `deadline` in monotonic ns. */
  operate(task: Task, operations: readonly SemOperation[], deadline: number): number | Blocking {
    const pid = task.process.pid;
    const undo = operations.some(({ flags }) => (flags & SEM_UNDO) !== 0)
      ? (task.semUndo ??= new SemUndo())
      : undefined;
    const result = this.#attempt(operations, undo, pid);
    if (result === 0) {
      this.otime = this.#ipc.now();
      if (operations.some(({ change }) => change !== 0)) this.#update();
      return 0;
    }
    const obstacle = this.#obstacle;
    if (result !== -EAGAIN || obstacle === undefined || (obstacle.flags & IPC_NOWAIT) !== 0) return result;
    const sleeper: Sleeper = {
      operations,
      undo,
      pid,
      queue: new WaitQueue(),
      blockedBy: obstacle,
      result: undefined,
    };
    this.#sleepers.push(sleeper);
    return this.#sleep(sleeper, deadline);
  }

  *#sleep(sleeper: Sleeper, deadline: number): Blocking {
    const queues = [sleeper.queue];
    try {
      for (;;) {
        const why = yield* waitFor(queues, deadline);
        if (sleeper.result !== undefined) return sleeper.result;
        if (why === TIMED_OUT) return -EAGAIN;
        if (why === INTERRUPTED) return -EINTR;
      }
    } finally {
      this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
    }
  }

  /** How many wait for the semaphore to grow, or with `zero` to become 0. */
  waiting(number: number, zero: boolean): number {
    return this.#sleepers.filter(
      ({ blockedBy }) => blockedBy.number === number && (blockedBy.change === 0) === zero,
    ).length;
  }

  /** SETVAL and SETALL: what processes would undo is forgotten. */
  assign(first: number, values: ArrayLike<number>, pid: number): void {
    for (const undo of this.#undos) undo.sets.get(this)?.fill(0, first, first + values.length);
    this.values.set(values, first);
    this.pids.fill(pid, first, first + values.length);
    this.ctime = this.#ipc.now();
    this.#update();
  }

  /** A process with adjustments is gone. */
  undo(who: SemUndo, adjustments: Adjustments, pid: number): void {
    this.#undos.delete(who);
    for (let i = 0; i < adjustments.length; i++) {
      const adjustment = adjustments[i] as number;
      if (adjustment === 0) continue;
      this.values[i] = Math.min(Math.max((this.values[i] as number) + adjustment, 0), SEMVMX);
      this.pids[i] = pid;
    }
    this.#update();
  }

  /** IPC_RMID */
  remove(): void {
    for (const undo of this.#undos) undo.sets.delete(this);
    this.#ipc.semaphoreCount -= this.values.length;
    this.#ipc.semaphores.remove(this);
    for (const sleeper of [...this.#sleepers]) this.#finish(sleeper, -EIDRM);
  }
}

export function semget(task: Task, key: number, count: number, flags: number): number {
  const { ipc } = task.kernel;
  const { limits } = ipc;
  if (count < 0 || count > limits.semmsl) return -EINVAL;
  return ipc.semaphores.get({
    key,
    flags,
    cred: task.cred,
    check: (set) => (count > set.values.length ? -EINVAL : 0),
    make: () => {
      if (count === 0) return -EINVAL;
      if (ipc.semaphoreCount + count > limits.semmns) return -ENOSPC;
      ipc.semaphoreCount += count;
      return new SemaphoreSet(ipc, key, count, task.cred, flags);
    },
  });
}

/** semtimedop(2) once its arguments have been read. */
export function semop(
  task: Task,
  id: number,
  operations: readonly SemOperation[],
  deadline: number,
): number | Blocking {
  const set = task.kernel.ipc.semaphores.find(id);
  if (typeof set === 'number') return set;
  if (operations.some(({ number }) => number >= set.values.length)) return -EFBIG;
  const alters = operations.some(({ change }) => change !== 0);
  if (set.access(task.cred, alters ? 0o222 : 0o444) < 0) return -EACCES;
  return set.operate(task, operations, deadline);
}

/** exit(2), unshare(CLONE_SYSVSEM): the task's adjustments are its no more. */
export function leaveSemUndo(task: Task): void {
  const { semUndo } = task;
  task.semUndo = undefined;
  if (semUndo !== undefined && --semUndo.users === 0) semUndo.apply(task.process.pid);
}
