/** Small blocks through the closure engine: flags by every way, faults, system registers. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { EXIT_FAULT, EXIT_ILLEGAL, EXIT_SYSCALL, FAULT_ALIGN } from '../../../../src/cpu/exit.js';
import { SLOT_TLS, SLOT_V } from '../../../../src/cpu/layout.js';
import { PROT_EXEC, PROT_READ, PROT_WRITE } from '../../../../src/mmap/flags.js';
import { FAULT_MAPERR } from '../../../../src/mmap/layout.js';
import { holds, nzcvOf, readNzcv, writeNzcv } from '../../../../src/translate/isa/aarch64/flags.js';
import {
  readFpcr,
  readFpsr,
  writeFpcr,
  writeFpsr,
} from '../../../../src/translate/isa/aarch64/fp-control.js';
import { a64Model } from '../../../../src/translate/isa/aarch64/model.js';
import type { A64Model } from '../../../../src/translate/isa/aarch64/model.js';
import { A64Assembler } from '../../../random/aarch64/assembler.js';
import type { Values } from '../../../random/aarch64/assembler.js';
import { A64Machine } from '../../../random/aarch64/machine.js';

const CODE = 0x100000;
const DATA = 0x200000;
const model = a64Model('max') as A64Model;
const asm = new A64Assembler(model);
const machine = new A64Machine(model);
const { cpu } = machine;

type Line = readonly [string, Values];

/** Runs the lines and an svc; the exit reason. */
function run(...lines: readonly Line[]): number {
  const words = [...lines.map(([name, values]) => asm.word(name, values)), asm.word('svc', {})];
  machine.place(CODE, new Uint8Array(Int32Array.from(words).buffer), PROT_READ | PROT_EXEC);
  cpu.pc = CODE;
  return machine.step();
}
function x(n: number): bigint {
  return (BigInt((cpu.r[n * 2 + 1] as number) >>> 0) << 32n) | BigInt((cpu.r[n * 2] as number) >>> 0);
}
function setX(n: number, value: bigint): void {
  cpu.r[n * 2] = Number(BigInt.asIntN(32, value));
  cpu.r[n * 2 + 1] = Number(BigInt.asIntN(32, value >> 32n));
}

beforeEach(() => {
  machine.reset();
  machine.place(
    DATA,
    new Uint8Array(4096).map((_, k) => k),
    PROT_READ | PROT_WRITE,
  );
});

const EDGES = [
  0n,
  1n,
  -1n,
  2n,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  1n << 32n,
  1n << 63n,
  (1n << 63n) - 1n,
  0x1234n << 40n,
];
const lo = (v: bigint): number => Number(BigInt.asIntN(32, v));
const hi = (v: bigint): number => Number(BigInt.asIntN(32, v >> 32n));

/** Flag-setting instructions on x0 and x1, with the kind nzcvOf knows them by. */
const SETTERS: readonly (readonly [string, Line, number])[] = [
  ['subs', ['subs@reg', { sf: 1, rd: 31, rn: 0, rm: 1 }], 1],
  ['subs w', ['subs@reg', { sf: 0, rd: 31, rn: 0, rm: 1 }], 2],
  ['adds', ['adds@reg', { sf: 1, rd: 31, rn: 0, rm: 1 }], 3],
  ['adds w', ['adds@reg', { sf: 0, rd: 31, rn: 0, rm: 1 }], 4],
  ['ands', ['ands@reg', { sf: 1, rd: 31, rn: 0, rm: 1 }], 5],
  ['ands w', ['ands@reg', { sf: 0, rd: 31, rn: 0, rm: 1 }], 6],
];

describe('conditions', () => {
  test.each(SETTERS)('after %s are those of the manual, known or not', (_, setter, kind) => {
    const wrong: string[] = [];
    const csets: Line[] = [];
    // cset x2…x15 from the condition of the same block, then x16… after a jump that forgets it.
    for (let cond = 0; cond < 14; cond++)
      csets.push(['csinc', { sf: 1, rd: 2 + cond, rn: 31, rm: 31, cond: cond ^ 1 }]);
    const again: Line[] = [];
    for (let cond = 0; cond < 14; cond++)
      again.push(['csinc', { sf: 1, rd: 16 + cond, rn: 31, rm: 31, cond: cond ^ 1 }]);
    for (const a of EDGES) {
      for (const b of EDGES) {
        setX(0, a);
        setX(1, b);
        expect(run(setter, ...csets, ['b', { imm: 4 }], ...again)).toBe(EXIT_SYSCALL);
        const result = a & b;
        const nzcv =
          kind >= 5 ? nzcvOf(kind, lo(result), hi(result), 0, 0) : nzcvOf(kind, lo(a), hi(a), lo(b), hi(b));
        if (readNzcv(cpu.r) !== nzcv) wrong.push(`nzcv of ${a}, ${b}`);
        for (let cond = 0; cond < 14; cond++) {
          const expected = holds(cond, nzcv) ? 1n : 0n;
          if (x(2 + cond) !== expected) wrong.push(`known ${cond} of ${a}, ${b}`);
          if (x(16 + cond) !== expected) wrong.push(`unknown ${cond} of ${a}, ${b}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  test.each([
    ['adcs', 1, false],
    ['adcs', 0, false],
    ['sbcs', 1, true],
    ['sbcs', 0, true],
  ] as const)('after %s (sf %i) are those of the sum with the carry', (name, sf, subtract) => {
    const wrong: string[] = [];
    // The flags are known to the csets x2…x15, and not to x16….
    const setter: Line = [name, { sf, rd: 31, rn: 0, rm: 1 }];
    const csets = (first: number): Line[] =>
      Array.from({ length: 14 }, (_, cond) => [
        'csinc',
        { sf: 1, rd: first + cond, rn: 31, rm: 31, cond: cond ^ 1 },
      ]);
    const bits = sf === 1 ? 64n : 32n;
    for (const a of EDGES) {
      for (const b of EDGES) {
        for (const carry of [0n, 1n]) {
          setX(0, a);
          setX(1, b);
          setX(30, carry << 29n);
          const withCarry: Line = ['msr', { op0: 1, op1: 3, crn: 4, crm: 2, op2: 0, rt: 30 }];
          const next: Line = ['adc', { sf: 1, rd: 30, rn: 31, rm: 31 }];
          expect(run(withCarry, setter, ...csets(2), next, ['b', { imm: 4 }], ...csets(16))).toBe(
            EXIT_SYSCALL,
          );
          const second = subtract ? ~b : b;
          const unsigned = BigInt.asUintN(Number(bits), a) + BigInt.asUintN(Number(bits), second) + carry;
          const signed = BigInt.asIntN(Number(bits), a) + BigInt.asIntN(Number(bits), second) + carry;
          const result = BigInt.asIntN(Number(bits), unsigned);
          const nzcv =
            (result < 0n ? 8 : 0) |
            (result === 0n ? 4 : 0) |
            (unsigned >> bits !== 0n ? 2 : 0) |
            (signed !== result ? 1 : 0);
          if (readNzcv(cpu.r) !== nzcv << 28) wrong.push(`nzcv of ${a}, ${b}, ${carry}`);
          if (x(30) !== BigInt((nzcv >> 1) & 1)) wrong.push(`carry of ${a}, ${b}, ${carry}`);
          for (let cond = 0; cond < 14; cond++) {
            const expected = holds(cond, nzcv << 28) ? 1n : 0n;
            if (x(2 + cond) !== expected) wrong.push(`known ${cond} of ${a}, ${b}, ${carry}`);
            if (x(16 + cond) !== expected) wrong.push(`unknown ${cond} of ${a}, ${b}, ${carry}`);
          }
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  test('of all sixteen NZCV values', () => {
    for (let flags = 0; flags < 16; flags++) {
      setX(0, BigInt(flags) << 28n);
      const csets: Line[] = [];
      for (let cond = 0; cond < 14; cond++)
        csets.push(['csinc', { sf: 1, rd: 2 + cond, rn: 31, rm: 31, cond: cond ^ 1 }]);
      run(['msr', { op0: 1, op1: 3, crn: 4, crm: 2, op2: 0, rt: 0 }], ...csets);
      const got = Array.from({ length: 14 }, (_, cond) => x(2 + cond) === 1n);
      expect(got).toEqual(Array.from({ length: 14 }, (_, cond) => holds(cond, flags << 28)));
    }
  });

  test('conditional compares set the flags named or those of the comparison', () => {
    for (let nzcv = 0; nzcv < 16; nzcv++) {
      for (const equal of [true, false]) {
        setX(0, 5n);
        setX(1, equal ? 5n : 6n);
        run(
          ['subs@reg', { sf: 1, rd: 31, rn: 0, rm: 1 }],
          ['ccmp@imm', { sf: 1, rn: 0, imm: 7, cond: 0, nzcv }],
        );
        expect(readNzcv(cpu.r)).toBe(equal ? nzcvOf(1, 5, 0, 7, 0) : nzcv << 28);
      }
    }
  });

  test('signal frames read and write the flags', () => {
    for (let flags = 0; flags < 16; flags++) {
      writeNzcv(cpu.r, flags << 28);
      expect(readNzcv(cpu.r)).toBe(flags << 28);
    }
  });
});

describe('faults', () => {
  const EDGE = DATA + 4096;

  test('a pair load that faults in its second half changes nothing', () => {
    setX(0, BigInt(EDGE - 8));
    setX(1, 11n);
    setX(2, 22n);
    expect(run(['ldp', { sf: 1, idx: 3, imm: 0, rt: 1, rt2: 2, rn: 0 }])).toBe(EXIT_FAULT);
    expect([cpu.faultAddr, cpu.faultKind, cpu.pc]).toEqual([EDGE, FAULT_MAPERR, CODE]);
    expect([x(0), x(1), x(2)]).toEqual([BigInt(EDGE - 8), 11n, 22n]);
  });

  test('a pre-indexed store that faults keeps its base', () => {
    setX(0, BigInt(EDGE));
    expect(run(['str@imm9', { size: 3, idx: 3, imm: 8, rt: 1, rn: 0 }])).toBe(EXIT_FAULT);
    expect([x(0), cpu.faultAddr]).toEqual([BigInt(EDGE), EDGE + 8]);
  });

  test('structure loads fault before they write a register', () => {
    setX(0, BigInt(EDGE - 32));
    cpu.r[(SLOT_V + 2) * 2] = 77;
    expect(run(['ldst4', { q: 1, l: 1, size: 0, rt: 0, rn: 0 }])).toBe(EXIT_FAULT);
    expect([cpu.faultAddr, cpu.r[(SLOT_V + 2) * 2]]).toEqual([EDGE, 77]);
  });

  test('addresses above 4 GiB fault with all their bits', () => {
    setX(0, 0x12345678_00000010n);
    expect(run(['ldr@uimm', { size: 3, rt: 1, rn: 0, imm: 0 }])).toBe(EXIT_FAULT);
    expect([cpu.faultLow, cpu.faultHigh]).toEqual([0x10, 0x12345678]);
  });

  test('misaligned exclusives and atomics are alignment faults', () => {
    setX(0, BigInt(DATA + 4));
    expect(run(['ldxr', { size: 3, rt: 1, rn: 0, any: 1023 }])).toBe(EXIT_FAULT);
    expect(cpu.faultKind).toBe(FAULT_ALIGN);
    expect(run(['casp', { sz: 1, rs: 2, rt: 4, rn: 0 }])).toBe(EXIT_FAULT);
    expect(cpu.faultKind).toBe(FAULT_ALIGN);
  });

  test('a store-exclusive after another store fails', () => {
    setX(0, BigInt(DATA));
    setX(3, 9n);
    run(
      ['ldxr', { size: 3, rt: 1, rn: 0, any: 1023 }],
      ['str@uimm', { size: 3, rt: 3, rn: 0, imm: 0 }],
      ['stxr', { size: 3, rs: 2, rt: 3, rn: 0, any: 31 }],
    );
    expect(x(2)).toBe(1n);
  });
});

describe('system', () => {
  const register = (crn: number, crm: number, op2: number, rt: number): Values => ({
    op0: 1,
    op1: 3,
    crn,
    crm,
    op2,
    rt,
  });

  test('thread pointer and constants', () => {
    setX(0, 0x123456789abcdef0n);
    run(
      ['msr', register(13, 0, 2, 0)],
      ['mrs', register(13, 0, 2, 1)],
      ['mrs', register(0, 0, 7, 2)],
      ['mrs', register(13, 0, 3, 3)],
    );
    expect([x(1), x(2), x(3), x(SLOT_TLS)]).toEqual([0x123456789abcdef0n, 4n, 0n, 0x123456789abcdef0n]);
  });

  test('what EL0 may not touch is undefined', () => {
    // mrs x0, sctlr_el1; msr tpidrro_el0, x0; dc isw, x0
    for (const word of [0xd5381000 | 0, 0xd51bd060 | 0, 0xd5087640 | 0]) {
      machine.place(CODE, new Uint8Array(Int32Array.of(word).buffer), PROT_READ | PROT_EXEC);
      cpu.pc = CODE;
      expect(machine.step()).toBe(EXIT_ILLEGAL);
      expect(cpu.pc).toBe(CODE);
    }
  });

  test('dc zva clears its aligned block', () => {
    setX(0, BigInt(DATA + 200));
    run(['sys', { op1: 3, crn: 7, crm: 4, op2: 1, rt: 0 }]);
    const bytes = cpu.u8.subarray(DATA + 192, DATA + 256);
    expect(bytes.every((byte) => byte === 0)).toBe(true);
    expect([cpu.u8[DATA + 191], cpu.u8[DATA + 256]]).toEqual([191, 0]);
    expect(cpu.u8[DATA + 257]).toBe(1);
  });

  test('FPCR and FPSR keep their architected bits', () => {
    writeFpcr(cpu.r, -1, true);
    expect(readFpcr(cpu.r)).toBe((1 << 26) | (1 << 25) | (1 << 24) | (3 << 22) | (1 << 19));
    writeFpcr(cpu.r, -1, false);
    expect(readFpcr(cpu.r) & (1 << 19)).toBe(0);
    for (let rm = 0; rm < 4; rm++) {
      writeFpcr(cpu.r, rm << 22, true);
      expect(readFpcr(cpu.r)).toBe(rm << 22);
    }
    writeFpsr(cpu.r, -1);
    expect(readFpsr(cpu.r)).toBe((1 << 27) | 0x9f);
  });
});
