import { describe, expect, test } from '@jest/globals';
import { ABIS, AARCH64, ARM, ARMEB, RISCV32, RISCV64 } from '../../../src/abi/abi.js';
import { sys } from '../../../src/syscalls/row.js';
import { FAMILIES, SYSTEM_CALLS } from '../../../src/syscalls/table.js';
import { placeArgs } from '../../../src/syscalls/thunk.js';

const rows = Object.entries(SYSTEM_CALLS);

describe('the table of system calls', () => {
  test('no call stands in two families', () => {
    const names = Object.values(FAMILIES).flatMap((family) => Object.keys(family));
    expect(names.length).toBe(new Set(names).size);
  });

  test('every row is a call of some architecture', () => {
    const known = new Set(ABIS.flatMap((abi) => Object.keys(abi.syscallNumbers)));
    expect(rows.map(([name]) => name).filter((name) => !known.has(name))).toEqual([]);
  });

  test('every row fits the argument registers wherever the call exists', () => {
    for (const abi of ABIS) {
      for (const [name, row] of rows) {
        if (!(name in abi.syscallNumbers)) continue;
        expect(() => placeArgs(row, abi)).not.toThrow();
      }
    }
  });

  test('a handler takes no more arguments than its row has', () => {
    for (const [name, row] of rows) {
      expect([name, row.handler.length - 1 <= row.args.length]).toEqual([name, true]);
    }
  });
});

describe('arguments in registers', () => {
  const row = sys(['fd: fd', 'offset: off64', 'count: size'], 'int', () => 0);

  test('one register on 64-bit guests', () => {
    const at = (abi: typeof RISCV64): number[] => placeArgs(row, abi).map((p) => p.lo / 2);
    expect(at(RISCV64)).toEqual([10, 11, 12]);
    expect(at(AARCH64)).toEqual([0, 1, 2]);
  });

  test('a pair on 32-bit guests, aligned where the ABI says so, high word first when big-endian', () => {
    const at = (abi: typeof RISCV64): [number, number][] =>
      placeArgs(row, abi).map((p) => [p.lo / 2, p.hi / 2]);
    expect(at(RISCV32)[1]).toEqual([11, 12]);
    expect(at(RISCV32)[2]?.[0]).toBe(13);
    expect(at(ARM)[1]).toEqual([2, 3]);
    expect(at(ARM)[2]?.[0]).toBe(4);
    expect(at(ARMEB)[1]).toEqual([3, 2]);
  });
});
