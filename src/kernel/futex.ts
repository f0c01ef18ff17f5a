/**
 * Futexes (kernel/futex/*.c). A waiter stands in a list keyed by the word it waits on: per address space and address for
 * private memory, per shared page and offset where the mapping is MAP_SHARED. Handlers run to their next wait without
 * interruption, so compare-and-queue is atomic.
 */
import type { Mm } from './mm.js';
import type { Task } from './task.js';
import { WaitQueue } from './wait.js';

export interface FutexWaiter {
  readonly task: Task;
  readonly bitset: number;
  readonly queue: WaitQueue;
  /** The list it stands in now; requeueing moves it. undefined: it was woken. */
  list: FutexWaiter[] | undefined;
  /** It waits for a PI lock: the waker hands the lock over. */
  readonly pi: boolean;
}

const LIST_GONE: FutexWaiter[] = [];

export class FutexTable {
  readonly #shared = new Map<string, FutexWaiter[]>();

  /** The waiters on a word; `isPrivate` is FUTEX_PRIVATE_FLAG. With `create` false undefined when there are none. */
  list(mm: Mm, addr: number, isPrivate: boolean, create: boolean): FutexWaiter[] | undefined {
    const object = isPrivate ? undefined : mm.space.sharedKey(addr);
    if (object !== undefined) return getOrMake(this.#shared, `${object}+${addr & 4095}`, create);
    return getOrMake(mm.futexes, addr, create);
  }

  /** Stands in the list of `addr`; wait on the result's `queue` until its `list` is undefined. */
  enqueue(task: Task, addr: number, isPrivate: boolean, bitset: number, pi = false): FutexWaiter {
    const list = this.list(task.mm, addr, isPrivate, true) ?? LIST_GONE;
    const waiter: FutexWaiter = { task, bitset, queue: new WaitQueue(), list, pi };
    list.push(waiter);
    return waiter;
  }

  /** Gives up waiting. */
  leave(waiter: FutexWaiter): void {
    const { list } = waiter;
    if (list === undefined) return;
    const at = list.indexOf(waiter);
    if (at >= 0) list.splice(at, 1);
    waiter.list = undefined;
  }

  release(waiter: FutexWaiter): void {
    this.leave(waiter);
    waiter.queue.wake();
  }

  /** Wakes up to `count` waiters whose bitset meets `bitset`; @returns how many */
  wake(mm: Mm, addr: number, count: number, bitset: number, isPrivate = false): number {
    const list = this.list(mm, addr, isPrivate, false);
    if (list === undefined) return 0;
    return this.wakeList(list, count, bitset);
  }

  wakeList(list: FutexWaiter[], count: number, bitset: number): number {
    let woken = 0;
    for (let i = 0; i < list.length && woken < count;) {
      const waiter = list[i] as FutexWaiter;
      if ((waiter.bitset & bitset) === 0) {
        i++;
        continue;
      }
      this.release(waiter);
      woken++;
    }
    return woken;
  }

  /** Moves up to `count` waiters from one list to another. */
  requeue(from: FutexWaiter[], to: FutexWaiter[], count: number): number {
    const moved = from.splice(0, count);
    for (const waiter of moved) {
      waiter.list = to;
      to.push(waiter);
    }
    return moved.length;
  }
}

/** Lists of a map are pruned when it has grown to this many keys. */
const PRUNE_AT = 4096;

function getOrMake<K>(map: Map<K, FutexWaiter[]>, key: K, create: boolean): FutexWaiter[] | undefined {
  let list = map.get(key);
  if (list === undefined && create) {
    if (map.size >= PRUNE_AT) for (const [k, l] of map) if (l.length === 0) map.delete(k);
    list = [];
    map.set(key, list);
  }
  return list;
}
