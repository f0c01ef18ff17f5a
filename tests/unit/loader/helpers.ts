/** Files in memory and a small ELF writer for loader tests. */
import { readFileSync } from 'node:fs';
import { ENOENT } from '../../../src/abi/errno.js';
import type { LoaderPort } from '../../../src/loader/source.js';
import type { FileBacking } from '../../../src/mmap/file-backing.js';

export class MemoryFile implements FileBacking {
  readonly dev = 1;
  readonly ino: number;
  readonly readable = true;
  readonly writable = false;
  readonly id: string;
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Handles not yet closed, of this file and its duplicates. */
  readonly handles: { open: number };

  constructor(path: string, bytes: Uint8Array, ino = 1, handles = { open: 0 }) {
    this.path = path;
    this.bytes = bytes;
    this.ino = ino;
    this.id = `1:${ino}`;
    this.handles = handles;
    handles.open++;
  }
  size(): number {
    return this.bytes.length;
  }
  read(dst: Uint8Array, offset: number): number {
    const part = this.bytes.subarray(offset, offset + dst.length);
    dst.set(part);
    return part.length;
  }
  write(): number {
    return -1;
  }
  close(): void {
    this.handles.open--;
  }
  dup(): FileBacking {
    return new MemoryFile(this.path, this.bytes, this.ino, this.handles);
  }
}

/** A port over a table of paths; `handles` tells what was left open. */
export function memoryPort(files: Readonly<Record<string, Uint8Array | number>>): LoaderPort & {
  readonly handles: { open: number };
} {
  const handles = { open: 0 };
  return {
    handles,
    openExecutable(path) {
      const found = Object.hasOwn(files, path) ? files[path] : undefined;
      if (found === undefined) return -ENOENT;
      return typeof found === 'number' ? found : new MemoryFile(path, found, path.length, handles);
    },
  };
}

export function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../../fixtures/bin/${name}`, import.meta.url)));
}

export const text = (s: string): Uint8Array => new Uint8Array(Buffer.from(s, 'latin1'));

export interface TestSegment {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly vaddr: number;
  readonly filesz: number;
  readonly memsz: number;
  readonly align: number;
}

/** An ELF file of `size` bytes with the given program headers and byte i at offset i (mod 251) elsewhere. */
export function makeElf(options: {
  readonly wordSize: 4 | 8;
  readonly little: boolean;
  readonly machine: number;
  readonly type?: number;
  readonly entry?: number;
  readonly size: number;
  readonly segments: readonly TestSegment[];
}): Uint8Array {
  const { wordSize, little } = options;
  const bytes = Uint8Array.from({ length: options.size }, (_, i) => i % 251);
  const view = new DataView(bytes.buffer);
  const header = wordSize === 8 ? 64 : 52;
  const entrySize = wordSize === 8 ? 56 : 32;
  let at = 0;
  const put = (width: number, value: number): void => {
    if (width === 1) view.setUint8(at, value);
    else if (width === 2) view.setUint16(at, value, little);
    else if (width === 4) view.setUint32(at, value, little);
    else view.setBigUint64(at, BigInt(value), little);
    at += width;
  };
  bytes.set([0x7f, 0x45, 0x4c, 0x46, wordSize === 8 ? 2 : 1, little ? 1 : 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  at = 16;
  put(2, options.type ?? 2);
  put(2, options.machine);
  put(4, 1);
  put(wordSize, options.entry ?? 0x10000);
  put(wordSize, header);
  put(wordSize, 0);
  put(4, 0);
  for (const v of [header, entrySize, options.segments.length, 0, 0, 0]) put(2, v);
  for (const s of options.segments) {
    put(4, s.type);
    if (wordSize === 8) put(4, s.flags);
    for (const v of [s.offset, s.vaddr, s.vaddr, s.filesz, s.memsz]) put(wordSize, v);
    if (wordSize === 4) put(4, s.flags);
    put(wordSize, s.align);
  }
  return bytes;
}

export const PT = { LOAD: 1, INTERP: 3, TLS: 7, STACK: 0x6474e551 } as const;
