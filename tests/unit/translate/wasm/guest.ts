/** A RISC-V 64 guest without a kernel, and assembly with labels, for tests of the compiled engine. */
import { Cpu } from '../../../../src/cpu/cpu.js';
import { EXIT_INTERRUPT } from '../../../../src/cpu/exit.js';
import type { ExitReason } from '../../../../src/cpu/exit.js';
import { FP_DEFAULT_NAN, FP_MODE } from '../../../../src/cpu/layout.js';
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} from '../../../../src/mmap/flags.js';
import { CPU_BLOCKS } from '../../../../src/mmap/layout.js';
import { GuestMemory } from '../../../../src/mmap/memory.js';
import { AddressSpace } from '../../../../src/mmap/space.js';
import { Engine } from '../../../../src/translate/engine.js';
import type { EngineMode, EngineOptions } from '../../../../src/translate/engine.js';
import { RiscvFrontEnd } from '../../../../src/translate/isa/riscv/front-end.js';
import { Assembler } from '../../../random/riscv/assembler.js';

export const CODE = 0x10_0000;
export const DATA = 0x20_0000;
export const STACK_TOP = 0x4000_0000;
export const MODES: readonly EngineMode[] = ['closures', 'interp', 'wasm', 'tiered'];

const RW = PROT_READ | PROT_WRITE;
const asm = new Assembler(64);
let memory: GuestMemory | undefined;
/** Space of the guest before; only the newest guest can be used. */
let last: AddressSpace | undefined;

type Operands = Readonly<Record<string, number>>;

/** Collects instructions; jumps name labels. */
export class Program {
  private readonly items: { name: string; values: Operands; label: string | undefined }[] = [];
  private readonly places = new Map<string, number>();
  readonly origin: number;

  constructor(origin = CODE) {
    this.origin = origin;
  }

  /** Only instructions of four bytes, so that places are known at once. */
  i(name: string, values: Operands = {}, label?: string): this {
    this.items.push({ name, values, label });
    return this;
  }

  label(name: string): this {
    this.places.set(name, this.here);
    return this;
  }

  get here(): number {
    return this.origin + this.items.length * 4;
  }

  at(label: string): number {
    const place = this.places.get(label);
    if (place === undefined) throw new Error(`no label ${label}`);
    return place;
  }

  /** rd = value, in two instructions. */
  li(rd: number, value: number): this {
    return this.i('lui', { rd, upper: ((value + 0x800) >>> 12) << 12 }).i('addi', {
      rd,
      rs1: rd,
      imm: (value << 20) >> 20,
    });
  }

  bytes(): Uint8Array {
    const words = this.items.map(({ name, values, label }, n) => {
      const offset =
        label === undefined ? values : { ...values, offset: this.at(label) - this.origin - n * 4 };
      return asm.word(name, offset).bits;
    });
    return new Uint8Array(Int32Array.from(words).buffer);
  }
}

export class Guest {
  readonly space: AddressSpace;
  readonly cpu: Cpu;
  readonly engine: Engine;

  constructor(mode: EngineMode, options: EngineOptions = {}) {
    // One memory for all: each reserves 4 GiB of addresses until it is collected.
    memory ??= new GuestMemory();
    last?.clear();
    this.space = last = new AddressSpace(memory);
    this.cpu = new Cpu(this.space, CPU_BLOCKS);
    this.cpu.r.fill(0);
    this.cpu.r[80] = -1;
    this.cpu.r[FP_MODE] = FP_DEFAULT_NAN;
    this.engine = new Engine(new RiscvFrontEnd(64), { ...options, mode });
  }

  map(addr: number, length: number, prot = RW): this {
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    if (this.space.map({ addr, length, prot, flags, offset: 0 }) !== addr) throw new Error('map');
    return this;
  }

  /** Maps and fills code; `prot` may have PROT_WRITE for programs that write their own. */
  load(program: Program, prot = PROT_READ | PROT_EXEC): this {
    const bytes = program.bytes();
    const length = (bytes.length + 4095) & ~4095;
    this.map(program.origin, length);
    this.space.copyOut(program.origin, bytes);
    this.space.protect(program.origin, length, prot);
    this.cpu.pc = program.origin;
    return this;
  }

  x(n: number): bigint {
    return new BigInt64Array(this.cpu.r.buffer, this.cpu.base, 32)[n] as bigint;
  }

  setX(n: number, value: bigint): this {
    new BigInt64Array(this.cpu.r.buffer, this.cpu.base, 32)[n] = value;
    return this;
  }

  /** Runs until something else than a time slice's end. */
  run(budget?: number): ExitReason {
    for (;;) {
      const reason = this.engine.run(this.cpu, budget);
      if (reason !== EXIT_INTERRUPT) return reason;
    }
  }
}
