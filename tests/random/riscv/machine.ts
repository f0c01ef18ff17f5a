/** Runs random programs in this process, on one emulated machine that is wiped in between. */
import {
  PENDING_EXIT,
  WORD_PENDING,
  FP_MODE,
  FP_DEFAULT_NAN,
  FP_FLAGS,
  FP_RM,
  SLOT_TEMP,
  SLOT_V,
  WORD_RES_ADDR,
} from '../../../src/cpu/layout.js';
import { Cpu } from '../../../src/cpu/cpu.js';
import { EXIT_FAULT, EXIT_INTERRUPT, EXIT_SYSCALL } from '../../../src/cpu/exit.js';
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} from '../../../src/mmap/flags.js';
import { CPU_BLOCKS } from '../../../src/mmap/layout.js';
import { GuestMemory } from '../../../src/mmap/memory.js';
import { AddressSpace } from '../../../src/mmap/space.js';
import { Engine } from '../../../src/translate/engine.js';
import type { EngineOptions } from '../../../src/translate/engine.js';
import { RiscvFrontEnd } from '../../../src/translate/isa/riscv/front-end.js';
import { OUTPUT_SIZE, REACHED_PAGES } from './program.js';
import type { Image } from './program.js';
import { hash } from './recorded.js';

const MAP_FLAGS = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;

export class Machine {
  private readonly space: AddressSpace;
  private readonly cpu: Cpu;
  private readonly engine: Engine;

  constructor(xlen: 32 | 64, options: EngineOptions = {}) {
    this.space = new AddressSpace(new GuestMemory());
    this.cpu = new Cpu(this.space, CPU_BLOCKS);
    this.engine = new Engine(new RiscvFrontEnd(xlen), options);
  }

  /** Guest instructions executed so far. */
  get instructions(): number {
    return this.cpu.instructions;
  }

  private place(addr: number, bytes: Uint8Array, prot: number): void {
    const { space } = this;
    const length = (bytes.length + 4095) & ~4095;
    space.unmap(addr, length);
    if (space.map({ addr, length, prot: PROT_READ | PROT_WRITE, flags: MAP_FLAGS, offset: 0 }) !== addr)
      throw new Error('map');
    if (!space.copyOut(addr, bytes)) throw new Error('copy');
    space.protect(addr, length, prot);
  }

  /** The bytes the program would write. */
  run(image: Image): Uint8Array {
    this.prepare(image);
    const reason = this.continue();
    if (reason !== EXIT_SYSCALL) return new TextEncoder().encode(this.state(reason));
    return this.space.copyIn(image.outputAddr, OUTPUT_SIZE) ?? new Uint8Array(0);
  }

  /**
   * Runs with other rights on the pages that loads and stores reach, going on behind each instruction that faults.
   * @returns all state at each fault and at the end, to compare with what another engine gives
   */
  runWithFaults(image: Image, rights: readonly number[], most = 2000): string[] {
    const { cpu, space } = this;
    this.prepare(image);
    REACHED_PAGES.forEach((offset, n) => {
      space.protect(image.dataAddr + offset, 4096, rights[n] as number);
    });
    const log: string[] = [];
    let reason = this.continue();
    while (reason === EXIT_FAULT && log.length < most) {
      log.push(this.state(reason));
      const at = cpu.pc - image.codeAddr;
      cpu.pc += ((image.code[at] as number) & 3) === 3 ? 4 : 2;
      reason = this.continue();
    }
    for (const offset of REACHED_PAGES) space.protect(image.dataAddr + offset, 4096, PROT_READ | PROT_WRITE);
    const data = space.copyIn(image.dataAddr, image.data.length) ?? new Uint8Array(0);
    return [...log, this.state(reason), hash(data)];
  }

  private continue(): number {
    let reason = this.engine.run(this.cpu);
    while (reason === EXIT_INTERRUPT) reason = this.engine.run(this.cpu);
    return reason;
  }

  private prepare(image: Image): void {
    const { cpu } = this;
    this.place(image.codeAddr, image.code, PROT_READ | PROT_EXEC);
    this.place(image.dataAddr, image.data, PROT_READ | PROT_WRITE);
    cpu.r.fill(0);
    cpu.r[WORD_RES_ADDR] = -1;
    cpu.r[FP_MODE] = FP_DEFAULT_NAN;
    cpu.r[FP_FLAGS] = 0;
    cpu.r[FP_RM] = 0;
    cpu.r[WORD_PENDING] = (cpu.r[WORD_PENDING] as number) & ~PENDING_EXIT;
    cpu.pc = image.entry;
  }

  /** Where and why it stopped, and a hash of all architectural registers. */
  private state(reason: number): string {
    const { cpu } = this;
    const words = [
      ...cpu.r.subarray(0, 64),
      cpu.r[FP_FLAGS],
      cpu.r[FP_RM],
      ...cpu.r.subarray(SLOT_V * 2, SLOT_TEMP * 2),
    ];
    const registers = hash(new Uint8Array(Int32Array.from(words as number[]).buffer));
    const fault = reason === EXIT_FAULT ? `address ${cpu.faultAddr.toString(16)} kind ${cpu.faultKind}` : '';
    return `exit ${reason} pc ${cpu.pc.toString(16)} ${fault} registers ${registers}`;
  }
}
