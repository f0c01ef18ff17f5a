/** Short forms for scripted guests that work with files. */
import type { Guest } from '../kernel/guest.js';

type Calls = Generator<never, number, number>;

/** A system call with strings among its arguments. */
export function* call(
  g: Guest,
  name: Parameters<Guest['sys']>[0],
  ...args: readonly (number | string)[]
): Calls {
  return yield* g.sys(name, ...args.map((arg) => (typeof arg === 'string' ? g.text(arg) : arg))) as Calls;
}

/** Reads up to `count` bytes as text, or gives the errno. */
export function* readText(g: Guest, fd: number, count = 4096): Generator<never, string | number, number> {
  const at = g.alloc(count);
  const n = yield* call(g, 'read', fd, at, count);
  return n < 0 ? n : bytesAt(g, at, n);
}

export function* writeText(g: Guest, fd: number, text: string): Calls {
  return yield* call(g, 'write', fd, text, text.length);
}

export function bytesAt(g: Guest, at: number, length: number): string {
  let text = '';
  for (let i = 0; i < length; i++) text += String.fromCharCode(g.view.getUint8(at + i));
  return text;
}

/** Names in a directory by getdents64, in its order, with types and cookies. */
export function* entries(
  g: Guest,
  fd: number,
  size = 4096,
): Generator<never, { name: string; type: number; cookie: number; ino: number }[], number> {
  const found = [];
  const at = g.alloc(size);
  for (;;) {
    const n = yield* call(g, 'getdents64', fd, at, size);
    if (n <= 0) return found;
    for (let p = at; p < at + n; p += g.view.getUint16(p + 16, true)) {
      let end = p + 19;
      while (g.view.getUint8(end) !== 0) end++;
      found.push({
        name: bytesAt(g, p + 19, end - p - 19),
        type: g.view.getUint8(p + 18),
        cookie: Number(g.view.getBigInt64(p + 8, true)),
        ino: Number(g.view.getBigUint64(p, true)),
      });
    }
  }
}
