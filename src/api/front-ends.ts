/** The instruction sets that can run. */
import type { IsaFamily } from '../abi/abi.js';
import type { ArmTexts } from '../debug/capstone.js';
import type { FrontEnd } from '../translate/front-end.js';
import { RiscvFrontEnd } from '../translate/isa/riscv/front-end.js';
import type { CpuModel } from './cpu-models.js';

/** `texts`: disassembly of ARM code, when it was loaded. */
export type MakeFrontEnd = (model: CpuModel, texts: ArmTexts | undefined) => FrontEnd;

/** A64's tables take some milliseconds to set up, which a start of another guest has no reason to pay. */
async function loadA64(): Promise<MakeFrontEnd> {
  const { A64FrontEnd } = await import('../translate/isa/aarch64/front-end.js');
  return ({ a64 }, texts) => {
    const frontEnd = new A64FrontEnd(a64);
    frontEnd.disassembler = texts?.aarch64;
    return frontEnd;
  };
}

/** Those that `frontEnds` knows. */
export const ISAS: readonly IsaFamily[] = ['riscv', 'aarch64'];

export function frontEnds(isa: IsaFamily): MakeFrontEnd | Promise<MakeFrontEnd> | undefined {
  if (isa === 'riscv') return ({ abi }) => new RiscvFrontEnd(abi.wordSize === 8 ? 64 : 32);
  return isa === 'aarch64' ? loadA64() : undefined;
}
