/**
 * What a fatal signal of the guest prints: signal and cause, pc with symbol, the code there, registers, backtrace and
 * memory map. Everything is read from the stopped task; nothing is changed.
 */
import {
  siCodeName,
  signalName,
  signalText,
  SIGBUS,
  SIGFPE,
  SIGILL,
  SIGSEGV,
  SIGTRAP,
} from '../abi/signals.js';
import { SLOT_X } from '../cpu/layout.js';
import type { SigInfo } from '../kernel/signal/info.js';
import type { Task } from '../kernel/task.js';
import { PERM_EXEC, PERM_READ, PERM_WRITE } from '../mmap/layout.js';
import { hex } from '../util/hex.js';
import { joinU64 } from '../util/bits.js';
import { backtrace, type StackSource } from './backtrace.js';
import { memoryMap } from './memory-map.js';
import { registerDump } from './registers.js';
import type { Symbolizer } from './symbolizer.js';

/** Text of the instruction at an address, from the guest's front end; undefined when it cannot be read. */
export type Disassemble = (task: Task, pc: number) => string | undefined;

export function crashReport(
  task: Task,
  info: SigInfo,
  symbolizer: Symbolizer,
  disassemble: Disassemble | undefined,
): string {
  const { abi, cpu } = task;
  const { space } = task.mm;
  const { pc, r } = cpu;
  const register = (slot: number): number => {
    const word = (SLOT_X + slot) * 2;
    const lo = r[word] as number;
    return abi.wordSize === 8 ? joinU64(lo, r[word + 1] as number) : lo >>> 0;
  };
  const at = (addr: number, isReturn = false): string => {
    const where = symbolizer.describe(space, addr, isReturn);
    return where === undefined ? hex(addr) : `${hex(addr)} ${where}`;
  };

  let text = `sojourn: ${headline(task, info)}\n  pc ${at(pc)}`;
  const code = disassemble?.(task, pc);
  text += code === undefined ? '\n' : `: ${code}\n`;
  text += registerDump(abi, r);

  const source: StackSource = {
    readWord: (addr) => readWord(task, addr),
    vmaAt: (addr) => space.vmaAt(addr),
  };
  const frames = backtrace(abi, source, pc, register(abi.registers.ra), register(abi.registers.fp));
  if (frames.length > 1) {
    text += 'backtrace:\n';
    frames.forEach((frame, i) => {
      text += `  #${i} ${at(frame, i > 0)}\n`;
    });
  }
  return `${text}memory map:\n${memoryMap(space.vmas())}`;
}

/** The same in one line. What kills a child is news for its parent, which may have meant it. */
export function crashLine(task: Task, info: SigInfo, symbolizer: Symbolizer): string {
  const { pc } = task.cpu;
  const where = symbolizer.describe(task.mm.space, pc, false);
  return `sojourn: ${headline(task, info)}, pc ${hex(pc)}${where === undefined ? '' : ` ${where}`}\n`;
}

/** `prog[123]: SIGSEGV (Segmentation fault): cannot write 0x10 (SEGV_MAPERR)`. */
function headline(task: Task, info: SigInfo): string {
  const who = `${task.name}[${task.tid}]`;
  const what = `${signalName(info.signo)} (${signalText(info.signo)})`;
  const code = siCodeName(info.signo, info.code);
  if (info.kind !== 'fault') {
    const from = info.kind === 'kill' && info.pid !== 0 ? ` sent by process ${info.pid}` : '';
    return `${who}: ${what}${from}`;
  }
  const addr = joinU64(info.lo, info.hi);
  switch (info.signo) {
    case SIGSEGV:
    case SIGBUS:
      return `${who}: ${what}: cannot ${accessText(task.lastFault.access)} ${hex(addr)} (${code})`;
    case SIGILL:
    case SIGTRAP:
    case SIGFPE:
      return `${who}: ${what} at ${hex(addr)} (${code})`;
    default:
      return `${who}: ${what}`;
  }
}

function accessText(access: number): string {
  if (access === PERM_WRITE) return 'write';
  if (access === PERM_EXEC) return 'execute';
  return access === PERM_READ ? 'read' : 'access';
}

function readWord(task: Task, addr: number): number | undefined {
  const { wordSize, littleEndian } = task.abi;
  if (!(addr >= 0 && addr + wordSize <= 0x1_0000_0000)) return undefined;
  const bytes = task.mm.space.copyIn(addr, wordSize);
  if (bytes === undefined) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (wordSize === 4) return view.getUint32(0, littleEndian);
  const lo = view.getUint32(littleEndian ? 0 : 4, littleEndian);
  const hi = view.getUint32(littleEndian ? 4 : 0, littleEndian);
  return joinU64(lo, hi);
}
