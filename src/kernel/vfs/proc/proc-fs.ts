/** /proc: the guest's processes and the guest's machine. Nothing of the host's own /proc shows through. */
import { EBADF, ESRCH } from '../../../abi/errno.js';
import type { Process } from '../../process.js';
import { link, type VirtualDirectory, VirtualFileSystem, type VirtualNode } from '../virtual.js';
import type { Who } from '../file-system.js';
import type { Vfs } from '../vfs.js';
import { processDirectory, SELF } from './pid.js';
import { SYSTEM } from './system.js';

const PROC_SUPER_MAGIC = 0x9fa0;

/** Links into the looking process. */
const OWN: Readonly<Record<string, VirtualNode>> = {
  mounts: link(() => 'self/mounts'),
  net: link(() => 'self/net'),
};
const FIXED: Readonly<Record<string, VirtualNode>> = { ...SELF, ...OWN, ...SYSTEM };

export class ProcFileSystem extends VirtualFileSystem {
  readonly type = 'proc';
  readonly #top: VirtualDirectory;

  constructor(vfs: Vfs) {
    super(vfs, 22, PROC_SUPER_MAGIC);
    this.#top = {
      kind: 'dir',
      names: (who) => [...pids(who), ...Object.keys(FIXED)],
      get: (who, name) => FIXED[name] ?? this.#process(who, name),
    };
  }

  protected override top(): VirtualDirectory {
    return this.#top;
  }

  /** /proc/PID; a thread's id works, too, though it is not listed. */
  #process(who: Who, name: string): VirtualNode | undefined {
    if (!/^[1-9]\d*$/.test(name)) return undefined;
    const process = find(who, Number(name));
    return process === undefined ? undefined : processDirectory(this.vfs, process);
  }

  override processAt(who: Who, path: string): Process | number {
    const match = /^\/([1-9]\d*)$/.exec(path);
    return match === null ? -EBADF : (find(who, Number(match[1])) ?? -ESRCH);
  }
}

function find(who: Who, id: number): Process | undefined {
  const process = who.kernel?.processes.get(id) ?? who.kernel?.tasks.get(id)?.process;
  return process?.state === 'reaped' ? undefined : process;
}

function pids(who: Who): string[] {
  return [...(who.kernel?.processes.values() ?? [])]
    .filter((process) => process.state !== 'reaped')
    .map((process) => String(process.pid))
    .sort((a, b) => Number(a) - Number(b));
}
