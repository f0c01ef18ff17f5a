/** Memory devices (drivers/char/mem.c, random.c): the same on every host, and without a host descriptor. */
import { ENODEV, ENOSPC } from '../../abi/errno.js';
import type { FileBacking } from '../../mmap/file-backing.js';
import type { RandomSource } from '../../util/random.js';
import { randomFill } from '../host/system.js';
import { emptyStat, type FileStat } from '../host/stat.js';
import type { Place, Who } from './file-system.js';
import type { Vfs } from './vfs.js';
import { VfsFile } from './vfs-file.js';

/** What a device does with reads and writes. */
export interface MemoryDevice {
  readonly major: number;
  readonly minor: number;
  /** Bytes put into `dst`, or -errno. */
  read(dst: Uint8Array, random: RandomSource): number;
  /** Bytes taken, or -errno. */
  write(src: Uint8Array): number;
  readonly mappable?: boolean;
}

function zeroes(dst: Uint8Array): number {
  dst.fill(0);
  return dst.length;
}
function random(dst: Uint8Array, source: RandomSource): number {
  source(dst);
  return dst.length;
}
const swallow = (src: Uint8Array): number => src.length;

export const MEMORY_DEVICES: Readonly<Record<string, MemoryDevice>> = {
  null: { major: 1, minor: 3, read: () => 0, write: swallow },
  zero: { major: 1, minor: 5, read: zeroes, write: swallow, mappable: true },
  full: { major: 1, minor: 7, read: zeroes, write: () => -ENOSPC },
  random: { major: 1, minor: 8, read: random, write: swallow },
  urandom: { major: 1, minor: 9, read: random, write: swallow },
};

export class DeviceFile extends VfsFile {
  readonly #device: MemoryDevice;
  readonly #who: Who;

  constructor(vfs: Vfs, who: Who, place: Place, flags: number, device: MemoryDevice) {
    super(vfs, place, flags);
    this.#who = who;
    this.#device = device;
  }

  override get seekable(): boolean {
    return true;
  }
  override stat(): FileStat | number {
    const st = emptyStat();
    const error = this.place.fs.lstat(this.#who, this.place.path, st);
    return error < 0 ? error : st;
  }
  override read(dst: Uint8Array): number {
    return this.#device.read(dst, this.#who.kernel?.random ?? randomFill);
  }
  override write(src: Uint8Array): number {
    return this.#device.write(src);
  }
  /** null_lseek(): always at 0. */
  override seek(): number {
    return 0;
  }
  override reopen(who: Who, flags: number): VfsFile {
    return new DeviceFile(this.vfs, who, this.place, flags, this.#device);
  }
  override backing(): FileBacking | number {
    return this.#device.mappable === true
      ? new ZeroBacking(this.place.guest, this.readable, this.writable)
      : -ENODEV;
  }
}

let mappings = 0;

/** A mapping of /dev/zero: fresh zeroes, each mapping an object of its own. */
class ZeroBacking implements FileBacking {
  readonly id: string;
  readonly path: string;
  readonly dev = 5;
  readonly ino: number;
  readonly readable: boolean;
  readonly writable: boolean;
  /** What was written through a shared mapping, by offset of the page. */
  readonly #written: Map<number, Uint8Array>;

  constructor(path: string, readable: boolean, writable: boolean, from?: ZeroBacking) {
    this.ino = from?.ino ?? ++mappings;
    this.id = `zero:${this.ino}`;
    this.path = path;
    this.readable = readable;
    this.writable = writable;
    this.#written = from === undefined ? new Map<number, Uint8Array>() : from.#written;
  }

  size(): number {
    return 2 ** 47;
  }
  read(dst: Uint8Array, offset: number): number {
    dst.fill(0);
    if (this.#written.size !== 0) {
      for (const [at, bytes] of this.#written) {
        if (at + bytes.length <= offset || at >= offset + dst.length) continue;
        const from = Math.max(at, offset);
        const to = Math.min(at + bytes.length, offset + dst.length);
        dst.set(bytes.subarray(from - at, to - at), from - offset);
      }
    }
    return dst.length;
  }
  write(src: Uint8Array, offset: number): number {
    this.#written.set(offset, src.slice());
    return src.length;
  }
  close(): void {
    // Nothing is held.
  }
  dup(): FileBacking {
    return new ZeroBacking(this.path, this.readable, this.writable, this);
  }
}
