/** Settings of the JavaScript engine we run on. */
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';

/**
 * Executed bytes (V8's rough measure) after which a Wasm function is optimised. Regions are large functions, and
 * optimising one costs tens of milliseconds of a core: with V8 11's 1.8 million, short programs spend half their CPU
 * time on it. At 1 to 2 bytes a nanosecond this delays a hot loop by some 20 ms.
 */
const TIERING_BUDGET = 30_000_000;

/** Must come before the first Wasm module. */
export function delayOptimising(): void {
  setFlagsFromString(`--wasm-tiering-budget=${TIERING_BUDGET}`);
}

/**
 * Turns relaxed SIMD on where V8 has it behind a flag (Node 20); later versions have it on. Must come before the first
 * module that uses it. Whether its multiply-add is fused is probed by the Wasm engine.
 */
export function enableRelaxedSimd(): void {
  if (Number(process.versions.node.split('.', 1)[0]) < 22)
    setFlagsFromString('--experimental-wasm-relaxed-simd');
}
