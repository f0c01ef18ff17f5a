/** Evaluators of the IR's floating-point vector ops: the lane functions of float.ts over all 16 bytes. */
import { fadd, fcmeq, fcmge, fcmgt, fdiv, fma, fminmax, fmul, fsqrt, fsub } from './float.js';
import { laneImm } from './lanes.js';
import type { LaneFunction, Lanes } from './lanes.js';

const SINGLES = laneImm(2, 4);
const DOUBLES = laneImm(3, 2);

type Vector2 = (t: Lanes, d: number, a: number, b: number) => void;

const over =
  (form: LaneFunction, imm: number): Vector2 =>
  (t, d, a, b) => {
    form(t, d, a, b, 0, imm);
  };

export const vfadd32 = over(fadd, SINGLES);
export const vfadd64 = over(fadd, DOUBLES);
export const vfsub32 = over(fsub, SINGLES);
export const vfsub64 = over(fsub, DOUBLES);
export const vfmul32 = over(fmul, SINGLES);
export const vfmul64 = over(fmul, DOUBLES);
export const vfdiv32 = over(fdiv, SINGLES);
export const vfdiv64 = over(fdiv, DOUBLES);
export const vfmin32 = over(fminmax, laneImm(2, 4, 0));
export const vfmin64 = over(fminmax, laneImm(3, 2, 0));
export const vfmax32 = over(fminmax, laneImm(2, 4, 1));
export const vfmax64 = over(fminmax, laneImm(3, 2, 1));
export const vfeq32 = over(fcmeq, SINGLES);
export const vfeq64 = over(fcmeq, DOUBLES);
export const vfge32 = over(fcmge, SINGLES);
export const vfge64 = over(fcmge, DOUBLES);
export const vfgt32 = over(fcmgt, SINGLES);
export const vfgt64 = over(fcmgt, DOUBLES);

export function vfsqrt32(t: Lanes, d: number, a: number): void {
  fsqrt(t, d, a, 0, 0, SINGLES);
}
export function vfsqrt64(t: Lanes, d: number, a: number): void {
  fsqrt(t, d, a, 0, 0, DOUBLES);
}

/** imm as for the scalar fma: bit 3 negates the product. */
export function vfma32(t: Lanes, d: number, a: number, b: number, c: number, imm: number): void {
  fma(t, d, a, b, c, laneImm(2, 4, imm & 24));
}
export function vfma64(t: Lanes, d: number, a: number, b: number, c: number, imm: number): void {
  fma(t, d, a, b, c, laneImm(3, 2, imm & 24));
}
