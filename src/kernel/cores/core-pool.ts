/**
 * The further cores, seen from the kernel. A task that keeps a core busy while others wait is given to a Worker; it comes
 * back for every syscall, fault and signal, which are handled here, on the kernel's thread, one after the other.
 *
 * Who may touch what: a task's CPU block belongs to its core while C_STATE is RUN, to the kernel otherwise. Before rights
 * to memory are taken away, or bytes move, the cores that run in that space are stopped (`quiesce`); they go on when the
 * kernel has nothing more to do.
 */
import type { ExitReason } from '../../cpu/exit.js';
import { FAULT_BUS, FAULT_HOME, FAULT_SLOW } from '../../mmap/layout.js';
import { canStartWorkers } from '../host/worker.js';
import { CORE_AREAS } from '../../translate/interp/layout.js';
import type { Mm } from '../mm.js';
import type { Task } from '../task.js';
import { Core, type StartCore } from './core.js';
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
  C_MM,
  C_REASON,
  C_RESULT,
  C_SLICE,
  D_RINGS,
  D_WORDS,
  type CoreEngineOptions,
} from './protocol.js';
import { ticks } from '../../util/ticks.js';

export interface CorePoolOptions {
  /** Workers to start at most. */
  readonly count: number;
  readonly engine: CoreEngineOptions;
  /** A core is lost, and with it the registers of the task it had. */
  readonly failed: (task: Task | undefined, error: unknown) => void;
  readonly start?: StartCore;
  /** Milliseconds that a core may take to stop before it counts as lost. */
  readonly patience?: number;
}

/** Cores that there can be, core 0 included. */
export const MAX_CORES = CORE_AREAS;
/** Compiling a large module takes a second on a busy host. */
const PATIENCE_MS = 30_000;
/** Looks at the doorbell before the kernel goes to sleep on it, some 20 µs. */
const SPINS = 400;

let spaceNumbers = 0;

export class CorePool {
  readonly #options: CorePoolOptions;
  readonly #cores: Core[] = [];
  readonly #doorbellBuffer = new SharedArrayBuffer(D_WORDS * 4);
  readonly #doorbell = new Int32Array(this.#doorbellBuffer);
  readonly #numbers = new Map<Mm, number>();
  /** Rings that `collect` has answered. */
  #seen = 0;
  /** Tasks whose core was lost, and why; told to the kernel when it is not in the middle of something. */
  readonly #lost: { readonly task: Task | undefined; readonly error: unknown }[] = [];
  /** Cores started, tasks they were given, and how often they came back with one or asked something. */
  readonly stats = { started: 0, tasks: 0, requests: 0 };

  constructor(options: CorePoolOptions) {
    this.#options = options;
  }

  static get possible(): boolean {
    return canStartWorkers();
  }

  /** Some core has a task. */
  get busy(): boolean {
    for (const core of this.#cores) if (core.task !== undefined) return true;
    return this.#lost.length > 0;
  }

  /** A core wants something. */
  get rung(): boolean {
    return Atomics.load(this.#doorbell, D_RINGS) !== this.#seen;
  }

  get cores(): readonly Core[] {
    return this.#cores;
  }

  /** A core that could take a task; with `start` one is started (for later) when there is none and there may be more. */
  free(start = true): Core | undefined {
    let starting = false;
    for (const core of this.#cores) {
      if (core.ready && core.task === undefined) return core;
      starting ||= !core.ready;
    }
    if (
      start &&
      !starting &&
      this.#cores.length < this.#options.count &&
      this.stats.started < MAX_CORES - 1
    ) {
      this.#start();
    }
    return undefined;
  }

  /** Starts all cores at once. @returns whether they are ready */
  startAll(): boolean {
    while (this.#cores.length < this.#options.count && this.stats.started < MAX_CORES - 1) this.#start();
    return this.#cores.every((core) => core.ready);
  }

  #start(): void {
    const { engine, start } = this.#options;
    const failed = (core: Core, error: unknown): void => {
      this.#lose(core, error);
    };
    const index = ++this.stats.started;
    try {
      this.#cores.push(new Core(index, this.#doorbellBuffer, engine, failed, start));
    } catch (error) {
      // The host gives us no thread: there are as many as there are.
      this.stats.started = MAX_CORES - 1;
      this.#lost.push({ task: undefined, error });
    }
  }

  /** A core is of no use any more. Its index is not given again: its thread may still be running. */
  #lose(core: Core, error: unknown): void {
    if (core.dead) return;
    core.stop();
    this.#cores.splice(this.#cores.indexOf(core), 1);
    const { task } = core;
    this.release(core);
    this.#lost.push({ task, error });
  }

  /** Starts `task` on `core` for `ms` milliseconds at most. */
  run(core: Core, task: Task, ms: number, now: number): void {
    const { mm } = task;
    const number = this.#numberOf(task);
    if (!core.known.has(mm)) {
      core.known.set(mm, 0);
      const { memory } = mm.space;
      const used = core.memories.has(memory);
      core.memories.add(memory);
      core.post({ space: number, memory: memory.wasm, abi: mm.abi.name, used });
    }
    if (core.task !== task) this.#giveCompiled(core, mm, number);
    const { control } = core;
    control[C_MM] = number;
    control[C_BASE] = task.cpu.base | 0;
    control[C_SLICE] = Math.round(ms * 1000);
    core.instructions[0] = task.cpu.instructions;
    if (core.task !== task) {
      this.stats.tasks++;
      core.task = task;
      core.taken = now;
      core.chatter = 0;
      core.chatterSince = now;
    }
    core.since = now;
    task.core = core;
    core.go();
  }

  /** What core 0 has compiled since this core ran something of the space, it need not compile again. */
  #giveCompiled(core: Core, mm: Mm, number: number): void {
    const since = core.known.get(mm) ?? 0;
    const compiled = mm.engine.compiled?.(mm.space, since);
    if (compiled === undefined || compiled.total === since) return;
    core.known.set(mm, compiled.total);
    core.post({ compiled: number, list: compiled.list });
  }

  #numberOf(task: Task): number {
    let number = this.#numbers.get(task.mm);
    if (number === undefined) {
      number = ++spaceNumbers;
      this.#numbers.set(task.mm, number);
      this.#share(task, number);
    }
    return number;
  }

  /** From now on tasks of the same space may run at the same time. */
  #share(task: Task, number: number): void {
    const { mm } = task;
    mm.shared = true;
    for (const other of task.kernel.tasks.values()) if (other.mm === mm) other.cpu.shared = true;
    mm.gone = () => {
      this.#forget(mm, number);
    };
    const { space } = mm;
    space.onQuiesce = () => {
      this.quiesce(mm);
    };
    const before = space.onCodeInvalid;
    space.onCodeInvalid = (first, end) => {
      before(first, end);
      // Nobody goes on with what it knows of these pages.
      this.quiesce(mm);
      for (const core of this.#cores) if (core.known.has(mm)) core.post({ invalid: number, first, end });
    };
  }

  /** The space is gone. */
  #forget(mm: Mm, number: number): void {
    this.#numbers.delete(mm);
    for (const core of this.#cores) if (core.known.delete(mm)) core.post({ forget: number });
  }

  /** Answers calls. @returns the cores that have come back with their task */
  collect(): Core[] {
    this.#seen = Atomics.load(this.#doorbell, D_RINGS);
    const back: Core[] = [];
    for (const core of [...this.#cores]) {
      const { task } = core;
      if (task === undefined) continue;
      if (core.calling) this.#serve(core, task);
      else if (!core.running) {
        this.stats.requests++;
        if (core.control[C_REASON] === CRASHED)
          this.#lose(core, new Error(`core: ${core.text(core.control[C_RESULT] as number)}`));
        else back.push(core);
      }
    }
    for (const { task, error } of this.#lost.splice(0)) this.#options.failed(task, error);
    return back;
  }

  /** Waits until a core wants something, at most `ms` milliseconds. */
  wait(ms: number): void {
    for (let i = 0; i < SPINS; i++) if (this.rung) return;
    if (ms > 0) Atomics.wait(this.#doorbell, D_RINGS, this.#seen, ms);
  }

  /** What the exit of a core says, copied to where exits on core 0 leave it. */
  exitOf(core: Core, task: Task): ExitReason {
    const { control } = core;
    const { cpu, mm } = task;
    cpu.faultLow = control[C_FAULT_LOW] as number;
    cpu.faultHigh = control[C_FAULT_HIGH] as number;
    cpu.faultAddr = (cpu.faultHigh >>> 0) * 0x1_0000_0000 + (cpu.faultLow >>> 0);
    cpu.faultKind = control[C_FAULT_KIND] as number;
    cpu.faultAccess = control[C_FAULT_ACCESS] as number;
    const done = core.instructions[0] as number;
    mm.engine.stats.instructions += done - cpu.instructions;
    cpu.instructions = done;
    return control[C_REASON] as ExitReason;
  }

  /** Takes the task off its parked core. */
  release(core: Core): void {
    if (core.task !== undefined) core.task.core = undefined;
    core.task = undefined;
  }

  #serve(core: Core, task: Task): void {
    const { control } = core;
    const { space } = task.mm;
    const at = (control[C_ARG] as number) >>> 0;
    this.stats.requests++;
    if (control[C_CALL] === CALL_FAULT) {
      core.chatter++;
      const result = space.fault(at, control[C_ARG2] as number);
      core.answer(result === FAULT_SLOW ? FAULT_HOME : result);
    } else if (control[C_CALL] === CALL_CODE) {
      const length = core.putText(space.codeKey(at).key);
      space.markCode(at);
      core.answer(length);
    } else core.answer(-1);
  }

  /** Returns when no core is inside an instruction of `mm`: parked, or waiting for an answer of ours. */
  quiesce(mm: Mm): void {
    for (const core of [...this.#cores]) {
      if (core.task?.mm !== mm || !core.running || core.calling) continue;
      core.kick();
      this.#until(core, () => !core.running || core.calling);
    }
  }

  /** Takes `task`, which is to end, off its core wherever it is. */
  recall(task: Task): void {
    const { core } = task;
    if (core === undefined) return;
    core.kick();
    while (core.running) {
      // A fault is answered so that it ends the run.
      if (core.calling) {
        if (core.control[C_CALL] === CALL_FAULT) core.answer(FAULT_BUS);
        else this.#serve(core, task);
      }
      if (!this.#until(core, () => !core.running || core.calling)) return;
    }
    this.exitOf(core, task);
    this.release(core);
  }

  /** Waits for a core that was told to stop. @returns false when it is lost instead */
  #until(core: Core, done: () => boolean): boolean {
    const end = ticks() + (this.#options.patience ?? PATIENCE_MS);
    for (;;) {
      for (let i = 0; i < SPINS; i++) if (done()) return true;
      const rings = Atomics.load(this.#doorbell, D_RINGS);
      if (done()) return true;
      Atomics.wait(this.#doorbell, D_RINGS, rings, 5);
      if (ticks() > end && !done()) {
        this.#lose(core, new Error('core: it does not stop'));
        return false;
      }
    }
  }

  shutdown(): void {
    for (const core of this.#cores) core.stop();
    this.#cores.length = 0;
  }
}
