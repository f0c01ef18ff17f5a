/** execve: replacing a process's program. Reading and mapping the file is the loader's business, behind a port. */
import { EINTR, ELIBBAD, ENOENT, ENOEXEC } from '../abi/errno.js';
import { SS_DISABLE } from '../abi/signals.js';
import { archOf } from './arch/arch.js';
import { exitTask, mmRelease, putMm } from './exit.js';
import type { OpenFile } from './file.js';
import type { Mm } from './mm.js';
import { KEEP_REGISTERS } from './scheduler.js';
import type { Task } from './task.js';
import { type Blocking, waitHost } from './wait.js';

export interface ExecRequest {
  /** Guest path as given, a byte string; relative ones are relative to the caller's directory. */
  readonly path: string;
  /** execveat with AT_EMPTY_PATH: the file itself. */
  readonly file?: OpenFile;
  /** Byte strings. */
  readonly argv: readonly string[];
  readonly envp: readonly string[];
}

/** A program in a fresh address space, with stack, arguments and auxiliary vector in place. */
export interface LoadedProgram {
  readonly mm: Mm;
  readonly entry: number;
  readonly sp: number;
  /** comm: last part of the path, at most 15 bytes. */
  readonly name: string;
}

/**
 * Loads a program for `task` (its root directory, credentials and limits apply).
 * @returns -errno when it cannot be run; a promise when the emulator itself is not ready: ask again when it resolves
 */
export type ExecLoader = (task: Task, request: ExecRequest) => LoadedProgram | number | Promise<void>;

/** execve(2): on success the calling task runs the new program and is the only thread left. */
export function execute(task: Task, request: ExecRequest): number | Blocking {
  if (request.path === '' && request.file === undefined) return -ENOENT;
  const program = task.kernel.exec(task, request);
  if (program instanceof Promise) return executeLater(task, request, program);
  return typeof program === 'number' ? program : replaceProgram(task, program);
}

/** Only a fatal signal ends the wait: to the guest it is part of reading the file. */
function* executeLater(task: Task, request: ExecRequest, ready: Promise<void>): Blocking {
  const settled = yield* waitHost(ready, undefined, false);
  if (settled === undefined) return -EINTR;
  const program = task.kernel.exec(task, request);
  // What could not be loaded will not be there the next time either.
  if (program instanceof Promise) return -ENOEXEC;
  return typeof program === 'number' ? program : replaceProgram(task, program);
}

function replaceProgram(task: Task, program: LoadedProgram): number {
  if (program.mm.users !== 1) return -ELIBBAD;
  const { process } = task;
  for (const other of [...process.tasks]) if (other !== task) exitTask(other);
  takeLeadership(task);

  const old = task.mm;
  mmRelease(task);
  task.setMm(program.mm);
  putMm(old);
  if (task.files.users > 1) {
    task.files.users--;
    task.files = task.files.clone();
  }
  task.files.closeOnExec();
  if (process.sighand.users > 1) {
    process.sighand.users--;
    process.sighand = process.sighand.clone();
  }
  process.sighand.resetForExec();
  process.timers?.dropPosixTimers();
  task.altStack = { sp: 0, size: 0, flags: SS_DISABLE };
  task.restart = undefined;
  task.name = program.name;
  task.dumpable = true;
  task.cred.keepCapabilities = false;
  process.execed = true;
  process.exitSignal = 17;
  process.applyLimits(task.mm);
  archOf(task).startProgram(task, program.entry, program.sp);
  return KEEP_REGISTERS;
}

/** The thread that execs takes over the process's id when it was not the leader (de_thread of the kernel). */
function takeLeadership(task: Task): void {
  const { kernel, process } = task;
  if (task.tid === process.pid) return;
  kernel.tasks.delete(task.tid);
  task.tid = process.pid;
  kernel.tasks.set(task.tid, task);
}
