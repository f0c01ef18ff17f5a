/** How regions are cut out of the guest's code, and what is known of registers in them. */
import { describe, expect, test } from '@jest/globals';
import { EVALUATORS } from '../../../../src/translate/closures/evaluators.gen.js';
import { Const, EXT_NONE, EXT_SIGN, EXT_ZERO, Inst } from '../../../../src/translate/ir/inst.js';
import type { Ext } from '../../../../src/translate/ir/inst.js';
import { OPS } from '../../../../src/translate/ir/ops.js';
import { analyse } from '../../../../src/translate/wasm/cfg.js';
import { analyseFlow, budgetPlace, mayExit } from '../../../../src/translate/wasm/dataflow.js';
import { fold } from '../../../../src/translate/wasm/fold.js';
import { buildRegion, linkLandings, MAX_REGION_BLOCKS } from '../../../../src/translate/wasm/region.js';
import type { Region, RegionBlock } from '../../../../src/translate/wasm/region.js';
import { Rng } from '../../../random/rng.js';
import { CODE, Guest, Program } from './guest.js';

const ret = { rd: 0, rs1: 1, imm: 0 } as const;

function regionOf(
  program: Program,
  entry = program.origin,
  refuse: (pc: number) => boolean = () => false,
): Region {
  const { cpu, engine } = new Guest('closures').load(program);
  const region = buildRegion(
    entry,
    (pc) => (pc >= program.origin && pc < program.here ? engine.translateIr(cpu, pc) : undefined),
    refuse,
  );
  if (region === undefined) throw new Error('no region');
  return region;
}

describe('regions', () => {
  test('cut a block where a later leader falls into it', () => {
    // Entered at the top, the block runs through `mid`; the jump back makes `mid` a leader.
    const program = new Program()
      .i('addi', { rd: 5, rs1: 0, imm: 1 })
      .label('mid')
      .i('addi', { rd: 6, rs1: 6, imm: 1 })
      .i('bne', { rs1: 6, rs2: 7 }, 'mid')
      .i('jalr', ret);
    const { blocks, guestInsns, pages } = regionOf(program);
    expect(blocks.map((b) => [b.pc - CODE, b.count, b.succ])).toEqual([
      [0, 1, [1]],
      [4, 2, [2, 1]],
      [12, 1, []],
    ]);
    expect([guestInsns, pages]).toEqual([4, [CODE >>> 12]]);
  });

  test('go on behind calls and name the callees', () => {
    const program = new Program()
      .i('jal', { rd: 1, offset: 0x800 })
      .i('addi', { rd: 5, rs1: 10, imm: 0 })
      .i('jalr', { rd: 0, rs1: 5, imm: 0 });
    const { blocks, callees } = regionOf(program);
    expect(blocks.map((b) => [b.pc - CODE, b.succ])).toEqual([
      [0, [1]],
      [4, []],
    ]);
    expect(callees).toEqual([CODE + 0x800]);
  });

  test('stop at boundaries and at code that was never seen', () => {
    const program = new Program()
      .i('beq', { rs1: 5, rs2: 0 }, 'other')
      .i('jal', { rd: 0, offset: 0x4000 })
      .label('other')
      .i('jalr', ret);
    const { blocks } = regionOf(program, CODE, (pc) => pc === program.at('other'));
    // The jump leads out of the code that is there; `other` is somebody else's.
    expect(blocks.map((b) => [b.pc - CODE, b.succ])).toEqual([
      [0, [1]],
      [4, []],
    ]);
  });

  test('go through a switch, but not through a jump to another frame', () => {
    const jump = { rd: 0, rs1: 15, imm: 0 };
    const program = new Program().i('jalr', jump).label('case').i('jalr', ret);
    program.label('longjmp').i('addi', { rd: 2, rs1: 6, imm: 0 }).i('jalr', jump);
    const guest = new Guest('closures').map(CODE, 4096, 7);
    guest.space.copyOut(program.origin, program.bytes());
    const build = (entry: number): number[] | undefined =>
      buildRegion(
        entry,
        (pc) => guest.engine.translateIr(guest.cpu, pc),
        () => false,
        () => [program.at('case')],
        guest.engine.frontEnd.stackSlot,
      )?.blocks.map((b) => b.pc);
    expect(build(CODE)).toEqual([CODE, program.at('case')]);
    expect(build(program.at('longjmp'))).toEqual([program.at('longjmp')]);
  });

  test('have calls go on where longjmps were seen to lead', () => {
    const program = new Program()
      .label('landing')
      .i('addi', { rd: 5, rs1: 5, imm: 1 })
      .i('jal', { rd: 1, offset: 0x800 })
      .i('jal', { rd: 0 }, 'landing');
    const { blocks } = regionOf(program);
    expect(blocks.map((b) => b.succ)).toEqual([[1], [0]]);
    linkLandings(blocks, new Set([CODE + 0x4000]));
    expect(blocks.map((b) => b.succ)).toEqual([[1], [0]]);
    linkLandings(blocks, new Set([program.at('landing')]));
    expect(blocks.map((b) => b.succ)).toEqual([[1, 0], [0]]);
  });

  test('note where jumps with a stack pointer from memory have gone', () => {
    const program = new Program()
      .i('ld', { rd: 2, rs1: 10, imm: 16 })
      .i('jalr', { rd: 0, rs1: 15, imm: 0 })
      .label('case')
      .i('jalr', ret);
    const guest = new Guest('closures').map(CODE, 4096, 7);
    guest.space.copyOut(program.origin, program.bytes());
    const region = buildRegion(
      CODE,
      (pc) => guest.engine.translateIr(guest.cpu, pc),
      () => false,
      () => [program.at('case')],
      guest.engine.frontEnd.stackSlot,
    );
    expect(region?.landings).toEqual([program.at('case')]);
    expect(region?.blocks).toHaveLength(1);
  });

  test('loop where they call themselves and nothing has returned', () => {
    const program = new Program().i('addi', { rd: 2, rs1: 2, imm: -16 }).i('jal', { rd: 1, offset: -4 });
    const { blocks } = regionOf(program);
    expect(blocks.map((b) => [b.end.link, b.succ])).toEqual([[0, [0]]]);
  });

  test('are bounded', () => {
    const program = new Program();
    for (let n = 0; n < 700; n++) program.i('beq', { rs1: 5, rs2: 0, offset: 8 });
    program.i('jalr', ret).i('jalr', ret);
    const { blocks } = regionOf(program);
    expect(blocks.length).toBeGreaterThan(MAX_REGION_BLOCKS / 2);
    expect(blocks.length).toBeLessThanOrEqual(MAX_REGION_BLOCKS);
  });

  test('note both pages of an instruction that crosses', () => {
    // Four-byte instructions, so two bytes of c.nop in front make the last one of the page straddle.
    const program = new Program(CODE + 4096 - 6).i('addi', { rd: 5, rs1: 5, imm: 1 });
    program.i('addi', { rd: 5, rs1: 5, imm: 2 }).i('jalr', ret);
    const guest = new Guest('closures').map(CODE, 8192, 7);
    guest.space.copyOut(program.origin, program.bytes());
    const region = buildRegion(
      program.origin,
      (pc) => guest.engine.translateIr(guest.cpu, pc),
      () => false,
    );
    expect(region?.pages).toEqual([CODE >>> 12, (CODE >>> 12) + 1]);
  });
});

describe('register flow', () => {
  test('what a loop changes is dirty at its head and live into it, but for what it has no use for', () => {
    const program = new Program()
      .label('l')
      .i('ld', { rd: 6, rs1: 10, imm: 0 })
      .i('add', { rd: 7, rs1: 7, rs2: 6 })
      .i('addi', { rd: 5, rs1: 5, imm: -1 })
      .i('bne', { rs1: 5, rs2: 0 }, 'l')
      .i('jalr', ret);
    const region = regionOf(program);
    const cfg = analyse(region.blocks.map((b) => b.succ));
    const [head, tail] = analyseFlow(
      region.blocks,
      Int32Array.from(cfg.isLoop, (loop) => (loop === 0 ? -1 : 0)),
    );
    // The next round writes x6 before anything reads it: it is written back instead of carried along.
    expect(head?.flush.list()).toEqual([6]);
    expect(head?.dirtyIn.list()).toEqual([5, 7]);
    expect(head?.liveIn.list()).toEqual([1, 5, 7, 10]);
    expect(head?.dirtyAt[0]?.list()).toEqual([5, 7]);
    expect(tail?.dirtyAt[0]?.list()).toEqual([5, 7]);
    expect(tail?.liveIn.list()).toEqual([1, 5, 7]);
  });

  test('a loop tests its budget behind what it writes anew, which it then need not keep', () => {
    const program = new Program()
      .label('l')
      .i('addi', { rd: 6, rs1: 5, imm: 8 })
      .i('sd', { rs1: 10, rs2: 6, imm: 0 })
      .i('addi', { rd: 5, rs1: 5, imm: -1 })
      .i('bne', { rs1: 5, rs2: 0 }, 'l')
      .i('jalr', ret);
    const { blocks } = regionOf(program);
    const place = budgetPlace(blocks[0] as RegionBlock, (_, i) => mayExit(i));
    expect(place).toBe(1);
    const [head] = analyseFlow(blocks, Int32Array.of(place, -1));
    expect(head?.flush.list()).toEqual([]);
    expect(head?.liveIn.list()).toEqual([1, 5, 10]);
    // Where it is tested, both are to be written back.
    expect(head?.dirtyAt[place]?.list()).toEqual([5, 6]);
  });

  test('a call writes everything back and loads what is live behind it', () => {
    const program = new Program()
      .i('addi', { rd: 8, rs1: 8, imm: 1 })
      .i('jal', { rd: 1, offset: 0x800 })
      .i('add', { rd: 9, rs1: 8, rs2: 10 })
      .i('jalr', { rd: 0, rs1: 18, imm: 0 });
    const region = regionOf(program);
    const [call, behind] = analyseFlow(region.blocks, new Int32Array(region.blocks.length).fill(-1));
    const n = region.blocks[0]?.insts.length as number;
    expect(call?.dirtyAt[n]?.list()).toEqual([1, 8]);
    expect(behind?.liveIn.list()).toEqual([8, 10, 18]);
    expect(behind?.dirtyIn.list()).toEqual([]);
    expect(behind?.dirtyAt[behind.dirtyAt.length - 1]?.list()).toEqual([9]);
  });
});

describe('constant folding', () => {
  const split = (v: bigint): Const =>
    new Const(Number(BigInt.asIntN(32, v)), Number(BigInt.asIntN(32, v >> 32n)));
  const join = (k: Const): bigint => BigInt.asIntN(64, (BigInt(k.hi) << 32n) | BigInt(k.lo >>> 0));
  const MODELS: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
    add64: (a, b) => a + b,
    sub64: (a, b) => a - b,
    mul64: (a, b) => a * b,
    and64: (a, b) => a & b,
    or64: (a, b) => a | b,
    xor64: (a, b) => a ^ b,
    mulhs64: (a, b) => (a * b) >> 64n,
    divs64: (a, b) => (b === 0n ? 0n : a / b),
    remu64: (a, b) => (b === 0n ? a : BigInt.asUintN(64, a) % BigInt.asUintN(64, b)),
  };
  const operands = (rng: Rng): bigint =>
    rng.chance(0.4)
      ? rng.pick([0n, 1n, -1n, 1n << 31n, -(1n << 31n), 1n << 32n, 1n << 62n, -(1n << 63n)])
      : BigInt.asIntN(64, (BigInt(rng.word()) << 32n) | BigInt(rng.word() >>> 0));

  test.each(Object.keys(MODELS))('%s', (name) => {
    const row = OPS[name as keyof typeof OPS];
    const model = MODELS[name] as (a: bigint, b: bigint) => bigint;
    const rng = new Rng(name.length);
    for (let n = 0; n < 500; n++) {
      const [a, b] = [operands(rng), operands(rng)];
      const inst = new Inst(row, 5, 6, 7, 0, 0, 0, EXT_NONE, 0, 0);
      const result = fold(inst, [split(a), split(b)]);
      expect(join(result as Const)).toBe(BigInt.asIntN(64, model(a, b)));
    }
  });

  test.each([
    [EXT_SIGN, (v: bigint) => BigInt.asIntN(32, v)],
    [EXT_ZERO, (v: bigint) => BigInt.asUintN(32, v)],
  ] as const)('add32 widened by %d', (ext: Ext, widen) => {
    const rng = new Rng(ext);
    for (let n = 0; n < 500; n++) {
      const [a, b] = [operands(rng), operands(rng)];
      const inst = new Inst(OPS.add32, 5, 6, 7, 0, 0, 0, ext, 0, 0);
      expect(join(fold(inst, [split(a), split(b)]) as Const)).toBe(widen(a + b));
    }
    expect(EVALUATORS.length).toBeGreaterThan(0);
  });
});
