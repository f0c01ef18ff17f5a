/**
 * What small functions become: guest instructions, IR and WebAssembly beside each other in tests/fixtures/translate.
 * UPDATE_GOLDENS=1 rewrites them. The text of the WebAssembly is our own printer's; wabt must read it as the module that
 * we generated.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import wabt from 'wabt';
import { RISCV64 } from '../../../../src/abi/abi.js';
import { blockText } from '../../../../src/debug/ir-text.js';
import { codeReader, disassembleRange } from '../../../../src/debug/trace-log.js';
import { ATOMIC, CORE, MEMORY, SATURATING, SIMD } from '../../../../src/debug/wasm-names.js';
import { wasmText } from '../../../../src/debug/wasm-text.js';
import { buildModule } from '../../../../src/translate/wasm/module.js';
import { buildRegion } from '../../../../src/translate/wasm/region.js';
import { Guest, Program } from './guest.js';

const FEATURES = { threads: true, simd: true, relaxed_simd: true, bulk_memory: true, sat_float_to_int: true };
const UPDATE = process.env['UPDATE_GOLDENS'] === '1' && process.env['CI'] === undefined;

let tools: Awaited<ReturnType<typeof wabt>>;
beforeAll(async () => {
  tools = await wabt();
});

const ret = { rd: 0, rs1: 1, imm: 0 } as const;
const FUNCTIONS: Readonly<Record<string, () => Program>> = {
  'count-down': () =>
    new Program()
      .label('l')
      .i('add', { rd: 10, rs1: 10, rs2: 5 })
      .i('addi', { rd: 5, rs1: 5, imm: -1 })
      .i('bne', { rs1: 5, rs2: 0 }, 'l')
      .i('jalr', ret),
  'string-length': () =>
    new Program()
      .i('addi', { rd: 11, rs1: 10, imm: 0 })
      .label('l')
      .i('lbu', { rd: 12, rs1: 11, imm: 0 })
      .i('addi', { rd: 11, rs1: 11, imm: 1 })
      .i('bne', { rs1: 12, rs2: 0 }, 'l')
      .i('sub', { rd: 10, rs1: 11, rs2: 10 })
      .i('jalr', ret),
  'load-group': () =>
    new Program()
      .i('ld', { rd: 11, rs1: 10, imm: 8 })
      .i('lw', { rd: 12, rs1: 10, imm: 0 })
      .i('sd', { rs2: 12, rs1: 10, imm: 16 })
      .i('jalr', ret),
  diamond: () =>
    new Program()
      .i('blt', { rs1: 10, rs2: 11 }, 'less')
      .i('sub', { rd: 10, rs1: 10, rs2: 11 })
      .i('jal', { rd: 0 }, 'end')
      .label('less')
      .i('sub', { rd: 10, rs1: 11, rs2: 10 })
      .label('end')
      .i('slli', { rd: 10, rs1: 10, shamt: 2 })
      .i('jalr', ret),
  'call-and-return': () =>
    new Program()
      .i('addi', { rd: 8, rs1: 1, imm: 0 })
      .i('jal', { rd: 1, offset: 0x1000 })
      .i('addi', { rd: 10, rs1: 10, imm: 1 })
      .i('jalr', { rd: 0, rs1: 8, imm: 0 }),
  irreducible: () =>
    new Program()
      .i('bne', { rs1: 10, rs2: 0 }, 'b')
      .label('a')
      .i('addi', { rd: 11, rs1: 11, imm: 1 })
      .i('beq', { rs1: 11, rs2: 12 }, 'end')
      .label('b')
      .i('addi', { rd: 11, rs1: 11, imm: 2 })
      .i('bne', { rs1: 11, rs2: 13 }, 'a')
      .label('end')
      .i('jalr', ret),
  'constant-address': () =>
    new Program()
      .i('auipc', { rd: 11, upper: 0x1000 })
      .i('ld', { rd: 10, rs1: 11, imm: -16 })
      .i('lui', { rd: 12, upper: 0x12345000 })
      .i('addiw', { rd: 12, rs1: 12, imm: 0x678 })
      .i('jalr', ret),
  'double-multiply-add': () =>
    new Program()
      .i('fld', { fd: 0, rs1: 10, imm: 0 })
      .i('fmul.d', { fd: 1, fs1: 0, fs2: 0, rm: 7 })
      .i('fmadd.d', { fd: 2, fs1: 0, fs2: 1, fs3: 2, rm: 7 })
      .i('fsd', { fs2: 2, rs1: 10, imm: 8 })
      .i('jalr', ret),
  'single-compare': () =>
    new Program()
      .i('fadd.s', { fd: 1, fs1: 2, fs2: 3, rm: 0 })
      .i('flt.s', { rd: 10, fs1: 1, fs2: 2 })
      .i('fcvt.w.s', { rd: 11, fs1: 1, rm: 1 })
      .i('jalr', ret),
  'reserve-and-store': () =>
    new Program()
      .label('l')
      .i('lr.w', { rd: 11, rs1: 10, aqrl: 0 })
      .i('add', { rd: 11, rs1: 11, rs2: 12 })
      .i('sc.w', { rd: 13, rs1: 10, rs2: 11, aqrl: 0 })
      .i('bne', { rs1: 13, rs2: 0 }, 'l')
      .i('jalr', ret),
  'atomic-minimum': () =>
    new Program()
      .i('amomin.d', { rd: 11, rs1: 10, rs2: 12, aqrl: 0 })
      .i('fence', { fm: 0, pred: 3, succ: 3 })
      .i('jalr', ret),
  'divide-and-multiply-high': () =>
    new Program()
      .i('div', { rd: 12, rs1: 10, rs2: 11 })
      .i('remuw', { rd: 13, rs1: 10, rs2: 11 })
      .i('mulh', { rd: 14, rs1: 10, rs2: 11 })
      .i('jalr', ret),
  'system-register': () =>
    new Program().i('csrrs', { rd: 10, csr: 3, rs1: 0 }).i('addi', { rd: 10, rs1: 10, imm: 1 }).i('ecall'),
};

interface Translation {
  readonly text: string;
  readonly wat: string;
  readonly bytes: Uint8Array;
}

function translate(program: Program): Translation {
  const guest = new Guest('closures').load(program);
  const { cpu, engine, space } = guest;
  const end = program.here;
  const region = buildRegion(
    program.origin,
    (pc) => (pc >= program.origin && pc < end ? engine.translateIr(cpu, pc) : undefined),
    () => false,
  );
  if (region === undefined) throw new Error('no region');
  const ir = region.blocks.map((b) => {
    const block = { ...b, endPc: 0, boundaries: [] };
    return `block ${b.index}${b.succ.length === 0 ? '' : ` -> ${b.succ.join(', ')}`}\n${blockText(RISCV64, block)}`;
  });
  const bytes = buildModule([region], {
    wordSize: 8,
    stackSlot: engine.frontEnd.stackSlot,
    lookupMask: 4095,
    hostFma: false,
  });
  const assembly = disassembleRange(engine.frontEnd, codeReader(space), program.origin, end);
  const wat = wasmText(bytes);
  // The checks and imports are the same everywhere: the region's own function is what is shown.
  const from = wat.indexOf('  (func (type 0)');
  const shown = wat.slice(from, wat.indexOf('\n  )\n', from) + 5);
  return { text: `${assembly}\n${ir.join('')}\n${shown}`, wat, bytes };
}

describe('goldens', () => {
  const folder = new URL('../../../fixtures/translate/', import.meta.url);
  test.each(Object.keys(FUNCTIONS))('%s', (name) => {
    const program = (FUNCTIONS[name] as () => Program)();
    const { text, wat, bytes } = translate(program);
    expect(WebAssembly.validate(bytes)).toBe(true);
    // Both through wabt: encodings may be longer than they must be.
    const ours = tools.parseWat(`${name}.wat`, wat, FEATURES).toBinary({}).buffer;
    const normal = (module: Uint8Array): string =>
      tools.readWasm(module, { ...FEATURES, readDebugNames: false }).toText({});
    expect(normal(ours)).toBe(normal(bytes));
    const file = new URL(`${name}.txt`, folder);
    if (UPDATE) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(file, text);
    }
    expect(existsSync(file)).toBe(true);
    expect(text).toBe(readFileSync(file, 'utf8'));
  });
});

test('the names of instructions are those that wabt knows', () => {
  // A module whose function has one dead instruction, as text: wabt says whether there is such a name.
  const known = (name: string, immediate: string): boolean => {
    try {
      tools
        .parseWat('x.wat', `(module (memory 1 1 shared) (func unreachable ${name}${immediate}))`, FEATURES)
        .destroy();
      return true;
    } catch (error) {
      return !String(error).includes('unexpected token');
    }
  };
  const tables = { ...CORE, ...MEMORY };
  const names = [...Object.values(tables), ...Object.values(SATURATING).slice(0, 8), ...Object.values(SIMD)];
  const structured =
    /^(block|loop|if|else|end|br|br_if|br_table|call|call_indirect|local|global|memory\.)|const$|shuffle|lane/;
  const unknown = [...names, ...Object.values(ATOMIC)].filter(
    (name) => !structured.test(name) && !known(name, ''),
  );
  expect(unknown).toEqual([]);
  expect(known('i32.addd', '')).toBe(false);
});
