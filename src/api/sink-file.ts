/** Guest descriptors that lead into the embedding program instead of the host. */
import { O_RDONLY, O_WRONLY, S_IFIFO } from '../abi/fcntl.js';
import { emptyStat, type FileStat } from '../kernel/host/stat.js';
import { OpenFile } from '../kernel/file.js';

/** What the guest writes is handed to a function; it looks like the writing end of a pipe. */
export class SinkFile extends OpenFile {
  override readonly name = 'pipe:[sink]';
  readonly #write: (bytes: Uint8Array) => void;

  constructor(write: (bytes: Uint8Array) => void) {
    super(O_WRONLY);
    this.#write = write;
  }

  /** The function gets a copy: guest memory changes under it. */
  override write(src: Uint8Array): number {
    this.#write(Uint8Array.from(src));
    return src.length;
  }

  override stat(): FileStat {
    return pipeStat();
  }
}

/** The guest reads these bytes and then the end of the file; it looks like the reading end of a pipe. */
export class BytesFile extends OpenFile {
  override readonly name = 'pipe:[source]';
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    super(O_RDONLY);
    this.#bytes = bytes;
  }

  override read(dst: Uint8Array): number {
    const part = this.#bytes.subarray(this.#at, this.#at + dst.length);
    dst.set(part);
    this.#at += part.length;
    return part.length;
  }

  override stat(): FileStat {
    return pipeStat();
  }
}

function pipeStat(): FileStat {
  const st = emptyStat();
  st.mode = S_IFIFO | 0o600;
  st.nlink = 1;
  st.blksize = 4096;
  return st;
}
