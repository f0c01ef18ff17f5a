import { PAGE_SHIFT } from '../mmap/layout.js';

/** A page that code came from, with a hash of its bytes at that time. */
export interface PageHash {
  readonly page: number;
  readonly low: number;
  readonly high: number;
}

/** Two independent 32-bit hashes of a page's words. */
export function hashPage(words: Int32Array, page: number): PageHash {
  const start = page << (PAGE_SHIFT - 2);
  let low = 0x811c9dc5 | 0;
  let high = 0x2545f491;
  for (let k = start; k < start + 1024; k++) {
    const w = words[k] as number;
    low = Math.imul(low ^ w, 0x01000193) ^ (low >>> 15);
    high = Math.imul(high + w, 0x9e3779b1) ^ (high >>> 13);
  }
  return { page, low: low | 0, high: high | 0 };
}
