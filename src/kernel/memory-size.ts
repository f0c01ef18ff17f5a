/** How much memory the guest's machine has. */
import { GUEST_END, GUEST_START } from '../mmap/layout.js';
import { hostMemory, type HostMemory } from './host/system.js';

/** All of the host's that a process can have: by this JVMs, V8 and sort choose how much they reserve. In bytes. */
export function guestMemory(): HostMemory {
  const { total, free } = hostMemory();
  const most = GUEST_END - GUEST_START;
  return { total: Math.min(total, most), free: Math.min(free, most) };
}
