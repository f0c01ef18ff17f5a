/**
 * What a guest is: one `Abi` object per instruction set and byte order, chosen from the ELF header. Everything
 * that differs per architecture outside the instruction decoder hangs off it.
 */
import type { FcntlFlags } from './fcntl.js';
import { ARM_FCNTL, GENERIC_FCNTL } from './fcntl.js';
import { AARCH64_HWCAP, ARM_HWCAP, ARM_HWCAP2, hwcapWord, RISCV_HWCAP } from './hwcap.js';
import type { DataModel } from './layout.js';
import {
  nameOf,
  AARCH64_NUMBERS,
  ARM_NUMBERS,
  RISCV32_NUMBERS,
  RISCV64_NUMBERS,
  type SyscallName,
  type SyscallNumbers,
} from './numbers/index.js';

/** e_machine values (elf.h). */
export const EM_ARM = 40;
export const EM_AARCH64 = 183;
export const EM_RISCV = 243;

export type AbiName = 'riscv64' | 'riscv32' | 'aarch64' | 'aarch64_be' | 'arm' | 'armeb';
export type IsaFamily = 'riscv' | 'aarch64' | 'arm';

/** Registers as the kernel sees them. Numbers are register slots of the CPU block (x0… at slot 0…, 8 bytes each). */
export interface Registers {
  /** Names in dump order, index = slot. */
  readonly names: readonly string[];
  /** Slots of system call arguments 1…6, or 1…7 on ARM. */
  readonly args: readonly number[];
  /** Slot of the system call number. */
  readonly number: number;
  /** Slot of the result. */
  readonly result: number;
  readonly sp: number;
  /** Link register. */
  readonly ra: number;
  /** Frame pointer by the compiler's convention. */
  readonly fp: number;
  /** Slot of the thread pointer when it is a general register (RISC-V tp), else -1: a register of its own. */
  readonly tp: number;
}

export interface Abi extends DataModel {
  readonly name: AbiName;
  readonly isa: IsaFamily;
  readonly machine: typeof EM_ARM | typeof EM_AARCH64 | typeof EM_RISCV;
  /** `uname -m`. */
  readonly unameMachine: string;
  /** AT_PLATFORM; RISC-V has none. */
  readonly platform: string | undefined;
  /** AT_HWCAP, AT_HWCAP2 of the default CPU model, low 32 bits and high 32 bits as an exact number. */
  readonly hwcap: number;
  readonly hwcap2: number;
  /** MIDR_EL1 of an AArch64 guest; undefined: none is told. */
  readonly midr?: number;
  readonly syscallNumbers: SyscallNumbers;
  /** Kernel name of a number, undefined when Linux has no such call here. */
  syscallName(number: number): SyscallName | undefined;
  readonly registers: Registers;
  /** The same guest on a CPU with other capabilities. */
  withCapabilities(hwcap: number, hwcap2: number, midr: number): Abi;
  /** 64-bit arguments of 32-bit guests start at an even argument register (AAPCS32), leaving one unused. */
  readonly alignedPairs: boolean;
  /**
   * Struct sigaction has an sa_restorer field, used when SA_RESTORER is set (ARM's C libraries do). Handlers
   * without one return through a trampoline page.
   */
  readonly hasRestorer: boolean;
  readonly fcntl: FcntlFlags;
  /** Smallest signal stack, AT_MINSIGSTKSZ, in bytes. */
  readonly minSigStack: number;
  /** In Debian's naming, for messages: `arm64`, `armhf`, `riscv64`. */
  readonly debian: string | undefined;
}

const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`);

const RISCV_REGISTERS: Registers = {
  // RISC-V ELF psABI, table "Integer register convention".
  names: (
    'zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 ' + 's2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6'
  ).split(' '),
  args: [10, 11, 12, 13, 14, 15],
  number: 17,
  result: 10,
  sp: 2,
  ra: 1,
  fp: 8,
  tp: 4,
};

const AARCH64_REGISTERS: Registers = {
  names: [...numbered('x', 31), 'sp'],
  args: [0, 1, 2, 3, 4, 5],
  number: 8,
  result: 0,
  sp: 31,
  ra: 30,
  fp: 29,
  tp: -1,
};

const ARM_REGISTERS: Registers = {
  names: [...numbered('r', 11), 'fp', 'ip', 'sp', 'lr', 'pc'],
  args: [0, 1, 2, 3, 4, 5, 6],
  number: 7,
  result: 0,
  sp: 13,
  ra: 14,
  fp: 11,
  tp: -1,
};

type Described = Omit<Abi, 'syscallName' | 'syscallNumbers' | 'align64' | 'withCapabilities'> & {
  readonly numbers: readonly SyscallNumbers[];
};

function abi(row: Described): Abi {
  let numbers: SyscallNumbers | undefined;
  const names = new Map<number, SyscallName>();
  return {
    ...row,
    align64: 8,
    get syscallNumbers() {
      return (numbers ??= Object.assign({}, ...row.numbers) as SyscallNumbers);
    },
    syscallName(number) {
      const name = names.get(number) ?? nameOf(number, row.numbers);
      if (name !== undefined) names.set(number, name);
      return name;
    },
    withCapabilities: (hwcap, hwcap2, midr) => abi({ ...row, hwcap, hwcap2, midr }),
  };
}

const RISCV = {
  isa: 'riscv',
  littleEndian: true,
  machine: EM_RISCV,
  platform: undefined,
  hwcap: hwcapWord(RISCV_HWCAP, ['I', 'M', 'A', 'F', 'D', 'C']),
  hwcap2: 0,
  registers: RISCV_REGISTERS,
  alignedPairs: false,
  hasRestorer: false,
  fcntl: GENERIC_FCNTL,
  // arch/riscv sizes it from the rt_sigframe without vectors.
  minSigStack: 2048,
} as const;

export const RISCV64: Abi = abi({
  ...RISCV,
  name: 'riscv64',
  wordSize: 8,
  unameMachine: 'riscv64',
  numbers: RISCV64_NUMBERS,
  debian: 'riscv64',
});

export const RISCV32: Abi = abi({
  ...RISCV,
  name: 'riscv32',
  wordSize: 4,
  unameMachine: 'riscv32',
  numbers: RISCV32_NUMBERS,
  debian: undefined,
});

const A64 = {
  isa: 'aarch64',
  wordSize: 8,
  machine: EM_AARCH64,
  hwcap: hwcapWord(AARCH64_HWCAP, ['FP', 'ASIMD', 'CPUID']),
  hwcap2: 0,
  numbers: AARCH64_NUMBERS,
  registers: AARCH64_REGISTERS,
  alignedPairs: false,
  hasRestorer: true,
  fcntl: ARM_FCNTL,
  minSigStack: 5120,
} as const;

export const AARCH64: Abi = abi({
  ...A64,
  name: 'aarch64',
  littleEndian: true,
  unameMachine: 'aarch64',
  platform: 'aarch64',
  debian: 'arm64',
});

export const AARCH64_BE: Abi = abi({
  ...A64,
  name: 'aarch64_be',
  littleEndian: false,
  unameMachine: 'aarch64_be',
  platform: 'aarch64_be',
  debian: undefined,
});

const A32 = {
  isa: 'arm',
  wordSize: 4,
  machine: EM_ARM,
  hwcap: hwcapWord(ARM_HWCAP, ['SWP', 'HALF', 'THUMB', 'FAST_MULT', 'EDSP', 'TLS']),
  hwcap2: hwcapWord(ARM_HWCAP2, []),
  numbers: ARM_NUMBERS,
  registers: ARM_REGISTERS,
  alignedPairs: true,
  hasRestorer: true,
  fcntl: ARM_FCNTL,
  minSigStack: 2048,
} as const;

export const ARM: Abi = abi({
  ...A32,
  name: 'arm',
  littleEndian: true,
  unameMachine: 'armv7l',
  platform: 'v7l',
  debian: 'armhf',
});

export const ARMEB: Abi = abi({
  ...A32,
  name: 'armeb',
  littleEndian: false,
  unameMachine: 'armv7b',
  platform: 'v7b',
  debian: undefined,
});

export const ABIS: readonly Abi[] = [RISCV64, RISCV32, AARCH64, AARCH64_BE, ARM, ARMEB];

/** The guest an ELF header asks for; undefined when it is none of ours. */
export function abiFor(machine: number, wordSize: 4 | 8, littleEndian: boolean): Abi | undefined {
  return ABIS.find(
    (a) => a.machine === machine && a.wordSize === wordSize && a.littleEndian === littleEndian,
  );
}
