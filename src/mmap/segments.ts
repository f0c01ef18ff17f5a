/**
 * Page frames outside any address space: the bytes of shared pages that more than one mapping uses while one of them
 * writes. A memory of its own, made when first needed, so that generated code can one day reach it directly.
 */
import { PAGE_SIZE } from './layout.js';
import type { SharedPage } from './objects.js';

const WASM_PAGES = 65536;
const FRAME_COUNT = 1 << 20;

export class SegmentStore {
  /** All frames; frame n starts at n * PAGE_SIZE. Empty until the first `take`. */
  u8: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(this.u8.buffer);
  wasm: WebAssembly.Memory | undefined;
  /** The page that uses a frame. */
  readonly owners: (SharedPage | undefined)[] = [];
  readonly #free: number[] = [];

  /** A frame for `owner`, contents unspecified; -1 when all 4 GiB are in use. */
  take(owner: SharedPage): number {
    if (this.wasm === undefined) {
      this.wasm = new WebAssembly.Memory({ initial: WASM_PAGES, maximum: WASM_PAGES, shared: true });
      const buffer = this.wasm.buffer as SharedArrayBuffer;
      this.u8 = new Uint8Array(buffer);
      this.view = new DataView(buffer);
    }
    const frame = this.#free.pop() ?? (this.owners.length < FRAME_COUNT ? this.owners.length : -1);
    if (frame >= 0) this.owners[frame] = owner;
    return frame;
  }

  give(frame: number): void {
    this.owners[frame] = undefined;
    this.#free.push(frame);
  }

  /** The bytes of a frame. */
  bytes(frame: number): Uint8Array {
    return this.u8.subarray(frame * PAGE_SIZE, (frame + 1) * PAGE_SIZE);
  }
}
