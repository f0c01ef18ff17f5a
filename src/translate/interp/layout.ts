/**
 * Where the interpreter's tables are in guest-invisible memory, and the form of its code.
 *
 * A block is a head record, one record for each IR op and a record for its end; all are RECORD bytes:
 *   word 0   handler | offset of d << 16        word 3   pc of the guest instruction
 *   word 1   offset of a | offset of b << 16    word 4   low word of the constant operand
 *   word 2   imm, or the offset of c            word 5   the high word of it
 * Offsets count bytes in the CPU block. A vector shuffle has a second record with its pattern in the first 16 bytes.
 * Word 0 of the first record of a sequence has the handler that executes all of them; the others keep their own.
 * Head: word 0 guest instructions, word 1 words of the block (once placed: entries left until it is hot), word 3 pc,
 * words 4 and 5 heads of the blocks that the end went to last (taken, not taken), which are theirs while their pc is.
 */

export const RECORD_WORDS = 6;
export const RECORD = RECORD_WORDS * 4;
/** Word of a head with the pc. */
export const HEAD_PC = 3;

/**
 * The tables of one core. Each thread that runs code in a memory has its own there, since what they lead to is its own.
 * Core 0, which is the only one for most programs, has much room; the others share what lies above its code.
 */
export interface CoreArea {
  /** Entries {pc, function table slot} by which compiled code finds other compiled code. */
  readonly lookup: number;
  /**
   * The block table: sets of two entries {pc, ref} by (pc >>> 1) & blockMask; ref = address of the head, or function
   * slot << 1 | 1.
   */
  readonly blocks: number;
  readonly blockMask: number;
  /** Ring of {pc of the jump, target}: where indirect jumps went. */
  readonly ring: number;
  /** The word before the ring counts the entries made. */
  readonly ringCount: number;
  /** Code of placed blocks. When it is full, all blocks of the space are placed anew. */
  readonly code: number;
  readonly codeEnd: number;
}

export const LOOKUP_BITS = 12;
/** Bytes of a set of the block table. */
export const SET_BYTES = 16;
/** A compiler has 150,000 blocks; with half as many sets every third lookup missed. */
const SET_BITS = 18;
const FURTHER_SET_BITS = 17;
export const JUMP_RING_BITS = 11;
export const JUMP_RING_MASK = (1 << JUMP_RING_BITS) - 1;

const LOOKUP = 0xf400_0000;
const LOOKUP_SIZE = 8 << LOOKUP_BITS;
const FURTHER = 0xf900_0000;
const FURTHER_SIZE = 0x0070_0000;
const RING_OFFSET = 0x20_1000;
const CODE_OFFSET = 0x21_0000;
/** Cores there is room for, core 0 included. */
export const CORE_AREAS = 16;

export function areaOf(core: number): CoreArea {
  const lookup = LOOKUP + core * LOOKUP_SIZE;
  if (core === 0) {
    const ring = 0xf4c0_0000;
    return {
      lookup,
      blocks: 0xf410_0000,
      blockMask: (1 << SET_BITS) - 1,
      ring,
      ringCount: ring - 4,
      code: 0xf500_0000,
      codeEnd: FURTHER,
    };
  }
  if (core >= CORE_AREAS) throw new RangeError(`no room for core ${core}`);
  const blocks = FURTHER + (core - 1) * FURTHER_SIZE;
  const ring = blocks + RING_OFFSET;
  return {
    lookup,
    blocks,
    blockMask: (1 << FURTHER_SET_BITS) - 1,
    ring,
    ringCount: ring - 4,
    code: blocks + CODE_OFFSET,
    codeEnd: blocks + FURTHER_SIZE,
  };
}

let current = areaOf(0);

/** The area of this thread's core. */
export function coreArea(): CoreArea {
  return current;
}

/** This thread is that core: to be called before it runs anything. */
export function useCore(core: number): void {
  current = areaOf(core);
}

/**
 * The pc of a table entry that leads nowhere. Tables are made of zeros, too: that is the address 0, so that those entries
 * that it would be looked for in have to say this.
 */
export const NOWHERE = -1;

/** Empties the tables of this thread's core, in a memory where it has run something else before. */
export function wipeArea(words: Int32Array): void {
  const { lookup, blocks, blockMask } = current;
  words.fill(0, lookup >>> 2, (lookup + LOOKUP_SIZE) >>> 2);
  words.fill(0, blocks >>> 2, (blocks + SET_BYTES * (blockMask + 1)) >>> 2);
}
