/** UDP: what guests send each other, what nobody takes, groups. */
import { describe, expect, test } from '@jest/globals';
import * as E from '../../../src/abi/errno.js';
import { AF, MSG, SO, SOCK, SOL_SOCKET } from '../../../src/abi/socket.js';
import { POLLERR } from '../../../src/kernel/file.js';
import { type Address, decodeAddress, encodeAddress } from '../../../src/kernel/socket/address.js';
import { type Guest, type Script, World } from '../kernel/guest.js';
import { bytesAt, call, readText, writeText } from './fs-script.js';

const run = (script: Script): Promise<unknown> => new World().run(script);
type Calls<T = number> = Generator<never, T, number>;

const inet = (port: number, host = '127.0.0.1'): Address =>
  host.includes(':')
    ? { family: AF.AF_INET6, host, port, flow: 0, scope: 0 }
    : { family: AF.AF_INET, host, port, flow: 0, scope: 0 };

function store(g: Guest, bytes: Uint8Array): number {
  const at = g.alloc(bytes.length);
  bytes.forEach((byte, i) => g.view.setUint8(at + i, byte));
  return at;
}

function* at(g: Guest, name: 'bind' | 'connect', fd: number, address: Address): Calls {
  const bytes = encodeAddress(address, true);
  return yield* call(g, name, fd, store(g, bytes), bytes.length);
}

function* portOf(g: Guest, fd: number): Calls {
  const [addr, length] = [g.alloc(128), g.words(128)];
  yield* call(g, 'getsockname', fd, addr, length);
  return g.view.getUint16(addr + 2);
}

function* udp(g: Guest, bind?: Address): Calls {
  const family = bind?.family ?? AF.AF_INET;
  const fd = yield* call(g, 'socket', family, SOCK.SOCK_DGRAM, 0);
  if (bind !== undefined) expect(yield* at(g, 'bind', fd, bind)).toBe(0);
  return fd;
}

function* sendTo(g: Guest, fd: number, text: string, to: Address): Calls {
  const bytes = encodeAddress(to, true);
  return yield* call(g, 'sendto', fd, g.text(text), text.length, 0, store(g, bytes), bytes.length);
}

/** What is there already, and from where. */
function* take(g: Guest, fd: number): Calls<{ text: string; from: Address | number } | number> {
  const [buffer, addr, length] = [g.alloc(64), g.alloc(128), g.words(128)];
  const n = yield* call(g, 'recvfrom', fd, buffer, 64, MSG.MSG_DONTWAIT, addr, length);
  if (n < 0) return n;
  const from = Uint8Array.from({ length: g.i32(length) }, (_, i) => g.view.getUint8(addr + i));
  return { text: bytesAt(g, buffer, n), from: decodeAddress(from, true) };
}

describe('over the loopback', () => {
  test.each([
    ['127.0.0.1', '0.0.0.0'],
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::'],
  ])('a datagram to %s is there when send returns, for a socket bound to %s', async (host, bound) => {
    await run(function* (g) {
      const server = yield* udp(g, inet(0, bound));
      const port = yield* portOf(g, server);
      const client = yield* udp(g, host.includes(':') ? inet(0, '::') : undefined);
      for (const text of ['one', 'two']) expect(yield* sendTo(g, client, text, inet(port, host))).toBe(3);
      const from = inet(yield* portOf(g, client), host);
      expect(yield* take(g, server)).toEqual({ text: 'one', from });
      // And back to the port that the host gave the client.
      expect(yield* sendTo(g, server, 'back', from)).toBe(4);
      expect(yield* take(g, client)).toEqual({ text: 'back', from: inet(port, host) });
      expect(yield* take(g, server)).toEqual({ text: 'two', from });
      expect(yield* take(g, server)).toBe(-E.EAGAIN);
    });
  });

  test('a connected socket takes nothing from others, a closed one nothing at all', async () => {
    await run(function* (g) {
      const [a, b, c] = [yield* udp(g, inet(0)), yield* udp(g, inet(0)), yield* udp(g, inet(0))];
      const [portA, portB, portC] = [yield* portOf(g, a), yield* portOf(g, b), yield* portOf(g, c)];
      expect(yield* at(g, 'connect', a, inet(portB))).toBe(0);
      yield* sendTo(g, c, 'stranger', inet(portA));
      yield* sendTo(g, b, 'peer', inet(portA));
      expect(yield* take(g, a)).toEqual({ text: 'peer', from: inet(portB) });
      expect(yield* take(g, a)).toBe(-E.EAGAIN);
      yield* call(g, 'close', c);
      const again = yield* udp(g, inet(portC));
      yield* sendTo(g, b, 'new', inet(portC));
      expect(yield* take(g, again)).toEqual({ text: 'new', from: inet(portB) });
    });
  });

  test('a connected socket is told that nobody listens', async () => {
    await run(function* (g) {
      const gone = yield* udp(g, inet(0));
      const port = yield* portOf(g, gone);
      yield* call(g, 'close', gone);
      const client = yield* udp(g);
      expect(yield* at(g, 'connect', client, inet(port))).toBe(0);
      expect(yield* writeText(g, client, 'anyone?')).toBe(7);
      const fds = g.alloc(8);
      g.view.setInt32(fds, client, true);
      expect(yield* call(g, 'ppoll', fds, 1, g.words(10, 0), 0, 8)).toBe(1);
      expect(g.view.getInt16(fds + 6, true) & POLLERR).toBe(POLLERR);
      expect(yield* readText(g, client)).toBe(-E.ECONNREFUSED);
      // The error is told once.
      expect(yield* take(g, client)).toBe(-E.EAGAIN);
    });
  });

  test('an address that is taken is refused, and that is all', async () => {
    await run(function* (g) {
      const first = yield* udp(g, inet(0));
      const second = yield* udp(g);
      expect(yield* at(g, 'bind', second, inet(yield* portOf(g, first)))).toBe(-E.EADDRINUSE);
      expect(yield* take(g, second)).toBe(-E.EAGAIN);
      expect(yield* at(g, 'bind', second, inet(0))).toBe(0);
    });
  });
});

describe('groups', () => {
  const GROUP = [239, 255, 0, 1];
  const IP_MULTICAST_IF = 32;
  const IP_MULTICAST_TTL = 33;
  const IP_ADD_MEMBERSHIP = 35;
  const IP_DROP_MEMBERSHIP = 36;

  function* option(g: Guest, fd: number, name: number, bytes: readonly number[]): Calls {
    return yield* call(g, 'setsockopt', fd, 0, name, store(g, Uint8Array.from(bytes)), bytes.length);
  }
  const LOOPBACK = [127, 0, 0, 1];

  test.each([
    ['before', false],
    ['after', true],
  ])('who joined one %s bind gets what is sent to it', async (_, after) => {
    await run(function* (g) {
      const server = yield* udp(g, after ? inet(0, '0.0.0.0') : undefined);
      expect(yield* option(g, server, IP_ADD_MEMBERSHIP, [...GROUP, ...LOOPBACK])).toBe(0);
      if (!after) expect(yield* at(g, 'bind', server, inet(0, '0.0.0.0'))).toBe(0);
      const client = yield* udp(g);
      expect(yield* option(g, client, IP_MULTICAST_IF, LOOPBACK)).toBe(0);
      expect(yield* sendTo(g, client, 'all', inet(yield* portOf(g, server), GROUP.join('.')))).toBe(3);
      yield* call(g, 'setsockopt', server, SOL_SOCKET, SO.SO_RCVTIMEO, g.words(10, 0), 16);
      expect(yield* readText(g, server)).toBe('all');
      expect(yield* option(g, server, IP_DROP_MEMBERSHIP, [...GROUP, ...LOOPBACK])).toBe(0);
      expect(yield* option(g, server, IP_DROP_MEMBERSHIP, [...GROUP, ...LOOPBACK])).toBe(-E.EADDRNOTAVAIL);
    });
  });

  test('what is no group, or no interface, is refused', async () => {
    await run(function* (g) {
      const fd = yield* udp(g, inet(0));
      expect(yield* option(g, fd, IP_ADD_MEMBERSHIP, [...LOOPBACK, ...LOOPBACK])).toBe(-E.EINVAL);
      expect(yield* option(g, fd, IP_ADD_MEMBERSHIP, GROUP)).toBe(-E.EINVAL);
      const index = [0xff, 0xff, 0xff, 0x7f];
      expect(yield* option(g, fd, IP_ADD_MEMBERSHIP, [...GROUP, 0, 0, 0, 0, ...index])).toBe(-E.ENODEV);
    });
  });

  test('numbers are kept, a hop count has to be one', async () => {
    await run(function* (g) {
      const fd = yield* udp(g);
      const [value, length] = [g.words(0), g.words(4)];
      const get = function* (): Calls {
        yield* call(g, 'getsockopt', fd, 0, IP_MULTICAST_TTL, value, length);
        return g.i32(value);
      };
      expect(yield* get()).toBe(1);
      expect(yield* option(g, fd, IP_MULTICAST_TTL, [7])).toBe(0);
      expect(yield* get()).toBe(7);
      expect(yield* option(g, fd, IP_MULTICAST_TTL, [0, 1, 0, 0])).toBe(-E.EINVAL);
      expect(yield* option(g, fd, IP_MULTICAST_TTL, [255, 255, 255, 255])).toBe(0);
      expect(yield* get()).toBe(1);
    });
  });
});
