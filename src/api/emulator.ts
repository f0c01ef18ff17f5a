/**
 * The one public entry: an emulator runs one program, with everything it starts, to its end.
 *
 * It only puts the parts together (address spaces, loader, kernel, engines, reports); each is described in its own
 * folder.
 */
import type { Abi } from '../abi/abi.js';
import { defaultAction } from '../abi/signals.js';
import { crashLine, crashReport } from '../debug/crash-report.js';
import type { LogItem } from '../debug/log-items.js';
import type { EngineFigures, Statistics } from '../debug/statistics.js';
import { Symbolizer } from '../debug/symbolizer.js';
import { codeReader, engineTrace, pageLog, signalLine, type WasmPrinter } from '../debug/trace-log.js';
import { CorePool, MAX_CORES } from '../kernel/cores/core-pool.js';
import { FdTable } from '../kernel/fd-table.js';
import type { OpenFile } from '../kernel/file.js';
import { FsContext } from '../kernel/fs-context.js';
import { hostTicks } from '../kernel/host/clock.js';
import { write as hostWrite } from '../kernel/host/fs.js';
import { setV8Options } from '../kernel/host/v8.js';
import { usePrebuilt } from '../translate/interp/program.js';
import { prebuiltInterpreter } from '../kernel/host/prebuilt.js';
import { CacheDirectory, hostKey } from '../kernel/host/cache-dir.js';
import { bytePath } from '../kernel/host/path.js';
import { absolutePath, byteText, environment, inheritedDescriptors } from '../kernel/host/process.js';
import { allSent, isSending } from '../kernel/host/net.js';
import { currentDirectory, hostCpus, hostIds, takeUmask, randomFill } from '../kernel/host/system.js';
import { type ExitStatus, Kernel, type KernelOptions, type Observer } from '../kernel/kernel.js';
import type { SyscallPort } from '../kernel/scheduler.js';
import { defaultLimits } from '../kernel/rlimits.js';
import type { Task } from '../kernel/task.js';
import { Vfs } from '../kernel/vfs/vfs.js';
import { MemoryPool } from '../mmap/memory.js';
import { ObjectRegistry } from '../mmap/space.js';
import { Dispatcher } from '../syscalls/dispatch.js';
import type { EngineOptions } from '../translate/engine.js';
import type { FrontEnd } from '../translate/front-end.js';
import { TranslationCache } from '../translate/wasm/persist.js';
import { BUILD_ID } from './build-id.js';
import { Engines } from './engines.js';
import { frontEnds } from './front-ends.js';
import type { EmulatorOptions, Stdio } from './options.js';
import { ProgramLoader } from './program-loader.js';
import { BytesFile, SinkFile } from './sink-file.js';
import { SYSTEM_CALLS } from '../syscalls/table.js';
import { type RandomSource, seededRandom } from '../util/random.js';
import { ticks, useTicks } from '../util/ticks.js';

const DEFAULT_STACK = 8 << 20;
const STANDARD_ERROR = 2;
const encoder = new TextEncoder();

/** Writes all of `text` to standard error, whatever else goes on. */
function writeError(text: string): void {
  const bytes = encoder.encode(text);
  for (let at = 0; at < bytes.length;) {
    const n = hostWrite(STANDARD_ERROR, bytes, at, bytes.length - at, -1);
    if (n <= 0) return;
    at += n;
  }
}

/**
 * Runs one guest program.
 *
 * ```ts
 * const emulator = new Emulator({ program: '/bin/ls', args: ['-l'], sysroot: '/srv/riscv64' });
 * const status = await emulator.run();
 * if ('code' in status) console.log(`exit ${status.code}`);
 * ```
 */
export class Emulator {
  readonly #options: EmulatorOptions;
  readonly #log: ReadonlySet<LogItem>;
  readonly #sink: (text: string) => void;
  readonly #random: RandomSource;
  readonly #symbolizer = new Symbolizer();
  readonly #engines: Engines;
  readonly #dispatcher: Dispatcher;
  readonly #vfs: Vfs;
  readonly #memories = new MemoryPool();
  readonly #loader: ProgramLoader;
  readonly #registry = new ObjectRegistry();
  readonly #cache: TranslationCache | undefined;
  #pool: CorePool | undefined;
  #wasmText: WasmPrinter | undefined;
  #started = 0;
  #ended = 0;
  #minorFaults = 0;
  #majorFaults = 0;
  #peakResident = 0;
  #processes = 0;

  constructor(options: EmulatorOptions) {
    useTicks(hostTicks);
    this.#options = options;
    this.#log = options.log ?? new Set();
    this.#sink = options.logSink ?? writeError;
    this.#engines = new Engines(options.cpu, frontEnds, (abi, frontEnd) =>
      this.#engineOptions(abi, frontEnd),
    );
    // A build without identity could not tell its own files from those of another.
    if (options.cacheDir !== undefined && BUILD_ID !== '')
      this.#cache = new TranslationCache(new CacheDirectory(options.cacheDir));
    this.#dispatcher = new Dispatcher(SYSTEM_CALLS);
    const sysroot = options.sysroot === undefined ? '' : absolutePath(options.sysroot);
    this.#vfs = new Vfs({ sysroot, mapped: this.#registry });
    this.#random = options.seed === undefined ? randomFill : seededRandom(options.seed);
    this.#loader = new ProgramLoader(this.#vfs, this.#engines, this.#memories, this.#registry, this.#random);
  }

  /**
   * Loads the program and runs it to its end; may be called once.
   * @returns its exit code, or the signal it died of
   * @throws LoadError when it cannot be started
   */
  async run(): Promise<ExitStatus> {
    const options = this.#options;
    // Before we open anything ourselves.
    const inherited = options.inheritDescriptors === true ? inheritedDescriptors() : [];
    if (this.#log.has('wasm')) this.#wasmText = (await import('../debug/wasm-text.js')).wasmText;
    if (this.#log.has('in_asm')) {
      const { loadArmTexts } = await import('../debug/capstone.js');
      this.#engines.texts = await loadArmTexts();
    }
    const ids = hostIds();
    const cwd = this.#vfs.resolver.guestPath(
      options.cwd === undefined ? currentDirectory() : absolutePath(options.cwd),
    );
    const limits = defaultLimits(options.stackSize ?? DEFAULT_STACK);
    const path = bytePath(options.program);
    const envp: string[] = [];
    for (const [name, value] of Object.entries(options.env ?? environment())) {
      if (value !== undefined) envp.push(byteText(`${name}=${value}`));
    }
    const argv = [options.argv0 ?? options.program, ...(options.args ?? [])].map(byteText);
    const who = { fs: new FsContext(cwd) };
    const request = { path, argv, envp };
    const identity = { uid: ids.uid, euid: ids.uid, gid: ids.gid, egid: ids.gid };
    let program = this.#loader.load(who, request, identity, limits);
    while (program instanceof Promise) {
      await program;
      program = this.#loader.load(who, request, identity, limits);
    }
    const kernel = new Kernel({
      syscalls: await this.#syscalls(),
      exec: this.#loader.exec,
      memories: this.#memories,
      vfs: this.#vfs,
      observer: this.#observer(),
      forwardSignals: options.forwardSignals ?? false,
      random: this.#random,
      ...(options.release === undefined ? {} : { release: options.release }),
      ...this.#cores(program.mm.abi),
    });
    this.#pool = kernel.scheduler.cores;
    const task = kernel.start({
      program,
      files: this.#openFiles(options.stdio ?? [0, 1, 2], inherited, limits.nofile),
      cwd,
      umask: takeUmask(),
      uid: ids.uid,
      gid: ids.gid,
      groups: ids.groups,
      pid: ids.pid,
      ppid: ids.ppid,
      limits,
    });
    this.#vfs.adoptTerminal(task.process);
    if (this.#log.has('page')) this.#sink(pageLog(task));
    this.#started = ticks();
    try {
      const status = await kernel.run();
      if (isSending()) await allSent();
      return status;
    } finally {
      this.#ended = ticks();
      this.#cache?.save();
    }
  }

  /** Counters of the run so far. */
  statistics(): Statistics {
    const engines: EngineFigures[] = [];
    for (const { abi, engine } of this.#engines.all()) {
      engines.push({ name: abi.name, ...engine.stats, wasm: engine.tier?.stats });
    }
    return {
      wallMs: (this.#ended === 0 ? ticks() : this.#ended) - this.#started,
      engines,
      syscalls: this.#dispatcher.calls,
      minorFaults: this.#minorFaults,
      majorFaults: this.#majorFaults,
      peakResident: this.#peakResident,
      processes: this.#processes,
      cache: this.#cache?.stats,
      cores: this.#pool?.stats,
    };
  }

  /** How many CPUs there are, and what the further ones need. Logs are of one core. */
  #cores(abi: Abi): Pick<KernelOptions, 'cpus' | 'coreEngine' | 'coreAfterMs'> {
    const { cores, engine, cpu, coreAfterMs } = this.#options;
    if (this.#log.size > 0 || !CorePool.possible) return { cpus: 1 };
    return {
      cpus: Math.min(cores ?? hostCpus(), MAX_CORES),
      coreEngine: { mode: engine ?? 'tiered', cpu, abi: abi.name },
      ...(coreAfterMs === undefined ? {} : { coreAfterMs }),
    };
  }

  async #syscalls(): Promise<SyscallPort> {
    if (this.#options.strace !== true) return this.#dispatcher;
    const { Strace } = await import('../syscalls/strace.js');
    return new Strace(this.#dispatcher, this.#sink);
  }

  #engineOptions(abi: Abi, frontEnd: FrontEnd): EngineOptions {
    const mode = this.#options.engine ?? 'tiered';
    if (mode !== 'closures') {
      setV8Options();
      usePrebuilt((wordSize) => prebuiltInterpreter(BUILD_ID, wordSize));
    }
    const oneInstruction = this.#options.oneInstruction ?? false;
    if (this.#log.size === 0) {
      if (oneInstruction) return { mode, oneInstruction };
      const cacheKey = `${BUILD_ID} ${hostKey()} ${abi.name} ${this.#options.cpu ?? ''}`;
      return { mode, cache: this.#cache, cacheKey };
    }
    const trace = engineTrace(this.#log, this.#sink, abi, frontEnd, this.#symbolizer, this.#wasmText);
    return { mode, trace, oneInstruction };
  }

  #observer(): Observer {
    const observer: Observer = {
      exited: (task, last) => {
        if (last) this.#account(task);
      },
      internalError: (error) => {
        this.#sink(`sojourn: internal error: ${errorText(error)}\n`);
      },
    };
    if (this.#options.crashReport !== false) {
      observer.fatal = (task, info) => {
        if (defaultAction(info.signo) !== 'core') return;
        this.#sink(
          task.process === task.kernel.root
            ? crashReport(task, info, this.#symbolizer, (t, pc) => this.#instructionAt(t, pc))
            : crashLine(task, info, this.#symbolizer),
        );
      };
    }
    if (this.#log.has('int')) {
      observer.signal = (task, info, action) => {
        this.#sink(signalLine(task, info, action.handler));
      };
    }
    return observer;
  }

  #account(task: Task): void {
    const { space } = task.mm;
    this.#processes++;
    this.#minorFaults += space.stats.minorFaults;
    this.#majorFaults += space.stats.majorFaults;
    this.#peakResident = Math.max(this.#peakResident, space.peakRss);
  }

  #instructionAt(task: Task, pc: number): string | undefined {
    const frontEnd = this.#engines.existing(task.abi)?.frontEnd;
    if (frontEnd === undefined || pc >= 0x1_0000_0000) return undefined;
    const reader = codeReader(task.mm.space);
    if (reader.half(pc - (pc % 2)) < 0) return undefined;
    return frontEnd.disassemble(pc, reader).text;
  }

  #openFiles(stdio: readonly Stdio[], inherited: readonly number[], limit: number): FdTable {
    const table = new FdTable();
    const put = (fd: number, what: Stdio): void => {
      const file = this.#openStdio(what);
      // A descriptor that is closed in our parent is closed in the guest.
      if (file !== undefined) table.replace(fd, file, false, limit);
    };
    stdio.forEach((what, fd) => {
      put(fd, what);
    });
    for (const fd of inherited) if (fd >= stdio.length) put(fd, fd);
    return table;
  }

  #openStdio(what: Stdio): OpenFile | undefined {
    if (typeof what === 'function') return new SinkFile(what);
    if (typeof what === 'object') return new BytesFile(what);
    const file = what === 'null' ? this.#vfs.openFirst('/', '/dev/null', 2) : this.#vfs.openInherited(what);
    return typeof file === 'number' ? undefined : file;
  }
}

/** An exception's stack when it has one: these are bugs of ours, and the stack is what a report needs. */
function errorText(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'stack' in error) return String(error.stack);
  return String(error);
}
