/** One further core, seen from the kernel: its Worker, its control block and the task it has. */
import { startWorker, type HostWorker } from '../host/worker.js';
import type { GuestMemory } from '../../mmap/memory.js';
import type { Mm } from '../mm.js';
import type { Task } from '../task.js';
import {
  CALL_NONE,
  CONTROL_SIZE,
  C_CALL,
  C_MESSAGES,
  C_RESULT,
  C_STATE,
  C_STOP,
  C_WORDS,
  INSTRUCTIONS_AT,
  RUN,
  TEXT_AT,
  TEXT_MAX,
  type CoreEngineOptions,
  type CoreMessage,
  type CoreSetup,
} from './protocol.js';

export interface CoreEvents {
  ready(): void;
  failed(error: unknown): void;
}

/** Starts the thread of a core; tests bring their own. */
export type StartCore = (setup: CoreSetup, events: CoreEvents) => HostWorker;

export class Core {
  readonly control: Int32Array;
  readonly instructions: Float64Array;
  readonly #characters: Uint16Array;
  readonly #worker: HostWorker;
  /** Spaces it has been told of, with the number of compiled modules that it was given. */
  readonly known = new Map<Mm, number>();
  /** Memories that it has run something in: they are used again by other spaces. */
  readonly memories = new WeakSet<GuestMemory>();
  ready = false;
  /** Its thread is gone, or of no use any more. */
  dead = false;
  task: Task | undefined;
  /** When it was started last, and when it got this task; host monotonic ns. */
  since = 0;
  taken = 0;
  /** What the task wanted of the kernel since `chatterSince`. */
  chatter = 0;
  chatterSince = 0;

  constructor(
    index: number,
    doorbell: SharedArrayBuffer,
    engine: CoreEngineOptions,
    failed: (core: Core, error: unknown) => void,
    start: StartCore = startWorker,
  ) {
    const buffer = new SharedArrayBuffer(CONTROL_SIZE);
    this.control = new Int32Array(buffer, 0, C_WORDS);
    this.instructions = new Float64Array(buffer, INSTRUCTIONS_AT, 1);
    this.#characters = new Uint16Array(buffer, TEXT_AT, TEXT_MAX);
    this.#worker = start(
      { index, control: buffer, doorbell, engine },
      {
        ready: () => {
          this.ready = true;
        },
        failed: (error) => {
          failed(this, error);
        },
      },
    );
  }

  /** It executes guest code, or is on the way to or from it. */
  get running(): boolean {
    return this.task !== undefined && !this.dead && Atomics.load(this.control, C_STATE) === RUN;
  }

  /** It waits for an answer of the kernel. */
  get calling(): boolean {
    return Atomics.load(this.control, C_CALL) !== CALL_NONE;
  }

  /** Makes it park within some 50 µs. */
  kick(): void {
    Atomics.store(this.control, C_STOP, 1);
  }

  go(): void {
    Atomics.store(this.control, C_STOP, 0);
    Atomics.store(this.control, C_STATE, RUN);
    Atomics.notify(this.control, C_STATE);
  }

  post(message: CoreMessage): void {
    this.#worker.post(message);
    Atomics.add(this.control, C_MESSAGES, 1);
  }

  answer(result: number): void {
    this.control[C_RESULT] = result;
    Atomics.store(this.control, C_CALL, CALL_NONE);
    Atomics.notify(this.control, C_CALL);
  }

  putText(text: string): number {
    const { length } = text;
    if (length > TEXT_MAX) throw new RangeError('a text too long for a core');
    for (let i = 0; i < length; i++) this.#characters[i] = text.charCodeAt(i);
    return length;
  }

  text(length: number): string {
    return String.fromCharCode(...this.#characters.slice(0, length));
  }

  stop(): void {
    this.dead = true;
    this.#worker.stop();
  }
}
