/** Name-to-number tables per architecture, in parts: putting 300 names together takes longer than most starts have reason to. */
import { ARM_EABI, ARM_PRIVATE } from './arm.js';
import { GENERIC_32, GENERIC_64, GENERIC_COMMON, RISCV_PRIVATE } from './generic.js';

export const RISCV64_NUMBERS = [GENERIC_COMMON, GENERIC_64, RISCV_PRIVATE] as const;
export const RISCV32_NUMBERS = [GENERIC_COMMON, GENERIC_32, RISCV_PRIVATE] as const;
/** AArch64 kept `renameat`, which later generic ports dropped (arch/arm64/include/asm/unistd.h). */
export const AARCH64_NUMBERS = [GENERIC_COMMON, GENERIC_64, { renameat: 38 }] as const;
export const ARM_NUMBERS = [ARM_EABI, ARM_PRIVATE] as const;

/** The names that are in any of some objects. */
type NamesIn<T> = T extends unknown ? keyof T : never;

/** Any kernel name of a system call on any architecture we run. */
export type SyscallName =
  | NamesIn<(typeof RISCV64_NUMBERS)[number]>
  | NamesIn<(typeof RISCV32_NUMBERS)[number]>
  | NamesIn<(typeof AARCH64_NUMBERS)[number]>
  | NamesIn<(typeof ARM_NUMBERS)[number]>;

export type SyscallNumbers = Readonly<Partial<Record<SyscallName, number>>>;

/** The name that has a number. */
export function nameOf(number: number, parts: readonly SyscallNumbers[]): SyscallName | undefined {
  for (const part of parts) {
    for (const name in part) if (part[name as SyscallName] === number) return name as SyscallName;
  }
  return undefined;
}
