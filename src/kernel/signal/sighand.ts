/** Signal dispositions (`struct sighand_struct`), shared by the threads of a process and by CLONE_SIGHAND. */
import { NSIG, SIG_DFL, SIG_IGN, defaultAction } from '../../abi/signals.js';
import { SigSet } from '../sigset.js';

export interface SigAction {
  /** SIG_DFL, SIG_IGN or a guest address. */
  handler: number;
  flags: number;
  /** Guest address, where the ABI has one (ARM); else 0. */
  restorer: number;
  mask: SigSet;
}

export class SigHand {
  readonly #actions: SigAction[] = Array.from({ length: NSIG + 1 }, () => blankAction());
  /** Processes that share it. */
  users = 1;

  get(signo: number): SigAction {
    return this.#actions[signo] as SigAction;
  }

  set(signo: number, action: SigAction): void {
    this.#actions[signo] = action;
  }

  clone(): SigHand {
    const copy = new SigHand();
    for (let signo = 1; signo <= NSIG; signo++) {
      const action = this.get(signo);
      copy.set(signo, { ...action, mask: action.mask.clone() });
    }
    return copy;
  }

  /** Unblocked, the signal would be thrown away (sig_ignored of the kernel). */
  isIgnored(signo: number): boolean {
    const { handler } = this.get(signo);
    return handler === SIG_IGN || (handler === SIG_DFL && defaultAction(signo) === 'ignore');
  }

  /** execve: handlers become default; what was ignored stays ignored (signal(7)). */
  resetForExec(): void {
    for (let signo = 1; signo <= NSIG; signo++) {
      const ignored = this.get(signo).handler === SIG_IGN;
      this.set(signo, ignored ? { ...blankAction(), handler: SIG_IGN } : blankAction());
    }
  }

  /** CLONE_CLEAR_SIGHAND: as for exec. */
  clearHandlers(): void {
    this.resetForExec();
  }
}

function blankAction(): SigAction {
  return { handler: SIG_DFL, flags: 0, restorer: 0, mask: new SigSet() };
}
