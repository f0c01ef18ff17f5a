/** The memory map as /proc/<pid>/maps prints it (proc_pid_maps(5)). */
import type { VmaInfo } from '../mmap/file-backing.js';
import { MAP_SHARED, PROT_EXEC, PROT_READ, PROT_WRITE } from '../mmap/flags.js';
import { hexPad } from '../util/hex.js';

export function protectionText(prot: number, flags: number): string {
  const bit = (mask: number, letter: string): string => ((prot & mask) !== 0 ? letter : '-');
  const shared = (flags & MAP_SHARED) !== 0 ? 's' : 'p';
  return bit(PROT_READ, 'r') + bit(PROT_WRITE, 'w') + bit(PROT_EXEC, 'x') + shared;
}

/** One line per mapping: range, protection, file offset, name. */
export function memoryMap(vmas: Iterable<VmaInfo>): string {
  let text = '';
  for (const v of vmas) {
    const name = v.file?.path ?? v.name;
    const range = `${hexPad(v.start, 8)}-${hexPad(v.end, 8)}`;
    const line = `  ${range} ${protectionText(v.prot, v.flags)} ${hexPad(v.offset, 8)} ${name}`;
    text += `${line.trimEnd()}\n`;
  }
  return text;
}
