/** Settings of the JavaScript engine we run on. */
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';

/**
 * Turns relaxed SIMD on where V8 has it behind a flag (Node 20); later versions have it on. Must come before the first
 * module that uses it. Whether its multiply-add is fused is probed by the Wasm engine.
 */
export function enableRelaxedSimd(): void {
  if (Number(process.versions.node.split('.', 1)[0]) < 22)
    setFlagsFromString('--experimental-wasm-relaxed-simd');
}
