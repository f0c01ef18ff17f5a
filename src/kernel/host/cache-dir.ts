/**
 * A directory of cache files, of which none is precious: whatever fails, the run goes on without. Files are put in place
 * by rename, only our own are read, and the least recently used go when the directory gets too large.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';

/** Bytes of one file, and of the directory. */
const MAX_FILE = 64 << 20;
const MAX_TOTAL = 256 << 20;
/** Age in milliseconds at which a file that is used is marked as used again. */
const TOUCH = 24 * 3600 * 1000;
const SUFFIX = '.code';

export class CacheDirectory {
  private readonly path: string;

  /** @param path host directory; made when something is saved */
  constructor(path: string) {
    this.path = path;
  }

  /** The bytes of a file, undefined when there is none that can be trusted to be ours. */
  load(name: string): Uint8Array | undefined {
    const path = `${this.path}/${name}${SUFFIX}`;
    let fd = -1;
    try {
      fd = openSync(path, 'r');
      const { size, uid, mode, mtimeMs } = fstatSync(fd);
      const foreign = process.getuid !== undefined && uid !== process.getuid();
      if (foreign || (mode & 0o22) !== 0 || size > MAX_FILE) return undefined;
      const bytes = new Uint8Array(size);
      if (readSync(fd, bytes, 0, size, 0) !== size) return undefined;
      const now = Date.now();
      if (now - mtimeMs > TOUCH) utimesSync(path, now / 1000, now / 1000);
      return bytes;
    } catch {
      return undefined;
    } finally {
      if (fd >= 0) closeSync(fd);
    }
  }

  save(name: string, bytes: Uint8Array): void {
    if (bytes.length > MAX_FILE) return;
    const path = `${this.path}/${name}${SUFFIX}`;
    const temporary = `${path}.${process.pid}.tmp`;
    try {
      mkdirSync(this.path, { recursive: true, mode: 0o700 });
      this.makeRoom(bytes.length);
      writeFileSync(temporary, bytes, { mode: 0o600, flag: 'wx' });
      renameSync(temporary, path);
    } catch {
      try {
        unlinkSync(temporary);
      } catch {
        // It was not made.
      }
    }
  }

  /** Removes the oldest files until there is room for `size` bytes. */
  private makeRoom(size: number): void {
    const files = readdirSync(this.path)
      .filter((name) => name.endsWith(SUFFIX) || name.endsWith('.tmp'))
      .map((name) => {
        const path = `${this.path}/${name}`;
        const st = statSync(path, { throwIfNoEntry: false });
        return { path, size: st?.size ?? 0, time: st?.mtimeMs ?? 0 };
      })
      .sort((a, b) => a.time - b.time);
    let total = size + files.reduce((sum, f) => sum + f.size, 0);
    for (const f of files) {
      if (total <= MAX_TOTAL) return;
      unlinkSync(f.path);
      total -= f.size;
    }
  }
}

/**
 * Where translations are kept: SOJOURN_CACHE_DIR, else `sojourn` in XDG_CACHE_HOME or ~/.cache (XDG Base Directory
 * Specification). Undefined with SOJOURN_CACHE=off, or when there is no such
 * home.
 */
export function cacheDirectory(env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (/^(off|no|0)$/.test(env['SOJOURN_CACHE'] ?? '')) return undefined;
  const own = env['SOJOURN_CACHE_DIR'];
  // The current directory may be another one by the time something is saved.
  if (own !== undefined && own !== '') return resolve(own);
  const base = env['XDG_CACHE_HOME'];
  // Relative paths are to be ignored.
  if (base?.startsWith('/') === true) return `${base}/sojourn`;
  const home = env['HOME'];
  // A home that does not exist (/nonexistent of Debian's system users) is not for us to make.
  return home?.startsWith('/') === true && existsSync(home) ? `${home}/.cache/sojourn` : undefined;
}

/** What generated code depends on of the host: V8's version and the processor's architecture. */
export function hostKey(): string {
  return `${process.versions.v8} ${process.arch}`;
}
