/**
 * --strace: a dispatcher that prints every call in the style of strace(1), from the rows alone.
 *
 *     4711 openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3
 *     4711 read(3, <unfinished ...>
 *     4711 <... read resumed>"root:x:0:0"..., 4096) = 1204
 */
import { EINTR, ERESTARTSYS, ERESTART_RESTARTBLOCK, errnoName } from '../abi/errno.js';
import type { Fields, StructDef } from '../abi/layout.js';
import { signalName } from '../abi/signals.js';
import * as structs from '../abi/structs/index.js';
import { KEEP_REGISTERS, type SyscallPort } from '../kernel/scheduler.js';
import type { Task } from '../kernel/task.js';
import { isBlocking, type Blocking } from '../kernel/wait.js';
import type { Dispatcher } from './dispatch.js';
import type { Arg, ResultKind, Row, Rows } from './row.js';
import { pointerText, printError, printScalar, quote, quoteText } from './strace-kinds.js';
import { placeArgs, reader } from './thunk.js';

/** Bytes of a buffer that are shown, as strace's default. */
const MAX_BYTES = 32;
const MAX_PATH = 4096;
const MAX_VECTOR = 16;

/** A call under way: what was printed of it, and the arguments for what comes after. */
interface Open {
  readonly name: string;
  readonly row: Row | undefined;
  readonly values: readonly number[];
  /** Texts of the arguments, undefined for those that are known only afterwards. */
  readonly texts: (string | undefined)[];
  /** Arguments printed in an `<unfinished ...>` line. */
  printed: number;
  unfinished: boolean;
}

function direction(arg: Arg): 'in' | 'out' | 'inout' | undefined {
  const word = arg.kind.split(' ', 1)[0];
  if (word === arg.kind) return undefined;
  return word === 'in' || word === 'out' || word === 'inout' ? word : undefined;
}

export class Strace implements SyscallPort {
  readonly #inner: Dispatcher;
  readonly #sink: (text: string) => void;
  readonly #open = new Map<Task, Open>();

  constructor(inner: Dispatcher, sink: (text: string) => void) {
    this.#inner = inner;
    this.#sink = sink;
  }

  get rows(): Rows {
    return this.#inner.rows;
  }

  call(task: Task): number | Blocking {
    const open = this.#enter(task);
    this.#open.set(task, open);
    const result = this.#inner.call(task);
    if (isBlocking(result)) this.#suspend(task, open);
    else this.finished(task, result);
    return result;
  }

  finished(task: Task, result: number): void {
    const open = this.#open.get(task);
    if (open === undefined) return;
    this.#open.delete(task);
    const { row, values, texts } = open;
    row?.args.forEach((arg, i) => {
      const way = direction(arg);
      if (way === 'out') texts[i] = this.#pointee(task, row, values, i, result);
      else if (way === 'inout' && result >= 0)
        texts[i] = `${texts[i] ?? ''} => ${this.#pointee(task, row, values, i, result)}`;
    });
    const rest = texts.slice(open.printed).map((text) => text ?? '');
    const head = open.unfinished ? `<... ${open.name} resumed>` : `${open.name}(`;
    this.#sink(`${task.tid} ${head}${rest.join(', ')}) = ${this.#result(row?.result ?? 'int', result)}\n`);
  }

  #enter(task: Task): Open {
    const { abi } = task;
    const number = (task.cpu.r[abi.registers.number * 2] as number) >>> 0;
    const name = abi.syscallName(number) ?? `syscall_0x${number.toString(16)}`;
    const row = this.#inner.rowOf(abi, number);
    if (row === undefined)
      return { name, row, values: [], texts: this.#rawArgs(task), printed: 0, unfinished: false };
    const values = placeArgs(row, abi).map((place) => reader(place, abi.wordSize)(task.cpu.r));
    const texts = row.args.map((_arg, i) => this.#before(task, row, values, i));
    return { name, row, values, texts, printed: 0, unfinished: false };
  }

  /** An unknown call: its argument registers as they are. */
  #rawArgs(task: Task): string[] {
    return task.abi.registers.args.slice(0, 6).map((slot) => {
      const lo = (task.cpu.r[slot * 2] as number) >>> 0;
      const hi = task.abi.wordSize === 8 ? (task.cpu.r[slot * 2 + 1] as number) >>> 0 : 0;
      return pointerText(hi * 0x1_0000_0000 + lo);
    });
  }

  #suspend(task: Task, open: Open): void {
    if (task.kernel.scheduler.runnable === 0 && task.kernel.tasks.size === 1) return;
    const known = open.texts.findIndex((text) => text === undefined);
    open.printed = known < 0 ? open.texts.length : known;
    open.unfinished = true;
    const texts = open.texts.slice(0, open.printed);
    const comma = open.printed > 0 && open.printed < open.texts.length ? ', ' : '';
    this.#sink(`${task.tid} ${open.name}(${texts.join(', ')}${comma} <unfinished ...>\n`);
  }

  #before(task: Task, row: Row, values: readonly number[], i: number): string | undefined {
    const arg = row.args[i] as Arg;
    const value = values[i] as number;
    const { kind } = arg;
    if (kind.startsWith('path') || kind.startsWith('cstr')) return this.#string(task, value);
    const way = direction(arg);
    if (way === undefined) return printScalar(kind, value, task.abi);
    return way === 'out' ? undefined : this.#pointee(task, row, values, i, 0);
  }

  #string(task: Task, addr: number): string {
    if (addr === 0) return 'NULL';
    const text = task.user.cstring(addr, MAX_PATH);
    return typeof text === 'number' ? pointerText(addr) : quoteText(text, MAX_PATH);
  }

  /** What a pointer points to; its address when that cannot be read or the call failed. */
  #pointee(task: Task, row: Row, values: readonly number[], i: number, result: number): string {
    const { kind } = row.args[i] as Arg;
    const addr = values[i] as number;
    const name = kind.slice(kind.indexOf(' ') + 1);
    const isOut = kind.startsWith('out');
    if (addr === 0 || result < 0 || name === 'data') return pointerText(addr);
    const { user } = task;
    switch (name) {
      case 'buf': {
        const length = isOut ? result : (values[i + 1] ?? 0);
        const bytes = user.copyIn(addr, Math.min(length, MAX_BYTES));
        return bytes === undefined ? pointerText(addr) : quote(bytes, MAX_BYTES, length);
      }
      case 'iovecs':
        return this.#iovecs(task, addr, values[i + 1] ?? 0, isOut ? result : Infinity);
      case 'strv':
        return this.#strings(task, addr);
      case 'i32':
        return bracket(user.readI32(addr), addr);
      case 'u64':
        return bracket(user.readU64(addr), addr);
      case 'word':
        return bracket(user.readWord(addr), addr);
      case 'fdpair': {
        const first = user.readI32(addr);
        const second = user.readI32(addr + 4);
        return first === undefined || second === undefined ? pointerText(addr) : `[${first}, ${second}]`;
      }
      case 'sigset':
        return this.#sigset(task, addr);
      case 'siginfo':
        return this.#siginfo(task, addr);
      default:
        return this.#struct(task, name, addr);
    }
  }

  #struct(task: Task, name: string, addr: number): string {
    const layout = (structs as unknown as Record<string, StructDef<Fields> | undefined>)[name]?.for(task.abi);
    if (layout === undefined) return pointerText(addr);
    const bytes = task.user.copyIn(addr, layout.size);
    if (bytes === undefined) return pointerText(addr);
    return layout.print(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0);
  }

  #iovecs(task: Task, addr: number, count: number, limit: number): string {
    const layout = structs.iovec.for(task.abi);
    const parts: string[] = [];
    let left = limit;
    for (let i = 0; i < count && i < MAX_VECTOR; i++) {
      const value = task.user.get(layout, addr + i * layout.size);
      if (value === undefined) return pointerText(addr);
      const length = Math.min(value.iov_len, left);
      left -= length;
      const bytes = task.user.copyIn(value.iov_base, Math.min(length, MAX_BYTES));
      const base = bytes === undefined ? pointerText(value.iov_base) : quote(bytes, MAX_BYTES, length);
      parts.push(`{iov_base=${base}, iov_len=${value.iov_len}}`);
    }
    return `[${parts.join(', ')}${count > MAX_VECTOR ? ', ...' : ''}]`;
  }

  #strings(task: Task, addr: number): string {
    const parts: string[] = [];
    for (let at = addr; ; at += task.abi.wordSize) {
      const pointer = task.user.readWord(at);
      if (pointer === undefined) return pointerText(addr);
      if (pointer === 0) break;
      if (parts.length < MAX_VECTOR) parts.push(this.#string(task, pointer));
      else return `[${parts.join(', ')}, ...]`;
    }
    return `[${parts.join(', ')}]`;
  }

  #sigset(task: Task, addr: number): string {
    const value = task.user.get(structs.sigset.for(task.abi), addr);
    if (value === undefined) return pointerText(addr);
    const full = popcount(value.lo) + popcount(value.hi) > 32;
    const names: string[] = [];
    for (let signo = 1; signo <= 64; signo++) {
      const word = signo <= 32 ? value.lo : value.hi;
      const has = ((word >>> ((signo - 1) & 31)) & 1) !== 0;
      if (has !== full) names.push(signalName(signo).slice(3));
    }
    return `${full ? '~' : ''}[${names.join(' ')}]`;
  }

  #siginfo(task: Task, addr: number): string {
    const value = task.user.get(structs.siginfo.for(task.abi), addr);
    if (value === undefined) return pointerText(addr);
    return `{si_signo=${signalName(value.si_signo)}, si_code=${value.si_code}, si_errno=${value.si_errno}}`;
  }

  #result(kind: ResultKind, result: number): string {
    if (result === KEEP_REGISTERS) return kind === 'none' ? '?' : '0';
    if (result <= -ERESTARTSYS && result >= -ERESTART_RESTARTBLOCK) {
      return `? ${errnoName(-result) ?? 'ERESTART'} (to be restarted, or ${errnoName(EINTR) ?? ''})`;
    }
    if (result < 0 && result > -4096) return printError(result);
    switch (kind) {
      case 'ptr':
      case 'hex':
        return `0x${result.toString(16)}`;
      case 'mode':
        return `0${result.toString(8)}`;
      default:
        return String(result);
    }
  }
}

function bracket(value: number | undefined, addr: number): string {
  return value === undefined ? pointerText(addr) : `[${value}]`;
}

function popcount(word: number): number {
  let count = 0;
  for (let w = word >>> 0; w !== 0; w >>>= 1) count += w & 1;
  return count;
}
