/** Blocks kept between runs: given back for the same bytes only, and nothing in a file can break a run. */
import { describe, expect, test } from '@jest/globals';
import { CodePage } from '../../../../src/translate/code-cache.js';
import {
  FUSED_START,
  H_CLOSURE,
  H_JUMP,
  HANDLER_COUNT,
  opHandler,
} from '../../../../src/translate/interp/handlers.js';
import { RECORD_WORDS } from '../../../../src/translate/interp/layout.js';
import { SavedPages } from '../../../../src/translate/interp/saved-pages.js';
import { OPS } from '../../../../src/translate/ir/ops.js';
import { Rng } from '../../../random/rng.js';

const PAGE = 5;
const ENGINE = 'build 1';
const stats = (): { pagesRead: number; pagesUsed: number; pagesRefused: number } => ({
  pagesRead: 0,
  pagesUsed: 0,
  pagesRefused: 0,
});
/** Memory in which the guest's code of the page is `fill`. */
const memory = (fill: number): Int32Array => new Int32Array(1024 * (PAGE + 1)).fill(fill);

/** A block of one op with the handler, and a jump. */
function block(pc: number, handler: number): Int32Array {
  const words = new Int32Array(3 * RECORD_WORDS);
  words.set([1, words.length, 0, pc]);
  words[RECORD_WORDS] = handler;
  words[2 * RECORD_WORDS] = H_JUMP;
  return words;
}

function pageOf(...blocks: Int32Array[]): CodePage {
  const page = new CodePage('f:1');
  for (const words of blocks) page.keep(words[3] as number, words, words.length);
  return page;
}

const ADD = opHandler(OPS.add64, 0, 0);
const first = PAGE * 4096;

/** The file that a run leaves which filled the page with these blocks. */
function fileOf(...blocks: Int32Array[]): Uint8Array {
  const saved = new SavedPages(undefined, ENGINE, stats());
  saved.attach(PAGE, pageOf(...blocks), memory(7));
  return saved.encode() as Uint8Array;
}

/** The pcs that a run gets from a file. */
function given(file: Uint8Array, fill = 7, engine = ENGINE): number[] {
  const page = new CodePage('f:1');
  new SavedPages(file, engine, stats()).attach(PAGE, page, memory(fill));
  return [...page.heads.keys()];
}

describe('saved pages', () => {
  const file = fileOf(block(first, ADD), block(first + 8, ADD));

  test('come back with the same bytes, and only then', () => {
    expect(given(file)).toEqual([first, first + 8]);
    expect(given(file, 8)).toEqual([]);
    expect(given(file, 7, 'build 2')).toEqual([]);
    const page = new CodePage('f:1');
    new SavedPages(file, ENGINE, stats()).attach(PAGE, page, memory(7));
    const at = page.heads.get(first + 8) as number;
    expect([...page.words.subarray(at, at + 3 * RECORD_WORDS)]).toEqual([...block(first + 8, ADD)]);
  });

  test('leave out blocks that call closures of this process', () => {
    expect(given(fileOf(block(first, H_CLOSURE), block(first + 4, ADD)))).toEqual([first + 4]);
  });

  test('are not written again for nothing', () => {
    const again = new SavedPages(file, ENGINE, stats());
    const page = new CodePage('f:1');
    again.attach(PAGE, page, memory(7));
    expect(again.encode()).toBeUndefined();
    const more = block(first + 16, ADD);
    page.keep(first + 16, more, more.length);
    expect(given(again.encode() as Uint8Array)).toEqual([first, first + 8, first + 16]);
  });

  test.each([
    ['an unknown handler', block(first, HANDLER_COUNT)],
    ['a sequence that is not there', block(first, FUSED_START)],
    ['another page', block(first + 4096, ADD)],
    ['no end', block(first, ADD).fill(ADD, 2 * RECORD_WORDS)],
    ['a length past the end', block(first, ADD).fill(1 << 20, 1, 2)],
    ['a negative length', block(first, ADD).fill(-RECORD_WORDS, 1, 2)],
  ])('refuse a block with %s', (_, words) => {
    // As if such a file had been written: the words are put behind the writer's own tests.
    const good = fileOf(block(first, ADD));
    const view = new Int32Array(good.buffer.slice(0));
    const at = view.length - words.length;
    view.set(words, at);
    let a = view[1] as number;
    let b = view[2] as number;
    for (const w of view.subarray(5)) {
      a = Math.imul(a ^ w, 0x01000193) ^ (a >>> 15);
      b = (Math.imul(b, 31) + w) | 0;
    }
    view[3] = a;
    view[4] = b;
    expect(given(new Uint8Array(good))).toEqual([first]);
    expect(given(new Uint8Array(view.buffer))).toEqual([]);
  });

  test('survive damage at any place', () => {
    const rng = new Rng(11);
    for (let n = 0; n < 2000; n++) {
      const bad = file.slice(0, rng.chance(0.2) ? rng.below(file.length) : file.length);
      const at = rng.below(Math.max(1, bad.length));
      if (bad.length === file.length) bad[at] = (bad[at] as number) ^ (1 + rng.below(255));
      expect(given(bad)).toEqual([]);
    }
  });
});
