/**
 * Trees that exist only while somebody looks: /proc and the synthetic parts of /sys. A tree is data, directories of named
 * nodes; this file makes a file system of it.
 */
import { O_ACCMODE, O_RDONLY, S_IFDIR, S_IFLNK, S_IFREG, SEEK_CUR, SEEK_SET } from '../../abi/fcntl.js';
import { EACCES, EINVAL, ELOOP, ENOENT, ENOTDIR, EPERM } from '../../abi/errno.js';
import type { OpenFile } from '../file.js';
import type { FsStat } from '../host/fs.js';
import { emptyStat, type FileStat } from '../host/stat.js';
import type { Task } from '../task.js';
import { FileSystem, type Jump, type Place, type Who } from './file-system.js';
import type { Vfs } from './vfs.js';
import { DirectoryFile, VfsFile } from './vfs-file.js';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface VirtualDirectory {
  readonly kind: 'dir';
  readonly mode?: number;
  readonly owner?: Owner;
  names(who: Who): readonly string[];
  get(who: Who, name: string): VirtualNode | undefined;
}

export interface VirtualFile {
  readonly kind: 'file';
  /** Permission bits; default 0o444. */
  readonly mode?: number;
  readonly owner?: Owner;
  /** The whole content, as a byte string or bytes, or -errno. */
  read(who: Who): string | Uint8Array | number;
  /** Takes what one write(2) brings; bytes taken or -errno. */
  write?(who: Who, bytes: Uint8Array): number;
  /** Files too large to be made whole (/proc/PID/mem) answer themselves. */
  open?(who: Who, place: Place, flags: number): OpenFile | number;
  /** fstat's st_size; default 0 as in /proc. */
  readonly size?: number;
}

export interface VirtualLink {
  readonly kind: 'link';
  readonly owner?: Owner;
  readonly mode?: number;
  /** What readlink answers. */
  target(who: Who): string | number;
  /** Where following it leads, when that is no path. */
  jump?(who: Who): Jump | undefined;
}

export type VirtualNode = VirtualDirectory | VirtualFile | VirtualLink;

/** A directory with fixed entries. */
export function directory(entries: Readonly<Record<string, VirtualNode>>, owner?: Owner): VirtualDirectory {
  return {
    kind: 'dir',
    ...(owner === undefined ? {} : { owner }),
    names: () => Object.keys(entries),
    get: (_who, name) => (Object.hasOwn(entries, name) ? entries[name] : undefined),
  };
}

/** A file whose text is made anew for every reading. */
export function text(read: (who: Who) => string | number, mode = 0o444): VirtualFile {
  return { kind: 'file', mode, read };
}

/** An ordinary symbolic link. */
export function link(target: (who: Who) => string): VirtualLink {
  return { kind: 'link', target };
}

/** Makes bytes of a byte string. */
export function toBytes(content: string): Uint8Array {
  const bytes = new Uint8Array(content.length);
  for (let i = 0; i < content.length; i++) bytes[i] = content.charCodeAt(i);
  return bytes;
}

const NO_OWNER: Owner = { uid: 0, gid: 0 };

/** A stable inode number of an fs-local path (FNV-1a). */
function inodeOf(path: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < path.length; i++) hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193);
  return (hash >>> 0) | 1;
}

export abstract class VirtualFileSystem extends FileSystem {
  readonly vfs: Vfs;
  /** st_dev. */
  readonly dev: number;
  /** statfs's f_type. */
  readonly magic: number;
  /** Seconds since the epoch that all its times show. */
  readonly #born = Math.floor(Date.now() / 1000);

  constructor(vfs: Vfs, dev: number, magic: number) {
    super();
    this.vfs = vfs;
    this.dev = dev;
    this.magic = magic;
  }

  /** The top of the tree, fs-local path `/`. */
  protected abstract top(): VirtualDirectory;

  /** The node at an fs-local path. */
  find(who: Who, path: string): VirtualNode | undefined {
    let node: VirtualNode | undefined = this.top();
    for (const name of path.split('/')) {
      if (name === '' || name === '.') continue;
      if (node?.kind !== 'dir') return undefined;
      node = node.get(who, name);
    }
    return node;
  }

  static modeOf(node: VirtualNode): number {
    if (node.kind === 'dir') return S_IFDIR | (node.mode ?? 0o555);
    if (node.kind === 'link') return S_IFLNK | (node.mode ?? 0o777);
    return S_IFREG | (node.mode ?? 0o444);
  }

  mode(who: Who, path: string): number {
    const node = this.find(who, path);
    return node === undefined ? -ENOENT : VirtualFileSystem.modeOf(node);
  }

  lstat(who: Who, path: string, st: FileStat): number {
    const node = this.find(who, path);
    if (node === undefined) return -ENOENT;
    this.fillNode(node, path, st);
    return 0;
  }

  fillNode(node: VirtualNode, path: string, st: FileStat): void {
    const { uid, gid } = node.owner ?? NO_OWNER;
    Object.assign(st, emptyStat(), {
      dev: this.dev,
      ino: inodeOf(path),
      mode: VirtualFileSystem.modeOf(node),
      nlink: node.kind === 'dir' ? 2 : 1,
      uid,
      gid,
      size: node.kind === 'file' ? (node.size ?? 0) : 0,
      blksize: 1024,
      atime: this.#born,
      mtime: this.#born,
      ctime: this.#born,
      btime: this.#born,
    });
  }

  readlink(who: Who, path: string): string | number {
    const node = this.find(who, path);
    if (node === undefined) return -ENOENT;
    return node.kind === 'link' ? node.target(who) : -EINVAL;
  }

  override jump(who: Who, path: string): Jump | undefined {
    const node = this.find(who, path);
    return node?.kind === 'link' ? node.jump?.(who) : undefined;
  }

  list(who: Who, path: string): readonly string[] | number {
    const node = this.find(who, path);
    if (node === undefined) return -ENOENT;
    return node.kind === 'dir' ? node.names(who) : -ENOTDIR;
  }

  override access(who: Who, path: string, mode: number): number {
    const node = this.find(who, path);
    if (node === undefined) return -ENOENT;
    const bits = VirtualFileSystem.modeOf(node);
    if ((mode & 2) !== 0 && (bits & 0o222) === 0) return -EACCES;
    return (mode & 1) !== 0 && (bits & 0o111) === 0 ? -EACCES : 0;
  }

  open(who: Who, place: Place, flags: number): OpenFile | number {
    const node = this.find(who, place.path);
    if (node === undefined) return -ENOENT;
    if (node.kind === 'dir') return new DirectoryFile(this.vfs, who, place, flags, -1);
    if (node.kind === 'link') return -ELOOP;
    if ((flags & O_ACCMODE) !== O_RDONLY && ((node.mode ?? 0o444) & 0o222) === 0) return -EACCES;
    return node.open?.(who, place, flags) ?? new ContentFile(this, who, node, place, flags);
  }

  statfs(_path: string, st: FsStat): number {
    Object.assign(st, { type: this.magic, bsize: 4096, blocks: 0, bfree: 0, bavail: 0, files: 0, ffree: 0 });
    return 0;
  }

  override chmod(): number {
    return -EPERM;
  }
}

/** A file whose content is made when reading starts, and again after seeking to its beginning. */
class ContentFile extends VfsFile {
  readonly #fs: VirtualFileSystem;
  readonly #who: Who;
  readonly #node: VirtualFile;
  #content: Uint8Array | undefined;

  constructor(fs: VirtualFileSystem, who: Who, node: VirtualFile, place: Place, flags: number) {
    super(fs.vfs, place, flags);
    this.#fs = fs;
    this.#who = who;
    this.#node = node;
  }

  override get seekable(): boolean {
    return true;
  }

  override stat(): FileStat {
    const st = emptyStat();
    this.#fs.fillNode(this.#node, this.place.path, st);
    return st;
  }

  override read(dst: Uint8Array, offset: number): number {
    const from = offset >= 0 ? offset : this.pos;
    if (from === 0 || this.#content === undefined) {
      const made = this.#node.read(this.#who);
      if (typeof made === 'number') return made;
      this.#content = typeof made === 'string' ? toBytes(made) : made;
    }
    const n = Math.max(0, Math.min(dst.length, this.#content.length - from));
    dst.set(this.#content.subarray(from, from + n));
    if (offset < 0) this.pos += n;
    return n;
  }

  override write(src: Uint8Array, offset: number, task: Task): number {
    const n = this.#node.write?.(task, src) ?? -EINVAL;
    if (n > 0 && offset < 0) this.pos += n;
    return n;
  }

  override seek(offset: number, whence: number): number {
    if (whence !== SEEK_SET && whence !== SEEK_CUR) return -EINVAL;
    const to = whence === SEEK_CUR ? this.pos + offset : offset;
    if (to < 0) return -EINVAL;
    if (to === 0) this.#content = undefined;
    this.pos = to;
    return to;
  }

  /** O_TRUNC and ftruncate on writable files of /proc succeed and do nothing. */
  override truncate(): number {
    return this.writable ? 0 : -EINVAL;
  }

  override reopen(who: Who, flags: number): OpenFile | number {
    return this.#fs.open(who, this.place, flags);
  }
}
