/** /proc/PID/ns (namespaces(7)): there is one namespace of each kind, the first. */
import { O_RDONLY, S_IFREG } from '../../../abi/fcntl.js';
import { anonStat } from '../../anon.js';
import { OpenFile } from '../../file.js';
import type { FileStat } from '../../host/stat.js';
import { directory, type VirtualLink } from '../virtual.js';

/** Inodes of the first namespaces (include/linux/proc_ns.h); those of net and mnt are drawn when Linux starts. */
const FIRST = {
  cgroup: 0xeffffffb,
  ipc: 0xefffffff,
  mnt: 0xf0000001,
  net: 0xf0000000,
  pid: 0xeffffffc,
  time: 0xeffffffa,
  user: 0xeffffffd,
  uts: 0xeffffffe,
} as const;
/** st_dev of nsfs. */
const NSFS_DEV = 4;

class NamespaceFile extends OpenFile {
  readonly name: string;
  readonly #ino: number;

  constructor(kind: string, ino: number) {
    super(O_RDONLY);
    this.name = `${kind}:[${ino}]`;
    this.#ino = ino;
  }

  stat(): FileStat {
    return { ...anonStat(), dev: NSFS_DEV, ino: this.#ino, mode: S_IFREG | 0o444 };
  }
}

function entry(kind: keyof typeof FIRST): VirtualLink {
  const file = new NamespaceFile(kind, FIRST[kind]);
  return { kind: 'link', target: () => file.name, jump: () => ({ file }) };
}

export const NAMESPACES = directory({
  cgroup: entry('cgroup'),
  ipc: entry('ipc'),
  mnt: entry('mnt'),
  net: entry('net'),
  pid: entry('pid'),
  pid_for_children: entry('pid'),
  time: entry('time'),
  time_for_children: entry('time'),
  user: entry('user'),
  uts: entry('uts'),
});
