/** The files that benchmark rows read: made once, the same on every machine. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from '../tests/debian/tree.mjs';

const WORDS =
  'the of and a to in is it you that he was for on are with as his they be at one have this'.split(' ');

function text(bytes) {
  const random = randomBytes(1 << 16, 77);
  const lines = [];
  for (let size = 0, i = 0; size < bytes;) {
    const line = Array.from({ length: 6 + (random[i & 0xffff] & 7) }, () => {
      const r = random[i++ & 0xffff];
      return r < 200 ? WORDS[r % 24] : `w${(r * i) % 5003}`;
    }).join(' ');
    lines.push(line);
    size += line.length + 1;
  }
  return `${lines.join('\n')}\n`;
}

/** A C file of `n` functions of several shapes. */
function program(n) {
  const shapes = [
    (i) =>
      `int f${i}(int a, int b) { int s = 0; for (int i = 0; i < a; i++) { if (i % ${(i % 7) + 2} == 0) s += b * i; else s ^= a >> (i & 7); } return s; }`,
    (i) =>
      `double f${i}(const double *p, int n) { double s = ${i}.5; for (int i = 0; i < n; i++) s = s * p[i] + 1.0 / (p[i] + ${(i % 5) + 1}); return s; }`,
    (i) =>
      `unsigned f${i}(const char *s) { unsigned h = ${i}u; switch (*s) { case 'a': h += 3; break; case 'b': h *= 7; break; case 'q': h ^= 99; break; case 'z': return 1; } while (*s) h = h * 31 + (unsigned char)*s++; return h; }`,
    (i) =>
      `struct s${i} { int a; long b; char c[${(i % 9) + 4}]; }; long f${i}(struct s${i} *x, int n) { long t = 0; for (int i = 0; i < n; i++) t += x[i].a * x[i].b + x[i].c[i & 3]; return t; }`,
  ];
  return `${Array.from({ length: n }, (_, i) => shapes[i % shapes.length](i)).join('\n')}\n`;
}

const FILES = {
  '64m.bin': () => {
    const part = randomBytes(1 << 20, 99);
    return Buffer.concat(Array.from({ length: 64 }, () => part));
  },
  '200k.txt': () => {
    const random = randomBytes(800_000, 5);
    return `${Array.from({ length: 200_000 }, (_, i) => `${random[4 * i]}${random[4 * i + 1]} ${random[4 * i + 2]} line`).join('\n')}\n`;
  },
  '1m.txt': () => text(1 << 20),
  '4m.txt': () => text(4 << 20),
  'fib.lua': () =>
    'local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end\nprint(fib(27))\n',
  'pi.bc': () => 'scale=400\n4*a(1)\nquit\n',
  'small.c': () => program(12),
  'large.c': () => program(400),
};

/** @returns the path of a data file, made when it is not there */
export function dataFile(folder, name) {
  const path = join(folder, name);
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, FILES[name]());
  }
  return path;
}
