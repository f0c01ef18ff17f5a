/**
 * Small standard tools of the host for what Node has no call for. Each run costs one to three milliseconds, so only rare
 * operations come here.
 */
import { isUtf8 } from 'node:buffer';
import process from 'node:process';
import { EACCES, EEXIST, EIO, ENOENT, ENOSPC, ENOSYS, EPERM, EROFS } from '../../abi/errno.js';
import { nodePath } from './path.js';

/** Outcome of a tool: its standard output, or -ENOSYS when there is no such tool, or what its message says. */
export function tool(
  name: string,
  args: readonly string[],
  stdin: number | 'ignore' = 'ignore',
): string | number {
  if (process.platform === 'win32') return -ENOSYS;
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const { status, stdout, stderr, error } = spawnSync(name, args, {
    stdio: [stdin, 'pipe', 'pipe'],
    encoding: 'latin1',
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' },
  });
  if (error !== undefined) return -ENOSYS;
  return status === 0 ? stdout : errnoOf(stderr);
}

const MESSAGES: readonly (readonly [string, number])[] = [
  ['File exists', EEXIST],
  ['Permission denied', EACCES],
  ['No such file', ENOENT],
  ['Read-only', EROFS],
  ['No space', ENOSPC],
  ['not permitted', EPERM],
];

function errnoOf(message: string): number {
  return -(MESSAGES.find(([text]) => message.includes(text))?.[1] ?? EIO);
}

/** A path as another process has to say it: our descriptors are not its own. */
function outside(path: string): string | undefined {
  const name = nodePath(path);
  // Arguments are text: bytes that are not UTF-8 cannot be passed.
  if (typeof name !== 'string' && !isUtf8(name)) return undefined;
  return name.toString().replace(/^\/proc\/self\//, `/proc/${process.pid}/`);
}

/** mkfifo(3); mode exact, whatever our umask. */
export function mkfifo(path: string, mode: number): number {
  const name = outside(path);
  if (name === undefined) return -ENOSYS;
  const result = tool('mkfifo', ['-m', (mode & 0o777).toString(8), '--', name]);
  return typeof result === 'number' ? result : 0;
}

/** Gives the file behind descriptor `fd` the name `to`, as linkat(AT_SYMLINK_FOLLOW) of /proc/self/fd/N does. */
export function linkDescriptor(fd: number, to: string): number {
  const name = outside(to);
  if (name === undefined) return -ENOSYS;
  const result = tool('ln', ['-L', '-T', '--', `/proc/${process.pid}/fd/${fd}`, name]);
  return typeof result === 'number' ? result : 0;
}
