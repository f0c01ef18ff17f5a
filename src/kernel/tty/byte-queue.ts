/** A growing queue of bytes. */
export class ByteQueue {
  #bytes = new Uint8Array(256);
  #start = 0;
  length = 0;

  push(byte: number): void {
    this.#room(1);
    this.#bytes[this.#start + this.length++] = byte;
  }

  append(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#start + this.length);
    this.length += bytes.length;
  }

  /** Makes room behind the content for `count` bytes. */
  #room(count: number): void {
    const end = this.#start + this.length + count;
    if (end <= this.#bytes.length) return;
    let size = this.#bytes.length;
    while (size < this.length + count) size *= 2;
    const content = this.#bytes.subarray(this.#start, this.#start + this.length);
    if (size === this.#bytes.length) this.#bytes.copyWithin(0, this.#start, this.#start + this.length);
    else {
      this.#bytes = new Uint8Array(size);
      this.#bytes.set(content);
    }
    this.#start = 0;
  }

  at(index: number): number {
    return this.#bytes[this.#start + index] as number;
  }

  /** Takes the last byte back. */
  pop(): void {
    if (this.length > 0) this.length--;
  }

  /** Moves up to `dst.length` bytes out. @returns how many */
  take(dst: Uint8Array): number {
    const n = Math.min(dst.length, this.length);
    dst.set(this.#bytes.subarray(this.#start, this.#start + n));
    this.#start += n;
    this.length -= n;
    if (this.length === 0) this.#start = 0;
    return n;
  }

  drop(count: number): void {
    this.#start += count;
    this.length -= count;
    if (this.length <= 0) this.clear();
  }

  clear(): void {
    this.#start = 0;
    this.length = 0;
  }
}
