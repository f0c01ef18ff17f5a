/**
 * The kind of the condition flags (SLOT_CC_OP) at the start of each block of a region. A block translated alone does not
 * know what set the flags it reads and must ask a helper; where all ways into it agree, it is translated again with that.
 */
import { SLOT_CC_OP } from '../../cpu/layout.js';
import { LINK_CALL } from '../ir/inst.js';
import type { RegionBlock } from './region.js';

const UNKNOWN = -1;
/** Not reached yet. */
const UNSEEN = -2;

/** The kind behind a block that is entered with `kind`. Whoever sets flags says so by an op, helpers too. */
function kindBehind(b: RegionBlock, kind: number): number {
  // Whoever is called may set them.
  if (b.end.link === LINK_CALL) return UNKNOWN;
  for (let n = b.insts.length - 1; n >= 0; n--) {
    const i = b.insts[n];
    if (i?.d === SLOT_CC_OP && i.row.result !== '') return typeof i.a === 'number' ? UNKNOWN : i.a.lo;
  }
  return kind;
}

/** By block; -1 is not known, as at the entry of the region. */
export function flagKinds(blocks: readonly RegionBlock[]): Int32Array {
  const kinds = new Int32Array(blocks.length).fill(UNSEEN);
  kinds[0] = UNKNOWN;
  const work = [0];
  for (let k = work.pop(); k !== undefined; k = work.pop()) {
    const b = blocks[k] as RegionBlock;
    const out = kindBehind(b, kinds[k] as number);
    for (const s of b.succ) {
      const before = kinds[s] as number;
      const met = before === UNSEEN || before === out ? out : UNKNOWN;
      if (met === before) continue;
      kinds[s] = met;
      work.push(s);
    }
  }
  return kinds;
}
