/** A64 cryptographic instructions: AES, SHA-1, SHA-256, SHA-512, SHA-3. */
import { ZERO } from '../../../ir/inst.js';
import { OPS } from '../../../ir/ops.js';
import { constant } from '../../../ir/inst.js';
import { SHA1_CHOOSE, SHA1_MAJORITY, SHA1_PARITY } from '../../../../cpu/crypto/sha.js';
import type { Translator } from '../context.js';
import { CRYPTO } from '../simd-helpers.js';
import { vop, vt } from '../vector.js';

const rounds =
  (helper: number, imm = 0): Translator =>
  (c, f) => {
    c.b.helper(helper, c.v(f.rd), c.v(f.rn), c.v(f.rm), 0, imm);
  };

/** Doublewords rotated right by n. */
function rotate(c: Parameters<Translator>[0], d: number, a: number, n: number): void {
  if (n === 0) {
    vop(c, OPS.mov128, d, a);
    return;
  }
  vop(c, OPS.vor, d, vt(c, OPS.vshru64, a, constant(n)), vt(c, OPS.vshl64, a, constant(64 - n)));
}
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
  sha512h: rounds(CRYPTO.sha512h),
  sha512h2: rounds(CRYPTO.sha512h2),
  sha512su0: rounds(CRYPTO.sha512su0),
  sha512su1: rounds(CRYPTO.sha512su1),
  rax1: transRax1,
  eor3: transEor3,
  bcax: transBcax,
  xar: transXar,
} as const satisfies Record<string, Translator>;
