/** Clocks, sleeping, interval timers, POSIX timers, times and getrusage. */
import {
  EFAULT,
  EINVAL,
  EINTR,
  EOPNOTSUPP,
  EPERM,
  ERESTARTNOHAND,
  ERESTART_RESTARTBLOCK,
} from '../../abi/errno.js';
import { CLOCKS, TIMER_ABSTIME } from '../../abi/process.js';
import { NSIG, SIGALRM } from '../../abi/signals.js';
import { rusage, sigevent, timex, tms, timezone } from '../../abi/structs/index.js';
import { NSEC_PER_SEC, monotonicOfRealtime, realtime, type TimeSpan } from '../../kernel/clock.js';
import type { Usage } from '../../kernel/process.js';
import { cpuSplit } from '../../kernel/cpu-split.js';
import {
  ITIMER_PROF,
  ITIMER_REAL,
  ProcessTimers,
  SIGEV_NONE,
  SIGEV_SIGNAL,
  SIGEV_THREAD,
  SIGEV_THREAD_ID,
  type PosixTimer,
} from '../../kernel/timers.js';
import type { Task } from '../../kernel/task.js';
import { INTERRUPTED, waitFor, type Blocking } from '../../kernel/wait.js';
import { partial, sys } from '../row.js';
import {
  readDuration,
  readTimespec,
  readTimeval,
  timespecSize,
  writeDuration,
  writeTimespec,
  writeTimeval,
} from '../times.js';

const {
  CLOCK_REALTIME,
  CLOCK_MONOTONIC,
  CLOCK_PROCESS_CPUTIME_ID,
  CLOCK_THREAD_CPUTIME_ID,
  CLOCK_MONOTONIC_RAW,
  CLOCK_REALTIME_COARSE,
  CLOCK_MONOTONIC_COARSE,
  CLOCK_BOOTTIME,
  CLOCK_REALTIME_ALARM,
  CLOCK_BOOTTIME_ALARM,
  CLOCK_TAI,
} = CLOCKS;

/** What a clock id stands for. */
type ClockKind = 'real' | 'mono' | 'cpu' | undefined;

function clockKind(task: Task, id: number): ClockKind {
  switch (id) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI:
      return 'real';
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
      return 'mono';
    case CLOCK_PROCESS_CPUTIME_ID:
    case CLOCK_THREAD_CPUTIME_ID:
      return 'cpu';
    default:
      return id < 0 && cpuClock(task, id) !== undefined ? 'cpu' : undefined;
  }
}

/** CPU time in ns behind a clock id; negative ids name a process or thread (include/linux/posix-timers.h). */
function cpuClock(task: Task, id: number): (() => number) | undefined {
  const { scheduler } = task.kernel;
  const ofTask = (t: Task) => () => t.userNs + t.systemNs + scheduler.runningFor(t);
  if (id === CLOCK_PROCESS_CPUTIME_ID) return () => task.process.cpuTime();
  if (id === CLOCK_THREAD_CPUTIME_ID) return ofTask(task);
  if (id >= 0 || (id & 3) === 3) return undefined;
  const pid = ~(id >> 3);
  if ((id & 4) !== 0) {
    const thread = pid === 0 ? task : task.kernel.tasks.get(pid);
    return thread?.process === task.process ? ofTask(thread) : undefined;
  }
  const process = pid === 0 ? task.process : task.kernel.processes.get(pid);
  return process === undefined ? undefined : () => process.cpuTime();
}

function sysClockGettime(task: Task, id: number, addr: number, wide: boolean): number {
  const kind = clockKind(task, id);
  if (kind === undefined) return -EINVAL;
  let done: boolean;
  if (kind === 'real') {
    const now = realtime(task.kernel.clock);
    done = writeTimespec(task, addr, now.sec, now.nsec, wide);
  } else {
    const ns = kind === 'mono' ? task.kernel.clock.monotonic() : (cpuClock(task, id)?.() ?? 0);
    done = writeDuration(task, addr, ns, wide);
  }
  return done ? 0 : -EFAULT;
}

function sysClockGetres(task: Task, id: number, addr: number, wide: boolean): number {
  if (clockKind(task, id) === undefined) return -EINVAL;
  const coarse = id === CLOCK_REALTIME_COARSE || id === CLOCK_MONOTONIC_COARSE;
  return addr === 0 || writeDuration(task, addr, coarse ? 4_000_000 : 1, wide) ? 0 : -EFAULT;
}

/** The host's clock is not ours to set. */
function sysClockSettime(task: Task, id: number, addr: number, wide: boolean): number {
  const kind = clockKind(task, id);
  if (kind !== 'real' || id !== CLOCK_REALTIME) return -EINVAL;
  return readDuration(task, addr, wide) === -EFAULT ? -EFAULT : -EPERM;
}

/** Sleeps until `deadline`; relative sleeps report what is left and can be restarted. */
function* sleepUntil(task: Task, deadline: number, rem: number, wide: boolean, relative: boolean): Blocking {
  for (;;) {
    const why = yield* waitFor([], deadline);
    if (why !== INTERRUPTED) return 0;
    if (!relative) return -ERESTARTNOHAND;
    const left = deadline - task.kernel.clock.monotonic();
    if (left <= 0) return 0;
    if (rem !== 0 && !writeDuration(task, rem, left, wide)) return -EFAULT;
    // Continued after a stop it goes on with the same deadline.
    task.restart = () => sleepUntil(task, deadline, rem, wide, true);
    return -ERESTART_RESTARTBLOCK;
  }
}

function nanosleep(task: Task, req: number, rem: number, wide: boolean): number | Blocking {
  const duration = readDuration(task, req, wide);
  if (duration < 0) return duration;
  if (duration === 0) return 0;
  return sleepUntil(task, task.kernel.clock.monotonic() + duration, rem, wide, true);
}

/** Sleeping on a CPU clock: looked at whenever the scheduler has something to do, at the latest after 4 ms. */
function* sleepCpu(task: Task, clock: () => number, until: number): Blocking {
  while (clock() < until) {
    const why = yield* waitFor([], task.kernel.clock.monotonic() + Math.max(until - clock(), 1_000_000));
    if (why === INTERRUPTED) return -EINTR;
  }
  return 0;
}

/** A clock id that stands for the calling thread's CPU time. */
function isOwnThread(task: Task, id: number): boolean {
  return id < 0 && (id & 4) !== 0 && [0, task.tid].includes(~(id >> 3));
}

function clockNanosleep(
  task: Task,
  id: number,
  flags: number,
  req: number,
  rem: number,
  wide: boolean,
): number | Blocking {
  const kind = clockKind(task, id);
  if (kind === undefined || isOwnThread(task, id)) return -EINVAL;
  // To sleep on one's own CPU time would be to sleep for ever.
  if (
    id === CLOCK_THREAD_CPUTIME_ID ||
    id === CLOCK_MONOTONIC_RAW ||
    id === CLOCK_REALTIME_COARSE ||
    id === CLOCK_MONOTONIC_COARSE
  )
    return -EOPNOTSUPP;
  const time = readDuration(task, req, wide);
  if (time < 0) return time;
  const absolute = (flags & TIMER_ABSTIME) !== 0;
  const { clock } = task.kernel;
  if (kind === 'cpu') {
    const cpu = cpuClock(task, id) as () => number;
    return sleepCpu(task, cpu, absolute ? time : cpu() + time);
  }
  if (!absolute) return time === 0 ? 0 : sleepUntil(task, clock.monotonic() + time, rem, wide, true);
  const deadline =
    kind === 'mono' ? time : monotonicOfRealtime(clock, readTimespec(task, req, wide) as TimeSpan);
  return deadline <= clock.monotonic() ? 0 : sleepUntil(task, deadline, 0, wide, false);
}

function sysGettimeofday(task: Task, tv: number, tz: number): number {
  const { user } = task;
  if (tv !== 0) {
    const now = realtime(task.kernel.clock);
    const us = Math.floor(now.nsec / 1000);
    if (!user.writeWord(tv, now.sec) || !user.writeWord(tv + user.wordSize, us)) return -EFAULT;
  }
  return tz === 0 || user.put(timezone.for(task.abi), tz, {}) ? 0 : -EFAULT;
}

/** What a kernel says whose clock nobody disciplines (adjtimex(2)). */
const UNDISCIPLINED = {
  maxerror: 16_000_000,
  esterror: 16_000_000,
  status: 0x40,
  constant: 2,
  precision: 1,
  tolerance: 32_768_000,
  tick: 10_000,
};
const ADJ_OFFSET_SS_READ = 0xa001;
const TIME_ERROR = 5;

/** The host's clock can be looked at, not set; how well it is disciplined Node has no call for. */
function sysAdjtimex(task: Task, addr: number): number {
  const { user, abi, kernel } = task;
  const modes = user.readU32(addr);
  if (modes === undefined) return -EFAULT;
  if (modes !== 0 && modes !== ADJ_OFFSET_SS_READ) return -EPERM;
  const { sec, nsec } = realtime(kernel.clock);
  const time = { tv_sec: sec, tv_usec: Math.floor(nsec / 1000) };
  return user.put(timex.for(abi), addr, { ...UNDISCIPLINED, modes, time }) ? TIME_ERROR : -EFAULT;
}

const TICK_NS = 10_000_000;

function sysTimes(task: Task, buf: number): number {
  const self = cpuSplit(task.process.totalUsage());
  const children = cpuSplit(task.process.childUsage);
  const ticks = (ns: number): number => Math.floor(ns / TICK_NS);
  if (buf !== 0) {
    const ok = task.user.put(tms.for(task.abi), buf, {
      tms_utime: ticks(self.userNs),
      tms_stime: ticks(self.systemNs),
      tms_cutime: ticks(children.userNs),
      tms_cstime: ticks(children.systemNs),
    });
    if (!ok) return -EFAULT;
  }
  return ticks(task.kernel.clock.monotonic());
}

/** Writes `struct rusage`. @returns false on EFAULT */
export function putUsage(task: Task, addr: number, total: Usage): boolean {
  const { userNs, systemNs } = cpuSplit(total);
  const timeval = (ns: number): { tv_sec: number; tv_usec: number } => ({
    tv_sec: Math.floor(ns / NSEC_PER_SEC),
    tv_usec: Math.floor((ns % NSEC_PER_SEC) / 1000),
  });
  return task.user.put(rusage.for(task.abi), addr, {
    ru_utime: timeval(userNs),
    ru_stime: timeval(systemNs),
    ru_maxrss: Math.floor(total.maxRss / 1024),
    ru_minflt: total.minorFaults,
    ru_majflt: total.majorFaults,
    ru_nvcsw: total.voluntarySwitches,
    ru_nivcsw: total.involuntarySwitches,
  });
}

const RUSAGE_SELF = 0;
const RUSAGE_CHILDREN = -1;
const RUSAGE_THREAD = 1;

function sysGetrusage(task: Task, who: number, addr: number): number {
  const { process } = task;
  let usage: Usage;
  if (who === RUSAGE_SELF) usage = process.totalUsage();
  else if (who === RUSAGE_CHILDREN) usage = process.childUsage;
  else if (who === RUSAGE_THREAD) {
    const { userNs, systemNs, voluntarySwitches, involuntarySwitches } = task;
    const running = userNs + task.kernel.scheduler.runningFor(task);
    usage = { ...process.totalUsage(), userNs: running, systemNs, voluntarySwitches, involuntarySwitches };
  } else return -EINVAL;
  return putUsage(task, addr, usage) ? 0 : -EFAULT;
}

function timersOf(task: Task): ProcessTimers {
  return (task.process.timers ??= new ProcessTimers(task.process));
}

function sysSetitimer(task: Task, which: number, value: number, old: number): number {
  if (which < ITIMER_REAL || which > ITIMER_PROF) return -EINVAL;
  const pair = 2 * task.abi.wordSize;
  // A NULL value disarms, as Linux does (setitimer(2), notes).
  const interval = value === 0 ? 0 : readTimeval(task, value);
  const first = value === 0 ? 0 : readTimeval(task, value + pair);
  if (interval < 0 || first < 0) return Math.min(interval, first) === -EFAULT ? -EFAULT : -EINVAL;
  if (old !== 0) {
    const bad = sysGetitimer(task, which, old);
    if (bad < 0) return bad;
  }
  const alarm = timersOf(task).itimer(which);
  // Disarmed, ITIMER_REAL forgets its interval; the others keep it (kernel/time/itimer.c).
  const kept = first === 0 && which === ITIMER_REAL ? 0 : interval;
  alarm?.set(first === 0 ? 0 : alarm.now() + first, kept);
  return 0;
}

function sysGetitimer(task: Task, which: number, addr: number): number {
  if (which < ITIMER_REAL || which > ITIMER_PROF) return -EINVAL;
  const alarm = task.process.timers?.itimer(which);
  const pair = 2 * task.abi.wordSize;
  // Rounded up, so that an armed timer never reads as zero.
  const left = Math.ceil((alarm?.remaining() ?? 0) / 1000) * 1000;
  return writeTimeval(task, addr, alarm?.interval ?? 0) && writeTimeval(task, addr + pair, left)
    ? 0
    : -EFAULT;
}

const READ_ONLY: readonly number[] = [CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE];

function sysTimerCreate(task: Task, clockId: number, event: number, id: number): number {
  const kind = clockKind(task, clockId);
  if (kind === undefined) return -EINVAL;
  // Clocks that can be read, not waited for.
  if (READ_ONLY.includes(clockId)) return -EOPNOTSUPP;
  const { user } = task;
  let notify = SIGEV_SIGNAL;
  let signo: number = SIGALRM;
  let lo: number | undefined;
  let hi = 0;
  let thread: Task | undefined;
  if (event !== 0) {
    const value = user.get(sigevent.for(task.abi), event);
    if (value === undefined || !user.read64(event)) return -EFAULT;
    const wide = user.wordSize === 8;
    lo = wide ? user.lo : value.sigev_value | 0;
    hi = wide ? user.hi : 0;
    notify = value.sigev_notify;
    signo = value.sigev_signo;
    if (![SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD, SIGEV_THREAD_ID].includes(notify)) return -EINVAL;
    if (notify !== SIGEV_NONE && (signo < 1 || signo > NSIG)) return -EINVAL;
    if (notify === SIGEV_THREAD_ID) {
      thread = task.kernel.tasks.get(value.sigev_tid);
      if (thread?.process !== task.process) return -EINVAL;
    }
  }
  const timers = timersOf(task);
  const cpu = kind === 'cpu' ? cpuClock(task, clockId) : undefined;
  const timer = timers.create({ clockId, notify, signo, lo, hi, task: thread }, cpu);
  if (user.writeI32(id, timer.id)) return 0;
  timers.delete(timer.id);
  return -EFAULT;
}

function writeRemaining(task: Task, timer: PosixTimer, addr: number, wide: boolean): boolean {
  const size = timespecSize(task, wide);
  return (
    writeDuration(task, addr, timer.alarm.interval, wide) &&
    writeDuration(task, addr + size, timer.alarm.remaining(), wide)
  );
}

function timerSettime(
  task: Task,
  id: number,
  flags: number,
  value: number,
  old: number,
  wide: boolean,
): number {
  const timer = task.process.timers?.get(id);
  if (timer === undefined || value === 0) return -EINVAL;
  const at = value + timespecSize(task, wide);
  const interval = readDuration(task, value, wide);
  const first = readDuration(task, at, wide);
  if (interval < 0 || first < 0) return Math.min(interval, first);
  if (old !== 0 && !writeRemaining(task, timer, old, wide)) return -EFAULT;
  let deadline = 0;
  if (first !== 0) {
    if ((flags & TIMER_ABSTIME) === 0) deadline = timer.alarm.now() + first;
    else if (clockKind(task, timer.clockId) === 'real') {
      deadline = monotonicOfRealtime(task.kernel.clock, readTimespec(task, at, wide) as TimeSpan);
    } else deadline = first;
    deadline = Math.max(deadline, 1);
  }
  timer.overrun = 0;
  timer.alarm.set(deadline, interval);
  return 0;
}

function timerGettime(task: Task, id: number, value: number, wide: boolean): number {
  const timer = task.process.timers?.get(id);
  if (timer === undefined) return -EINVAL;
  return writeRemaining(task, timer, value, wide) ? 0 : -EFAULT;
}

export const time = {
  adjtimex: sys(['buf: inout timex'], 'int', sysAdjtimex, partial('reads only')),
  clock_adjtime: sys(
    ['clk_id: clockid', 'buf: inout timex'],
    'int',
    (t, id, at) =>
      id === CLOCK_REALTIME ? sysAdjtimex(t, at) : clockKind(t, id) === undefined ? -EINVAL : -EOPNOTSUPP,
    partial('reads only'),
  ),
  clock_gettime: sys(['clockid: clockid', 'tp: out timespec'], 'int', (t, id, at) =>
    sysClockGettime(t, id, at, false),
  ),
  clock_gettime64: sys(['clockid: clockid', 'tp: out timespec64'], 'int', (t, id, at) =>
    sysClockGettime(t, id, at, true),
  ),
  clock_getres: sys(['clockid: clockid', 'res: out timespec'], 'int', (t, id, at) =>
    sysClockGetres(t, id, at, false),
  ),
  clock_getres_time64: sys(['clockid: clockid', 'res: out timespec64'], 'int', (t, id, at) =>
    sysClockGetres(t, id, at, true),
  ),
  clock_settime: sys(
    ['clockid: clockid', 'tp: in timespec'],
    'int',
    (t, id, at) => sysClockSettime(t, id, at, false),
    partial('always EPERM'),
  ),
  clock_settime64: sys(
    ['clockid: clockid', 'tp: in timespec64'],
    'int',
    (t, id, at) => sysClockSettime(t, id, at, true),
    partial('always EPERM'),
  ),
  nanosleep: sys(['req: in timespec', 'rem: out timespec'], 'int', (t, req, rem) =>
    nanosleep(t, req, rem, false),
  ),
  clock_nanosleep: sys(
    ['clockid: clockid', 'flags: hex32', 'req: in timespec', 'rem: out timespec'],
    'int',
    (t, id, flags, req, rem) => clockNanosleep(t, id, flags, req, rem, false),
  ),
  clock_nanosleep_time64: sys(
    ['clockid: clockid', 'flags: hex32', 'req: in timespec64', 'rem: out timespec64'],
    'int',
    (t, id, flags, req, rem) => clockNanosleep(t, id, flags, req, rem, true),
  ),
  gettimeofday: sys(['tv: out timeval', 'tz: out timezone'], 'int', sysGettimeofday),
  times: sys(['buf: out tms'], 'int', sysTimes),
  getrusage: sys(['who: which', 'usage: out rusage'], 'int', sysGetrusage),
  setitimer: sys(['which: which', 'new: in itimerval', 'old: out itimerval'], 'int', sysSetitimer),
  getitimer: sys(['which: which', 'curr: out itimerval'], 'int', sysGetitimer),
  timer_create: sys(['clockid: clockid', 'sevp: in sigevent', 'timerid: out i32'], 'int', sysTimerCreate),
  timer_settime: sys(
    ['timerid: int', 'flags: hex32', 'new: in itimerspec', 'old: out itimerspec'],
    'int',
    (t, id, flags, value, old) => timerSettime(t, id, flags, value, old, false),
  ),
  timer_settime64: sys(
    ['timerid: int', 'flags: hex32', 'new: in itimerspec64', 'old: out itimerspec64'],
    'int',
    (t, id, flags, value, old) => timerSettime(t, id, flags, value, old, true),
  ),
  timer_gettime: sys(['timerid: int', 'curr: out itimerspec'], 'int', (t, id, at) =>
    timerGettime(t, id, at, false),
  ),
  timer_gettime64: sys(['timerid: int', 'curr: out itimerspec64'], 'int', (t, id, at) =>
    timerGettime(t, id, at, true),
  ),
  timer_getoverrun: sys(
    ['timerid: int'],
    'int',
    (t, id) => t.process.timers?.get(id)?.lastOverrun ?? -EINVAL,
  ),
  timer_delete: sys(['timerid: int'], 'int', (t, id) =>
    t.process.timers?.delete(id) === true ? 0 : -EINVAL,
  ),
};
