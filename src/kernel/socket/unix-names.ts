/** Names of AF_UNIX sockets: paths, keyed by the inode of the socket they lead to, and abstract names. */
import { EACCES, EADDRINUSE, ECONNREFUSED, EEXIST, EINVAL, ENOENT, EROFS } from '../../abi/errno.js';
import { AT_FDCWD, S_IFMT, S_IFSOCK, W_OK } from '../../abi/fcntl.js';
import { chmod, lstat } from '../host/fs.js';
import { HostListener } from '../host/net.js';
import { emptyStat } from '../host/stat.js';
import type { Task } from '../task.js';
import { CREATE, FOLLOW } from '../vfs/resolve.js';
import { AF, SOCK } from '../../abi/socket.js';
import { POLLIN, POLLRDNORM } from '../file.js';
import type { Socket } from './socket.js';
import { StreamSocket } from './stream.js';
import type { UnixSocket } from './unix.js';

export class UnixNames {
  /** By `dev:ino`, or `\0name`. */
  readonly #sockets = new Map<string, UnixSocket>();
  readonly #keys = new Map<UnixSocket, string>();
  readonly #listeners = new Map<UnixSocket, HostListener>();
  #autobind = 0;

  bind(task: Task, socket: UnixSocket, path: string): number {
    if (path === '' || path.startsWith('\0')) {
      // Without a name the kernel makes one of five hex digits up (unix(7), autobind).
      const name = path === '' ? `\0${(this.#autobind++).toString(16).padStart(5, '0')}` : path;
      if (this.#sockets.has(name)) return -EADDRINUSE;
      this.#set(socket, name, name);
      return 0;
    }
    const place = task.kernel.vfs.resolve(task, AT_FDCWD, path, CREATE);
    if (typeof place === 'number') return place === -EEXIST ? -EADDRINUSE : place;
    if (place.mode !== 0) return -EADDRINUSE;
    const hostPath = place.fs.hostPath(place.path);
    if (hostPath === undefined || !place.fs.writable) return -EROFS;
    const listener = new HostListener(() => socket.queue.wake(POLLIN | POLLRDNORM));
    const error = listener.listenPath(hostPath);
    if (error < 0) return error;
    chmod(hostPath, 0o777 & ~task.fs.umask);
    const st = emptyStat();
    const missing = lstat(hostPath, st);
    if (missing < 0) {
      listener.close();
      return missing;
    }
    this.#listeners.set(socket, listener);
    this.#set(socket, `${st.dev}:${st.ino}`, path);
    return 0;
  }

  #set(socket: UnixSocket, key: string, path: string): void {
    this.#sockets.set(key, socket);
    this.#keys.set(socket, key);
    socket.address = { family: AF.AF_UNIX, path };
  }

  /** The guest's socket at a name; -ECONNREFUSED when the name is there and nobody of ours behind it. */
  find(task: Task, path: string): UnixSocket | number {
    if (path.startsWith('\0')) return this.#sockets.get(path) ?? -ECONNREFUSED;
    if (path === '') return -EINVAL;
    const st = emptyStat();
    const place = task.kernel.vfs.resolve(task, AT_FDCWD, path, FOLLOW, st);
    if (typeof place === 'number') return place;
    if (place.fs.access(task, place.path, W_OK) < 0) return -EACCES;
    if ((st.mode & S_IFMT) !== S_IFSOCK) return -ECONNREFUSED;
    return this.#sockets.get(`${st.dev}:${st.ino}`) ?? -ECONNREFUSED;
  }

  /** Host path of a socket that is not one of ours, or -errno. */
  outside(task: Task, path: string): string | number {
    if (path.startsWith('\0')) return this.#sockets.has(path) ? -ECONNREFUSED : path;
    const st = emptyStat();
    const place = task.kernel.vfs.resolve(task, AT_FDCWD, path, FOLLOW, st);
    if (typeof place === 'number') return place;
    if (this.#sockets.has(`${st.dev}:${st.ino}`)) return -ECONNREFUSED;
    return (place.mode & S_IFMT) === S_IFSOCK ? (place.fs.hostPath(place.path) ?? -ENOENT) : -ECONNREFUSED;
  }

  /** A program of the host that has connected to `socket`'s name. */
  acceptOutside(socket: UnixSocket): Socket | undefined {
    if (socket.type !== SOCK.SOCK_STREAM) return undefined;
    const connection = this.#listeners.get(socket)?.accept();
    return connection === undefined
      ? undefined
      : StreamSocket.accepted(AF.AF_UNIX, connection, socket.address);
  }
  hasOutside(socket: UnixSocket): boolean {
    return (this.#listeners.get(socket)?.waiting ?? 0) > 0;
  }

  drop(socket: UnixSocket): void {
    const key = this.#keys.get(socket);
    this.#listeners.get(socket)?.close();
    this.#listeners.delete(socket);
    if (key === undefined) return;
    this.#keys.delete(socket);
    if (this.#sockets.get(key) === socket) this.#sockets.delete(key);
  }
}
