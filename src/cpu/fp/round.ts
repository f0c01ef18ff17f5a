/**
 * The one rounding step: an exact value, given as a double v, its error e and a power of two, to a format, in any mode,
 * with its flags. Everything that is not an everyday operation in nearest mode ends here.
 *
 * The value is (v + e) * 2^scale with v finite, not zero, 2^-1000 < |v| < 2^1000, and |e| at most half a unit in the
 * last place of v. Only the sign of e matters below 2^-63 of v, so a caller who knows that v is inexact and on which
 * side but not by how much may pass any such e, if the exact value cannot be a tie.
 */
import {
  FP_ALT_HALF,
  FP_FLUSH,
  FP_FLUSH16,
  FP_MODE,
  FP_TINY_BEFORE,
  INEXACT,
  INVALID,
  OVERFLOW,
  RM_AWAY,
  RM_DOWN,
  RM_NEAREST,
  RM_ODD,
  RM_UP,
  UNDERFLOW,
  raise,
} from './env.js';
import { cell, cellWords, powerOf2 } from './exact.js';

/* The significand as a 64-bit fraction with its leading one in bit 63, what lies below it, its exponent and sign. */
let sigHi = 0;
let sigLo = 0;
let sticky = false;
let exponent = 0;
let negative = false;

/* What `take` found: the kept bits, the first dropped bit, whether any later one is set. */
let keptHi = 0;
let keptLo = 0;
let half = false;
let rest = false;

function load(v: number, e: number, scale: number): void {
  cell[0] = v;
  const low = cellWords[0] as number;
  const high = cellWords[1] as number;
  const exp = ((high >>> 20) & 0x7ff) - 1023;
  let hi = 0x80000000 | ((high & 0xfffff) << 11) | (low >>> 21);
  let lo = low << 11;
  negative = high < 0;
  exponent = exp + scale;
  sticky = false;
  if (e !== 0) {
    const t = (negative ? -e : e) * powerOf2(-exp) * 9223372036854775808;
    let units = Math.floor(t);
    // An error too small to be scaled still counts by its sign.
    if (t === 0) units = e > 0 === negative ? -1 : 0;
    sticky = t !== units || t === 0;
    if (units < 0 && lo === 0) hi = (hi - 1) | 0;
    lo = (lo + units) | 0;
    if (hi >= 0) {
      hi = (hi << 1) | (lo >>> 31);
      lo <<= 1;
      exponent--;
    }
  }
  sigHi = hi;
  sigLo = lo;
}

/** Splits the significand into kept bits and the `drop` (1 or more) lowest ones. */
function take(drop: number): void {
  if (drop <= 32) {
    const below = drop === 32 ? sigLo & 0x7fffffff : sigLo & ((1 << (drop - 1)) - 1);
    half = ((sigLo >>> (drop - 1)) & 1) !== 0;
    rest = sticky || below !== 0;
    keptLo = drop === 32 ? sigHi : (sigLo >>> drop) | (sigHi << (32 - drop));
    keptHi = drop === 32 ? 0 : sigHi >>> drop;
  } else if (drop <= 64) {
    const n = drop - 32;
    const below = n === 32 ? sigHi & 0x7fffffff : sigHi & ((1 << (n - 1)) - 1);
    half = ((sigHi >>> (n - 1)) & 1) !== 0;
    rest = sticky || below !== 0 || sigLo !== 0;
    keptLo = n === 32 ? 0 : sigHi >>> n;
    keptHi = 0;
  } else {
    half = false;
    rest = true;
    keptLo = 0;
    keptHi = 0;
  }
}

/** Whether the kept bits go up by one, after `take`. */
function roundsUp(rm: number): boolean {
  if (rm === RM_NEAREST) return half && (rest || (keptLo & 1) !== 0);
  if (rm === RM_AWAY) return half;
  if (rm === RM_DOWN) return negative && (half || rest);
  if (rm === RM_UP) return !negative && (half || rest);
  return false;
}

/** Whether a value with exponent emin - 1 rounds up to the smallest normal number when the exponent is unbounded. */
function reachesNormal(drop: number, rm: number): boolean {
  take(drop);
  const full =
    drop < 32 ? keptLo === -1 && keptHi === 0xffffffff >>> drop : keptLo === 0xffffffff >>> (drop - 32);
  return full && roundsUp(rm);
}

/**
 * Rounds what `load` left to a format of `precision` bits and smallest exponent `emin`; leaves the encoding without
 * sign and with an exponent that may be too large in keptHi:keptLo, for overflow checks by the caller. Returns flags.
 */
function roundSig(precision: number, emin: number, rm: number, tinyBefore: boolean): number {
  let drop = 64 - precision;
  const tiny = exponent < emin;
  let underflow = tiny;
  if (tiny) {
    if (exponent === emin - 1 && !tinyBefore) underflow = !reachesNormal(drop, rm);
    drop += emin - exponent;
  }
  take(drop);
  const inexact = half || rest;
  if (roundsUp(rm)) {
    keptLo = (keptLo + 1) | 0;
    if (keptLo === 0) keptHi++;
  } else if (rm === RM_ODD && inexact) {
    keptLo |= 1;
  }
  return inexact ? (underflow ? INEXACT | UNDERFLOW : INEXACT) : 0;
}

/** Whether overflow gives infinity (else the largest finite number). */
function toInfinity(rm: number): boolean {
  return rm === RM_NEAREST || rm === RM_AWAY || (rm === RM_DOWN && negative) || (rm === RM_UP && !negative);
}

/** Rounds to double; dst is a Float64Array index (slot). `rm` is a resolved mode. */
export function roundF64(r: Int32Array, dst: number, v: number, e: number, scale: number, rm: number): void {
  const mode = r[FP_MODE] as number;
  load(v, e, scale);
  const sign = negative ? 0x80000000 | 0 : 0;
  const w = dst * 2;
  if (exponent < -1022 && (mode & FP_FLUSH) !== 0) {
    raise(r, UNDERFLOW);
    r[w] = 0;
    r[w + 1] = sign;
    return;
  }
  let flags = roundSig(53, -1022, rm, (mode & FP_TINY_BEFORE) !== 0);
  if (exponent >= -1022) keptHi += (Math.min(exponent, 1024) + 1022) << 20;
  // 0x7ff00000 + an implicit bit at the top exponent is still positive as an int32.
  if (exponent > 1023 || keptHi >= 0x7ff00000) {
    flags = OVERFLOW | INEXACT;
    keptHi = toInfinity(rm) ? 0x7ff00000 : 0x7fefffff;
    keptLo = toInfinity(rm) ? 0 : -1;
  }
  if (flags !== 0) raise(r, flags);
  r[w] = keptLo;
  r[w + 1] = keptHi | sign;
}

/** Rounds to single; dst is a word index. */
export function roundF32(r: Int32Array, dst: number, v: number, e: number, scale: number, rm: number): void {
  const mode = r[FP_MODE] as number;
  load(v, e, scale);
  const sign = negative ? 0x80000000 | 0 : 0;
  if (exponent < -126 && (mode & FP_FLUSH) !== 0) {
    raise(r, UNDERFLOW);
    r[dst] = sign;
    return;
  }
  let flags = roundSig(24, -126, rm, (mode & FP_TINY_BEFORE) !== 0);
  let bits = keptLo;
  if (exponent >= -126) bits += (Math.min(exponent, 127) + 126) << 23;
  if (exponent > 127 || bits >= 0x7f800000) {
    flags = OVERFLOW | INEXACT;
    bits = toInfinity(rm) ? 0x7f800000 : 0x7f7fffff;
  }
  if (flags !== 0) raise(r, flags);
  r[dst] = bits | sign;
}

/**
 * Rounds to half; returns the 16 bits. `applies` has the FP_MODE bits that matter to this operation:
 * conversions ignore FP_FLUSH16, arithmetic ignores FP_ALT_HALF (Arm ARM, FPRound and FPRoundCV).
 */
export function roundF16(
  r: Int32Array,
  v: number,
  e: number,
  scale: number,
  rm: number,
  applies: number,
): number {
  const mode = (r[FP_MODE] as number) & (applies | FP_TINY_BEFORE);
  load(v, e, scale);
  const sign = negative ? 0x8000 : 0;
  if (exponent < -14 && (mode & FP_FLUSH16) !== 0) {
    raise(r, UNDERFLOW);
    return sign;
  }
  let flags = roundSig(11, -14, rm, (mode & FP_TINY_BEFORE) !== 0);
  let bits = keptLo;
  if (exponent >= -14) bits += (Math.min(exponent, 17) + 14) << 10;
  if ((mode & FP_ALT_HALF) !== 0) {
    if (bits > 0x7fff) {
      flags = INVALID;
      bits = 0x7fff;
    }
  } else if (bits >= 0x7c00) {
    flags = OVERFLOW | INEXACT;
    bits = toInfinity(rm) ? 0x7c00 : 0x7bff;
  }
  if (flags !== 0) raise(r, flags);
  return bits | sign;
}
