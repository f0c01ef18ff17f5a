/** In what type of local each guest slot of a region lives. */
import { SLOT_CC_OP, SLOT_TEMP, SLOT_V } from '../../cpu/layout.js';
import { OPS } from '../ir/ops.js';
import type { IrType } from '../ir/ops.js';
import type { HomeTypes } from './context.js';
import { F64, I32, I64, V128 } from './encoder.js';
import type { ValType } from './encoder.js';
import type { RegionBlock } from './region.js';

/**
 * Home types of FP and vector registers: a vector where the region uses them as such, a double where it does double
 * arithmetic, else the integer bits.
 */
export function homesOf(blocks: readonly RegionBlock[], wordSize: 4 | 8): HomeTypes {
  const use = new Map<number, ValType>();
  const note = (slot: unknown, type: IrType): void => {
    if (typeof slot !== 'number' || slot < SLOT_V || slot >= SLOT_TEMP) return;
    if (type === 'v128') {
      use.set(slot, V128);
      use.set(slot + 1, V128);
    } else if (type === 'f64' && use.get(slot) !== V128) use.set(slot, F64);
  };
  for (const b of blocks) {
    for (const i of b.insts) {
      if (i.row === OPS.helper) continue;
      note(i.d, i.row.result);
      [i.a, i.b, i.c].forEach((o, n) => {
        const t = i.row.operands[n];
        if (t !== undefined) note(o, t);
      });
    }
  }
  // A register is a vector as a whole.
  for (const [slot, t] of [...use]) if (t === V128) use.set(slot ^ 1, V128);
  return homeTypes(wordSize, (slot) => use.get(slot) ?? I64);
}

/** Default home types: general registers are words, FP registers by `fpType`. */
function homeTypes(wordSize: 4 | 8, fpType: (slot: number) => ValType): HomeTypes {
  const word = wordSize === 8 ? I64 : I32;
  return (slot) => {
    if (slot >= SLOT_V) return fpType(slot);
    if (slot === SLOT_CC_OP) return I32;
    return slot < SLOT_CC_OP ? word : I64;
  };
}
