/** One engine per guest architecture, made when the first program for it is loaded. */
import type { Abi, IsaFamily } from '../abi/abi.js';
import { ENOEXEC } from '../abi/errno.js';
import { LoadError } from '../loader/load-error.js';
import { Engine, type EngineOptions } from '../translate/engine.js';
import type { FrontEnd } from '../translate/front-end.js';
import { A64FrontEnd } from '../translate/isa/aarch64/front-end.js';
import { RiscvFrontEnd } from '../translate/isa/riscv/front-end.js';

type MakeFrontEnd = (abi: Abi) => FrontEnd;

/** Instruction sets that can run. A guest whose ABI we know but whose instructions we do not is refused by name. */
const FRONT_ENDS: Partial<Record<IsaFamily, MakeFrontEnd>> = {
  aarch64: () => new A64FrontEnd(),
  riscv: (abi) => new RiscvFrontEnd(abi.wordSize === 8 ? 64 : 32),
};

export class Engines {
  readonly #engines = new Map<Abi, Engine>();
  readonly #optionsFor: (abi: Abi, frontEnd: FrontEnd) => EngineOptions;

  constructor(optionsFor: (abi: Abi, frontEnd: FrontEnd) => EngineOptions) {
    this.#optionsFor = optionsFor;
  }

  /** @throws LoadError ENOEXEC when the instruction set is not supported */
  for(abi: Abi): Engine {
    let engine = this.#engines.get(abi);
    if (engine === undefined) {
      const make = FRONT_ENDS[abi.isa];
      if (make === undefined) throw new LoadError(ENOEXEC, `programs for ${abi.name} cannot be run yet`);
      const frontEnd = make(abi);
      engine = new Engine(frontEnd, this.#optionsFor(abi, frontEnd));
      this.#engines.set(abi, engine);
    }
    return engine;
  }

  /** The engine of an ABI when one was made. */
  existing(abi: Abi): Engine | undefined {
    return this.#engines.get(abi);
  }

  all(): Iterable<readonly [Abi, Engine]> {
    return this.#engines;
  }
}
