/**
 * Virtual credentials of a task: what get*id answers and set*id changes. They begin as the host user's ids; changing
 * them changes nothing on the host.
 */
export class Credentials {
  uid: number;
  euid: number;
  suid: number;
  fsuid: number;
  gid: number;
  egid: number;
  sgid: number;
  fsgid: number;
  groups: readonly number[];
  /** PR_SET_KEEPCAPS; until the next execve. */
  keepCapabilities = false;

  constructor(uid: number, gid: number, groups: readonly number[] = []) {
    this.uid = this.euid = this.suid = this.fsuid = uid;
    this.gid = this.egid = this.sgid = this.fsgid = gid;
    this.groups = groups;
  }

  clone(): Credentials {
    const copy = new Credentials(this.uid, this.gid, this.groups);
    copy.euid = this.euid;
    copy.suid = this.suid;
    copy.fsuid = this.fsuid;
    copy.egid = this.egid;
    copy.sgid = this.sgid;
    copy.fsgid = this.fsgid;
    copy.keepCapabilities = this.keepCapabilities;
    return copy;
  }

  /** CAP_SETUID, CAP_KILL and the rest come with effective uid 0. */
  get privileged(): boolean {
    return this.euid === 0;
  }

  inGroup(gid: number): boolean {
    return gid === this.fsgid || gid === this.egid || this.groups.includes(gid);
  }
}
