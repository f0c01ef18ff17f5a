/** What each A64 load and store touches, from the manual's pseudocode (Arm ARM C6.2, C7.2) and nothing of ours. */
import type { A64Fields } from '../../../../src/translate/isa/aarch64/vocabulary.js';

export interface Access {
  /** Address minus the base register, or minus the pc of a literal. */
  readonly disp: number;
  /** Bytes of the elements, which lie one behind the other. */
  readonly parts: readonly number[];
  readonly loads: boolean;
  readonly stores: boolean;
  /** Bytes the address must be a multiple of. */
  readonly align: number;
  readonly writeBack: boolean;
  /** Offset register, to be given this value; it is in `disp` already. */
  readonly offset?: { readonly register: number; readonly value: number };
  readonly literal?: boolean;
}

const OFFSET = 24;

function access(store: boolean, disp: number, parts: readonly number[], more: Partial<Access> = {}): Access {
  return { disp, parts, loads: !store, stores: store, align: 1, writeBack: false, ...more };
}
const indexed = (f: A64Fields, imm: number): { disp: number; writeBack: boolean } => ({
  disp: f.idx === 1 ? 0 : imm,
  writeBack: f.idx === 1 || f.idx === 3,
});
const both = (size: number): Partial<Access> => ({ loads: true, stores: true, align: size });

/** The register offset: extended from 32 bits or whole, perhaps scaled. */
function byRegister(f: A64Fields, store: boolean): Access {
  const scaled = f.rm === 31 ? 0 : OFFSET * (f.s === 1 ? 1 << f.size : 1);
  return access(store, scaled, [1 << f.size], { offset: { register: f.rm, value: OFFSET } });
}
function post(f: A64Fields, after: boolean, bytes: number): Partial<Access> {
  if (!after) return {};
  return { writeBack: true, ...(f.rm === 31 ? {} : { offset: { register: f.rm, value: bytes } }) };
}

/** undefined for lines that do not access memory. */
export function accessOf(name: string, f: A64Fields): Access | undefined {
  const store = name.startsWith('st');
  const structure = /^ldst([1-4])(?:@([1-4]))?(post)?$/.exec(name.replace('@post', '@0post'));
  if (name.startsWith('prf')) return undefined;
  if (name.endsWith('imm9')) {
    const { disp, writeBack } = indexed(f, f.imm);
    return access(store, disp, [1 << f.size], { writeBack });
  }
  if (name.endsWith('uimm')) return access(store, f.imm << f.size, [1 << f.size]);
  if (/@[vq]?reg$/.test(name)) return byRegister(f, store);
  if (/^(stp|ldp|ldpsw|stp@v|ldp@v)$/.test(name)) {
    const size = name === 'ldpsw' ? 4 : name.endsWith('@v') ? 4 << f.opc : 4 << f.sf;
    const { disp, writeBack } = indexed(f, f.imm * size);
    return access(store, disp, [size, size], { writeBack });
  }
  if (name.endsWith('literal')) {
    const size = name === 'ldrsw@literal' ? 4 : name === 'ldr@literal' ? 4 << f.sz : 4 << f.opc;
    return access(false, f.imm, [size], { literal: true });
  }
  if (/^(stllr|stlr|ldar|ldlar|ldapr)$/.test(name))
    return access(store, 0, [1 << f.size], { align: 1 << f.size });
  if (/^(stlur|ldapur)/.test(name)) return access(store, f.imm, [1 << f.size], { align: 1 << f.size });
  if (/^ld(a?)xr$/.test(name)) return access(false, 0, [1 << f.size], { align: 1 << f.size });
  if (/^ld(a?)xp$/.test(name)) return access(false, 0, [8 << f.sz], { align: 8 << f.sz });
  if (/^(cas|swp|ld(add|clr|eor|set|[su](max|min)))$/.test(name))
    return access(false, 0, [1 << f.size], both(1 << f.size));
  if (name === 'casp') return access(false, 0, [8 << f.sz], both(8 << f.sz));
  if (structure !== null) {
    const after = name.endsWith('post');
    const registers = /^[1-4]/.test(name.split('@')[1] ?? '')
      ? Number(name.split('@')[1]?.[0])
      : Number(structure[1]);
    const size = 1 << f.size;
    const parts = Array.from({ length: (registers * (8 << f.q)) / size }, () => size);
    return access(f.l === 0, 0, parts, post(f, after, registers * (8 << f.q)));
  }
  const registers = f.o * 2 + f.r + 1;
  if (name.startsWith('ldst@lane')) {
    const size = f.opc === 2 && (f.size & 1) === 1 ? 8 : 1 << f.opc;
    return access(f.l === 0, 0, Array.from({ length: registers }, () => size), post(f, name.endsWith('post'), registers * size)); // prettier-ignore
  }
  if (/^ldr(@post)?$/.test(name)) {
    const size = 1 << f.size;
    return access(false, 0, Array.from({ length: registers }, () => size), post(f, name.endsWith('post'), registers * size)); // prettier-ignore
  }
  return undefined;
}

/** Register combinations the manual leaves open. */
export function unpredictable(name: string, f: A64Fields, a: Access): boolean {
  const integer = !/v|q|ldst|ldr(@post)?$/.test(name) || /^(ldp|stp|ldpsw)$/.test(name);
  if (a.offset?.register === f.rn) return true;
  if (/^ldp(sw|@v)?$|^lda?xp$/.test(name) && f.rt === f.rt2) return true;
  return integer && a.writeBack && f.rn !== 31 && (f.rt === f.rn || (/p/.test(name) && f.rt2 === f.rn));
}
