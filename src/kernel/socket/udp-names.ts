/**
 * Who has which UDP port. What guests send each other over the loopback arrives before send(2) returns, as on Linux;
 * through the host it would arrive when Node's event loop next looks, and out of step with the sender.
 */
import { type InetAddress, isAny } from './address.js';

/** A bound socket as its neighbours see it. */
export interface UdpName {
  readonly local: InetAddress;
  readonly peer: InetAddress | undefined;
  arrived(data: Uint8Array, from: InetAddress): void;
}

const names = new Map<number, Set<UdpName>>();

export function addUdpName(socket: UdpName, port: number): void {
  const there = names.get(port);
  if (there === undefined) names.set(port, new Set([socket]));
  else there.add(socket);
}

export function removeUdpName(socket: UdpName, port: number): void {
  const there = names.get(port);
  if (there?.delete(socket) === true && there.size === 0) names.delete(port);
}

const isLoopback = (host: string): boolean => host.startsWith('127.') || host === '::1';

/** The address that a socket bound to `local` sends to `to` from, when that is a way over the loopback. */
export function loopbackSource(local: InetAddress, to: InetAddress): InetAddress | undefined {
  if (!isLoopback(to.host)) return undefined;
  if (isLoopback(local.host)) return local;
  // ip-route(8), table local: 127.0.0.0/8 is reached from 127.0.0.1.
  return isAny(local.host) ? { ...local, host: to.host === '::1' ? '::1' : '127.0.0.1' } : undefined;
}

/** The one guest socket that takes what `from` sends to `to`; undefined when the host has to say. */
export function udpNeighbour(from: InetAddress, to: InetAddress): UdpName | undefined {
  let found: UdpName | undefined;
  for (const socket of names.get(to.port) ?? []) {
    const { local, peer } = socket;
    if (local.family !== to.family || (local.host !== to.host && !isAny(local.host))) continue;
    if (peer !== undefined && (peer.port !== from.port || peer.host !== from.host)) continue;
    if (found !== undefined) return undefined;
    found = socket;
  }
  return found;
}
