/** Futexes: wait, wake, requeue, operations, priority inheritance, vectors; robust lists. */
import {
  EAGAIN,
  EDEADLK,
  EFAULT,
  EINVAL,
  ENOSYS,
  EPERM,
  ERESTARTNOINTR,
  ERESTARTSYS,
  ERESTART_RESTARTBLOCK,
  ESRCH,
  ETIMEDOUT,
} from '../../abi/errno.js';
import {
  CLOCKS,
  FUTEX_CLOCK_REALTIME,
  FUTEX_OPS,
  FUTEX_OWNER_DIED,
  FUTEX_PRIVATE_FLAG,
  FUTEX_TID_MASK,
  FUTEX_WAITERS,
} from '../../abi/process.js';
import { futexWaitv, robustListHead } from '../../abi/structs/process.js';
import type { FutexWaiter } from '../../kernel/futex.js';
import type { Task } from '../../kernel/task.js';
import { INTERRUPTED, TIMED_OUT, waitFor, type Blocking } from '../../kernel/wait.js';
import { partial, sys } from '../row.js';
import { readAbsolute, readDeadline } from '../times.js';

const ALL = 0xffff_ffff | 0;

interface WaitArgs {
  readonly addr: number;
  readonly value: number;
  readonly bitset: number;
  readonly isPrivate: boolean;
  readonly deadline: number;
}

function futexWait(task: Task, args: WaitArgs): number | Blocking {
  const now = task.user.readI32(args.addr);
  if (now === undefined) return -EFAULT;
  if (now !== args.value) return -EAGAIN;
  if (args.deadline <= task.kernel.clock.monotonic()) return -ETIMEDOUT;
  return sleep(task, args, task.kernel.futexes.enqueue(task, args.addr, args.isPrivate, args.bitset));
}

function* sleep(task: Task, args: WaitArgs, waiter: FutexWaiter): Blocking {
  const { futexes } = task.kernel;
  const queues = [waiter.queue];
  try {
    for (;;) {
      const why = yield* waitFor(queues, args.deadline);
      if (waiter.list === undefined) return 0;
      if (why === TIMED_OUT) return -ETIMEDOUT;
      if (why === INTERRUPTED) {
        if (args.deadline === Infinity) return -ERESTARTSYS;
        // The relative timeout is absolute by now: going on must not begin it anew.
        task.restart = () => futexWait(task, args);
        return -ERESTART_RESTARTBLOCK;
      }
    }
  } finally {
    futexes.leave(waiter);
  }
}

function requeue(
  task: Task,
  addr: number,
  wakeCount: number,
  moveCount: number,
  addr2: number,
  expected: number | undefined,
  isPrivate: boolean,
): number {
  if (wakeCount < 0 || moveCount < 0 || addr2 % 4 !== 0) return -EINVAL;
  const { futexes } = task.kernel;
  const now = task.user.readI32(addr);
  if (now === undefined || task.user.readI32(addr2) === undefined) return -EFAULT;
  if (expected !== undefined && now !== expected) return -EAGAIN;
  const from = futexes.list(task.mm, addr, isPrivate, false);
  if (from === undefined) return 0;
  // Who waits for a PI lock is moved and woken by the operations that hand one over.
  if (from.slice(0, wakeCount + moveCount).some(({ pi }) => pi)) return -EINVAL;
  const woken = futexes.wakeList(from, wakeCount, ALL);
  const to = futexes.list(task.mm, addr2, isPrivate, true);
  if (to === undefined || to === from) return woken;
  const moved = futexes.requeue(from, to, moveCount);
  // FUTEX_REQUEUE and FUTEX_CMP_REQUEUE both count the moved ones.
  return woken + moved;
}

/** FUTEX_WAKE_OP: an atomic operation on the second word decides whether its waiters are woken too. */
function wakeOp(
  task: Task,
  addr: number,
  count: number,
  count2: number,
  addr2: number,
  encoded: number,
): number {
  const op = (encoded >>> 28) & 7;
  const shifted = ((encoded >>> 28) & 8) !== 0;
  const compare = (encoded >>> 24) & 15;
  let operand = (encoded << 8) >> 20;
  const against = (encoded << 20) >> 20;
  if (shifted) operand = 1 << (operand & 31);
  const { user, kernel } = task;
  // Between reading and writing the word nobody else may write it; so below.
  task.mm.space.quiesce();
  const old = user.readI32(addr2);
  if (old === undefined || user.readI32(addr) === undefined) return -EFAULT;
  const results = [operand, (old + operand) | 0, old | operand, old & ~operand, old ^ operand];
  const next = results[op];
  if (next === undefined) return -ENOSYS;
  if (!user.writeI32(addr2, next)) return -EFAULT;
  const tests = [
    old === against,
    old !== against,
    old < against,
    old <= against,
    old > against,
    old >= against,
  ];
  const test = tests[compare];
  if (test === undefined) return -ENOSYS;
  let woken = kernel.futexes.wake(task.mm, addr, count, ALL, true);
  if (test) woken += kernel.futexes.wake(task.mm, addr2, count2, ALL, true);
  return woken;
}

/** Takes a PI lock if it is free: 0, -EAGAIN when it is held, or another -errno. */
function tryLockPi(task: Task, addr: number): number {
  const { user, tid } = task;
  task.mm.space.quiesce();
  const value = user.readI32(addr);
  if (value === undefined) return -EFAULT;
  const owner = value & FUTEX_TID_MASK;
  if (owner === tid) return -EDEADLK;
  if (owner === 0) {
    // FUTEX_OWNER_DIED stays for the C library to see.
    return user.writeI32(addr, tid | (value & (FUTEX_WAITERS | FUTEX_OWNER_DIED))) ? 0 : -EFAULT;
  }
  if (!task.kernel.tasks.has(owner)) return -ESRCH;
  return -EAGAIN;
}

function lockPi(task: Task, addr: number, isPrivate: boolean, deadline: number): number | Blocking {
  const taken = tryLockPi(task, addr);
  if (taken !== -EAGAIN) return taken;
  return waitLockPi(task, addr, isPrivate, deadline);
}

function* waitLockPi(task: Task, addr: number, isPrivate: boolean, deadline: number): Blocking {
  const { futexes } = task.kernel;
  task.mm.space.quiesce();
  const value = task.user.readI32(addr);
  if (value === undefined || !task.user.writeI32(addr, value | FUTEX_WAITERS)) return -EFAULT;
  const waiter = futexes.enqueue(task, addr, isPrivate, ALL, true);
  const queues = [waiter.queue];
  try {
    for (;;) {
      const why = yield* waitFor(queues, deadline);
      // The unlocker has written our tid into the word; a dead owner leaves the word for us to take.
      if (waiter.list === undefined) {
        const now = task.user.readI32(addr);
        if (now === undefined) return -EFAULT;
        if ((now & FUTEX_TID_MASK) === task.tid) return 0;
        const retry = tryLockPi(task, addr);
        if (retry !== -EAGAIN) return retry;
        return yield* waitLockPi(task, addr, isPrivate, deadline);
      }
      if (why === TIMED_OUT) return -ETIMEDOUT;
      if (why === INTERRUPTED) return -ERESTARTNOINTR;
    }
  } finally {
    futexes.leave(waiter);
  }
}

function unlockPi(task: Task, addr: number, isPrivate: boolean): number {
  const { user, kernel } = task;
  task.mm.space.quiesce();
  const value = user.readI32(addr);
  if (value === undefined) return -EFAULT;
  if ((value & FUTEX_TID_MASK) !== task.tid) return -EPERM;
  const list = kernel.futexes.list(task.mm, addr, isPrivate, false);
  const next = list?.find((waiter) => waiter.pi);
  if (next === undefined || list === undefined) return user.writeI32(addr, 0) ? 0 : -EFAULT;
  const more = list.length > 1 ? FUTEX_WAITERS : 0;
  if (!user.writeI32(addr, next.task.tid | more)) return -EFAULT;
  kernel.futexes.release(next);
  return 0;
}

/** FUTEX_WAIT_REQUEUE_PI: waits on a plain word, is moved to a PI lock, and returns holding that. */
function* waitRequeuePi(task: Task, args: WaitArgs, addr2: number): Blocking {
  const now = task.user.readI32(args.addr);
  if (now === undefined) return -EFAULT;
  if (now !== args.value) return -EAGAIN;
  const { futexes } = task.kernel;
  const waiter = futexes.enqueue(task, args.addr, args.isPrivate, ALL, true);
  const own = waiter.list;
  const queues = [waiter.queue];
  try {
    for (;;) {
      const why = yield* waitFor(queues, args.deadline);
      if (waiter.list === undefined) {
        const value = task.user.readI32(addr2);
        if (value !== undefined && (value & FUTEX_TID_MASK) === task.tid) return 0;
        const locked = lockPi(task, addr2, args.isPrivate, Infinity);
        return typeof locked === 'number' ? locked : yield* locked;
      }
      if (why === TIMED_OUT && waiter.list === own) return -ETIMEDOUT;
      if (why === INTERRUPTED) return waiter.list === own ? -EAGAIN : -ERESTARTNOINTR;
    }
  } finally {
    futexes.leave(waiter);
  }
}

function requeuePi(
  task: Task,
  addr: number,
  moveCount: number,
  addr2: number,
  expected: number,
  isPrivate: boolean,
): number {
  const { user, kernel } = task;
  task.mm.space.quiesce();
  const now = user.readI32(addr);
  const lock = user.readI32(addr2);
  if (now === undefined || lock === undefined) return -EFAULT;
  if (now !== expected) return -EAGAIN;
  const from = kernel.futexes.list(task.mm, addr, isPrivate, false);
  const first = from?.[0];
  if (from === undefined || first === undefined) return 0;
  if (from.slice(0, moveCount + 1).some(({ pi }) => !pi)) return -EINVAL;
  let moved = 0;
  if ((lock & FUTEX_TID_MASK) === 0) {
    // The lock is free: the first waiter gets it at once.
    if (!user.writeI32(addr2, first.task.tid | (from.length > 1 ? FUTEX_WAITERS : 0))) return -EFAULT;
    kernel.futexes.release(first);
    moved = 1;
  } else if (!user.writeI32(addr2, lock | FUTEX_WAITERS)) return -EFAULT;
  const to = kernel.futexes.list(task.mm, addr2, isPrivate, true);
  if (to !== undefined) moved += kernel.futexes.requeue(from, to, moveCount);
  return moved;
}

/** Commands with a timeout whose clock can be chosen. */
const TAKES_CLOCK: readonly number[] = [
  FUTEX_OPS.FUTEX_WAIT_BITSET,
  FUTEX_OPS.FUTEX_WAIT_REQUEUE_PI,
  FUTEX_OPS.FUTEX_LOCK_PI2,
];

function futex(
  task: Task,
  addr: number,
  op: number,
  value: number,
  timeout: number,
  addr2: number,
  value3: number,
  wide: boolean,
): number | Blocking {
  const command = op & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
  const isPrivate = (op & FUTEX_PRIVATE_FLAG) !== 0;
  const isRealtime = (op & FUTEX_CLOCK_REALTIME) !== 0;
  if (isRealtime && !TAKES_CLOCK.includes(command)) return -ENOSYS;
  if (addr % 4 !== 0) return -EINVAL;
  // The timeout register is a count for the requeueing operations.
  const count2 = timeout | 0;
  const { futexes } = task.kernel;
  switch (command) {
    case FUTEX_OPS.FUTEX_WAIT: {
      // Relative whatever clock it is on, unlike the others.
      const deadline = readDeadline(task, timeout, wide);
      if (deadline < 0) return deadline;
      return futexWait(task, { addr, value, bitset: ALL, isPrivate, deadline });
    }
    case FUTEX_OPS.FUTEX_WAIT_BITSET: {
      if (value3 === 0) return -EINVAL;
      const deadline = readAbsolute(task, timeout, isRealtime, wide);
      if (deadline < 0) return deadline;
      return futexWait(task, { addr, value, bitset: value3, isPrivate, deadline });
    }
    case FUTEX_OPS.FUTEX_WAKE:
      return futexes.wake(task.mm, addr, Math.max(value, 1), ALL, isPrivate);
    case FUTEX_OPS.FUTEX_WAKE_BITSET:
      return value3 === 0 ? -EINVAL : futexes.wake(task.mm, addr, Math.max(value, 1), value3, isPrivate);
    case FUTEX_OPS.FUTEX_REQUEUE:
      return requeue(task, addr, value, count2, addr2, undefined, isPrivate);
    case FUTEX_OPS.FUTEX_CMP_REQUEUE:
      return requeue(task, addr, value, count2, addr2, value3, isPrivate);
    case FUTEX_OPS.FUTEX_WAKE_OP:
      return wakeOp(task, addr, value, count2, addr2, value3);
    case FUTEX_OPS.FUTEX_LOCK_PI:
    case FUTEX_OPS.FUTEX_LOCK_PI2: {
      const real = command === FUTEX_OPS.FUTEX_LOCK_PI || isRealtime;
      const deadline = readAbsolute(task, timeout, real, wide);
      return deadline < 0 ? deadline : lockPi(task, addr, isPrivate, deadline);
    }
    case FUTEX_OPS.FUTEX_TRYLOCK_PI:
      return tryLockPi(task, addr);
    case FUTEX_OPS.FUTEX_UNLOCK_PI:
      return unlockPi(task, addr, isPrivate);
    case FUTEX_OPS.FUTEX_WAIT_REQUEUE_PI: {
      const deadline = readAbsolute(task, timeout, isRealtime, wide);
      if (deadline < 0) return deadline;
      return waitRequeuePi(task, { addr, value, bitset: ALL, isPrivate, deadline }, addr2);
    }
    case FUTEX_OPS.FUTEX_CMP_REQUEUE_PI:
      return value === 1 ? requeuePi(task, addr, count2, addr2, value3, isPrivate) : -EINVAL;
    default:
      return -ENOSYS;
  }
}

const FUTEX2_SIZE_U32 = 2;
const FUTEX_WAITV_MAX = 128;

function sysFutexWaitv(
  task: Task,
  waiters: number,
  count: number,
  flags: number,
  timeout: number,
  clockId: number,
): number | Blocking {
  if (flags !== 0 || count === 0 || count > FUTEX_WAITV_MAX || waiters === 0) return -EINVAL;
  if (timeout !== 0 && clockId !== CLOCKS.CLOCK_MONOTONIC && clockId !== CLOCKS.CLOCK_REALTIME)
    return -EINVAL;
  const deadline = readAbsolute(task, timeout, clockId === CLOCKS.CLOCK_REALTIME, true);
  if (deadline < 0) return deadline;
  const layout = futexWaitv.for(task.abi);
  const entries: { uaddr: number; value: number; isPrivate: boolean }[] = [];
  for (let i = 0; i < count; i++) {
    const entry = task.user.get(layout, waiters + i * layout.size);
    if (entry === undefined) return -EFAULT;
    const { uaddr, val, flags: bits, __reserved } = entry;
    if ((bits & ~FUTEX_PRIVATE_FLAG) !== FUTEX2_SIZE_U32 || __reserved !== 0 || uaddr % 4 !== 0)
      return -EINVAL;
    entries.push({ uaddr, value: val | 0, isPrivate: (bits & FUTEX_PRIVATE_FLAG) !== 0 });
  }
  for (const { uaddr, value } of entries) {
    const now = task.user.readI32(uaddr);
    if (now === undefined) return -EFAULT;
    if (now !== value) return -EAGAIN;
  }
  return waitMany(
    task,
    entries.map((e) => task.kernel.futexes.enqueue(task, e.uaddr, e.isPrivate, ALL)),
    deadline,
  );
}

function* waitMany(task: Task, waiters: readonly FutexWaiter[], deadline: number): Blocking {
  const queues = waiters.map((w) => w.queue);
  try {
    for (;;) {
      const why = yield* waitFor(queues, deadline);
      const woken = waiters.findIndex((w) => w.list === undefined);
      if (woken >= 0) return woken;
      if (why === TIMED_OUT) return -ETIMEDOUT;
      if (why === INTERRUPTED) return -ERESTARTSYS;
    }
  } finally {
    for (const waiter of waiters) task.kernel.futexes.leave(waiter);
  }
}

function sysGetRobustList(task: Task, pid: number, head: number, length: number): number {
  const target = pid === 0 ? task : task.kernel.tasks.get(pid);
  if (target === undefined) return -ESRCH;
  const { user } = task;
  if (!user.writeWord(length, target.robustListSize) || !user.writeWord(head, target.robustList))
    return -EFAULT;
  return 0;
}

function sysSetRobustList(task: Task, head: number, length: number): number {
  if (length !== robustListHead.for(task.abi).size) return -EINVAL;
  task.robustList = head;
  task.robustListSize = length;
  return 0;
}

const note = partial('PI without priorities');

export const futexes = {
  futex: sys(
    ['uaddr: ptr', 'op: futexop', 'val: int', 'timeout: in timespec', 'uaddr2: ptr', 'val3: int'],
    'int',
    (t, addr, op, value, timeout, addr2, value3) => futex(t, addr, op, value, timeout, addr2, value3, false),
    note,
  ),
  futex_time64: sys(
    ['uaddr: ptr', 'op: futexop', 'val: int', 'timeout: in timespec64', 'uaddr2: ptr', 'val3: int'],
    'int',
    (t, addr, op, value, timeout, addr2, value3) => futex(t, addr, op, value, timeout, addr2, value3, true),
    note,
  ),
  futex_waitv: sys(
    [
      'waiters: in futexWaitv',
      'nr_futexes: uint',
      'flags: hex32',
      'timeout: in timespec64',
      'clockid: clockid',
    ],
    'int',
    sysFutexWaitv,
  ),
  set_robust_list: sys(['head: in robustListHead', 'len: size'], 'int', sysSetRobustList),
  get_robust_list: sys(['pid: pid', 'head: out word', 'len: out word'], 'int', sysGetRobustList),
};
