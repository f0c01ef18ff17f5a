/** Integer and flag helpers of A64; what a helper may touch is said in src/translate/helpers.ts. */
import { defineA64Helper } from '../../helpers.js';
import { holds, readNzcv } from './flags.js';

/** d = 1 if condition imm holds, else 0. It reads the four flag slots. */
export const HELPER_CONDITION = defineA64Helper('a64.condition', (cpu, d, _a, _b, _c, imm) => {
  cpu.r[d * 2] = holds(imm, readNzcv(cpu.r)) ? 1 : 0;
});

/** d = NZCV in bits 31..28, zero-extended. */
export const HELPER_NZCV = defineA64Helper('a64.nzcv', (cpu, d) => {
  const { r } = cpu;
  r[d * 2] = readNzcv(r);
  r[d * 2 + 1] = 0;
});

// ---- CRC32 (Arm ARM, CRC32 and CRC32C: reflected polynomials 0x04C11DB7 and 0x1EDC6F41) ----------------------------------

function crcTable(reflected: number): Int32Array {
  const table = new Int32Array(256);
  for (let i = 0; i < 256; i++) {
    let v = i;
    for (let k = 0; k < 8; k++) v = (v & 1) === 1 ? (v >>> 1) ^ reflected : v >>> 1;
    table[i] = v;
  }
  return table;
}

let tables: readonly [Int32Array, Int32Array] | undefined;

/** d = crc of a extended by the low 1 << (imm & 3) bytes of b; imm bit 2 chooses CRC32C. */
export const HELPER_CRC32 = defineA64Helper('a64.crc32', (cpu, d, a, b, _c, imm) => {
  tables ??= [crcTable(0xedb88320), crcTable(0x82f63b78)];
  const table = tables[imm >> 2] as Int32Array;
  const r = cpu.r;
  let crc = r[a * 2] as number;
  for (let left = 1 << (imm & 3), word = 0; left > 0; word++) {
    let bytes = r[b * 2 + word] as number;
    for (let n = Math.min(4, left); n > 0; n--, left--, bytes >>>= 8)
      crc = (crc >>> 8) ^ (table[(crc ^ bytes) & 255] as number);
  }
  r[d * 2] = crc;
  r[d * 2 + 1] = 0;
});
