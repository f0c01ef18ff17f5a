/** The logs of `-d` that follow translation and execution; each line goes to one sink. */
import type { Abi } from '../abi/abi.js';
import { signalName, siCodeName } from '../abi/signals.js';
import type { Cpu } from '../cpu/cpu.js';
import type { SigInfo } from '../kernel/signal/info.js';
import type { Task } from '../kernel/task.js';
import { PERM_EXEC } from '../mmap/layout.js';
import type { EngineTrace } from '../translate/engine.js';
import type { CodeReader, FrontEnd } from '../translate/front-end.js';
import { hex, hexPad } from '../util/hex.js';
import { joinU64 } from '../util/bits.js';
import { blockText } from './ir-text.js';
import type { LogItem } from './log-items.js';
import { memoryMap } from './memory-map.js';
import { registerDump } from './registers.js';
import type { Symbolizer } from './symbolizer.js';

export type Sink = (text: string) => void;

/** Reads code through the address space without side effects on what the guest may do. */
export function codeReader(space: Cpu['space']): CodeReader {
  return {
    half(addr) {
      if (space.accessible(addr, 2, PERM_EXEC) < 2) return -1;
      const bytes = space.copyIn(addr, 2);
      if (bytes === undefined) return -1;
      return (bytes[0] as number) | ((bytes[1] as number) << 8);
    },
  };
}

/** Guest instructions of a block, one a line: address, bytes as instruction word, text. */
export function disassembleRange(frontEnd: FrontEnd, reader: CodeReader, start: number, end: number): string {
  let text = '';
  for (let pc = start; pc < end;) {
    const { text: insn, length } = frontEnd.disassemble(pc, reader);
    if (length === 0) break;
    let word = '';
    for (let at = 0; at < length; at += 2) word = hexPad(reader.half(pc + at) & 0xffff, 4) + word;
    text += `  ${hexPad(pc, 8)}: ${word.padEnd(9)} ${insn}\n`;
    pc += length;
  }
  return text;
}

/** Prints a module; `names` go beside its first functions. */
export type WasmPrinter = (bytes: Uint8Array, names: readonly string[]) => string;

/** What -d asks of an engine, or undefined when nothing. */
export function engineTrace(
  items: ReadonlySet<LogItem>,
  sink: Sink,
  abi: Abi,
  frontEnd: FrontEnd,
  symbolizer: Symbolizer,
  wasmText?: WasmPrinter,
): EngineTrace | undefined {
  const trace: EngineTrace = {};
  if (items.has('in_asm') || items.has('op')) {
    trace.translated = (block, cpu) => {
      if (items.has('in_asm')) {
        const name = symbolizer.name(cpu.space, block.pc);
        sink(
          `IN: ${name ?? hex(block.pc)}\n${disassembleRange(frontEnd, codeReader(cpu.space), block.pc, block.endPc)}\n`,
        );
      }
      if (items.has('op')) sink(`OP: ${hex(block.pc)}\n${blockText(abi, block)}\n`);
    };
  }
  if (items.has('exec') || items.has('cpu')) {
    trace.entered = (pc, cpu) => {
      if (items.has('exec')) {
        const name = symbolizer.name(cpu.space, pc);
        sink(`Trace ${hexPad(pc, 8)}${name === undefined ? '' : ` ${name}`}\n`);
      }
      if (items.has('cpu')) sink(registerDump(abi, cpu.r));
    };
  }
  if (items.has('wasm') && wasmText !== undefined) {
    trace.compiled = (bytes, regions) => {
      sink(
        `WASM: ${bytes.length} bytes\n${wasmText(
          bytes,
          regions.map((r) => hex(r.entry)),
        )}\n`,
      );
    };
  }
  return Object.keys(trace).length === 0 ? undefined : trace;
}

/** The line of `-d int` for a signal that is about to be acted upon. */
export function signalLine(task: Task, info: SigInfo, handler: number): string {
  const where = info.kind === 'fault' ? ` addr=${hex(joinU64(info.lo, info.hi))}` : '';
  const what = handler === 0 ? 'default action' : handler === 1 ? 'ignored' : `handler ${hex(handler)}`;
  const code = siCodeName(info.signo, info.code);
  return `Signal ${signalName(info.signo)} (${code})${where} pc=${hex(task.cpu.pc)} task ${task.tid}: ${what}\n`;
}

/** The block of `-d page` for a program that was just loaded. */
export function pageLog(task: Task): string {
  return `Memory map of ${task.name}[${task.tid}]:\n${memoryMap(task.mm.space.vmas())}`;
}
