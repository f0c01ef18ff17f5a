/** Writes small static ELF programs, byte by byte (System V gABI, chapters 4 and 5). */

export interface Segment {
  /** Page-aligned guest address. */
  readonly addr: number;
  readonly bytes: Uint8Array;
  readonly write: boolean;
  readonly exec: boolean;
}

export interface ElfOptions {
  readonly bits: 32 | 64;
  readonly machine: number;
  readonly flags: number;
  readonly entry: number;
  readonly segments: readonly Segment[];
}

const PAGE = 4096;
const ET_EXEC = 2;
const PT_LOAD = 1;

/** A little-endian executable with one PT_LOAD per segment. */
export function makeElf({ bits, machine, flags, entry, segments }: ElfOptions): Uint8Array {
  const wide = bits === 64;
  const headerSize = wide ? 64 : 52;
  const entrySize = wide ? 56 : 32;
  let offset = PAGE;
  const offsets = segments.map((s) => {
    const at = offset;
    offset += Math.ceil(s.bytes.length / PAGE) * PAGE;
    return at;
  });
  const out = new Uint8Array(offset);
  const view = new DataView(out.buffer);
  let at = 0;
  const put = (value: number, size: number): void => {
    if (size === 1) view.setUint8(at, value);
    else if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  };
  const word = (value: number): void => {
    put(value, 4);
    if (wide) put(0, 4);
  };
  out.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1]);
  at = 16;
  put(ET_EXEC, 2);
  put(machine, 2);
  put(1, 4);
  word(entry);
  word(headerSize);
  word(0);
  put(flags, 4);
  for (const half of [headerSize, entrySize, segments.length, wide ? 64 : 40, 0, 0]) put(half, 2);
  segments.forEach((s, k) => {
    const access = 4 | (s.write ? 2 : 0) | (s.exec ? 1 : 0);
    put(PT_LOAD, 4);
    if (wide) put(access, 4);
    word(offsets[k] as number);
    word(s.addr);
    word(s.addr);
    word(s.bytes.length);
    word(s.bytes.length);
    if (!wide) put(access, 4);
    word(PAGE);
    out.set(s.bytes, offsets[k]);
  });
  return out;
}
