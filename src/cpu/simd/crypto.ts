/** The cryptographic instructions of A64 on 16-byte slots, by the rounds of src/cpu/crypto. */
import { aesDecrypt, aesEncrypt, aesInverseMixColumns, aesMixColumns } from '../crypto/aes.js';
import {
  sha1Rotate,
  sha1Rounds,
  sha1Schedule0,
  sha1Schedule1,
  sha256Rounds,
  sha256Schedule0,
  sha256Schedule1,
} from '../crypto/sha.js';
import type { LaneFunction } from './lanes.js';

/** AESE, AESD: d is state and result, a the key. */
export const aese: LaneFunction = (t, d, a) => aesEncrypt(t.b8, d * 8, a * 8);
export const aesd: LaneFunction = (t, d, a) => aesDecrypt(t.b8, d * 8, a * 8);
export const aesmc: LaneFunction = (t, d, a) => aesMixColumns(t.b8, d * 8, a * 8);
export const aesimc: LaneFunction = (t, d, a) => aesInverseMixColumns(t.b8, d * 8, a * 8);

/** SHA1C, SHA1P, SHA1M by imm. */
export const sha1: LaneFunction = (t, d, a, b, _c, imm) => sha1Rounds(t.r, d * 2, a * 2, b * 2, imm);
export const sha1su0: LaneFunction = (t, d, a, b) => sha1Schedule0(t.r, d * 2, a * 2, b * 2);
export const sha1su1: LaneFunction = (t, d, a) => sha1Schedule1(t.r, d * 2, a * 2);
export const sha1h: LaneFunction = (t, d, a) => {
  t.r[d * 2] = sha1Rotate(t.r[a * 2] as number);
  t.r.fill(0, d * 2 + 1, d * 2 + 4);
};
/** SHA256H, SHA256H2 (imm 1). */
export const sha256: LaneFunction = (t, d, a, b, _c, imm) =>
  sha256Rounds(t.r, d * 2, a * 2, b * 2, imm === 1);
export const sha256su0: LaneFunction = (t, d, a) => sha256Schedule0(t.r, d * 2, a * 2);
export const sha256su1: LaneFunction = (t, d, a, b) => sha256Schedule1(t.r, d * 2, a * 2, b * 2);
