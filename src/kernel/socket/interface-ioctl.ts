/** The SIOCGIF… requests of netdevice(7): what interfaces there are, asked through any socket. */
import { EADDRNOTAVAIL, EFAULT, ENODEV, ENOTTY, EPERM } from '../../abi/errno.js';
import { AF } from '../../abi/socket.js';
import { type Interface, interfaces, mask4 } from '../host/interfaces.js';
import type { Task } from '../task.js';
import { encodeAddress } from './address.js';

/** include/uapi/linux/sockios.h */
const SIOC = {
  GIFNAME: 0x8910,
  GIFCONF: 0x8912,
  GIFFLAGS: 0x8913,
  SIFFLAGS: 0x8914,
  GIFADDR: 0x8915,
  GIFDSTADDR: 0x8917,
  GIFBRDADDR: 0x8919,
  GIFNETMASK: 0x891b,
  GIFMETRIC: 0x891d,
  GIFMTU: 0x8921,
  GIFHWADDR: 0x8927,
  GIFINDEX: 0x8933,
  GIFTXQLEN: 0x8942,
} as const;
const FIRST = 0x8910;
const LAST = 0x894f;
/** ifr_name of struct ifreq; what is asked for stands behind it. */
const NAME = 16;

/** @returns undefined for a request that is none of these */
export function interfaceIoctl(task: Task, request: number, arg: number): number | undefined {
  if (request < FIRST || request > LAST) return undefined;
  const { user } = task;
  if (request === SIOC.GIFCONF) return list(task, arg);
  const known = interfaces();
  if (request === SIOC.GIFNAME) {
    const index = user.readI32(arg + NAME);
    if (index === undefined) return -EFAULT;
    const found = known.find((one) => one.index === index);
    if (found === undefined) return -ENODEV;
    return user.copyOut(arg, nameBytes(found.name)) ? 0 : -EFAULT;
  }
  if (!(Object.values(SIOC) as number[]).includes(request)) return -ENOTTY;
  const name = user.copyIn(arg, NAME);
  if (name === undefined) return -EFAULT;
  const wanted = String.fromCharCode(...name).replace(/[\0:].*$/s, '');
  const found = known.find((one) => one.name === wanted);
  if (found === undefined) return -ENODEV;
  if (request === SIOC.SIFFLAGS) return -EPERM;
  const answer = about(found, request, task.abi.littleEndian);
  if (typeof answer === 'number') return answer;
  return user.copyOut(arg + NAME, answer) ? 0 : -EFAULT;
}

function nameBytes(name: string): Uint8Array {
  const bytes = new Uint8Array(NAME);
  for (let i = 0; i < name.length; i++) bytes[i] = name.charCodeAt(i);
  return bytes;
}

function inet(host: string, little: boolean): Uint8Array {
  return encodeAddress({ family: AF.AF_INET, host, port: 0, flow: 0, scope: 0 }, little);
}

function about(one: Interface, request: number, little: boolean): Uint8Array | number {
  const word = new Uint8Array(4);
  const view = new DataView(word.buffer);
  const number = (value: number): Uint8Array => {
    view.setInt32(0, value, little);
    return word;
  };
  const v4 = one.addresses.find(({ v6 }) => !v6);
  switch (request) {
    case SIOC.GIFFLAGS:
      view.setUint16(0, one.flags & 0xffff, little);
      return word;
    case SIOC.GIFMTU:
      return number(one.mtu);
    case SIOC.GIFINDEX:
      return number(one.index);
    case SIOC.GIFTXQLEN:
      return number(one.queue);
    case SIOC.GIFMETRIC:
      return number(0);
    case SIOC.GIFHWADDR: {
      const address = new Uint8Array(16);
      new DataView(address.buffer).setUint16(0, one.type, little);
      address.set(one.mac.subarray(0, 14), 2);
      return address;
    }
    default:
  }
  if (v4 === undefined) return -EADDRNOTAVAIL;
  const mask = mask4(v4.prefix);
  if (request === SIOC.GIFNETMASK) return inet(Array.from(mask).join('.'), little);
  if (request === SIOC.GIFBRDADDR) {
    const parts = v4.host.split('.').map((part, i) => Number(part) | (~(mask[i] as number) & 0xff));
    return inet(parts.join('.'), little);
  }
  return inet(v4.host, little);
}

/** SIOCGIFCONF: struct ifconf { int len; buffer }; an entry for each IPv4 address, as many as there is room for. */
function list(task: Task, arg: number): number {
  const { user } = task;
  const { wordSize, littleEndian } = task.abi;
  const room = user.readI32(arg);
  const buffer = user.readWord(arg + wordSize);
  if (room === undefined || buffer === undefined) return -EFAULT;
  const size = wordSize === 8 ? 40 : 32;
  const entries = interfaces().flatMap((one) =>
    one.addresses.filter(({ v6 }) => !v6).map(({ host }) => ({ name: one.name, host })),
  );
  // Without a buffer only the size is asked for.
  const fit = buffer === 0 ? entries.length : Math.min(entries.length, Math.floor(Math.max(0, room) / size));
  if (buffer !== 0) {
    for (const [i, { host, name }] of entries.slice(0, fit).entries()) {
      const entry = new Uint8Array(size);
      entry.set(nameBytes(name));
      entry.set(inet(host, littleEndian), NAME);
      if (!user.copyOut(buffer + i * size, entry)) return -EFAULT;
    }
  }
  return user.writeI32(arg, fit * size) ? 0 : -EFAULT;
}
