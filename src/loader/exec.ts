/**
 * execve in two halves. `prepareExec` finds the program, follows `#!` lines, opens the interpreter and checks all
 * headers: everything that can fail while the caller still has its old program. `installExec` fills a new, empty
 * address space.
 */
import type { Abi } from '../abi/abi.js';
import type { AuxvName } from '../abi/auxv.js';
import { ELIBBAD, ELOOP, ENOENT, ENOEXEC } from '../abi/errno.js';
import type { FileBacking } from '../mmap/file-backing.js';
import { PAGE_SIZE, PIE_BASE } from '../mmap/layout.js';
import type { AddressSpace } from '../mmap/space.js';
import { alignUp } from '../util/bits.js';
import { type ElfImage, interpreterPath, isElf, parseElf } from './elf.js';
import { LoadError } from './load-error.js';
import { type MappedImage, mapImage } from './map-image.js';
import { HEAD_SIZE, isScript, MAX_DEPTH, parseScriptLine } from './script.js';
import { byteString, type LoaderPort, readUpTo } from './source.js';
import { type AuxEntry, buildStack } from './stack.js';
import { mapTrampoline } from './trampoline.js';

/** A program that can be started. */
export interface Prepared {
  readonly image: ElfImage;
  readonly interpreter: ElfImage | undefined;
  /** Path of the ELF file (of the script's interpreter for a script), a byte string as the guest sees it. */
  readonly exePath: string;
  /** Path given to execve: AT_EXECFN. */
  readonly execPath: string;
  readonly argv: readonly string[];
  readonly abi: Abi;
  /** Closes the files; also to be called after installExec, whose mappings hold their own. */
  close(): void;
}

/**
 * @param path byte string, absolute or relative to what the port resolves against
 * @param argv byte strings; argv[0] need not be the path
 * @throws LoadError; nothing is left open
 */
export function prepareExec(port: LoaderPort, path: string, argv: readonly string[]): Prepared {
  const open: FileBacking[] = [];
  const close = (): void => {
    for (const file of open.splice(0)) file.close();
  };
  const openFile = (name: string): FileBacking => {
    const file = port.openExecutable(name);
    if (typeof file === 'number') throw new LoadError(-file);
    open.push(file);
    return file;
  };
  try {
    const found = followScripts(openFile, path, argv);
    const image = parseElf(found.file, found.head);
    const interpreter = openInterpreter(openFile, image);
    return {
      image,
      interpreter,
      exePath: found.path,
      execPath: path,
      argv: found.argv,
      abi: image.abi,
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

interface Found {
  readonly file: FileBacking;
  readonly head: Uint8Array;
  readonly path: string;
  readonly argv: readonly string[];
}

function followScripts(
  openFile: (path: string) => FileBacking,
  path: string,
  argv: readonly string[],
): Found {
  let at = path;
  let args = argv;
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    const file = openNested(openFile, at, depth);
    const head = readUpTo(file, 0, HEAD_SIZE);
    if (isElf(head)) return { file, head, path: at, argv: args };
    const text = byteString(head);
    if (!isScript(text)) throw new LoadError(ENOEXEC, head.length === 0 ? 'empty file' : 'not an ELF file');
    const { interpreter, argument } = parseScriptLine(text);
    // argv[0] is replaced by the script's path, behind the interpreter and its argument.
    args = [interpreter, ...(argument === undefined ? [] : [argument]), at, ...args.slice(1)];
    at = interpreter;
  }
  throw new LoadError(ELOOP, 'too many levels of #! interpreters');
}

function openNested(openFile: (path: string) => FileBacking, path: string, depth: number): FileBacking {
  if (depth === 0) return openFile(path);
  return withContext(() => openFile(path), `interpreter ${path}`);
}

function openInterpreter(openFile: (path: string) => FileBacking, image: ElfImage): ElfImage | undefined {
  const path = interpreterPath(image);
  if (path === undefined) return undefined;
  return withContext(() => {
    const file = openFile(path);
    const head = readUpTo(file, 0, HEAD_SIZE);
    if (!isElf(head)) throw new LoadError(ELIBBAD, 'not an ELF file');
    const interpreter = parseElf(file, head);
    if (interpreter.abi !== image.abi) throw new LoadError(ELIBBAD, `is for ${interpreter.abi.name}`);
    return interpreter;
  }, `ELF interpreter ${path}`);
}

/** Says which file a failure is about when it is not the one that was asked for. */
function withContext<T>(work: () => T, what: string): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    const hint = error.errno === ENOENT ? ' (is the sysroot given with -L?)' : '';
    throw new LoadError(error.errno, `${what}: ${error.message}${hint}`);
  }
}

/** What the kernel knows and the program learns from its stack. */
export interface ExecEnvironment {
  /** Byte strings `NAME=VALUE`. */
  readonly envp: readonly string[];
  readonly uid: number;
  readonly euid: number;
  readonly gid: number;
  readonly egid: number;
  /** AT_SECURE: set-user-ID or the like. */
  readonly secure: boolean;
  /** 16 random bytes. */
  readonly random: Uint8Array;
  /** RLIMIT_STACK in bytes, Infinity for none. */
  readonly stackLimit: number;
  /** Of the CPU model chosen, when it is not the Abi's default. */
  readonly hwcap?: number;
  readonly hwcap2?: number;
}

/** A program in memory, ready to run at `pc` with `sp`; the fields are those of /proc/self/stat and maps. */
export interface Installed {
  readonly abi: Abi;
  readonly pc: number;
  readonly sp: number;
  readonly trampoline: number;
  readonly main: MappedImage;
  readonly interpreter: MappedImage | undefined;
  readonly startBrk: number;
  readonly argStart: number;
  readonly argEnd: number;
  readonly envStart: number;
  readonly envEnd: number;
  readonly auxv: Uint8Array;
}

/** Clock ticks a second that times(2) and /proc speak of (USER_HZ). */
export const CLOCK_TICKS = 100;

/**
 * Maps the program, its interpreter, the trampoline and the stack, and sets the program break.
 * @throws LoadError; the space is then to be thrown away
 */
export function installExec(space: AddressSpace, prepared: Prepared, env: ExecEnvironment): Installed {
  const { image, abi } = prepared;
  const main = mapImage(space, image, PIE_BASE);
  const interpreter = prepared.interpreter && mapImage(space, prepared.interpreter, 0);
  const trampoline = mapTrampoline(space, abi);
  const startBrk = alignUp(main.end, PAGE_SIZE);
  space.initBrk(startBrk);
  const stack = buildStack(space, {
    abi,
    argv: prepared.argv,
    envp: env.envp,
    execPath: prepared.execPath,
    random: env.random,
    auxv: auxiliary(prepared, main, interpreter, env),
    limit: env.stackLimit,
    executable: wantsExecutableStack(image),
  });
  const { argStart, argEnd, envStart, envEnd, auxv, sp } = stack;
  const pc = interpreter?.entry ?? main.entry;
  return { abi, pc, sp, trampoline, main, interpreter, startBrk, argStart, argEnd, envStart, envEnd, auxv };
}

/** PT_GNU_STACK decides; without one only 32-bit ARM keeps the old default of an executable stack. */
function wantsExecutableStack(image: ElfImage): boolean {
  const segment = image.segments.find((s) => s.type === 'stack');
  return segment === undefined ? image.abi.isa === 'arm' : segment.exec;
}

/** In the order of create_elf_tables. */
function auxiliary(
  prepared: Prepared,
  main: MappedImage,
  interpreter: MappedImage | undefined,
  env: ExecEnvironment,
): AuxEntry[] {
  const { abi, image } = prepared;
  const entries: (readonly [AuxvName, number] | undefined)[] = [
    abi.isa === 'arm' ? undefined : ['AT_MINSIGSTKSZ', abi.minSigStack],
    ['AT_HWCAP', env.hwcap ?? abi.hwcap],
    ['AT_PAGESZ', PAGE_SIZE],
    ['AT_CLKTCK', CLOCK_TICKS],
    ['AT_PHDR', main.phdr],
    ['AT_PHENT', image.phEntrySize],
    ['AT_PHNUM', image.phCount],
    ['AT_BASE', interpreter?.bias ?? 0],
    ['AT_FLAGS', 0],
    ['AT_ENTRY', main.entry],
    ['AT_UID', env.uid],
    ['AT_EUID', env.euid],
    ['AT_GID', env.gid],
    ['AT_EGID', env.egid],
    ['AT_SECURE', env.secure ? 1 : 0],
    ['AT_HWCAP2', env.hwcap2 ?? abi.hwcap2],
  ];
  return entries.filter((e) => e !== undefined);
}
