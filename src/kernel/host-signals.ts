/**
 * Host signals on their way to the guest. A listener is installed for a signal only when the guest could tell the
 * difference: it changed the disposition or blocked it, or there is more than one process. Until then the host's default
 * action on us is the same as the guest's.
 */
import {
  SIGALRM,
  SIGCONT,
  SIGHUP,
  SIGINT,
  SIGQUIT,
  SIGTERM,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  SIGUSR1,
  SIGUSR2,
  SIGVTALRM,
  SIGWINCH,
  SIG_DFL,
} from '../abi/signals.js';
import { kernelInfo, userInfo } from './signal/info.js';
import { raiseOnSelf, watchSignal } from './host/signals.js';
import type { Kernel } from './kernel.js';
import type { SigSet } from './sigset.js';
import { continueProcess } from './signal/stop.js';
import { sendToProcess } from './signal/send.js';

/** What can come from outside and makes sense inside. */
const FORWARDED: readonly number[] = [
  SIGHUP,
  SIGINT,
  SIGQUIT,
  SIGUSR1,
  SIGUSR2,
  SIGALRM,
  SIGTERM,
  SIGCONT,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  SIGVTALRM,
  SIGWINCH,
];
/** Sent by the terminal to the whole foreground group rather than to one process. */
const TERMINAL: readonly number[] = [SIGINT, SIGQUIT, SIGTSTP, SIGWINCH, SIGHUP];
/** End us when nothing of the first process is left. */
const ENDING: readonly number[] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];

export class SignalBridge {
  readonly #kernel: Kernel;
  readonly #enabled: boolean;
  readonly #watched = new Map<number, () => void>();
  #running = false;

  constructor(kernel: Kernel, enabled: boolean) {
    this.#kernel = kernel;
    this.#enabled = enabled;
  }

  begin(): void {
    this.#running = true;
  }

  end(): void {
    this.#running = false;
    for (const stop of this.#watched.values()) stop();
    this.#watched.clear();
  }

  /** The guest changed what it does with `signo`, or blocked it. */
  dispositionChanged(signo: number, handler: number): void {
    if (handler !== SIG_DFL) this.watch(signo);
  }

  /** A task's mask changed: a blocked signal must reach us, not kill us. */
  blockedChanged(blocked: SigSet): void {
    if (!this.#enabled || (blocked.lo & ~this.#seen) === 0) return;
    for (const signo of FORWARDED) if (blocked.has(signo)) this.watch(signo);
    this.#seen |= blocked.lo;
  }
  /** Signals that were blocked at some time. */
  #seen = 0;

  /** Several processes share us now. */
  watchAll(): void {
    for (const signo of FORWARDED) if (signo !== SIGTTIN && signo !== SIGTTOU) this.watch(signo);
  }

  watch(signo: number): void {
    if (!this.#enabled || this.#watched.has(signo) || !FORWARDED.includes(signo)) return;
    const stop = watchSignal(signo, () => {
      this.#arrived(signo);
    });
    if (stop !== undefined) this.#watched.set(signo, stop);
  }

  #arrived(signo: number): void {
    if (!this.#running) return;
    const { root } = this.#kernel;
    if (root === undefined) return;
    if (ENDING.includes(signo) && this.#kernel.abandon(signo)) return;
    if (TERMINAL.includes(signo)) this.#kernel.signalForeground(kernelInfo(signo));
    else sendToProcess(root, userInfo(signo, this.#kernel.rootParent, 0));
  }

  /** The first process was stopped by `signo`: stop ourselves; when continued, continue it. */
  stopSelf(signo: number): void {
    if (!this.#enabled) return;
    const unwatch = this.#watched.get(signo);
    unwatch?.();
    this.#watched.delete(signo);
    raiseOnSelf(19);
    // Continued by somebody: so is the guest.
    if (unwatch !== undefined) this.watch(signo);
    const { root } = this.#kernel;
    if (root !== undefined) continueProcess(root);
  }
}
