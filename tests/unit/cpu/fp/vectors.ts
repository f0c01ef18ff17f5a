/**
 * Vectors recorded from hardware (oracle/record.ts): a line `name` starts the cases of an operation, each of them
 * `rm mode operand... result flags`, integers in decimal, bits in hex.
 */
import type { Block } from './block.js';
import { HARDWARE_OPS, OPS } from './ops.js';
import type { Op } from './ops.js';

export const ALL_OPS: ReadonlyMap<string, Op> = new Map([...OPS, ...HARDWARE_OPS].map((op) => [op.name, op]));

export interface Vector {
  readonly op: Op;
  readonly rm: number;
  readonly mode: number;
  readonly operands: readonly bigint[];
  readonly result: bigint;
  readonly flags: number;
}

const hex = (s: string) => BigInt(`0x${s}`);

export function parseVectors(text: string): Vector[] {
  const out: Vector[] = [];
  let op: Op | undefined;
  for (const line of text.split('\n')) {
    const words = line.split(' ');
    if (line === '' || line.startsWith('#')) continue;
    if (words.length === 1) {
      op = ALL_OPS.get(line);
      if (!op) throw new Error(`no operation ${line}`);
      continue;
    }
    if (!op) throw new Error('vectors before the first name');
    out.push({
      op,
      rm: Number(words[0]),
      mode: Number(words[1]),
      operands: words.slice(2, -2).map(hex),
      result: hex(words[words.length - 2]!),
      flags: Number(words[words.length - 1]),
    });
  }
  return out;
}

export function printVector(v: Vector): string {
  const bits = [...v.operands, v.result].map((b) => BigInt.asUintN(64, b).toString(16)).join(' ');
  return `${v.rm} ${v.mode} ${bits} ${v.flags}`;
}

/** undefined, or how the library differs from the hardware. */
export function differs(t: Block, v: Vector): string | undefined {
  t.setEnv(0, v.rm, v.mode);
  const got = BigInt.asUintN(64, v.op.run(t, v.operands, v.rm, false));
  if (got === v.result && t.flags === v.flags) return undefined;
  return `${v.op.name} ${printVector(v)}: got ${got.toString(16)} ${t.flags}`;
}
