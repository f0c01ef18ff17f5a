/**
 * The shape of a system call's row. A row is the only statement about a call: it drives unpacking of the argument
 * registers, the strace text and docs/syscalls.md.
 *
 * Format of a row in a family file, keyed by the kernel's name of the call:
 *
 *     openat: sys(['dirfd: dirfd', 'path: path', 'flags: oflags', 'mode: mode'], 'fd', sysOpenat, full),
 *
 * `'name: kind'` gives each argument its name in strace output and its kind. The handler's parameter types follow from
 * the kinds: `path` and `cstr` arrive as byte strings (one char per byte, latin1), already read from guest memory
 * (EFAULT, ENAMETOOLONG are dealt with); `path?`/`cstr?` as string or null; everything else as a number. Pointers to
 * structs (`in timespec`, `out stat`, `inout msghdr`) arrive as the guest address: use `task.user`.
 */
import type * as structs from '../abi/structs/index.js';
import type { Blocking } from '../kernel/wait.js';
import type { Task } from '../kernel/task.js';

/**
 * Kinds whose value is the register's low 32 bits, signed (C's int).
 * After the bar: how strace prints them, when not as decimal.
 */
export type IntKind =
  | 'fd' //         file descriptor
  | 'dirfd' //      file descriptor or AT_FDCWD
  | 'int'
  | 'pid'
  | 'signo' //      SIGINT
  | 'whence' //     SEEK_SET
  | 'clockid' //    CLOCK_MONOTONIC
  | 'fcntl' //      F_GETFD
  | 'futexop' //    FUTEX_WAIT_PRIVATE
  | 'madvise' //    MADV_DONTNEED
  | 'resource' //   RLIMIT_NOFILE
  | 'sighow' //     SIG_BLOCK
  | 'which' //      ITIMER_REAL, RUSAGE_SELF: plain number
  | 'epollop' //    EPOLL_CTL_ADD
  | 'family' //     AF_UNIX
  | 'prctl'; //     PR_SET_NAME

/** Low 32 bits, unsigned (unsigned int). */
export type UintKind =
  | 'uint'
  | 'hex32'
  | 'uid'
  | 'gid'
  | 'mode' //       octal
  | 'oflags' //     O_RDONLY|O_CLOEXEC; the handler gets the guest's own bits
  | 'atflags' //    AT_SYMLINK_NOFOLLOW
  | 'access' //     R_OK
  | 'mapprot' //    PROT_READ|PROT_WRITE
  | 'mapflags' //   MAP_PRIVATE|MAP_ANONYMOUS
  | 'cloneflags' // CLONE_VM|SIGCHLD
  | 'waitopts' //   WNOHANG
  | 'ioctl' //      TCGETS
  | 'dev'
  | 'statxmask'
  | 'fdflags' //    flags of pipe2, eventfd2, epoll_create1, dup3…: O_CLOEXEC, O_NONBLOCK
  | 'msgflags'; //  MSG_PEEK

/**
 * What a pointer points to, for strace: a struct of src/abi/structs by the name it is exported under, or one of
 * `buf` (bytes; their number is the next argument, or for `out` the result), `iovecs` (the next argument is the
 * count), `strv` (a NULL-terminated vector of strings), `i32`, `u64`, `word` (one value), `fdpair` (two descriptors),
 * `data` (opaque: an address).
 */
export type Pointee =
  keyof typeof structs | 'buf' | 'iovecs' | 'strv' | 'i32' | 'u64' | 'word' | 'fdpair' | 'data';

/** A whole register, unsigned (unsigned long, size_t, a pointer). Above 2^53 inexact, which no valid value is. */
export type WordKind =
  | 'ulong'
  | 'size'
  | 'ptr' //        0x7f…, NULL
  | 'hex'
  | `in ${Pointee}` //     printed before the call
  | `out ${Pointee}` //    printed after it
  | `inout ${Pointee}`; // printed before and after

/** A whole register, signed (long, ssize_t). */
export type LongKind = 'long';

/** 64 bits: one register on 64-bit guests, a register pair on 32-bit ones (aligned to even where the ABI says so). */
export type Off64Kind = 'off64' | 'u64' | 'hex64';

/** NUL-terminated strings in guest memory, read before the handler runs; `?` allows NULL. */
export type StringKind = 'path' | 'cstr' | 'path?' | 'cstr?';

export type Kind = IntKind | UintKind | WordKind | LongKind | Off64Kind | StringKind;
export type ArgSpec = `${string}: ${Kind}`;

/** What the returned number is, for strace. `off64` results above 2^32 exist on 64-bit guests only. */
export type ResultKind = 'int' | 'fd' | 'size' | 'ptr' | 'pid' | 'uid' | 'mode' | 'off64' | 'hex' | 'none';

type ArgValue<S> = S extends `${string}: ${infer K}`
  ? K extends 'path' | 'cstr'
    ? string
    : K extends 'path?' | 'cstr?'
      ? string | null
      : number
  : never;
type ArgValues<A extends readonly ArgSpec[]> = { -readonly [I in keyof A]: ArgValue<A[I]> };

/** A handler returns its value or -errno, or a generator when it has to wait (see kernel/wait.ts). */
export type Handler<A extends readonly ArgSpec[]> = (task: Task, ...args: ArgValues<A>) => number | Blocking;
/** As the dispatcher sees it. */
export type AnyHandler = (task: Task, ...args: (number | string | null)[]) => number | Blocking;

/** How much of the call works. A call that is not there has no row: it answers ENOSYS and says so in strace. */
export type Support = { readonly level: 'full' } | { readonly level: 'partial'; readonly note: string };
export const full: Support = { level: 'full' };
/** `note` names what is missing, in a few words; it appears in docs/syscalls.md. */
export function partial(note: string): Support {
  return { level: 'partial', note };
}

export interface Arg {
  readonly name: string;
  readonly kind: Kind;
}

export interface Row {
  readonly args: readonly Arg[];
  readonly result: ResultKind;
  readonly handler: AnyHandler;
  readonly support: Support;
}

/** The rows of one family file, by kernel name. */
export type Rows = Readonly<Record<string, Row>>;

/** Makes a row; see the head of this file. */
export function sys<const A extends readonly ArgSpec[]>(
  args: A,
  result: ResultKind,
  handler: Handler<A>,
  support: Support = full,
): Row {
  return new SystemCall(args, result, handler as unknown as AnyHandler, support);
}

/** Most calls are never made: what is said of their arguments is read when somebody asks. */
class SystemCall implements Row {
  readonly result: ResultKind;
  readonly handler: AnyHandler;
  readonly support: Support;
  readonly #specs: readonly ArgSpec[];
  #args: readonly Arg[] | undefined;

  constructor(specs: readonly ArgSpec[], result: ResultKind, handler: AnyHandler, support: Support) {
    this.#specs = specs;
    this.result = result;
    this.handler = handler;
    this.support = support;
  }

  get args(): readonly Arg[] {
    return (this.#args ??= this.#specs.map((spec) => {
      const colon = spec.indexOf(': ');
      return { name: spec.slice(0, colon), kind: spec.slice(colon + 2) as Kind };
    }));
  }
}
