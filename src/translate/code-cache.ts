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
import { HEAD_PC } from './interp/layout.js';
import type { SavedPages } from './interp/saved-pages.js';
import type { SpaceWasm } from './wasm/tier.js';

/** A block of the closure engine. */
export interface Block {
  readonly pc: number;
  readonly endPc: number;
  /** Guest instructions. */
  readonly count: number;
  readonly ops: readonly Closure[];
  readonly end: EndClosure;
}

/** Fills unused table entries, so that a lookup is one comparison. No pc is negative. */
const NO_BLOCK: Block = {
  pc: -1,
  endPc: -1,
  count: 0,
  ops: [],
  end: () => {
    throw new Error('the empty block was entered');
  },
};

/** Targets of an indirect jump that are remembered. */
const MAX_TARGETS = 64;
const NO_WORDS = new Int32Array(0);

export class CodePage {
  readonly key: string;
  /** The closure engine's blocks by pc. */
  readonly blocks = new Map<number, Block>();
  private readonly headMap = new Map<number, number>();
  /** Heads that headMap has not got yet. */
  private adopted: Int32Array = NO_WORDS;
  words: Int32Array = NO_WORDS;
  used = 0;
  private targetSets: Map<number, Set<number>> | undefined;

  constructor(key: string) {
    this.key = key;
  }

  /** The interpreter's blocks: where in `words` the head is, by pc. Word 1 of a head is the length of the block in words. */
  get heads(): Map<number, number> {
    const { adopted } = this;
    if (adopted.length > 0) {
      this.adopted = NO_WORDS;
      for (const at of adopted) this.headMap.set((this.words[at + HEAD_PC] as number) >>> 0, at);
    }
    return this.headMap;
  }

  /** Blocks of the interpreter. */
  get headCount(): number {
    return this.headMap.size + this.adopted.length;
  }

  /** Calls f for each head, without making the map: most blocks of an earlier run are never asked for. */
  eachHead(f: (pc: number, at: number) => void): void {
    for (const at of this.adopted) f((this.words[at + HEAD_PC] as number) >>> 0, at);
    for (const [pc, at] of this.headMap) f(pc, at);
  }

  /** Gives a page without blocks those of an earlier run. */
  adopt(heads: Int32Array, words: Int32Array): void {
    this.words = words;
    this.used = words.length;
    this.adopted = heads;
  }

  /** Where the indirect jump at the end of the block of pc has gone so far (a few of the places). */
  targets(pc: number): ReadonlySet<number> | undefined {
    return this.targetSets?.get(pc);
  }

  noteTarget(pc: number, target: number): void {
    this.targetSets ??= new Map();
    const set = this.targetSets.get(pc);
    if (set === undefined) this.targetSets.set(pc, new Set([target]));
    else if (set.size < MAX_TARGETS) set.add(target);
  }

  /** Keeps a copy of words[0, length) as the block of pc. */
  keep(pc: number, words: Int32Array, length: number): void {
    const at = this.used;
    if (at + length > this.words.length) {
      const more = new Int32Array(Math.max(512, (at + length) * 2));
      more.set(this.words);
      this.words = more;
    }
    const to = this.words;
    for (let n = 0; n < length; n++) to[at + n] = words[n] as number;
    this.used = at + length;
    this.heads.set(pc, at);
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
  /** Blocks of earlier runs. */
  saved: SavedPages | undefined;
  private readonly pages = new Map<number, CodePage>();
  /** Blocks whose last instruction reaches into the next page: never shared, since that page may differ elsewhere. */
  private straddling = new CodePage('');
  /** Their ends, by pc. */
  private readonly ends = new Map<number, number>();
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

  /** The page with the blocks that start in page `index`; from now on it is watched for changes. */
  page(index: number): CodePage {
    return this.pages.get(index) ?? this.attach(index);
  }

  /** Where the block of pc is kept, if there is one. */
  holder(pc: number): CodePage | undefined {
    const page = this.page(pc >>> PAGE_SHIFT);
    if (page.heads.has(pc) || page.blocks.has(pc)) return page;
    return this.ends.has(pc) ? this.straddling : undefined;
  }

  private attach(index: number): CodePage {
    const { key } = this.space.codeKey(index);
    const page = this.store.page(`${key}@${index.toString(16)}`);
    this.pages.set(index, page);
    this.space.markCode(index);
    if (key.startsWith('f:')) this.saved?.attach(index, page, this.space.memory.i32);
    return page;
  }

  /** Where a block of [pc, endPc) is to be kept. */
  home(pc: number, endPc: number): CodePage {
    const last = (endPc - 1) >>> PAGE_SHIFT;
    const page = this.page(pc >>> PAGE_SHIFT);
    if (last === pc >>> PAGE_SHIFT) return page;
    this.page(last);
    this.ends.set(pc, endPc);
    return this.straddling;
  }

  /** Code in pages [first, end) may have changed or gone. */
  invalidate(first: number, end: number): void {
    let hit = false;
    for (const [pc, endPc] of this.ends) {
      if (pc >>> PAGE_SHIFT >= end || (endPc - 1) >>> PAGE_SHIFT < first) continue;
      this.ends.delete(pc);
      this.straddling.heads.delete(pc);
      this.straddling.blocks.delete(pc);
      this.forget(pc);
      hit = true;
    }
    if (end - first < this.pages.size) {
      for (let index = first; index < end; index++) hit = this.detach(index) || hit;
    } else {
      for (const index of [...this.pages.keys()])
        if (index >= first && index < end) hit = this.detach(index) || hit;
    }
    if (!hit) return;
    if (this.ends.size === 0) this.straddling = new CodePage('');
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
    page.eachHead((pc) => {
      this.forget(pc);
    });
    this.wasm?.interp.forgetPage(index);
    // Anonymous content has no other holder once it changed; file pages may be mapped again.
    if (page.key.startsWith('anon')) this.store.drop(page);
    return true;
  }
}
