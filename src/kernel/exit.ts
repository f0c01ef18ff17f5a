/** The end of tasks and processes (kernel/exit.c): what is given back, who is told, who inherits the children. */
import {
  CLD_DUMPED,
  CLD_EXITED,
  CLD_KILLED,
  SA_NOCLDWAIT,
  SIGCHLD,
  SIGCONT,
  SIGHUP,
  SIG_IGN,
} from '../abi/signals.js';
import { exitRobustList } from './futex-robust.js';
import { leaveSemUndo } from './ipc/sem.js';
import type { Mm } from './mm.js';
import type { Process } from './process.js';
import { childInfo, kernelInfo, userInfo } from './signal/info.js';
import { sendToGroup, sendToProcess } from './signal/send.js';
import { isOrphaned } from './signal/stop.js';
import { STATE_DEAD, type Task } from './task.js';

/** exit_group(2), and a fatal signal's end: every thread of the process is to go. `status` as wait(2) encodes it. */
export function exitGroup(process: Process, status: number): void {
  if (process.exiting) return;
  process.exiting = true;
  process.exitStatus = status;
  for (const task of process.tasks) {
    task.killed = true;
    process.kernel.scheduler.unpark(task);
    task.interrupt();
  }
}

/** The task leaves its address space (exec or exit): CLEARTID, robust mutexes, the waiting vfork parent. */
export function mmRelease(task: Task): void {
  exitRobustList(task);
  if (task.clearChildTid !== 0) {
    // Nobody can wait for it when no other task shares the memory.
    if (task.mm.users > 1) {
      task.user.writeI32(task.clearChildTid, 0);
      task.kernel.futexes.wake(task.mm, task.clearChildTid, 1, 0xffff_ffff);
    }
    task.clearChildTid = 0;
  }
  const done = task.vforkDone;
  task.vforkDone = undefined;
  done?.();
}

/** One user of the space less; the last one gives the memory back. */
export function putMm(mm: Mm, give: (mm: Mm) => void = release): void {
  if (--mm.users > 0) return;
  mm.gone?.();
  give(mm);
}

function release(mm: Mm): void {
  const { space } = mm;
  space.clear();
  mm.retired?.(space.memory);
}

/** Ends one thread; the last one ends the process. */
export function exitTask(task: Task): void {
  if (task.state === STATE_DEAD) return;
  const { kernel, process } = task;
  kernel.scheduler.cores?.recall(task);
  const last = process.tasks.length === 1;
  process.uid = task.cred.uid;
  if (last && !process.exiting) {
    process.exiting = true;
    process.exitStatus = task.exitCode;
  }
  process.timers?.taskGone(task);
  leaveSemUndo(task);
  mmRelease(task);
  kernel.scheduler.retire(task);
  process.account(task);
  const { mm } = task;
  mm.giveBlock(task.cpu.base);
  if (--task.files.users === 0) task.files.closeAll();
  task.fs.users--;
  task.pending.clear();
  process.tasks.splice(process.tasks.indexOf(task), 1);
  if (kernel.tasks.get(task.tid) === task) kernel.tasks.delete(task.tid);
  for (const child of process.children) {
    const signo = child.leader?.parentDeathSignal ?? 0;
    if (last && signo !== 0) sendToProcess(child, userInfo(signo, process.pid, task.cred.uid));
  }
  kernel.observer.exited?.(task, last, process.exitStatus);
  if (last) exitProcess(process);
  putMm(mm);
}

function exitProcess(process: Process): void {
  const { kernel, group, session } = process;
  process.timers?.dropAll();
  process.pending.clear();
  process.sighand.users--;
  const heir = reaperOf(process);
  for (const child of [...process.children]) {
    const wasOrphaned = isOrphaned(child);
    process.children.delete(child);
    child.parent = heir;
    if (heir === undefined) {
      if (child.state === 'zombie') reap(child);
    } else {
      heir.children.add(child);
      if (child.state === 'zombie') notifyParent(child);
    }
    if (!wasOrphaned) hangUpIfOrphaned(child);
  }
  process.state = 'zombie';
  if (session.sid === process.pid && session.tty !== undefined) {
    const { tty } = session;
    session.tty = undefined;
    tty.session = undefined;
    if (tty.foreground !== undefined) {
      sendToGroup(tty.foreground, kernelInfo(SIGHUP));
      sendToGroup(tty.foreground, kernelInfo(SIGCONT));
    }
  }
  process.exitQueue.wake();
  if (process === kernel.root) {
    kernel.rootExited(process.exitStatus);
    group.members.delete(process);
  } else notifyParent(process);
}

/** Nearest ancestor that adopts orphans (PR_SET_CHILD_SUBREAPER); without one they are of init's, which is not among us. */
function reaperOf(process: Process): Process | undefined {
  for (let p = process.parent; p !== undefined; p = p.parent)
    if (p.isSubreaper && p.state === 'alive') return p;
  return undefined;
}

/** A group that became orphaned with stopped members gets SIGHUP and SIGCONT (POSIX). */
function hangUpIfOrphaned(process: Process): void {
  const { group } = process;
  if (!isOrphaned(process)) return;
  if (![...group.members].some((member) => member.stopSignal !== 0)) return;
  sendToGroup(group, kernelInfo(SIGHUP));
  sendToGroup(group, kernelInfo(SIGCONT));
}

function notifyParent(process: Process): void {
  const { parent, uid } = process;
  if (parent === undefined) {
    reap(process);
    return;
  }
  const status = process.exitStatus;
  const signal = status & 0x7f;
  const code = signal === 0 ? CLD_EXITED : (status & 0x80) !== 0 ? CLD_DUMPED : CLD_KILLED;
  const { exitSignal } = process;
  const action = exitSignal === 0 ? undefined : parent.sighand.get(exitSignal);
  // POSIX: a parent that ignores SIGCHLD, or says so by SA_NOCLDWAIT, wants no zombies.
  const selfReaping =
    exitSignal === SIGCHLD &&
    action !== undefined &&
    (action.handler === SIG_IGN || (action.flags & SA_NOCLDWAIT) !== 0);
  if (exitSignal !== 0 && !(selfReaping && action.handler === SIG_IGN)) {
    const info = childInfo(exitSignal, code, process.pid, uid, signal === 0 ? (status >> 8) & 0xff : signal);
    info.utime = Math.floor(process.usage.userNs / 1e7);
    info.stime = Math.floor(process.usage.systemNs / 1e7);
    sendToProcess(parent, info);
  }
  if (selfReaping) reap(process);
  parent.childQueue.wake();
}

/** Forgets a zombie; its id is free from now on. */
export function reap(process: Process): void {
  const { kernel } = process;
  process.state = 'reaped';
  process.parent?.children.delete(process);
  kernel.processes.delete(process.pid);
  leaveGroup(process);
  process.exitQueue.wake();
}

/** Takes a process out of its group; an empty group is forgotten. */
export function leaveGroup(process: Process): void {
  const { group, kernel } = process;
  group.members.delete(process);
  if (group.members.size > 0) return;
  group.session.groups.delete(group.pgid);
  if (kernel.groups.get(group.pgid) === group) kernel.groups.delete(group.pgid);
}
