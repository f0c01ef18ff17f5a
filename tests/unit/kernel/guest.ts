/**
 * A scripted guest: tasks whose "code" is a generator that makes system calls, so that kernel and syscalls are tested
 * together without any instruction set. Each script stands for code at an address; a signal handler is a script too.
 */
import { RISCV64, type Abi } from '../../../src/abi/abi.js';
import type { Cpu } from '../../../src/cpu/cpu.js';
import { EXIT_FAULT, EXIT_INTERRUPT, EXIT_SYSCALL, type ExitReason } from '../../../src/cpu/exit.js';
import { FdTable } from '../../../src/kernel/fd-table.js';
import type { Clock } from '../../../src/kernel/clock.js';
import { Kernel, type ExitStatus, type KernelOptions, type Observer } from '../../../src/kernel/kernel.js';
import { Mm, type Engine } from '../../../src/kernel/mm.js';
import type { SyscallPort } from '../../../src/kernel/scheduler.js';
import type { Task } from '../../../src/kernel/task.js';
import type { LoadedProgram } from '../../../src/kernel/exec.js';
import { Vfs } from '../../../src/kernel/vfs/vfs.js';
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE } from '../../../src/mmap/flags.js';
import { FAULT_MAPERR } from '../../../src/mmap/layout.js';
import { MemoryPool } from '../../../src/mmap/memory.js';
import { AddressSpace, ObjectRegistry } from '../../../src/mmap/space.js';
import { Dispatcher } from '../../../src/syscalls/dispatch.js';
import { SYSTEM_CALLS } from '../../../src/syscalls/table.js';

/** What a script asks its engine to do. */
type Action =
  { readonly call: string; readonly args: readonly number[] } | { readonly fault: number } | 'spin';
export type Script = (g: Guest) => Generator<Action, void, number>;

const DATA = 0x10_0000;
const DATA_SIZE = 0x10_0000;
const CODE = 0x1000_0000;
export const TRAMPOLINE = 0x0f00_0000;

export class Guest {
  readonly cpu: Cpu;
  readonly world: World;
  constructor(world: World, cpu: Cpu) {
    this.world = world;
    this.cpu = cpu;
  }

  get view(): DataView {
    return new DataView(this.cpu.memory.buffer);
  }

  /** Fresh guest memory of `size` bytes. */
  alloc(size: number): number {
    return this.world.alloc(size);
  }

  i32(addr: number): number {
    return this.view.getInt32(addr, true);
  }

  word(addr: number): number {
    return Number(this.view.getBigInt64(addr, true));
  }

  /** Stores text with its NUL. @returns its address */
  text(text: string): number {
    const at = this.alloc(text.length + 1);
    for (let i = 0; i < text.length; i++) this.view.setUint8(at + i, text.charCodeAt(i));
    return at;
  }

  /** Consecutive 64-bit words. @returns their address */
  words(...values: readonly number[]): number {
    const at = this.alloc(values.length * 8);
    values.forEach((v, i) => this.view.setBigInt64(at + i * 8, BigInt(v), true));
    return at;
  }

  /** A system call; @returns its result */
  *sys(call: keyof typeof SYSTEM_CALLS, ...args: readonly number[]): Generator<Action, number, number> {
    return yield { call, args };
  }

  /** A call whose child runs `child`; the parent gets the result. */
  *clone(call: string, child: Script, ...args: readonly number[]): Generator<Action, number, number> {
    this.world.nextChild = child;
    return yield { call, args };
  }

  /** Touches memory that is not there. */
  *fault(addr: number): Generator<Action, number, number> {
    return yield { fault: addr };
  }

  /** Uses up a time slice. */
  *spin(): Generator<Action, number, number> {
    return yield 'spin';
  }

  /** Installs `handler` for `signo`. */
  *sigaction(signo: number, handler: Script | number, flags = 0): Generator<Action, number, number> {
    const address = typeof handler === 'number' ? handler : this.world.code(handler);
    return yield* this.sys('rt_sigaction', signo, this.words(address, flags, 0), 0, 8);
  }

  get a1(): number {
    return this.cpu.r[11 * 2] as number;
  }

  get a2(): number {
    return this.cpu.r[12 * 2] as number;
  }
}

interface Frame {
  readonly run: Generator<Action, void, number>;
}

export interface WorldOptions {
  readonly kernel?: Pick<KernelOptions, 'release' | 'random'>;
  readonly abi?: Abi;
  readonly observer?: Observer;
  readonly clock?: Clock;
  /** CPUs that programs see. */
  readonly cpus?: number;
  /** Puts something between scheduler and dispatcher. */
  readonly wrap?: (dispatcher: Dispatcher) => SyscallPort;
}

export class World {
  readonly kernel: Kernel;
  readonly log: string[] = [];
  nextChild: Script | undefined;
  readonly #scripts = new Map<number, Script>();
  readonly #codes = new Map<Script, number>();
  readonly #frames = new Map<string, Frame>();
  readonly #children = new Map<number, Script>();
  /** Addresses of system call instructions that have been executed. */
  readonly #instructions = new Set<number>();
  #next = DATA;
  #nextCode = CODE;
  #cpus = new Map<Cpu, number>();
  readonly #memories = new MemoryPool();
  readonly #registry = new ObjectRegistry();
  readonly abi: Abi;
  /** Programs for execve, by path. */
  readonly programs = new Map<string, Script>();

  constructor(options: WorldOptions = {}) {
    this.abi = options.abi ?? RISCV64;
    const dispatcher = new Dispatcher(SYSTEM_CALLS);
    this.kernel = new Kernel({
      syscalls: options.wrap?.(dispatcher) ?? dispatcher,
      exec: (_task, request) => {
        const script = this.programs.get(request.path);
        return script === undefined ? -2 : this.#program(script, request.path);
      },
      memories: this.#memories,
      vfs: new Vfs({ mapped: this.#registry }),
      observer: {
        internalError: (error) => {
          throw error;
        },
        ...options.observer,
      },
      forwardSignals: false,
      ...(options.clock === undefined ? {} : { clock: options.clock }),
      cpus: options.cpus ?? 1,
      ...options.kernel,
    });
  }

  alloc(size: number): number {
    const at = this.#next;
    this.#next += (size + 15) & ~15;
    if (this.#next > DATA + DATA_SIZE) throw new Error('out of guest data');
    return at;
  }

  /** The address that stands for a script. */
  code(script: Script): number {
    let at = this.#codes.get(script);
    if (at === undefined) {
      this.#nextCode += 0x1000;
      at = this.#nextCode;
      this.#codes.set(script, at);
      this.#scripts.set(at, script);
    }
    return at;
  }

  #program(script: Script, path: string): LoadedProgram {
    const space = new AddressSpace(this.#memories.take(), { registry: this.#registry });
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    space.map({ addr: DATA, length: DATA_SIZE, prot: 3, flags });
    space.map({ addr: 0x7000_0000, length: 0x10_0000, prot: 3, flags });
    const mm = new Mm(space, this.abi, this.#engine, {
      exe: path,
      argStart: 0,
      argEnd: 0,
      envStart: 0,
      envEnd: 0,
      auxv: new Uint8Array(16),
      startCode: 0,
      endCode: 0,
      startStack: 0x700f_ff00,
      trampoline: TRAMPOLINE,
    });
    return { mm, entry: this.code(script), sp: 0x700f_ff00, name: path };
  }

  /** Runs `script` as the first process. */
  async run(script: Script, files = new FdTable()): Promise<ExitStatus> {
    this.start(script, files);
    return this.kernel.run();
  }

  start(script: Script, files = new FdTable()): Task {
    return this.kernel.start({
      program: this.#program(script, 'first'),
      files,
      cwd: '/',
      umask: 0o22,
      uid: 1000,
      gid: 1000,
      groups: [],
      pid: 100,
      ppid: 1,
    });
  }

  readonly #engine: Engine = {
    stats: { instructions: 0 },
    run: (cpu: Cpu): ExitReason => {
      const id = this.#cpus.get(cpu) ?? this.#cpus.size;
      this.#cpus.set(cpu, id);
      const { pc } = cpu;
      if (pc === TRAMPOLINE) return this.#act(cpu, { call: 'rt_sigreturn', args: [] });
      if (this.#instructions.has(pc)) {
        // A restarted call: its registers are what the kernel left.
        cpu.pc += 4;
        return EXIT_SYSCALL;
      }
      const key = `${id}@${pc}`;
      let frame = this.#frames.get(key);
      this.#frames.delete(key);
      const a0 = cpu.r[10 * 2] as number;
      const script = this.#scripts.get(pc) ?? this.#children.get(pc);
      if (frame === undefined) {
        if (script === undefined) throw new Error(`nothing at ${pc.toString(16)}`);
        frame = { run: script(new Guest(this, cpu)) };
      }
      const step = frame.run.next(a0);
      if (step.done === true) {
        // A handler returns to the trampoline, a program's end is exit(0).
        if ((cpu.r[1 * 2] as number) === TRAMPOLINE)
          return this.#act(cpu, { call: 'rt_sigreturn', args: [] });
        return this.#act(cpu, { call: 'exit_group', args: [0] });
      }
      const action = step.value;
      // A call is made by an instruction of its own, which a restart executes again.
      const here = (this.#nextCode += 16);
      if (action === 'spin' || 'fault' in action) {
        this.#frames.set(`${id}@${here}`, frame);
        cpu.pc = here;
        if (action === 'spin') return EXIT_INTERRUPT;
        cpu.faultAddr = cpu.faultLow = action.fault;
        cpu.faultHigh = action.fault < 0 ? -1 : 0;
        cpu.faultKind = FAULT_MAPERR;
        return EXIT_FAULT;
      }
      this.#frames.set(`${id}@${here + 4}`, frame);
      if (this.nextChild !== undefined) {
        this.#children.set(here + 4, this.nextChild);
        this.nextChild = undefined;
      }
      this.#instructions.add(here);
      cpu.pc = here;
      return this.#act(cpu, action);
    },
  };

  #act(cpu: Cpu, action: { call: string; args: readonly number[] }): ExitReason {
    const { args, number } = this.abi.registers;
    const set = (slot: number, value: number): void => {
      cpu.r[slot * 2] = value | 0;
      cpu.r[slot * 2 + 1] = Math.floor(value / 0x1_0000_0000);
    };
    const nr = (this.abi.syscallNumbers as Record<string, number | undefined>)[action.call];
    if (nr === undefined) throw new Error(`no call ${action.call}`);
    set(number, nr);
    for (let i = 0; i < 6; i++) set(args[i] as number, action.args[i] ?? 0);
    cpu.pc += 4;
    return EXIT_SYSCALL;
  }
}
