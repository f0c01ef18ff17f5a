/**
 * performance.now() of the thread that made the emulator, on whatever thread it is asked: guest tasks read their counters on
 * several, and time must not jump when they move. Milliseconds.
 */
let shift = 0;
let origin = performance.timeOrigin;

export function ticks(): number {
  return performance.now() + shift;
}

/** `ticks` as a time since 1970. */
export function wallTicks(): number {
  return origin + ticks();
}

/** This thread's performance.now() is `ms` short of the other one's, whose time origin is `start`. */
export function followTicks(ms: number, start: number): void {
  shift = ms;
  origin = start;
}
