/** POSIX message queues (ipc/mqueue.c, mq_overview(7)): named queues in which messages stand by priority. */
import { EAGAIN, EBADF, EBUSY, EMSGSIZE, ERESTARTSYS, ESPIPE, ETIMEDOUT } from '../../abi/errno.js';
import { SEEK_CUR, SEEK_SET, S_IFREG } from '../../abi/fcntl.js';
import { anonStat } from '../anon.js';
import type { FdTable } from '../fd-table.js';
import { OpenFile, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../file.js';
import { emptyStat, type FileStat } from '../host/stat.js';
import type { Process } from '../process.js';
import { valueInfo } from '../signal/info.js';
import { sendToProcess } from '../signal/send.js';
import type { Task } from '../task.js';
import { type Blocking, INTERRUPTED, TIMED_OUT, WaitQueue, waitFor } from '../wait.js';

/** si_code of a message queue's signal (asm-generic/siginfo.h). */
const SI_MESGQ = -3;

export interface MqMessage {
  readonly priority: number;
  readonly text: Uint8Array;
}

/** Who wants to hear of a message that comes to an empty queue. */
export interface MqNotice {
  readonly owner: Process;
  /** 0: nobody is told (SIGEV_NONE), or `deliver` does it. */
  readonly signo: number;
  readonly lo: number;
  readonly hi: number;
  /** SIGEV_THREAD: passes the C library's cookie on; `removed` when the registration ended without a message. */
  readonly deliver?: (removed: boolean) => void;
}

export class MqQueue {
  readonly name: string;
  readonly maxMessages: number;
  readonly messageSize: number;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  /** Highest priority first, older ones before younger. */
  readonly messages: MqMessage[] = [];
  /** Of those that wait to receive: a message goes to them rather than to who is to be notified. */
  receivers = 0;
  readonly queue = new WaitQueue();
  #notice: MqNotice | undefined;
  readonly #ino: number;

  constructor(name: string, maxMessages: number, messageSize: number, owner: MqOwner, ino: number) {
    this.name = name;
    this.maxMessages = maxMessages;
    this.messageSize = messageSize;
    this.uid = owner.uid;
    this.gid = owner.gid;
    this.mode = owner.mode;
    this.#ino = ino;
  }

  get full(): boolean {
    return this.messages.length >= this.maxMessages;
  }

  put(message: MqMessage, task: Task): void {
    const { messages } = this;
    let at = messages.length;
    while (at > 0 && (messages[at - 1] as MqMessage).priority < message.priority) at--;
    messages.splice(at, 0, message);
    if (messages.length === 1 && this.receivers === 0) this.#notify(task);
    this.queue.wake(POLLIN | POLLRDNORM);
  }

  take(): MqMessage | undefined {
    const message = this.messages.shift();
    if (message !== undefined) this.queue.wake(POLLOUT | POLLWRNORM);
    return message;
  }

  /** mq_notify(3): 0 or -EBUSY. */
  register(notice: MqNotice): number {
    if (this.#notice !== undefined) return -EBUSY;
    this.#notice = notice;
    return 0;
  }

  unregister(owner: Process): void {
    const notice = this.#notice;
    if (notice?.owner !== owner) return;
    this.#notice = undefined;
    notice.deliver?.(true);
  }

  /** A descriptor for the queue was closed in `table`. */
  closedBy(table: FdTable): void {
    const owner = this.#notice?.owner;
    if (owner?.tasks.some((task) => task.files === table) === true) this.unregister(owner);
  }

  #notify(sender: Task): void {
    const notice = this.#notice;
    if (notice === undefined) return;
    this.#notice = undefined;
    notice.deliver?.(false);
    if (notice.signo === 0) return;
    const info = valueInfo(notice.signo, SI_MESGQ, 'rt', notice.lo, notice.hi);
    info.pid = sender.process.pid;
    info.uid = sender.cred.uid;
    sendToProcess(notice.owner, info);
  }

  /** What reading the descriptor gives (mq_overview(7)). */
  describe(): string {
    const bytes = this.messages.reduce((sum, message) => sum + message.text.length, 0);
    const notice = this.#notice;
    const kind = notice === undefined ? 0 : notice.deliver !== undefined ? 2 : notice.signo === 0 ? 1 : 0;
    const column = (value: number): string => String(value).padEnd(5);
    const pid = notice?.owner.pid ?? 0;
    return `QSIZE:${String(bytes).padEnd(10)} NOTIFY:${column(kind)} SIGNO:${column(notice?.signo ?? 0)} NOTIFY_PID:${String(pid).padEnd(6)}\n`;
  }

  stat(): FileStat {
    const { uid, gid, mode } = this;
    const st = Object.assign(emptyStat(), anonStat());
    return Object.assign(st, { ino: this.#ino, mode: S_IFREG | mode, uid, gid, size: 80 });
  }
}

export interface MqOwner {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** The names there are; a queue without one lives until its last descriptor is closed. */
export class MessageNames {
  readonly #names = new Map<string, MqQueue>();
  #made = 0;

  get size(): number {
    return this.#names.size;
  }

  get(name: string): MqQueue | undefined {
    return this.#names.get(name);
  }

  create(name: string, maxMessages: number, messageSize: number, owner: MqOwner): MqQueue {
    const queue = new MqQueue(name, maxMessages, messageSize, owner, ++this.#made + 1);
    this.#names.set(name, queue);
    return queue;
  }

  remove(queue: MqQueue): void {
    this.#names.delete(queue.name);
  }
}

export class MqFile extends OpenFile {
  readonly mq: MqQueue;

  constructor(mq: MqQueue, flags: number) {
    super(flags);
    this.mq = mq;
  }

  get name(): string {
    return `/${this.mq.name}`;
  }

  override get queue(): WaitQueue {
    return this.mq.queue;
  }

  override get seekable(): boolean {
    return true;
  }

  stat(): FileStat {
    return this.mq.stat();
  }

  override read(dst: Uint8Array, offset: number): number {
    const text = this.mq.describe();
    const from = offset >= 0 ? offset : this.pos;
    const n = Math.max(0, Math.min(dst.length, text.length - from));
    for (let i = 0; i < n; i++) dst[i] = text.charCodeAt(from + i);
    if (offset < 0) this.pos += n;
    return n;
  }

  override seek(offset: number, whence: number): number {
    if (whence !== SEEK_SET && whence !== SEEK_CUR) return -ESPIPE;
    this.pos = whence === SEEK_CUR ? this.pos + offset : offset;
    return this.pos;
  }

  override poll(): number {
    const input = this.mq.messages.length > 0 ? POLLIN | POLLRDNORM : 0;
    return input | (this.mq.full ? 0 : POLLOUT | POLLWRNORM);
  }

  /** A process that closes the queue is not notified any more. */
  override onDescriptorClosed(owner: FdTable): void {
    this.mq.closedBy(owner);
  }

  /** The descriptor has been found writable, and the message no longer than those of the queue may be. */
  send(task: Task, message: MqMessage, deadline: number): number | Blocking {
    if (!this.mq.full) {
      this.mq.put(message, task);
      return 0;
    }
    return this.nonblocking ? -EAGAIN : this.#sendLater(task, message, deadline);
  }

  *#sendLater(task: Task, message: MqMessage, deadline: number): Blocking {
    const queues = [this.mq.queue];
    this.retain();
    try {
      for (;;) {
        const why = yield* waitFor(queues, deadline);
        if (!this.mq.full) {
          this.mq.put(message, task);
          return 0;
        }
        if (why === TIMED_OUT) return -ETIMEDOUT;
        if (why === INTERRUPTED) return -ERESTARTSYS;
      }
    } finally {
      this.release();
    }
  }

  /** @param finish stores the message in guest memory */
  receive(room: number, deadline: number, finish: (message: MqMessage) => number): number | Blocking {
    if (!this.readable) return -EBADF;
    if (room < this.mq.messageSize) return -EMSGSIZE;
    const message = this.mq.take();
    if (message !== undefined) return finish(message);
    return this.nonblocking ? -EAGAIN : this.#receiveLater(deadline, finish);
  }

  *#receiveLater(deadline: number, finish: (message: MqMessage) => number): Blocking {
    const { mq } = this;
    const queues = [mq.queue];
    this.retain();
    mq.receivers++;
    try {
      for (;;) {
        const why = yield* waitFor(queues, deadline);
        const message = mq.take();
        if (message !== undefined) return finish(message);
        if (why === TIMED_OUT) return -ETIMEDOUT;
        if (why === INTERRUPTED) return -ERESTARTSYS;
      }
    } finally {
      mq.receivers--;
      this.release();
    }
  }
}
