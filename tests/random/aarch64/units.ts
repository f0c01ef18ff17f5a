/** Units of random A64 programs: one random instruction with what it needs around it to be harmless. */
import type { OperandLayout } from '../../../src/translate/decode/row.js';
import type { Rng } from '../rng.js';
import type { A64Assembler, A64Row, Values } from './assembler.js';

/** A jump inside a unit: word `word` names, by its `imm`, the start of the unit `delta` further on. */
export interface Jump {
  readonly word: number;
  readonly delta: number;
}

export interface Unit {
  readonly words: readonly number[];
  readonly jump?: Jump;
}

/** Protected registers: the loop counter and the base of the data area; x29 and x30 are free. */
export const COUNTER = 27;
export const BASE = 28;

/** Lines that end a program, trap, or tell what differs between machines. */
const NEVER = new Set(['svc', 'brk', 'udf', 'mrs', 'msr', 'sys', 'msr@dit', 'msr@ssbs']);
const JUMPS = new Set(['b', 'bl', 'b@cond', 'cbz', 'cbnz', 'tbz', 'tbnz']);
const INDIRECT = new Set(['br', 'blr', 'ret']);
/** Register 31 of rd is SP in these. */
const WRITES_SP = new Set(['add@imm', 'sub@imm', 'add@ext', 'sub@ext', 'and@imm', 'orr@imm', 'eor@imm']);
const NZCV: Values = { op0: 1, op1: 3, crn: 4, crm: 2, op2: 0 };
const FPCR: Values = { op0: 1, op1: 3, crn: 4, crm: 4, op2: 0 };
const FPSR: Values = { op0: 1, op1: 3, crn: 4, crm: 4, op2: 1 };

/** Bits of FPCR that are kept when a program sets it: AHP DN FZ RMode FZ16. */
const FPCR_FIELDS = [26, 25, 24, 23, 22, 19];

const MEMORY = new Set(['loadstore', 'lse', 'lor', 'lrcpc', 'lrcpc2', 'simdls']);

export class UnitMaker {
  private readonly asm: A64Assembler;
  private readonly rng: Rng;
  private readonly rows: readonly A64Row[];
  private readonly fpcr: boolean;

  constructor(asm: A64Assembler, rng: Rng, names: readonly string[], fpcr = true) {
    this.asm = asm;
    this.rng = rng;
    this.rows = names.filter((name) => !NEVER.has(name)).map((name) => asm.row(name));
    this.fpcr = fpcr;
  }

  make(): Unit {
    const { rng, asm } = this;
    const dice = rng.below(100);
    if (dice < 12) return { words: [this.refresh()] };
    if (dice < 14) return this.systemRegister();
    const row = rng.pick(this.rows);
    if (MEMORY.has(row.extension)) return this.memory(row);
    if (JUMPS.has(row.name)) {
      const word = asm.with(this.random(row), row, { imm: 8 }) as number;
      return { words: [word], jump: { word: 0, delta: 1 + rng.below(4) } };
    }
    if (INDIRECT.has(row.name)) return this.indirect(row);
    return { words: this.withFreshSources(row, this.random(row)) };
  }

  /** A register that may be written and is none of those given. */
  private free(...not: readonly number[]): number {
    while (true) {
      const n = this.rng.below(31);
      if (n !== BASE && n !== COUNTER && !not.includes(n)) return n;
    }
  }

  private forbid(row: A64Row): (o: OperandLayout, value: number) => boolean {
    const sp = WRITES_SP.has(row.name);
    const memory = MEMORY.has(row.extension);
    return ({ operand }, value) => {
      if (operand === 'rd') return value === BASE || value === COUNTER || (sp && value === 31);
      if (memory && (operand === 'rt' || operand === 'rt2' || operand === 'rs')) {
        // Pairs of casp write the next register too.
        return (value | 1) === (BASE | 1) || (value | 1) === (COUNTER | 1);
      }
      return false;
    };
  }

  private random(row: A64Row): number {
    for (;;) {
      const word = this.asm.random(row, this.rng, this.forbid(row));
      this.asm.decode(word);
      // qemu 7.2 leaves the sign of a 16-bit scalar result in bits 31..16.
      if (row.name === 'fcvtzx@is' && this.asm.fields.imm < 32) continue;
      return word;
    }
  }

  /** Registers drift to zero, ones and NaNs: vector sources often get fresh values. */
  private withFreshSources(row: A64Row, word: number): number[] {
    const vector = row.extension !== 'imm' && row.extension !== 'reg' && row.extension !== 'system';
    if (!vector || this.rng.chance(0.5)) return [word];
    this.asm.decode(word);
    const { rn, rm } = this.asm.fields;
    const words = [this.loadVector(rn)];
    if (row.layout.some((o) => o.operand === 'rm')) words.push(this.loadVector(rm & 31));
    return [...words, word];
  }

  private loadVector(rt: number): number {
    return this.asm.word('ldr@quimm', { rt, rn: BASE, imm: 128 + this.rng.below(128) });
  }

  private refresh(): number {
    const { rng, asm } = this;
    if (rng.chance(0.4))
      return asm.word('ldr@uimm', { rt: this.free(), rn: BASE, size: 3, imm: 256 + rng.below(256) });
    return this.loadVector(rng.below(32));
  }

  private systemRegister(): Unit {
    const { rng, asm } = this;
    const register = this.free();
    switch (rng.below(this.fpcr ? 6 : 4)) {
      case 0:
        return { words: [asm.word('mrs', { ...NZCV, rt: register })] };
      case 1:
        return { words: [asm.word('msr', { ...NZCV, rt: this.free() })] };
      case 2:
        return { words: [asm.word('mrs', { ...FPSR, rt: register })] };
      case 3:
        return { words: [asm.word('msr', { ...FPSR, rt: 31 })] };
      case 4:
        return { words: [asm.word('mrs', { ...FPCR, rt: register })] };
      default: {
        const bits = FPCR_FIELDS.filter(() => rng.chance(0.3)).reduce((v, n) => v | (1 << n), 0);
        const words = [
          asm.word('movz', { sf: 1, rd: register, hw: 1, imm: bits >>> 16 }),
          asm.word('msr', { ...FPCR, rt: register }),
        ];
        return { words };
      }
    }
  }

  private indirect(row: A64Row): Unit {
    const register = this.free(30);
    const words = [
      this.asm.word('adr', { rd: register, imm: 4 }),
      this.asm.with(this.random(row), row, { rn: register }) as number,
    ];
    return { words, jump: { word: 0, delta: 1 + this.rng.below(4) } };
  }

  /** `address` = base + a small aligned offset of the area that stores may touch. */
  private point(address: number): number {
    const { rng, asm } = this;
    const imm = rng.below(1024) & (rng.chance(0.9) ? ~15 : -1);
    return asm.word(rng.chance(0.5) ? 'add@imm' : 'sub@imm', { sf: 1, rd: address, rn: BASE, imm });
  }

  private aligned(address: number): number {
    return this.asm.word('add@imm', { sf: 1, rd: address, rn: BASE, imm: this.rng.below(1024) & ~15 });
  }

  private memory(row: A64Row): Unit {
    const { rng, asm } = this;
    const { name } = row;
    for (;;) {
      const word = this.random(row);
      asm.decode(word);
      const { rt, rt2, rs, size, rm, option } = asm.fields;
      const has = (operand: string): boolean => row.layout.some((o) => o.operand === operand);
      if (name.includes('literal')) {
        const placed = asm.with(word, row, { imm: (rng.below(64) - 32) * 4 });
        if (placed !== undefined) return { words: [placed] };
        continue;
      }
      const address = this.free(
        rt,
        has('rt2') ? rt2 : 99,
        has('rs') ? rs : 99,
        has('rs') ? rs + 1 : 99,
        rt + 1,
      );
      // Unpredictable: two loads to one register, a status in the data or address.
      if (has('rt2') && rt === rt2) continue;
      if (has('rs') && /^stl?x/.test(name) && (rs === rt || (has('rt2') && rs === rt2))) continue;
      const change: Values = { rn: address };
      const words: number[] = [];
      if (name.endsWith('uimm')) change.imm = rng.below(1024 >> size);
      // Unaligned acquire and release accesses fault in qemu and are allowed here, as with FEAT_LSE2.
      if (/^(stlur|ldapur)/.test(name)) change.imm = (rng.below(32) - 16) * (1 << size);
      if (name.endsWith('reg') && !name.startsWith('prfm')) {
        const index = this.free(address, rt);
        change.rm = index;
        const negative = (option & 4) !== 0 || option === 3;
        words.push(
          asm.word(negative && rng.chance(0.5) ? 'movn' : 'movz', {
            sf: 1,
            rd: index,
            hw: 0,
            imm: rng.below(64),
          }),
        );
      }
      if (row.extension === 'simdls' && has('rm') && rm === address) continue;
      const strict = /^(ld|st)l?a?x|^cas|^ld(add|clr|eor|set|[su]m)|^swp|^ldap|^lda|^ldlar|^stl/.test(name);
      words.push(strict ? this.aligned(address) : this.point(address));
      const placed = asm.with(word, row, change);
      if (placed === undefined) continue;
      if (/^stl?x/.test(name) && rng.chance(0.8)) {
        const pair = name.includes('xp');
        const load = pair
          ? asm.word('ldxp', { sz: asm.fields.sz, rt: this.free(address, rs, rt, rt2), rt2: 31, rn: address })
          : asm.word('ldxr', { size, rt: this.free(address, rs, rt), rn: address });
        words.push(load);
      }
      words.push(placed);
      return { words };
    }
  }
}
