/** How strace prints a value of each argument kind, in the words of strace(1). */
import type { Abi } from '../abi/abi.js';
import { errnoName, errnoText } from '../abi/errno.js';
import * as fcntl from '../abi/fcntl.js';
import { printOpenFlags } from '../abi/fcntl.js';
import { printEnum, printFlags } from '../abi/flag-names.js';
import {
  CLOCKS,
  CLONE_FLAGS,
  FUTEX_CLOCK_REALTIME,
  FUTEX_OPS,
  FUTEX_PRIVATE_FLAG,
  PR,
  WAIT_FLAGS,
} from '../abi/process.js';
import { signalName } from '../abi/signals.js';
import * as socket from '../abi/socket.js';
import { RLIMITS } from '../abi/structs/process.js';
import { IOCTLS } from '../abi/terminal.js';
import * as mm from '../mmap/flags.js';
import type { IntKind, Kind, LongKind, Off64Kind, UintKind } from './row.js';

/** The numbers of a module whose names begin with `prefix`. */
function table(module: object, prefix: string): Record<string, number> {
  const entries = Object.entries(module).filter((e): e is [string, number] => {
    return e[0].startsWith(prefix) && typeof e[1] === 'number';
  });
  // A module's names come in alphabetical order; strace's is that of the bits.
  return Object.fromEntries(entries.sort((a, b) => a[1] - b[1]));
}

const PROT = table(mm, 'PROT_');
const MAP_FLAGS = table(mm, 'MAP_');
delete MAP_FLAGS['MAP_TYPE'];
delete MAP_FLAGS['MAP_SHARED_VALIDATE'];
const MADV = table(mm, 'MADV_');
const AT_FLAGS = table(fcntl, 'AT_');
delete AT_FLAGS['AT_FDCWD'];
delete AT_FLAGS['AT_REMOVEDIR'];
delete AT_FLAGS['AT_EACCESS'];
const FCNTL = table(fcntl, 'F_');
for (const name of ['F_OK', 'F_RDLCK', 'F_WRLCK', 'F_UNLCK']) delete FCNTL[name];
const MSG_FLAGS = table(socket, 'MSG_');
const SEEK = table(fcntl, 'SEEK_');
const FD_FLAGS = { O_CLOEXEC: fcntl.O_CLOEXEC, O_NONBLOCK: fcntl.O_NONBLOCK };
const SIG_HOW = ['SIG_BLOCK', 'SIG_UNBLOCK', 'SIG_SETMASK'];
const EPOLL_OPS = ['0', 'EPOLL_CTL_ADD', 'EPOLL_CTL_DEL', 'EPOLL_CTL_MOD'];

const hex = (value: number): string => `0x${value.toString(16)}`;
const octal = (value: number): string => (value === 0 ? '0' : `0${value.toString(8)}`);
const decimal = (value: number): string => String(value);

function access(value: number): string {
  return value === 0 ? 'F_OK' : printFlags(value, { R_OK: 4, W_OK: 2, X_OK: 1 });
}

function futexOp(value: number): string {
  const command = value & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
  const name = printEnum(command, FUTEX_OPS);
  const isPrivate = (value & FUTEX_PRIVATE_FLAG) !== 0 ? '_PRIVATE' : '';
  return name + isPrivate + ((value & FUTEX_CLOCK_REALTIME) !== 0 ? '|FUTEX_CLOCK_REALTIME' : '');
}

/** The exit signal is in the low byte. */
function cloneFlags(value: number): string {
  const signal = value & 0xff;
  const flags = printFlags((value & ~0xff) >>> 0, CLONE_FLAGS, '');
  if (signal === 0) return flags === '' ? '0' : flags;
  return flags === '' ? signalName(signal) : `${flags}|${signalName(signal)}`;
}

export function pointerText(value: number): string {
  return value === 0 ? 'NULL' : hex(value);
}

type ScalarKind = IntKind | UintKind | LongKind | Off64Kind | 'ulong' | 'size' | 'ptr' | 'hex';

const PRINTERS: Record<ScalarKind, (value: number, abi: Abi) => string> = {
  fd: decimal,
  dirfd: (v) => (v === fcntl.AT_FDCWD ? 'AT_FDCWD' : String(v)),
  int: decimal,
  pid: decimal,
  signo: (v) => (v === 0 ? '0' : signalName(v)),
  whence: (v) => printEnum(v, SEEK),
  clockid: (v) => printEnum(v, CLOCKS),
  fcntl: (v) => printEnum(v, FCNTL),
  futexop: futexOp,
  madvise: (v) => printEnum(v, MADV),
  resource: (v) => printEnum(v, RLIMITS),
  sighow: (v) => SIG_HOW[v] ?? String(v),
  which: decimal,
  epollop: (v) => EPOLL_OPS[v] ?? String(v),
  family: (v) => printEnum(v, socket.AF),
  prctl: (v) => printEnum(v, PR),
  uint: decimal,
  hex32: (v) => (v === 0 ? '0' : hex(v)),
  uid: (v) => (v === 0xffff_ffff ? '-1' : String(v)),
  gid: (v) => (v === 0xffff_ffff ? '-1' : String(v)),
  mode: octal,
  oflags: (v, abi) => printOpenFlags(v, abi.fcntl),
  atflags: (v) => printFlags(v, AT_FLAGS),
  access,
  mapprot: (v) => printFlags(v, PROT, 'PROT_NONE'),
  mapflags: (v) => printFlags(v, MAP_FLAGS),
  cloneflags: cloneFlags,
  waitopts: (v) => printFlags(v, WAIT_FLAGS),
  ioctl: (v) => printEnum(v, IOCTLS),
  dev: hex,
  statxmask: hex,
  fdflags: (v) => printFlags(v, FD_FLAGS),
  msgflags: (v) => printFlags(v, MSG_FLAGS),
  long: decimal,
  off64: decimal,
  u64: decimal,
  hex64: hex,
  ulong: decimal,
  size: decimal,
  ptr: pointerText,
  hex: (v) => (v === 0 ? '0' : hex(v)),
};

/** Text of a value that is not a pointer to be followed. */
export function printScalar(kind: Kind, value: number, abi: Abi): string {
  return (
    (PRINTERS as Partial<Record<Kind, (value: number, abi: Abi) => string>>)[kind]?.(value, abi) ??
    pointerText(value)
  );
}

/** `-1 ENOENT (No such file or directory)` */
export function printError(result: number): string {
  return `-1 ${errnoName(-result) ?? `errno ${-result}`} (${errnoText(-result)})`;
}

const ESCAPES: Record<number, string> = {
  9: '\\t',
  10: '\\n',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
  11: '\\v',
  12: '\\f',
};

/** Bytes as a C string literal, cut after `max` of them. */
export function quote(bytes: ArrayLike<number>, max: number, length = bytes.length): string {
  let text = '';
  const shown = Math.min(bytes.length, max);
  for (let i = 0; i < shown; i++) {
    const byte = bytes[i] as number;
    const known = ESCAPES[byte];
    if (known !== undefined) text += known;
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else {
      const next = bytes[i + 1];
      const digit = next !== undefined && next >= 48 && next <= 55;
      text += `\\${byte.toString(8).padStart(digit ? 3 : 1, '0')}`;
    }
  }
  return `"${text}"${length > shown ? '...' : ''}`;
}

/** A byte string as a C literal. */
export function quoteText(text: string, max: number): string {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return quote(bytes, max);
}
