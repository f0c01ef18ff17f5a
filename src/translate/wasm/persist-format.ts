/**
 * The file of compiled functions: little-endian words.
 *
 *   magic, format, bytes in all, checksum (2 words), functions, length of the text, text (padded to a word)
 *   per function: entry, pages, calls, bytes of body; pages × {page, hash (2 words)}; calls × {at, kind, target}; body
 *   (padded)
 *
 * The text is the engine's key, a line feed, and the names of called module functions with commas between.
 */
import { isCheck } from './fp-checks.js';
import type { CallSite } from './encoder.js';
import type { PageHash } from '../page-hash.js';
import type { CachedFunction } from './persist.js';

const MAGIC = 0x6e6a6f73; // "sojn"
const FORMAT = 1;
const HEADER_WORDS = 7;
const FUNCTION_WORDS = 4;
const KIND_REGION = 0;
const KIND_CHECK = 1;
/** Bounds that no honest file comes near. */
const MAX_FUNCTIONS = 1 << 16;
const MAX_TEXT = 4096;
/** Bytes of a call's index in a body. */
const INDEX_BYTES = 5;

const words = (bytes: number): number => (bytes + 3) >>> 2;

/** Over all words behind the checksum. */
function checksum(view: Int32Array): [number, number] {
  let a = view[1] as number;
  let b = view[2] as number;
  for (let k = 5; k < view.length; k++) {
    const w = view[k] as number;
    a = Math.imul(a ^ w, 0x01000193) ^ (a >>> 15);
    b = (Math.imul(b, 31) + w) | 0;
  }
  return [a | 0, b];
}

export function encodeFunctions(functions: readonly CachedFunction[], engine: string): Uint8Array {
  const names = [
    ...new Set(functions.flatMap((f) => f.calls.map((c) => c.target).filter((t) => typeof t === 'string'))),
  ];
  const text = new TextEncoder().encode(`${engine}\n${names.join()}`);
  let size = HEADER_WORDS + words(text.length);
  for (const f of functions)
    size += FUNCTION_WORDS + 3 * f.pages.length + 3 * f.calls.length + words(f.body.length);
  const out = new Int32Array(size);
  const bytes = new Uint8Array(out.buffer);
  out.set([MAGIC, FORMAT, size * 4, 0, 0, functions.length, text.length]);
  bytes.set(text, HEADER_WORDS * 4);
  let at = HEADER_WORDS + words(text.length);
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
    at += words(body.length);
  }
  const [a, b] = checksum(out);
  out[3] = a;
  out[4] = b;
  return bytes;
}

/** The functions of a file, or undefined when it is not one that this engine wrote. */
export function decodeFunctions(file: Uint8Array, engine: string): CachedFunction[] | undefined {
  if (file.length < HEADER_WORDS * 4 || (file.length & 3) !== 0) return undefined;
  // Node's buffers need not be aligned.
  const bytes = (file.byteOffset & 3) === 0 ? file : new Uint8Array(file);
  const view = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
  if (view[0] !== MAGIC || view[1] !== FORMAT || view[2] !== bytes.length) return undefined;
  const [a, b] = checksum(view);
  if (view[3] !== a || view[4] !== b) return undefined;
  const count = view[5] as number;
  const length = view[6] as number;
  if (count < 0 || count > MAX_FUNCTIONS || length < 0 || length > MAX_TEXT) return undefined;
  const start = HEADER_WORDS + words(length);
  if (start > view.length) return undefined;
  const text = new TextDecoder().decode(bytes.subarray(HEADER_WORDS * 4, HEADER_WORDS * 4 + length));
  const newline = text.lastIndexOf('\n');
  if (text.slice(0, newline) !== engine) return undefined;
  const names = text.slice(newline + 1).split(',');
  if (names.some((name) => name !== '' && !isCheck(name))) return undefined;
  return decodeList(view, bytes, start, count, names);
}

function decodeList(
  view: Int32Array,
  bytes: Uint8Array,
  start: number,
  count: number,
  names: readonly string[],
): CachedFunction[] | undefined {
  let at = start;
  const next = (): number => view[at++] as number;
  const result: CachedFunction[] = [];
  for (let n = 0; n < count; n++) {
    if (at + FUNCTION_WORDS > view.length) return undefined;
    const entry = next() >>> 0;
    const [pageCount, callCount, length] = [next() >>> 0, next() >>> 0, next() >>> 0];
    if (at + 3 * pageCount + 3 * callCount + words(length) > view.length || pageCount === 0) return undefined;
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
    at += words(length);
    if (pages.some((p) => p.page < 0 || p.page >= 1 << 20)) return undefined;
    result.push({ entry, pages, calls, body });
  }
  return at === view.length ? result : undefined;
}
