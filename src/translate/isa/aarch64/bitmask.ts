/** Logical immediates: the manual's DecodeBitMasks (Arm ARM, shared/functions). */
import { Const } from '../../ir/inst.js';

const cache = new Map<number, Const | undefined>();

function ones(n: number): bigint {
  return (1n << BigInt(n)) - 1n;
}

function decode(n: number, immr: number, imms: number): Const | undefined {
  const key = (n << 6) | (~imms & 63);
  const length = 31 - Math.clz32(key);
  if (length < 1) return undefined;
  const size = 1 << length;
  const levels = size - 1;
  const s = imms & levels;
  const r = immr & levels;
  if (s === levels) return undefined;
  const run = ones(s + 1);
  const element = ((run >> BigInt(r)) | (run << BigInt(size - r))) & ones(size);
  let value = 0n;
  for (let at = 0; at < 64; at += size) value |= element << BigInt(at);
  return new Const(Number(value & 0xffffffffn), Number(value >> 32n));
}

/** The constant, or undefined for the reserved patterns. Programs use few of them, so each is made once. */
export function bitmask(n: number, immr: number, imms: number): Const | undefined {
  const key = (n << 12) | (immr << 6) | imms;
  if (cache.has(key)) return cache.get(key);
  const value = decode(n, immr, imms);
  cache.set(key, value);
  return value;
}
