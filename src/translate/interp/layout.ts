/**
 * Where the interpreter's tables are in guest-invisible memory, and the form of its code.
 *
 * A block is a head record, one record for each IR op and a record for its end; all are RECORD bytes:
 *   word 0   handler | offset of d << 16        word 3   pc of the guest instruction
 *   word 1   offset of a | offset of b << 16    word 4   low word of the constant operand
 *   word 2   imm, or the offset of c            word 5   the high word of it
 * Offsets count bytes in the CPU block. A vector shuffle has a second record with its pattern in the first 16 bytes.
 * Head: word 0 guest instructions, word 1 entries left until the block is hot, word 3 pc.
 */

export const RECORD_WORDS = 6;
export const RECORD = RECORD_WORDS * 4;

/** The block table: entries {pc, ref} by (pc >>> 1) & BLOCK_MASK; ref = address of the head, or function slot << 1 | 1. */
export const BLOCK_TABLE = 0xf410_0000;
export const BLOCK_BITS = 18;
export const BLOCK_MASK = (1 << BLOCK_BITS) - 1;

/** Ring of {pc of the jump, target}: where indirect jumps went. The word before it counts the entries made. */
export const JUMP_RING = 0xf440_0000;
export const JUMP_RING_BITS = 11;
export const JUMP_RING_MASK = (1 << JUMP_RING_BITS) - 1;
export const JUMP_RING_COUNT = JUMP_RING - 4;

/** Code of placed blocks. When it is full, all blocks of the space are placed anew. */
export const CODE_START = 0xf500_0000;
export const CODE_END = 0xf900_0000;
