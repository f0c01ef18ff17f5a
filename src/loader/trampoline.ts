/**
 * The signal return trampoline. RISC-V and AArch64 programs rely on the kernel's vDSO for the code a handler returns
 * to; we have no vDSO, so one page with just that code is mapped, under the vDSO's name so that debuggers and
 * unwinders (which recognise the two instructions) treat it alike. ARM gets the same page: Linux keeps its copies on
 * the sigpage.
 */
import type { Abi } from '../abi/abi.js';
import { ENOMEM } from '../abi/errno.js';
import { MAP_ANONYMOUS, MAP_PRIVATE, PROT_EXEC, PROT_READ, PROT_WRITE } from '../mmap/flags.js';
import { PAGE_SIZE } from '../mmap/layout.js';
import type { AddressSpace } from '../mmap/space.js';
import { LoadError } from './load-error.js';

/** Bytes from the start of the page to each entry of ARM's page. */
export const ARM_SIGRETURN = 0;
export const ARM_RT_SIGRETURN = 8;

/** Instruction words (little-endian instruction streams, also on AArch64 big-endian; ARM BE8 likewise). */
const CODE = {
  // Unwinders (libgcc, gdb) know a signal frame by exactly these pairs.
  // li a7, 139 (rt_sigreturn); ecall
  riscv: [0x08b0_0893, 0x0000_0073],
  // mov x8, #139; svc #0
  aarch64: [0xd280_1168, 0xd400_0001],
  // mov r7, #119; svc #119 (sigreturn); mov r7, #173; svc #173 (rt_sigreturn)
  arm: [0xe3a0_7077, 0xef00_0077, 0xe3a0_70ad, 0xef00_00ad],
} as const;

/**
 * Maps the page and answers its address: the code of rt_sigreturn for RISC-V and AArch64; see ARM_* for ARM.
 * @param codeLittleEndian byte order of instructions (ARM BE32 programs have big-endian ones)
 * @throws LoadError ENOMEM
 */
export function mapTrampoline(space: AddressSpace, abi: Abi, codeLittleEndian = true): number {
  const flags = MAP_PRIVATE | MAP_ANONYMOUS;
  const page = space.map({
    addr: 0,
    length: PAGE_SIZE,
    prot: PROT_READ | PROT_WRITE,
    flags,
    offset: 0,
    name: '[vdso]',
  });
  if (page < 0) throw new LoadError(ENOMEM, 'no room for the signal trampoline');
  const code = CODE[abi.isa];
  const bytes = new Uint8Array(code.length * 4);
  const view = new DataView(bytes.buffer);
  code.forEach((word, i) => view.setUint32(i * 4, word, codeLittleEndian));
  if (!space.copyOut(page, bytes)) throw new LoadError(ENOMEM, 'cannot write the signal trampoline');
  space.protect(page, PAGE_SIZE, PROT_READ | PROT_EXEC);
  return page;
}
