/**
 * Guest memory as syscalls use it: every access is checked, a bad pointer is `undefined` or `false` (the caller's
 * -EFAULT), never an exception. Small accesses to pages with fast rights go straight to memory.
 *
 * Addresses are JS numbers, up to 2^64 for 64-bit guests; whatever is not below 4 GiB is not accessible.
 */
import { EFAULT, ENAMETOOLONG } from '../abi/errno.js';
import type { DataModel, Fields, InputsOf, Layout, ValuesOf } from '../abi/layout.js';
import type { GuestMemory } from '../mmap/memory.js';
import { PERM_READ, PERM_WRITE } from '../mmap/layout.js';
import type { AddressSpace } from '../mmap/space.js';
import { type Latin1, latin1Of } from './host/bytes.js';
import { TWO32, joinI64, joinU64 } from '../util/bits.js';

/** Longest path with its NUL (include/uapi/linux/limits.h). */
export const PATH_MAX = 4096;

export class UserMemory {
  readonly space: AddressSpace;
  readonly memory: GuestMemory;
  readonly model: DataModel;
  readonly wordSize: 4 | 8;
  readonly little: boolean;
  readonly #u8: Uint8Array;
  readonly #perm: Uint8Array;
  readonly #view: DataView;
  readonly #text: Latin1;
  /** For values on pages that have only the byte path. */
  readonly #bounce = new DataView(new ArrayBuffer(4096));
  readonly #bounceBytes = new Uint8Array(this.#bounce.buffer);
  /** Words of the last read64. */
  lo = 0;
  hi = 0;

  constructor(space: AddressSpace, model: DataModel) {
    this.space = space;
    this.memory = space.memory;
    this.model = model;
    this.wordSize = model.wordSize;
    this.little = model.littleEndian;
    this.#u8 = space.memory.u8;
    this.#perm = space.memory.perm;
    this.#view = space.memory.view;
    this.#text = latin1Of(this.#u8);
  }

  /** [addr, addr + length) can be touched directly in `memory`; faults pages in when needed. length ≤ 4096. */
  #direct(addr: number, length: number, need: 1 | 2): boolean {
    const last = addr + length - 1;
    if (last >= TWO32 || addr < 0) return false;
    const perm = this.#perm;
    if (((perm[addr >>> 12] as number) & (perm[last >>> 12] as number) & need) !== 0) return true;
    return this.space.window(addr, length, need) !== undefined;
  }

  /**
   * A view of up to `length` readable bytes at `addr`: in place, or a copy where pages have only the byte path. Shorter
   * when not all of it is readable; undefined (EFAULT) when nothing is. A length of 0 gives an empty view.
   */
  readable(addr: number, length: number): Uint8Array | undefined {
    if (length === 0) return new Uint8Array(0);
    if (addr >= TWO32) return undefined;
    if (length <= 4096 && this.#direct(addr, length, PERM_READ))
      return this.#u8.subarray(addr, addr + length);
    const usable = this.space.accessible(addr, Math.min(length, TWO32 - addr), PERM_READ);
    if (usable === 0) return undefined;
    return this.space.window(addr, usable, PERM_READ) ?? this.space.copyIn(addr, usable);
  }

  /**
   * Room for up to `length` bytes at `addr`, to be filled from its start and then handed to `commit`: in place, or a
   * scratch buffer. Shorter when not all of it is writable; undefined (EFAULT) when nothing is.
   */
  writable(addr: number, length: number): Uint8Array | undefined {
    if (length === 0) return new Uint8Array(0);
    if (addr >= TWO32) return undefined;
    if (length <= 4096 && this.#direct(addr, length, PERM_WRITE))
      return this.#u8.subarray(addr, addr + length);
    const usable = this.space.accessible(addr, Math.min(length, TWO32 - addr), PERM_WRITE);
    if (usable === 0) return undefined;
    return this.space.window(addr, usable, PERM_WRITE) ?? new Uint8Array(usable);
  }

  /** Makes the first `used` bytes of what `writable` gave for `addr` visible to the guest. */
  commit(addr: number, room: Uint8Array, used: number): boolean {
    if (room.buffer === this.memory.buffer || used <= 0) return true;
    return this.space.copyOut(addr, room.subarray(0, used));
  }

  /** A copy of exactly `length` bytes, or undefined. */
  copyIn(addr: number, length: number): Uint8Array | undefined {
    if (length === 0) return new Uint8Array(0);
    if (addr + length > TWO32) return undefined;
    return this.space.copyIn(addr, length);
  }

  copyOut(addr: number, bytes: Uint8Array): boolean {
    if (bytes.length === 0) return true;
    if (addr + bytes.length > TWO32) return false;
    if (bytes.length <= 4096 && this.#direct(addr, bytes.length, PERM_WRITE)) {
      this.#u8.set(bytes, addr);
      return true;
    }
    return this.space.copyOut(addr, bytes);
  }

  /**
   * The NUL-terminated byte string at `addr` (one char per byte), at most `max` bytes with its NUL.
   *
   * @returns -EFAULT, or -ENAMETOOLONG when there is no NUL within `max` bytes
   */
  cstring(addr: number, max = PATH_MAX): string | number {
    if (addr >= TWO32) return -EFAULT;
    const u8 = this.#u8;
    const perm = this.#perm;
    let at = addr;
    const end = addr + max;
    while (at < end) {
      if (at >= TWO32) return -EFAULT;
      if (
        ((perm[at >>> 12] as number) & PERM_READ) === 0 &&
        this.space.window(at, 1, PERM_READ) === undefined
      ) {
        return this.#slowString(at, end - at, this.#text(addr, at));
      }
      const stop = Math.min(end, at - (at % 4096) + 4096);
      for (; at < stop; at++) if (u8[at] === 0) return this.#text(addr, at);
    }
    return -ENAMETOOLONG;
  }

  #slowString(addr: number, max: number, head: string): string | number {
    const rest = this.space.readCString(addr, max);
    if (typeof rest === 'number') return rest;
    let text = head;
    for (const byte of rest) text += String.fromCharCode(byte);
    return text;
  }

  /** Runs `use` on a view of `length` (≤ 4096) bytes for reading: memory itself, or a copy of slow pages. */
  #forRead(addr: number, length: number): DataView | undefined {
    if (this.#direct(addr, length, PERM_READ)) {
      this.#at = addr;
      return this.#view;
    }
    const copy = this.copyIn(addr, length);
    if (copy === undefined) return undefined;
    this.#bounceBytes.set(copy);
    this.#at = 0;
    return this.#bounce;
  }
  #at = 0;

  readU8(addr: number): number | undefined {
    const view = this.#forRead(addr, 1);
    return view?.getUint8(this.#at);
  }

  readI32(addr: number): number | undefined {
    const view = this.#forRead(addr, 4);
    return view?.getInt32(this.#at, this.little);
  }

  readU32(addr: number): number | undefined {
    const view = this.#forRead(addr, 4);
    return view?.getUint32(this.#at, this.little);
  }

  readU16(addr: number): number | undefined {
    const view = this.#forRead(addr, 2);
    return view?.getUint16(this.#at, this.little);
  }

  /** Reads 8 bytes into `lo` and `hi`; false: EFAULT. */
  read64(addr: number): boolean {
    const view = this.#forRead(addr, 8);
    if (view === undefined) return false;
    const first = view.getInt32(this.#at, this.little);
    const second = view.getInt32(this.#at + 4, this.little);
    this.lo = this.little ? first : second;
    this.hi = this.little ? second : first;
    return true;
  }

  readI64(addr: number): number | undefined {
    return this.read64(addr) ? joinI64(this.lo, this.hi) : undefined;
  }

  readU64(addr: number): number | undefined {
    return this.read64(addr) ? joinU64(this.lo, this.hi) : undefined;
  }

  /** An unsigned long or pointer. */
  readWord(addr: number): number | undefined {
    return this.wordSize === 8 ? this.readU64(addr) : this.readU32(addr);
  }

  writeU8(addr: number, value: number): boolean {
    if (!this.#direct(addr, 1, PERM_WRITE)) return this.#slowWrite(addr, 1, value, 0);
    this.#u8[addr] = value;
    return true;
  }

  writeU16(addr: number, value: number): boolean {
    if (!this.#direct(addr, 2, PERM_WRITE)) return this.#slowWrite(addr, 2, value, 0);
    this.#view.setInt16(addr, value, this.little);
    return true;
  }

  writeI32(addr: number, value: number): boolean {
    if (!this.#direct(addr, 4, PERM_WRITE)) return this.#slowWrite(addr, 4, value, 0);
    this.#view.setInt32(addr, value, this.little);
    return true;
  }

  write64(addr: number, lo: number, hi: number): boolean {
    if (!this.#direct(addr, 8, PERM_WRITE)) return this.#slowWrite(addr, 8, lo, hi);
    this.#view.setInt32(addr, this.little ? lo : hi, this.little);
    this.#view.setInt32(addr + 4, this.little ? hi : lo, this.little);
    return true;
  }

  writeU64(addr: number, value: number): boolean {
    return this.write64(addr, value, Math.floor(value / TWO32));
  }

  /** An unsigned long or pointer. */
  writeWord(addr: number, value: number): boolean {
    return this.wordSize === 8 ? this.writeU64(addr, value) : this.writeI32(addr, value);
  }

  #slowWrite(addr: number, size: number, lo: number, hi: number): boolean {
    const { little } = this;
    const view = this.#bounce;
    if (size === 1) view.setInt8(0, lo);
    else if (size === 2) view.setInt16(0, lo, little);
    else {
      view.setInt32(0, little || size === 4 ? lo : hi, little);
      if (size === 8) view.setInt32(4, little ? hi : lo, little);
    }
    return this.copyOut(addr, this.#bounceBytes.slice(0, size));
  }

  /** Guest memory itself, when `length` (at most 4096) bytes at `addr` can be written there; undefined: use copyOut. */
  viewFor(addr: number, length: number): DataView | undefined {
    return this.#direct(addr, length, PERM_WRITE) ? this.#view : undefined;
  }

  /** All fields of the struct at `addr`, or undefined. */
  get<F extends Fields>(layout: Layout<F>, addr: number): ValuesOf<F> | undefined {
    const view = this.#forRead(addr, layout.size);
    return view === undefined ? undefined : layout.read(view, this.#at);
  }

  /** Writes a whole struct; fields left out become zero. */
  put<F extends Fields>(layout: Layout<F>, addr: number, values: InputsOf<F>): boolean {
    if (this.#direct(addr, layout.size, PERM_WRITE)) {
      layout.write(this.#view, addr, values);
      return true;
    }
    layout.write(this.#bounce, 0, values);
    return this.copyOut(addr, this.#bounceBytes.slice(0, layout.size));
  }

  /** As `put` with the struct's scalars in declaration order (see Layout.pack). */
  pack<F extends Fields>(layout: Layout<F>, addr: number, leaves: ArrayLike<number>): boolean {
    if (this.#direct(addr, layout.size, PERM_WRITE)) {
      layout.pack(this.#view, addr, leaves);
      return true;
    }
    layout.pack(this.#bounce, 0, leaves);
    return this.copyOut(addr, this.#bounceBytes.slice(0, layout.size));
  }
}
