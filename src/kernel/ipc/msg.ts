/** System V message queues (ipc/msg.c). */
import { E2BIG, EACCES, EAGAIN, EIDRM, EINVAL, ENOMSG, ERESTARTNOHAND } from '../../abi/errno.js';
import { IPC_NOWAIT, MSG_COPY, MSG_EXCEPT, MSG_NOERROR } from '../../abi/ipc.js';
import type { Credentials } from '../credentials.js';
import type { Task } from '../task.js';
import { type Blocking, INTERRUPTED, WaitQueue, waitFor } from '../wait.js';
import { IpcObject } from './ids.js';
import type { Ipc } from './ipc.js';

/** `type`: the low 53 bits and sign of a long; compared, never computed with. */
export interface Message {
  readonly type: number;
  readonly text: Uint8Array;
}

export class MessageQueue extends IpcObject {
  readonly #ipc: Ipc;
  readonly messages: Message[] = [];
  /** Bytes in it now, and how many there may be. */
  bytes = 0;
  maxBytes: number;
  lspid = 0;
  lrpid = 0;
  stime = 0;
  rtime = 0;
  #removed = false;
  readonly #arrived = new WaitQueue();
  readonly #left = new WaitQueue();

  constructor(ipc: Ipc, key: number, cred: Credentials, mode: number) {
    super(key, cred, mode, ipc.now());
    this.#ipc = ipc;
    this.maxBytes = ipc.limits.msgmnb;
  }

  #put(message: Message, pid: number): number {
    if (this.#removed) return -EIDRM;
    const { length } = message.text;
    if (this.bytes + length > this.maxBytes || this.messages.length + 1 > this.maxBytes) return -EAGAIN;
    this.messages.push(message);
    this.bytes += length;
    this.lspid = pid;
    this.stime = this.#ipc.now();
    this.#arrived.wake();
    return 0;
  }

  /** The message that `type` and `flags` choose, or undefined. */
  #choose(type: number, flags: number): Message | undefined {
    const { messages } = this;
    if ((flags & MSG_COPY) !== 0) return messages[type];
    if (type === 0) return messages[0];
    if (type > 0) {
      const except = (flags & MSG_EXCEPT) !== 0;
      return messages.find((message) => (message.type === type) !== except);
    }
    let best: Message | undefined;
    for (const message of messages)
      if (message.type <= -type && (best === undefined || message.type < best.type)) best = message;
    return best;
  }

  #take(type: number, room: number, flags: number, pid: number): Message | number {
    if (this.#removed) return -EIDRM;
    const message = this.#choose(type, flags);
    if (message === undefined) return -ENOMSG;
    if (message.text.length > room && (flags & MSG_NOERROR) === 0) return -E2BIG;
    if ((flags & MSG_COPY) !== 0) return message;
    this.messages.splice(this.messages.indexOf(message), 1);
    this.bytes -= message.text.length;
    this.lrpid = pid;
    this.rtime = this.#ipc.now();
    this.#left.wake();
    return message;
  }

  send(task: Task, message: Message, flags: number): number | Blocking {
    const result = this.#put(message, task.process.pid);
    return result !== -EAGAIN || (flags & IPC_NOWAIT) !== 0 ? result : this.#sendLater(task, message);
  }

  *#sendLater(task: Task, message: Message): Blocking {
    const queues = [this.#left];
    for (;;) {
      const why = yield* waitFor(queues);
      const result = this.#put(message, task.process.pid);
      if (result !== -EAGAIN) return result;
      if (why === INTERRUPTED) return -ERESTARTNOHAND;
    }
  }

  /** @param finish stores the message in guest memory */
  receive(
    task: Task,
    type: number,
    room: number,
    flags: number,
    finish: (message: Message) => number,
  ): number | Blocking {
    const taken = this.#take(type, room, flags, task.process.pid);
    if (typeof taken !== 'number') return finish(taken);
    if (taken !== -ENOMSG || (flags & IPC_NOWAIT) !== 0) return taken;
    return this.#receiveLater(task, type, room, flags, finish);
  }

  *#receiveLater(
    task: Task,
    type: number,
    room: number,
    flags: number,
    finish: (message: Message) => number,
  ): Blocking {
    const queues = [this.#arrived];
    for (;;) {
      const why = yield* waitFor(queues);
      const taken = this.#take(type, room, flags, task.process.pid);
      if (typeof taken !== 'number') return finish(taken);
      if (taken !== -ENOMSG) return taken;
      if (why === INTERRUPTED) return -ERESTARTNOHAND;
    }
  }

  /** IPC_SET changed the limits: whoever waits looks again. */
  changed(): void {
    this.#left.wake();
    this.#arrived.wake();
  }

  /** IPC_RMID */
  remove(): void {
    this.#removed = true;
    this.#ipc.queues.remove(this);
    this.changed();
  }
}

export function msgget(task: Task, key: number, flags: number): number {
  const { ipc } = task.kernel;
  return ipc.queues.get({
    key,
    flags,
    cred: task.cred,
    check: () => 0,
    make: () => new MessageQueue(ipc, key, task.cred, flags),
  });
}

/** The queue, if the caller has the right `wanted`. */
export function queueFor(task: Task, id: number, wanted: number): MessageQueue | number {
  const queue = task.kernel.ipc.queues.find(id);
  if (typeof queue === 'number') return queue;
  return queue.access(task.cred, wanted) < 0 ? -EACCES : queue;
}

/** What msgrcv(2) says of its flags. */
export function checkReceive(flags: number): number {
  const copies = (flags & MSG_COPY) !== 0;
  return copies && ((flags & MSG_EXCEPT) !== 0 || (flags & IPC_NOWAIT) === 0) ? -EINVAL : 0;
}
