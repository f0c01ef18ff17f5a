/**
 * What a dying thread owes its robust mutexes (kernel/futex/core.c exit_robust_list): every lock it holds is marked
 * FUTEX_OWNER_DIED and one waiter is woken. The list is the guest's; it is walked with a bound and never believed.
 */
import { robustListHead } from '../abi/structs/process.js';
import { FUTEX_OWNER_DIED, FUTEX_TID_MASK, FUTEX_WAITERS } from '../abi/process.js';
import type { Task } from './task.js';

/** ROBUST_LIST_LIMIT */
const LIMIT = 2048;

export function exitRobustList(task: Task): void {
  const head = task.robustList;
  if (head === 0) return;
  task.robustList = 0;
  const { user, abi } = task;
  const list = user.get(robustListHead.for(abi), head);
  if (list === undefined) return;
  const { futex_offset: offset, list_op_pending: pending } = list;
  let entry = list.list_next;
  for (let i = 0; i < LIMIT && clean(entry) !== head; i++) {
    const next = user.readWord(clean(entry));
    // A lock that is just being taken or released is handled last.
    if (clean(entry) !== clean(pending)) handleDeath(task, clean(entry) + offset, false);
    if (next === undefined) return;
    entry = next;
  }
  if (pending !== 0) handleDeath(task, clean(pending) + offset, true);
}

/** Bit 0 of a list pointer marks a PI mutex. */
function clean(pointer: number): number {
  return pointer - (pointer % 2);
}

function handleDeath(task: Task, addr: number, isPending: boolean): void {
  const { user, kernel } = task;
  task.mm.space.quiesce();
  const value = user.readI32(addr);
  if (value === undefined || addr % 4 !== 0) return;
  if (isPending && value === 0) {
    // Unlocked already, but the wake-up was perhaps not made.
    kernel.futexes.wake(task.mm, addr, 1, -1);
    return;
  }
  if ((value & FUTEX_TID_MASK) !== task.tid) return;
  if (!user.writeI32(addr, (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED)) return;
  if ((value & FUTEX_WAITERS) !== 0) kernel.futexes.wake(task.mm, addr, 1, -1);
}
