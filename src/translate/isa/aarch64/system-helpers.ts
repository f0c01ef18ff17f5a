/** Helpers of A64 system instructions; what a helper may touch is said in src/translate/helpers.ts. */
import { ticks } from '../../../util/ticks.js';
import { defineA64Helper } from '../../helpers.js';
import { readFpcr, readFpsr, writeFpcr, writeFpsr } from './fp-control.js';

/** CNTFRQ_EL0: ticks of CNTVCT_EL0 per second. */
export const COUNTER_FREQUENCY = 62_500_000;

/** d = FPCR (imm 0) or FPSR (imm 1). */
export const HELPER_READ_FP = defineA64Helper('a64.readFp', (cpu, d, _a, _b, _c, imm) => {
  cpu.r[d * 2] = imm === 0 ? readFpcr(cpu.r) : readFpsr(cpu.r);
  cpu.r[d * 2 + 1] = 0;
});

/** FPCR (imm 0, 2 with FEAT_FP16) or FPSR (imm 1) = a. */
export const HELPER_WRITE_FP = defineA64Helper('a64.writeFp', (cpu, _d, a, _b, _c, imm) => {
  const value = cpu.r[a * 2] as number;
  if (imm === 1) writeFpsr(cpu.r, value);
  else writeFpcr(cpu.r, value, imm === 2);
});

/** d = ticks of the host's monotonic clock. */
export const HELPER_COUNTER = defineA64Helper('a64.counter', (cpu, d) => {
  const count = Math.floor(ticks() * (COUNTER_FREQUENCY / 1000));
  cpu.r[d * 2] = count | 0;
  cpu.r[d * 2 + 1] = Math.floor(count / 4294967296);
});

/** DCZID_EL0: log2 of the words of a DC ZVA block, which has 64 bytes. */
export const DCZID = 4;

/** Checks that the cache line a points into is readable, as cache maintenance by address does. */
export const HELPER_PROBE = defineA64Helper('a64.probe', (cpu, _d, a, _b, _c, _imm, pc) => {
  cpu.slowLoad(cpu.r[a * 2] as number, cpu.r[a * 2 + 1] as number, 0, 1, pc);
});
