/** What the host says of itself: memory, load, ids, randomness. */
import { closeSync, openSync, readSync } from 'node:fs';
import { availableParallelism, freemem, hostname, loadavg, tmpdir, totalmem, uptime } from 'node:os';
import process from 'node:process';
import { bytePath } from './path.js';

/** CPU time of this process so far, in microseconds. */
export function hostCpuUsage(): { readonly user: number; readonly system: number } {
  return process.cpuUsage();
}

export interface HostMemory {
  /** Bytes. */
  readonly total: number;
  readonly free: number;
}

export function hostMemory(): HostMemory {
  return { total: totalmem(), free: freemem() };
}

/** 1, 5 and 15 minute averages. */
export function hostLoad(): readonly [number, number, number] {
  const [one, five, fifteen] = loadavg();
  return [one ?? 0, five ?? 0, fifteen ?? 0];
}

/** Seconds since the host was started. */
export function hostUptime(): number {
  return uptime();
}

export function hostName(): string {
  return hostname();
}

export function hostCpus(): number {
  return availableParallelism();
}

/** Fills `bytes`, which is not a view of shared memory. */
function fillRandom(bytes: Uint8Array): void {
  // Loading node:crypto takes longer than a small program runs, and every program is given 16 random bytes.
  if (process.platform === 'linux' && bytes.length <= 256 && readDevice(bytes)) return;
  process.getBuiltinModule('node:crypto').randomFillSync(bytes);
}

function readDevice(bytes: Uint8Array): boolean {
  let fd = -1;
  try {
    fd = openSync('/dev/urandom', 'r');
    return readSync(fd, bytes, 0, bytes.length, null) === bytes.length;
  } catch {
    return false;
  } finally {
    if (fd >= 0) closeSync(fd);
  }
}

/** Fills any view from the host's generator, of shared memory too. */
export function randomFill(target: Uint8Array): void {
  // The tag and not the class, which another realm has too.
  if (target.buffer[Symbol.toStringTag] !== 'SharedArrayBuffer') {
    fillRandom(target);
    return;
  }
  const scratch = new Uint8Array(Math.min(target.length, 65536));
  for (let at = 0; at < target.length; at += scratch.length) {
    const part = scratch.subarray(0, Math.min(scratch.length, target.length - at));
    fillRandom(part);
    target.set(part, at);
  }
}

/**
 * Takes the process's umask away, so that modes the guest asks for arrive unchanged (the kernel applies the guest's own
 * umask). @returns what it was
 */
export function takeUmask(): number {
  return process.umask(0);
}

/** The current directory as a byte string. */
export function currentDirectory(): string {
  return bytePath(process.cwd());
}

/** Directory for temporary files, a byte string. */
export function temporaryDirectory(): string {
  return bytePath(tmpdir());
}

/** Who runs us; 0 where the host has no such ids. */
export function hostIds(): {
  uid: number;
  gid: number;
  groups: readonly number[];
  pid: number;
  ppid: number;
} {
  return {
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    groups: process.getgroups?.() ?? [],
    pid: process.pid,
    ppid: process.ppid,
  };
}
