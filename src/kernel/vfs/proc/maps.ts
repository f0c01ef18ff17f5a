/** /proc/PID/maps, smaps and what is summed up from them (fs/proc/task_mmu.c). */
import type { VmaInfo } from '../../../mmap/file-backing.js';
import {
  MAP_GROWSDOWN,
  MAP_LOCKED,
  MAP_NORESERVE,
  MAP_SHARED,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
  VMA_DONTDUMP,
  VMA_DONTFORK,
  VMA_HUGEPAGE,
  VMA_MAYWRITE,
  VMA_MERGEABLE,
  VMA_NOHUGEPAGE,
  VMA_RANDOM,
  VMA_SEQUENTIAL,
  VMA_WIPEONFORK,
} from '../../../mmap/flags.js';
import type { Mm } from '../../mm.js';

const PAGE_KIB = 4;

const hex = (value: number, width: number): string => value.toString(16).padStart(width, '0');

/** Major and minor of Linux's dev_t, in the form maps and mountinfo use. */
export function deviceName(dev: number, radix: 10 | 16): string {
  const major = (dev >>> 8) & 0xfff;
  const minor = (dev & 0xff) | ((dev >>> 12) & 0xfff00);
  return radix === 16 ? `${hex(major, 2)}:${hex(minor, 2)}` : `${major}:${minor}`;
}

/** Path as maps prints it: only the newline is escaped (seq_file_path(m, file, "\n")). */
const escaped = (path: string): string => path.replace(/\n/g, '\\012');

function line(vma: VmaInfo, wordSize: number): string {
  const rights =
    ((vma.prot & PROT_READ) !== 0 ? 'r' : '-') +
    ((vma.prot & PROT_WRITE) !== 0 ? 'w' : '-') +
    ((vma.prot & PROT_EXEC) !== 0 ? 'x' : '-') +
    ((vma.flags & MAP_SHARED) !== 0 ? 's' : 'p');
  const device = vma.file === undefined ? '00:00' : deviceName(vma.file.dev, 16);
  const head = `${hex(vma.start, 8)}-${hex(vma.end, 8)} ${rights} ${hex(vma.offset, 8)} ${device} ${vma.file?.ino ?? 0}`;
  const name = vma.file === undefined ? vma.name : escaped(vma.file.path);
  if (name === '') return `${head} `;
  // seq_setwidth(m, 25 + sizeof(void *) * 6 - 1)
  return `${head.padEnd(24 + wordSize * 6)} ${name}`;
}

export function maps(mm: Mm): string {
  let out = '';
  for (const vma of mm.space.vmas()) out += `${line(vma, mm.abi.wordSize)}\n`;
  return out;
}

/** Resident pages in [start, end), from mincore's view of the range. */
function residentKib(mm: Mm, vma: VmaInfo): number {
  const pages = mm.space.incore(vma.start, vma.end - vma.start);
  if (typeof pages === 'number') return 0;
  let resident = 0;
  for (const page of pages) resident += page & 1;
  return resident * PAGE_KIB;
}

const field = (name: string, kib: number): string =>
  `${`${name}:`.padEnd(16)}${String(kib).padStart(8)} kB\n`;

/** Sizes and resident sets are real; of sharing only that is told which a fork brought about. */
export function smaps(mm: Mm, rollup: boolean): string {
  let out = '';
  let total = 0;
  let dirtyTotal = 0;
  let sharedTotal = 0;
  let lockedTotal = 0;
  let first = 0;
  let last = 0;
  for (const vma of mm.space.vmas()) {
    const rss = residentKib(mm, vma);
    const locked = (vma.flags & MAP_LOCKED) !== 0;
    if (locked) lockedTotal += rss;
    const shared = mm.space.unchangedSinceFork(vma.start, vma.end) * PAGE_KIB;
    const dirty = vma.file === undefined ? rss : shared;
    sharedTotal += shared;
    first ||= vma.start;
    last = vma.end;
    total += rss;
    dirtyTotal += dirty;
    if (rollup) continue;
    out += `${line(vma, mm.abi.wordSize)}\n${field('Size', (vma.end - vma.start) / 1024)}`;
    out += `${field('KernelPageSize', PAGE_KIB)}${field('MMUPageSize', PAGE_KIB)}${detail(rss, dirty, shared, locked ? rss : 0)}`;
    out += `THPeligible:           0\nVmFlags: ${vmFlags(vma)} \n`;
  }
  if (!rollup) return out;
  return `${hex(first, 8)}-${hex(last, 8)} ---p 00000000 00:00 0 ${' '.repeat(22)}[rollup]\n${detail(total, dirtyTotal, sharedTotal, lockedTotal)}`;
}

/** Bits of a mapping in two letters each (proc(5), smaps). Format of a line: `[bit of Vma.flags, letters],` */
const FLAG_LETTERS = [
  [MAP_GROWSDOWN, 'gd'],
  [MAP_LOCKED, 'lo'],
  [VMA_SEQUENTIAL, 'sr'],
  [VMA_RANDOM, 'rr'],
  [VMA_DONTFORK, 'dc'],
  [MAP_NORESERVE, 'nr'],
  [VMA_DONTDUMP, 'dd'],
  [VMA_WIPEONFORK, 'wf'],
  [VMA_HUGEPAGE, 'hg'],
  [VMA_NOHUGEPAGE, 'nh'],
  [VMA_MERGEABLE, 'mg'],
] as const;

function vmFlags({ prot, flags, file }: VmaInfo): string {
  const shared = (flags & MAP_SHARED) !== 0;
  const letters = [
    [(prot & PROT_READ) !== 0, 'rd'],
    [(prot & PROT_WRITE) !== 0, 'wr'],
    [(prot & PROT_EXEC) !== 0, 'ex'],
    [shared, 'sh'],
    [file === undefined || file.readable, 'mr'],
    [!shared || (flags & VMA_MAYWRITE) !== 0, 'mw'],
    [true, 'me'],
    [shared, 'ms'],
    // Private memory that may be written counts against what is to be had.
    [!shared && (prot & PROT_WRITE) !== 0, 'ac'],
    ...FLAG_LETTERS.map(([bit, name]) => [(flags & bit) !== 0, name] as const),
  ] as const;
  return letters.flatMap(([has, name]) => (has ? [name] : [])).join(' ');
}

/** KiB: resident, of these changed, of those in common with the process forked from, and locked. */
function detail(rss: number, dirty: number, shared: number, locked: number): string {
  const rows: readonly (readonly [string, number])[] = [
    ['Rss', rss],
    ['Pss', rss - shared / 2],
    ['Shared_Clean', 0],
    ['Shared_Dirty', shared],
    ['Private_Clean', rss - dirty],
    ['Private_Dirty', dirty - shared],
    ['Referenced', rss],
    ['Anonymous', dirty],
    ['Swap', 0],
    ['Locked', locked],
  ];
  return rows.map(([name, kib]) => field(name, kib)).join('');
}
