/**
 * From a path to a place, as path_resolution(7) tells it.
 *
 * Walks happen in the guest's name space; every canonical guest path has exactly one place:
 *
 * 1. a mounted file system (/proc, /dev, /sys) when the path lies under its mount point,
 * 2. under the sysroot, when it exists there and the path is not one of HOST_ONLY,
 * 3. else on the host.
 *
 * So absolute links inside the sysroot stay inside it, `..` is the canonical parent, and a new file is created in the
 * directory its parent resolved to: under the sysroot for /usr/x (when the sysroot has usr), on the host for /tmp/x and
 * for every directory that the sysroot lacks. A directory that exists in both is looked up in the sysroot first; its
 * listing shows the sysroot's only. Relative paths follow the same rule from the canonical current directory.
 *
 * Directories found are cached by the text that led to them. A stale entry is harmless: the host resolves what we hand
 * it anew and reports ENOENT or ENOTDIR itself. What the guest renames or removes leaves the cache at once. Text that
 * passed through a link outside the sysroot is not cached, since others may change it.
 */
import { EAGAIN, EINVAL, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EXDEV } from '../../abi/errno.js';
import { S_IFDIR, S_IFLNK, S_IFMT } from '../../abi/fcntl.js';
import * as host from '../host/fs.js';
import { emptyStat, type FileStat } from '../host/stat.js';
import { PATH_MAX } from '../user.js';
import type { OpenFile } from '../file.js';
import type { Dir, FileSystem, Place, Who } from './file-system.js';

/** Follow a symbolic link in the last component. */
export const FOLLOW = 1;
/** A missing last component is no error: `mode` is then 0. */
export const CREATE = 2;
/** The last component is a name to work on: it is never followed, and slashes after it are the caller's business. */
export const NAME = 4;
/** openat2's resolve bits (include/uapi/linux/openat2.h), shifted up by 8. */
export const RESOLVE_SHIFT = 8;
export const RESOLVE_NO_XDEV = 0x01 << RESOLVE_SHIFT;
export const RESOLVE_NO_MAGICLINKS = 0x02 << RESOLVE_SHIFT;
export const RESOLVE_NO_SYMLINKS = 0x04 << RESOLVE_SHIFT;
export const RESOLVE_BENEATH = 0x08 << RESOLVE_SHIFT;
export const RESOLVE_IN_ROOT = 0x10 << RESOLVE_SHIFT;
export const RESOLVE_CACHED = 0x20 << RESOLVE_SHIFT;

/** Guest paths that never lead into the sysroot. */
const HOST_ONLY = new Set(['/tmp', '/home', '/root', '/run', '/var/tmp', '/dev', '/proc', '/sys']);

/** include/linux/namei.h */
const MAXSYMLINKS = 40;
const NAME_MAX = 255;
const CACHE_MAX = 8192;
const NO_NAMES: readonly string[] = [];

const isDir = (mode: number): boolean => (mode & S_IFMT) === S_IFDIR;
const isLink = (mode: number): boolean => (mode & S_IFMT) === S_IFLNK;

/** `dir/name` in the guest's name space. */
export function guestJoin(dir: string, name: string): string {
  return dir === '/' ? `/${name}` : `${dir}/${name}`;
}

export function guestParent(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

/** A directory known by descriptor: `/proc/self/fd/N` of the host, exact even after it was renamed. */
function isByFd(dir: Dir): boolean {
  return host.FD_PATHS !== '' && dir.path.startsWith(host.FD_PATHS);
}

/** Where names that `dir` lacks are looked up, asked for at the first of them: '' when there is no such directory. */
function secondPlace(who: Who, dir: Dir): string {
  const { above } = dir;
  if (above !== undefined) {
    dir.above = undefined;
    if (secondPlace(who, above) === '' || !isDir(dir.fs.mode(who, dir.alt))) dir.alt = '';
  }
  return dir.alt;
}

/** The directory behind an open file, when it is one that paths can start from. */
export function asDir(file: unknown): Dir | undefined {
  return (file as { readonly dir?: Dir }).dir;
}

export class Resolver {
  readonly sysroot: string;
  readonly #host: FileSystem;
  readonly #mounts = new Map<string, Dir>();
  readonly #dirs = new Map<string, Dir>();
  /** Names in a directory that are mount points or lead past the sysroot, by its guest path. */
  readonly #special = new Map<string, string[]>();
  readonly #root: Dir;
  readonly #scratch = emptyStat();

  // What #child found; fields instead of an object per component.
  #fs: FileSystem;
  #path = '';
  #mode = 0;
  #inside = false;
  /** No link outside the sysroot has been followed in this walk. */
  #stable = true;
  /** Links followed in this walk. */
  #links = 0;

  /** @param sysroot host directory without trailing slash, or '' */
  constructor(hostFs: FileSystem, sysroot: string) {
    this.#host = hostFs;
    this.#fs = hostFs;
    this.sysroot = sysroot === '/' ? '' : sysroot;
    const path = this.sysroot === '' ? '/' : this.sysroot;
    if (this.sysroot !== '') for (const guest of HOST_ONLY) this.#markSpecial(guest);
    const alt = this.sysroot === '' ? '' : '/';
    // Of every other directory its place is asked for when it is first needed.
    this.#root = {
      fs: hostFs,
      path,
      guest: '/',
      alt,
      above: undefined,
      special: true,
      inside: true,
      dead: false,
    };
  }

  #markSpecial(guest: string): void {
    const parent = guestParent(guest);
    const name = guest.slice(parent === '/' ? 1 : parent.length + 1);
    const names = this.#special.get(parent);
    if (names === undefined) this.#special.set(parent, [name]);
    else if (!names.includes(name)) names.push(name);
  }

  /** Puts `fs` at a canonical guest path. */
  mount(guest: string, fs: FileSystem, path: string): void {
    this.#markSpecial(guest);
    const special = this.#special.has(guest);
    this.#mounts.set(guest, {
      fs,
      path,
      guest,
      alt: '',
      above: undefined,
      special,
      inside: false,
      dead: false,
    });
    this.#dirs.clear();
  }

  /** Names in guest directory `guest` that its own listing may lack: mount points and, at a sysroot's top, HOST_ONLY. */
  namesBelow(guest: string): readonly string[] {
    return this.#special.get(guest) ?? NO_NAMES;
  }

  /** Something is mounted at canonical guest path `guest` (or it is the root). */
  isMount(guest: string): boolean {
    return guest === '/' || this.#mounts.has(guest);
  }

  mounts(): Iterable<Dir> {
    return this.#mounts.values();
  }

  /**
   * Resolves `path` for task `who` (whose current directory and root count).
   *
   * @param base where a relative path starts, undefined: the current directory
   * @param flags FOLLOW, CREATE, RESOLVE_*
   * @param st filled for what was found, when given (saves the caller a stat)
   */
  resolve(who: Who, base: Dir | undefined, path: string, flags: number, st?: FileStat): Place | number {
    if (path.length === 0) return -ENOENT;
    if (path.length >= PATH_MAX) return -ENAMETOOLONG;
    if ((flags & RESOLVE_CACHED) !== 0) return -EAGAIN;
    this.#stable = true;
    this.#links = 0;
    let end = path.length;
    while (end > 1 && path.charCodeAt(end - 1) === 47) end--;
    const cut = path.lastIndexOf('/', end - 1);
    const name = path.slice(cut + 1, end);
    const restricted = who.fs.root !== '/' || flags >> RESOLVE_SHIFT !== 0;
    if (restricted || name === '' || name === '.' || name === '..')
      return this.#general(who, base, path, flags, st);
    const dir = this.#parent(who, base, path, cut);
    return typeof dir === 'number'
      ? dir
      : this.#last(who, dir, this.#root, name, flags, end !== path.length, st);
  }

  /** The directory at canonical guest path `guest`. */
  directory(who: Who, guest: string): Dir | number {
    if (guest === '/') return this.#root;
    const known = this.#dirs.get(guest);
    return known !== undefined && !known.dead ? known : this.#walk(who, this.#root, this.#root, guest, 0);
  }

  /** The directory part of `path`, whose last slash is at `cut`, through the cache where that is possible. */
  #parent(who: Who, base: Dir | undefined, path: string, cut: number): Dir | number {
    if (path.charCodeAt(0) === 47) return cut === 0 ? this.#root : this.#cached(who, path.slice(0, cut));
    if (base !== undefined) return cut < 0 ? base : this.#walk(who, base, this.#root, path.slice(0, cut), 0);
    const cwd = this.#cached(who, who.fs.cwd);
    if (typeof cwd === 'number' || cut < 0) return cwd;
    return this.#cached(who, guestJoin(cwd.guest, path.slice(0, cut)));
  }

  #cached(who: Who, text: string): Dir | number {
    if (text === '/') return this.#root;
    const known = this.#dirs.get(text);
    if (known !== undefined && !known.dead) return known;
    const dir = this.#walk(who, this.#root, this.#root, text, 0);
    if (typeof dir !== 'number' && this.#stable) this.#remember(text, dir);
    return dir;
  }

  #remember(text: string, dir: Dir): void {
    if (this.#dirs.size >= CACHE_MAX) this.#dirs.clear();
    this.#dirs.set(text, dir);
  }

  /** Paths that end in `.`, `..` or are `/`, and every path under chroot or openat2's restrictions. */
  #general(
    who: Who,
    base: Dir | undefined,
    path: string,
    flags: number,
    st: FileStat | undefined,
  ): Place | number {
    const absolute = path.charCodeAt(0) === 47;
    if ((flags & RESOLVE_BENEATH) !== 0) {
      if ((flags & RESOLVE_IN_ROOT) !== 0) return -EINVAL;
      if (absolute) return -EXDEV;
    }
    const start = base ?? this.directory(who, who.fs.cwd);
    if (typeof start === 'number') return start;
    const confined = (flags & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) !== 0;
    const root = confined ? start : this.directory(who, who.fs.root);
    if (typeof root === 'number') return root;
    return this.#from(who, absolute ? root : start, root, path, flags, false, st);
  }

  /** Resolves all of `path` starting in `dir`. */
  #from(
    who: Who,
    dir: Dir,
    root: Dir,
    path: string,
    flags: number,
    slash: boolean,
    st: FileStat | undefined,
  ): Place | number {
    const trimmed = path.replace(/\/+$/, '');
    const cut = trimmed.lastIndexOf('/');
    const name = trimmed.slice(cut + 1);
    const parent = cut <= 0 ? dir : this.#walk(who, dir, root, trimmed.slice(0, cut), flags);
    if (typeof parent === 'number') return parent;
    if (name !== '' && name !== '.' && name !== '..') {
      return this.#last(who, parent, root, name, flags, slash || trimmed.length !== path.length, st);
    }
    const end = name === '..' ? this.#up(who, parent, root, flags) : parent;
    return typeof end === 'number' ? end : this.placeOf(who, end, st);
  }

  /** A directory as the end of a path. */
  placeOf(who: Who, dir: Dir, st: FileStat = this.#scratch): Place | number {
    // By descriptor the last component is a magic link of the host; one more component follows it.
    let path =
      isByFd(dir) && dir.path.lastIndexOf('/') === host.FD_PATHS.length - 1 ? `${dir.path}/.` : dir.path;
    let error = dir.fs.lstat(who, path, st);
    if (error >= 0 && isLink(st.mode)) {
      // The sysroot may be given by a link.
      path = `${path}/.`;
      error = dir.fs.lstat(who, path, st);
    }
    return error < 0
      ? error
      : { fs: dir.fs, path, guest: dir.guest, mode: st.mode, slash: false, inside: dir.inside };
  }

  /** The last component: found, missing, or a link to follow. */
  #last(
    who: Who,
    dir: Dir,
    root: Dir,
    name: string,
    flags: number,
    slash: boolean,
    st: FileStat | undefined,
  ): Place | number {
    const error = this.#child(who, dir, name, st);
    if (error < 0) {
      if (error !== -ENOENT || (flags & CREATE) === 0) return error;
      return { fs: this.#fs, path: this.#path, guest: guestJoin(dir.guest, name), mode: 0, slash };
    }
    const mode = this.#mode;
    const strict = slash && (flags & NAME) === 0;
    if (isLink(mode) && ((flags & FOLLOW) !== 0 || strict))
      return this.#follow(who, dir, root, flags, slash, st);
    if (strict && !isDir(mode)) return -ENOTDIR;
    return {
      fs: this.#fs,
      path: this.#path,
      guest: guestJoin(dir.guest, name),
      mode,
      slash,
      inside: this.#inside,
    };
  }

  /** Follows the link that #child has found at the end of a path. */
  #follow(
    who: Who,
    dir: Dir,
    root: Dir,
    flags: number,
    slash: boolean,
    st: FileStat | undefined,
  ): Place | number {
    const found = this.#target(who, flags);
    if (typeof found === 'number') return found;
    if (typeof found !== 'string') {
      const stat = found.stat();
      if (typeof stat === 'number') return stat;
      if (st !== undefined) Object.assign(st, stat);
      return { fs: this.#fs, path: this.#path, guest: found.name, mode: stat.mode, slash, file: found };
    }
    const start = this.#restart(who, dir, root, found, flags);
    return typeof start === 'number' ? start : this.#from(who, start, root, found, flags, slash, st);
  }

  /** Where a link's text starts: root or the link's directory. */
  #restart(who: Who, dir: Dir, root: Dir, target: string, flags: number): Dir | number {
    if (target.charCodeAt(0) !== 47) return dir;
    if ((flags & RESOLVE_BENEATH) !== 0) return -EXDEV;
    return flags >> RESOLVE_SHIFT !== 0 ? root : this.directory(who, who.fs.root);
  }

  /** The text of the link that #child has just found, or the open file that a magic link stands for. */
  #target(who: Who, flags: number): string | OpenFile | number {
    if (++this.#links > MAXSYMLINKS || (flags & RESOLVE_NO_SYMLINKS) !== 0) return -ELOOP;
    const fs = this.#fs;
    const jump = fs.jump(who, this.#path);
    if (jump !== undefined) {
      this.#stable = false;
      if ((flags & RESOLVE_NO_MAGICLINKS) !== 0) return -ELOOP;
      return 'file' in jump ? jump.file : jump.target;
    }
    if (this.sysroot === '' || !this.#path.startsWith(`${this.sysroot}/`)) this.#stable = false;
    const target = fs.readlink(who, this.#path);
    return target === '' ? -ENOENT : target;
  }

  /** Walks all components of `path` from `dir`; each must be a directory or lead to one. */
  #walk(who: Who, dir: Dir, root: Dir, path: string, flags: number): Dir | number {
    let at = dir;
    let rest = path;
    for (;;) {
      let from = 0;
      while (rest.charCodeAt(from) === 47) from++;
      if (from >= rest.length) return at;
      let to = rest.indexOf('/', from);
      if (to < 0) to = rest.length;
      const name = rest.slice(from, to);
      rest = rest.slice(to);
      if (name === '.') continue;
      if (name === '..') {
        const up = this.#up(who, at, root, flags);
        if (typeof up === 'number') return up;
        at = up;
        continue;
      }
      const known = flags === 0 && !isByFd(at) ? this.#dirs.get(guestJoin(at.guest, name)) : undefined;
      if (known !== undefined && !known.dead && known.guest === guestJoin(at.guest, name)) {
        at = known;
        continue;
      }
      const error = this.#child(who, at, name, undefined);
      if (error < 0) return error;
      if (isDir(this.#mode)) {
        const next = this.#enter(at, name);
        if (next.fs !== at.fs && (flags & RESOLVE_NO_XDEV) !== 0) return -EXDEV;
        at = next;
        continue;
      }
      if (!isLink(this.#mode)) return -ENOTDIR;
      const found = this.#target(who, flags);
      if (typeof found === 'number') return found;
      if (typeof found !== 'string') {
        const opened = asDir(found);
        if (opened === undefined) return -ENOTDIR;
        at = opened;
        continue;
      }
      const start = this.#restart(who, at, root, found, flags);
      if (typeof start === 'number') return start;
      if (found.length + rest.length >= PATH_MAX) return -ENAMETOOLONG;
      at = start;
      rest = found + rest;
    }
  }

  /** The parent of `dir`, never above `root`. */
  #up(who: Who, dir: Dir, root: Dir, flags: number): Dir | number {
    if (dir.guest === root.guest) return (flags & RESOLVE_BENEATH) !== 0 ? -EXDEV : root;
    if (dir.guest === '/') return dir;
    return this.directory(who, guestParent(this.currentPath(dir)));
  }

  /** Canonical guest path of a directory now: one known by descriptor may have been moved since it was opened. */
  currentPath(dir: Dir): string {
    if (!isByFd(dir)) return dir.guest;
    const now = host.readlink(dir.path);
    return typeof now === 'string' && now.startsWith('/') && !now.endsWith(' (deleted)')
      ? this.guestPath(now)
      : dir.guest;
  }

  /** How the guest names host path `path`. */
  guestPath(path: string): string {
    const { sysroot } = this;
    if (sysroot === '' || !path.startsWith(sysroot)) return path;
    if (path.length === sysroot.length) return '/';
    return path.charCodeAt(sysroot.length) === 47 ? path.slice(sysroot.length) : path;
  }

  /**
   * Looks `name` up in `dir`: sets #fs, #path, #mode (for a missing file: where it would be created).
   *
   * @returns 0 or -errno
   */
  #child(who: Who, dir: Dir, name: string, st: FileStat | undefined): number {
    if (name.length > NAME_MAX) return -ENAMETOOLONG;
    const { fs } = dir;
    this.#inside = false;
    if (dir.special) {
      const guest = guestJoin(dir.guest, name);
      const mounted = this.#mounts.get(guest);
      if (mounted !== undefined) return this.#look(who, mounted.fs, mounted.path, st);
      if (this.sysroot !== '' && fs === this.#host && HOST_ONLY.has(guest))
        return this.#look(who, fs, guest, st);
    }
    const path = fs.join(dir.path, name);
    const error = this.#look(who, fs, path, st);
    this.#inside = dir.inside;
    if (error !== -ENOENT || dir.alt === '') return error;
    const alt = secondPlace(who, dir);
    if (alt !== '' && this.#look(who, fs, fs.join(alt, name), st) === 0) {
      this.#inside = false;
      return 0;
    }
    this.#path = path;
    this.#mode = 0;
    return error;
  }

  #look(who: Who, fs: FileSystem, path: string, st: FileStat | undefined): number {
    this.#fs = fs;
    this.#path = path;
    if (st !== undefined) {
      const error = fs.lstat(who, path, st);
      this.#mode = error < 0 ? 0 : st.mode;
      return error;
    }
    const mode = fs.mode(who, path);
    this.#mode = mode < 0 ? 0 : mode;
    return mode < 0 ? mode : 0;
  }

  /** The directory that #child has just found under `name` in `dir`. */
  #enter(dir: Dir, name: string): Dir {
    const guest = guestJoin(dir.guest, name);
    const mounted = this.#mounts.get(guest);
    if (mounted !== undefined) return mounted;
    const next = this.#dirFor(dir, name, this.#fs, this.#path, guest);
    if (this.#stable && !isByFd(next)) this.#remember(guest, next);
    return next;
  }

  #dirFor(dir: Dir, name: string, fs: FileSystem, path: string, guest: string): Dir {
    let alt = '';
    if (dir.alt !== '') {
      const candidate = fs.join(dir.alt, name);
      if (candidate !== path) alt = candidate;
    }
    const above = alt === '' ? undefined : dir;
    return {
      fs,
      path,
      guest,
      alt,
      above,
      special: this.#special.has(guest),
      inside: this.#inside,
      dead: false,
    };
  }

  /**
   * The directory at `place`, for a descriptor on it.
   *
   * @param path how the host knows it best (by descriptor), or undefined
   */
  dirAt(place: Place, path: string | undefined): Dir {
    const { fs, guest } = place;
    const known = this.#dirs.get(guest);
    let alt = '';
    let above: Dir | undefined;
    if (guest === '/') ({ alt } = this.#root);
    else if (known !== undefined && !known.dead) ({ alt, above } = known);
    else if (this.sysroot !== '' && place.inside === true) {
      alt = guest;
      above = this.#root;
    }
    const special = this.#special.has(guest);
    const inside = place.inside === true && guest !== '/';
    return { fs, path: path ?? place.path, guest, alt, above, special, inside, dead: false };
  }

  /** A directory at canonical guest path `guest` was removed or moved away, with all below it. */
  dropDirectory(guest: string): void {
    const below = guest === '/' ? '/' : `${guest}/`;
    for (const [text, dir] of this.#dirs) {
      if (dir.guest !== guest && !dir.guest.startsWith(below)) continue;
      dir.dead = true;
      this.#dirs.delete(text);
    }
  }

  /** A symbolic link was removed, replaced or moved: texts that may lead through it are forgotten. */
  dropLinks(): void {
    for (const [text, dir] of this.#dirs) if (text !== dir.guest) this.#dirs.delete(text);
  }
}
