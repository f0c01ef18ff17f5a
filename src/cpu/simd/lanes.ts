/**
 * Vector registers as lanes. Every function of this folder has the shape of a translation helper,
 * (t, d, a, b, c, imm): d, a, b, c are slots of 16-byte operands in the CPU block and d may be any of the others.
 */

/** The CPU block by lane width; Cpu is one. */
export interface Lanes {
  readonly r: Int32Array;
  readonly d: Float64Array;
  readonly f: Float32Array;
  readonly h: Uint16Array;
  readonly b8: Uint8Array;
}

export type LaneFunction = (t: Lanes, d: number, a: number, b: number, c: number, imm: number) => void;

/** Lane width and count in `imm`: bits 1..0 log2 of bytes, 6..2 lanes, the rest is the function's own (LANE_EXTRA up). */
export const LANE_EXTRA = 7;
export const laneImm = (size: number, lanes: number, extra = 0): number =>
  size | (lanes << 2) | (extra << LANE_EXTRA);
export const laneSize = (imm: number): number => imm & 3;
export const laneCount = (imm: number): number => (imm >> 2) & 31;
export const laneExtra = (imm: number): number => imm >> LANE_EXTRA;

/** Clears the bytes of the register behind the first `bytes`. */
export function zeroTail(t: Lanes, d: number, bytes: number): void {
  if (bytes < 16) t.b8.fill(0, d * 8 + bytes, d * 8 + 16);
}
