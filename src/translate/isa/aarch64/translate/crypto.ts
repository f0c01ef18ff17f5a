/** A64 cryptographic instructions: AES, SHA-1, SHA-256, SHA-512, SHA-3. */
import { lanePattern } from '../../../../cpu/simd/patterns.js';
import { constant, EXT_ZERO, ZERO } from '../../../ir/inst.js';
import type { Const } from '../../../ir/inst.js';
import { OPS } from '../../../ir/ops.js';
import type { OpRow } from '../../../ir/ops.js';
import type { A64Context, Translator } from '../context.js';
import { extPattern, shuffle, vop, vt } from '../vector.js';

/** The constant of sixteen equal bytes. */
function bytes(c: A64Context, byte: number): number {
  return vt(c, OPS.vsplat8, constant(byte));
}
/** Words rotated left by n. */
function rotateWords(c: A64Context, a: number, n: number): number {
  const [t, low] = [vt(c, OPS.vshl32, a, constant(n)), vt(c, OPS.vshru32, a, constant(32 - n))];
  vop(c, OPS.vor, t, t, low);
  return t;
}
const xorV = (c: A64Context, a: number, b: number): number => vt(c, OPS.vxor, a, b);

// ---- AES (FIPS 197): a state's byte k is row k & 3 of column k >> 2 ----------------------------------------------------------

/** Row r moved on by r columns, or back. */
const SHIFT_ROWS = lanePattern(0, (k) => (k * 5) & 15);
const SHIFT_ROWS_BACK = lanePattern(0, (k) => (k * 13) & 15);

const addKey =
  (row: OpRow, pattern: number): Translator =>
  (c, f) => {
    const state = xorV(c, c.v(f.rd), c.v(f.rn));
    vop(c, row, c.v(f.rd), vt(c, OPS.vshuffle, state, state, ZERO, pattern));
  };
/** Bytes times x in GF(2^8). Temporaries are few, so each is used again. */
function doubleBytes(c: A64Context, a: number): number {
  const carry = bytes(c, 0);
  vop(c, OPS.vgts8, carry, carry, a);
  vop(c, OPS.vand, carry, carry, bytes(c, 0x1b));
  const sum = vt(c, OPS.vadd8, a, a);
  vop(c, OPS.vxor, sum, sum, carry);
  return sum;
}
/** Each byte becomes 2, 3, 1, 1 times those of its column from itself on. */
function mixColumns(c: A64Context, d: number, a: number): void {
  const next = rotateWords(c, a, 24);
  const pairs = xorV(c, a, next);
  vop(c, OPS.vxor, d, xorV(c, doubleBytes(c, pairs), next), rotateWords(c, pairs, 16));
}
const transAesmc: Translator = (c, f) => {
  mixColumns(c, c.v(f.rd), c.v(f.rn));
};
/** 14, 11, 13, 9 is 2, 3, 1, 1 times 5, 0, 4, 0. */
const transAesimc: Translator = (c, f) => {
  const a = c.v(f.rn);
  const four = doubleBytes(c, doubleBytes(c, xorV(c, a, rotateWords(c, a, 16))));
  mixColumns(c, c.v(f.rd), xorV(c, a, four));
};

// ---- SHA-1 and SHA-256 (FIPS 180-4, 6.1, 6.2) on words, which rounds take out of their vectors -------------------------------

const op32 = (c: A64Context, row: OpRow, d: number, a: number, b: number | Const): void => {
  c.b.op(row, d, a, b);
};
/** Word n of a vector. */
function word(c: A64Context, v: number, n: number): number {
  const t = c.b.temp();
  c.b.vector(OPS.vextract32, t, v, ZERO, ZERO, n);
  return t;
}
const wordsOf = (c: A64Context, v: number): number[] => [0, 1, 2, 3].map((n) => word(c, v, n));
function setWords(c: A64Context, d: number, values: readonly number[]): void {
  values.forEach((t, n) => {
    vop(c, OPS.vinsert32, d, d, t, ZERO, n);
  });
}
/** t = x where z has zeros, y where it has ones. */
function choose32(c: A64Context, t: number, z: number, y: number, x: number): void {
  op32(c, OPS.xor32, t, x, y);
  op32(c, OPS.and32, t, t, z);
  op32(c, OPS.xor32, t, t, x);
}
/** t = the majority of the bits, with a scratch. */
function majority32(c: A64Context, t: number, s: number, x: number, y: number, z: number): void {
  op32(c, OPS.or32, s, x, y);
  op32(c, OPS.and32, s, s, z);
  op32(c, OPS.and32, t, x, y);
  op32(c, OPS.or32, t, t, s);
}
function parity32(c: A64Context, t: number, x: number, y: number, z: number): void {
  op32(c, OPS.xor32, t, x, y);
  op32(c, OPS.xor32, t, t, z);
}
/** t = x rotated right by each of three numbers, combined by exclusive or. */
function sigma32(c: A64Context, t: number, s: number, x: number, n: readonly [number, number, number]): void {
  op32(c, OPS.rotr32, t, x, constant(n[0]));
  op32(c, OPS.rotr32, s, x, constant(n[1]));
  op32(c, OPS.xor32, t, t, s);
  op32(c, OPS.rotr32, s, x, constant(n[2]));
  op32(c, OPS.xor32, t, t, s);
}

type Mix = 'choose' | 'parity' | 'majority';
/** Four rounds; d = a b c d, the first word of n is e, m are schedule words with the constants added. */
const sha1Rounds =
  (mix: Mix): Translator =>
  (c, f) => {
    let [x, y, z, w] = wordsOf(c, c.v(f.rd)) as [number, number, number, number];
    let e = word(c, c.v(f.rn), 0);
    const [s, t] = [c.b.temp(), c.b.temp()];
    for (let n = 0; n < 4; n++) {
      if (mix === 'choose') choose32(c, t, y, z, w);
      else if (mix === 'parity') parity32(c, t, y, z, w);
      else majority32(c, t, s, y, z, w);
      op32(c, OPS.add32, e, e, t);
      op32(c, OPS.add32, e, e, word(c, c.v(f.rm), n));
      op32(c, OPS.rotr32, s, x, constant(27));
      op32(c, OPS.add32, e, e, s);
      op32(c, OPS.rotr32, y, y, constant(2));
      [x, y, z, w, e] = [e, x, y, z, w];
    }
    setWords(c, c.v(f.rd), [x, y, z, w]);
  };
const transSha1h: Translator = (c, f) => {
  const t = word(c, c.v(f.rn), 0);
  c.b.opx(OPS.rotr32, EXT_ZERO, t, t, constant(2));
  vop(c, OPS.vpair, c.v(f.rd), t, ZERO);
};
const zeros = (c: A64Context): number => vt(c, OPS.vpair, ZERO, ZERO);
const transSha1su0: Translator = (c, f) => {
  const d = c.v(f.rd);
  vop(c, OPS.vxor, d, xorV(c, d, shuffle(c, extPattern(8, 1), d, c.v(f.rn))), c.v(f.rm));
};
/** The last word needs the first of the result. */
const FIRST_TO_LAST = lanePattern(2, (k) => (k === 3 ? 0 : 4));
const transSha1su1: Translator = (c, f) => {
  const sum = xorV(c, c.v(f.rd), shuffle(c, extPattern(4, 1), c.v(f.rn), zeros(c)));
  const rotated = rotateWords(c, sum, 1);
  const first = rotateWords(c, shuffle(c, FIRST_TO_LAST, rotated, zeros(c)), 1);
  vop(c, OPS.vxor, c.v(f.rd), rotated, first);
};

/** Four rounds on a to d and e to h; `second` says which of the two halves goes to d. */
const sha256Rounds =
  (second: boolean): Translator =>
  (c, f) => {
    const [d, n] = [c.v(f.rd), c.v(f.rn)];
    let [a, b, x, y] = wordsOf(c, second ? n : d) as [number, number, number, number];
    let [e, g, h, i] = wordsOf(c, second ? d : n) as [number, number, number, number];
    const [s, t] = [c.b.temp(), c.b.temp()];
    for (let k = 0; k < 4; k++) {
      op32(c, OPS.add32, i, i, word(c, c.v(f.rm), k));
      choose32(c, t, e, g, h);
      op32(c, OPS.add32, i, i, t);
      sigma32(c, t, s, e, [6, 11, 25]);
      op32(c, OPS.add32, i, i, t);
      op32(c, OPS.add32, y, y, i);
      majority32(c, t, s, a, b, x);
      op32(c, OPS.add32, i, i, t);
      sigma32(c, t, s, a, [2, 13, 22]);
      op32(c, OPS.add32, i, i, t);
      [a, b, x, y, e, g, h, i] = [i, a, b, x, y, e, g, h];
    }
    setWords(c, d, second ? [e, g, h, i] : [a, b, x, y]);
  };
/** The schedule's functions on words: two rotations to the left and a shift. */
function smallSigma32(c: A64Context, x: number, i: number, j: number, shift: number): number {
  const rotated = xorV(c, rotateWords(c, x, 32 - i), rotateWords(c, x, 32 - j));
  return xorV(c, rotated, vt(c, OPS.vshru32, x, constant(shift)));
}
const transSha256su0: Translator = (c, f) => {
  const next = shuffle(c, extPattern(4, 1), c.v(f.rd), c.v(f.rn));
  vop(c, OPS.vadd32, c.v(f.rd), c.v(f.rd), smallSigma32(c, next, 7, 18, 3));
};
/** Words two before: those of m for the first two, then the first two themselves. */
const LAST_TWO = lanePattern(2, (k) => (k < 2 ? k + 2 : 4));
const FIRST_TWO_LAST = lanePattern(2, (k) => (k < 2 ? 4 : k - 2));
const transSha256su1: Translator = (c, f) => {
  const [d, m] = [c.v(f.rd), c.v(f.rm)];
  const none = zeros(c);
  const sum = vt(c, OPS.vadd32, d, shuffle(c, extPattern(4, 1), c.v(f.rn), m));
  const half = vt(c, OPS.vadd32, sum, smallSigma32(c, shuffle(c, LAST_TWO, m, none), 17, 19, 10));
  vop(c, OPS.vadd32, d, half, smallSigma32(c, shuffle(c, FIRST_TWO_LAST, half, none), 17, 19, 10));
};

/** Doublewords rotated right by n. */
function rotate(c: A64Context, d: number, a: number, n: number): void {
  if (n === 0) {
    vop(c, OPS.mov128, d, a);
    return;
  }
  vop(c, OPS.vor, d, vt(c, OPS.vshru64, a, constant(n)), vt(c, OPS.vshl64, a, constant(64 - n)));
}

// ---- SHA-512 (FIPS 180-4, 4.1.3): doublewords, x.lo and x.hi being slots x and x + 1 -----------------------------------------

const xor64 = (c: A64Context, a: number, b: number): number => c.temp(OPS.xor64, a, b);
const sum64 = (c: A64Context, a: number, b: number): number => c.temp(OPS.add64, a, b);

/** x rotated by each of the three numbers, combined by exclusive or. */
function bigSigma(c: A64Context, x: number, i: number, j: number, k: number): number {
  const rotated = (n: number): number => c.temp(OPS.rotr64, x, constant(n));
  return xor64(c, xor64(c, rotated(i), rotated(j)), rotated(k));
}
/** y where x has ones, z elsewhere. */
function choose(c: A64Context, x: number, y: number, z: number): number {
  return xor64(c, c.temp(OPS.and64, xor64(c, y, z), x), z);
}
function majority(c: A64Context, x: number, y: number, z: number): number {
  return c.temp(OPS.or64, c.temp(OPS.and64, x, y), c.temp(OPS.and64, c.temp(OPS.or64, x, y), z));
}
const transSha512h: Translator = (c, f) => {
  const [w, x, y] = [c.v(f.rd), c.v(f.rn), c.v(f.rm)];
  const half = (e: number, g: number, h: number, sum: number): number =>
    sum64(c, sum64(c, bigSigma(c, e, 14, 18, 41), choose(c, e, g, h)), sum);
  const high = half(y + 1, x, x + 1, w + 1);
  const low = half(sum64(c, high, y), y + 1, x, w);
  vop(c, OPS.vpair, w, low, high);
};
const transSha512h2: Translator = (c, f) => {
  const [w, x, y] = [c.v(f.rd), c.v(f.rn), c.v(f.rm)];
  const half = (a: number, b: number, d: number, sum: number): number =>
    sum64(c, sum64(c, bigSigma(c, a, 28, 34, 39), majority(c, a, b, d)), sum);
  const high = half(y, y + 1, x, w + 1);
  const low = half(high, y, y + 1, w);
  vop(c, OPS.vpair, w, low, high);
};
/** The schedule's functions, on both doublewords: two rotations and a shift. */
function smallSigma(c: A64Context, x: number, i: number, j: number, shift: number): number {
  const [a, b] = [c.b.temp128(), c.b.temp128()];
  rotate(c, a, x, i);
  rotate(c, b, x, j);
  return vt(c, OPS.vxor, vt(c, OPS.vxor, a, b), vt(c, OPS.vshru64, x, constant(shift)));
}
const transSha512su0: Translator = (c, f) => {
  const next = shuffle(c, extPattern(8, 1), c.v(f.rd), c.v(f.rn));
  vop(c, OPS.vadd64, c.v(f.rd), c.v(f.rd), smallSigma(c, next, 1, 8, 7));
};
const transSha512su1: Translator = (c, f) => {
  const sum = vt(c, OPS.vadd64, c.v(f.rd), c.v(f.rm));
  vop(c, OPS.vadd64, c.v(f.rd), sum, smallSigma(c, c.v(f.rn), 19, 61, 6));
};

// ---- SHA-3 ------------------------------------------------------------------------------------------------------------------

const transRax1: Translator = (c, f) => {
  const t = c.b.temp128();
  rotate(c, t, c.v(f.rm), 63);
  vop(c, OPS.vxor, c.v(f.rd), c.v(f.rn), t);
};
const transEor3: Translator = (c, f) => {
  vop(c, OPS.vxor, c.v(f.rd), vt(c, OPS.vxor, c.v(f.rn), c.v(f.rm)), c.v(f.ra));
};
const transBcax: Translator = (c, f) => {
  vop(c, OPS.vxor, c.v(f.rd), c.v(f.rn), vt(c, OPS.vandnot, c.v(f.rm), c.v(f.ra)));
};
const transXar: Translator = (c, f) => {
  rotate(c, c.v(f.rd), vt(c, OPS.vxor, c.v(f.rn), c.v(f.rm), ZERO), f.imm);
};

export const CRYPTOGRAPHY = {
  aese: addKey(OPS.vaesSub, SHIFT_ROWS),
  aesd: addKey(OPS.vaesSubInverse, SHIFT_ROWS_BACK),
  aesmc: transAesmc,
  aesimc: transAesimc,
  sha1c: sha1Rounds('choose'),
  sha1p: sha1Rounds('parity'),
  sha1m: sha1Rounds('majority'),
  sha1su0: transSha1su0,
  sha1h: transSha1h,
  sha1su1: transSha1su1,
  sha256h: sha256Rounds(false),
  sha256h2: sha256Rounds(true),
  sha256su1: transSha256su1,
  sha256su0: transSha256su0,
  sha512h: transSha512h,
  sha512h2: transSha512h2,
  sha512su0: transSha512su0,
  sha512su1: transSha512su1,
  rax1: transRax1,
  eor3: transEor3,
  bcax: transBcax,
  xar: transXar,
} as const satisfies Record<string, Translator>;
