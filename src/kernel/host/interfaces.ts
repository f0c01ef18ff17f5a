/** The host's network interfaces: addresses from Node, what Node does not tell from Linux's /sys/class/net. */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

export interface InterfaceAddress {
  readonly v6: boolean;
  /** In text form, without a zone. */
  readonly host: string;
  /** Bits of the network part. */
  readonly prefix: number;
}

export interface Interface {
  readonly name: string;
  readonly index: number;
  /** IFF_… of netdevice(7). */
  readonly flags: number;
  readonly mtu: number;
  /** Packets. */
  readonly queue: number;
  /** ARPHRD_… (include/uapi/linux/if_arp.h): 1 Ethernet, 772 loopback. */
  readonly type: number;
  readonly mac: Uint8Array;
  readonly addresses: readonly InterfaceAddress[];
}

const IFF_LOOPBACK_UP = 0x10049; // UP | LOOPBACK | RUNNING | LOWER_UP
const IFF_UP = 0x11043; // UP | BROADCAST | RUNNING | MULTICAST | LOWER_UP
const ARPHRD_ETHER = 1;
const ARPHRD_LOOPBACK = 772;
const LOOPBACK_MTU = 65536;
const ETHERNET_MTU = 1500;
const QUEUE = 1000;

/** A number from /sys/class/net, `otherwise` where the host has no such file. */
function fact(name: string, what: string, otherwise: number): number {
  try {
    const value = Number(readFileSync(`/sys/class/net/${name}/${what}`, 'latin1').trim());
    return Number.isFinite(value) ? value : otherwise;
  } catch {
    return otherwise;
  }
}

/** Those that are up and have an address; nothing else is told by Node. */
export function interfaces(): Interface[] {
  return Object.entries(networkInterfaces()).map(([name, list = []], i) => {
    const [first] = list;
    const internal = first?.internal === true;
    return {
      name: name.slice(0, 15),
      index: fact(name, 'ifindex', i + 1),
      flags: fact(name, 'flags', internal ? IFF_LOOPBACK_UP : IFF_UP) | (internal ? IFF_LOOPBACK_UP : IFF_UP),
      mtu: fact(name, 'mtu', internal ? LOOPBACK_MTU : ETHERNET_MTU),
      queue: fact(name, 'tx_queue_len', QUEUE),
      type: fact(name, 'type', internal ? ARPHRD_LOOPBACK : ARPHRD_ETHER),
      mac: Uint8Array.from((first?.mac ?? '').split(':').map((part) => parseInt(part, 16) || 0)),
      addresses: list.map(({ family, address, cidr }) => ({
        v6: family === 'IPv6',
        host: address.replace(/%.*$/, ''),
        prefix: Number(cidr?.split('/')[1] ?? (family === 'IPv6' ? 128 : 32)),
      })),
    };
  });
}

/** Network mask of an IPv4 prefix. */
export function mask4(prefix: number): Uint8Array {
  const bits = prefix === 0 ? 0 : 0xffff_ffff << (32 - prefix);
  return Uint8Array.of(bits >>> 24, bits >>> 16, bits >>> 8, bits);
}
