/**
 * Machine contexts of signal frames (arch/<arch>/include/uapi/asm/{sigcontext,ucontext,ptrace}.h and the
 * rt_sigframe of arch/<arch>/kernel/signal.c). Register values are word pairs where all 64 bits matter: `regs` are
 * unsigned longs, so a frame is copied as words by the kernel, which uses the offsets here.
 */
import { aligned, array, chars, hexed, struct } from '../layout.js';
import { siginfo, sigset, stackT } from './signal.js';

/** RISC-V: pc, then x1…x31; the floating-point union is as large as the Q extension's state. */
export const sigcontextRiscv = struct('sigcontext', {
  /** pc, ra, sp, … t6: index n is x(n), index 0 is pc. */
  regs: array('ulong', 32),
  /** f0…f31, 8 bytes each (F only: 4 bytes each). */
  fregs: aligned(16, array('u32', 64)),
  fcsr: hexed('u32'),
  __rest: array('u32', 67),
});

export const ucontextRiscv = struct('ucontext', {
  uc_flags: hexed('ulong'),
  uc_link: 'ptr',
  uc_stack: stackT,
  uc_sigmask: sigset,
  __unused: array('u8', 1024 / 8 - 8),
  uc_mcontext: sigcontextRiscv,
});

export const rtSigframeRiscv = struct('rt_sigframe', { info: siginfo, uc: ucontextRiscv });

/** AArch64: registers, then records of `_aarch64_ctx` in the reserved area, ended by magic 0. */
export const sigcontextAarch64 = struct('sigcontext', {
  fault_address: hexed('u64'),
  regs: array('u64', 31),
  sp: hexed('u64'),
  pc: hexed('u64'),
  pstate: hexed('u64'),
  __reserved: aligned(16, array('u32', 1024)),
});

export const FPSIMD_MAGIC = 0x46508001;
export const ESR_MAGIC = 0x45535201;
export const EXTRA_MAGIC = 0x45585401;
export const fpsimdContext = struct('fpsimd_context', {
  magic: hexed('u32'),
  size: 'u32',
  fpsr: hexed('u32'),
  fpcr: hexed('u32'),
  vregs: aligned(16, array('u32', 128)),
});
export const esrContext = struct('esr_context', { magic: hexed('u32'), size: 'u32', esr: hexed('u64') });

export const ucontextAarch64 = struct('ucontext', {
  uc_flags: hexed('ulong'),
  uc_link: 'ptr',
  uc_stack: stackT,
  uc_sigmask: sigset,
  __unused: array('u8', 1024 / 8 - 8),
  uc_mcontext: sigcontextAarch64,
});

export const rtSigframeAarch64 = struct('rt_sigframe', { info: siginfo, uc: ucontextAarch64 });
/** The frame record below the signal frame that lets unwinders walk past it. */
export const frameRecordAarch64 = struct('frame_record', { fp: hexed('u64'), lr: hexed('u64') });

export const sigcontextArm = struct('sigcontext', {
  trap_no: 'ulong',
  error_code: hexed('ulong'),
  oldmask: hexed('ulong'),
  /** r0…r10, fp, ip, sp, lr, pc. */
  regs: array('ulong', 16),
  arm_cpsr: hexed('ulong'),
  fault_address: 'ptr',
});

export const ucontextArm = struct('ucontext', {
  uc_flags: hexed('ulong'),
  uc_link: 'ptr',
  uc_stack: stackT,
  uc_mcontext: sigcontextArm,
  uc_sigmask: sigset,
  __unused: array('i32', 32 - 2),
  uc_regspace: aligned(8, array('u32', 128)),
});

export const VFP_MAGIC = 0x56465001;
/** In uc_regspace: d0…d31 and the status registers. */
export const vfpSigframeArm = struct('vfp_sigframe', {
  magic: hexed('ulong'),
  size: 'ulong',
  fpregs: aligned(8, array('u32', 64)),
  fpscr: hexed('ulong'),
  __pad: 'u32',
  fpexc: hexed('ulong'),
  fpinst: hexed('ulong'),
  fpinst2: hexed('ulong'),
});

/** `struct rt_sigframe` of ARM: the return code is four words behind the context. */
export const rtSigframeArm = struct('rt_sigframe', { info: siginfo, uc: ucontextArm, retcode: chars(16) });
/** `struct sigframe` of ARM, for handlers without SA_SIGINFO. */
export const sigframeArm = struct('sigframe', { uc: ucontextArm, retcode: chars(16) });
