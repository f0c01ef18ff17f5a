/** Vector ops of the IR that are more than an opcode: constants, patterns, lanes. */
import { patternOf } from '../../cpu/simd/patterns.js';
import type { Inst } from '../ir/inst.js';
import { OPS } from '../ir/ops.js';
import type { EmitContext } from './context.js';
import { I32, I64, V128 } from './encoder.js';

const V128_CONST = 0xfd000c;
const SHUFFLE = 0xfd000d;
const SPLAT64 = 0xfd0012;
const REPLACE64 = 0xfd001e;

function constBytes(x: EmitContext, words: readonly number[]): void {
  for (const word of words) for (let k = 0; k < 32; k += 8) x.code.out.byte((word >>> k) & 255);
}

function vpair(x: EmitContext, i: Inst): void {
  const low = x.constantOf(i.a);
  const high = x.constantOf(i.b);
  const c = x.code;
  if (low !== undefined && high !== undefined) {
    c.op(V128_CONST);
    constBytes(x, [low.lo, low.hi, high.lo, high.hi]);
    return;
  }
  x.push(i.a, I64);
  c.op(SPLAT64);
  x.push(i.b, I64);
  c.op(REPLACE64);
  c.out.byte(1);
}

function vshuffle(x: EmitContext, i: Inst): void {
  x.push(i.a, V128);
  x.push(i.b, V128);
  x.code.op(SHUFFLE);
  for (const byte of patternOf(i.imm)) x.code.out.byte(byte);
}

/** Opcodes that take a lane number, by row. */
const EXTRACT = new Map([
  [OPS.vextract8s, 0xfd0015],
  [OPS.vextract8u, 0xfd0016],
  [OPS.vextract16s, 0xfd0018],
  [OPS.vextract16u, 0xfd0019],
  [OPS.vextract32, 0xfd001b],
  [OPS.vextract64, 0xfd001d],
]);
const REPLACE = new Map([
  [OPS.vinsert8, 0xfd0017],
  [OPS.vinsert16, 0xfd001a],
  [OPS.vinsert32, 0xfd001c],
  [OPS.vinsert64, REPLACE64],
]);

function vextract(x: EmitContext, i: Inst): void {
  x.push(i.a, V128);
  x.code.op(EXTRACT.get(i.row) as number);
  x.code.out.byte(i.imm);
}

function vinsert(x: EmitContext, i: Inst): void {
  x.push(i.a, V128);
  x.push(i.b, i.row === OPS.vinsert64 ? I64 : I32);
  x.code.op(REPLACE.get(i.row) as number);
  x.code.out.byte(i.imm);
}

export const VECTOR_EMITTERS = { vpair, vshuffle, vextract, vinsert } as const;
