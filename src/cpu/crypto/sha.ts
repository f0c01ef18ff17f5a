/**
 * ARM's SHA-1 and SHA-256 instructions (FIPS 180-4; Arm ARM, SHA1C to SHA256SU1) on the words of the CPU block. A
 * 128-bit register is named by the index of its lowest word; element i of the manual's vectors is word index + i.
 */

function rotateLeft(x: number, n: number): number {
  return (x << n) | (x >>> (32 - n));
}

export const SHA1_CHOOSE = 0;
export const SHA1_PARITY = 1;
export const SHA1_MAJORITY = 2;

function mix1(kind: number, x: number, y: number, z: number): number {
  if (kind === SHA1_CHOOSE) return ((y ^ z) & x) ^ z;
  return kind === SHA1_PARITY ? x ^ y ^ z : (x & y) | ((x | y) & z);
}

/** SHA1C, SHA1P, SHA1M: four rounds; d = a b c d of the hash, n = the word e, m = four schedule words plus constants. */
export function sha1Rounds(r: Int32Array, d: number, n: number, m: number, kind: number): void {
  let a = r[d] as number;
  let b = r[d + 1] as number;
  let c = r[d + 2] as number;
  let e3 = r[d + 3] as number;
  let e = r[n] as number;
  for (let i = 0; i < 4; i++) {
    const t = (e + rotateLeft(a, 5) + mix1(kind, b, c, e3) + (r[m + i] as number)) | 0;
    e = e3;
    e3 = c;
    c = rotateLeft(b, 30);
    b = a;
    a = t;
  }
  r[d] = a;
  r[d + 1] = b;
  r[d + 2] = c;
  r[d + 3] = e3;
}

/** SHA1H of a word. */
export function sha1Rotate(x: number): number {
  return rotateLeft(x, 30);
}

/** SHA1SU0: first half of the schedule update. */
export function sha1Schedule0(r: Int32Array, d: number, n: number, m: number): void {
  const d2 = r[d + 2] as number;
  const d3 = r[d + 3] as number;
  const n0 = r[n] as number;
  const n1 = r[n + 1] as number;
  r[d] = (r[d] as number) ^ d2 ^ (r[m] as number);
  r[d + 1] = (r[d + 1] as number) ^ d3 ^ (r[m + 1] as number);
  r[d + 2] = d2 ^ n0 ^ (r[m + 2] as number);
  r[d + 3] = d3 ^ n1 ^ (r[m + 3] as number);
}

/** SHA1SU1: second half. */
export function sha1Schedule1(r: Int32Array, d: number, n: number): void {
  const w0 = rotateLeft((r[d] as number) ^ (r[n + 1] as number), 1);
  const w1 = rotateLeft((r[d + 1] as number) ^ (r[n + 2] as number), 1);
  const w2 = rotateLeft((r[d + 2] as number) ^ (r[n + 3] as number), 1);
  const w3 = rotateLeft(r[d + 3] as number, 1) ^ rotateLeft(w0, 1);
  r[d] = w0;
  r[d + 1] = w1;
  r[d + 2] = w2;
  r[d + 3] = w3;
}

/**
 * SHA256H (`second` false: d = a b c d, n = e f g h) and SHA256H2 (`second` true: d = e f g h, n = a b c d): four
 * rounds with the schedule words plus constants at m; the named half of the state goes to d.
 */
export function sha256Rounds(r: Int32Array, d: number, n: number, m: number, second: boolean): void {
  const x = second ? n : d;
  const y = second ? d : n;
  let a = r[x] as number;
  let b = r[x + 1] as number;
  let c = r[x + 2] as number;
  let dd = r[x + 3] as number;
  let e = r[y] as number;
  let f = r[y + 1] as number;
  let g = r[y + 2] as number;
  let h = r[y + 3] as number;
  for (let i = 0; i < 4; i++) {
    const choose = ((f ^ g) & e) ^ g;
    const majority = (a & b) | ((a | b) & c);
    const sigma1 = rotateLeft(e, 26) ^ rotateLeft(e, 21) ^ rotateLeft(e, 7);
    const sigma0 = rotateLeft(a, 30) ^ rotateLeft(a, 19) ^ rotateLeft(a, 10);
    const t = (h + sigma1 + choose + (r[m + i] as number)) | 0;
    h = g;
    g = f;
    f = e;
    e = (dd + t) | 0;
    dd = c;
    c = b;
    b = a;
    a = (t + sigma0 + majority) | 0;
  }
  r[d] = second ? e : a;
  r[d + 1] = second ? f : b;
  r[d + 2] = second ? g : c;
  r[d + 3] = second ? h : dd;
}

/** SHA256SU0: d = d + sigma0 of the words after each of d (the last one is the first of n). */
export function sha256Schedule0(r: Int32Array, d: number, n: number): void {
  const first = r[n] as number;
  for (let i = 0; i < 4; i++) {
    const w = i < 3 ? (r[d + i + 1] as number) : first;
    r[d + i] = (r[d + i] as number) + (rotateLeft(w, 25) ^ rotateLeft(w, 14) ^ (w >>> 3));
  }
}

function sigma1(w: number): number {
  return rotateLeft(w, 15) ^ rotateLeft(w, 13) ^ (w >>> 10);
}

/** SHA256SU1: d += the words seven before (n, m) + sigma1 of the words two before (m, then the result itself). */
export function sha256Schedule1(r: Int32Array, d: number, n: number, m: number): void {
  const m0 = r[m] as number;
  const m2 = r[m + 2] as number;
  const m3 = r[m + 3] as number;
  const w0 = ((r[d] as number) + (r[n + 1] as number) + sigma1(m2)) | 0;
  const w1 = ((r[d + 1] as number) + (r[n + 2] as number) + sigma1(m3)) | 0;
  const w2 = ((r[d + 2] as number) + (r[n + 3] as number) + sigma1(w0)) | 0;
  const w3 = ((r[d + 3] as number) + m0 + sigma1(w1)) | 0;
  r[d] = w0;
  r[d + 1] = w1;
  r[d + 2] = w2;
  r[d + 3] = w3;
}
