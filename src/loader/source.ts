/** Reading bounded pieces of a file: every range comes from the file itself and is believed by nobody. */
import { EIO } from '../abi/errno.js';
import type { FileBacking } from '../mmap/file-backing.js';
import { LoadError } from './load-error.js';

/** What finds programs; the kernel's resolver is behind it. `path` is a byte string. */
export interface LoaderPort {
  /**
   * Opens a regular file for execution: the file, which the caller closes, or a negative errno (-EACCES without the
   * execute bit).
   */
  openExecutable(path: string): FileBacking | number;
}

/** Up to `length` bytes from `offset`; fewer at the end of the file. */
export function readUpTo(file: FileBacking, offset: number, length: number): Uint8Array {
  const available = Math.max(0, Math.min(length, file.size() - offset));
  const bytes = new Uint8Array(available);
  let done = 0;
  while (done < available) {
    const n = file.read(bytes.subarray(done), offset + done);
    if (n < 0) throw new LoadError(n === -EIO ? EIO : -n);
    if (n === 0) break;
    done += n;
  }
  return done === available ? bytes : bytes.subarray(0, done);
}

/** Bytes to a byte string: one char per byte. */
export function byteString(bytes: Uint8Array): string {
  let text = '';
  // In pieces, so that a long one does not exceed the argument limit of a call.
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return text;
}

/** A byte string to bytes; chars above 255 cannot occur in one. */
export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
