/**
 * Faults of every RISC-V load, store and atomic, in every engine: pc, address and kind are exact, no register has changed,
 * nothing is stored, and the instruction does its work once its page is there.
 */
import { describe, expect, test } from '@jest/globals';
import { Cpu } from '../../../../src/cpu/cpu.js';
import { EXIT_FAULT, EXIT_INTERRUPT, EXIT_SYSCALL, FAULT_ALIGN } from '../../../../src/cpu/exit.js';
import { FP_DEFAULT_NAN, FP_FLAGS, FP_MODE, SLOT_V, WORD_RES_ADDR } from '../../../../src/cpu/layout.js';
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  PROT_EXEC,
  PROT_NONE,
  PROT_READ,
  PROT_WRITE,
} from '../../../../src/mmap/flags.js';
import { CPU_BLOCKS, FAULT_ACCERR, FAULT_MAPERR } from '../../../../src/mmap/layout.js';
import { GuestMemory } from '../../../../src/mmap/memory.js';
import { AddressSpace } from '../../../../src/mmap/space.js';
import { fieldsOf } from '../../../../src/translate/decode/fields.js';
import { Engine } from '../../../../src/translate/engine.js';
import type { EngineMode } from '../../../../src/translate/engine.js';
import { RiscvFrontEnd } from '../../../../src/translate/isa/riscv/front-end.js';
import { riscvDecoders } from '../../../../src/translate/isa/riscv/isa.js';
import { OPERANDS } from '../../../../src/translate/isa/riscv/vocabulary.js';
import { Assembler } from '../../../random/riscv/assembler.js';
import { Rng } from '../../../random/rng.js';

const PAGE = 4096;
const CODE = 0x100000;
/** Two good pages, the one that faults, and a good one. */
const DATA = 0x110000;
const EDGE = DATA + 2 * PAGE;
const RW = PROT_READ | PROT_WRITE;
const pattern = new Uint8Array(4 * PAGE).map((_, k) => (k * 7 + (k >> 8)) & 255);

interface Case {
  readonly bits: number;
  readonly width: number;
  readonly rs1: number;
  readonly imm: number;
  readonly size: number;
  readonly store: boolean;
  readonly atomic: boolean;
}

const SIZES: Readonly<Record<string, number>> = { b: 1, h: 2, w: 4, d: 8 };
/** Size and kind by the mnemonic; undefined for what is not an access to memory. */
function accessOf(name: string): Pick<Case, 'size' | 'store' | 'atomic'> | undefined {
  const atomic = /^(amo\w+|lr)\.([wd])$/.exec(name);
  if (atomic !== null)
    return { size: SIZES[atomic[2] as string] as number, store: atomic[1] !== 'lr', atomic: true };
  const plain = /^(?:c\.)?f?([ls])([bhwd])u?(?:sp)?$/.exec(name);
  if (plain === null) return undefined;
  return { size: SIZES[plain[2] as string] as number, store: plain[1] === 's', atomic: false };
}

class Bench {
  readonly cpu: Cpu;
  private readonly engine: Engine;
  private readonly registers: Int32Array;
  private readonly wide: boolean;

  constructor(xlen: 32 | 64, mode: EngineMode) {
    this.cpu = new Cpu(new AddressSpace(new GuestMemory()), CPU_BLOCKS);
    this.engine = new Engine(new RiscvFrontEnd(xlen), { mode });
    this.wide = xlen === 64;
    const rng = new Rng(9);
    this.registers = Int32Array.from({ length: 128 }, () => rng.word());
  }

  place(addr: number, bytes: Uint8Array, prot: number): void {
    const { space } = this.cpu;
    const length = (bytes.length + PAGE - 1) & -PAGE;
    space.unmap(addr, length);
    space.map({ addr, length, prot: RW, flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, offset: 0 });
    space.copyOut(addr, bytes);
    space.protect(addr, length, prot);
  }

  /** The instruction and an ecall. */
  load(c: Case): void {
    const code = new Uint8Array(8);
    const view = new DataView(code.buffer);
    view.setInt32(0, c.bits, true);
    view.setInt32(c.width / 8, 0x73, true);
    this.place(CODE, code, PROT_READ | PROT_EXEC);
  }

  prepare(c: Case, ea: number, high = 0): void {
    const { r } = this.cpu;
    r.fill(0);
    r.set(this.registers.subarray(0, 64), 0);
    r.set(this.registers.subarray(64), SLOT_V * 2);
    r[0] = r[1] = 0;
    // What 32-bit programs leave in the high words is nobody's business.
    if (!this.wide) for (let n = 1; n < 64; n += 2) r[n] = 0;
    r[WORD_RES_ADDR] = -1;
    r[FP_MODE] = FP_DEFAULT_NAN;
    r[c.rs1 * 2] = ea - c.imm;
    r[c.rs1 * 2 + 1] = high;
    this.cpu.pc = CODE;
  }

  go(): number {
    let reason = this.engine.run(this.cpu);
    while (reason === EXIT_INTERRUPT) reason = this.engine.run(this.cpu);
    return reason;
  }

  state(): string {
    const { r } = this.cpu;
    const x = Array.from({ length: 32 }, (_, n) =>
      this.wide ? `${r[2 * n]}:${r[2 * n + 1]}` : `${r[2 * n]}`,
    );
    return [...x, ...r.subarray(SLOT_V * 2, SLOT_V * 2 + 64), r[FP_FLAGS]].join();
  }

  bytes(): string {
    return this.cpu.u8.slice(DATA, DATA + 4 * PAGE).join();
  }
}

const BAD: readonly (readonly [number | undefined, number])[] = [
  [undefined, FAULT_MAPERR],
  [PROT_NONE, FAULT_ACCERR],
  [PROT_READ, FAULT_ACCERR],
];

describe.each([32, 64] as const)('rv%d', (xlen) => {
  const asm = new Assembler(xlen);
  const decoders = riscvDecoders(xlen);
  const fields = fieldsOf(OPERANDS);
  const rows = asm.rows.filter(({ name }) => accessOf(name) !== undefined);

  function draw(name: string, rng: Rng): Case {
    for (;;) {
      const { row, bits } = asm.random(asm.row(name), rng, {});
      (row.width === 16 ? decoders.compressed : decoders.full).decode(bits, fields);
      const { rs1, imm } = fields;
      // x0 is no address.
      if (rs1 === 0) continue;
      const access = accessOf(name) as NonNullable<ReturnType<typeof accessOf>>;
      return { bits, width: row.width, rs1, imm: access.atomic ? 0 : imm, ...access };
    }
  }

  describe.each(['closures', 'interp', 'wasm'] as const)('%s', (mode) => {
    const good = new Bench(xlen, 'closures');
    const bench = new Bench(xlen, mode);
    const { cpu } = bench;

    /** Has run often enough for every engine to have compiled it. */
    function warm(c: Case): void {
      bench.load(c);
      for (let k = 0; k < 4; k++) {
        bench.place(DATA, pattern, RW);
        bench.prepare(c, DATA + 256);
        expect(bench.go()).toBe(EXIT_SYSCALL);
      }
      bench.place(DATA, pattern, RW);
    }

    test('every access faults exactly, and completes when the page is there', () => {
      const rng = new Rng(4);
      const wrong: string[] = [];
      for (const row of rows) {
        for (let n = 0; n < 6; n++) {
          const c = draw(row.name, rng);
          const [prot, kind] = BAD[n % (c.store ? 3 : 2)] as (typeof BAD)[number];
          const before = c.atomic ? 0 : rng.below(c.size);
          const ea = EDGE - before;
          const what = `${row.name} ${c.bits.toString(16)}, ${before} of ${c.size} bytes before, kind ${kind}`;
          good.load(c);
          good.place(DATA, pattern, RW);
          good.prepare(c, ea);
          expect(good.go()).toBe(EXIT_SYSCALL);
          warm(c);
          bench.prepare(c, ea);
          const state = bench.state();
          if (prot === undefined) cpu.space.unmap(EDGE, PAGE);
          else cpu.space.protect(EDGE, PAGE, prot);
          const at = [bench.go(), cpu.pc, cpu.faultAddr, cpu.faultKind].join();
          if (at !== [EXIT_FAULT, CODE, EDGE, kind].join()) wrong.push(`${what}: ${at}`);
          if (bench.state() !== state) wrong.push(`${what}: registers changed`);
          if (prot === undefined) bench.place(EDGE, pattern.subarray(2 * PAGE, 3 * PAGE), RW);
          else cpu.space.protect(EDGE, PAGE, RW);
          if (bench.bytes() !== pattern.join()) wrong.push(`${what}: memory changed`);
          if (bench.go() !== EXIT_SYSCALL) wrong.push(`${what}: faults again`);
          if (bench.state() !== good.state()) wrong.push(`${what}: other registers after the second attempt`);
          if (bench.bytes() !== good.bytes()) wrong.push(`${what}: other memory after the second attempt`);
        }
      }
      expect(wrong).toEqual([]);
      expect(rows.length).toBeGreaterThan(30);
    });

    test('atomics that are not aligned fault before anything else', () => {
      const rng = new Rng(5);
      for (const row of rows) {
        const c = draw(row.name, rng);
        if (!c.atomic) continue;
        warm(c);
        for (const from of [DATA, EDGE + 2 * PAGE]) {
          bench.prepare(c, from + c.size / 2);
          const state = bench.state();
          const at = [row.name, bench.go(), cpu.pc, cpu.faultAddr, cpu.faultKind];
          expect(at).toEqual([row.name, EXIT_FAULT, CODE, from + c.size / 2, FAULT_ALIGN]);
          expect(bench.state()).toBe(state);
        }
      }
    });

    test('an address that is too high faults with all its bits', () => {
      if (xlen === 32) return;
      const rng = new Rng(6);
      for (const row of rows) {
        const c = draw(row.name, rng);
        warm(c);
        bench.prepare(c, 0x80000, 0x1234);
        const at = [row.name, bench.go(), cpu.pc, cpu.faultLow, cpu.faultHigh, cpu.faultKind];
        expect(at).toEqual([row.name, EXIT_FAULT, CODE, 0x80000, 0x1234, FAULT_MAPERR]);
      }
    });

    test.each(xlen === 64 ? ['w', 'd'] : ['w'])('sc.%s faults where it would have stored', (size) => {
      const load = asm.word(`lr.${size}`, { rd: 5, rs1: 10 }).bits;
      const store = asm.word(`sc.${size}`, { rd: 6, rs1: 10, rs2: 7 }).bits;
      const c: Case = { bits: load, width: 32, rs1: 10, imm: 0, size: 4, store: true, atomic: true };
      bench.place(CODE, new Uint8Array(Int32Array.of(load, store, 0x73).buffer), PROT_READ | PROT_EXEC);
      bench.place(DATA, pattern, RW);
      for (let k = 0; k < 4; k++) {
        bench.prepare(c, DATA);
        expect([bench.go(), cpu.r[12]]).toEqual([EXIT_SYSCALL, 0]);
      }
      cpu.space.protect(EDGE, PAGE, PROT_READ);
      bench.prepare(c, EDGE);
      expect([bench.go(), cpu.pc, cpu.faultAddr, cpu.faultKind]).toEqual([
        EXIT_FAULT,
        CODE + 4,
        EDGE,
        FAULT_ACCERR,
      ]);
      cpu.space.protect(EDGE, PAGE, RW);
      expect([bench.go(), cpu.r[12]]).toEqual([EXIT_SYSCALL, 0]);
    });
  });
});
