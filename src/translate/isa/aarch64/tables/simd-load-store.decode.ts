/** A64 loads and stores of Advanced SIMD structures (Arm ARM C4.1.96). Format of a line: see integer.decode.ts. */
import { extension } from '../../../decode/table.js';
import { row } from '../vocabulary.js';

/** opc selects how many registers and structure elements; l: load. In single structures s and size hold the lane. */
export const simdLoadStore = extension('simdls', {
  // ---- Advanced SIMD load/store multiple structures
  ldst4: row('0 q 0011000 l 000000 0000 size rn rt'),
  'ldst1@4': row('0 q 0011000 l 000000 0010 size rn rt'),
  ldst3: row('0 q 0011000 l 000000 0100 size rn rt'),
  'ldst1@3': row('0 q 0011000 l 000000 0110 size rn rt'),
  'ldst1@1': row('0 q 0011000 l 000000 0111 size rn rt'),
  ldst2: row('0 q 0011000 l 000000 1000 size rn rt'),
  'ldst1@2': row('0 q 0011000 l 000000 1010 size rn rt'),
  // ---- the same, post-indexed
  'ldst4@post': row('0 q 0011001 l 0 rm 0000 size rn rt'),
  'ldst1@4post': row('0 q 0011001 l 0 rm 0010 size rn rt'),
  'ldst3@post': row('0 q 0011001 l 0 rm 0100 size rn rt'),
  'ldst1@3post': row('0 q 0011001 l 0 rm 0110 size rn rt'),
  'ldst1@1post': row('0 q 0011001 l 0 rm 0111 size rn rt'),
  'ldst2@post': row('0 q 0011001 l 0 rm 1000 size rn rt'),
  'ldst1@2post': row('0 q 0011001 l 0 rm 1010 size rn rt'),
  // ---- Advanced SIMD load/store single structure (opc: log2 of the lane's bytes, o:r registers - 1)
  'ldst@lane': row('0 q 0011010 l r 00000 opc!=3 o s size rn rt'),
  'ldst@lanepost': row('0 q 0011011 l r rm opc!=3 o s size rn rt'),
  ldr: row('0 q 0011010 1 r 00000 11 o 0 size rn rt'),
  'ldr@post': row('0 q 0011011 1 r rm 11 o 0 size rn rt'),
});
