/** /sys: CPU topology of the guest's own machine; the rest is the host's, where it has any. */
import { ENOENT } from '../../abi/errno.js';
import { cpuList, cpusUpTo } from '../cpu-list.js';
import type { OpenFile } from '../file.js';
import type { FileStat } from '../host/stat.js';
import type { Place, Who } from './file-system.js';
import { HostFileSystem } from './host-fs.js';
import { directory, text, type VirtualDirectory, VirtualFileSystem, type VirtualNode } from './virtual.js';
import type { Vfs } from './vfs.js';

const SYSFS_MAGIC = 0x62656572;
/** Where the synthetic tree hangs. */
const CPU_TREE = '/sys/devices/system/cpu';

export class SysFileSystem extends HostFileSystem {
  override readonly type = 'sysfs';
  override readonly writable: boolean = false;
  readonly #cpus: CpuTree;

  constructor(vfs: Vfs) {
    super(vfs);
    this.#cpus = new CpuTree(vfs);
  }

  /** The fs-local path within the CPU tree, or undefined for the host's part. */
  #inTree(path: string): string | undefined {
    if (path === CPU_TREE) return '/';
    return path.startsWith(`${CPU_TREE}/`) ? path.slice(CPU_TREE.length) : undefined;
  }

  override mode(who: Who, path: string): number {
    const inner = this.#inTree(path);
    return inner === undefined ? super.mode(who, path) : this.#cpus.mode(who, inner);
  }
  override lstat(who: Who, path: string, st: FileStat): number {
    const inner = this.#inTree(path);
    return inner === undefined ? super.lstat(who, path, st) : this.#cpus.lstat(who, inner, st);
  }
  override readlink(who: Who, path: string): string | number {
    const inner = this.#inTree(path);
    return inner === undefined ? super.readlink(who, path) : this.#cpus.readlink(who, inner);
  }
  override list(who: Who, path: string): readonly string[] | number {
    // A directory read through its descriptor comes back as the host's own path of it.
    const inner = this.#inTree(path);
    return inner === undefined ? super.list(who, path) : this.#cpus.list(who, inner);
  }
  override open(who: Who, place: Place, flags: number, mode: number): OpenFile | number {
    const inner = this.#inTree(place.path);
    if (inner !== undefined) return this.#cpus.open(who, { ...place, fs: this.#cpus, path: inner }, flags);
    return place.mode === 0 ? -ENOENT : super.open(who, place, flags, mode);
  }
}

class CpuTree extends VirtualFileSystem {
  readonly type = 'sysfs';

  constructor(vfs: Vfs) {
    super(vfs, 21, SYSFS_MAGIC);
  }

  protected override top(): VirtualDirectory {
    return {
      kind: 'dir',
      names: (who) => [...cpuNames(who), ...Object.keys(CPU_FILES)],
      get: (who, name) => CPU_FILES[name] ?? (cpuNames(who).includes(name) ? cpuDirectory(name) : undefined),
    };
  }
}

/** `0` or `0-3`: all CPUs the guest has, in the list format of the kernel. */
function cpuRange(who: Who): string {
  return `${cpuList(cpusUpTo(who.kernel?.cpus ?? 1))}\n`;
}

function cpuNames(who: Who): string[] {
  return Array.from({ length: who.kernel?.cpus ?? 1 }, (_, i) => `cpu${i}`);
}

const CPU_FILES: Readonly<Record<string, VirtualNode>> = {
  online: text(cpuRange),
  possible: text(cpuRange),
  present: text(cpuRange),
  offline: text(() => '\n'),
  kernel_max: text(() => '8191\n'),
  isolated: text(() => '\n'),
};

function cpuDirectory(name: string): VirtualNode {
  const index = name.slice(3);
  const mask = (2 ** Number(index)).toString(16);
  return directory({
    online: text(() => '1\n'),
    topology: directory({
      core_id: text(() => `${index}\n`),
      physical_package_id: text(() => '0\n'),
      core_siblings_list: text(cpuRange),
      package_cpus_list: text(cpuRange),
      thread_siblings_list: text(() => `${index}\n`),
      core_cpus_list: text(() => `${index}\n`),
      thread_siblings: text(() => `${mask}\n`),
      core_cpus: text(() => `${mask}\n`),
    }),
  });
}
