/**
 * How CPU time divides into user and system time. The scheduler measures slices as a whole; the host's own division for
 * this process is the best estimate for what happened inside them.
 */
import { hostCpuUsage } from './host/system.js';
import type { Usage } from './process.js';

export interface CpuSplit {
  readonly userNs: number;
  readonly systemNs: number;
}

/** `usage`'s total, divided as the host divides ours. */
export function cpuSplit(usage: Usage): CpuSplit {
  const total = usage.userNs + usage.systemNs;
  const { user, system } = hostCpuUsage();
  const systemNs = user + system === 0 ? 0 : Math.floor((total * system) / (user + system));
  return { userNs: total - systemNs, systemNs };
}
