/** Finds a small list of units that still shows a difference. */
/** Removes ever smaller runs of units while `differs` holds. */
export function shrink(
  units: readonly Unit[],
  differs: (units: readonly Unit[]) => boolean,
): readonly Unit[] {
  let kept = units;
  for (let size = Math.ceil(kept.length / 2); ; size = Math.ceil(size / 2)) {
    for (let at = 0; at < kept.length;) {
      const fewer = [...kept.slice(0, at), ...kept.slice(at + size)];
      if (differs(fewer)) kept = fewer;
      else at += size;
    }
    if (size === 1) return kept;
  }
}
