/**
 * /proc/net (proc_pid_net(5)): the guests' sockets in the forms of the kernel's printf calls (net/ipv4/tcp_ipv4.c, udp.c,
 * net/ipv6, net/unix/af_unix.c), and the host's interfaces.
 */
import { AF, SOCK } from '../../../abi/socket.js';
import { type Interface, interfaces } from '../../host/interfaces.js';
import { readText } from '../../host/fs.js';
import type { Kernel } from '../../kernel.js';
import { type Address, encodeAddress, parseIn6 } from '../../socket/address.js';
import { IPPROTO_UDP } from '../../socket/datagram.js';
import { Socket } from '../../socket/socket.js';
import { anyAddress, IPPROTO_TCP } from '../../socket/stream.js';
import type { Who } from '../file-system.js';
import { hexPad } from '../../../util/hex.js';
import { directory, text } from '../virtual.js';

/** States of include/net/tcp_states.h. */
const ESTABLISHED = 1;
const CLOSE = 7;
const LISTEN = 10;
/** A line of the kernel's IPv4 tables is filled with blanks to this width. */
const TCP_WIDTH = 149;
const UDP_WIDTH = 127;
const ROUTE_WIDTH = 127;

const hex = (value: number, digits: number): string => hexPad(value, digits).toUpperCase();
const decimal = (value: number, width: number): string => String(value).padStart(width);

/** The sockets that processes hold, each with the user of the first that does. */
function sockets(kernel: Kernel | undefined): Map<Socket, number> {
  const found = new Map<Socket, number>();
  for (const task of kernel?.tasks.values() ?? []) {
    for (const [, file] of task.files.entries()) {
      if (file instanceof Socket && !found.has(file)) found.set(file, task.cred.euid);
    }
  }
  return found;
}

/** An address as words in the byte order of the guests we run, and the port. */
function endpoint(address: Address | number, family: number): string {
  const known = typeof address === 'object' && 'host' in address ? address : anyAddress(family);
  const view = new DataView(encodeAddress(known, true).buffer);
  const [from, to] = family === AF.AF_INET6 ? [8, 24] : [4, 8];
  let words = '';
  for (let at = from; at < to; at += 4) words += hex(view.getUint32(at, true), 8);
  return `${words}:${hex(known.port, 4)}`;
}

interface Table {
  readonly family: number;
  readonly protocol: number;
  readonly head: string;
  readonly width: number;
  /** Of the line's number. */
  readonly numberWidth: number;
  readonly state: (socket: Socket, local: Address) => number | undefined;
  /** What stands behind the inode. */
  readonly tail: string;
}

function isConnected(socket: Socket): boolean {
  return typeof socket.peerAddress() !== 'number';
}

/** Sockets that are bound and nothing else are in no table of TCP's. */
function tcpState(socket: Socket): number | undefined {
  if (socket.listening) return LISTEN;
  return isConnected(socket) ? ESTABLISHED : undefined;
}

function udpState(socket: Socket, local: Address): number | undefined {
  if ('host' in local && local.port === 0) return undefined;
  return isConnected(socket) ? ESTABLISHED : CLOSE;
}

const HEAD_4 = 'local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const HEAD_6 =
  'local_address                         remote_address                        ' +
  'st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';

const TCP = {
  protocol: IPPROTO_TCP,
  numberWidth: 4,
  state: tcpState,
  tail: ` 1 ${'0'.repeat(16)} 100 0 0 10 0`,
};
const UDP = {
  protocol: IPPROTO_UDP,
  numberWidth: 5,
  state: udpState,
  tail: ` 2 ${'0'.repeat(16)} 0`,
};
const TABLES = {
  tcp: { ...TCP, family: AF.AF_INET, head: `  sl  ${HEAD_4}`, width: TCP_WIDTH },
  tcp6: { ...TCP, family: AF.AF_INET6, head: `  sl  ${HEAD_6}`, width: 0 },
  udp: { ...UDP, family: AF.AF_INET, head: `   sl  ${HEAD_4} ref pointer drops`, width: UDP_WIDTH },
  udp6: { ...UDP, family: AF.AF_INET6, head: `  sl  ${HEAD_6} ref pointer drops`, width: 0 },
} satisfies Record<string, Table>;

function table({ family, protocol, head, width, numberWidth, state, tail }: Table, who: Who): string {
  const lines = [head];
  for (const [socket, uid] of sockets(who.kernel)) {
    if (socket.family !== family || socket.protocol !== protocol) continue;
    const local = socket.localAddress();
    const st = state(socket, local);
    if (st === undefined) continue;
    const ends = `${endpoint(local, family)} ${endpoint(socket.peerAddress(), family)}`;
    const queues = '00000000:00000000 00:00000000 00000000';
    const number = decimal(lines.length - 1, numberWidth);
    lines.push(
      `${number}: ${ends} ${hex(st, 2)} ${queues} ${decimal(uid, 5)} ${decimal(0, 8)} ${socket.ino}${tail}`,
    );
  }
  return lines.map((line) => `${line.padEnd(width)}\n`).join('');
}

function unix(who: Who): string {
  let out = 'Num       RefCount Protocol Flags    Type St Inode Path\n';
  for (const [socket] of sockets(who.kernel)) {
    if (socket.family !== AF.AF_UNIX) continue;
    const local = socket.localAddress();
    const path = 'path' in local ? local.path.replaceAll('\0', '@') : '';
    const connected = isConnected(socket);
    const flags = socket.listening ? 0x10000 : 0;
    const cells = [hex(connected ? 3 : 2, 8), hex(0, 8), hex(flags, 8), hex(socket.type, 4)];
    out += `${'0'.repeat(16)}: ${cells.join(' ')} ${connected ? '03' : '01'} ${decimal(socket.ino, 5)}`;
    out += path === '' ? '\n' : ` ${path}\n`;
  }
  return out;
}

function sockstat(who: Who): string {
  const all = [...sockets(who.kernel).keys()];
  const count = (type: number): number =>
    all.filter((one) => one.family === AF.AF_INET && one.type === type).length;
  const tcp = count(SOCK.SOCK_STREAM);
  return (
    `sockets: used ${all.length}\n` +
    `TCP: inuse ${tcp} orphan 0 tw 0 alloc ${tcp} mem 0\nUDP: inuse ${count(SOCK.SOCK_DGRAM)} mem 0\n` +
    'UDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 0 memory 0\n'
  );
}

const DEV_HEAD =
  'Inter-|   Receive                                                |  Transmit\n' +
  ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n';

/** Nobody tells us what has gone through them. */
function dev(): string {
  const counts =
    '      0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0';
  return (
    DEV_HEAD +
    interfaces()
      .map(({ name }) => `${name.padStart(6)}: ${counts}\n`)
      .join('')
  );
}

const SCOPE_HOST = 0x10;
const SCOPE_LINK = 0x20;
const IFA_F_PERMANENT = 0x80;

function scopeOf(bytes: Uint8Array): number {
  if (bytes[0] === 0xfe && ((bytes[1] as number) & 0xc0) === 0x80) return SCOPE_LINK;
  return bytes[15] === 1 && bytes.subarray(0, 15).every((byte) => byte === 0) ? SCOPE_HOST : 0;
}

function ifInet6(): string {
  const lines = ({ name, index, addresses }: Interface): string[] =>
    addresses
      .filter(({ v6 }) => v6)
      .map(({ host, prefix }) => {
        const bytes = parseIn6(host);
        const address = Array.from(bytes, (byte) => hexPad(byte, 2)).join('');
        const cells = [index, prefix, scopeOf(bytes), IFA_F_PERMANENT].map((n) => hexPad(n, 2));
        return `${address} ${cells.join(' ')} ${name.padStart(8)}\n`;
      });
  return interfaces().flatMap(lines).join('');
}

const ROUTE_HEAD = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT';

/** The guest's packets go where the host's do. Hosts without the file have routes that we do not know. */
function route(): string {
  const known = readText('/proc/net/route');
  return typeof known === 'string' && known !== '' ? known : `${ROUTE_HEAD.padEnd(ROUTE_WIDTH)}\n`;
}

export const NET = directory({
  arp: text(() => 'IP address       HW type     Flags       HW address            Mask     Device\n'),
  dev: text(dev),
  if_inet6: text(ifInet6),
  packet: text(() => 'sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n'),
  raw: text(() => `  sl  ${HEAD_4} ref pointer drops\n`),
  raw6: text(() => `  sl  ${HEAD_6} ref pointer drops\n`),
  route: text(route),
  sockstat: text(sockstat),
  tcp: text((who) => table(TABLES.tcp, who)),
  tcp6: text((who) => table(TABLES.tcp6, who)),
  udp: text((who) => table(TABLES.udp, who)),
  udp6: text((who) => table(TABLES.udp6, who)),
  udplite: text(() => `   sl  ${HEAD_4} ref pointer drops`.padEnd(UDP_WIDTH) + '\n'),
  udplite6: text(() => `  sl  ${HEAD_6} ref pointer drops\n`),
  unix: text(unix),
});
