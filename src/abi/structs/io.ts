/** Readiness and terminals (include/uapi/asm-generic/{poll,termbits,termios}.h, linux/eventpoll.h). */
import { array, chars, type DataModel, hexed, struct } from '../layout.js';

export const pollfd = struct('pollfd', { fd: 'i32', events: hexed('i16'), revents: hexed('i16') });

/**
 * `struct epoll_event`; only x86-64 packs it, so `data` is 8-aligned here. The data is two words, low first
 * whatever the byte order, because all 64 bits must come back.
 */
export const epollEvent = struct(
  'epoll_event',
  (m: DataModel): Readonly<Record<'events' | '__pad' | 'data_lo' | 'data_hi', 'u32'>> =>
    m.littleEndian
      ? { events: 'u32', __pad: 'u32', data_lo: 'u32', data_hi: 'u32' }
      : { events: 'u32', __pad: 'u32', data_hi: 'u32', data_lo: 'u32' },
);

/** The kernel's `struct termios` (TCGETS), 19 control characters. */
export const termios = struct('termios', {
  c_iflag: hexed('u32'),
  c_oflag: hexed('u32'),
  c_cflag: hexed('u32'),
  c_lflag: hexed('u32'),
  c_line: 'u8',
  c_cc: chars(19),
});
/** `struct termios2` (TCGETS2): with speeds in baud. */
export const termios2 = struct('termios2', {
  c_iflag: hexed('u32'),
  c_oflag: hexed('u32'),
  c_cflag: hexed('u32'),
  c_lflag: hexed('u32'),
  c_line: 'u8',
  c_cc: chars(19),
  c_ispeed: 'u32',
  c_ospeed: 'u32',
});
export const winsize = struct('winsize', {
  ws_row: 'u16',
  ws_col: 'u16',
  ws_xpixel: 'u16',
  ws_ypixel: 'u16',
});

export const signalfdSiginfo = struct('signalfd_siginfo', {
  ssi_signo: 'u32',
  ssi_errno: 'i32',
  ssi_code: 'i32',
  ssi_pid: 'u32',
  ssi_uid: 'u32',
  ssi_fd: 'i32',
  ssi_tid: 'u32',
  ssi_band: 'u32',
  ssi_overrun: 'u32',
  ssi_trapno: 'u32',
  ssi_status: 'i32',
  ssi_int: 'i32',
  ssi_ptr: hexed('u64'),
  ssi_utime: 'u64',
  ssi_stime: 'u64',
  ssi_addr: hexed('u64'),
  ssi_addr_lsb: 'u16',
  __pad2: 'u16',
  ssi_syscall: 'i32',
  ssi_call_addr: hexed('u64'),
  ssi_arch: hexed('u32'),
  __pad: array('u8', 28),
});
