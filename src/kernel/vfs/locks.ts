/**
 * File locks between guest processes: record locks (fcntl F_SETLK, owner: descriptor table, as in Linux), open file
 * description locks (F_OFD_SETLK, owner: description) and flock(2). One table per kernel, keyed by `dev:ino`. Processes
 * outside see none of them: Node has no lock calls.
 */
import { F_RDLCK, F_UNLCK, F_WRLCK } from '../../abi/fcntl.js';
import { EDEADLK } from '../../abi/errno.js';
import { WaitQueue } from '../wait.js';

/** Identity of who holds a lock: an FdTable or an OpenFile. */
export type LockOwner = object;

export interface RecordLock {
  readonly owner: LockOwner;
  /** For F_GETLK; -1 for description locks. */
  readonly pid: number;
  /** F_RDLCK or F_WRLCK. */
  readonly type: number;
  /** Bytes [start, end); Infinity is "to the end of the file, wherever that will be". */
  readonly start: number;
  readonly end: number;
}

export class LockTable {
  readonly #records = new Map<string, RecordLock[]>();
  readonly #flocks = new Map<string, Map<LockOwner, number>>();
  /** Owner asleep for a record lock → owner of a lock in its way (deadlock search). */
  readonly #waiting = new Map<LockOwner, LockOwner>();
  /** Woken whenever some lock is given up. */
  readonly queue = new WaitQueue();

  get empty(): boolean {
    return this.#records.size === 0 && this.#flocks.size === 0;
  }

  /** The first record lock that stands in the way of `type` on [start, end) for `owner`. */
  conflict(id: string, owner: LockOwner, type: number, start: number, end: number): RecordLock | undefined {
    return this.#records
      .get(id)
      ?.find(
        (lock) =>
          lock.owner !== owner &&
          lock.start < end &&
          start < lock.end &&
          (type === F_WRLCK || lock.type === F_WRLCK),
      );
  }

  /** Sets, changes or (F_UNLCK) removes the owner's locks on [start, end). There must be no conflict. */
  set(id: string, lock: RecordLock): void {
    const kept: RecordLock[] = [];
    let { start, end } = lock;
    let freed = false;
    for (const old of this.#records.get(id) ?? []) {
      const touches = old.owner === lock.owner && old.start <= end && start <= old.end;
      const overlaps = touches && old.start < end && start < old.end;
      if (touches && old.type === lock.type) {
        // Same kind next to or under it: one lock.
        start = Math.min(start, old.start);
        end = Math.max(end, old.end);
      } else if (overlaps) {
        freed = true;
        if (old.start < start) kept.push({ ...old, end: start });
        if (old.end > end) kept.push({ ...old, start: end });
      } else kept.push(old);
    }
    if (lock.type !== F_UNLCK) kept.push({ ...lock, start, end });
    if (kept.length === 0) this.#records.delete(id);
    else this.#records.set(id, kept);
    if (freed) this.queue.wake();
  }

  /**
   * Notes that `owner` is about to sleep for a lock that `holder` has.
   *
   * @returns -EDEADLK when `holder` itself, directly or not, sleeps for one of `owner`'s
   */
  wait(owner: LockOwner, holder: LockOwner): number {
    const seen = new Set<LockOwner>();
    for (
      let at: LockOwner | undefined = holder;
      at !== undefined && !seen.has(at);
      at = this.#waiting.get(at)
    ) {
      if (at === owner) return -EDEADLK;
      seen.add(at);
    }
    this.#waiting.set(owner, holder);
    return 0;
  }

  waited(owner: LockOwner): void {
    this.#waiting.delete(owner);
  }

  /** flock: true when `owner` now holds the lock; converting releases the old one first, as in Linux. */
  flock(id: string, owner: LockOwner, exclusive: boolean): boolean {
    let holders = this.#flocks.get(id);
    if (holders?.delete(owner) === true) this.queue.wake();
    if (holders !== undefined) {
      for (const type of holders.values()) if (exclusive || type === F_WRLCK) return false;
    } else this.#flocks.set(id, (holders = new Map<LockOwner, number>()));
    holders.set(owner, exclusive ? F_WRLCK : F_RDLCK);
    this.#flocks.set(id, holders);
    return true;
  }

  unflock(id: string, owner: LockOwner): void {
    const holders = this.#flocks.get(id);
    if (holders?.delete(owner) !== true) return;
    if (holders.size === 0) this.#flocks.delete(id);
    this.queue.wake();
  }

  /** Everything `owner` holds on a file goes: a descriptor was closed. */
  dropOwner(id: string, owner: LockOwner): void {
    this.unflock(id, owner);
    if (this.#records.has(id)) this.set(id, { owner, pid: 0, type: F_UNLCK, start: 0, end: Infinity });
  }
}
