/** Which files have been given handles (name_to_handle_at), and where they were: the host opens files by name only. */
import { dropOldest } from '../../util/bounded.js';

/** More than these, and the oldest is forgotten: opening it fails with ESTALE. */
const MOST = 16384;

export class FileHandles {
  readonly #paths = new Map<string, string>();

  note(dev: number, ino: number, guestPath: string): void {
    const key = `${dev | 0}:${ino}`;
    this.#paths.delete(key);
    this.#paths.set(key, guestPath);
    dropOldest(this.#paths, MOST);
  }

  find(dev: number, ino: number): string | undefined {
    return this.#paths.get(`${dev | 0}:${ino}`);
  }
}
