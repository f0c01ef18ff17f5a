/** What the three kinds of System V IPC have in common: keys, identifiers, owners and permissions (ipc/util.c). */
import { EACCES, EEXIST, EINVAL, ENOENT, ENOSPC, EPERM } from '../../abi/errno.js';
import { IPC_CREAT, IPC_EXCL, IPC_PRIVATE } from '../../abi/ipc.js';
import type { Credentials } from '../credentials.js';

/** An identifier is sequence number times this plus the index (IPCMNI). */
const INDEXES = 32768;
/** INT_MAX / IPCMNI */
const SEQUENCES = 65536;

/** A segment, a set of semaphores or a queue. */
export abstract class IpcObject {
  id = 0;
  key: number;
  uid: number;
  gid: number;
  readonly cuid: number;
  readonly cgid: number;
  /** Permission bits, and SHM_DEST and SHM_LOCKED. */
  mode: number;
  /** Seconds since the epoch. */
  ctime: number;

  constructor(key: number, cred: Credentials, mode: number, now: number) {
    this.key = key;
    this.uid = this.cuid = cred.euid;
    this.gid = this.cgid = cred.egid;
    this.mode = mode & 0o777;
    this.ctime = now;
  }

  /** Sequence number, as ipc_perm tells it. */
  get sequence(): number {
    return Math.floor(this.id / INDEXES);
  }

  /** `wanted`: rights as in a mode, for whichever class the caller turns out to be. 0 or -EACCES (ipcperms). */
  access(cred: Credentials, wanted: number): number {
    if (cred.privileged) return 0;
    const asked = ((wanted >> 6) | (wanted >> 3) | wanted) & 7;
    let granted = this.mode;
    if (cred.euid === this.cuid || cred.euid === this.uid) granted >>= 6;
    else if (cred.inGroup(this.cgid) || cred.inGroup(this.gid)) granted >>= 3;
    return (asked & ~granted) === 0 ? 0 : -EACCES;
  }

  /** IPC_SET and IPC_RMID are for the owner and the creator: 0 or -EPERM. */
  own(cred: Credentials): number {
    const owner = cred.privileged || cred.euid === this.cuid || cred.euid === this.uid;
    return owner ? 0 : -EPERM;
  }

  /** IPC_SET's common part. */
  setOwner(uid: number, gid: number, mode: number, now: number): void {
    this.uid = uid;
    this.gid = gid;
    this.mode = (this.mode & ~0o777) | (mode & 0o777);
    this.ctime = now;
  }
}

export interface GetRequest<T extends IpcObject> {
  readonly key: number;
  readonly flags: number;
  readonly cred: Credentials;
  /** Makes a new one, or says why not. */
  readonly make: () => T | number;
  /** What must hold of one that is there: 0 or -errno. */
  readonly check: (object: T) => number;
}

export class IpcTable<T extends IpcObject> {
  readonly #slots: (T | undefined)[] = [];
  #sequence = 0;
  #last = -1;
  count = 0;
  /** How many there may be. */
  limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** shmget, semget, msgget: the identifier or -errno (ipcget). */
  get(request: GetRequest<T>): number {
    const { key, flags, cred } = request;
    const known = key === IPC_PRIVATE ? undefined : this.#slots.find((object) => object?.key === key);
    if (known === undefined) {
      if (key !== IPC_PRIVATE && (flags & IPC_CREAT) === 0) return -ENOENT;
      return this.#add(request);
    }
    if ((flags & (IPC_CREAT | IPC_EXCL)) === (IPC_CREAT | IPC_EXCL)) return -EEXIST;
    const bad = request.check(known);
    if (bad < 0) return bad;
    const refused = known.access(cred, flags);
    return refused < 0 ? refused : known.id;
  }

  #add(request: GetRequest<T>): number {
    if (this.count >= Math.min(this.limit, INDEXES)) return -ENOSPC;
    const made = request.make();
    if (typeof made === 'number') return made;
    const free = this.#slots.indexOf(undefined);
    const index = free < 0 ? this.#slots.length : free;
    if (index <= this.#last) this.#sequence = (this.#sequence + 1) % SEQUENCES;
    this.#last = index;
    made.id = this.#sequence * INDEXES + index;
    this.#slots[index] = made;
    this.count++;
    return made.id;
  }

  /** By identifier; -EINVAL when there is none. */
  find(id: number): T | number {
    const found = id < 0 ? undefined : this.#slots[id % INDEXES];
    return found?.id === id ? found : -EINVAL;
  }

  /** By index, as SHM_STAT and its kin want it. */
  at(index: number): T | number {
    return (index < 0 ? undefined : this.#slots[index % INDEXES]) ?? -EINVAL;
  }

  remove(object: T): void {
    this.#slots[object.id % INDEXES] = undefined;
    this.count--;
  }

  /** Highest index in use; 0 also when there is none. */
  get highest(): number {
    let last = this.#slots.length - 1;
    while (last > 0 && this.#slots[last] === undefined) last--;
    return Math.max(last, 0);
  }

  list(): T[] {
    return this.#slots.filter((object) => object !== undefined);
  }
}
