/** Why `engine.run` returned. The numbers are private to the run of one emulator. */
export const EXIT_INTERRUPT = 0;
/** An `ecall`/`svc`; the pc is already behind it. */
export const EXIT_SYSCALL = 1;
/** A memory access or instruction fetch faulted; pc is that instruction, see Cpu.faultAddr, Cpu.faultKind. */
export const EXIT_FAULT = 2;
/** An undefined instruction; pc points at it. */
export const EXIT_ILLEGAL = 3;
/** `ebreak`/`brk`; pc points at it. */
export const EXIT_BREAKPOINT = 4;
export type ExitReason = 0 | 1 | 2 | 3 | 4;

/** Cpu.faultKind beside the FAULT_* codes of src/mmap: a misaligned atomic access (BUS_ADRALN). */
export const FAULT_ALIGN = 16;
