/**
 * Proofs about a decode table, run by tests: a line cannot hide another by accident, every operand bit is used once, every
 * line has an action. (That every bit is fixed or in a field holds by construction: Row throws when widths do not add up.)
 */
import type { Decoder } from './decoder.js';
import type { OperandLayout, Row } from './row.js';

/** The operand's value if `mask` fixes all its bits to those of `value`, else undefined. */
function fixedOperand(o: OperandLayout, mask: number, value: number): number | undefined {
  let v = 0;
  for (const { from, width, to } of o.slices) {
    const ones = width === 32 ? -1 : (1 << width) - 1;
    if (((mask >>> from) & ones) !== ones) return undefined;
    v |= ((value >>> from) & ones) << to;
  }
  if (o.signBit >= 0) v = (v << (31 - o.signBit)) >> (31 - o.signBit);
  return (v << o.shift) + o.plus;
}

function excludes<T>(row: Row<T>, mask: number, value: number): boolean {
  return row.layout.some((o) => {
    if (o.not.length === 0 && o.below === 0) return false;
    const v = fixedOperand(o, mask, value);
    return v !== undefined && (o.not.includes(v) || (o.below > 0 && v >>> 0 >= o.below));
  });
}

/** True when some word may match both lines. */
export function overlaps<T>(a: Row<T>, b: Row<T>): boolean {
  if (((a.value ^ b.value) & a.mask & b.mask) !== 0) return false;
  const mask = a.mask | b.mask;
  const value = a.value | b.value;
  return !excludes(a, mask, value) && !excludes(b, mask, value);
}

function declaredOver<T>(a: Row<T>, b: Row<T>): boolean {
  return a.spec.over?.split(' ').includes(b.name) ?? false;
}

/** Complaints about the table; empty when it is sound. */
export function checkTable<T>(decoder: Decoder<T>): string[] {
  const problems: string[] = [];
  const { rows } = decoder;
  rows.forEach((a, i) => {
    if (a.action === undefined) problems.push(`${a.name}: no translator`);
    const seen = new Map<string, number>();
    for (const o of a.layout) {
      for (const { to, width } of o.slices) {
        const bits = (width === 32 ? -1 : (1 << width) - 1) << to;
        if (((seen.get(o.operand) ?? 0) & bits) !== 0)
          problems.push(`${a.name}: bits of ${o.operand} given twice`);
        seen.set(o.operand, (seen.get(o.operand) ?? 0) | bits);
      }
      if (o.slices.length === 0 && seen.has(o.operand))
        problems.push(`${a.name}: ${o.operand} is both read and set`);
      const bits = seen.get(o.operand) ?? 0;
      const lowest = bits & -bits;
      if (((bits + lowest) & bits) !== 0) problems.push(`${a.name}: bits of ${o.operand} have a gap`);
    }
    for (const name of a.spec.over?.split(' ') ?? []) {
      const other = rows.find((row) => row.name === name);
      if (other !== undefined && !overlaps(a, other)) problems.push(`${a.name}: never overlaps ${name}`);
    }
    for (const b of rows.slice(i + 1)) {
      // `a` is tried first.
      if (!overlaps(a, b) || declaredOver(a, b)) continue;
      problems.push(
        declaredOver(b, a) ? `${b.name} is tried after ${a.name}` : `${a.name} overlaps ${b.name}`,
      );
    }
  });
  return problems;
}
