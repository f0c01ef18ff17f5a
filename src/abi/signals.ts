/**
 * Signals: numbers, default actions, sigaction flags, siginfo codes. RISC-V, AArch64 and ARM all use
 * asm-generic's numbers (include/uapi/asm-generic/signal.h, siginfo.h); ARM adds SA_THIRTYTWO and SA_RESTORER.
 */

export const SIGNALS = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSTKFLT: 16,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGURG: 23,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGWINCH: 28,
  SIGIO: 29,
  SIGPWR: 30,
  SIGSYS: 31,
} as const;

export type SignalName = keyof typeof SIGNALS;

export const {
  SIGHUP,
  SIGINT,
  SIGQUIT,
  SIGILL,
  SIGTRAP,
  SIGABRT,
  SIGBUS,
  SIGFPE,
  SIGKILL,
  SIGUSR1,
  SIGSEGV,
  SIGUSR2,
  SIGPIPE,
  SIGALRM,
  SIGTERM,
  SIGSTKFLT,
  SIGCHLD,
  SIGCONT,
  SIGSTOP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  SIGURG,
  SIGXCPU,
  SIGXFSZ,
  SIGVTALRM,
  SIGPROF,
  SIGWINCH,
  SIGIO,
  SIGPWR,
  SIGSYS,
} = SIGNALS;

/** First real-time signal as the kernel counts (libc keeps 32 and 33 for itself), and the last. */
export const SIGRTMIN = 32;
export const SIGRTMAX = 64;
/** Number of signals, `_NSIG`. */
export const NSIG = 64;

const NAMES: string[] = [];
for (const [name, number] of Object.entries(SIGNALS)) NAMES[number] = name;

/** `SIGSEGV`, `SIGRT_3`, or `SIG77` for what does not exist. */
export function signalName(signal: number): string {
  const name = NAMES[signal];
  if (name !== undefined) return name;
  return signal >= SIGRTMIN && signal <= SIGRTMAX ? `SIGRT_${signal - SIGRTMIN}` : `SIG${signal}`;
}

/** What the C library's strsignal says, for the CLI's last words. */
const TEXTS: Partial<Record<number, string>> = {
  1: 'Hangup',
  2: 'Interrupt',
  3: 'Quit',
  4: 'Illegal instruction',
  5: 'Trace/breakpoint trap',
  6: 'Aborted',
  7: 'Bus error',
  8: 'Floating point exception',
  9: 'Killed',
  10: 'User defined signal 1',
  11: 'Segmentation fault',
  12: 'User defined signal 2',
  13: 'Broken pipe',
  14: 'Alarm clock',
  15: 'Terminated',
  16: 'Stack fault',
  24: 'CPU time limit exceeded',
  25: 'File size limit exceeded',
  26: 'Virtual timer expired',
  27: 'Profiling timer expired',
  29: 'I/O possible',
  30: 'Power failure',
  31: 'Bad system call',
};
export function signalText(signal: number): string {
  return TEXTS[signal] ?? `Signal ${signal}`;
}

export type DefaultAction = 'terminate' | 'core' | 'ignore' | 'stop' | 'continue';

/** Default action of a signal (signal(7)). */
export function defaultAction(signal: number): DefaultAction {
  switch (signal) {
    case SIGQUIT:
    case SIGILL:
    case SIGTRAP:
    case SIGABRT:
    case SIGBUS:
    case SIGFPE:
    case SIGSEGV:
    case SIGXCPU:
    case SIGXFSZ:
    case SIGSYS:
      return 'core';
    case SIGCHLD:
    case SIGURG:
    case SIGWINCH:
      return 'ignore';
    case SIGCONT:
      return 'continue';
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
      return 'stop';
    default:
      return 'terminate';
  }
}

export const SIG_DFL = 0;
export const SIG_IGN = 1;

export const SIG_BLOCK = 0;
export const SIG_UNBLOCK = 1;
export const SIG_SETMASK = 2;

export const SA_NOCLDSTOP = 0x1;
export const SA_NOCLDWAIT = 0x2;
export const SA_SIGINFO = 0x4;
export const SA_UNSUPPORTED = 0x400;
export const SA_EXPOSE_TAGBITS = 0x800;
/** ARM only: the struct carries a restorer. */
export const SA_RESTORER = 0x0400_0000;
export const SA_ONSTACK = 0x0800_0000;
export const SA_RESTART = 0x1000_0000;
export const SA_NODEFER = 0x4000_0000;
export const SA_RESETHAND = 0x8000_0000;
export const SA_FLAGS = {
  SA_NOCLDSTOP,
  SA_NOCLDWAIT,
  SA_SIGINFO,
  SA_RESTORER,
  SA_ONSTACK,
  SA_RESTART,
  SA_NODEFER,
  SA_RESETHAND,
} as const;

export const SS_ONSTACK = 1;
export const SS_DISABLE = 2;
export const SS_AUTODISARM = 0x8000_0000;

/** `si_code` values common to all signals. */
export const SI_USER = 0;
export const SI_KERNEL = 128;
export const SI_QUEUE = -1;
export const SI_TIMER = -2;
export const SI_MESGQ = -3;
export const SI_ASYNCIO = -4;
export const SI_SIGIO = -5;
export const SI_TKILL = -6;

export const ILL_ILLOPC = 1;
export const FPE_INTDIV = 1;
export const SEGV_MAPERR = 1;
export const SEGV_ACCERR = 2;
export const BUS_ADRALN = 1;
export const BUS_ADRERR = 2;
export const TRAP_BRKPT = 1;
export const CLD_EXITED = 1;
export const CLD_KILLED = 2;
export const CLD_DUMPED = 3;
export const CLD_STOPPED = 5;
export const CLD_CONTINUED = 6;
export const SYS_SECCOMP = 1;

/** `si_code` as strace prints it. */
export function siCodeName(signal: number, code: number): string {
  const general: Partial<Record<number, string>> = {
    [SI_USER]: 'SI_USER',
    [SI_KERNEL]: 'SI_KERNEL',
    [SI_QUEUE]: 'SI_QUEUE',
    [SI_TIMER]: 'SI_TIMER',
    [SI_MESGQ]: 'SI_MESGQ',
    [SI_ASYNCIO]: 'SI_ASYNCIO',
    [SI_SIGIO]: 'SI_SIGIO',
    [SI_TKILL]: 'SI_TKILL',
  };
  const special: Partial<Record<number, readonly string[]>> = {
    [SIGILL]: ['', 'ILL_ILLOPC'],
    [SIGFPE]: ['', 'FPE_INTDIV'],
    [SIGSEGV]: ['', 'SEGV_MAPERR', 'SEGV_ACCERR'],
    [SIGBUS]: ['', 'BUS_ADRALN', 'BUS_ADRERR'],
    [SIGTRAP]: ['', 'TRAP_BRKPT', 'TRAP_TRACE'],
    [SIGCHLD]: ['', 'CLD_EXITED', 'CLD_KILLED', 'CLD_DUMPED', 'CLD_TRAPPED', 'CLD_STOPPED', 'CLD_CONTINUED'],
  };
  const name = code > 0 ? special[signal]?.[code] : undefined;
  return name ?? general[code] ?? String(code);
}
