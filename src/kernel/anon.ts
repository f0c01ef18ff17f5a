/** Files without a name: what stat says of pipes, eventfds and the like. */
import { S_IFIFO } from '../abi/fcntl.js';
import type { FileStat } from './host/stat.js';

/** Device numbers of the kernel-internal file systems; any small unused minors of major 0 do. */
const ANON_DEV = 14;
const PIPE_DEV = 13;
/** The one inode all anonymous files share in Linux. */
const ANON_INO = 1057;

let nextInode = 20_000;

/** A fresh inode number for a pipe or socket. */
export function newInode(): number {
  return nextInode++;
}

function blank(dev: number, ino: number, mode: number): FileStat {
  return {
    dev,
    ino,
    mode,
    nlink: 1,
    uid: 0,
    gid: 0,
    rdev: 0,
    size: 0,
    blksize: 4096,
    blocks: 0,
    atime: 0,
    atimeNsec: 0,
    mtime: 0,
    mtimeNsec: 0,
    ctime: 0,
    ctimeNsec: 0,
    btime: 0,
    btimeNsec: 0,
  };
}

/** fstat of eventfd, epoll, pidfd…: no file type at all, as in Linux. */
export function anonStat(): FileStat {
  return blank(ANON_DEV, ANON_INO, 0o600);
}

export function pipeStat(ino: number): FileStat {
  return blank(PIPE_DEV, ino, S_IFIFO | 0o600);
}
