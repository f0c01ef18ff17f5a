/** The open flags that differ between architectures, in the numbering the kernel keeps inside: asm-generic's. */
import { GENERIC_FCNTL } from '../../abi/fcntl.js';

export const { O_DIRECT, O_DIRECTORY, O_LARGEFILE, O_NOFOLLOW } = GENERIC_FCNTL;
