/** `sojourn [options] program [arguments…]`; see docs and --help. */
import process from 'node:process';
import { Emulator } from '../api/emulator.js';
import { statisticsText } from '../debug/statistics.js';
import { cacheDirectory } from '../kernel/host/cache-dir.js';
import { close, open, write } from '../kernel/host/fs.js';
import { mayWalk } from '../kernel/host/near.js';
import { bytePath } from '../kernel/host/path.js';
import { raiseOnSelf } from '../kernel/host/signals.js';
import type { ExitStatus } from '../kernel/kernel.js';
import { LoadError } from '../loader/load-error.js';
import { ENOENT } from '../abi/errno.js';
import { type CommandLine, fromEnvironment, guestEnvironment, UsageError } from './command-line.js';
import { parseFast } from './parse-fast.js';

/** Exit codes of our own failures, as shells use them (POSIX, "Exit Status for Commands"). */
const USAGE = 2;
const INTERNAL = 125;
const CANNOT_RUN = 126;
const NOT_FOUND = 127;
/** Time for a signal to ourselves to arrive before we give up on it, in milliseconds. */
const LAST_WISH = 2000;

const STANDARD_ERROR = 2;
const O_WRONLY_CREAT_TRUNC = 0o1101;
const encoder = new TextEncoder();

function writeAll(fd: number, text: string): void {
  const bytes = encoder.encode(text);
  for (let at = 0; at < bytes.length;) {
    const n = write(fd, bytes, at, bytes.length - at, -1);
    if (n <= 0) return;
    at += n;
  }
}

/** @returns undefined when text (help, version) was printed instead */
async function readCommandLine(argv: readonly string[]): Promise<CommandLine | undefined> {
  const line = fromEnvironment(process.env);
  if (parseFast(argv, line)) return line;
  const { parseFull } = await import('./parse-full.js');
  const outcome = await parseFull(argv, fromEnvironment(process.env));
  if ('line' in outcome) return outcome.line;
  writeAll(1, outcome.text);
  return undefined;
}

/** Opens -D's file. @throws UsageError */
function openLog(path: string | undefined): number {
  if (path === undefined) return STANDARD_ERROR;
  const fd = open(bytePath(path), O_WRONLY_CREAT_TRUNC, 0o644);
  if (fd < 0) throw new UsageError(`cannot write ${path}`);
  return fd;
}

function makeEmulator(line: CommandLine, logFd: number): Emulator {
  const directory = line.cache ? cacheDirectory(process.env) : undefined;
  return new Emulator({
    program: line.program,
    args: line.args,
    env: guestEnvironment(process.env, line.environment),
    strace: line.strace || line.log.has('strace'),
    log: line.log,
    logSink: (text) => {
      writeAll(logFd, text);
    },
    forwardSignals: true,
    inheritDescriptors: true,
    ...(directory === undefined ? {} : { cacheDir: directory }),
    ...(line.argv0 === undefined ? {} : { argv0: line.argv0 }),
    ...(line.sysroot === undefined ? {} : { sysroot: line.sysroot }),
    ...(line.stackSize === undefined ? {} : { stackSize: line.stackSize }),
    ...(line.engine === undefined ? {} : { engine: line.engine }),
    ...(line.cores === undefined ? {} : { cores: line.cores }),
    ...(line.cpu === undefined ? {} : { cpu: line.cpu }),
    ...(line.release === undefined ? {} : { release: line.release }),
    ...(line.seed === undefined ? {} : { seed: line.seed }),
    oneInstruction: line.oneInstruction,
  });
}

/** Ends us as the guest ended. */
function endLike(status: ExitStatus): void {
  if ('code' in status) {
    process.exit(status.code);
    return;
  }
  const { signal } = status;
  raiseOnSelf(signal);
  // The signal comes at any moment; if the host has no such signal, the shell's convention must do.
  setTimeout(() => {
    process.exit(128 + signal);
  }, LAST_WISH);
}

async function main(argv: readonly string[]): Promise<void> {
  try {
    const line = await readCommandLine(argv);
    if (line === undefined) return;
    const logFd = openLog(line.logFile);
    const emulator = makeEmulator(line, logFd);
    mayWalk();
    try {
      const status = await emulator.run();
      if (line.stats) writeAll(logFd, statisticsText(emulator.statistics()));
      if (logFd !== STANDARD_ERROR) close(logFd);
      endLike(status);
    } catch (error) {
      if (!(error instanceof LoadError)) throw error;
      writeAll(STANDARD_ERROR, `sojourn: ${line.program}: ${error.message}\n`);
      process.exit(error.errno === ENOENT ? NOT_FOUND : CANNOT_RUN);
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    writeAll(STANDARD_ERROR, `sojourn: ${error.message}\n`);
    process.exit(USAGE);
  }
}

/** A bug of ours: its stack, without the line of bundled code that Node would print in front. */
function internalError(error: unknown): void {
  const text =
    typeof error === 'object' && error !== null && 'stack' in error ? String(error.stack) : String(error);
  writeAll(STANDARD_ERROR, `sojourn: internal error: ${text}\n`);
  process.exit(INTERNAL);
}

process.on('uncaughtException', internalError);
main(process.argv.slice(2)).catch(internalError);
