/** Text out of memory: what Node's buffers do faster than JavaScript can, for shared memory too. */
import { Buffer } from 'node:buffer';

/** Bytes [from, to) as a string of one char each. */
export type Latin1 = (from: number, to: number) => string;

/** Reads text from `memory`, which must not move. */
export function latin1Of(memory: Uint8Array): Latin1 {
  // Documented nowhere but in Node's own sources, yet older than `toString`, which checks its arguments at length.
  const buffer = Buffer.from(memory.buffer, memory.byteOffset, memory.byteLength) as Buffer & {
    latin1Slice(from: number, to: number): string;
  };
  return (from, to) => buffer.latin1Slice(from, to);
}

/** Writes text of one char per byte into `memory`, which must not move. */
export function latin1Into(memory: Uint8Array): (at: number, text: string) => void {
  const buffer = Buffer.from(memory.buffer, memory.byteOffset, memory.byteLength) as Buffer & {
    latin1Write(text: string, at: number): number;
  };
  return (at, text) => {
    buffer.latin1Write(text, at);
  };
}
