/** Job control of terminals: who may read, write and change them (drivers/tty/tty_jobctrl.c, tty_check_change). */
import { EIO, ERESTARTSYS } from '../../abi/errno.js';
import { SIG_IGN, SIGTTIN } from '../../abi/signals.js';
import { IOCTLS } from '../../abi/terminal.js';
import type { ControllingTerminal } from '../process.js';
import { kernelInfo } from '../signal/info.js';
import { sendToGroup } from '../signal/send.js';
import { isOrphaned } from '../signal/stop.js';
import type { Task } from '../task.js';

/**
 * A process that is not in the foreground of its own terminal is stopped when it reads from it (SIGTTIN), or changes it
 * or writes with TOSTOP set (SIGTTOU). @returns 0: go on
 */
export function checkForeground(tty: ControllingTerminal, task: Task, signo: number): number {
  const { process } = task;
  if (process.session.tty !== tty || tty.foreground === undefined || tty.foreground === process.group)
    return 0;
  const ignored = process.sighand.get(signo).handler === SIG_IGN || task.blocked.has(signo);
  if (ignored) return signo === SIGTTIN ? -EIO : 0;
  if (isOrphaned(process)) return -EIO;
  sendToGroup(process.group, kernelInfo(signo));
  return -ERESTARTSYS;
}

const CHANGES: ReadonlySet<number> = new Set([
  IOCTLS.TCSETS,
  IOCTLS.TCSETSW,
  IOCTLS.TCSETSF,
  IOCTLS.TCSETS2,
  IOCTLS.TCSETSW2,
  IOCTLS.TCSETSF2,
  IOCTLS.TCSBRK,
  IOCTLS.TCSBRKP,
  IOCTLS.TCFLSH,
  IOCTLS.TCXONC,
  IOCTLS.TIOCSPGRP,
]);

/** Whether this ioctl is for the foreground only. */
export function changesTerminal(request: number): boolean {
  return CHANGES.has(request >>> 0);
}
