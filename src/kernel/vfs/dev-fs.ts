/** /dev: our own memory devices and standard links, everything else from the host's directory. */
import { O_CREAT, S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT } from '../../abi/fcntl.js';
import { ENOENT, ENXIO, EPERM } from '../../abi/errno.js';
import type { OpenFile } from '../file.js';
import { emptyStat, type FileStat, makeDevice } from '../host/stat.js';
import { temporaryDirectory } from '../host/system.js';
import { DeviceFile, MEMORY_DEVICES } from './devices.js';
import type { Place, Who } from './file-system.js';
import { HostFileSystem } from './host-fs.js';
import { FD_PATHS } from '../host/near.js';
import * as host from '../host/fs.js';

/** Links every Linux has in /dev (they lead into /proc, which is ours). */
const LINKS: Readonly<Record<string, string>> = {
  fd: '/proc/self/fd',
  stdin: '/proc/self/fd/0',
  stdout: '/proc/self/fd/1',
  stderr: '/proc/self/fd/2',
};
/** /dev/shm is a directory of the host's everywhere: its own, or one for temporary files. */
const SHM = '/dev/shm';
const TTY = '/dev/tty';
const PTMX = { major: 5, minor: 2 };

export class DevFileSystem extends HostFileSystem {
  override readonly type = 'devtmpfs';

  /** Name right below /dev, '' for anything deeper. */
  #name(path: string): string {
    const name = path.slice(5);
    return name.includes('/') ? '' : name;
  }

  /** Where the host has what we show at `path`. */
  #hostPath(path: string): string {
    if (!path.startsWith(SHM) || host.lmode(SHM) > 0) return path;
    return temporaryDirectory() + path.slice(SHM.length);
  }

  override mode(who: Who, path: string): number {
    const name = this.#name(path);
    if (name in LINKS) return S_IFLNK | 0o777;
    if (name in MEMORY_DEVICES || name === 'ptmx') return S_IFCHR | 0o666;
    const mode = super.mode(who, this.#hostPath(path));
    return mode < 0 && path === '/dev' ? S_IFDIR | 0o755 : mode;
  }

  override lstat(who: Who, path: string, st: FileStat): number {
    const error = super.lstat(who, this.#hostPath(path), st);
    const name = this.#name(path);
    if (name in LINKS && (error < 0 || (st.mode & S_IFMT) !== S_IFLNK)) {
      Object.assign(st, emptyStat(), { dev: 5, ino: 100 + name.length, mode: S_IFLNK | 0o777, nlink: 1 });
      return 0;
    }
    const device = name === 'ptmx' ? PTMX : MEMORY_DEVICES[name];
    if (device !== undefined && (error < 0 || (st.mode & S_IFMT) !== S_IFCHR)) {
      const rdev = makeDevice(device.major, device.minor);
      Object.assign(st, emptyStat(), {
        dev: 5,
        ino: 10 + device.minor,
        mode: S_IFCHR | 0o666,
        nlink: 1,
        rdev,
      });
      return 0;
    }
    if (error < 0 && path === '/dev') {
      Object.assign(st, emptyStat(), { dev: 5, ino: 1, mode: S_IFDIR | 0o755, nlink: 2 });
      return 0;
    }
    return error;
  }

  override readlink(who: Who, path: string): string | number {
    return LINKS[this.#name(path)] ?? super.readlink(who, this.#hostPath(path));
  }

  override list(who: Who, path: string): readonly string[] | number {
    const names = super.list(who, this.#hostPath(path));
    if (path !== '/dev' && path !== '/dev/.') return names;
    const own = [...Object.keys(MEMORY_DEVICES), ...Object.keys(LINKS), 'shm', 'tty', 'ptmx'];
    return typeof names === 'number' ? own : [...names, ...own.filter((name) => !names.includes(name))];
  }

  override open(who: Who, place: Place, flags: number, mode: number): OpenFile | number {
    const device = MEMORY_DEVICES[this.#name(place.path)];
    if (device !== undefined) return new DeviceFile(this.vfs, who, place, flags & ~O_CREAT, device);
    if (place.path === TTY) return this.#openTty(who, place, flags);
    if (place.path === '/dev/ptmx') return this.vfs.pts.openMaster(who, flags & ~O_CREAT);
    if (place.mode === 0 && !place.path.startsWith(SHM)) return -ENOENT;
    return super.open(who, { ...place, path: this.#hostPath(place.path) }, flags, mode);
  }

  /** The controlling terminal of the task's session. */
  #openTty(who: Who, place: Place, flags: number): OpenFile | number {
    const task = who.tid === undefined ? undefined : who.kernel?.tasks.get(who.tid);
    const tty = task?.process.session.tty;
    if (tty === undefined) return -ENXIO;
    return this.vfs.openControlling(tty, place, flags);
  }

  override unlink(path: string): number {
    return this.#isShared(path) ? super.unlink(this.#hostPath(path)) : -EPERM;
  }

  /** Below /dev/shm; the path may begin with the descriptor of a directory there. */
  #isShared(path: string): boolean {
    if (path.startsWith(`${SHM}/`)) return true;
    if (FD_PATHS === '' || !path.startsWith(FD_PATHS)) return false;
    const directory = host.readlink(path.slice(0, path.indexOf('/', FD_PATHS.length)));
    return typeof directory === 'string' && `${directory}/`.startsWith(`${this.#hostPath(SHM)}/`);
  }

  override mkdir(path: string, mode: number): number {
    return super.mkdir(this.#hostPath(path), mode);
  }
  override rmdir(path: string): number {
    return super.rmdir(this.#hostPath(path));
  }
  override rename(from: string, to: string): number {
    return super.rename(this.#hostPath(from), this.#hostPath(to));
  }
  override link(from: string, to: string): number {
    return super.link(this.#hostPath(from), this.#hostPath(to));
  }
}
