/** Files that the build leaves beside the bundle. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The interpreter's module for a word size in bytes; undefined when this build has none (it is made at run time then). */
export function prebuiltInterpreter(build: string, wordSize: number): Uint8Array | undefined {
  try {
    return readFileSync(join(import.meta.dirname, `interpreter-${wordSize}-${build}.wasm`));
  } catch {
    return undefined;
  }
}
