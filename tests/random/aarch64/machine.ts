/** Runs random A64 programs in this process, on one emulated machine that is wiped in between. */
import { Cpu } from '../../../src/cpu/cpu.js';
import { EXIT_INTERRUPT, EXIT_SYSCALL } from '../../../src/cpu/exit.js';
import type { ExitReason } from '../../../src/cpu/exit.js';
import { WORD_RES_ADDR } from '../../../src/cpu/layout.js';
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
import { resetFp } from '../../../src/translate/isa/aarch64/fp-control.js';
import { A64FrontEnd } from '../../../src/translate/isa/aarch64/front-end.js';
import type { A64Model } from '../../../src/translate/isa/aarch64/model.js';
import { OUTPUT_SIZE } from './program.js';
import type { Image } from './program.js';

const MAP_FLAGS = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;

export class A64Machine {
  private readonly space: AddressSpace;
  readonly cpu: Cpu;
  readonly engine: Engine;

  constructor(model: A64Model, options: EngineOptions = {}) {
    this.space = new AddressSpace(new GuestMemory());
    this.cpu = new Cpu(this.space, CPU_BLOCKS);
    this.engine = new Engine(new A64FrontEnd(model), options);
  }

  /** Guest instructions executed so far. */
  get instructions(): number {
    return this.cpu.instructions;
  }

  place(addr: number, bytes: Uint8Array, prot: number): void {
    const { space } = this;
    const length = (bytes.length + 4095) & ~4095;
    space.unmap(addr, length);
    if (space.map({ addr, length, prot: PROT_READ | PROT_WRITE, flags: MAP_FLAGS, offset: 0 }) !== addr)
      throw new Error('map');
    if (!space.copyOut(addr, bytes)) throw new Error('copy');
    space.protect(addr, length, prot);
  }

  /** Takes rights from mapped pages, or gives them back. */
  protect(addr: number, length: number, prot: number): void {
    if (this.space.protect(addr, length, prot) !== 0) throw new Error('protect');
  }

  unmap(addr: number, length: number): void {
    this.space.unmap(addr, length);
  }

  /** Registers of a new task. */
  reset(): void {
    const { r } = this.cpu;
    r.fill(0);
    r[WORD_RES_ADDR] = -1;
    resetFp(r);
  }

  /** Runs from the pc until the kernel is needed. */
  step(): ExitReason {
    let reason = this.engine.run(this.cpu);
    while (reason === EXIT_INTERRUPT) reason = this.engine.run(this.cpu);
    return reason;
  }

  /** The bytes the program would write. */
  run(image: Image): Uint8Array {
    const { cpu, space } = this;
    this.place(image.codeAddr, image.code, PROT_READ | PROT_EXEC);
    this.place(image.dataAddr, image.data, PROT_READ | PROT_WRITE);
    this.reset();
    cpu.pc = image.entry;
    const reason = this.step();
    if (reason !== EXIT_SYSCALL) {
      const at = `pc ${cpu.pc.toString(16)} address ${cpu.faultAddr.toString(16)} kind ${cpu.faultKind}`;
      return new TextEncoder().encode(`exit reason ${reason} at ${at}`);
    }
    return space.copyIn(image.outputAddr, OUTPUT_SIZE) ?? new Uint8Array(0);
  }
}
