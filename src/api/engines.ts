/** One engine per guest architecture, made when the first program for it is loaded. */
import type { Abi, IsaFamily } from '../abi/abi.js';
import { ENOEXEC } from '../abi/errno.js';
import type { ArmTexts } from '../debug/capstone.js';
import { LoadError } from '../loader/load-error.js';
import { Engine, type EngineOptions } from '../translate/engine.js';
import type { FrontEnd } from '../translate/front-end.js';
import { A64FrontEnd } from '../translate/isa/aarch64/front-end.js';
import { RiscvFrontEnd } from '../translate/isa/riscv/front-end.js';
import { type CpuModel, cpuModel } from './cpu-models.js';

/** An architecture that runs: its ABI with the CPU model's capabilities, and its engine. */
export interface Guest {
  readonly abi: Abi;
  readonly engine: Engine;
}

type MakeFrontEnd = (model: CpuModel, texts: ArmTexts | undefined) => FrontEnd;

/** Instruction sets that can run. A guest whose ABI we know but whose instructions we do not is refused by name. */
const FRONT_ENDS: Partial<Record<IsaFamily, MakeFrontEnd>> = {
  aarch64: ({ a64 }, texts) => {
    const frontEnd = new A64FrontEnd(a64);
    frontEnd.disassembler = texts?.aarch64;
    return frontEnd;
  },
  riscv: ({ abi }) => new RiscvFrontEnd(abi.wordSize === 8 ? 64 : 32),
};

export class Engines {
  readonly #guests = new Map<Abi['name'], Guest>();
  readonly #optionsFor: (abi: Abi, frontEnd: FrontEnd) => EngineOptions;
  readonly #cpu: string | undefined;
  /** Disassembly of ARM code, when it was loaded. */
  texts: ArmTexts | undefined;

  /** @param cpu CPU model of the first program's architecture; others get their default */
  constructor(cpu: string | undefined, optionsFor: (abi: Abi, frontEnd: FrontEnd) => EngineOptions) {
    this.#cpu = cpu;
    this.#optionsFor = optionsFor;
  }

  /** @throws LoadError ENOEXEC when the instruction set is not supported, EINVAL when it has no such CPU model */
  for(base: Abi): Guest {
    const { name, isa } = base;
    let guest = this.#guests.get(name);
    if (guest === undefined) {
      const make = FRONT_ENDS[isa];
      if (make === undefined || !base.littleEndian)
        throw new LoadError(ENOEXEC, `programs for ${name} cannot be run yet`);
      const model = cpuModel(base, this.#guests.size === 0 ? this.#cpu : undefined);
      const frontEnd = make(model, this.texts);
      guest = { abi: model.abi, engine: new Engine(frontEnd, this.#optionsFor(model.abi, frontEnd)) };
      this.#guests.set(name, guest);
    }
    return guest;
  }

  /** The engine of an ABI when one was made. */
  existing(abi: Abi): Engine | undefined {
    return this.#guests.get(abi.name)?.engine;
  }

  all(): Iterable<Guest> {
    return this.#guests.values();
  }
}
