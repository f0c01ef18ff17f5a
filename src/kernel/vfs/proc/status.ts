/** /proc/PID/{stat,statm,status,limits}: a process in numbers (fs/proc/array.c, base.c). */
import { hexPair } from '../../../util/hex.js';
import { cpuList, cpuMask } from '../../cpu-list.js';
import { RLIMIT_NAMES } from '../../rlimits.js';
import type { Process } from '../../process.js';
import type { SigSet } from '../../sigset.js';
import { SIG_DFL, SIG_IGN } from '../../../abi/signals.js';
import type { Task } from '../../task.js';
import { STATE_DEAD, STATE_KILLABLE, STATE_STOPPED, STATE_WAITING } from '../../task.js';

/** Nanoseconds per clock tick (USER_HZ 100). */
const TICK = 1e7;
const ticks = (ns: number): number => Math.floor(ns / TICK);
const kib = (bytes: number): number => Math.floor(bytes / 1024);

/** R, S, D, T or Z, as ps shows it. */
export function stateLetter(task: Task | undefined): string {
  if (task === undefined) return 'Z';
  if (task.state === STATE_WAITING) return 'S';
  if (task.state === STATE_KILLABLE) return 'D';
  if (task.state === STATE_STOPPED) return 'T';
  return task.state === STATE_DEAD ? 'Z' : 'R';
}

/** comm in parentheses may hold anything; readers look for the last `)`. */
function comm(process: Process, task: Task | undefined): string {
  return task?.name ?? process.leader?.name ?? '';
}

interface Times {
  readonly user: number;
  readonly system: number;
}

function times(process: Process, only: Task | undefined): Times {
  if (only !== undefined) return { user: only.userNs, system: only.systemNs };
  let { userNs: user, systemNs: system } = process.usage;
  for (const task of process.tasks) {
    user += task.userNs;
    system += task.systemNs;
  }
  return { user, system };
}

/** One line of 52 fields, see proc_pid_stat(5). `only`: a single thread's. */
export function stat(process: Process, only?: Task): string {
  const task = only ?? process.leader;
  const mm = task?.mm;
  const space = mm?.space;
  const { user, system } = times(process, only);
  const { childUsage } = process;
  const tty = process.session.tty === undefined ? 0 : 0x8800;
  const foreground = process.session.tty?.foreground?.pgid ?? -1;
  const nice = task?.nice ?? 0;
  const program = mm?.program;
  const sigs = task === undefined ? [0, 0, 0, 0] : signalWords(task);
  const fields = [
    only?.tid ?? process.pid,
    `(${comm(process, task)})`,
    stateLetter(task),
    process.ppid,
    process.pgid,
    process.session.sid,
    tty,
    foreground,
    0x400000, // PF_RANDOMIZE, as every process has
    space?.stats.minorFaults ?? 0,
    childUsage.minorFaults,
    space?.stats.majorFaults ?? 0,
    childUsage.majorFaults,
    ticks(user),
    ticks(system),
    ticks(childUsage.userNs),
    ticks(childUsage.systemNs),
    20 + nice,
    nice,
    process.tasks.length,
    0,
    ticks(only?.startTime ?? process.startTime),
    space?.vmSize ?? 0,
    Math.floor((space?.rss ?? 0) / 4096),
    '18446744073709551615',
    program?.startCode ?? 0,
    program?.endCode ?? 0,
    program?.startStack ?? 0,
    0,
    0,
    ...sigs,
    0,
    0,
    0,
    process.exitSignal,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    program?.argStart ?? 0,
    program?.argEnd ?? 0,
    program?.envStart ?? 0,
    program?.envEnd ?? 0,
    process.exitStatus,
  ];
  return `${fields.join(' ')}\n`;
}

/** pending, blocked, ignored, caught: the low 31 signals as decimal numbers. */
function signalWords(task: Task): number[] {
  const { ignored, caught } = dispositions(task);
  return [task.pending.set.lo, task.blocked.lo, ignored, caught].map((word) => word & 0x7fffffff);
}

function dispositions(task: Task): { ignored: number; caught: number; ignoredHi: number; caughtHi: number } {
  const words = { ignored: 0, caught: 0, ignoredHi: 0, caughtHi: 0 };
  for (let signal = 1; signal <= 64; signal++) {
    const { handler } = task.process.sighand.get(signal);
    if (handler === SIG_DFL) continue;
    const bit = 1 << ((signal - 1) & 31);
    if (handler === SIG_IGN) {
      if (signal <= 32) words.ignored |= bit;
      else words.ignoredHi |= bit;
    } else if (signal <= 32) words.caught |= bit;
    else words.caughtHi |= bit;
  }
  return words;
}

const hexSet = (set: SigSet): string => hexPair(set.lo, set.hi);

/** Seven sizes in pages, see proc_pid_statm(5). */
export function statm(process: Process): string {
  const mm = process.leader?.mm;
  if (mm === undefined) return '0 0 0 0 0 0 0\n';
  const { space, program } = mm;
  const pages = (bytes: number): number => Math.floor(bytes / 4096);
  let shared = 0;
  for (const vma of space.vmas()) if (vma.file !== undefined) shared += vma.end - vma.start;
  const code = pages(program.endCode - program.startCode);
  const resident = pages(space.rss);
  return `${pages(space.vmSize)} ${resident} ${Math.min(resident, pages(shared))} ${code} 0 ${pages(space.dataSize)} 0\n`;
}

const STATE_NAMES: Readonly<Record<string, string>> = {
  R: 'R (running)',
  S: 'S (sleeping)',
  D: 'D (disk sleep)',
  T: 'T (stopped)',
  Z: 'Z (zombie)',
};

/** See proc_pid_status(5). */
export function status(process: Process, only?: Task): string {
  const task = only ?? process.leader;
  const tid = only?.tid ?? process.pid;
  const lines = [
    `Name:\t${escapeName(comm(process, task))}`,
    `Umask:\t${(task?.fs.umask ?? 0).toString(8).padStart(4, '0')}`,
    `State:\t${STATE_NAMES[stateLetter(task)] as string}`,
    `Tgid:\t${process.pid}`,
    'Ngid:\t0',
    `Pid:\t${tid}`,
    `PPid:\t${process.ppid}`,
    'TracerPid:\t0',
  ];
  if (task !== undefined) {
    const { cred } = task;
    lines.push(
      `Uid:\t${cred.uid}\t${cred.euid}\t${cred.suid}\t${cred.fsuid}`,
      `Gid:\t${cred.gid}\t${cred.egid}\t${cred.sgid}\t${cred.fsgid}`,
      `FDSize:\t${Math.max(64, ...[...task.files.entries()].map(([fd]) => fd + 1))}`,
      `Groups:\t${cred.groups.join(' ')} `,
    );
    const { space } = task.mm;
    const size = (name: string, bytes: number): string => `${name}:\t${String(kib(bytes)).padStart(8)} kB`;
    lines.push(
      size('VmPeak', space.peakVmSize),
      size('VmSize', space.vmSize),
      size('VmLck', space.lockedSize),
      size('VmPin', 0),
      size('VmHWM', space.peakRss),
      size('VmRSS', space.rss),
      size('VmData', space.dataSize),
      size('VmSwap', 0),
    );
  }
  lines.push(`Threads:\t${process.tasks.length}`);
  if (task !== undefined) {
    const { ignored, caught, ignoredHi, caughtHi } = dispositions(task);
    const none = '0000000000000000';
    const all = task.cred.privileged ? '000001ffffffffff' : none;
    lines.push(
      'SigQ:\t0/32768',
      `SigPnd:\t${hexSet(task.pending.set)}`,
      `ShdPnd:\t${hexSet(process.pending.set)}`,
      `SigBlk:\t${hexSet(task.blocked)}`,
      `SigIgn:\t${hexPair(ignored, ignoredHi)}`,
      `SigCgt:\t${hexPair(caught, caughtHi)}`,
      `CapInh:\t${none}`,
      `CapPrm:\t${all}`,
      `CapEff:\t${all}`,
      'CapBnd:\t000001ffffffffff',
      `CapAmb:\t${none}`,
      `NoNewPrivs:\t${process.noNewPrivileges ? 1 : 0}`,
      'Seccomp:\t0',
      `Cpus_allowed:\t${cpuMask(task.allowedCpus)}`,
      `Cpus_allowed_list:\t${cpuList(task.allowedCpus)}`,
      `voluntary_ctxt_switches:\t${task.voluntarySwitches}`,
      `nonvoluntary_ctxt_switches:\t${task.involuntarySwitches}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function escapeName(name: string): string {
  return name.replace(/[\\\n]/g, (c) => (c === '\n' ? '\\n' : '\\\\'));
}

/** Title and unit of each limit, in the order of RLIMIT_NAMES (lnames of fs/proc/base.c). */
const LIMIT_TITLES: Readonly<Record<string, readonly [string, string]>> = {
  CPU: ['Max cpu time', 'seconds'],
  FSIZE: ['Max file size', 'bytes'],
  DATA: ['Max data size', 'bytes'],
  STACK: ['Max stack size', 'bytes'],
  CORE: ['Max core file size', 'bytes'],
  RSS: ['Max resident set', 'bytes'],
  NPROC: ['Max processes', 'processes'],
  NOFILE: ['Max open files', 'files'],
  MEMLOCK: ['Max locked memory', 'bytes'],
  AS: ['Max address space', 'bytes'],
  LOCKS: ['Max file locks', 'locks'],
  SIGPENDING: ['Max pending signals', 'signals'],
  MSGQUEUE: ['Max msgqueue size', 'bytes'],
  NICE: ['Max nice priority', ''],
  RTPRIO: ['Max realtime priority', ''],
  RTTIME: ['Max realtime timeout', 'us'],
};

export function limits(process: Process): string {
  const show = (value: number): string => (value === Infinity ? 'unlimited' : String(value));
  const row = (title: string, soft: string, hard: string, unit: string): string =>
    `${title.padEnd(25)} ${soft.padEnd(20)} ${hard.padEnd(20)} ${unit.padEnd(10)}\n`;
  let out = row('Limit', 'Soft Limit', 'Hard Limit', 'Units');
  RLIMIT_NAMES.forEach((name, which) => {
    const [title, unit] = LIMIT_TITLES[name] as readonly [string, string];
    out += row(
      title,
      show(process.limits.soft[which] as number),
      show(process.limits.hard[which] as number),
      unit,
    );
  });
  return out;
}
