/**
 * The one wrapper around elfy: ELF headers of both classes and byte orders, checked.
 *
 * elfy wants the whole file in one Buffer, slices every segment and section, insists on a section-name table and
 * knows no RISC-V. It is handed a small image instead: the file's header with its own offsets replaced, the program
 * header table behind it and one empty string table as the only section. Everything it returns is checked here;
 * nothing outside this folder sees an unchecked number from a file.
 *
 * Source of the rules: gABI chapter 4/5; fs/binfmt_elf.c for what Linux refuses.
 */
import elfy, { type ElfyHeader, type ElfyProgram } from 'elfy';
import { type Abi, abiFor } from '../abi/abi.js';
import { ENOEXEC } from '../abi/errno.js';
import type { FileBacking } from '../mmap/file-backing.js';
import { PAGE_SIZE } from '../mmap/layout.js';
import { LoadError } from './load-error.js';
import { readUpTo } from './source.js';

export type SegmentType =
  'load' | 'dynamic' | 'interp' | 'note' | 'phdr' | 'tls' | 'stack' | 'relro' | 'other';

/** A program header; sizes and offsets in bytes, all exact numbers. */
export interface Segment {
  readonly type: SegmentType;
  readonly offset: number;
  readonly vaddr: number;
  readonly fileSize: number;
  readonly memSize: number;
  readonly align: number;
  readonly read: boolean;
  readonly write: boolean;
  readonly exec: boolean;
}

/** Where the section table is; looked at only for symbols. */
export interface SectionTable {
  readonly offset: number;
  readonly entrySize: number;
  readonly count: number;
  readonly names: number;
}

/** A checked executable or shared object. */
export interface ElfImage {
  readonly file: FileBacking;
  readonly abi: Abi;
  /** ET_DYN: the addresses are relative to a load bias. */
  readonly relocatable: boolean;
  readonly entry: number;
  /** e_flags, as the architecture defines them. */
  readonly flags: number;
  readonly segments: readonly Segment[];
  /** File offset and size of the program header table, for AT_PHDR. */
  readonly phOffset: number;
  readonly phCount: number;
  readonly phEntrySize: number;
  readonly sections: SectionTable | undefined;
}

const IDENT = 16;
const HEADER_SIZE = { 4: 52, 8: 64 } as const;
const PROGRAM_SIZE = { 4: 32, 8: 56 } as const;
/** Field offsets that are rewritten or read before elfy runs: [e_phoff, e_shoff, e_phentsize]. */
const FIELDS = { 4: [28, 32, 42], 8: [32, 40, 54] } as const;
/** As binfmt_elf.c: a program header table of more than 64 KiB is no executable's. */
const MAX_PROGRAM_TABLE = 65536;

const SECTION_SIZE = { 4: 40, 8: 64 } as const;
const SHT_STRTAB = 3;

/** e_machine names for the message that a program of another architecture gets. */
const OTHER_MACHINES: Readonly<Record<number, string>> = {
  2: 'SPARC',
  3: 'i386',
  8: 'MIPS',
  20: 'PowerPC',
  21: 'PowerPC64',
  22: 'S/390',
  42: 'SuperH',
  43: 'SPARC V9',
  62: 'x86-64',
  94: 'Xtensa',
  183: 'AArch64',
  40: 'ARM',
  243: 'RISC-V',
  247: 'BPF',
  258: 'LoongArch',
};

const noexec = (reason: string): LoadError => new LoadError(ENOEXEC, reason);

/** True when the first bytes say ELF. */
export function isElf(head: Uint8Array): boolean {
  return head[0] === 0x7f && head[1] === 0x45 && head[2] === 0x4c && head[3] === 0x46;
}

/**
 * Reads and checks the headers of `file`.
 * @param head the first bytes of the file (at least 64 when it has them)
 * @throws LoadError (ENOEXEC) for what is no program for one of our guests
 */
export function parseElf(file: FileBacking, head: Uint8Array): ElfImage {
  if (!isElf(head)) throw noexec('not an ELF file');
  if (head.length < IDENT) throw noexec('truncated ELF header');
  const wordSize = head[4] === 1 ? 4 : head[4] === 2 ? 8 : undefined;
  if (wordSize === undefined) throw noexec(`unknown ELF class ${head[4] as number}`);
  if (head[5] !== 1 && head[5] !== 2) throw noexec(`unknown ELF byte order ${head[5] as number}`);
  const little = head[5] === 1;
  if (head.length < HEADER_SIZE[wordSize]) throw noexec('truncated ELF header');
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  // elfy has no name for RISC-V, so the machine is read here.
  const machine = view.getUint16(18, little);
  const abi = abiFor(machine, wordSize, little);
  if (abi === undefined) throw noexec(wrongMachine(machine, wordSize, little));

  const fields = FIELDS[wordSize];
  const phOffset = readWord(view, fields[0], wordSize, little);
  const phEntrySize = view.getUint16(fields[2], little);
  const phCount = view.getUint16(fields[2] + 2, little);
  if (phCount === 0) throw noexec('no program headers (not an executable)');
  if (phEntrySize !== PROGRAM_SIZE[wordSize]) throw noexec(`program header size is ${phEntrySize}`);
  const tableSize = phCount * phEntrySize;
  if (tableSize > MAX_PROGRAM_TABLE) throw noexec(`${phCount} program headers`);
  const fileSize = file.size();
  if (!Number.isSafeInteger(phOffset) || phOffset + tableSize > fileSize) {
    throw noexec('truncated: program headers lie past the end of the file');
  }
  const table = readUpTo(file, phOffset, tableSize);
  if (table.length < tableSize) throw noexec('truncated: program headers could not be read');

  const header = runElfy(head, table, wordSize, little);
  if (header.type !== 'exec' && header.type !== 'dyn') {
    throw noexec(`not an executable (ELF type ${header.type ?? 'unknown'})`);
  }
  const segments = header.body.programs.map((program, i) => checkSegment(program, i, fileSize, wordSize));
  if (!segments.some((s) => s.type === 'load')) throw noexec('nothing to load');
  if (!isAddress(header.entry, wordSize)) throw noexec('entry point outside the address space');

  const shOffset = readWord(view, fields[1], wordSize, little);
  const [entrySize, count, names] = [4, 6, 8].map((at) => view.getUint16(fields[2] + at, little)) as [
    number,
    number,
    number,
  ];
  const hasSections = shOffset !== 0 && count !== 0 && entrySize === SECTION_SIZE[wordSize];
  return {
    file,
    abi,
    relocatable: header.type === 'dyn',
    entry: header.entry,
    flags: header.flags,
    segments,
    phOffset,
    phCount,
    phEntrySize,
    sections: hasSections ? { offset: shOffset, entrySize, count, names } : undefined,
  };
}

function wrongMachine(machine: number, wordSize: 4 | 8, little: boolean): string {
  const name = OTHER_MACHINES[machine] ?? `machine ${machine}`;
  return `wrong architecture: ${wordSize * 8}-bit ${little ? 'little' : 'big'}-endian ${name} is not supported`;
}

function readWord(view: DataView, at: number, wordSize: 4 | 8, little: boolean): number {
  if (wordSize === 4) return view.getUint32(at, little);
  const first = view.getUint32(at, little);
  const second = view.getUint32(at + 4, little);
  return little ? second * 2 ** 32 + first : first * 2 ** 32 + second;
}

function writeWord(view: DataView, at: number, wordSize: 4 | 8, little: boolean, value: number): void {
  if (wordSize === 8) view.setUint32(little ? at + 4 : at, 0, little);
  view.setUint32(wordSize === 8 && !little ? at + 4 : at, value, little);
}

/** Builds the small image of the header comment and lets elfy parse it. */
function runElfy(head: Uint8Array, table: Uint8Array, wordSize: 4 | 8, little: boolean): ElfyHeader {
  const headerSize = HEADER_SIZE[wordSize];
  const sectionAt = headerSize + table.length;
  const image = Buffer.alloc(sectionAt + SECTION_SIZE[wordSize]);
  image.set(head.subarray(0, headerSize), 0);
  image.set(table, headerSize);
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const [phoff, shoff, phentsize] = FIELDS[wordSize];
  writeWord(view, phoff, wordSize, little, headerSize);
  writeWord(view, shoff, wordSize, little, sectionAt);
  view.setUint16(phentsize + 4, SECTION_SIZE[wordSize], little);
  view.setUint16(phentsize + 6, 1, little);
  view.setUint16(phentsize + 8, 0, little);
  view.setUint32(sectionAt + 4, SHT_STRTAB, little);
  return callElfy(image);
}

/** elfy throws plain errors, asserts and range errors; all mean the same to us. */
export function callElfy(image: Buffer): ElfyHeader {
  try {
    return elfy.parse(image);
  } catch {
    throw noexec('malformed ELF headers');
  }
}

const SEGMENT_TYPES: Readonly<Record<string, SegmentType>> = {
  load: 'load',
  dynamic: 'dynamic',
  interp: 'interp',
  note: 'note',
  phdr: 'phdr',
  tls: 'tls',
  gnu_stack: 'stack',
  gnu_relro: 'relro',
};

/** Addresses are kept below 2^47 (64-bit) so that sums stay exact; the address space refuses what is above 4 GiB. */
function isAddress(value: number, wordSize: 4 | 8): boolean {
  return value >= 0 && value < (wordSize === 4 ? 2 ** 32 : 2 ** 47);
}

function checkSegment(program: ElfyProgram, index: number, fileSize: number, wordSize: 4 | 8): Segment {
  const type = program.type === undefined ? 'other' : (SEGMENT_TYPES[program.type] ?? 'other');
  const segment: Segment = {
    type,
    offset: program.offset,
    vaddr: program.vaddr,
    fileSize: program.filesz,
    memSize: program.memsz,
    align: program.align,
    read: program.flags['r'] === true,
    write: program.flags['w'] === true,
    exec: program.flags['x'] === true,
  };
  if (type !== 'load' && type !== 'interp' && type !== 'tls' && type !== 'phdr') return segment;
  const { offset, vaddr, memSize } = segment;
  const where = `program header ${index}`;
  if (!isAddress(vaddr, wordSize) || !isAddress(vaddr + memSize, wordSize)) {
    throw noexec(`${where} lies outside the address space`);
  }
  if (type === 'phdr') return segment;
  // A segment of zeros only may name an offset past the end.
  if (segment.fileSize > 0 && offset + segment.fileSize > fileSize) {
    throw noexec(`truncated: ${where} needs ${offset + segment.fileSize} bytes, the file has ${fileSize}`);
  }
  if (type !== 'load') return segment;
  if (segment.fileSize > memSize) throw noexec(`${where} is larger in the file than in memory`);
  if (segment.fileSize > 0 && offset % PAGE_SIZE !== vaddr % PAGE_SIZE) {
    throw noexec(`${where} is not aligned to pages`);
  }
  return segment;
}

/** PT_INTERP's path as a byte string; undefined for a static program. */
export function interpreterPath(image: ElfImage): string | undefined {
  const segment = image.segments.find((s) => s.type === 'interp');
  if (segment === undefined) return undefined;
  // PATH_MAX and the terminating NUL, as binfmt_elf.c demands.
  if (segment.fileSize < 2 || segment.fileSize > 4096) throw noexec('bad PT_INTERP');
  const bytes = readUpTo(image.file, segment.offset, segment.fileSize);
  if (bytes[segment.fileSize - 1] !== 0) throw noexec('PT_INTERP is not terminated');
  const end = bytes.indexOf(0);
  return Buffer.from(bytes.buffer, bytes.byteOffset, end).toString('latin1');
}
