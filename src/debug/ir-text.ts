/**
 * The intermediate representation as text, one op a line:
 *
 *     x5.s = add x6, 0x10        (a result widened by sign; .z by zero, .o by ones)
 *     store32 [x2 + 8], x5
 *
 * Slots print as register names where they are registers, v0… for vector registers, t0… for temporaries.
 */
import type { Abi } from '../abi/abi.js';
import { SLOT_TEMP, SLOT_V, SLOT_X, TEMP_COUNT } from '../cpu/layout.js';
import type { IrBlock } from '../translate/ir/block.js';
import type { Inst, Operand } from '../translate/ir/inst.js';
import { hexPad } from '../util/hex.js';

const EXTENSIONS = ['', '.s', '.z', '.o'] as const;
const LINKS = ['', ' call', ' return'] as const;

export function slotName(abi: Abi, slot: number): string {
  const register = abi.registers.names[slot - SLOT_X];
  if (register !== undefined) return register;
  if (slot >= SLOT_V && slot < SLOT_V + 64) return `v${(slot - SLOT_V) >> 1}${(slot & 1) === 1 ? '.hi' : ''}`;
  if (slot >= SLOT_TEMP && slot < SLOT_TEMP + TEMP_COUNT) return `t${slot - SLOT_TEMP}`;
  return `slot${slot}`;
}

function operandText(abi: Abi, operand: Operand): string {
  if (typeof operand === 'number') return slotName(abi, operand);
  const { lo, hi } = operand;
  if (hi === lo >> 31) return lo < 0 ? `-0x${(-lo).toString(16)}` : `0x${lo.toString(16)}`;
  return `0x${(hi >>> 0).toString(16)}${hexPad(lo >>> 0, 8)}`;
}

/** One op. */
export function instText(abi: Abi, inst: Inst): string {
  const { row } = inst;
  const operands = [inst.a, inst.b, inst.c].slice(0, row.operands.length).map((o) => operandText(abi, o));
  const memory = row.kind === 'load' || row.kind === 'store' || row.kind === 'atomic';
  if (memory && operands[0] !== undefined) {
    const offset = inst.imm === 0 ? '' : ` ${inst.imm < 0 ? '-' : '+'} ${Math.abs(inst.imm)}`;
    operands[0] = `[${operands[0]}${offset}]`;
  } else if (inst.imm !== 0 || (row.kind === 'end' && row.operands.length === 0)) {
    operands.push(`#0x${(inst.imm >>> 0).toString(16)}`);
  }
  if (inst.imm2 !== 0) operands.push(`#0x${(inst.imm2 >>> 0).toString(16)}`);
  const result = row.result === '' ? '' : `${slotName(abi, inst.d)}${EXTENSIONS[inst.ext]} = `;
  return `${result}${row.name} ${operands.join(', ')}${LINKS[inst.link]}`.trimEnd();
}

/** A block: ops under the guest instruction they come from. */
export function blockText(abi: Abi, block: IrBlock): string {
  let text = '';
  let pc = -1;
  for (const inst of [...block.insts, block.end]) {
    if (inst.pc !== pc) {
      pc = inst.pc;
      text += `  ${hexPad(pc >>> 0, 8)}\n`;
    }
    text += `    ${instText(abi, inst)}\n`;
  }
  return text;
}
