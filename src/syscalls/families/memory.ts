/** Memory: mmap and its family, brk, madvise, msync, locks, membarrier. */
import { EACCES, EBADF, EFAULT, EINVAL, EPERM } from '../../abi/errno.js';
import { MAP_ANONYMOUS, MAP_SHARED, MAP_SHARED_VALIDATE, MAP_TYPE } from '../../mmap/flags.js';
import { PAGE_SIZE } from '../../mmap/layout.js';
import type { Task } from '../../kernel/task.js';
import { alignUp } from '../../util/bits.js';
import { partial, sys } from '../row.js';

function sysMmap(
  task: Task,
  addr: number,
  length: number,
  prot: number,
  flags: number,
  fd: number,
  offset: number,
): number {
  const { space } = task.mm;
  if (offset % PAGE_SIZE !== 0) return -EINVAL;
  if ((flags & MAP_ANONYMOUS) !== 0) return space.map({ addr, length, prot, flags, offset: 0 });
  const file = task.files.usable(fd);
  if (file === undefined) return -EBADF;
  if (length === 0) return -EINVAL;
  // A file must be readable to be mapped at all; a writable shared mapping is checked by the space.
  if (!file.readable) return -EACCES;
  const type = flags & MAP_TYPE;
  if ((type === MAP_SHARED || type === MAP_SHARED_VALIDATE) && (prot & 2) !== 0 && !file.writable)
    return -EACCES;
  const backing = file.backing();
  if (typeof backing === 'number') return backing;
  const result = space.map({ addr, length, prot, flags, file: backing, offset });
  backing.close();
  return result;
}

/** mmap2's offset counts 4096-byte units whatever the page size. */
function sysMmap2(
  task: Task,
  addr: number,
  length: number,
  prot: number,
  flags: number,
  fd: number,
  offset: number,
): number {
  return sysMmap(task, addr, length, prot, flags, fd, offset * 4096);
}

function sysMincore(task: Task, addr: number, length: number, vec: number): number {
  const pages = task.mm.space.incore(addr, length);
  if (typeof pages === 'number') return pages;
  return task.user.copyOut(vec, pages) ? 0 : -EFAULT;
}

/** MLOCK_ONFAULT is mlock2's only flag. */
function sysMlock2(task: Task, addr: number, length: number, flags: number): number {
  if ((flags & ~1) !== 0) return -EINVAL;
  return task.mm.space.lock(addr, length, flags);
}

const MEMBARRIER_CMD_QUERY = 0;
/** GLOBAL, GLOBAL_EXPEDITED, PRIVATE_EXPEDITED, PRIVATE_EXPEDITED_SYNC_CORE and their registrations. */
const MEMBARRIER_SUPPORTED = 1 | 2 | 4 | 8 | 16 | 32 | 64 | 512;
const MEMBARRIER_PRIVATE = 8 | 32;
const MEMBARRIER_GET_REGISTRATIONS = 512;

/**
 * Every task is between instructions while a syscall is handled, and generated code orders its accesses as JavaScript
 * and WebAssembly do: nothing is left to be waited for.
 */
function sysMembarrier(task: Task, command: number, flags: number, _cpu: number): number {
  if (command === MEMBARRIER_CMD_QUERY) return flags === 0 ? MEMBARRIER_SUPPORTED : -EINVAL;
  if ((command & (command - 1)) !== 0 || (command & MEMBARRIER_SUPPORTED) === 0 || flags !== 0)
    return -EINVAL;
  const { mm } = task;
  if (command === MEMBARRIER_GET_REGISTRATIONS) return mm.membarriers;
  if ((command & MEMBARRIER_PRIVATE) !== 0) return (mm.membarriers & (command << 1)) !== 0 ? 0 : -EPERM;
  // GLOBAL and GLOBAL_EXPEDITED need no registration.
  if (command > 2) mm.membarriers |= command;
  return 0;
}

/** Instruction coherence for a range: translated code that covers it is given up. */
export function flushCode(task: Task, start: number, end: number): void {
  if (end <= start || start >= 0x1_0000_0000) return;
  task.mm.space.onCodeInvalid(start >>> 12, Math.min(alignUp(end, PAGE_SIZE), 0x1_0000_0000) / PAGE_SIZE);
}

function sysRiscvFlushIcache(task: Task, start: number, end: number, flags: number): number {
  // SYS_RISCV_FLUSH_ICACHE_LOCAL is the only flag.
  if ((flags & ~1) !== 0) return -EINVAL;
  flushCode(task, start, end);
  return 0;
}

/** ARM's private cacheflush(start, end, flags). */
function sysCacheflush(task: Task, start: number, end: number, flags: number): number {
  if (end < start || flags !== 0) return -EINVAL;
  flushCode(task, start, end);
  return 0;
}

/** Memory lies on one node. */
function sysGetMempolicy(
  task: Task,
  mode: number,
  nodes: number,
  maxNode: number,
  _addr: number,
  flags: number,
): number {
  if ((flags & ~7) !== 0) return -EINVAL;
  if (mode !== 0 && !task.user.writeI32(mode, 0)) return -EFAULT;
  if (nodes !== 0 && maxNode > 0) {
    const bytes = new Uint8Array(Math.min(alignUp(maxNode, 64) / 8, 4096));
    bytes[task.abi.littleEndian ? 0 : task.abi.wordSize - 1] = 1;
    if (!task.user.copyOut(nodes, bytes)) return -EFAULT;
  }
  return 0;
}

/** readahead(2): reading ahead is the host's business; only the checks are observable. */
function sysReadahead(task: Task, fd: number, _offset: number, _count: number): number {
  const file = task.files.usable(fd);
  if (file?.readable !== true) return -EBADF;
  return typeof file.backing() === 'number' ? -EINVAL : 0;
}

export const memory = {
  mmap: sys(
    ['addr: ptr', 'length: size', 'prot: mapprot', 'flags: mapflags', 'fd: fd', 'offset: ulong'],
    'ptr',
    sysMmap,
    partial('no MAP_HUGETLB'),
  ),
  mmap2: sys(
    ['addr: ptr', 'length: size', 'prot: mapprot', 'flags: mapflags', 'fd: fd', 'pgoffset: ulong'],
    'ptr',
    sysMmap2,
    partial('no MAP_HUGETLB'),
  ),
  munmap: sys(['addr: ptr', 'length: size'], 'int', (t, addr, length) => t.mm.space.unmap(addr, length)),
  mprotect: sys(['addr: ptr', 'length: size', 'prot: mapprot'], 'int', (t, addr, length, prot) =>
    prot > 0xffff_ffff ? -EINVAL : t.mm.space.protect(addr, length, prot),
  ),
  pkey_mprotect: sys(
    ['addr: ptr', 'length: size', 'prot: mapprot', 'pkey: int'],
    'int',
    (t, addr, length, prot, pkey) => (pkey === -1 ? t.mm.space.protect(addr, length, prot) : -EINVAL),
    partial('no protection keys'),
  ),
  mremap: sys(
    ['old_addr: ptr', 'old_size: size', 'new_size: size', 'flags: hex', 'new_addr: ptr'],
    'ptr',
    (t, old, oldSize, newSize, flags, to) => t.mm.space.remap(old, oldSize, newSize, flags, to),
  ),
  remap_file_pages: sys(
    ['addr: ptr', 'size: size', 'prot: mapprot', 'pgoff: ulong', 'flags: mapflags'],
    'int',
    (t, addr, size, prot, page) => (prot === 0 ? t.mm.space.remapPages(addr, size, page) : -EINVAL),
  ),
  madvise: sys(['addr: ptr', 'length: size', 'advice: madvise'], 'int', (t, addr, length, advice) =>
    t.mm.space.advise(addr, length, advice),
  ),
  mincore: sys(['addr: ptr', 'length: size', 'vec: out data'], 'int', sysMincore),
  msync: sys(['addr: ptr', 'length: size', 'flags: hex32'], 'int', (t, addr, length, flags) =>
    t.mm.space.sync(addr, length, flags),
  ),
  mlock: sys(['addr: ptr', 'length: size'], 'int', (t, addr, length) => t.mm.space.lock(addr, length, 0)),
  mlock2: sys(['addr: ptr', 'length: size', 'flags: hex32'], 'int', sysMlock2),
  munlock: sys(['addr: ptr', 'length: size'], 'int', (t, addr, length) => t.mm.space.unlock(addr, length)),
  mlockall: sys(['flags: hex32'], 'int', (t, flags) => t.mm.space.lockAll(flags)),
  munlockall: sys([], 'int', (t) => t.mm.space.unlockAll()),
  brk: sys(['addr: ptr'], 'ptr', (t, addr) => t.mm.space.brk(addr)),
  membarrier: sys(['cmd: int', 'flags: uint', 'cpu_id: int'], 'int', sysMembarrier),
  riscv_flush_icache: sys(['start: ptr', 'end: ptr', 'flags: hex'], 'int', sysRiscvFlushIcache),
  ARM_cacheflush: sys(['start: ptr', 'end: ptr', 'flags: hex'], 'int', sysCacheflush),
  get_mempolicy: sys(
    ['mode: out i32', 'nodemask: out data', 'maxnode: ulong', 'addr: ptr', 'flags: hex'],
    'int',
    sysGetMempolicy,
    partial('one node, default policy'),
  ),
  readahead: sys(['fd: fd', 'offset: off64', 'count: size'], 'int', sysReadahead),
};
