/** `0x…` in lower case without padding. */
export function hex(v: number): string {
  return v < 0 ? `-0x${(-v).toString(16)}` : `0x${v.toString(16)}`;
}

/** `digits` hex digits without a prefix (units: nibbles); `v` may be any whole number up to 2^53. */
export function hexPad(v: number, digits: number): string {
  return v.toString(16).padStart(digits, '0');
}

/** Two 32-bit words as 16 hex digits, high word first. */
export function hexPair(lo: number, hi: number): string {
  return hexPad(hi >>> 0, 8) + hexPad(lo >>> 0, 8);
}
