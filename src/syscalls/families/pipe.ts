/** pipe, pipe2. splice and its kin are with the file families. */
import { EFAULT, EINVAL } from '../../abi/errno.js';
import { GENERIC_FCNTL, O_CLOEXEC, O_NONBLOCK } from '../../abi/fcntl.js';
import { makePipe } from '../../kernel/pipe.js';
import type { Task } from '../../kernel/task.js';
import { sys } from '../row.js';

/** O_NOTIFICATION_PIPE is O_EXCL's bit; it needs CONFIG_WATCH_QUEUE. */
function sysPipe2(task: Task, addr: number, flags: number): number {
  const { O_DIRECT } = task.abi.fcntl;
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT)) !== 0) return -EINVAL;
  const kept = (flags & O_NONBLOCK) | ((flags & O_DIRECT) !== 0 ? GENERIC_FCNTL.O_DIRECT : 0);
  const cloexec = (flags & O_CLOEXEC) !== 0;
  const { files, user } = task;
  const limit = task.process.limits.nofile;
  const [reader, writer] = makePipe(kept);
  const first = files.install(reader, cloexec, limit);
  if (first < 0) {
    reader.release();
    writer.release();
    return first;
  }
  const second = files.install(writer, cloexec, limit);
  if (second < 0) {
    files.close(first);
    writer.release();
    return second;
  }
  if (user.writeI32(addr, first) && user.writeI32(addr + 4, second)) return 0;
  files.close(first);
  files.close(second);
  return -EFAULT;
}

export const pipes = {
  pipe: sys(['pipefd: out fdpair'], 'int', (t, addr) => sysPipe2(t, addr, 0)),
  pipe2: sys(['pipefd: out fdpair', 'flags: fdflags'], 'int', sysPipe2),
};
