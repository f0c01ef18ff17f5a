/**
 * Milliseconds on a clock that never goes back. Where several threads run guest tasks it must be the same on all of them: the
 * tasks read their counters on any, and time must not jump when they move.
 */
let clock = (): number => performance.now();

export function ticks(): number {
  return clock();
}

/** Has `ticks` read another clock. (The first use of `performance` loads a dozen of Node's modules.) */
export function useTicks(read: () => number): void {
  clock = read;
}
