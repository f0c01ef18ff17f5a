/**
 * Puts the segments of an ELF file into an address space: file pages are mapped (and so read lazily by src/mmap), the
 * rest of a segment is anonymous memory, and the end of the last file page is cleared.
 */
import { EEXIST, ENOEXEC, ENOMEM, errnoText } from '../abi/errno.js';
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_NORESERVE,
  MAP_PRIVATE,
  PROT_EXEC,
  PROT_NONE,
  PROT_READ,
  PROT_WRITE,
} from '../mmap/flags.js';
import { GUEST_END, GUEST_START, PAGE_SIZE } from '../mmap/layout.js';
import type { AddressSpace } from '../mmap/space.js';
import { alignDown, alignUp, isPowerOfTwo } from '../util/bits.js';
import type { ElfImage, Segment } from './elf.js';
import { LoadError } from './load-error.js';

/** An image in memory; addresses are guest addresses. */
export interface MappedImage {
  /** Added to every address in the file; 0 for ET_EXEC. */
  readonly bias: number;
  readonly entry: number;
  /** First mapped address. */
  readonly start: number;
  /** End of the last segment's memory, where the program break may begin (not rounded). */
  readonly end: number;
  /** Where the program headers are in memory; 0 when no segment covers them. */
  readonly phdr: number;
  /** Executable range, for /proc/self/stat. */
  readonly startCode: number;
  readonly endCode: number;
}

/** The largest alignment honoured for a relocatable image (2 MiB huge pages are what linkers ask for). */
const MAX_ALIGN = 0x20_0000;

const MAP_ZERO = MAP_PRIVATE | MAP_ANONYMOUS;

/**
 * @param hint for a relocatable image: where to put it, or 0 for the mmap area
 * @throws LoadError when its addresses are not to be had; the space then holds what was mapped so far
 */
export function mapImage(space: AddressSpace, image: ElfImage, hint: number): MappedImage {
  const loads = image.segments.filter((s) => s.type === 'load' && s.memSize > 0);
  const low = alignDown(Math.min(...loads.map((s) => s.vaddr)), PAGE_SIZE);
  const high = alignUp(Math.max(...loads.map((s) => s.vaddr + s.memSize)), PAGE_SIZE);
  const bias = image.relocatable ? reserve(space, loads, low, high, hint) : 0;
  if (!image.relocatable && (low < GUEST_START || high > GUEST_END)) {
    throw new LoadError(ENOMEM, `${rangeText(low, high)} is outside the guest's address space`);
  }
  for (const segment of loads) mapSegment(space, image, segment, bias);
  if (image.relocatable) unmapHoles(space, loads, bias, low, high);

  const code = loads.filter((s) => s.exec);
  return {
    bias,
    entry: image.entry + bias,
    start: low + bias,
    end: Math.max(...loads.map((s) => s.vaddr + s.memSize)) + bias,
    phdr: phdrAddress(image, loads, bias),
    startCode: code.length === 0 ? 0 : Math.min(...code.map((s) => s.vaddr)) + bias,
    endCode: code.length === 0 ? 0 : Math.max(...code.map((s) => s.vaddr + s.fileSize)) + bias,
  };
}

function rangeText(start: number, end: number): string {
  return `segment 0x${start.toString(16)}-0x${end.toString(16)}`;
}

/** Reserves the whole span so that the segments keep their distances; answers the load bias. */
function reserve(
  space: AddressSpace,
  loads: readonly Segment[],
  low: number,
  high: number,
  hint: number,
): number {
  const wanted = loads.map((s) => s.align).filter((a) => a > PAGE_SIZE && a <= MAX_ALIGN && isPowerOfTwo(a));
  const align = Math.max(PAGE_SIZE, ...wanted);
  const span = high - low;
  // Not over-reserved for the hint: it is aligned to more than any image asks.
  const fixed = hint === 0 ? -EEXIST : reserveAt(space, hint, span, MAP_FIXED_NOREPLACE);
  if (fixed >= 0) return fixed - low;
  const slack = align - PAGE_SIZE;
  const got = span + slack > GUEST_END ? -ENOMEM : reserveAt(space, 0, span + slack, 0);
  if (got < 0) throw new LoadError(ENOMEM, `no room for ${span} bytes: ${errnoText(got)}`);
  const base = alignUp(got, align);
  if (base > got) space.unmap(got, base - got);
  if (base + span < got + span + slack) space.unmap(base + span, got + slack - base);
  return base - low;
}

function reserveAt(space: AddressSpace, addr: number, length: number, flags: number): number {
  return space.map({ addr, length, prot: PROT_NONE, flags: MAP_ZERO | MAP_NORESERVE | flags, offset: 0 });
}

function protection(segment: Segment): number {
  return (segment.read ? PROT_READ : 0) | (segment.write ? PROT_WRITE : 0) | (segment.exec ? PROT_EXEC : 0);
}

function mapSegment(space: AddressSpace, image: ElfImage, segment: Segment, bias: number): void {
  const start = segment.vaddr + bias;
  const pageStart = alignDown(start, PAGE_SIZE);
  const fileEnd = start + segment.fileSize;
  const memoryEnd = start + segment.memSize;
  const prot = protection(segment);
  // Two segments of one file may share a page; the later one wins it, as in Linux. Against anything else an
  // unrelocatable image must not win.
  const fixed = MAP_PRIVATE | MAP_FIXED;
  let zeroFrom = pageStart;
  if (segment.fileSize > 0) {
    const length = fileEnd - pageStart;
    const offset = segment.offset - (start - pageStart);
    expectMapped(
      space.map({ addr: pageStart, length, prot, flags: fixed, file: image.file, offset }),
      segment,
    );
    zeroFrom = alignUp(fileEnd, PAGE_SIZE);
    // Only a writable segment has a .bss to clear; a read-only one shows the rest of the file's page, as in Linux.
    if (segment.memSize > segment.fileSize && segment.write) {
      const rest = Math.min(zeroFrom, memoryEnd) - fileEnd;
      if (rest > 0 && !space.zero(fileEnd, zeroFrom - fileEnd)) {
        throw new LoadError(ENOEXEC, `cannot clear memory behind ${rangeText(start, fileEnd)}`);
      }
    }
  }
  if (memoryEnd > zeroFrom) {
    const length = alignUp(memoryEnd, PAGE_SIZE) - zeroFrom;
    expectMapped(
      space.map({ addr: zeroFrom, length, prot, flags: MAP_ZERO | MAP_FIXED, offset: 0 }),
      segment,
    );
  }
}

function expectMapped(result: number, segment: Segment): void {
  if (result >= 0) return;
  const where = rangeText(segment.vaddr, segment.vaddr + segment.memSize);
  throw new LoadError(-result, `cannot map ${where}: ${errnoText(result)}`);
}

/** What was reserved but belongs to no segment is given back. */
function unmapHoles(
  space: AddressSpace,
  loads: readonly Segment[],
  bias: number,
  low: number,
  high: number,
): void {
  const ranges = loads
    .map((s) => [alignDown(s.vaddr, PAGE_SIZE), alignUp(s.vaddr + s.memSize, PAGE_SIZE)] as const)
    .sort(([a], [b]) => a - b);
  let at = low;
  for (const [start, end] of ranges) {
    if (start > at) space.unmap(at + bias, start - at);
    at = Math.max(at, end);
  }
  if (high > at) space.unmap(at + bias, high - at);
}

/** AT_PHDR: PT_PHDR when there is one, else the segment that holds that part of the file. */
function phdrAddress(image: ElfImage, loads: readonly Segment[], bias: number): number {
  const own = image.segments.find((s) => s.type === 'phdr');
  if (own !== undefined) return own.vaddr + bias;
  const holder = loads.find((s) => s.offset <= image.phOffset && image.phOffset < s.offset + s.fileSize);
  return holder === undefined ? 0 : image.phOffset - holder.offset + holder.vaddr + bias;
}
