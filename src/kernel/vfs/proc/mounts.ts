/** /proc/mounts and mountinfo: the guest's view, one root and what is mounted in it. */
import type { Vfs } from '../vfs.js';

const OPTIONS: Readonly<Record<string, string>> = {
  proc: 'rw,nosuid,nodev,noexec,relatime',
  sysfs: 'ro,nosuid,nodev,noexec,relatime',
  devtmpfs: 'rw,nosuid,relatime',
};

export function mounts(vfs: Vfs): string {
  let out = '/dev/root / ext4 rw,relatime 0 0\n';
  for (const { fs, guest } of vfs.resolver.mounts()) {
    out += `${fs.type} ${guest} ${fs.type} ${OPTIONS[fs.type] ?? 'rw,relatime'} 0 0\n`;
  }
  return out;
}

export function mountinfo(vfs: Vfs): string {
  let out = '1 0 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw\n';
  let id = 2;
  for (const { fs, guest } of vfs.resolver.mounts()) {
    const options = OPTIONS[fs.type] ?? 'rw,relatime';
    out += `${id} 1 0:${20 + id} / ${guest} ${options} shared:${id} - ${fs.type} ${fs.type} ${options.slice(0, 2)}\n`;
    id++;
  }
  return out;
}
