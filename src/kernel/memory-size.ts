/** How much memory the guest's machine has. */
import { GUEST_END, GUEST_START, PAGE_SIZE } from '../mmap/layout.js';
import { hostMemory, type HostMemory } from './host/system.js';

/**
 * All of the host's that a process can have: by this JVMs, V8 and sort choose how much they reserve. Of that, as large a
 * part is free as of the host's. In bytes.
 */
export function guestMemory(): HostMemory {
  const { total, free } = hostMemory();
  const most = Math.min(total, GUEST_END - GUEST_START);
  return { total: most, free: Math.floor((most * (free / total)) / PAGE_SIZE) * PAGE_SIZE };
}
