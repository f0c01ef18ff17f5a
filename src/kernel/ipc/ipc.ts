/** System V IPC and message queues of one emulator, with their limits (the files of /proc/sys/kernel and fs/mqueue). */
import { realtime } from '../clock.js';
import type { Kernel } from '../kernel.js';
import { IpcTable } from './ids.js';
import { MessageNames } from './mqueue.js';
import type { MessageQueue } from './msg.js';
import type { SemaphoreSet } from './sem.js';
import type { Segment } from './shm.js';

/** Defaults of Linux for 64-bit machines (include/uapi/linux/{shm,sem,msg}.h, ipc/mqueue.c). */
export interface IpcLimits {
  shmmax: number;
  /** Pages. */
  shmall: number;
  shmmni: number;
  semmsl: number;
  semmns: number;
  semopm: number;
  semmni: number;
  msgmax: number;
  msgmnb: number;
  msgmni: number;
  mqMessages: number;
  mqSize: number;
  mqQueues: number;
  mqMessagesDefault: number;
  mqSizeDefault: number;
}

export class Ipc {
  readonly kernel: Kernel;
  readonly limits: IpcLimits = {
    shmmax: 2 ** 64 - 2 ** 24,
    shmall: 2 ** 64 - 2 ** 24,
    shmmni: 4096,
    semmsl: 32000,
    semmns: 1024000000,
    semopm: 500,
    semmni: 32000,
    msgmax: 8192,
    msgmnb: 16384,
    msgmni: 32000,
    mqMessages: 10,
    mqSize: 8192,
    mqQueues: 256,
    mqMessagesDefault: 10,
    mqSizeDefault: 8192,
  };
  readonly segments = new IpcTable<Segment>(4096);
  readonly semaphores = new IpcTable<SemaphoreSet>(32000);
  readonly queues = new IpcTable<MessageQueue>(32000);
  readonly names = new MessageNames();
  /** Pages of all segments, semaphores of all sets. */
  pages = 0;
  semaphoreCount = 0;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  /** The tables keep what there may be of each kind. */
  limitsChanged(): void {
    this.segments.limit = this.limits.shmmni;
    this.semaphores.limit = this.limits.semmni;
    this.queues.limit = this.limits.msgmni;
  }

  /** Seconds since the epoch. */
  now(): number {
    return realtime(this.kernel.clock).sec;
  }

  /** Process id of whoever acts now. */
  get actor(): number {
    return this.kernel.scheduler.current?.process.pid ?? 0;
  }
}
