/** Reading and writing times in the two forms that calls take: the word-sized one and the 64-bit `_time64` one. */
import { EFAULT, EINVAL } from '../abi/errno.js';
import { NSEC_PER_SEC, monotonicOfRealtime, type TimeSpan } from '../kernel/clock.js';
import type { Task } from '../kernel/task.js';

/** Bytes of a timespec; `wide` is the 64-bit form. */
export function timespecSize(task: Task, wide: boolean): number {
  return wide || task.abi.wordSize === 8 ? 16 : 8;
}

let sec = 0;
let nsec = 0;

/** Reads a timespec into the module's scratch. @returns 0, -EFAULT, or -EINVAL when it is not a valid time */
function load(task: Task, addr: number, wide: boolean): number {
  const { user } = task;
  if (wide || user.wordSize === 8) {
    if (!user.read64(addr)) return -EFAULT;
    sec = user.hi * 0x1_0000_0000 + (user.lo >>> 0);
    if (!user.read64(addr + 8)) return -EFAULT;
    // A 32-bit guest's padding above tv_nsec may hold anything.
    nsec = user.wordSize === 4 ? user.lo : user.hi * 0x1_0000_0000 + (user.lo >>> 0);
  } else {
    const s = user.readI32(addr);
    const n = user.readI32(addr + 4);
    if (s === undefined || n === undefined) return -EFAULT;
    sec = s;
    nsec = n;
  }
  return 0;
}

/** A timespec as it stands, unchecked (UTIME_NOW and so on are not times). undefined: EFAULT */
export function readTimespec(task: Task, addr: number, wide: boolean): TimeSpan | undefined {
  return load(task, addr, wide) < 0 ? undefined : { sec, nsec };
}

/** A duration in nanoseconds, -EFAULT, or -EINVAL. Too long for a double's exactness is as good as for ever. */
export function readDuration(task: Task, addr: number, wide: boolean): number {
  const bad = load(task, addr, wide);
  if (bad < 0) return bad;
  if (sec < 0 || nsec < 0 || nsec >= NSEC_PER_SEC) return -EINVAL;
  return sec * NSEC_PER_SEC + nsec;
}

/** A relative timeout as a monotonic deadline; NULL means for ever (Infinity). -errno when it is bad. */
export function readDeadline(task: Task, addr: number, wide: boolean): number {
  if (addr === 0) return Infinity;
  const duration = readDuration(task, addr, wide);
  return duration < 0 ? duration : task.kernel.clock.monotonic() + duration;
}

/** Absolute time at `addr` (NULL: for ever) as a monotonic deadline; -errno when it is bad. */
export function readAbsolute(task: Task, addr: number, isRealtime: boolean, wide: boolean): number {
  if (addr === 0) return Infinity;
  const duration = readDuration(task, addr, wide);
  if (duration < 0 || !isRealtime) return duration;
  return Math.max(0, monotonicOfRealtime(task.kernel.clock, { sec, nsec }));
}

/** @returns false on EFAULT */
export function writeTimespec(task: Task, addr: number, s: number, ns: number, wide: boolean): boolean {
  const { user } = task;
  if (wide || user.wordSize === 8) return user.writeU64(addr, s) && user.writeU64(addr + 8, ns);
  return user.writeI32(addr, s) && user.writeI32(addr + 4, ns);
}

/** Writes `ns` nanoseconds (not negative) as a timespec. */
export function writeDuration(task: Task, addr: number, ns: number, wide: boolean): boolean {
  const s = Math.floor(ns / NSEC_PER_SEC);
  return writeTimespec(task, addr, s, ns - s * NSEC_PER_SEC, wide);
}

/** Writes `ns` nanoseconds as a timeval. */
export function writeTimeval(task: Task, addr: number, ns: number): boolean {
  const { user } = task;
  const s = Math.floor(ns / NSEC_PER_SEC);
  return (
    user.writeWord(addr, s) &&
    user.writeWord(addr + user.wordSize, Math.floor((ns - s * NSEC_PER_SEC) / 1000))
  );
}

/** A timeval in nanoseconds, -EFAULT or -EINVAL. */
export function readTimeval(task: Task, addr: number): number {
  const { user } = task;
  const s = user.wordSize === 8 ? user.readI64(addr) : user.readI32(addr);
  const us = user.wordSize === 8 ? user.readI64(addr + 8) : user.readI32(addr + 4);
  if (s === undefined || us === undefined) return -EFAULT;
  if (s < 0 || us < 0 || us >= 1_000_000) return -EINVAL;
  return s * NSEC_PER_SEC + us * 1000;
}
