/** /proc/PID/maps, smaps and what is summed up from them (fs/proc/task_mmu.c). */
import type { VmaInfo } from '../../../mmap/file-backing.js';
import type { Mm } from '../../mm.js';

const PROT_READ = 1;
const PROT_WRITE = 2;
const PROT_EXEC = 4;
const MAP_SHARED = 1;
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
  let first = 0;
  let last = 0;
  for (const vma of mm.space.vmas()) {
    const rss = residentKib(mm, vma);
    const shared = mm.space.unchangedSinceFork(vma.start, vma.end) * PAGE_KIB;
    const dirty = vma.file === undefined ? rss : shared;
    sharedTotal += shared;
    first ||= vma.start;
    last = vma.end;
    total += rss;
    dirtyTotal += dirty;
    if (rollup) continue;
    out += `${line(vma, mm.abi.wordSize)}\n${field('Size', (vma.end - vma.start) / 1024)}`;
    out += `${field('KernelPageSize', PAGE_KIB)}${field('MMUPageSize', PAGE_KIB)}${detail(rss, dirty, shared)}`;
    out += 'THPeligible:           0\nVmFlags: \n';
  }
  if (!rollup) return out;
  return `${hex(first, 8)}-${hex(last, 8)} ---p 00000000 00:00 0 ${' '.repeat(22)}[rollup]\n${detail(total, dirtyTotal, sharedTotal)}`;
}

/** KiB: resident, of these changed, and of those in common with the process forked from. */
function detail(rss: number, dirty: number, shared: number): string {
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
    ['Locked', 0],
  ];
  return rows.map(([name, kib]) => field(name, kib)).join('');
}
