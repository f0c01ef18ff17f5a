/** `struct fs_struct`: where a task's relative paths begin; shared with CLONE_FS. Paths are byte strings. */
export class FsContext {
  /** Absolute guest path, normalised, no trailing slash (except `/`). */
  cwd: string;
  /** chroot(2): absolute guest path. */
  root: string;
  umask: number;
  users = 1;

  constructor(cwd: string, root = '/', umask = 0o022) {
    this.cwd = cwd;
    this.root = root;
    this.umask = umask;
  }

  clone(): FsContext {
    return new FsContext(this.cwd, this.root, this.umask);
  }
}
