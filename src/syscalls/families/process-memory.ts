/** One process looking into another: process_vm_readv and its kin, kcmp. */
import { EBADF, EFAULT, EINVAL, ENOENT, EPERM, ESRCH } from '../../abi/errno.js';
import { MADV_COLD, MADV_PAGEOUT, MADV_WILLNEED } from '../../mmap/flags.js';
import type { Credentials } from '../../kernel/credentials.js';
import { EpollFile } from '../../kernel/epoll.js';
import type { OpenFile } from '../../kernel/file.js';
import { PidFile } from '../../kernel/pid-file.js';
import type { Task } from '../../kernel/task.js';
import { type Piece, readPieces } from '../files.js';
import { sys } from '../row.js';

/** Bytes that are moved at once. */
const STEP = 0x1_0000;

/** The right to look into somebody: same ids, as PTRACE_MODE_ATTACH_REALCREDS asks for them (ptrace(2)). */
function mayLookInto(task: Task, target: Task): boolean {
  const { cred } = task;
  if (task.process === target.process || cred.privileged) return true;
  const their: Credentials = target.cred;
  const sameUser = [their.uid, their.euid, their.suid].every((id) => id === cred.uid);
  return sameUser && [their.gid, their.egid, their.sgid].every((id) => id === cred.gid) && target.dumpable;
}

/** Where in a list of pieces a transfer stands. */
class Cursor {
  readonly #pieces: readonly Piece[];
  #index = 0;
  #done = 0;

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  get addr(): number {
    return (this.#pieces[this.#index]?.addr ?? 0) + this.#done;
  }

  /** Bytes left in the piece at hand; 0 at the end. */
  get left(): number {
    return (this.#pieces[this.#index]?.length ?? 0) - this.#done;
  }

  advance(count: number): void {
    this.#done += count;
    if (this.left > 0) return;
    this.#index++;
    this.#done = 0;
  }
}

/** Copies until one of the two has no more, or memory cannot be had: bytes, or -EFAULT when there were none. */
function transfer(from: Task, source: Cursor, to: Task, target: Cursor): number {
  let total = 0;
  for (;;) {
    const wanted = Math.min(source.left, target.left, STEP);
    if (wanted === 0) return total;
    const bytes = from.user.readable(source.addr, wanted);
    const room = bytes === undefined ? undefined : to.user.writable(target.addr, bytes.length);
    if (bytes === undefined || room === undefined) return total > 0 ? total : -EFAULT;
    const count = Math.min(bytes.length, room.length);
    room.set(bytes.subarray(0, count));
    if (!to.user.commit(target.addr, room, count)) return total > 0 ? total : -EFAULT;
    total += count;
    if (count < wanted) return total;
    source.advance(count);
    target.advance(count);
  }
}

function processVm(
  task: Task,
  pid: number,
  local: number,
  localCount: number,
  remote: number,
  remoteCount: number,
  flags: number,
  writes: boolean,
): number {
  if (flags !== 0) return -EINVAL;
  const own = readPieces(task, local, localCount);
  if (typeof own === 'number') return own;
  if (own.length === 0) return 0;
  const theirs = readPieces(task, remote, remoteCount);
  if (typeof theirs === 'number') return theirs;
  const target = task.kernel.tasks.get(pid);
  if (target === undefined) return -ESRCH;
  if (!mayLookInto(task, target)) return -EPERM;
  const [mine, other] = [new Cursor(own), new Cursor(theirs)];
  return writes ? transfer(task, mine, target, other) : transfer(target, other, task, mine);
}

/** Advice one may give about the memory of others, where it changes nothing but speed (madvise.c). */
const HARMLESS: readonly number[] = [MADV_COLD, MADV_PAGEOUT, MADV_WILLNEED];

function sysProcessMadvise(
  task: Task,
  fd: number,
  vector: number,
  count: number,
  advice: number,
  flags: number,
): number {
  if (flags !== 0) return -EINVAL;
  const pieces = readPieces(task, vector, count);
  if (typeof pieces === 'number') return pieces;
  const file = task.files.get(fd);
  if (!(file instanceof PidFile)) return -EBADF;
  const target = file.process.leader;
  if (target === undefined) return -ESRCH;
  const own = target.process === task.process;
  if (!own && !HARMLESS.includes(advice)) return -EINVAL;
  if (!mayLookInto(task, target)) return -EPERM;
  let total = 0;
  for (const { addr, length } of pieces) {
    const result = target.mm.space.advise(addr, length, advice);
    if (result < 0) return total > 0 ? total : result;
    total += length;
  }
  return total;
}

/** Objects in the order in which they were first compared: what kcmp(2) may tell of their addresses. */
const order = new WeakMap<object, number>();
let ordered = 0;

function rank(object: object): number {
  let found = order.get(object);
  if (found === undefined) order.set(object, (found = ++ordered));
  return found;
}

const KCMP = { FILE: 0, VM: 1, FILES: 2, FS: 3, SIGHAND: 4, IO: 5, SYSVSEM: 6, EPOLL_TFD: 7 } as const;

/** @returns what is compared, -errno, or undefined for something that a task may be without */
function comparand(task: Task, type: number, index: number): object | number | undefined {
  switch (type) {
    case KCMP.FILE:
      return task.files.get(index) ?? -EBADF;
    case KCMP.VM:
      return task.mm;
    case KCMP.FILES:
      return task.files;
    case KCMP.FS:
      return task.fs;
    case KCMP.SIGHAND:
      return task.process.sighand;
    case KCMP.IO:
      return undefined;
    case KCMP.SYSVSEM:
      return task.semUndo;
    default:
      return -EINVAL;
  }
}

/** The file behind a struct kcmp_epoll_slot: the `toff`-th that instance `efd` watches as descriptor `tfd`. */
function watchedFile(task: Task, target: Task, slot: number): OpenFile | number {
  const efd = task.user.readI32(slot);
  const tfd = task.user.readI32(slot + 4);
  const offset = task.user.readI32(slot + 8);
  if (efd === undefined || tfd === undefined || offset === undefined) return -EFAULT;
  const epoll = target.files.get(efd);
  if (epoll === undefined) return -EBADF;
  if (!(epoll instanceof EpollFile)) return -EINVAL;
  return epoll.watched.filter(({ fd }) => fd === tfd)[offset]?.file ?? -ENOENT;
}

/** 0: the same; 1 and 2: less and greater in an order that means nothing else. */
function sysKcmp(
  task: Task,
  pid1: number,
  pid2: number,
  type: number,
  index1: number,
  index2: number,
): number {
  const first = task.kernel.tasks.get(pid1);
  const second = task.kernel.tasks.get(pid2);
  if (first === undefined || second === undefined) return -ESRCH;
  if (!mayLookInto(task, first) || !mayLookInto(task, second)) return -EPERM;
  const a = comparand(first, type === KCMP.EPOLL_TFD ? KCMP.FILE : type, index1);
  const b = type === KCMP.EPOLL_TFD ? watchedFile(task, second, index2) : comparand(second, type, index2);
  if (typeof a === 'number') return a;
  if (typeof b === 'number') return b;
  if (a === b) return 0;
  if (a === undefined) return 1;
  if (b === undefined) return 2;
  return rank(a) < rank(b) ? 1 : 2;
}

const VECTORS = [
  'pid: pid',
  'local_iov: in iovecs',
  'liovcnt: ulong',
  'remote_iov: in data',
  'riovcnt: ulong',
  'flags: hex',
] as const;

export const processMemory = {
  process_vm_readv: sys(VECTORS, 'size', (t, pid, local, n, remote, m, flags) =>
    processVm(t, pid, local, n, remote, m, flags, false),
  ),
  process_vm_writev: sys(VECTORS, 'size', (t, pid, local, n, remote, m, flags) =>
    processVm(t, pid, local, n, remote, m, flags, true),
  ),
  process_madvise: sys(
    ['pidfd: fd', 'iovec: in iovecs', 'vlen: ulong', 'advice: madvise', 'flags: hex32'],
    'size',
    sysProcessMadvise,
  ),
  kcmp: sys(['pid1: pid', 'pid2: pid', 'type: int', 'idx1: ulong', 'idx2: ulong'], 'int', sysKcmp),
};
