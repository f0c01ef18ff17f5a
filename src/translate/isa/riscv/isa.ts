/** The decoders of RV32GC and RV64GC with their extensions: one set of tables, XLEN chooses the lines. */
import { Decoder } from '../../decode/decoder.js';
import type { Translator } from './context.js';
import { EXTENSIONS_16, EXTENSIONS_32 } from './tables/index.js';
import type { Name16, Name32 } from './tables/index.js';
import { ATOMIC } from './translate/atomic.js';
import { BITS } from './translate/bits.js';
import { COMPRESSED } from './translate/compressed.js';
import { CSR } from './translate/csr.js';
import { FLOAT } from './translate/float.js';
import { FLOAT_EXTRA } from './translate/float-extra.js';
import { INTEGER } from './translate/integer.js';
import { OPERANDS, vocabulary } from './vocabulary.js';

/** A line without a translator does not compile. */
const TRANSLATORS_32 = { ...INTEGER, ...ATOMIC, ...FLOAT, ...FLOAT_EXTRA, ...CSR, ...BITS } satisfies Record<
  Name32,
  Translator
>;
const TRANSLATORS_16 = COMPRESSED satisfies Record<Name16, Translator>;

export interface RiscvDecoders {
  /** Instructions of 32 bits: bits 1:0 are 11. */
  readonly full: Decoder<Translator>;
  readonly compressed: Decoder<Translator>;
}

export function riscvDecoders(xlen: 32 | 64): RiscvDecoders {
  const common = { vocabulary: vocabulary(xlen), operands: OPERANDS, variant: `rv${xlen}` };
  return {
    full: new Decoder<Translator>({
      ...common,
      width: 32,
      tail: 7,
      extensions: EXTENSIONS_32,
      actions: TRANSLATORS_32,
    }),
    compressed: new Decoder<Translator>({
      ...common,
      width: 16,
      tail: 2,
      extensions: EXTENSIONS_16,
      actions: TRANSLATORS_16,
    }),
  };
}
