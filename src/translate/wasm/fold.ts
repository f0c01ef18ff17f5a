/** Constant folding with the closure evaluators, so that an op's meaning is stated once. */
import type { Cpu } from '../../cpu/cpu.js';
import { EVALUATORS } from '../closures/evaluators.gen.js';
import { Const, EXT_NONE, Inst } from '../ir/inst.js';

const r = new Int32Array(16);
const scratch = { r, out: new Int32Array(4) } as unknown as Cpu;

/** Value of a pure op whose operands are the given constants; its high word counts only for 64-bit or widened results. */
export function fold(i: Inst, operands: readonly Const[]): Const | undefined {
  const factory = EVALUATORS[i.row.id]?.[i.ext];
  if (factory === undefined) return undefined;
  operands.forEach((k, n) => {
    r[(n + 1) * 2] = k.lo;
    r[(n + 1) * 2 + 1] = k.hi;
  });
  r[0] = 0;
  r[1] = 0;
  factory(new Inst(i.row, 0, 1, 2, 3, 0, 0, i.ext, 0, 0))(scratch);
  return new Const(r[0], i.row.result === 'i32' && i.ext === EXT_NONE ? 0 : r[1]);
}
