/** The host's files as a file system: fs-local paths are host paths. */
import {
  O_CREAT,
  O_EXCL,
  O_NOATIME,
  O_NONBLOCK,
  O_RDONLY,
  O_TMPFILE_BIT,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from '../../abi/fcntl.js';
import { ELOOP, ENXIO, EOPNOTSUPP } from '../../abi/errno.js';
import type { OpenFile } from '../file.js';
import * as host from '../host/fs.js';
import { mkfifo } from '../host/spawn.js';
import { emptyStat, type FileStat, rememberTimes } from '../host/stat.js';
import { FileSystem, type Place, type Who } from './file-system.js';
import { O_DIRECT, O_DIRECTORY, O_NOFOLLOW } from './flags.js';
import { HostFile } from './host-file.js';
import type { Vfs } from './vfs.js';
import { DirectoryFile } from './vfs-file.js';

/** include/uapi/asm-generic/fcntl.h */
const O_ASYNC = 0o20000;

export class HostFileSystem extends FileSystem {
  readonly type: string = 'ext4';
  override readonly writable: boolean = true;
  readonly vfs: Vfs;

  constructor(vfs: Vfs) {
    super();
    this.vfs = vfs;
  }

  mode(_who: Who, path: string): number {
    return host.lmode(path);
  }
  lstat(_who: Who, path: string, st: FileStat): number {
    return host.lstat(path, st);
  }
  readlink(_who: Who, path: string): string | number {
    return host.readlink(path);
  }
  list(_who: Who, path: string): readonly string[] | number {
    return host.readdir(path);
  }
  statfs(path: string, st: host.FsStat): number {
    return host.statfs(path, st);
  }
  override access(_who: Who, path: string, mode: number): number {
    return host.access(path, mode);
  }
  override hostPath(path: string): string {
    return path;
  }

  override mkdir(path: string, mode: number): number {
    return host.mkdir(path, mode);
  }
  override mkfifo(path: string, mode: number): number {
    return mkfifo(path, mode);
  }
  override rmdir(path: string): number {
    return host.rmdir(path);
  }
  override unlink(path: string): number {
    return host.unlink(path);
  }
  override rename(from: string, to: string): number {
    return host.rename(from, to);
  }
  override link(from: string, to: string): number {
    return host.link(from, to);
  }
  override symlink(target: string, path: string): number {
    return host.symlink(target, path);
  }
  override truncate(path: string, length: number): number {
    return host.truncate(path, length);
  }

  /** Node's chmod follows links; a link has no mode of its own on Linux. */
  override chmod(path: string, mode: number): number {
    return (host.lmode(path) & S_IFMT) === S_IFLNK ? -EOPNOTSUPP : host.chmod(path, mode);
  }
  override chown(path: string, uid: number, gid: number): number {
    return host.lchown(path, uid, gid);
  }
  override utimes(path: string, atime: number, atimeNsec: number, mtime: number, mtimeNsec: number): number {
    const error = host.utimes(path, atime, atimeNsec, mtime, mtimeNsec, false);
    const st = emptyStat();
    if (error === 0 && host.lstat(path, st) === 0) {
      rememberTimes(st.dev, st.ino, { atime, atimeNsec, mtime, mtimeNsec });
    }
    return error;
  }

  open(who: Who, place: Place, flags: number, mode: number): OpenFile | number {
    const type = place.mode & S_IFMT;
    if ((flags & O_TMPFILE_BIT) !== 0) return this.#openRegular(place, flags, mode);
    if (type === S_IFDIR) return this.#openDirectory(who, place, flags);
    if (type === S_IFREG || place.mode === 0) return this.#openRegular(place, flags, mode);
    if (type === S_IFLNK) return -ELOOP;
    if (type === S_IFSOCK) return -ENXIO;
    if (type === S_IFIFO) return this.vfs.openFifo(who, place, flags);
    if (type === S_IFCHR) return this.vfs.openDevice(who, place, flags);
    return type === S_IFBLK ? this.#openRegular(place, flags & ~(O_CREAT | O_EXCL), 0) : -ENXIO;
  }

  #openRegular(place: Place, flags: number, mode: number): OpenFile | number {
    // O_DIRECT would put the host's alignment rules on guest buffers. O_NONBLOCK keeps a FIFO put there meanwhile
    // from blocking us.
    const tmp = (flags & O_TMPFILE_BIT) !== 0;
    let wanted = (flags & ~(O_DIRECT | O_ASYNC)) | O_NONBLOCK;
    if (!tmp) wanted = (wanted | O_NOFOLLOW) & ~O_DIRECTORY;
    const fd = host.open(place.path, wanted, mode);
    if (fd < 0) return fd;
    const st = emptyStat();
    const error = host.fstat(fd, st);
    if (error < 0) {
      host.close(fd);
      return error;
    }
    const type = st.mode & S_IFMT;
    const at = place.mode === 0 ? { ...place, mode: st.mode } : place;
    if (type === S_IFREG || type === S_IFBLK) return new HostFile(this.vfs, at, flags, fd, st);
    host.close(fd);
    return -ENXIO;
  }

  #openDirectory(who: Who, place: Place, flags: number): OpenFile | number {
    // Windows opens no directories; elsewhere the descriptor pins it.
    const fd =
      host.FD_PATHS === '' ? -1 : host.open(place.path, O_RDONLY | O_DIRECTORY | (flags & O_NOATIME), 0);
    if (fd < 0 && host.FD_PATHS !== '') return fd;
    return new DirectoryFile(this.vfs, who, place, flags, fd);
  }
}
