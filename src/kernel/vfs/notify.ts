/**
 * inotify(7). What guests do is told by the file layer itself, exactly; what other programs of the host do comes from
 * the host's watcher, as far as that tells (creation, deletion, modification). Watches are kept by canonical guest path
 * and follow renames by guests.
 */
import { EAGAIN, EEXIST, EINVAL } from '../../abi/errno.js';
import { O_RDONLY, S_IFDIR, S_IFMT } from '../../abi/fcntl.js';
import { anonStat } from '../anon.js';
import { PlacelessFile, POLLIN, POLLRDNORM } from '../file.js';
import { lmode } from '../host/fs.js';
import type { FileStat } from '../host/stat.js';
import { type HostWatch, watchPath } from '../host/watch.js';
import type { Task } from '../task.js';
import { WaitQueue } from '../wait.js';
import type { Place } from './file-system.js';
import { guestJoin, guestParent } from './resolve.js';

/** include/uapi/linux/inotify.h */
export const IN = {
  ACCESS: 0x1,
  MODIFY: 0x2,
  ATTRIB: 0x4,
  CLOSE_WRITE: 0x8,
  CLOSE_NOWRITE: 0x10,
  OPEN: 0x20,
  MOVED_FROM: 0x40,
  MOVED_TO: 0x80,
  CREATE: 0x100,
  DELETE: 0x200,
  DELETE_SELF: 0x400,
  MOVE_SELF: 0x800,
  UNMOUNT: 0x2000,
  Q_OVERFLOW: 0x4000,
  IGNORED: 0x8000,
  ONLYDIR: 0x01000000,
  DONT_FOLLOW: 0x02000000,
  EXCL_UNLINK: 0x04000000,
  MASK_CREATE: 0x10000000,
  MASK_ADD: 0x20000000,
  ISDIR: 0x40000000,
  ONESHOT: 0x80000000,
} as const;

export const ALL_EVENTS = 0xfff;
/** Told to the directory alone, with the entry's name. */
const ENTRY_EVENTS = IN.MOVED_FROM | IN.MOVED_TO | IN.CREATE | IN.DELETE;
/** Told to the file alone. */
const SELF_EVENTS = IN.DELETE_SELF | IN.MOVE_SELF;
/** fs.inotify.max_queued_events */
const MAX_QUEUED = 16384;
/** How long after a guest's own change the host's report of it may come, milliseconds. */
const ECHO_MS = 500;
const EVENT_HEAD = 16;

interface Watch {
  readonly file: InotifyFile;
  readonly wd: number;
  path: string;
  mask: number;
  host: HostWatch | undefined;
}

interface Event {
  readonly wd: number;
  readonly mask: number;
  readonly cookie: number;
  readonly name: string;
}

export class NotifyHub {
  readonly #watches = new Map<string, Set<Watch>>();
  /** Path → when a guest last changed it (Date.now()). */
  readonly #own = new Map<string, number>();
  #cookie = 0;

  /** Nobody watches anything: the file layer need not tell. */
  get idle(): boolean {
    return this.#watches.size === 0;
  }

  /** Something happened to the file at a guest path. @param mask IN.* (with ISDIR) */
  tell(path: string, mask: number, cookie = 0): void {
    if (this.#watches.size === 0) return;
    if ((mask & (IN.MODIFY | IN.ATTRIB | IN.CREATE | IN.DELETE | IN.MOVED_FROM | IN.MOVED_TO)) !== 0)
      this.#note(path);
    this.#send(path, mask, cookie);
  }

  #send(path: string, mask: number, cookie: number): void {
    if ((mask & SELF_EVENTS) === 0) {
      for (const watch of this.#watches.get(guestParent(path)) ?? []) {
        watch.file.push(watch, mask, cookie, path.slice(path.lastIndexOf('/') + 1));
      }
    }
    if ((mask & ENTRY_EVENTS) === 0)
      for (const watch of this.#watches.get(path) ?? []) watch.file.push(watch, mask, cookie, '');
  }

  #note(path: string): void {
    if (this.#own.size > 1000) this.#own.clear();
    this.#own.set(path, Date.now());
  }

  removed(path: string, isDir: boolean): void {
    if (this.#watches.size === 0) return;
    this.tell(path, IN.DELETE | (isDir ? IN.ISDIR : 0));
    this.tell(path, IN.DELETE_SELF);
    for (const watch of [...(this.#watches.get(path) ?? [])]) watch.file.remove(watch);
  }

  moved(from: string, to: string, isDir: boolean): void {
    if (this.#watches.size === 0) return;
    const cookie = ++this.#cookie;
    const dir = isDir ? IN.ISDIR : 0;
    this.tell(from, IN.MOVED_FROM | dir, cookie);
    this.tell(to, IN.MOVED_TO | dir, cookie);
    this.tell(from, IN.MOVE_SELF);
    for (const [path, watches] of [...this.#watches]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue;
      this.#watches.delete(path);
      const next = to + path.slice(from.length);
      for (const watch of watches) watch.path = next;
      this.#watches.set(next, watches);
    }
  }

  add(watch: Watch, place: Place): void {
    const at = this.#watches.get(watch.path);
    if (at === undefined) this.#watches.set(watch.path, new Set([watch]));
    else at.add(watch);
    const path = place.fs.hostPath(place.path);
    if (path !== undefined)
      watch.host = watchPath(path, (kind, name) => this.#outside(watch, path, kind, name));
  }

  drop(watch: Watch): void {
    const at = this.#watches.get(watch.path);
    at?.delete(watch);
    if (at?.size === 0) this.#watches.delete(watch.path);
    watch.host?.close();
  }

  /** The host reports a change: tell it, unless it is the echo of what a guest did. */
  #outside(watch: Watch, hostPath: string, kind: 'rename' | 'change', name: string): void {
    const watchesDir = (lmode(hostPath) & S_IFMT) === S_IFDIR;
    const path = watchesDir && name !== '' ? guestJoin(watch.path, name) : watch.path;
    const own = this.#own.get(path);
    if (own !== undefined && Date.now() - own < ECHO_MS) return;
    const mode = lmode(watchesDir && name !== '' ? `${hostPath}/${name}` : hostPath);
    const dir = mode > 0 && (mode & S_IFMT) === S_IFDIR ? IN.ISDIR : 0;
    const entry = path === watch.path ? '' : name;
    if (kind === 'change') watch.file.push(watch, (dir === 0 ? IN.MODIFY : IN.ATTRIB) | dir, 0, entry);
    else if (entry !== '') watch.file.push(watch, (mode > 0 ? IN.CREATE : IN.DELETE) | dir, 0, entry);
    else if (mode < 0) {
      watch.file.push(watch, IN.DELETE_SELF, 0, '');
      watch.file.remove(watch);
    } else watch.file.push(watch, IN.ATTRIB, 0, '');
  }
}

export class InotifyFile extends PlacelessFile {
  readonly name = 'anon_inode:inotify';
  readonly #hub: NotifyHub;
  readonly #queue = new WaitQueue();
  readonly #events: Event[] = [];
  readonly #watches = new Map<number, Watch>();
  #next = 1;

  constructor(hub: NotifyHub, flags: number) {
    super(O_RDONLY | flags);
    this.#hub = hub;
  }

  override get queue(): WaitQueue {
    return this.#queue;
  }

  /** inotify_add_watch(2) on a place. @returns the watch descriptor or -errno */
  watch(place: Place, mask: number): number {
    if (
      (mask & ALL_EVENTS) === 0 ||
      (mask & (IN.MASK_ADD | IN.MASK_CREATE)) === (IN.MASK_ADD | IN.MASK_CREATE)
    ) {
      return -EINVAL;
    }
    const kept = mask & (ALL_EVENTS | IN.ONESHOT | IN.EXCL_UNLINK);
    for (const known of this.#watches.values()) {
      if (known.path !== place.guest) continue;
      if ((mask & IN.MASK_CREATE) !== 0) return -EEXIST;
      known.mask = (mask & IN.MASK_ADD) !== 0 ? known.mask | kept : kept;
      return known.wd;
    }
    const watch: Watch = { file: this, wd: this.#next++, path: place.guest, mask: kept, host: undefined };
    this.#watches.set(watch.wd, watch);
    this.#hub.add(watch, place);
    return watch.wd;
  }

  /** inotify_rm_watch(2) */
  unwatch(wd: number): number {
    const watch = this.#watches.get(wd);
    if (watch === undefined) return -EINVAL;
    this.remove(watch);
    return 0;
  }

  remove(watch: Watch): void {
    if (!this.#watches.delete(watch.wd)) return;
    this.#hub.drop(watch);
    this.#enqueue({ wd: watch.wd, mask: IN.IGNORED, cookie: 0, name: '' });
  }

  push(watch: Watch, mask: number, cookie: number, name: string): void {
    if ((mask & watch.mask & ALL_EVENTS) === 0) return;
    this.#enqueue({ wd: watch.wd, mask, cookie, name });
    if ((watch.mask & IN.ONESHOT) !== 0) this.remove(watch);
  }

  #enqueue(event: Event): void {
    const last = this.#events.at(-1);
    // Equal events in a row are one (inotify(7)).
    if (
      last !== undefined &&
      last.wd === event.wd &&
      last.mask === event.mask &&
      last.cookie === event.cookie &&
      last.name === event.name
    ) {
      return;
    }
    if (this.#events.length >= MAX_QUEUED) {
      if (last?.mask !== IN.Q_OVERFLOW)
        this.#events.push({ wd: -1, mask: IN.Q_OVERFLOW, cookie: 0, name: '' });
      return;
    }
    this.#events.push(event);
    this.#queue.wake(POLLIN | POLLRDNORM);
  }

  /** Bytes of an event: the name is padded with NULs to the size of a head. */
  #size(event: Event): number {
    return EVENT_HEAD + (event.name === '' ? 0 : (event.name.length + EVENT_HEAD) & -EVENT_HEAD);
  }

  override read(dst: Uint8Array, _offset: number, task: Task): number {
    const first = this.#events[0];
    if (first === undefined) return -EAGAIN;
    if (dst.length < this.#size(first)) return -EINVAL;
    const view = new DataView(dst.buffer, dst.byteOffset, dst.length);
    const { little } = task.user;
    let used = 0;
    for (let event = this.#events[0]; event !== undefined; event = this.#events[0]) {
      const size = this.#size(event);
      if (used + size > dst.length) break;
      view.setInt32(used, event.wd, little);
      view.setUint32(used + 4, event.mask, little);
      view.setUint32(used + 8, event.cookie, little);
      view.setUint32(used + 12, size - EVENT_HEAD, little);
      dst.fill(0, used + EVENT_HEAD, used + size);
      for (let i = 0; i < event.name.length; i++) dst[used + EVENT_HEAD + i] = event.name.charCodeAt(i);
      used += size;
      this.#events.shift();
    }
    return used;
  }

  override poll(): number {
    return this.#events.length > 0 ? POLLIN | POLLRDNORM : 0;
  }

  override ioctl(task: Task, request: number, arg: number): number {
    const FIONREAD = 0x541b;
    if (request !== FIONREAD) return super.ioctl(task, request, arg) as number;
    const bytes = this.#events.reduce((sum, event) => sum + this.#size(event), 0);
    return task.user.writeI32(arg, bytes) ? 0 : -EINVAL;
  }

  stat(): FileStat {
    return anonStat();
  }

  protected override onClose(): number {
    for (const watch of this.#watches.values()) this.#hub.drop(watch);
    this.#watches.clear();
    return 0;
  }
}
