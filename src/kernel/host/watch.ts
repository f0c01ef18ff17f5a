/** Changes that programs of the host make to files a guest watches. */
import { type FSWatcher, watch } from 'node:fs';
import { nodePath } from './path.js';

export interface HostWatch {
  close(): void;
}

/**
 * Watches a host path. Node tells only "rename" (a name came or went) and "change"; what exactly happened is for the
 * caller to look up. undefined: the host cannot watch it.
 *
 * @param happened `name` is a byte string, '' when the host does not tell it
 */
export function watchPath(
  path: string,
  happened: (kind: 'rename' | 'change', name: string) => void,
): HostWatch | undefined {
  let watcher: FSWatcher;
  try {
    watcher = watch(nodePath(path), { encoding: 'buffer' }, (kind, name) => {
      happened(kind, name?.toString('latin1') ?? '');
    });
  } catch {
    return undefined;
  }
  watcher.on('error', () => watcher.close());
  return watcher;
}
