/**
 * Fixed facts of an address space: where things are in its 4 GiB, page size, right bits and fault codes.
 *
 * Guest address = offset in the WebAssembly memory. All addresses are guest addresses in bytes; "page" always
 * means a 4 KiB guest page and a page number is address >>> PAGE_SHIFT.
 */

export const PAGE_SHIFT = 12;
export const PAGE_SIZE = 4096;
export const PAGE_MASK = PAGE_SIZE - 1;
/** Pages of the whole 4 GiB. */
export const PAGE_COUNT = 1 << 20;

/** First address a guest may map: the kernel's own default of vm.mmap_min_addr (mm/Kconfig). Page 0 is never mapped. */
export const GUEST_START = 0x1000;
/** End (exclusive) of what a guest may map; above it live our own tables. SBCL on AArch64 must have 1 MiB at 0xf000_0000. */
export const GUEST_END = 0xf100_0000;
export const GUEST_END_PAGE = GUEST_END / PAGE_SIZE;

/** Position-independent main programs go here and upward: low, so that a reservation of 1 GiB (HotSpot's) fits above. */
export const PIE_BASE = 0x0040_0000;
/** mmap hands out addresses downward from here first: below 2 GiB an address is a Smi, which is cheaper in V8. */
export const MMAP_TOP = 0x7000_0000;
/** End (exclusive) of the main thread's stack. */
export const STACK_TOP = 0x7fff_f000;
/** First address of the high mmap area, used when the low one is full. */
export const MMAP_HIGH_START = 0x8000_0000;

/** Blocks of CPU state (src/cpu/layout.ts) start here. */
export const CPU_BLOCKS = GUEST_END;
/** End (exclusive) of the room for them; the tables of the engines follow. */
export const CPU_BLOCKS_END = 0xf400_0000;
/** Page-state table: one byte a page, PAGE_COUNT bytes; meaning in src/mmap/page-state.ts. */
export const STATE_TABLE = 0xffe0_0000;
/** Permission table: one byte a page, PAGE_COUNT bytes. */
export const PERM_TABLE = 0xfff0_0000;

/** Bits of the permission table and of `need` arguments; same values as PROT_*. */
export const PERM_READ = 1;
export const PERM_WRITE = 2;
export const PERM_EXEC = 4;

/** The page now has the fast bits asked for: repeat the access. */
export const FAULT_NONE = 0;
/** The access is legal but must be made through slowRead and slowWrite. */
export const FAULT_SLOW = 1;
/** Nothing is mapped there (SIGSEGV, SEGV_MAPERR). */
export const FAULT_MAPERR = 2;
/** The mapping does not allow it (SIGSEGV, SEGV_ACCERR). */
export const FAULT_ACCERR = 3;
/** Past the end of the file, or the file could not be read (SIGBUS, BUS_ADRERR). */
export const FAULT_BUS = 4;
/** On another core than the kernel's: the instruction has to be executed there. */
export const FAULT_HOME = 5;
export type FaultCode = 0 | 1 | 2 | 3 | 4 | 5;
