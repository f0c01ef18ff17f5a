/**
 * What is known about pages with translated code: which 64-byte lines hold code, how often the page was written
 * since, and the generation of its bytes, which names them in keys of translations.
 */
import { PAGE_SIZE } from './layout.js';

/** After so many invalidations by writes, a page goes over to watching each write (PAGE_THRASH). */
export const THRASH_LIMIT = 64;

const LINE_SHIFT = 6;
const LINES = PAGE_SIZE >> LINE_SHIFT;

interface CodePage {
  /** Names the bytes: changes with them; 0 when nobody has asked yet. */
  generation: number;
  writes: number;
  /** One entry per line: non-zero when code was translated from it. */
  readonly lines: Uint8Array;
}

/** Generations are unique in the whole emulator, so that keys are too. */
let lastGeneration = 0;

export class CodePages {
  readonly #pages = new Map<number, CodePage>();

  #page(page: number): CodePage {
    let entry = this.#pages.get(page);
    if (entry === undefined) {
      entry = { generation: 0, writes: 0, lines: new Uint8Array(LINES) };
      this.#pages.set(page, entry);
    }
    return entry;
  }

  /** Bytes [first, end) of the page were translated. */
  mark(page: number, first: number, end: number): void {
    this.#page(page).lines.fill(1, first >> LINE_SHIFT, ((end - 1) >> LINE_SHIFT) + 1);
  }

  /** Whether code was translated from any of the lines of bytes [first, end). */
  covers(page: number, first: number, end: number): boolean {
    const lines = this.#pages.get(page)?.lines;
    return lines?.subarray(first >> LINE_SHIFT, ((end - 1) >> LINE_SHIFT) + 1).includes(1) ?? false;
  }

  /** A write hit the page; true when that has happened too often. */
  countWrite(page: number): boolean {
    return ++this.#page(page).writes > THRASH_LIMIT;
  }

  /** The bytes of the page changed. */
  renew(page: number): void {
    const entry = this.#pages.get(page);
    if (entry === undefined) return;
    entry.generation = 0;
    entry.lines.fill(0);
  }

  generation(page: number): number {
    const entry = this.#page(page);
    if (entry.generation === 0) entry.generation = ++lastGeneration;
    return entry.generation;
  }

  delete(page: number): void {
    this.#pages.delete(page);
  }

  /** For fork: a page with the same bytes keeps their name. */
  copyFrom(other: CodePages, page: number): void {
    const entry = other.#pages.get(page);
    if (entry !== undefined) this.#pages.set(page, { ...entry, lines: entry.lines.slice() });
  }
}
