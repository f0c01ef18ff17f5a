/**
 * The same comparison as the unit test for as long as wanted. Bundle and run:
 *   npx esbuild tests/unit/cpu/fp/soak.ts --bundle --platform=node --format=esm --outfile=.cache/fp-soak.mjs
 *   node .cache/fp-soak.mjs [cases per operation] [seed] [name pattern]
 */
import { Block, Random } from './block.js';
import { check } from './check.js';
import { OPS } from './ops.js';

const [count = '20000', seed = '1', pattern = ''] = process.argv.slice(2);
const random = new Random(Number(seed));
const block = new Block();
let bad = 0;
for (const op of OPS) {
  if (!new RegExp(pattern).test(op.name)) continue;
  const problem = check(op, block, random, Number(count));
  if (problem !== undefined) {
    bad++;
    console.log(problem);
  }
}
console.log(`${OPS.length} operations, ${count} cases each, ${bad} wrong`);
process.exitCode = bad === 0 ? 0 : 1;
