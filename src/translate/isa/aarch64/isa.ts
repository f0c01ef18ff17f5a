/** The A64 decoder of a CPU model. */
import { Decoder } from '../../decode/decoder.js';
import type { FieldStore } from '../../decode/fields.js';
import type { Row } from '../../decode/row.js';
import type { Extension } from '../../decode/table.js';
import type { Translator } from './context.js';
import type { A64Model, Feature } from './model.js';
import { groupOf, GROUPS } from './tables/index.js';
import type { RowName } from './tables/index.js';
import { BRANCH_SYSTEM } from './translate/branch-system.js';
import { FLOAT } from './translate/float.js';
import { INTEGER } from './translate/integer.js';
import { CRYPTOGRAPHY } from './translate/crypto.js';
import { SIMD_FLOAT, SIMD_HALF } from './translate/simd-float.js';
import { SIMD_ACROSS } from './translate/simd-across.js';
import { SIMD_INTEGER } from './translate/simd-integer.js';
import { SIMD_LOAD_STORE } from './translate/simd-load-store.js';
import { SIMD_SHIFT } from './translate/simd-shift.js';
import { SIMD_MOVE } from './translate/simd-move.js';
import { LOAD_STORE } from './translate/load-store.js';
import { OPERANDS, VOCABULARY } from './vocabulary.js';

/** A line without a translator does not compile. Put together at the first A64 program: other starts do without. */
const gatherTranslators = () =>
  ({
    ...INTEGER,
    ...BRANCH_SYSTEM,
    ...LOAD_STORE,
    ...FLOAT,
    ...SIMD_MOVE,
    ...SIMD_ACROSS,
    ...SIMD_INTEGER,
    ...SIMD_SHIFT,
    ...SIMD_FLOAT,
    ...SIMD_HALF,
    ...SIMD_LOAD_STORE,
    ...CRYPTOGRAPHY,
  }) satisfies Record<RowName, Translator>;
let translators: ReturnType<typeof gatherTranslators> | undefined;

const decoder = (extensions: readonly Extension[]): Decoder<Translator> =>
  new Decoder<Translator>({
    width: 32, vocabulary: VOCABULARY, operands: OPERANDS, extensions, actions: (translators ??= gatherTranslators()), variant: 'a64', tail: 0,
  }); // prettier-ignore

/** One decoder for each encoding group, made when the group is first met. */
export class A64Decoder {
  private readonly model: A64Model;
  private readonly groups: (Decoder<Translator> | undefined)[] = [];

  constructor(model: A64Model) {
    this.model = model;
  }

  private extensions(group: number): readonly Extension[] {
    const { base, optional } = GROUPS[group] as {
      base: readonly Extension[];
      optional: readonly Extension[];
    };
    const has = this.model.features;
    return [...base, ...optional.filter(({ name }) => has.has(name.split(' ')[0] as Feature))];
  }

  /** The line of `word` with its operands in `fields`, or undefined when no line of the model matches. */
  decode(word: number, fields: FieldStore): Row<Translator> | undefined {
    const group = groupOf(word);
    if (group < 0) return undefined;
    return (this.groups[group] ??= decoder(this.extensions(group))).decode(word, fields);
  }

  /** All lines of the model in one decoder: for the proofs of decode/check.ts, tests and generators. */
  whole(): Decoder<Translator> {
    return decoder(GROUPS.flatMap((_, group) => this.extensions(group)));
  }
}
