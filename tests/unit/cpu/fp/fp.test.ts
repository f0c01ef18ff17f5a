import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Block, Random } from './block.js';
import { check } from './check.js';
import { OPS } from './ops.js';
import { differs, parseVectors } from './vectors.js';

describe('floating point against exact rationals', () => {
  const block = new Block();
  test.each(OPS.map((op) => [op.name, op] as const))('%s', (_name, op) => {
    expect(check(op, block, new Random(20191213), 600)).toBeUndefined();
  });
});

test('floating point against recorded hardware results', () => {
  const vectors = parseVectors(readFileSync(join(import.meta.dirname, 'vectors.txt'), 'utf8'));
  expect(vectors.length).toBeGreaterThan(4000);
  const block = new Block();
  expect(vectors.map((v) => differs(block, v)).filter((d) => d !== undefined)).toEqual([]);
});
