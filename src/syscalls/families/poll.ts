/** poll, ppoll, select, pselect6. */
import { EBADF, EFAULT, EINVAL, ERESTARTNOHAND, ERESTART_RESTARTBLOCK } from '../../abi/errno.js';
import { pollfd } from '../../abi/structs/io.js';
import {
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLPRI,
  POLLRDBAND,
  POLLRDNORM,
  POLLWRBAND,
  POLLWRNORM,
} from '../../kernel/file.js';
import { pollOnce, pollWait, type PollEntry } from '../../kernel/poll.js';
import { dropTemporaryMask, setTemporaryMask } from '../../kernel/signal/mask.js';
import { getSigSet } from '../../kernel/signal/frame.js';
import { SigSet } from '../../kernel/sigset.js';
import type { Task } from '../../kernel/task.js';
import type { Blocking } from '../../kernel/wait.js';
import { sys } from '../row.js';
import { readDeadline, readTimeval, writeDuration, writeTimeval } from '../times.js';

// --- poll ---

interface PollArgs {
  readonly fds: number;
  readonly entries: readonly PollEntry[];
  readonly deadline: number;
  /** What the call does with the time left, and what it answers when interrupted. */
  readonly after: (interrupted: boolean) => number;
}

/** Reads the array of struct pollfd. */
function readEntries(task: Task, fds: number, count: number): PollEntry[] | number {
  if (count > task.process.limits.nofile) return -EINVAL;
  const { user } = task;
  const entries: PollEntry[] = [];
  for (let i = 0; i < count; i++) {
    const at = fds + i * 8;
    const fd = user.readI32(at);
    const events = user.readU16(at + 4);
    if (fd === undefined || events === undefined) return -EFAULT;
    // A negative descriptor is skipped: an entry that never reports anything.
    entries.push(fd < 0 ? { ...SKIPPED } : { file: task.files.get(fd), events, revents: 0 });
  }
  return entries;
}

/** Stands for "not looked at": an object whose file is never asked. */
const SKIPPED: PollEntry & { readonly skipped: true } = {
  file: undefined,
  events: 0,
  revents: 0,
  skipped: true,
};

function active(entries: readonly PollEntry[]): PollEntry[] {
  return entries.filter((entry) => !('skipped' in entry));
}

function writeEvents(task: Task, fds: number, entries: readonly PollEntry[]): boolean {
  return entries.every((entry, i) =>
    task.user.writeU16(fds + i * pollfd.for(task.abi).size + 6, entry.revents),
  );
}

function finishPoll(task: Task, args: PollArgs, ready: number): number {
  if (!writeEvents(task, args.fds, args.entries)) {
    args.after(false);
    return -EFAULT;
  }
  const result = args.after(ready < 0);
  return ready < 0 ? result : ready;
}

function poll(task: Task, args: PollArgs): number | Blocking {
  const watched = active(args.entries);
  const ready = pollOnce(task, watched);
  if (ready > 0 || args.deadline <= task.kernel.clock.monotonic()) return finishPoll(task, args, ready);
  return pollLater(task, args, watched);
}

function* pollLater(task: Task, args: PollArgs, watched: readonly PollEntry[]): Blocking {
  return finishPoll(task, args, yield* pollWait(task, watched, args.deadline));
}

/** poll(2): milliseconds, negative for ever; interrupted without a handler it goes on with what is left. */
function sysPoll(task: Task, fds: number, count: number, timeout: number): number | Blocking {
  const deadline = timeout < 0 ? Infinity : timeout === 0 ? 0 : task.kernel.clock.monotonic() + timeout * 1e6;
  return pollUntil(task, fds, count, deadline);
}

function pollUntil(task: Task, fds: number, count: number, deadline: number): number | Blocking {
  const entries = readEntries(task, fds, count);
  if (typeof entries === 'number') return entries;
  const after = (interrupted: boolean): number => {
    if (!interrupted) return 0;
    task.restart = () => pollUntil(task, fds, count, deadline);
    return -ERESTART_RESTARTBLOCK;
  };
  return poll(task, { fds, entries, deadline, after });
}

/** Installs the mask that `addr` points to for the time of the call. @returns 0 or -errno */
function applyMask(task: Task, addr: number, size: number): number {
  if (addr === 0) return 0;
  if (size !== 8) return -EINVAL;
  const mask = new SigSet();
  if (!getSigSet(task, addr, mask)) return -EFAULT;
  setTemporaryMask(task, mask);
  return 0;
}

function ppoll(
  task: Task,
  fds: number,
  count: number,
  timeout: number,
  mask: number,
  size: number,
  wide: boolean,
): number | Blocking {
  const deadline = readDeadline(task, timeout, wide);
  if (deadline < 0) return deadline;
  const entries = readEntries(task, fds, count);
  if (typeof entries === 'number') return entries;
  const bad = applyMask(task, mask, size);
  if (bad < 0) return bad;
  const after = (interrupted: boolean): number => {
    if (!interrupted) dropTemporaryMask(task);
    // The time left is written back, as Linux does (ppoll(2), C library differences).
    if (timeout !== 0)
      writeDuration(task, timeout, Math.max(0, deadline - task.kernel.clock.monotonic()), wide);
    return interrupted ? -ERESTARTNOHAND : 0;
  };
  return poll(task, { fds, entries, deadline, after });
}

// --- select ---

/** POLL* bits that make a descriptor readable, writable or exceptional to select (fs/select.c). */
const SETS = [
  POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR,
  POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR,
  POLLPRI,
] as const;

interface SelectEntry extends PollEntry {
  readonly fd: number;
  /** Which of the three sets it is in, one bit each. */
  readonly sets: number;
}

interface SelectArgs {
  readonly count: number;
  readonly addrs: readonly [number, number, number];
  readonly entries: readonly SelectEntry[];
  readonly deadline: number;
  readonly after: (interrupted: boolean) => number;
}

function fdSetBytes(task: Task, count: number): number {
  const { wordSize } = task.abi;
  return Math.ceil(count / (8 * wordSize)) * wordSize;
}

/** Byte of a descriptor's bit: fd_set is an array of longs. */
function bitByte(task: Task, fd: number): number {
  const { littleEndian, wordSize } = task.abi;
  const byte = fd >> 3;
  return littleEndian ? byte : (byte & ~(wordSize - 1)) + (wordSize - 1 - (byte & (wordSize - 1)));
}

function readSelect(
  task: Task,
  count: number,
  addrs: readonly [number, number, number],
): SelectEntry[] | number {
  const size = fdSetBytes(task, count);
  const wanted = new Uint8Array(count);
  for (const [i, addr] of addrs.entries()) {
    if (addr === 0) continue;
    const bytes = task.user.copyIn(addr, size);
    if (bytes === undefined) return -EFAULT;
    for (let fd = 0; fd < count; fd++) {
      if ((((bytes[bitByte(task, fd)] as number) >> (fd & 7)) & 1) !== 0)
        wanted[fd] = (wanted[fd] as number) | (1 << i);
    }
  }
  const entries: SelectEntry[] = [];
  for (let fd = 0; fd < count; fd++) {
    const sets = wanted[fd] as number;
    if (sets === 0) continue;
    const file = task.files.get(fd);
    if (file === undefined) return -EBADF;
    let events = 0;
    for (let i = 0; i < 3; i++) if ((sets & (1 << i)) !== 0) events |= SETS[i] as number;
    entries.push({ fd, sets, file, events, revents: 0 });
  }
  return entries;
}

/** Writes the result sets. @returns number of bits, or -EFAULT */
function writeSelect(task: Task, args: SelectArgs): number {
  const size = fdSetBytes(task, args.count);
  let bits = 0;
  for (const [i, addr] of args.addrs.entries()) {
    if (addr === 0) continue;
    const bytes = new Uint8Array(size);
    for (const { fd, sets, revents } of args.entries) {
      if ((sets & (1 << i)) === 0 || (revents & (SETS[i] as number)) === 0) continue;
      const at = bitByte(task, fd);
      bytes[at] = (bytes[at] as number) | (1 << (fd & 7));
      bits++;
    }
    if (!task.user.copyOut(addr, bytes)) return -EFAULT;
  }
  return bits;
}

/** Only the bits of the sets a descriptor is in count as ready. */
function selectReady(task: Task, entries: readonly SelectEntry[]): boolean {
  pollOnce(task, entries);
  return entries.some(({ revents, sets }) =>
    SETS.some((bits, i) => (sets & (1 << i)) !== 0 && (revents & bits) !== 0),
  );
}

function finishSelect(task: Task, args: SelectArgs, interrupted: boolean): number {
  const result = args.after(interrupted);
  return interrupted ? result : writeSelect(task, args);
}

function select(task: Task, args: SelectArgs): number | Blocking {
  if (selectReady(task, args.entries) || args.deadline <= task.kernel.clock.monotonic()) {
    return finishSelect(task, args, false);
  }
  return selectLater(task, args);
}

function* selectLater(task: Task, args: SelectArgs): Blocking {
  for (;;) {
    const ready = yield* pollWait(task, args.entries, args.deadline);
    if (ready <= 0 || selectReady(task, args.entries)) return finishSelect(task, args, ready < 0);
    // POLLHUP on a descriptor watched for writing only: not what was asked for. Look again a little later.
    yield* pollWait(task, [], Math.min(args.deadline, task.kernel.clock.monotonic() + 1e6));
  }
}

const FD_SETSIZE_MAX = 1 << 20;

function selectArgs(
  task: Task,
  count: number,
  addrs: readonly [number, number, number],
): { count: number; entries: SelectEntry[] } | number {
  if (count < 0) return -EINVAL;
  const clipped = Math.min(count, Math.min(task.process.limits.nofile, FD_SETSIZE_MAX));
  const entries = readSelect(task, clipped, addrs);
  return typeof entries === 'number' ? entries : { count: clipped, entries };
}

function pselect6(
  task: Task,
  count: number,
  addrs: readonly [number, number, number],
  timeout: number,
  pack: number,
  wide: boolean,
): number | Blocking {
  const deadline = readDeadline(task, timeout, wide);
  if (deadline < 0) return deadline;
  const read = selectArgs(task, count, addrs);
  if (typeof read === 'number') return read;
  if (pack !== 0) {
    // The sixth argument points to the mask's address and size.
    const mask = task.user.readWord(pack);
    const size = task.user.readWord(pack + task.abi.wordSize);
    if (mask === undefined || size === undefined) return -EFAULT;
    const bad = applyMask(task, mask, size);
    if (bad < 0) return bad;
  }
  const after = (interrupted: boolean): number => {
    if (!interrupted) dropTemporaryMask(task);
    if (timeout !== 0)
      writeDuration(task, timeout, Math.max(0, deadline - task.kernel.clock.monotonic()), wide);
    return interrupted ? -ERESTARTNOHAND : 0;
  };
  return select(task, { ...read, addrs, deadline, after });
}

/** select(2) of ARM: a timeval, which is updated. */
function sysSelect(
  task: Task,
  count: number,
  r: number,
  w: number,
  e: number,
  timeout: number,
): number | Blocking {
  const duration = timeout === 0 ? Infinity : readTimeval(task, timeout);
  if (duration < 0) return duration;
  const deadline = duration === Infinity ? Infinity : task.kernel.clock.monotonic() + duration;
  const addrs = [r, w, e] as const;
  const read = selectArgs(task, count, addrs);
  if (typeof read === 'number') return read;
  const after = (interrupted: boolean): number => {
    if (timeout !== 0) writeTimeval(task, timeout, Math.max(0, deadline - task.kernel.clock.monotonic()));
    return interrupted ? -ERESTARTNOHAND : 0;
  };
  return select(task, { ...read, addrs, deadline, after });
}

export const polling = {
  poll: sys(['fds: inout pollfd', 'nfds: uint', 'timeout: int'], 'int', sysPoll),
  ppoll: sys(
    ['fds: inout pollfd', 'nfds: uint', 'tmo: inout timespec', 'sigmask: in sigset', 'size: size'],
    'int',
    (t, fds, count, timeout, mask, size) => ppoll(t, fds, count, timeout, mask, size, false),
  ),
  ppoll_time64: sys(
    ['fds: inout pollfd', 'nfds: uint', 'tmo: inout timespec64', 'sigmask: in sigset', 'size: size'],
    'int',
    (t, fds, count, timeout, mask, size) => ppoll(t, fds, count, timeout, mask, size, true),
  ),
  _newselect: sys(
    ['nfds: int', 'readfds: ptr', 'writefds: ptr', 'exceptfds: ptr', 'timeout: inout timeval'],
    'int',
    sysSelect,
  ),
  pselect6: sys(
    [
      'nfds: int',
      'readfds: ptr',
      'writefds: ptr',
      'exceptfds: ptr',
      'timeout: inout timespec',
      'sigmask: in sigsetArgpack',
    ],
    'int',
    (t, count, r, w, e, timeout, pack) => pselect6(t, count, [r, w, e], timeout, pack, false),
  ),
  pselect6_time64: sys(
    [
      'nfds: int',
      'readfds: ptr',
      'writefds: ptr',
      'exceptfds: ptr',
      'timeout: inout timespec64',
      'sigmask: in sigsetArgpack',
    ],
    'int',
    (t, count, r, w, e, timeout, pack) => pselect6(t, count, [r, w, e], timeout, pack, true),
  ),
};
