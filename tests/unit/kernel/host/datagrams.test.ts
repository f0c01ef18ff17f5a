/** UDP sockets of the host as the kernel uses them. */
import { expect, test } from '@jest/globals';
import { HostDatagrams } from '../../../../src/kernel/host/datagrams.js';

const LIMIT = 65536;

test.each([
  ['127.0.0.1', false],
  ['::1', true],
] as const)('what is sent to %s before close arrives', async (host, v6) => {
  let arrived = (): void => undefined;
  const waiting = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const receiver = new HostDatagrams(v6, false, false, LIMIT, () => {
    arrived();
  });
  const at = receiver.bind({ host, port: 0 });
  if (typeof at === 'number') throw new Error(`bind: ${at}`);
  receiver.ref(true);
  // Neither bound nor connected: as the sender of a first datagram usually is.
  const sender = new HostDatagrams(v6, false, false, LIMIT, () => undefined);
  sender.send(new TextEncoder().encode('once'), { host, port: at.port });
  sender.close();
  await waiting;
  expect(new TextDecoder().decode(receiver.next?.data)).toBe('once');
  receiver.close();
});
