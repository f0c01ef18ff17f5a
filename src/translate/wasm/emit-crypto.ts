/** The AES S-box and carry-less products, for which Wasm has no instruction. */
import { nibbleTables } from '../../cpu/crypto/aes-nibbles.js';
import type { NibbleTables } from '../../cpu/crypto/aes-nibbles.js';
import type { Inst } from '../ir/inst.js';
import { PARAM_CPU } from './context.js';
import type { EmitContext } from './context.js';
import { I64, V128, W } from './encoder.js';

const V128_CONST = 0xfd000c;
const SWIZZLE = 0xfd000e;
const EXTRACT64 = 0xfd001d;
const SPLAT64 = 0xfd0012;
const REPLACE64 = 0xfd001e;
const AND = 0xfd004e;
const XOR = 0xfd0051;
const SHRU8 = 0xfd006d;

let forwards: NibbleTables | undefined;
let backwards: NibbleTables | undefined;

function constant(x: EmitContext, bytes: readonly number[]): void {
  x.code.op(V128_CONST);
  for (const byte of bytes) x.code.out.byte(byte);
}
/**
 * Writes `body`, which leaves a vector, in a branch that is always taken. V8 orders what has no effects anew within a
 * basic block, and mixes several of these long computations so that nothing stays in registers: three times slower.
 */
function alone(x: EmitContext, body: () => void): void {
  const c = x.code;
  const result = x.scratchLocal(V128, 4);
  c.get(PARAM_CPU);
  c.open(W.if);
  body();
  c.set(result);
  c.op(W.else);
  constant(x, splat(0));
  c.set(result);
  c.end();
  c.get(result);
}
const splat = (byte: number): number[] => new Array<number>(16).fill(byte);

/** SubBytes of a, or its inverse, by the formulas of src/cpu/crypto/aes-nibbles.ts on sixteen bytes at once. */
const substitute =
  (tablesOf: () => NibbleTables) =>
  (x: EmitContext, i: Inst): void => {
    const c = x.code;
    const tables = tablesOf();
    const [low, high, sum, over] = [0, 1, 2, 3].map((n) => x.scratchLocal(V128, n)) as [
      number,
      number,
      number,
      number,
    ];
    /** The table's entries for the indices in a local. */
    const look = (table: readonly number[], index: number): void => {
      constant(x, table);
      c.get(index);
      c.op(SWIZZLE);
    };
    /** Takes a vector from the stack apart: `low` and `high` nibbles of its bytes. */
    const nibbles = (): void => {
      c.tee(high);
      constant(x, splat(15));
      c.op(AND);
      c.set(low);
      c.get(high);
      c.i32(4);
      c.op(SHRU8);
      c.set(high);
    };
    alone(x, () => {
      x.push(i.a, V128);
      nibbles();
      look(tables.inLow, low);
      look(tables.inHigh, high);
      c.op(XOR);
      nibbles();
      // high = i, low = k, sum = j
      c.get(high);
      c.get(low);
      c.op(XOR);
      c.set(sum);
      look(tables.over, low);
      c.set(over);
      /** local = 1/(1/part + A/k) + other */
      const half = (part: number, other: number, to: number): void => {
        look(tables.inverse, part);
        c.get(over);
        c.op(XOR);
        c.set(to);
        look(tables.inverse, to);
        c.get(other);
        c.op(XOR);
        c.set(to);
      };
      half(high, sum, low);
      half(sum, high, over);
      look(tables.outIo, low);
      look(tables.outJo, over);
      c.op(XOR);
      if (tables.constant === 0) return;
      constant(x, splat(tables.constant));
      c.op(XOR);
    });
  };

const BITS4 = 0x11111111;
/** Scratch locals: two factors, their quarters, three products. */
const LEFT = 0;
const RIGHT = 4;
const PRODUCTS = 8;

/**
 * Carry-less product of the low words of two locals, on the stack, by sixteen products with holes: every fourth bit of a
 * word makes sums of at most eight, which do not reach the next one that counts.
 */
function product32(x: EmitContext, a: number, b: number): void {
  const c = x.code;
  const quarter = (side: number, n: number): number => x.scratchLocal(I64, side + n);
  for (const [side, from] of [
    [LEFT, a],
    [RIGHT, b],
  ] as const)
    // prettier-ignore
    for (let n = 0; n < 4; n++) {
      c.get(from);
      c.i64(BITS4 << n, 0);
      c.op(W.i64And);
      c.set(quarter(side, n));
    }
  for (let n = 0; n < 4; n++) {
    for (let k = 0; k < 4; k++) {
      c.get(quarter(LEFT, k));
      c.get(quarter(RIGHT, (n - k) & 3));
      c.op(W.i64Mul);
      if (k > 0) c.op(W.i64Xor);
    }
    c.i64(BITS4 << n, BITS4 << n);
    c.op(W.i64And);
    if (n > 0) c.op(W.i64Or);
  }
}

/** The 128-bit product of the halves numbered `half` (Karatsuba over words). */
const clmul =
  (half: 0 | 1) =>
  (x: EmitContext, i: Inst): void => {
    const c = x.code;
    const [a, b, low, high, mid] = [0, 1, 2, 3, 4].map((n) => x.scratchLocal(I64, PRODUCTS + n)) as [number, number, number, number, number]; // prettier-ignore
    for (const [operand, to] of [
      [i.a, a],
      [i.b, b],
    ] as const) {
      // prettier-ignore
      x.push(operand, V128);
      c.op(EXTRACT64);
      c.out.byte(half);
      c.set(to);
    }
    const down = (from: number): void => {
      c.get(from);
      c.i64(32, 0);
      c.op(W.i64ShrU);
      c.set(from);
    };
    alone(x, () => {
      product32(x, a, b);
      c.set(low);
      // The sums of the halves first, since the locals are shifted in place.
      c.get(a);
      c.get(b);
      down(a);
      down(b);
      product32(x, a, b);
      c.set(high);
      c.get(b);
      c.op(W.i64Xor);
      c.set(b);
      c.get(a);
      c.op(W.i64Xor);
      c.set(a);
      product32(x, a, b);
      c.get(low);
      c.op(W.i64Xor);
      c.get(high);
      c.op(W.i64Xor);
      c.set(mid);
      c.get(low);
      c.get(mid);
      c.i64(32, 0);
      c.op(W.i64Shl);
      c.op(W.i64Xor);
      c.op(SPLAT64);
      c.get(high);
      c.get(mid);
      c.i64(32, 0);
      c.op(W.i64ShrU);
      c.op(W.i64Xor);
      c.op(REPLACE64);
      c.out.byte(1);
    });
  };

export const CRYPTO_EMITTERS = {
  aesSub: substitute(() => (forwards ??= nibbleTables(false))),
  aesSubInverse: substitute(() => (backwards ??= nibbleTables(true))),
  clmulLow: clmul(0),
  clmulHigh: clmul(1),
} as const;
