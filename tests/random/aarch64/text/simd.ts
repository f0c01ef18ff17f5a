/** Text of A64 scalar floating point and Advanced SIMD (Arm ARM C7.2), by the classes of the decode tables. */
import type { A64Fields } from '../../../../src/translate/isa/aarch64/vocabulary.js';
import type { A64Row } from '../assembler.js';
import { cond, fp, fpImmediate, lane, list, r, vec, w, x } from './names.js';
import type { Print } from './names.js';

type Printers = Record<string, Print>;

/** Size of a lane (0: bytes) by ptype. */
const PTYPE = [2, 3, 0, 1];
const scalar = (f: A64Fields, n: number): string => fp(PTYPE[f.ptype] as number, n);

const FLOAT: Printers = {
  'fmov@to': (f) => `fmov ${r(f.sf, f.rd)}, ${scalar(f, f.rn)}`,
  'fmov@from': (f) => `fmov ${scalar(f, f.rd)}, ${r(f.sf, f.rn)}`,
  'fmov@tohigh': (f) => `fmov ${x(f.rd)}, ${lane(f.rn, 3, 1)}`,
  'fmov@fromhigh': (f) => `fmov ${lane(f.rd, 3, 1)}, ${x(f.rn)}`,
  fcvt: (f) => `fcvt ${fp(PTYPE[f.opc] as number, f.rd)}, ${scalar(f, f.rn)}`,
  fcmp: (f) => `fcmp ${scalar(f, f.rn)}, ${scalar(f, f.rm)}`,
  'fcmp@zero': (f) => `fcmp ${scalar(f, f.rn)}, #0`,
  fcmpe: (f) => `fcmpe ${scalar(f, f.rn)}, ${scalar(f, f.rm)}`,
  'fcmpe@zero': (f) => `fcmpe ${scalar(f, f.rn)}, #0`,
  'fmov@imm': (f) => `fmov ${scalar(f, f.rd)}, #${fpImmediate(f.imm)}`,
  fccmp: (f) => `fccmp ${scalar(f, f.rn)}, ${scalar(f, f.rm)}, #${f.nzcv}, ${cond(f.cond)}`,
  fccmpe: (f) => `fccmpe ${scalar(f, f.rn)}, ${scalar(f, f.rm)}, #${f.nzcv}, ${cond(f.cond)}`,
  fcsel: (f) => `fcsel ${scalar(f, f.rd)}, ${scalar(f, f.rn)}, ${scalar(f, f.rm)}, ${cond(f.cond)}`,
  fjcvtzs: (f) => `fjcvtzs ${w(f.rd)}, d${f.rn}`,
};

/** Lane and size in imm5 of copies: the lowest bit set says the size. */
function copyLane(f: A64Fields): { size: number; index: number } {
  const size = 31 - Math.clz32(f.imm & -f.imm);
  return { size, index: f.imm >> (size + 1) };
}
const bytes = (f: A64Fields, n: number): string => vec(n, 0, f.q);

/** AdvSIMDExpandImm as text. */
const movi: Print = (f) => {
  const { cmode, o: op, imm, q, rd } = f;
  const or = (cmode & 1) === 1 && cmode < 12;
  if (cmode < 12) {
    const size = cmode < 8 ? 2 : 1;
    const name = or ? (op === 1 ? 'bic' : 'orr') : op === 1 ? 'mvni' : 'movi';
    const shift = 8 * ((cmode >> 1) & (cmode < 8 ? 3 : 1));
    return `${name} ${vec(rd, size, q)}, #${imm}${shift === 0 ? '' : `, lsl #${shift}`}`;
  }
  if (cmode < 14)
    return `${op === 1 ? 'mvni' : 'movi'} ${vec(rd, 2, q)}, #${imm}, msl #${cmode === 12 ? 8 : 16}`;
  if (cmode === 15) return `fmov ${vec(rd, op === 1 ? 3 : 2, q)}, #${fpImmediate(imm)}`;
  if (op === 0) return `movi ${vec(rd, 0, q)}, #${imm}`;
  let mask = 0n;
  for (let k = 0; k < 8; k++) if (((imm >> k) & 1) === 1) mask |= 0xffn << BigInt(8 * k);
  return `movi ${q === 1 ? `v${rd}.2d` : `d${rd}`}, #${mask}`;
};

const sha3 =
  (name: string): Print =>
  (f) =>
    `${name} ${vec(f.rd, 0, 1)}, ${vec(f.rn, 0, 1)}, ${vec(f.rm, 0, 1)}, ${vec(f.ra, 0, 1)}`;
/** Registers of a hash round: the first two scalars of the given sizes, the last a vector. */
const hash =
  (name: string, d: number, n: number, size: number): Print =>
  (f) =>
    `${name} ${fp(d, f.rd)}, ${fp(n, f.rn)}, ${vec(f.rm, size, 1)}`;
const vectors =
  (name: string, size: number, count: 2 | 3): Print =>
  (f) =>
    `${name} ${vec(f.rd, size, 1)}, ${vec(f.rn, size, 1)}${count === 3 ? `, ${vec(f.rm, size, 1)}` : ''}`;

const SPECIAL: Printers = {
  tbl: (f) => `tbl ${bytes(f, f.rd)}, ${list(f.rn, f.len + 1, '16b')}, ${bytes(f, f.rm)}`,
  tbx: (f) => `tbx ${bytes(f, f.rd)}, ${list(f.rn, f.len + 1, '16b')}, ${bytes(f, f.rm)}`,
  ext: (f) => `ext ${bytes(f, f.rd)}, ${bytes(f, f.rn)}, ${bytes(f, f.rm)}, #${f.imm}`,
  'dup@e': (f) => {
    const { size, index } = copyLane(f);
    return `dup ${vec(f.rd, size, f.q)}, ${lane(f.rn, size, index)}`;
  },
  'dup@r': (f) => {
    const { size } = copyLane(f);
    return `dup ${vec(f.rd, size, f.q)}, ${r(size === 3 ? 1 : 0, f.rn)}`;
  },
  'dup@s': (f) => {
    const { size, index } = copyLane(f);
    return `mov ${fp(size, f.rd)}, ${lane(f.rn, size, index)}`;
  },
  smov: (f) => {
    const { size, index } = copyLane(f);
    return `smov ${r(f.q, f.rd)}, ${lane(f.rn, size, index)}`;
  },
  umov: (f) => {
    const { size, index } = copyLane(f);
    return `${size >= 2 ? 'mov' : 'umov'} ${r(f.q, f.rd)}, ${lane(f.rn, size, index)}`;
  },
  'ins@r': (f) => {
    const { size, index } = copyLane(f);
    return `mov ${lane(f.rd, size, index)}, ${r(size === 3 ? 1 : 0, f.rn)}`;
  },
  'ins@e': (f) => {
    const { size, index } = copyLane(f);
    return `mov ${lane(f.rd, size, index)}, ${lane(f.rn, size, f.idx >> size)}`;
  },
  movi,
  'fmov@vh': (f) => `fmov ${vec(f.rd, 1, f.q)}, #${fpImmediate(f.imm)}`,
  'orr@v': (f) =>
    f.rn === f.rm
      ? `mov ${bytes(f, f.rd)}, ${bytes(f, f.rn)}`
      : `orr ${bytes(f, f.rd)}, ${bytes(f, f.rn)}, ${bytes(f, f.rm)}`,
  not: (f) => `mvn ${bytes(f, f.rd)}, ${bytes(f, f.rn)}`,
  'pmull@64': (f) =>
    f.q === 1
      ? `pmull2 v${f.rd}.1q, v${f.rn}.2d, v${f.rm}.2d`
      : `pmull v${f.rd}.1q, v${f.rn}.1d, v${f.rm}.1d`,
  xdot: (f) => `${f.u === 1 ? 'u' : 's'}dot ${vec(f.rd, 2, f.q)}, ${bytes(f, f.rn)}, ${bytes(f, f.rm)}`,
  'xdot@e': (f) =>
    `${f.u === 1 ? 'u' : 's'}dot ${vec(f.rd, 2, f.q)}, ${bytes(f, f.rn)}, v${f.m * 16 + f.rm}.4b[${f.h * 2 + f.l}]`,
  fcmla: (f) =>
    `fcmla ${vec(f.rd, f.size, f.q)}, ${vec(f.rn, f.size, f.q)}, ${vec(f.rm, f.size, f.q)}, #${90 * f.rot}`,
  fcadd: (f) =>
    `fcadd ${vec(f.rd, f.size, f.q)}, ${vec(f.rn, f.size, f.q)}, ${vec(f.rm, f.size, f.q)}, #${90 + 180 * f.rot}`,
  'fcmla@e': (f) => {
    const index = f.size === 1 ? f.h * 2 + f.l : f.h;
    const m = lane(f.m * 16 + f.rm, f.size, index);
    return `fcmla ${vec(f.rd, f.size, f.q)}, ${vec(f.rn, f.size, f.q)}, ${m}, #${90 * f.rot}`;
  },
  shll: (f) =>
    `shll${f.q === 1 ? '2' : ''} ${vec(f.rd, f.size + 1, 1)}, ${vec(f.rn, f.size, f.q)}, #${8 << f.size}`,
  fcvtn: (f) => `fcvtn${f.q === 1 ? '2' : ''} ${vec(f.rd, f.sz + 1, f.q)}, ${vec(f.rn, f.sz + 2, 1)}`,
  fcvtl: (f) => `fcvtl${f.q === 1 ? '2' : ''} ${vec(f.rd, f.sz + 2, 1)}, ${vec(f.rn, f.sz + 1, f.q)}`,
  fcvtxn: (f) => `fcvtxn${f.q === 1 ? '2' : ''} ${vec(f.rd, 2, f.q)}, ${vec(f.rn, 3, 1)}`,
  'fcvtxn@s': (f) => `fcvtxn s${f.rd}, d${f.rn}`,
  aese: vectors('aese', 0, 2),
  aesd: vectors('aesd', 0, 2),
  aesmc: vectors('aesmc', 0, 2),
  aesimc: vectors('aesimc', 0, 2),
  sha1c: hash('sha1c', 4, 2, 2),
  sha1p: hash('sha1p', 4, 2, 2),
  sha1m: hash('sha1m', 4, 2, 2),
  sha1su0: vectors('sha1su0', 2, 3),
  sha1h: (f) => `sha1h s${f.rd}, s${f.rn}`,
  sha1su1: vectors('sha1su1', 2, 2),
  sha256h: hash('sha256h', 4, 4, 2),
  sha256h2: hash('sha256h2', 4, 4, 2),
  sha256su1: vectors('sha256su1', 2, 3),
  sha256su0: vectors('sha256su0', 2, 2),
  sha512h: hash('sha512h', 4, 4, 3),
  sha512h2: hash('sha512h2', 4, 4, 3),
  sha512su1: vectors('sha512su1', 3, 3),
  sha512su0: vectors('sha512su0', 3, 2),
  rax1: vectors('rax1', 3, 3),
  eor3: sha3('eor3'),
  bcax: sha3('bcax'),
  xar: (f) => `xar ${vec(f.rd, 3, 1)}, ${vec(f.rn, 3, 1)}, ${vec(f.rm, 3, 1)}, #${f.imm}`,
};

/** The mnemonic of a line: x in front stands for s or u, a slash for two names told apart by u. */
function mnemonic(name: string, u: number): string {
  const stem = name.split('@')[0] as string;
  const parts = stem.split('/');
  if (parts.length === 2) return parts[u] as string;
  if (stem === 'fcvtzx') return u === 1 ? 'fcvtzu' : 'fcvtzs';
  return stem.startsWith('x') && stem !== 'xtn' ? (u === 1 ? 'u' : 's') + stem.slice(1) : stem;
}

const LONG = /^(x(add|sub|aba|abd|mla|mls|mul)l|sqdml[as]l|sqdmull|pmull)(@|$)/;
const WIDE = /^x(add|sub)w$/;
const HALVING = /^r?(add|sub)hn$/;
const NARROWING = /^(xtn|xqxtn|sqxtun)(@|$)/;
const NARROW_SHIFT = /^(r?shrn|sqr?shrun|xqr?shrn)@/;
const RIGHT_SHIFT = /^(xr?sh?ra?|xr?sra|sri|xcvtf|fcvtzx)@/;
const ACROSS = /^(addv|x(max|min|addl)v|f(max|min)(nm)?v)(@|$)/;
const PAIRWISE = /^(addp|f(max|min)(nm)?p|faddp)@h?s$/;

/** Lines by the operands of their class. */
export function printSimd(row: A64Row, f: A64Fields): string | undefined {
  const special = SPECIAL[row.name] ?? FLOAT[row.name];
  if (special !== undefined) return special(f, 0n);
  const { name } = row;
  const suffix = name.split('@')[1] ?? '';
  const has = (operand: string): boolean => row.layout.some((o) => o.operand === operand);
  const label = mnemonic(name, f.u);
  if (has('ptype')) return scalarFloat(label, suffix, f, has);
  if (/^frint(32|64)[xz]$/.test(name)) return `${label} ${fp(2 + f.sz, f.rd)}, ${fp(2 + f.sz, f.rn)}`;
  if (/i$|is$/.test(suffix)) return shiftImmediate(name, label, f);
  if (suffix.endsWith('e') || suffix.endsWith('es')) return byElement(name, label, suffix, f, has);
  const one = suffix.endsWith('s');
  const reg = (n: number, size: number, q: number): string => (one ? fp(size, n) : vec(n, size, q));
  const size = laneSize(name, suffix, f, has);
  const second = !one && f.q === 1 ? '2' : '';
  const m = has('rm');
  if (LONG.test(name))
    return `${label}${second} ${reg(f.rd, size + 1, 1)}, ${reg(f.rn, size, f.q)}, ${reg(f.rm, size, f.q)}`;
  if (WIDE.test(name))
    return `${label}${second} ${vec(f.rd, size + 1, 1)}, ${vec(f.rn, size + 1, 1)}, ${vec(f.rm, size, f.q)}`;
  if (HALVING.test(name))
    return `${label}${second} ${vec(f.rd, size, f.q)}, ${vec(f.rn, size + 1, 1)}, ${vec(f.rm, size + 1, 1)}`;
  if (NARROWING.test(name)) return `${label}${second} ${reg(f.rd, size, f.q)}, ${reg(f.rn, size + 1, 1)}`;
  if (/^xad[da]lp$/.test(name)) return `${label} ${vec(f.rd, size + 1, f.q)}, ${vec(f.rn, size, f.q)}`;
  if (ACROSS.test(name)) {
    const q = name.startsWith('f') && suffix === '' ? 1 : f.q;
    return `${label} ${fp(name === 'xaddlv' ? size + 1 : size, f.rd)}, ${vec(f.rn, size, q)}`;
  }
  if (PAIRWISE.test(name)) return `${label} ${fp(size, f.rd)}, v${f.rn}.2${'bhsd'[size] as string}`;
  const zero = suffix.startsWith('0') ? ', #0' : '';
  return `${label} ${reg(f.rd, size, f.q)}, ${reg(f.rn, size, f.q)}${m ? `, ${reg(f.rm, size, f.q)}` : zero}`;
}

type Has = (operand: string) => boolean;

function laneSize(name: string, suffix: string, f: A64Fields, has: Has): number {
  if (/h/.test(suffix)) return 1;
  if (has('sz')) return 2 + f.sz;
  if (/^(urecpe|ursqrte|f(max|min)(nm)?v)$/.test(name)) return 2;
  return has('size') ? f.size : 0;
}

function scalarFloat(label: string, suffix: string, f: A64Fields, has: Has): string {
  if (suffix === 'fixed')
    return /cvtf$/.test(label)
      ? `${label} ${scalar(f, f.rd)}, ${r(f.sf, f.rn)}, #${64 - f.scale}`
      : `${label} ${r(f.sf, f.rd)}, ${scalar(f, f.rn)}, #${64 - f.scale}`;
  if (has('sf'))
    return /cvtf$/.test(label)
      ? `${label} ${scalar(f, f.rd)}, ${r(f.sf, f.rn)}`
      : `${label} ${r(f.sf, f.rd)}, ${scalar(f, f.rn)}`;
  const operands = [f.rd, f.rn, ...(has('rm') ? [f.rm] : []), ...(has('ra') ? [f.ra] : [])];
  return `${label} ${operands.map((n) => scalar(f, n)).join(', ')}`;
}

function shiftImmediate(name: string, label: string, f: A64Fields): string {
  const one = name.endsWith('is');
  const imm = one && /^(xr?shr|xr?sra|sri|shl|sli)@/.test(name) ? f.imm | 64 : f.imm;
  const size = 28 - Math.clz32(imm);
  const bits = 8 << size;
  const reg = (n: number, s: number, q: number): string => (one ? fp(s, n) : vec(n, s, q));
  const second = !one && f.q === 1 ? '2' : '';
  if (NARROW_SHIFT.test(name))
    return `${label}${second} ${reg(f.rd, size, f.q)}, ${reg(f.rn, size + 1, 1)}, #${2 * bits - imm}`;
  if (name === 'xshll@i') {
    const amount = imm - bits;
    const operands = `${vec(f.rd, size + 1, 1)}, ${vec(f.rn, size, f.q)}`;
    return amount === 0
      ? `${f.u === 1 ? 'u' : 's'}xtl${second} ${operands}`
      : `${label}${second} ${operands}, #${amount}`;
  }
  const amount = RIGHT_SHIFT.test(name) ? 2 * bits - imm : imm - bits;
  return `${label} ${reg(f.rd, size, f.q)}, ${reg(f.rn, size, f.q)}, #${amount}`;
}

function byElement(name: string, label: string, suffix: string, f: A64Fields, has: Has): string {
  const one = suffix.endsWith('s');
  const half = suffix.startsWith('h') || (has('size') && f.size === 1);
  const size = half ? 1 : has('sz') ? 2 + f.sz : f.size;
  const index = size === 1 ? f.h * 4 + f.l * 2 + f.m : size === 2 ? f.h * 2 + f.l : f.h;
  const m = lane(size === 1 ? f.rm : f.m * 16 + f.rm, size, index);
  const reg = (n: number, s: number, q: number): string => (one ? fp(s, n) : vec(n, s, q));
  if (LONG.test(name))
    return `${label}${!one && f.q === 1 ? '2' : ''} ${reg(f.rd, size + 1, 1)}, ${reg(f.rn, size, f.q)}, ${m}`;
  return `${label} ${reg(f.rd, size, f.q)}, ${reg(f.rn, size, f.q)}, ${m}`;
}
