/**
 * The initial stack of a program (fs/exec.c, create_elf_tables in fs/binfmt_elf.c): from the top down the path of the
 * executable, environment and argument strings, platform name and random bytes, then the auxiliary vector, envp, argv
 * and argc, which sp points at.
 */
import type { Abi } from '../abi/abi.js';
import { AUXV, type AuxvName } from '../abi/auxv.js';
import { E2BIG, ENOMEM } from '../abi/errno.js';
import {
  MAP_ANONYMOUS,
  MAP_FIXED_NOREPLACE,
  MAP_GROWSDOWN,
  MAP_NORESERVE,
  MAP_PRIVATE,
  MAP_STACK,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} from '../mmap/flags.js';
import { PAGE_SIZE, STACK_TOP } from '../mmap/layout.js';
import type { AddressSpace } from '../mmap/space.js';
import { alignDown, alignUp } from '../util/bits.js';
import { LoadError } from './load-error.js';

/** One auxiliary vector entry whose value is a number known before the stack is built. */
export type AuxEntry = readonly [AuxvName, number];

export interface StackRequest {
  readonly abi: Abi;
  /** Byte strings. */
  readonly argv: readonly string[];
  readonly envp: readonly string[];
  /** AT_EXECFN: the path given to execve. */
  readonly execPath: string;
  /** 16 bytes for AT_RANDOM. */
  readonly random: Uint8Array;
  /** In order; AT_RANDOM, AT_EXECFN and AT_PLATFORM are put behind by the builder, and AT_NULL. */
  readonly auxv: readonly AuxEntry[];
  /** Soft limit of the stack in bytes (RLIMIT_STACK). */
  readonly limit: number;
  readonly executable: boolean;
}

/** Where things are on the stack; guest addresses. */
export interface InitialStack {
  readonly sp: number;
  readonly argStart: number;
  readonly argEnd: number;
  readonly envStart: number;
  readonly envEnd: number;
  /** The vector's own bytes, for /proc/self/auxv. */
  readonly auxv: Uint8Array;
}

/** MAX_ARG_STRLEN: 32 pages. */
const MAX_STRING = 131072;
/** Linux maps this much below the strings at once (stack_expand in setup_arg_pages); the rest grows on use. */
const INITIAL_ROOM = 131072;

/** @throws LoadError E2BIG when the strings do not fit a quarter of the stack, ENOMEM when there is no place */
export function buildStack(space: AddressSpace, request: StackRequest): InitialStack {
  const { abi, argv, envp } = request;
  const strings = [...argv, ...envp, request.execPath];
  let total = 0;
  for (const s of strings) {
    if (s.length >= MAX_STRING) throw new LoadError(E2BIG, 'an argument is longer than 128 KiB');
    total += s.length + 1 + abi.wordSize;
  }
  // bprm_stack_limits: a quarter of the limit, never less than 128 KiB.
  if (total > Math.max(Math.floor(Math.min(request.limit, 24 * 1024 * 1024) / 4), MAX_STRING)) {
    throw new LoadError(E2BIG, `${total} bytes of arguments and environment`);
  }

  const auxCount = request.auxv.length + 2 + (abi.platform === undefined ? 0 : 1) + 1;
  const words = 1 + argv.length + 1 + envp.length + 1 + auxCount * 2;
  const platformSize = (abi.platform?.length ?? 0) + 1;
  const stringBytes = strings.reduce<number>((n, s) => n + s.length + 1, abi.wordSize);
  const size = alignUp(stringBytes + platformSize + 16 + 64 + words * abi.wordSize, 16);
  const base = STACK_TOP - size;
  mapStack(space, size, request);

  const image = new Uint8Array(size);
  const view = new DataView(image.buffer);
  const put = (at: number, text: string): number => {
    for (let i = 0; i < text.length; i++) image[at - base + i] = text.charCodeAt(i);
    return at + text.length + 1;
  };
  const execFn = STACK_TOP - abi.wordSize - request.execPath.length - 1;
  put(execFn, request.execPath);
  const envStart = execFn - envp.reduce((n, s) => n + s.length + 1, 0);
  const argStart = envStart - argv.reduce((n, s) => n + s.length + 1, 0);
  let next = argStart;
  const place = (text: string): number => {
    const at = next;
    next = put(at, text);
    return at;
  };
  const argAt = argv.map(place);
  const envAt = envp.map(place);

  let low = alignDown(argStart, 16);
  let platform = 0;
  if (abi.platform !== undefined) {
    low -= alignUp(platformSize, 16);
    platform = low;
    put(platform, abi.platform);
  }
  low -= 16;
  const random = low;
  image.set(request.random.subarray(0, 16), random - base);

  const auxv: AuxEntry[] = [...request.auxv, ['AT_RANDOM', random], ['AT_EXECFN', execFn]];
  if (platform !== 0) auxv.push(['AT_PLATFORM', platform]);
  auxv.push(['AT_NULL', 0]);

  const sp = alignDown(low - words * abi.wordSize, 16);
  let at = sp - base;
  const word = (value: number): void => {
    if (abi.wordSize === 8) {
      view.setUint32(abi.littleEndian ? at + 4 : at, Math.floor(value / 2 ** 32), abi.littleEndian);
      view.setUint32(abi.littleEndian ? at : at + 4, value % 2 ** 32, abi.littleEndian);
    } else view.setUint32(at, value, abi.littleEndian);
    at += abi.wordSize;
  };
  word(argv.length);
  for (const addr of argAt) word(addr);
  word(0);
  for (const addr of envAt) word(addr);
  word(0);
  const auxAt = at;
  for (const [name, value] of auxv) {
    word(AUXV[name]);
    word(value);
  }
  if (!space.copyOut(sp, image.subarray(sp - base))) throw new LoadError(ENOMEM, 'cannot write the stack');
  return { sp, argStart, argEnd: envStart, envStart, envEnd: execFn, auxv: image.slice(auxAt, at) };
}

function mapStack(space: AddressSpace, size: number, request: StackRequest): void {
  const room = Math.min(INITIAL_ROOM, Math.max(request.limit - size, PAGE_SIZE));
  const length = alignUp(size + room, PAGE_SIZE);
  const result = space.map({
    addr: STACK_TOP - length,
    length,
    prot: PROT_READ | PROT_WRITE | (request.executable ? PROT_EXEC : 0),
    flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_STACK | MAP_NORESERVE | MAP_FIXED_NOREPLACE,
    offset: 0,
    name: '[stack]',
  });
  if (result < 0) throw new LoadError(ENOMEM, 'the program occupies the place of the stack');
}
