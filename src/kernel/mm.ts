/**
 * `struct mm_struct`: an address space with what the kernel knows of the program in it. Shared by threads and by
 * CLONE_VM children; replaced by execve.
 */
import type { Abi } from '../abi/abi.js';
import { CPU_BLOCK_SIZE } from '../cpu/layout.js';
import type { Cpu } from '../cpu/cpu.js';
import type { ExitReason } from '../cpu/exit.js';
import { CPU_BLOCKS, CPU_BLOCKS_END } from '../mmap/layout.js';
import type { GuestMemory } from '../mmap/memory.js';
import type { AddressSpace } from '../mmap/space.js';
import type { CompiledModule } from '../translate/wasm/tier.js';
import type { FutexWaiter } from './futex.js';
import { UserMemory } from './user.js';

/** Runs guest code of one instruction set (src/translate). */
export interface Engine {
  /** Runs until the kernel is needed, or about `budget` instructions are done; guest state is in the CPU block then. */
  run(cpu: Cpu, budget: number): ExitReason;
  /** Guest instructions executed, on all cores. */
  readonly stats: { instructions: number };
  /** What it has compiled for a space after the first `since` modules; `install` takes that on another core. */
  compiled?(
    space: AddressSpace,
    since: number,
  ): { readonly list: readonly CompiledModule[]; readonly total: number };
  install?(space: AddressSpace, list: readonly CompiledModule[]): void;
}

/** The program a space was made for; addresses are guest addresses. */
export interface ProgramInfo {
  /** Path of the executable as the guest sees it (/proc/self/exe), a byte string. */
  readonly exe: string;
  /** Where argv and envp strings lie, for /proc/self/cmdline and environ. */
  argStart: number;
  argEnd: number;
  envStart: number;
  envEnd: number;
  /** The auxiliary vector as it lies on the stack, for /proc/self/auxv. */
  readonly auxv: Uint8Array;
  readonly startCode: number;
  readonly endCode: number;
  readonly startStack: number;
  /** Address of the rt_sigreturn trampoline; 0 where the ABI passes a restorer. */
  readonly trampoline: number;
}

export class Mm {
  readonly space: AddressSpace;
  readonly abi: Abi;
  readonly engine: Engine;
  readonly user: UserMemory;
  readonly program: ProgramInfo;
  /** Tasks that run in it (and vfork parents that lent it). */
  users = 1;
  /** Tasks of it run on several cores, or have. */
  shared = false;
  /** What membarrier(2) was told to prepare for, its MEMBARRIER_CMD_REGISTER_* bits. */
  membarriers = 0;
  /** Told when the last user is gone. */
  gone: (() => void) | undefined;
  /** Gives the memory back to its pool when the last user is gone. */
  retired: ((memory: GuestMemory) => void) | undefined;
  /** Waiters on futex words of this space that no other space can name, by address. */
  readonly futexes = new Map<number, FutexWaiter[]>();
  readonly #blocks: boolean[] = [];

  constructor(space: AddressSpace, abi: Abi, engine: Engine, program: ProgramInfo) {
    this.space = space;
    this.abi = abi;
    this.engine = engine;
    this.program = program;
    this.user = new UserMemory(space, abi);
  }

  /** Takes a free CPU block: its guest address. */
  takeBlock(): number {
    let index = this.#blocks.indexOf(false);
    if (index < 0) index = this.#blocks.length;
    this.#blocks[index] = true;
    const base = CPU_BLOCKS + index * CPU_BLOCK_SIZE;
    this.space.memory.u8.fill(0, base, base + CPU_BLOCK_SIZE);
    return base;
  }

  /** There is room for another task. */
  get hasRoom(): boolean {
    return (
      this.#blocks.length < (CPU_BLOCKS_END - CPU_BLOCKS) / CPU_BLOCK_SIZE || this.#blocks.includes(false)
    );
  }

  giveBlock(base: number): void {
    this.#blocks[(base - CPU_BLOCKS) / CPU_BLOCK_SIZE] = false;
  }
}
