/**
 * Signals as user space sees them: sigaction, siginfo, stack_t (include/uapi/asm-generic/{signal,siginfo}.h; ARM
 * puts its restorer between flags and mask, arch/arm/include/uapi/asm/signal.h).
 */
import { array, type DataModel, hexed, is32, is64, struct, union, when } from '../layout.js';

type SigsetFields = Readonly<Record<'lo' | 'hi', 'u32'>>;

/**
 * `sigset_t` of the kernel, 64 signals: lo holds signals 1…32, hi 33…64. An array of longs, so that a 64-bit
 * big-endian guest has the high word first.
 */
export const sigset = struct('sigset', (m: DataModel): SigsetFields =>
  m.littleEndian || m.wordSize === 4 ? { lo: 'u32', hi: 'u32' } : { hi: 'u32', lo: 'u32' },
);

/** Kernel `struct sigaction` without a restorer: RISC-V. */
export const sigaction = struct('sigaction', {
  sa_handler: 'ptr',
  sa_flags: hexed('ulong'),
  sa_mask: sigset,
});
/** Kernel `struct sigaction` with sa_restorer: ARM and AArch64. */
export const sigactionRestorer = struct('sigaction', {
  sa_handler: 'ptr',
  sa_flags: hexed('ulong'),
  sa_restorer: 'ptr',
  sa_mask: sigset,
});
/** ARM's `struct old_sigaction` of sigaction(67): the mask is one long and stands second. */
export const oldSigaction = struct('old_sigaction', {
  sa_handler: 'ptr',
  sa_mask: hexed('ulong'),
  sa_flags: hexed('ulong'),
  sa_restorer: 'ptr',
});

export const stackT = struct('stack_t', { ss_sp: 'ptr', ss_flags: 'i32', ss_size: 'ulong' });

const KILL = struct('siginfo_kill', { si_pid: 'i32', si_uid: 'u32' });
const TIMER = struct('siginfo_timer', {
  si_tid: 'i32',
  si_overrun: 'i32',
  si_value: 'ptr',
  __private: 'i32',
});
const RT = struct('siginfo_rt', { si_pid: 'i32', si_uid: 'u32', si_value: 'ptr' });
const CHLD = struct('siginfo_chld', {
  si_pid: 'i32',
  si_uid: 'u32',
  si_status: 'i32',
  si_utime: 'long',
  si_stime: 'long',
});
const FAULT = struct('siginfo_fault', { si_addr: 'ptr', si_addr_lsb: 'i16' });
const POLL = struct('siginfo_poll', { si_band: 'long', si_fd: 'i32' });
const SYS = struct('siginfo_sys', { si_call_addr: 'ptr', si_syscall: 'i32', si_arch: hexed('u32') });

/** `siginfo_t`, 128 bytes: a head and the member of the union that si_signo and si_code choose. */
export const siginfo = struct('siginfo', {
  si_signo: 'i32',
  si_errno: 'i32',
  si_code: 'i32',
  fields: union({
    kill: KILL,
    timer: TIMER,
    rt: RT,
    chld: CHLD,
    fault: FAULT,
    poll: POLL,
    sys: SYS,
    pad64: when(is64, array('i32', 28)),
    pad32: when(is32, array('i32', 29)),
  }),
});

/** `struct sigevent`, 64 bytes. */
export const sigevent = struct('sigevent', {
  sigev_value: 'ptr',
  sigev_signo: 'i32',
  sigev_notify: 'i32',
  sigev_tid: 'i32',
  __pad: when(is64, array('i32', 11)),
  __pad32: when(is32, array('i32', 12)),
});
