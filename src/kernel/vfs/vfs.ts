/**
 * The files of one emulator: path resolution, mounts, locks and the coherence of mapped files, behind one object that
 * system calls use. Made once per kernel.
 */
import {
  AT_FDCWD,
  O_ACCMODE,
  O_CREAT,
  O_EXCL,
  O_NOCTTY,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_TMPFILE_BIT,
  O_TRUNC,
  RENAME_EXCHANGE,
  RENAME_NOREPLACE,
  S_IFCHR,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from '../../abi/fcntl.js';
import {
  EBADF,
  EEXIST,
  EINVAL,
  EISDIR,
  ELOOP,
  ENOENT,
  ENOTDIR,
  ENXIO,
  EROFS,
  EXDEV,
} from '../../abi/errno.js';
import type { OpenFile } from '../file.js';
import { FsContext } from '../fs-context.js';
import * as host from '../host/fs.js';
import { bytePath } from '../host/path.js';
import { forget, seek } from '../host/poll.js';
import { emptyStat, type FileStat } from '../host/stat.js';
import { isTerminal } from '../host/tty.js';
import type { ControllingTerminal, Process } from '../process.js';
import { InheritedSocket } from '../socket/inherited.js';
import type { Task } from '../task.js';
import { Pty } from '../tty/pty.js';
import { DevFileSystem } from './dev-fs.js';
import { FifoTable } from './fifo.js';
import type { Dir, FileSystem, Place, Who } from './file-system.js';
import { O_DIRECTORY, O_NOFOLLOW } from './flags.js';
import { FileHandles } from './handles.js';
import { HostFile } from './host-file.js';
import { HostFileSystem } from './host-fs.js';
import { HostStream } from './host-stream.js';
import { LockTable } from './locks.js';
import { IN, NotifyHub } from './notify.js';
import { PtsFileSystem } from './pts-fs.js';
import { ProcFileSystem } from './proc/proc-fs.js';
import { CREATE, FOLLOW, NAME, Resolver, asDir, guestJoin } from './resolve.js';
import { SysFileSystem } from './sys-fs.js';
import { claim, Terminal } from './terminal.js';
import { DirectoryFile, PathFile } from './vfs-file.js';

/** What the mmap layer's registry of mapped files offers (src/mmap/objects.ts). */
export interface MappedFiles {
  isMapped(id: string): boolean;
  flushFile(id: string): number;
  refreshFile(id: string, offset: number, length: number): void;
  truncateFile(id: string, size: number): void;
}

/** Files and terminals that can give a new description of themselves. */
interface Reopenable {
  reopen?(who: Who, flags: number): OpenFile | number;
}

export interface VfsOptions {
  /** Host directory (byte string, absolute) under which absolute guest paths are tried first; '' for none. */
  readonly sysroot?: string;
  readonly mapped?: MappedFiles;
}

export class Vfs {
  readonly resolver: Resolver;
  readonly hostFs: HostFileSystem;
  readonly pts: PtsFileSystem;
  readonly locks = new LockTable();
  readonly fifos = new FifoTable(this);
  readonly notify = new NotifyHub();
  readonly handles = new FileHandles();
  readonly #mapped: MappedFiles | undefined;
  readonly #terminals = new Map<number, Terminal>();
  /** A file was mapped at some time: reads and writes have to look. */
  anyMapped = false;

  constructor(options: VfsOptions = {}) {
    this.hostFs = new HostFileSystem(this);
    this.resolver = new Resolver(this.hostFs, (options.sysroot ?? '').replace(/\/+$/, ''));
    this.#mapped = options.mapped;
    this.pts = new PtsFileSystem(this);
    this.resolver.mount('/dev', new DevFileSystem(this), '/dev');
    this.resolver.mount('/dev/pts', this.pts, '/dev/pts');
    this.resolver.mount('/proc', new ProcFileSystem(this), '/');
    this.resolver.mount('/sys', new SysFileSystem(this), '/sys');
  }

  // ---- paths ----

  /**
   * Resolves `path` relative to descriptor `dirfd` of `task`.
   *
   * @param flags see resolve.ts
   * @param st filled when given
   */
  resolve(task: Task, dirfd: number, path: string, flags: number, st?: FileStat): Place | number {
    if (dirfd === AT_FDCWD || path.charCodeAt(0) === 47)
      return this.resolver.resolve(task, undefined, path, flags, st);
    if (path.length === 0) return -ENOENT;
    const file = task.files.get(dirfd);
    if (file === undefined) return -EBADF;
    const dir = asDir(file);
    return dir === undefined ? -ENOTDIR : this.resolver.resolve(task, dir, path, flags, st);
  }

  /**
   * openat(2).
   *
   * @param flags asm-generic open flags
   * @param mode permission bits of a new file, before umask
   * @param restrict RESOLVE_* of openat2
   */
  open(
    task: Task,
    dirfd: number,
    path: string,
    flags: number,
    mode: number,
    restrict = 0,
  ): OpenFile | number {
    let base: Dir | undefined;
    if (dirfd !== AT_FDCWD && path.charCodeAt(0) !== 47) {
      const file = task.files.get(dirfd);
      if (file === undefined) return -EBADF;
      base = asDir(file);
      if (base === undefined) return -ENOTDIR;
    }
    return this.openAt(task, base, path, flags, mode, restrict);
  }

  openAt(
    who: Who,
    base: Dir | undefined,
    path: string,
    flags: number,
    mode: number,
    restrict = 0,
  ): OpenFile | number {
    const create = (flags & O_CREAT) !== 0 && (flags & O_PATH) === 0;
    const exclusive = create && (flags & O_EXCL) !== 0;
    if (create && (flags & O_DIRECTORY) !== 0) return -EINVAL;
    let how = restrict;
    if ((flags & O_NOFOLLOW) === 0 && !exclusive) how |= FOLLOW;
    if (create) how |= CREATE;
    if (create && path.endsWith('/') && !/^\/+$/.test(path)) {
      // What would be made is no directory, whatever is there; only that its own directory is missing comes first.
      const parent = this.resolver.resolve(who, base, path, CREATE | NAME);
      return typeof parent === 'number' ? parent : -EISDIR;
    }
    const place = this.resolver.resolve(who, base, path, how);
    if (typeof place === 'number') return place;
    if (exclusive && place.mode !== 0) return -EEXIST;
    const type = place.mode & S_IFMT;
    if ((flags & O_DIRECTORY) !== 0 && type !== S_IFDIR) return -ENOTDIR;
    if (type === S_IFLNK && place.file === undefined && (flags & O_PATH) === 0) return -ELOOP;
    if (place.slash && place.mode === 0) return -EISDIR;
    return this.openPlace(who, place, flags, mode & ~who.fs.umask & 0o7777);
  }

  /** Opens what a walk has found; `mode` after umask. */
  openPlace(who: Who, place: Place, flags: number, mode: number): OpenFile | number {
    if ((flags & O_PATH) !== 0) {
      const path = place.fs.hostPath(place.path);
      const fd = path === undefined || host.FD_PATHS === '' ? -1 : host.open(path, O_PATH | O_NOFOLLOW, 0);
      return fd < -1 ? fd : new PathFile(this, who, place, flags, fd);
    }
    if (place.file !== undefined) {
      const { file } = place;
      return (file as Reopenable).reopen?.(who, flags) ?? file.retain();
    }
    const writes = (flags & O_ACCMODE) !== O_RDONLY;
    if ((place.mode & S_IFMT) === S_IFDIR && (flags & O_TMPFILE_BIT) === 0) {
      if (writes || (flags & (O_CREAT | O_TRUNC)) !== 0) return -EISDIR;
    }
    if ((flags & O_TMPFILE_BIT) !== 0 && !writes) return -EINVAL;
    const file = place.fs.open(who, place, flags, mode);
    if (!this.notify.idle && typeof file !== 'number' && (flags & O_TMPFILE_BIT) === 0) {
      this.#tellOpened(place, (flags & O_TRUNC) !== 0);
    }
    if (typeof file !== 'number' && (flags & O_TRUNC) !== 0 && file instanceof HostFile)
      this.truncateMapped(file.id, 0);
    return file;
  }

  #tellOpened(place: Place, truncated: boolean): void {
    const dir = (place.mode & S_IFMT) === S_IFDIR ? IN.ISDIR : 0;
    if (place.mode === 0) this.notify.tell(place.guest, IN.CREATE);
    else if (truncated) this.notify.tell(place.guest, IN.MODIFY);
    this.notify.tell(place.guest, IN.OPEN | dir);
  }

  /** Opens a file before there is a task, for the first program. Paths are byte strings. */
  openFirst(cwd: string, path: string, flags: number): OpenFile | number {
    return this.openAt({ fs: new FsContext(cwd) }, undefined, path, flags, 0);
  }

  /** Descriptors 0, 1 and 2 as they were handed to us. */
  openInherited(fd: number): OpenFile | number {
    const st = emptyStat();
    const error = host.fstat(fd, st);
    if (error < 0) return error;
    const known = host.fdPath(fd);
    const hostName = typeof known === 'string' ? known : isTerminal(fd) ? '/dev/tty' : `/dev/fd/${fd}`;
    const guest = this.resolver.guestPath(bytePath(hostName));
    const place: Place = { fs: this.hostFs, path: hostName, guest, mode: st.mode, slash: false };
    // Linux keeps O_LARGEFILE in the flags of every file a 64-bit program opened; that is not ours to see.
    const flags = host.inheritedFlags(fd) & ~(0o100000 | 0o2000000);
    const type = st.mode & S_IFMT;
    if (type === S_IFREG) return new HostFile(this, place, flags, fd, st, true);
    if (type === S_IFDIR) return new DirectoryFile(this, { fs: new FsContext('/') }, place, flags, fd);
    const terminal = type === S_IFCHR && isTerminal(fd) ? this.terminal(st.rdev, fd) : undefined;
    const stream = new HostStream(this, place, flags & ~O_NONBLOCK, fd, terminal, true);
    return type === S_IFSOCK ? new InheritedSocket(stream, fd) : stream;
  }

  /** The shared state of host terminal `rdev`, reachable through descriptor `fd`. */
  terminal(rdev: number, fd: number): Terminal {
    let terminal = this.#terminals.get(rdev);
    if (terminal === undefined) this.#terminals.set(rdev, (terminal = new Terminal(fd)));
    return terminal;
  }

  /** Makes the terminal behind descriptors 0, 1 or 2 the controlling one of the first process. */
  adoptTerminal(process: Process): void {
    for (const fd of [0, 1, 2]) {
      const file = process.leader?.files.get(fd);
      const terminal = file instanceof HostStream ? file.terminal : undefined;
      if (terminal === undefined) continue;
      claim(terminal, process.session, process.group);
      return;
    }
  }

  /** /dev/tty: a new description of the controlling terminal. */
  openControlling(tty: ControllingTerminal, place: Place, flags: number): OpenFile | number {
    if (tty instanceof Terminal) {
      const fd = host.open('/dev/tty', (flags & O_ACCMODE) | O_NONBLOCK | O_NOCTTY, 0);
      return fd < 0 ? fd : new HostStream(this, place, flags, fd, tty, false);
    }
    if (!(tty instanceof Pty)) return -ENXIO;
    return tty.openSlave(undefined, place, flags | O_NOCTTY);
  }

  /** A character device of the host. */
  openDevice(_who: Who, place: Place, flags: number): OpenFile | number {
    const fd = host.open(place.path, (flags & O_ACCMODE) | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW, 0);
    if (fd < 0) return fd;
    const st = emptyStat();
    host.fstat(fd, st);
    const terminal = isTerminal(fd) ? this.terminal(st.rdev, fd) : undefined;
    return new HostStream(this, place, flags & ~(O_CREAT | O_EXCL | O_TRUNC), fd, terminal, false);
  }

  /** A named pipe. */
  openFifo(who: Who, place: Place, flags: number): OpenFile | number {
    return this.fifos.open(who, place, flags);
  }

  // ---- directories ----

  /** Names in a directory, mount points included. */
  listDirectory(who: Who, dir: Dir): readonly string[] | number {
    const path = dir.path.startsWith(host.FD_PATHS) && host.FD_PATHS !== '' ? `${dir.path}/.` : dir.path;
    const names = dir.fs.list(who, path);
    if (typeof names === 'number') return names;
    if (!dir.special) return names;
    const extra = this.resolver.namesBelow(dir.guest).filter((name) => !names.includes(name));
    return extra.length === 0
      ? names
      : [...names, ...extra.filter((name) => this.lstatIn(who, dir, name, emptyStat()) === 0)];
  }

  /** lstat of an entry of `dir`. */
  lstatIn(who: Who, dir: Dir, name: string, st: FileStat): number {
    const place = this.resolver.resolve(who, dir, name, 0, st);
    return typeof place === 'number' ? place : 0;
  }

  /** What `..` of a directory is. */
  parentStat(who: Who, dir: Dir): FileStat | number {
    const st = emptyStat();
    const place = this.resolver.resolve(who, dir, dir.guest === who.fs.root ? '.' : '..', 0, st);
    return typeof place === 'number' ? place : st;
  }

  /** getcwd(2): the current directory seen from the task's root, or -ENOENT when it was removed. */
  currentDirectory(who: Who): string | number {
    const { cwd, root } = who.fs;
    const dir = this.resolver.directory(who, cwd);
    if (typeof dir === 'number') return -ENOENT;
    const mode = dir.fs.mode(who, dir.path);
    if (cwd !== '/' && (mode < 0 || (mode & S_IFMT) !== S_IFDIR)) return -ENOENT;
    if (root === '/') return cwd;
    if (cwd === root) return '/';
    return cwd.startsWith(`${root}/`) ? cwd.slice(root.length) : `(unreachable)${cwd}`;
  }

  // ---- changes that caches must hear of ----

  unlink(place: Place): number {
    const error = place.fs.unlink(place.path);
    if (error !== 0) return error;
    if ((place.mode & S_IFMT) === S_IFLNK) this.resolver.dropLinks();
    this.notify.removed(place.guest, false);
    return 0;
  }

  rmdir(place: Place): number {
    const error = place.fs.rmdir(place.path);
    if (error !== 0) return error;
    this.resolver.dropDirectory(place.guest);
    this.notify.removed(place.guest, true);
    return 0;
  }

  /** renameat2(2); `tasks` whose current directory moves along. */
  rename(from: Place, to: Place, flags: number, tasks: Iterable<{ readonly fs: FsContext }>): number {
    if (from.fs !== to.fs) return -EXDEV;
    if (!from.fs.writable) return -EROFS;
    let error: number;
    if ((flags & RENAME_EXCHANGE) !== 0) error = this.#exchange(from, to);
    else if ((flags & RENAME_NOREPLACE) !== 0) error = to.mode === 0 ? this.#renameNew(from, to) : -EEXIST;
    else error = from.fs.rename(from.path, to.path);
    if (error < 0) return error;
    this.#moved(from, to, tasks);
    this.notify.moved(from.guest, to.guest, (from.mode & S_IFMT) === S_IFDIR);
    if ((flags & RENAME_EXCHANGE) !== 0) this.#moved(to, from, []);
    return 0;
  }

  /** A file gets its new name by link, which fails atomically when the name is taken; others have to race. */
  #renameNew(from: Place, to: Place): number {
    if ((from.mode & S_IFMT) === S_IFREG && from.fs.link(from.path, to.path) === 0)
      return from.fs.unlink(from.path);
    return from.fs.rename(from.path, to.path);
  }

  /** Three renames; not atomic, but what others see in between is a missing name, never a wrong one. */
  #exchange(from: Place, to: Place): number {
    if (to.mode === 0) return -ENOENT;
    const spare = `${to.path}.${uniqueSuffix()}`;
    const { fs } = from;
    let error = fs.rename(to.path, spare);
    if (error < 0) return error;
    error = fs.rename(from.path, to.path);
    if (error === 0) error = fs.rename(spare, from.path);
    else fs.rename(spare, to.path);
    return error;
  }

  #moved(from: Place, to: Place, tasks: Iterable<{ readonly fs: FsContext }>): void {
    const type = from.mode & S_IFMT;
    if (type === S_IFLNK || (to.mode & S_IFMT) === S_IFLNK) this.resolver.dropLinks();
    if (type !== S_IFDIR) return;
    this.resolver.dropDirectory(from.guest);
    this.resolver.dropDirectory(to.guest);
    for (const { fs } of tasks) {
      if (fs.cwd === from.guest) fs.cwd = to.guest;
      else if (fs.cwd.startsWith(`${from.guest}/`)) fs.cwd = to.guest + fs.cwd.slice(from.guest.length);
    }
  }

  /** The place of a new name in a directory, for bind(2) of sockets and the like. */
  entry(dir: Dir, name: string): { readonly fs: FileSystem; readonly path: string; readonly guest: string } {
    return { fs: dir.fs, path: dir.fs.join(dir.path, name), guest: guestJoin(dir.guest, name) };
  }

  // ---- host descriptors ----

  /** A path that leads to descriptor `fd` itself, where the host has one. */
  fdPath(fd: number): string | undefined {
    return fd < 0 || host.FD_PATHS === '' ? undefined : `${host.FD_PATHS}${fd}`;
  }
  closeHost(fd: number): number {
    forget(fd);
    return host.close(fd);
  }
  fstat(fd: number, st: FileStat): number {
    return host.fstat(fd, st);
  }
  fsyncHost(fd: number, dataOnly: boolean): number {
    return dataOnly ? host.fdatasync(fd) : host.fsync(fd);
  }
  /** The host's own file position: moved as lseek does. @returns the new one or -errno */
  seekHost(fd: number, offset: number, whence: 0 | 1 | 2): number {
    return seek(fd, offset, whence);
  }

  // ---- mapped files (see FileBacking) ----

  noteBacking(): void {
    this.anyMapped = true;
  }
  isMapped(id: string | undefined): boolean {
    return id !== undefined && this.#mapped?.isMapped(id) === true;
  }
  flushMapped(id: string | undefined): void {
    if (id !== undefined) this.#mapped?.flushFile(id);
  }
  refreshMapped(id: string | undefined, offset: number, length: number): void {
    if (id !== undefined) this.#mapped?.refreshFile(id, offset, length);
  }
  truncateMapped(id: string | undefined, size: number): void {
    if (id !== undefined && this.anyMapped) this.#mapped?.truncateFile(id, size);
  }
}

let unique = 0;
/** A suffix no other name of ours has. */
function uniqueSuffix(): string {
  return `sojourn~${Date.now().toString(36)}${(unique++).toString(36)}`;
}
