/** Socket addresses, between the guest's bytes and plain objects (unix(7), ip(7), ipv6(7)). */
import { EAFNOSUPPORT, EINVAL } from '../../abi/errno.js';
import { AF } from '../../abi/socket.js';

export interface UnixAddress {
  readonly family: typeof AF.AF_UNIX;
  /** A byte string: '' unnamed, '\0…' abstract, else a path. */
  readonly path: string;
}

export interface InetAddress {
  readonly family: typeof AF.AF_INET | typeof AF.AF_INET6;
  /** In text form, as inet_ntop writes it. */
  readonly host: string;
  readonly port: number;
  readonly flow: number;
  readonly scope: number;
}

export interface NetlinkAddress {
  readonly family: typeof AF.AF_NETLINK;
  /** nl_pid; 0 is the kernel. */
  readonly port: number;
  readonly groups: number;
}

export interface NoAddress {
  readonly family: typeof AF.AF_UNSPEC;
}

export type Address = UnixAddress | InetAddress | NetlinkAddress | NoAddress;

export const UNNAMED: UnixAddress = { family: AF.AF_UNIX, path: '' };

/** sizeof(struct sockaddr_storage): nothing longer is an address. */
export const MAX_ADDRESS = 128;
const UNIX_PATH = 2;
const UNIX_PATH_MAX = 108;
const SIZEOF_NETLINK = 12;
const SIZEOF_IN = 16;
const SIZEOF_IN6 = 28;
/** Without sin6_scope_id (SIN6_LEN_RFC2133). */
const SIZEOF_IN6_OLD = 24;

/** The address in `bytes`, or -EINVAL, -EAFNOSUPPORT. */
export function decodeAddress(bytes: Uint8Array, little: boolean): Address | number {
  if (bytes.length < 2) return -EINVAL;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const family = view.getUint16(0, little);
  switch (family) {
    case AF.AF_UNSPEC:
      return { family };
    case AF.AF_UNIX: {
      if (bytes.length > UNIX_PATH + UNIX_PATH_MAX) return -EINVAL;
      let path = '';
      for (const byte of bytes.subarray(UNIX_PATH)) path += String.fromCharCode(byte);
      // An abstract name is all bytes given; a path ends at its NUL.
      if (!path.startsWith('\0')) path = path.replace(/\0.*$/s, '');
      return { family, path };
    }
    case AF.AF_INET:
      if (bytes.length < SIZEOF_IN) return -EINVAL;
      return {
        family,
        port: view.getUint16(2),
        host: Array.from(bytes.subarray(4, 8)).join('.'),
        flow: 0,
        scope: 0,
      };
    case AF.AF_INET6:
      if (bytes.length < SIZEOF_IN6_OLD) return -EINVAL;
      return {
        family,
        port: view.getUint16(2),
        flow: view.getUint32(4),
        host: formatIn6(bytes.subarray(8, 24)),
        scope: bytes.length >= SIZEOF_IN6 ? view.getUint32(24, little) : 0,
      };
    case AF.AF_NETLINK:
      if (bytes.length < SIZEOF_NETLINK) return -EINVAL;
      return { family, port: view.getUint32(4, little), groups: view.getUint32(8, little) };
    default:
      return -EAFNOSUPPORT;
  }
}

/** The guest's bytes of an address. */
export function encodeAddress(address: Address, little: boolean): Uint8Array {
  if (address.family === AF.AF_UNSPEC) return new Uint8Array(0);
  if (address.family === AF.AF_UNIX) {
    const { path } = address;
    // The kernel counts the NUL behind a path, and nothing behind an abstract name.
    const length = path === '' ? 0 : path.startsWith('\0') ? path.length : path.length + 1;
    const bytes = new Uint8Array(UNIX_PATH + length);
    new DataView(bytes.buffer).setUint16(0, address.family, little);
    for (let i = 0; i < path.length; i++) bytes[UNIX_PATH + i] = path.charCodeAt(i);
    return bytes;
  }
  if (address.family === AF.AF_NETLINK) {
    const view = new DataView(new ArrayBuffer(SIZEOF_NETLINK));
    view.setUint16(0, address.family, little);
    view.setUint32(4, address.port, little);
    view.setUint32(8, address.groups, little);
    return new Uint8Array(view.buffer);
  }
  const bytes = new Uint8Array(address.family === AF.AF_INET ? SIZEOF_IN : SIZEOF_IN6);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, address.family, little);
  view.setUint16(2, address.port);
  if (address.family === AF.AF_INET) bytes.set(address.host.split('.').map(Number), 4);
  else {
    view.setUint32(4, address.flow);
    bytes.set(parseIn6(address.host), 8);
    view.setUint32(24, address.scope, little);
  }
  return bytes;
}

/** Whether an address stands for all of the host's. */
export function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** RFC 5952 form. */
export function formatIn6(bytes: Uint8Array): string {
  const mapped =
    bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  if (mapped) return `::ffff:${Array.from(bytes.subarray(12)).join('.')}`;
  const words = Array.from(
    { length: 8 },
    (_, i) => ((bytes[i * 2] as number) << 8) | (bytes[i * 2 + 1] as number),
  );
  let best = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let run = 0;
    while (i + run < 8 && words[i + run] === 0) run++;
    if (run > length) {
      best = i;
      length = run;
    }
    i += Math.max(0, run - 1);
  }
  const hex = words.map((word) => word.toString(16));
  if (best < 0) return hex.join(':');
  return `${hex.slice(0, best).join(':')}::${hex.slice(best + length).join(':')}`;
}

/** The 16 bytes of an address in text form; a zone (`%eth0`) is left out. */
export function parseIn6(text: string): Uint8Array {
  const bytes = new Uint8Array(16);
  let plain = text.replace(/%.*$/, '');
  const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(plain);
  if (dotted !== null) {
    const [a, b, c, d] = dotted.slice(1).map(Number) as [number, number, number, number];
    plain = plain.slice(0, dotted.index) + `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const [head = '', tail] = plain.split('::');
  const words = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((word) => parseInt(word, 16));
  const front = words(head);
  const back = tail === undefined ? [] : words(tail);
  front.forEach((word, i) => {
    bytes[i * 2] = word >> 8;
    bytes[i * 2 + 1] = word;
  });
  back.forEach((word, i) => {
    const at = (8 - back.length + i) * 2;
    bytes[at] = word >> 8;
    bytes[at + 1] = word;
  });
  return bytes;
}
