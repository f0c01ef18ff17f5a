/** Compares one operation with its reference on random operands in every mode. */
import {
  FP_ALT_HALF,
  FP_DEFAULT_NAN,
  FP_FLUSH,
  FP_FLUSH16,
  FP_TINY_BEFORE,
  INEXACT,
  RM_DYNAMIC,
} from '../../../../src/cpu/fp/env.js';
import type { Block, Random } from './block.js';
import type { Op } from './ops.js';
import type { Env } from './reference.js';

const MODES = [
  FP_DEFAULT_NAN,
  FP_TINY_BEFORE,
  FP_TINY_BEFORE | FP_DEFAULT_NAN,
  FP_TINY_BEFORE | FP_FLUSH | FP_FLUSH16,
  FP_TINY_BEFORE | FP_FLUSH | FP_DEFAULT_NAN,
  FP_TINY_BEFORE | FP_ALT_HALF,
];

/** undefined, or a description of the first difference in `count` cases. */
export function check(op: Op, t: Block, random: Random, count: number): string | undefined {
  for (let i = 0; i < count; i++) {
    const operands = op.operands(random);
    const rm = op.rm === 'any' ? [0, 0, 0, 1, 2, 3, 4][random.below(7)]! : op.rm === 'dynamic' ? 0 : op.rm;
    const mode = MODES[random.below(MODES.length)]!;
    const dynamic = op.rm === 'any' && random.below(2) === 0;
    // Flags already raised select the fast paths, and must survive.
    const before = random.below(2) === 0 ? 0 : INEXACT;
    const env: Env = { rm, mode, flags: before };
    const expected = op.reference(env, operands);
    t.setEnv(before, dynamic ? rm : (rm + 1) % 5, mode);
    const got = op.run(t, operands, dynamic ? RM_DYNAMIC : rm, random.below(2) === 0);
    if (got !== expected || t.flags !== env.flags) {
      const hex = (v: bigint) => (v < 0n ? `-${(-v).toString(16)}` : v.toString(16));
      return (
        `${op.name}(${operands.map(hex).join(', ')}) rm ${rm}${dynamic ? ' dynamic' : ''} mode ${mode} flags ${before}: ` +
        `got ${hex(got)} flags ${t.flags}, expected ${hex(expected)} flags ${env.flags}`
      );
    }
  }
  return undefined;
}
