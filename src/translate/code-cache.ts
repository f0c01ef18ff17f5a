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
  /** As closures; none and a trap when the interpreter runs the block. */
  readonly ops: readonly Closure[];
  readonly end: EndClosure;
  /** As the interpreter's records: words[at, at + length) of `home`. */
  readonly home: CodePage;
  readonly at: number;
  readonly length: number;
  /** Where an indirect jump at the end has gone so far (a few of them); undefined for other ends. */
  readonly targets: Set<number> | undefined;
}

export const NO_OPS: readonly Closure[] = [];
/** The end of a block without closures. */
export const trap = (): number => {
  throw new Error('the empty block was entered');
};
const NO_WORDS = new Int32Array(0);

export class CodePage {
  readonly key: string;
  /** Blocks by pc. */
  readonly blocks = new Map<number, Block>();
  /** Records of blocks that the interpreter runs. */
  words = NO_WORDS;
  private used = 0;

  constructor(key: string) {
    this.key = key;
  }

  /** Keeps a copy of words[0, length); the place of it. */
  keep(words: Int32Array, length: number): number {
    const at = this.used;
    if (at + length > this.words.length) {
      const more = new Int32Array(Math.max(1024, (at + length) * 2));
      more.set(this.words);
      this.words = more;
    }
    const to = this.words;
    for (let n = 0; n < length; n++) to[at + n] = words[n] as number;
    this.used = at + length;
    return at;
  }
}

const NO_PAGE = new CodePage('');

/** A block of closures. */
export function closureBlock(
  pc: number,
  endPc: number,
  count: number,
  ops: readonly Closure[],
  end: EndClosure,
): Block {
  return { pc, endPc, count, ops, end, home: NO_PAGE, at: 0, length: 0, targets: undefined };
}

/** Fills unused table entries, so that a lookup is one comparison. No pc is negative. */
export const NO_BLOCK: Block = closureBlock(-1, -1, 0, NO_OPS, trap);

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
  /** The closure engine's blocks. */
  readonly table: Block[];
  /** Single-instruction blocks, by pc. */
  readonly steps = new Map<number, Block>();
  /** The interpreter and compiled code, when they are on. */
  wasm: SpaceWasm | undefined;
  private readonly pages = new Map<number, CodePage>();
  /** Blocks whose last instruction reaches into the next page: never shared, since that page may differ elsewhere. */
  private readonly straddling = new Map<number, Block>();
  private own = new CodePage('');
  readonly space: AddressSpace;
  private readonly store: TranslationStore;
  /** Pages invalidated so far (statistics). */
  invalidations = 0;

  /** `closures`: blocks are run by the closure engine. */
  constructor(space: AddressSpace, store: TranslationStore, closures: boolean) {
    this.space = space;
    this.store = store;
    this.table = closures ? new Array<Block>(1 << TABLE_BITS).fill(NO_BLOCK) : [];
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

  /** Where a block of [pc, endPc) is to be kept. */
  home(pc: number, endPc: number): CodePage {
    const index = pc >>> PAGE_SHIFT;
    const last = (endPc - 1) >>> PAGE_SHIFT;
    const page = this.pages.get(index) ?? this.attach(index);
    if (last === index) return page;
    if (!this.pages.has(last)) this.attach(last);
    return this.own;
  }

  add(block: Block): void {
    const home = this.home(block.pc, block.endPc);
    (home === this.own ? this.straddling : home.blocks).set(block.pc, block);
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
    if (this.straddling.size === 0) this.own = new CodePage('');
    this.invalidations++;
    this.wasm?.invalidate(first, end);
    this.steps.clear();
  }

  /** Takes a block out of the run loop's table. */
  private forget(pc: number): void {
    if (this.wasm !== undefined) {
      this.wasm.interp.forget(pc);
      return;
    }
    const index = (pc >>> 1) & TABLE_MASK;
    if ((this.table[index] as Block).pc === pc) this.table[index] = NO_BLOCK;
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
}
