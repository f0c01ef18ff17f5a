/** One engine per guest architecture, made when the first program for it is loaded. */
import type { Abi, IsaFamily } from '../abi/abi.js';
import { ENOEXEC } from '../abi/errno.js';
import type { ArmTexts } from '../debug/capstone.js';
import { LoadError } from '../loader/load-error.js';
import { Engine, type EngineOptions } from '../translate/engine.js';
import type { FrontEnd } from '../translate/front-end.js';
import { cpuModel } from './cpu-models.js';
import type { MakeFrontEnd } from './front-ends.js';

/** An architecture that runs: its ABI with the CPU model's capabilities, and its engine. */
export interface Guest {
  readonly abi: Abi;
  readonly engine: Engine;
}

/** How an instruction set's front end is made, or the promise of that; undefined when we have none. */
export type FrontEnds = (isa: IsaFamily) => MakeFrontEnd | Promise<MakeFrontEnd> | undefined;

export class Engines {
  readonly #guests = new Map<Abi['name'], Guest>();
  readonly #optionsFor: (abi: Abi, frontEnd: FrontEnd) => EngineOptions;
  readonly #cpu: string | undefined;
  readonly #frontEnds: FrontEnds;
  readonly #loaded = new Map<IsaFamily, MakeFrontEnd>();
  /** Disassembly of ARM code, when it was loaded. */
  texts: ArmTexts | undefined;

  /** @param cpu CPU model of the first program's architecture; others get their default */
  constructor(
    cpu: string | undefined,
    frontEnds: FrontEnds,
    optionsFor: (abi: Abi, frontEnd: FrontEnd) => EngineOptions,
  ) {
    this.#cpu = cpu;
    this.#frontEnds = frontEnds;
    this.#optionsFor = optionsFor;
  }

  /** Resolves when `for` has what it needs; undefined when it already has, or never will. */
  missing(isa: IsaFamily): Promise<void> | undefined {
    if (this.#loaded.has(isa)) return undefined;
    const make = this.#frontEnds(isa);
    if (make instanceof Promise)
      return make.then((loaded) => {
        this.#loaded.set(isa, loaded);
      });
    if (make !== undefined) this.#loaded.set(isa, make);
    return undefined;
  }

  /**
   * Nothing may be missing.
   * @throws LoadError ENOEXEC when the instruction set is not supported, EINVAL when it has no such CPU model
   */
  for(base: Abi): Guest {
    const { name, isa } = base;
    let guest = this.#guests.get(name);
    if (guest === undefined) {
      const make = base.littleEndian ? this.#loaded.get(isa) : undefined;
      // A guest whose ABI we know but whose instructions we do not.
      if (make === undefined) throw new LoadError(ENOEXEC, `programs for ${name} cannot be run yet`);
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
