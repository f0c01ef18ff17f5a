/** Marks what the types say cannot happen; reaching it is a bug of ours, never the guest's. */
export function unreachable(value: never, what = 'value'): never {
  throw new Error(`unreachable ${what}: ${String(value)}`);
}

/** Throws when an invariant of ours does not hold. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}
