/** Scheduling: yield, affinity, policies and priorities; what the CPU can do (hwprobe). */
import { EACCES, EFAULT, EINVAL, EPERM, ESRCH } from '../../abi/errno.js';
import { SCHED_BATCH, SCHED_FIFO, SCHED_IDLE, SCHED_OTHER, SCHED_RR } from '../../abi/process.js';
import { riscvHwprobe, schedAttr, schedParam } from '../../abi/structs/process.js';
import { cpusUpTo } from '../../kernel/cpu-list.js';
import type { Process } from '../../kernel/process.js';
import { RLIMIT } from '../../kernel/rlimits.js';
import type { DeadlineTimes, Task } from '../../kernel/task.js';
import { partial, sys } from '../row.js';
import { writeDuration } from '../times.js';

function target(task: Task, pid: number): Task | undefined {
  return pid === 0 ? task : (task.kernel.tasks.get(pid) ?? task.kernel.processes.get(pid)?.leader);
}

function sysSchedYield(task: Task): number {
  task.kernel.scheduler.yieldNow = true;
  return 0;
}

/** Where the bit of a CPU is in a cpumask: words with the guest's byte order. */
function placeOf(task: Task, cpu: number): { readonly byte: number; readonly bit: number } {
  const { littleEndian, wordSize } = task.abi;
  const byte = cpu >> 3;
  const last = wordSize - 1;
  return { byte: littleEndian ? byte : byte ^ last, bit: 1 << (cpu & 7) };
}

/** Bytes of the kernel's cpumask. */
function maskSize(task: Task): number {
  return Math.ceil(task.kernel.cpus / 64) * 8;
}

function sysSchedGetaffinity(task: Task, pid: number, size: number, mask: number): number {
  const { wordSize } = task.abi;
  if (size * 8 < task.kernel.cpus || size % wordSize !== 0) return -EINVAL;
  const t = target(task, pid);
  if (t === undefined) return -ESRCH;
  const bytes = new Uint8Array(maskSize(task));
  for (const cpu of t.allowedCpus) {
    const { byte, bit } = placeOf(task, cpu);
    bytes[byte] = (bytes[byte] as number) | bit;
  }
  const length = Math.min(size, bytes.length);
  return task.user.copyOut(mask, bytes.subarray(0, length)) ? length : -EFAULT;
}

/** Any mask that leaves a CPU is accepted and remembered; the scheduler places tasks as it likes. */
function sysSchedSetaffinity(task: Task, pid: number, size: number, mask: number): number {
  const t = target(task, pid);
  if (t === undefined) return -ESRCH;
  const bytes = task.user.copyIn(mask, Math.min(size, maskSize(task)));
  if (bytes === undefined) return -EFAULT;
  const cpus = cpusUpTo(task.kernel.cpus).filter((cpu) => {
    const { byte, bit } = placeOf(task, cpu);
    return ((bytes[byte] ?? 0) & bit) !== 0;
  });
  if (cpus.length === 0) return -EINVAL;
  t.affinity = cpus.length === task.kernel.cpus ? undefined : cpus;
  return 0;
}

function sysGetcpu(task: Task, cpu: number, node: number): number {
  const { user } = task;
  const number = task.allowedCpus[0] as number;
  return (cpu === 0 || user.writeI32(cpu, number)) && (node === 0 || user.writeI32(node, 0)) ? 0 : -EFAULT;
}

const RESET_ON_FORK = 0x4000_0000;
const isRealtime = (policy: number): boolean => policy === SCHED_FIFO || policy === SCHED_RR;
const SCHED_DEADLINE = 6;
const NORMAL = [SCHED_OTHER, SCHED_BATCH, SCHED_IDLE];

function setPolicy(task: Task, pid: number, policy: number, priority: number): number {
  if (pid < 0) return -EINVAL;
  const t = target(task, pid);
  if (t === undefined) return -ESRCH;
  const plain = policy & ~RESET_ON_FORK;
  if (NORMAL.includes(plain)) {
    if (priority !== 0) return -EINVAL;
  } else if (isRealtime(plain)) {
    if (priority < 1 || priority > 99) return -EINVAL;
    if (!task.cred.privileged && (task.process.limits.soft[RLIMIT.RTPRIO] as number) < priority)
      return -EPERM;
  } else return -EINVAL;
  t.policy = plain;
  t.priority = priority;
  return 0;
}

function sysSchedSetparam(task: Task, pid: number, param: number): number {
  if (param === 0 || pid < 0) return -EINVAL;
  const value = task.user.get(schedParam.for(task.abi), param);
  if (value === undefined) return -EFAULT;
  const t = target(task, pid);
  return t === undefined ? -ESRCH : setPolicy(task, pid, t.policy, value.sched_priority);
}

function sysSchedSetscheduler(task: Task, pid: number, policy: number, param: number): number {
  if (param === 0 || pid < 0 || policy < 0) return -EINVAL;
  const value = task.user.get(schedParam.for(task.abi), param);
  return value === undefined ? -EFAULT : setPolicy(task, pid, policy, value.sched_priority);
}

function sysSchedGetparam(task: Task, pid: number, param: number): number {
  if (param === 0 || pid < 0) return -EINVAL;
  const t = target(task, pid);
  if (t === undefined) return -ESRCH;
  return task.user.put(schedParam.for(task.abi), param, { sched_priority: t.priority }) ? 0 : -EFAULT;
}

/** Times of SCHED_DEADLINE in nanoseconds (__checkparam_dl): at least a microsecond, and each in the next. */
function setDeadline(task: Task, pid: number, times: DeadlineTimes): number {
  const { sched_runtime: runtime, sched_deadline: deadline, sched_period: period } = times;
  const t = target(task, pid);
  if (t === undefined) return -ESRCH;
  if (runtime < 1024 || runtime > deadline || (period !== 0 && deadline > period)) return -EINVAL;
  if (!task.cred.privileged) return -EPERM;
  t.policy = SCHED_DEADLINE;
  t.priority = 0;
  t.deadline = { sched_runtime: runtime, sched_deadline: deadline, sched_period: period || deadline };
  return 0;
}

function sysSchedGetattr(task: Task, pid: number, attr: number, size: number, flags: number): number {
  const t = target(task, pid);
  const layout = schedAttr.for(task.abi);
  if (flags !== 0 || size < 48 || size > 4096) return -EINVAL;
  if (t === undefined) return -ESRCH;
  const bytes = new Uint8Array(layout.size);
  const length = Math.min(size, layout.size);
  layout.write(new DataView(bytes.buffer), 0, {
    size: length,
    sched_policy: t.policy,
    sched_nice: t.nice,
    sched_priority: t.priority,
    ...(t.policy === SCHED_DEADLINE ? t.deadline : undefined),
  });
  return task.user.copyOut(attr, bytes.subarray(0, length)) ? 0 : -EFAULT;
}

function sysSchedSetattr(task: Task, pid: number, attr: number, flags: number): number {
  if (flags !== 0) return -EINVAL;
  const size = task.user.readU32(attr);
  if (size === undefined) return -EFAULT;
  const bytes = task.user.copyIn(attr, Math.min(Math.max(size, 48), 4096));
  if (bytes === undefined) return -EFAULT;
  const layout = schedAttr.for(task.abi);
  const whole = new Uint8Array(layout.size);
  whole.set(bytes.subarray(0, layout.size));
  const value = layout.read(new DataView(whole.buffer), 0);
  if (value.sched_policy === SCHED_DEADLINE) return setDeadline(task, pid, value);
  const result = setPolicy(task, pid, value.sched_policy, value.sched_priority);
  return result < 0 || isRealtime(value.sched_policy)
    ? result
    : renice(task, [target(task, pid)], value.sched_nice);
}

function priorityRange(policy: number, isMax: boolean): number {
  if (isRealtime(policy)) return isMax ? 99 : 1;
  return NORMAL.includes(policy) || policy === SCHED_DEADLINE ? 0 : -EINVAL;
}

function sysSchedRrGetInterval(task: Task, pid: number, addr: number, wide: boolean): number {
  if (pid < 0) return -EINVAL;
  const t = target(task, pid);
  if (t === undefined) return -ESRCH;
  return writeDuration(task, addr, t.policy === SCHED_FIFO ? 0 : 4_000_000, wide) ? 0 : -EFAULT;
}

const PRIO_PROCESS = 0;
const PRIO_PGRP = 1;
const PRIO_USER = 2;

function priorityTargets(task: Task, which: number, who: number): (Task | undefined)[] | number {
  const leaders = (processes: Iterable<Process>): (Task | undefined)[] => [...processes].map((p) => p.leader);
  if (which === PRIO_PROCESS) return [target(task, who)];
  if (which === PRIO_PGRP) {
    const group = who === 0 ? task.process.group : task.kernel.groups.get(who);
    return group === undefined ? [] : leaders(group.members);
  }
  if (which !== PRIO_USER) return -EINVAL;
  const uid = who === 0 ? task.cred.uid : who;
  return leaders(task.kernel.processes.values()).filter((t) => t?.cred.uid === uid);
}

/** The call answers 20 - nice, so that it is never negative. */
function sysGetpriority(task: Task, which: number, who: number): number {
  const targets = priorityTargets(task, which, who);
  if (typeof targets === 'number') return targets;
  const values = targets.filter((t) => t !== undefined).map((t) => 20 - t.nice);
  return values.length === 0 ? -ESRCH : Math.max(...values);
}

function renice(task: Task, targets: readonly (Task | undefined)[], nice: number): number {
  const wanted = Math.max(-20, Math.min(19, nice));
  let result = -ESRCH;
  for (const t of targets) {
    if (t === undefined) continue;
    const lowest = 20 - (task.process.limits.soft[RLIMIT.NICE] as number);
    if (wanted < t.nice && !task.cred.privileged && wanted < lowest) result = -EACCES;
    else {
      t.nice = wanted;
      if (result === -ESRCH) result = 0;
    }
  }
  return result;
}

/** ioprio_set(2): `which` counts from 1; class in the top 3 of 16 bits, level in the lowest 3. */
const IOPRIO_CLASS_SHIFT = 13;
const IOPRIO_CLASSES = { none: 0, realtime: 1, bestEffort: 2, idle: 3 } as const;

/** Best effort is the default; of several the one that is served first. */
function sysIoprioGet(task: Task, which: number, who: number): number {
  const targets = priorityTargets(task, which - 1, who);
  if (typeof targets === 'number') return targets;
  const values = targets.filter((t) => t !== undefined).map((t) => t.ioPriority);
  return values.length === 0 ? -ESRCH : Math.min(...values);
}

function sysIoprioSet(task: Task, which: number, who: number, value: number): number {
  const kind = value >> IOPRIO_CLASS_SHIFT;
  if (kind < IOPRIO_CLASSES.none || kind > IOPRIO_CLASSES.idle) return -EINVAL;
  if (kind === IOPRIO_CLASSES.none && value !== 0) return -EINVAL;
  if (kind === IOPRIO_CLASSES.realtime && !task.cred.privileged) return -EPERM;
  const targets = priorityTargets(task, which - 1, who);
  if (typeof targets === 'number') return targets;
  let result = -ESRCH;
  for (const t of targets) {
    if (t === undefined) continue;
    t.ioPriority = value;
    result = 0;
  }
  return result;
}

function sysSetpriority(task: Task, which: number, who: number, nice: number): number {
  const targets = priorityTargets(task, which, who);
  return typeof targets === 'number' ? targets : renice(task, targets, nice);
}

// --- riscv_hwprobe (Documentation/arch/riscv/hwprobe.rst) ---

const PROBE_BASE_BEHAVIOR = 3;
const PROBE_EXT_0 = 4;
const PROBE_CPUPERF_0 = 5;
const PROBE_ZICBOZ_BLOCK_SIZE = 6;
const PROBE_HIGHEST_VIRT_ADDRESS = 7;
const PROBE_TIME_CSR_FREQ = 8;
const PROBE_MISALIGNED_SCALAR_PERF = 9;
const PROBE_ZICBOM_BLOCK_SIZE = 12;

/** FD and C; Zba, Zbb, Zbs; Zicboz; Zfa; Zicond; Zihintpause: bits of RISCV_HWPROBE_KEY_IMA_EXT_0. */
const IMA_EXT_0 = (1 << 0) | (1 << 1) | (1 << 3) | (1 << 4) | (1 << 5) | (1 << 6);
/** Bits 32 (Zfa), 35 (Zicond) and 36 (Zihintpause), in the upper word. */
const IMA_EXT_0_HIGH = (1 << 0) | (1 << 3) | (1 << 4);
const MISALIGNED_FAST = 3;
const BLOCK_SIZE = 64;
const TIME_FREQUENCY = 1_000_000_000;

function probeValue(key: number): [lo: number, hi: number] | undefined {
  switch (key) {
    case 0: // MVENDORID, MARCHID, MIMPID: not a piece of silicon.
    case 1:
    case 2:
      return [0, 0];
    case PROBE_BASE_BEHAVIOR:
      return [1, 0];
    case PROBE_EXT_0:
      return [IMA_EXT_0, IMA_EXT_0_HIGH];
    case PROBE_CPUPERF_0:
      return [MISALIGNED_FAST, 0];
    case PROBE_ZICBOZ_BLOCK_SIZE:
    case PROBE_ZICBOM_BLOCK_SIZE:
      return [BLOCK_SIZE, 0];
    case PROBE_HIGHEST_VIRT_ADDRESS:
      return [0xefff_ffff | 0, 0];
    case PROBE_TIME_CSR_FREQ:
      return [TIME_FREQUENCY, 0];
    case PROBE_MISALIGNED_SCALAR_PERF:
      return [MISALIGNED_FAST, 0];
    default:
      return undefined;
  }
}

function sysRiscvHwprobe(
  task: Task,
  pairs: number,
  count: number,
  size: number,
  cpus: number,
  flags: number,
): number {
  // RISCV_HWPROBE_WHICH_CPUS is the only flag; all our CPUs are alike.
  if ((flags & ~1) !== 0) return -EINVAL;
  if (flags === 0 && size !== 0 && cpus === 0) return -EINVAL;
  const layout = riscvHwprobe.for(task.abi);
  const { user } = task;
  for (let i = 0; i < count; i++) {
    const at = pairs + i * layout.size;
    const key = user.readI64(at);
    if (key === undefined) return -EFAULT;
    const value = probeValue(key);
    const ok =
      value === undefined
        ? user.write64(at, -1, -1) && user.write64(at + 8, 0, 0)
        : user.write64(at + 8, ...value);
    if (!ok) return -EFAULT;
  }
  return 0;
}

export const sched = {
  sched_yield: sys([], 'int', sysSchedYield),
  sched_getaffinity: sys(['pid: pid', 'size: size', 'mask: out data'], 'int', sysSchedGetaffinity),
  sched_setaffinity: sys(
    ['pid: pid', 'size: size', 'mask: in data'],
    'int',
    sysSchedSetaffinity,
    partial('remembered, without effect'),
  ),
  getcpu: sys(['cpu: out i32', 'node: out i32', 'tcache: ptr'], 'int', sysGetcpu),
  sched_getscheduler: sys(['pid: pid'], 'int', (t, pid) =>
    pid < 0 ? -EINVAL : (target(t, pid)?.policy ?? -ESRCH),
  ),
  sched_setscheduler: sys(
    ['pid: pid', 'policy: int', 'param: in schedParam'],
    'int',
    sysSchedSetscheduler,
    partial('remembered, without effect'),
  ),
  sched_getparam: sys(['pid: pid', 'param: out schedParam'], 'int', sysSchedGetparam),
  sched_setparam: sys(
    ['pid: pid', 'param: in schedParam'],
    'int',
    sysSchedSetparam,
    partial('remembered, without effect'),
  ),
  sched_getattr: sys(
    ['pid: pid', 'attr: out schedAttr', 'size: uint', 'flags: hex32'],
    'int',
    sysSchedGetattr,
  ),
  sched_setattr: sys(
    ['pid: pid', 'attr: in schedAttr', 'flags: hex32'],
    'int',
    sysSchedSetattr,
    partial('remembered, without effect'),
  ),
  sched_get_priority_max: sys(['policy: int'], 'int', (_t, policy) => priorityRange(policy, true)),
  sched_get_priority_min: sys(['policy: int'], 'int', (_t, policy) => priorityRange(policy, false)),
  sched_rr_get_interval: sys(['pid: pid', 'tp: out timespec'], 'int', (t, pid, at) =>
    sysSchedRrGetInterval(t, pid, at, false),
  ),
  sched_rr_get_interval_time64: sys(['pid: pid', 'tp: out timespec64'], 'int', (t, pid, at) =>
    sysSchedRrGetInterval(t, pid, at, true),
  ),
  getpriority: sys(['which: which', 'who: pid'], 'int', sysGetpriority),
  setpriority: sys(
    ['which: which', 'who: pid', 'prio: int'],
    'int',
    sysSetpriority,
    partial('remembered, without effect'),
  ),
  ioprio_get: sys(['which: int', 'who: pid'], 'int', sysIoprioGet),
  ioprio_set: sys(
    ['which: int', 'who: pid', 'ioprio: int'],
    'int',
    sysIoprioSet,
    partial('remembered, without effect'),
  ),
  riscv_hwprobe: sys(
    ['pairs: inout riscvHwprobe', 'count: size', 'cpusetsize: size', 'cpus: ptr', 'flags: hex32'],
    'int',
    sysRiscvHwprobe,
  ),
};
