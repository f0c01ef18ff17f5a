/** Puts region functions, their check functions and imports into one WebAssembly module. */
import { ByteWriter, I32 } from './encoder.js';
import type { ValType } from './encoder.js';
import { emitRegion } from './emit-region.js';
import { checkFunction, CheckSet } from './fp-checks.js';
import type { Region } from './region.js';

const MAGIC = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const SECTION = { type: 1, import: 2, function: 3, export: 7, code: 10 } as const;
/** Slots of the function table shared by the modules of one address space. */
export const TABLE_SLOTS = 1024;
const WASM_PAGES = 65536;
/** Index of the only imported function. */
const HELPER_IMPORT = 0;
const IMPORTED_FUNCTIONS = 1;

export interface ModuleOptions {
  readonly wordSize: 4 | 8;
  readonly lookupBase: number;
  readonly lookupMask: number;
  alone(pc: number): boolean;
}

/** The module's bytes; export `f<n>` is the function of regions[n]. */
export function buildModule(regions: readonly Region[], options: ModuleOptions): Uint8Array {
  const checks = new CheckSet(IMPORTED_FUNCTIONS + regions.length);
  const indexOf = new Map(regions.map((r, n) => [r.entry, IMPORTED_FUNCTIONS + n]));
  const bodies = regions.map((r) =>
    emitRegion(r, {
      ...options,
      helperImport: HELPER_IMPORT,
      functionOf: (pc) => indexOf.get(pc) ?? -1,
      checks,
      alone: (pc) => options.alone(pc),
    }).code.body(),
  );
  const extra = checks.list.map((name) => checkFunction(name));
  const w = new ByteWriter();
  for (const b of MAGIC) w.byte(b);
  section(w, SECTION.type, (s) => {
    s.u32(2 + extra.length);
    signature(s, [I32, I32], [I32]);
    signature(s, [I32, I32, I32, I32, I32, I32, I32, I32], []);
    for (const f of extra) signature(s, f.params, [f.result]);
  });
  section(w, SECTION.import, imports);
  section(w, SECTION.function, (s) => {
    s.u32(regions.length + extra.length);
    for (let n = 0; n < regions.length; n++) s.u32(0);
    extra.forEach((_, n) => {
      s.u32(2 + n);
    });
  });
  section(w, SECTION.export, (s) => {
    s.u32(regions.length);
    regions.forEach((_, n) => {
      s.name(`f${n}`);
      s.byte(0);
      s.u32(IMPORTED_FUNCTIONS + n);
    });
  });
  section(w, SECTION.code, (s) => {
    s.u32(bodies.length + extra.length);
    for (const b of bodies) s.sized(b);
    for (const f of extra) s.sized(f.body);
  });
  return w.copy();
}

function section(w: ByteWriter, id: number, fill: (s: ByteWriter) => void): void {
  const s = new ByteWriter();
  fill(s);
  w.byte(id);
  w.sized(s);
}

function signature(s: ByteWriter, params: readonly ValType[], results: readonly ValType[]): void {
  s.byte(0x60);
  s.u32(params.length);
  for (const p of params) s.byte(p);
  s.u32(results.length);
  for (const r of results) s.byte(r);
}

function imports(s: ByteWriter): void {
  s.u32(3);
  s.name('e');
  s.name('h');
  s.byte(0);
  s.u32(1);
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
