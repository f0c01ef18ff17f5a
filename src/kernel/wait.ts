/**
 * Waiting. Only the kernel thread touches these objects and a handler runs to its next `yield` without interruption,
 * so there are no locks and no lost wake-ups: test the condition, and when it does not hold, `yield* waitFor(...)`
 * and test again. The scheduler registers the task with every queue at the yield and removes it on wake-up.
 */

/** Why a wait ended. */
export const WOKEN = 0;
export const TIMED_OUT = 1;
/** A signal wants the task: give up with -ERESTARTSYS (or -EINTR), or return what has been done so far. */
export const INTERRUPTED = 2;
export type WakeReason = 0 | 1 | 2;

/** Who is told when a queue is woken: a sleeping task, an epoll item, a signalfd bridge. */
export interface Waiter {
  /**
   * @param events poll bits that became true, or 0 when the waker does not know
   * @returns true when this wake-up was used up (counts against `wake`'s limit)
   */
  onWake(events: number): boolean;
}

/** A list of waiters, woken in the order in which they came. */
export class WaitQueue {
  readonly #waiters: Waiter[] = [];

  get empty(): boolean {
    return this.#waiters.length === 0;
  }

  add(waiter: Waiter): void {
    this.#waiters.push(waiter);
  }

  remove(waiter: Waiter): void {
    const at = this.#waiters.indexOf(waiter);
    if (at >= 0) this.#waiters.splice(at, 1);
  }

  /**
   * Wakes up to `limit` waiters.
   *
   * @param events poll bits (POLLIN…) that may now be true; 0 = unknown, everybody looks
   * @returns how many took the wake-up
   */
  wake(events = 0, limit = Infinity): number {
    const waiters = this.#waiters;
    if (waiters.length === 0) return 0;
    let woken = 0;
    // A waiter that takes the wake-up usually removes itself: walk a copy.
    for (const waiter of waiters.length === 1 ? [waiters[0] as Waiter] : waiters.slice()) {
      if (woken >= limit) break;
      if (waiter.onWake(events)) woken++;
    }
    return woken;
  }
}

/** What a blocked syscall waits for. Reused by a task's loop; the scheduler does not keep it past the wake-up. */
export interface WaitRequest {
  readonly queues: readonly WaitQueue[];
  /** Host monotonic nanoseconds (Clock.monotonic), Infinity = for ever. */
  readonly deadline: number;
  /** false: only fatal signals end the wait (TASK_KILLABLE). */
  readonly interruptible: boolean;
}

/** A syscall handler that may block: yields what it waits for, is resumed with the reason, returns value or -errno. */
export type Blocking<T = number> = Generator<WaitRequest, T, WakeReason>;

/**
 * Sleeps until a queue is woken, the deadline passes or a signal arrives.
 *
 * @param deadline host monotonic nanoseconds, see `Clock`; Infinity = no deadline
 */
export function* waitFor(
  queues: readonly WaitQueue[],
  deadline = Infinity,
  interruptible = true,
): Blocking<WakeReason> {
  return yield { queues, deadline, interruptible };
}

/** Outcome of a host operation; `ok` false carries what was thrown. */
export type Settled<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/**
 * Waits for a host promise (a threadpool read, a child's exit). A signal (unless `interruptible`, a fatal one) interrupts
 * the wait, not the operation: the result is then undefined and whatever the operation brings is left to `late`.
 */
export function* waitHost<T>(
  promise: Promise<T>,
  late?: (settled: Settled<T>) => void,
  interruptible = true,
): Blocking<Settled<T> | undefined> {
  const queue = new WaitQueue();
  let settled: Settled<T> | undefined;
  let abandoned = false;
  const settle = (outcome: Settled<T>): void => {
    settled = outcome;
    if (abandoned) late?.(outcome);
    else queue.wake();
  };
  promise.then(
    (value) => settle({ ok: true, value }),
    (error: unknown) => settle({ ok: false, error }),
  );
  const queues = [queue];
  for (;;) {
    const why = yield* waitFor(queues, Infinity, interruptible);
    if (settled !== undefined) return settled;
    if (why === INTERRUPTED) {
      abandoned = true;
      return undefined;
    }
  }
}

/** A handler's return that blocks (has to be driven) rather than a finished number. */
export function isBlocking(result: number | Blocking): result is Blocking {
  return typeof result !== 'number';
}
