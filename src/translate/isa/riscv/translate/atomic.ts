/** A: Unprivileged ISA 20191213, chapter 8. All accesses are sequentially consistent, so aq and rl ask for nothing more. */
import { EXT_NONE } from '../../../ir/inst.js';
import { OPS } from '../../../ir/ops.js';
import type { OpRow } from '../../../ir/ops.js';
import type { Translator } from '../context.js';

const loadReserved =
  (row: OpRow): Translator =>
  (c, f) => {
    c.b.atomic(row, row.size === 4 ? c.signed : EXT_NONE, c.d(f.rd), c.x(f.rs1));
  };
/** Gives 0 or 1. */
const storeConditional =
  (row: OpRow): Translator =>
  (c, f) => {
    c.b.atomic(row, c.unsigned, c.d(f.rd), c.x(f.rs1), c.x(f.rs2));
  };
const amo =
  (row: OpRow): Translator =>
  (c, f) => {
    c.b.atomic(row, row.size === 4 ? c.signed : EXT_NONE, c.d(f.rd), c.x(f.rs1), c.x(f.rs2));
  };

export const ATOMIC = {
  'lr.w': loadReserved(OPS.lr32),
  'sc.w': storeConditional(OPS.sc32),
  'amoswap.w': amo(OPS.amoSwap32),
  'amoadd.w': amo(OPS.amoAdd32),
  'amoxor.w': amo(OPS.amoXor32),
  'amoand.w': amo(OPS.amoAnd32),
  'amoor.w': amo(OPS.amoOr32),
  'amomin.w': amo(OPS.amoMin32),
  'amomax.w': amo(OPS.amoMax32),
  'amominu.w': amo(OPS.amoMinu32),
  'amomaxu.w': amo(OPS.amoMaxu32),

  'lr.d': loadReserved(OPS.lr64),
  'sc.d': storeConditional(OPS.sc64),
  'amoswap.d': amo(OPS.amoSwap64),
  'amoadd.d': amo(OPS.amoAdd64),
  'amoxor.d': amo(OPS.amoXor64),
  'amoand.d': amo(OPS.amoAnd64),
  'amoor.d': amo(OPS.amoOr64),
  'amomin.d': amo(OPS.amoMin64),
  'amomax.d': amo(OPS.amoMax64),
  'amominu.d': amo(OPS.amoMinu64),
  'amomaxu.d': amo(OPS.amoMaxu64),
} as const satisfies Record<string, Translator>;
