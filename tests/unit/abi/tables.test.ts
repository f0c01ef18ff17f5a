import { describe, expect, test } from '@jest/globals';
import { AARCH64, ABIS, abiFor, ARM, ARMEB, RISCV32, RISCV64 } from '../../../src/abi/abi.js';
import { ERRNO, errnoName, errnoNumber, errnoText } from '../../../src/abi/errno.js';
import { ARM_FCNTL, GENERIC_FCNTL, O_CREAT, O_WRONLY, printOpenFlags } from '../../../src/abi/fcntl.js';
import { printFlags } from '../../../src/abi/flag-names.js';
import { hwcapWord, RISCV_HWCAP } from '../../../src/abi/hwcap.js';
import { CLONE_FLAGS } from '../../../src/abi/process.js';
import { defaultAction, siCodeName, signalName, SIGNALS } from '../../../src/abi/signals.js';

describe('system call numbers', () => {
  // From the syscall tables of Linux; the same call on four architectures.
  test.each([
    ['openat', 56, 56, 56, 322],
    ['write', 64, 64, 64, 4],
    ['exit_group', 94, 94, 94, 248],
    ['mmap', 222, undefined, 222, undefined],
    ['mmap2', undefined, 222, undefined, 192],
    ['newfstatat', 79, undefined, 79, undefined],
    ['statx', 291, 291, 291, 397],
    ['clock_gettime64', undefined, 403, undefined, 403],
    ['futex', 98, undefined, 98, 240],
    ['riscv_flush_icache', 259, 259, undefined, undefined],
    ['renameat', undefined, undefined, 38, 329],
    ['ARM_set_tls', undefined, undefined, undefined, 0xf0005],
  ] as const)('%s', (name, rv64, rv32, a64, arm) => {
    const found = [RISCV64, RISCV32, AARCH64, ARM].map((abi) => abi.syscallNumbers[name]);
    expect(found).toEqual([rv64, rv32, a64, arm]);
  });

  test.each(ABIS.map((abi) => [abi.name, abi] as const))('%s has one name per number', (_, abi) => {
    const numbers = Object.values(abi.syscallNumbers);
    expect(new Set(numbers).size).toBe(numbers.length);
    for (const [name, number] of Object.entries(abi.syscallNumbers))
      expect(abi.syscallName(number)).toBe(name);
  });
});

describe('errno', () => {
  test('names, numbers and texts', () => {
    expect(ERRNO.ENOSYS).toBe(38);
    expect(errnoName(-38)).toBe('ENOSYS');
    expect(errnoNumber('ELOOP')).toBe(40);
    expect(errnoNumber('EFOO')).toBeUndefined();
    expect(errnoNumber('toString')).toBeUndefined();
    expect(errnoText(2)).toBe('No such file or directory');
    expect(errnoText(4000)).toBe('Unknown error 4000');
  });
});

describe('flags', () => {
  test('open flags follow the architecture', () => {
    const flags = O_WRONLY | O_CREAT | 0o200000;
    expect(printOpenFlags(flags, GENERIC_FCNTL)).toBe('O_WRONLY|O_CREAT|O_DIRECTORY');
    expect(printOpenFlags(flags, ARM_FCNTL)).toBe('O_WRONLY|O_CREAT|O_DIRECT');
    expect(printOpenFlags(GENERIC_FCNTL.O_TMPFILE | 2, GENERIC_FCNTL)).toBe('O_RDWR|O_TMPFILE');
  });

  test('words with bit 31 and unknown bits', () => {
    expect(printFlags(0x80000100 | 0, CLONE_FLAGS)).toBe('CLONE_VM|CLONE_IO');
    expect(printFlags(0x101, CLONE_FLAGS)).toBe('CLONE_VM|0x1');
    expect(printFlags(0, CLONE_FLAGS)).toBe('0');
  });

  test('hwcap words are unsigned', () => {
    expect(hwcapWord(RISCV_HWCAP, ['I', 'M', 'A', 'F', 'D', 'C'])).toBe(0x112d);
    expect(hwcapWord({ TOP: 31 }, ['TOP'])).toBe(0x8000_0000);
  });
});

describe('signals', () => {
  test('names and default actions', () => {
    expect(signalName(11)).toBe('SIGSEGV');
    expect(signalName(34)).toBe('SIGRT_2');
    expect(siCodeName(SIGNALS.SIGSEGV, 2)).toBe('SEGV_ACCERR');
    expect(siCodeName(SIGNALS.SIGCHLD, 1)).toBe('CLD_EXITED');
    expect(siCodeName(SIGNALS.SIGUSR1, 0)).toBe('SI_USER');
    expect([1, 11, 17, 18, 20, 28].map(defaultAction)).toEqual([
      'terminate',
      'core',
      'ignore',
      'continue',
      'stop',
      'ignore',
    ]);
  });
});

describe('abiFor', () => {
  test('machine, class and byte order choose the guest', () => {
    expect(abiFor(243, 8, true)).toBe(RISCV64);
    expect(abiFor(243, 4, true)).toBe(RISCV32);
    expect(abiFor(40, 4, false)).toBe(ARMEB);
    expect(abiFor(243, 8, false)).toBeUndefined();
    expect(abiFor(62, 8, true)).toBeUndefined();
  });

  test.each(ABIS.map((abi) => [abi.name, abi] as const))(
    '%s names 32 or 16 registers',
    (_, { registers, isa }) => {
      expect(registers.names).toHaveLength(isa === 'arm' ? 16 : 32);
      expect(registers.names[registers.sp]).toBe('sp');
    },
  );
});
