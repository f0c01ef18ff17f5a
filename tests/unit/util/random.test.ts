import { expect, test } from '@jest/globals';
import { seededRandom } from '../../../src/util/random.js';

function bytes(seed: number, length: number): number[] {
  const target = new Uint8Array(length);
  seededRandom(seed)(target);
  return [...target];
}

test('a seed decides all bytes', () => {
  expect(bytes(7, 1000)).toEqual(bytes(7, 1000));
  expect(bytes(7, 13)).toEqual(bytes(7, 1000).slice(0, 13));
  for (const other of [0, 8, 7 + 2 ** 32, 2 ** 53 - 1]) expect(bytes(other, 16)).not.toEqual(bytes(7, 16));
});

test('the stream goes on', () => {
  const source = seededRandom(1);
  const [first, second] = [new Uint8Array(16), new Uint8Array(16)];
  source(first);
  source(second);
  expect(second).not.toEqual(first);
});

test('every byte value comes about equally often', () => {
  const counts = new Array<number>(256).fill(0);
  for (const b of bytes(0, 256 * 400)) counts[b] = (counts[b] as number) + 1;
  expect(Math.min(...counts)).toBeGreaterThan(300);
  expect(Math.max(...counts)).toBeLessThan(500);
});
