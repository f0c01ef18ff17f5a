/** A scratch directory of the host for tests of the file layer, removed afterwards. */
import { afterAll, beforeAll } from '@jest/globals';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Scratch {
  /** Absolute host path without links. */
  readonly path: string;
}

/** A tree: text is a file, `->x` a symbolic link to x, null a directory; keys are relative paths. */
export type Tree = Readonly<Record<string, string | null>>;

export function plant(root: string, tree: Tree): void {
  for (const [name, content] of Object.entries(tree)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    if (content === null) mkdirSync(path, { recursive: true });
    else if (content.startsWith('->')) symlinkSync(content.slice(2), path);
    else writeFileSync(path, content);
  }
}

/** One scratch directory per test file. */
export function scratch(tree: Tree = {}): Scratch {
  const holder = { path: '' };
  beforeAll(() => {
    holder.path = realpathSync(mkdtempSync(join(tmpdir(), 'sojourn-vfs-')));
    plant(holder.path, tree);
  });
  afterAll(() => rmSync(holder.path, { recursive: true, force: true }));
  return holder;
}
