/** /proc/PID and /proc/PID/task/TID (proc(5)). Only what belongs to a live thread can be opened there. */
import { O_ACCMODE, O_APPEND, O_RDONLY, O_WRONLY, SEEK_CUR, SEEK_SET } from '../../../abi/fcntl.js';
import { EIO, EINVAL, ENOENT, ESRCH } from '../../../abi/errno.js';
import { emptyStat, type FileStat } from '../../host/stat.js';
import type { Process } from '../../process.js';
import type { Task } from '../../task.js';
import type { Place, Who } from '../file-system.js';
import {
  directory,
  link,
  text,
  type VirtualDirectory,
  type VirtualFile,
  type VirtualLink,
  type VirtualNode,
} from '../virtual.js';
import type { Vfs } from '../vfs.js';
import { VfsFile } from '../vfs-file.js';
import { maps, smaps } from './maps.js';
import { mountinfo, mounts } from './mounts.js';
import { NAMESPACES } from './namespaces.js';
import { NET } from './net.js';
import { limits, stat, statm, status } from './status.js';

/** Bytes of guest memory [from, to) as far as they can be read. */
function guestBytes(task: Task, from: number, to: number): Uint8Array {
  return task.user.readable(from, Math.max(0, to - from))?.slice() ?? new Uint8Array(0);
}

/** Entries that a process and each of its threads have. `thread`: the numbers of that thread alone. */
function common(
  vfs: Vfs,
  process: Process,
  find: () => Task | undefined,
  thread: Task | undefined,
): Record<string, VirtualNode> {
  /** What a live thread makes of itself; a zombie has empty files. */
  const of = (make: (task: Task) => string): (() => string) => {
    return () => {
      const task = find();
      return task === undefined ? '' : make(task);
    };
  };
  const bytes = (make: (task: Task) => Uint8Array, mode = 0o444): VirtualFile => ({
    kind: 'file',
    mode,
    read: () => {
      const task = find();
      return task === undefined ? '' : make(task);
    },
  });
  const path = (target: (task: Task) => string): VirtualLink => ({
    kind: 'link',
    target: () => {
      const task = find();
      return task === undefined ? -ENOENT : target(task);
    },
  });
  return {
    auxv: bytes((task) => task.mm.program.auxv, 0o400),
    cgroup: text(() => '0::/\n'),
    cmdline: bytes((task) => guestBytes(task, task.mm.program.argStart, task.mm.program.argEnd)),
    comm: {
      kind: 'file',
      mode: 0o644,
      read: of((task) => `${task.name}\n`),
      write: (_who, src) => {
        const task = find();
        if (task === undefined) return -ESRCH;
        let name = '';
        for (const byte of src.subarray(0, 15)) name += String.fromCharCode(byte);
        task.name = name.replace(/\n.*$/s, '');
        return src.length;
      },
    },
    cwd: path((task) => task.fs.cwd),
    environ: bytes((task) => guestBytes(task, task.mm.program.envStart, task.mm.program.envEnd), 0o400),
    exe: path((task) => task.mm.program.exe),
    fd: descriptors(find),
    fdinfo: descriptorInfo(find),
    limits: text(() => limits(process)),
    maps: text(of((task) => maps(task.mm))),
    mem: {
      kind: 'file',
      mode: 0o600,
      read: () => -EIO,
      open: (_who, place, flags) => openMemory(vfs, find, place, flags),
    },
    mountinfo: text(() => mountinfo(vfs)),
    mounts: text(() => mounts(vfs)),
    ns: NAMESPACES,
    oom_score: text(() => '0\n'),
    oom_score_adj: {
      kind: 'file',
      mode: 0o644,
      read: () => `${process.oomScoreAdj}\n`,
      write: (_who, src) => {
        const value = Number(String.fromCharCode(...src.subarray(0, 16)).trim());
        if (!Number.isInteger(value) || value < -1000 || value > 1000) return -EINVAL;
        process.oomScoreAdj = value;
        return src.length;
      },
    },
    personality: text(() => `${process.personality.toString(16).padStart(8, '0')}\n`),
    root: path((task) => task.fs.root),
    sessionid: text(() => '4294967295'),
    loginuid: text(() => '4294967295'),
    smaps: text(of((task) => smaps(task.mm, false))),
    smaps_rollup: text(of((task) => smaps(task.mm, true))),
    stat: text(() => stat(process, thread)),
    statm: text(() => statm(process)),
    status: text(() => status(process, thread)),
    uid_map: text(() => `${identityMap}\n`),
    gid_map: text(() => `${identityMap}\n`),
    setgroups: text(() => 'allow\n'),
    wchan: text(() => '0'),
  };
}

/** Every id stands for itself (user_namespaces(7)). */
const identityMap = '         0          0 4294967295';

export function processDirectory(vfs: Vfs, process: Process): VirtualDirectory {
  const leader = (): Task | undefined => process.leader;
  const entries = common(vfs, process, leader, undefined);
  const owner = { uid: process.leader?.cred.euid ?? 0, gid: process.leader?.cred.egid ?? 0 };
  return directory({ ...entries, net: NET, task: taskDirectory(vfs, process) }, owner);
}

function taskDirectory(vfs: Vfs, process: Process): VirtualDirectory {
  return {
    kind: 'dir',
    names: () => process.tasks.map((task) => String(task.tid)),
    get: (_who, name) => {
      const task = process.tasks.find((candidate) => String(candidate.tid) === name);
      return task === undefined ? undefined : directory(common(vfs, process, () => task, task));
    },
  };
}

/** Names of descriptors; there are no leading zeros. */
const DESCRIPTOR = /^(0|[1-9]\d*)$/;

/** fd: one magic link per descriptor. */
function descriptors(find: () => Task | undefined): VirtualDirectory {
  return {
    kind: 'dir',
    mode: 0o500,
    names: () => [...(find()?.files.entries() ?? [])].map(([fd]) => String(fd)),
    get: (_who, name) => {
      const file = DESCRIPTOR.test(name) ? find()?.files.get(Number(name)) : undefined;
      if (file === undefined) return undefined;
      const access = file.flags & O_ACCMODE;
      const mode = access === O_RDONLY ? 0o500 : access === O_WRONLY ? 0o300 : 0o700;
      return { kind: 'link', mode, target: () => file.name, jump: () => ({ file }) };
    },
  };
}

function descriptorInfo(find: () => Task | undefined): VirtualDirectory {
  return {
    kind: 'dir',
    mode: 0o500,
    names: () => [...(find()?.files.entries() ?? [])].map(([fd]) => String(fd)),
    get: (_who, name) => {
      const task = find();
      const fd = Number(name);
      const file = DESCRIPTOR.test(name) ? task?.files.get(fd) : undefined;
      if (file === undefined) return undefined;
      return text(() => {
        const cloexec = task?.files.isCloexec(fd) === true ? 0o2000000 : 0;
        const st = file.stat();
        const ino = typeof st === 'number' ? 0 : st.ino;
        const position = file.seekable ? Math.max(0, file.seek(0, SEEK_CUR)) : 0;
        return `pos:\t${position}\nflags:\t0${((file.flags | cloexec) >>> 0).toString(8)}\nmnt_id:\t1\nino:\t${ino}\n${file.details}`;
      }, 0o400);
    },
  };
}

function openMemory(vfs: Vfs, find: () => Task | undefined, place: Place, flags: number): VfsFile | number {
  const task = find();
  return task === undefined ? -ESRCH : new MemoryFile(vfs, place, flags & ~O_APPEND, task);
}

/** /proc/PID/mem: the address space by file position. Protections do not matter for reading code, as in ptrace(2). */
class MemoryFile extends VfsFile {
  readonly #task: Task;

  constructor(vfs: Vfs, place: Place, flags: number, task: Task) {
    super(vfs, place, flags);
    this.#task = task;
  }

  override get seekable(): boolean {
    return true;
  }
  override stat(): FileStat {
    const st = emptyStat();
    this.place.fs.lstat(this.#task, this.place.path, st);
    return st;
  }
  override read(dst: Uint8Array, offset: number): number {
    const from = offset >= 0 ? offset : this.pos;
    const found = this.#task.user.readable(from, dst.length);
    if (found === undefined) return -EIO;
    dst.set(found);
    if (offset < 0) this.pos += found.length;
    return found.length;
  }
  override write(src: Uint8Array, offset: number): number {
    const at = offset >= 0 ? offset : this.pos;
    if (!this.#task.user.copyOut(at, src)) return -EIO;
    if (offset < 0) this.pos += src.length;
    return src.length;
  }
  override seek(offset: number, whence: number): number {
    if (whence !== SEEK_SET && whence !== SEEK_CUR) return -EINVAL;
    this.pos = whence === SEEK_CUR ? this.pos + offset : offset;
    return this.pos;
  }
}

/** `self` and `thread-self`, for whoever looks. */
export const SELF: Readonly<Record<string, VirtualNode>> = {
  self: link((who) => String(taskOf(who)?.process.pid ?? 1)),
  'thread-self': link((who) => {
    const task = taskOf(who);
    return task === undefined ? '1/task/1' : `${task.process.pid}/task/${task.tid}`;
  }),
};

/** The task that asks, when there is one. */
export function taskOf(who: Who): Task | undefined {
  return who.tid === undefined ? undefined : who.kernel?.tasks.get(who.tid);
}
