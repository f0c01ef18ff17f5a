/**
 * RISC-V 32 and 64 (arch/riscv/kernel/signal.c, process.c). The signal frame is `struct rt_sigframe`: siginfo and a
 * ucontext whose sigcontext has pc, x1…x31, f0…f31 and fcsr; behind fcsr the (empty) list of extension records, all
 * zero.
 */
import { rtSigframeRiscv, sigcontextRiscv, ucontextRiscv } from '../../abi/structs/ucontext.js';
import {
  FP_DEFAULT_NAN,
  FP_FLAGS,
  FP_MODE,
  FP_RM,
  SLOT_V,
  WORD_PC,
  WORD_PC_HIGH,
  WORD_RES_ADDR,
} from '../../cpu/layout.js';
import { frameAddress, getSigSet, getStack, putSigInfo, putSigSet, putStack } from '../signal/frame.js';
import type { SigInfo } from '../signal/info.js';
import type { SigAction } from '../signal/sighand.js';
import { SigSet } from '../sigset.js';
import { restoreAltStack, setBlocked } from '../signal/mask.js';
import type { Task } from '../task.js';
import type { Arch } from './arch.js';

const X_RA = 1;
const X_SP = 2;
const X_TP = 4;
const X_A0 = 10;
const X_A7 = 17;

interface FrameOffsets {
  readonly size: number;
  readonly uc: number;
  readonly stack: number;
  readonly mask: number;
  readonly regs: number;
  readonly fregs: number;
  readonly fcsr: number;
}

const offsets: (FrameOffsets | undefined)[] = [];

function frameOffsets(task: Task): FrameOffsets {
  return (offsets[task.abi.wordSize] ??= ((): FrameOffsets => {
    const frame = rtSigframeRiscv.for(task.abi);
    const ucontext = ucontextRiscv.for(task.abi).offset;
    const context = sigcontextRiscv.for(task.abi).offset;
    const { uc } = frame.offset;
    const mcontext = uc + ucontext.uc_mcontext;
    return {
      size: frame.size,
      uc,
      stack: uc + ucontext.uc_stack,
      mask: uc + ucontext.uc_sigmask,
      regs: mcontext + context.regs,
      fregs: mcontext + context.fregs,
      fcsr: mcontext + context.fcsr,
    };
  })());
}

function setWord(task: Task, slot: number, value: number): void {
  const { r } = task.cpu;
  r[slot * 2] = value | 0;
  r[slot * 2 + 1] = Math.floor(value / 0x1_0000_0000);
}

function getWord(task: Task, slot: number): number {
  const { r } = task.cpu;
  const lo = (r[slot * 2] as number) >>> 0;
  return task.abi.wordSize === 8 ? ((r[slot * 2 + 1] as number) >>> 0) * 0x1_0000_0000 + lo : lo;
}

function setupFrame(task: Task, info: SigInfo, action: SigAction, mask: SigSet): boolean {
  const o = frameOffsets(task);
  const at = frameAddress(task, action, getWord(task, X_SP), o.size);
  if (at < 0) return false;
  const { cpu, user } = task;
  const { r } = cpu;
  const bytes = new Uint8Array(o.size);
  const view = new DataView(bytes.buffer);
  const word = task.abi.wordSize;
  for (let n = 0; n < 32; n++) {
    // Index 0 holds the pc, which has a slot of its own.
    const lo = r[n === 0 ? WORD_PC : n * 2] as number;
    const hi = r[n === 0 ? WORD_PC_HIGH : n * 2 + 1] as number;
    view.setInt32(o.regs + n * word, lo, true);
    if (word === 8) view.setInt32(o.regs + n * 8 + 4, hi, true);
    view.setInt32(o.fregs + n * 8, r[(SLOT_V + 2 * n) * 2] as number, true);
    view.setInt32(o.fregs + n * 8 + 4, r[(SLOT_V + 2 * n) * 2 + 1] as number, true);
  }
  view.setInt32(o.fcsr, ((r[FP_FLAGS] as number) & 31) | ((r[FP_RM] as number) << 5), true);
  if (!user.copyOut(at, bytes)) return false;
  if (!putSigInfo(task, at, info)) return false;
  if (!putStack(task, at + o.stack, task.altStack) || !putSigSet(task, at + o.mask, mask)) return false;
  setWord(task, X_RA, task.mm.program.trampoline);
  setWord(task, X_SP, at);
  setWord(task, X_A0, info.signo);
  setWord(task, X_A0 + 1, at);
  setWord(task, X_A0 + 2, at + o.uc);
  cpu.pc = action.handler;
  return true;
}

function restoreFrame(task: Task): boolean {
  const o = frameOffsets(task);
  const at = getWord(task, X_SP);
  const bytes = task.user.copyIn(at, o.size);
  const mask = new SigSet();
  const stack = getStack(task, at + o.stack);
  if (bytes === undefined || stack === undefined || !getSigSet(task, at + o.mask, mask)) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { r } = task.cpu;
  const word = task.abi.wordSize;
  for (let n = 0; n < 32; n++) {
    const lo = view.getInt32(o.regs + n * word, true);
    r[n === 0 ? WORD_PC : n * 2] = lo;
    r[n === 0 ? WORD_PC_HIGH : n * 2 + 1] = word === 8 ? view.getInt32(o.regs + n * 8 + 4, true) : 0;
    r[(SLOT_V + 2 * n) * 2] = view.getInt32(o.fregs + n * 8, true);
    r[(SLOT_V + 2 * n) * 2 + 1] = view.getInt32(o.fregs + n * 8 + 4, true);
  }
  const fcsr = view.getInt32(o.fcsr, true);
  r[FP_FLAGS] = fcsr & 31;
  r[FP_RM] = (fcsr >> 5) & 7;
  r[WORD_RES_ADDR] = -1;
  setBlocked(task, mask);
  restoreAltStack(task, stack);
  return true;
}

export const riscv: Arch = {
  setupFrame,
  restoreFrame,

  restartSyscall(task) {
    const { cpu, syscallEntry } = task;
    const { r } = cpu;
    r[X_A7 * 2] = syscallEntry[0] as number;
    r[X_A0 * 2] = syscallEntry[1] as number;
    r[X_A0 * 2 + 1] = syscallEntry[2] as number;
    // ecall has no compressed form.
    cpu.pc -= 4;
  },

  setSyscallNumber(task, number) {
    setWord(task, X_A7, number);
  },

  startProgram(task, pc, sp) {
    task.cpu.r.fill(0, 0, WORD_PC);
    task.cpu.r.fill(0, SLOT_V * 2, (SLOT_V + 64) * 2);
    task.cpu.r[FP_FLAGS] = 0;
    task.cpu.r[FP_RM] = 0;
    // Every NaN result is the canonical one (Unprivileged ISA 20191213, 11.3).
    task.cpu.r[FP_MODE] = FP_DEFAULT_NAN;
    task.cpu.r[WORD_RES_ADDR] = -1;
    task.cpu.pc = pc;
    setWord(task, X_SP, sp);
  },

  setTls(task, value) {
    setWord(task, X_TP, value);
  },
};
