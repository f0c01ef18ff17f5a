/** /proc/cpuinfo in the guest architecture's own form (arch/{riscv,arm64,arm}/kernel, show_cpuinfo), never the host's. */
import type { Abi } from '../../../abi/abi.js';
import { AARCH64_HWCAP, AARCH64_HWCAP2, ARM_HWCAP, ARM_HWCAP2 } from '../../../abi/hwcap.js';

/** ISA string in canonical order (RISC-V ISA manual, "ISA Extension Naming Conventions"). */
const RISCV_LETTERS = 'imafdc';
const RISCV_EXTENSIONS = [
  'zicbom',
  'zicboz',
  'zicntr',
  'zicond',
  'zicsr',
  'zifencei',
  'zihintpause',
  'zba',
  'zbb',
  'zbs',
];

/** Names of the set bits of a HWCAP word, as cpuinfo spells them. */
function features(word: number, table: Readonly<Record<string, number>>): string[] {
  return Object.entries(table)
    .filter(([, bit]) => Math.floor(word / 2 ** bit) % 2 === 1)
    .map(([name]) => name.toLowerCase());
}

export function cpuinfo(abi: Abi, cpus: number): string {
  if (abi.isa === 'riscv') return riscv(abi, cpus);
  return abi.isa === 'aarch64' ? aarch64(abi, cpus) : arm(abi, cpus);
}

function riscv(abi: Abi, cpus: number): string {
  const isa = `rv${abi.wordSize * 8}${RISCV_LETTERS}_${RISCV_EXTENSIONS.join('_')}`;
  const one = (n: number): string =>
    [
      `processor\t: ${n}`,
      `hart\t\t: ${n}`,
      `isa\t\t: ${isa}`,
      `mmu\t\t: ${abi.wordSize === 8 ? 'sv39' : 'sv32'}`,
      'uarch\t\t: sojourn',
      'mvendorid\t: 0x0',
      'marchid\t\t: 0x0',
      'mimpid\t\t: 0x0',
      `hart isa\t: ${isa}`,
      '',
      '',
    ].join('\n');
  return Array.from({ length: cpus }, (_, n) => one(n)).join('');
}

/** A Cortex-A53, the plainest ARMv8.0 part: where no model was chosen. */
const CORTEX_A53 = 0x410fd034;

/** The fields of MIDR_EL1 (Arm ARM D19.2.101), as programs that read the register itself find them. */
function part(midr: number): readonly string[] {
  const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}`;
  return [
    `CPU implementer\t: ${hex((midr >>> 24) & 255, 2)}`,
    'CPU architecture: 8',
    `CPU variant\t: ${hex((midr >>> 20) & 15, 1)}`,
    `CPU part\t: ${hex((midr >>> 4) & 0xfff, 3)}`,
    `CPU revision\t: ${midr & 15}`,
  ];
}

function aarch64(abi: Abi, cpus: number): string {
  const list = [...features(abi.hwcap, AARCH64_HWCAP), ...features(abi.hwcap2, AARCH64_HWCAP2)].join(' ');
  return Array.from({ length: cpus }, (_, n) =>
    [
      `processor\t: ${n}`,
      'BogoMIPS\t: 100.00',
      `Features\t: ${list}`,
      ...part(abi.midr ?? CORTEX_A53),
      '',
      '',
    ].join('\n'),
  ).join('');
}

/** arch/arm's own spellings of some HWCAP bits (hwcap_str in arch/arm/kernel/setup.c). */
const ARM_NAMES: Readonly<Record<string, string>> = { fast_mult: 'fastmult', vfpd32: 'vfpd32' };

function arm(abi: Abi, cpus: number): string {
  const list = [...features(abi.hwcap, ARM_HWCAP), ...features(abi.hwcap2, ARM_HWCAP2)]
    .map((name) => ARM_NAMES[name] ?? name)
    .join(' ');
  const one = (n: number): string =>
    [
      `processor\t: ${n}`,
      `model name\t: ARMv7 Processor rev 5 (${abi.platform ?? 'v7l'})`,
      'BogoMIPS\t: 100.00',
      `Features\t: ${list} `,
      'CPU implementer\t: 0x41',
      'CPU architecture: 7',
      'CPU variant\t: 0x0',
      'CPU part\t: 0xc07',
      'CPU revision\t: 5',
      '',
      '',
    ].join('\n');
  return `${Array.from({ length: cpus }, (_, n) => one(n)).join('')}Hardware\t: sojourn\nRevision\t: 0000\nSerial\t\t: 0000000000000000\n`;
}
