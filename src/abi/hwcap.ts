/** AT_HWCAP bits per architecture: bit numbers from arch/<arch>/include/uapi/asm/hwcap.h. */

/** RISC-V: one bit per letter of the ISA string, `1 << (letter - 'A')`. */
export const RISCV_HWCAP = { A: 0, C: 2, D: 3, F: 5, I: 8, M: 12, V: 21 } as const;

export const AARCH64_HWCAP = {
  FP: 0,
  ASIMD: 1,
  EVTSTRM: 2,
  AES: 3,
  PMULL: 4,
  SHA1: 5,
  SHA2: 6,
  CRC32: 7,
  ATOMICS: 8,
  FPHP: 9,
  ASIMDHP: 10,
  CPUID: 11,
  ASIMDRDM: 12,
  JSCVT: 13,
  FCMA: 14,
  LRCPC: 15,
  DCPOP: 16,
  SHA3: 17,
  SM3: 18,
  SM4: 19,
  ASIMDDP: 20,
  SHA512: 21,
  SVE: 22,
  ASIMDFHM: 23,
  DIT: 24,
  USCAT: 25,
  ILRCPC: 26,
  FLAGM: 27,
  SSBS: 28,
  SB: 29,
  PACA: 30,
  PACG: 31,
} as const;

/** AT_HWCAP2 of AArch64. */
export const AARCH64_HWCAP2 = {
  DCPODP: 0,
  SVE2: 1,
  FLAGM2: 7,
  FRINT: 8,
  I8MM: 13,
  BF16: 14,
  RNG: 16,
  BTI: 17,
  MTE: 18,
  ECV: 19,
  AFP: 20,
  RPRES: 21,
} as const;

export const ARM_HWCAP = {
  SWP: 0,
  HALF: 1,
  THUMB: 2,
  '26BIT': 3,
  FAST_MULT: 4,
  FPA: 5,
  VFP: 6,
  EDSP: 7,
  JAVA: 8,
  IWMMXT: 9,
  CRUNCH: 10,
  THUMBEE: 11,
  NEON: 12,
  VFPv3: 13,
  VFPv3D16: 14,
  TLS: 15,
  VFPv4: 16,
  IDIVA: 17,
  IDIVT: 18,
  VFPD32: 19,
  LPAE: 20,
  EVTSTRM: 21,
} as const;

export const ARM_HWCAP2 = { AES: 0, PMULL: 1, SHA1: 2, SHA2: 3, CRC32: 4 } as const;

/** The word with the named bits set, as an unsigned number. */
export function hwcapWord<T extends Readonly<Record<string, number>>>(
  table: T,
  names: readonly (keyof T)[],
): number {
  let word = 0;
  for (const name of names) word += 2 ** (table[name] as number);
  return word;
}
