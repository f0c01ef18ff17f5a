/** Zfa: Additional Floating-Point Instructions 1.0. */
import { Const, constant, EXT_NONE, EXT_ONES, EXT_ZERO } from '../../../ir/inst.js';
import { OPS } from '../../../ir/ops.js';
import {
  HELPER_FCVTMOD,
  HELPER_FLEQ_D,
  HELPER_FLEQ_S,
  HELPER_FLTQ_D,
  HELPER_FLTQ_S,
  HELPER_FMAXM_D,
  HELPER_FMAXM_S,
  HELPER_FMINM_D,
  HELPER_FMINM_S,
  HELPER_FROUND_D,
  HELPER_FROUND_S,
  RAISE_INEXACT,
} from '../helpers.js';
import type { Translator } from '../context.js';

/** What fli loads, by number; 1 is the smallest normal number of the format, 31 the canonical NaN. */
const FLI_VALUES = [
  -1, 0, 2 ** -16, 2 ** -15, 2 ** -8, 2 ** -7, 0.0625, 0.125, 0.25, 0.3125, 0.375, 0.4375, 0.5, 0.625, 0.75, 0.875, 1,
  1.25, 1.5, 1.75, 2, 2.5, 3, 4, 8, 16, 128, 256, 2 ** 15, 2 ** 16, Infinity, NaN,
]; // prettier-ignore
const FLI_SMALLEST = 1;
const FLI_NAN = 31;

function singleBits(index: number): number {
  if (index === FLI_SMALLEST) return 0x00800000;
  if (index === FLI_NAN) return 0x7fc00000;
  return new Int32Array(Float32Array.of(FLI_VALUES[index] as number).buffer)[0] as number;
}
function doubleBits(index: number): Const {
  if (index === FLI_SMALLEST) return new Const(0, 0x00100000);
  if (index === FLI_NAN) return new Const(0, 0x7ff80000);
  const [lo, hi] = new Int32Array(Float64Array.of(FLI_VALUES[index] as number).buffer);
  return new Const(lo as number, hi as number);
}

const transFliS: Translator = (c, f) => {
  c.b.opx(OPS.mov32, EXT_ONES, c.toSingle(f.fd), constant(singleBits(f.fli)));
};
const transFliD: Translator = (c, f) => {
  c.b.op(OPS.mov64, c.toDouble(f.fd), doubleBits(f.fli));
};

const helperS2 =
  (helper: number): Translator =>
  (c, f) => {
    const a = c.single(f.fs1);
    const b = c.single(f.fs2);
    c.b.helper(helper, c.toSingle(f.fd), a, b, 0, 0);
  };
const helperD2 =
  (helper: number): Translator =>
  (c, f) => {
    c.b.helper(helper, c.toDouble(f.fd), c.f(f.fs1), c.f(f.fs2), 0, 0);
  };
const compareS =
  (helper: number): Translator =>
  (c, f) => {
    const a = c.single(f.fs1);
    c.b.helper(helper, c.d(f.rd), a, c.single(f.fs2), 0, 0);
  };
const compareD =
  (helper: number): Translator =>
  (c, f) => {
    c.b.helper(helper, c.d(f.rd), c.f(f.fs1), c.f(f.fs2), 0, 0);
  };
const roundS =
  (extra: number): Translator =>
  (c, f) => {
    const a = c.single(f.fs1);
    c.b.helper(HELPER_FROUND_S, c.toSingle(f.fd), a, 0, 0, f.rm | extra);
  };
const roundD =
  (extra: number): Translator =>
  (c, f) => {
    c.b.helper(HELPER_FROUND_D, c.toDouble(f.fd), c.f(f.fs1), 0, 0, f.rm | extra);
  };

const transFcvtmod: Translator = (c, f) => {
  c.b.helper(HELPER_FCVTMOD, c.d(f.rd), c.f(f.fs1), 0, 0, 0);
};
const transFmvhXD: Translator = (c, f) => {
  c.b.op(OPS.mov32, c.d(f.rd), c.temp(OPS.shru64, c.f(f.fs1), constant(32)));
};
const transFmvpDX: Translator = (c, f) => {
  const low = c.b.temp();
  c.b.opx(OPS.mov32, EXT_ZERO, low, c.x(f.rs1));
  c.b.opx(OPS.or64, EXT_NONE, c.toDouble(f.fd), low, c.temp(OPS.shl64, c.x(f.rs2), constant(32)));
};

export const FLOAT_EXTRA = {
  'fli.s': transFliS,
  'fli.d': transFliD,
  'fminm.s': helperS2(HELPER_FMINM_S),
  'fmaxm.s': helperS2(HELPER_FMAXM_S),
  'fminm.d': helperD2(HELPER_FMINM_D),
  'fmaxm.d': helperD2(HELPER_FMAXM_D),
  'fround.s': roundS(0),
  'froundnx.s': roundS(RAISE_INEXACT),
  'fround.d': roundD(0),
  'froundnx.d': roundD(RAISE_INEXACT),
  'fcvtmod.w.d': transFcvtmod,
  'fmvh.x.d': transFmvhXD,
  'fmvp.d.x': transFmvpDX,
  'fleq.s': compareS(HELPER_FLEQ_S),
  'fltq.s': compareS(HELPER_FLTQ_S),
  'fleq.d': compareD(HELPER_FLEQ_D),
  'fltq.d': compareD(HELPER_FLTQ_D),
} as const satisfies Record<string, Translator>;
