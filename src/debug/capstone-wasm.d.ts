/** The part of capstone-wasm that we use; its own types cannot be resolved through its package exports. */
declare module 'capstone-wasm' {
  export interface Insn {
    readonly address: number | bigint;
    readonly size: number;
    readonly mnemonic: string;
    readonly opStr: string;
  }
  export class Capstone {
    constructor(arch: number, mode: number);
    /** @throws an Error when no instruction could be decoded */
    disasm(data: Uint8Array, options?: { address?: number | bigint; count?: number }): Insn[];
    close(): void;
  }
  export const Const: {
    readonly CS_ARCH_ARM: number;
    readonly CS_ARCH_ARM64: number;
    readonly CS_MODE_LITTLE_ENDIAN: number;
    readonly CS_MODE_ARM: number;
    readonly CS_MODE_THUMB: number;
    readonly CS_MODE_V8: number;
  };
  export function loadCapstone(args?: Record<string, unknown>): Promise<void>;
}
