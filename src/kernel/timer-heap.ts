/** Deadlines of the kernel: sleeping tasks, interval timers, timerfds. A binary heap ordered by time, then by age. */

export interface Timer {
  /** Host monotonic nanoseconds. */
  readonly deadline: number;
  readonly fire: () => void;
  readonly sequence: number;
  /** Position in the heap, -1 when it is not armed (any more). */
  index: number;
}

export class TimerHeap {
  readonly #heap: Timer[] = [];
  #sequence = 0;

  /** Deadline of the first timer, Infinity when there is none. */
  get next(): number {
    return this.#heap.length === 0 ? Infinity : (this.#heap[0] as Timer).deadline;
  }

  arm(deadline: number, fire: () => void): Timer {
    const timer: Timer = { deadline, fire, sequence: this.#sequence++, index: this.#heap.length };
    this.#heap.push(timer);
    this.#up(timer.index);
    return timer;
  }

  cancel(timer: Timer): void {
    const { index } = timer;
    if (index < 0) return;
    timer.index = -1;
    const last = this.#heap.pop() as Timer;
    if (last === timer) return;
    this.#heap[index] = last;
    last.index = index;
    this.#up(index);
    this.#down(last.index);
  }

  /** Fires everything that is due at `now`; what a callback arms for the past fires in the same call. */
  fireDue(now: number): void {
    while (this.next <= now) {
      const timer = this.#heap[0] as Timer;
      this.cancel(timer);
      timer.fire();
    }
  }

  #before(a: Timer, b: Timer): boolean {
    return a.deadline < b.deadline || (a.deadline === b.deadline && a.sequence < b.sequence);
  }

  #swap(i: number, j: number): void {
    const a = this.#heap[i] as Timer;
    const b = this.#heap[j] as Timer;
    this.#heap[i] = b;
    this.#heap[j] = a;
    b.index = i;
    a.index = j;
  }

  #up(start: number): void {
    let i = start;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.#before(this.#heap[i] as Timer, this.#heap[parent] as Timer)) return;
      this.#swap(i, parent);
      i = parent;
    }
  }

  #down(start: number): void {
    const heap = this.#heap;
    let i = start;
    for (;;) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < heap.length && this.#before(heap[child] as Timer, heap[least] as Timer)) least = child;
      }
      if (least === i) return;
      this.#swap(i, least);
      i = least;
    }
  }
}
