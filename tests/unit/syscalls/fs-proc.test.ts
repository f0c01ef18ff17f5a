import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { AARCH64, ARM, RISCV64 } from '../../../src/abi/abi.js';
import * as E from '../../../src/abi/errno.js';
import * as F from '../../../src/abi/fcntl.js';
import { MAP_PRIVATE, MAP_SHARED } from '../../../src/mmap/flags.js';
import { cpuModel } from '../../../src/api/cpu-models.js';
import { idRegister } from '../../../src/translate/isa/aarch64/model.js';
import type { A64Model } from '../../../src/translate/isa/aarch64/model.js';
import { cpuinfo } from '../../../src/kernel/vfs/proc/cpuinfo.js';
import { type Guest, type Script, World } from '../kernel/guest.js';
import { scratch } from '../kernel/vfs-temp.js';
import { bytesAt, call, entries, readText, writeText } from './fs-script.js';

const dir = scratch({ mapped: 'abcdefgh' });
const run = (script: Script): Promise<unknown> => new World().run(script);
const CWD = F.AT_FDCWD;

function* cat(g: Guest, path: string): Generator<never, string | number, number> {
  const fd = yield* call(g, 'openat', CWD, path, 0, 0);
  if (fd < 0) return fd;
  let text = '';
  for (;;) {
    const part = yield* readText(g, fd, 1024);
    if (typeof part === 'number' || part === '') break;
    text += part;
  }
  yield* call(g, 'close', fd);
  return text;
}

describe('/proc', () => {
  test('self is the guest, in all its files', async () => {
    await run(function* (g) {
      const pid = yield* call(g, 'getpid');
      const stat = yield* cat(g, '/proc/self/stat');
      expect(stat).toMatch(new RegExp(`^${pid} \\(first\\) R 1 `));
      expect(String(stat).trim().split(' ')).toHaveLength(52);
      expect(yield* cat(g, '/proc/thread-self/status')).toContain(`Pid:\t${pid}\n`);
      expect(yield* cat(g, '/proc/self/comm')).toBe('first\n');
      const comm = yield* call(g, 'openat', CWD, '/proc/self/comm', F.O_WRONLY, 0);
      expect(yield* writeText(g, comm, 'renamed\n')).toBe(8);
      expect(yield* cat(g, `/proc/${pid}/comm`)).toBe('renamed\n');
      expect(String(yield* cat(g, '/proc/self/maps'))).toMatch(
        /^[0-9a-f]{8}-[0-9a-f]{8} rw-p 00000000 00:00 0 /m,
      );
      expect(String(yield* cat(g, '/proc/self/limits'))).toMatch(/^Max open files {12}1024 /m);
      expect(String(yield* cat(g, '/proc/self/statm'))).toMatch(/^\d+ \d+ \d+ \d+ 0 \d+ 0\n$/);
      const buffer = g.alloc(64);
      const n = yield* call(g, 'readlinkat', CWD, '/proc/self', buffer, 64);
      expect(bytesAt(g, buffer, n)).toBe(String(pid));
      expect(yield* call(g, 'readlinkat', CWD, '/proc/self/exe', buffer, 64)).toBe(5);
      expect(yield* call(g, 'readlinkat', CWD, '/proc/self/cwd', buffer, 64)).toBe(1);
      expect(yield* cat(g, '/proc/99999/stat')).toBe(-E.ENOENT);
    });
  });

  test('descriptors have one name, and tell what they are', async () => {
    await run(function* (g) {
      expect(yield* call(g, 'openat', CWD, '/proc/self/fd/00', 0, 0)).toBe(-E.ENOENT);
      const pid = yield* call(g, 'getpid');
      const pidfd = yield* call(g, 'pidfd_open', pid, 0);
      expect(yield* cat(g, `/proc/self/fdinfo/${pidfd}`)).toMatch(
        new RegExp(
          `^pos:\\t0\nflags:\\t02000002\nmnt_id:\\t1\nino:\\t\\d+\nPid:\\t${pid}\nNSpid:\\t${pid}\n$`,
        ),
      );
      const event = yield* call(g, 'eventfd2', 29, 0);
      expect(yield* cat(g, `/proc/self/fdinfo/${event}`)).toContain('\neventfd-count:               1d\n');
      const epoll = yield* call(g, 'epoll_create1', 0);
      yield* call(g, 'epoll_ctl', epoll, 1, event, g.words(1, 0x1234));
      expect(yield* cat(g, `/proc/self/fdinfo/${epoll}`)).toMatch(
        new RegExp(`\ntfd: +${event} events: +19 data: +1234  pos:0 ino:[0-9a-f]+ sdev:[0-9a-f]+\n$`),
      );
    });
  });

  test('names in /dev/shm go away, whatever they are reached by; devices stay', async () => {
    await run(function* (g) {
      const shm = yield* call(g, 'openat', CWD, '/dev/shm', 0, 0);
      const name = `sojourn-test-${process.pid}`;
      for (const [dir, path] of [
        [shm, name],
        [CWD, `/dev/shm/${name}`],
      ] as const) {
        const fd = yield* call(g, 'openat', CWD, `/dev/shm/${name}`, F.O_CREAT | F.O_RDWR, 0o600);
        yield* call(g, 'close', fd);
        expect(yield* call(g, 'unlinkat', dir, path, 0)).toBe(0);
      }
      expect(yield* call(g, 'unlinkat', CWD, '/dev/null', 0)).toBe(-E.EPERM);
      const dev = yield* call(g, 'openat', CWD, '/dev', 0, 0);
      expect(yield* call(g, 'unlinkat', dev, 'null', 0)).toBe(-E.EPERM);
    });
  });

  test('one namespace of each kind', async () => {
    await run(function* (g) {
      const buffer = g.alloc(64);
      const n = yield* call(g, 'readlinkat', CWD, '/proc/self/ns/uts', buffer, 64);
      expect(bytesAt(g, buffer, n)).toBe('uts:[4026531838]');
      const at = g.alloc(128);
      yield* call(g, 'newfstatat', CWD, '/proc/self/ns/uts', at, 0);
      expect(g.view.getBigUint64(at + 8, true)).toBe(4026531838n);
      expect(yield* call(g, 'openat', CWD, '/proc/self/ns/net', 0, 0)).toBeGreaterThanOrEqual(0);
    });
  });

  test('smaps tells the flags of mappings and what is locked', async () => {
    await run(function* (g) {
      const at = yield* call(g, 'mmap', 0, 8192, 3, MAP_PRIVATE | 0x20, -1, 0);
      yield* call(g, 'madvise', at, 8192, 10);
      yield* call(g, 'mlock', at, 8192);
      const all = String(yield* cat(g, '/proc/self/smaps'));
      const own = all.slice(all.indexOf(at.toString(16).padStart(8, '0')));
      expect(/Locked: +(\d+) kB/.exec(own)?.[1]).toBe('8');
      expect(/VmFlags: (.*)/.exec(own)?.[1]).toBe('rd wr mr mw me ac lo dc ');
    });
  });

  test('idle time never shrinks', async () => {
    await run(function* (g) {
      let last = 0;
      for (let n = 0; n < 20; n++) {
        const idle = Number(String(yield* cat(g, '/proc/uptime')).split(' ')[1]);
        expect(idle).toBeGreaterThanOrEqual(last);
        last = idle;
      }
    });
  });

  test('the machine is the guest one; nothing of the host shows', async () => {
    await run(function* (g) {
      expect(yield* cat(g, '/proc/cpuinfo')).toMatch(/^isa\t\t: rv64imafdc_/m);
      expect(yield* cat(g, '/proc/version')).toMatch(/^Linux version /);
      expect(yield* cat(g, '/proc/meminfo')).toMatch(/^MemTotal: +\d+ kB$/m);
      expect(yield* cat(g, '/proc/sys/kernel/random/uuid')).toMatch(
        /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]/,
      );
      expect(yield* cat(g, '/sys/devices/system/cpu/online')).toBe('0\n');
      expect(yield* cat(g, '/sys/devices/system/cpu/cpu0/topology/core_id')).toBe('0\n');
      expect(yield* cat(g, '/proc/kcore')).toBe(-E.ENOENT);
      const fd = yield* call(g, 'openat', CWD, '/proc', 0, 0);
      const pids = (yield* entries(g, fd)).map(({ name }) => name).filter((name) => /^\d+$/.test(name));
      expect(pids).toEqual(['100']);
      expect(yield* call(g, 'openat', CWD, '/proc/new', F.O_CREAT | F.O_WRONLY, 0o600)).toBeLessThan(0);
      expect(yield* call(g, 'mkdirat', CWD, '/proc/new', 0o700)).toBe(-E.EROFS);
      expect(yield* call(g, 'unlinkat', CWD, '/proc/version', 0)).toBe(-E.EPERM);
      expect(yield* call(g, 'openat', CWD, '/proc/version', F.O_WRONLY, 0)).toBe(-E.EACCES);
    });
  });

  test('mem reads and writes the address space', async () => {
    await run(function* (g) {
      const at = g.text('secret');
      const fd = yield* call(g, 'openat', CWD, '/proc/self/mem', F.O_RDWR, 0);
      const buffer = g.alloc(16);
      expect(yield* call(g, 'pread64', fd, buffer, 6, at)).toBe(6);
      expect(bytesAt(g, buffer, 6)).toBe('secret');
      expect(yield* call(g, 'pwrite64', fd, 'S', 1, at)).toBe(1);
      expect(bytesAt(g, at, 6)).toBe('Secret');
      expect(yield* call(g, 'pread64', fd, buffer, 6, 0x1000)).toBe(-E.EIO);
    });
  });

  test.each(['max', 'cortex-a76', 'cortex-a53'])('cpuinfo tells what the registers of %s tell', (name) => {
    const { abi, a64 } = cpuModel(AARCH64, name);
    const text = cpuinfo(abi, 1);
    const field = (key: string): number => Number(new RegExp(`^CPU ${key}\\s*: (.*)$`, 'm').exec(text)?.[1]);
    const midr =
      (field('implementer') << 24) |
      (field('variant') << 20) |
      (15 << 16) |
      (field('part') << 4) |
      field('revision');
    expect(midr).toBe(idRegister(a64 as A64Model, 0, 0)?.lo);
    expect(/^Features\t: (.*)$/m.exec(text)?.[1]?.split(' ').includes('atomics')).toBe(
      a64?.features.has('lse'),
    );
  });

  test.each([
    [RISCV64, 'rv64,zba=true,v=off', 'riscv64'],
    [AARCH64, 'max,sve=off', 'aarch64'],
    [AARCH64, 'cortex-a72', 'aarch64'],
  ])('CPU model %#: %s', (abi, text, name) => {
    expect(cpuModel(abi, text).abi.name).toBe(name);
  });

  test.each([
    [RISCV64, 'rv64,v=true', /property v=true/],
    [RISCV64, 'rv64,zba=off', /property zba=off/],
    [RISCV64, 'rv64,nonsense=off', /nonsense/],
    [RISCV64, 'max,v', /property v /],
    [RISCV64, 'cortex-a72', /no CPU model cortex-a72/],
    [AARCH64, 'max,sve=on', /sve=on/],
  ])('CPU model that there is not, %#: %s', (abi, text, message) => {
    expect(() => cpuModel(abi, text)).toThrow(message);
  });

  test('cpuinfo has the form of each architecture', () => {
    expect(cpuinfo(RISCV64, 2).match(/^processor/gm)).toHaveLength(2);
    expect(cpuinfo(AARCH64, 1)).toMatch(/^Features\t: fp asimd/m);
    expect(cpuinfo(ARM, 1)).toMatch(/^model name\t: ARMv7 Processor/m);
  });
});

describe('/dev', () => {
  test('memory devices', async () => {
    await run(function* (g) {
      const open = (name: string): Generator<never, number, number> =>
        call(g, 'openat', CWD, `/dev/${name}`, F.O_RDWR, 0);
      const [none, zero, full, random] = [
        yield* open('null'),
        yield* open('zero'),
        yield* open('full'),
        yield* open('urandom'),
      ];
      expect(yield* readText(g, none)).toBe('');
      expect(yield* writeText(g, none, 'gone')).toBe(4);
      expect(yield* readText(g, zero, 4)).toBe('\0\0\0\0');
      expect(yield* writeText(g, full, 'x')).toBe(-E.ENOSPC);
      expect(yield* readText(g, random, 16)).toHaveLength(16);
      expect(yield* call(g, 'ioctl', none, 0x5401, g.alloc(64))).toBe(-E.ENOTTY);
      const at = yield* call(g, 'mmap', 0, 8192, 3, MAP_PRIVATE, zero, 0);
      expect(g.i32(at)).toBe(0);
      expect(yield* call(g, 'openat', CWD, '/dev/tty', F.O_RDWR, 0)).toBe(-E.ENXIO);
    });
  });
});

describe('mapped files', () => {
  test('what is written through a shared mapping is what read sees, and the other way round', async () => {
    await run(function* (g) {
      const path = `${dir.path}/mapped`;
      const fd = yield* call(g, 'openat', CWD, path, F.O_RDWR, 0);
      const at = yield* call(g, 'mmap', 0, 4096, 3, MAP_SHARED, fd, 0);
      expect(at).toBeGreaterThan(0);
      // Through system calls only: the script has no page-fault path of its own.
      const memory = yield* call(g, 'openat', CWD, '/proc/self/mem', F.O_RDWR, 0);
      expect(yield* call(g, 'pwrite64', memory, 'XY', 2, at)).toBe(2);
      expect(yield* readText(g, fd, 4)).toBe('XYcd');
      expect(yield* call(g, 'pwrite64', fd, '12', 2, 2)).toBe(2);
      const buffer = g.alloc(8);
      yield* call(g, 'pread64', memory, buffer, 8, at);
      expect(bytesAt(g, buffer, 8)).toBe('XY12efgh');
      yield* call(g, 'munmap', at, 4096);
      expect(readFileSync(path, 'latin1')).toBe('XY12efgh');
    });
  });
});
