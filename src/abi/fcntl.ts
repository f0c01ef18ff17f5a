/**
 * open(2) and fcntl(2) constants. Most are asm-generic's (include/uapi/asm-generic/fcntl.h); ARM and AArch64
 * permute four open flags (arch/arm{,64}/include/uapi/asm/fcntl.h), which is why those hang off the Abi.
 */

export const O_ACCMODE = 3;
export const O_RDONLY = 0;
export const O_WRONLY = 1;
export const O_RDWR = 2;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_NOCTTY = 0o400;
export const O_TRUNC = 0o1000;
export const O_APPEND = 0o2000;
export const O_NONBLOCK = 0o4000;
export const O_DSYNC = 0o10000;
export const FASYNC = 0o20000;
export const O_NOATIME = 0o1000000;
export const O_CLOEXEC = 0o2000000;
export const O_SYNC = 0o4010000;
export const O_PATH = 0o10000000;
/** The bit of O_TMPFILE that is not O_DIRECTORY. */
export const O_TMPFILE_BIT = 0o20000000;

/** The flags whose bit depends on the architecture, and how names map to bits for strace. */
export interface FcntlFlags {
  readonly O_DIRECT: number;
  readonly O_LARGEFILE: number;
  readonly O_DIRECTORY: number;
  readonly O_NOFOLLOW: number;
  /** O_DIRECTORY | O_TMPFILE_BIT. */
  readonly O_TMPFILE: number;
}

export const GENERIC_FCNTL: FcntlFlags = {
  O_DIRECT: 0o40000,
  O_LARGEFILE: 0o100000,
  O_DIRECTORY: 0o200000,
  O_NOFOLLOW: 0o400000,
  O_TMPFILE: 0o200000 | O_TMPFILE_BIT,
};

export const ARM_FCNTL: FcntlFlags = {
  O_DIRECTORY: 0o40000,
  O_NOFOLLOW: 0o100000,
  O_DIRECT: 0o200000,
  O_LARGEFILE: 0o400000,
  O_TMPFILE: 0o40000 | O_TMPFILE_BIT,
};

export const AT_FDCWD = -100;
export const AT_SYMLINK_NOFOLLOW = 0x100;
/** faccessat's; shares its value with AT_REMOVEDIR. */
export const AT_EACCESS = 0x200;
export const AT_REMOVEDIR = 0x200;
export const AT_SYMLINK_FOLLOW = 0x400;
export const AT_NO_AUTOMOUNT = 0x800;
export const AT_EMPTY_PATH = 0x1000;
export const AT_STATX_SYNC_TYPE = 0x6000;
export const AT_RECURSIVE = 0x8000;

export const F_DUPFD = 0;
export const F_GETFD = 1;
export const F_SETFD = 2;
export const F_GETFL = 3;
export const F_SETFL = 4;
export const F_GETLK = 5;
export const F_SETLK = 6;
export const F_SETLKW = 7;
export const F_SETOWN = 8;
export const F_GETOWN = 9;
export const F_SETSIG = 10;
export const F_GETSIG = 11;
/** 32-bit architectures only. */
export const F_GETLK64 = 12;
export const F_SETLK64 = 13;
export const F_SETLKW64 = 14;
export const F_SETOWN_EX = 15;
export const F_GETOWN_EX = 16;
export const F_OFD_GETLK = 36;
export const F_OFD_SETLK = 37;
export const F_OFD_SETLKW = 38;
export const F_SETLEASE = 1024;
export const F_GETLEASE = 1025;
export const F_NOTIFY = 1026;
export const F_DUPFD_CLOEXEC = 1030;
export const F_SETPIPE_SZ = 1031;
export const F_GETPIPE_SZ = 1032;
export const F_ADD_SEALS = 1033;
export const F_GET_SEALS = 1034;
export const FD_CLOEXEC = 1;
export const F_RDLCK = 0;
export const F_WRLCK = 1;
export const F_UNLCK = 2;

export const LOCK_SH = 1;
export const LOCK_EX = 2;
export const LOCK_NB = 4;
export const LOCK_MAND = 32;
export const LOCK_UN = 8;

export const SEEK_SET = 0;
export const SEEK_CUR = 1;
export const SEEK_END = 2;
export const SEEK_DATA = 3;
export const SEEK_HOLE = 4;

export const F_OK = 0;
export const X_OK = 1;
export const W_OK = 2;
export const R_OK = 4;

export const RENAME_NOREPLACE = 1;
export const RENAME_EXCHANGE = 2;
export const RENAME_WHITEOUT = 4;

export const S_IFMT = 0o170000;
export const S_IFSOCK = 0o140000;
export const S_IFLNK = 0o120000;
export const S_IFREG = 0o100000;
export const S_IFBLK = 0o060000;
export const S_IFDIR = 0o040000;
export const S_IFCHR = 0o020000;
export const S_IFIFO = 0o010000;

/** dirent64.d_type: the file type bits of st_mode shifted down. */
export const DT_UNKNOWN = 0;
export const DT_FIFO = 1;
export const DT_CHR = 2;
export const DT_DIR = 4;
export const DT_BLK = 6;
export const DT_REG = 8;
export const DT_LNK = 10;
export const DT_SOCK = 12;

/** open(2) flags as strace prints them: access mode, then the set bits; unknown bits in hex. */
export function printOpenFlags(flags: number, fcntl: FcntlFlags): string {
  const parts = [['O_RDONLY', 'O_WRONLY', 'O_RDWR', 'O_ACCMODE'][flags & O_ACCMODE] as string];
  let rest = flags & ~O_ACCMODE;
  const composite: readonly (readonly [string, number])[] = [
    ['O_TMPFILE', fcntl.O_TMPFILE],
    ['O_SYNC', O_SYNC],
    ['O_CREAT', O_CREAT],
    ['O_EXCL', O_EXCL],
    ['O_NOCTTY', O_NOCTTY],
    ['O_TRUNC', O_TRUNC],
    ['O_APPEND', O_APPEND],
    ['O_NONBLOCK', O_NONBLOCK],
    ['O_DSYNC', O_DSYNC],
    ['FASYNC', FASYNC],
    ['O_DIRECT', fcntl.O_DIRECT],
    ['O_LARGEFILE', fcntl.O_LARGEFILE],
    ['O_DIRECTORY', fcntl.O_DIRECTORY],
    ['O_NOFOLLOW', fcntl.O_NOFOLLOW],
    ['O_NOATIME', O_NOATIME],
    ['O_CLOEXEC', O_CLOEXEC],
    ['O_PATH', O_PATH],
  ];
  for (const [name, bits] of composite) {
    if ((rest & bits) === bits) {
      parts.push(name);
      rest &= ~bits;
    }
  }
  if (rest !== 0) parts.push(`0x${(rest >>> 0).toString(16)}`);
  return parts.join('|');
}
