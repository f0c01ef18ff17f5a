import { beforeAll, describe, expect, test } from '@jest/globals';
import { mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EXDEV } from '../../../src/abi/errno.js';
import { FsContext } from '../../../src/kernel/fs-context.js';
import type { Place, Who } from '../../../src/kernel/vfs/file-system.js';
import {
  CREATE,
  FOLLOW,
  RESOLVE_BENEATH,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_SYMLINKS,
} from '../../../src/kernel/vfs/resolve.js';
import { Vfs } from '../../../src/kernel/vfs/vfs.js';
import { scratch } from './vfs-temp.js';

const dir = scratch({
  'sys/etc/name': 'sysroot',
  'sys/lib': '->usr/lib',
  'sys/usr/lib/libc.so': 'libc',
  'sys/usr/bin/tool': 'tool',
  'sys/usr/bin/abs': '->/usr/bin/tool',
  'sys/usr/bin/escape': '->../../../../../../etc/name',
  'sys/tmp/hidden': 'no',
  also: '->sys',
  'host/file': 'host',
  'host/sub/deep': 'deep',
  'host/loop': '->loop',
  'host/a': '->b',
  'host/b': '->sub',
  'host/dangling': '->nowhere/x',
  'host/fresh': '->sub/new',
  'host/up': '->..',
});

describe('path resolution without a sysroot', () => {
  let vfs: Vfs;
  let who: Who;
  beforeAll(() => {
    vfs = new Vfs();
    who = { fs: new FsContext(`${dir.path}/host`) };
  });
  const resolve = (path: string, flags = FOLLOW): Place | number =>
    vfs.resolver.resolve(who, undefined, path, flags);
  const guest = (path: string, flags = FOLLOW): string | number => {
    const place = resolve(path, flags);
    return typeof place === 'number' ? place : place.guest;
  };

  test('relative paths start in the current directory, absolute ones at the root', () => {
    expect(guest('file')).toBe(`${dir.path}/host/file`);
    expect(guest(`${dir.path}/host/sub/deep`)).toBe(`${dir.path}/host/sub/deep`);
    expect(guest('/')).toBe('/');
    expect(guest('.')).toBe(`${dir.path}/host`);
    expect(guest('./sub//deep')).toBe(`${dir.path}/host/sub/deep`);
  });

  test('.. is the canonical parent and stops at the root', () => {
    expect(guest('sub/..')).toBe(`${dir.path}/host`);
    expect(guest('a/../file')).toBe(`${dir.path}/host/file`);
    expect(guest('up/host/file')).toBe(`${dir.path}/host/file`);
    expect(guest('/../../..')).toBe('/');
  });

  test('chains of links are followed; the last one only when asked', () => {
    expect(guest('a/deep')).toBe(`${dir.path}/host/sub/deep`);
    expect(guest('a')).toBe(`${dir.path}/host/sub`);
    expect(guest('a', 0)).toBe(`${dir.path}/host/a`);
    expect(guest('a/', 0)).toBe(`${dir.path}/host/sub`);
  });

  test('errors are those of path_resolution(7)', () => {
    expect(resolve('')).toBe(-ENOENT);
    expect(resolve('nothing')).toBe(-ENOENT);
    expect(resolve('nothing/x')).toBe(-ENOENT);
    expect(resolve('file/x')).toBe(-ENOTDIR);
    expect(resolve('file/')).toBe(-ENOTDIR);
    expect(resolve('loop')).toBe(-ELOOP);
    expect(resolve('loop/x')).toBe(-ELOOP);
    expect(resolve('dangling')).toBe(-ENOENT);
    expect(resolve('x'.repeat(256))).toBe(-ENAMETOOLONG);
    expect(resolve('x/'.repeat(2048))).toBe(-ENAMETOOLONG);
  });

  test('CREATE accepts a missing last component, through a dangling link too', () => {
    expect(resolve('sub/new', CREATE)).toMatchObject({ guest: `${dir.path}/host/sub/new`, mode: 0 });
    expect(resolve('fresh', FOLLOW | CREATE)).toMatchObject({ guest: `${dir.path}/host/sub/new`, mode: 0 });
    expect(resolve('dangling', FOLLOW | CREATE)).toBe(-ENOENT);
    expect(resolve('no/new', CREATE)).toBe(-ENOENT);
  });

  test('a directory renamed behind our back is found under its new name', () => {
    mkdirSync(`${dir.path}/host/old/inner`, { recursive: true });
    expect(guest('old/inner/.')).toBe(`${dir.path}/host/old/inner`);
    expect(resolve('old/inner/new', CREATE)).toMatchObject({ mode: 0 });
    renameSync(`${dir.path}/host/old`, `${dir.path}/host/moved`);
    expect(resolve('old/inner/.')).toBe(-ENOENT);
    expect(guest('moved/inner/.')).toBe(`${dir.path}/host/moved/inner`);
  });

  test('a link changed by others is followed anew', () => {
    symlinkSync('sub', `${dir.path}/host/switch`);
    expect(guest('switch/deep')).toBe(`${dir.path}/host/sub/deep`);
    mkdirSync(`${dir.path}/host/other`);
    symlinkSync('other', `${dir.path}/host/switch2`);
    renameSync(`${dir.path}/host/switch2`, `${dir.path}/host/switch`);
    expect(resolve('switch/deep')).toBe(-ENOENT);
  });

  test('openat2 restrictions', () => {
    expect(resolve('a/deep', FOLLOW | RESOLVE_NO_SYMLINKS)).toBe(-ELOOP);
    expect(resolve('sub/deep', FOLLOW | RESOLVE_NO_SYMLINKS)).toMatchObject({ slash: false });
    expect(resolve('..', FOLLOW | RESOLVE_BENEATH)).toBe(-EXDEV);
    expect(resolve('up', FOLLOW | RESOLVE_BENEATH)).toBe(-EXDEV);
    expect(resolve('/etc', FOLLOW | RESOLVE_BENEATH)).toBe(-EXDEV);
    expect(guest('../../../file', FOLLOW | RESOLVE_IN_ROOT)).toBe(`${dir.path}/host/file`);
    expect(guest('/sub/deep', FOLLOW | RESOLVE_IN_ROOT)).toBe(`${dir.path}/host/sub/deep`);
  });

  test('chroot confines absolute paths and ..', () => {
    const jailed: Who = { fs: new FsContext(`${dir.path}/host`, `${dir.path}/host`) };
    const at = (path: string): Place | number => vfs.resolver.resolve(jailed, undefined, path, FOLLOW);
    expect(at('/file')).toMatchObject({ guest: `${dir.path}/host/file` });
    expect(at('/../../file')).toMatchObject({ guest: `${dir.path}/host/file` });
    expect(at(`${dir.path}/host/file`)).toBe(-ENOENT);
  });
});

describe('path resolution with a sysroot', () => {
  let vfs: Vfs;
  let who: Who;
  beforeAll(() => {
    vfs = new Vfs({ sysroot: `${dir.path}/sys` });
    who = { fs: new FsContext(`${dir.path}/host`) };
  });
  const host = (path: string, flags = FOLLOW): string | number => {
    const place = vfs.resolver.resolve(who, undefined, path, flags);
    return typeof place === 'number' ? place : place.path;
  };

  test('absolute paths are tried under the sysroot first, then on the host', () => {
    expect(host('/etc/name')).toBe(`${dir.path}/sys/etc/name`);
    expect(host('/lib/libc.so')).toBe(`${dir.path}/sys/usr/lib/libc.so`);
    expect(host(`${dir.path}/host/file`)).toBe(`${dir.path}/host/file`);
    expect(host('/')).toBe(`${dir.path}/sys`);
  });

  test('a sysroot given by a link has a directory for its root', () => {
    const linked = new Vfs({ sysroot: `${dir.path}/also` });
    const inside = { fs: new FsContext('/') };
    const place = linked.resolver.resolve(inside, undefined, '/', FOLLOW);
    expect(typeof place === 'number' ? place : place.mode & 0o170000).toBe(0o040000);
    expect(linked.currentDirectory(inside)).toBe('/');
    expect(typeof linked.openAt(inside, undefined, '/', 0, 0)).toBe('object');
  });

  test('names missing in a sysroot directory are looked up in the host directory of the same name', () => {
    expect(host('/etc/passwd')).toBe('/etc/passwd');
    expect(host('/usr/bin/env')).toBe('/usr/bin/env');
  });

  test('links inside the sysroot stay inside it', () => {
    expect(host('/usr/bin/abs')).toBe(`${dir.path}/sys/usr/bin/tool`);
    expect(host('/usr/bin/escape')).toBe(`${dir.path}/sys/etc/name`);
    expect(host('/usr/bin/../../../etc/name')).toBe(`${dir.path}/sys/etc/name`);
  });

  test('/tmp and its like are always the host', () => {
    expect(host('/tmp/hidden')).toBe(-ENOENT);
    expect(host('/tmp')).toBe('/tmp');
    expect(host('/tmp/..')).toBe(`${dir.path}/sys`);
  });

  test('new files go where their directory resolved to', () => {
    expect(host('/etc/new', CREATE)).toBe(`${dir.path}/sys/etc/new`);
    expect(host('/tmp/new', CREATE)).toBe('/tmp/new');
    expect(host(`${dir.path}/host/new`, CREATE)).toBe(`${dir.path}/host/new`);
  });
});
