/**
 * poll(2), lseek(2) and posix_fallocate(3) on any descriptor of the host. Node offers none of them, its WASI does: an
 * instance without a guest, whose "stdin" is the descriptor in question. Nothing is consumed and nothing is changed.
 *
 * The module is loaded at the first call (under 1 ms); one instance per descriptor is kept until it is closed.
 */
import process from 'node:process';
import { EBADF, EINVAL, EIO, ENOSYS, EPERM, ESPIPE } from '../../abi/errno.js';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../file.js';

/** The functions of wasi_snapshot_preview1 used here. 64-bit arguments are bigints, pointers offsets in `memory`. */
interface WasiCalls {
  poll_oneoff(subscriptions: number, events: number, count: number, written: number): number;
  fd_seek(fd: number, offset: bigint, whence: number, result: number): number;
  fd_allocate(fd: number, offset: bigint, length: bigint): number;
}
interface WasiInstance {
  readonly wasiImport: WasiCalls;
  initialize(instance: { exports: { memory: unknown } }): void;
}
type WasiClass = new (options: {
  version: 'preview1';
  stdin: number;
  stdout: number;
  stderr: number;
}) => WasiInstance;

const instances = new Map<number, WasiCalls>();
let memory: { readonly buffer: ArrayBuffer } | undefined;
let view = new DataView(new ArrayBuffer(0));
let Wasi: WasiClass | undefined;

function load(): WasiClass {
  if (Wasi !== undefined) return Wasi;
  // Loading prints an ExperimentalWarning to the guest's stderr, which is not ours to write to.
  const emit = Object.getOwnPropertyDescriptor(process, 'emitWarning');
  process.emitWarning = () => undefined;
  try {
    ({ WASI: Wasi } = process.getBuiltinModule('node:wasi') as unknown as { WASI: WasiClass });
    memory = new WebAssembly.Memory({ initial: 1 }) as unknown as { readonly buffer: ArrayBuffer };
    view = new DataView(memory.buffer);
    return Wasi;
  } finally {
    if (emit !== undefined) Object.defineProperty(process, 'emitWarning', emit);
  }
}

function callsFor(fd: number): WasiCalls | undefined {
  let calls = instances.get(fd);
  if (calls === undefined) {
    try {
      const instance = new (load())({ version: 'preview1', stdin: fd, stdout: fd, stderr: fd });
      instance.initialize({ exports: { memory } });
      calls = instance.wasiImport;
      instances.set(fd, calls);
    } catch {
      return undefined; // Built without WASI, or not an open descriptor.
    }
  }
  return calls;
}

/** To be called before a descriptor that was polled or sought is closed: its number will mean something else. */
export function forget(fd: number): void {
  if (instances.size !== 0) instances.delete(fd);
}

/* wasi_snapshot_preview1.witx: layout of subscription (48 bytes) and event (32 bytes). */
const SUBSCRIPTION = 48;
const EVENT = 32;
const EVENTS_AT = 1024;
const COUNT_AT = 2048;
const TYPE_CLOCK = 0;
const TYPE_READ = 1;
const TYPE_WRITE = 2;
const WASI_OK = 0;
const WASI_NOTCAPABLE = 76;
const WASI_PERM = 63;
const WASI_BADF = 8;
const WASI_INVAL = 28;

/**
 * Which of `events` (POLLIN, POLLOUT; best one of them, for the wait ends when all have come) hold for `fd`, waiting at
 * most `timeout` nanoseconds. Below a millisecond the host does not look at all. POLLHUP and POLLERR are reported as in
 * poll(2).
 *
 * @returns poll bits (0: none in time) or -EPERM for files that are always ready, -ENOSYS where the host cannot tell
 */
export function poll(fd: number, events: number, timeout: number): number {
  const calls = callsFor(fd);
  if (calls === undefined) return -ENOSYS;
  let count = 0;
  const subscribe = (type: number): number => {
    const at = SUBSCRIPTION * count++;
    view.setBigUint64(at, BigInt(type), true);
    view.setUint8(at + 8, type);
    return at;
  };
  if ((events & POLLIN) !== 0) view.setUint32(subscribe(TYPE_READ) + 16, 0, true);
  if ((events & POLLOUT) !== 0) view.setUint32(subscribe(TYPE_WRITE) + 16, 0, true);
  const clock = subscribe(TYPE_CLOCK);
  view.setUint32(clock + 16, 1, true); // CLOCK_MONOTONIC
  view.setBigUint64(clock + 24, BigInt(Math.max(0, Math.floor(timeout))), true);
  view.setBigUint64(clock + 32, 0n, true);
  view.setUint16(clock + 40, 0, true);
  const result = calls.poll_oneoff(0, EVENTS_AT, count, COUNT_AT);
  if (result === WASI_PERM || result === WASI_INVAL) return -EPERM;
  if (result !== WASI_OK) return result === WASI_BADF ? -EBADF : -ENOSYS;
  let found = 0;
  const happened = view.getUint32(COUNT_AT, true);
  for (let i = 0; i < happened; i++) {
    const at = EVENTS_AT + EVENT * i;
    const type = view.getUint8(at + 10);
    if (type === TYPE_CLOCK) continue;
    if (view.getUint16(at + 8, true) !== WASI_OK) {
      found |= POLLERR;
      continue;
    }
    found |= type === TYPE_READ ? POLLIN | POLLRDNORM : POLLOUT | POLLWRNORM;
    if ((view.getUint16(at + 24, true) & 1) !== 0) found |= POLLHUP;
  }
  return found;
}

/** Moves the host's own file position. @returns the new position in bytes, or -errno */
export function seek(fd: number, offset: number, whence: 0 | 1 | 2): number {
  const calls = callsFor(fd);
  if (calls === undefined) return -ENOSYS;
  // WASI counts SET 0, CUR 1, END 2, as Linux does.
  const result = calls.fd_seek(0, BigInt(Math.trunc(offset)), whence, COUNT_AT);
  if (result === WASI_OK) return Number(view.getBigUint64(COUNT_AT, true));
  return result === WASI_NOTCAPABLE ? -ESPIPE : result === WASI_INVAL ? -EINVAL : -EIO;
}

/** Reserves disk space as posix_fallocate does. @returns 0 or -errno (-ENOSYS where the host cannot) */
export function allocate(fd: number, offset: number, length: number): number {
  const calls = callsFor(fd);
  if (calls === undefined) return -ENOSYS;
  const result = calls.fd_allocate(0, BigInt(offset), BigInt(length));
  if (result === WASI_OK) return 0;
  // wasi errno numbers: nospc 51, fbig 22, dquot 19, badf 8
  return result === 51 ? -28 : result === 22 ? -27 : result === WASI_BADF ? -EBADF : -ENOSYS;
}
