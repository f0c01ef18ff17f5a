import { describe, expect, test } from '@jest/globals';
import { ABIS, AARCH64_BE, ARM, ARMEB, RISCV32, RISCV64 } from '../../../src/abi/abi.js';
import { array, chars, hexed, octal, struct } from '../../../src/abi/layout.js';
import {
  epollEvent,
  siginfo,
  sigset,
  stat64Form,
  stat64Arm,
  statForm,
  statGeneric,
  type StatRecord,
  utsname,
} from '../../../src/abi/structs/index.js';

const sample = struct('sample', {
  tag: 'u8',
  word: 'long',
  mode: octal('u16'),
  flags: hexed('u32'),
  list: array('i16', 3),
  name: chars(6),
  wide: 'u64',
});

const view = (): DataView => new DataView(new ArrayBuffer(512));

describe.each(ABIS.map((abi) => [abi.name, abi] as const))('%s', (_, abi) => {
  test('what is written is read back, with every byte set', () => {
    const layout = sample.for(abi);
    const v = view();
    new Uint8Array(v.buffer).fill(0xaa);
    const values = {
      tag: 7,
      word: -2,
      mode: 0o644,
      flags: 0xdead_beef,
      list: [-1, 2, -3],
      wide: 2 ** 52 + 3,
    };
    layout.write(v, 16, { ...values, name: 'ab"' });
    expect(layout.read(v, 16)).toEqual({ ...values, name: new Uint8Array([97, 98, 34, 0, 0, 0]) });
    const padding = new Uint8Array(v.buffer, 17, layout.offset.word - 1);
    expect([...padding].every((b) => b === 0)).toBe(true);
    expect(v.getUint8(15)).toBe(0xaa);
    expect(v.getUint8(16 + layout.size)).toBe(0xaa);
    expect(layout.print(v, 16)).toBe(
      '{tag=7, word=-2, mode=0644, flags=0xdeadbeef, list=[-1, 2, -3], name="ab\\"", wide=4503599627370499}',
    );
  });

  test('byte order', () => {
    const v = view();
    sample.for(abi).set(v, 0, 'wide', 0x0102_0304_0506);
    const at = sample.for(abi).offset.wide;
    expect(v.getUint8(at + (abi.littleEndian ? 0 : 7))).toBe(6);
    expect(sample.for(abi).get(v, 0, 'wide')).toBe(0x0102_0304_0506);
  });
});

describe('negative 64-bit values', () => {
  test('are written in two’s complement', () => {
    const layout = struct('s', { a: 'i64' }).for(RISCV64);
    const v = view();
    layout.write(v, 0, { a: -1 });
    expect(v.getBigInt64(0, true)).toBe(-1n);
    layout.write(v, 0, { a: -(2 ** 40) });
    expect(v.getBigInt64(0, true)).toBe(-(2n ** 40n));
    expect(layout.read(v, 0).a).toBe(-(2 ** 40));
  });
});

const RECORD: StatRecord = {
  dev: 0x801,
  ino: 2 ** 40 + 5,
  mode: 0o100644,
  nlink: 2,
  uid: 1000,
  gid: 100,
  rdev: 0x105,
  size: 2 ** 33 + 1,
  blksize: 4096,
  blocks: 16,
  atime: 1_700_000_000,
  atimeNsec: 1,
  mtime: 1_700_000_001,
  mtimeNsec: 2,
  ctime: 1_700_000_002,
  ctimeNsec: 3,
};

describe('stat writers', () => {
  const named = {
    st_dev: RECORD.dev,
    st_mode: RECORD.mode,
    st_nlink: RECORD.nlink,
    st_uid: RECORD.uid,
    st_gid: RECORD.gid,
    st_rdev: RECORD.rdev,
    st_size: RECORD.size,
    st_blksize: RECORD.blksize,
    st_blocks: RECORD.blocks,
    st_atime: RECORD.atime,
    st_atime_nsec: RECORD.atimeNsec,
    st_mtime: RECORD.mtime,
    st_mtime_nsec: RECORD.mtimeNsec,
    st_ctime: RECORD.ctime,
    st_ctime_nsec: RECORD.ctimeNsec,
    st_ino: RECORD.ino,
  };
  test.each([RISCV64, AARCH64_BE])('64-bit', (abi) => {
    const v = view();
    statForm(abi).write(v, 8, RECORD);
    expect(statGeneric.for(abi).read(v, 8)).toMatchObject(named);
  });
  test.each([ARM, ARMEB])('ARM stat64 has the inode twice', (abi) => {
    const v = view();
    stat64Form(abi, true).write(v, 8, RECORD);
    expect(stat64Arm.for(abi).read(v, 8)).toMatchObject({ ...named, __st_ino: 5 });
  });
  test('32-bit asm-generic', () => {
    const v = view();
    const form = stat64Form(RISCV32, false);
    form.write(v, 8, RECORD);
    expect(form.size).toBe(104);
    expect(v.getBigUint64(8 + 48, true)).toBe(2n ** 33n + 1n);
  });
});

describe('word pairs', () => {
  test.each([
    [RISCV64, 1],
    [ARM, 1],
    [ARMEB, 1],
    [AARCH64_BE, 0x1_0000_0000],
  ] as const)('sigset of signal 33', (abi, words) => {
    const v = view();
    sigset.for(abi).write(v, 0, { lo: 0, hi: 1 });
    // An array of longs: signal 33 is bit 32 of word 0, or bit 0 of word 1.
    if (abi.wordSize === 8) expect(v.getBigUint64(0, abi.littleEndian)).toBe(2n ** 32n);
    else expect(v.getUint32(4, abi.littleEndian)).toBe(words);
  });

  test('epoll data keep all their bits', () => {
    for (const abi of ABIS) {
      const v = view();
      epollEvent.for(abi).write(v, 0, { events: 1, data_lo: 0xffff_fffe, data_hi: 0x8000_0001 });
      expect(v.getBigUint64(8, abi.littleEndian)).toBe(0x8000_0001_ffff_fffen);
    }
  });
});

describe('unions', () => {
  test('only the given member is written', () => {
    const v = view();
    const layout = siginfo.for(RISCV64);
    layout.write(v, 0, { si_signo: 11, si_code: 1, fields: { fault: { si_addr: 0x1234_5678_9abc } } });
    expect(layout.size).toBe(128);
    expect(v.getBigUint64(16, true)).toBe(0x1234_5678_9abcn);
    expect(layout.read(v, 0).fields.kill.si_pid).toBe(0x5678_9abc);
  });
});

describe('chars', () => {
  test('longer text is cut', () => {
    const v = view();
    utsname.for(RISCV64).write(v, 0, { sysname: 'x'.repeat(100), nodename: 'n' });
    expect(v.getUint8(64)).toBe(0x78);
    expect(v.getUint8(65)).toBe(0x6e);
  });
});
