/** A set of signals 1…64 as two 32-bit words: bit n of the kernel's sigset_t stands for signal n + 1. */
export class SigSet {
  lo: number;
  hi: number;

  constructor(lo = 0, hi = 0) {
    this.lo = lo | 0;
    this.hi = hi | 0;
  }

  has(signal: number): boolean {
    const bit = signal - 1;
    return (((bit < 32 ? this.lo : this.hi) >>> (bit & 31)) & 1) !== 0;
  }

  add(signal: number): void {
    const bit = signal - 1;
    if (bit < 32) this.lo |= 1 << bit;
    else this.hi |= 1 << (bit & 31);
  }

  delete(signal: number): void {
    const bit = signal - 1;
    if (bit < 32) this.lo &= ~(1 << bit);
    else this.hi &= ~(1 << (bit & 31));
  }

  set(lo: number, hi: number): void {
    this.lo = lo | 0;
    this.hi = hi | 0;
  }

  copy(from: SigSet): void {
    this.lo = from.lo;
    this.hi = from.hi;
  }

  clone(): SigSet {
    return new SigSet(this.lo, this.hi);
  }

  get empty(): boolean {
    return (this.lo | this.hi) === 0;
  }

  equals(other: SigSet): boolean {
    return this.lo === other.lo && this.hi === other.hi;
  }

  /** The members in ascending order. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (let signal = 1; signal <= 64; signal++) if (this.has(signal)) yield signal;
  }
}

/** Lowest signal in the words, 0 when there is none. */
export function lowestSignal(lo: number, hi: number): number {
  if (lo !== 0) return 32 - Math.clz32(lo & -lo);
  if (hi !== 0) return 64 - Math.clz32(hi & -hi);
  return 0;
}

/** The set of exactly these signals. */
export function sigSetOf(...signals: readonly number[]): SigSet {
  const set = new SigSet();
  for (const signal of signals) set.add(signal);
  return set;
}
