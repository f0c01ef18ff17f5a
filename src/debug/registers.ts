/** Register dumps of a CPU block. */
import type { Abi } from '../abi/abi.js';
import { SLOT_X, WORD_PC, WORD_PC_HIGH } from '../cpu/layout.js';
import { hexPad, hexPair } from '../util/hex.js';

/** One register as the guest's word: 16 or 8 hex digits. */
export function registerText(abi: Abi, r: Int32Array, slot: number): string {
  const word = slot * 2;
  const lo = r[word] as number;
  return abi.wordSize === 8 ? hexPair(lo, r[word + 1] as number) : hexPad(lo >>> 0, 8);
}

/** All general registers and pc, four to a line (eight digits each: six). */
export function registerDump(abi: Abi, r: Int32Array): string {
  const { names } = abi.registers;
  const columns = abi.wordSize === 8 ? 4 : 6;
  const cells: string[] = [];
  const pc =
    abi.wordSize === 8
      ? hexPair(r[WORD_PC] as number, r[WORD_PC_HIGH] as number)
      : hexPad((r[WORD_PC] as number) >>> 0, 8);
  cells.push(`${'pc'.padStart(4)} ${pc}`);
  names.forEach((name, i) => {
    // zero is no news; ARM's pc is above.
    if (name !== 'zero' && name !== 'pc')
      cells.push(`${name.padStart(4)} ${registerText(abi, r, SLOT_X + i)}`);
  });
  const lines: string[] = [];
  for (let i = 0; i < cells.length; i += columns) lines.push(`  ${cells.slice(i, i + columns).join('  ')}`);
  return `${lines.join('\n')}\n`;
}
