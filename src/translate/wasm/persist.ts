/**
 * Compiled functions of programs seen before, kept in files between runs.
 *
 * A file holds the functions of one program as they are before linking (body and call sites), each with the pages its
 * code came from and a hash of what they contained. When a program enters a mapping for the first time, those of its
 * functions whose pages have the same bytes at the same addresses are linked into one module, which V8 compiles lazily.
 * Nothing in a file is trusted: it must carry the key of this very build, a checksum, and make sense; a module that V8
 * refuses is dropped.
 */
import { FAULT_NONE, PERM_EXEC } from '../../mmap/layout.js';
import type { AddressSpace } from '../../mmap/space.js';
import { decodeFunctions, encodeFunctions } from './persist-format.js';
import type { FunctionCode } from './module.js';
import { linkModule } from './module.js';
import { SavedPages } from '../interp/saved-pages.js';
import { hashPage } from '../page-hash.js';
import type { PageHash } from '../page-hash.js';
import type { Region } from './region.js';

/** Where files are kept. */
export interface CacheStore {
  /** The bytes last saved under a name, or undefined. */
  load(name: string): Uint8Array | undefined;
  save(name: string, bytes: Uint8Array): void;
}

export interface CachedFunction extends FunctionCode {
  readonly pages: readonly PageHash[];
}

/** What installs as one module. */
export interface LinkedGroup {
  readonly module: WebAssembly.Module;
  readonly functions: readonly CachedFunction[];
  readonly bytes: number;
}

export interface CacheStats {
  /** Functions read from files, installed, refused because the code differs, and added to files. */
  read: number;
  installed: number;
  refused: number;
  saved: number;
  /** Pages of blocks for the interpreter: read, used, refused. */
  pagesRead: number;
  pagesUsed: number;
  pagesRefused: number;
}

/** Ends the name of the file with the interpreter's blocks. */
const PAGES = '-pages';
/** Most functions kept of one program: more would not fit the function table. */
const MAX_FUNCTIONS = 4000;

/** Compiled functions of one program. */
export class ProgramCache {
  readonly name: string;
  readonly functions = new Map<number, CachedFunction>();
  /** True when the file lacks something that is here. */
  changed = false;
  readonly stats: CacheStats;
  private readonly refused = new Set<number>();
  /** Linked modules by what is in them, for the forked children of one program. */
  private readonly modules = new Map<string, LinkedGroup>();

  /** Blocks that the interpreter runs. */
  readonly pages: SavedPages;

  constructor(name: string, stats: CacheStats, pages: SavedPages) {
    this.name = name;
    this.stats = stats;
    this.pages = pages;
  }

  /** Adds what a file has and we have not; what was refused here stays out. */
  add(list: readonly CachedFunction[]): void {
    for (const f of list)
      if (!this.functions.has(f.entry) && !this.refused.has(f.entry)) this.functions.set(f.entry, f);
  }

  /** Keeps what was compiled from file pages that nobody has written to. */
  record(space: AddressSpace, regions: readonly Region[], code: readonly FunctionCode[]): void {
    const hashes = new Map<number, PageHash | undefined>();
    const hash = (page: number): PageHash | undefined => {
      if (!hashes.has(page)) {
        const file = space.codeKey(page).key.startsWith('f:');
        hashes.set(page, file ? hashPage(space.memory.i32, page) : undefined);
      }
      return hashes.get(page);
    };
    regions.forEach((region, n) => {
      if (this.functions.size >= MAX_FUNCTIONS) return;
      const pages = region.pages.map(hash).filter((p) => p !== undefined);
      if (pages.length < region.pages.length) return;
      this.functions.set(region.entry, { ...(code[n] as FunctionCode), pages });
      this.changed = true;
      this.stats.saved++;
    });
  }

  drop(functions: readonly CachedFunction[]): void {
    for (const f of functions) {
      if (this.functions.get(f.entry) !== f) continue;
      this.functions.delete(f.entry);
      this.refused.add(f.entry);
      this.changed = true;
      this.stats.refused++;
    }
  }

  /** A module of these functions; undefined when V8 refuses it. */
  link(functions: readonly CachedFunction[]): LinkedGroup | undefined {
    const key = functions.map((f) => f.entry).join();
    const known = this.modules.get(key);
    if (known !== undefined && known.functions.every((f, n) => f === functions[n])) return known;
    const bytes = linkModule(functions);
    // The constructor would throw; a file that passed its checksum but is not valid is from a broken build.
    if (!WebAssembly.validate(bytes)) return undefined;
    const group = { module: new WebAssembly.Module(bytes), functions, bytes: bytes.length };
    this.modules.set(key, group);
    return group;
  }
}

/** The functions of a program that one address space has not tried yet. */
export class SpaceCache {
  private readonly program: ProgramCache;
  private readonly space: AddressSpace;
  private pending: CachedFunction[];
  private pages = new Set<number>();

  constructor(program: ProgramCache, space: AddressSpace) {
    this.program = program;
    this.space = space;
    this.pending = [...program.functions.values()];
    this.index();
  }

  private index(): void {
    this.pages = new Set(this.pending.flatMap((f) => f.pages.map((p) => p.page)));
  }

  /** True when the page has functions that were not tried. */
  has(page: number): boolean {
    return this.pages.has(page);
  }

  /**
   * The functions of the mapping around a page, of which each is tried once: those whose code is there, as a module.
   * `room` bounds their number.
   */
  take(page: number, room: number): LinkedGroup | undefined {
    const addr = page * 4096;
    const vma = this.space.vmas().find((v) => v.start <= addr && addr < v.end);
    const inside = (f: CachedFunction): boolean =>
      vma !== undefined && f.pages.every((p) => p.page * 4096 >= vma.start && p.page * 4096 < vma.end);
    const tried = this.pending.filter((f) => inside(f) || f.pages.some((p) => p.page === page));
    this.pending = this.pending.filter((f) => !tried.includes(f));
    this.index();
    const checked = new Map<number, boolean>();
    let good = tried.filter((f) => f.pages.every((p) => this.same(p, checked)));
    this.program.drop(tried.filter((f) => !good.includes(f)));
    good = closed(good.slice(0, room));
    if (good.length === 0) return undefined;
    const group = this.program.link(good);
    if (group === undefined) this.program.drop(good);
    else this.program.stats.installed += good.length;
    return group;
  }

  /** True when the page can be executed, comes from a file and has the bytes it had. */
  private same(expected: PageHash, checked: Map<number, boolean>): boolean {
    const { page } = expected;
    let result = checked.get(page);
    if (result === undefined) {
      const { space } = this;
      result = false;
      if (space.fault(page * 4096, PERM_EXEC) === FAULT_NONE && space.codeKey(page).key.startsWith('f:')) {
        const { low, high } = hashPage(space.memory.i32, page);
        result = low === expected.low && high === expected.high;
      }
      checked.set(page, result);
    }
    return result;
  }
}

/** Leaves functions out until all that are called are there. */
function closed(functions: CachedFunction[]): CachedFunction[] {
  let kept = functions;
  for (;;) {
    const entries = new Set(kept.map((f) => f.entry));
    const next = kept.filter((f) =>
      f.calls.every(({ target }) => typeof target === 'string' || entries.has(target)),
    );
    if (next.length === kept.length) return kept;
    kept = next;
  }
}

/** All programs of one emulator. */
export class TranslationCache {
  readonly stats: CacheStats = {
    read: 0,
    installed: 0,
    refused: 0,
    saved: 0,
    pagesRead: 0,
    pagesUsed: 0,
    pagesRefused: 0,
  };
  private readonly store: CacheStore;
  private readonly programs = new Map<string, ProgramCache>();

  constructor(store: CacheStore) {
    this.store = store;
  }

  /** `engine` identifies the build, the guest and what else the generated code depends on. */
  program(space: AddressSpace, engine: string): ProgramCache | undefined {
    const main = identity(space);
    if (main === undefined) return undefined;
    const name = fileName(`${engine} ${main}`);
    let program = this.programs.get(name);
    if (program === undefined) {
      program = new ProgramCache(
        name,
        this.stats,
        new SavedPages(this.store.load(name + PAGES), engine, this.stats),
      );
      const bytes = this.store.load(name);
      const functions = bytes === undefined ? undefined : decodeFunctions(bytes, engine);
      if (functions !== undefined) {
        program.add(functions);
        this.stats.read += functions.length;
      }
      this.programs.set(name, program);
      this.engines.set(name, engine);
    }
    return program;
  }

  private readonly engines = new Map<string, string>();

  /** Writes what is new, together with what others have written meanwhile. */
  save(): void {
    for (const program of this.programs.values()) {
      const { name } = program;
      const pages = program.pages.encode();
      if (pages !== undefined) this.store.save(name + PAGES, pages);
      if (!program.changed) continue;
      const engine = this.engines.get(name) as string;
      const mine = [...program.functions.values()];
      const bytes = this.store.load(name);
      const theirs = bytes === undefined ? undefined : decodeFunctions(bytes, engine);
      if (theirs !== undefined && theirs.length + mine.length <= MAX_FUNCTIONS) program.add(theirs);
      this.store.save(name, encodeFunctions([...program.functions.values()], engine));
      program.changed = false;
    }
  }
}

/** The main program: what its lowest executable file mapping shows, and where. */
function identity(space: AddressSpace): string | undefined {
  let first: { start: number; file: { id: string; path: string; version?(): string } } | undefined;
  for (const { start, prot, file } of space.vmas()) {
    if ((prot & PERM_EXEC) === 0 || file === undefined) continue;
    if (first === undefined || start < first.start) first = { start, file };
  }
  if (first === undefined) return undefined;
  const { start, file } = first;
  return `${start} ${file.id} ${file.version?.() ?? ''} ${file.path}`;
}

/** 52 bits of a hash, in hexadecimal. */
function fileName(text: string): string {
  let a = 0x811c9dc5 | 0;
  let b = 0x1234567;
  for (let k = 0; k < text.length; k++) {
    a = Math.imul(a ^ text.charCodeAt(k), 0x01000193);
    b = Math.imul(b ^ text.charCodeAt(k), 0x5bd1e995) ^ (b >>> 15);
  }
  return (a >>> 0).toString(16).padStart(8, '0') + (b >>> 0).toString(16).padStart(8, '0');
}
