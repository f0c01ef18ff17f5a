/**
 * Single-precision add, subtract, multiply, divide, square root. Operands and result are word indices.
 *
 * Singles are computed in double and rounded again: 53 >= 2 * 24 + 2 bits make that innocuous for these five operations
 * (Figueroa, "When is double rounding innocuous?"), and doubles have room for every exponent, so that only NaNs,
 * infinities, flushing and directed rounding need care.
 */
import {
  DIV_BY_ZERO,
  FP_FLAGS,
  FP_FLUSH,
  FP_MODE,
  FP_RM,
  INEXACT,
  INPUT_DENORMAL,
  MIN_F32,
  RM_DOWN,
  RM_NEAREST,
  raise,
  resolveRm,
} from './env.js';
import { productError, sumError } from './exact.js';
import { invalidF32, nan1F32, nan2F32 } from './nan.js';
import { roundF32 } from './round.js';

const fround = Math.fround;

/** What arithmetic sees of the finite or infinite operand x: ARM's flush-to-zero makes subnormals zeros. */
export function flushedF32(r: Int32Array, x: number): number {
  if (x < MIN_F32 && x > -MIN_F32 && x !== 0 && ((r[FP_MODE] as number) & FP_FLUSH) !== 0) {
    raise(r, INPUT_DENORMAL);
    return x < 0 ? -0 : 0;
  }
  return x;
}

/** Whether flush-to-zero, if it is on, cannot matter to this operation. */
function unflushed(r: Int32Array, x: number, y: number, z: number): boolean {
  return (
    ((r[FP_MODE] as number) & FP_FLUSH) === 0 ||
    (Math.abs(x) >= MIN_F32 && Math.abs(y) >= MIN_F32 && Math.abs(z) > MIN_F32)
  );
}

export function addF32(r: Int32Array, f: Float32Array, dst: number, a: number, b: number, rm: number): void {
  const x = f[a] as number;
  const y = f[b] as number;
  const w = fround(x + y);
  if (
    ((r[FP_FLAGS] as number) & INEXACT) !== 0 &&
    (rm === 0 || (rm === 7 && r[FP_RM] === 0)) &&
    w - w === 0 &&
    unflushed(r, x, y, w)
  ) {
    f[dst] = w;
    return;
  }
  sumF32(r, f, dst, a, b, x, y, resolveRm(r, rm));
}

export function subF32(r: Int32Array, f: Float32Array, dst: number, a: number, b: number, rm: number): void {
  const x = f[a] as number;
  const y = f[b] as number;
  const w = fround(x - y);
  if (
    ((r[FP_FLAGS] as number) & INEXACT) !== 0 &&
    (rm === 0 || (rm === 7 && r[FP_RM] === 0)) &&
    w - w === 0 &&
    unflushed(r, x, y, w)
  ) {
    f[dst] = w;
    return;
  }
  sumF32(r, f, dst, a, b, x, -y, resolveRm(r, rm));
}

/** x + y, where x and y are the operands but for their signs; `a` and `b` serve for their NaNs only. */
function sumF32(
  r: Int32Array,
  f: Float32Array,
  dst: number,
  a: number,
  b: number,
  x: number,
  y: number,
  rm: number,
): void {
  const s = x + y;
  if (rm === RM_NEAREST && unflushed(r, x, y, s)) {
    const w = fround(s);
    if (w - w === 0) {
      if (w !== s || sumError(x, y, s) !== 0) raise(r, INEXACT);
      f[dst] = w;
      return;
    }
  }
  x = flushedF32(r, x);
  y = flushedF32(r, y);
  if (x !== x || y !== y) nan2F32(r, dst, a, b);
  else if (x - x !== 0 || y - y !== 0) {
    if (x === -y) invalidF32(r, dst);
    else f[dst] = x + y;
  } else if (x === -y) f[dst] = x === 0 && Object.is(x, y) ? x : rm === RM_DOWN ? -0 : 0;
  else if (x === 0) f[dst] = y;
  else if (y === 0) f[dst] = x;
  else {
    const t = x + y;
    roundF32(r, dst, t, sumError(x, y, t), 0, rm);
  }
}

export function mulF32(r: Int32Array, f: Float32Array, dst: number, a: number, b: number, rm: number): void {
  let x = f[a] as number;
  let y = f[b] as number;
  const p = x * y;
  const w = fround(p);
  const m = Math.abs(w);
  if ((rm === 0 || (rm === 7 && r[FP_RM] === 0)) && m > MIN_F32 && m < Infinity && unflushed(r, x, y, w)) {
    if (w !== p) raise(r, INEXACT);
    f[dst] = w;
    return;
  }
  x = flushedF32(r, x);
  y = flushedF32(r, y);
  if (x !== x || y !== y) nan2F32(r, dst, a, b);
  else if (x - x !== 0 || y - y !== 0) {
    if (x === 0 || y === 0) invalidF32(r, dst);
    else f[dst] = x * y;
  } else if (x === 0 || y === 0) f[dst] = x * y;
  else roundF32(r, dst, x * y, 0, 0, resolveRm(r, rm));
}

/** Relative size of an error of which only the sign is known, for roundF32: below half a unit of a double. */
const SOME_ERROR = 2 ** -60;

export function divF32(r: Int32Array, f: Float32Array, dst: number, a: number, b: number, rm: number): void {
  let x = f[a] as number;
  let y = f[b] as number;
  const q = x / y;
  const w = fround(q);
  const m = Math.abs(w);
  if (
    (rm === 0 || (rm === 7 && r[FP_RM] === 0)) &&
    m > MIN_F32 &&
    m < Infinity &&
    y - y === 0 &&
    unflushed(r, x, y, w)
  ) {
    // w has 24 bits when it is the double quotient, so its product with y is exact.
    if (w !== q || w * y !== x) raise(r, INEXACT);
    f[dst] = w;
    return;
  }
  x = flushedF32(r, x);
  y = flushedF32(r, y);
  if (x !== x || y !== y) nan2F32(r, dst, a, b);
  else if (x === 0 || y === 0 || x - x !== 0 || y - y !== 0) {
    if ((x === 0 && y === 0) || (x - x !== 0 && y - y !== 0)) invalidF32(r, dst);
    else {
      if (y === 0 && x - x === 0) raise(r, DIV_BY_ZERO);
      f[dst] = x / y;
    }
  } else {
    const s = x / y;
    const p = s * y;
    const rem = x - p - productError(s, y, p);
    const e = rem === 0 ? 0 : rem > 0 === y > 0 ? SOME_ERROR : -SOME_ERROR;
    roundF32(r, dst, s, e * Math.abs(s), 0, resolveRm(r, rm));
  }
}

export function sqrtF32(r: Int32Array, f: Float32Array, dst: number, a: number, rm: number): void {
  let x = f[a] as number;
  const mode = resolveRm(r, rm);
  if (mode === RM_NEAREST && x >= MIN_F32 && x < Infinity) {
    const s = Math.sqrt(x);
    const w = fround(s);
    if (w !== s || w * w !== x) raise(r, INEXACT);
    f[dst] = w;
    return;
  }
  x = flushedF32(r, x);
  if (x !== x) nan1F32(r, dst, a);
  else if (x === 0 || x === Infinity) f[dst] = x;
  else if (x < 0) invalidF32(r, dst);
  else {
    const s = Math.sqrt(x);
    const p = s * s;
    const rem = x - p - productError(s, s, p);
    roundF32(r, dst, s, rem === 0 ? 0 : rem > 0 ? s * SOME_ERROR : -s * SOME_ERROR, 0, mode);
  }
}
