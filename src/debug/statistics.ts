/** What `--stats` prints. Times are milliseconds, sizes bytes. */

export interface EngineFigures {
  readonly name: string;
  readonly instructions: number;
  readonly blocks: number;
  readonly translatedInstructions: number;
  readonly translateMs: number;
  readonly invalidations: number;
  readonly wasm:
    | {
        readonly modules: number;
        readonly regions: number;
        readonly wasmBytes: number;
        readonly buildMs: number;
        readonly compileMs: number;
        readonly steps: number;
        /** Times that compiling ended in an internal error. */
        readonly failures: number;
      }
    | undefined;
}

export interface Statistics {
  /** From the start of the guest to its end. */
  readonly wallMs: number;
  readonly engines: readonly EngineFigures[];
  readonly syscalls: number;
  readonly minorFaults: number;
  readonly majorFaults: number;
  readonly peakResident: number;
  readonly processes: number;
  /** Functions of the translation cache, when there is one. */
  readonly cache?:
    | {
        readonly read: number;
        readonly installed: number;
        readonly refused: number;
        readonly saved: number;
        readonly pagesRead: number;
        readonly pagesUsed: number;
        readonly pagesRefused: number;
      }
    | undefined;
  /** Work of further cores, when there may be some: how many were started, tasks given to them, what they asked for. */
  readonly cores?:
    { readonly started: number; readonly tasks: number; readonly requests: number } | undefined;
}

const round = (v: number, digits = 1): string => v.toFixed(digits);
const grouped = (v: number): string => v.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ' ');

export function statisticsText(s: Statistics): string {
  const rows: [string, string][] = [['wall time', `${round(s.wallMs)} ms`]];
  for (const e of s.engines) {
    const label = (what: string): string => (s.engines.length > 1 ? `${e.name} ${what}` : what);
    const speed = s.wallMs > 0 ? ` (${round(e.instructions / s.wallMs / 1000)} million/s)` : '';
    rows.push([label('instructions'), `${grouped(e.instructions)}${speed}`]);
    rows.push([label('blocks'), `${grouped(e.blocks)} of ${grouped(e.translatedInstructions)} instructions`]);
    rows.push([
      label('translation'),
      `${round(e.translateMs)} ms, ${grouped(e.invalidations)} invalidations`,
    ]);
    if (e.wasm !== undefined) {
      const { modules, regions, wasmBytes, buildMs, compileMs, steps, failures } = e.wasm;
      rows.push([label('wasm'), `${modules} modules, ${regions} regions, ${grouped(wasmBytes)} bytes`]);
      rows.push([label('wasm time'), `${round(buildMs)} ms generating, ${round(compileMs)} ms compiling`]);
      rows.push([label('wasm exits'), `${grouped(steps)} single steps`]);
      if (failures > 0) rows.push([label('wasm failures'), `${failures}, a bug: please report the program`]);
    }
  }
  if (s.cache !== undefined) {
    const { read, installed, refused, saved } = s.cache;
    rows.push(['cache', `${read} functions read, ${installed} used, ${refused} refused, ${saved} added`]);
    const { pagesRead, pagesUsed, pagesRefused } = s.cache;
    rows.push(['cached pages', `${pagesRead} read, ${pagesUsed} used, ${pagesRefused} refused`]);
  }
  if (s.cores !== undefined) {
    const { started, tasks, requests } = s.cores;
    rows.push(['further cores', `${started} started, ${tasks} tasks taken, ${requests} requests`]);
  }
  rows.push(['system calls', grouped(s.syscalls)]);
  rows.push(['page faults', `${grouped(s.minorFaults)} minor, ${grouped(s.majorFaults)} major`]);
  rows.push(['peak resident', `${grouped(s.peakResident / 1024)} KiB`]);
  rows.push(['processes', String(s.processes)]);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('');
}
