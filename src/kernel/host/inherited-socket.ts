/** What the host tells about sockets that were open before we started: Node has no getsockname for a bare descriptor. */
import process from 'node:process';
import { fdPath, readText } from './fs.js';

export interface HostAddress {
  readonly port: number;
  /** As in memory: 4 or 16 bytes. */
  readonly bytes: Uint8Array;
}

export type HostSocket =
  | { readonly kind: 'unix'; /** SOCK_* */ readonly type: number; readonly path: string }
  | { readonly kind: 'tcp'; readonly local: HostAddress; readonly remote: HostAddress };

/** An address of /proc/net/tcp (proc_net_tcp.rst): 32-bit words as the host's numbers, in hexadecimal. */
function procAddress(text: string): HostAddress {
  const [words = '', port = '0'] = text.split(':');
  const bytes = new Uint8Array(words.length / 2);
  const values = words.match(/.{8}/g) ?? [];
  new Uint32Array(bytes.buffer).set(values.map((word) => parseInt(word, 16)));
  return { bytes, port: parseInt(port, 16) };
}

/** Finds an inherited socket by its inode; undefined where the host does not list it (or is not Linux). */
export function describeSocket(fd: number): HostSocket | undefined {
  const link = fdPath(fd);
  const inode = typeof link === 'string' ? /^socket:\[(\d+)\]$/.exec(link)?.[1] : undefined;
  if (inode === undefined) return undefined;
  const find = (table: string, column: number): readonly string[] | undefined => {
    const text = readText(`/proc/self/net/${table}`);
    if (typeof text !== 'string') return undefined;
    const lines = text.split('\n').map((line) => line.trim().split(/\s+/));
    return lines.find((words) => words[column] === inode);
  };
  const unix = find('unix', 6);
  if (unix !== undefined) return { kind: 'unix', type: parseInt(unix[4] as string, 16), path: unix[7] ?? '' };
  const tcp = find('tcp', 9) ?? find('tcp6', 9);
  if (tcp === undefined) return undefined;
  return { kind: 'tcp', local: procAddress(tcp[1] as string), remote: procAddress(tcp[2] as string) };
}

/** shutdown(2) for writing. Only for descriptors 0 to 2, which libuv never closes. */
export function finishOutput(fd: number): void {
  const net = process.getBuiltinModule('node:net');
  const socket = new net.Socket({ fd, readable: false, writable: true });
  // The other end may be gone already; there is nobody to tell.
  socket.on('error', () => socket.destroy());
  socket.end();
}
