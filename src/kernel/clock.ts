/** Time as the kernel sees it; src/kernel/host/clock.ts is the real one, tests bring their own. */
export interface Clock {
  /** CLOCK_MONOTONIC of the host in nanoseconds (whole number, exact for 100 days of uptime). */
  monotonic(): number;
  /** CLOCK_REALTIME minus CLOCK_MONOTONIC in nanoseconds, as `seconds * 1e9 + nanoseconds` split to stay exact. */
  realtimeOffset(): TimeSpan;
}

/** Whole seconds and 0 ≤ nanoseconds < 1e9. */
export interface TimeSpan {
  readonly sec: number;
  readonly nsec: number;
}

export const NSEC_PER_SEC = 1_000_000_000;

/** `a` plus `ns` nanoseconds (any sign). */
export function addNs(a: TimeSpan, ns: number): TimeSpan {
  const sec = Math.floor(ns / NSEC_PER_SEC);
  const nsec = a.nsec + (ns - sec * NSEC_PER_SEC);
  return nsec >= NSEC_PER_SEC
    ? { sec: a.sec + sec + 1, nsec: nsec - NSEC_PER_SEC }
    : { sec: a.sec + sec, nsec };
}

/** CLOCK_REALTIME now. */
export function realtime(clock: Clock): TimeSpan {
  return addNs(clock.realtimeOffset(), clock.monotonic());
}

/** The monotonic time (ns) at which CLOCK_REALTIME will show, or showed, `at`. */
export function monotonicOfRealtime(clock: Clock, at: TimeSpan): number {
  const offset = clock.realtimeOffset();
  return (at.sec - offset.sec) * NSEC_PER_SEC + (at.nsec - offset.nsec);
}
