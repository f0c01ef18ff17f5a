/** wait4(2) and waitid(2): which child changed state, and what is told about it (kernel/exit.c do_wait). */
import { ECHILD, ERESTARTSYS } from '../abi/errno.js';
import { WAIT_FLAGS } from '../abi/process.js';
import { CLD_CONTINUED, CLD_EXITED, CLD_KILLED, CLD_STOPPED, SIGCHLD, SIGCONT } from '../abi/signals.js';
import { reap } from './exit.js';
import { addUsage, noUsage, type Process, type Usage } from './process.js';
import type { Task } from './task.js';
import { INTERRUPTED, waitFor, type Blocking } from './wait.js';

const { WNOHANG, WUNTRACED, WEXITED, WCONTINUED, WNOWAIT, __WALL, __WCLONE } = WAIT_FLAGS;

/** Which children are meant. */
export interface WaitSpec {
  readonly pid?: number;
  readonly pgid?: number;
  /** WEXITED, WUNTRACED (= WSTOPPED), WCONTINUED, WNOHANG, WNOWAIT, __WALL, __WCLONE */
  readonly options: number;
}

export interface WaitResult {
  readonly pid: number;
  readonly uid: number;
  /** CLD_* */
  readonly code: number;
  /** Exit code or signal number. */
  readonly status: number;
  /** As wait(2) encodes it. */
  readonly wstatus: number;
  readonly usage: Usage;
}

function matches(child: Process, spec: WaitSpec): boolean {
  if (spec.pid !== undefined && child.pid !== spec.pid) return false;
  if (spec.pgid !== undefined && child.pgid !== spec.pgid) return false;
  if ((spec.options & __WALL) !== 0) return true;
  // Children that do not signal by SIGCHLD are "clones" to wait(2).
  return ((spec.options & __WCLONE) !== 0) === (child.exitSignal !== SIGCHLD);
}

function ended(child: Process, keep: boolean): WaitResult {
  const wstatus = child.exitStatus;
  const signal = wstatus & 0x7f;
  const usage = { ...child.usage };
  addUsage(usage, child.childUsage);
  if (!keep) {
    const { parent } = child;
    if (parent !== undefined) addUsage(parent.childUsage, usage);
    reap(child);
  }
  return {
    pid: child.pid,
    uid: child.uid,
    code: signal === 0 ? CLD_EXITED : CLD_KILLED,
    status: signal === 0 ? (wstatus >> 8) & 0xff : signal,
    wstatus,
    usage,
  };
}

/** The state change of `child` that `options` ask for, if there is one; takes it unless WNOWAIT. */
function report(child: Process, options: number): WaitResult | undefined {
  const keep = (options & WNOWAIT) !== 0;
  if (child.state === 'zombie') return (options & WEXITED) !== 0 ? ended(child, keep) : undefined;
  const about = { pid: child.pid, uid: child.uid, usage: noUsage() };
  if ((options & WUNTRACED) !== 0 && child.stopSignal !== 0 && !child.stopReported) {
    if (!keep) child.stopReported = true;
    const status = child.stopSignal;
    return { ...about, code: CLD_STOPPED, status, wstatus: (status << 8) | 0x7f };
  }
  if ((options & WCONTINUED) !== 0 && !child.continuedReported) {
    if (!keep) child.continuedReported = true;
    return { ...about, code: CLD_CONTINUED, status: SIGCONT, wstatus: 0xffff };
  }
  return undefined;
}

/** One look, without waiting: a result, undefined when nothing happened yet, -ECHILD. */
function look(task: Task, spec: WaitSpec): WaitResult | number | undefined {
  let any = false;
  for (const child of task.process.children) {
    if (!matches(child, spec)) continue;
    any = true;
    const result = report(child, spec.options);
    if (result !== undefined) return result;
  }
  return any ? undefined : -ECHILD;
}

/** Waits as `spec` says. @returns the result, 0 with WNOHANG when nothing happened, or -errno */
export function* waitForChild(task: Task, spec: WaitSpec): Blocking<WaitResult | number> {
  const queues = [task.process.childQueue];
  for (;;) {
    const result = look(task, spec);
    if (result !== undefined) return result;
    if ((spec.options & WNOHANG) !== 0) return 0;
    const why = yield* waitFor(queues);
    if (why === INTERRUPTED) {
      // SIGCHLD itself interrupts: what it announces is there to be taken.
      return look(task, spec) ?? -ERESTARTSYS;
    }
  }
}

/** As `waitForChild` when no waiting is needed; undefined when it is. */
export function pollChild(task: Task, spec: WaitSpec): WaitResult | number | undefined {
  return look(task, spec) ?? ((spec.options & WNOHANG) !== 0 ? 0 : undefined);
}
