/**
 * Standing in the directory that is worked on. A guest's directory descriptor is `/proc/self/fd/N/name` to Node, which has
 * no *at calls; the host takes longer to find its way through /proc than to look the name up. While one directory is used
 * again and again (fts, tar, rm -r), it becomes this process's current directory: just as exact when it is renamed or
 * removed, and the name alone is enough.
 *
 * Only in a process of our own: an embedder's current directory is none of our business. Before control goes back to the
 * event loop, the old place is taken again.
 */
import { existsSync } from 'node:fs';
import process from 'node:process';

/**
 * Prefix that makes a path relative to an open directory descriptor exact even after it was renamed or removed, or ''
 * where the host has none.
 */
export const FD_PATHS = process.platform === 'linux' && existsSync('/proc/self/fd') ? '/proc/self/fd/' : '';

/** Where the process was started; '' as long as it has to stay there. */
let home = '';
/** We are not at home. */
let away = false;
/** Descriptor of the directory we stand in, or -1. */
let here = -1;
/** Descriptor that the last path began with. */
let last = -1;

/** From now on the process's current directory may change. */
export function mayWalk(): void {
  if (FD_PATHS !== '') home = process.cwd();
}

/** Makes the directory behind `fd` the current one. */
export function standIn(fd: number): void {
  if (home === '' || fd === here) return;
  try {
    process.chdir(`${FD_PATHS}${fd}`);
    away = true;
    here = fd;
  } catch {
    // Not ours to enter; the long path gives the right error.
  }
}

/** Goes back to where the process was started. */
export function goHome(): void {
  if (!away) return;
  away = false;
  here = -1;
  last = -1;
  try {
    process.chdir(home);
  } catch {
    // It has gone. Relative names of the host are not used after the start.
  }
}

/** Descriptor `fd` is about to be closed: its number may soon mean another directory. */
export function leave(fd: number): void {
  if (fd === here) here = -1;
  if (fd === last) last = -1;
}

/** `path`, or a shorter name for it from where we stand. The second path in a row through one descriptor takes us there. */
export function near(path: string): string {
  if (home === '' || path.charCodeAt(6) !== 115 || !path.startsWith(FD_PATHS)) return path;
  let fd = 0;
  let at = FD_PATHS.length;
  for (; ; at++) {
    const digit = path.charCodeAt(at) - 48;
    // NaN at the end of the path: the descriptor's own link, not a name in it.
    if (!(digit >= 0 && digit <= 9)) break;
    fd = fd * 10 + digit;
  }
  if (path.charCodeAt(at) !== 47 || at + 1 === path.length) return path;
  if (fd !== here) {
    if (fd !== last) {
      last = fd;
      return path;
    }
    standIn(fd);
    if (fd !== here) return path;
  }
  last = fd;
  return path.slice(at + 1);
}
