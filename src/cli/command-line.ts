/** What the command line says, whichever parser read it, and the environment variables that stand in for options. */
import { type LogItem, parseLogItems } from '../debug/log-items.js';
import type { EngineMode } from '../translate/engine.js';

export interface CommandLine {
  /** -L */
  sysroot: string | undefined;
  /** -E and -U in order: a value sets the variable, undefined removes it. */
  environment: (readonly [name: string, value: string | undefined])[];
  /** -0 */
  argv0: string | undefined;
  /** -s, in bytes. */
  stackSize: number | undefined;
  strace: boolean;
  /** -d */
  log: ReadonlySet<LogItem>;
  /** -D */
  logFile: string | undefined;
  engine: EngineMode | undefined;
  stats: boolean;
  /** Keep compiled code for the next run. */
  cache: boolean;
  cpu: string | undefined;
  /** -r: uname's release. */
  release: string | undefined;
  /** -seed */
  seed: number | undefined;
  /** -one-insn-per-tb */
  oneInstruction: boolean;
  /** --cores */
  cores: number | undefined;
  program: string;
  args: readonly string[];
}

/** The command line cannot be carried out; the message is for the user. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const ENGINES: readonly EngineMode[] = ['closures', 'interp', 'wasm', 'tiered'];

export function emptyCommandLine(): CommandLine {
  return {
    sysroot: undefined,
    environment: [],
    argv0: undefined,
    stackSize: undefined,
    strace: false,
    log: new Set(),
    logFile: undefined,
    engine: undefined,
    stats: false,
    cache: true,
    cpu: undefined,
    release: undefined,
    seed: undefined,
    oneInstruction: false,
    cores: undefined,
    program: '',
    args: [],
  };
}

/** `8M`, `64k`, `1048576`. @throws UsageError */
export function parseSize(text: string): number {
  const match = /^([0-9]+)([kKmMgG]?)$/.exec(text);
  if (match === null) throw new UsageError(`bad size: ${text}`);
  const unit = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }[(match[2] as string).toLowerCase()] as number;
  const size = Number(match[1]) * unit;
  if (size < 65536 || size > 2 ** 30) throw new UsageError(`stack size out of range (64k to 1G): ${text}`);
  return size;
}

/** `NAME=VALUE`; several with commas as QEMU allows, where what follows a comma looks like another one. */
export function parseAssignments(text: string): (readonly [string, string])[] {
  return text.split(/,(?=[A-Za-z_][A-Za-z0-9_]*=)/).map((one) => {
    const equals = one.indexOf('=');
    if (equals <= 0) throw new UsageError(`not NAME=VALUE: ${one}`);
    return [one.slice(0, equals), one.slice(equals + 1)];
  });
}

export function parseEngine(text: string): EngineMode {
  const mode = ENGINES.find((name) => name === text);
  if (mode === undefined) throw new UsageError(`unknown engine ${text} (one of ${ENGINES.join(', ')})`);
  return mode;
}

/** A number of CPUs. @throws UsageError */
export function parseCores(text: string): number {
  const cores = Number(text);
  if (!/^[0-9]+$/.test(text) || cores < 1 || cores > 64)
    throw new UsageError(`cores out of range (1 to 64): ${text}`);
  return cores;
}

/** As strtoull(3) with base 0, up to 2^53. @throws UsageError */
export function parseSeed(text: string): number {
  const seed = /^(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/.test(text)
    ? Number(text.replace(/^0(?=[0-7])/, '0o'))
    : NaN;
  if (!Number.isSafeInteger(seed)) throw new UsageError(`bad seed: ${text}`);
  return seed;
}

/** -p, -B and -R say where QEMU puts the guest in its own memory. Ours has a memory to itself. @throws UsageError */
function ignoreNumber(_line: CommandLine, text: string): void {
  if (!/^(0[xX][0-9a-fA-F]+|[0-9]+)[kKmMgG]?$/.test(text)) throw new UsageError(`bad number: ${text}`);
}

export function parseLog(text: string): ReadonlySet<LogItem> {
  const { items, unknown } = parseLogItems(text);
  if (unknown.length > 0) throw new UsageError(`unknown log item ${unknown.join(', ')} (see -d help)`);
  return items;
}

/** Options that take a value, by every spelling. The value sets the field. */
export const VALUE_OPTIONS: Readonly<Record<string, (line: CommandLine, value: string) => void>> = {
  '-L': (line, value) => void (line.sysroot = value),
  '-E': (line, value) => void line.environment.push(...parseAssignments(value)),
  '-U': (line, value) => {
    for (const name of value.split(',')) line.environment.push([name, undefined]);
  },
  '-0': (line, value) => void (line.argv0 = value),
  '-s': (line, value) => void (line.stackSize = parseSize(value)),
  '-d': (line, value) => void (line.log = parseLog(value)),
  '-D': (line, value) => void (line.logFile = value),
  '--engine': (line, value) => void (line.engine = parseEngine(value)),
  '--cores': (line, value) => void (line.cores = parseCores(value)),
  '--cpu': (line, value) => void (line.cpu = value),
  '-cpu': (line, value) => void (line.cpu = value),
  '-r': (line, value) => void (line.release = value),
  '-seed': (line, value) => void (line.seed = parseSeed(value)),
  '--seed': (line, value) => void (line.seed = parseSeed(value)),
  '-p': ignoreNumber,
  '-B': ignoreNumber,
  '-R': ignoreNumber,
};

export const FLAG_OPTIONS: Readonly<Record<string, (line: CommandLine) => void>> = {
  '--strace': (line) => void (line.strace = true),
  '-strace': (line) => void (line.strace = true),
  '--stats': (line) => void (line.stats = true),
  '--no-cache': (line) => void (line.cache = false),
  '--one-insn-per-tb': (line) => void (line.oneInstruction = true),
  '-one-insn-per-tb': (line) => void (line.oneInstruction = true),
  '-singlestep': (line) => void (line.oneInstruction = true),
};

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Options from the environment, which the command line then overrides: SOJOURN_X, else QEMU_X, so that existing CI
 * files work. @throws UsageError
 */
export function fromEnvironment(env: Environment): CommandLine {
  const line = emptyCommandLine();
  const get = (name: string): string | undefined => {
    const value = env[`SOJOURN_${name}`] ?? env[`QEMU_${name}`];
    return value === '' ? undefined : value;
  };
  const apply = (name: string, option: string): void => {
    const value = get(name);
    if (value !== undefined) VALUE_OPTIONS[option]?.(line, value);
  };
  apply('LD_PREFIX', '-L');
  apply('SET_ENV', '-E');
  apply('UNSET_ENV', '-U');
  apply('ARGV0', '-0');
  apply('STACK_SIZE', '-s');
  apply('LOG', '-d');
  apply('LOG_FILENAME', '-D');
  apply('CPU', '--cpu');
  apply('UNAME', '-r');
  apply('RAND_SEED', '-seed');
  line.oneInstruction = (get('ONE_INSN_PER_TB') ?? get('SINGLESTEP')) !== undefined;
  line.strace = get('STRACE') !== undefined;
  const engine = env['SOJOURN_ENGINE'];
  if (engine !== undefined && engine !== '') line.engine = parseEngine(engine);
  const cores = env['SOJOURN_CORES'];
  if (cores !== undefined && cores !== '') line.cores = parseCores(cores);
  line.stats = (env['SOJOURN_STATS'] ?? '') !== '';
  return line;
}

/** The guest's environment: ours with -E and -U applied. */
export function guestEnvironment(
  env: Environment,
  changes: CommandLine['environment'],
): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined) result[name] = value;
  for (const [name, value] of changes) {
    if (value === undefined) delete result[name];
    else result[name] = value;
  }
  return result;
}
