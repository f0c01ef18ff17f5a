/**
 * What the host says of a file, in plain numbers. Inode numbers are exact below 2^53, larger ones folded into that
 * range; device numbers are in Linux's encoding.
 */
import type { BigIntStats } from 'node:fs';
import process from 'node:process';
import { dropOldest } from '../../util/bounded.js';

/** As struct stat; sizes in bytes, times in seconds and nanoseconds since the epoch. */
export interface FileStat {
  dev: number;
  ino: number;
  mode: number;
  nlink: number;
  uid: number;
  gid: number;
  rdev: number;
  size: number;
  blksize: number;
  /** In units of 512 bytes. */
  blocks: number;
  atime: number;
  atimeNsec: number;
  mtime: number;
  mtimeNsec: number;
  ctime: number;
  ctimeNsec: number;
  btime: number;
  btimeNsec: number;
}

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** Times set with more digits than Node can store; see {@link rememberTimes}. */
const exactTimes = new Map<string, ExactTimes>();

/** Sub-microsecond digits of a file's times as the guest set them, and the rounded values they belong to. */
export interface ExactTimes {
  atime: number;
  atimeNsec: number;
  mtime: number;
  mtimeNsec: number;
}

const EXACT_TIMES_MAX = 65536;

/**
 * Remembers the times the guest has just set on `dev:ino`. Node's utimes takes a double; while what the host reports still
 * equals the rounded value, later stats answer with the exact one. Bounded: the oldest are forgotten.
 */
export function rememberTimes(dev: number, ino: number, times: ExactTimes): void {
  if (times.atimeNsec === 0 && times.mtimeNsec === 0) {
    if (exactTimes.size !== 0) exactTimes.delete(`${dev}:${ino}`);
    return;
  }
  exactTimes.set(`${dev}:${ino}`, times);
  dropOldest(exactTimes, EXACT_TIMES_MAX);
}

/** Whether host time `sec.nsec` is what storing `exactSec.exactNsec` with at most microsecond precision leaves. */
function sameRounded(sec: number, nsec: number, exactSec: number, exactNsec: number): boolean {
  // Before 1970 Node takes milliseconds only (host/fs.ts, nodeTime).
  return Math.abs((sec - exactSec) * 1e9 + (nsec - exactNsec)) <= (exactSec < 0 ? 1e6 : 1000);
}

function applyExactTimes(stat: FileStat): void {
  const exact = exactTimes.get(`${stat.dev}:${stat.ino}`);
  if (exact === undefined) return;
  if (sameRounded(stat.atime, stat.atimeNsec, exact.atime, exact.atimeNsec)) {
    stat.atime = exact.atime;
    stat.atimeNsec = exact.atimeNsec;
  }
  if (sameRounded(stat.mtime, stat.mtimeNsec, exact.mtime, exact.mtimeNsec)) {
    stat.mtime = exact.mtime;
    stat.mtimeNsec = exact.mtimeNsec;
  }
}

/** Nanoseconds that go with the result of {@link seconds}. */
let rest = 0;

/** Whole seconds in `ns`. Only the low 32 bits are taken out of the bigint, the rest is arithmetic on numbers. */
function seconds(ns: bigint): number {
  let sec = Math.floor(Number(ns) / 1e9);
  // Number(ns) is off by up to 128 ns, so near a full second the quotient may be one too large or small.
  rest = (Number(BigInt.asIntN(32, ns)) - Math.imul((sec % 4294967296) | 0, 1_000_000_000)) | 0;
  if (rest < 0) {
    rest += 1_000_000_000;
    sec--;
  } else if (rest >= 1_000_000_000) {
    rest -= 1_000_000_000;
    sec++;
  }
  return sec;
}

/** macOS packs device numbers as major << 24 | minor; Linux as in kdev_t.h new_encode_dev(). */
function deviceNumber(value: bigint): number {
  if (process.platform === 'darwin')
    return makeDevice(Number((value >> 24n) & 0xffn), Number(value & 0xffffffn));
  return Number(BigInt.asUintN(53, value));
}

/** Linux's dev_t of a major and minor number (include/linux/kdev_t.h, new_encode_dev). */
export function makeDevice(major: number, minor: number): number {
  return ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & ~0xff) << 12)) >>> 0;
}

function inode(value: bigint): number {
  return value <= MAX_SAFE ? Number(value) : Number((value & MAX_SAFE) ^ (value >> 53n));
}

/** A record to be filled by stat calls. */
export function emptyStat(): FileStat {
  return {
    dev: 0,
    ino: 0,
    mode: 0,
    nlink: 0,
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

export function fillStat(stat: FileStat, s: BigIntStats): void {
  stat.dev = deviceNumber(s.dev);
  stat.ino = inode(s.ino);
  stat.mode = Number(s.mode);
  stat.nlink = Number(s.nlink);
  stat.uid = Number(s.uid);
  stat.gid = Number(s.gid);
  stat.rdev = deviceNumber(s.rdev);
  stat.size = Number(s.size);
  stat.blksize = Number(s.blksize) || 4096;
  stat.blocks = Number(s.blocks);
  stat.atime = seconds(s.atimeNs);
  stat.atimeNsec = rest;
  stat.mtime = seconds(s.mtimeNs);
  stat.mtimeNsec = rest;
  stat.ctime = seconds(s.ctimeNs);
  stat.ctimeNsec = rest;
  stat.btime = seconds(s.birthtimeNs);
  stat.btimeNsec = rest;
  if (exactTimes.size !== 0) applyExactTimes(stat);
}
