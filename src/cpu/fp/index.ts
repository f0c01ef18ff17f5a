/**
 * Exact IEEE 754 arithmetic for RISC-V and ARM guests: every result and every exception flag, in every rounding mode.
 *
 * Calling convention. `r`, `d`, `f`, `h` are the Int32Array, Float64Array, Float32Array and Uint16Array views of one
 * CPU block. Values are named by where they are, never passed, because JavaScript may change the bits of a NaN: a
 * double by its index in `d` (a slot), a single by its index in `f` (a word, so that both halves of a slot can be
 * reached: ARM's S registers and vector lanes), a half by its index in `h`, an integer by the index in `r` of its low
 * word. The result goes to `dst`, which may be an operand; 32-bit integer results are returned. What lies beside a
 * narrow result (NaN boxing) is the caller's business. `rm` is 0..4 (RISC-V's encoding) or 7 for FP_RM.
 *
 * The environment is three words of the same block: FP_FLAGS accumulates exceptions, FP_RM is the dynamic rounding mode,
 * FP_MODE selects NaN rules, flushing and ARM's variants (tininess before rounding, NaN to integer 0).
 *
 * Method. The host rounds doubles to nearest, correctly. When that is what the guest asked for and nothing unusual
 * happened, the host's result is the result, and its exact error, also a double (exact.ts), tells inexactness. In all
 * other cases the exact value is a double and its error, or two significands and a power of two, and round.ts rounds
 * it once. Nothing allocates; there is no BigInt.
 */
export * from './compare.js';
export * from './convert.js';
export * from './env.js';
export * from './estimate.js';
export * from './f16.js';
export * from './f32.js';
export * from './f64.js';
export * from './fma.js';
export * from './integral.js';
export { isNanF16, isNanF32, isNanF64 } from './nan.js';
