/**
 * The port between path resolution and what holds files: the host, /proc, /dev, and later sandboxed or in-memory
 * trees. A file system addresses its files by strings of its own ("fs-local paths"); for the host these are host
 * paths. None of the calls follows a symbolic link in the last component: resolve.ts has done that.
 *
 * `who` is the task that asks; only /proc looks at it. Results are values or negative errno numbers.
 */
import { EBADF, EINVAL, EOPNOTSUPP, EPERM, EROFS } from '../../abi/errno.js';
import type { OpenFile } from '../file.js';
import type { FsStat } from '../host/fs.js';
import type { FileStat } from '../host/stat.js';
import type { FsContext } from '../fs-context.js';
import type { Kernel } from '../kernel.js';
import type { Process } from '../process.js';

/** Who asks: a task, or what stands for one before there is any. Only /proc looks at more than `fs`. */
export interface Who {
  readonly fs: FsContext;
  readonly tid?: number;
  readonly kernel?: Kernel;
}

/** Where a path led. */
export interface Place {
  readonly fs: FileSystem;
  /** fs-local path. */
  readonly path: string;
  /** Canonical absolute path as the guest sees it: no links, no `.`, `..`, no doubled or trailing slash. */
  readonly guest: string;
  /** st_mode, or 0 when there is nothing (its directory exists). */
  readonly mode: number;
  /** The path ended in `/`: it must be, or become, a directory. */
  readonly slash: boolean;
  /** As in {@link Dir}. */
  readonly inside?: boolean;
  /** A magic link (/proc/self/fd/3) led to this open file; `fs` and `path` are then only where it was opened. */
  readonly file?: OpenFile | undefined;
}

/** A directory in a walk. */
export interface Dir {
  readonly fs: FileSystem;
  readonly path: string;
  readonly guest: string;
  /** Second place to look names up in (the host's directory of the same name under a sysroot one), or ''. */
  alt: string;
  /** `alt` has yet to be found out: it is a directory, and so is this one's. */
  above: Dir | undefined;
  /** Names in it may be mount points, or be found elsewhere than in it. */
  readonly special: boolean;
  /** The host's parent of it is the guest's, too: below the top of the sysroot, or anywhere when there is none. */
  readonly inside: boolean;
  /** Removed or renamed through us: caches must not use it again. */
  dead: boolean;
}

/** A link of /proc that leads to an object rather than to a path. */
export type Jump =
  | { readonly file: OpenFile }
  /** A guest path, followed as an absolute link target. */
  | { readonly target: string };

export abstract class FileSystem {
  /** As in /proc/mounts. */
  abstract readonly type: string;
  /** False: `open` may be told to write, but nothing can be created, removed or renamed. */
  readonly writable: boolean = false;

  /** st_mode, or -errno. */
  abstract mode(who: Who, path: string): number;
  abstract lstat(who: Who, path: string, st: FileStat): number;
  abstract readlink(who: Who, path: string): string | number;

  /** For symbolic links only; undefined: an ordinary link, use `readlink`. */
  jump(_who: Who, _path: string): Jump | undefined {
    return undefined;
  }

  /** The fs-local path of `name` in directory `path`. */
  join(path: string, name: string): string {
    return path === '/' ? `/${name}` : `${path}/${name}`;
  }

  /** @param flags asm-generic open flags; @param mode permissions of a new file, umask already applied */
  abstract open(who: Who, place: Place, flags: number, mode: number): OpenFile | number;

  /** Names in a directory, without `.` and `..`. */
  abstract list(who: Who, path: string): readonly string[] | number;

  abstract statfs(path: string, st: FsStat): number;

  access(who: Who, path: string, _mode: number): number {
    const mode = this.mode(who, path);
    return mode < 0 ? mode : 0;
  }

  mkdir(_path: string, _mode: number): number {
    return -EROFS;
  }
  mkfifo(_path: string, _mode: number): number {
    return -EROFS;
  }
  rmdir(_path: string): number {
    return -EPERM;
  }
  unlink(_path: string): number {
    return -EPERM;
  }
  /** Both paths are in this file system. */
  rename(_from: string, _to: string): number {
    return -EPERM;
  }
  link(_from: string, _to: string): number {
    return -EPERM;
  }
  symlink(_target: string, _path: string): number {
    return -EROFS;
  }
  truncate(_path: string, _length: number): number {
    return -EINVAL;
  }
  chmod(_path: string, _mode: number): number {
    return -EPERM;
  }
  /** -1 keeps an id. */
  chown(_path: string, _uid: number, _gid: number): number {
    return -EPERM;
  }
  utimes(_path: string, _atime: number, _atimeNsec: number, _mtime: number, _mtimeNsec: number): number {
    return -EPERM;
  }
  /** A host path for the file, when it is one of the host's own. */
  hostPath(_path: string): string | undefined {
    return undefined;
  }
  /** The process whose directory in /proc this is; -ESRCH when it is gone, -EBADF for any other file. */
  processAt(_who: Who, _path: string): Process | number {
    return -EBADF;
  }
  /** Extended attributes do not exist where this says EOPNOTSUPP (Node cannot reach them on the host). */
  xattr(): number {
    return -EOPNOTSUPP;
  }
}
