/**
 * Faults of every A64 load and store, in every engine: pc, address and kind are exact, no register has changed, nothing is
 * stored that hardware would not store, and the instruction does the whole of its work once its page is there.
 */
import { describe, expect, test } from '@jest/globals';
import type { EngineMode } from '../../../../src/translate/engine.js';
import {
  EXIT_BREAKPOINT,
  EXIT_FAULT,
  EXIT_ILLEGAL,
  EXIT_SYSCALL,
  FAULT_ALIGN,
} from '../../../../src/cpu/exit.js';
import { SLOT_V } from '../../../../src/cpu/layout.js';
import { PROT_EXEC, PROT_NONE, PROT_READ, PROT_WRITE } from '../../../../src/mmap/flags.js';
import { FAULT_ACCERR, FAULT_MAPERR } from '../../../../src/mmap/layout.js';
import { readNzcv } from '../../../../src/translate/isa/aarch64/flags.js';
import { readFpcr, readFpsr } from '../../../../src/translate/isa/aarch64/fp-control.js';
import { a64Model } from '../../../../src/translate/isa/aarch64/model.js';
import type { A64Model } from '../../../../src/translate/isa/aarch64/model.js';
import { A64Assembler } from '../../../random/aarch64/assembler.js';
import type { A64Row } from '../../../random/aarch64/assembler.js';
import { A64Machine } from '../../../random/aarch64/machine.js';
import { Rng } from '../../../random/rng.js';
import { accessOf, unpredictable } from './accesses.js';
import type { Access } from './accesses.js';

const MODES: readonly EngineMode[] = ['closures', 'interp', 'wasm'];
const PAGE = 4096;
const CODE = 0x100000;
/** Two good pages, the one that faults, and a good one. */
const DATA = 0x110000;
const EDGE = DATA + 2 * PAGE;
const model = a64Model('max') as A64Model;
const asm = new A64Assembler(model);
const SVC = asm.word('svc', {});
const pattern = (length: number): Uint8Array =>
  new Uint8Array(length).map((_, k) => (k * 7 + (k >> 8)) & 255);

interface Case {
  readonly word: number;
  readonly name: string;
  readonly rn: number;
  readonly access: Access;
}

/** A random word of the line and what it touches; undefined for lines that touch nothing. */
function draw(row: A64Row, rng: Rng): Case | undefined {
  for (let tries = 0; tries < 1000; tries++) {
    const word = asm.random(row, rng, () => false);
    asm.decode(word);
    const access = accessOf(row.name, asm.fields);
    if (access === undefined) return undefined;
    if (!unpredictable(row.name, asm.fields, access))
      return { word, name: row.name, rn: asm.fields.rn, access };
  }
  throw new Error(`no case of ${row.name}`);
}

/** The instruction with a literal at `target`. */
function literalAt(c: Case, target: number): number {
  return (c.word & ~0x00ffffe0) | ((((target - CODE) >> 2) & 0x7ffff) << 5);
}

class Bench {
  readonly machine: A64Machine;
  private readonly registers: Int32Array;

  constructor(mode: EngineMode) {
    this.machine = new A64Machine(model, { mode });
    const rng = new Rng(9);
    this.registers = Int32Array.from({ length: 64 + 128 }, () => rng.word());
  }

  load(words: readonly number[]): void {
    this.machine.place(CODE, new Uint8Array(Int32Array.from(words).buffer), PROT_READ | PROT_EXEC);
  }

  memory(): void {
    this.machine.place(DATA, pattern(4 * PAGE), PROT_READ | PROT_WRITE);
  }

  /** Sets all registers, those of the address so that it is `ea`. */
  prepare(c: Case, ea: number, high = 0): void {
    const { cpu } = this.machine;
    this.machine.reset();
    cpu.r.set(this.registers.subarray(0, 64), 0);
    cpu.r.set(this.registers.subarray(64), SLOT_V * 2);
    const { offset, literal, disp } = c.access;
    if (offset !== undefined && offset.register !== 31) this.set(offset.register, offset.value, 0);
    if (literal !== true) this.set(c.rn, ea - disp, high);
    cpu.pc = CODE;
  }

  go(): number {
    return this.machine.step();
  }

  private set(n: number, low: number, high: number): void {
    this.machine.cpu.r[n * 2] = low;
    this.machine.cpu.r[n * 2 + 1] = high;
  }

  state(): string {
    const { r } = this.machine.cpu;
    const flags = [readNzcv(r), readFpcr(r), readFpsr(r)];
    return [...r.subarray(0, 64), ...r.subarray(SLOT_V * 2, SLOT_V * 2 + 128), ...flags].join();
  }

  bytes(from: number, to: number): string {
    return this.machine.cpu.u8.slice(from, to).join();
  }
}

/** Ways a page is bad: the right that is left, or none when it is not mapped; and the kind of the fault. */
const BAD: readonly (readonly [string, number | undefined, number])[] = [
  ['unmapped', undefined, FAULT_MAPERR],
  ['no access', PROT_NONE, FAULT_ACCERR],
  ['read-only', PROT_READ, FAULT_ACCERR],
];

/** Spoils the page at `addr`, calls `body`, and gives the page back as it was. */
function spoiled(machine: A64Machine, addr: number, prot: number | undefined, body: () => void): void {
  const before = machine.cpu.u8.slice(addr, addr + PAGE);
  if (prot === undefined) machine.unmap(addr, PAGE);
  else machine.protect(addr, PAGE, prot);
  body();
  if (prot === undefined) machine.place(addr, before, PROT_READ | PROT_WRITE);
  else machine.protect(addr, PAGE, PROT_READ | PROT_WRITE);
}

/** Bits 27 and 25 of loads and stores (Arm ARM C4.1: op0 is x1x0). Store-exclusives need company, see below. */
const rows = asm.rows.filter(
  ({ name, value }) => (value & 0x0a000000) === 0x08000000 && !/^stl?x[rp]$|^prf/.test(name),
);

describe.each(MODES)('%s', (mode) => {
  const good = new Bench('closures');
  const bench = new Bench(mode);

  test('every load and store faults exactly, and completes when the page is there', () => {
    const rng = new Rng(4);
    const wrong: string[] = [];
    let cases = 0;
    for (const row of rows) {
      for (let n = 0; n < 9; n++) {
        const c = draw(row, rng);
        if (c === undefined) break;
        const [title, prot, kind] = BAD[n % (c.access.stores ? 3 : 2)] as (typeof BAD)[number];
        const total = c.access.parts.reduce((a, b) => a + b);
        // In the bad page: all bytes, or those from a random one on.
        const aligned = c.access.align > 1 || c.access.parts.length + total === 2;
        let before = aligned ? 0 : rng.below(total);
        if (c.access.literal === true) before &= ~3;
        const ea = EDGE - before;
        const words = [c.access.literal === true ? literalAt(c, ea) : c.word, SVC];
        const what = `${row.name} ${((words[0] as number) >>> 0).toString(16)} ${title}, ${before} of ${total} bytes before`;
        good.load(words);
        good.memory();
        good.prepare(c, ea);
        expect(good.go()).toBe(EXIT_SYSCALL);
        bench.load(words);
        bench.memory();
        // Often enough for every engine to have compiled it, where nothing is bad.
        for (let k = 0; k < 4; k++) {
          bench.prepare(c, c.access.literal === true ? ea : DATA + 256);
          bench.go();
        }
        bench.memory();
        bench.prepare(c, ea);
        const { cpu } = bench.machine;
        const state = bench.state();
        const head = bench.bytes(DATA, ea);
        // The element that crosses the edge is stored whole or not at all; those before it may be stored already.
        let kept = ea;
        for (const size of c.access.parts) if (kept + size <= EDGE) kept += size;
        const rest = bench.bytes(kept, EDGE);
        spoiled(bench.machine, EDGE, prot, () => {
          const at = [bench.go(), cpu.pc, cpu.faultAddr, cpu.faultKind].join();
          if (at !== [EXIT_FAULT, CODE, EDGE, kind].join()) wrong.push(`${what}: ${at}`);
          if (bench.state() !== state) wrong.push(`${what}: registers changed`);
          if (bench.bytes(DATA, ea) !== head || bench.bytes(kept, EDGE) !== rest)
            wrong.push(`${what}: memory changed`);
        });
        if (bench.go() !== EXIT_SYSCALL) wrong.push(`${what}: faults again`);
        if (bench.state() !== good.state()) wrong.push(`${what}: other registers after the second attempt`);
        if (bench.bytes(DATA, DATA + 4 * PAGE) !== good.bytes(DATA, DATA + 4 * PAGE))
          wrong.push(`${what}: other memory after the second attempt`);
        cases++;
      }
    }
    expect(wrong).toEqual([]);
    expect(cases).toBeGreaterThan(500);
  });

  /** Runs each line's case once it is hot, and says what is not as expected. */
  function each(
    only: RegExp | undefined,
    ea: (c: Case) => number | undefined,
    high: number,
    expected: (at: number) => readonly number[],
  ): string[] {
    const rng = new Rng(6);
    const wrong: string[] = [];
    let cases = 0;
    bench.memory();
    for (const row of rows) {
      if (only !== undefined && !only.test(row.name)) continue;
      for (let n = 0; n < 5; n++) {
        const c = draw(row, rng);
        if (c === undefined || c.access.literal === true) break;
        const at = ea(c);
        if (at === undefined) continue;
        cases++;
        bench.load([c.word, SVC]);
        for (let k = 0; k < 4; k++) {
          bench.prepare(c, DATA + 256);
          bench.go();
        }
        bench.memory();
        bench.prepare(c, at, high);
        const state = bench.state();
        const { cpu } = bench.machine;
        const got = [bench.go(), cpu.pc, cpu.faultLow, cpu.faultHigh, cpu.faultKind];
        if (got.join() !== expected(at).join())
          wrong.push(`${row.name} ${(c.word >>> 0).toString(16)}: ${got.join()}`);
        if (bench.state() !== state)
          wrong.push(`${row.name} ${(c.word >>> 0).toString(16)}: registers changed`);
        if (bench.bytes(DATA, EDGE) !== clean) wrong.push(`${row.name}: memory changed`);
      }
    }
    expect(cases).toBeGreaterThan(50);
    return wrong;
  }
  const clean = pattern(4 * PAGE)
    .subarray(0, 2 * PAGE)
    .join();

  test('an access that begins before its page faults at its first byte', () => {
    const ea = (c: Case): number | undefined => (c.access.align > 1 ? undefined : DATA - 1);
    expect(each(undefined, ea, 0, () => [EXIT_FAULT, CODE, DATA - 1, 0, FAULT_MAPERR])).toEqual([]);
  });

  test('an address above 4 GiB faults with all its bits', () => {
    // With the displacement taken off the base's low half only, as long as that does not wrap round.
    const ea = (c: Case): number | undefined => (c.access.disp > 0x70000 ? undefined : 0x80000);
    expect(each(undefined, ea, 0x1234, () => [EXIT_FAULT, CODE, 0x80000, 0x1234, FAULT_MAPERR])).toEqual([]);
  });

  test('exclusives, atomics and ordered accesses that are not aligned fault before anything else', () => {
    const atomics =
      /^(lda?x[rp]|ldl?ar|ldapu?r(sw?)?|stll?r|stlur|casp?|swp|ld(add|clr|eor|set|[su](max|min)))$/;
    for (const from of [DATA, EDGE + 2 * PAGE]) {
      const ea = (c: Case): number | undefined =>
        c.access.align > 1 ? from + c.access.align / 2 : undefined;
      expect(each(atomics, ea, 0, (at) => [EXIT_FAULT, CODE, at, 0, FAULT_ALIGN])).toEqual([]);
    }
  });

  test.each([0, 1, 2, 3])('a store-exclusive of size %d faults where it would have stored', (size) => {
    const c: Case = { word: 0, name: '', rn: 0, access: { disp: 0, parts: [], loads: true, stores: true, align: 1, writeBack: false } }; // prettier-ignore
    const pairs = size < 2 ? [] : [['ldxp', 'stxp', { sz: size - 2, rt: 1, rt2: 2, rn: 0 }] as const];
    const lines = [['ldxr', 'stxr', { size, rt: 1, rn: 0 }] as const, ...pairs];
    for (const [load, store, values] of lines) {
      bench.load([asm.word(load, values), asm.word(store, { ...values, rs: 3 }), SVC]);
      bench.memory();
      for (let k = 0; k < 4; k++) {
        bench.prepare(c, DATA);
        expect(bench.go()).toBe(EXIT_SYSCALL);
        expect(bench.machine.cpu.r[6]).toBe(0);
      }
      spoiled(bench.machine, EDGE, PROT_READ, () => {
        bench.prepare(c, EDGE);
        const { cpu } = bench.machine;
        const got = [bench.go(), cpu.pc, cpu.faultAddr, cpu.faultKind];
        expect(got).toEqual([EXIT_FAULT, CODE + 4, EDGE, FAULT_ACCERR]);
      });
      expect(bench.go()).toBe(EXIT_SYSCALL);
    }
  });

  test('dc zva faults at the address it was given', () => {
    const c: Case = { word: 0, name: '', rn: 0, access: { disp: 0, parts: [], loads: false, stores: true, align: 1, writeBack: false } }; // prettier-ignore
    bench.load([asm.word('sys', { op1: 3, crn: 7, crm: 4, op2: 1, rt: 0 }), SVC]);
    bench.memory();
    for (let k = 0; k < 4; k++) {
      bench.prepare(c, DATA + 77);
      expect(bench.go()).toBe(EXIT_SYSCALL);
    }
    spoiled(bench.machine, EDGE, PROT_READ, () => {
      bench.prepare(c, EDGE + 77);
      const state = bench.state();
      const { cpu } = bench.machine;
      expect([bench.go(), cpu.pc, cpu.faultAddr, cpu.faultKind]).toEqual([
        EXIT_FAULT,
        CODE,
        EDGE + 77,
        FAULT_ACCERR,
      ]);
      expect(bench.state()).toBe(state);
    });
  });

  test('undefined words, breakpoints and jumps that are not aligned stop at themselves', () => {
    const { cpu } = bench.machine;
    const rng = new Rng(8);
    const c: Case = { word: 0, name: '', rn: 0, access: { disp: 0, parts: [], loads: false, stores: false, align: 1, writeBack: false } }; // prettier-ignore
    const stops = (words: readonly number[]): readonly number[] => {
      bench.load(words);
      let got: readonly number[] = [];
      for (let k = 0; k < 4; k++) {
        bench.prepare(c, CODE + 2);
        got = [bench.go(), cpu.pc];
      }
      return got;
    };
    const nop = asm.word('hint', { crm: 0, op2: 0 });
    for (let n = 0; n < 100;) {
      const word = rng.word();
      if (asm.decode(word) !== undefined) continue;
      expect(stops([nop, word])).toEqual([EXIT_ILLEGAL, CODE + 4]);
      n++;
    }
    expect(stops([nop, asm.word('brk', { imm: 7 })])).toEqual([EXIT_BREAKPOINT, CODE + 4]);
    // br x0, ret x0, blr x0: the fault is the target's (Arm ARM D1.3.7, PC alignment).
    for (const name of ['br', 'ret', 'blr']) {
      expect(stops([nop, asm.word(name, { rn: 0 })])).toEqual([EXIT_FAULT, CODE + 2]);
      expect([cpu.faultAddr, cpu.faultKind]).toEqual([CODE + 2, FAULT_ALIGN]);
    }
  });
});
