/**
 * Turns a row and an ABI into a function that takes the arguments out of the registers and calls the handler: done once
 * per call and ABI, at its first use, so that a syscall costs a few reads and one call.
 */
import type { Abi } from '../abi/abi.js';
import type { Task } from '../kernel/task.js';
import { PATH_MAX } from '../kernel/user.js';
import type { Blocking } from '../kernel/wait.js';
import type { AnyHandler, Kind, Row } from './row.js';

export type Thunk = (task: Task) => number | Blocking;

/** How a kind is taken from its register(s). */
type Shape = 'i32' | 'u32' | 'word' | 'long' | 'i64' | 'u64' | 'string' | 'string?';

const SHAPES: Partial<Record<Kind, Shape>> = {
  fd: 'i32',
  dirfd: 'i32',
  int: 'i32',
  pid: 'i32',
  signo: 'i32',
  whence: 'i32',
  clockid: 'i32',
  fcntl: 'i32',
  futexop: 'i32',
  madvise: 'i32',
  resource: 'i32',
  sighow: 'i32',
  which: 'i32',
  epollop: 'i32',
  family: 'i32',
  prctl: 'i32',
  uint: 'u32',
  hex32: 'u32',
  uid: 'u32',
  gid: 'u32',
  mode: 'u32',
  oflags: 'u32',
  atflags: 'u32',
  access: 'u32',
  mapprot: 'word',
  mapflags: 'u32',
  cloneflags: 'u32',
  waitopts: 'u32',
  ioctl: 'u32',
  dev: 'u32',
  statxmask: 'u32',
  fdflags: 'u32',
  msgflags: 'u32',
  ulong: 'word',
  size: 'word',
  ptr: 'word',
  hex: 'word',
  long: 'long',
  off64: 'i64',
  u64: 'u64',
  hex64: 'u64',
  path: 'string',
  cstr: 'string',
  'path?': 'string?',
  'cstr?': 'string?',
};

export function shapeOf(kind: Kind): Shape {
  // The rest are pointers: `in …`, `out …`, `inout …`.
  return SHAPES[kind] ?? 'word';
}

/** Where each argument of a row lies: the word indices of its low and high half in the CPU block. */
export interface Place {
  readonly kind: Kind;
  readonly lo: number;
  readonly hi: number;
}

/** @throws when the ABI has too few argument registers, which the table test rules out */
export function placeArgs(row: Row, abi: Abi): Place[] {
  const slots = abi.registers.args;
  const places: Place[] = [];
  let next = 0;
  const slot = (): number => {
    const s = slots[next++];
    if (s === undefined) throw new Error(`more arguments than ${abi.name} has registers`);
    return s * 2;
  };
  for (const { kind } of row.args) {
    const shape = shapeOf(kind);
    if (abi.wordSize === 4 && (shape === 'i64' || shape === 'u64')) {
      if (abi.alignedPairs && next % 2 === 1) next++;
      const first = slot();
      const second = slot();
      places.push(abi.littleEndian ? { kind, lo: first, hi: second } : { kind, lo: second, hi: first });
    } else {
      const at = slot();
      places.push({ kind, lo: at, hi: at + 1 });
    }
  }
  return places;
}

type Reader = (r: Int32Array) => number;

const TWO32 = 0x1_0000_0000;

/** Reads the number that a place holds. */
export function reader(place: Place, wordSize: 4 | 8): Reader {
  const { lo, hi } = place;
  const shape = shapeOf(place.kind);
  if (shape === 'i32') return (r) => r[lo] as number;
  if (shape === 'u32') return (r) => (r[lo] as number) >>> 0;
  if (wordSize === 4 && shape !== 'i64' && shape !== 'u64') {
    return shape === 'long' ? (r) => r[lo] as number : (r) => (r[lo] as number) >>> 0;
  }
  if (shape === 'long' || shape === 'i64')
    return (r) => (r[hi] as number) * TWO32 + ((r[lo] as number) >>> 0);
  return (r) => {
    const high = (r[hi] as number) >>> 0;
    return high < EXACT ? high * TWO32 + ((r[lo] as number) >>> 0) : roundedWord(high, r[lo] as number);
  };
}

/** High words below this leave a double exact. */
const EXACT = 0x20_0000;

/** What cannot be exact at least keeps whether it is a multiple of the page size: 2^64 - 1 is none. */
function roundedWord(high: number, low: number): number {
  return high * TWO32 + ((low & ~0xfff) >>> 0) + ((low & 0xfff) === 0 ? 0 : 2048);
}

export function makeThunk(row: Row, abi: Abi): Thunk {
  const places = placeArgs(row, abi);
  const { handler } = row;
  if (places.some(({ kind }) => shapeOf(kind).startsWith('string'))) return stringThunk(handler, places, abi);
  const [a, b, c, d, e, f] = places.map<Reader | undefined>((place) => reader(place, abi.wordSize));
  const none: Reader = () => 0;
  const [x0, x1, x2, x3, x4, x5] = [a ?? none, b ?? none, c ?? none, d ?? none, e ?? none, f ?? none];
  switch (places.length) {
    case 0:
      return (t) => handler(t);
    case 1:
      return (t) => handler(t, x0(t.cpu.r));
    case 2:
      return (t) => handler(t, x0(t.cpu.r), x1(t.cpu.r));
    case 3:
      return (t) => handler(t, x0(t.cpu.r), x1(t.cpu.r), x2(t.cpu.r));
    case 4:
      return (t) => handler(t, x0(t.cpu.r), x1(t.cpu.r), x2(t.cpu.r), x3(t.cpu.r));
    case 5:
      return (t) => handler(t, x0(t.cpu.r), x1(t.cpu.r), x2(t.cpu.r), x3(t.cpu.r), x4(t.cpu.r));
    default:
      return (t) => {
        const { r } = t.cpu;
        return handler(t, x0(r), x1(r), x2(r), x3(r), x4(r), x5(r));
      };
  }
}

type Value = number | string | null;
type Taker = (task: Task) => Value;

/** Takes an argument; of a string, `bad` holds what the call answers when it could not be read. */
function taker(place: Place, wordSize: 4 | 8): Taker {
  const read = reader(place, wordSize);
  const shape = shapeOf(place.kind);
  if (shape !== 'string' && shape !== 'string?') return (task) => read(task.cpu.r);
  const nullable = shape === 'string?';
  return (task) => {
    const at = read(task.cpu.r);
    if (at === 0 && nullable) return null;
    const text = task.user.cstring(at, PATH_MAX);
    if (typeof text === 'number' && bad === 0) bad = text;
    return text;
  };
}
let bad = 0;

/** Rows with strings: they are read first, and one that cannot be read is the call's result. */
function stringThunk(handler: AnyHandler, places: readonly Place[], abi: Abi): Thunk {
  const takers = places.map((place) => taker(place, abi.wordSize));
  // Used again by every call: a handler has got its arguments before another call is made.
  const args: Value[] = takers.map(() => 0);
  const count = takers.length;
  return (task) => {
    bad = 0;
    for (let n = 0; n < count; n++) args[n] = (takers[n] as Taker)(task);
    return bad !== 0 ? bad : handler(task, ...args);
  };
}
