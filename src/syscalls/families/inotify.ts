/** inotify(7): telling programs of changes to files. */
import { EBADF, EINVAL, ENOTDIR } from '../../abi/errno.js';
import { AT_FDCWD, O_CLOEXEC, O_NONBLOCK, R_OK, S_IFDIR, S_IFMT } from '../../abi/fcntl.js';
import type { Task } from '../../kernel/task.js';
import { IN, InotifyFile } from '../../kernel/vfs/notify.js';
import { FOLLOW } from '../../kernel/vfs/resolve.js';
import { partial, sys } from '../row.js';
import { installFile } from './event.js';

function sysInotifyInit1(task: Task, flags: number): number {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) !== 0) return -EINVAL;
  const file = new InotifyFile(task.kernel.vfs.notify, flags & O_NONBLOCK);
  return installFile(task, file, (flags & O_CLOEXEC) !== 0);
}

/** ALL_INOTIFY_BITS without the flags that say how (include/linux/inotify.h). */
const WATCHABLE = 0xf7_efff | 0x8000_0000;

function sysInotifyAddWatch(task: Task, fd: number, path: string, mask: number): number {
  if ((mask & WATCHABLE) === 0) return -EINVAL;
  const file = task.files.usable(fd);
  if (file === undefined) return -EBADF;
  if (!(file instanceof InotifyFile)) return -EINVAL;
  const follow = (mask & IN.DONT_FOLLOW) === 0 ? FOLLOW : 0;
  const place = task.kernel.vfs.resolve(task, AT_FDCWD, path, follow);
  if (typeof place === 'number') return place;
  if ((mask & IN.ONLYDIR) !== 0 && (place.mode & S_IFMT) !== S_IFDIR) return -ENOTDIR;
  const denied = place.fs.access(task, place.path, R_OK);
  return denied < 0 ? denied : file.watch(place, mask);
}

function sysInotifyRmWatch(task: Task, fd: number, wd: number): number {
  const file = task.files.usable(fd);
  if (file === undefined) return -EBADF;
  return file instanceof InotifyFile ? file.unwatch(wd) : -EINVAL;
}

const OUTSIDE = partial('of changes by other programs only creation, deletion and modification are told');

export const inotify = {
  inotify_init: sys([], 'fd', (task) => sysInotifyInit1(task, 0), OUTSIDE),
  inotify_init1: sys(['flags: fdflags'], 'fd', sysInotifyInit1, OUTSIDE),
  inotify_add_watch: sys(['fd: fd', 'path: path', 'mask: hex32'], 'int', sysInotifyAddWatch),
  inotify_rm_watch: sys(['fd: fd', 'wd: int'], 'int', sysInotifyRmWatch),
};
