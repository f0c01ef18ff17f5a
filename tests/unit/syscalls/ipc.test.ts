import { describe, expect, test } from '@jest/globals';
import { EACCES, EAGAIN, EINVAL, ENOSPC, EPERM } from '../../../src/abi/errno.js';
import { ARM } from '../../../src/abi/abi.js';
import { AT_FDCWD, O_CREAT, O_RDONLY, O_RDWR } from '../../../src/abi/fcntl.js';
import * as I from '../../../src/abi/ipc.js';
import { CLONE_FLAGS } from '../../../src/abi/process.js';
import { SIGCHLD } from '../../../src/abi/signals.js';
import { AF, SOCK } from '../../../src/abi/socket.js';
import { ipcPerm, shmidDs } from '../../../src/abi/structs/index.js';
import { type Guest, type Script, World } from '../kernel/guest.js';
import { bytesAt, call, readText } from './fs-script.js';

const run = (script: Script): Promise<unknown> => new World().run(script);
const NEW = I.IPC_CREAT | 0o600;

function* cat(g: Guest, path: string): Generator<never, string, number> {
  const fd = yield* call(g, 'openat', AT_FDCWD, path, O_RDONLY, 0);
  const text = yield* readText(g, fd, 4096);
  yield* call(g, 'close', fd);
  return String(text);
}

describe('System V IPC', () => {
  test('identifiers are not used again at once', async () => {
    await run(function* (g) {
      const first = yield* g.sys('msgget', 0, NEW);
      const second = yield* g.sys('msgget', 0, NEW);
      expect([first, second]).toEqual([0, 1]);
      yield* g.sys('msgctl', first, I.IPC_RMID, 0);
      const third = yield* g.sys('msgget', 0, NEW);
      expect(third % 32768).toBe(0);
      expect(third).not.toBe(first);
      expect(yield* g.sys('msgctl', first, I.IPC_RMID, 0)).toBe(-EINVAL);
    });
  });

  test('rights are those of owner, group and others', async () => {
    await run(function* (g) {
      const id = yield* g.sys('semget', 5, 1, I.IPC_CREAT | 0o440);
      expect(yield* g.sys('semget', 5, 1, 0o600)).toBe(-EACCES);
      expect(yield* g.sys('semctl', id, 0, I.SETVAL, 1)).toBe(-EACCES);
      expect(yield* g.sys('semctl', id, 0, I.GETVAL, 0)).toBe(0);
      const cred = g.world.kernel.root?.leader?.cred;
      if (cred !== undefined) cred.euid = cred.egid = cred.fsgid = 7;
      expect(yield* g.sys('semctl', id, 0, I.GETVAL, 0)).toBe(-EACCES);
      expect(yield* g.sys('semctl', id, 0, I.IPC_RMID, 0)).toBe(-EPERM);
    });
  });

  test('exec and exit detach; what was to be removed then goes', async () => {
    const world = new World();
    world.programs.set('/next', function* (g) {
      const ds = g.alloc(112);
      const id = g.world.kernel.ipc.segments.list()[0]?.id ?? -1;
      expect(yield* g.sys('shmctl', id, I.IPC_STAT, ds)).toBe(0);
      expect(g.word(ds + shmidDs.for(g.world.abi).offset.shm_nattch)).toBe(0);
      const at = yield* g.sys('shmat', id, 0, 0);
      yield* g.sys('madvise', at, 4096, 22);
      expect(g.i32(at)).toBe(77);
      expect(yield* g.sys('shmctl', id, I.IPC_RMID, 0)).toBe(0);
      expect(g.world.kernel.ipc.segments.count).toBe(1);
    });
    await world.run(function* (g) {
      const id = yield* g.sys('shmget', 0, 4096, NEW);
      const at = yield* g.sys('shmat', id, 0, 0);
      yield* g.sys('getrandom', at, 4, 0);
      g.view.setInt32(at, 77, true);
      yield* g.sys('execve', g.text('/next'), 0, 0);
    });
    expect(world.kernel.ipc.segments.count).toBe(0);
    expect(world.kernel.ipc.pages).toBe(0);
  });

  test('a segment ends where its pages end, whatever mremap says', async () => {
    await run(function* (g) {
      const id = yield* g.sys('shmget', 0, 100, NEW);
      const at = yield* g.sys('shmat', id, 0, 0);
      expect(yield* g.sys('getrandom', at, 4096, 0)).toBe(4096);
      const moved = yield* g.sys('mremap', at, 4096, 8192, 1, 0);
      expect(moved).toBeGreaterThan(0);
      expect(yield* g.sys('getrandom', moved + 4096, 4, 0)).toBe(-14);
    });
  });

  test('SEM_UNDO of tasks that share it is done when the last is gone', async () => {
    await run(function* (g) {
      const id = yield* g.sys('semget', 0, 1, NEW);
      yield* g.sys('semctl', id, 0, I.SETVAL, 5);
      const op = g.alloc(8);
      g.view.setInt16(op + 2, -2, true);
      g.view.setInt16(op + 4, I.SEM_UNDO, true);
      expect(yield* g.sys('semop', id, op, 1)).toBe(0);
      const child: Script = function* (c) {
        yield* c.sys('semop', id, op, 1);
      };
      yield* g.clone('clone', child, SIGCHLD | CLONE_FLAGS.CLONE_SYSVSEM);
      yield* g.sys('wait4', -1, 0, 0, 0);
      expect(yield* g.sys('semctl', id, 0, I.GETVAL, 0)).toBe(1);
      yield* g.sys('unshare', CLONE_FLAGS.CLONE_SYSVSEM);
      expect(yield* g.sys('semctl', id, 0, I.GETVAL, 0)).toBe(5);
    });
  });

  test('/proc/sysvipc lists them, /proc/sys has their limits', async () => {
    await run(function* (g) {
      yield* g.sys('shmget', 0x1234, 4097, I.IPC_CREAT | 0o640);
      yield* g.sys('semget', 9, 3, NEW);
      const queue = yield* g.sys('msgget', 8, NEW);
      yield* g.sys('msgsnd', queue, g.words(1, 0), 5, 0);
      const fields = (text: string): string[] => text.split('\n')[1]?.trim().split(/\s+/) ?? [];
      const shm = yield* cat(g, '/proc/sysvipc/shm');
      expect(fields(shm).slice(0, 11)).toEqual('4660 0 640 4097 100 0 0 1000 1000 1000 1000'.split(' '));
      expect(fields(shm)).toHaveLength(16);
      expect(shm.split('\n')[0]).toHaveLength(shm.split('\n')[1]?.length ?? 0);
      expect(fields(yield* cat(g, '/proc/sysvipc/sem')).slice(0, 4)).toEqual(['9', '0', '600', '3']);
      expect(fields(yield* cat(g, '/proc/sysvipc/msg')).slice(0, 6)).toEqual('8 0 600 5 1 100'.split(' '));
      expect(yield* cat(g, '/proc/sys/kernel/sem')).toBe('32000\t1024000000\t500\t32000\n');
      expect(yield* cat(g, '/proc/sys/kernel/shmmax')).toBe('18446744073692774399\n');
      const cred = g.world.kernel.root?.leader?.cred;
      if (cred !== undefined) cred.euid = 0;
      const fd = yield* call(g, 'openat', AT_FDCWD, '/proc/sys/kernel/msgmni', O_RDWR, 0);
      expect(yield* call(g, 'write', fd, '1', 1)).toBe(1);
      expect(yield* g.sys('msgget', 0, NEW)).toBe(-ENOSPC);
    });
  });

  test('layout of the structs', () => {
    expect(shmidDs.for({ wordSize: 8, littleEndian: true, align64: 8 }).size).toBe(112);
    expect(shmidDs.for(ARM).size).toBe(84);
    expect(ipcPerm.for({ wordSize: 4, littleEndian: false, align64: 8 }).offset.mode16).toBe(20);
  });
});

describe('POSIX message queues', () => {
  test('SIGEV_THREAD: the cookie arrives at the netlink socket', async () => {
    await run(function* (g) {
      const socket = yield* g.sys('socket', AF.AF_NETLINK, SOCK.SOCK_RAW, 0);
      const mq = yield* call(g, 'mq_open', 'q', O_RDWR | O_CREAT, 0o600, 0);
      const cookie = g.text('0123456789012345678901234567890x');
      const event = g.alloc(64);
      g.view.setBigInt64(event, BigInt(cookie), true);
      g.view.setInt32(event + 8, socket, true);
      g.view.setInt32(event + 12, 2, true);
      const got = g.alloc(32);
      const listen = function* (): Generator<never, number, number> {
        const n = yield* call(g, 'recvfrom', socket, got, 32, 0x40, 0, 0);
        return n === 32 && bytesAt(g, got, 31) === '0123456789012345678901234567890'
          ? g.view.getUint8(got + 31)
          : n;
      };
      expect(yield* g.sys('mq_notify', mq, event)).toBe(0);
      expect(yield* listen()).toBe(-EAGAIN);
      yield* g.sys('mq_timedsend', mq, cookie, 1, 0, 0);
      expect(yield* listen()).toBe(1);
      yield* g.sys('mq_timedreceive', mq, g.alloc(8192), 8192, 0, 0);
      yield* g.sys('mq_notify', mq, event);
      yield* g.sys('close', mq);
      expect(yield* listen()).toBe(2);
    });
  });

  test('limits and rights', async () => {
    await run(function* (g) {
      const attr = g.alloc(64);
      g.view.setInt32(attr + 8, 11, true);
      g.view.setInt32(attr + 16, 8192, true);
      expect(yield* call(g, 'mq_open', 'q', O_RDWR | O_CREAT, 0o600, attr)).toBe(-EINVAL);
      g.view.setInt32(attr + 8, 10, true);
      expect(yield* call(g, 'mq_open', 'q', O_RDWR | O_CREAT, 0o400, attr)).toBeGreaterThanOrEqual(0);
      expect(yield* call(g, 'mq_open', 'q', O_RDWR, 0, 0)).toBe(-EACCES);
      expect(yield* call(g, 'mq_open', 'q', O_RDONLY, 0, 0)).toBeGreaterThanOrEqual(0);
    });
  });
});
