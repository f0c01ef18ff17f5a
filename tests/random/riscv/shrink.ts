/** Finds a short list of units that still differs: removes ever smaller runs of them while `differs` holds. */
export function shrink<U>(units: readonly U[], differs: (units: readonly U[]) => boolean): readonly U[] {
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
