/** epoll, eventfd, timerfd, signalfd. */
import { EBADF, EFAULT, EINTR, EINVAL, EPERM } from '../../abi/errno.js';
import { O_CLOEXEC, O_NONBLOCK } from '../../abi/fcntl.js';
import { CLOCKS, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, TIMER_ABSTIME } from '../../abi/process.js';
import { SIGKILL, SIGSTOP } from '../../abi/signals.js';
import { epollEvent } from '../../abi/structs/io.js';
import { monotonicOfRealtime } from '../../kernel/clock.js';
import { EpollFile, type EpollReport } from '../../kernel/epoll.js';
import { EventFile, SignalFile, TimerFile } from '../../kernel/event-files.js';
import type { OpenFile } from '../../kernel/file.js';
import { getSigSet } from '../../kernel/signal/frame.js';
import { dropTemporaryMask, setTemporaryMask } from '../../kernel/signal/mask.js';
import { SigSet } from '../../kernel/sigset.js';
import type { Task } from '../../kernel/task.js';
import { INTERRUPTED, TIMED_OUT, waitFor, type Blocking } from '../../kernel/wait.js';
import { sys } from '../row.js';
import { readDeadline, readDuration, readTimespec, timespecSize, writeDuration } from '../times.js';

/** Gives `file` a descriptor; closes it again when there is none. */
export function installFile(task: Task, file: OpenFile, cloexec: boolean): number {
  const fd = task.files.install(file, cloexec, task.process.limits.nofile);
  if (fd < 0) file.release();
  return fd;
}

// --- epoll ---

function sysEpollCreate1(task: Task, flags: number): number {
  if ((flags & ~O_CLOEXEC) !== 0) return -EINVAL;
  return installFile(task, new EpollFile(), (flags & O_CLOEXEC) !== 0);
}

/** Offset of epoll_data in struct epoll_event. */
const EVENT_DATA = 8;

function sysEpollCtl(task: Task, epfd: number, op: number, fd: number, event: number): number {
  const epoll = task.files.usable(epfd);
  const file = task.files.usable(fd);
  if (epoll === undefined || file === undefined) return -EBADF;
  // Regular files are always ready: there is nothing to wait for.
  if (file.queue === undefined) return -EPERM;
  if (!(epoll instanceof EpollFile) || file === epoll) return -EINVAL;
  if (op === EPOLL_CTL_DEL) return epoll.remove(fd, file);
  if (op !== EPOLL_CTL_ADD && op !== EPOLL_CTL_MOD) return -EINVAL;
  const { user } = task;
  const events = user.readI32(event);
  if (events === undefined || !user.read64(event + EVENT_DATA)) return -EFAULT;
  const { lo, hi } = user;
  if (op === EPOLL_CTL_ADD) return epoll.add(fd, file, events, lo, hi, task);
  return epoll.modify(fd, file, events, lo, hi, task);
}

/** INT_MAX / sizeof(struct epoll_event) */
const MAX_EVENTS = 0x7fff_ffff / 16;

function putReports(task: Task, addr: number, reports: readonly EpollReport[]): number {
  const { size } = epollEvent.for(task.abi);
  const { user } = task;
  for (const [i, { events, lo, hi }] of reports.entries()) {
    const at = addr + i * size;
    if (!user.writeI32(at, events) || !user.write64(at + EVENT_DATA, lo, hi)) return -EFAULT;
  }
  return reports.length;
}

function epollWait(
  task: Task,
  epfd: number,
  events: number,
  max: number,
  deadline: number,
  mask: number,
  size: number,
): number | Blocking {
  if (max <= 0 || max > MAX_EVENTS) return -EINVAL;
  const epoll = task.files.usable(epfd);
  if (epoll === undefined) return -EBADF;
  if (!(epoll instanceof EpollFile)) return -EINVAL;
  if (mask !== 0) {
    if (size !== 8) return -EINVAL;
    const set = new SigSet();
    if (!getSigSet(task, mask, set)) return -EFAULT;
    setTemporaryMask(task, set);
  }
  // A pending signal wins over nothing to report, as in Linux.
  const reports = epoll.collect(max, task);
  if (reports.length > 0 || deadline <= task.kernel.clock.monotonic()) {
    if (reports.length === 0 && task.savedMask !== undefined && task.signalPending) return -EINTR;
    dropTemporaryMask(task);
    return putReports(task, events, reports);
  }
  return epollSleep(task, epoll, events, max, deadline);
}

function* epollSleep(task: Task, epoll: EpollFile, events: number, max: number, deadline: number): Blocking {
  epoll.retain();
  const queues = [epoll.queue];
  try {
    for (;;) {
      const why = yield* waitFor(queues, deadline);
      const reports = epoll.collect(max, task);
      if (reports.length > 0 || why === TIMED_OUT) {
        dropTemporaryMask(task);
        return putReports(task, events, reports);
      }
      // epoll_wait is never restarted (signal(7)).
      if (why === INTERRUPTED) return -EINTR;
    }
  } finally {
    epoll.release();
  }
}

function millis(task: Task, timeout: number): number {
  return timeout < 0 ? Infinity : timeout === 0 ? 0 : task.kernel.clock.monotonic() + timeout * 1e6;
}

function sysEpollPwait2(
  task: Task,
  epfd: number,
  events: number,
  max: number,
  timeout: number,
  mask: number,
  size: number,
): number | Blocking {
  const deadline = readDeadline(task, timeout, true);
  return deadline < 0 ? deadline : epollWait(task, epfd, events, max, deadline, mask, size);
}

// --- eventfd ---

const EFD_SEMAPHORE = 1;

function sysEventfd2(task: Task, initial: number, flags: number): number {
  if ((flags & ~(EFD_SEMAPHORE | O_CLOEXEC | O_NONBLOCK)) !== 0) return -EINVAL;
  const file = new EventFile(initial, (flags & EFD_SEMAPHORE) !== 0, flags & O_NONBLOCK);
  return installFile(task, file, (flags & O_CLOEXEC) !== 0);
}

// --- timerfd ---

const { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_REALTIME_ALARM, CLOCK_BOOTTIME_ALARM } =
  CLOCKS;
const TIMER_CLOCKS: readonly number[] = [
  CLOCK_REALTIME,
  CLOCK_MONOTONIC,
  CLOCK_BOOTTIME,
  CLOCK_REALTIME_ALARM,
  CLOCK_BOOTTIME_ALARM,
];
const TFD_TIMER_CANCEL_ON_SET = 2;

function sysTimerfdCreate(task: Task, clockId: number, flags: number): number {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) !== 0 || !TIMER_CLOCKS.includes(clockId)) return -EINVAL;
  const isRealtime = clockId === CLOCK_REALTIME || clockId === CLOCK_REALTIME_ALARM;
  // Alarms wake the machine up, which is not for everybody.
  const alarm = clockId === CLOCK_REALTIME_ALARM || clockId === CLOCK_BOOTTIME_ALARM;
  if (alarm && !task.cred.privileged) return -EPERM;
  const file = new TimerFile(task.kernel, isRealtime, flags & O_NONBLOCK);
  return installFile(task, file, (flags & O_CLOEXEC) !== 0);
}

function putTimer(task: Task, file: TimerFile, addr: number, wide: boolean): boolean {
  const { alarm } = file;
  const second = addr + timespecSize(task, wide);
  return (
    writeDuration(task, addr, alarm.interval, wide) && writeDuration(task, second, alarm.remaining(), wide)
  );
}

function timerfdSettime(
  task: Task,
  fd: number,
  flags: number,
  value: number,
  old: number,
  wide: boolean,
): number {
  if ((flags & ~(TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) !== 0) return -EINVAL;
  const file = task.files.usable(fd);
  if (file === undefined) return -EBADF;
  if (!(file instanceof TimerFile)) return -EINVAL;
  const at = value + timespecSize(task, wide);
  const interval = readDuration(task, value, wide);
  const first = readDuration(task, at, wide);
  if (interval < 0 || first < 0) return Math.min(interval, first) === -EFAULT ? -EFAULT : -EINVAL;
  if (old !== 0 && !putTimer(task, file, old, wide)) return -EFAULT;
  let deadline = 0;
  if (first !== 0) {
    const { clock } = task.kernel;
    if ((flags & TIMER_ABSTIME) === 0) deadline = clock.monotonic() + first;
    else if (file.isRealtime) {
      const time = readTimespec(task, at, wide);
      if (time === undefined) return -EFAULT;
      deadline = Math.max(1, monotonicOfRealtime(clock, time));
    } else deadline = first;
  }
  file.set(deadline, interval);
  return 0;
}

function timerfdGettime(task: Task, fd: number, addr: number, wide: boolean): number {
  const file = task.files.usable(fd);
  if (file === undefined) return -EBADF;
  if (!(file instanceof TimerFile)) return -EINVAL;
  return putTimer(task, file, addr, wide) ? 0 : -EFAULT;
}

// --- signalfd ---

function sysSignalfd4(task: Task, fd: number, mask: number, size: number, flags: number): number {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) !== 0 || size !== 8) return -EINVAL;
  const set = new SigSet();
  if (!getSigSet(task, mask, set)) return -EFAULT;
  set.delete(SIGKILL);
  set.delete(SIGSTOP);
  if (fd === -1) {
    const file = new SignalFile(task.kernel, set, flags & O_NONBLOCK);
    return installFile(task, file, (flags & O_CLOEXEC) !== 0);
  }
  const file = task.files.usable(fd);
  if (file === undefined) return -EBADF;
  if (!(file instanceof SignalFile)) return -EINVAL;
  file.mask.copy(set);
  task.process.signalQueue.wake();
  return fd;
}

export const events = {
  epoll_create1: sys(['flags: fdflags'], 'fd', sysEpollCreate1),
  epoll_create: sys(['size: int'], 'fd', (t, size) => (size <= 0 ? -EINVAL : sysEpollCreate1(t, 0))),
  epoll_ctl: sys(['epfd: fd', 'op: epollop', 'fd: fd', 'event: in epollEvent'], 'int', sysEpollCtl),
  epoll_wait: sys(
    ['epfd: fd', 'events: out epollEvent', 'maxevents: int', 'timeout: int'],
    'int',
    (t, epfd, at, max, timeout) => epollWait(t, epfd, at, max, millis(t, timeout), 0, 0),
  ),
  epoll_pwait: sys(
    [
      'epfd: fd',
      'events: out epollEvent',
      'maxevents: int',
      'timeout: int',
      'sigmask: in sigset',
      'size: size',
    ],
    'int',
    (t, epfd, at, max, timeout, mask, size) => epollWait(t, epfd, at, max, millis(t, timeout), mask, size),
  ),
  epoll_pwait2: sys(
    [
      'epfd: fd',
      'events: out epollEvent',
      'maxevents: int',
      'timeout: in timespec64',
      'sigmask: in sigset',
      'size: size',
    ],
    'int',
    sysEpollPwait2,
  ),
  eventfd2: sys(['initval: uint', 'flags: fdflags'], 'fd', sysEventfd2),
  eventfd: sys(['initval: uint'], 'fd', (t, initial) => sysEventfd2(t, initial, 0)),
  timerfd_create: sys(['clockid: clockid', 'flags: fdflags'], 'fd', sysTimerfdCreate),
  timerfd_settime: sys(
    ['fd: fd', 'flags: hex32', 'new: in itimerspec', 'old: out itimerspec'],
    'int',
    (t, fd, flags, value, old) => timerfdSettime(t, fd, flags, value, old, false),
  ),
  timerfd_settime64: sys(
    ['fd: fd', 'flags: hex32', 'new: in itimerspec64', 'old: out itimerspec64'],
    'int',
    (t, fd, flags, value, old) => timerfdSettime(t, fd, flags, value, old, true),
  ),
  timerfd_gettime: sys(['fd: fd', 'curr: out itimerspec'], 'int', (t, fd, at) =>
    timerfdGettime(t, fd, at, false),
  ),
  timerfd_gettime64: sys(['fd: fd', 'curr: out itimerspec64'], 'int', (t, fd, at) =>
    timerfdGettime(t, fd, at, true),
  ),
  signalfd4: sys(['fd: fd', 'mask: in sigset', 'size: size', 'flags: fdflags'], 'fd', sysSignalfd4),
  signalfd: sys(['fd: fd', 'mask: in sigset', 'size: size'], 'fd', (t, fd, mask, size) =>
    sysSignalfd4(t, fd, mask, size, 0),
  ),
};
