import { describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import net from 'node:net';
import * as E from '../../../src/abi/errno.js';
import * as F from '../../../src/abi/fcntl.js';
import { AF, MSG, SO, SOCK, SOCK_NONBLOCK, SOL_SOCKET } from '../../../src/abi/socket.js';
import { POLLHUP, POLLIN, POLLOUT } from '../../../src/kernel/file.js';
import { isSending } from '../../../src/kernel/host/net.js';
import {
  type Address,
  decodeAddress,
  encodeAddress,
  formatIn6,
  parseIn6,
} from '../../../src/kernel/socket/address.js';
import { type Guest, type Script, World } from '../kernel/guest.js';
import { scratch } from '../kernel/vfs-temp.js';
import { bytesAt, call, readText, writeText } from './fs-script.js';

const dir = scratch();
const run = (script: Script): Promise<unknown> => new World().run(script);
type Calls = Generator<never, number, number>;

function store(g: Guest, bytes: Uint8Array): number {
  const at = g.alloc(Math.max(1, bytes.length));
  bytes.forEach((byte, i) => g.view.setUint8(at + i, byte));
  return at;
}
const unix = (path: string): Address => ({ family: AF.AF_UNIX, path });
const inet = (port: number): Address => ({ family: AF.AF_INET, host: '127.0.0.1', port, flow: 0, scope: 0 });

/** bind or connect. */
function* at(g: Guest, name: 'bind' | 'connect', fd: number, address: Address): Calls {
  const bytes = encodeAddress(address, true);
  return yield* call(g, name, fd, store(g, bytes), bytes.length);
}

function* nameOf(
  g: Guest,
  name: 'getsockname' | 'getpeername',
  fd: number,
): Generator<never, Address | number, number> {
  const [addr, length] = [g.alloc(128), g.alloc(4)];
  g.view.setInt32(length, 128, true);
  const result = yield* call(g, name, fd, addr, length);
  if (result < 0) return result;
  const bytes = Uint8Array.from({ length: g.i32(length) }, (_, i) => g.view.getUint8(addr + i));
  return decodeAddress(bytes, true);
}

function* pair(g: Guest, type: number): Generator<never, [number, number], number> {
  const fds = g.alloc(8);
  yield* call(g, 'socketpair', AF.AF_UNIX, type, 0, fds);
  return [g.i32(fds), g.i32(fds + 4)];
}

function* polled(g: Guest, fd: number, events: number): Calls {
  const at = g.alloc(8);
  g.view.setInt32(at, fd, true);
  g.view.setInt16(at + 4, events, true);
  yield* call(g, 'ppoll', at, 1, g.words(0, 0), 0, 8);
  return g.view.getInt16(at + 6, true);
}

/** struct msghdr with one buffer and room for control data. */
function message(g: Guest, buffer: number, length: number, control: number, controlLength: number): number {
  return g.words(0, 0, g.words(buffer, length), 1, control, controlLength, 0);
}

describe('addresses', () => {
  test.each([
    ['::', '::'],
    ['::1', '::1'],
    ['2001:db8::1:0:0:1', '2001:db8::1:0:0:1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
    ['::ffff:10.1.2.3', '::ffff:10.1.2.3'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ])('IPv6 %s is written %s', (text, written) => {
    expect(formatIn6(parseIn6(text))).toBe(written);
  });

  test('encoding and decoding agree in both byte orders', () => {
    const in6: Address = { family: AF.AF_INET6, host: 'fe80::1', port: 443, flow: 5, scope: 3 };
    for (const address of [unix('/run/x'), unix('\0abstract\0name'), unix(''), inet(8080), in6]) {
      for (const little of [true, false]) {
        expect(decodeAddress(encodeAddress(address, little), little)).toEqual(address);
      }
    }
    expect(decodeAddress(new Uint8Array([2, 0, 1]), true)).toBe(-E.EINVAL);
    expect(decodeAddress(new Uint8Array([99, 0, 1]), true)).toBe(-E.EAFNOSUPPORT);
  });
});

describe('AF_UNIX', () => {
  test('a stream pair: bytes, shutdown, end, EPIPE with SIGPIPE', async () => {
    await run(function* (g) {
      const [a, b] = yield* pair(g, SOCK.SOCK_STREAM);
      yield* call(g, 'rt_sigaction', 13, g.words(1, 0, 0), 0, 8); // SIG_IGN
      yield* writeText(g, a, 'one');
      yield* writeText(g, a, 'two');
      expect(yield* polled(g, b, POLLIN | POLLOUT)).toBe(POLLIN | POLLOUT);
      const buffer = g.alloc(16);
      expect(yield* call(g, 'recvfrom', b, buffer, 4, MSG.MSG_PEEK, 0, 0)).toBe(4);
      expect(yield* readText(g, b)).toBe('onetwo');
      expect(yield* call(g, 'recvfrom', b, buffer, 4, MSG.MSG_DONTWAIT, 0, 0)).toBe(-E.EAGAIN);
      expect(yield* call(g, 'shutdown', a, 1)).toBe(0);
      expect(yield* readText(g, b)).toBe('');
      expect(yield* writeText(g, a, 'x')).toBe(-E.EPIPE);
      yield* writeText(g, b, 'back');
      expect(yield* readText(g, a)).toBe('back');
      yield* call(g, 'close', b);
      expect((yield* polled(g, a, POLLIN)) & POLLHUP).toBe(POLLHUP);
      expect(yield* readText(g, a)).toBe('');
      expect(yield* call(g, 'lseek', a, 0, 0)).toBe(-E.ESPIPE);
    });
  });

  test('messages keep their boundaries; what does not fit is cut', async () => {
    await run(function* (g) {
      const [a, b] = yield* pair(g, SOCK.SOCK_SEQPACKET);
      yield* writeText(g, a, 'first');
      yield* writeText(g, a, 'second');
      const buffer = g.alloc(16);
      expect(yield* call(g, 'recvfrom', b, buffer, 3, MSG.MSG_TRUNC, 0, 0)).toBe(5);
      expect(bytesAt(g, buffer, 3)).toBe('fir');
      expect(yield* readText(g, b)).toBe('second');
    });
  });

  test('a server and its client, by a name in the file system', async () => {
    const path = `${dir.path}/server`;
    await run(function* (g) {
      const server = yield* call(g, 'socket', AF.AF_UNIX, SOCK.SOCK_STREAM, 0);
      expect(yield* at(g, 'bind', server, unix(path))).toBe(0);
      expect(existsSync(path)).toBe(true);
      const other = yield* call(g, 'socket', AF.AF_UNIX, SOCK.SOCK_STREAM, 0);
      expect(yield* at(g, 'bind', other, unix(path))).toBe(-E.EADDRINUSE);
      expect(yield* at(g, 'connect', other, unix(path))).toBe(-E.ECONNREFUSED);
      expect(yield* at(g, 'connect', other, unix(`${dir.path}/none`))).toBe(-E.ENOENT);
      yield* call(g, 'listen', server, 5);
      yield* g.clone(
        'clone',
        function* (child) {
          const client = yield* call(child, 'socket', AF.AF_UNIX, SOCK.SOCK_STREAM, 0);
          expect(yield* at(child, 'connect', client, unix(path))).toBe(0);
          yield* writeText(child, client, 'hello');
          expect(yield* readText(child, client)).toBe('HELLO');
        },
        17,
      );
      const peer = yield* call(g, 'accept4', server, 0, 0, 0);
      expect(yield* readText(g, peer)).toBe('hello');
      const cred = g.alloc(12);
      const length = g.alloc(4);
      g.view.setInt32(length, 12, true);
      yield* call(g, 'getsockopt', peer, SOL_SOCKET, SO.SO_PEERCRED, cred, length);
      expect([g.i32(cred), g.i32(cred + 4)]).toEqual([101, 1000]);
      expect(yield* nameOf(g, 'getsockname', peer)).toEqual(unix(path));
      yield* writeText(g, peer, 'HELLO');
      yield* call(g, 'wait4', -1, 0, 0, 0);
      yield* call(g, 'close', server);
      expect(existsSync(path)).toBe(true);
    });
  });

  test('abstract datagrams know their sender; a full queue makes the sender wait', async () => {
    await run(function* (g) {
      const server = yield* call(g, 'socket', AF.AF_UNIX, SOCK.SOCK_DGRAM, 0);
      const client = yield* call(g, 'socket', AF.AF_UNIX, SOCK.SOCK_DGRAM | SOCK_NONBLOCK, 0);
      yield* at(g, 'bind', server, unix('\0server'));
      yield* at(g, 'bind', client, unix('\0client'));
      expect(yield* at(g, 'connect', client, unix('\0server'))).toBe(0);
      let sent = 0;
      while ((yield* writeText(g, client, 'm')) > 0) sent++;
      expect(sent).toBe(11);
      const [buffer, addr, length] = [g.alloc(8), g.alloc(128), g.alloc(4)];
      g.view.setInt32(length, 128, true);
      expect(yield* call(g, 'recvfrom', server, buffer, 8, 0, addr, length)).toBe(1);
      expect(bytesAt(g, addr + 2, g.i32(length) - 2)).toBe('\0client');
      expect(yield* writeText(g, client, 'm')).toBe(1);
    });
  });

  test.each([SOCK.SOCK_STREAM, SOCK.SOCK_DGRAM])(
    'a sender without a name has no address (type %s)',
    async (type) => {
      await run(function* (g) {
        const [a, b] = yield* pair(g, type);
        yield* writeText(g, a, 'x');
        const [addr, length] = [g.alloc(128), g.words(128)];
        expect(yield* call(g, 'recvfrom', b, g.alloc(8), 8, 0, addr, length)).toBe(1);
        expect(g.i32(length)).toBe(0);
      });
    },
  );

  test('descriptors travel with SCM_RIGHTS', async () => {
    await run(function* (g) {
      const [a, b] = yield* pair(g, SOCK.SOCK_STREAM);
      const file = yield* call(g, 'memfd_create', 'x', 0);
      yield* writeText(g, file, 'inside');
      yield* call(g, 'lseek', file, 0, 0);
      const control = g.words(20, 0, 0);
      g.view.setInt32(control + 8, SOL_SOCKET, true);
      g.view.setInt32(control + 12, 1, true);
      g.view.setInt32(control + 16, file, true);
      expect(yield* call(g, 'sendmsg', a, message(g, g.text('!'), 1, control, 20), 0)).toBe(1);
      yield* call(g, 'close', file);
      const room = g.alloc(24);
      const header = message(g, g.alloc(1), 1, room, 24);
      expect(yield* call(g, 'recvmsg', b, header, MSG.MSG_CMSG_CLOEXEC)).toBe(1);
      const fd = g.i32(room + 16);
      expect(yield* readText(g, fd)).toBe('inside');
      expect(yield* call(g, 'fcntl', fd, F.F_GETFD, 0)).toBe(F.FD_CLOEXEC);
    });
  });

  test('a program of the host connects to a guest, and a guest to a program of the host', async () => {
    const outside = net.createServer((socket) => socket.end('from the host'));
    const listening = new Promise((resolve) =>
      outside.listen(`${dir.path}/outside`, () => resolve(undefined)),
    );
    await listening;
    let answer = '';
    await run(function* (g) {
      const client = yield* call(g, 'socket', AF.AF_UNIX, SOCK.SOCK_STREAM, 0);
      expect(yield* at(g, 'connect', client, unix(`${dir.path}/outside`))).toBe(0);
      expect(yield* readText(g, client)).toBe('from the host');
      const server = yield* call(g, 'socket', AF.AF_UNIX, SOCK.SOCK_STREAM, 0);
      yield* at(g, 'bind', server, unix(`${dir.path}/inside`));
      yield* call(g, 'listen', server, 5);
      const socket = net.connect(`${dir.path}/inside`);
      socket.on('data', (bytes) => (answer += bytes.toString()));
      const peer = yield* call(g, 'accept4', server, 0, 0, 0);
      yield* writeText(g, peer, 'from a guest');
      yield* call(g, 'shutdown', peer, 1);
      expect(yield* readText(g, peer)).toBe('');
    });
    outside.close();
    expect(answer).toBe('from a guest');
  }, 20_000);
});

describe('AF_INET', () => {
  test('TCP on the loopback, both ends guests', async () => {
    await run(function* (g) {
      const server = yield* call(g, 'socket', AF.AF_INET, SOCK.SOCK_STREAM, 0);
      expect(yield* at(g, 'bind', server, inet(0))).toBe(0);
      const { port } = (yield* nameOf(g, 'getsockname', server)) as { port: number };
      expect(port).toBeGreaterThan(0);
      const second = yield* call(g, 'socket', AF.AF_INET, SOCK.SOCK_STREAM, 0);
      expect(yield* at(g, 'bind', second, inet(port))).toBe(-E.EADDRINUSE);
      yield* call(g, 'listen', server, 5);
      yield* g.clone(
        'clone',
        function* (child) {
          const client = yield* call(child, 'socket', AF.AF_INET, SOCK.SOCK_STREAM, 0);
          expect(yield* at(child, 'connect', client, inet(port))).toBe(0);
          yield* writeText(child, client, 'ping');
          expect(yield* readText(child, client)).toBe('pong');
          expect(yield* readText(child, client)).toBe('');
        },
        17,
      );
      const peer = yield* call(g, 'accept4', server, 0, 0, 0);
      expect(yield* readText(g, peer)).toBe('ping');
      expect(yield* nameOf(g, 'getpeername', peer)).toMatchObject({ family: AF.AF_INET, host: '127.0.0.1' });
      yield* writeText(g, peer, 'pong');
      yield* call(g, 'shutdown', peer, 1);
      const status = g.alloc(4);
      yield* call(g, 'wait4', -1, status, 0, 0);
      expect(g.i32(status)).toBe(0);
    });
  }, 20_000);

  test.each([0, 5000])(
    'more than the buffer is sent by one call, SO_SNDBUF %s',
    async (buffer) => {
      await run(function* (g) {
        const server = yield* call(g, 'socket', AF.AF_INET, SOCK.SOCK_STREAM, 0);
        yield* at(g, 'bind', server, inet(0));
        const { port } = (yield* nameOf(g, 'getsockname', server)) as { port: number };
        yield* call(g, 'listen', server, 5);
        yield* g.clone(
          'clone',
          function* (child) {
            const client = yield* call(child, 'socket', AF.AF_INET, SOCK.SOCK_STREAM, 0);
            yield* at(child, 'connect', client, inet(port));
            const into = child.alloc(1 << 16);
            let sum = 0;
            for (let n = 1; n > 0; sum += n) n = yield* call(child, 'read', client, into, 1 << 16);
            expect(sum).toBe(450_000);
          },
          17,
        );
        const peer = yield* call(g, 'accept4', server, 0, 0, 0);
        if (buffer > 0) yield* call(g, 'setsockopt', peer, SOL_SOCKET, SO.SO_SNDBUF, g.words(buffer), 4);
        expect(yield* call(g, 'sendto', peer, g.alloc(450_000), 450_000, 0, 0, 0)).toBe(450_000);
        yield* call(g, 'shutdown', peer, 1);
        const status = g.alloc(4);
        yield* call(g, 'wait4', -1, status, 0, 0);
        expect(g.i32(status)).toBe(0);
      });
    },
    20_000,
  );

  test('a port that is bound refuses until somebody listens', async () => {
    await run(function* (g) {
      const server = yield* call(g, 'socket', AF.AF_INET, SOCK.SOCK_STREAM, 0);
      yield* at(g, 'bind', server, inet(0));
      const { port } = (yield* nameOf(g, 'getsockname', server)) as { port: number };
      const client = yield* call(g, 'socket', AF.AF_INET, SOCK.SOCK_STREAM, 0);
      expect(yield* at(g, 'connect', client, inet(port))).toBe(-E.ECONNREFUSED);
      const eager = yield* call(g, 'socket', AF.AF_INET, SOCK.SOCK_STREAM | SOCK_NONBLOCK, 0);
      expect(yield* at(g, 'connect', eager, inet(port))).toBe(-E.ECONNREFUSED);
      yield* call(g, 'listen', server, 5);
      expect(yield* at(g, 'connect', client, inet(port))).toBe(0);
      // One that is closed without ever listening is forgotten.
      const other = yield* call(g, 'socket', AF.AF_INET, SOCK.SOCK_STREAM, 0);
      yield* at(g, 'bind', other, inet(0));
      const name = (yield* nameOf(g, 'getsockname', other)) as { port: number };
      yield* call(g, 'close', other);
      const again = yield* call(g, 'socket', AF.AF_INET, SOCK.SOCK_STREAM, 0);
      expect(yield* at(g, 'bind', again, inet(name.port))).toBe(0);
      yield* call(g, 'listen', again, 5);
      const third = yield* call(g, 'socket', AF.AF_INET, SOCK.SOCK_STREAM, 0);
      expect(yield* at(g, 'connect', third, inet(name.port))).toBe(0);
    });
  }, 20_000);

  test('what a closed end will never read does not keep its sender', async () => {
    await run(function* (g) {
      const server = yield* call(g, 'socket', AF.AF_INET, SOCK.SOCK_STREAM, 0);
      expect(yield* at(g, 'bind', server, inet(0))).toBe(0);
      const { port } = (yield* nameOf(g, 'getsockname', server)) as { port: number };
      yield* call(g, 'listen', server, 5);
      const client = yield* call(g, 'socket', AF.AF_INET, SOCK.SOCK_STREAM, 0);
      expect(yield* at(g, 'connect', client, inet(port))).toBe(0);
      const peer = yield* call(g, 'accept4', server, 0, 0, SOCK_NONBLOCK);
      yield* call(g, 'close', client);
      const data = g.alloc(1 << 19);
      const pause = g.words(0, 200_000);
      for (let full = 0; full < 20;) {
        const n = yield* call(g, 'sendto', peer, data, 1 << 19, MSG.MSG_NOSIGNAL, 0, 0);
        if (n === -E.EAGAIN) full++;
        else if (n < 0) break;
        else full = 0;
        yield* call(g, 'nanosleep', pause, 0);
      }
      yield* call(g, 'close', peer);
    });
    for (let i = 0; isSending() && i < 200; i++) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(isSending()).toBe(false);
  }, 20_000);

  test('a refused connection; a non-blocking one that succeeds', async () => {
    const server = net.createServer((socket) => socket.end('hi'));
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
    const { port } = server.address() as net.AddressInfo;
    await run(function* (g) {
      const refused = yield* call(g, 'socket', AF.AF_INET, SOCK.SOCK_STREAM, 0);
      expect(yield* at(g, 'connect', refused, inet(1))).toBe(-E.ECONNREFUSED);
      const client = yield* call(g, 'socket', AF.AF_INET, SOCK.SOCK_STREAM | SOCK_NONBLOCK, 0);
      expect(yield* at(g, 'connect', client, inet(port))).toBe(-E.EINPROGRESS);
      const local = (yield* nameOf(g, 'getsockname', client)) as { host: string; port: number };
      expect(local.host).toBe('127.0.0.1');
      expect(local.port).toBeGreaterThan(0);
      const fds = g.alloc(8);
      g.view.setInt32(fds, client, true);
      g.view.setInt16(fds + 4, POLLOUT, true);
      expect(yield* call(g, 'ppoll', fds, 1, 0, 0, 8)).toBe(1);
      const [error, length] = [g.alloc(4), g.alloc(4)];
      g.view.setInt32(length, 4, true);
      yield* call(g, 'getsockopt', client, SOL_SOCKET, SO.SO_ERROR, error, length);
      expect(g.i32(error)).toBe(0);
      g.view.setInt16(fds + 4, POLLIN, true);
      yield* call(g, 'ppoll', fds, 1, 0, 0, 8);
      expect(yield* readText(g, client)).toBe('hi');
    });
    server.close();
  }, 20_000);

  test('UDP with a timeout', async () => {
    await run(function* (g) {
      const server = yield* call(g, 'socket', AF.AF_INET, SOCK.SOCK_DGRAM, 0);
      expect(yield* at(g, 'bind', server, inet(0))).toBe(0);
      const { port } = (yield* nameOf(g, 'getsockname', server)) as { port: number };
      const client = yield* call(g, 'socket', AF.AF_INET, SOCK.SOCK_DGRAM, 0);
      expect(yield* at(g, 'connect', client, inet(port))).toBe(0);
      yield* writeText(g, client, 'datagram');
      expect(yield* readText(g, server)).toBe('datagram');
      yield* call(g, 'setsockopt', server, SOL_SOCKET, SO.SO_RCVTIMEO, g.words(0, 30_000), 16);
      expect(yield* readText(g, server)).toBe(-E.EAGAIN);
    });
  }, 20_000);
});

describe('TCP ports', () => {
  const reuse = function* (g: Guest, port: number, listen: boolean): Calls {
    const fd = yield* call(g, 'socket', AF.AF_INET, SOCK.SOCK_STREAM | SOCK_NONBLOCK, 0);
    yield* call(g, 'setsockopt', fd, SOL_SOCKET, SO.SO_REUSEPORT, g.words(1), 4);
    const bound = yield* at(g, 'bind', fd, inet(port));
    if (bound < 0) return bound;
    if (listen) expect(yield* call(g, 'listen', fd, 5)).toBe(0);
    return fd;
  };
  const client = function* (g: Guest, port: number): Calls {
    const fd = yield* call(g, 'socket', AF.AF_INET, SOCK.SOCK_STREAM, 0);
    return yield* at(g, 'connect', fd, inet(port));
  };

  test('with SO_REUSEPORT several share one, and connections go round', async () => {
    await run(function* (g) {
      const first = yield* reuse(g, 0, true);
      const { port } = (yield* nameOf(g, 'getsockname', first)) as { port: number };
      const second = yield* reuse(g, port, true);
      // Bound, but it does not listen.
      const third = yield* reuse(g, port, false);
      expect([second, third].every((fd) => fd > 0)).toBe(true);
      for (let n = 0; n < 4; n++) expect(yield* client(g, port)).toBe(0);
      for (const fd of [first, second]) {
        expect(yield* polled(g, fd, POLLIN)).toBe(POLLIN);
        for (let n = 0; n < 2; n++) expect(yield* call(g, 'accept4', fd, 0, 0, 0)).toBeGreaterThan(0);
        expect(yield* call(g, 'accept4', fd, 0, 0, 0)).toBe(-E.EAGAIN);
      }
      yield* call(g, 'close', first);
      expect(yield* client(g, port)).toBe(0);
      expect(yield* call(g, 'accept4', second, 0, 0, 0)).toBeGreaterThan(0);
      const greedy = yield* call(g, 'socket', AF.AF_INET, SOCK.SOCK_STREAM, 0);
      expect(yield* at(g, 'bind', greedy, inet(port))).toBe(-E.EADDRINUSE);
    });
  });

  test('shutdown ends listening', async () => {
    await run(function* (g) {
      const server = yield* call(g, 'socket', AF.AF_INET, SOCK.SOCK_STREAM, 0);
      yield* at(g, 'bind', server, inet(0));
      yield* call(g, 'listen', server, 5);
      const { port } = (yield* nameOf(g, 'getsockname', server)) as { port: number };
      expect(yield* call(g, 'shutdown', server, 2)).toBe(0);
      expect(yield* call(g, 'accept4', server, 0, 0, 0)).toBe(-E.EINVAL);
      expect(yield* client(g, port)).toBe(-E.ECONNREFUSED);
    });
  });

  test('MSG_FASTOPEN connects and sends', async () => {
    await run(function* (g) {
      const server = yield* call(g, 'socket', AF.AF_INET, SOCK.SOCK_STREAM, 0);
      yield* at(g, 'bind', server, inet(0));
      yield* call(g, 'listen', server, 5);
      const { port } = (yield* nameOf(g, 'getsockname', server)) as { port: number };
      const fd = yield* call(g, 'socket', AF.AF_INET, SOCK.SOCK_STREAM, 0);
      const bytes = encodeAddress(inet(port), true);
      const to = store(g, bytes);
      expect(yield* call(g, 'sendto', fd, g.text('soon'), 4, MSG.MSG_FASTOPEN, to, bytes.length)).toBe(4);
      const peer = yield* call(g, 'accept4', server, 0, 0, 0);
      expect(yield* readText(g, peer)).toBe('soon');
    });
  });
});
