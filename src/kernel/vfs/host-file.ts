/** Regular files of the host, and the port through which they are mapped. */
import {
  O_ACCMODE,
  O_APPEND,
  O_CREAT,
  O_EXCL,
  O_PATH,
  O_RDWR,
  O_TRUNC,
  SEEK_CUR,
  SEEK_DATA,
  SEEK_END,
  SEEK_HOLE,
  SEEK_SET,
} from '../../abi/fcntl.js';
import { EACCES, EBADF, EFBIG, EINVAL, ENOSYS, ENXIO, EOPNOTSUPP } from '../../abi/errno.js';
import type { FileBacking } from '../../mmap/file-backing.js';
import type { OpenFile } from '../file.js';
import * as host from '../host/fs.js';
import { allocate } from '../host/poll.js';
import { emptyStat, type FileStat, rememberTimes } from '../host/stat.js';
import type { Task } from '../task.js';
import type { Place, Who } from './file-system.js';
import { IN } from './notify.js';
import type { Vfs } from './vfs.js';
import { VfsFile } from './vfs-file.js';

/** fallocate(2) modes (include/uapi/linux/falloc.h). */
const FALLOC_FL_KEEP_SIZE = 0x01;
const FALLOC_FL_PUNCH_HOLE = 0x02;
const FALLOC_FL_ZERO_RANGE = 0x10;

/** `pos` after an append: the end of the file, looked up when somebody asks. */
const AT_END = -1;
/** `pos` of an inherited descriptor: the host's own, which others share. */
const AT_HOST = -2;

/** Zeroes written at a time by hole punching. */
const ZERO_CHUNK = 65536;

export class HostFile extends VfsFile {
  #fd: number;
  #id: string | undefined;
  #dev = 0;
  #ino = 0;
  /** Not ours to close (descriptors 0, 1 and 2). */
  readonly #inherited: boolean;

  /** @param st stat of the file, when the caller has just made one */
  constructor(vfs: Vfs, place: Place, flags: number, fd: number, st?: FileStat, inherited = false) {
    super(vfs, place, flags & ~(O_CREAT | O_EXCL | O_TRUNC));
    this.#fd = fd;
    this.#inherited = inherited;
    if (inherited) this.pos = AT_HOST;
    if (st !== undefined) this.#identify(st);
  }

  #identify(st: FileStat): void {
    this.#dev = st.dev;
    this.#ino = st.ino;
    this.#id = `${st.dev}:${st.ino}`;
  }

  override get hostFd(): number {
    return this.#fd;
  }
  override get seekable(): boolean {
    return true;
  }

  override get id(): string | undefined {
    if (this.#id === undefined) {
      const st = this.stat();
      if (typeof st !== 'number') this.#identify(st);
    }
    return this.#id;
  }

  /** The name by which the host knows it now, if it does; /proc/self/fd shows renames and ` (deleted)`. */
  override get name(): string {
    const now = this.#fd < 0 ? 0 : host.fdPath(this.#fd);
    return typeof now === 'string' ? this.vfs.resolver.guestPath(now) : this.place.guest;
  }

  override stat(): FileStat | number {
    const st = emptyStat();
    const error = host.fstat(this.#fd, st);
    return error < 0 ? error : st;
  }

  get #size(): number {
    const st = this.stat();
    return typeof st === 'number' ? 0 : st.size;
  }

  /** Whether mappings of this file must be told of reads and writes. */
  get #mapped(): boolean {
    return this.vfs.anyMapped && this.vfs.isMapped(this.id);
  }

  override read(dst: Uint8Array, offset: number, _task?: Task): number {
    if (this.#mapped) this.vfs.flushMapped(this.id);
    if (offset >= 0) return host.read(this.#fd, dst, 0, dst.length, offset);
    if (this.pos === AT_HOST) return host.read(this.#fd, dst, 0, dst.length, host.CURRENT);
    if (this.pos === AT_END) this.pos = this.#size;
    const n = host.read(this.#fd, dst, 0, dst.length, this.pos);
    if (n > 0) this.pos += n;
    if (!this.vfs.notify.idle && n > 0) this.vfs.notify.tell(this.place.guest, IN.ACCESS);
    return n;
  }

  override write(src: Uint8Array, offset: number, _task?: Task): number {
    if ((this.flags & O_APPEND) !== 0) return this.#append(src, offset);
    let n: number;
    let at = offset;
    if (offset >= 0) n = host.write(this.#fd, src, 0, src.length, offset);
    else if (this.pos === AT_HOST) {
      at = 0;
      n = host.write(this.#fd, src, 0, src.length, host.CURRENT);
    } else {
      at = this.pos === AT_END ? this.#size : this.pos;
      n = host.write(this.#fd, src, 0, src.length, at);
      if (n > 0) this.pos = at + n;
    }
    if (n > 0 && this.#mapped) this.vfs.refreshMapped(this.id, at, n);
    if (!this.vfs.notify.idle && n > 0) this.vfs.notify.tell(this.place.guest, IN.MODIFY);
    return n;
  }

  /** pwrite on an O_APPEND file appends, too (pwrite(2), BUGS). */
  #append(src: Uint8Array, offset: number): number {
    const mapped = this.#mapped;
    const end = mapped ? this.#size : 0;
    // An inherited descriptor cannot be given O_APPEND; its position can.
    if (this.pos === AT_HOST) this.vfs.seekHost(this.#fd, 0, SEEK_END);
    const n = host.write(this.#fd, src, 0, src.length, host.CURRENT);
    if (n > 0 && offset < 0 && this.pos !== AT_HOST) this.pos = AT_END;
    if (n > 0 && mapped) this.vfs.refreshMapped(this.id, end, n);
    if (!this.vfs.notify.idle && n > 0) this.vfs.notify.tell(this.place.guest, IN.MODIFY);
    return n;
  }

  /** Where the next read or write happens, in bytes. Without lseek an inherited file parts with the host's position. */
  get #position(): number {
    if (this.pos === AT_HOST) this.pos = host.inheritedPosition(this.#fd);
    if (this.pos === AT_END) this.pos = this.#size;
    return this.pos;
  }

  override seek(offset: number, whence: number): number {
    if (this.pos === AT_HOST && (whence === SEEK_SET || whence === SEEK_CUR || whence === SEEK_END)) {
      const at = this.vfs.seekHost(this.#fd, offset, whence);
      if (at !== -ENOSYS) return at;
    }
    let to: number;
    if (whence === SEEK_SET) to = offset;
    else if (whence === SEEK_CUR) to = this.#position + offset;
    else if (whence === SEEK_END) to = this.#size + offset;
    else if (whence === SEEK_DATA || whence === SEEK_HOLE) {
      // A file without holes but the one at its end: what lseek(2) allows where the host does not tell.
      const size = this.#size;
      if (offset < 0 || offset >= size) return -ENXIO;
      return this.seek(whence === SEEK_DATA ? offset : size, SEEK_SET);
    } else return -EINVAL;
    if (to < 0 || !Number.isSafeInteger(to)) return -EINVAL;
    this.pos = to;
    return to;
  }

  override truncate(length: number): number {
    if (!this.writable) return -EINVAL;
    const error = host.ftruncate(this.#fd, length);
    if (error === 0 && this.#mapped) this.vfs.truncateMapped(this.id, length);
    if (error === 0) this.vfs.notify.tell(this.place.guest, IN.MODIFY);
    return error;
  }

  override allocate(mode: number, offset: number, length: number): number {
    if (offset < 0 || length <= 0) return -EINVAL;
    const end = offset + length;
    if (!Number.isSafeInteger(end)) return -EFBIG;
    if (mode === 0) return this.#reserve(offset, length);
    // Reserving blocks beyond the end changes nothing that can be read; the host decides when it allocates them.
    if (mode === FALLOC_FL_KEEP_SIZE) return end <= this.#size ? this.#reserve(offset, length) : -EOPNOTSUPP;
    if (mode === (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE))
      return this.#zero(offset, Math.min(end, this.#size));
    if ((mode & ~FALLOC_FL_KEEP_SIZE) === FALLOC_FL_ZERO_RANGE) {
      const size = this.#size;
      if ((mode & FALLOC_FL_KEEP_SIZE) === 0 && end > size) {
        const error = this.truncate(end);
        if (error < 0) return error;
      }
      return this.#zero(offset, Math.min(end, size));
    }
    return -EOPNOTSUPP;
  }

  #reserve(offset: number, length: number): number {
    const error = allocate(this.#fd, offset, length);
    if (error !== 0) return error === -ENOSYS ? this.#grow(offset + length) : error;
    if (this.#mapped) this.vfs.truncateMapped(this.id, this.#size);
    return 0;
  }

  #grow(size: number): number {
    return size > this.#size ? this.truncate(size) : 0;
  }

  #zero(from: number, to: number): number {
    if ((this.flags & O_APPEND) !== 0) return -EOPNOTSUPP;
    const zeroes = new Uint8Array(Math.max(0, Math.min(to - from, ZERO_CHUNK)));
    for (let at = from; at < to;) {
      const n = this.write(zeroes.subarray(0, Math.min(zeroes.length, to - at)), at);
      if (n < 0) return n;
      at += n;
    }
    return 0;
  }

  override sync(dataOnly: boolean): number {
    if (this.#mapped) this.vfs.flushMapped(this.id);
    return this.vfs.fsyncHost(this.#fd, dataOnly);
  }

  override chmod(mode: number): number {
    return host.fchmod(this.#fd, mode);
  }
  override chown(uid: number, gid: number): number {
    return host.fchown(this.#fd, uid, gid);
  }
  override utimes(atime: number, atimeNsec: number, mtime: number, mtimeNsec: number): number {
    const error = host.futimes(this.#fd, atime, atimeNsec, mtime, mtimeNsec);
    const st = error === 0 ? this.stat() : error;
    if (typeof st !== 'number') rememberTimes(st.dev, st.ino, { atime, atimeNsec, mtime, mtimeNsec });
    return error;
  }

  override reopen(who: Who, flags: number): OpenFile | number {
    const path = this.vfs.fdPath(this.#fd);
    if (path === undefined) return this.vfs.openPlace(who, this.place, flags, 0);
    const fd = host.open(path, flags & ~(O_CREAT | O_EXCL), 0);
    return fd < 0 ? fd : new HostFile(this.vfs, this.place, flags, fd);
  }

  override setFlags(flags: number): number {
    if (((flags ^ this.flags) & O_APPEND) !== 0 && !this.#inherited) {
      // The host's descriptor must agree, since pwrite on an O_APPEND file always appends.
      const path = this.vfs.fdPath(this.#fd);
      if (path === undefined) return -EOPNOTSUPP;
      const position = this.#position;
      const fd = host.open(path, flags & (O_ACCMODE | O_APPEND), 0);
      if (fd < 0) return fd;
      this.vfs.closeHost(this.#fd);
      this.#fd = fd;
      this.pos = position;
    }
    return super.setFlags(flags);
  }

  override backing(): FileBacking | number {
    if ((this.flags & O_PATH) !== 0) return -EACCES;
    if (this.id === undefined) return -EBADF;
    let fd = this.#fd;
    if ((this.flags & (O_APPEND | O_ACCMODE)) === (O_APPEND | O_RDWR)) {
      const path = this.vfs.fdPath(fd);
      if (path === undefined) return -EACCES;
      fd = host.open(path, O_RDWR, 0);
      if (fd < 0) return fd;
    }
    return new HostBacking(this, fd, this.#dev, this.#ino);
  }

  protected override onClose(): number {
    super.onClose();
    return this.#inherited ? 0 : this.vfs.closeHost(this.#fd);
  }
}

const now = emptyStat();

/** A file as the mmap layer sees it; keeps the description open while mappings exist. */
class HostBacking implements FileBacking {
  readonly id: string;
  readonly path: string;
  readonly dev: number;
  readonly ino: number;
  readonly #file: HostFile;
  readonly #fd: number;
  #open = true;
  stamp: string | undefined;
  // What it says.
  #sec = 0;
  #nsec = 0;
  #size = 0;

  /** @param fd the file's own host descriptor, or another one that the backing then owns */
  constructor(file: HostFile, fd: number, dev: number, ino: number) {
    this.#file = file.retain();
    this.#fd = fd;
    this.dev = dev;
    this.ino = ino;
    this.id = `${dev}:${ino}`;
    this.path = file.place.guest;
    file.vfs.noteBacking();
  }

  get readable(): boolean {
    return this.#file.readable;
  }
  get writable(): boolean {
    return this.readable && this.#file.writable;
  }

  version(): string {
    return this.size() < 0 ? '' : (this.stamp ?? '');
  }

  size(): number {
    if (host.fstat(this.#fd, now) < 0) return 0;
    const { mtime, mtimeNsec, size } = now;
    if (this.stamp === undefined || this.#nsec !== mtimeNsec || this.#sec !== mtime || this.#size !== size) {
      this.#sec = mtime;
      this.#nsec = mtimeNsec;
      this.#size = size;
      this.stamp = `${mtime}.${mtimeNsec}:${size}`;
    }
    return size;
  }

  read(dst: Uint8Array, offset: number): number {
    return host.read(this.#fd, dst, 0, dst.length, offset);
  }

  write(src: Uint8Array, offset: number): number {
    const length = Math.min(src.length, this.size() - offset);
    return length <= 0 ? 0 : host.write(this.#fd, src, 0, length, offset);
  }

  dup(): FileBacking {
    let fd = this.#fd;
    if (fd !== this.#file.hostFd) {
      const path = this.#file.vfs.fdPath(fd);
      const own = path === undefined ? -1 : host.open(path, O_RDWR, 0);
      fd = own < 0 ? this.#file.hostFd : own;
    }
    return new HostBacking(this.#file, fd, this.dev, this.ino);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    if (this.#fd !== this.#file.hostFd) this.#file.vfs.closeHost(this.#fd);
    this.#file.release();
  }
}
