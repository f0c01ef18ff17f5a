/** Which lines of the tables a reference can run. */
import type { Assembler } from './assembler.js';

/** Extensions that older versions of qemu lack, with the first version that has them. */
const SINCE: Readonly<Record<string, number>> = { Zicond: 8, 'Zicbom Zicboz': 8, Zfa: 9 };

/** Cache management is an illegal instruction in qemu's user mode, and a checked no-operation here. */
const NEVER = new Set(['cbo.inval', 'cbo.clean', 'cbo.flush']);

export function linesFor(asm: Assembler, qemuVersion: number): string[] {
  const rows = asm.rows.filter((row) => qemuVersion >= (SINCE[row.extension] ?? 0) && !NEVER.has(row.name));
  return rows.map((row) => row.name);
}
