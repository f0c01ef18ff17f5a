/**
 * Double-precision add, subtract, multiply, divide, square root. Operands and result are Float64Array indices (slots).
 *
 * Each has three tiers: the host operation alone, when rounding to nearest, inexact is already raised and the result is
 * safely normal; then the host operation and its exact error, for the inexact flag; then the general path, which
 * treats NaNs, infinities and flushing, works on significands in [1, 2) and leaves rounding to roundF64.
 */
import {
  DIV_BY_ZERO,
  FP_FLAGS,
  FP_FLUSH,
  FP_MODE,
  FP_RM,
  INEXACT,
  INPUT_DENORMAL,
  MIN_F64,
  RM_DOWN,
  RM_NEAREST,
  raise,
  resolveRm,
} from './env.js';
import { BIG, TINY, exponentOf, powerOf2, productError, significandOf, sumError } from './exact.js';
import { invalidF64, nan1F64, nan2F64 } from './nan.js';
import { roundF64 } from './round.js';

/** What arithmetic sees of the finite or infinite operand x: ARM's flush-to-zero makes subnormals zeros. */
export function flushedF64(r: Int32Array, x: number): number {
  if (x < MIN_F64 && x > -MIN_F64 && x !== 0 && ((r[FP_MODE] as number) & FP_FLUSH) !== 0) {
    raise(r, INPUT_DENORMAL);
    return x < 0 ? -0 : 0;
  }
  return x;
}

/** Whether flush-to-zero, if it is on, cannot matter to this operation. */
function unflushed(r: Int32Array, x: number, y: number, z: number): boolean {
  return (
    ((r[FP_MODE] as number) & FP_FLUSH) === 0 ||
    (Math.abs(x) >= MIN_F64 && Math.abs(y) >= MIN_F64 && Math.abs(z) > MIN_F64)
  );
}

export function addF64(r: Int32Array, d: Float64Array, dst: number, a: number, b: number, rm: number): void {
  const x = d[a] as number;
  const y = d[b] as number;
  const s = x + y;
  if (
    ((r[FP_FLAGS] as number) & INEXACT) !== 0 &&
    (rm === 0 || (rm === 7 && r[FP_RM] === 0)) &&
    s - s === 0 &&
    unflushed(r, x, y, s)
  ) {
    d[dst] = s;
    return;
  }
  sumF64(r, d, dst, a, b, x, y, resolveRm(r, rm));
}

export function subF64(r: Int32Array, d: Float64Array, dst: number, a: number, b: number, rm: number): void {
  const x = d[a] as number;
  const y = d[b] as number;
  const s = x - y;
  if (
    ((r[FP_FLAGS] as number) & INEXACT) !== 0 &&
    (rm === 0 || (rm === 7 && r[FP_RM] === 0)) &&
    s - s === 0 &&
    unflushed(r, x, y, s)
  ) {
    d[dst] = s;
    return;
  }
  sumF64(r, d, dst, a, b, x, -y, resolveRm(r, rm));
}

/** x + y, where x and y are the operands but for their signs; `a` and `b` serve for their NaNs only. */
function sumF64(
  r: Int32Array,
  d: Float64Array,
  dst: number,
  a: number,
  b: number,
  x: number,
  y: number,
  rm: number,
): void {
  const s = x + y;
  if (rm === RM_NEAREST && Math.abs(s) < BIG && Math.abs(x) < BIG && unflushed(r, x, y, s)) {
    if (sumError(x, y, s) !== 0) raise(r, INEXACT);
    d[dst] = s;
    return;
  }
  x = flushedF64(r, x);
  y = flushedF64(r, y);
  if (x !== x || y !== y) nan2F64(r, dst, a, b);
  else if (x - x !== 0 || y - y !== 0) {
    if (x === -y) invalidF64(r, dst);
    else d[dst] = x + y;
  } else if (x === -y) {
    // Also opposite zeros; equal zeros are not here, since -0 === 0 leaves them to be told apart.
    d[dst] = x === 0 && Object.is(x, y) ? x : rm === RM_DOWN ? -0 : 0;
  } else if (x === 0) d[dst] = y;
  else if (y === 0) d[dst] = x;
  else if (Math.abs(x) >= Math.abs(y)) addScaled(r, dst, x, y, rm);
  else addScaled(r, dst, y, x, rm);
}

/** x + y, both finite, not zero, |x| >= |y|, not each other's opposites. */
function addScaled(r: Int32Array, dst: number, x: number, y: number, rm: number): void {
  const ex = exponentOf(x);
  const shift = exponentOf(y) - ex;
  const mx = significandOf(x);
  const my = significandOf(y) * powerOf2(Math.max(shift, -200));
  const s = mx + my;
  roundF64(r, dst, s, sumError(mx, my, s), ex, rm);
}

export function mulF64(r: Int32Array, d: Float64Array, dst: number, a: number, b: number, rm: number): void {
  const x = d[a] as number;
  const y = d[b] as number;
  const p = x * y;
  const m = Math.abs(p);
  if (
    ((r[FP_FLAGS] as number) & INEXACT) !== 0 &&
    (rm === 0 || (rm === 7 && r[FP_RM] === 0)) &&
    m > MIN_F64 &&
    m < Infinity &&
    unflushed(r, x, y, p)
  ) {
    d[dst] = p;
    return;
  }
  productF64(r, d, dst, a, b, x, y, resolveRm(r, rm));
}

function productF64(
  r: Int32Array,
  d: Float64Array,
  dst: number,
  a: number,
  b: number,
  x: number,
  y: number,
  rm: number,
): void {
  const p = x * y;
  const m = Math.abs(p);
  if (
    rm === RM_NEAREST &&
    m > TINY &&
    m < BIG &&
    Math.abs(x) < BIG &&
    Math.abs(y) < BIG &&
    unflushed(r, x, y, p)
  ) {
    if (productError(x, y, p) !== 0) raise(r, INEXACT);
    d[dst] = p;
    return;
  }
  x = flushedF64(r, x);
  y = flushedF64(r, y);
  if (x !== x || y !== y) nan2F64(r, dst, a, b);
  else if (x - x !== 0 || y - y !== 0) {
    if (x === 0 || y === 0) invalidF64(r, dst);
    else d[dst] = x * y;
  } else if (x === 0 || y === 0) d[dst] = x * y;
  else {
    const scale = exponentOf(x) + exponentOf(y);
    const mx = significandOf(x);
    const my = significandOf(y);
    const q = mx * my;
    roundF64(r, dst, q, productError(mx, my, q), scale, rm);
  }
}

/** An error of which only the sign is known, for roundF64: below half a unit of any quotient or root in [0.5, 4). */
const SOME_ERROR = 2 ** -70;

export function divF64(r: Int32Array, d: Float64Array, dst: number, a: number, b: number, rm: number): void {
  const x = d[a] as number;
  const y = d[b] as number;
  const q = x / y;
  const m = Math.abs(q);
  if (
    ((r[FP_FLAGS] as number) & INEXACT) !== 0 &&
    (rm === 0 || (rm === 7 && r[FP_RM] === 0)) &&
    m > MIN_F64 &&
    m < Infinity &&
    unflushed(r, x, y, q)
  ) {
    d[dst] = q;
    return;
  }
  quotientF64(r, d, dst, a, b, x, y, resolveRm(r, rm));
}

function quotientF64(
  r: Int32Array,
  d: Float64Array,
  dst: number,
  a: number,
  b: number,
  x: number,
  y: number,
  rm: number,
): void {
  const q = x / y;
  const m = Math.abs(q);
  const my = Math.abs(y);
  if (
    rm === RM_NEAREST &&
    m > TINY &&
    m < BIG &&
    my > TINY &&
    my < BIG &&
    Math.abs(x) > TINY &&
    Math.abs(x) < BIG
  ) {
    const p = q * y;
    // The remainder of a correctly rounded quotient is a double.
    if (x - p - productError(q, y, p) !== 0) raise(r, INEXACT);
    d[dst] = q;
    return;
  }
  x = flushedF64(r, x);
  y = flushedF64(r, y);
  if (x !== x || y !== y) nan2F64(r, dst, a, b);
  else if (x === 0 || y === 0 || x - x !== 0 || y - y !== 0) {
    if ((x === 0 && y === 0) || (x - x !== 0 && y - y !== 0)) invalidF64(r, dst);
    else {
      if (y === 0 && x - x === 0) raise(r, DIV_BY_ZERO);
      d[dst] = x / y;
    }
  } else {
    const scale = exponentOf(x) - exponentOf(y);
    const sx = significandOf(x);
    const sy = significandOf(y);
    const s = sx / sy;
    const p = s * sy;
    const rem = sx - p - productError(s, sy, p);
    roundF64(r, dst, s, rem === 0 ? 0 : rem > 0 === sy > 0 ? SOME_ERROR : -SOME_ERROR, scale, rm);
  }
}

export function sqrtF64(r: Int32Array, d: Float64Array, dst: number, a: number, rm: number): void {
  let x = d[a] as number;
  const mode = resolveRm(r, rm);
  if (mode === RM_NEAREST && x > TINY && x < BIG) {
    const s = Math.sqrt(x);
    if (((r[FP_FLAGS] as number) & INEXACT) === 0) {
      const p = s * s;
      if (x - p - productError(s, s, p) !== 0) raise(r, INEXACT);
    }
    d[dst] = s;
    return;
  }
  x = flushedF64(r, x);
  if (x !== x) nan1F64(r, dst, a);
  else if (x === 0 || x === Infinity) d[dst] = x;
  else if (x < 0) invalidF64(r, dst);
  else {
    const n = exponentOf(x);
    const odd = n & 1;
    const m = significandOf(x) * (1 + odd);
    const s = Math.sqrt(m);
    const p = s * s;
    const rem = m - p - productError(s, s, p);
    roundF64(r, dst, s, rem === 0 ? 0 : rem > 0 ? SOME_ERROR : -SOME_ERROR, (n - odd) / 2, mode);
  }
}
