/** The files of /proc that are about the machine, not a process. The CPU is the guest's; memory is the host's. */
import { EINVAL, EPERM } from '../../../abi/errno.js';
import { RISCV64 } from '../../../abi/abi.js';
import { addNs, NSEC_PER_SEC, realtime } from '../../clock.js';
import { GUEST_START } from '../../../mmap/layout.js';
import { guestMemory } from '../../memory-size.js';
import * as host from '../../host/system.js';
import { KERNEL_RELEASE, KERNEL_VERSION } from '../../version.js';
import type { Who } from '../file-system.js';
import { directory, text, type VirtualFile, type VirtualNode } from '../virtual.js';
import { cpuinfo } from './cpuinfo.js';
import { taskOf } from './pid.js';
import { IPC_SETTINGS, MQUEUE_SETTINGS, SYSVIPC } from './sysvipc.js';

const line = (make: (who: Who) => string): VirtualFile => text((who) => `${make(who)}\n`);
const value = (content: string | number): VirtualFile => text(() => `${content}\n`);
/** A setting that may be written (by root) and keeps what it was given. */
function setting(initial: string | number): VirtualFile {
  let current = String(initial);
  return {
    kind: 'file',
    mode: 0o644,
    read: () => `${current}\n`,
    write: (who, bytes) => {
      if (taskOf(who)?.cred.privileged !== true) return -EPERM;
      current = String.fromCharCode(...bytes.subarray(0, 256)).trim();
      return bytes.length;
    },
  };
}

function release(who: Who): string {
  return who.kernel?.release ?? KERNEL_RELEASE;
}

function uuid(who: Who): string {
  const bytes = new Uint8Array(16);
  (who.kernel?.random ?? host.randomFill)(bytes);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Made when somebody asks. */
let bootId: string | undefined;

function meminfo(): string {
  const { total, free } = guestMemory();
  const rows: readonly (readonly [string, number])[] = [
    ['MemTotal', total],
    ['MemFree', free],
    ['MemAvailable', free],
    ['Buffers', 0],
    ['Cached', 0],
    ['SwapCached', 0],
    ['Active', 0],
    ['Inactive', 0],
    ['SwapTotal', 0],
    ['SwapFree', 0],
    ['Dirty', 0],
    ['Writeback', 0],
    ['AnonPages', 0],
    ['Mapped', 0],
    ['Shmem', 0],
    ['Slab', 0],
    ['SReclaimable', 0],
    ['SUnreclaim', 0],
    ['CommitLimit', total],
    ['Committed_AS', 0],
    ['VmallocTotal', 0],
    ['VmallocUsed', 0],
  ];
  const body = rows
    .map(([name, bytes]) => `${`${name}:`.padEnd(16)}${String(Math.floor(bytes / 1024)).padStart(8)} kB\n`)
    .join('');
  return `${body}HugePages_Total:       0\nHugePages_Free:        0\nHugepagesize:       2048 kB\n`;
}

/** CPU time of all guest processes in clock ticks: user, system. */
function cpuTicks(who: Who): readonly [number, number] {
  let user = 0;
  let system = 0;
  for (const process of who.kernel?.processes.values() ?? []) {
    user += process.usage.userNs;
    system += process.usage.systemNs;
    for (const task of process.tasks) {
      user += task.userNs;
      system += task.systemNs;
    }
  }
  return [Math.floor(user / 1e7), Math.floor(system / 1e7)];
}

function stat(who: Who): string {
  const { kernel } = who;
  const cpus = kernel?.cpus ?? 1;
  const [user, system] = cpuTicks(who);
  const total = Math.floor(host.hostUptime() * 100) * cpus;
  const row = (name: string, share: number): string => {
    const idle = Math.max(0, Math.floor(total / share) - Math.floor((user + system) / share));
    return `${name} ${Math.floor(user / share)} 0 ${Math.floor(system / share)} ${idle} 0 0 0 0 0 0\n`;
  };
  let out = row('cpu ', 1);
  for (let i = 0; i < cpus; i++) out += row(`cpu${i}`, cpus);
  const boot =
    kernel === undefined ? 0 : addNs(realtime(kernel.clock), -host.hostUptime() * NSEC_PER_SEC).sec;
  const running = [...(kernel?.tasks.values() ?? [])].filter((task) => task.state === 0).length;
  return (
    `${out}intr 0\nctxt 0\nbtime ${boot}\nprocesses ${kernel?.processes.size ?? 0}\n` +
    `procs_running ${running}\nprocs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n`
  );
}

function loadavg(who: Who): string {
  const averages = host.hostLoad().map((load) => load.toFixed(2));
  const tasks = [...(who.kernel?.tasks.values() ?? [])];
  const running = tasks.filter((task) => task.state === 0).length;
  return `${averages.join(' ')} ${running}/${tasks.length} ${Math.max(0, ...tasks.map((task) => task.tid))}`;
}

let idle = 0;

function uptime(who: Who): string {
  const cpus = who.kernel?.cpus ?? 1;
  const up = host.hostUptime();
  const [user, system] = cpuTicks(who);
  // The host's threads may be more than the guest's CPUs, but idle time never shrinks.
  idle = Math.max(idle, up * cpus - (user + system) / 100);
  return `${up.toFixed(2)} ${idle.toFixed(2)}`;
}

const FILESYSTEMS = ['sysfs', 'tmpfs', 'proc', 'devtmpfs', 'pipefs', 'sockfs', 'devpts'];

/** /proc/sys as far as programs look into it (sysctl(2), proc_sys(5)). */
const SYS = directory({
  kernel: directory({
    ostype: value('Linux'),
    osrelease: line(release),
    version: value(KERNEL_VERSION),
    hostname: line((who) => who.kernel?.hostname ?? host.hostName()),
    domainname: line((who) => who.kernel?.domainname ?? '(none)'),
    pid_max: value(4194304),
    'threads-max': value(127000),
    cap_last_cap: value(40),
    ngroups_max: value(65536),
    core_pattern: setting('core'),
    randomize_va_space: setting(2),
    overflowuid: value(65534),
    overflowgid: value(65534),
    perf_event_paranoid: setting(4),
    yama: directory({ ptrace_scope: value(1) }),
    ...IPC_SETTINGS,
    random: directory({
      boot_id: line((who) => (bootId ??= uuid(who))),
      uuid: line(uuid),
      entropy_avail: value(256),
      poolsize: value(256),
    }),
  }),
  vm: directory({
    overcommit_memory: setting(0),
    overcommit_ratio: setting(50),
    max_map_count: setting(65530),
    mmap_min_addr: value(GUEST_START),
    swappiness: setting(60),
    nr_hugepages: value(0),
    overcommit_kbytes: setting(0),
  }),
  fs: directory({
    'file-max': value('9223372036854775807'),
    'file-nr': text(() => '0\t0\t9223372036854775807\n'),
    nr_open: value(1048576),
    'pipe-max-size': setting(1048576),
    'lease-break-time': setting(45),
    inotify: directory({
      max_queued_events: setting(16384),
      max_user_instances: setting(128),
      max_user_watches: setting(65536),
    }),
    mqueue: MQUEUE_SETTINGS,
  }),
  net: directory({
    core: directory({ somaxconn: setting(4096), rmem_max: setting(212992), wmem_max: setting(212992) }),
    ipv4: directory({ ip_local_port_range: text(() => '32768\t60999\n'), tcp_fin_timeout: setting(60) }),
  }),
});

export const SYSTEM: Readonly<Record<string, VirtualNode>> = {
  cmdline: line(() => ''),
  cpuinfo: text((who) => cpuinfo(taskOf(who)?.abi ?? RISCV64, who.kernel?.cpus ?? 1)),
  devices: text(() => 'Character devices:\n  1 mem\n  5 /dev/tty\n136 pts\n\nBlock devices:\n'),
  diskstats: text(() => ''),
  filesystems: text(() => `${FILESYSTEMS.map((name) => `nodev\t${name}\n`).join('')}\text4\n`),
  interrupts: text(() => ''),
  loadavg: line(loadavg),
  meminfo: text(meminfo),
  modules: text(() => ''),
  partitions: text(() => 'major minor  #blocks  name\n\n'),
  stat: text(stat),
  swaps: text(() => 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n'),
  sys: SYS,
  sysvipc: SYSVIPC,
  uptime: line(uptime),
  version: line((who) => `Linux version ${release(who)} (sojourn) ${KERNEL_VERSION}`),
  vmstat: text(() => 'nr_free_pages 0\npgfault 0\npgmajfault 0\n'),
  'sysrq-trigger': { kind: 'file', mode: 0o200, read: () => -EINVAL, write: () => -EPERM },
};
