/**
 * CPU models: which extensions a guest sees, in HWCAP bits (src/abi/hwcap.ts names) and in the ID registers as Linux shows
 * them to EL0 (Documentation/arm64/cpu-feature-registers.rst, elf_hwcaps.rst).
 */

/** Extensions by the names of the decode tables. */
export type Feature =
  | 'lse' | 'lor' | 'crc32' | 'aes' | 'pmull' | 'sha1' | 'sha2' | 'sha3' | 'sha512' | 'rdm' | 'dotprod' | 'fcma' | 'jscvt' | 'fp16'
  | 'fhm' | 'lrcpc' | 'lrcpc2' | 'flagm' | 'flagm2' | 'frint' | 'sb' | 'dit' | 'ssbs' | 'dcpop' | 'dcpodp'; // prettier-ignore

export interface A64Model {
  readonly name: string;
  /** MIDR_EL1. */
  readonly midr: number;
  readonly features: ReadonlySet<Feature>;
}

const A53: readonly Feature[] = ['crc32', 'aes', 'pmull', 'sha1', 'sha2'];
const A76: readonly Feature[] = [
  ...A53, 'lse', 'lor', 'rdm', 'dotprod', 'fp16', 'lrcpc', 'dcpop', 'ssbs',
]; // prettier-ignore
const MAX: readonly Feature[] = [
  ...A76, 'fcma', 'jscvt', 'lrcpc2', 'flagm', 'flagm2', 'frint', 'sb', 'dit', 'dcpodp', 'fhm', 'sha3', 'sha512',
]; // prettier-ignore

/** `max` calls itself what QEMU calls its own: implementer 0, so that no software looks up errata. */
export const A64_MODELS: readonly A64Model[] = [
  { name: 'max', midr: 0x000f0510, features: new Set(MAX) },
  { name: 'neoverse-n1', midr: 0x414fd0c1, features: new Set(A76) },
  { name: 'cortex-a76', midr: 0x414fd0b1, features: new Set(A76) },
  { name: 'cortex-a72', midr: 0x410fd083, features: new Set(A53) },
  { name: 'cortex-a57', midr: 0x411fd070, features: new Set(A53) },
  { name: 'cortex-a53', midr: 0x410fd034, features: new Set(A53) },
  { name: 'cortex-a35', midr: 0x411fd040, features: new Set(A53) },
];

export function a64Model(name: string): A64Model | undefined {
  return A64_MODELS.find((model) => model.name === name);
}

/** HWCAP names for each feature. */
const HWCAP: Partial<Record<Feature, readonly string[]>> = {
  lse: ['ATOMICS'], crc32: ['CRC32'], aes: ['AES'], pmull: ['PMULL'], sha1: ['SHA1'], sha2: ['SHA2'], sha3: ['SHA3'],
  sha512: ['SHA512'], rdm: ['ASIMDRDM'], dotprod: ['ASIMDDP'], fcma: ['FCMA'], jscvt: ['JSCVT'], fp16: ['FPHP', 'ASIMDHP'],
  fhm: ['ASIMDFHM'], lrcpc: ['LRCPC'], lrcpc2: ['ILRCPC'], flagm: ['FLAGM'], sb: ['SB'], dit: ['DIT'], ssbs: ['SSBS'],
  dcpop: ['DCPOP'],
}; // prettier-ignore
const HWCAP2: Partial<Record<Feature, readonly string[]>> = {
  flagm2: ['FLAGM2'],
  frint: ['FRINT'],
  dcpodp: ['DCPODP'],
};

/** Names of the AT_HWCAP and AT_HWCAP2 bits of a model. */
export function hwcapNames(model: A64Model): {
  readonly hwcap: readonly string[];
  readonly hwcap2: readonly string[];
} {
  const names = (table: typeof HWCAP): string[] =>
    [...model.features].flatMap((feature) => table[feature] ?? []);
  return { hwcap: ['FP', 'ASIMD', 'CPUID', ...names(HWCAP)], hwcap2: names(HWCAP2) };
}

/** An ID register as 64 bits from its 4-bit fields: [field's lowest bit, value]. */
function fields(...list: readonly (readonly [number, number])[]): { lo: number; hi: number } {
  let lo = 0;
  let hi = 0;
  for (const [at, value] of list) {
    if (at < 32) lo |= value << at;
    else hi |= value << (at - 32);
  }
  return { lo, hi };
}

/**
 * ID registers by crm * 8 + op2 (op0 3, op1 0, crn 0). Those not listed read as zero, as Linux has it; undefined is an
 * encoding Linux does not emulate.
 */
export function idRegister(
  model: A64Model,
  crm: number,
  op2: number,
): { lo: number; hi: number } | undefined {
  const has = (feature: Feature, value = 1, otherwise = 0): number =>
    model.features.has(feature) ? value : otherwise;
  switch (crm * 8 + op2) {
    case 0:
      return { lo: model.midr, hi: 0 };
    case 5: // MPIDR_EL1: uniprocessor affinity zero, RES1 bit 31
      return { lo: 0x80000000 | 0, hi: 0 };
    case 6:
      return { lo: 0, hi: 0 };
    case 0x20: // ID_AA64PFR0_EL1: EL0 and EL1 in AArch64, FP, AdvSIMD, DIT
      return fields([0, 1], [4, 1], [16, has('fp16')], [20, has('fp16')], [48, has('dit')]);
    case 0x21: // ID_AA64PFR1_EL1: SSBS
      return fields([4, has('ssbs', 2)]);
    case 0x28: // ID_AA64DFR0_EL1: the fixed value Linux shows
      return fields([0, 6]);
    case 0x30: // ID_AA64ISAR0_EL1
      return fields(
        [4, has('pmull', 2, has('aes'))], [8, has('sha1')], [12, has('sha512', 2, has('sha2'))], [16, has('crc32')],
        [20, has('lse', 2)], [28, has('rdm')], [32, has('sha3')], [44, has('dotprod')], [48, has('fhm')],
        [52, has('flagm2', 2, has('flagm'))],
      ); // prettier-ignore
    case 0x31: // ID_AA64ISAR1_EL1
      return fields(
        [0, has('dcpodp', 2, has('dcpop'))], [12, has('jscvt')], [16, has('fcma')], [20, has('lrcpc2', 2, has('lrcpc'))],
        [32, has('frint')], [36, has('sb')],
      ); // prettier-ignore
    case 0x39: // ID_AA64MMFR1_EL1
    case 0x3a: // ID_AA64MMFR2_EL1
      return { lo: 0, hi: 0 };
    default:
      return crm === 0 ? undefined : { lo: 0, hi: 0 };
  }
}
