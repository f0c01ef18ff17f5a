/**
 * The file of compiled functions, in the frame of cache-file.ts. An item is a function:
 *
 *   entry, pages, calls, bytes of body; pages × {page, hash (2 words)}; calls × {at, kind, target}; body (padded)
 *
 * The text is the engine's key, a line feed, and the names of called module functions with commas between.
 */
import { readFile, wordsOf, writeFile } from '../cache-file.js';
import type { FileKind, ReadFile } from '../cache-file.js';
import { isCheck } from './fp-checks.js';
import type { CallSite } from './encoder.js';
import type { PageHash } from '../page-hash.js';
import type { CachedFunction } from './persist.js';

const KIND: FileKind = { magic: 0x6e6a6f73 /* "sojn" */, format: 1 };
const FUNCTION_WORDS = 4;
const KIND_REGION = 0;
const KIND_CHECK = 1;
/** A bound that no honest file comes near. */
const MAX_FUNCTIONS = 1 << 16;
/** Bytes of a call's index in a body. */
const INDEX_BYTES = 5;

export function encodeFunctions(functions: readonly CachedFunction[], engine: string): Uint8Array {
  const names = [
    ...new Set(functions.flatMap((f) => f.calls.map((c) => c.target).filter((t) => typeof t === 'string'))),
  ];
  let size = 0;
  for (const f of functions)
    size += FUNCTION_WORDS + 3 * f.pages.length + 3 * f.calls.length + wordsOf(f.body.length);
  return writeFile(KIND, `${engine}\n${names.join()}`, functions.length, size, (out, start) => {
    const bytes = new Uint8Array(out.buffer);
    let at = start;
    const put = (v: number): void => {
      out[at++] = v;
    };
    for (const { entry, pages, calls, body } of functions) {
      for (const v of [entry, pages.length, calls.length, body.length]) put(v);
      for (const p of pages) for (const v of [p.page, p.low, p.high]) put(v);
      for (const { at: place, target } of calls) {
        put(place);
        put(typeof target === 'number' ? KIND_REGION : KIND_CHECK);
        put(typeof target === 'number' ? target : names.indexOf(target));
      }
      bytes.set(body, at * 4);
      at += wordsOf(body.length);
    }
  });
}

/** The functions of a file, or undefined when it is not one that this engine wrote. */
export function decodeFunctions(file: Uint8Array, engine: string): CachedFunction[] | undefined {
  const read = readFile(file, KIND);
  if (read === undefined || read.items > MAX_FUNCTIONS) return undefined;
  const { text } = read;
  const newline = text.lastIndexOf('\n');
  if (text.slice(0, newline) !== engine) return undefined;
  const names = text.slice(newline + 1).split(',');
  if (names.some((name) => name !== '' && !isCheck(name))) return undefined;
  return decodeList(read, names);
}

function decodeList(read: ReadFile, names: readonly string[]): CachedFunction[] | undefined {
  const { words: view, items } = read;
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  let { at } = read;
  const next = (): number => view[at++] as number;
  const result: CachedFunction[] = [];
  for (let n = 0; n < items; n++) {
    if (at + FUNCTION_WORDS > view.length) return undefined;
    const entry = next() >>> 0;
    const [pageCount, callCount, length] = [next() >>> 0, next() >>> 0, next() >>> 0];
    if (at + 3 * pageCount + 3 * callCount + wordsOf(length) > view.length || pageCount === 0)
      return undefined;
    const pages: PageHash[] = [];
    for (let k = 0; k < pageCount; k++) pages.push({ page: next(), low: next(), high: next() });
    const calls: CallSite[] = [];
    for (let k = 0; k < callCount; k++) {
      const place = next() >>> 0;
      const kind = next();
      const value = next() >>> 0;
      const target = kind === KIND_REGION ? value : names[value];
      if (place + INDEX_BYTES > length || target === undefined || target === '') return undefined;
      calls.push({ at: place, target });
    }
    // A copy: linking writes to it, and the file's buffer shall not live on for one function.
    const body = new Uint8Array(bytes.subarray(at * 4, at * 4 + length));
    at += wordsOf(length);
    if (pages.some((p) => p.page < 0 || p.page >= 1 << 20)) return undefined;
    result.push({ entry, pages, calls, body });
  }
  return at === view.length ? result : undefined;
}
