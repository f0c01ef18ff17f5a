/**
 * System V IPC (include/uapi/asm-generic/{ipcbuf,shmbuf,sembuf,msgbuf}.h, include/uapi/linux/{shm,sem,msg}.h). On 32-bit architectures times are two words, the low one first whatever the byte order.
 */
import { array, type DataModel, is32, octal, struct, when } from '../layout.js';

/** mode_t is a short on ARM, the only 32-bit architecture where big-endian order lets that be seen. */
const hasShortMode = (m: DataModel): boolean => is32(m) && !m.littleEndian;

export const ipcPerm = struct('ipc64_perm', {
  key: 'i32',
  uid: 'u32',
  gid: 'u32',
  cuid: 'u32',
  cgid: 'u32',
  mode: when((m) => !hasShortMode(m), octal('u32')),
  mode16: when(hasShortMode, octal('u16')),
  __pad1: when(hasShortMode, 'u16'),
  seq: 'u16',
  __pad2: 'u16',
  __unused1: 'ulong',
  __unused2: 'ulong',
});

export const shmidDs = struct('shmid_ds', {
  shm_perm: ipcPerm,
  shm_segsz: 'ulong',
  shm_atime: 'ulong',
  __atime_high: when(is32, 'u32'),
  shm_dtime: 'ulong',
  __dtime_high: when(is32, 'u32'),
  shm_ctime: 'ulong',
  __ctime_high: when(is32, 'u32'),
  shm_cpid: 'i32',
  shm_lpid: 'i32',
  shm_nattch: 'ulong',
  __unused4: 'ulong',
  __unused5: 'ulong',
});

/** IPC_INFO of shmctl. */
export const shminfo = struct('shminfo', {
  shmmax: 'ulong',
  shmmin: 'ulong',
  shmmni: 'ulong',
  shmseg: 'ulong',
  shmall: 'ulong',
  __unused: array('ulong', 4),
});
/** SHM_INFO. */
export const shmInfo = struct('shm_info', {
  used_ids: 'i32',
  shm_tot: 'ulong',
  shm_rss: 'ulong',
  shm_swp: 'ulong',
  swap_attempts: 'ulong',
  swap_successes: 'ulong',
});

export const semidDs = struct('semid_ds', {
  sem_perm: ipcPerm,
  sem_otime: 'ulong',
  __otime_high: when(is32, 'u32'),
  sem_ctime: 'ulong',
  __ctime_high: when(is32, 'u32'),
  sem_nsems: 'ulong',
  __unused3: 'ulong',
  __unused4: 'ulong',
});
export const sembuf = struct('sembuf', { sem_num: 'u16', sem_op: 'i16', sem_flg: 'i16' });
export const seminfo = struct('seminfo', {
  semmap: 'i32',
  semmni: 'i32',
  semmns: 'i32',
  semmnu: 'i32',
  semmsl: 'i32',
  semopm: 'i32',
  semume: 'i32',
  semusz: 'i32',
  semvmx: 'i32',
  semaem: 'i32',
});

export const msqidDs = struct('msqid_ds', {
  msg_perm: ipcPerm,
  msg_stime: 'ulong',
  __stime_high: when(is32, 'u32'),
  msg_rtime: 'ulong',
  __rtime_high: when(is32, 'u32'),
  msg_ctime: 'ulong',
  __ctime_high: when(is32, 'u32'),
  msg_cbytes: 'ulong',
  msg_qnum: 'ulong',
  msg_qbytes: 'ulong',
  msg_lspid: 'i32',
  msg_lrpid: 'i32',
  __unused4: 'ulong',
  __unused5: 'ulong',
});
export const msginfo = struct('msginfo', {
  msgpool: 'i32',
  msgmap: 'i32',
  msgmax: 'i32',
  msgmnb: 'i32',
  msgmni: 'i32',
  msgssz: 'i32',
  msgtql: 'i32',
  msgseg: 'u16',
});
