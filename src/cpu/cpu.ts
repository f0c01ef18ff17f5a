/**
 * One guest task as the engines see it: typed views of its CPU block and of its address space, and the slow paths of
 * memory access. Everything that must survive an exit is in the block; the plain fields here are scratch or caches.
 */
import type { AddressSpace } from '../mmap/space.js';
import type { GuestMemory } from '../mmap/memory.js';
import {
  FAULT_HOME,
  FAULT_MAPERR,
  FAULT_NONE,
  FAULT_SLOW,
  PERM_EXEC,
  PERM_READ,
  PERM_WRITE,
} from '../mmap/layout.js';
import { CPU_BLOCK_SIZE, WORD_PC, WORD_PC_HIGH, WORD_RES_ADDR, SLOT_RES_VALUE } from './layout.js';
import { EXIT_FAULT, EXIT_ILLEGAL, EXIT_INTERRUPT, FAULT_ALIGN } from './exit.js';
import type { ExitReason } from './exit.js';

/**
 * Thrown (and only caught by the run loop) when a guest instruction cannot complete. Preallocated: a fault costs no
 * stack trace.
 */
export const TRAP = new Error('guest trap');

export class Cpu {
  /** The block as words, doubles and singles; see layout.ts for the indices. */
  readonly r: Int32Array;
  readonly d: Float64Array;
  readonly f: Float32Array;
  /** The block as halfwords and bytes: lanes of vector registers. */
  readonly h: Uint16Array;
  readonly b8: Uint8Array;
  /** Guest address of the block. */
  readonly base: number;
  memory: GuestMemory;
  space: AddressSpace;
  /** Views of guest memory, cached here because closures reach them through the task. */
  readonly u8: Uint8Array;
  readonly i8: Int8Array;
  readonly u16: Uint16Array;
  readonly i16: Int16Array;
  readonly i32: Int32Array;
  readonly view: DataView;
  readonly perm: Uint8Array;
  /** Result words of the slow load and of 64-bit helpers. */
  vlo = 0;
  vhi = 0;
  readonly out = new Int32Array(4);

  /** Set with EXIT_FAULT: the exact address (a JS number; 64-bit addresses beyond 2^53 lose low bits, see faultHigh). */
  faultAddr = 0;
  faultLow = 0;
  faultHigh = 0;
  /** FAULT_MAPERR, FAULT_ACCERR, FAULT_BUS of src/mmap or FAULT_ALIGN. */
  faultKind = 0;
  /** The right that was missing: PERM_READ, PERM_WRITE or PERM_EXEC. */
  faultAccess = 0;
  exitReason: ExitReason = EXIT_INTERRUPT;
  /** Guest instructions executed (statistics and `rdinstret`). */
  instructions = 0;

  /**
   * Other threads run in this memory at the same time: atomics are made by compare-and-exchange, 64-bit accesses in one
   * piece.
   */
  shared = false;
  /**
   * After a page fault the instruction is executed anew, from the run loop: while the kernel was asked, rights that
   * compiled code has looked at may have been taken away. So it is off the kernel's thread.
   */
  restarts = false;
  /** pc of the atomic instruction under way, and what its loads saw (words of an even and of an odd doubleword). */
  private atomicPc = 0;
  private readonly seen = new Int32Array(4);
  private big: BigInt64Array | undefined;

  constructor(space: AddressSpace, base: number) {
    const memory = space.memory;
    this.space = space;
    this.memory = memory;
    this.base = base;
    this.r = new Int32Array(memory.buffer, base, CPU_BLOCK_SIZE / 4);
    this.d = new Float64Array(memory.buffer, base, CPU_BLOCK_SIZE / 8);
    this.f = new Float32Array(memory.buffer, base, CPU_BLOCK_SIZE / 4);
    this.h = new Uint16Array(memory.buffer, base, CPU_BLOCK_SIZE / 2);
    this.b8 = new Uint8Array(memory.buffer, base, CPU_BLOCK_SIZE);
    this.u8 = memory.u8;
    this.i8 = memory.i8;
    this.u16 = memory.u16;
    this.i16 = memory.i16;
    this.i32 = memory.i32;
    this.view = memory.view;
    this.perm = memory.perm;
    this.r[WORD_RES_ADDR] = -1;
  }

  get pc(): number {
    return (this.r[WORD_PC_HIGH] as number) * 4294967296 + ((this.r[WORD_PC] as number) >>> 0);
  }

  set pc(value: number) {
    this.r[WORD_PC] = value | 0;
    this.r[WORD_PC_HIGH] = Math.floor(value / 4294967296);
  }

  /** Ends the running instruction with a fault. `hi:lo` is the 64-bit address. */
  raise(kind: number, access: number, lo: number, hi: number, pc: number): never {
    this.faultLow = lo | 0;
    this.faultHigh = hi | 0;
    this.faultAddr = (hi >>> 0) * 4294967296 + (lo >>> 0);
    this.faultKind = kind;
    this.faultAccess = access;
    this.exitReason = EXIT_FAULT;
    this.r[WORD_PC] = pc;
    this.r[WORD_PC_HIGH] = 0;
    throw TRAP;
  }

  illegal(pc: number): never {
    this.exitReason = EXIT_ILLEGAL;
    this.r[WORD_PC] = pc;
    this.r[WORD_PC_HIGH] = 0;
    throw TRAP;
  }

  /** A jump to an address above 4 GiB: the fetch there faults, with the pc already at the target. */
  wildJump(lo: number, hi: number): never {
    this.raiseFetch(FAULT_MAPERR, lo, hi);
  }

  raiseFetch(kind: number, lo: number, hi: number): never {
    this.faultLow = lo | 0;
    this.faultHigh = hi | 0;
    this.faultAddr = (hi >>> 0) * 4294967296 + (lo >>> 0);
    this.faultKind = kind;
    this.faultAccess = PERM_EXEC;
    this.exitReason = EXIT_FAULT;
    this.r[WORD_PC] = lo;
    this.r[WORD_PC_HIGH] = hi;
    throw TRAP;
  }

  /**
   * Makes [address, address + size) accessible, or raises. Returns the address; sets `slow` when bytes must go through
   * the space's byte path.
   */
  private resolve(lo: number, hi: number, imm: number, size: number, need: 1 | 2, pc: number): number {
    const sum = (lo >>> 0) + imm;
    const high = (hi + Math.floor(sum / 4294967296)) | 0;
    const addr = sum >>> 0;
    if (high !== 0) this.raise(FAULT_MAPERR, need, addr, high, pc);
    this.slow = false;
    const first = addr >>> 12;
    const lastByte = addr + size - 1;
    this.page(first, addr, need, pc);
    if (lastByte >= 4294967296) this.raise(FAULT_MAPERR, need, 0, 1, pc);
    if (lastByte >>> 12 !== first) this.page(lastByte >>> 12, (lastByte & ~4095) >>> 0, need, pc);
    return addr;
  }

  private slow = false;

  private page(index: number, addr: number, need: 1 | 2, pc: number): void {
    if (((this.perm[index] as number) & need) !== 0) return;
    const result = this.space.fault(addr, need);
    if (result === FAULT_NONE) {
      if (this.restarts) this.again(pc);
      return;
    }
    if (result === FAULT_SLOW) this.slow = true;
    else this.raise(result, need, addr, 0, pc);
  }

  /** Loads `size` (1, 2, 4, 8) bytes, zero-extended, into vlo/vhi by the slow path; raises when it may not. */
  slowLoad(lo: number, hi: number, imm: number, size: number, pc: number): void {
    const addr = this.resolve(lo, hi, imm, size, PERM_READ, pc);
    if (!this.slow && (addr & (size - 1)) === 0) {
      this.whole(addr, size);
      return;
    }
    let vlo = 0;
    let vhi = 0;
    for (let i = 0; i < size; i++) {
      const at = addr + i;
      const byte =
        this.slow && ((this.perm[at >>> 12] as number) & PERM_READ) === 0
          ? this.space.slowRead8(at)
          : (this.u8[at] as number);
      if (i < 4) vlo |= byte << (i * 8);
      else vhi |= byte << (i * 8 - 32);
    }
    this.vlo = vlo;
    this.vhi = vhi;
  }

  slowStore(lo: number, hi: number, imm: number, size: number, vlo: number, vhi: number, pc: number): void {
    const addr = this.resolve(lo, hi, imm, size, PERM_WRITE, pc);
    if (!this.slow && (addr & (size - 1)) === 0) {
      // In one piece: other threads may be looking.
      if (size === 1) this.u8[addr] = vlo;
      else if (size === 2) this.u16[addr >>> 1] = vlo;
      else if (size === 4) this.i32[addr >>> 2] = vlo;
      else if (this.shared) this.store64(addr, vlo, vhi);
      else {
        this.i32[addr >>> 2] = vlo;
        this.i32[(addr >>> 2) + 1] = vhi;
      }
      return;
    }
    for (let i = 0; i < size; i++) {
      const at = addr + i;
      const byte = (i < 4 ? vlo >>> (i * 8) : vhi >>> (i * 8 - 32)) & 255;
      if (this.slow && ((this.perm[at >>> 12] as number) & PERM_WRITE) === 0) this.space.slowWrite8(at, byte);
      else this.u8[at] = byte;
    }
  }

  /** 16-byte forms: `slot` is where the low half goes to or comes from. */
  slowLoad128(lo: number, hi: number, imm: number, slot: number, pc: number): void {
    this.resolve(lo, hi, imm, 16, PERM_READ, pc);
    const w = slot * 2;
    this.slowLoad(lo, hi, imm, 8, pc);
    const first = this.vlo;
    const second = this.vhi;
    this.slowLoad(lo, hi, imm + 8, 8, pc);
    this.r[w] = first;
    this.r[w + 1] = second;
    this.r[w + 2] = this.vlo;
    this.r[w + 3] = this.vhi;
  }

  slowStore128(lo: number, hi: number, imm: number, slot: number, pc: number): void {
    this.resolve(lo, hi, imm, 16, PERM_WRITE, pc);
    const w = slot * 2;
    const r = this.r;
    this.slowStore(lo, hi, imm, 8, r[w] as number, r[w + 1] as number, pc);
    this.slowStore(lo, hi, imm + 8, 8, r[w + 2] as number, r[w + 3] as number, pc);
  }

  /**
   * Address of an atomic access: aligned, writable, on a fast page, or the instruction ends in a fault. A page that has
   * only the byte path is served byte by byte by `atomicLoad`/`atomicStore` (one thread runs at a time there).
   */
  atomic(lo: number, hi: number, size: number, need: 1 | 2, pc: number): number {
    this.atomicPc = pc;
    if ((lo & (size - 1)) !== 0) this.raise(FAULT_ALIGN, need, lo, hi, pc);
    if (hi !== 0 || ((this.perm[lo >>> 12] as number) & need) === 0)
      return this.resolve(lo, hi, 0, size, need, pc);
    this.slow = false;
    return lo >>> 0;
  }

  atomicLoad(addr: number, size: number): void {
    if (this.slow) this.slowLoad(addr, 0, 0, size, 0);
    else if (this.shared) {
      if (size === 8) this.load64(addr);
      else {
        const view = size === 1 ? this.u8 : size === 2 ? this.u16 : this.i32;
        this.vlo = Atomics.load(view, size === 1 ? addr : size === 2 ? addr >>> 1 : addr >>> 2);
        this.vhi = 0;
      }
      const at = (addr >>> 2) & 2;
      this.seen[at] = this.vlo;
      this.seen[at + 1] = this.vhi;
    } else if (size < 4) {
      this.vlo = (size === 1 ? this.u8[addr] : this.u16[addr >>> 1]) as number;
      this.vhi = 0;
    } else {
      this.vlo = this.i32[addr >>> 2] as number;
      this.vhi = size === 8 ? (this.i32[(addr >>> 2) + 1] as number) : 0;
    }
  }

  atomicStore(addr: number, size: number, lo: number, hi: number): void {
    if (this.slow) this.slowStore(addr, 0, 0, size, lo, hi, 0);
    else if (this.shared) {
      const at = (addr >>> 2) & 2;
      if (!this.exchange(addr, size, this.seen[at] as number, this.seen[at + 1] as number, lo, hi))
        this.again(this.atomicPc);
    } else if (size === 1) this.u8[addr] = lo;
    else if (size === 2) this.u16[addr >>> 1] = lo;
    else {
      this.i32[addr >>> 2] = lo;
      if (size === 8) this.i32[(addr >>> 2) + 1] = hi;
    }
  }

  /** An aligned value on a page with fast rights, zero-extended, into vlo/vhi. */
  private whole(addr: number, size: number): void {
    this.vhi = 0;
    if (size === 1) this.vlo = this.u8[addr] as number;
    else if (size === 2) this.vlo = this.u16[addr >>> 1] as number;
    else if (size === 4) this.vlo = this.i32[addr >>> 2] as number;
    else if (this.shared) this.load64(addr);
    else {
      this.vlo = this.i32[addr >>> 2] as number;
      this.vhi = this.i32[(addr >>> 2) + 1] as number;
    }
  }

  /**
   * Accesses of this instruction that no single host instruction can make (16 bytes) are one step to other threads from
   * here on; off the kernel's thread the task is sent there first. After `atomic`, before anything is read.
   */
  exclusive(pc: number): void {
    if (this.shared && !this.space.exclusive()) this.raise(FAULT_HOME, PERM_WRITE, 0, 0, pc);
  }

  /** 64 bits at an 8-aligned address, in one piece, into vlo/vhi. */
  load64(addr: number): void {
    const value = (this.big ??= new BigInt64Array(this.memory.buffer))[addr >>> 3] as bigint;
    this.vlo = Number(BigInt.asIntN(32, value));
    this.vhi = Number(value >> 32n);
  }

  /** Stores 64 bits at an 8-aligned address in one piece. */
  store64(addr: number, lo: number, hi: number): void {
    (this.big ??= new BigInt64Array(this.memory.buffer))[addr >>> 3] = join64(lo, hi);
  }

  /** Compare-and-exchange at an aligned address with fast rights. */
  private exchange(
    addr: number,
    size: number,
    oldLo: number,
    oldHi: number,
    lo: number,
    hi: number,
  ): boolean {
    if (size === 8) {
      const big = (this.big ??= new BigInt64Array(this.memory.buffer));
      const old = join64(oldLo, oldHi);
      return Atomics.compareExchange(big, addr >>> 3, old, join64(lo, hi)) === old;
    }
    if (size === 4) return Atomics.compareExchange(this.i32, addr >>> 2, oldLo, lo) === oldLo;
    if (size === 2) return Atomics.compareExchange(this.u16, addr >>> 1, oldLo, lo & 0xffff) === oldLo;
    return Atomics.compareExchange(this.u8, addr, oldLo, lo & 0xff) === oldLo;
  }

  /** The instruction is executed anew. */
  private again(pc: number): never {
    this.exitReason = EXIT_INTERRUPT;
    this.r[WORD_PC] = pc;
    this.r[WORD_PC_HIGH] = 0;
    throw TRAP;
  }

  /** Load-reserved: remembers address and value; `vlo`/`vhi` hold the value. */
  loadReserved(lo: number, hi: number, size: number, pc: number): void {
    const addr = this.atomic(lo, hi, size, PERM_READ, pc);
    this.atomicLoad(addr, size);
    const r = this.r;
    r[WORD_RES_ADDR] = lo;
    r[SLOT_RES_VALUE * 2] = this.vlo;
    r[SLOT_RES_VALUE * 2 + 1] = this.vhi;
  }

  /** Store-conditional: 0 when the store was done, 1 when not. The reservation is gone either way. */
  storeConditional(lo: number, hi: number, size: number, vlo: number, vhi: number, pc: number): number {
    const addr = this.atomic(lo, hi, size, PERM_WRITE, pc);
    const r = this.r;
    const reserved = r[WORD_RES_ADDR];
    r[WORD_RES_ADDR] = -1;
    if (reserved !== lo) return 1;
    if (this.shared && !this.slow) {
      const w = SLOT_RES_VALUE * 2;
      return this.exchange(addr, size, r[w] as number, r[w + 1] as number, vlo, vhi) ? 0 : 1;
    }
    this.atomicLoad(addr, size);
    if (this.vlo !== r[SLOT_RES_VALUE * 2] || (size === 8 && this.vhi !== r[SLOT_RES_VALUE * 2 + 1]))
      return 1;
    this.atomicStore(addr, size, vlo, vhi);
    return 0;
  }
}

function join64(lo: number, hi: number): bigint {
  return (BigInt(hi) << 32n) | BigInt(lo >>> 0);
}
