/** The interpreter's side of one address space: its block table, and the code of the blocks that are placed there. */
import { PAGE_SHIFT } from '../../mmap/layout.js';
import type { GuestMemory } from '../../mmap/memory.js';
import type { CodePage } from '../code-cache.js';
import { HEAD_PC, JUMP_RING_MASK, NOWHERE, SET_BYTES, coreArea } from './layout.js';
import { interpreterModule } from './program.js';

/** (address of the CPU block, native stack bytes left, pc) → next pc, bit 0 set when its instruction needs a step. */
export type Run = (cpu: number, depth: number, pc: number) => number;

/** The first `used` words of a page's records are at `start`. */
interface PlacedPage {
  readonly page: CodePage;
  readonly start: number;
  readonly used: number;
}

export class SpaceInterp {
  /** Changes when the table does. */
  run: Run;
  private readonly instantiate: (table: WebAssembly.Table) => Run;
  private readonly words: Int32Array;
  /** Address of the head of each block that was placed alone, by pc. */
  private readonly placed = new Map<number, number>();
  /** Every pc that has led to compiled code. */
  private readonly functions = new Set<number>();
  /** What was placed as a whole, by page number. */
  private readonly pages = new Map<number, PlacedPage>();
  private readonly area = coreArea();
  /** Index of the block table's first word. */
  private readonly blocks = this.area.blocks >>> 2;
  private cursor = this.area.code;
  /** Notes of jumps read so far. */
  private noted: number;

  /** `table` is the function table that refs of compiled code index; `closure` runs one by its number. */
  constructor(
    memory: GuestMemory,
    wordSize: 4 | 8,
    table: WebAssembly.Table,
    closure: (cpu: number, index: number) => void,
  ) {
    this.words = memory.i32;
    this.instantiate = (t) => {
      const imports = { e: { m: memory.wasm, t, c: closure } };
      return new WebAssembly.Instance(interpreterModule(wordSize), imports).exports['run'] as unknown as Run;
    };
    this.run = this.instantiate(table);
    memory.dropCode?.();
    memory.dropCode = () => {
      this.clear();
    };
    // A call of a null pointer has to find nothing.
    const zero = this.set(0);
    this.words[zero] = this.words[zero + 2] = NOWHERE;
    this.noted = this.words[this.area.ringCount >>> 2] as number;
  }

  /** Another function table takes the place of the one that refs index; the same functions are in it. */
  useTable(table: WebAssembly.Table): void {
    this.run = this.instantiate(table);
  }

  /** Index of the first word of the set of pc. */
  private set(pc: number): number {
    return this.blocks + ((pc >>> 1) & this.area.blockMask) * (SET_BYTES / 4);
  }

  /** Index of the first word of the entry of pc, -1 when it has none. */
  private entry(pc: number): number {
    const at = this.set(pc);
    if (this.words[at] === (pc | 0)) return at;
    return this.words[at + 2] === (pc | 0) ? at + 2 : -1;
  }

  /** Address of the head of the block placed for pc. */
  private headOf(pc: number): number | undefined {
    const head = this.placed.get(pc);
    if (head !== undefined) return head;
    const placed = this.pages.get(pc >>> PAGE_SHIFT);
    const at = placed?.page.heads.get(pc);
    return placed === undefined || at === undefined || at >= placed.used ? undefined : placed.start + at * 4;
  }

  /** True when the run loop finds pc. */
  leads(pc: number): boolean {
    return this.entry(pc) >= 0;
  }

  /** Leads the run loop to the block placed for pc; false when there is none. */
  show(pc: number): boolean {
    const head = this.headOf(pc);
    if (head === undefined) return false;
    this.words[(head >>> 2) + HEAD_PC] = pc;
    this.lead(pc, head);
    return true;
  }

  /** Leads the run loop to a compiled function. */
  showFunction(pc: number, slot: number): void {
    this.unlink(pc);
    this.lead(pc, (slot << 1) | 1);
  }

  /** Makes links to the block of pc void. */
  private unlink(pc: number): void {
    const head = this.headOf(pc);
    if (head !== undefined) this.words[(head >>> 2) + HEAD_PC] = -1;
  }

  /** Makes the entry of pc; when the set is full, the older one goes. */
  private lead(pc: number, ref: number): void {
    const { words } = this;
    let at = this.entry(pc);
    if (at < 0) {
      at = this.set(pc);
      if (words[at] !== 0 && words[at] !== NOWHERE) {
        words[at + 2] = words[at] as number;
        words[at + 3] = words[at + 1] as number;
      }
    }
    words[at] = pc;
    words[at + 1] = ref;
    if ((ref & 1) !== 0) this.functions.add(pc);
  }

  /** Takes a function out of the table. */
  retract(pc: number, slot: number): void {
    const at = this.entry(pc);
    if (at >= 0 && this.words[at + 1] === ((slot << 1) | 1)) this.words[at] = NOWHERE;
  }

  /**
   * Puts all blocks of the page with that number into memory; they are hot after `heat` entries. Those that `compiled` has
   * are left to their functions.
   */
  placePage(index: number, page: CodePage, heat: number, compiled: ReadonlyMap<number, number>): void {
    if (this.pages.get(index)?.page === page) return;
    if (this.cursor + page.used * 4 > this.area.codeEnd) this.clear();
    const start = this.cursor;
    // Once only, even if there is nothing yet: a block placed twice would have links that are not made void.
    this.pages.set(index, { page, start, used: page.used });
    if (page.headCount === 0) return;
    const { words } = this;
    words.set(page.words.subarray(0, page.used), start >>> 2);
    this.cursor = start + page.used * 4;
    page.eachHead((pc, at) => {
      const head = start + at * 4;
      words[(head >>> 2) + 1] = heat;
      if (compiled.has(pc)) words[(head >>> 2) + HEAD_PC] = -1;
      else this.lead(pc, head);
    });
  }

  /** The page's blocks are not valid any more. */
  forgetPage(index: number): void {
    this.pages.delete(index);
  }

  /** Puts the block of pc, which `page` has, into memory; it is hot after `heat` entries. */
  place(pc: number, page: CodePage, heat: number): void {
    const from = page.heads.get(pc) as number;
    const code = page.words;
    const length = code[from + 1] as number;
    if (this.cursor + length * 4 > this.area.codeEnd) this.clear();
    const head = this.cursor;
    this.cursor = head + length * 4;
    const at = head >>> 2;
    const { words } = this;
    // Most blocks are short: a call of set() would cost more.
    for (let n = 0; n < length; n++) words[at + n] = code[from + n] as number;
    words[at + 1] = heat;
    this.placed.set(pc, head);
    this.lead(pc, head);
  }

  /** Entries until the block of pc is hot, 0 when it is; -1 when pc leads to compiled code or nowhere. */
  left(pc: number): number {
    const at = this.entry(pc);
    if (at >= 0) {
      const ref = this.words[at + 1] as number;
      return (ref & 1) !== 0 ? -1 : (this.words[(ref >>> 2) + 1] as number);
    }
    const head = this.headOf(pc);
    return head === undefined ? -1 : (this.words[(head >>> 2) + 1] as number);
  }

  /** Has the block of pc be hot after `heat` more entries. */
  heat(pc: number, heat: number): void {
    const head = this.headOf(pc);
    if (head !== undefined) this.words[(head >>> 2) + 1] = heat;
  }

  /** The code at pc is not valid any more. */
  forget(pc: number): void {
    this.unlink(pc);
    this.placed.delete(pc);
    this.remove(pc);
  }

  /** Takes pc out of the table. */
  private remove(pc: number): void {
    const at = this.entry(pc);
    if (at >= 0) this.words[at] = NOWHERE;
  }

  /** Empties the table, entry by entry: a process mostly uses a small part of it. */
  private clear(): void {
    for (const pc of this.placed.keys()) this.remove(pc);
    for (const pc of this.functions) this.remove(pc);
    for (const { page } of this.pages.values())
      page.eachHead((pc) => {
        this.remove(pc);
      });
    this.placed.clear();
    this.functions.clear();
    this.pages.clear();
    this.cursor = this.area.code;
  }

  /** Calls f with the block's pc and the target of indirect jumps noted since the last call. */
  jumps(f: (pc: number, target: number) => void): void {
    const { words } = this;
    const ring = this.area.ring >>> 2;
    const count = words[ring - 1] as number;
    const fresh = Math.min((count - this.noted) >>> 0, JUMP_RING_MASK + 1);
    for (let n = 0; n < fresh; n++) {
      const at = ring + ((count - n) & JUMP_RING_MASK) * 2;
      f((words[at] as number) >>> 0, (words[at + 1] as number) >>> 0);
    }
    this.noted = count;
  }
}
