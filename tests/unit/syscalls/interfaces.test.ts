import { describe, expect, test } from '@jest/globals';
import { networkInterfaces } from 'node:os';
import * as E from '../../../src/abi/errno.js';
import { AF, SOCK } from '../../../src/abi/socket.js';
import { type Guest, type Script, World } from '../kernel/guest.js';
import { bytesAt, call } from './fs-script.js';

const run = (script: Script): Promise<unknown> => new World().run(script);
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_DUMP = 0x300;

interface Message {
  readonly type: number;
  readonly sequence: number;
  readonly body: DataView;
}

/** Sends one request (header and body) and collects what comes until its end. */
function* ask(
  g: Guest,
  fd: number,
  type: number,
  flags: number,
  body: number[],
): Generator<never, Message[], number> {
  const at = g.alloc(16 + body.length);
  g.view.setUint32(at, 16 + body.length, true);
  g.view.setUint16(at + 4, type, true);
  g.view.setUint16(at + 6, flags | 1, true);
  g.view.setUint32(at + 8, 77, true);
  body.forEach((byte, i) => g.view.setUint8(at + 16 + i, byte));
  expect(yield* call(g, 'sendto', fd, at, 16 + body.length, 0, 0, 0)).toBe(16 + body.length);
  const buffer = g.alloc(4096);
  const messages: Message[] = [];
  for (;;) {
    const n = yield* call(g, 'recvfrom', fd, buffer, 4096, 0, 0, 0);
    expect(n).toBeGreaterThan(0);
    for (let p = buffer; p < buffer + n;) {
      const length = g.view.getUint32(p, true);
      const kind = g.view.getUint16(p + 4, true);
      const bytes = new Uint8Array(length - 16).map((_, i) => g.view.getUint8(p + 16 + i));
      messages.push({
        type: kind,
        sequence: g.view.getUint32(p + 8, true),
        body: new DataView(bytes.buffer),
      });
      if (kind === NLMSG_DONE || kind === NLMSG_ERROR || (flags & NLM_F_DUMP) === 0) return messages;
      p += (length + 3) & ~3;
    }
  }
}

/** The attribute `type` behind a fixed part of `from` bytes. */
function attribute({ body }: Message, from: number, type: number): number[] | undefined {
  for (let at = from; at + 4 <= body.byteLength;) {
    const length = body.getUint16(at, true);
    if (body.getUint16(at + 2, true) === type)
      return Array.from({ length: length - 4 }, (_, i) => body.getUint8(at + 4 + i));
    at += (length + 3) & ~3;
  }
  return undefined;
}

const ifname = (message: Message): string =>
  String.fromCharCode(...(attribute(message, 16, 3) ?? [])).replace(/\0$/, '');

describe('NETLINK_ROUTE', () => {
  test('interfaces and their addresses are those of the host', async () => {
    await run(function* (g) {
      const fd = yield* call(g, 'socket', AF.AF_NETLINK, SOCK.SOCK_RAW, 0);
      const links = yield* ask(g, fd, 18, NLM_F_DUMP, [0, 0, 0, 0]);
      expect(links.map(({ type }) => type).slice(0, -1)).not.toContain(NLMSG_ERROR);
      expect(links.every(({ sequence }) => sequence === 77)).toBe(true);
      expect(links.slice(0, -1).map(ifname)).toEqual(Object.keys(networkInterfaces()));
      const addresses = yield* ask(g, fd, 22, NLM_F_DUMP, [AF.AF_INET, 0, 0, 0]);
      const v4 = Object.values(networkInterfaces()).flatMap((list = []) =>
        list.filter(({ family }) => family === 'IPv4').map(({ address }) => address),
      );
      expect(addresses.slice(0, -1).map((message) => attribute(message, 8, 1)?.join('.'))).toEqual(v4);
      const [first] = links as [Message];
      const index = first.body.getUint32(4, true);
      const [one] = yield* ask(g, fd, 18, 0, [0, 0, 0, 0, index, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
      expect(ifname(one as Message)).toBe(ifname(first));
    });
  });

  test('changes are refused, other protocols unknown', async () => {
    await run(function* (g) {
      expect(yield* call(g, 'socket', AF.AF_NETLINK, SOCK.SOCK_RAW, 9)).toBe(-E.EPROTONOSUPPORT);
      expect(yield* call(g, 'socket', AF.AF_NETLINK, SOCK.SOCK_STREAM, 0)).toBe(-E.ESOCKTNOSUPPORT);
      const fd = yield* call(g, 'socket', AF.AF_NETLINK, SOCK.SOCK_DGRAM, 0);
      const [refused] = yield* ask(g, fd, 16, 0, [0, 0, 0, 0]);
      expect(refused?.type).toBe(NLMSG_ERROR);
      expect(refused?.body.getInt32(0, true)).toBe(-E.EPERM);
      const [missing] = yield* ask(g, fd, 18, 0, [0, 0, 0, 0, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
      expect(missing?.body.getInt32(0, true)).toBe(-E.ENODEV);
    });
  });
});

test('SIOCGIFCONF and its kin', async () => {
  await run(function* (g) {
    const fd = yield* call(g, 'socket', AF.AF_INET, SOCK.SOCK_DGRAM, 0);
    const room = g.alloc(40 * 32);
    const conf = g.alloc(16);
    g.view.setInt32(conf, 40 * 32, true);
    g.view.setUint32(conf + 8, room, true);
    expect(yield* call(g, 'ioctl', fd, 0x8912, conf)).toBe(0);
    const got: string[] = [];
    for (let at = 0; at < g.i32(conf); at += 40) {
      const name = bytesAt(g, room + at, 16).replace(/\0.*$/s, '');
      got.push(`${name} ${Array.from(bytesAt(g, room + at + 20, 4), (c) => c.charCodeAt(0)).join('.')}`);
    }
    const want = Object.entries(networkInterfaces()).flatMap(([name, list = []]) =>
      list.filter(({ family }) => family === 'IPv4').map(({ address }) => `${name} ${address}`),
    );
    expect(got).toEqual(want);
    const request = g.alloc(40);
    'nosuch0'.split('').forEach((c, i) => g.view.setUint8(request + i, c.charCodeAt(0)));
    expect(yield* call(g, 'ioctl', fd, 0x8913, request)).toBe(-E.ENODEV);
    Array.from(bytesAt(g, room, 16)).forEach((c, i) => g.view.setUint8(request + i, c.charCodeAt(0)));
    expect(yield* call(g, 'ioctl', fd, 0x8913, request)).toBe(0);
    expect(g.view.getUint16(request + 16, true) & 1).toBe(1);
    expect(yield* call(g, 'ioctl', fd, 0x8914, request)).toBe(-E.EPERM);
  });
});
