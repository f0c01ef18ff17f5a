/**
 * epoll (fs/eventpoll.c). Every watched file has an item that stands in the file's wait queue; a wake-up puts it on the
 * ready list, and epoll_wait asks the files on that list what is really true. Level-triggered items stay on the list
 * while they are ready, edge-triggered ones leave it once reported.
 */
import { EEXIST, EINVAL, ELOOP, ENOENT, EPERM } from '../abi/errno.js';
import { O_RDWR } from '../abi/fcntl.js';
import { EPOLL_FLAGS } from '../abi/process.js';
import { anonStat } from './anon.js';
import {
  type FileWatcher,
  type OpenFile,
  PlacelessFile,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLRDNORM,
} from './file.js';
import type { FileStat } from './host/stat.js';
import type { Task } from './task.js';
import { WaitQueue, type Waiter } from './wait.js';

const { EPOLLET, EPOLLONESHOT, EPOLLEXCLUSIVE, EPOLLWAKEUP } = EPOLL_FLAGS;
const FLAGS = EPOLLET | EPOLLONESHOT | EPOLLEXCLUSIVE | EPOLLWAKEUP;
/** Instances that may watch each other in a chain (EP_MAX_NESTS). */
const MAX_NESTS = 4;

class Item implements Waiter, FileWatcher {
  readonly epoll: EpollFile;
  readonly fd: number;
  readonly file: OpenFile;
  readonly queue: WaitQueue;
  /** EPOLL* bits; 0 events after a one-shot has fired. */
  events = 0;
  lo = 0;
  hi = 0;

  constructor(epoll: EpollFile, fd: number, file: OpenFile, queue: WaitQueue) {
    this.epoll = epoll;
    this.fd = fd;
    this.file = file;
    this.queue = queue;
    queue.add(this);
    (file.watchers ??= new Set()).add(this);
  }

  get mask(): number {
    return this.events & ~FLAGS;
  }

  onWake(events: number): boolean {
    if (this.mask === 0) return false;
    if (events !== 0 && (events & (this.mask | POLLERR | POLLHUP)) === 0) return false;
    this.epoll.itemReady(this);
    return true;
  }

  fileGone(): void {
    this.epoll.drop(this);
  }

  detach(): void {
    this.queue.remove(this);
    this.file.watchers?.delete(this);
  }
}

export interface EpollReport {
  readonly events: number;
  /** Words of epoll_data. */
  readonly lo: number;
  readonly hi: number;
}

export class EpollFile extends PlacelessFile {
  readonly name = 'anon_inode:[eventpoll]';
  readonly #queue = new WaitQueue();
  readonly #items: Item[] = [];
  readonly #ready = new Set<Item>();

  constructor() {
    super(O_RDWR);
  }

  override get queue(): WaitQueue {
    return this.#queue;
  }

  stat(): FileStat {
    return anonStat();
  }

  override ioctl(): number {
    return -EINVAL;
  }

  /** What is watched, under which descriptors, in the order in which it was added. */
  get watched(): readonly { readonly fd: number; readonly file: OpenFile }[] {
    return this.#items;
  }

  override get details(): string {
    return this.#items
      .map(({ fd, file, events, lo, hi }) => {
        const data = (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
        const st = file.stat();
        const [ino, dev] = typeof st === 'number' ? [0, 0] : [st.ino, st.dev];
        const mask = (events >>> 0).toString(16);
        return (
          `tfd: ${String(fd).padStart(8)} events: ${mask.padStart(8)} data: ${data.toString(16).padStart(16)}  ` +
          `pos:0 ino:${ino.toString(16)} sdev:${dev.toString(16)}\n`
        );
      })
      .join('');
  }

  #find(fd: number, file: OpenFile): Item | undefined {
    return this.#items.find((item) => item.fd === fd && item.file === file);
  }

  /** EPOLL_CTL_ADD */
  add(fd: number, file: OpenFile, events: number, lo: number, hi: number, task: Task): number {
    if (file === this) return -EINVAL;
    if (this.#find(fd, file) !== undefined) return -EEXIST;
    const { queue } = file;
    // Regular files are always ready: there is nothing to wait for.
    if (queue === undefined) return -EPERM;
    if ((events & EPOLLEXCLUSIVE) !== 0 && (file instanceof EpollFile || (events & EPOLLONESHOT) !== 0))
      return -EINVAL;
    if (file instanceof EpollFile && (file.reaches(this) || file.depth() > MAX_NESTS)) return -ELOOP;
    const item = new Item(this, fd, file, queue);
    this.#items.push(item);
    this.#arm(item, events, lo, hi, task);
    return 0;
  }

  /** EPOLL_CTL_MOD */
  modify(fd: number, file: OpenFile, events: number, lo: number, hi: number, task: Task): number {
    const item = this.#find(fd, file);
    if (item === undefined) return -ENOENT;
    if (((events | item.events) & EPOLLEXCLUSIVE) !== 0) return -EINVAL;
    this.#arm(item, events, lo, hi, task);
    return 0;
  }

  /** EPOLL_CTL_DEL */
  remove(fd: number, file: OpenFile): number {
    const item = this.#find(fd, file);
    if (item === undefined) return -ENOENT;
    this.drop(item);
    return 0;
  }

  #arm(item: Item, events: number, lo: number, hi: number, task: Task): void {
    item.events = events | POLLERR | POLLHUP;
    item.lo = lo;
    item.hi = hi;
    if ((item.file.poll(task) & item.mask) !== 0) this.itemReady(item);
  }

  drop(item: Item): void {
    item.detach();
    this.#ready.delete(item);
    this.#items.splice(this.#items.indexOf(item), 1);
  }

  itemReady(item: Item): void {
    if (this.#ready.has(item)) return;
    this.#ready.add(item);
    this.#queue.wake(POLLIN | POLLRDNORM);
  }

  /** This instance watches `other`, directly or through others. */
  reaches(other: EpollFile): boolean {
    return this.#items.some(
      ({ file }) => file === other || (file instanceof EpollFile && file.reaches(other)),
    );
  }

  depth(): number {
    const nested = this.#items.map(({ file }) => (file instanceof EpollFile ? file.depth() : 0));
    return 1 + Math.max(0, ...nested);
  }

  /** Takes up to `max` reports off the ready list. */
  collect(max: number, task: Task): EpollReport[] {
    const reports: EpollReport[] = [];
    // Items that stay ready go to the end, so that all get their turn.
    for (const item of [...this.#ready]) {
      if (reports.length >= max) break;
      this.#ready.delete(item);
      const events = item.file.poll(task) & item.mask;
      if (events === 0) continue;
      reports.push({ events, lo: item.lo, hi: item.hi });
      if ((item.events & EPOLLONESHOT) !== 0) item.events &= FLAGS;
      else if ((item.events & EPOLLET) === 0) this.#ready.add(item);
    }
    return reports;
  }

  override poll(task?: Task): number {
    for (const item of [...this.#ready]) {
      if ((item.file.poll(task) & item.mask) !== 0) return POLLIN | POLLRDNORM;
      this.#ready.delete(item);
    }
    return 0;
  }

  protected override onClose(): number {
    for (const item of [...this.#items]) this.drop(item);
    return 0;
  }
}
