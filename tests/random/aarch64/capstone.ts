/** A64 text from capstone: undefined where capstone knows no instruction. */
import { Capstone, Const, loadCapstone } from 'capstone-wasm';

export type Disassemble = (word: number) => string | undefined;

export async function capstoneText(): Promise<Disassemble> {
  await loadCapstone();
  const handle = new Capstone(Const.CS_ARCH_ARM64, Const.CS_MODE_LITTLE_ENDIAN);
  const bytes = new Uint8Array(4);
  const view = new DataView(bytes.buffer);
  return (word) => {
    view.setInt32(0, word, true);
    try {
      const [insn] = handle.disasm(bytes, { address: 0x10000, count: 1 });
      return insn === undefined ? undefined : `${insn.mnemonic} ${insn.opStr}`;
    } catch {
      return undefined; // how capstone-wasm says that there is no instruction
    }
  };
}
