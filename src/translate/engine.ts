/**
 * Runs guest code until the kernel is needed. At every return all guest state is in the CPU block.
 *
 * This file has the run loops and is the meeting point of front end, compilers and code cache.
 */
import { TRAP } from '../cpu/cpu.js';
import type { Cpu } from '../cpu/cpu.js';
import { EXIT_INTERRUPT } from '../cpu/exit.js';
import type { ExitReason } from '../cpu/exit.js';
import { PENDING_EXIT, WORD_BUDGET, WORD_PC, WORD_PC_HIGH, WORD_PENDING } from '../cpu/layout.js';
import type { AddressSpace } from '../mmap/space.js';
import { FAULT_MAPERR, FAULT_NONE, FAULT_SLOW, PAGE_SHIFT, PERM_EXEC } from '../mmap/layout.js';
import { FAULT_ALIGN } from '../cpu/exit.js';
import { ClosureCompiler } from './closures/compile.js';
import { SpaceCode, TABLE_MASK, TranslationStore } from './code-cache.js';
import type { Block, CodePage } from './code-cache.js';
import { BlockEncoder } from './interp/encode.js';
import type { CodeReader, FrontEnd } from './front-end.js';
import { BlockBuilder } from './ir/builder.js';
import { MAX_BLOCK_INSNS } from './ir/block.js';
import { LINK_NONE } from './ir/inst.js';
import { OPS } from './ir/ops.js';
import type { IrBlock } from './ir/block.js';
import { probeFusedMadd } from './wasm/module.js';
import type { BlockSource, Region } from './wasm/region.js';
import { SpaceCache } from './wasm/persist.js';
import type { TranslationCache } from './wasm/persist.js';
import { SpaceWasm, WasmTier } from './wasm/tier.js';
import type { CompiledModule } from './wasm/tier.js';
import { ticks } from '../util/ticks.js';

/** Counters for --stats; times in milliseconds. */
export interface EngineStats {
  instructions: number;
  blocks: number;
  translatedInstructions: number;
  translateMs: number;
  invalidations: number;
}

/** Where -d logs go; each member is absent unless asked for. */
export interface EngineTrace {
  /** A block was translated. */
  translated?(block: IrBlock, cpu: Cpu): void;
  /** A block is about to run. */
  entered?(pc: number, cpu: Cpu): void;
  /** A WebAssembly module was generated; its first functions are those of the regions. */
  compiled?: (bytes: Uint8Array, regions: readonly Region[]) => void;
}

/** Native stack that nested guest calls may use; V8's default stack is 984 KiB. */
const STACK_BYTES = 600_000;
/**
 * Executions of a block that make it hot. Generating a region costs about as much as interpreting a million
 * instructions, V8's compilers included: what runs less often is better left to the interpreter.
 */
const HOT = 50_000;
const NEVER = 0x7fff_ffff;
/** Most instructions, loop iterations and function entries between two looks at the pending word. */
const SLICE = 100_000;

/**
 * closures: blocks run as closures, nothing is compiled. interp: they run in the interpreter. wasm: they are compiled at
 * their second execution. tiered: the interpreter runs them until they are hot, then they are compiled.
 */
export type EngineMode = 'closures' | 'interp' | 'wasm' | 'tiered';

export interface EngineOptions {
  readonly mode?: EngineMode;
  readonly trace?: EngineTrace | undefined;
  /** Blocks have one instruction. */
  readonly oneInstruction?: boolean;
  /** Compiled code of earlier runs. */
  readonly cache?: TranslationCache | undefined;
  /** What code in the cache depends on besides the program: the build, the guest's ABI and CPU model. */
  readonly cacheKey?: string;
}

/** Reads code of one space, checking execute rights page by page. */
class SpaceReader implements CodeReader {
  cpu: Cpu | undefined;
  half(addr: number): number {
    const cpu = this.cpu as Cpu;
    if (((cpu.perm[addr >>> 12] as number) & PERM_EXEC) === 0) {
      if (addr >= 4294967296) return -1;
      const result = cpu.space.fault(addr, PERM_EXEC);
      if (result === FAULT_SLOW) return cpu.space.slowRead8(addr) | (cpu.space.slowRead8(addr + 1) << 8);
      if (result !== FAULT_NONE) return -1;
    }
    return cpu.u16[addr >>> 1] as number;
  }
}

/** Where indirect jumps have gone. */
function targetsOf(code: SpaceCode): (pc: number) => Iterable<number> {
  return (pc) => code.holder(pc)?.targets(pc) ?? [];
}

export class Engine {
  readonly frontEnd: FrontEnd;
  readonly store = new TranslationStore();
  private readonly compiler: ClosureCompiler;
  private readonly builder = new BlockBuilder();
  private readonly blockInsns: number;
  private readonly reader = new SpaceReader();
  private readonly spaces = new WeakMap<AddressSpace, SpaceCode>();
  private readonly trace: EngineTrace | undefined;
  /** Executions after which a block is hot. */
  private readonly threshold: number;
  private readonly encoder: BlockEncoder;
  private readonly cache: TranslationCache | undefined;
  private readonly cacheKey: string;
  /** Compiles hot code; undefined when only closures run. */
  readonly tier: WasmTier | undefined;
  /** Guest instructions left in the running slice. */
  private left = 0;
  /** Of these, what the budget word was set to. */
  private granted = 0;
  readonly stats: EngineStats = {
    instructions: 0,
    blocks: 0,
    translatedInstructions: 0,
    translateMs: 0,
    invalidations: 0,
  };

  constructor(frontEnd: FrontEnd, options: EngineOptions = {}) {
    this.frontEnd = frontEnd;
    this.compiler = new ClosureCompiler(frontEnd.wordSize);
    this.trace = options.trace;
    this.blockInsns = options.oneInstruction === true ? 1 : MAX_BLOCK_INSNS;
    this.builder.limit = this.blockInsns;
    const mode = options.trace?.entered === undefined ? (options.mode ?? 'tiered') : 'closures';
    this.threshold = mode === 'wasm' ? 2 : mode === 'interp' ? NEVER : HOT;
    this.encoder = new BlockEncoder(this.compiler);
    this.tier = mode === 'closures' ? undefined : new WasmTier(frontEnd.wordSize, frontEnd.stackSlot);
    const { trace } = options;
    if (this.tier !== undefined && trace?.compiled !== undefined)
      this.tier.onModule = (bytes, regions) => trace.compiled?.(bytes, regions);
    // Logs of translation tell of every block.
    this.cache = options.trace === undefined ? options.cache : undefined;
    this.cacheKey =
      this.cache === undefined
        ? ''
        : `${options.cacheKey ?? ''} ${frontEnd.wordSize} ${String(probeFusedMadd())}`;
  }

  /** The code tables of a space; made on first use, when the engine also starts listening to its changes. */
  codeOf(space: AddressSpace): SpaceCode {
    let code = this.spaces.get(space);
    if (code === undefined) {
      code = new SpaceCode(space, this.store, this.tier === undefined);
      if (this.tier !== undefined) {
        code.wasm = new SpaceWasm(space, this.frontEnd.wordSize, this.encoder.closures);
        this.warm(code, code.wasm, space);
      }
      this.spaces.set(space, code);
      const tables = code;
      space.onCodeInvalid = (first, end) => {
        tables.invalidate(first, end);
      };
    }
    return code;
  }

  /** What was compiled for a space after the first `since` modules, and how many there are by now. */
  compiled(
    space: AddressSpace,
    since: number,
  ): { readonly list: readonly CompiledModule[]; readonly total: number } {
    const wasm = this.spaces.get(space)?.wasm;
    return wasm === undefined
      ? { list: [], total: since }
      : { list: wasm.compiled(since), total: wasm.installs };
  }

  /** Installs what another core has compiled for the same memory. */
  install(space: AddressSpace, list: readonly CompiledModule[]): void {
    const code = this.codeOf(space);
    for (const { module, regions } of list) {
      // Looking a page up has it watched for changes.
      for (const { pages } of regions) for (const page of pages) code.page(page);
      code.wasm?.install(module, regions);
    }
  }

  /** Gives a new space what earlier runs of its program have compiled. */
  private warm(code: SpaceCode, wasm: SpaceWasm, space: AddressSpace): void {
    const program = this.cache?.program(space, this.cacheKey);
    if (program === undefined) return;
    wasm.program = program;
    code.saved = program.pages;
    if (program.functions.size > 0 && this.threshold !== NEVER) wasm.cache = new SpaceCache(program, space);
  }

  /**
   * Runs `cpu` until something needs the kernel or about `budget` guest instructions are done (then INTERRUPT).
   * Bits of the pending word other than the engine's own are left for the kernel to clear.
   */
  run(cpu: Cpu, budget = 50_000_000): ExitReason {
    const code = this.codeOf(cpu.space);
    const r = cpu.r;
    for (;;) {
      const before = cpu.instructions;
      const reason = this.loop(cpu, code, budget);
      this.stats.instructions += cpu.instructions - before;
      budget -= cpu.instructions - before;
      const pending = r[WORD_PENDING] as number;
      // fence.i and its kin only ask for a fresh lookup.
      if (reason !== EXIT_INTERRUPT || pending !== 0 || budget <= 0) return reason;
    }
  }

  private loop(cpu: Cpu, code: SpaceCode, budget: number): ExitReason {
    const r = cpu.r;
    this.left = budget;
    try {
      if ((r[WORD_PC_HIGH] as number) !== 0) cpu.wildJump(r[WORD_PC] as number, r[WORD_PC_HIGH] as number);
      const pc = (r[WORD_PC] as number) >>> 0;
      r[WORD_PC] =
        code.wasm === undefined ? this.runClosures(cpu, code, pc) : this.runTiered(cpu, code, code.wasm, pc);
    } catch (e) {
      if (e !== TRAP) throw e;
      this.settle(r);
      cpu.instructions += budget - this.left;
      return cpu.exitReason;
    }
    this.settle(r);
    cpu.instructions += budget - this.left;
    const pending = r[WORD_PENDING] as number;
    if ((pending & PENDING_EXIT) === 0) return EXIT_INTERRUPT;
    r[WORD_PENDING] = pending & ~PENDING_EXIT;
    return cpu.exitReason;
  }

  /** Takes what was used of the budget word off what is left. */
  private settle(r: Int32Array): void {
    if (this.granted === 0) return;
    this.left -= this.granted - (r[WORD_BUDGET] as number);
    this.granted = 0;
  }

  /** Closures only: blocks by pc until the pending word or the budget says stop. Returns the next pc. */
  private runClosures(cpu: Cpu, code: SpaceCode, start: number): number {
    const r = cpu.r;
    const table = code.table;
    const trace = this.trace?.entered === undefined ? undefined : this.trace;
    let pc = start;
    do {
      let block = table[(pc >>> 1) & TABLE_MASK] as Block;
      if (block.pc !== pc) block = this.enter(cpu, code, pc);
      if (trace !== undefined) {
        r[WORD_PC] = pc;
        trace.entered?.(pc, cpu);
      }
      this.left -= block.count;
      const ops = block.ops;
      const n = ops.length;
      for (let i = 0; i < n; i++) (ops[i] as (t: Cpu) => void)(cpu);
      pc = block.end(cpu);
    } while (((r[WORD_PENDING] as number) | (this.left > 0 ? 0 : 1)) === 0);
    return pc;
  }

  /** The interpreter, compiled functions where there are any, and compiling what gets hot. */
  private runTiered(cpu: Cpu, code: SpaceCode, wasm: SpaceWasm, start: number): number {
    const r = cpu.r;
    const { base } = cpu;
    const { interp } = wasm;
    wasm.cpu = cpu;
    let pc = start;
    do {
      this.prepare(cpu, code, wasm, pc);
      this.granted = Math.min(SLICE, this.left);
      r[WORD_BUDGET] = this.granted;
      const next = interp.run(base, STACK_BYTES, pc);
      pc = (next & 1) === 0 ? next >>> 0 : this.step(cpu, code, (next & -2) >>> 0);
      this.settle(r);
    } while ((r[WORD_PENDING] as number) === 0 && this.left > 0);
    return pc;
  }

  /** Has the interpreter find pc: as a compiled function or as a block, translated now if need be. Raises fetch faults. */
  private prepare(cpu: Cpu, code: SpaceCode, wasm: SpaceWasm, pc: number): void {
    const { interp } = wasm;
    if (interp.leads(pc)) {
      if (interp.left(pc) === 0) this.heated(cpu, code, wasm, pc);
      return;
    }
    this.checkFetch(cpu, pc);
    const slot = wasm.functions.get(pc);
    if (slot !== undefined) wasm.expose(pc, slot);
    else if (!interp.show(pc) && !this.showCached(code, wasm, pc)) {
      // With a page that another process or run has filled come all of its blocks.
      interp.placePage(pc >>> PAGE_SHIFT, code.page(pc >>> PAGE_SHIFT), this.threshold, wasm.functions);
      if (interp.show(pc)) return;
      const page = code.holder(pc) ?? this.translate(cpu, code, pc);
      interp.place(pc, page, this.threshold);
    }
  }

  /** Executes the one instruction at pc in the closure engine; returns the next pc. */
  private step(cpu: Cpu, code: SpaceCode, pc: number): number {
    let block = code.steps.get(pc);
    if (block === undefined) {
      this.builder.limit = 1;
      const ir = this.translateIr(cpu, pc);
      this.builder.limit = this.blockInsns;
      const { ops, end } = this.compiler.compile(ir);
      block = { pc, endPc: ir.endPc, count: ir.count, ops, end };
      code.steps.set(pc, block);
    }
    if (this.tier !== undefined) this.tier.stats.steps++;
    for (const op of block.ops) op(cpu);
    return block.end(cpu);
  }

  /** A block is hot: notes it, and compiles when enough is waiting or it is very hot. */
  private heated(cpu: Cpu, code: SpaceCode, wasm: SpaceWasm, pc: number): void {
    const tier = this.tier as WasmTier;
    const { interp, queue } = wasm;
    const { threshold } = this;
    interp.heat(pc, threshold);
    if (threshold === NEVER || (!tier.enqueue(pc, wasm) && threshold === HOT)) return;
    const batch = [...queue.keys()];
    interp.jumps((from, to) => {
      code.holder(from)?.noteTarget(from, to);
    });
    const runs = (at: number): number => {
      const left = interp.left(at);
      return batch.includes(at) ? threshold : left < 0 ? 0 : threshold - left;
    };
    const compile = (): boolean =>
      tier.compile(code, wasm, this.seen(cpu, code, wasm), targetsOf(code), runs).length > 0;
    if (threshold === HOT ? this.survives(compile, wasm, batch) : compile()) return;
    for (const waiting of batch) interp.heat(waiting, NEVER);
  }

  /**
   * Compiles a batch; when that fails by a bug of ours, its entries one by one, and what fails again stays with the
   * interpreter, which needs no compiler. @returns false when the whole batch does
   */
  private survives(compile: () => boolean, { interp, queue }: SpaceWasm, batch: readonly number[]): boolean {
    const tier = this.tier as WasmTier;
    const attempt = (): boolean => {
      try {
        return compile();
      } catch (error) {
        if (error === TRAP) throw error;
        tier.stats.failures++;
        return false;
      }
    };
    const before = tier.stats.failures;
    if (attempt()) return true;
    if (tier.stats.failures === before) return false;
    for (const entry of batch) {
      queue.clear();
      queue.set(entry, 1);
      if (!attempt()) interp.heat(entry, NEVER);
    }
    return true;
  }

  /** Translates blocks that have been run. */
  private seen(cpu: Cpu, code: SpaceCode, wasm: SpaceWasm): BlockSource {
    return (pc, flags) =>
      code.holder(pc) === undefined && !wasm.functions.has(pc) ? undefined : this.translateIr(cpu, pc, flags);
  }

  /** Raises what fetching at pc raises. */
  private checkFetch(cpu: Cpu, pc: number): void {
    if ((pc & (this.frontEnd.codeAlign - 1)) !== 0) cpu.raiseFetch(FAULT_ALIGN, pc, 0);
    const right = (cpu.perm[pc >>> 12] as number) & PERM_EXEC;
    if (right !== 0) return;
    const result = cpu.space.fault(pc, PERM_EXEC);
    if (result !== FAULT_NONE && result !== FAULT_SLOW) cpu.raiseFetch(result, pc, 0);
  }

  /** The closure engine's block at pc: from the space's pages, else translated now. Raises fetch faults. */
  private enter(cpu: Cpu, code: SpaceCode, pc: number): Block {
    this.checkFetch(cpu, pc);
    const page = code.holder(pc) ?? this.translate(cpu, code, pc);
    const block = page.blocks.get(pc) as Block;
    code.table[(pc >>> 1) & TABLE_MASK] = block;
    return block;
  }

  /** Leads to the function that an earlier run compiled for pc; false when there is none. */
  private showCached(code: SpaceCode, wasm: SpaceWasm, pc: number): boolean {
    if (wasm.cache?.has(pc >>> 12) !== true) return false;
    const group = wasm.installCached(pc >>> 12);
    // Looking a page up has it watched for changes.
    for (const f of group?.functions ?? []) for (const p of f.pages) code.page(p.page);
    return wasm.functions.has(pc);
  }

  /** Translates the block at pc; the page that has it now. */
  private translate(cpu: Cpu, code: SpaceCode, pc: number): CodePage {
    // Reading the clock costs as much as translating an instruction: one block in sixteen is timed for all.
    const timed = (this.stats.blocks & 15) === 0;
    const start = timed ? ticks() : 0;
    this.builder.recycle = true;
    const ir = this.translateIr(cpu, pc);
    this.builder.recycle = false;
    if (ir.count === 0) {
      // The instruction starts on this page but its rest cannot be fetched.
      const next = ((pc | 4095) + 1) >>> 0;
      const result = cpu.space.fault(next, PERM_EXEC);
      cpu.raise(result === FAULT_NONE ? FAULT_MAPERR : result, PERM_EXEC, next, 0, pc);
    }
    const page = code.home(pc, ir.endPc);
    if (this.tier === undefined) {
      const { ops, end } = this.compiler.compile(ir);
      page.blocks.set(pc, { pc, endPc: ir.endPc, count: ir.count, ops, end });
    } else {
      const { row, link } = ir.end;
      const indirect = (row === OPS.jumpInd || row === OPS.jumpIndEven) && link === LINK_NONE;
      this.encoder.encode(ir, indirect);
      page.keep(pc, this.encoder.words, this.encoder.length);
    }
    const stats = this.stats;
    stats.blocks++;
    stats.translatedInstructions += ir.count;
    if (timed) stats.translateMs += (ticks() - start) * 16;
    this.trace?.translated?.(ir, cpu);
    return page;
  }

  /**
   * IR of the block at pc, for compilers, tests and logs; 0 instructions when it cannot be fetched. `flags` is the kind of
   * the condition flags at its start, if known.
   */
  translateIr(cpu: Cpu, pc: number, flags?: number): IrBlock {
    this.builder.begin(pc, flags);
    this.reader.cpu = cpu;
    this.frontEnd.translate(this.builder, pc, this.reader);
    return this.builder.finish();
  }
}
