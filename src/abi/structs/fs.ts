/** Files and directories beside stat (include/uapi/linux/{fs,fcntl,uio,dirent}.h, asm-generic/fcntl.h). */
import { hexed, octal, struct } from '../layout.js';

export const iovec = struct('iovec', { iov_base: 'ptr', iov_len: 'ulong' });

/** `struct flock`: offsets of the architecture's word. */
export const flock = struct('flock', {
  l_type: 'i16',
  l_whence: 'i16',
  l_start: 'long',
  l_len: 'long',
  l_pid: 'i32',
});
/** `struct flock64` of F_*LK64 on 32-bit guests. */
export const flock64 = struct('flock64', {
  l_type: 'i16',
  l_whence: 'i16',
  l_start: 'i64',
  l_len: 'i64',
  l_pid: 'i32',
});

/** Fixed head of `struct linux_dirent64`; the name follows at once, the record is padded to 8 bytes. */
export const DIRENT64_NAME = 19;
/** Bytes of one linux_dirent64 record with a name of `length` bytes (without its NUL). */
export function dirent64Size(length: number): number {
  return (DIRENT64_NAME + length + 1 + 7) & ~7;
}
export const dirent64 = struct('linux_dirent64', {
  d_ino: 'u64',
  d_off: 'i64',
  d_reclen: 'u16',
  d_type: 'u8',
});

export const openHow = struct('open_how', { flags: hexed('u64'), mode: octal('u64'), resolve: hexed('u64') });

export const fOwnerEx = struct('f_owner_ex', { type: 'i32', pid: 'i32' });

export const inotifyEvent = struct('inotify_event', {
  wd: 'i32',
  mask: hexed('u32'),
  cookie: 'u32',
  len: 'u32',
});

/** Argument of the FICLONERANGE ioctl. */
export const fileCloneRange = struct('file_clone_range', {
  src_fd: 'i64',
  src_offset: 'u64',
  src_length: 'u64',
  dest_offset: 'u64',
});

/** `struct mq_attr`. */
export const mqAttr = struct('mq_attr', {
  mq_flags: 'long',
  mq_maxmsg: 'long',
  mq_msgsize: 'long',
  mq_curmsgs: 'long',
  __reserved0: 'long',
  __reserved1: 'long',
  __reserved2: 'long',
  __reserved3: 'long',
});

/** The pair { sigset pointer, size } that is the sixth argument of pselect6. */
export const sigsetArgpack = struct('sigset_argpack', { p: 'ptr', size: 'ulong' });
