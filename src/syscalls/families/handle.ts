/** File handles: name_to_handle_at and open_by_handle_at. */
import { EBADF, EFAULT, EINVAL, ENOENT, EOPNOTSUPP, EOVERFLOW, EPERM, ESTALE } from '../../abi/errno.js';
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_FOLLOW, AT_SYMLINK_NOFOLLOW } from '../../abi/fcntl.js';
import { emptyStat } from '../../kernel/host/stat.js';
import type { Task } from '../../kernel/task.js';
import { VfsFile } from '../../kernel/vfs/vfs-file.js';
import type { Blocking } from '../../kernel/wait.js';
import { genericFlags, isFile, resolveAt } from '../files.js';
import { partial, sys } from '../row.js';
import { openFile } from './file-open.js';

/** A handle of ours: device and inode, 4 and 8 bytes, behind `unsigned handle_bytes; int handle_type`. */
const BYTES = 12;
const TYPE = 0x81;
const HEAD = 8;
/** MAX_HANDLE_SZ */
const LIMIT = 128;
const AT_HANDLE_FID = 0x200;
const KNOWN = AT_EMPTY_PATH | AT_SYMLINK_FOLLOW | AT_HANDLE_FID;

/** Files of the host have handles; those that exist only while somebody looks have none. */
function sysNameToHandleAt(
  task: Task,
  dirfd: number,
  path: string,
  handle: number,
  mount: number,
  flags: number,
): number {
  if ((flags & ~KNOWN) !== 0) return -EINVAL;
  const { user, kernel } = task;
  const follow = (flags & AT_SYMLINK_FOLLOW) !== 0 ? 0 : AT_SYMLINK_NOFOLLOW;
  const st = emptyStat();
  const found = resolveAt(task, dirfd, path, (flags & AT_EMPTY_PATH) | follow, st);
  if (typeof found === 'number') return found;
  if (isFile(found)) {
    const own = found.stat();
    if (typeof own === 'number') return own;
    Object.assign(st, own);
  }
  const room = user.readU32(handle);
  if (room === undefined) return -EFAULT;
  if (room > LIMIT) return -EINVAL;
  const place = isFile(found) ? (found instanceof VfsFile ? found.place : undefined) : found;
  if (place?.fs.hostPath(place.path) === undefined) return -EOPNOTSUPP;
  const fits = room >= BYTES;
  let ok = user.writeI32(handle, BYTES) && user.writeI32(mount, 1);
  if (fits) {
    ok &&= user.writeI32(handle + 4, TYPE) && user.writeI32(handle + HEAD, st.dev);
    ok &&= user.write64(handle + HEAD + 4, st.ino, Math.floor(st.ino / 0x1_0000_0000));
    kernel.vfs.handles.note(st.dev, st.ino, place.guest);
  }
  if (!ok) return -EFAULT;
  return fits ? 0 : -EOVERFLOW;
}

function sysOpenByHandleAt(task: Task, mountFd: number, handle: number, flags: number): number | Blocking {
  const { user, kernel } = task;
  if (!task.cred.privileged) return -EPERM;
  if (mountFd !== AT_FDCWD && task.files.get(mountFd) === undefined) return -EBADF;
  const length = user.readU32(handle);
  const type = user.readI32(handle + 4);
  if (length === undefined || type === undefined) return -EFAULT;
  if (length === 0 || length > LIMIT) return -EINVAL;
  const dev = user.readI32(handle + HEAD);
  const ino = user.readU64(handle + HEAD + 4);
  if (dev === undefined || ino === undefined) return -EFAULT;
  const path = length === BYTES && type === TYPE ? kernel.vfs.handles.find(dev, ino) : undefined;
  if (path === undefined) return -ESTALE;
  const st = emptyStat();
  const place = kernel.vfs.resolve(task, AT_FDCWD, path, 0, st);
  if (typeof place === 'number' || (st.dev | 0) !== dev || st.ino !== ino) return -ESTALE;
  const result = openFile(task, AT_FDCWD, path, genericFlags(task.abi, flags), 0);
  return result === -ENOENT ? -ESTALE : result;
}

export const handles = {
  name_to_handle_at: sys(
    ['dirfd: dirfd', 'path: path', 'handle: inout data', 'mount_id: out i32', 'flags: atflags'],
    'int',
    sysNameToHandleAt,
    partial('good while the emulator runs and the file keeps its name'),
  ),
  open_by_handle_at: sys(
    ['mount_fd: dirfd', 'handle: in data', 'flags: oflags'],
    'fd',
    sysOpenByHandleAt,
    partial('see name_to_handle_at'),
  ),
};
