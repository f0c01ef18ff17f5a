/** Maps that are kept small. */

/** Takes the oldest entries out of `map` until it has no more than `most`. */
export function dropOldest<K>(map: Map<K, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}
