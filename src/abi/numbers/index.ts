/** Name-to-number tables per architecture; the reverse maps are made on demand. */
import { ARM_EABI, ARM_PRIVATE } from './arm.js';
import { GENERIC_32, GENERIC_64, GENERIC_COMMON, RISCV_PRIVATE } from './generic.js';

// Functions, because putting a table of 300 names together takes longer than most starts have reason to.
export const riscv64Numbers = () => ({ ...GENERIC_COMMON, ...GENERIC_64, ...RISCV_PRIVATE }) as const;
export const riscv32Numbers = () => ({ ...GENERIC_COMMON, ...GENERIC_32, ...RISCV_PRIVATE }) as const;
/** AArch64 kept `renameat`, which later generic ports dropped (arch/arm64/include/asm/unistd.h). */
export const aarch64Numbers = () => ({ ...GENERIC_COMMON, ...GENERIC_64, renameat: 38 }) as const;
export const armNumbers = () => ({ ...ARM_EABI, ...ARM_PRIVATE }) as const;

/** Any kernel name of a system call on any architecture we run. */
export type SyscallName =
  | keyof ReturnType<typeof riscv64Numbers>
  | keyof ReturnType<typeof riscv32Numbers>
  | keyof ReturnType<typeof aarch64Numbers>
  | keyof ReturnType<typeof armNumbers>;

export type SyscallNumbers = Readonly<Partial<Record<SyscallName, number>>>;

/** Number to name; ARM's private numbers make this a Map rather than an array. */
export function invertNumbers(numbers: SyscallNumbers): ReadonlyMap<number, SyscallName> {
  const map = new Map<number, SyscallName>();
  for (const [name, number] of Object.entries(numbers)) map.set(number, name as SyscallName);
  return map;
}
