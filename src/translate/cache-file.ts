/**
 * The frame of the files of the translation cache: little-endian words
 *
 *   magic, format, bytes in all, checksum (2 words), items, length of the text, text (padded to a word), items
 *
 * The text says what the items are good for. A file with another frame, length, checksum or text is no file.
 */

const HEADER_WORDS = 7;
const CHECKSUM = 3;
/** Bytes of text that no honest file comes near. */
const MAX_TEXT = 4096;

export interface FileKind {
  /** First word of the file. */
  readonly magic: number;
  /** Changes when the items do. */
  readonly format: number;
}

/** Words that hold so many bytes. */
export function wordsOf(bytes: number): number {
  return (bytes + 3) >>> 2;
}

/** Over all words behind the checksum, and those before it that vary. */
function checksum(view: Int32Array): [number, number] {
  let a = view[1] as number;
  let b = view[2] as number;
  for (let k = CHECKSUM + 2; k < view.length; k++) {
    const w = view[k] as number;
    a = Math.imul(a ^ w, 0x01000193) ^ (a >>> 15);
    b = (Math.imul(b, 31) + w) | 0;
  }
  return [a | 0, b];
}

/** A file of `items` items; `fill` writes their `size` words, from index `at` on. */
export function writeFile(
  { magic, format }: FileKind,
  text: string,
  items: number,
  size: number,
  fill: (words: Int32Array, at: number) => void,
): Uint8Array {
  const encoded = new TextEncoder().encode(text);
  const start = HEADER_WORDS + wordsOf(encoded.length);
  const words = new Int32Array(start + size);
  const bytes = new Uint8Array(words.buffer);
  words.set([magic, format, bytes.length, 0, 0, items, encoded.length]);
  bytes.set(encoded, HEADER_WORDS * 4);
  fill(words, start);
  words.set(checksum(words), CHECKSUM);
  return bytes;
}

export interface ReadFile {
  readonly text: string;
  /** Items that the file says it has; may be anything. */
  readonly items: number;
  readonly words: Int32Array;
  /** Where in `words` the items start. */
  readonly at: number;
}

/** A file with a good frame, else undefined. The words are the file's own bytes where those are aligned. */
export function readFile(file: Uint8Array, { magic, format }: FileKind): ReadFile | undefined {
  if (file.length < HEADER_WORDS * 4 || (file.length & 3) !== 0) return undefined;
  // Node's buffers need not be aligned.
  const bytes = (file.byteOffset & 3) === 0 ? file : new Uint8Array(file);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
  if (words[0] !== magic || words[1] !== format || words[2] !== bytes.length) return undefined;
  const [a, b] = checksum(words);
  if (words[CHECKSUM] !== a || words[CHECKSUM + 1] !== b) return undefined;
  const items = words[5] as number;
  const length = words[6] as number;
  if (items < 0 || length < 0 || length > MAX_TEXT) return undefined;
  const at = HEADER_WORDS + wordsOf(length);
  if (at > words.length) return undefined;
  const text = new TextDecoder().decode(bytes.subarray(HEADER_WORDS * 4, HEADER_WORDS * 4 + length));
  return { text, items, words, at };
}
