/** Loads programs into fresh address spaces: the first one, and those of execve. */
import { EACCES, ENOMEM } from '../abi/errno.js';
import { S_IFMT, S_IFREG, X_OK } from '../abi/fcntl.js';
import type { ExecLoader, ExecRequest, LoadedProgram } from '../kernel/exec.js';
import { Mm } from '../kernel/mm.js';
import type { OpenFile } from '../kernel/file.js';
import type { ResourceLimits } from '../kernel/rlimits.js';
import { RLIMIT } from '../kernel/rlimits.js';
import { emptyStat } from '../kernel/host/stat.js';
import type { Who } from '../kernel/vfs/file-system.js';
import { FOLLOW } from '../kernel/vfs/resolve.js';
import type { Vfs } from '../kernel/vfs/vfs.js';
import { installExec, prepareExec } from '../loader/exec.js';
import { LoadError } from '../loader/load-error.js';
import type { LoaderPort } from '../loader/source.js';
import type { FileBacking } from '../mmap/file-backing.js';
import type { GuestMemory, MemoryPool } from '../mmap/memory.js';
import { AddressSpace, type ObjectRegistry } from '../mmap/space.js';
import type { Engines, Guest } from './engines.js';
import type { RandomSource } from '../util/random.js';

/** Ids the program is told in its auxiliary vector. */
export interface Identity {
  readonly uid: number;
  readonly euid: number;
  readonly gid: number;
  readonly egid: number;
}

const COMM_LENGTH = 15;

export class ProgramLoader {
  readonly #vfs: Vfs;
  readonly #engines: Engines;
  readonly #memories: MemoryPool;
  readonly #registry: ObjectRegistry;
  readonly #random: RandomSource;

  constructor(
    vfs: Vfs,
    engines: Engines,
    memories: MemoryPool,
    registry: ObjectRegistry,
    random: RandomSource,
  ) {
    this.#random = random;
    this.#vfs = vfs;
    this.#engines = engines;
    this.#memories = memories;
    this.#registry = registry;
  }

  /** execve's port. */
  readonly exec: ExecLoader = (task, request) => {
    try {
      return this.load(task, request, task.cred, task.process.limits);
    } catch (error) {
      if (error instanceof LoadError) return -error.errno;
      throw error;
    }
  };

  /**
   * @returns the program; a promise when something has to be loaded first, after which this is to be called again
   * @throws LoadError
   */
  load(
    who: Who,
    request: ExecRequest,
    identity: Identity,
    limits: ResourceLimits,
  ): LoadedProgram | Promise<void> {
    const prepared = prepareExec(this.#portFor(who, request.file), request.path, request.argv);
    try {
      const missing = this.#engines.missing(prepared.abi.isa);
      if (missing !== undefined) return missing;
      const guest = this.#engines.for(prepared.abi);
      const { soft } = limits;
      const space = new AddressSpace(this.#takeMemory(), {
        registry: this.#registry,
        // Linux on ARM cannot map memory that is executable but not readable; RISC-V can.
        execReadable: guest.abi.isa !== 'riscv',
        limits: {
          as: soft[RLIMIT.AS] as number,
          data: soft[RLIMIT.DATA] as number,
          stack: soft[RLIMIT.STACK] as number,
          memlock: soft[RLIMIT.MEMLOCK] as number,
        },
      });
      try {
        return this.#install(space, prepared, request, identity, guest);
      } catch (error) {
        this.#retire(space);
        throw error;
      }
    } finally {
      prepared.close();
    }
  }

  #install(
    space: AddressSpace,
    prepared: ReturnType<typeof prepareExec>,
    request: ExecRequest,
    identity: Identity,
    { abi, engine }: Guest,
  ): LoadedProgram {
    const random = new Uint8Array(16);
    this.#random(random);
    const run = installExec(space, prepared, {
      envp: request.envp,
      uid: identity.uid,
      euid: identity.euid,
      gid: identity.gid,
      egid: identity.egid,
      secure: false,
      random,
      stackLimit: space.limits.stack,
      hwcap: abi.hwcap,
      hwcap2: abi.hwcap2,
    });
    const mm = new Mm(space, abi, engine, {
      exe: prepared.image.file.path,
      argStart: run.argStart,
      argEnd: run.argEnd,
      envStart: run.envStart,
      envEnd: run.envEnd,
      auxv: run.auxv,
      startCode: run.main.startCode,
      endCode: run.main.endCode,
      startStack: run.sp,
      trampoline: run.trampoline,
    });
    mm.retired = (memory) => {
      this.#memories.give(memory);
    };
    // A script is called by its own name, as in Linux.
    const name = request.path.slice(request.path.lastIndexOf('/') + 1).slice(0, COMM_LENGTH);
    return { mm, entry: run.pc, sp: run.sp, name };
  }

  #takeMemory(): GuestMemory {
    try {
      return this.#memories.take();
    } catch {
      throw new LoadError(ENOMEM, 'the host cannot reserve 4 GiB of address space for it');
    }
  }

  #retire(space: AddressSpace): void {
    space.clear();
    this.#memories.give(space.memory);
  }

  /** @param file execveat with AT_EMPTY_PATH: stands for the first path asked for */
  #portFor(who: Who, file: OpenFile | undefined): LoaderPort {
    let first = file;
    return {
      openExecutable: (path) => {
        if (first === undefined) return this.#open(who, path);
        const given = first;
        first = undefined;
        const st = given.stat();
        if (typeof st === 'number') return st;
        return (st.mode & S_IFMT) === S_IFREG ? given.backing() : -EACCES;
      },
    };
  }

  #open(who: Who, path: string): FileBacking | number {
    const st = emptyStat();
    const place = this.#vfs.resolver.resolve(who, undefined, path, FOLLOW, st);
    if (typeof place === 'number') return place;
    if ((place.mode & S_IFMT) !== S_IFREG) return -EACCES;
    const denied = place.fs.access(who, place.path, X_OK);
    if (denied < 0) return denied;
    const file = this.#vfs.openPlace(who, place, 0, 0);
    if (typeof file === 'number') return file;
    const backing = file.backing();
    // The backing holds its own reference.
    file.release();
    return backing;
  }
}
