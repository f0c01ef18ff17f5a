/** Processes, limits, system identity (include/uapi/linux/{resource,utsname,sysinfo,sched,futex,capability}.h). */
import { array, chars, type DataModel, hexed, is32, struct, when } from '../layout.js';
import { timeval } from './time.js';

export const rusage = struct('rusage', {
  ru_utime: timeval,
  ru_stime: timeval,
  ru_maxrss: 'long',
  ru_ixrss: 'long',
  ru_idrss: 'long',
  ru_isrss: 'long',
  ru_minflt: 'long',
  ru_majflt: 'long',
  ru_nswap: 'long',
  ru_inblock: 'long',
  ru_oublock: 'long',
  ru_msgsnd: 'long',
  ru_msgrcv: 'long',
  ru_nsignals: 'long',
  ru_nvcsw: 'long',
  ru_nivcsw: 'long',
});

/** `struct rlimit` of the architecture's word; RLIM_INFINITY is all ones. */
export const rlimit = struct('rlimit', { rlim_cur: 'ulong', rlim_max: 'ulong' });
/**
 * `struct rlimit64` as four words in the guest's order, because RLIM64_INFINITY (2^64 - 1) is not exact in a JS
 * number.
 */
const rlimitWords = (m: DataModel): Readonly<Record<'cur_lo' | 'cur_hi' | 'max_lo' | 'max_hi', 'u32'>> =>
  m.littleEndian
    ? { cur_lo: 'u32', cur_hi: 'u32', max_lo: 'u32', max_hi: 'u32' }
    : { cur_hi: 'u32', cur_lo: 'u32', max_hi: 'u32', max_lo: 'u32' };
export const rlimit64 = struct('rlimit64', rlimitWords);

/** Index of resources (asm-generic/resource.h). */
export const RLIMITS = {
  RLIMIT_CPU: 0,
  RLIMIT_FSIZE: 1,
  RLIMIT_DATA: 2,
  RLIMIT_STACK: 3,
  RLIMIT_CORE: 4,
  RLIMIT_RSS: 5,
  RLIMIT_NPROC: 6,
  RLIMIT_NOFILE: 7,
  RLIMIT_MEMLOCK: 8,
  RLIMIT_AS: 9,
  RLIMIT_LOCKS: 10,
  RLIMIT_SIGPENDING: 11,
  RLIMIT_MSGQUEUE: 12,
  RLIMIT_NICE: 13,
  RLIMIT_RTPRIO: 14,
  RLIMIT_RTTIME: 15,
} as const;

export const utsname = struct('utsname', {
  sysname: chars(65),
  nodename: chars(65),
  release: chars(65),
  version: chars(65),
  machine: chars(65),
  domainname: chars(65),
});

export const sysinfo = struct('sysinfo', {
  uptime: 'long',
  loads: array('ulong', 3),
  totalram: 'ulong',
  freeram: 'ulong',
  sharedram: 'ulong',
  bufferram: 'ulong',
  totalswap: 'ulong',
  freeswap: 'ulong',
  procs: 'u16',
  __pad: 'u16',
  totalhigh: 'ulong',
  freehigh: 'ulong',
  mem_unit: 'u32',
  // char _f[20 - 2 * sizeof(long) - sizeof(int)]: 8 bytes on 32-bit, none on 64-bit, where tail padding takes over.
  __f: when(is32, array('u8', 8)),
});

export const cloneArgs = struct('clone_args', {
  flags: hexed('u64'),
  pidfd: hexed('u64'),
  child_tid: hexed('u64'),
  parent_tid: hexed('u64'),
  exit_signal: 'u64',
  stack: hexed('u64'),
  stack_size: hexed('u64'),
  tls: hexed('u64'),
  set_tid: hexed('u64'),
  set_tid_size: 'u64',
  cgroup: 'u64',
});

export const schedParam = struct('sched_param', { sched_priority: 'i32' });
export const schedAttr = struct('sched_attr', {
  size: 'u32',
  sched_policy: 'u32',
  sched_flags: hexed('u64'),
  sched_nice: 'i32',
  sched_priority: 'u32',
  sched_runtime: 'u64',
  sched_deadline: 'u64',
  sched_period: 'u64',
  sched_util_min: 'u32',
  sched_util_max: 'u32',
});

export const robustListHead = struct('robust_list_head', {
  list_next: 'ptr',
  futex_offset: 'long',
  list_op_pending: 'ptr',
});

export const futexWaitv = struct('futex_waitv', {
  val: 'u64',
  uaddr: hexed('u64'),
  flags: hexed('u32'),
  __reserved: 'u32',
});

export const capHeader = struct('__user_cap_header_struct', { version: hexed('u32'), pid: 'i32' });
export const capData = struct('__user_cap_data_struct', {
  effective: hexed('u32'),
  permitted: hexed('u32'),
  inheritable: hexed('u32'),
});

/** One pair of riscv_hwprobe(2) (arch/riscv/include/uapi/asm/hwprobe.h). */
export const riscvHwprobe = struct('riscv_hwprobe', { key: 'i64', value: hexed('u64') });
