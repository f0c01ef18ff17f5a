/** Who and where: ids, capabilities, uname, sysinfo, limits, randomness. */
import { EFAULT, EINVAL, EPERM, ESRCH } from '../../abi/errno.js';
import { GRND_INSECURE, GRND_NONBLOCK, GRND_RANDOM } from '../../abi/process.js';
import { capData, capHeader, rlimit64, sysinfo, utsname } from '../../abi/structs/process.js';
import type { Credentials } from '../../kernel/credentials.js';
import { hostLoad, hostName, hostUptime } from '../../kernel/host/system.js';
import { guestMemory } from '../../kernel/memory-size.js';
import type { Process } from '../../kernel/process.js';
import { RLIMIT, RLIMIT_COUNT } from '../../kernel/rlimits.js';
import type { Task } from '../../kernel/task.js';
import { ProcessTimers } from '../../kernel/timers.js';
import { partial, sys } from '../row.js';
import { KERNEL_VERSION } from '../../kernel/version.js';

// --- ids ---

/** -1 as an unsigned id: leave it as it is. */
const KEEP = 0xffff_ffff;

function setAll(cred: Credentials, ids: 'u' | 'g', real: number, effective: number, saved: number): void {
  if (ids === 'u') {
    cred.uid = real;
    cred.euid = cred.fsuid = effective;
    cred.suid = saved;
  } else {
    cred.gid = real;
    cred.egid = cred.fsgid = effective;
    cred.sgid = saved;
  }
}

function ids(cred: Credentials, which: 'u' | 'g'): [real: number, effective: number, saved: number] {
  return which === 'u' ? [cred.uid, cred.euid, cred.suid] : [cred.gid, cred.egid, cred.sgid];
}

/** setuid(2), setgid(2) */
function setId(task: Task, which: 'u' | 'g', id: number): number {
  const { cred } = task;
  if (id === KEEP) return -EINVAL;
  const [real, , saved] = ids(cred, which);
  if (cred.privileged) setAll(cred, which, id, id, id);
  else if (id === real || id === saved) setAll(cred, which, real, id, saved);
  else return -EPERM;
  return 0;
}

/** setreuid(2), setregid(2) */
function setReId(task: Task, which: 'u' | 'g', real: number, effective: number): number {
  const { cred } = task;
  const [r, e, s] = ids(cred, which);
  if (!cred.privileged) {
    if (real !== KEEP && real !== r && real !== e) return -EPERM;
    if (effective !== KEEP && ![r, e, s].includes(effective)) return -EPERM;
  }
  const nextEffective = effective === KEEP ? e : effective;
  const changesSaved = real !== KEEP || (effective !== KEEP && effective !== r);
  setAll(cred, which, real === KEEP ? r : real, nextEffective, changesSaved ? nextEffective : s);
  return 0;
}

/** setresuid(2), setresgid(2) */
function setResId(task: Task, which: 'u' | 'g', ...wanted: [number, number, number]): number {
  const { cred } = task;
  const now = ids(cred, which);
  if (!cred.privileged && wanted.some((id) => id !== KEEP && !now.includes(id))) return -EPERM;
  const [r, e, s] = wanted.map((id, i) => (id === KEEP ? (now[i] as number) : id)) as [
    number,
    number,
    number,
  ];
  setAll(cred, which, r, e, s);
  return 0;
}

function getResId(task: Task, which: 'u' | 'g', ...addrs: [number, number, number]): number {
  const now = ids(task.cred, which);
  return addrs.every((addr, i) => task.user.writeI32(addr, now[i] as number)) ? 0 : -EFAULT;
}

/** setfsuid(2), setfsgid(2): answer the old id whatever happens. */
function setFsId(task: Task, which: 'u' | 'g', id: number): number {
  const { cred } = task;
  const key = which === 'u' ? 'fsuid' : 'fsgid';
  const old = cred[key];
  if (cred.privileged || [...ids(cred, which), old].includes(id)) cred[key] = id;
  return old;
}

function sysGetgroups(task: Task, size: number, list: number): number {
  const { groups } = task.cred;
  if (size < 0 || (size > 0 && size < groups.length)) return -EINVAL;
  if (size === 0) return groups.length;
  return groups.every((gid, i) => task.user.writeI32(list + 4 * i, gid)) ? groups.length : -EFAULT;
}

const NGROUPS_MAX = 65536;

function sysSetgroups(task: Task, size: number, list: number): number {
  if (!task.cred.privileged) return -EPERM;
  if (size > NGROUPS_MAX) return -EINVAL;
  const groups: number[] = [];
  for (let i = 0; i < size; i++) {
    const gid = task.user.readU32(list + 4 * i);
    if (gid === undefined) return -EFAULT;
    groups.push(gid);
  }
  task.cred.groups = groups;
  return 0;
}

/** _LINUX_CAPABILITY_VERSION_1, _2 and _3, and how many data structs each has. */
const CAP_VERSIONS: Record<number, number> = { 0x19980330: 1, 0x20071026: 2, 0x20080522: 2 };
/** Capabilities 0…40 exist (include/uapi/linux/capability.h). */
const CAP_WORDS = [0xffff_ffff, 0x1ff];

const INIT = 1;

/** Checks the header. @returns number of data structs or -errno */
function capVersion(task: Task, header: number): number {
  const layout = capHeader.for(task.abi);
  const value = task.user.get(layout, header);
  if (value === undefined) return -EFAULT;
  const count = CAP_VERSIONS[value.version];
  if (count === undefined) {
    task.user.writeI32(header, 0x20080522);
    return -EINVAL;
  }
  if (value.pid < 0) return -EINVAL;
  // The init process is outside the guest's world, but no kernel lacks it.
  const exists = value.pid === 0 || value.pid === INIT || task.kernel.tasks.has(value.pid);
  return exists ? count : -ESRCH;
}

function sysCapget(task: Task, header: number, data: number): number {
  const count = capVersion(task, header);
  // With a NULL data pointer this only asks for the version.
  if (data === 0) return count === -EINVAL ? 0 : Math.min(count, 0);
  if (count < 0) return count;
  const all = task.cred.privileged || task.user.get(capHeader.for(task.abi), header)?.pid === INIT;
  const layout = capData.for(task.abi);
  for (let i = 0; i < count; i++) {
    const word = all ? (CAP_WORDS[i] as number) : 0;
    const values = { effective: word, permitted: word, inheritable: 0 };
    if (!task.user.put(layout, data + i * layout.size, values)) return -EFAULT;
  }
  return 0;
}

/** Giving capabilities up is accepted from whoever has them; nobody can gain any. */
function sysCapset(task: Task, header: number, data: number): number {
  const count = capVersion(task, header);
  if (count < 0) return count;
  const layout = capData.for(task.abi);
  for (let i = 0; i < count; i++) {
    const value = task.user.get(layout, data + i * layout.size);
    if (value === undefined) return -EFAULT;
    const { effective, permitted } = value;
    if (!task.cred.privileged && (effective | permitted) !== 0) return -EPERM;
  }
  return 0;
}

// --- the system ---

function sysUname(task: Task, addr: number): number {
  const { kernel, abi } = task;
  const ok = task.user.put(utsname.for(abi), addr, {
    sysname: 'Linux',
    nodename: kernel.hostname ?? hostName(),
    release: kernel.release,
    version: KERNEL_VERSION,
    machine: abi.unameMachine,
    domainname: kernel.domainname,
  });
  return ok ? 0 : -EFAULT;
}

const HOST_NAME_MAX = 64;

/** Names set inside stay inside. */
function setName(task: Task, addr: number, length: number, key: 'hostname' | 'domainname'): number {
  if (!task.cred.privileged) return -EPERM;
  if (length > HOST_NAME_MAX) return -EINVAL;
  const bytes = task.user.copyIn(addr, length);
  if (bytes === undefined) return -EFAULT;
  task.kernel[key] = String.fromCharCode(...bytes);
  return 0;
}

const LOAD_SCALE = 65536;

function sysSysinfo(task: Task, addr: number): number {
  const memory = guestMemory();
  const ok = task.user.put(sysinfo.for(task.abi), addr, {
    uptime: Math.floor(hostUptime()),
    loads: hostLoad().map((load) => Math.round(load * LOAD_SCALE)),
    totalram: memory.total,
    freeram: memory.free,
    procs: task.kernel.tasks.size,
    mem_unit: 1,
  });
  return ok ? 0 : -EFAULT;
}

function sysGetrandom(task: Task, addr: number, count: number, flags: number): number {
  if ((flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) !== 0) return -EINVAL;
  if ((flags & GRND_RANDOM) !== 0 && (flags & GRND_INSECURE) !== 0) return -EINVAL;
  const total = Math.min(count, 0x1ff_ffff);
  const chunk = new Uint8Array(Math.min(total, 65536));
  for (let done = 0; done < total; done += chunk.length) {
    const part = chunk.subarray(0, Math.min(chunk.length, total - done));
    task.kernel.random(part);
    if (!task.user.copyOut(addr + done, part)) return done > 0 ? done : -EFAULT;
  }
  return total;
}

// --- limits ---

const fromWords = (lo: number, hi: number): number =>
  (lo & hi) >>> 0 === 0xffff_ffff ? Infinity : (hi >>> 0) * 0x1_0000_0000 + (lo >>> 0);
const lowWord = (value: number): number => (value === Infinity ? 0xffff_ffff : value % 0x1_0000_0000);
const highWord = (value: number): number =>
  value === Infinity ? 0xffff_ffff : Math.floor(value / 0x1_0000_0000);

function changeLimit(task: Task, target: Process, which: number, soft: number, hard: number): number {
  const { limits } = target;
  if (soft > hard) return -EINVAL;
  if (hard > (limits.hard[which] as number) && !task.cred.privileged) return -EPERM;
  if (which === RLIMIT.NOFILE && hard > 1048576) return -EPERM;
  limits.soft[which] = soft;
  limits.hard[which] = hard;
  if (which === RLIMIT.CPU && soft !== Infinity) target.timers ??= new ProcessTimers(target);
  const { leader } = target;
  if (leader !== undefined) target.applyLimits(leader.mm);
  return 0;
}

function sysPrlimit64(task: Task, pid: number, which: number, next: number, old: number): number {
  const target =
    pid === 0 ? task.process : (task.kernel.processes.get(pid) ?? task.kernel.tasks.get(pid)?.process);
  if (target === undefined) return -ESRCH;
  if (which < 0 || which >= RLIMIT_COUNT) return -EINVAL;
  const layout = rlimit64.for(task.abi);
  const { limits } = target;
  const soft = limits.soft[which] as number;
  const hard = limits.hard[which] as number;
  if (next !== 0) {
    const value = task.user.get(layout, next);
    if (value === undefined) return -EFAULT;
    const wantedSoft = fromWords(value.cur_lo, value.cur_hi);
    const wantedHard = fromWords(value.max_lo, value.max_hi);
    const bad = changeLimit(task, target, which, wantedSoft, wantedHard);
    if (bad < 0) return bad;
  }
  if (old === 0) return 0;
  const values = {
    cur_lo: lowWord(soft),
    cur_hi: highWord(soft),
    max_lo: lowWord(hard),
    max_hi: highWord(hard),
  };
  return task.user.put(layout, old, values) ? 0 : -EFAULT;
}

/** All ones of the architecture's word is RLIM_INFINITY; on 32-bit guests larger limits read as it too. */
function sysGetrlimit(task: Task, which: number, addr: number): number {
  if (which < 0 || which >= RLIMIT_COUNT) return -EINVAL;
  const { limits } = task.process;
  const { user } = task;
  const put = (at: number, value: number): boolean => {
    if (user.wordSize === 8) return user.write64(at, lowWord(value), highWord(value));
    return user.writeI32(at, value >= 0xffff_ffff ? -1 : value);
  };
  const done =
    put(addr, limits.soft[which] as number) && put(addr + user.wordSize, limits.hard[which] as number);
  return done ? 0 : -EFAULT;
}

function sysSetrlimit(task: Task, which: number, addr: number): number {
  if (which < 0 || which >= RLIMIT_COUNT) return -EINVAL;
  const { user } = task;
  const read = (at: number): number | undefined => {
    if (user.wordSize === 8) return user.read64(at) ? fromWords(user.lo, user.hi) : undefined;
    const value = user.readU32(at);
    return value === 0xffff_ffff ? Infinity : value;
  };
  const soft = read(addr);
  const hard = read(addr + user.wordSize);
  if (soft === undefined || hard === undefined) return -EFAULT;
  return changeLimit(task, task.process, which, soft, hard);
}

/** personality(2): remembered, without effect; ~0 only asks. */
function sysPersonality(task: Task, wanted: number): number {
  const old = task.process.personality;
  if (wanted !== 0xffff_ffff) task.process.personality = wanted;
  return old;
}

/** What ARM calls with 32-bit ids are named; the names without suffix are its old 16-bit ones. */
const ids32 = {
  getuid32: sys([], 'uid', (t) => t.cred.uid),
  geteuid32: sys([], 'uid', (t) => t.cred.euid),
  getgid32: sys([], 'uid', (t) => t.cred.gid),
  getegid32: sys([], 'uid', (t) => t.cred.egid),
  getresuid32: sys(['ruid: out i32', 'euid: out i32', 'suid: out i32'], 'int', (t, r, e, s) =>
    getResId(t, 'u', r, e, s),
  ),
  getresgid32: sys(['rgid: out i32', 'egid: out i32', 'sgid: out i32'], 'int', (t, r, e, s) =>
    getResId(t, 'g', r, e, s),
  ),
  setuid32: sys(['uid: uid'], 'int', (t, id) => setId(t, 'u', id)),
  setgid32: sys(['gid: gid'], 'int', (t, id) => setId(t, 'g', id)),
  setreuid32: sys(['ruid: uid', 'euid: uid'], 'int', (t, r, e) => setReId(t, 'u', r, e)),
  setregid32: sys(['rgid: gid', 'egid: gid'], 'int', (t, r, e) => setReId(t, 'g', r, e)),
  setresuid32: sys(['ruid: uid', 'euid: uid', 'suid: uid'], 'int', (t, r, e, s) => setResId(t, 'u', r, e, s)),
  setresgid32: sys(['rgid: gid', 'egid: gid', 'sgid: gid'], 'int', (t, r, e, s) => setResId(t, 'g', r, e, s)),
  setfsuid32: sys(['uid: uid'], 'uid', (t, id) => setFsId(t, 'u', id)),
  setfsgid32: sys(['gid: gid'], 'uid', (t, id) => setFsId(t, 'g', id)),
  getgroups32: sys(['size: int', 'list: out data'], 'int', sysGetgroups),
  setgroups32: sys(['size: size', 'list: in data'], 'int', sysSetgroups),
};

export const identity = {
  ...ids32,
  getuid: sys([], 'uid', (t) => t.cred.uid),
  geteuid: sys([], 'uid', (t) => t.cred.euid),
  getgid: sys([], 'uid', (t) => t.cred.gid),
  getegid: sys([], 'uid', (t) => t.cred.egid),
  getresuid: sys(['ruid: out i32', 'euid: out i32', 'suid: out i32'], 'int', (t, r, e, s) =>
    getResId(t, 'u', r, e, s),
  ),
  getresgid: sys(['rgid: out i32', 'egid: out i32', 'sgid: out i32'], 'int', (t, r, e, s) =>
    getResId(t, 'g', r, e, s),
  ),
  setuid: sys(['uid: uid'], 'int', (t, id) => setId(t, 'u', id)),
  setgid: sys(['gid: gid'], 'int', (t, id) => setId(t, 'g', id)),
  setreuid: sys(['ruid: uid', 'euid: uid'], 'int', (t, r, e) => setReId(t, 'u', r, e)),
  setregid: sys(['rgid: gid', 'egid: gid'], 'int', (t, r, e) => setReId(t, 'g', r, e)),
  setresuid: sys(['ruid: uid', 'euid: uid', 'suid: uid'], 'int', (t, r, e, s) => setResId(t, 'u', r, e, s)),
  setresgid: sys(['rgid: gid', 'egid: gid', 'sgid: gid'], 'int', (t, r, e, s) => setResId(t, 'g', r, e, s)),
  setfsuid: sys(['uid: uid'], 'uid', (t, id) => setFsId(t, 'u', id)),
  setfsgid: sys(['gid: gid'], 'uid', (t, id) => setFsId(t, 'g', id)),
  getgroups: sys(['size: int', 'list: out data'], 'int', sysGetgroups),
  setgroups: sys(['size: size', 'list: in data'], 'int', sysSetgroups),
  capget: sys(['hdr: inout capHeader', 'data: out capData'], 'int', sysCapget),
  capset: sys(['hdr: inout capHeader', 'data: in capData'], 'int', sysCapset, partial('nothing changes')),
  uname: sys(['buf: out utsname'], 'int', sysUname),
  sethostname: sys(['name: in buf', 'len: size'], 'int', (t, at, length) =>
    setName(t, at, length, 'hostname'),
  ),
  setdomainname: sys(['name: in buf', 'len: size'], 'int', (t, at, length) =>
    setName(t, at, length, 'domainname'),
  ),
  sysinfo: sys(['info: out sysinfo'], 'int', sysSysinfo),
  getrandom: sys(['buf: out buf', 'buflen: size', 'flags: hex32'], 'size', sysGetrandom),
  prlimit64: sys(
    ['pid: pid', 'resource: resource', 'new: in rlimit64', 'old: out rlimit64'],
    'int',
    sysPrlimit64,
  ),
  getrlimit: sys(['resource: resource', 'rlim: out rlimit'], 'int', sysGetrlimit),
  ugetrlimit: sys(['resource: resource', 'rlim: out rlimit'], 'int', sysGetrlimit),
  setrlimit: sys(['resource: resource', 'rlim: in rlimit'], 'int', sysSetrlimit),
  personality: sys(['persona: hex32'], 'hex', sysPersonality, partial('remembered, without effect')),
};
