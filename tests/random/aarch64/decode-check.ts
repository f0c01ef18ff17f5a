/**
 * Compares which words are instructions, and with what operands, with capstone; built and started by scripts/soak.mjs.
 *
 *   npm run soak -- --isa aarch64 --decode [--words N] [--seed N]
 *
 * Prints the differences by line or mnemonic; exit status 1 when there is one that decode-exceptions.ts does not explain.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { a64Model } from '../../../src/translate/isa/aarch64/model.js';
import type { A64Model } from '../../../src/translate/isa/aarch64/model.js';
import { Rng } from '../rng.js';
import { A64Assembler } from './assembler.js';
import { loadArmTexts } from '../../../src/debug/capstone.js';
import { compareWord, drawer } from './decode-exceptions.js';

const { values } = parseArgs({
  strict: false,
  options: { words: { type: 'string', default: '300000' }, seed: { type: 'string', default: '1' } },
});
const asm = new A64Assembler(a64Model('max') as A64Model);
const text = (await loadArmTexts()).aarch64;
const draw = drawer(asm, new Rng(Number(values['seed'])));
const found = new Map<string, { count: number; example: string }>();
const count = Number(values['words']);
let valid = 0;
for (let n = 0; n < count; n++) {
  const word = draw();
  if (asm.decode(word) !== undefined) valid++;
  const difference = compareWord(asm, text, word);
  if (difference === undefined) continue;
  const entry = found.get(difference.kind);
  if (entry === undefined) found.set(difference.kind, { count: 1, example: difference.example });
  else entry.count++;
}
for (const [kind, entry] of [...found].sort((a, b) => b[1].count - a[1].count))
  console.log(`${entry.count.toString().padStart(7)} ${kind}   ${entry.example}`);
console.log(`${count} words, ${valid} instructions, ${found.size} kinds of difference`);
process.exitCode = found.size === 0 ? 0 : 1;
