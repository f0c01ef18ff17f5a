import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import * as F from '../../../src/abi/fcntl.js';
import * as host from '../../../src/kernel/host/fs.js';
import { FD_PATHS, goHome, mayWalk, near, standIn } from '../../../src/kernel/host/near.js';
import { FsContext } from '../../../src/kernel/fs-context.js';
import { Vfs } from '../../../src/kernel/vfs/vfs.js';
import { DirectoryFile } from '../../../src/kernel/vfs/vfs-file.js';
import { scratch } from './vfs-temp.js';

const dir = scratch({
  'one/a': 'a',
  'one/b': 'b',
  'one/sub/x': 'x',
  'two/a': 'longer',
  'sys/usr/lib/c': 'c',
});
const home = process.cwd();

beforeAll(mayWalk);
afterAll(goHome);

const openDir = (name: string): number => host.open(`${dir.path}/${name}`, F.O_RDONLY | 0o200000, 0);
const size = (path: string): number => statSync(path).size;

describe('standing in the directory that is worked on', () => {
  test('the second path in a row through one descriptor gets short, others stay as they are', () => {
    const one = openDir('one');
    const two = openDir('two');
    expect(near(`${FD_PATHS}${one}/a`)).toBe(`${FD_PATHS}${one}/a`);
    expect(near(`${FD_PATHS}${one}/b`)).toBe('b');
    expect(process.cwd()).toBe(`${dir.path}/one`);
    expect(near(`${FD_PATHS}${one}/sub/x`)).toBe('sub/x');
    // One look elsewhere does not make us move.
    expect(near(`${FD_PATHS}${two}/a`)).toBe(`${FD_PATHS}${two}/a`);
    expect(near(`${FD_PATHS}${one}/a`)).toBe('a');
    expect(near(`${FD_PATHS}${two}/a`)).toBe(`${FD_PATHS}${two}/a`);
    expect(near(`${FD_PATHS}${two}/a`)).toBe('a');
    expect(size(near(`${FD_PATHS}${two}/a`))).toBe(6);
    // The link itself is not a name in the directory.
    expect(near(`${FD_PATHS}${two}`)).toBe(`${FD_PATHS}${two}`);
    expect(near('/proc/self/maps')).toBe('/proc/self/maps');
    goHome();
    expect(process.cwd()).toBe(home);
    host.close(one);
    host.close(two);
  });

  test('a number that is used again means the new directory', () => {
    const one = openDir('one');
    standIn(one);
    expect(near(`${FD_PATHS}${one}/a`)).toBe('a');
    host.close(one);
    const two = openDir('two');
    expect(two).toBe(one);
    expect(near(`${FD_PATHS}${two}/a`)).toBe(`${FD_PATHS}${two}/a`);
    expect(size(near(`${FD_PATHS}${two}/a`))).toBe(6);
    host.close(two);
    goHome();
  });

  test('names are found after others have moved the directory', () => {
    mkdirSync(`${dir.path}/moving`);
    writeFileSync(`${dir.path}/moving/here`, 'x');
    const fd = openDir('moving');
    standIn(fd);
    renameSync(`${dir.path}/moving`, `${dir.path}/moved`);
    mkdirSync(`${dir.path}/moving`);
    expect(host.entry(`${FD_PATHS}${fd}/here`)).toBeGreaterThan(0);
    rmSync(`${dir.path}/moved/here`);
    expect(host.entry(`${FD_PATHS}${fd}/here`)).toBeLessThan(0);
    host.close(fd);
    goHome();
  });
});

describe('entries of a directory', () => {
  const listing = (vfs: Vfs, base: DirectoryFile | undefined, path: string): DirectoryFile => {
    const who = { fs: new FsContext('/') };
    const file = vfs.openAt(who, base?.dir, path, F.O_RDONLY, 0);
    if (!(file instanceof DirectoryFile)) throw new Error(`cannot open ${path}`);
    return file;
  };
  const inode = (file: DirectoryFile, wanted: string): number => {
    const entries = file.readdir(100);
    if (typeof entries === 'number') throw new Error(`readdir: ${entries}`);
    return entries.find(({ name }) => name === wanted)?.ino ?? 0;
  };

  test('.. is the parent, also of a directory opened through another one', () => {
    const vfs = new Vfs();
    const outer = listing(vfs, undefined, `${dir.path}/one`);
    const inner = listing(vfs, outer, 'sub');
    expect(inode(inner, '..')).toBe(statSync(`${dir.path}/one`).ino);
    expect(inode(inner, '.')).toBe(statSync(`${dir.path}/one/sub`).ino);
    expect(inode(inner, 'x')).toBe(statSync(`${dir.path}/one/sub/x`).ino);
    inner.release();
    outer.release();
  });

  test('at the top of a sysroot .. leads nowhere, and a directory of the host has its parent in the sysroot', () => {
    const vfs = new Vfs({ sysroot: `${dir.path}/sys` });
    const root = listing(vfs, undefined, '/');
    expect(inode(root, '..')).toBe(statSync(`${dir.path}/sys`).ino);
    const usr = listing(vfs, root, 'usr');
    expect(inode(usr, '..')).toBe(statSync(`${dir.path}/sys`).ino);
    // The host's, since the sysroot has none; the parent is the sysroot's own all the same.
    const share = listing(vfs, undefined, '/usr/share');
    expect(inode(share, '..')).toBe(statSync(`${dir.path}/sys/usr`).ino);
    for (const file of [root, usr, share]) file.release();
  });
});
