/**
 * Which translated block stands for which pc.
 *
 * A CodePage holds the blocks of one code page *content at one address*; it is found by the page's backing key, so that
 * processes which map the same file at the same place share translations. A SpaceCode says which CodePage is mapped
 * where in one address space and has the direct-mapped table the run loop looks into. Mapping changes and writes to
 * code arrive through AddressSpace.onCodeInvalid and only touch the SpaceCode (and, for memory that nothing else can
 * show again, the CodePage).
 */
import type { AddressSpace } from '../mmap/space.js';
import { PAGE_SHIFT } from '../mmap/layout.js';
import type { Closure, EndClosure } from './closures/evaluators.gen.js';
import type { SpaceWasm } from './wasm/tier.js';

export interface Block {
  readonly pc: number;
  readonly endPc: number;
  /** Guest instructions. */
  readonly count: number;
  readonly ops: readonly Closure[];
  readonly end: EndClosure;
  /** Times entered while cold; drives tiering. */
  heat: number;
  /** Where an indirect jump at the end has gone so far (a few of them); undefined for other ends. */
  readonly targets: Set<number> | undefined;
}

const trap = (): number => {
  throw new Error('the empty block was entered');
};

/** Fills unused table entries, so that a lookup is one comparison. No pc is negative. */
export const NO_BLOCK: Block = {
  pc: -1,
  endPc: -1,
  count: 0,
  ops: [],
  end: trap,
  heat: 0,
  targets: undefined,
};

export class CodePage {
  readonly key: string;
  /** Blocks by (pc & 4095) >> 1. */
  readonly blocks = new Map<number, Block>();
  constructor(key: string) {
    this.key = key;
  }
}

/** Translations by page content and address, for the whole emulator. */
export class TranslationStore {
  private readonly pages = new Map<string, CodePage>();

  page(key: string): CodePage {
    let page = this.pages.get(key);
    if (page === undefined) {
      page = new CodePage(key);
      this.pages.set(key, page);
    }
    return page;
  }

  drop(page: CodePage): void {
    page.blocks.clear();
    this.pages.delete(page.key);
  }

  clear(): void {
    this.pages.clear();
  }

  /** Pages with translations. */
  get size(): number {
    return this.pages.size;
  }
}

export const TABLE_BITS = 16;
export const TABLE_MASK = (1 << TABLE_BITS) - 1;

export class SpaceCode {
  readonly table: Block[] = new Array<Block>(1 << TABLE_BITS).fill(NO_BLOCK);
  /** Function-table slots of the compiled entries of `table`, 0 where there is none. */
  readonly functions = new Int32Array(1 << TABLE_BITS);
  /** Single-instruction blocks, by pc. */
  readonly steps = new Map<number, Block>();
  /** Compiled code, when the Wasm engine is on. */
  wasm: SpaceWasm | undefined;
  private readonly pages = new Map<number, CodePage>();
  /**
   * Blocks whose last instruction reaches into the next page: never shared, since that page may differ elsewhere. And
   * those that stand for compiled code.
   */
  private readonly straddling = new Map<number, Block>();
  readonly space: AddressSpace;
  private readonly store: TranslationStore;
  /** Pages invalidated so far (statistics). */
  invalidations = 0;

  constructor(space: AddressSpace, store: TranslationStore) {
    this.space = space;
    this.store = store;
  }

  find(pc: number): Block | undefined {
    const block = this.pages.get(pc >>> PAGE_SHIFT)?.blocks.get(pc) ?? this.straddling.get(pc);
    if (block === undefined) {
      const page = this.pages.get(pc >>> PAGE_SHIFT);
      if (page !== undefined) return undefined;
      return this.attach(pc >>> PAGE_SHIFT).blocks.get(pc);
    }
    return block;
  }

  private attach(index: number): CodePage {
    const page = this.store.page(`${this.space.codeKey(index).key}@${index.toString(16)}`);
    this.pages.set(index, page);
    this.space.markCode(index);
    return page;
  }

  add(block: Block): void {
    const index = block.pc >>> PAGE_SHIFT;
    const last = (block.endPc - 1) >>> PAGE_SHIFT;
    const page = this.pages.get(index) ?? this.attach(index);
    if (last === index) {
      page.blocks.set(block.pc, block);
      return;
    }
    this.straddling.set(block.pc, block);
    if (!this.pages.has(last)) this.attach(last);
  }

  /** Adds a block that is for this space alone. */
  addOwn(block: Block): void {
    this.straddling.set(block.pc, block);
  }

  removeOwn(pc: number): void {
    this.straddling.delete(pc);
  }

  /** Code in pages [first, end) may have changed or gone. */
  invalidate(first: number, end: number): void {
    let hit = false;
    for (const [pc, block] of this.straddling) {
      if (block.pc >>> PAGE_SHIFT < end && (block.endPc - 1) >>> PAGE_SHIFT >= first) {
        this.straddling.delete(pc);
        this.forget(pc);
        hit = true;
      }
    }
    if (end - first < this.pages.size) {
      for (let index = first; index < end; index++) hit = this.detach(index) || hit;
    } else {
      for (const index of [...this.pages.keys()])
        if (index >= first && index < end) hit = this.detach(index) || hit;
    }
    if (!hit) return;
    this.invalidations++;
    this.wasm?.invalidate(first, end);
    this.steps.clear();
  }

  /** Takes a block out of the run loop's table. */
  private forget(pc: number): void {
    const index = (pc >>> 1) & TABLE_MASK;
    if ((this.table[index] as Block).pc !== pc) return;
    this.table[index] = NO_BLOCK;
    this.functions[index] = 0;
  }

  private detach(index: number): boolean {
    const page = this.pages.get(index);
    if (page === undefined) return false;
    this.pages.delete(index);
    for (const pc of page.blocks.keys()) this.forget(pc);
    // Anonymous content has no other holder once it changed; file pages may be mapped again.
    if (page.key.startsWith('anon')) this.store.drop(page);
    return true;
  }

  clear(): void {
    this.pages.clear();
    this.straddling.clear();
    this.steps.clear();
    this.table.fill(NO_BLOCK);
    this.functions.fill(0);
  }
}
