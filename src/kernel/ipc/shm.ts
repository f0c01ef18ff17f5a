/** System V shared memory (ipc/shm.c): segments are objects that mappings show, and live on without any. */
import { EACCES, EINVAL, ENOMEM, ENOSPC } from '../../abi/errno.js';
import {
  IPC_PRIVATE,
  SHM_DEST,
  SHM_EXEC,
  SHM_HUGETLB,
  SHM_NORESERVE,
  SHM_RDONLY,
  SHM_REMAP,
  SHM_RND,
} from '../../abi/ipc.js';
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_SHARED,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} from '../../mmap/flags.js';
import { PAGE_SIZE } from '../../mmap/layout.js';
import type { MappedObject } from '../../mmap/objects.js';
import { guestMemory } from '../memory-size.js';
import type { Credentials } from '../credentials.js';
import type { Task } from '../task.js';
import { IpcObject } from './ids.js';
import type { Ipc } from './ipc.js';

export class Segment extends IpcObject {
  readonly #ipc: Ipc;
  readonly object: MappedObject;
  /** Bytes asked for. */
  readonly size: number;
  readonly cpid: number;
  lpid = 0;
  atime = 0;
  dtime = 0;

  constructor(ipc: Ipc, object: MappedObject, key: number, size: number, cred: Credentials, mode: number) {
    super(key, cred, mode, ipc.now());
    this.#ipc = ipc;
    this.object = object;
    this.size = size;
    this.cpid = ipc.actor;
    object.keeper = {
      used: () => {
        this.atime = ipc.now();
        this.lpid = ipc.actor;
      },
      unused: () => {
        this.dtime = ipc.now();
        this.lpid = ipc.actor;
        if ((this.mode & SHM_DEST) !== 0 && object.uses === 0) this.#destroy();
      },
    };
  }

  get pages(): number {
    return Math.ceil(this.size / PAGE_SIZE);
  }

  /** Pages that have ever been touched. */
  get resident(): number {
    return this.object.pages.size;
  }

  /** IPC_RMID: at once, or when the last process that has it attached lets it go. */
  removeLater(): void {
    if (this.object.uses > 0) {
      this.mode |= SHM_DEST;
      // Nobody finds it any more, except by identifier.
      this.key = IPC_PRIVATE;
    } else this.#destroy();
  }

  #destroy(): void {
    this.object.keeper = undefined;
    this.object.registry.forget(this.object);
    this.#ipc.pages -= this.pages;
    this.#ipc.segments.remove(this);
  }
}

export function shmget(task: Task, key: number, size: number, flags: number): number {
  const { ipc } = task.kernel;
  const { limits } = ipc;
  return ipc.segments.get({
    key,
    flags,
    cred: task.cred,
    check: (segment) => (size > segment.size ? -EINVAL : 0),
    make: () => {
      // Segments are files of tmpfs, whose sizes are 63 bits wide.
      if (size < 1 || size > limits.shmmax || size >= 2 ** 63) return -EINVAL;
      const pages = Math.ceil(size / PAGE_SIZE);
      if (ipc.pages + pages > limits.shmall) return -ENOSPC;
      // There is no pool of huge pages.
      if ((flags & SHM_HUGETLB) !== 0) return -ENOMEM;
      if ((flags & SHM_NORESERVE) === 0 && size > guestMemory().total) return -ENOMEM;
      const object = task.mm.space.registry.openAnonymous(pages);
      ipc.pages += pages;
      return new Segment(ipc, object, key, size, task.cred, flags);
    },
  });
}

/** Attach addresses are multiples of this: of a page, or of four on ARM (SHMLBA). */
function boundary(task: Task): number {
  return task.abi.isa === 'arm' ? 4 * PAGE_SIZE : PAGE_SIZE;
}

/** shmat(2): the address or -errno. */
export function shmat(task: Task, id: number, addr: number, flags: number): number {
  if (id < 0) return -EINVAL;
  let at = addr;
  if (at !== 0) {
    const over = at % boundary(task);
    if (over !== 0) {
      if ((flags & SHM_RND) === 0) return -EINVAL;
      at -= over;
      if (at === 0 && (flags & SHM_REMAP) !== 0) return -EINVAL;
    }
  } else if ((flags & SHM_REMAP) !== 0) return -EINVAL;

  const readOnly = (flags & SHM_RDONLY) !== 0;
  const executable = (flags & SHM_EXEC) !== 0;
  const segment = task.kernel.ipc.segments.find(id);
  if (typeof segment === 'number') return segment;
  if (segment.access(task.cred, (readOnly ? 0o444 : 0o666) | (executable ? 0o111 : 0)) < 0) return -EACCES;
  const { space } = task.mm;
  const length = segment.pages * PAGE_SIZE;
  let fixed = 0;
  if (at !== 0) {
    fixed = (flags & SHM_REMAP) !== 0 ? MAP_FIXED : MAP_FIXED_NOREPLACE;
    const taken =
      (flags & SHM_REMAP) === 0 && space.vmas().some((vma) => vma.start < at + length && vma.end > at);
    if (taken) return -EINVAL;
  }
  return space.map({
    addr: at,
    length,
    prot: PROT_READ | (readOnly ? 0 : PROT_WRITE) | (executable ? PROT_EXEC : 0),
    flags: MAP_SHARED | MAP_ANONYMOUS | fixed,
    object: segment.object,
    readOnly,
    name: `/SYSV${(segment.key >>> 0).toString(16).padStart(8, '0')} (deleted)`,
  });
}

/** shmdt(2) */
export function shmdt(task: Task, addr: number): number {
  return addr % PAGE_SIZE !== 0 ? -EINVAL : task.mm.space.detach(addr);
}
