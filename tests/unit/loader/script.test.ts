import { describe, expect, test } from '@jest/globals';
import { HEAD_SIZE, parseScriptLine } from '../../../src/loader/script.js';

describe('#! lines', () => {
  test.each([
    ['#!/bin/sh\n', '/bin/sh', undefined],
    ['#!/bin/sh', '/bin/sh', undefined],
    ['#! \t/bin/sh  \n', '/bin/sh', undefined],
    ['#!/usr/bin/env python3 -u\nrest', '/usr/bin/env', 'python3 -u'],
    ['#!/bin/sh \t -e  -x \t\nrest', '/bin/sh', '-e  -x'],
    ['#!sh\n', 'sh', undefined],
    ['#!/bin/sh\r\n', '/bin/sh\r', undefined],
    ['#!/bin/sh\0junk\n', '/bin/sh', undefined],
    // An argument may be cut off at 255 bytes, a path may not.
    [`#!/bin/sh ${'a'.repeat(300)}`.slice(0, HEAD_SIZE), '/bin/sh', 'a'.repeat(245)],
  ])('%j', (line, interpreter, argument) => {
    expect(parseScriptLine(line)).toEqual({ interpreter, argument });
  });

  test.each(['#!\n', '#!   \n', '#!', `#!/${'x'.repeat(254)}`])('%j names no interpreter', (line) => {
    expect(() => parseScriptLine(line)).toThrow(/#!/);
  });
});
