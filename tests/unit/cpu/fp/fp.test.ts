import { describe, expect, test } from '@jest/globals';
import { Block, Random } from './block.js';
import { check } from './check.js';
import { OPS } from './ops.js';

describe('floating point against exact rationals', () => {
  const block = new Block();
  test.each(OPS.map((op) => [op.name, op] as const))('%s', (_name, op) => {
    expect(check(op, block, new Random(20191213), 600)).toBeUndefined();
  });
});
