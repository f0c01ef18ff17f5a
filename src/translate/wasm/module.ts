/** Puts region functions, their check functions and imports into one WebAssembly module. */
import { ByteWriter, Code, F32, F64, I32, patchIndex } from './encoder.js';
import type { FunctionBody, ValType } from './encoder.js';
import { emitRegion } from './emit-region.js';
import { checkFunction } from './fp-checks.js';
import type { CheckFunction, FpCheck } from './fp-checks.js';
import type { Region } from './region.js';

export const MAGIC = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
export const SECTION = {
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  export: 7,
  element: 9,
  code: 10,
} as const;
/** Slots of the function table shared by the modules of one address space. */
export const TABLE_SLOTS = 1024;
/** Slots it may grow to. */
export const MAX_TABLE_SLOTS = 1 << 15;
const WASM_PAGES = 65536;
/** Index of the only imported function. */
const HELPER_IMPORT = 0;
const IMPORTED_FUNCTIONS = 1;
/** Index of the only imported global: where the lookup table of this core is. */
const LOOKUP_GLOBAL = 0;

export interface ModuleOptions {
  readonly wordSize: 4 | 8;
  /** Slot of the guest's stack pointer. */
  readonly stackSlot: number;
  readonly lookupMask: number;
  /** What probeFusedMadd said. */
  readonly hostFma: boolean;
}

/** One compiled region, before it is linked into a module. */
export interface FunctionCode extends FunctionBody {
  readonly entry: number;
}

/** The functions of some regions, which may call each other. */
export function emitFunctions(regions: readonly Region[], options: ModuleOptions): FunctionCode[] {
  const local = new Set(regions.map((r) => r.entry));
  return regions.map((r) => {
    const { code } = emitRegion(r, {
      ...options,
      helperImport: HELPER_IMPORT,
      lookupGlobal: LOOKUP_GLOBAL,
      isLocal: (pc) => local.has(pc),
    });
    return { entry: r.entry, ...code.unlinked() };
  });
}

/**
 * The bytes of a module with these functions and the checks they call; export `f<n>` is functions[n].
 * Every call must lead to one of the functions or to a check. Their call sites are patched in place.
 */
export function linkModule(functions: readonly FunctionCode[]): Uint8Array {
  const indexOf = new Map<number | string, number>();
  for (const f of functions) indexOf.set(f.entry, IMPORTED_FUNCTIONS + indexOf.size);
  const checks = linkCalls(functions, indexOf, IMPORTED_FUNCTIONS + functions.length);
  const w = new ByteWriter();
  for (const b of MAGIC) w.byte(b);
  section(w, SECTION.type, (s) => {
    s.u32(2 + checks.length);
    signature(s, [I32, I32], [I32]);
    signature(s, [I32, I32, I32, I32, I32, I32, I32, I32], []);
    for (const f of checks) signature(s, f.params, [f.result]);
  });
  section(w, SECTION.import, imports);
  section(w, SECTION.function, (s) => {
    s.u32(functions.length + checks.length);
    for (let n = 0; n < functions.length; n++) s.u32(0);
    checks.forEach((_, n) => {
      s.u32(2 + n);
    });
  });
  section(w, SECTION.export, (s) => {
    s.u32(functions.length);
    functions.forEach((_, n) => {
      s.name(`f${n}`);
      s.byte(0);
      s.u32(IMPORTED_FUNCTIONS + n);
    });
  });
  section(w, SECTION.code, (s) => {
    s.u32(functions.length + checks.length);
    putBodies(s, functions, checks);
  });
  return w.copy();
}

/**
 * Gives the calls of functions their indices, in place. A target that is not in `indexOf` is the name of a check; those
 * are answered in the order of their indices, which start at `firstCheck`.
 */
export function linkCalls(
  functions: readonly FunctionBody[],
  indexOf: Map<number | string, number>,
  firstCheck: number,
): CheckFunction[] {
  const checks: CheckFunction[] = [];
  for (const { body, calls } of functions) {
    for (const { at, target } of calls) {
      let index = indexOf.get(target);
      if (index === undefined) {
        index = firstCheck + checks.length;
        checks.push(checkFunction(target as FpCheck));
        indexOf.set(target, index);
      }
      patchIndex(body, at, index);
    }
  }
  return checks;
}

/** The bodies of functions and the checks they call, for the code section. */
export function putBodies(
  s: ByteWriter,
  functions: readonly FunctionBody[],
  checks: readonly CheckFunction[],
): void {
  for (const { body } of functions) {
    s.u32(body.length);
    s.bytes(body);
  }
  for (const { body } of checks) s.sized(body);
}

export function buildModule(regions: readonly Region[], options: ModuleOptions): Uint8Array {
  return linkModule(emitFunctions(regions, options));
}

export function section(w: ByteWriter, id: number, fill: (s: ByteWriter) => void): void {
  const s = new ByteWriter();
  fill(s);
  w.byte(id);
  w.sized(s);
}

export function signature(s: ByteWriter, params: readonly ValType[], results: readonly ValType[]): void {
  s.byte(0x60);
  s.u32(params.length);
  for (const p of params) s.byte(p);
  s.u32(results.length);
  for (const r of results) s.byte(r);
}

function imports(s: ByteWriter): void {
  s.u32(4);
  s.name('e');
  s.name('h');
  s.byte(0);
  s.u32(1);
  importMemoryAndTable(s);
  s.name('e');
  s.name('l');
  s.byte(3);
  s.byte(I32);
  s.byte(0); // constant
}

/** Two imports: the guest's memory and the function table of its space. */
export function importMemoryAndTable(s: ByteWriter): void {
  s.name('e');
  s.name('m');
  s.byte(2);
  s.byte(3); // shared, with a maximum
  s.u32(WASM_PAGES);
  s.u32(WASM_PAGES);
  s.name('e');
  s.name('t');
  s.byte(1);
  s.byte(0x70);
  s.byte(0);
  s.u32(TABLE_SLOTS);
}

let fused: boolean | undefined;

/**
 * True when the host has relaxed SIMD and its f64x2 and f32x4 madd round once. Tried on products whose rounding error
 * decides the sum: (1 + u)^2 - (1 + 2u) is u^2 when fused, 0 when not.
 */
export function probeFusedMadd(): boolean {
  fused ??= probe();
  return fused;
}

function probe(): boolean {
  const w = new ByteWriter();
  for (const b of MAGIC) w.byte(b);
  section(w, SECTION.type, (s) => {
    s.u32(2);
    signature(s, [F64, F64], [F64]);
    signature(s, [F32, F32], [F32]);
  });
  section(w, SECTION.function, (s) => {
    s.u32(2);
    s.u32(0);
    s.u32(1);
  });
  section(w, SECTION.export, (s) => {
    s.u32(2);
    s.name('d');
    s.byte(0);
    s.u32(0);
    s.name('s');
    s.byte(0);
    s.u32(1);
  });
  section(w, SECTION.code, (s) => {
    s.u32(2);
    for (const wide of [true, false]) {
      const c = new Code(2);
      for (const l of [0, 0, 1]) {
        c.get(l);
        c.op(wide ? 0xfd0014 : 0xfd0013);
      }
      c.op(wide ? 0xfd0107 : 0xfd0105);
      c.op(wide ? 0xfd0021 : 0xfd001f);
      c.out.byte(0);
      s.sized(c.body());
    }
  });
  if (!WebAssembly.validate(w.copy())) return false;
  const { d, s } = new WebAssembly.Instance(new WebAssembly.Module(w.copy())).exports as unknown as {
    d: (a: number, c: number) => number;
    s: (a: number, c: number) => number;
  };
  const u = 2 ** -40;
  const v = 2 ** -20;
  return d(1 + u, -(1 + 2 * u)) === u * u && s(1 + v, -(1 + 2 * v)) === v * v;
}
