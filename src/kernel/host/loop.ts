/** Node's event loop, as the scheduler uses it. */
import { clearTimeout, setImmediate, setTimeout } from 'node:timers';
import { goHome } from './near.js';

/** Lets the host's events (signals, timers, finished I/O) be handled once; resolves soon after. */
export function breathe(): Promise<void> {
  goHome();
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

const cell = new Int32Array(new SharedArrayBuffer(4));

/** Sleeps the whole thread for `ns` nanoseconds: for waits shorter than a host timer can do. */
export function nap(ns: number): void {
  if (ns > 0) Atomics.wait(cell, 0, 0, ns / 1e6);
}

/** Calls `done` after `ms` milliseconds (at most 2^31 - 1); the handle keeps the process alive. */
export function after(ms: number, done: () => void): () => void {
  const handle = setTimeout(done, ms);
  return () => {
    clearTimeout(handle);
  };
}
