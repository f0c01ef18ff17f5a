/** /dev/pts: slaves of our own ptys, and the host's beside them (a shell may run on one). */
import { ENOENT } from '../../abi/errno.js';
import { S_IFCHR, S_IFDIR, S_IFMT } from '../../abi/fcntl.js';
import type { OpenFile } from '../file.js';
import * as host from '../host/fs.js';
import type { FileStat } from '../host/stat.js';
import { type Pty, PtyTable } from '../tty/pty.js';
import type { Place, Who } from './file-system.js';
import { HostFileSystem } from './host-fs.js';
import { taskOf } from './proc/pid.js';
import type { Vfs } from './vfs.js';

const DEVPTS = '/dev/pts';

export class PtsFileSystem extends HostFileSystem {
  override readonly type = 'devpts';
  override readonly writable: boolean = false;
  readonly table: PtyTable;

  constructor(vfs: Vfs) {
    super(vfs);
    this.table = new PtyTable((index) => host.lmode(`${DEVPTS}/${index}`) > 0);
  }

  #pty(path: string): Pty | undefined {
    const name = path.slice(DEVPTS.length + 1);
    return /^\d+$/.test(name) ? this.table.get(Number(name)) : undefined;
  }

  override mode(who: Who, path: string): number {
    const pty = this.#pty(path);
    if (pty !== undefined) return S_IFCHR | pty.mode;
    const mode = super.mode(who, path);
    return mode < 0 && path === DEVPTS ? S_IFDIR | 0o755 : mode;
  }

  override lstat(who: Who, path: string, st: FileStat): number {
    const pty = this.#pty(path);
    if (pty === undefined) return super.lstat(who, path, st);
    pty.fillStat(st);
    return 0;
  }

  override list(who: Who, path: string): readonly string[] | number {
    const names = super.list(who, path);
    return [...(typeof names === 'number' ? [] : names), ...[...this.table.indices()].map(String)];
  }

  override access(who: Who, path: string, mode: number): number {
    return this.#pty(path) === undefined ? super.access(who, path, mode) : 0;
  }

  override open(who: Who, place: Place, flags: number, mode: number): OpenFile | number {
    const pty = this.#pty(place.path);
    if (pty !== undefined) return pty.openSlave(taskOf(who), place, flags);
    if (place.path === `${DEVPTS}/ptmx`) return this.openMaster(who, flags);
    return (place.mode & S_IFMT) === 0 ? -ENOENT : super.open(who, place, flags, mode);
  }

  openMaster(who: Who, flags: number): OpenFile {
    const cred = taskOf(who)?.cred;
    return this.table.create({ uid: cred?.fsuid ?? 0, gid: cred?.fsgid ?? 0 }, flags);
  }

  override chmod(path: string, mode: number): number {
    const pty = this.#pty(path);
    if (pty === undefined) return super.chmod(path, mode);
    pty.mode = mode & 0o7777;
    return 0;
  }

  override chown(path: string, uid: number, gid: number): number {
    const pty = this.#pty(path);
    if (pty === undefined) return super.chown(path, uid, gid);
    if (uid !== -1) pty.uid = uid;
    if (gid !== -1) pty.gid = gid;
    return 0;
  }
}
