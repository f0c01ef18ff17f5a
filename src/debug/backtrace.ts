/**
 * Return addresses by frame pointers, where the program was compiled with them. Each convention stores the caller's
 * frame pointer and the return address at fixed places; the chain is followed while it goes upward through memory
 * that can be read and the addresses lie in executable mappings.
 */
import type { Abi } from '../abi/abi.js';
import { PERM_EXEC } from '../mmap/layout.js';
import type { VmaInfo } from '../mmap/file-backing.js';

/** What of a stopped guest is looked at. */
export interface StackSource {
  /** The word at a guest address, unsigned, or undefined when it cannot be read. */
  readWord(addr: number): number | undefined;
  vmaAt(addr: number): VmaInfo | undefined;
}

const MAX_FRAMES = 64;

/**
 * Where the pair lies relative to the frame pointer, in words: [saved frame pointer, return address].
 * RISC-V psABI "frame pointer convention": fp points above the pair. AAPCS64 6.4.6: fp points at the pair.
 * ARM (GCC -marm): fp points at the saved lr, the saved fp is below it.
 */
const FRAME = { riscv: [-2, -1], aarch64: [0, 1], arm: [-1, 0] } as const;

function isCode(source: StackSource, addr: number): boolean {
  const vma = source.vmaAt(addr);
  return vma !== undefined && (vma.prot & PERM_EXEC) !== 0;
}

/**
 * Program counters from the innermost frame outward, `pc` first. `ra` (the link register) is used when the chain does
 * not begin with it: a leaf function has not saved it.
 */
export function backtrace(abi: Abi, source: StackSource, pc: number, ra: number, fp: number): number[] {
  const [savedFp, savedRa] = FRAME[abi.isa];
  const chain: number[] = [];
  let frame = fp;
  while (chain.length < MAX_FRAMES && frame !== 0 && frame % abi.wordSize === 0) {
    const next = source.readWord(frame + savedFp * abi.wordSize);
    const back = source.readWord(frame + savedRa * abi.wordSize);
    // A RISC-V leaf function saves no return address: its caller's frame pointer is in that place.
    if (abi.isa === 'riscv' && frame === fp && back !== undefined && back > frame && !isCode(source, back)) {
      frame = back;
      continue;
    }
    if (back === undefined || next === undefined || !isCode(source, back)) break;
    chain.push(back);
    // The stack grows down, so callers' frames are above.
    if (next <= frame) break;
    frame = next;
  }
  const leaf = ra !== chain[0] && ra !== pc && isCode(source, ra);
  return [pc, ...(leaf ? [ra] : []), ...chain];
}
