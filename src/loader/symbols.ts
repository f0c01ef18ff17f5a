/**
 * Symbols of an ELF file, for crash reports and logs: read when first asked for, with every size bounded. elfy finds
 * the tables: it is given the file header, the section table and the section names.
 */
import type { FileBacking } from '../mmap/file-backing.js';
import { callElfy, type ElfImage, parseElf } from './elf.js';
import { LoadError } from './load-error.js';
import { readUpTo } from './source.js';

/** Where an address is: symbol and distance in bytes from its start. */
export interface SymbolHit {
  readonly name: string;
  readonly offset: number;
}

/** Tables larger than this are not read (a symbol table of 64 MiB has 2.8 million entries). */
const MAX_TABLE = 64 * 1024 * 1024;
const MAX_SECTIONS = 65280;

const STT_NOTYPE = 0;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;

export class SymbolTable {
  readonly #image: ElfImage;
  /** Start address (of the file), ascending. */
  readonly #start: Float64Array;
  readonly #size: Float64Array;
  readonly #name: Uint32Array;
  readonly #strings: Uint8Array;

  private constructor(image: ElfImage, rows: readonly Row[], strings: Uint8Array) {
    this.#image = image;
    // At one address the largest last, because find() looks from behind.
    const sorted = [...rows].sort((a, b) => a.value - b.value || a.size - b.size);
    this.#start = Float64Array.from(sorted, (r) => r.value);
    this.#size = Float64Array.from(sorted, (r) => r.size);
    this.#name = Uint32Array.from(sorted, (r) => r.name);
    this.#strings = strings;
  }

  /** The symbols of a file; undefined when it is no ELF file of ours or has none. Never throws. */
  static load(file: FileBacking): SymbolTable | undefined {
    try {
      const head = readUpTo(file, 0, 256);
      const image = parseElf(file, head);
      const tables = findTables(image, head);
      if (tables === undefined) return undefined;
      const strings = readUpTo(file, tables.stringsAt, tables.stringsSize);
      const bytes = readUpTo(file, tables.symbolsAt, tables.symbolsSize);
      return new SymbolTable(image, readRows(image, bytes, strings), strings);
    } catch (error) {
      if (error instanceof LoadError) return undefined;
      throw error;
    }
  }

  get count(): number {
    return this.#start.length;
  }

  /** The symbol at byte `offset` of the file, by way of the segment that holds it. */
  findByOffset(offset: number): SymbolHit | undefined {
    for (const s of this.#image.segments) {
      if (s.type === 'load' && offset >= s.offset && offset < s.offset + s.fileSize) {
        return this.find(offset - s.offset + s.vaddr);
      }
    }
    return undefined;
  }

  /** The symbol at an address as the file numbers them (without load bias). */
  find(address: number): SymbolHit | undefined {
    let low = 0;
    let high = this.#start.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#start[middle] as number) <= address) low = middle + 1;
      else high = middle;
    }
    // The nearest label wins if it has no size or covers the address; past a function's end, an enclosing one may.
    for (let i = low - 1, steps = 0; i >= 0 && steps < 16; i--, steps++) {
      const size = this.#size[i] as number;
      const offset = address - (this.#start[i] as number);
      if (size === 0 ? steps === 0 && offset < 0x10000 : offset < size) {
        return { name: this.#nameAt(this.#name[i] as number), offset };
      }
    }
    return undefined;
  }

  #nameAt(at: number): string {
    const end = this.#strings.indexOf(0, at);
    return Buffer.from(this.#strings.subarray(at, end < 0 ? undefined : end)).toString('utf8');
  }
}

interface Row {
  readonly value: number;
  readonly size: number;
  readonly name: number;
}

interface Tables {
  readonly symbolsAt: number;
  readonly symbolsSize: number;
  readonly stringsAt: number;
  readonly stringsSize: number;
}

function findTables(image: ElfImage, head: Uint8Array): Tables | undefined {
  const { sections, abi, file } = image;
  if (sections === undefined || sections.count > MAX_SECTIONS || sections.names >= sections.count)
    return undefined;
  const { wordSize, littleEndian: little } = abi;
  const table = readUpTo(file, sections.offset, sections.count * sections.entrySize);
  if (table.length < sections.count * sections.entrySize) return undefined;
  const headerSize = wordSize === 4 ? 52 : 64;

  const copy = Buffer.alloc(headerSize + table.length);
  copy.set(head.subarray(0, headerSize), 0);
  copy.set(table, headerSize);
  const view = new DataView(copy.buffer, copy.byteOffset, copy.byteLength);
  // No program headers; the sections behind the header.
  const phoff = wordSize === 4 ? 28 : 32;
  const word = (at: number, value: number): void => {
    if (wordSize === 8) view.setUint32(little ? at + 4 : at, 0, little);
    view.setUint32(wordSize === 8 && !little ? at + 4 : at, value, little);
  };
  word(phoff, 0);
  word(phoff + wordSize, headerSize);
  const body = callElfy(copy).body;

  const usable = (at: number, size: number): boolean =>
    Number.isSafeInteger(at) && size > 0 && size <= MAX_TABLE && at + size <= file.size();
  for (const wanted of ['symtab', 'dynsym']) {
    const symbols = body.sections.find((s) => s.type === wanted);
    const strings = symbols && body.sections[symbols.link];
    if (symbols === undefined || strings === undefined) continue;
    if (!usable(symbols.off, symbols.size) || !usable(strings.off, strings.size)) continue;
    return {
      symbolsAt: symbols.off,
      symbolsSize: symbols.size,
      stringsAt: strings.off,
      stringsSize: strings.size,
    };
  }
  return undefined;
}

/** Defined code symbols (gABI figure 4-19; the 64-bit entry has its fields in another order). */
function readRows(image: ElfImage, bytes: Uint8Array, strings: Uint8Array): Row[] {
  const { wordSize, littleEndian: little, isa } = image.abi;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entry = wordSize === 4 ? 16 : 24;
  const rows: Row[] = [];
  for (let at = 0; at + entry <= bytes.length; at += entry) {
    const name = view.getUint32(at, little);
    const infoAt = at + (wordSize === 4 ? 12 : 4);
    const type = view.getUint8(infoAt) & 15;
    const section = view.getUint16(infoAt + 2, little);
    if (type !== STT_FUNC && type !== STT_NOTYPE && type !== STT_GNU_IFUNC) continue;
    if (section === 0 || section >= 0xff00 || name === 0 || name >= strings.length) continue;
    // Mapping symbols ($x, $d, $t …) mark code and data inside functions.
    if (strings[name] === 0x24) continue;
    const value = wordSize === 4 ? view.getUint32(at + 4, little) : readU64(view, at + 8, little);
    const size = wordSize === 4 ? view.getUint32(at + 8, little) : readU64(view, at + 16, little);
    // Thumb functions have bit 0 set.
    rows.push({ value: isa === 'arm' && type === STT_FUNC ? value - (value % 2) : value, size, name });
  }
  return rows;
}

function readU64(view: DataView, at: number, little: boolean): number {
  const first = view.getUint32(at, little);
  const second = view.getUint32(at + 4, little);
  return little ? second * 2 ** 32 + first : first * 2 ** 32 + second;
}
