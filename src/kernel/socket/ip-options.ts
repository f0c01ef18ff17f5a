/** Options of IP for UDP sockets (ip(7), ipv6(7), include/uapi/linux/in.h and in6.h), as calls of Node's. */
import { EINVAL, ENODEV } from '../../abi/errno.js';
import type { Setting } from '../host/datagrams.js';
import { interfaces } from '../host/interfaces.js';
import { decodeAddress, formatIn6 } from './address.js';

export const IPPROTO_IP = 0;
export const IPPROTO_IPV6 = 41;

const IP_TTL = 2;
const IP_MULTICAST_IF = 32;
const IP_MULTICAST_TTL = 33;
const IP_MULTICAST_LOOP = 34;
const IP_ADD_MEMBERSHIP = 35;
const IP_DROP_MEMBERSHIP = 36;
const IP_ADD_SOURCE_MEMBERSHIP = 39;
const IP_DROP_SOURCE_MEMBERSHIP = 40;
const MCAST_JOIN_GROUP = 42;
const MCAST_LEAVE_GROUP = 45;
const MCAST_JOIN_SOURCE_GROUP = 46;
const MCAST_LEAVE_SOURCE_GROUP = 47;
const IPV6_UNICAST_HOPS = 16;
const IPV6_MULTICAST_IF = 17;
const IPV6_MULTICAST_HOPS = 18;
const IPV6_MULTICAST_LOOP = 19;
const IPV6_ADD_MEMBERSHIP = 20;
const IPV6_DROP_MEMBERSHIP = 21;

/** sizeof(struct sockaddr_storage). */
const STORAGE = 128;

/** What options are before they are set; those left out are 0. */
export function defaultIpOption(level: number, name: number): number {
  if (level === IPPROTO_IP)
    return name === IP_TTL ? 64 : name === IP_MULTICAST_TTL || name === IP_MULTICAST_LOOP ? 1 : 0;
  if (name === IPV6_UNICAST_HOPS) return 64;
  return name === IPV6_MULTICAST_HOPS || name === IPV6_MULTICAST_LOOP ? 1 : 0;
}

/** A small option; undefined when nothing is to be done for it. */
export function ipSetting(level: number, name: number, value: number): Setting | number | undefined {
  const v6 = level === IPPROTO_IPV6;
  if (name === (v6 ? IPV6_MULTICAST_LOOP : IP_MULTICAST_LOOP))
    return (host) => host.setMulticastLoopback(value !== 0);
  const hops = name === (v6 ? IPV6_UNICAST_HOPS : IP_TTL);
  if (!hops && name !== (v6 ? IPV6_MULTICAST_HOPS : IP_MULTICAST_TTL)) return undefined;
  // -1 is the default; to send nowhere is for multicast (or IPv6) only.
  if (value < -1 || value > 255 || (value === 0 && hops && !v6)) return -EINVAL;
  const count = value === -1 ? defaultIpOption(level, name) : value;
  return hops ? (host) => host.setTTL(Math.max(1, count)) : (host) => host.setMulticastTTL(count);
}

/** Changes of membership and interface, which are told by structs; undefined: another option. */
export function multicastSetting(
  level: number,
  name: number,
  bytes: Uint8Array,
  little: boolean,
): Setting | number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  switch (name) {
    case MCAST_JOIN_GROUP:
    case MCAST_LEAVE_GROUP:
    case MCAST_JOIN_SOURCE_GROUP:
    case MCAST_LEAVE_SOURCE_GROUP:
      return groupRequest(name, view, little);
  }
  if (level === IPPROTO_IPV6) {
    if (name === IPV6_MULTICAST_IF) {
      if (bytes.length < 4) return -EINVAL;
      const device = scoped(view.getInt32(0, little));
      return device === undefined ? -ENODEV : (host) => host.setMulticastInterface(device);
    }
    if (name !== IPV6_ADD_MEMBERSHIP && name !== IPV6_DROP_MEMBERSHIP) return undefined;
    if (bytes.length < 20 || bytes[0] !== 0xff) return -EINVAL;
    const device = scoped(view.getInt32(16, little));
    if (device === undefined) return -ENODEV;
    return member(name === IPV6_ADD_MEMBERSHIP, formatIn6(bytes.subarray(0, 16)), device);
  }
  const at = (offset: number): string => Array.from(bytes.subarray(offset, offset + 4)).join('.');
  /** By the index of struct ip_mreqn, or the address of struct ip_mreq. */
  const device = (offset: number): string | undefined =>
    bytes.length >= 12 ? fourOf(view.getInt32(8, little), at(offset)) : at(offset);
  switch (name) {
    case IP_MULTICAST_IF: {
      if (bytes.length < 4) return -EINVAL;
      const via = bytes.length >= 8 ? device(4) : at(0);
      return via === undefined ? -ENODEV : (host) => host.setMulticastInterface(via);
    }
    case IP_ADD_MEMBERSHIP:
    case IP_DROP_MEMBERSHIP: {
      if (bytes.length < 8 || !isMulticast(bytes[0])) return -EINVAL;
      const via = device(4);
      return via === undefined ? -ENODEV : member(name === IP_ADD_MEMBERSHIP, at(0), via);
    }
    case IP_ADD_SOURCE_MEMBERSHIP:
    case IP_DROP_SOURCE_MEMBERSHIP:
      if (bytes.length < 12 || !isMulticast(bytes[0])) return -EINVAL;
      return member(name === IP_ADD_SOURCE_MEMBERSHIP, at(0), at(4), at(8));
    default:
      return undefined;
  }
}

/** struct group_req and group_source_req: an interface's index, the group and perhaps the source as addresses. */
function groupRequest(name: number, view: DataView, little: boolean): Setting | number {
  const withSource = name === MCAST_JOIN_SOURCE_GROUP || name === MCAST_LEAVE_SOURCE_GROUP;
  const count = withSource ? 2 : 1;
  // Addresses are aligned as the guest's longs are.
  const first = view.byteLength - count * STORAGE;
  if (first !== 4 && first !== 8) return -EINVAL;
  const read = (n: number): string | undefined => {
    const storage = new Uint8Array(view.buffer, view.byteOffset + first + n * STORAGE, STORAGE);
    const address = decodeAddress(storage.slice(), little);
    return typeof address === 'object' && 'host' in address ? address.host : undefined;
  };
  const group = read(0);
  const source = withSource ? read(1) : undefined;
  if (group === undefined || (withSource && source === undefined)) return -EINVAL;
  const index = view.getInt32(0, little);
  const via = group.includes(':') ? scoped(index) : fourOf(index, '0.0.0.0');
  if (via === undefined) return -ENODEV;
  return member(name === MCAST_JOIN_GROUP || name === MCAST_JOIN_SOURCE_GROUP, group, via, source);
}

function isMulticast(first: number | undefined): boolean {
  return first !== undefined && first >= 224 && first <= 239;
}

function member(join: boolean, group: string, via: string, source?: string): Setting {
  return (host) => {
    if (source === undefined) {
      if (join) host.addMembership(group, via);
      else host.dropMembership(group, via);
    } else if (join) host.addSourceSpecificMembership(source, group, via);
    else host.dropSourceSpecificMembership(source, group, via);
  };
}

/** The IPv4 address of interface `index`; 0: the one that has `otherwise`. */
function fourOf(index: number, otherwise: string): string | undefined {
  if (index === 0) return otherwise;
  const device = interfaces().find((i) => i.index === index);
  return device?.addresses.find(({ v6 }) => !v6)?.host;
}

/** Interface `index` in the form that Node takes for IPv6. */
function scoped(index: number): string | undefined {
  if (index === 0) return '::';
  const device = interfaces().find((i) => i.index === index);
  return device === undefined ? undefined : `::%${device.name}`;
}
