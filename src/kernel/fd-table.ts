/**
 * Descriptor table (`struct files_struct`), shared by the tasks of a process (CLONE_FILES) and copied by fork.
 */
import { EBADF, EMFILE } from '../abi/errno.js';
import { O_PATH } from '../abi/fcntl.js';
import type { OpenFile } from './file.js';

export class FdTable {
  readonly #files: (OpenFile | undefined)[] = [];
  /** FD_CLOEXEC of each descriptor. */
  readonly #cloexec: boolean[] = [];
  /** No descriptor below this one is free. */
  #lowest = 0;
  /** Tasks that share this table. */
  users = 1;

  /** The description behind `fd`, or undefined: -EBADF. */
  get(fd: number): OpenFile | undefined {
    return this.#files[fd];
  }

  /** As `get`, but not what O_PATH has opened: calls that do something with a file answer -EBADF to that, too. */
  usable(fd: number): OpenFile | undefined {
    const file = this.#files[fd];
    return file !== undefined && (file.flags & O_PATH) === 0 ? file : undefined;
  }

  /**
   * Installs `file` (whose reference the table takes over) at the lowest free descriptor not below `from`.
   *
   * @param limit RLIMIT_NOFILE: descriptors are below it
   * @returns the descriptor or -EMFILE (the reference then stays with the caller)
   */
  install(file: OpenFile, cloexec: boolean, limit: number, from = 0): number {
    const files = this.#files;
    let fd = Math.max(from, this.#lowest);
    while (files[fd] !== undefined) fd++;
    if (fd >= limit) return -EMFILE;
    if (from <= this.#lowest) this.#lowest = fd + 1;
    this.#put(fd, file, cloexec);
    return fd;
  }

  /** dup2: puts `file` (reference taken over) at `fd`, closing what was there. @returns `fd` or -EBADF */
  replace(fd: number, file: OpenFile, cloexec: boolean, limit: number): number {
    if (fd < 0 || fd >= limit) return -EBADF;
    const old = this.#files[fd];
    this.#put(fd, file, cloexec);
    if (old !== undefined) {
      old.onDescriptorClosed(this);
      old.release();
    }
    return fd;
  }

  #put(fd: number, file: OpenFile, cloexec: boolean): void {
    // Dense arrays only: a hole would make V8 switch to dictionary mode.
    while (this.#files.length < fd) {
      this.#files.push(undefined);
      this.#cloexec.push(false);
    }
    this.#files[fd] = file;
    this.#cloexec[fd] = cloexec;
  }

  /** close(2): @returns 0, -EBADF, or the -errno that closing reported (the descriptor is free all the same) */
  close(fd: number): number {
    const file = this.take(fd);
    if (file === undefined) return -EBADF;
    return file.release();
  }

  /** Frees `fd` and hands its reference to the caller. */
  take(fd: number): OpenFile | undefined {
    const file = this.#files[fd];
    if (file === undefined) return undefined;
    this.#files[fd] = undefined;
    if (fd < this.#lowest) this.#lowest = fd;
    file.onDescriptorClosed(this);
    return file;
  }

  isCloexec(fd: number): boolean {
    return this.#cloexec[fd] === true;
  }

  setCloexec(fd: number, on: boolean): void {
    this.#cloexec[fd] = on;
  }

  /** Open descriptors in ascending order. */
  *entries(): IterableIterator<[fd: number, file: OpenFile]> {
    for (let fd = 0; fd < this.#files.length; fd++) {
      const file = this.#files[fd];
      if (file !== undefined) yield [fd, file];
    }
  }

  /** A copy for fork, sharing the descriptions. */
  clone(): FdTable {
    const copy = new FdTable();
    for (const [fd, file] of this.entries()) copy.#put(fd, file.retain(), this.isCloexec(fd));
    copy.#lowest = this.#lowest;
    return copy;
  }

  /** execve: closes what is marked FD_CLOEXEC. */
  closeOnExec(): void {
    for (const [fd] of this.entries()) if (this.isCloexec(fd)) this.close(fd);
  }

  closeAll(): void {
    for (const [fd] of this.entries()) this.close(fd);
  }
}
