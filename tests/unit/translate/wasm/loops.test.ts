/** Loops in two copies, values in 32-bit forms, and what is written back in front of a loop. */
import { describe, expect, test } from '@jest/globals';
import { EXIT_FAULT, EXIT_SYSCALL } from '../../../../src/cpu/exit.js';
import { PROT_READ } from '../../../../src/mmap/flags.js';
import type { EngineMode } from '../../../../src/translate/engine.js';
import { copyLoops } from '../../../../src/translate/wasm/loops.js';
import type { LoopBlock } from '../../../../src/translate/wasm/loops.js';
import { selectBranches } from '../../../../src/translate/wasm/selects.js';
import type { IrBlock } from '../../../../src/translate/ir/block.js';
import { buildRegion } from '../../../../src/translate/wasm/region.js';
import { Rng } from '../../../random/rng.js';
import { DATA, Guest, MODES, Program } from './guest.js';

function blocksOf(program: Program): readonly LoopBlock[] {
  const guest = new Guest('closures').load(program);
  const region = buildRegion(
    program.origin,
    (pc) => (pc < program.here ? guest.engine.translateIr(guest.cpu, pc) : undefined),
    () => false,
  );
  if (region === undefined) throw new Error('no region');
  return copyLoops(region.blocks, () => false);
}

function outcome(guest: Guest): unknown {
  const reason = guest.run();
  const { pc, faultAddr, faultKind, faultAccess } = guest.cpu;
  const fault = reason === EXIT_FAULT ? { faultAddr, faultKind, faultAccess } : {};
  const registers = Array.from({ length: 32 }, (_, n) => String(guest.x(n)));
  return { reason, pc, fault, registers, data: guest.space.copyIn(DATA, 3 * 4096) };
}

describe('branches over plain operations', () => {
  const blocks = (base: number): number => {
    const program = new Program()
      .i('bge', { rs1: 5, rs2: 0 }, 'l')
      .i('xori', { rd: 6, rs1: 6, imm: 27 })
      .label('l')
      .i('lw', { rd: 7, rs1: base, imm: 0 })
      .i('ecall');
    const guest = new Guest('closures').load(program);
    const source = (pc: number): IrBlock | undefined =>
      pc < program.here ? guest.engine.translateIr(guest.cpu, pc) : undefined;
    return selectBranches(buildRegion(program.origin, source, () => false)?.blocks ?? []).length;
  };
  test('become selects, unless an address depends on them', () => {
    expect(blocks(8)).toBe(2);
    expect(blocks(6)).toBe(3);
  });
});

describe('streams', () => {
  const streamsOf = (program: Program): unknown =>
    blocksOf(program)
      .map((b) => (b.role?.kind === 'gate' ? b.role.streams : undefined))
      .filter((s) => s !== undefined);

  test('of a loop that copies', () => {
    const program = new Program()
      .label('l')
      .i('ld', { rd: 12, rs1: 10, imm: 0 })
      .i('addi', { rd: 10, rs1: 10, imm: 8 })
      .i('sd', { rs1: 11, rs2: 12, imm: 0 })
      .i('addi', { rd: 11, rs1: 11, imm: 8 })
      .i('bltu', { rs1: 10, rs2: 13 }, 'l')
      .i('ecall');
    expect(streamsOf(program)).toEqual([
      [
        { terms: [[10, 0]], lo: 0, hi: 8, need: 1, k: 8, by: -1 },
        { terms: [[11, 0]], lo: 0, hi: 8, need: 2, k: 8, by: -1 },
      ],
    ]);
  });

  test('are sums of what the loop leaves alone and what moves, by a constant or a register', () => {
    const program = new Program()
      .label('l')
      .i('slli', { rd: 12, rs1: 10, shamt: 3 })
      .i('add', { rd: 12, rs1: 12, rs2: 11 })
      .i('ld', { rd: 13, rs1: 12, imm: 16 })
      .i('addi', { rd: 10, rs1: 10, imm: -1 })
      .i('sb', { rs1: 14, rs2: 13, imm: 0 })
      .i('add', { rd: 14, rs1: 14, rs2: 15 })
      .i('bne', { rs1: 10, rs2: 0 }, 'l')
      .i('ecall');
    const terms = expect.arrayContaining([
      [10, 3],
      [11, 0],
    ]) as unknown;
    expect(streamsOf(program)).toEqual([
      [
        { terms, lo: 16, hi: 24, need: 1, k: -8, by: -1 },
        { terms: [[14, 0]], lo: 0, hi: 1, need: 2, k: 0, by: 15 },
      ],
    ]);
  });

  test('do not follow a list', () => {
    const program = new Program()
      .label('l')
      .i('ld', { rd: 10, rs1: 10, imm: 0 })
      .i('bne', { rs1: 10, rs2: 0 }, 'l')
      .i('ecall');
    expect(streamsOf(program)).toEqual([]);
  });
});

/** A loop of random instructions that reads and writes around x8, x9 and x10. */
function randomLoop(rng: Rng): Program {
  const program = new Program().i('addi', { rd: 6, rs1: 0, imm: 40 + rng.below(200) });
  program.label('loop');
  const value = (): number => 16 + rng.below(8);
  const base = (): number => 8 + rng.below(3);
  const step = (): number => [1, 4, 8, -8, 24, 100, -300, 520, 0][rng.below(9)] as number;
  const kinds = [
    () =>
      program.i(['ld', 'lw', 'lwu', 'lbu', 'lh', 'lb'][rng.below(6)] as string, {
        rd: value(),
        rs1: base(),
        imm: rng.below(40) - 8,
      }),
    () =>
      program.i(['sd', 'sw', 'sb', 'sh'][rng.below(4)] as string, {
        rs2: value(),
        rs1: base(),
        imm: rng.below(40) - 8,
      }),
    () =>
      program.i(
        ['addw', 'subw', 'sllw', 'srlw', 'sraw', 'add', 'and', 'or', 'xor', 'sltu', 'slt', 'mulw'][
          rng.below(12)
        ] as string,
        { rd: value(), rs1: value(), rs2: value() },
      ),
    () =>
      program.i(['addiw', 'addi', 'andi', 'xori', 'sltiu'][rng.below(5)] as string, {
        rd: value(),
        rs1: value(),
        imm: rng.below(512) - 256,
      }),
    () => {
      const rd = value();
      const shamt = [32, 48, 56, 33][rng.below(4)] as number;
      program.i('slli', { rd, rs1: value(), shamt });
      return program.i(rng.below(2) === 0 ? 'srli' : 'srai', {
        rd,
        rs1: rd,
        shamt: rng.below(3) === 0 ? 30 : shamt,
      });
    },
    () => program.i('slliw', { rd: value(), rs1: value(), shamt: rng.below(32) }),
  ];
  const length = 4 + rng.below(10);
  let skip = -1;
  for (let n = 0; n < length; n++) {
    (kinds[rng.below(kinds.length)] as () => Program)();
    if (skip < 0 && rng.below(4) === 0) {
      skip = n + 1 + rng.below(3);
      program.i(
        ['beq', 'blt', 'bltu', 'bgeu', 'bge', 'bne'][rng.below(6)] as string,
        { rs1: value(), rs2: value() },
        `skip${skip}`,
      );
    }
    if (n === skip || (n === length - 1 && skip > n)) program.label(`skip${skip}`);
    if (n >= skip) skip = -1;
    if (rng.below(5) === 0) program.i('addi', { rd: 10, rs1: 10, imm: step() });
  }
  program.i('addi', { rd: 8, rs1: 8, imm: step() });
  if (rng.below(2) === 0) program.i('add', { rd: 9, rs1: 9, rs2: 11 });
  return program.i('addi', { rd: 6, rs1: 6, imm: -1 }).i('bne', { rs1: 6, rs2: 0 }, 'loop').i('ecall');
}

describe('random loops', () => {
  const seeds = Array.from({ length: 80 }, (_, n) => n + 1);
  test.each(seeds)('number %d goes as the closures do it', (seed) => {
    const outcomes = MODES.map((mode) => {
      const rng = new Rng(seed);
      const guest = new Guest(mode).map(DATA, 3 * 4096).load(randomLoop(rng));
      if (rng.below(3) === 0) guest.space.protect(DATA + 8192, 4096, PROT_READ);
      for (const slot of [8, 9, 10]) guest.setX(slot, BigInt(DATA + 300 + rng.below(11500)));
      guest.setX(11, BigInt([0, 1, 16, -24, 700, 5000][rng.below(6)] as number));
      for (let slot = 16; slot < 24; slot++)
        guest.setX(
          slot,
          BigInt.asIntN(64, (BigInt(rng.word() >>> 0) << BigInt(rng.below(40))) - BigInt(rng.below(9))),
        );
      return outcome(guest);
    });
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[2]).toEqual(outcomes[0]);
  });
});

describe('a loop that is interrupted', () => {
  /** Registers whenever a slice of the budget has ended. */
  function stops(mode: EngineMode): string[] {
    const program = new Program()
      .li(6, 30_000)
      .label('l')
      .i('lbu', { rd: 12, rs1: 10, imm: 0 })
      .i('addw', { rd: 13, rs1: 12, rs2: 13 })
      .i('sb', { rs1: 10, rs2: 13, imm: 1 })
      .i('addi', { rd: 6, rs1: 6, imm: -1 })
      .i('bne', { rs1: 6, rs2: 0 }, 'l')
      .i('ecall');
    const guest = new Guest(mode).map(DATA, 4096).load(program).setX(10, BigInt(DATA));
    const seen: string[] = [];
    while (guest.engine.run(guest.cpu, 700) !== EXIT_SYSCALL) {
      if (guest.cpu.pc !== program.at('l')) continue;
      // All the round before wrote is there: x12 is dead at the head of the loop.
      const data = guest.space.copyIn(DATA, 2) ?? new Uint8Array();
      seen.push(
        guest.x(6) === 30_000n || Number(guest.x(13) & 255n) === data[1] ? 'ok' : String(guest.x(13)),
      );
      seen.push(
        guest.x(6) === 30_000n || guest.x(12) === BigInt(data[0] as number) ? 'ok' : String(guest.x(12)),
      );
    }
    return seen;
  }
  test.each(MODES)('has everything in memory: %s', (mode) => {
    const seen = stops(mode);
    expect(seen.length).toBeGreaterThan(4);
    expect(new Set(seen)).toEqual(new Set(['ok']));
  });
});
