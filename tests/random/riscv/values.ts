/** Values worth trying: the edges of integers, doubles and NaN-boxed singles. */
import type { Rng } from '../rng.js';

const INT_EDGES: readonly (readonly [number, number])[] = [
  [0, 0], [1, 0], [-1, -1], [2, 0], [-2, -1], [0x7fffffff, 0], [-0x80000000, -1], [-0x80000000, 0], [-1, 0],
  [0, 1], [-1, 0x7fffffff], [0, -0x80000000], [1, -0x80000000], [0, -1], [31, 0], [32, 0], [63, 0], [64, 0],
  [0x55555555, 0x55555555], [0x0000ff00, 0x00ff0000], [-0x80000000, -0x80000000], [0x7fffffff, 0x7fffffff],
]; // prettier-ignore

/** High and low words of doubles: zeros, ones, limits, subnormals, infinities, NaNs, integer limits, halves. */
const DOUBLE_EDGES: readonly (readonly [number, number])[] = [
  [0, 0], [1, 0], [-1, 0x000fffff], [0, 0x00100000], [0, 0x3ff00000], [1, 0x3ff00000], [-1, 0x3fefffff],
  [0, 0x3fe00000], [-1, 0x7fefffff], [0, 0x7ff00000], [0, 0x7ff80000], [1, 0x7ff00000], [-1, 0x7ff7ffff],
  [0, 0x43e00000], [0, 0x43f00000], [0, 0x41e00000], [0, 0x41f00000], [-0x400000, 0x41dfffff], [0, 0x40080000],
  [0x60000000, 0x380fffff], [0, 0x38000000], [0, 0x36a00000], [-0x20000000, 0x47efffff], [0, 0x47f00000],
  [0, 0x3ff80000], [0, 0x40040000], [0, 0x3fd00000], [0, 0x43300000], [1, 0x43300000], [0, 0x7fe00000],
  [0, 0x1ff00000], [0, 0x5ff00000], [0, 0x20000000],
]; // prettier-ignore

const SINGLE_EDGES: readonly number[] = [
  0, 1, 0x007fffff, 0x00800000, 0x3f800000, 0x3f800001, 0x3f7fffff, 0x3f000000, 0x7f7fffff, 0x7f800000, 0x7fc00000,
  0x7f800001, 0x7fbfffff, 0x4f000000, 0x4f800000, 0x4effffff, 0x5f000000, 0x5f800000, 0x40400000, 0x3fc00000,
  0x40200000, 0x3e800000, 0x4b000000, 0x4b800000, 0x20000000, 0x1f800000, 0x5f7fffff, 0x33800000,
]; // prettier-ignore

function put(view: DataView, at: number, lo: number, hi: number): void {
  view.setInt32(at, lo, true);
  view.setInt32(at + 4, hi, true);
}

function putInteger(view: DataView, at: number, rng: Rng): void {
  switch (rng.below(4)) {
    case 0: {
      const [lo, hi] = rng.pick(INT_EDGES);
      put(view, at, lo, hi);
      break;
    }
    case 1: {
      const word = rng.word() >> rng.below(32);
      put(view, at, word, word >> 31);
      break;
    }
    case 2: {
      const shift = rng.below(32);
      put(view, at, rng.word(), rng.word() >> shift);
      break;
    }
    default:
      put(view, at, rng.word(), rng.word());
  }
}

const SIGN = -0x80000000;

function putFloat(view: DataView, at: number, rng: Rng): void {
  const sign = rng.chance(0.5) ? SIGN : 0;
  switch (rng.below(8)) {
    case 0:
    case 1: {
      const [lo, hi] = rng.pick(DOUBLE_EDGES);
      put(view, at, lo, hi | sign);
      break;
    }
    case 2:
    case 3:
      put(view, at, rng.pick(SINGLE_EDGES) | sign, -1);
      break;
    case 4:
      // A double near one, or of any exponent; few fraction bits make exact results and ties likely.
      put(
        view,
        at,
        rng.chance(0.5) ? 0 : rng.word(),
        ((1000 + rng.below(50)) << 20) | (rng.word() & 0xfffff) | sign,
      );
      break;
    case 5:
      put(view, at, rng.word() & (rng.chance(0.5) ? -1 : 0xf8000000), rng.word());
      break;
    case 6:
      put(
        view,
        at,
        ((100 + rng.below(56)) << 23) | (rng.word() & (rng.chance(0.5) ? 0x7fffff : 0x7e0000)) | sign,
        -1,
      );
      break;
    default:
      put(view, at, rng.word(), rng.chance(0.8) ? -1 : rng.word());
  }
}

/** 32 integers (x registers), then floating-point values. */
export function fillEdges(view: DataView, at: number, count: number, rng: Rng): void {
  for (let n = 0; n < count; n++) {
    if (n < 32) putInteger(view, at + n * 8, rng);
    else putFloat(view, at + n * 8, rng);
  }
}

/** A mixture that instructions load from. */
export function fillPool(view: DataView, at: number, count: number, rng: Rng): void {
  for (let n = 0; n < count; n++) {
    if (rng.chance(0.3)) putInteger(view, at + n * 8, rng);
    else putFloat(view, at + n * 8, rng);
  }
}
