/**
 * The 4 GiB that one address space lives in, and a pool that recycles them.
 *
 * The memory is shared (Workers see the same bytes), reserved by the host and touched lazily: making one costs
 * some 20 µs and no memory. V8 has no way to give touched pages back, so the memory remembers which pages may hold
 * something other than zeros (PAGE_USED in the state table); they are cleaned when they are needed again.
 */
import { GUEST_END_PAGE, PAGE_COUNT, PAGE_SHIFT, PERM_TABLE, STATE_TABLE } from './layout.js';
import { PAGE_USED } from './page-state.js';

const WASM_PAGES = 65536;
/** Pages per chunk (1 MiB): the granularity at which untouched stretches are skipped. */
export const CHUNK_SHIFT = 8;
export const CHUNK_PAGES = 1 << CHUNK_SHIFT;
export const CHUNK_COUNT = PAGE_COUNT >> CHUNK_SHIFT;

export class GuestMemory {
  readonly wasm: WebAssembly.Memory;
  readonly buffer: SharedArrayBuffer;
  readonly u8: Uint8Array;
  readonly i8: Int8Array;
  readonly u16: Uint16Array;
  readonly i16: Int16Array;
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly view: DataView;
  /** Permission table: fast rights of every page. */
  readonly perm: Uint8Array;
  /** Page-state table, PAGE_* bits of every page; only src/mmap writes it. */
  readonly state: Uint8Array;
  /** Takes out what translated code left in our own area; set by whoever put it there. */
  dropCode: (() => void) | undefined;
  /** Per chunk: non-zero when a page of it was ever made present in this memory. Only src/mmap writes it. */
  readonly usedChunks = new Uint8Array(CHUNK_COUNT);

  /** Wraps an existing 4 GiB shared memory (a Worker's view of it), or makes one; RangeError when the host has no room. */
  constructor(wasm?: WebAssembly.Memory) {
    this.wasm = wasm ?? new WebAssembly.Memory({ initial: WASM_PAGES, maximum: WASM_PAGES, shared: true });
    const buffer = this.wasm.buffer as SharedArrayBuffer;
    this.buffer = buffer;
    this.u8 = new Uint8Array(buffer);
    this.i8 = new Int8Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.i16 = new Int16Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.view = new DataView(buffer);
    this.perm = new Uint8Array(buffer, PERM_TABLE, PAGE_COUNT);
    this.state = new Uint8Array(buffer, STATE_TABLE, PAGE_COUNT);
  }

  /** Fills pages [first, end) with zeros. (Filling doubles takes a quarter of the time that filling bytes does.) */
  zeroPages(first: number, end: number): void {
    this.f64.fill(0, first << (PAGE_SHIFT - 3), end << (PAGE_SHIFT - 3));
  }

  /**
   * Makes every guest page unmapped and not present, as in a new memory, without cleaning page contents: pages keep
   * PAGE_USED and are zeroed when next needed. Our own area above GUEST_END is left alone except for the two tables;
   * whoever takes a CPU block initialises it.
   */
  reset(): void {
    for (let chunk = 0; chunk < GUEST_END_PAGE >> CHUNK_SHIFT; chunk++) {
      if (this.usedChunks[chunk] === 0) continue;
      const first = chunk << CHUNK_SHIFT;
      this.perm.fill(0, first, first + CHUNK_PAGES);
      for (let page = first; page < first + CHUNK_PAGES; page++) {
        this.state[page] = (this.state[page] as number) & PAGE_USED;
      }
    }
  }

  /** Bytes of guest pages that the host holds memory for (pages ever used). */
  get usedBytes(): number {
    let pages = 0;
    for (let chunk = 0; chunk < GUEST_END_PAGE >> CHUNK_SHIFT; chunk++) {
      if (this.usedChunks[chunk] === 0) continue;
      const first = chunk << CHUNK_SHIFT;
      for (let page = first; page < first + CHUNK_PAGES; page++) {
        if (((this.state[page] as number) & PAGE_USED) !== 0) pages++;
      }
    }
    return pages * (1 << PAGE_SHIFT);
  }
}

/**
 * Hands out memories and takes them back. Memories that have become large are dropped instead of kept, since their
 * pages cannot be given back to the host otherwise.
 */
export class MemoryPool {
  readonly #free: GuestMemory[] = [];
  readonly #keep: number;
  readonly #maxBytes: number;

  /** Keeps at most `keep` memories of at most `maxBytes` used guest bytes each. */
  constructor(keep = 16, maxBytes = 64 << 20) {
    this.#keep = keep;
    this.#maxBytes = maxBytes;
  }

  /** A memory with nothing mapped. RangeError when the host cannot reserve another 4 GiB. */
  take(): GuestMemory {
    return this.#free.pop() ?? new GuestMemory();
  }

  /** Takes back a memory that no task, engine or Worker refers to any more. */
  give(memory: GuestMemory): void {
    if (this.#free.length >= this.#keep || memory.usedBytes > this.#maxBytes) return;
    memory.reset();
    this.#free.push(memory);
  }
}
