/** Control flow that the structured form has to get right, and its way out of hot loops and deep calls. */
import { describe, expect, test } from '@jest/globals';
import { EXIT_INTERRUPT, EXIT_SYSCALL } from '../../../../src/cpu/exit.js';
import { PENDING_SIGNAL, WORD_PENDING } from '../../../../src/cpu/layout.js';
import { PROT_EXEC, PROT_READ, PROT_WRITE } from '../../../../src/mmap/flags.js';
import { analyse } from '../../../../src/translate/wasm/cfg.js';
import { buildRegion } from '../../../../src/translate/wasm/region.js';
import { untangle } from '../../../../src/translate/wasm/split.js';
import { CODE, DATA, Guest, MODES, Program, STACK_TOP } from './guest.js';
import type { WasmTier } from '../../../../src/translate/wasm/tier.js';

const FRAMES = 1_000_000;
const ECALL = 'ecall';

/** Two loops that jump into each other's middle: no node dominates the cycle. x5 counts, x6 and x7 tell the path. */
function irreducible(): Program {
  return new Program()
    .li(5, 40_000)
    .i('andi', { rd: 6, rs1: 10, imm: 1 })
    .i('bne', { rs1: 6, rs2: 0 }, 'b')
    .label('a')
    .i('addi', { rd: 7, rs1: 7, imm: 3 })
    .i('addi', { rd: 5, rs1: 5, imm: -1 })
    .i('beq', { rs1: 5, rs2: 0 }, 'end')
    .i('andi', { rd: 6, rs1: 5, imm: 3 })
    .i('beq', { rs1: 6, rs2: 0 }, 'a')
    .label('b')
    .i('slli', { rd: 8, rs1: 7, shamt: 1 })
    .i('xor', { rd: 7, rs1: 7, rs2: 5 })
    .i('addi', { rd: 5, rs1: 5, imm: -1 })
    .i('beq', { rs1: 5, rs2: 0 }, 'end')
    .i('andi', { rd: 6, rs1: 5, imm: 1 })
    .i('beq', { rs1: 6, rs2: 0 }, 'b')
    .i('jal', { rd: 0 }, 'a')
    .label('end')
    .i(ECALL);
}

function irreducibleResult(start: number): [bigint, bigint] {
  let n = 40_000n;
  let seven = 0n;
  let eight = 0n;
  let at = start & 1 ? 'b' : 'a';
  for (;;) {
    if (at === 'a') {
      seven += 3n;
      n--;
      if (n === 0n) break;
      at = (n & 3n) === 0n ? 'a' : 'b';
    } else {
      eight = seven << 1n;
      seven ^= n;
      n--;
      if (n === 0n) break;
      at = (n & 1n) === 0n ? 'b' : 'a';
    }
  }
  return [BigInt.asIntN(64, seven), BigInt.asIntN(64, eight)];
}

const RING = 10;

/** A ring of blocks that is entered at block x10: too many ways in to be copied. x5 counts, x7 tells the path. */
function ring(): Program {
  const program = new Program().li(5, 40_000);
  for (let k = 1; k < RING; k++)
    program.i('addi', { rd: 6, rs1: 0, imm: k }).i('beq', { rs1: 10, rs2: 6 }, `block ${k}`);
  for (let k = 0; k < RING; k++)
    program
      .label(`block ${k}`)
      .i('slli', { rd: 8, rs1: 7, shamt: 1 })
      .i('xori', { rd: 7, rs1: 8, imm: k + 1 })
      .i('addi', { rd: 5, rs1: 5, imm: -1 })
      .i('beq', { rs1: 5, rs2: 0 }, 'end');
  return program.i('jal', { rd: 0 }, 'block 0').label('end').i(ECALL);
}

function ringResult(start: number): bigint {
  let x = 0n;
  for (let n = 0; n < 40_000; n++) x = BigInt.asUintN(64, (x << 1n) ^ BigInt(((start + n) % RING) + 1));
  return BigInt.asIntN(64, x);
}

/** Three loops in one another, of which the innermost comes in two forms; it is entered in the middle of one of them. */
function nest(): Program {
  return new Program()
    .li(5, 60)
    .li(6, 7)
    .li(7, 9)
    .i('jal', { rd: 0 }, 'middle')
    .label('outer')
    .i('addi', { rd: 10, rs1: 10, imm: 1 })
    .li(6, 8)
    .label('mid')
    .li(7, 9)
    .i('andi', { rd: 8, rs1: 6, imm: 1 })
    .i('beq', { rs1: 8, rs2: 0 }, 'other')
    .label('inner')
    .i('slli', { rd: 9, rs1: 10, shamt: 3 })
    .i('xor', { rd: 10, rs1: 10, rs2: 9 })
    .label('middle')
    .i('add', { rd: 10, rs1: 10, rs2: 7 })
    .i('addi', { rd: 7, rs1: 7, imm: -1 })
    .i('bne', { rs1: 7, rs2: 0 }, 'inner')
    .i('jal', { rd: 0 }, 'next')
    .label('other')
    .i('sub', { rd: 10, rs1: 10, rs2: 7 })
    .i('addi', { rd: 7, rs1: 7, imm: -1 })
    .i('bne', { rs1: 7, rs2: 0 }, 'other')
    .label('next')
    .i('addi', { rd: 6, rs1: 6, imm: -1 })
    .i('bne', { rs1: 6, rs2: 0 }, 'mid')
    .i('addi', { rd: 5, rs1: 5, imm: -1 })
    .i('bne', { rs1: 5, rs2: 0 }, 'outer')
    .i(ECALL);
}

function nestResult(): bigint {
  let x = 0n;
  let [mid, inner, enter] = [7, 9, true];
  for (let outer = 60; outer > 0; outer--) {
    if (!enter) [x, mid] = [x + 1n, 8];
    for (; mid > 0; mid--) {
      if (!enter) inner = 9;
      const form = enter || (mid & 1) === 1;
      for (; inner > 0; inner--) {
        if (form && !enter) x = BigInt.asUintN(64, x ^ (x << 3n));
        x = BigInt.asUintN(64, form ? x + BigInt(inner) : x - BigInt(inner));
        enter = false;
      }
    }
  }
  return BigInt.asIntN(64, x);
}

describe.each(MODES)('%s', (mode) => {
  test('runs a nest of loops entered in its middle', () => {
    const guest = new Guest(mode).load(nest());
    expect(guest.run()).toBe(EXIT_SYSCALL);
    expect(guest.x(10)).toBe(nestResult());
  });

  test.each([0, 1])('runs an irreducible graph entered at %d', (start) => {
    const guest = new Guest(mode).load(irreducible()).setX(10, BigInt(start));
    expect(guest.run()).toBe(EXIT_SYSCALL);
    expect([guest.x(7), guest.x(8)]).toEqual(irreducibleResult(start));
    if (mode === 'wasm') expect(guest.engine.tier?.stats.regions).toBeGreaterThan(0);
  });

  test('runs a ring of blocks entered everywhere', () => {
    const guest = new Guest(mode).load(ring());
    // Compiled as a whole, from its entry, when all of it has run.
    for (const start of [0, 3, 9, 4, 7, 1, 2, 6, 8, 5, 0]) {
      guest.cpu.pc = CODE;
      guest.setX(10, BigInt(start)).setX(7, 0n);
      expect(guest.run()).toBe(EXIT_SYSCALL);
      expect(guest.x(7)).toBe(ringResult(start));
    }
    if (mode === 'closures') return;
    const region = buildRegion(
      CODE,
      (pc) => (pc < ring().here ? guest.engine.translateIr(guest.cpu, pc) : undefined),
      () => false,
    );
    const { blocks, root } = untangle(region?.blocks ?? []);
    expect(blocks).toBe(region?.blocks);
    expect(
      analyse(
        blocks.map((block) => block.succ),
        undefined,
        root,
      ).reducible,
    ).toBe(false);
  });

  test('leaves an endless loop when the budget is used up, and for a pending signal', () => {
    const loop = new Program().label('l').i('addi', { rd: 5, rs1: 5, imm: 1 }).i('jal', { rd: 0 }, 'l');
    const guest = new Guest(mode).load(loop);
    expect(guest.engine.run(guest.cpu, 3_000_000)).toBe(EXIT_INTERRUPT);
    const first = guest.x(5);
    expect(first).toBeGreaterThan(1_000_000n);
    // Within one slice of what was granted.
    expect(first).toBeLessThan(4_000_000n);
    guest.cpu.r[WORD_PENDING] = PENDING_SIGNAL;
    expect(guest.engine.run(guest.cpu)).toBe(EXIT_INTERRUPT);
    expect(guest.x(5) - first).toBeLessThan(200_000n);
    guest.cpu.r[WORD_PENDING] = 0;
    expect(guest.cpu.pc === CODE || guest.cpu.pc === CODE + 4).toBe(true);
  });

  test('recurses a million frames deep', () => {
    // f(n) = n == 0 ? 0 : f(n - 1) + n, with the return address on the guest's stack
    const program = new Program()
      .li(10, FRAMES)
      .i('jal', { rd: 1 }, 'f')
      .i(ECALL)
      .label('f')
      .i('beq', { rs1: 10, rs2: 0 }, 'leaf')
      .i('addi', { rd: 2, rs1: 2, imm: -16 })
      .i('sd', { rs2: 1, rs1: 2, imm: 8 })
      .i('sd', { rs2: 10, rs1: 2, imm: 0 })
      .i('addi', { rd: 10, rs1: 10, imm: -1 })
      .i('jal', { rd: 1 }, 'f')
      .i('ld', { rd: 5, rs1: 2, imm: 0 })
      .i('add', { rd: 10, rs1: 10, rs2: 5 })
      .i('ld', { rd: 1, rs1: 2, imm: 8 })
      .i('addi', { rd: 2, rs1: 2, imm: 16 })
      .label('leaf')
      .i('jalr', { rd: 0, rs1: 1, imm: 0 });
    const size = (FRAMES * 16 + 8191) & ~4095;
    const guest = new Guest(mode)
      .map(STACK_TOP - size, size)
      .load(program)
      .setX(2, BigInt(STACK_TOP));
    expect(guest.run()).toBe(EXIT_SYSCALL);
    expect(guest.x(10)).toBe((BigInt(FRAMES) * BigInt(FRAMES + 1)) / 2n);
    expect(guest.x(2)).toBe(BigInt(STACK_TOP));
  });

  test('comes back from deep calls by a jump, as longjmp does, many times', () => {
    const times = mode === 'closures' ? 100_000 : 1_000_000;
    // main: save sp; loop: call g; g calls h; h restores sp and jumps to the landing in main
    const program = new Program()
      .li(20, times)
      .i('addi', { rd: 18, rs1: 2, imm: 0 })
      .label('again')
      .i('jal', { rd: 1 }, 'g')
      .i('addi', { rd: 22, rs1: 22, imm: 1 }) // never reached
      .label('landing')
      .i('addi', { rd: 21, rs1: 21, imm: 1 })
      .i('bne', { rs1: 21, rs2: 20 }, 'again')
      .i(ECALL)
      .label('g')
      .i('addi', { rd: 2, rs1: 2, imm: -32 })
      .i('sd', { rs2: 1, rs1: 2, imm: 8 })
      .i('jal', { rd: 1 }, 'h')
      .i('ld', { rd: 1, rs1: 2, imm: 8 })
      .i('addi', { rd: 2, rs1: 2, imm: 32 })
      .i('jalr', { rd: 0, rs1: 1, imm: 0 })
      .label('h')
      .i('addi', { rd: 2, rs1: 18, imm: 0 })
      .i('jalr', { rd: 0, rs1: 19, imm: 0 });
    const guest = new Guest(mode).map(DATA, 8192).load(program);
    guest.setX(2, BigInt(DATA + 8192)).setX(19, BigInt(program.at('landing')));
    expect(guest.run()).toBe(EXIT_SYSCALL);
    expect([guest.x(21), guest.x(22), guest.x(2)]).toEqual([BigInt(times), 0n, BigInt(DATA + 8192)]);
  });

  test('sees code it has rewritten after fence.i, and keeps nothing of the old', () => {
    const rounds = 1000;
    // Each round writes `addi x10, x10, k` over the body of f with another k, then calls it a few times.
    const program = new Program()
      .label('round')
      .i('slli', { rd: 5, rs1: 20, shamt: 20 })
      .i('or', { rd: 5, rs1: 5, rs2: 24 })
      .i('sw', { rs2: 5, rs1: 23, imm: 0 })
      .i('fence.i')
      .i('addi', { rd: 6, rs1: 0, imm: 5 })
      .label('calls')
      .i('jalr', { rd: 1, rs1: 23, imm: 0 })
      .i('addi', { rd: 6, rs1: 6, imm: -1 })
      .i('bne', { rs1: 6, rs2: 0 }, 'calls')
      .i('addi', { rd: 20, rs1: 20, imm: -1 })
      .i('bne', { rs1: 20, rs2: 0 }, 'round')
      .i(ECALL);
    const f = new Program(DATA).i('addi', { rd: 10, rs1: 10, imm: 0 }).i('jalr', { rd: 0, rs1: 1, imm: 0 });
    const guest = new Guest(mode).load(f, PROT_READ | PROT_WRITE | PROT_EXEC).load(program);
    const word = new DataView(f.bytes().buffer).getInt32(0, true);
    guest.setX(23, BigInt(DATA)).setX(24, BigInt(word));
    for (let n = 1; n <= 3; n++) {
      guest.cpu.pc = program.origin;
      expect(guest.setX(20, BigInt(rounds)).run()).toBe(EXIT_SYSCALL);
      expect(guest.x(10)).toBe(BigInt((n * 5 * rounds * (rounds + 1)) / 2));
    }
    const code = guest.engine.codeOf(guest.space);
    if (mode === 'wasm') {
      expect(code.wasm?.installs).toBeGreaterThan(2500);
      expect(code.wasm?.tableUses).toBeLessThan(2500);
    }
    expect(code.wasm?.functions.size ?? 0).toBeLessThan(20);
    expect(code.wasm?.copies.size ?? 0).toBeLessThan(50);
    expect(code.steps.size).toBeLessThan(50);
    expect(guest.engine.store.size).toBeLessThan(20);
  });

  test('sees a rewritten block of a page that others were added to after it had been called', () => {
    const program = new Program()
      .label('again')
      .i('jalr', { rd: 1, rs1: 23, imm: 0 })
      .i('bge', { rs1: 20, rs2: 26 }, 'later')
      .i('jalr', { rd: 1, rs1: 25, imm: 0 })
      .label('later')
      .i('addi', { rd: 20, rs1: 20, imm: -1 })
      .i('beq', { rs1: 20, rs2: 21 }, 'write')
      .label('next')
      .i('bne', { rs1: 20, rs2: 0 }, 'again')
      .i(ECALL)
      .label('write')
      .i('sw', { rs2: 24, rs1: 23, imm: 0 })
      .i('fence.i')
      .i('jal', { rd: 0 }, 'next');
    const body = (k: number): Program =>
      new Program(DATA)
        .i('addi', { rd: 10, rs1: 10, imm: k })
        .i('jalr', { rd: 0, rs1: 1, imm: 0 })
        .i('jalr', { rd: 0, rs1: 1, imm: 0 });
    const guest = new Guest(mode).load(body(1), PROT_READ | PROT_WRITE | PROT_EXEC).load(program);
    const word = new DataView(body(5).bytes().buffer).getInt32(0, true);
    guest
      .setX(20, 6n)
      .setX(21, 3n)
      .setX(23, BigInt(DATA))
      .setX(25, BigInt(DATA + 8));
    guest.setX(24, BigInt(word)).setX(26, 5n);
    expect(guest.run()).toBe(EXIT_SYSCALL);
    expect(guest.x(10)).toBe(3n * 1n + 3n * 5n);
  });
});

describe('a bug of the compiler', () => {
  const program = new Program()
    .label('again')
    .i('jal', { rd: 1 }, 'f')
    .i('addi', { rd: 20, rs1: 20, imm: -1 })
    .i('bne', { rs1: 20, rs2: 0 }, 'again')
    .i(ECALL)
    .label('f')
    .i('addi', { rd: 10, rs1: 10, imm: 1 })
    .i('jalr', { rd: 0, rs1: 1, imm: 0 });

  /** A guest whose compiler fails where `when` says so. */
  function broken(mode: 'wasm' | 'tiered', when: (entries: number[]) => boolean): Guest {
    const guest = new Guest(mode).load(program).setX(20, 200_000n);
    const tier = guest.engine.tier as WasmTier;
    const compile = tier.compile.bind(tier);
    tier.compile = (code, target, ...rest) => {
      if (when([...target.queue.keys()])) throw new Error('not today');
      return compile(code, target, ...rest);
    };
    return guest;
  }

  test('leaves the program to the interpreter', () => {
    const guest = broken('tiered', () => true);
    expect(guest.run()).toBe(EXIT_SYSCALL);
    expect(guest.x(10)).toBe(200_000n);
    expect(guest.engine.tier?.stats).toMatchObject({ modules: 0 });
    expect(guest.engine.tier?.stats.failures).toBeGreaterThan(0);
  });

  test('does not keep the others of its batch from being compiled', () => {
    const guest = broken('tiered', (entries) => entries.includes(program.at('again')));
    expect(guest.run()).toBe(EXIT_SYSCALL);
    expect(guest.x(10)).toBe(200_000n);
    expect(guest.engine.tier?.stats.modules).toBeGreaterThan(0);
  });

  test('is not hidden where everything is to be compiled', () => {
    expect(() => broken('wasm', () => true).run()).toThrow('not today');
  });
});
