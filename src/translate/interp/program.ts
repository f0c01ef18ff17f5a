/** The interpreter's compiled modules, one for each word size, made when first needed. */
import { buildInterpreter } from './module.js';

const modules = new Map<4 | 8, WebAssembly.Module>();
/** Gives what `buildInterpreter` made in advance. */
let prebuilt: ((wordSize: 4 | 8) => Uint8Array | undefined) | undefined;

/** `load` is asked for bytes of `buildInterpreter` made by this very build; undefined when there are none. */
export function usePrebuilt(load: (wordSize: 4 | 8) => Uint8Array | undefined): void {
  prebuilt = load;
}

export function interpreterModule(wordSize: 4 | 8): WebAssembly.Module {
  let module = modules.get(wordSize);
  if (module === undefined) {
    module = new WebAssembly.Module(prebuilt?.(wordSize) ?? buildInterpreter(wordSize));
    modules.set(wordSize, module);
  }
  return module;
}
