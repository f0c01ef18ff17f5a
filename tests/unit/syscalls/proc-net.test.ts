/** /proc/net: what netstat, fuser and psutil read. */
import { networkInterfaces } from 'node:os';
import { expect, test } from '@jest/globals';
import * as F from '../../../src/abi/fcntl.js';
import { AF, SOCK } from '../../../src/abi/socket.js';
import { encodeAddress } from '../../../src/kernel/socket/address.js';
import type { Address } from '../../../src/kernel/socket/address.js';
import { type Guest, World } from '../kernel/guest.js';
import { call, readText } from './fs-script.js';

type Calls<T> = Generator<never, T, number>;

function* table(g: Guest, name: string): Calls<string> {
  const fd = yield* call(g, 'openat', F.AT_FDCWD, `/proc/net/${name}`, F.O_RDONLY, 0);
  let text = '';
  for (
    let part = yield* readText(g, fd);
    part !== '' && typeof part === 'string';
    part = yield* readText(g, fd)
  )
    text += part;
  yield* call(g, 'close', fd);
  return text;
}

function* bound(g: Guest, address: Address, type: number): Calls<number> {
  const fd = yield* call(g, 'socket', address.family, type, 0);
  const bytes = encodeAddress(address, true);
  const at = g.alloc(bytes.length);
  bytes.forEach((byte, i) => g.view.setUint8(at + i, byte));
  expect(yield* call(g, 'bind', fd, at, bytes.length)).toBe(0);
  return fd;
}

test('sockets are in the table of their kind', async () => {
  await new World().run(function* (g) {
    const inet: Address = { family: AF.AF_INET, host: '127.0.0.1', port: 0, flow: 0, scope: 0 };
    const stream = yield* bound(g, inet, SOCK.SOCK_STREAM);
    // Bound is not enough.
    expect((yield* table(g, 'tcp')).split('\n')).toHaveLength(2);
    yield* call(g, 'listen', stream, 1);
    const [head, line] = (yield* table(g, 'tcp')).split('\n');
    expect(head).toHaveLength(149);
    expect(line).toHaveLength(149);
    expect(line).toMatch(
      /^ {3}0: 0100007F:[0-9A-F]{4} 00000000:0000 0A 00000000:00000000 00:00000000 00000000 +\d+ +0 \d+ 1 /,
    );
    const datagram = yield* bound(g, inet, SOCK.SOCK_DGRAM);
    expect((yield* table(g, 'udp')).split('\n')[1]).toMatch(/^ {4}0: 0100007F:[0-9A-F]{4} 00000000:0000 07 /);
    expect((yield* table(g, 'udp6')).split('\n')).toHaveLength(2);
    expect(yield* table(g, 'sockstat')).toMatch(/^sockets: used 2\nTCP: inuse 1 .*\nUDP: inuse 1 /);
    yield* call(g, 'close', stream);
    yield* call(g, 'close', datagram);
    expect((yield* table(g, 'tcp')).split('\n')).toHaveLength(2);
    expect((yield* table(g, 'udp')).split('\n')).toHaveLength(2);
  });
});

test('AF_UNIX sockets with state and name', async () => {
  await new World().run(function* (g) {
    const server = yield* bound(g, { family: AF.AF_UNIX, path: '\0proc-net' }, SOCK.SOCK_STREAM);
    yield* call(g, 'listen', server, 1);
    const fds = g.alloc(8);
    yield* call(g, 'socketpair', AF.AF_UNIX, SOCK.SOCK_DGRAM, 0, fds);
    const [head, ...lines] = (yield* table(g, 'unix')).trimEnd().split('\n');
    expect(head).toBe('Num       RefCount Protocol Flags    Type St Inode Path');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^0{16}: 00000002 00000000 00010000 0001 01 +\d+ @proc-net$/);
    expect(lines[1]).toMatch(/^0{16}: 00000003 00000000 00000000 0002 03 +\d+$/);
  });
});

test('interfaces are those of the host', async () => {
  await new World().run(function* (g) {
    const names = Object.keys(networkInterfaces());
    const [, , ...lines] = (yield* table(g, 'dev')).trimEnd().split('\n');
    expect(lines.map((line) => line.split(':')[0]?.trim()).sort()).toEqual(names.sort());
    for (const line of lines) expect(line.split(':')[1]?.trim().split(/ +/)).toHaveLength(16);
    const v6 = Object.values(networkInterfaces())
      .flat()
      .filter((one) => one?.family === 'IPv6');
    const text = yield* table(g, 'if_inet6');
    expect(text.match(/^[0-9a-f]{32} [0-9a-f]{2} [0-9a-f]{2} [0-9a-f]{2} 80 +\S+$/gm) ?? []).toHaveLength(
      v6.length,
    );
    expect(yield* table(g, 'route')).toMatch(/^Iface\tDestination\tGateway /);
  });
});
