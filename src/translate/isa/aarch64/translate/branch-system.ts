/** A64 branches, exceptions, system instructions and registers: Arm ARM C4.1.94, C5. */
import { SLOT_CC_A, SLOT_PSTATE, SLOT_TLS, WORD_RES_ADDR } from '../../../../cpu/layout.js';
import { NONE } from '../../../ir/builder.js';
import { constant, EXT_ZERO, LINK_CALL, LINK_NONE, LINK_RETURN, ZERO } from '../../../ir/inst.js';
import { OPS } from '../../../ir/ops.js';
import type { OpRow } from '../../../ir/ops.js';
import { COND_ALWAYS, words } from '../context.js';
import type { A64Context, Translator } from '../context.js';
import { idRegister } from '../model.js';
import {
  COUNTER_FREQUENCY,
  DCZID,
  HELPER_COUNTER,
  HELPER_PROBE,
  HELPER_READ_FP,
  HELPER_WRITE_FP,
} from '../system-helpers.js';
import type { A64Fields } from '../vocabulary.js';

// ---- branches ------------------------------------------------------------------------------------------------------------

const LR = 30;

const transB: Translator = (c, f) => {
  c.b.jump(c.b.pc + f.imm, LINK_NONE);
};
const transBl: Translator = (c, f) => {
  c.b.op(OPS.mov64, LR, constant(c.b.nextPc));
  c.b.jump(c.b.pc + f.imm, LINK_CALL);
};
const transBCond: Translator = (c, f) => {
  const target = c.b.pc + f.imm;
  if (f.cond >= COND_ALWAYS) return c.b.jump(target, LINK_NONE);
  c.condition(f.cond);
  c.b.branch(c.row, c.lhs, c.rhs, target);
};
const compareBranch =
  (row32: OpRow, row64: OpRow): Translator =>
  (c, f) => {
    c.b.branch(f.sf === 1 ? row64 : row32, c.slot(c.x(f.rt)), ZERO, c.b.pc + f.imm);
  };
const testBranch =
  (row: OpRow): Translator =>
  (c, f) => {
    const { bit } = f;
    const x = c.slot(c.x(f.rt));
    const target = c.b.pc + f.imm;
    const clear = row === OPS.eq32;
    if (bit === 31) return c.b.branch(clear ? OPS.ges32 : OPS.lts32, x, ZERO, target);
    if (bit === 63) return c.b.branch(clear ? OPS.ges64 : OPS.lts64, x, ZERO, target);
    const mask = bit < 32 ? words(1 << bit, 0) : words(0, 1 << (bit - 32));
    const wide = bit >= 32;
    const t = c.temp(wide ? OPS.and64 : OPS.and32, x, mask);
    c.b.branch(wide ? (clear ? OPS.eq64 : OPS.ne64) : row, t, ZERO, target);
  };
const transBr: Translator = (c, f) => {
  c.b.jumpInd(c.x(f.rn), 0, LINK_NONE);
};
const transBlr: Translator = (c, f) => {
  const target = f.rn === LR ? c.temp(OPS.mov64, LR) : c.x(f.rn);
  c.b.op(OPS.mov64, LR, constant(c.b.nextPc));
  c.b.jumpInd(target, 0, LINK_CALL);
};
const transRet: Translator = (c, f) => {
  c.b.jumpInd(c.x(f.rn), 0, LINK_RETURN);
};

// ---- exceptions, hints, barriers -----------------------------------------------------------------------------------------

const transUdf: Translator = (c) => c.undefined();
const transSvc: Translator = (c) => {
  c.b.syscall();
};
const transBrk: Translator = (c) => {
  c.b.breakpoint();
};
const transNothing: Translator = () => undefined;
const transBarrier: Translator = (c) => {
  c.b.fence();
};
/** Code may have changed: the next instruction is looked up afresh. */
const transIsb: Translator = (c) => {
  c.b.resync();
};
const transClrex: Translator = (c) => {
  c.b.op(OPS.mov32, WORD_RES_ADDR / 2, constant(-1));
};

// ---- system instructions (Arm ARM C5.3) ----------------------------------------------------------------------------------

/** op1:crn:crm:op2 of what EL0 may use. */
const sysKey = (op1: number, crn: number, crm: number, op2: number): number =>
  (op1 << 11) | (crn << 7) | (crm << 3) | op2;
const IC_IVAU = sysKey(3, 7, 5, 1);
const DC_ZVA = sysKey(3, 7, 4, 1);
const DC_CVAC = sysKey(3, 7, 10, 1);
const DC_CVAU = sysKey(3, 7, 11, 1);
const DC_CVAP = sysKey(3, 7, 12, 1);
const DC_CVADP = sysKey(3, 7, 13, 1);
const DC_CIVAC = sysKey(3, 7, 14, 1);

/**
 * DC ZVA on 64 bytes, as DCZID_EL0 says. The first store is there for its fault: FAR_EL1 is the address given, not that of
 * the block (Arm ARM, FAR_EL1).
 */
function zeroBlock(c: A64Context, address: number): void {
  c.b.store(OPS.store8, address, 0, ZERO);
  const block = c.temp(OPS.and64, address, words(-64, -1));
  for (let at = 0; at < 64; at += 8) c.b.store(OPS.store64, block, at, ZERO);
}

const transSys: Translator = (c, f) => {
  const address = c.x(f.rt);
  const key = sysKey(f.op1, f.crn, f.crm, f.op2);
  switch (key) {
    case DC_ZVA:
      zeroBlock(c, c.slot(address));
      return;
    case IC_IVAU:
      // Changed pages are noticed by their write protection; only the running block must end.
      c.b.resync();
      return;
    case DC_CVAP:
    case DC_CVADP:
      if (!c.model.features.has(key === DC_CVAP ? 'dcpop' : 'dcpodp')) return c.undefined();
      c.b.helper(HELPER_PROBE, NONE, c.slot(address), 0, 0, 0);
      return;
    case DC_CVAC:
    case DC_CVAU:
    case DC_CIVAC:
      c.b.helper(HELPER_PROBE, NONE, c.slot(address), 0, 0, 0);
      return;
    default:
      c.undefined();
  }
};

// ---- system registers (Arm ARM C5.2, D13) ----------------------------------------------------------------------------------

const regKey = (op0: number, op1: number, crn: number, crm: number, op2: number): number =>
  (op0 << 14) | sysKey(op1, crn, crm, op2);
const CTR_EL0 = regKey(3, 3, 0, 0, 1);
const DCZID_EL0 = regKey(3, 3, 0, 0, 7);
const NZCV = regKey(3, 3, 4, 2, 0);
const DIT = regKey(3, 3, 4, 2, 5);
const SSBS = regKey(3, 3, 4, 2, 6);
const FPCR = regKey(3, 3, 4, 4, 0);
const FPSR = regKey(3, 3, 4, 4, 1);
const TPIDR_EL0 = regKey(3, 3, 13, 0, 2);
const TPIDRRO_EL0 = regKey(3, 3, 13, 0, 3);
const CNTFRQ_EL0 = regKey(3, 3, 14, 0, 0);
const CNTVCT_EL0 = regKey(3, 3, 14, 0, 2);

/** 64-byte lines, PIPT, no IDC or DIC: programs that make code do announce it. */
const CTR = 0x8444c004;

const PSTATE_BIT = new Map([
  [DIT, 1 << 24],
  [SSBS, 1 << 12],
]);
const keyOf = (f: A64Fields): number => regKey(f.op0 + 2, f.op1, f.crn, f.crm, f.op2);

function idRead(c: A64Context, f: A64Fields): void {
  // Linux emulates op0 3, op1 0, crn 0, crm 0 and 2..7 (arch/arm64/kernel/cpufeature.c).
  const emulated = f.op0 === 1 && f.op1 === 0 && f.crn === 0 && (f.crm === 0 || (f.crm >= 2 && f.crm <= 7));
  const value = emulated ? idRegister(c.model, f.crm, f.op2) : undefined;
  if (value === undefined) c.undefined();
  else c.b.op(OPS.mov64, c.d(f.rt), words(value.lo, value.hi));
}

const transMrs: Translator = (c, f) => {
  const d = c.d(f.rt);
  const key = keyOf(f);
  switch (key) {
    case TPIDR_EL0:
      return c.b.op(OPS.mov64, d, SLOT_TLS);
    case TPIDRRO_EL0:
      return c.b.op(OPS.mov64, d, ZERO);
    case NZCV:
      return c.b.opx(OPS.mov32, EXT_ZERO, d, c.nzcv());
    case FPCR:
    case FPSR:
      return c.b.helper(HELPER_READ_FP, d, 0, 0, 0, key === FPSR ? 1 : 0);
    case CTR_EL0:
      return c.b.op(OPS.mov64, d, constant(CTR));
    case DCZID_EL0:
      return c.b.op(OPS.mov64, d, constant(DCZID));
    case CNTFRQ_EL0:
      return c.b.op(OPS.mov64, d, constant(COUNTER_FREQUENCY));
    case CNTVCT_EL0:
      return c.b.helper(HELPER_COUNTER, d, 0, 0, 0, 0);
    case DIT:
    case SSBS:
      if (!c.model.features.has(key === DIT ? 'dit' : 'ssbs')) return c.undefined();
      return c.b.opx(OPS.and32, EXT_ZERO, d, SLOT_PSTATE, constant(PSTATE_BIT.get(key) as number));
    default:
      idRead(c, f);
  }
};

function setPstate(c: A64Context, bit: number, value: number): void {
  const kept = c.temp(OPS.and32, SLOT_PSTATE, constant(~bit));
  c.b.op(OPS.or32, SLOT_PSTATE, kept, value);
}

const transMsr: Translator = (c, f) => {
  const value = c.x(f.rt);
  const key = keyOf(f);
  switch (key) {
    case TPIDR_EL0:
      return c.b.op(OPS.mov64, SLOT_TLS, value);
    case NZCV:
      c.b.op(OPS.and32, SLOT_CC_A, c.slot(value), constant(0xf0000000));
      return c.setNzcv();
    case FPCR:
      return c.b.helper(HELPER_WRITE_FP, NONE, c.slot(value), 0, 0, c.model.features.has('fp16') ? 2 : 0);
    case FPSR:
      return c.b.helper(HELPER_WRITE_FP, NONE, c.slot(value), 0, 0, 1);
    case DIT:
    case SSBS: {
      if (!c.model.features.has(key === DIT ? 'dit' : 'ssbs')) return c.undefined();
      const bit = PSTATE_BIT.get(key) as number;
      return setPstate(c, bit, c.temp(OPS.and32, c.slot(value), constant(bit)));
    }
    default:
      c.undefined();
  }
};

const pstateImmediate =
  (key: number): Translator =>
  (c, f) => {
    const bit = PSTATE_BIT.get(key) as number;
    setPstate(c, bit, c.temp(OPS.mov32, constant((f.crm & 1) === 1 ? bit : 0)));
  };

export const BRANCH_SYSTEM = {
  b: transB,
  bl: transBl,
  'b@cond': transBCond,
  cbz: compareBranch(OPS.eq32, OPS.eq64),
  cbnz: compareBranch(OPS.ne32, OPS.ne64),
  tbz: testBranch(OPS.eq32),
  tbnz: testBranch(OPS.ne32),
  br: transBr,
  blr: transBlr,
  ret: transRet,
  udf: transUdf,
  svc: transSvc,
  brk: transBrk,
  hint: transNothing,
  clrex: transClrex,
  dsb: transBarrier,
  dmb: transBarrier,
  isb: transIsb,
  sb: transNothing,
  sys: transSys,
  msr: transMsr,
  mrs: transMrs,
  'msr@dit': pstateImmediate(DIT),
  'msr@ssbs': pstateImmediate(SSBS),
} as const satisfies Record<string, Translator>;
