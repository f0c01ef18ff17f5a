/** What this process was given: paths and text as byte strings. */
import { Buffer } from 'node:buffer';
import { fstatSync, readdirSync, readlinkSync } from 'node:fs';
import process from 'node:process';
import { bytePath } from './path.js';
import { currentDirectory } from './system.js';

/** A relative host path made absolute, as a byte string. */
export function absolutePath(path: string): string {
  const bytes = bytePath(path);
  return bytes.startsWith('/') ? bytes : `${currentDirectory()}/${bytes}`;
}

/** Text (arguments, environment) as a byte string: its UTF-8 bytes. */
export function byteText(text: string): string {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 127) return Buffer.from(text, 'utf8').toString('latin1');
  }
  return text;
}

/** Our environment. */
export function environment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}

/**
 * Descriptors from 3 up that our parent gave us (a shell's `3<file`, make's job server), told apart from those Node
 * opened for itself. Node sets close-on-exec on all of them alike, so they are known by what they are: Node's own are
 * event descriptors, /dev/null, and pipes with both ends here that are younger than this process. Linux only.
 */
export function inheritedDescriptors(): readonly number[] {
  if (process.platform !== 'linux') return [];
  const links = new Map<number, string>();
  const ends = new Map<string, number>();
  try {
    for (const name of readdirSync('/proc/self/fd')) {
      const fd = Number(name);
      const link = linkOf(fd);
      if (link === undefined) continue;
      links.set(fd, link);
      ends.set(link, (ends.get(link) ?? 0) + 1);
    }
  } catch {
    return [];
  }
  const started = Date.now() - process.uptime() * 1000;
  const ours = (fd: number, link: string): boolean =>
    link.startsWith('anon_inode:') ||
    link === '/dev/null' ||
    (link.startsWith('pipe:') && ends.get(link) === 2 && fstatSync(fd).ctimeMs >= started - CLOCK_SLACK);
  return [...links].filter(([fd, link]) => fd > 2 && !ours(fd, link)).map(([fd]) => fd);
}

/** Kernel timestamps advance with its ticks, up to 10 ms late. */
const CLOCK_SLACK = 15;

/** undefined: it was closed again, as the listing's own descriptor is. */
function linkOf(fd: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined;
  }
}
