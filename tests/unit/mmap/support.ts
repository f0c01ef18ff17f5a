import type { FileBacking } from '../../../src/mmap/file-backing.js';
import { MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE } from '../../../src/mmap/flags.js';
import { PAGE_SIZE } from '../../../src/mmap/layout.js';
import { GuestMemory } from '../../../src/mmap/memory.js';
import { AddressSpace } from '../../../src/mmap/space.js';
import type { SpaceOptions } from '../../../src/mmap/space.js';

export const P = PAGE_SIZE;
export const RW = PROT_READ | PROT_WRITE;
export const ANON = MAP_PRIVATE | MAP_ANONYMOUS;

export function newSpace(options: SpaceOptions = {}): AddressSpace {
  return new AddressSpace(new GuestMemory(), options);
}

/** A file in memory; handles made by `dup` share its contents. */
export class MemoryFile {
  bytes: Uint8Array;
  readonly id: string;
  /** Backings not closed yet. */
  open = 0;
  reads = 0;
  writes = 0;
  version = 1;
  /** When negative, reads and writes give this errno. */
  error = 0;

  constructor(
    id: string,
    size: number,
    fill: (offset: number) => number = (offset) => offset * 7 + (offset >> 12),
  ) {
    this.id = id;
    this.bytes = Uint8Array.from({ length: size }, (_, offset) => fill(offset));
  }

  /** What write(2) does to the file itself. */
  put(offset: number, data: Uint8Array): void {
    if (offset + data.length > this.bytes.length) this.resize(offset + data.length);
    this.bytes.set(data, offset);
    this.version++;
  }

  resize(size: number): void {
    const bytes = new Uint8Array(size);
    bytes.set(this.bytes.subarray(0, size));
    this.bytes = bytes;
    this.version++;
  }

  backing(writable = true, readable = true): FileBacking {
    this.open++;
    let closed = false;
    return {
      id: this.id,
      path: `/file/${this.id}`,
      dev: 1,
      ino: 2,
      readable,
      writable,
      version: () => String(this.version),
      size: () => this.bytes.length,
      read: (target, offset) => {
        this.reads++;
        if (this.error < 0) return this.error;
        const part = this.bytes.subarray(offset, offset + target.length);
        target.set(part);
        return part.length;
      },
      write: (source, offset) => {
        this.writes++;
        if (this.error < 0) return this.error;
        if (!writable) throw new Error('write to a read-only backing');
        if (offset + source.length > this.bytes.length) throw new Error('write past the end of the file');
        this.bytes.set(source, offset);
        this.version++;
        return source.length;
      },
      close: () => {
        if (closed) throw new Error('closed twice');
        closed = true;
        this.open--;
      },
      dup: () => this.backing(writable, readable),
    };
  }
}

/** What a guest load of one byte does: the value, or the fault code as a negative number. */
export function load(space: AddressSpace, addr: number): number {
  const code = space.fault(addr, 1);
  if (code > 1) return -code;
  return code === 0 ? (space.memory.u8[addr] as number) : space.slowRead8(addr);
}

/** A guest store of one byte: 0, or the fault code as a negative number. */
export function store(space: AddressSpace, addr: number, value: number): number {
  const code = space.fault(addr, 2);
  if (code > 1) return -code;
  if (code === 0) space.memory.u8[addr] = value;
  else space.slowWrite8(addr, value);
  return 0;
}

/** Mappings in the style of /proc/self/maps: `start-end rwxp`, starts and ends in pages relative to `base`. */
export function maps(space: AddressSpace, base: number): string[] {
  return [...space.vmas()].map(({ start, end, prot, flags, offset, name }) => {
    const rights =
      (prot & 1 ? 'r' : '-') + (prot & 2 ? 'w' : '-') + (prot & 4 ? 'x' : '-') + (flags & 1 ? 's' : 'p');
    const where = name === '' ? '' : ` ${name}+${offset / P}`;
    return `${(start - base) / P}-${(end - base) / P} ${rights}${where}`;
  });
}
