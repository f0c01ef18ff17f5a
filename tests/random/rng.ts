/** Random numbers from a seed (xorshift32): the same program for the same seed, everywhere. */
export class Rng {
  private state: number;

  constructor(seed: number) {
    this.state = Math.imul(seed + 1, 0x9e3779b1) | 1;
    for (let k = 0; k < 8; k++) this.word();
  }

  /** 32 bits. */
  word(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return Math.imul(x, 0x2545f491) ^ (x >>> 15);
  }

  /** 0 ≤ result < n. */
  below(n: number): number {
    return Math.floor(((this.word() >>> 0) / 4294967296) * n);
  }

  chance(probability: number): boolean {
    return (this.word() >>> 0) / 4294967296 < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}
