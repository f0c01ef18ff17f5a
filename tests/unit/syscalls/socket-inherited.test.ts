/** Sockets among the descriptors that a host program gives us, as Node does for "pipes". */
import { describe, expect, test } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import * as E from '../../../src/abi/errno.js';
import { AF, MSG, SO, SOCK, SOL_SOCKET } from '../../../src/abi/socket.js';
import { FdTable } from '../../../src/kernel/fd-table.js';
import { OpenFile } from '../../../src/kernel/file.js';
import { decodeAddress } from '../../../src/kernel/socket/address.js';
import { type Guest, type Script, World } from '../kernel/guest.js';
import { bytesAt, call, readText, writeText } from './fs-script.js';

/** The descriptor under a stream of Node's. */
function descriptor(stream: unknown): number {
  return (stream as { _handle: { fd: number } })._handle.fd;
}

/** Runs a script whose descriptor 0 is the host's `fd`. */
async function run(fd: number, script: Script): Promise<void> {
  const world = new World();
  const files = new FdTable();
  const file = world.kernel.vfs.openInherited(fd);
  if (!(file instanceof OpenFile)) throw new Error(`openInherited: ${file}`);
  files.install(file, false, 10);
  await world.run(script, files);
}

function* addressOf(
  g: Guest,
  name: 'getsockname' | 'getpeername',
): Generator<never, ReturnType<typeof decodeAddress>, number> {
  const [addr, length] = [g.alloc(128), g.alloc(4)];
  g.view.setInt32(length, 128, true);
  const result = yield* call(g, name, 0, addr, length);
  if (result < 0) return result;
  return decodeAddress(
    Uint8Array.from({ length: g.i32(length) }, (_, i) => g.view.getUint8(addr + i)),
    true,
  );
}

function* option(g: Guest, name: number): Generator<never, number, number> {
  const [value, length] = [g.alloc(4), g.alloc(4)];
  g.view.setInt32(length, 4, true);
  const result = yield* call(g, 'getsockopt', 0, SOL_SOCKET, name, value, length);
  return result < 0 ? result : g.i32(value);
}

describe('a descriptor that is a socket', () => {
  test('of a pair: has no name, sends and receives', async () => {
    const child: ChildProcess = spawn('cat', { stdio: ['pipe', 'pipe', 'inherit'] });
    const echoed = once(child.stdout as NodeJS.EventEmitter, 'data');
    await run(descriptor(child.stdin), function* (g) {
      expect(yield* addressOf(g, 'getsockname')).toEqual({ family: AF.AF_UNIX, path: '' });
      expect(yield* addressOf(g, 'getpeername')).toEqual({ family: AF.AF_UNIX, path: '' });
      expect(yield* option(g, SO.SO_TYPE)).toBe(SOCK.SOCK_STREAM);
      expect(yield* option(g, SO.SO_DOMAIN)).toBe(AF.AF_UNIX);
      expect(yield* call(g, 'sendto', 0, 'hello ', 6, MSG.MSG_NOSIGNAL, 0, 0)).toBe(6);
      expect(yield* writeText(g, 0, 'again')).toBe(5);
      expect(yield* call(g, 'recvfrom', 0, g.alloc(8), 8, MSG.MSG_DONTWAIT, 0, 0)).toBe(-E.EAGAIN);
    });
    expect(String((await echoed)[0])).toBe('hello again');
    child.kill();
  });

  test('of the network: knows both addresses, peeks, shuts down', async () => {
    const server = net.createServer((peer) => peer.write('from outside')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    const client = net.connect({
      port,
      host: '127.0.0.1',
      onread: { buffer: new Uint8Array(1), callback: () => false },
    });
    client.pause();
    await once(client, 'connect');
    await run(descriptor(client), function* (g) {
      const at = { family: AF.AF_INET, host: '127.0.0.1', flow: 0, scope: 0 };
      expect(yield* addressOf(g, 'getsockname')).toEqual({ ...at, port: client.localPort });
      expect(yield* addressOf(g, 'getpeername')).toEqual({ ...at, port });
      const buffer = g.alloc(16);
      expect(yield* call(g, 'recvfrom', 0, buffer, 4, MSG.MSG_PEEK, 0, 0)).toBe(4);
      expect(bytesAt(g, buffer, 4)).toBe('from');
      expect(yield* readText(g, 0)).toBe('from outside');
      expect(yield* call(g, 'shutdown', 0, 0)).toBe(0);
      expect(yield* readText(g, 0)).toBe('');
    });
    client.destroy();
    server.close();
  });
});
