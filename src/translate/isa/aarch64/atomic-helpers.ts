/** Atomic accesses of A64 that the IR has no ops for: bytes, halfwords and pairs of doublewords. */
import type { Cpu } from '../../../cpu/cpu.js';
import { SLOT_RES_VALUE2, WORD_RES_ADDR } from '../../../cpu/layout.js';
import { defineA64Helper } from '../../helpers.js';

export const AMO_ADD = 0;
export const AMO_CLR = 1;
export const AMO_EOR = 2;
export const AMO_SET = 3;
export const AMO_SMAX = 4;
export const AMO_SMIN = 5;
export const AMO_UMAX = 6;
export const AMO_UMIN = 7;
export const AMO_SWP = 8;

/** New value of a byte or halfword (zero-extended operands, `shift` = 32 - bits). */
function combine(op: number, old: number, value: number, shift: number): number {
  switch (op) {
    case AMO_ADD:
      return old + value;
    case AMO_CLR:
      return old & ~value;
    case AMO_EOR:
      return old ^ value;
    case AMO_SET:
      return old | value;
    case AMO_SMAX:
      return old << shift > value << shift ? old : value;
    case AMO_SMIN:
      return old << shift < value << shift ? old : value;
    case AMO_UMAX:
      return Math.max(old, value);
    case AMO_UMIN:
      return Math.min(old, value);
    default:
      return value;
  }
}

/** Resolves the address in slot a for an access of `size` bytes with the right `need`. */
function resolve(cpu: Cpu, a: number, size: number, need: 1 | 2, pc: number): number {
  return cpu.atomic(cpu.r[a * 2] as number, cpu.r[a * 2 + 1] as number, size, need, pc);
}

/** d = old byte or halfword at a; it becomes op(old, b). imm = op | log2(size) << 4. */
export const HELPER_AMO_SMALL = defineA64Helper('a64.amo', (cpu, d, a, b, _c, imm, pc) => {
  const size = 1 << (imm >> 4);
  const addr = resolve(cpu, a, size, 2, pc);
  cpu.atomicLoad(addr, size);
  const old = cpu.vlo;
  const mask = size === 1 ? 0xff : 0xffff;
  cpu.atomicStore(
    addr,
    size,
    combine(imm & 15, old, (cpu.r[b * 2] as number) & mask, size === 1 ? 24 : 16) & mask,
    0,
  );
  cpu.r[d * 2] = old;
  cpu.r[d * 2 + 1] = 0;
});

/** d = old byte or halfword at a; if it is b it becomes c. imm = log2(size). */
export const HELPER_CAS_SMALL = defineA64Helper('a64.cas', (cpu, d, a, b, c, imm, pc) => {
  const size = 1 << imm;
  const addr = resolve(cpu, a, size, 2, pc);
  cpu.atomicLoad(addr, size);
  const old = cpu.vlo;
  const mask = size === 1 ? 0xff : 0xffff;
  if (old === ((cpu.r[b * 2] as number) & mask))
    cpu.atomicStore(addr, size, (cpu.r[c * 2] as number) & mask, 0);
  cpu.r[d * 2] = old;
  cpu.r[d * 2 + 1] = 0;
});

/** Load-exclusive of a byte or halfword; imm = log2(size). */
export const HELPER_LDX_SMALL = defineA64Helper('a64.ldx', (cpu, d, a, _b, _c, imm, pc) => {
  cpu.loadReserved(cpu.r[a * 2] as number, cpu.r[a * 2 + 1] as number, 1 << imm, pc);
  cpu.r[d * 2] = cpu.vlo;
  cpu.r[d * 2 + 1] = 0;
});

/** d = status of the store-exclusive of b at a; imm = log2(size). */
export const HELPER_STX_SMALL = defineA64Helper('a64.stx', (cpu, d, a, b, _c, imm, pc) => {
  const size = 1 << imm;
  const value = (cpu.r[b * 2] as number) & (size === 1 ? 0xff : 0xffff);
  cpu.r[d * 2] = cpu.storeConditional(cpu.r[a * 2] as number, cpu.r[a * 2 + 1] as number, size, value, 0, pc);
  cpu.r[d * 2 + 1] = 0;
});

/** Reads 16 bytes at addr into the 16-byte slot `slot`. */
function load16(cpu: Cpu, addr: number, slot: number): void {
  const w = slot * 2;
  cpu.atomicLoad(addr, 8);
  const lo = cpu.vlo;
  const hi = cpu.vhi;
  cpu.atomicLoad(addr + 8, 8);
  cpu.r[w] = lo;
  cpu.r[w + 1] = hi;
  cpu.r[w + 2] = cpu.vlo;
  cpu.r[w + 3] = cpu.vhi;
}

function store16(cpu: Cpu, addr: number, slot: number): void {
  const w = slot * 2;
  const r = cpu.r;
  cpu.atomicStore(addr, 8, r[w] as number, r[w + 1] as number);
  cpu.atomicStore(addr + 8, 8, r[w + 2] as number, r[w + 3] as number);
}

/** d (16 bytes) = pair at a, reserved. */
export const HELPER_LDXP = defineA64Helper(
  'a64.ldxp',
  (cpu, d, a, _b, _c, _imm, pc) => {
    const r = cpu.r;
    const addr = resolve(cpu, a, 16, 1, pc);
    cpu.atomicLoad(addr + 8, 8);
    r[SLOT_RES_VALUE2 * 2] = cpu.vlo;
    r[SLOT_RES_VALUE2 * 2 + 1] = cpu.vhi;
    const second = cpu.vlo;
    const third = cpu.vhi;
    cpu.loadReserved(addr | 0, 0, 8, pc);
    r[d * 2] = cpu.vlo;
    r[d * 2 + 1] = cpu.vhi;
    r[d * 2 + 2] = second;
    r[d * 2 + 3] = third;
  },
  true,
);

/** d = status of the store-exclusive of the pair b (16 bytes) at a. */
export const HELPER_STXP = defineA64Helper('a64.stxp', (cpu, d, a, b, _c, _imm, pc) => {
  const r = cpu.r;
  const addr = resolve(cpu, a, 16, 2, pc);
  cpu.exclusive(pc);
  cpu.atomicLoad(addr + 8, 8);
  let status = 1;
  if (cpu.vlo === r[SLOT_RES_VALUE2 * 2] && cpu.vhi === r[SLOT_RES_VALUE2 * 2 + 1]) {
    const w = b * 2;
    status = cpu.storeConditional(addr | 0, 0, 8, r[w] as number, r[w + 1] as number, pc);
    if (status === 0) cpu.atomicStore(addr + 8, 8, r[w + 2] as number, r[w + 3] as number);
  } else r[WORD_RES_ADDR] = -1;
  r[d * 2] = status;
  r[d * 2 + 1] = 0;
});

/** d (16 bytes) = old pair at a; if it is b it becomes c (16 bytes each, d apart from them). */
export const HELPER_CASP = defineA64Helper(
  'a64.casp',
  (cpu, d, a, b, c, _imm, pc) => {
    const r = cpu.r;
    const addr = resolve(cpu, a, 16, 2, pc);
    cpu.exclusive(pc);
    let same = true;
    load16(cpu, addr, d);
    for (let k = 0; k < 4; k++) if (r[d * 2 + k] !== r[b * 2 + k]) same = false;
    if (same) store16(cpu, addr, c);
  },
  true,
);
