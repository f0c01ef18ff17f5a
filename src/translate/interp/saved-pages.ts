/**
 * Records of a program's code pages, kept in a file between runs: a run that finds a page with the same bytes at the same
 * address has its blocks without translating them.
 *
 * The file has the frame of cache-file.ts, with the engine's key as text. An item is a page:
 *   page number, hash (2 words), blocks, words of records; blocks × offset of the head; records
 * Word 1 of a head is the length of the block in words. Nothing in a file is trusted: see `isSound`.
 */
import { readFile, writeFile } from '../cache-file.js';
import type { FileKind } from '../cache-file.js';
import { hashPage } from '../page-hash.js';
import type { PageHash } from '../page-hash.js';
import type { CodePage } from '../code-cache.js';
import { COMMON_END, FUSED_START, H_CLOSURE, H_SHUFFLE, HANDLER_COUNT, isEnd, partsOf } from './handlers.js';
import { HEAD_PC, RECORD_WORDS } from './layout.js';

const KIND: FileKind = { magic: 0x706a6f73 /* "sojp" */, format: 1 };
const PAGE_WORDS = 5;
/** Words of all records of a file; a program larger than that keeps what came first. */
const MAX_WORDS = 12 << 20;
/** A file is written anew when this share of it is new. */
const WORTHWHILE = 1 / 16;

/** Pages in files, used, and refused because the code differs. */
export interface SavedPagesStats {
  pagesRead: number;
  pagesUsed: number;
  pagesRefused: number;
}

interface SavedPage extends PageHash {
  readonly heads: Int32Array;
  readonly words: Int32Array;
}

/** True when the block at `head` consists of handlers that every process has, and ends. */
function isPortable(words: Int32Array, head: number): boolean {
  const end = head + (words[head + 1] as number);
  if (end > words.length) return false;
  let at = head + RECORD_WORDS;
  while (at < end) {
    const handler = (words[at] as number) & 0xffff;
    if (handler === H_CLOSURE || handler >= HANDLER_COUNT || !isSequence(words, at, handler)) return false;
    at += handler === H_SHUFFLE ? 2 * RECORD_WORDS : RECORD_WORDS;
    if (isEnd(handler)) return at === end;
  }
  return false;
}

/** True unless the handler stands for a sequence that is not there. */
function isSequence(words: Int32Array, at: number, handler: number): boolean {
  if (handler < FUSED_START || handler >= COMMON_END) return true;
  return partsOf(handler).every(
    (part, n) => n === 0 || ((words[at + n * RECORD_WORDS] as number) & 0xffff) === part,
  );
}

/** True when every block starts in the page and is one. */
function isSound({ page, heads, words }: SavedPage): boolean {
  for (const head of heads) {
    if (head < 0 || head + RECORD_WORDS > words.length) return false;
    if ((words[head + HEAD_PC] as number) >>> 12 !== page || !isPortable(words, head)) return false;
  }
  return true;
}

export class SavedPages {
  /** Pages of the file. */
  private readonly saved = new Map<number, SavedPage>();
  /** Pages of this run, with the hash of what they were made from. */
  private readonly pages = new Map<number, { hash: PageHash; page: CodePage }>();
  private readonly engine: string;
  private loadedWords = 0;
  private readonly stats: SavedPagesStats;

  /** `file` is what `encode` gave in an earlier run. */
  constructor(file: Uint8Array | undefined, engine: string, stats: SavedPagesStats) {
    this.engine = engine;
    this.stats = stats;
    if (file !== undefined) this.decode(file);
  }

  /** A page got its CodePage: gives it the blocks of the file if its bytes are the same. */
  attach(index: number, page: CodePage, words: Int32Array): void {
    if (this.pages.has(index)) return;
    const hash = hashPage(words, index);
    this.pages.set(index, { hash, page });
    const saved = this.saved.get(index);
    if (saved === undefined || page.headCount > 0) return;
    if (saved.low !== hash.low || saved.high !== hash.high || !isSound(saved)) {
      this.stats.pagesRefused++;
      return;
    }
    page.adopt(saved.heads, saved.words);
    this.stats.pagesUsed++;
  }

  /** The file to save, undefined when it would hardly differ from the one that was read. */
  encode(): Uint8Array | undefined {
    let grown = 0;
    for (const [index, { page }] of this.pages)
      grown += page.used - (this.saved.get(index)?.words.length ?? 0);
    if (grown <= this.loadedWords * WORTHWHILE) return undefined;
    const list: SavedPage[] = [];
    let size = 0;
    for (const [index, { hash, page }] of this.pages) {
      const { heads, words } = portable(page);
      if (heads.length === 0 || size + words.length > MAX_WORDS) continue;
      list.push({ ...hash, page: index, heads, words });
      size += words.length;
    }
    for (const [index, page] of this.saved)
      if (!this.pages.has(index) && size + page.words.length <= MAX_WORDS) {
        list.push(page);
        size += page.words.length;
      }
    return write(list, this.engine);
  }

  private decode(file: Uint8Array): void {
    const read = readFile(file, KIND);
    if (read?.text !== this.engine) return;
    const { words: view, items } = read;
    let { at } = read;
    for (let n = 0; n < items; n++) {
      if (at + PAGE_WORDS > view.length) return;
      const [page, low, high, heads, words] = view.subarray(at, at + PAGE_WORDS) as unknown as [
        number,
        number,
        number,
        number,
        number,
      ];
      at += PAGE_WORDS;
      if (heads < 0 || words < 0 || at + heads + words > view.length) return;
      this.saved.set(page, {
        page,
        low,
        high,
        heads: view.subarray(at, at + heads),
        words: view.subarray(at + heads, at + heads + words),
      });
      at += heads + words;
      this.loadedWords += words;
      this.stats.pagesRead++;
    }
  }
}

/** The blocks of a page but those that call closures, which exist in one process only. */
function portable(page: CodePage): { heads: Int32Array; words: Int32Array } {
  const { words } = page;
  const all = [...page.heads.values()];
  const heads = all.filter((head) => isPortable(words, head));
  if (heads.length === all.length)
    return { heads: Int32Array.from(heads), words: words.subarray(0, page.used) };
  const size = heads.reduce((sum, head) => sum + (words[head + 1] as number), 0);
  const copy = new Int32Array(size);
  let at = 0;
  const moved = heads.map((head) => {
    const to = at;
    copy.set(words.subarray(head, head + (words[head + 1] as number)), to);
    at += words[head + 1] as number;
    return to;
  });
  return { heads: Int32Array.from(moved), words: copy };
}

function write(pages: readonly SavedPage[], engine: string): Uint8Array {
  let size = 0;
  for (const p of pages) size += PAGE_WORDS + p.heads.length + p.words.length;
  return writeFile(KIND, engine, pages.length, size, (out, start) => {
    let at = start;
    for (const { page, low, high, heads, words } of pages) {
      out.set([page, low, high, heads.length, words.length], at);
      out.set(heads, at + PAGE_WORDS);
      out.set(words, at + PAGE_WORDS + heads.length);
      at += PAGE_WORDS + heads.length + words.length;
    }
  });
}
