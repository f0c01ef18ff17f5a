/**
 * Tiering: which code becomes WebAssembly, when, and what happens when code changes.
 *
 * A block that has run HOT times in the interpreter becomes the entry of a region; its known callees that have run too
 * are compiled in the same module. Functions of an address space are reached from the run loop by pc and from other
 * modules through a table in guest-invisible memory keyed by pc (lookup) and a small function table.
 */
import type { Cpu } from '../../cpu/cpu.js';
import type { AddressSpace } from '../../mmap/space.js';
import type { Closure } from '../closures/evaluators.gen.js';
import { HELPERS } from '../helpers.js';
import type { SpaceCode } from '../code-cache.js';
import { emitFunctions, linkModule, MAX_TABLE_SLOTS, probeFusedMadd, TABLE_SLOTS } from './module.js';
import type { FunctionCode } from './module.js';
import { LOOKUP_BITS, NOWHERE, coreArea } from '../interp/layout.js';
import { SpaceInterp } from '../interp/space.js';
import type { LinkedGroup, ProgramCache, SpaceCache } from './persist.js';
import { buildRegion, linkLandings, settleFlags } from './region.js';
import type { BlockSource, Region } from './region.js';
import { ticks } from '../../util/ticks.js';

const LOOKUP_MASK = (1 << LOOKUP_BITS) - 1;

/** Most IR instructions compiled in one go while the guest waits. */
const MAX_BATCH = 12_000;
/** A callee joins its caller's module when it has run this often. */
const CALLEE_HEAT = 100;
/** A region this large stops at code that has a function already; a smaller one takes a copy of it, up to so many. */
const SMALL_REGION = 400;
const MAX_COPIES = 3;
/** Entries that wait to be compiled in one module. */
const BATCH_ENTRIES = 12;
/** Times a block must get hot to be compiled without waiting for others. */
const AGAIN = 3;

/** Bytes of a function; V8 refuses those of more than 7,654,321. */
const MAX_FUNCTION = 1_000_000;

/**
 * Modules after which a function table is replaced: in V8 before version 12 a table keeps every instance that it was given to,
 * and each has a copy of it, of 25 KB at least.
 */
const TABLE_USES = 2000;

/** Share of the function table that functions from the translation cache may take. */
const CACHED_SHARE = 0.8;

export interface TierStats {
  modules: number;
  regions: number;
  wasmBytes: number;
  buildMs: number;
  compileMs: number;
  steps: number;
  /** Times that compiling ended in an internal error. */
  failures: number;
}

/** What is left to know of a region once it is installed. */
type InstalledRegion = Pick<Region, 'entry' | 'pages'> & {
  readonly blocks: readonly { readonly pc: number }[];
};

/** A module that another core can install for the same memory. */
export interface CompiledModule {
  readonly module: WebAssembly.Module;
  readonly regions: readonly InstalledRegion[];
}

interface Installed {
  readonly module: WebAssembly.Module;
  /** Counted up. */
  readonly number: number;
  readonly regions: readonly InstalledRegion[];
  readonly slots: readonly number[];
}

/** Compiled code of one address space. */
export class SpaceWasm {
  /** Slots of the function table by entry pc. */
  readonly functions = new Map<number, number>();
  /** Runs blocks and compiled code. */
  readonly interp: SpaceInterp;
  private table = newTable(TABLE_SLOTS);
  /** Modules instantiated with the table. */
  tableUses = 0;
  private slotPc = new Int32Array(TABLE_SLOTS);
  private nextSlot = 1;
  private readonly installed = new Set<Installed>();
  /** Modules installed so far. */
  installs = 0;
  private readonly space: AddressSpace;
  private imports: WebAssembly.Imports;
  /** What earlier runs have compiled, when there is a translation cache; what this run compiles goes there. */
  program: ProgramCache | undefined;
  cache: SpaceCache | undefined;
  /** The task on whose behalf code runs; helpers get it. */
  cpu: Cpu | undefined;
  readonly lookupBase = coreArea().lookup;
  /** Hot blocks waiting for the next module, and how often each has got hot. */
  readonly queue = new Map<number, number>();
  /** In how many regions each block has been compiled. */
  readonly copies = new Map<number, number>();
  /** Where longjmps have gone. */
  readonly landings = new Set<number>();

  /** `closures` are those that the interpreter's code calls. */
  constructor(space: AddressSpace, wordSize: 4 | 8, closures: readonly Closure[]) {
    this.space = space;
    const helper = (
      _base: number,
      index: number,
      d: number,
      a: number,
      b: number,
      c: number,
      imm: number,
      pc: number,
    ): void => {
      const fn = HELPERS[index];
      if (fn !== undefined) fn(this.cpu as Cpu, d, a, b, c, imm, pc >>> 0);
    };
    this.imports = {
      e: { m: space.memory.wasm, t: this.table, h: helper, l: this.lookupBase },
    };
    const { memory } = space;
    if (memory.dropCode !== undefined)
      memory.i32.fill(0, this.lookupBase >>> 2, (this.lookupBase >>> 2) + 2 * (LOOKUP_MASK + 1));
    memory.i32[this.lookup(0)] = NOWHERE;
    this.interp = new SpaceInterp(memory, wordSize, this.table, (_base, index) => {
      (closures[index] as Closure)(this.cpu as Cpu);
    });
  }

  /**
   * Installs what the translation cache has for the mapping around a page. The caller has the functions' pages watched
   * for changes.
   */
  installCached(page: number): LinkedGroup | undefined {
    const room = Math.floor(MAX_TABLE_SLOTS * CACHED_SHARE) - this.functions.size;
    const group = this.cache?.take(page, Math.max(0, room));
    if (group === undefined) return undefined;
    const regions = group.functions.map((f) => ({
      entry: f.entry,
      pages: f.pages.map((p) => p.page),
      blocks: [],
    }));
    this.install(group.module, regions);
    return group;
  }

  install(module: WebAssembly.Module, regions: readonly InstalledRegion[]): void {
    if (this.tableUses++ >= Math.max(TABLE_USES, 2 * this.installed.size)) this.renewTable();
    const instance = new WebAssembly.Instance(module, this.imports);
    const slots: number[] = [];
    regions.forEach((r, n) => {
      slots.push(this.publish(r.entry, instance.exports[`f${n}`]));
    });
    this.installed.add({ module, number: ++this.installs, regions, slots });
  }

  /** Moves what is still good to a new table. Nothing of the old one may be running. */
  private renewTable(): void {
    this.table = newTable(this.slotPc.length);
    this.imports = { e: { ...this.imports['e'], t: this.table } };
    this.tableUses = 1;
    for (const m of this.installed) {
      const exports = m.regions.flatMap((r, n) => {
        const slot = m.slots[n] as number;
        return this.slotPc[slot] === (r.entry | 0) ? [{ slot, name: `f${n}` }] : [];
      });
      if (exports.length === 0) {
        // Others have its slots.
        this.installed.delete(m);
        continue;
      }
      this.tableUses++;
      const instance = new WebAssembly.Instance(m.module, this.imports);
      for (const { slot, name } of exports) this.table.set(slot, instance.exports[name]);
    }
    this.interp.useTable(this.table);
  }

  /** What was installed after the first `since` modules and is still good, for another core. */
  compiled(since: number): CompiledModule[] {
    const list: CompiledModule[] = [];
    for (const { module, number, regions } of this.installed) {
      if (number <= since) continue;
      list.push({
        module,
        regions: regions.map(({ entry, pages, blocks }) => ({
          entry,
          pages: [...pages],
          blocks: blocks.map(({ pc }) => ({ pc })),
        })),
      });
    }
    return list;
  }

  /** Makes a function reachable from other modules. */
  private publish(pc: number, fn: unknown): number {
    const slot = this.takeSlot();
    this.retract((this.slotPc[slot] as number) >>> 0, slot);
    this.table.set(slot, fn);
    this.slotPc[slot] = pc;
    this.functions.set(pc, slot);
    this.expose(pc, slot);
    return slot;
  }

  /** The next slot in turn; when all have been used, there are twice as many, up to the most. */
  private takeSlot(): number {
    const slots = this.slotPc.length;
    if (this.nextSlot === slots) {
      if (slots < MAX_TABLE_SLOTS) {
        this.table.grow(slots);
        const more = new Int32Array(slots * 2);
        more.set(this.slotPc);
        this.slotPc = more;
      } else this.nextSlot = 1;
    }
    return this.nextSlot++;
  }

  /** Makes the lookup table lead to the function of a pc (another pc may have had the entry). */
  expose(pc: number, slot: number): void {
    const at = this.lookup(pc);
    this.space.memory.i32[at] = pc;
    this.space.memory.i32[at + 1] = slot;
    this.interp.showFunction(pc, slot);
  }

  /** Index into the words of memory of the lookup entry of a pc. */
  private lookup(pc: number): number {
    return (this.lookupBase >>> 2) + ((pc >>> 1) & LOOKUP_MASK) * 2;
  }

  private retract(pc: number, slot: number): void {
    const at = this.lookup(pc);
    const words = this.space.memory.i32;
    if (words[at] === (pc | 0) && words[at + 1] === slot) words[at] = NOWHERE;
    this.interp.retract(pc, slot);
    if (this.functions.get(pc) === slot) this.functions.delete(pc);
  }

  /** Drops every module made from code in pages [first, end). True when there was one. */
  invalidate(first: number, end: number): boolean {
    let hit = false;
    for (const m of this.installed) {
      if (!m.regions.some((r) => r.pages.some((p) => p >= first && p < end))) continue;
      hit = true;
      this.installed.delete(m);
      m.regions.forEach((r, n) => {
        for (const b of r.blocks) this.copies.delete(b.pc);
        const slot = m.slots[n] as number;
        this.retract(r.entry, slot);
        if (this.slotPc[slot] === (r.entry | 0)) {
          this.table.set(slot, null);
          this.slotPc[slot] = -1;
        }
      });
    }
    return hit;
  }
}

function newTable(slots: number): WebAssembly.Table {
  return new WebAssembly.Table({ element: 'anyfunc', initial: slots, maximum: MAX_TABLE_SLOTS });
}

export class WasmTier {
  readonly stats: TierStats = {
    modules: 0,
    regions: 0,
    wasmBytes: 0,
    buildMs: 0,
    compileMs: 0,
    steps: 0,
    failures: 0,
  };
  private readonly wordSize: 4 | 8;
  private readonly stackSlot: number;
  /** Receives each module's bytes, for -d wasm. */
  onModule: ((bytes: Uint8Array, regions: readonly Region[]) => void) | undefined;

  constructor(wordSize: 4 | 8, stackSlot: number) {
    this.wordSize = wordSize;
    this.stackSlot = stackSlot;
  }

  /** Notes a hot block. True when it is time to compile: enough is waiting, or a block got hot again. */
  enqueue(pc: number, target: SpaceWasm): boolean {
    const { queue } = target;
    const times = (queue.get(pc) ?? 0) + 1;
    queue.set(pc, times);
    return times >= AGAIN || queue.size >= BATCH_ENTRIES;
  }

  /**
   * Compiles the regions of the waiting entries and their warm callees as one module, and installs it. `source`
   * translates blocks that have been run before, `runs` says how often. Returns the regions, none when there is nothing to
   * compile or it would be too large.
   */
  compile(
    code: SpaceCode,
    target: SpaceWasm,
    source: BlockSource,
    jumpTargets: (pc: number) => Iterable<number>,
    runs: (pc: number) => number,
  ): readonly Region[] {
    const start = ticks();
    const regions = this.batch(target, source, jumpTargets, runs);
    if (regions.length === 0) return regions;
    const functions = this.emit(regions);
    if (functions.some((f) => f.body.length > MAX_FUNCTION)) return [];
    const bytes = linkModule(functions);
    const built = ticks();
    this.onModule?.(bytes, regions);
    target.install(new WebAssembly.Module(bytes), regions);
    target.program?.record(code.space, regions, functions);
    const stats = this.stats;
    stats.modules++;
    stats.regions += regions.length;
    stats.wasmBytes += bytes.length;
    stats.buildMs += built - start;
    stats.compileMs += ticks() - built;
    return regions;
  }

  private emit(regions: readonly Region[]): FunctionCode[] {
    return emitFunctions(regions, {
      wordSize: this.wordSize,
      stackSlot: this.stackSlot,
      lookupMask: LOOKUP_MASK,
      hostFma: probeFusedMadd(),
    });
  }

  private batch(
    target: SpaceWasm,
    source: BlockSource,
    jumpTargets: (pc: number) => Iterable<number>,
    runs: (pc: number) => number,
  ): Region[] {
    const regions: Region[] = [];
    // A function's first block comes before its loops, whose blocks it then contains.
    const queue = [...target.queue.keys()].sort((a, b) => a - b);
    target.queue.clear();
    const covered = new Set<number>();
    const seen = new Set(queue);
    const { copies, functions } = target;
    const boundary = (pc: number, size: number): boolean =>
      (size > SMALL_REGION && functions.has(pc)) || (copies.get(pc) ?? 0) >= MAX_COPIES;
    let size = 0;
    for (let k = 0; k < queue.length && size < MAX_BATCH; k++) {
      const entry = queue[k] as number;
      // Inside another new region: it may never be entered again; if it is, it gets hot again.
      if (covered.has(entry) || functions.has(entry)) continue;
      const region = buildRegion(entry, source, boundary, jumpTargets, this.stackSlot);
      if (region === undefined) continue;
      regions.push(region);
      for (const pc of region.landings) target.landings.add(pc);
      for (const b of region.blocks) {
        size += b.insts.length + 1;
        covered.add(b.pc);
        copies.set(b.pc, (copies.get(b.pc) ?? 0) + 1);
      }
      for (const callee of region.callees) {
        if (seen.has(callee) || functions.has(callee)) continue;
        if (runs(callee) < CALLEE_HEAT) continue;
        seen.add(callee);
        queue.push(callee);
      }
    }
    return regions.map((region) => {
      linkLandings(region.blocks, target.landings);
      return { ...region, blocks: settleFlags(region.blocks, source) };
    });
  }
}
