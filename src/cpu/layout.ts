/**
 * The CPU block: all state of one guest task, in guest-invisible memory (ARCHITECTURE: "at an exit all guest
 * state is in the CPU block"). Both engines, the kernel and the debugger read and write it by the indices below.
 *
 * Units: a *slot* is 8 bytes; word index = slot * 2 (low word first, whatever the guest's byte order);
 * Float64Array index = slot. 32-bit values live in the low word of their slot.
 */

/** Bytes of one CPU block. */
export const CPU_BLOCK_SIZE = 16384;

/** General registers x0..x31 (RISC-V x0 is never written; AArch64 keeps SP in 31; ARM r0..r15). */
export const SLOT_X = 0;
/** Program counter. */
export const SLOT_PC = 32;
/** Thread pointer registers that are not general ones (TPIDR_EL0, TPIDRURO). */
export const SLOT_TLS = 38;
export const SLOT_TLS2 = 39;
/** Load-reserved / exclusive monitor: low word = guest address, or -1 when there is no reservation. */
export const SLOT_RES_ADDR = 40;
/** Value seen by the load-reserved; the second slot serves 128-bit pairs. */
export const SLOT_RES_VALUE = 41;
export const SLOT_RES_VALUE2 = 42;
/** Condition flags of ARM guests as operands: operation (i32), then two operands and the result. */
export const SLOT_CC_OP = 46;
export const SLOT_CC_A = 47;
export const SLOT_CC_B = 48;
export const SLOT_CC_R = 49;
/** Further PSTATE bits of AArch64, at their places in SPSR (DIT, SSBS). */
export const SLOT_PSTATE = 50;
/** Vector and floating-point registers, 16 bytes each: register n is slots SLOT_V + 2n (low), +1 (high). */
export const SLOT_V = 64;
/** Instruction-local temporaries of the IR, 8 bytes each (a v128 temporary takes an even pair). */
export const SLOT_TEMP = 192;
export const TEMP_COUNT = 56;
/** Where the closure engine puts constants for ops that take slots only. */
export const SLOT_SCRATCH = 248;
/** Scratch of src/cpu/simd, 16 slots; holds nothing between two ops. */
export const SLOT_SIMD = 256;

/** Slots of the block (CPU_BLOCK_SIZE / 8). */
export const SLOT_COUNT = CPU_BLOCK_SIZE / 8;

export const WORD_PC = SLOT_PC * 2;
export const WORD_PC_HIGH = WORD_PC + 1;
/** Blocks the engine may still enter before it reports INTERRUPT (time slice). Counted down by guest instructions. */
export const WORD_BUDGET = 68;
/** Native recursion depth of generated code. */
export const WORD_DEPTH = 69;
/** Non-zero: leave at the next block boundary. Written by the kernel (signals, slices) and by exits. */
export const WORD_PENDING = 70;
/** Floating-point environment; see src/cpu/fp. */
export const FP_FLAGS = 72;
export const FP_RM = 73;
export const FP_MODE = 74;
/** Cumulative saturation of Advanced SIMD (FPSR.QC): non-zero when set. */
export const FP_QC = 75;

export const WORD_RES_ADDR = SLOT_RES_ADDR * 2;

/** FP_MODE bits. */
export const FP_DEFAULT_NAN = 1;
export const FP_FLUSH = 2;
export const FP_FLUSH16 = 4;
export const FP_ALT_HALF = 8;
export const FP_TINY_BEFORE = 16;

/** Bits of the pending word. */
export const PENDING_SIGNAL = 1;
export const PENDING_SLICE = 2;
export const PENDING_EXIT = 4;
export const PENDING_STOP = 8;
