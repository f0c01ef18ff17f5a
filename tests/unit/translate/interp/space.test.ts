/** The block table of the interpreter: what leads where. */
import { expect, test } from '@jest/globals';
import { GuestMemory } from '../../../../src/mmap/memory.js';
import { CodePage } from '../../../../src/translate/code-cache.js';
import { H_JUMP } from '../../../../src/translate/interp/handlers.js';
import { RECORD_WORDS } from '../../../../src/translate/interp/layout.js';
import { SpaceInterp } from '../../../../src/translate/interp/space.js';

const HEAT = 50;

test('blocks that come with their page do not hide compiled functions', () => {
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 1024, maximum: 1024 });
  const interp = new SpaceInterp(new GuestMemory(), 8, table, () => undefined);
  const page = new CodePage('f:1');
  const [compiled, cold] = [0x5000, 0x5010];
  for (const pc of [compiled, cold]) {
    const words = new Int32Array(2 * RECORD_WORDS);
    words.set([1, words.length, 0, pc]);
    words[RECORD_WORDS] = H_JUMP;
    page.keep(pc, words, words.length);
  }
  interp.showFunction(compiled, 1);
  interp.placePage(compiled >>> 12, page, HEAT, new Map([[compiled, 1]]));
  expect(interp.leads(compiled)).toBe(true);
  expect(interp.left(compiled)).toBe(-1);
  expect(interp.left(cold)).toBe(HEAT);
  // Without the function its block is there.
  interp.retract(compiled, 1);
  expect(interp.show(compiled)).toBe(true);
  expect(interp.left(compiled)).toBe(HEAT);
});
