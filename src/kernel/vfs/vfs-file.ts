/** Open files that came from a path: what fchmod, fchown, futimens, fstatfs and the lock calls need beyond OpenFile. */
import { S_IFDIR, S_IFMT } from '../../abi/fcntl.js';
import { EBADF, EINVAL, EISDIR, ENOTDIR, EPERM } from '../../abi/errno.js';
import type { FdTable } from '../fd-table.js';
import { type DirEntry, OpenFile } from '../file.js';
import * as host from '../host/fs.js';
import type { FsStat } from '../host/fs.js';
import { emptyStat, type FileStat } from '../host/stat.js';
import type { Dir, Place, Who } from './file-system.js';
import { IN } from './notify.js';
import type { Vfs } from './vfs.js';

export abstract class VfsFile extends OpenFile {
  readonly vfs: Vfs;
  /** Where it was opened; renames since then are not reflected. */
  readonly place: Place;

  constructor(vfs: Vfs, place: Place, flags: number) {
    super(flags);
    this.vfs = vfs;
    this.place = place;
  }

  get name(): string {
    return this.place.guest;
  }

  /** `dev:ino`: the key of locks and mappings, or undefined for files that have no inode to speak of. */
  get id(): string | undefined {
    return undefined;
  }

  /** Another description of the same file (opening /proc/self/fd/N). */
  reopen(_who: Who, _flags: number): OpenFile | number {
    return -EPERM;
  }

  /** F_SETFL: takes over the status flags in `flags`. */
  setFlags(flags: number): number {
    this.flags = flags;
    return 0;
  }

  chmod(mode: number): number {
    return this.place.fs.chmod(this.place.path, mode);
  }
  chown(uid: number, gid: number): number {
    return this.place.fs.chown(this.place.path, uid, gid);
  }
  utimes(atime: number, atimeNsec: number, mtime: number, mtimeNsec: number): number {
    return this.place.fs.utimes(this.place.path, atime, atimeNsec, mtime, mtimeNsec);
  }
  statfs(st: FsStat): number {
    return this.place.fs.statfs(this.place.path, st);
  }

  override onDescriptorClosed(owner: FdTable): void {
    const { locks } = this.vfs;
    if (!locks.empty && this.id !== undefined) locks.dropOwner(this.id, owner);
  }

  protected override onClose(): number {
    const { locks, notify } = this.vfs;
    if (!notify.idle) {
      const dir = (this.place.mode & S_IFMT) === S_IFDIR ? IN.ISDIR : 0;
      notify.tell(this.place.guest, (this.writable ? IN.CLOSE_WRITE : IN.CLOSE_NOWRITE) | dir);
    }
    if (!locks.empty && this.id !== undefined) locks.dropOwner(this.id, this);
    return 0;
  }
}

/** An O_PATH descriptor: a place and nothing else. Every I/O call answers EBADF (open(2)). */
export class PathFile extends VfsFile {
  readonly #who: Who;
  readonly #fd: number;
  readonly dir: Dir | undefined;

  /** @param fd host descriptor (O_PATH) that pins the file, or -1 */
  constructor(vfs: Vfs, who: Who, place: Place, flags: number, fd: number) {
    super(vfs, place, flags);
    this.#who = who;
    this.#fd = fd;
    if ((place.mode & S_IFMT) === S_IFDIR) this.dir = vfs.resolver.dirAt(place, vfs.fdPath(fd));
  }

  override get hostFd(): number {
    return this.#fd;
  }
  override get name(): string {
    return this.dir === undefined ? this.place.guest : this.vfs.resolver.currentPath(this.dir);
  }
  override read(): number {
    return -EBADF;
  }
  override write(): number {
    return -EBADF;
  }
  override seek(): number {
    return -EBADF;
  }
  override sync(): number {
    return -EBADF;
  }
  override truncate(): number {
    return -EBADF;
  }
  override ioctl(): number {
    return -EBADF;
  }
  override backing(): number {
    return -EBADF;
  }
  override readdir(): number {
    return this.dir === undefined ? -ENOTDIR : -EBADF;
  }
  override chmod(): number {
    return -EBADF;
  }
  override chown(): number {
    return -EBADF;
  }
  override utimes(): number {
    return -EBADF;
  }

  override stat(): FileStat | number {
    const st = emptyStat();
    const error =
      this.#fd < 0 ? this.place.fs.lstat(this.#who, this.place.path, st) : this.vfs.fstat(this.#fd, st);
    return error < 0 ? error : st;
  }

  override reopen(who: Who, flags: number): OpenFile | number {
    return this.vfs.openPlace(who, this.place, flags, 0);
  }

  protected override onClose(): number {
    return this.#fd < 0 ? 0 : this.vfs.closeHost(this.#fd);
  }
}

const DT_SHIFT = 12;
/** So many names are worth going to their directory. */
const STAND_IN = 3;

/** An open directory: a snapshot of its names, taken at the first read and after rewinding. */
export class DirectoryFile extends VfsFile {
  readonly dir: Dir;
  readonly #who: Who;
  readonly #fd: number;
  #names: readonly string[] | undefined;

  /** @param fd host descriptor, or -1 */
  constructor(vfs: Vfs, who: Who, place: Place, flags: number, fd: number) {
    super(vfs, place, flags);
    this.#who = who;
    this.#fd = fd;
    this.dir = vfs.resolver.dirAt(place, vfs.fdPath(fd));
  }

  override get hostFd(): number {
    return this.#fd;
  }
  override get name(): string {
    return this.vfs.resolver.currentPath(this.dir);
  }

  /** The same directory by an fs-local path that ends in no magic link. */
  get #path(): string {
    return this.dir.path === this.place.path ? this.place.path : `${this.dir.path}/.`;
  }

  override get id(): string | undefined {
    const st = this.stat();
    return typeof st === 'number' ? undefined : `${st.dev}:${st.ino}`;
  }

  override stat(): FileStat | number {
    const st = emptyStat();
    const error =
      this.#fd < 0 ? this.place.fs.lstat(this.#who, this.place.path, st) : this.vfs.fstat(this.#fd, st);
    return error < 0 ? error : st;
  }

  override read(): number {
    return -EISDIR;
  }

  override sync(): number {
    return this.#fd < 0 ? 0 : this.vfs.fsyncHost(this.#fd, false);
  }

  override seek(offset: number, whence: number): number {
    const base = whence === 0 ? 0 : whence === 1 ? this.pos : -1;
    if (base < 0 || base + offset < 0) return -EINVAL;
    this.pos = base + offset;
    if (this.pos === 0) this.#names = undefined;
    return this.pos;
  }

  override reopen(who: Who, flags: number): OpenFile | number {
    return this.vfs.openPlace(who, this.place, flags, 0);
  }

  override chmod(mode: number): number {
    return this.place.fs.chmod(this.#path, mode);
  }
  override chown(uid: number, gid: number): number {
    return this.place.fs.chown(this.#path, uid, gid);
  }
  override utimes(atime: number, atimeNsec: number, mtime: number, mtimeNsec: number): number {
    return this.place.fs.utimes(this.#path, atime, atimeNsec, mtime, mtimeNsec);
  }

  /** Names change only with a rewind; entries that have gone meanwhile are left out. */
  override readdir(max: number): readonly DirEntry[] | number {
    if (this.#names === undefined) {
      const names = this.vfs.listDirectory(this.#who, this.dir);
      if (typeof names === 'number') return names;
      this.#names = names;
    }
    const names = this.#names;
    const entries: DirEntry[] = [];
    const { dir, vfs } = this;
    // Where nothing is mounted, and names lead to what is listed, the host can be asked at once.
    const plain = dir.fs === vfs.hostFs && !dir.special;
    if (plain && this.#fd >= 0 && names.length - this.pos > STAND_IN) host.standIn(this.#fd);
    for (let at = this.pos; at < names.length + 2 && entries.length < max; at++) {
      const name = at === 0 ? '.' : at === 1 ? '..' : (names[at - 2] as string);
      const mode =
        at === 0
          ? this.#own()
          : at === 1
            ? this.#parent()
            : plain
              ? host.entry(`${dir.path}/${name}`)
              : this.#entry(name);
      if (mode < 0) continue;
      const ino = host.entryInode;
      entries.push({ name, ino, type: (mode & S_IFMT) >> DT_SHIFT, cookie: at + 1 });
    }
    return entries;
  }

  // Each answers with a mode or -errno, and leaves the inode number in the host's `entryInode`.

  #own(): number {
    return host.noteEntry(this.stat());
  }

  #entry(name: string): number {
    const st = emptyStat();
    const error = this.vfs.lstatIn(this.#who, this.dir, name, st);
    return host.noteEntry(error < 0 ? error : st);
  }

  #parent(): number {
    const { dir, vfs } = this;
    if (dir.inside && this.#who.fs.root === '/') return host.entry(`${dir.path}/..`);
    return host.noteEntry(vfs.parentStat(this.#who, dir));
  }

  protected override onClose(): number {
    super.onClose();
    return this.#fd < 0 ? 0 : this.vfs.closeHost(this.#fd);
  }
}
