/** What an {@link Emulator} can be told. */
import type { EngineMode } from '../translate/engine.js';
import type { LogItem } from '../debug/log-items.js';

/** Where a guest descriptor leads: a descriptor of this process, nothing, bytes to read, or a function to write to. */
export type Stdio = number | 'null' | Uint8Array | ((bytes: Uint8Array) => void);

export interface EmulatorOptions {
  /** Path of the program as the guest sees it: absolute ones are tried under the sysroot first. */
  readonly program: string;
  /** Arguments after argv[0]. */
  readonly args?: readonly string[];
  /** argv[0]; the program's path by default. */
  readonly argv0?: string;
  /** The guest's environment; that of this process by default. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Host directory that absolute guest paths are tried under first. */
  readonly sysroot?: string;
  /** Current directory; that of this process by default. */
  readonly cwd?: string;
  /** Soft limit of the stack in bytes, 8 MiB by default. */
  readonly stackSize?: number;
  /** How guest code runs; `tiered` by default. */
  readonly engine?: EngineMode;
  /** CPUs that the guest may use at the same time; default: those of the host. 1 keeps everything on one thread. */
  readonly cores?: number;
  /**
   * Milliseconds that a guest thread computes, while others wait for a CPU, before it gets one of its own (default 15). 0
   * gives all of them to further CPUs all the time: slower, and what tests of them want.
   */
  readonly coreAfterMs?: number;
  /** Guest descriptors 0, 1, 2 …; `[0, 1, 2]` by default. */
  readonly stdio?: readonly Stdio[];
  /** Give the guest this process's other inherited descriptors too, under their numbers. Default false. */
  readonly inheritDescriptors?: boolean;
  /** Print system calls. */
  readonly strace?: boolean;
  /** Items to log, see `sojourn -d help`. */
  readonly log?: ReadonlySet<LogItem>;
  /** Receives traces, logs and crash reports; standard error by default. */
  readonly logSink?: (text: string) => void;
  /** Print a report when the guest dies of a signal that dumps core. Default true. */
  readonly crashReport?: boolean;
  /** Pass Ctrl-C and other signals of this process on to the guest. Default false; the command line sets it. */
  readonly forwardSignals?: boolean;
  /**
   * Host directory where compiled code is kept for the next run of the same program; none by default. The command line
   * uses ~/.cache/sojourn.
   */
  readonly cacheDir?: string;
  /** CPU model, see `sojourn --cpu help`. */
  readonly cpu?: string;
  /** What uname(2) tells as the kernel's release. */
  readonly release?: string;
  /** Makes AT_RANDOM, getrandom(2) and /dev/urandom give the same bytes each time (a whole number up to 2^53). */
  readonly seed?: number;
  /** Translate one guest instruction at a time, so that logs tell of each. Slow. Default false. */
  readonly oneInstruction?: boolean;
}
