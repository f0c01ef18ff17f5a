/** Units of random programs: one random instruction with what it needs around it to be harmless. */
import type { OperandLayout } from '../../../src/translate/decode/row.js';
import type { Rng } from '../rng.js';
import type { Assembler, RiscvRow, Wishes, Word } from './assembler.js';

/** A jump inside a unit: to the unit `delta` further on, as the distance from word `from`. */
export interface Jump {
  readonly word: number;
  readonly from: number;
  readonly operand: string;
  readonly delta: number;
}

export interface Unit {
  readonly words: readonly Word[];
  readonly jump?: Jump;
}

/** Lines that units cannot hold: they end the program. */
const NEVER = new Set(['ecall', 'ebreak', 'c.ebreak']);
const CSR_FFLAGS = 1;
const CSR_FRM = 2;
const CSR_FCSR = 3;
/** Stores through the base register stay below this offset; above it is the pool of values that are only read. */
const STORE_LIMIT = 256;

export class UnitMaker {
  private readonly asm: Assembler;
  private readonly rng: Rng;
  private readonly xlen: 32 | 64;
  private readonly base: number;
  private readonly rows: readonly RiscvRow[];

  constructor(asm: Assembler, rng: Rng, xlen: 32 | 64, base: number, names: readonly string[]) {
    this.asm = asm;
    this.rng = rng;
    this.xlen = xlen;
    this.base = base;
    this.rows = names.filter((name) => !NEVER.has(name)).map((name) => asm.row(name));
  }

  make(): Unit {
    const { rng } = this;
    if (rng.chance(0.15)) return { words: [this.refresh()] };
    const row = rng.pick(this.rows);
    const { name } = row;
    const { asm: template } = row.spec;
    if (name.startsWith('csr')) return this.csr(name);
    if (template.startsWith('{aqrl}')) return this.atomic(row);
    if (name.startsWith('cbo.')) return this.cacheBlock(row);
    if (name === 'jalr') return this.jalr();
    if (name === 'c.jr' || name === 'c.jalr') return this.compressedJump(name);
    if (name === 'c.addi16sp') return this.stackAdjust();
    if (row.layout.some((o) => o.operand === 'offset')) return this.forward(row);
    if (template.includes('imm(')) return { words: [this.memory(row)] };
    const word = this.random(row);
    // Registers drift to NaN and zero; give floating-point sources fresh values half of the time.
    const sources = row.layout.filter((o) => o.operand.startsWith('fs'));
    const words =
      sources.length === 0 || rng.chance(0.5)
        ? []
        : sources.map((o) => this.load('fld', this.operand(word, o)));
    words.push(word);
    // qemu 10 drops a round-to-integer, and its flags, when nobody reads the result: store it.
    if (name.startsWith('fround'))
      words.push(this.asm.word('fsd', { fs2: this.destination(word), rs1: this.base, imm: 0 }));
    return { words };
  }

  private destination(word: Word): number {
    const operand = word.row.layout.find((o) => o.operand === 'fd');
    return operand === undefined ? 0 : this.operand(word, operand);
  }

  private operand(word: Word, o: OperandLayout): number {
    const out = new Int32Array(32);
    word.row.extract(word.bits, out);
    return out[o.index] as number;
  }

  /** A register that may be written. */
  private free(...not: readonly number[]): number {
    while (true) {
      const n = 1 + this.rng.below(31);
      if (n !== this.base && n !== 2 && n !== 3 && !not.includes(n)) return n;
    }
  }

  /** No instruction may write a protected register. */
  private readonly forbid = (o: OperandLayout, value: number): boolean =>
    o.operand === 'rd' && (value === this.base || value === 2 || value === 3);

  private random(row: RiscvRow, force: Wishes['force'] = () => undefined): Word {
    return this.asm.random(row, this.rng, { force, forbid: this.forbid });
  }

  /** Any register from the pool. */
  private load(name: string, register: number): Word {
    const imm = STORE_LIMIT + this.rng.below(2048 - STORE_LIMIT);
    const aligned = this.rng.chance(0.9) ? imm & ~7 : imm;
    return this.asm.word(name, { fd: register, rd: register, rs1: this.base, imm: aligned });
  }

  private refresh(): Word {
    const { rng } = this;
    switch (rng.below(4)) {
      case 0:
        return this.load(this.xlen === 64 ? 'ld' : 'lw', this.free());
      case 1:
        return this.load('flw', rng.below(32));
      default:
        return this.load('fld', rng.below(32));
    }
  }

  private memory(row: RiscvRow): Word {
    const isStore = row.layout.some((o) => o.operand === 'rs2' || o.operand === 'fs2');
    return this.random(row, (o, value) => {
      if (o.operand === 'rs1') return this.base;
      return o.operand === 'imm' && isStore && value >= STORE_LIMIT ? value - 2048 : undefined;
    });
  }

  private forward(row: RiscvRow): Unit {
    const word = this.random(row, (o) => (o.operand === 'offset' ? 16 : undefined));
    return { words: [word], jump: { word: 0, from: 0, operand: 'offset', delta: 1 + this.rng.below(4) } };
  }

  private jalr(): Unit {
    const { rng } = this;
    const base = this.free();
    const rd = rng.chance(0.3) ? base : rng.chance(0.3) ? 0 : this.free();
    const words = [this.asm.word('auipc', { rd: base, upper: 0 })];
    // Something in between now and then: then the target is not known to be constant.
    if (rng.chance(0.5)) words.push(this.asm.word('addi', { rd: base, rs1: base, imm: 0 }), this.filler());
    words.push(this.asm.word('jalr', { rd, rs1: base, imm: 0 }));
    return { words, jump: { word: words.length - 1, from: 0, operand: 'imm', delta: 1 + rng.below(4) } };
  }

  private filler(): Word {
    return this.asm.word('fence', { fm: 0, pred: 15, succ: 15 });
  }

  private compressedJump(name: string): Unit {
    const register = this.free();
    const words = [
      this.asm.word('auipc', { rd: register, upper: 0 }),
      this.asm.word('addi', { rd: register, rs1: register, imm: 0 }),
      this.asm.word(name, { rs1: register }),
    ];
    return { words, jump: { word: 1, from: 0, operand: 'imm', delta: 1 + this.rng.below(4) } };
  }

  private stackAdjust(): Unit {
    const imm = 16 * (1 + this.rng.below(31));
    return { words: [this.asm.word('c.addi16sp', { imm }), this.asm.word('c.addi16sp', { imm: -imm })] };
  }

  private atomic(row: RiscvRow): Unit {
    const { rng } = this;
    const address = this.free();
    const point = this.asm.word('addi', { rd: address, rs1: this.base, imm: (rng.below(2048) - 2048) & ~7 });
    const at = (r: RiscvRow, rd?: number): Word =>
      this.random(r, (o) => (o.operand === 'rs1' ? address : o.operand === 'rd' ? rd : undefined));
    const size = row.name.slice(-2);
    if (row.name.startsWith('sc.') && rng.chance(0.8)) {
      return { words: [point, at(this.asm.row(`lr${size}`), this.free(address)), at(row)] };
    }
    return { words: [point, at(row)] };
  }

  private cacheBlock(row: RiscvRow): Unit {
    const address = this.free();
    const imm = -64 - this.rng.below(2048 - 128);
    const words = [
      this.asm.word('addi', { rd: address, rs1: this.base, imm }),
      this.asm.word(row.name, { rs1: address }),
    ];
    return { words };
  }

  /** The floating-point CSRs; frm always holds a rounding mode. */
  private csr(name: string): Unit {
    const { rng } = this;
    const csr = CSR_FFLAGS + rng.below(3);
    const rd = rng.chance(0.2) ? 0 : this.free();
    const immediate = name.endsWith('i');
    const write = name.startsWith('csrrw');
    const clear = name.startsWith('csrrc');
    if (csr === CSR_FFLAGS || clear) {
      const source = immediate ? { zimm: rng.below(32) } : { rs1: rng.below(32) };
      return { words: [this.asm.word(name, { rd, csr, ...source })] };
    }
    const flags = csr === CSR_FCSR ? rng.below(32) : 0;
    const mode = rng.below(5);
    const value = csr === CSR_FRM ? mode : (mode << 5) | flags;
    if (!write) {
      // Setting bits could make a reserved mode: clear them first.
      const set = immediate ? { zimm: value & (csr === CSR_FRM ? 7 : 31) } : { rs1: 0 };
      const first = this.asm.word('csrrci', { rd: 0, csr: CSR_FRM, zimm: 7 });
      return { words: [first, this.asm.word(name, { rd, csr, ...set })] };
    }
    if (immediate) return { words: [this.asm.word(name, { rd, csr, zimm: csr === CSR_FRM ? mode : flags })] };
    const source = this.free();
    const words = [
      this.asm.word('addi', { rd: source, rs1: 0, imm: value }),
      this.asm.word(name, { rd, csr, rs1: source }),
    ];
    return { words };
  }
}
