/** What travels with a signal: `siginfo_t` before any ABI lays it out, and the queue of pending ones. */
import { SIGRTMIN, SI_KERNEL, SI_USER } from '../../abi/signals.js';
import { SigSet } from '../sigset.js';

/** Which member of siginfo's union is meant (include/uapi/asm-generic/siginfo.h). */
export type SigInfoKind = 'kill' | 'rt' | 'timer' | 'child' | 'fault' | 'poll' | 'sys';

export interface SigInfo {
  signo: number;
  code: number;
  errno: number;
  kind: SigInfoKind;
  /** Sender (kill, rt, child); the timer id for `timer`; the descriptor for `poll`; the call number for `sys`. */
  pid: number;
  uid: number;
  /** sigval of `rt` and `timer`; address of `fault` and `sys`; band of `poll`. */
  lo: number;
  hi: number;
  /** Exit status or signal (child); overruns (timer); AUDIT_ARCH (sys). */
  status: number;
  /** Of the child, in clock ticks (1/100 s). */
  utime: number;
  stime: number;
}

function blank(signo: number, code: number, kind: SigInfoKind): SigInfo {
  return { signo, code, errno: 0, kind, pid: 0, uid: 0, lo: 0, hi: 0, status: 0, utime: 0, stime: 0 };
}

/** As sent by the kernel itself without further facts. */
export function kernelInfo(signo: number): SigInfo {
  return blank(signo, SI_KERNEL, 'kill');
}

/** As sent by kill(2) (SI_USER) or tgkill(2) (SI_TKILL). */
export function userInfo(signo: number, pid: number, uid: number, code = SI_USER): SigInfo {
  const info = blank(signo, code, 'kill');
  info.pid = pid;
  info.uid = uid;
  return info;
}

/** A fault at address `hi:lo`. */
export function faultInfo(signo: number, code: number, lo: number, hi: number): SigInfo {
  const info = blank(signo, code, 'fault');
  info.lo = lo;
  info.hi = hi;
  return info;
}

/** Of sigqueue and timers. */
export function valueInfo(
  signo: number,
  code: number,
  kind: 'rt' | 'timer',
  lo: number,
  hi: number,
): SigInfo {
  const info = blank(signo, code, kind);
  info.lo = lo;
  info.hi = hi;
  return info;
}

/** SIGCHLD's. */
export function childInfo(signo: number, code: number, pid: number, uid: number, status: number): SigInfo {
  const info = blank(signo, code, 'child');
  info.pid = pid;
  info.uid = uid;
  info.status = status;
  return info;
}

/**
 * Pending signals of a task or of a process. Standard signals are pending once, real-time ones queue in order
 * (signal(7)).
 */
export class PendingSignals {
  readonly set = new SigSet();
  #queue: SigInfo[] = [];

  get length(): number {
    return this.#queue.length;
  }

  /** @returns false when a standard signal was pending already */
  push(info: SigInfo): boolean {
    if (info.signo < SIGRTMIN && this.set.has(info.signo)) return false;
    this.set.add(info.signo);
    this.#queue.push(info);
    return true;
  }

  /** Takes the oldest entry of `signo`. */
  take(signo: number): SigInfo | undefined {
    const at = this.#queue.findIndex((info) => info.signo === signo);
    if (at < 0) {
      this.set.delete(signo);
      return undefined;
    }
    const info = this.#queue[at];
    this.#queue.splice(at, 1);
    if (!this.#queue.some((other) => other.signo === signo)) this.set.delete(signo);
    return info;
  }

  /** Drops every pending `signo`. */
  flush(signo: number): void {
    if (!this.set.has(signo)) return;
    this.set.delete(signo);
    this.#queue = this.#queue.filter((info) => info.signo !== signo);
  }

  clear(): void {
    this.set.set(0, 0);
    this.#queue = [];
  }

  /** The entry of a timer that is still pending, so that an expiry counts as an overrun instead. */
  findTimer(id: number): SigInfo | undefined {
    return this.#queue.find((info) => info.kind === 'timer' && info.pid === id);
  }
}
