/** All system calls that are implemented, by the kernel's name. */
import { administration } from './families/administration.js';
import { attributes } from './families/attributes.js';
import { copy } from './families/copy.js';
import { descriptor } from './families/descriptor.js';
import { directory } from './families/directory.js';
import { events } from './families/event.js';
import { fileIo } from './families/file-io.js';
import { fileOpen } from './families/file-open.js';
import { futexes } from './families/futex.js';
import { handles } from './families/handle.js';
import { identity } from './families/identity.js';
import { inotify } from './families/inotify.js';
import { memory } from './families/memory.js';
import { messageQueues } from './families/mqueue.js';
import { messages } from './families/msg.js';
import { pipes } from './families/pipe.js';
import { polling } from './families/poll.js';
import { processMemory } from './families/process-memory.js';
import { process } from './families/process.js';
import { sched } from './families/sched.js';
import { semaphores } from './families/sem.js';
import { sharedMemory } from './families/shm.js';
import { signal } from './families/signal.js';
import { sockets } from './families/socket.js';
import { socketMessages } from './families/socket-message.js';
import { splicing } from './families/splice.js';
import { stat } from './families/stat.js';
import { time } from './families/time.js';
import type { Rows } from './row.js';

/** One family file each; files that belong together stand together. */
export const FAMILIES = {
  fileOpen,
  handles,
  fileIo,
  stat,
  directory,
  attributes,
  descriptor,
  copy,
  process,
  signal,
  time,
  memory,
  processMemory,
  futexes,
  sched,
  identity,
  polling,
  pipes,
  splicing,
  inotify,
  sockets,
  socketMessages,
  events,
  sharedMemory,
  semaphores,
  messages,
  messageQueues,
  administration,
} as const satisfies Record<string, Rows>;

export const SYSTEM_CALLS: Rows = Object.assign({}, ...Object.values(FAMILIES)) as Rows;
