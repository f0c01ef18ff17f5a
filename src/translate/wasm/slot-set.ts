/** Sets of guest slots (below SLOT_TEMP), as bit vectors. */
import { SLOT_TEMP } from '../../cpu/layout.js';

export const SET_WORDS = SLOT_TEMP / 32;

export class SlotSet {
  readonly w = new Int32Array(SET_WORDS);

  add(slot: number): void {
    this.w[slot >>> 5] = (this.w[slot >>> 5] as number) | (1 << (slot & 31));
  }

  delete(slot: number): void {
    this.w[slot >>> 5] = (this.w[slot >>> 5] as number) & ~(1 << (slot & 31));
  }

  has(slot: number): boolean {
    return (((this.w[slot >>> 5] as number) >>> (slot & 31)) & 1) !== 0;
  }

  clear(): void {
    this.w.fill(0);
  }

  /** Adds every slot. */
  fill(): void {
    this.w.fill(-1);
  }

  intersect(other: SlotSet): void {
    for (let i = 0; i < SET_WORDS; i++) this.w[i] = (this.w[i] as number) & (other.w[i] as number);
  }

  subtract(other: SlotSet): void {
    for (let i = 0; i < SET_WORDS; i++) this.w[i] = (this.w[i] as number) & ~(other.w[i] as number);
  }

  /** Adds all of `other`; true when that changed anything. */
  union(other: SlotSet): boolean {
    let changed = 0;
    for (let i = 0; i < SET_WORDS; i++) {
      const old = this.w[i] as number;
      const now = old | (other.w[i] as number);
      changed |= old ^ now;
      this.w[i] = now;
    }
    return changed !== 0;
  }

  copyFrom(other: SlotSet): void {
    this.w.set(other.w);
  }

  copy(): SlotSet {
    const s = new SlotSet();
    s.w.set(this.w);
    return s;
  }

  get empty(): boolean {
    return this.w.every((x) => x === 0);
  }

  /** Equal sets have equal keys. */
  get key(): string {
    return this.w.join();
  }

  /** The slots, ascending. */
  list(): number[] {
    const result: number[] = [];
    for (let i = 0; i < SET_WORDS; i++) {
      for (let x = this.w[i] as number; x !== 0; x &= x - 1) result.push(i * 32 + 31 - Math.clz32(x & -x));
    }
    return result;
  }
}
