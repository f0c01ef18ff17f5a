/** Text of A64 data processing, branches and system instructions, with the aliases the manual prefers (Arm ARM C6.2). */
import { bitmask } from '../../../../src/translate/isa/aarch64/bitmask.js';
import type { A64Fields } from '../../../../src/translate/isa/aarch64/vocabulary.js';
import { cond, EXTENDS, r, rsp, shifted, w, x } from './names.js';
import type { Print } from './names.js';

type Printers = Record<string, Print>;

const width = (f: A64Fields): number => 32 << f.sf;

const addImm =
  (name: string, alias: string): Print =>
  (f) => {
    const flags = name.endsWith('s');
    const operand = `#${f.imm}${f.sh === 1 ? ', lsl #12' : ''}`;
    if (flags && f.rd === 31) return `${alias} ${rsp(f.sf, f.rn)}, ${operand}`;
    if (name === 'add' && f.imm === 0 && f.sh === 0 && (f.rd === 31 || f.rn === 31))
      return `mov ${rsp(f.sf, f.rd)}, ${rsp(f.sf, f.rn)}`;
    return `${name} ${flags ? r(f.sf, f.rd) : rsp(f.sf, f.rd)}, ${rsp(f.sf, f.rn)}, ${operand}`;
  };

/** Whether one MOVZ or MOVN makes the value, which is then preferred to ORR. */
function movable(value: bigint, bits: number): boolean {
  const all = (1n << BigInt(bits)) - 1n;
  for (let at = 0; at < bits; at += 16) {
    const field = 0xffffn << BigInt(at);
    if ((value & ~field & all) === 0n || (~value & ~field & all) === 0n) return true;
  }
  return false;
}

const logicImm =
  (name: string): Print =>
  (f) => {
    const mask = bitmask(f.n, f.immr, f.imms);
    const value = BigInt.asUintN(width(f), (BigInt(mask?.hi ?? 0) << 32n) | BigInt((mask?.lo ?? 0) >>> 0));
    if (name === 'ands')
      return f.rd === 31
        ? `tst ${r(f.sf, f.rn)}, #${value}`
        : `ands ${r(f.sf, f.rd)}, ${r(f.sf, f.rn)}, #${value}`;
    if (name === 'orr' && f.rn === 31 && !movable(value, width(f)))
      return `mov ${rsp(f.sf, f.rd)}, #${value}`;
    return `${name} ${rsp(f.sf, f.rd)}, ${r(f.sf, f.rn)}, #${value}`;
  };

const movWide =
  (name: string): Print =>
  (f) => {
    const d = r(f.sf, f.rd);
    const hidden = f.imm === 0 && f.hw !== 0;
    const value = BigInt(f.imm) << BigInt(16 * f.hw);
    if (name === 'movz' && !hidden) return `mov ${d}, #${value}`;
    if (name === 'movn' && !hidden && !(f.sf === 0 && f.imm === 0xffff)) return `mov ${d}, #${-value - 1n}`;
    return `${name} ${d}, #${f.imm}${shifted(0, 16 * f.hw)}`;
  };

const extendsOf: Record<number, string> = { 7: 'b', 15: 'h', 31: 'w' };
const bitfield =
  (sign: 's' | 'u'): Print =>
  (f) => {
    const bits = width(f);
    const d = r(f.sf, f.rd);
    const n = r(f.sf, f.rn);
    const { immr, imms } = f;
    if (sign === 'u' && imms !== bits - 1 && imms + 1 === immr) return `lsl ${d}, ${n}, #${bits - 1 - imms}`;
    if (imms === bits - 1) return `${sign === 'u' ? 'lsr' : 'asr'} ${d}, ${n}, #${immr}`;
    if (imms < immr) return `${sign}bfiz ${d}, ${n}, #${bits - immr}, #${imms + 1}`;
    const extend = immr === 0 && (sign === 's' || f.sf === 0) ? extendsOf[imms] : undefined;
    if (extend !== undefined) return `${sign}xt${extend} ${d}, ${w(f.rn)}`;
    return `${sign}bfx ${d}, ${n}, #${immr}, #${imms - immr + 1}`;
  };
const bfm: Print = (f) => {
  const d = r(f.sf, f.rd);
  if (f.imms >= f.immr) return `bfxil ${d}, ${r(f.sf, f.rn)}, #${f.immr}, #${f.imms - f.immr + 1}`;
  const place = `#${width(f) - f.immr}, #${f.imms + 1}`;
  return f.rn === 31 ? `bfc ${d}, ${place}` : `bfi ${d}, ${r(f.sf, f.rn)}, ${place}`;
};

/** Three registers, the last shifted; other names where the destination or the first source is the zero register. */
const shiftedReg =
  (name: string, noDestination?: string, noSource?: string): Print =>
  (f) => {
    const d = r(f.sf, f.rd);
    const n = r(f.sf, f.rn);
    const m = r(f.sf, f.rm) + shifted(f.shift, f.amount);
    if (noDestination !== undefined && f.rd === 31) return `${noDestination} ${n}, ${m}`;
    if (noSource !== undefined && f.rn === 31 && (noSource !== 'mov' || m === r(f.sf, f.rm)))
      return `${noSource} ${d}, ${m}`;
    return `${name} ${d}, ${n}, ${m}`;
  };

const extendedReg =
  (name: string, alias?: string): Print =>
  (f) => {
    const m = f.sf === 1 && (f.option & 3) === 3 ? x(f.rm) : w(f.rm);
    const stack = f.rn === 31 || (alias === undefined && f.rd === 31);
    const plain = stack && f.option === 2 + f.sf;
    const how = plain
      ? shifted(0, f.imm)
      : `, ${EXTENDS[f.option] as string}${f.imm === 0 ? '' : ` #${f.imm}`}`;
    const n = rsp(f.sf, f.rn);
    if (alias !== undefined && f.rd === 31) return `${alias} ${n}, ${m}${how}`;
    return `${name} ${alias === undefined ? rsp(f.sf, f.rd) : r(f.sf, f.rd)}, ${n}, ${m}${how}`;
  };

const threeRegs =
  (name: string, noSource?: string): Print =>
  (f) =>
    noSource !== undefined && f.rn === 31
      ? `${noSource} ${r(f.sf, f.rd)}, ${r(f.sf, f.rm)}`
      : `${name} ${r(f.sf, f.rd)}, ${r(f.sf, f.rn)}, ${r(f.sf, f.rm)}`;
const twoRegs =
  (name: string): Print =>
  (f) =>
    `${name} ${r(f.sf, f.rd)}, ${r(f.sf, f.rn)}`;

const compare =
  (name: string, immediate: boolean): Print =>
  (f) =>
    `${name} ${r(f.sf, f.rn)}, ${immediate ? `#${f.imm}` : r(f.sf, f.rm)}, #${f.nzcv}, ${cond(f.cond)}`;

/** `same`: the name when both sources are one register, `zero` when that is the zero register. */
const select =
  (name: string, same?: string, zero?: string): Print =>
  (f) => {
    const d = r(f.sf, f.rd);
    const n = r(f.sf, f.rn);
    if (same === undefined || f.rn !== f.rm || f.cond >= 14)
      return `${name} ${d}, ${n}, ${r(f.sf, f.rm)}, ${cond(f.cond)}`;
    if (zero !== undefined && f.rn === 31) return `${zero} ${d}, ${cond(f.cond ^ 1)}`;
    return `${same} ${d}, ${n}, ${cond(f.cond ^ 1)}`;
  };

const multiply =
  (name: string, alias: string): Print =>
  (f) => {
    const sources = `${r(f.sf, f.rd)}, ${r(f.sf, f.rn)}, ${r(f.sf, f.rm)}`;
    return f.ra === 31 ? `${alias} ${sources}` : `${name} ${sources}, ${r(f.sf, f.ra)}`;
  };
const multiplyLong =
  (name: string, alias: string): Print =>
  (f) => {
    const sources = `${x(f.rd)}, ${w(f.rn)}, ${w(f.rm)}`;
    return f.ra === 31 ? `${alias} ${sources}` : `${name} ${sources}, ${x(f.ra)}`;
  };
const multiplyHigh =
  (name: string): Print =>
  (f) =>
    `${name} ${x(f.rd)}, ${x(f.rn)}, ${x(f.rm)}`;
const crc =
  (name: string): Print =>
  (f) =>
    `${name}${'bhwx'[f.size] as string} ${w(f.rd)}, ${w(f.rn)}, ${r(f.size === 3 ? 1 : 0, f.rm)}`;

export const DATA: Printers = {
  adr: (f, pc) => `adr ${x(f.rd)}, #${pc + BigInt(f.imm)}`,
  adrp: (f, pc) => `adrp ${x(f.rd)}, #${(pc & ~0xfffn) + BigInt(f.imm) * 4096n}`,
  'add@imm': addImm('add', ''),
  'adds@imm': addImm('adds', 'cmn'),
  'sub@imm': addImm('sub', ''),
  'subs@imm': addImm('subs', 'cmp'),
  'and@imm': logicImm('and'),
  'orr@imm': logicImm('orr'),
  'eor@imm': logicImm('eor'),
  'ands@imm': logicImm('ands'),
  movn: movWide('movn'),
  movz: movWide('movz'),
  movk: (f) => `movk ${r(f.sf, f.rd)}, #${f.imm}${shifted(0, 16 * f.hw)}`,
  sbfm: bitfield('s'),
  bfm,
  ubfm: bitfield('u'),
  extr: (f) =>
    f.rn === f.rm
      ? `ror ${r(f.sf, f.rd)}, ${r(f.sf, f.rn)}, #${f.imms}`
      : `extr ${r(f.sf, f.rd)}, ${r(f.sf, f.rn)}, ${r(f.sf, f.rm)}, #${f.imms}`,
  'and@reg': shiftedReg('and'),
  'bic@reg': shiftedReg('bic'),
  'orr@reg': shiftedReg('orr', undefined, 'mov'),
  'orn@reg': shiftedReg('orn', undefined, 'mvn'),
  'eor@reg': shiftedReg('eor'),
  'eon@reg': shiftedReg('eon'),
  'ands@reg': shiftedReg('ands', 'tst'),
  'bics@reg': shiftedReg('bics'),
  'add@reg': shiftedReg('add'),
  'adds@reg': shiftedReg('adds', 'cmn'),
  'sub@reg': shiftedReg('sub', undefined, 'neg'),
  'subs@reg': shiftedReg('subs', 'cmp', 'negs'),
  'add@ext': extendedReg('add'),
  'adds@ext': extendedReg('adds', 'cmn'),
  'sub@ext': extendedReg('sub'),
  'subs@ext': extendedReg('subs', 'cmp'),
  adc: threeRegs('adc'),
  adcs: threeRegs('adcs'),
  sbc: threeRegs('sbc', 'ngc'),
  sbcs: threeRegs('sbcs', 'ngcs'),
  'ccmn@reg': compare('ccmn', false),
  'ccmp@reg': compare('ccmp', false),
  'ccmn@imm': compare('ccmn', true),
  'ccmp@imm': compare('ccmp', true),
  csel: select('csel'),
  csinc: select('csinc', 'cinc', 'cset'),
  csinv: select('csinv', 'cinv', 'csetm'),
  csneg: select('csneg', 'cneg'),
  madd: multiply('madd', 'mul'),
  msub: multiply('msub', 'mneg'),
  smaddl: multiplyLong('smaddl', 'smull'),
  smsubl: multiplyLong('smsubl', 'smnegl'),
  umaddl: multiplyLong('umaddl', 'umull'),
  umsubl: multiplyLong('umsubl', 'umnegl'),
  smulh: multiplyHigh('smulh'),
  umulh: multiplyHigh('umulh'),
  udiv: threeRegs('udiv'),
  sdiv: threeRegs('sdiv'),
  lslv: threeRegs('lsl'),
  lsrv: threeRegs('lsr'),
  asrv: threeRegs('asr'),
  rorv: threeRegs('ror'),
  rbit: twoRegs('rbit'),
  rev16: twoRegs('rev16'),
  'rev@w': (f) => `rev ${w(f.rd)}, ${w(f.rn)}`,
  rev32: (f) => `rev32 ${x(f.rd)}, ${x(f.rn)}`,
  'rev@x': (f) => `rev ${x(f.rd)}, ${x(f.rn)}`,
  clz: twoRegs('clz'),
  cls: twoRegs('cls'),
  crc32: crc('crc32'),
  'crc32@x': crc('crc32'),
  crc32c: crc('crc32c'),
  'crc32c@x': crc('crc32c'),
  rmif: (f) => `rmif ${x(f.rn)}, #${f.imm}, #${f.mask}`,
  setf8: (f) => `setf8 ${w(f.rn)}`,
  setf16: (f) => `setf16 ${w(f.rn)}`,
  cfinv: () => 'cfinv',
  xaflag: () => 'xaflag',
  axflag: () => 'axflag',
};

/** The hints capstone knows by name; bti and dgh came after it. */
const HINTS: Record<number, string> = {
  0: 'nop', 1: 'yield', 2: 'wfe', 3: 'wfi', 4: 'sev', 5: 'sevl', 7: 'xpaclri', 8: 'pacia1716', 10: 'pacib1716',
  12: 'autia1716', 14: 'autib1716', 16: 'esb', 17: 'psb csync', 18: 'tsb csync', 20: 'csdb', 24: 'paciaz', 25: 'paciasp',
  26: 'pacibz', 27: 'pacibsp', 28: 'autiaz', 29: 'autiasp', 30: 'autibz', 31: 'autibsp',
}; // prettier-ignore
const BARRIERS: Record<number, string> = {
  1: 'oshld', 2: 'oshst', 3: 'osh', 5: 'nshld', 6: 'nshst', 7: 'nsh', 9: 'ishld', 10: 'ishst', 11: 'ish', 13: 'ld', 14: 'st',
  15: 'sy',
}; // prettier-ignore
const barrier = (name: string, crm: number): string => `${name} ${BARRIERS[crm] ?? `#${crm}`}`;
const target = (f: A64Fields, pc: bigint): string => `#${pc + BigInt(f.imm)}`;
const testBit =
  (name: string): Print =>
  (f, pc) =>
    `${name} ${r(f.bit >> 5, f.rt)}, #${f.bit}, ${target(f, pc)}`;

export const BRANCHES: Printers = {
  b: (f, pc) => `b ${target(f, pc)}`,
  bl: (f, pc) => `bl ${target(f, pc)}`,
  'b@cond': (f, pc) => `b.${cond(f.cond)} ${target(f, pc)}`,
  cbz: (f, pc) => `cbz ${r(f.sf, f.rt)}, ${target(f, pc)}`,
  cbnz: (f, pc) => `cbnz ${r(f.sf, f.rt)}, ${target(f, pc)}`,
  tbz: testBit('tbz'),
  tbnz: testBit('tbnz'),
  br: (f) => `br ${x(f.rn)}`,
  blr: (f) => `blr ${x(f.rn)}`,
  ret: (f) => (f.rn === 30 ? 'ret' : `ret ${x(f.rn)}`),
  udf: (f) => `udf #${f.imm}`,
  svc: (f) => `svc #${f.imm}`,
  brk: (f) => `brk #${f.imm}`,
  hint: (f) => HINTS[f.crm * 8 + f.op2] ?? `hint #${f.crm * 8 + f.op2}`,
  clrex: (f) => (f.crm === 15 ? 'clrex' : `clrex #${f.crm}`),
  dsb: (f) => barrier('dsb', f.crm),
  dmb: (f) => barrier('dmb', f.crm),
  isb: (f) => (f.crm === 15 ? 'isb' : `isb #${f.crm}`),
  // Capstone has no name for it, but knows the register that would have this encoding.
  sb: () => 'msr s0_3_c3_c0_7, xzr',
  'msr@dit': (f) => `msr dit, #${f.crm}`,
  'msr@ssbs': (f) => `msr ssbs, #${f.crm}`,
};

/** System registers that capstone knows by name (not SSBS) by op1, CRn, CRm and op2, all with op0 = 3 (Arm ARM D17). */
const SYSTEM: Record<string, string> = {
  '3 0 0 1': 'ctr_el0', '3 0 0 7': 'dczid_el0', '3 4 2 0': 'nzcv', '3 4 2 5': 'dit', '3 4 4 0': 'fpcr',
  '3 4 4 1': 'fpsr', '3 13 0 2': 'tpidr_el0', '3 13 0 3': 'tpidrro_el0', '3 14 0 0': 'cntfrq_el0', '3 14 0 1': 'cntpct_el0',
  '3 14 0 2': 'cntvct_el0', '0 0 0 0': 'midr_el1', '0 0 0 5': 'mpidr_el1', '0 0 0 6': 'revidr_el1',
  '0 0 4 0': 'id_aa64pfr0_el1', '0 0 4 1': 'id_aa64pfr1_el1', '0 0 4 4': 'id_aa64zfr0_el1', '0 0 5 0': 'id_aa64dfr0_el1',
  '0 0 5 1': 'id_aa64dfr1_el1', '0 0 6 0': 'id_aa64isar0_el1', '0 0 6 1': 'id_aa64isar1_el1', '0 0 7 0': 'id_aa64mmfr0_el1',
  '0 0 7 1': 'id_aa64mmfr1_el1', '0 0 7 2': 'id_aa64mmfr2_el1',
}; // prettier-ignore
const CACHE: Record<string, string> = {
  '3 7 4 1': 'dc zva', '3 7 10 1': 'dc cvac', '3 7 11 1': 'dc cvau', '3 7 12 1': 'dc cvap',
  '3 7 14 1': 'dc civac', '3 7 5 1': 'ic ivau',
}; // prettier-ignore

/** The name of a register; those of the ID space that have none here are written by their numbers, as capstone does. */
const systemRegister = (f: A64Fields): string =>
  SYSTEM[`${f.op1} ${f.crn} ${f.crm} ${f.op2}`] ?? `s3_${f.op1}_c${f.crn}_c${f.crm}_${f.op2}`;
const systemOp = (f: A64Fields): string =>
  CACHE[`${f.op1} ${f.crn} ${f.crm} ${f.op2}`] ?? `sys #${f.op1}, c${f.crn}, c${f.crm}, #${f.op2}`;

export const SYSTEM_OPS: Printers = {
  mrs: (f) => `mrs ${x(f.rt)}, ${systemRegister(f)}`,
  msr: (f) => `msr ${systemRegister(f)}, ${x(f.rt)}`,
  sys: (f) => `${systemOp(f)}, ${x(f.rt)}`,
};
