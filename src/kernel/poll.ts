/** Waiting for files to become ready: what poll, ppoll, select and pselect6 share. */
import type { OpenFile } from './file.js';
import { POLLERR, POLLHUP, POLLNVAL } from './file.js';
import type { Task } from './task.js';
import { INTERRUPTED, TIMED_OUT, type Blocking, type WaitQueue, waitFor } from './wait.js';

/** One descriptor to look at. `file` undefined: a bad descriptor (POLLNVAL). */
export interface PollEntry {
  readonly file: OpenFile | undefined;
  /** POLL* bits asked for; POLLERR and POLLHUP are always reported. */
  readonly events: number;
  revents: number;
}

/** Looks once. @returns entries with something to report */
export function pollOnce(task: Task, entries: readonly PollEntry[]): number {
  let ready = 0;
  for (const entry of entries) {
    const { file } = entry;
    entry.revents = file === undefined ? POLLNVAL : file.poll(task) & (entry.events | POLLERR | POLLHUP);
    if (entry.revents !== 0) ready++;
  }
  return ready;
}

/**
 * Waits until an entry is ready.
 *
 * @param deadline monotonic ns
 * @returns ready entries, 0 after the deadline, or -1 when a signal interrupted
 */
export function* pollWait(task: Task, entries: readonly PollEntry[], deadline: number): Blocking {
  const queues = new Set<WaitQueue>();
  for (const { file } of entries) if (file?.queue !== undefined) queues.add(file.queue);
  const list = [...queues];
  // The descriptions must outlive a close by another thread.
  for (const { file } of entries) file?.retain();
  try {
    for (;;) {
      const why = yield* waitFor(list, deadline);
      const ready = pollOnce(task, entries);
      if (ready > 0) return ready;
      if (why === INTERRUPTED) return -1;
      if (why === TIMED_OUT) return 0;
    }
  } finally {
    for (const { file } of entries) file?.release();
  }
}
