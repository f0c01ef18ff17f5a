/** Assembler text of ARM instructions from capstone, which is only loaded when a log asks for it. */
import { Capstone, Const, loadCapstone } from 'capstone-wasm';

/** Text of the instruction word at `pc`; undefined where capstone knows none. */
export type WordText = (word: number, pc: number) => string | undefined;

export interface ArmTexts {
  readonly aarch64: WordText;
  readonly arm: WordText;
  /** A 16-bit instruction, or the two halves of a 32-bit one with the first in the low half. */
  readonly thumb: WordText;
}

export async function loadArmTexts(): Promise<ArmTexts> {
  await loadCapstone();
  const reader = (arch: number, mode: number): WordText => {
    let handle: Capstone | undefined;
    const bytes = new Uint8Array(4);
    const view = new DataView(bytes.buffer);
    return (word, pc) => {
      handle ??= new Capstone(arch, mode);
      view.setInt32(0, word, true);
      try {
        const [insn] = handle.disasm(bytes, { address: pc, count: 1 });
        return insn === undefined ? undefined : `${insn.mnemonic} ${insn.opStr}`.trimEnd();
      } catch {
        // This is how capstone-wasm says that there is no instruction.
        return undefined;
      }
    };
  };
  const { CS_ARCH_ARM, CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN, CS_MODE_ARM, CS_MODE_THUMB, CS_MODE_V8 } = Const;
  return {
    aarch64: reader(CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN),
    arm: reader(CS_ARCH_ARM, CS_MODE_ARM | CS_MODE_V8),
    thumb: reader(CS_ARCH_ARM, CS_MODE_THUMB | CS_MODE_V8),
  };
}
