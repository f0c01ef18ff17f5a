/**
 * AArch64 (arch/arm64/kernel/signal.c, process.c). The signal frame is `struct rt_sigframe`: siginfo and a ucontext whose
 * sigcontext has x0…x30, sp, pc and pstate, then records in its reserved area: fpsimd_context, for faults esr_context, and
 * an end. Above the frame lies a frame record (fp, lr) that lets unwinders walk past it.
 */
import {
  ESR_MAGIC,
  esrContext,
  FPSIMD_MAGIC,
  fpsimdContext,
  frameRecordAarch64,
  rtSigframeAarch64,
  sigcontextAarch64,
  ucontextAarch64,
} from '../../abi/structs/ucontext.js';
import { FAULT_ALIGN } from '../../cpu/exit.js';
import { SLOT_PSTATE, SLOT_TLS, SLOT_V, WORD_PC, WORD_PC_HIGH, WORD_RES_ADDR } from '../../cpu/layout.js';
import { FAULT_ACCERR, PERM_EXEC, PERM_WRITE } from '../../mmap/layout.js';
import { readNzcv, writeNzcv } from '../../translate/isa/aarch64/flags.js';
import { readFpcr, readFpsr, resetFp, writeFpcr, writeFpsr } from '../../translate/isa/aarch64/fp-control.js';
import { frameAddress, getSigSet, getStack, putSigInfo, putSigSet, putStack } from '../signal/frame.js';
import type { SigInfo } from '../signal/info.js';
import { restoreAltStack, setBlocked } from '../signal/mask.js';
import type { SigAction } from '../signal/sighand.js';
import { SigSet } from '../sigset.js';
import type { Task } from '../task.js';
import type { Arch } from './arch.js';

const X_FP = 29;
/** Linux takes sa_restorer only with this flag (arch/arm64/kernel/signal.c). */
const SA_RESTORER = 0x0400_0000;
const X_LR = 30;
const X_SP = 31;
const X_NUMBER = 8;

/** PSTATE bits of a signal context beside NZCV: DIT, SSBS, at their places in SPSR. */
const PSTATE_BITS = (1 << 24) | (1 << 12);

interface FrameOffsets {
  readonly size: number;
  readonly uc: number;
  readonly stack: number;
  readonly mask: number;
  readonly context: number;
  readonly reserved: number;
}

const at = (() => {
  let offsets: FrameOffsets | undefined;
  return (task: Task): FrameOffsets =>
    (offsets ??= ((): FrameOffsets => {
      const frame = rtSigframeAarch64.for(task.abi);
      const ucontext = ucontextAarch64.for(task.abi).offset;
      const { uc } = frame.offset;
      const context = uc + ucontext.uc_mcontext;
      return {
        size: frame.size,
        uc,
        stack: uc + ucontext.uc_stack,
        mask: uc + ucontext.uc_sigmask,
        context,
        reserved: context + sigcontextAarch64.for(task.abi).offset.__reserved,
      };
    })());
})();

function setX(task: Task, n: number, value: number): void {
  task.cpu.r[n * 2] = value | 0;
  task.cpu.r[n * 2 + 1] = Math.floor(value / 0x1_0000_0000);
}

function getX(task: Task, n: number): number {
  const { r } = task.cpu;
  return ((r[n * 2 + 1] as number) >>> 0) * 0x1_0000_0000 + ((r[n * 2] as number) >>> 0);
}

/**
 * ESR_EL1 of a fault as user space sees it: exception class, instruction length, write bit and status code (Arm ARM
 * D17.2.37; ISS encodings for aborts).
 */
function syndrome(task: Task): number {
  const { faultAccess, faultKind } = task.cpu;
  const status = faultKind === FAULT_ALIGN ? 0x21 : faultKind === FAULT_ACCERR ? 0x0f : 0x07;
  const fetch = faultAccess === PERM_EXEC;
  const write = faultAccess === PERM_WRITE ? 1 << 6 : 0;
  return ((fetch ? 0x20 : 0x24) * 2 ** 26 + (1 << 25) + (fetch ? 0 : write) + status) >>> 0;
}

function setupFrame(task: Task, info: SigInfo, action: SigAction, mask: SigSet): boolean {
  const o = at(task);
  const { abi, cpu, user } = task;
  const { r } = cpu;
  const little = abi.littleEndian;
  const recordSize = frameRecordAarch64.for(abi).size;
  const frame = frameAddress(task, action, getX(task, X_SP), o.size + recordSize);
  if (frame < 0) return false;
  const bytes = new Uint8Array(o.size + recordSize);
  const view = new DataView(bytes.buffer);
  const put64 = (offset: number, lo: number, hi: number): void => {
    view.setInt32(offset + (little ? 0 : 4), lo, little);
    view.setInt32(offset + (little ? 4 : 0), hi, little);
  };
  const putX = (offset: number, n: number): void => {
    put64(offset, r[n * 2] as number, r[n * 2 + 1] as number);
  };
  const context = sigcontextAarch64.for(abi).offset;
  if (info.kind === 'fault') put64(o.context + context.fault_address, info.lo, info.hi);
  // x0…x30, sp: consecutive, as in the CPU block.
  for (let n = 0; n < 32; n++) putX(o.context + context.regs + n * 8, n);
  put64(o.context + context.pc, r[WORD_PC] as number, r[WORD_PC_HIGH] as number);
  put64(o.context + context.pstate, readNzcv(r) | ((r[SLOT_PSTATE * 2] as number) & PSTATE_BITS), 0);

  let next = o.reserved;
  const simd = fpsimdContext.for(abi);
  view.setUint32(next + simd.offset.magic, FPSIMD_MAGIC, little);
  view.setUint32(next + simd.offset.size, simd.size, little);
  view.setInt32(next + simd.offset.fpsr, readFpsr(r), little);
  view.setInt32(next + simd.offset.fpcr, readFpcr(r), little);
  // The vector registers are 128-bit integers: big-endian guests see the high doubleword first.
  for (let n = 0; n < 32; n++) {
    putX(next + simd.offset.vregs + n * 16, SLOT_V + 2 * n + (little ? 0 : 1));
    putX(next + simd.offset.vregs + n * 16 + 8, SLOT_V + 2 * n + (little ? 1 : 0));
  }
  next += simd.size;
  if (info.kind === 'fault' && info.code > 0) {
    const esr = esrContext.for(abi);
    view.setUint32(next + esr.offset.magic, ESR_MAGIC, little);
    view.setUint32(next + esr.offset.size, esr.size, little);
    put64(next + esr.offset.esr, syndrome(task), 0);
  }
  // The record of magic 0 that ends the list is there: the area is zero.
  putX(o.size, X_FP);
  putX(o.size + 8, X_LR);
  if (!user.copyOut(frame, bytes)) return false;
  if (!putSigInfo(task, frame, info)) return false;
  if (!putStack(task, frame + o.stack, task.altStack) || !putSigSet(task, frame + o.mask, mask)) return false;
  setX(task, 0, info.signo);
  setX(task, 1, frame);
  setX(task, 2, frame + o.uc);
  setX(task, X_FP, frame + o.size);
  setX(task, X_LR, (action.flags & SA_RESTORER) === 0 ? task.mm.program.trampoline : action.restorer);
  setX(task, X_SP, frame);
  cpu.pc = action.handler;
  return true;
}

/** Reads the records; @returns false unless there is exactly what Linux insists on: a floating-point record. */
function restoreRecords(task: Task, view: DataView, start: number): boolean {
  const { abi } = task;
  const { r } = task.cpu;
  const little = abi.littleEndian;
  const simd = fpsimdContext.for(abi);
  let next = start;
  let found = false;
  while (next + 8 <= view.byteLength) {
    const magic = view.getUint32(next, little);
    const size = view.getUint32(next + 4, little);
    if (magic === 0) return size === 0 && found;
    if (size < 8 || (size & 15) !== 0 || next + size > view.byteLength) return false;
    if (magic === FPSIMD_MAGIC) {
      if (found || size !== simd.size) return false;
      found = true;
      writeFpsr(r, view.getInt32(next + simd.offset.fpsr, little));
      writeFpcr(r, view.getInt32(next + simd.offset.fpcr, little), true);
      for (let k = 0; k < 128; k++) {
        const word = (SLOT_V * 2 + k) ^ (little ? 0 : 3);
        r[word] = view.getInt32(next + simd.offset.vregs + k * 4, little);
      }
    } else if (magic !== ESR_MAGIC) return false;
    next += size;
  }
  return false;
}

function restoreFrame(task: Task): boolean {
  const o = at(task);
  const { abi, cpu, user } = task;
  const { r } = cpu;
  const frame = getX(task, X_SP);
  if (frame % 16 !== 0) return false;
  const bytes = user.copyIn(frame, o.size);
  const mask = new SigSet();
  const stack = getStack(task, frame + o.stack);
  if (bytes === undefined || stack === undefined || !getSigSet(task, frame + o.mask, mask)) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = abi.littleEndian;
  const context = sigcontextAarch64.for(abi).offset;
  const get = (word: number, offset: number): void => {
    r[word] = view.getInt32(offset + (little ? 0 : 4), little);
    r[word + 1] = view.getInt32(offset + (little ? 4 : 0), little);
  };
  if (!restoreRecords(task, view, o.reserved)) return false;
  for (let n = 0; n < 32; n++) get(n * 2, o.context + context.regs + n * 8);
  get(WORD_PC, o.context + context.pc);
  const pstate = view.getInt32(o.context + context.pstate + (little ? 0 : 4), little);
  writeNzcv(r, pstate);
  r[SLOT_PSTATE * 2] = pstate & PSTATE_BITS;
  r[WORD_RES_ADDR] = -1;
  setBlocked(task, mask);
  restoreAltStack(task, stack);
  return true;
}

export const aarch64: Arch = {
  setupFrame,
  restoreFrame,

  restartSyscall(task) {
    const { cpu, syscallEntry } = task;
    const { r } = cpu;
    r[X_NUMBER * 2] = syscallEntry[0] as number;
    r[0] = syscallEntry[1] as number;
    r[1] = syscallEntry[2] as number;
    cpu.pc -= 4;
  },

  setSyscallNumber(task, number) {
    setX(task, X_NUMBER, number);
  },

  startProgram(task, pc, sp) {
    const { cpu } = task;
    cpu.r.fill(0, 0, WORD_PC);
    cpu.r.fill(0, SLOT_V * 2, (SLOT_V + 64) * 2);
    writeNzcv(cpu.r, 0);
    cpu.r[SLOT_PSTATE * 2] = 0;
    setX(task, SLOT_TLS, 0);
    resetFp(cpu.r);
    cpu.r[WORD_RES_ADDR] = -1;
    cpu.pc = pc;
    setX(task, X_SP, sp);
  },

  setTls(task, value) {
    setX(task, SLOT_TLS, value);
  },
};
