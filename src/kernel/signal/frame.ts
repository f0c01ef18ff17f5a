/** Pieces that the signal frames of all instruction sets share: siginfo, stack_t, sigset_t in guest memory. */
import { siginfo, sigset, stackT } from '../../abi/structs/signal.js';
import { SA_ONSTACK } from '../../abi/signals.js';
import { joinU64 } from '../../util/bits.js';
import type { AltStack, Task } from '../task.js';
import { type SigInfo, type SigInfoKind } from './info.js';
import type { SigSet } from '../sigset.js';
import type { SigAction } from './sighand.js';
import { handlerStack } from './mask.js';

/** Bytes of siginfo_t. */
export const SIGINFO_SIZE = 128;

/** A pointer-sized value from two words; exact up to 2^53, which is all a pointer can use. */
function pointer(task: Task, lo: number, hi: number): number {
  return task.abi.wordSize === 8 ? joinU64(lo, hi) : lo >>> 0;
}

/** Writes `siginfo_t` at `addr`. @returns false on EFAULT */
export function putSigInfo(task: Task, addr: number, info: SigInfo): boolean {
  const { signo: si_signo, errno: si_errno, code: si_code, pid, uid, status } = info;
  const layout = siginfo.for(task.abi);
  const head = { si_signo, si_errno, si_code };
  const { user } = task;
  switch (info.kind) {
    case 'kill':
      return user.put(layout, addr, { ...head, fields: { kill: { si_pid: pid, si_uid: uid } } });
    case 'child': {
      const { utime: si_utime, stime: si_stime } = info;
      const chld = { si_pid: pid, si_uid: uid, si_status: status, si_utime, si_stime };
      return user.put(layout, addr, { ...head, fields: { chld } });
    }
    case 'fault':
      if (!user.put(layout, addr, { ...head, fields: { fault: { si_addr: info.lo >>> 0 } } })) return false;
      // Below zero a number loses low bits, as near NULL; so the address is written as words.
      return task.abi.wordSize === 4 || user.write64(addr + 16, info.lo, info.hi);
    case 'poll':
      return user.put(layout, addr, { ...head, fields: { poll: { si_band: info.lo, si_fd: pid } } });
    case 'sys': {
      const sys = { si_call_addr: pointer(task, info.lo, info.hi), si_syscall: pid, si_arch: status };
      return user.put(layout, addr, { ...head, fields: { sys } });
    }
    case 'rt':
      if (!user.put(layout, addr, { ...head, fields: { rt: { si_pid: pid, si_uid: uid } } })) return false;
      return putValue(task, addr, info);
    case 'timer':
      if (!user.put(layout, addr, { ...head, fields: { timer: { si_tid: pid, si_overrun: status } } }))
        return false;
      return putValue(task, addr, info);
  }
}

/** sigval keeps all 64 bits, so it is written as words. It follows two ints at the start of the union. */
function putValue(task: Task, addr: number, info: SigInfo): boolean {
  return task.abi.wordSize === 8
    ? task.user.write64(addr + 24, info.lo, info.hi)
    : task.user.writeI32(addr + 20, info.lo);
}

/** Reads the siginfo_t a guest passes to rt_sigqueueinfo: always the `rt` member, as glibc's sigqueue fills it. */
export function getSigInfo(task: Task, addr: number, signo: number): SigInfo | undefined {
  const { user } = task;
  const bytes = user.get(siginfo.for(task.abi), addr);
  if (bytes === undefined) return undefined;
  const value = task.abi.wordSize === 8 ? user.read64(addr + 24) : user.readI32(addr + 20);
  if (value === false || value === undefined) return undefined;
  const kind: SigInfoKind = 'rt';
  return {
    signo,
    code: bytes.si_code,
    errno: bytes.si_errno,
    kind,
    pid: bytes.fields.rt.si_pid,
    uid: bytes.fields.rt.si_uid,
    lo: value === true ? user.lo : value,
    hi: value === true ? user.hi : 0,
    status: 0,
    utime: 0,
    stime: 0,
  };
}

/** sigset_t at `addr`, 8 bytes. */
export function putSigSet(task: Task, addr: number, set: SigSet): boolean {
  return task.user.put(sigset.for(task.abi), addr, { lo: set.lo >>> 0, hi: set.hi >>> 0 });
}

/** Reads a sigset_t into `into`. @returns false on EFAULT */
export function getSigSet(task: Task, addr: number, into: SigSet): boolean {
  const value = task.user.get(sigset.for(task.abi), addr);
  if (value === undefined) return false;
  into.set(value.lo, value.hi);
  return true;
}

export function putStack(task: Task, addr: number, stack: AltStack): boolean {
  return task.user.put(stackT.for(task.abi), addr, {
    ss_sp: stack.sp,
    ss_flags: stack.flags | 0,
    ss_size: stack.size,
  });
}

export function getStack(task: Task, addr: number): AltStack | undefined {
  const value = task.user.get(stackT.for(task.abi), addr);
  return value === undefined ? undefined : { sp: value.ss_sp, size: value.ss_size, flags: value.ss_flags };
}

/**
 * Address of a frame of `size` bytes, 16-byte aligned (both psABIs), below the current stack pointer or on the
 * alternate stack; -1 when it does not fit there.
 */
export function frameAddress(task: Task, action: SigAction, sp: number, size: number): number {
  const top = handlerStack(task, action, sp);
  const at = top - size;
  const frame = at - (((at % 16) + 16) % 16);
  if (frame < 0) return -1;
  // Running out of the alternate stack must not write below it.
  if ((action.flags & SA_ONSTACK) !== 0 && top !== sp && frame < task.altStack.sp) return -1;
  return frame;
}
