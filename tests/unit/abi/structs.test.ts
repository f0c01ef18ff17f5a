import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ABIS } from '../../../src/abi/abi.js';
import type { DataModel, Layout } from '../../../src/abi/layout.js';
import * as structs from '../../../src/abi/structs/index.js';

// Made by struct-truth.mjs from the cross compilers' view of the kernel headers; see there.
type Truth = Record<string, Record<string, { size: number | null; offsets: Record<string, number> }>>;
const TRUTH = JSON.parse(readFileSync(new URL('struct-truth.json', import.meta.url), 'utf8')) as Truth;

interface AnyDef {
  for(model: DataModel): Pick<Layout<Record<string, never>>, 'size'> & { offset: Record<string, number> };
  fieldsFor(model: DataModel): Record<string, unknown>;
}
const DEFS = structs as unknown as Record<string, AnyDef | undefined>;

/** Offset of `a.b.c`: nested names go through the struct or union the field is made of. */
function offsetOf(def: AnyDef, path: readonly string[], model: DataModel): number {
  const [head = '', ...rest] = path;
  const at = def.for(model).offset[head] ?? NaN;
  if (rest.length === 0) return at;
  const field = def.fieldsFor(model)[head] as { kind: string; fields?: Record<string, unknown> };
  if (field.kind !== 'union') return at + offsetOf(field as unknown as AnyDef, rest, model);
  const [member = '', ...inner] = rest;
  return at + offsetOf(field.fields?.[member] as AnyDef, inner, model);
}

describe.each(ABIS.map((abi) => [abi.name, abi] as const))('%s', (name, abi) => {
  const rows = Object.entries(TRUTH[name] ?? {});

  test('has a recorded truth', () => {
    expect(rows.length).toBeGreaterThan(40);
  });

  test.each(rows)('struct %s', (struct, { size, offsets }) => {
    const def = DEFS[struct];
    if (def === undefined) throw new Error(`no layout called ${struct}`);
    if (size !== null) expect(def.for(abi).size).toBe(size);
    for (const [field, at] of Object.entries(offsets)) {
      expect([field, offsetOf(def, field.split('.'), abi)]).toEqual([field, at]);
    }
  });
});
