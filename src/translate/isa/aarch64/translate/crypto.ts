/** A64 cryptographic instructions: AES, SHA-1, SHA-256, SHA-512, SHA-3. */
import { ZERO } from '../../../ir/inst.js';
import { OPS } from '../../../ir/ops.js';
import { constant } from '../../../ir/inst.js';
import { SHA1_CHOOSE, SHA1_MAJORITY, SHA1_PARITY } from '../../../../cpu/crypto/sha.js';
import type { A64Context, Translator } from '../context.js';
import { CRYPTO } from '../simd-helpers.js';
import { extPattern, shuffle, vop, vt } from '../vector.js';

const rounds =
  (helper: number, imm = 0): Translator =>
  (c, f) => {
    c.b.helper(helper, c.v(f.rd), c.v(f.rn), c.v(f.rm), 0, imm);
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
  aese: rounds(CRYPTO.aese),
  aesd: rounds(CRYPTO.aesd),
  aesmc: rounds(CRYPTO.aesmc),
  aesimc: rounds(CRYPTO.aesimc),
  sha1c: rounds(CRYPTO.sha1, SHA1_CHOOSE),
  sha1p: rounds(CRYPTO.sha1, SHA1_PARITY),
  sha1m: rounds(CRYPTO.sha1, SHA1_MAJORITY),
  sha1su0: rounds(CRYPTO.sha1su0),
  sha1h: rounds(CRYPTO.sha1h),
  sha1su1: rounds(CRYPTO.sha1su1),
  sha256h: rounds(CRYPTO.sha256, 0),
  sha256h2: rounds(CRYPTO.sha256, 1),
  sha256su1: rounds(CRYPTO.sha256su1),
  sha256su0: rounds(CRYPTO.sha256su0),
  sha512h: transSha512h,
  sha512h2: transSha512h2,
  sha512su0: transSha512su0,
  sha512su1: transSha512su1,
  rax1: transRax1,
  eor3: transEor3,
  bcax: transBcax,
  xar: transXar,
} as const satisfies Record<string, Translator>;
