/** Where our decoder and capstone 5 differ about what is an instruction or its operands, and why. */
import type { A64Assembler } from './assembler.js';
import { sameText, textOf } from './text/index.js';
import type { Rng } from '../rng.js';
import type { WordText } from '../../../src/debug/capstone.js';

export interface Difference {
  readonly kind: string;
  readonly example: string;
}

/** Instructions capstone knows by mnemonic and our models leave out. */
const NOT_IN_OUR_MODELS: readonly (readonly [string, RegExp])[] = [
  [
    'system registers and instructions: only those EL0 may use exist here',
    /^(mrs|msr|sys|sysl|at|dc|ic|tlbi|cfp|dvp|cpp|tcommit)$/,
  ],
  ['exceptions to higher levels', /^(hvc|smc|hlt|dcps[123]|eret|eretaa|eretab|drps)$/],
  [
    'pointer authentication beyond hints',
    /^(pac|aut|xpac)|^(braa|brab|blraa|blrab|retaa|retab|ldraa|ldrab)z?$/,
  ],
  ['memory tagging', /^(irg|gmi|addg|subg|subps?|cmpp|stz?2?g|ldg|stgp|ldgm|stz?gm)$/],
  ['SM3, SM4', /^sm[34]/],
  ['BFloat16, Int8 matrix multiplication', /^(bf|[su]mmla|usmmla|usdot|sudot)/],
  ['transactional memory', /^(tstart|ttest|tcancel)$/],
  [
    '64-byte accesses, waiting with timeout, limited-ordering conditionals',
    /^(ld64b|st64b|st64bv0?|wfet|wfit)$/,
  ],
];

/** Lines capstone lacks because its AArch64 description stops before their extension. */
const NOT_IN_CAPSTONE =
  /^(fml[as]l2?(@e)?|frint(32|64)[xz](@v)?|xaflag|axflag|msr@(ssbs|dit)|stlur|ldapur|ldapursw?|rmif|setf(8|16)|cfinv)$/;

/** Words capstone refuses because the architecture calls them unpredictable; here they do what hardware does. */
function unpredictable(name: string, word: number): boolean {
  const rt = word & 31;
  const rn = (word >>> 5) & 31;
  const rt2 = (word >>> 10) & 31;
  const rs = (word >>> 16) & 31;
  const indexed = ((word >>> 23) & 1) === 1;
  // Should-be-one fields.
  if (/^(ldxr|ldaxr|stlr|stllr|ldar|ldlar)$/.test(name)) return rs !== 31 || rt2 !== 31;
  if (/^(ldxp|ldaxp)$/.test(name)) return rs !== 31 || rt === rt2;
  if (/^(stxr|stlxr|stxp|stlxp)$/.test(name)) return true;
  if (/^(smulh|umulh)$/.test(name)) return rt2 !== 31;
  if (name.startsWith('fcmp')) return rs !== 0;
  // Two loads to one register, a base that is also loaded or stored.
  if (/^ldp(sw|@v)?$/.test(name) && rt === rt2) return true;
  if (/^(ldp|ldpsw|stp)$/.test(name)) return indexed && (rt === rn || rt2 === rn) && rn !== 31;
  if (name.endsWith('@imm9')) return rt === rn && rn !== 31;
  return false;
}

/** Where the operands' texts differ though they mean the same. */
function namedOtherwise(name: string, ours: string, other: string): boolean {
  // ID registers that read as zero have numbers in our text; capstone has names for some.
  const id = /^mrs (\w+), s3_0_c0_c[0-7]_\d$/.exec(ours);
  return name === 'mrs' && id !== null && /^mrs (\w+), (id_\w+|mvfr\d_el1)$/.exec(other)?.[1] === id[1];
}

/** The address words are disassembled at, whose branches may wrap round. */
const PC = 0x10000;

/** The difference of one word, or undefined when there is none or it is explained. */
export function compareWord(asm: A64Assembler, text: WordText, word: number): Difference | undefined {
  const row = asm.decode(word);
  const other = text(word, PC);
  if (row === undefined && other === undefined) return undefined;
  const hex = (word >>> 0).toString(16).padStart(8, '0');
  if (row !== undefined && other !== undefined) {
    const ours = textOf(row, asm.fields, PC);
    if (sameText(ours, other) || namedOtherwise(row.name, ours, other)) return undefined;
    return { kind: `operands: ${row.name}`, example: `${hex} ${ours} | ${other}` };
  }
  if (row !== undefined) {
    if (NOT_IN_CAPSTONE.test(row.name) || unpredictable(row.name, word)) return undefined;
    return { kind: `ours only: ${row.name}`, example: hex };
  }
  // SVE and SME: op0 (bits 28..25) 0000 to 0011.
  if (((word >>> 27) & 3) === 0) return undefined;
  const mnemonic = (other as string).split(' ')[0] as string;
  if (NOT_IN_OUR_MODELS.some(([, names]) => names.test(mnemonic))) return undefined;
  return { kind: `capstone only: ${mnemonic}`, example: `${hex} ${other}` };
}

/** Words to compare: a third uniform, a third of a random line, a third of one with a bit flipped, closer to its edges. */
export function drawer(asm: A64Assembler, rng: Rng): () => number {
  let n = 0;
  return () => {
    const word = rng.word();
    n = (n + 1) % 3;
    if (n === 0) return word;
    const row = rng.pick(asm.rows);
    const of = (word & ~row.mask) | row.value;
    return n === 1 ? of : of ^ (1 << rng.below(32));
  };
}
