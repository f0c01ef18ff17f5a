/** Text of A64 loads and stores (Arm ARM C6.2, C7.2). */
import type { A64Fields } from '../../../../src/translate/isa/aarch64/vocabulary.js';
import { arrangement, EXTENDS, fp, LANES, list, r, w, x, xsp } from './names.js';
import type { Print } from './names.js';

type Printers = Record<string, Print>;

const base = (f: A64Fields): string => `[${xsp(f.rn)}]`;
const offset = (f: A64Fields, imm: number): string => (imm === 0 ? base(f) : `[${xsp(f.rn)}, #${imm}]`);
/** Post-indexed, offset or pre-indexed. */
const indexed = (f: A64Fields, mode: 'post' | 'offset' | 'pre', imm: number): string =>
  mode === 'post' ? `${base(f)}, #${imm}` : mode === 'pre' ? `[${xsp(f.rn)}, #${imm}]!` : offset(f, imm);

/** `b` and `h` behind the mnemonic of an access to a general register. */
const narrow = (size: number): string => (size === 0 ? 'b' : size === 1 ? 'h' : '');
const wide = (size: number): number => (size === 3 ? 1 : 0);
const target = (f: A64Fields): string => r(wide(f.size), f.rt);
const order = (f: A64Fields): string => (f.a === 1 ? 'a' : '') + (f.r === 1 ? 'l' : '');

const ordered =
  (name: string): Print =>
  (f) =>
    `${name}${narrow(f.size)} ${target(f)}, ${base(f)}`;
const storeExclusive =
  (name: string): Print =>
  (f) =>
    `${name}${narrow(f.size)} ${w(f.rs)}, ${target(f)}, ${base(f)}`;
const exclusivePair =
  (name: string, status: boolean): Print =>
  (f) =>
    `${name} ${status ? `${w(f.rs)}, ` : ''}${r(f.sz, f.rt)}, ${r(f.sz, f.rt2)}, ${base(f)}`;

const HINTS = ['pld', 'pli', 'pst'];
function prefetch(rt: number): string {
  const [kind, level] = [HINTS[rt >> 3], (rt >> 1) & 3];
  // Those without a name; capstone leaves them out.
  return kind === undefined || level === 3 ? '' : `${kind}l${level + 1}${(rt & 1) === 0 ? 'keep' : 'strm'}`;
}
/** What stands before the address, by kind of access. */
const ACCESS: Record<string, (f: A64Fields) => readonly [string, string]> = {
  str: (f) => [narrow(f.size), target(f)],
  ldr: (f) => [narrow(f.size), target(f)],
  ldrs: (f) => ['bhw'[f.size] as string, x(f.rt)],
  ldrsw: (f) => ['bh'[f.size] as string, w(f.rt)],
  prfm: (f) => ['', prefetch(f.rt)],
  v: (f) => ['', fp(f.size, f.rt)],
};
const INDEXING = ['offset', 'post', 'offset', 'pre'] as const;

const imm9 =
  (kind: string, stem: string, plain: string): Print =>
  (f) => {
    const [suffix, register] = (ACCESS[kind] as (f: A64Fields) => readonly [string, string])(f);
    const name =
      f.idx === 0
        ? stem.replace(/^(st|ld|prf)/, '$1u')
        : f.idx === 2
          ? stem.replace(/^(st|ld)/, '$1t')
          : plain;
    return `${name}${suffix} ${register}, ${indexed(f, INDEXING[f.idx] as 'post', f.imm)}`;
  };
const uimm =
  (kind: string, name: string): Print =>
  (f) => {
    const [suffix, register] = (ACCESS[kind] as (f: A64Fields) => readonly [string, string])(f);
    return `${name}${suffix} ${register}, ${offset(f, f.imm << (kind === 'prfm' ? 3 : f.size))}`;
  };
const regOffset =
  (kind: string, name: string): Print =>
  (f) => {
    const [suffix, register] = (ACCESS[kind] as (f: A64Fields) => readonly [string, string])(f);
    const m = (f.option & 1) === 1 ? x(f.rm) : w(f.rm);
    const amount = f.s === 1 ? ` #${kind === 'prfm' ? 3 : f.size}` : '';
    const how = f.option === 3 ? (f.s === 1 ? ', lsl' : '') : `, ${EXTENDS[f.option] as string}`;
    return `${name}${suffix} ${register}, [${xsp(f.rn)}, ${m}${how}${amount}]`;
  };
const pair =
  (name: string, scale: (f: A64Fields) => number, register: (f: A64Fields, n: number) => string): Print =>
  (f) => {
    const mnemonic = f.idx === 0 ? name.replace(/p$/, 'np') : name;
    const where = indexed(
      f,
      (['offset', 'post', 'offset', 'pre'] as const)[f.idx] as 'post',
      f.imm * (1 << scale(f)),
    );
    return `${mnemonic} ${register(f, f.rt)}, ${register(f, f.rt2)}, ${where}`;
  };
const pairScale = (f: A64Fields): number => 2 + f.sf;
const pairRegister = (f: A64Fields, n: number): string => r(f.sf, n);
const vPairScale = (f: A64Fields): number => 2 + f.opc;
const vPairRegister = (f: A64Fields, n: number): string => fp(2 + f.opc, n);
const literal =
  (name: string, register: (f: A64Fields) => string): Print =>
  (f, pc) =>
    `${name} ${register(f)}, #${pc + BigInt(f.imm)}`;

/** Without a destination and without acquire semantics it is a store (Arm ARM, STADD and others). */
const atomic =
  (name: string): Print =>
  (f) =>
    f.rt === 31 && f.a === 0
      ? `${name.replace('ld', 'st')}${order(f)}${narrow(f.size)} ${r(wide(f.size), f.rs)}, ${base(f)}`
      : `${name}${order(f)}${narrow(f.size)} ${r(wide(f.size), f.rs)}, ${target(f)}, ${base(f)}`;
const swapLike =
  (name: string): Print =>
  (f) =>
    `${name}${order(f)}${narrow(f.size)} ${r(wide(f.size), f.rs)}, ${target(f)}, ${base(f)}`;
const rcpc =
  (name: string, kind: string): Print =>
  (f) => {
    const [suffix, register] = (ACCESS[kind] as (f: A64Fields) => readonly [string, string])(f);
    return `${name}${suffix} ${register}, ${offset(f, f.imm)}`;
  };

/** What follows the address of a structure access: a register, or for register 31 the number of bytes. */
const post = (f: A64Fields, after: boolean, bytes: number): string =>
  after ? `, ${f.rm === 31 ? `#${bytes}` : x(f.rm)}` : '';
const structures =
  (elements: number, registers: number, after: boolean): Print =>
  (f) =>
    `${f.l === 1 ? 'ld' : 'st'}${elements} ${list(f.rt, registers, arrangement(f.size, f.q))}, ${base(f)}${post(f, after, registers * (8 << f.q))}`;
const laneStructure =
  (after: boolean): Print =>
  (f) => {
    const registers = f.o * 2 + f.r + 1;
    const bits = (f.q << 3) | (f.s << 2) | f.size;
    const double = f.opc === 2 && (f.size & 1) === 1;
    const size = double ? 3 : f.opc;
    const index = bits >> size;
    return `${f.l === 1 ? 'ld' : 'st'}${registers} ${list(f.rt, registers, LANES[size] as string)}[${index}], ${base(f)}${post(f, after, registers << size)}`;
  };
const replicated =
  (after: boolean): Print =>
  (f) => {
    const registers = f.o * 2 + f.r + 1;
    return `ld${registers}r ${list(f.rt, registers, arrangement(f.size, f.q))}, ${base(f)}${post(f, after, registers << f.size)}`;
  };

export const MEMORY: Printers = {
  stxr: storeExclusive('stxr'),
  stlxr: storeExclusive('stlxr'),
  stxp: exclusivePair('stxp', true),
  stlxp: exclusivePair('stlxp', true),
  ldxr: ordered('ldxr'),
  ldaxr: ordered('ldaxr'),
  ldxp: exclusivePair('ldxp', false),
  ldaxp: exclusivePair('ldaxp', false),
  stlr: ordered('stlr'),
  ldar: ordered('ldar'),
  stllr: ordered('stllr'),
  ldlar: ordered('ldlar'),
  ldapr: ordered('ldapr'),
  'ldr@literal': literal('ldr', (f) => r(f.sz, f.rt)),
  'ldrsw@literal': literal('ldrsw', (f) => x(f.rt)),
  'prfm@literal': literal('prfm', (f) => prefetch(f.rt)),
  'ldr@vliteral': literal('ldr', (f) => fp(2 + f.opc, f.rt)),
  stp: pair('stp', pairScale, pairRegister),
  ldp: pair('ldp', pairScale, pairRegister),
  ldpsw: pair(
    'ldpsw',
    () => 2,
    (_, n) => x(n),
  ),
  'stp@v': pair('stp', vPairScale, vPairRegister),
  'ldp@v': pair('ldp', vPairScale, vPairRegister),
  'str@imm9': imm9('str', 'str', 'str'),
  'ldr@imm9': imm9('ldr', 'ldr', 'ldr'),
  'ldrs@imm9': imm9('ldrs', 'ldrs', 'ldrs'),
  'ldrsw@imm9': imm9('ldrsw', 'ldrs', 'ldrs'),
  'prfum@imm9': imm9('prfm', 'prfm', 'prfm'),
  'str@vimm9': imm9('v', 'str', 'str'),
  'ldr@vimm9': imm9('v', 'ldr', 'ldr'),
  'str@qimm9': imm9('v', 'str', 'str'),
  'ldr@qimm9': imm9('v', 'ldr', 'ldr'),
  'str@reg': regOffset('str', 'str'),
  'ldr@reg': regOffset('ldr', 'ldr'),
  'ldrs@reg': regOffset('ldrs', 'ldrs'),
  'ldrsw@reg': regOffset('ldrsw', 'ldrs'),
  'prfm@reg': regOffset('prfm', 'prfm'),
  'str@vreg': regOffset('v', 'str'),
  'ldr@vreg': regOffset('v', 'ldr'),
  'str@qreg': regOffset('v', 'str'),
  'ldr@qreg': regOffset('v', 'ldr'),
  'str@uimm': uimm('str', 'str'),
  'ldr@uimm': uimm('ldr', 'ldr'),
  'ldrs@uimm': uimm('ldrs', 'ldrs'),
  'ldrsw@uimm': uimm('ldrsw', 'ldrs'),
  'prfm@uimm': uimm('prfm', 'prfm'),
  'str@vuimm': uimm('v', 'str'),
  'ldr@vuimm': uimm('v', 'ldr'),
  'str@quimm': uimm('v', 'str'),
  'ldr@quimm': uimm('v', 'ldr'),
  casp: (f) =>
    `casp${order(f)} ${r(f.sz, f.rs)}, ${r(f.sz, f.rs + 1)}, ${r(f.sz, f.rt)}, ${r(f.sz, f.rt + 1)}, ${base(f)}`,
  cas: swapLike('cas'),
  ldadd: atomic('ldadd'),
  ldclr: atomic('ldclr'),
  ldeor: atomic('ldeor'),
  ldset: atomic('ldset'),
  ldsmax: atomic('ldsmax'),
  ldsmin: atomic('ldsmin'),
  ldumax: atomic('ldumax'),
  ldumin: atomic('ldumin'),
  swp: swapLike('swp'),
  stlur: rcpc('stlur', 'str'),
  ldapur: rcpc('ldapur', 'ldr'),
  ldapurs: rcpc('ldapurs', 'ldrs'),
  ldapursw: rcpc('ldapurs', 'ldrsw'),
  ldst4: structures(4, 4, false),
  'ldst1@4': structures(1, 4, false),
  ldst3: structures(3, 3, false),
  'ldst1@3': structures(1, 3, false),
  'ldst1@1': structures(1, 1, false),
  ldst2: structures(2, 2, false),
  'ldst1@2': structures(1, 2, false),
  'ldst4@post': structures(4, 4, true),
  'ldst1@4post': structures(1, 4, true),
  'ldst3@post': structures(3, 3, true),
  'ldst1@3post': structures(1, 3, true),
  'ldst1@1post': structures(1, 1, true),
  'ldst2@post': structures(2, 2, true),
  'ldst1@2post': structures(1, 2, true),
  'ldst@lane': laneStructure(false),
  'ldst@lanepost': laneStructure(true),
  ldr: replicated(false),
  'ldr@post': replicated(true),
};
