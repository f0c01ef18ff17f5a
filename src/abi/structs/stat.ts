/**
 * File status: asm-generic stat and stat64 (include/uapi/asm-generic/stat.h), ARM's own (arch/arm/include/uapi/
 * asm/stat.h), statx (include/uapi/linux/stat.h), statfs (asm-generic/statfs.h).
 */
import { array, type DataModel, hexed, octal, struct } from '../layout.js';

/** `struct stat` of RISC-V 64, AArch64. */
export const statGeneric = struct('stat', {
  st_dev: 'ulong',
  st_ino: 'ulong',
  st_mode: octal('u32'),
  st_nlink: 'u32',
  st_uid: 'u32',
  st_gid: 'u32',
  st_rdev: 'ulong',
  __pad1: 'ulong',
  st_size: 'long',
  st_blksize: 'i32',
  __pad2: 'i32',
  st_blocks: 'long',
  st_atime: 'long',
  st_atime_nsec: 'ulong',
  st_mtime: 'long',
  st_mtime_nsec: 'ulong',
  st_ctime: 'long',
  st_ctime_nsec: 'ulong',
  __unused4: 'u32',
  __unused5: 'u32',
});

/** `struct stat64` of 32-bit asm-generic ports. */
export const stat64Generic = struct('stat64', {
  st_dev: 'u64',
  st_ino: 'u64',
  st_mode: octal('u32'),
  st_nlink: 'u32',
  st_uid: 'u32',
  st_gid: 'u32',
  st_rdev: 'u64',
  __pad1: 'u64',
  st_size: 'i64',
  st_blksize: 'i32',
  __pad2: 'i32',
  st_blocks: 'i64',
  st_atime: 'i32',
  st_atime_nsec: 'u32',
  st_mtime: 'i32',
  st_mtime_nsec: 'u32',
  st_ctime: 'i32',
  st_ctime_nsec: 'u32',
  __unused4: 'u32',
  __unused5: 'u32',
});

/** `struct stat64` of ARM EABI. The short inode number stands before the mode, the full one at the end. */
export const stat64Arm = struct('stat64', {
  st_dev: 'u64',
  __pad0: 'u32',
  __st_ino: 'u32',
  st_mode: octal('u32'),
  st_nlink: 'u32',
  st_uid: 'u32',
  st_gid: 'u32',
  st_rdev: 'u64',
  __pad3: 'u32',
  st_size: 'i64',
  st_blksize: 'u32',
  st_blocks: 'u64',
  st_atime: 'i32',
  st_atime_nsec: 'u32',
  st_mtime: 'i32',
  st_mtime_nsec: 'u32',
  st_ctime: 'i32',
  st_ctime_nsec: 'u32',
  st_ino: 'u64',
});

/**
 * `struct stat` of ARM, the one with 16-bit ids. Little-endian kernels declare the device numbers as longs, which
 * is the same bytes for numbers below 2^16.
 */
export const statOldArm = struct('stat', {
  st_dev: 'u16',
  __pad1: 'u16',
  st_ino: 'u32',
  st_mode: octal('u16'),
  st_nlink: 'u16',
  st_uid: 'u16',
  st_gid: 'u16',
  st_rdev: 'u16',
  __pad2: 'u16',
  st_size: 'u32',
  st_blksize: 'u32',
  st_blocks: 'u32',
  st_atime: 'u32',
  st_atime_nsec: 'u32',
  st_mtime: 'u32',
  st_mtime_nsec: 'u32',
  st_ctime: 'u32',
  st_ctime_nsec: 'u32',
  __unused4: 'u32',
  __unused5: 'u32',
});

export const statxTimestamp = struct('statx_timestamp', { tv_sec: 'i64', tv_nsec: 'u32', __reserved: 'i32' });

export const statx = struct('statx', {
  stx_mask: hexed('u32'),
  stx_blksize: 'u32',
  stx_attributes: hexed('u64'),
  stx_nlink: 'u32',
  stx_uid: 'u32',
  stx_gid: 'u32',
  stx_mode: octal('u16'),
  __spare0: 'u16',
  stx_ino: 'u64',
  stx_size: 'u64',
  stx_blocks: 'u64',
  stx_attributes_mask: hexed('u64'),
  stx_atime: statxTimestamp,
  stx_btime: statxTimestamp,
  stx_ctime: statxTimestamp,
  stx_mtime: statxTimestamp,
  stx_rdev_major: 'u32',
  stx_rdev_minor: 'u32',
  stx_dev_major: 'u32',
  stx_dev_minor: 'u32',
  stx_mnt_id: 'u64',
  stx_dio_mem_align: 'u32',
  stx_dio_offset_align: 'u32',
  __spare3: array('u64', 12),
});

/** stx_mask bits. */
export const STATX_BASIC_STATS = 0x7ff;
export const STATX_BTIME = 0x800;
export const STATX_MNT_ID = 0x1000;

const FSID = { f_fsid: array('i32', 2) };

/** `struct statfs`: words of the architecture's size (`__statfs_word`). */
export const statfs = struct('statfs', {
  f_type: hexed('ulong'),
  f_bsize: 'long',
  f_blocks: 'ulong',
  f_bfree: 'ulong',
  f_bavail: 'ulong',
  f_files: 'ulong',
  f_ffree: 'ulong',
  ...FSID,
  f_namelen: 'long',
  f_frsize: 'long',
  f_flags: hexed('long'),
  __f_spare: array('long', 4),
});

/**
 * `struct statfs64` of the 32-bit calls. ARM packs it to 4 bytes (ARCH_PACK_STATFS64), which drops the four
 * bytes of tail padding: callers pass `size` 84 or 88 and only the first 84 are fields.
 */
export const statfs64 = struct('statfs64', {
  f_type: hexed('ulong'),
  f_bsize: 'long',
  f_blocks: 'u64',
  f_bfree: 'u64',
  f_bavail: 'u64',
  f_files: 'u64',
  f_ffree: 'u64',
  ...FSID,
  f_namelen: 'long',
  f_frsize: 'long',
  f_flags: hexed('long'),
  __f_spare: array('long', 4),
});

/** What a file system reports about a file, host units: bytes, seconds, nanoseconds, 512-byte blocks. */
export interface StatRecord {
  readonly dev: number;
  readonly ino: number;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly size: number;
  readonly blksize: number;
  readonly blocks: number;
  readonly atime: number;
  readonly atimeNsec: number;
  readonly mtime: number;
  readonly mtimeNsec: number;
  readonly ctime: number;
  readonly ctimeNsec: number;
}

export type StatWriter = (view: DataView, base: number, s: StatRecord) => void;

/** A struct of the stat family with the writer that fills it. */
export interface StatForm {
  readonly size: number;
  readonly write: StatWriter;
}

/** The `struct stat` that `fstat`/`newfstatat` of a 64-bit guest fill. */
export function statForm(model: DataModel): StatForm {
  return { size: statGeneric.for(model).size, write: statGenericWriter(model) };
}

/** The `struct stat64` that `fstat64`/`fstatat64` of a 32-bit guest fill. */
export function stat64Form(model: DataModel, arm: boolean): StatForm {
  const def = arm ? stat64Arm : stat64Generic;
  return { size: def.for(model).size, write: arm ? stat64ArmWriter(model) : stat64GenericWriter(model) };
}

/** The struct of a 64-bit guest, field by field: stat is what programs that walk directories spend their time in. */
function statGenericWriter(model: DataModel): StatWriter {
  const layout = statGeneric.for(model);
  const little = model.littleEndian;
  const [low, high] = little ? [0, 4] : [4, 0];
  const at = layout.offset;
  const { st_dev, st_ino, st_mode, st_nlink, st_uid, st_gid, st_rdev, __pad1, st_size, st_blksize } = at;
  const { __pad2, st_blocks, st_atime, st_atime_nsec, st_mtime, st_mtime_nsec, st_ctime, st_ctime_nsec } = at;
  const { __unused4, __unused5 } = at;
  const put = (view: DataView, to: number, value: number): void => {
    view.setInt32(to + low, value, little);
    view.setInt32(to + high, Math.floor(value / 4294967296), little);
  };
  return (view, base, s) => {
    put(view, base + st_dev, s.dev);
    put(view, base + st_ino, s.ino);
    view.setInt32(base + st_mode, s.mode, little);
    view.setInt32(base + st_nlink, s.nlink, little);
    view.setInt32(base + st_uid, s.uid, little);
    view.setInt32(base + st_gid, s.gid, little);
    put(view, base + st_rdev, s.rdev);
    put(view, base + __pad1, 0);
    put(view, base + st_size, s.size);
    view.setInt32(base + st_blksize, s.blksize, little);
    view.setInt32(base + __pad2, 0);
    put(view, base + st_blocks, s.blocks);
    put(view, base + st_atime, s.atime);
    put(view, base + st_atime_nsec, s.atimeNsec);
    put(view, base + st_mtime, s.mtime);
    put(view, base + st_mtime_nsec, s.mtimeNsec);
    put(view, base + st_ctime, s.ctime);
    put(view, base + st_ctime_nsec, s.ctimeNsec);
    view.setInt32(base + __unused4, 0);
    view.setInt32(base + __unused5, 0);
  };
}

/** Writes one value per leaf of the layout, in order; one scratch row serves every call. */
function stat64GenericWriter(model: DataModel): StatWriter {
  const layout = stat64Generic.for(model);
  const row = new Float64Array(20);
  return (view, base, s) => {
    fillGeneric(row, s);
    layout.pack(view, base, row);
  };
}

function fillGeneric(row: Float64Array, s: StatRecord): void {
  row[0] = s.dev;
  row[1] = s.ino;
  row[2] = s.mode;
  row[3] = s.nlink;
  row[4] = s.uid;
  row[5] = s.gid;
  row[6] = s.rdev;
  row[8] = s.size;
  row[9] = s.blksize;
  row[11] = s.blocks;
  row[12] = s.atime;
  row[13] = s.atimeNsec;
  row[14] = s.mtime;
  row[15] = s.mtimeNsec;
  row[16] = s.ctime;
  row[17] = s.ctimeNsec;
}

function stat64ArmWriter(model: DataModel): StatWriter {
  const layout = stat64Arm.for(model);
  const row = new Float64Array(19);
  return (view, base, s) => {
    row[0] = s.dev;
    row[2] = s.ino;
    row[3] = s.mode;
    row[4] = s.nlink;
    row[5] = s.uid;
    row[6] = s.gid;
    row[7] = s.rdev;
    row[9] = s.size;
    row[10] = s.blksize;
    row[11] = s.blocks;
    row[12] = s.atime;
    row[13] = s.atimeNsec;
    row[14] = s.mtime;
    row[15] = s.mtimeNsec;
    row[16] = s.ctime;
    row[17] = s.ctimeNsec;
    row[18] = s.ino;
    layout.pack(view, base, row);
  };
}
