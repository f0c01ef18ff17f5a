/** Zicsr for user mode: the floating-point CSRs and the counters; every other CSR number is an illegal instruction. */
import { constant } from '../../../ir/inst.js';
import { CSR_CLEAR, CSR_SET, CSR_WRITE, HELPER_COUNTER, HELPER_FCSR, HELPER_FCSR_READ } from '../helpers.js';
import type { RiscvContext, RiscvFields, Translator } from '../context.js';

const CSR_FFLAGS = 0x001;
const CSR_FCSR = 0x003;
const CSR_CYCLE = 0xc00;
const CSR_INSTRET = 0xc02;
/** Distance of `cycleh` from `cycle` (RV32). */
const CSR_HIGH = 0x080;

/**
 * rd = CSR; CSR = combination with `operand`. Setting and clearing with x0 or 0 does not write (9.1), which matters for
 * the counters, where a write is illegal.
 */
function access(
  c: RiscvContext,
  f: RiscvFields,
  how: number,
  operand: number | undefined,
  slot: () => number,
): void {
  const writes = how === CSR_WRITE || operand !== 0;
  const { csr } = f;
  if (csr >= CSR_FFLAGS && csr <= CSR_FCSR) {
    if (writes) c.b.helper(HELPER_FCSR, c.d(f.rd), slot(), 0, 0, csr | (how << 8));
    else c.b.helper(HELPER_FCSR_READ, c.d(f.rd), 0, 0, 0, csr);
    return;
  }
  const high = !c.rv64 && (csr & CSR_HIGH) !== 0;
  const which = (high ? csr - CSR_HIGH : csr) - CSR_CYCLE;
  if (writes || which < 0 || which > CSR_INSTRET - CSR_CYCLE) c.b.illegal();
  else c.b.helper(HELPER_COUNTER, c.d(f.rd), 0, 0, 0, which | (high ? 4 : 0));
}

const register =
  (how: number): Translator =>
  (c, f) => {
    // x0 as the operand of csrrs and csrrc; other registers may hold anything.
    access(c, f, how, f.rs1 === 0 ? 0 : undefined, () => c.xSlot(f.rs1));
  };
const immediate =
  (how: number): Translator =>
  (c, f) => {
    access(c, f, how, f.zimm, () => c.temp(c.word.mov, constant(f.zimm)));
  };

export const CSR = {
  csrrw: register(CSR_WRITE),
  csrrs: register(CSR_SET),
  csrrc: register(CSR_CLEAR),
  csrrwi: immediate(CSR_WRITE),
  csrrsi: immediate(CSR_SET),
  csrrci: immediate(CSR_CLEAR),
} as const satisfies Record<string, Translator>;
