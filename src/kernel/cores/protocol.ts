/**
 * How the kernel and a core's Worker talk: a control block of shared words per core, one doorbell for all, and messages
 * for what is not a number.
 *
 * A core is parked (waits on C_STATE) or runs one task. It comes back for everything that needs the kernel, as from
 * `engine.run` on core 0; while it translates it also makes calls (C_CALL) that the kernel answers at once. All kernel
 * objects stay on the kernel's thread.
 */
import type { EngineMode } from '../../translate/engine.js';
import type { CompiledModule } from '../../translate/wasm/tier.js';

/** Words of a control block. Written by the side that is named; the other one only reads. */
export const C_STATE = 0; //        kernel: RUN; core: PARKED
export const C_MM = 1; //           kernel: number of the address space
export const C_BASE = 2; //         kernel: address of the CPU block
export const C_SLICE = 3; //        kernel: microseconds to run at most
export const C_MESSAGES = 4; //     kernel: messages posted so far; the core reads them before it runs on
export const C_REASON = 5; //       core: EXIT_*, or CRASHED with a text
export const C_FAULT_LOW = 6;
export const C_FAULT_HIGH = 7;
export const C_FAULT_KIND = 8;
export const C_FAULT_ACCESS = 9;
export const C_STOP = 10; //        kernel: not 0: park soon; cleared when it starts the core
export const C_CALL = 11; //        core: CALL_*; kernel: 0 when answered
export const C_ARG = 12;
export const C_ARG2 = 13;
export const C_RESULT = 14; //      kernel: the answer; core: length of the text of a crash
export const C_WORDS = 16;

/** Instructions of the task so far, a double: in when it is started, out when it parks. */
export const INSTRUCTIONS_AT = C_WORDS * 4;
/** Characters of the text area, 2 bytes each. */
export const TEXT_AT = INSTRUCTIONS_AT + 8;
export const TEXT_MAX = 1024;
export const CONTROL_SIZE = TEXT_AT + TEXT_MAX * 2;

export const PARKED = 0;
export const RUN = 1;

/** C_REASON of a core that ran into a bug of ours: it parks for good, with the error in the text area. */
export const CRASHED = -1;

/** Calls of a core. */
export const CALL_NONE = 0;
/** AddressSpace.fault(C_ARG, C_ARG2) */
export const CALL_FAULT = 1;
/** AddressSpace.codeKey(C_ARG), of a page that is also marked as code: C_RESULT characters in the text area. */
export const CALL_CODE = 2;

/** Words of the doorbell: rung (counted up) by cores. */
export const D_RINGS = 0;
export const D_WORDS = 1;

/** What the kernel tells a core. Numbers of spaces are never used twice. */
export type CoreMessage =
  /** `used`: the core has run another program in that memory. */
  | {
      readonly space: number;
      readonly memory: WebAssembly.Memory;
      readonly abi: string;
      readonly used: boolean;
    }
  | { readonly compiled: number; readonly list: readonly CompiledModule[] }
  | { readonly invalid: number; readonly first: number; readonly end: number }
  | { readonly forget: number };

export interface CoreEngineOptions {
  readonly mode: EngineMode;
  readonly cpu: string | undefined;
  /** Architecture of the first program, which `cpu` is of. */
  readonly abi: string;
}

/** What a Worker is started with. */
export interface CoreSetup {
  /** 1 and up; core 0 is the kernel's thread. */
  readonly index: number;
  readonly control: SharedArrayBuffer;
  readonly doorbell: SharedArrayBuffer;
  /** Options of the engines, as core 0 has them. */
  readonly engine: CoreEngineOptions;
}
