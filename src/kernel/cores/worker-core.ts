/** A core, seen from inside its Worker: takes tasks, runs them, reports. Never returns to the event loop. */
import { Cpu } from '../../cpu/cpu.js';
import { EXIT_INTERRUPT, type ExitReason } from '../../cpu/exit.js';
import { PENDING_SLICE, WORD_PENDING } from '../../cpu/layout.js';
import { FAULT_NONE, type FaultCode } from '../../mmap/layout.js';
import { GuestMemory } from '../../mmap/memory.js';
import type { AddressSpace, EngineSpace } from '../../mmap/space.js';
import type { CompiledModule } from '../../translate/wasm/tier.js';
import { wipeArea } from '../../translate/interp/layout.js';
import type { Engine } from '../mm.js';
import {
  CALL_CODE,
  CALL_FAULT,
  CRASHED,
  C_ARG,
  C_ARG2,
  C_BASE,
  C_CALL,
  C_FAULT_ACCESS,
  C_FAULT_HIGH,
  C_FAULT_KIND,
  C_FAULT_LOW,
  C_MESSAGES,
  C_MM,
  C_REASON,
  C_RESULT,
  C_SLICE,
  C_STATE,
  C_STOP,
  C_WORDS,
  D_RINGS,
  INSTRUCTIONS_AT,
  PARKED,
  RUN,
  TEXT_AT,
  TEXT_MAX,
  type CoreMessage,
  type CoreSetup,
} from './protocol.js';
import { ticks } from '../../util/ticks.js';

/** What the Worker's host side gives. */
export interface CorePort {
  readonly setup: CoreSetup;
  /** The next message, without waiting. */
  receive(): CoreMessage | undefined;
}

/** Milliseconds between two looks at C_STOP: what stopping a core takes. */
const CHUNK_MS = 0.03;
/** Guest instructions of a chunk: at first, at least and at most. */
const CHUNK_FIRST = 4000;
const CHUNK_MIN = 1000;
const CHUNK_MAX = 1_000_000;
/** Looks at a word before the thread goes to sleep on it, some 20 µs. */
const SPINS = 400;

/** The part of an address space that engines use, answered by the kernel. */
class RemoteSpace implements EngineSpace {
  readonly memory: GuestMemory;
  /** Set by the engine. */
  onCodeInvalid: (firstPage: number, endPage: number) => void = () => undefined;
  readonly abi: string;
  readonly cpus = new Map<number, Cpu>();
  readonly #core: WorkerCore;
  #marked = -1;

  constructor(core: WorkerCore, memory: WebAssembly.Memory, abi: string, used: boolean) {
    this.#core = core;
    this.memory = new GuestMemory(memory);
    if (used) wipeArea(this.memory.i32);
    this.abi = abi;
  }

  fault(addr: number, need: number): FaultCode {
    if (((this.memory.perm[addr >>> 12] as number) & need) === need) return FAULT_NONE;
    return this.#core.call(CALL_FAULT, addr, need) as FaultCode;
  }

  codeKey(page: number): { key: string } {
    // In one go, so that the bytes cannot change between being named and being watched.
    const length = this.#core.call(CALL_CODE, page, 0);
    this.#marked = page;
    return { key: this.#core.text(length) };
  }

  markCode(page: number): void {
    if (page !== this.#marked) this.#core.call(CALL_CODE, page, 0);
  }

  exclusive(): boolean {
    return false;
  }

  slowRead8(): number {
    throw new Error('slow accesses are made on core 0');
  }

  slowWrite8(): void {
    throw new Error('slow accesses are made on core 0');
  }

  vmas(): readonly never[] {
    return [];
  }
}

export class WorkerCore {
  readonly #port: CorePort;
  readonly #control: Int32Array;
  readonly #characters: Uint16Array;
  readonly #instructions: Float64Array;
  readonly #doorbell: Int32Array;
  readonly #engineFor: (abi: string) => Engine;
  readonly #spaces = new Map<number, RemoteSpace>();
  #messages = 0;
  #cpu: Cpu | undefined;
  /** Guest instructions that take about CHUNK_MS. */
  #chunk = CHUNK_FIRST;

  constructor(port: CorePort, engineFor: (abi: string) => Engine) {
    this.#port = port;
    const { control, doorbell } = port.setup;
    this.#control = new Int32Array(control, 0, C_WORDS);
    this.#instructions = new Float64Array(control, INSTRUCTIONS_AT, 1);
    this.#characters = new Uint16Array(control, TEXT_AT, TEXT_MAX);
    this.#doorbell = new Int32Array(doorbell);
    this.#engineFor = engineFor;
  }

  /** Runs tasks until one ends in a crash. */
  loop(): void {
    const control = this.#control;
    while (control[C_REASON] !== CRASHED) {
      if (!sees(control, C_STATE, RUN)) {
        Atomics.wait(control, C_STATE, PARKED);
        continue;
      }
      try {
        control[C_REASON] = this.#run();
      } catch (error) {
        control[C_RESULT] = this.#putText(error);
        control[C_REASON] = CRASHED;
      }
      Atomics.store(control, C_STATE, PARKED);
      this.#ring();
    }
  }

  #run(): ExitReason {
    const control = this.#control;
    this.#readMessages();
    const space = this.#spaces.get(control[C_MM] as number);
    if (space === undefined) throw new Error('a task without address space');
    const base = (control[C_BASE] as number) >>> 0;
    let cpu = space.cpus.get(base);
    if (cpu === undefined) {
      // Engines use no more of a space than this.
      cpu = new Cpu(space as EngineSpace as AddressSpace, base);
      cpu.shared = true;
      cpu.restarts = true;
      space.cpus.set(base, cpu);
    }
    this.#cpu = cpu;
    cpu.instructions = this.#instructions[0] as number;
    const reason = this.#slice(cpu, this.#engineFor(space.abi));
    this.#cpu = undefined;
    this.#instructions[0] = cpu.instructions;
    control[C_FAULT_LOW] = cpu.faultLow;
    control[C_FAULT_HIGH] = cpu.faultHigh;
    control[C_FAULT_KIND] = cpu.faultKind;
    control[C_FAULT_ACCESS] = cpu.faultAccess;
    return reason;
  }

  /** Runs in chunks, between which the kernel may stop us. */
  #slice(cpu: Cpu, engine: Engine): ExitReason {
    const control = this.#control;
    let now = ticks();
    const end = now + (control[C_SLICE] as number) / 1000;
    for (;;) {
      const reason = engine.run(cpu, this.#chunk);
      if (reason !== EXIT_INTERRUPT || cpu.r[WORD_PENDING] !== 0 || control[C_STOP] !== 0) return reason;
      const before = now;
      now = ticks();
      if (now >= end) return reason;
      if (now - before < CHUNK_MS / 2) this.#chunk = Math.min(this.#chunk * 2, CHUNK_MAX);
      else if (now - before > CHUNK_MS * 2) this.#chunk = Math.max(this.#chunk >> 1, CHUNK_MIN);
    }
  }

  /** Tells the kernel that there is something. */
  #ring(): void {
    const bell = this.#doorbell;
    Atomics.add(bell, D_RINGS, 1);
    Atomics.notify(bell, D_RINGS);
  }

  /** Asks the kernel and waits for the answer. */
  call(what: number, a: number, b: number): number {
    const control = this.#control;
    control[C_ARG] = a;
    control[C_ARG2] = b;
    Atomics.store(control, C_CALL, what);
    this.#ring();
    while (!sees(control, C_CALL, 0)) Atomics.wait(control, C_CALL, what);
    // Code that was dropped meanwhile is forgotten before the next run, which is to come soon.
    const cpu = this.#cpu;
    if (cpu !== undefined && Atomics.load(control, C_MESSAGES) !== this.#messages)
      Atomics.or(cpu.r, WORD_PENDING, PENDING_SLICE);
    return control[C_RESULT] as number;
  }

  text(length: number): string {
    return String.fromCharCode(...this.#characters.slice(0, length));
  }

  #putText(error: unknown): number {
    const text = errorText(error).slice(0, TEXT_MAX);
    for (let i = 0; i < text.length; i++) this.#characters[i] = text.charCodeAt(i);
    return text.length;
  }

  #install(number: number, list: readonly CompiledModule[]): void {
    const space = this.#spaces.get(number);
    if (space === undefined) return;
    this.#engineFor(space.abi).install?.(space as EngineSpace as AddressSpace, list);
  }

  #readMessages(): void {
    const posted = Atomics.load(this.#control, C_MESSAGES);
    while (this.#messages < posted) {
      const message = this.#port.receive();
      // Posted but not delivered yet: the queue is filled by another thread.
      if (message === undefined) continue;
      this.#messages++;
      if ('space' in message) {
        const { space, memory, abi, used } = message;
        this.#spaces.set(space, new RemoteSpace(this, memory, abi, used));
      } else if ('forget' in message) this.#spaces.delete(message.forget);
      else if ('compiled' in message) this.#install(message.compiled, message.list);
      else this.#spaces.get(message.invalid)?.onCodeInvalid(message.first, message.end);
    }
  }
}

/** Looks for a while whether a word becomes `value`. */
function sees(words: Int32Array, index: number, value: number): boolean {
  for (let i = 0; i < SPINS; i++) if (Atomics.load(words, index) === value) return true;
  return false;
}

/** An exception's stack when it has one: it is a bug of ours. */
function errorText(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'stack' in error) return String(error.stack);
  return String(error);
}
