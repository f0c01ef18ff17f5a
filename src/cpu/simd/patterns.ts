/** Byte patterns of the vshuffle op, by index: 0..15 name bytes of its first operand, 16..31 of the second. */

const patterns: Uint8Array[] = [];
const indices = new Map<string, number>();

/** The index of a pattern; equal patterns share one. */
export function patternIndex(bytes: readonly number[]): number {
  const key = bytes.join();
  let index = indices.get(key);
  if (index === undefined) {
    index = patterns.length;
    patterns.push(Uint8Array.from(bytes));
    indices.set(key, index);
  }
  return index;
}

export function patternOf(index: number): Uint8Array {
  return patterns[index] as Uint8Array;
}

/** The pattern that puts lane pick(k) of a:b into lane k; lanes of 1 << size bytes, numbered on through b. */
export function lanePattern(size: number, pick: (k: number) => number): number {
  const bytes: number[] = [];
  for (let k = 0; k < 16 >> size; k++) for (let n = 0; n < 1 << size; n++) bytes.push((pick(k) << size) + n);
  return patternIndex(bytes);
}
