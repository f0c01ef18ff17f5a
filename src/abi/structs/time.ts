/** Times (include/uapi/linux/time.h, time_types.h, times.h, timex.h). */
import { struct } from '../layout.js';

/** `struct timespec` of the architecture's own word: 16 bytes on 64-bit, 8 on 32-bit guests. */
export const timespec = struct('timespec', { tv_sec: 'long', tv_nsec: 'long' });
/** `struct __kernel_timespec`, what the `_time64` calls take; equal to timespec on 64-bit guests. */
export const timespec64 = struct('__kernel_timespec', { tv_sec: 'i64', tv_nsec: 'i64' });
export const timeval = struct('timeval', { tv_sec: 'long', tv_usec: 'long' });
export const itimerval = struct('itimerval', { it_interval: timeval, it_value: timeval });
export const itimerspec = struct('itimerspec', { it_interval: timespec, it_value: timespec });
export const itimerspec64 = struct('__kernel_itimerspec', { it_interval: timespec64, it_value: timespec64 });
export const timezone = struct('timezone', { tz_minuteswest: 'i32', tz_dsttime: 'i32' });
export const tms = struct('tms', {
  tms_utime: 'long',
  tms_stime: 'long',
  tms_cutime: 'long',
  tms_cstime: 'long',
});
export const utimbuf = struct('utimbuf', { actime: 'long', modtime: 'long' });

/** `struct timex` of adjtimex(2) in the architecture's own word. */
export const timex = struct('timex', {
  modes: 'u32',
  offset: 'long',
  freq: 'long',
  maxerror: 'long',
  esterror: 'long',
  status: 'i32',
  constant: 'long',
  precision: 'long',
  tolerance: 'long',
  time: timeval,
  tick: 'long',
  ppsfreq: 'long',
  jitter: 'long',
  shift: 'i32',
  stabil: 'long',
  jitcnt: 'long',
  calcnt: 'long',
  errcnt: 'long',
  stbcnt: 'long',
  tai: 'i32',
  pad0: 'i32',
  pad1: 'i32',
  pad2: 'i32',
  pad3: 'i32',
  pad4: 'i32',
  pad5: 'i32',
  pad6: 'i32',
  pad7: 'i32',
  pad8: 'i32',
  pad9: 'i32',
  pad10: 'i32',
});
