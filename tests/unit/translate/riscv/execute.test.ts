/** Instructions whose behaviour random programs cannot show: they stop the program, or fault. */
import { describe, expect, test } from '@jest/globals';
import { Cpu } from '../../../../src/cpu/cpu.js';
import {
  EXIT_BREAKPOINT,
  EXIT_FAULT,
  EXIT_ILLEGAL,
  EXIT_SYSCALL,
  FAULT_ALIGN,
} from '../../../../src/cpu/exit.js';
import type { ExitReason } from '../../../../src/cpu/exit.js';
import { FP_FLAGS, FP_RM } from '../../../../src/cpu/layout.js';
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} from '../../../../src/mmap/flags.js';
import { CPU_BLOCKS, FAULT_MAPERR } from '../../../../src/mmap/layout.js';
import { GuestMemory } from '../../../../src/mmap/memory.js';
import { AddressSpace } from '../../../../src/mmap/space.js';
import { Engine } from '../../../../src/translate/engine.js';
import { RiscvFrontEnd } from '../../../../src/translate/isa/riscv/front-end.js';
import { Assembler } from '../../../random/riscv/assembler.js';

const CODE = 0x10000;
const DATA = 0x20000;

class Hart {
  readonly cpu: Cpu;
  private readonly asm: Assembler;
  private readonly engine: Engine;
  private at = CODE;

  constructor(xlen: 32 | 64) {
    const space = new AddressSpace(new GuestMemory());
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    space.map({ addr: CODE, length: 4096, prot: PROT_READ | PROT_WRITE | PROT_EXEC, flags, offset: 0 });
    space.map({ addr: DATA, length: 4096, prot: PROT_READ | PROT_WRITE, flags, offset: 0 });
    this.cpu = new Cpu(space, CPU_BLOCKS);
    this.engine = new Engine(new RiscvFrontEnd(xlen));
    this.asm = new Assembler(xlen);
    this.cpu.pc = CODE;
  }

  put(name: string, values: Readonly<Record<string, number>> = {}): this {
    const { bits, row } = this.asm.word(name, values);
    const bytes = Uint8Array.of(bits, bits >>> 8, bits >>> 16, bits >>> 24).subarray(0, row.width / 8);
    this.cpu.space.copyOut(this.at, bytes);
    this.at += bytes.length;
    return this;
  }

  x(n: number, lo: number, hi = 0): this {
    this.cpu.r[2 * n] = lo;
    this.cpu.r[2 * n + 1] = hi;
    return this;
  }

  run(): ExitReason {
    return this.engine.run(this.cpu);
  }
}

describe.each([32, 64] as const)('rv%d', (xlen) => {
  const hart = (): Hart => new Hart(xlen);

  test('ecall leaves the pc behind it, ebreak at it', () => {
    const call = hart().put('c.nop').put('ecall');
    expect(call.run()).toBe(EXIT_SYSCALL);
    expect(call.cpu.pc).toBe(CODE + 6);
    const stop = hart().put('c.nop').put('c.ebreak');
    expect(stop.run()).toBe(EXIT_BREAKPOINT);
    expect(stop.cpu.pc).toBe(CODE + 2);
  });

  test('a reserved dynamic rounding mode makes rounding instructions illegal', () => {
    for (const name of ['fadd.s', 'fsqrt.d', 'fcvt.w.d', 'fcvt.d.w', 'fcvt.d.s', 'fmadd.s', 'fround.s']) {
      const h = hart().put('csrrwi', { csr: 2, zimm: 5, rd: 0 }).put(name, { rm: 7 });
      expect([name, h.run()]).toEqual([name, EXIT_ILLEGAL]);
      expect(h.cpu.pc).toBe(CODE + 4);
      expect(h.cpu.r[FP_RM]).toBe(5);
    }
    const fine = hart()
      .put('csrrwi', { csr: 2, zimm: 7, rd: 0 })
      .put('fadd.s', { rm: 1 })
      .put('feq.s')
      .put('fmin.d')
      .put('ecall');
    expect(fine.run()).toBe(EXIT_SYSCALL);
  });

  test('counters can be read but not written', () => {
    for (const csr of [0xc00, 0xc01, 0xc02]) {
      expect(hart().put('csrrs', { rd: 5, csr, rs1: 0 }).put('ecall').run()).toBe(EXIT_SYSCALL);
      expect(hart().put('csrrs', { rd: 5, csr, rs1: 6 }).run()).toBe(EXIT_ILLEGAL);
      expect(hart().put('csrrw', { rd: 5, csr, rs1: 0 }).run()).toBe(EXIT_ILLEGAL);
      expect(hart().put('csrrsi', { rd: 5, csr, zimm: 0 }).put('ecall').run()).toBe(EXIT_SYSCALL);
      const high = hart()
        .put('csrrs', { rd: 5, csr: csr + 0x80, rs1: 0 })
        .put('ecall');
      expect(high.run()).toBe(xlen === 32 ? EXIT_SYSCALL : EXIT_ILLEGAL);
    }
    expect(hart().put('csrrs', { rd: 5, csr: 0x300, rs1: 0 }).run()).toBe(EXIT_ILLEGAL);
  });

  test('time goes on', () => {
    const h = hart().put('csrrs', { rd: 5, csr: 0xc01, rs1: 0 });
    for (let n = 0; n < 200; n++) h.put('csrrs', { rd: 7, csr: 0xc01, rs1: 0 });
    expect(h.put('sub', { rd: 8, rs1: 7, rs2: 5 }).put('ecall').run()).toBe(EXIT_SYSCALL);
    const ticks = h.cpu.r[16] as number;
    expect(ticks).toBeGreaterThan(0);
    expect(ticks).toBeLessThan(10_000_000);
  });

  test('the parts of fcsr', () => {
    const h = hart()
      .x(6, 0x1ff)
      .put('csrrw', { rd: 0, csr: 3, rs1: 6 })
      .put('csrrs', { rd: 5, csr: 3, rs1: 0 })
      .put('csrrwi', { rd: 7, csr: 2, zimm: 1 })
      .put('csrrci', { rd: 8, csr: 1, zimm: 0x0f })
      .put('csrrs', { rd: 9, csr: 3, rs1: 0 })
      .put('ecall');
    expect(h.run()).toBe(EXIT_SYSCALL);
    const r = h.cpu.r;
    expect([r[10], r[14], r[16], r[18]]).toEqual([0xff, 7, 0x1f, 0x30]);
    expect([r[FP_FLAGS], r[FP_RM]]).toEqual([0x10, 1]);
  });

  test('a fault leaves registers and pc as they were', () => {
    const h = hart().x(6, 0x40000).x(5, 77).put('c.nop').put('lw', { rd: 5, rs1: 6, imm: -4 });
    expect(h.run()).toBe(EXIT_FAULT);
    const { cpu } = h;
    expect([cpu.pc, cpu.faultAddr, cpu.faultKind, cpu.r[10]]).toEqual([CODE + 2, 0x3fffc, FAULT_MAPERR, 77]);
  });

  test('atomics must be aligned', () => {
    const h = hart()
      .x(6, DATA + 2)
      .put('amoadd.w', { rd: 5, rs1: 6, rs2: 0 });
    expect(h.run()).toBe(EXIT_FAULT);
    expect([h.cpu.faultKind, h.cpu.faultAddr]).toEqual([FAULT_ALIGN, DATA + 2]);
  });

  test('cbo.zero clears its block, from any address in it', () => {
    const h = hart()
      .x(6, DATA + 64 + 17)
      .put('cbo.zero', { rs1: 6 })
      .put('cbo.flush', { rs1: 6 })
      .put('ecall');
    h.cpu.space.copyOut(DATA, new Uint8Array(256).fill(1));
    expect(h.run()).toBe(EXIT_SYSCALL);
    const bytes = h.cpu.space.copyIn(DATA, 256) as Uint8Array;
    expect(bytes.indexOf(0)).toBe(64);
    expect(bytes.lastIndexOf(0)).toBe(127);
  });

  test('fence.i sees new code', () => {
    const asm = new Assembler(xlen);
    // li x5, 1; store "li x5, 2" over itself; fence.i; jump back, until the third time.
    const h = hart()
      .x(6, CODE)
      .x(7, asm.word('addi', { rd: 5, rs1: 0, imm: 2 }).bits)
      .put('addi', { rd: 5, rs1: 0, imm: 1 })
      .put('add', { rd: 9, rs1: 9, rs2: 5 })
      .put('addi', { rd: 8, rs1: 8, imm: 1 })
      .put('sw', { rs1: 6, rs2: 7, imm: 0 })
      .put('fence.i')
      .put('addi', { rd: 10, rs1: 0, imm: 3 })
      .put('bne', { rs1: 8, rs2: 10, offset: -24 })
      .put('ecall');
    expect(h.run()).toBe(EXIT_SYSCALL);
    expect(h.cpu.r[18]).toBe(1 + 2 + 2);
  });

  test('rv32 and rv64 words', () => {
    const h = hart()
      .x(6, -1, -1)
      .put('srli', { rd: 5, rs1: 6, shamt: 1 })
      .put('sltu', { rd: 7, rs1: 0, rs2: 5 })
      .put('ecall');
    expect(h.run()).toBe(EXIT_SYSCALL);
    const { r } = h.cpu;
    expect(r[10]).toBe(xlen === 32 ? 0x7fffffff : -1);
    expect(r[14]).toBe(1);
    if (xlen === 64) expect(r[11]).toBe(0x7fffffff);
  });
});

test('an address above 4 GiB is never mapped', () => {
  const h = new Hart(64).x(6, DATA, 1).put('lw', { rd: 5, rs1: 6, imm: 0 });
  expect(h.run()).toBe(EXIT_FAULT);
  expect(h.cpu.faultAddr).toBe(0x1_0000_0000 + DATA);
});

test('an instruction may cross a page', () => {
  const h = new Hart(64);
  h.cpu.pc = CODE + 4092;
  const { bits } = new Assembler(64).word('addi', { rd: 5, rs1: 0, imm: 9 });
  const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  const code = Uint8Array.of(1, 0, bits, bits >>> 8);
  h.cpu.space.copyOut(CODE + 4092, code);
  // The rest of the instruction is not there yet.
  expect(h.run()).toBe(EXIT_FAULT);
  expect([h.cpu.pc, h.cpu.faultAddr]).toEqual([CODE + 4094, CODE + 4096]);
  h.cpu.space.map({
    addr: CODE + 4096,
    length: 4096,
    prot: PROT_READ | PROT_WRITE | PROT_EXEC,
    flags,
    offset: 0,
  });
  h.cpu.space.copyOut(CODE + 4096, Uint8Array.of(bits >>> 16, bits >>> 24, 0x73, 0, 0, 0));
  expect(h.run()).toBe(EXIT_SYSCALL);
  expect([h.cpu.pc, h.cpu.r[10]]).toEqual([CODE + 4096 + 6, 9]);
});
