/** Which lines of the tables a reference can run. */
import type { Assembler } from './assembler.js';

/** Extensions that older versions of qemu lack, with the first version that has them. */
const EXTENSION_SINCE: Readonly<Record<string, number>> = { Zicond: 8, 'Zicbom Zicboz': 8, Zfa: 9 };
/** Versions before 8 count the zeros of the whole register. */
const NAME_SINCE: Readonly<Record<string, number>> = { ctzw: 8 };
/** Cache management is an illegal instruction in qemu's user mode, and a checked no-operation here. */
const NEVER = new Set(['cbo.inval', 'cbo.clean', 'cbo.flush']);

export function linesFor(asm: Assembler, qemuVersion: number): string[] {
  const rows = asm.rows.filter(
    (row) =>
      qemuVersion >= (EXTENSION_SINCE[row.extension] ?? 0) &&
      qemuVersion >= (NAME_SINCE[row.name] ?? 0) &&
      !NEVER.has(row.name),
  );
  return rows.map((row) => row.name);
}
