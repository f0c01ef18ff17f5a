/** Settings of the JavaScript engine we run on. */
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';

/**
 * Executed bytes (V8's rough measure) after which a Wasm function is optimised. Regions are large functions, and
 * optimising one costs tens of milliseconds of a core: with V8 11's 1.8 million, short programs spend half their CPU
 * time on it. At 1 to 2 bytes a nanosecond this delays a hot loop by some 20 ms.
 */
const TIERING_BUDGET = 30_000_000;

/**
 * Options, each with the first major version of Node that it is not for. The build gives them to bin/sojourn.js too, which
 * must set them before V8 compares the options that its code cache was made under.
 *
 * Relaxed SIMD is behind a flag in Node 20. Whether its multiply-add is fused is probed by the Wasm engine.
 */
export const V8_OPTIONS: readonly (readonly [option: string, before: number])[] = [
  ['--experimental-wasm-relaxed-simd', 22],
  [`--wasm-tiering-budget=${TIERING_BUDGET}`, Number.MAX_SAFE_INTEGER],
];

/** Must come before the first Wasm module. */
export function setV8Options(): void {
  const major = Number(process.versions.node.split('.', 1)[0]);
  for (const [option, before] of V8_OPTIONS) if (major < before) setFlagsFromString(option);
}
