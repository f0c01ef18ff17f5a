/** A CPU block for tests, and operand generators that dwell on the edges of the formats. */
import { CPU_BLOCK_SIZE, FP_FLAGS, FP_MODE, FP_RM } from '../../../../src/cpu/layout.js';
import { infinity, signBit } from './reference.js';
import type { Format } from './reference.js';

export class Block {
  readonly r: Int32Array;
  readonly d: Float64Array;
  readonly f: Float32Array;
  readonly h: Uint16Array;
  readonly u64: BigUint64Array;
  private readonly u32: Uint32Array;

  constructor() {
    const buffer = new SharedArrayBuffer(CPU_BLOCK_SIZE);
    this.r = new Int32Array(buffer);
    this.d = new Float64Array(buffer);
    this.f = new Float32Array(buffer);
    this.h = new Uint16Array(buffer);
    this.u64 = new BigUint64Array(buffer);
    this.u32 = new Uint32Array(buffer);
  }

  setEnv(flags: number, rm: number, mode: number): void {
    this.r[FP_FLAGS] = flags;
    this.r[FP_RM] = rm;
    this.r[FP_MODE] = mode;
  }

  get flags(): number {
    return this.r[FP_FLAGS] as number;
  }

  /** Bits at an index of the view of that size. */
  put(size: number, index: number, bits: bigint): void {
    if (size === 64) this.u64[index] = bits;
    else if (size === 32) this.u32[index] = Number(bits);
    else this.h[index] = Number(bits);
  }

  get(size: number, index: number): bigint {
    if (size === 64) return this.u64[index] as bigint;
    return BigInt((size === 32 ? this.u32[index] : this.h[index]) as number);
  }
}

/** xorshift128, seeded. */
export class Random {
  private a: number;
  private b = 362436069;
  private c = 521288629;
  private e = 88675123;

  constructor(seed: number) {
    this.a = seed | 1;
    for (let i = 0; i < 20; i++) this.next();
  }

  next(): number {
    const t = this.a ^ (this.a << 11);
    this.a = this.b;
    this.b = this.c;
    this.c = this.e;
    this.e = this.e ^ (this.e >>> 19) ^ t ^ (t >>> 8);
    return this.e >>> 0;
  }

  below(n: number): number {
    return this.next() % n;
  }

  bits(n: number): bigint {
    let v = 0n;
    for (let i = 0; i < n; i += 32) v = (v << 32n) | BigInt(this.next());
    return v & ((1n << BigInt(n)) - 1n);
  }

  /** A fraction: random, or with long runs, or a few bits beside zero or all ones. */
  private fraction(n: number): bigint {
    const mask = (1n << BigInt(n)) - 1n;
    switch (this.below(6)) {
      case 0:
        return 0n;
      case 1:
        return mask;
      case 2:
        return (1n << BigInt(this.below(n))) & mask;
      case 3:
        return (mask - BigInt(this.below(4))) & mask;
      case 4:
        return (this.bits(n) << BigInt(this.below(n))) & mask;
      default:
        return this.bits(n);
    }
  }

  operand(f: Format): bigint {
    const width = f.precision - 1;
    const top = Number(infinity(f) >> BigInt(width));
    const bias = (top - 1) / 2;
    let exp: number;
    switch (this.below(9)) {
      case 0:
        exp = 0;
        break;
      case 1:
        exp = top;
        break;
      case 2:
        exp = 1 + this.below(4);
        break;
      case 3:
        exp = top - 1 - this.below(4);
        break;
      case 4:
        exp = bias - 3 + this.below(7);
        break;
      case 5:
        exp = bias + this.below(width + 3);
        break;
      case 6:
        // About where integers of 16, 32 and 64 bits end.
        exp = Math.min(top - 1, bias + [15, 31, 63][this.below(3)]! - 2 + this.below(4));
        break;
      default:
        exp = this.below(top + 1);
    }
    const sign = this.below(2) === 0 ? 0n : signBit(f);
    return sign | (BigInt(exp) << BigInt(width)) | this.fraction(width);
  }

  /** An operand near another one: same, opposite, some units away, some exponents away. */
  near(f: Format, a: bigint): bigint {
    const width = BigInt(f.precision - 1);
    const magnitude = a & (signBit(f) - 1n);
    let m = magnitude;
    if (this.below(2) === 0) m += BigInt(this.below(9) - 4);
    if (this.below(2) === 0) m += BigInt(this.below(2 * f.precision + 8) - f.precision - 4) << width;
    if (m < 0n || m >= signBit(f)) m = magnitude;
    return (a & signBit(f)) ^ (this.below(2) === 0 ? 0n : signBit(f)) ^ m;
  }

  operands(f: Format, count: number): bigint[] {
    const out: bigint[] = [];
    for (let i = 0; i < count; i++) {
      out.push(i > 0 && this.below(3) === 0 ? this.near(f, out[this.below(i)]!) : this.operand(f));
    }
    return out;
  }

  /** Integers of all magnitudes. */
  integer(bits: number): bigint {
    const v = this.bits(bits) >> BigInt(this.below(bits));
    const near = this.below(3) === 0 ? (1n << BigInt(this.below(bits))) + BigInt(this.below(5) - 2) : v;
    return BigInt.asUintN(bits, this.below(2) === 0 ? near : -near);
  }
}
