/** Files in memory: memfd_create(2), with seals. The content is one growing buffer, shared by all descriptions. */
import {
  O_TRUNC,
  O_APPEND,
  O_RDWR,
  S_IFREG,
  SEEK_CUR,
  SEEK_DATA,
  SEEK_END,
  SEEK_HOLE,
  SEEK_SET,
} from '../../abi/fcntl.js';
import { EFBIG, EINVAL, ENXIO, EOPNOTSUPP, EPERM } from '../../abi/errno.js';
import type { FileBacking } from '../../mmap/file-backing.js';
import type { FsStat } from '../host/fs.js';
import { emptyStat, type FileStat } from '../host/stat.js';
import type { Place, Who } from './file-system.js';
import type { Vfs } from './vfs.js';
import { VfsFile } from './vfs-file.js';

/** include/uapi/linux/fcntl.h */
export const F_SEAL_SEAL = 0x1;
export const F_SEAL_SHRINK = 0x2;
export const F_SEAL_GROW = 0x4;
export const F_SEAL_WRITE = 0x8;
export const F_SEAL_FUTURE_WRITE = 0x10;
export const F_SEAL_EXEC = 0x20;
const ALL_SEALS = 0x3f;

const FALLOC_FL_KEEP_SIZE = 0x01;
const FALLOC_FL_PUNCH_HOLE = 0x02;
const FALLOC_FL_ZERO_RANGE = 0x10;
const TMPFS_MAGIC = 0x01021994;
/** Largest file, bytes: what one buffer can hold. */
const MAX_SIZE = 2 ** 32;
const MEMORY_DEV = 1;

let nextInode = 1024;

/** Seconds and nanoseconds since the epoch. */
function now(): readonly [number, number] {
  const ms = Date.now();
  return [Math.floor(ms / 1000), (ms % 1000) * 1e6];
}

/** The file itself (an inode). */
export class MemoryInode {
  readonly ino = nextInode++;
  #data: Uint8Array = new Uint8Array(0);
  size = 0;
  mode: number;
  uid: number;
  gid: number;
  seals: number;
  #mtime = now();
  #atime = this.#mtime;
  #ctime = this.#mtime;

  constructor(mode: number, uid: number, gid: number, seals: number) {
    this.mode = mode;
    this.uid = uid;
    this.gid = gid;
    this.seals = seals;
  }

  get id(): string {
    return `${MEMORY_DEV}:${this.ino}`;
  }

  stat(): FileStat {
    const st = emptyStat();
    st.dev = MEMORY_DEV;
    st.ino = this.ino;
    st.mode = S_IFREG | this.mode;
    st.nlink = 0;
    st.uid = this.uid;
    st.gid = this.gid;
    st.size = this.size;
    st.blocks = Math.ceil(this.size / 4096) * 8;
    [st.atime, st.atimeNsec] = this.#atime;
    [st.mtime, st.mtimeNsec] = this.#mtime;
    [st.ctime, st.ctimeNsec] = this.#ctime;
    return st;
  }

  changed(): void {
    this.#mtime = this.#ctime = now();
  }

  setTimes(atime: readonly [number, number], mtime: readonly [number, number]): void {
    this.#atime = atime;
    this.#mtime = mtime;
    this.#ctime = now();
  }

  read(dst: Uint8Array, offset: number): number {
    const n = Math.max(0, Math.min(dst.length, this.size - offset));
    // What lies beyond the buffer but within the size is a hole.
    const held = Math.max(0, Math.min(n, this.#data.length - offset));
    if (held > 0) dst.set(this.#data.subarray(offset, offset + held));
    dst.fill(0, held, n);
    return n;
  }

  /** @returns bytes written, or -errno (seals, size) */
  write(src: Uint8Array, offset: number): number {
    if ((this.seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) !== 0) return -EPERM;
    const end = offset + src.length;
    if (end > MAX_SIZE) return -EFBIG;
    if (end > this.size && (this.seals & F_SEAL_GROW) !== 0) return -EPERM;
    this.put(src, offset);
    return src.length;
  }

  /** Writes without asking for seals (write-back of mappings). */
  put(src: Uint8Array, offset: number): void {
    const end = offset + src.length;
    this.#hold(end);
    this.#data.set(src, offset);
    this.size = Math.max(this.size, end);
    this.changed();
  }

  #hold(length: number): void {
    if (length <= this.#data.length) return;
    const grown = new Uint8Array(Math.min(MAX_SIZE, Math.max(length, this.#data.length * 2, 4096)));
    grown.set(this.#data.subarray(0, this.size));
    this.#data = grown;
  }

  zero(from: number, to: number): void {
    this.#data.fill(0, from, Math.min(to, this.#data.length));
    this.changed();
  }

  resize(size: number): number {
    if (size > MAX_SIZE) return -EFBIG;
    if (size < this.size && (this.seals & F_SEAL_SHRINK) !== 0) return -EPERM;
    if (size > this.size && (this.seals & F_SEAL_GROW) !== 0) return -EPERM;
    if (size < this.size) this.#data.fill(0, size, Math.min(this.size, this.#data.length));
    this.size = size;
    this.changed();
    return 0;
  }

  addSeals(seals: number): number {
    if ((seals & ~ALL_SEALS) !== 0) return -EINVAL;
    if ((this.seals & F_SEAL_SEAL) !== 0) return -EPERM;
    this.seals |= seals;
    return 0;
  }
}

export class MemoryFile extends VfsFile {
  readonly inode: MemoryInode;

  constructor(vfs: Vfs, inode: MemoryInode, name: string, flags = O_RDWR) {
    super(vfs, memoryPlace(vfs, name, inode), flags);
    this.inode = inode;
  }

  override get id(): string {
    return this.inode.id;
  }
  override get seekable(): boolean {
    return true;
  }
  override stat(): FileStat {
    return this.inode.stat();
  }

  get #mapped(): boolean {
    return this.vfs.anyMapped && this.vfs.isMapped(this.id);
  }

  override read(dst: Uint8Array, offset: number): number {
    if (this.#mapped) this.vfs.flushMapped(this.id);
    const n = this.inode.read(dst, offset >= 0 ? offset : this.pos);
    if (offset < 0) this.pos += n;
    return n;
  }

  override write(src: Uint8Array, offset: number): number {
    const at = (this.flags & O_APPEND) !== 0 ? this.inode.size : offset >= 0 ? offset : this.pos;
    const n = this.inode.write(src, at);
    if (n > 0 && offset < 0) this.pos = at + n;
    if (n > 0 && this.#mapped) this.vfs.refreshMapped(this.id, at, n);
    return n;
  }

  override seek(offset: number, whence: number): number {
    const { size } = this.inode;
    let to: number;
    if (whence === SEEK_SET) to = offset;
    else if (whence === SEEK_CUR) to = this.pos + offset;
    else if (whence === SEEK_END) to = size + offset;
    else if (whence === SEEK_DATA || whence === SEEK_HOLE) {
      if (offset < 0 || offset >= size) return -ENXIO;
      to = whence === SEEK_DATA ? offset : size;
    } else return -EINVAL;
    if (to < 0 || !Number.isSafeInteger(to)) return -EINVAL;
    this.pos = to;
    return to;
  }

  override truncate(length: number): number {
    if (!this.writable) return -EINVAL;
    const error = this.inode.resize(length);
    if (error === 0 && this.#mapped) this.vfs.truncateMapped(this.id, length);
    return error;
  }

  override allocate(mode: number, offset: number, length: number): number {
    const end = offset + length;
    const { inode } = this;
    if ((inode.seals & F_SEAL_GROW) !== 0 && end > inode.size && (mode & FALLOC_FL_KEEP_SIZE) === 0)
      return -EPERM;
    const clears = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE;
    if ((mode & ~(FALLOC_FL_KEEP_SIZE | clears)) !== 0 || (mode & clears) === clears) return -EOPNOTSUPP;
    if ((mode & FALLOC_FL_PUNCH_HOLE) !== 0 && (mode & FALLOC_FL_KEEP_SIZE) === 0) return -EOPNOTSUPP;
    if ((mode & clears) !== 0) {
      if ((inode.seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) !== 0) return -EPERM;
      const to = Math.min(end, inode.size);
      if (to > offset) {
        if (this.#mapped) this.vfs.flushMapped(this.id);
        inode.zero(offset, to);
        if (this.#mapped) this.vfs.refreshMapped(this.id, offset, to - offset);
      }
    }
    return (mode & FALLOC_FL_KEEP_SIZE) === 0 && end > inode.size ? this.truncate(end) : 0;
  }

  override sync(): number {
    return 0;
  }
  override chmod(mode: number): number {
    this.inode.mode = mode & 0o7777;
    return 0;
  }
  override chown(uid: number, gid: number): number {
    if (uid !== -1) this.inode.uid = uid;
    if (gid !== -1) this.inode.gid = gid;
    return 0;
  }
  override utimes(atime: number, atimeNsec: number, mtime: number, mtimeNsec: number): number {
    this.inode.setTimes([atime, atimeNsec], [mtime, mtimeNsec]);
    return 0;
  }
  override statfs(st: FsStat): number {
    Object.assign(st, { type: TMPFS_MAGIC, bsize: 4096, blocks: 0, bfree: 0, bavail: 0, files: 0, ffree: 0 });
    return 0;
  }
  override reopen(_who: Who, flags: number): VfsFile | number {
    const file = new MemoryFile(this.vfs, this.inode, this.place.guest, flags);
    const failed = (flags & O_TRUNC) !== 0 && file.writable ? file.truncate(0) : 0;
    if (failed === 0) return file;
    file.release();
    return failed;
  }
  override backing(): FileBacking {
    this.vfs.noteBacking();
    return new MemoryBacking(this);
  }
}

/** A memfd has no path; what /proc/self/fd shows is its name. */
function memoryPlace(vfs: Vfs, name: string, inode: MemoryInode): Place {
  return { fs: vfs.hostFs, path: '', guest: name, mode: S_IFREG | inode.mode, slash: false };
}

class MemoryBacking implements FileBacking {
  readonly id: string;
  readonly path: string;
  readonly dev = MEMORY_DEV;
  readonly ino: number;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly #file: MemoryFile;

  constructor(file: MemoryFile) {
    this.#file = file;
    this.id = file.id;
    this.ino = file.inode.ino;
    this.path = file.place.guest;
    this.readable = file.readable;
    this.writable =
      file.readable && file.writable && (file.inode.seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) === 0;
  }

  version(): string {
    const { mtime, mtimeNsec, size } = this.#file.inode.stat();
    return `${mtime}.${mtimeNsec}:${size}`;
  }
  size(): number {
    return this.#file.inode.size;
  }
  read(dst: Uint8Array, offset: number): number {
    return this.#file.inode.read(dst, offset);
  }
  write(src: Uint8Array, offset: number): number {
    const length = Math.min(src.length, this.#file.inode.size - offset);
    if (length > 0) this.#file.inode.put(src.subarray(0, length), offset);
    return Math.max(0, length);
  }
  close(): void {
    // The memory is the inode's.
  }
  dup(): FileBacking {
    return new MemoryBacking(this.#file);
  }
}
