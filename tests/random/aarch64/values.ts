/** 16-byte values worth trying: edges of all lane widths, integer and floating-point. */
import { fillPool } from '../riscv/values.js';
import type { Rng } from '../rng.js';

const HALVES = [
  0, 1, 0x03ff, 0x0400, 0x3c00, 0x3c01, 0x3bff, 0x3800, 0x7bff, 0x7c00, 0x7e00, 0x7c01, 0x7dff, 0x4000, 0x5000, 0x77ff,
  0x7800, 0x6400, 0x0200, 0x1400, 0x2000, 0x4200, 0x3e00,
]; // prettier-ignore
const SINGLES = [
  0, 1, 0x007fffff, 0x00800000, 0x3f800000, 0x3f800001, 0x3f7fffff, 0x3f000000, 0x7f7fffff, 0x7f800000, 0x7fc00000,
  0x7f800001, 0x7fbfffff, 0x7fc12345, 0x4f000000, 0x4f800000, 0x4effffff, 0x5f000000, 0x5f800000, 0x40400000, 0x3fc00000,
  0x40200000, 0x3e800000, 0x4b000000, 0x4b800000, 0x20000000, 0x1f800000, 0x5f7fffff, 0x33800000, 0x477fe000, 0x477ff000,
  0x38800000, 0x387fffff, 0x33000000, 0x7e800000, 0x7f000000, 0x00400000, 0x00200000,
]; // prettier-ignore
const BYTES = [0, 1, 2, 3, 7, 8, 9, 15, 16, 31, 32, 33, 63, 64, 0x7f, 0x80, 0x81, 0xfe, 0xff];

/** `count` values from `at` on. */
export function fillLanes(view: DataView, at: number, count: number, rng: Rng): void {
  for (let n = 0; n < count; n++) {
    const p = at + n * 16;
    switch (rng.below(6)) {
      case 0:
        for (let k = 0; k < 16; k++) view.setUint8(p + k, rng.chance(0.7) ? rng.pick(BYTES) : rng.word());
        break;
      case 1:
        for (let k = 0; k < 16; k += 2)
          view.setUint16(
            p + k,
            rng.chance(0.7) ? rng.pick(HALVES) ^ (rng.chance(0.5) ? 0x8000 : 0) : rng.word(),
            true,
          );
        break;
      case 2:
        for (let k = 0; k < 16; k += 4)
          view.setInt32(
            p + k,
            rng.chance(0.8) ? rng.pick(SINGLES) ^ (rng.chance(0.5) ? 0x80000000 : 0) : rng.word(),
            true,
          );
        break;
      case 3: {
        // Singles and halves of middling exponents, few fraction bits: sums and products that are exact or ties.
        const mask = rng.chance(0.5) ? -1 : 0xfffe0000;
        for (let k = 0; k < 16; k += 4)
          view.setInt32(p + k, (((100 + rng.below(56)) << 23) | (rng.word() & 0x807fffff)) & mask, true);
        break;
      }
      default:
        fillPool(view, p, 2, rng);
    }
  }
}
