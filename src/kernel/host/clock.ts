/** The host's clocks. */
import process from 'node:process';
import { NSEC_PER_SEC, type Clock, type TimeSpan } from '../clock.js';

/** CLOCK_MONOTONIC in nanoseconds. */
function monotonic(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * NSEC_PER_SEC + nanoseconds;
}

/** CLOCK_MONOTONIC in milliseconds, for util/ticks.ts. */
export function hostTicks(): number {
  return monotonic() / 1e6;
}

/** Estimate of realtime - monotonic: milliseconds and nanoseconds below that. */
let offsetMs = 0;
let offsetNs = 0;
let known = false;

/**
 * Node tells CLOCK_REALTIME in whole milliseconds only. Every reading bounds the true offset to a window of one
 * millisecond; keeping the estimate inside all windows soon makes it exact to microseconds, and it follows when the host's
 * clock is set.
 */
function realtimeOffset(): TimeSpan {
  const now = Date.now();
  const mono = monotonic();
  const monoMs = Math.floor(mono / 1e6);
  // offset = now (+ 0…1 ms) - mono
  let lowMs = now - monoMs;
  let lowNs = -(mono - monoMs * 1e6);
  if (lowNs < 0) {
    lowMs -= 1;
    lowNs += 1e6;
  }
  if (!known) {
    known = true;
    // timeOrigin, at which now() was 0, was taken from the host's microsecond clock.
    const start = monotonic() - Math.round(performance.now() * 1e6);
    const origin = performance.timeOrigin * 1000 - Math.floor(start / 1000);
    offsetMs = Math.floor(origin / 1000);
    offsetNs = Math.round((origin - offsetMs * 1000) * 1000);
  }
  const below = (offsetMs - lowMs) * 1e6 + (offsetNs - lowNs);
  if (below < 0 || below >= 1e6) {
    offsetMs = lowMs;
    offsetNs = below < 0 ? lowNs : lowNs + 999_999;
    if (offsetNs >= 1e6) {
      offsetMs += 1;
      offsetNs -= 1e6;
    }
  }
  const sec = Math.floor(offsetMs / 1000);
  return { sec, nsec: (offsetMs - sec * 1000) * 1e6 + offsetNs };
}

export const hostClock: Clock = { monotonic, realtimeOffset };
