/** The files that every row of the Debian suite starts from: the same bytes, modes and times on every run. */
import {
  chmodSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  closeSync,
  ftruncateSync,
  readdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
  rmSync,
  lstatSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** xorshift32: the same bytes everywhere. */
export function randomBytes(length, seed = 12345) {
  const bytes = new Uint8Array(length);
  let x = seed;
  for (let i = 0; i < length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    bytes[i] = x >>> 8;
  }
  return bytes;
}

const WORDS =
  'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi psi omega'.split(
    ' ',
  );

const FILES = {
  'text.txt':
    Array.from({ length: 2000 }, (_, i) => `line ${(i * 7919) % 2003} ${WORDS[i % 24]} needle${i % 50}`).join(
      '\n',
    ) + '\n',
  'words.txt': Array.from({ length: 300 }, (_, i) => WORDS[(i * i + 3) % 24]).join('\n') + '\n',
  'small.txt':
    'The quick brown fox\tjumps over\nthe lazy dog.\n\n  Ünïcödé text: äöü ß → €\nlast line without end',
  'small2.txt': 'The quick brown fox\tjumps over\nthe energetic dog.\n\nsomething else\n',
  'pairs.txt': 'a b\nb c\nd c\ne f\nf b\n',
  'table.csv':
    'name,size,value,unit\n' +
    Array.from(
      { length: 40 },
      (_, i) => `n${String(i).padStart(3, '0')},${(i * 37) % 41}K,${(i * 1.37).toFixed(3)},u${i % 3}`,
    ).join('\n') +
    '\n',
  'data.json': JSON.stringify({
    x: null,
    items: [1, 2, 3, 4].map((n) => ({ n, name: `item ${n} é`, f: n / 3 })),
    nested: { deep: [[[]], {}] },
  }),
  'script.sed': '1!G\nh\n$!d\n',
  'script.sql':
    'begin;\nwith recursive c(i) as (select 1 union all select i + 1 from c where i < 3000) insert into t (b) select i * i % 1009 from c;\ncommit;\ncreate index i on t (b);\nselect b, count(*) n from t group by b having n > 3 order by n desc, b limit 10;\nselect avg(a), max(cast(b as integer)), sum(length(b)) from t;\ndelete from t where a > 3;\nvacuum;\n',
  'sums.bc': 'scale=20\n1/7\nsqrt(2)\ns(1)+c(1)*e(1)\n2^128\n-17/5\n-17%5\n',
  'loop.bc': 'define f(n) { if (n < 2) return n; return f(n-1) + f(n-2); }\nf(15)\nobase=16\n255^5\n',
  'pi.bc': 'scale=200\n4*a(1)\n',
  'fib.lua':
    'local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end\nprint(fib(18))\n',
  'strings.lua':
    'local t = {}\nfor i = 1, 2000 do t[#t + 1] = string.format("%05.2f:%s", i / 7, ("x"):rep(i % 5)) end\ntable.sort(t)\nprint(#table.concat(t, ","), t[1], t[#t], ("hello world"):gsub("o", "0"))\nprint(pcall(function() return nil + 1 end))\nprint(string.pack and #string.pack("<i4d", 1, 2) or "", math.type and math.type(3.0) or "")\nlocal co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)\nprint(co(), co(), co())\n',
  'script.sh':
    'set -e\nf() { echo "$1 of $#"; }\nf "$@"\nfor x in "$@" c; do case $x in a) echo A ;; *) echo "other $x" ;; esac; done\nread first < small.txt\necho "$first" "${first%% *}" ${#first}\necho out > made.txt\necho more >> made.txt\nexit 6\n',
  'prog.c':
    'struct s { int a; double b; char c[10]; };\nstatic int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }\ndouble sum(const struct s *p, int n) { double t = 0; for (int i = 0; i < n; i++) t += p[i].b * p[i].a + p[i].c[i % 10]; return t; }\nunsigned long hash(const unsigned char *s) { unsigned long h = 5381; while (*s) h = h * 33 ^ *s++; return h; }\nint pick(int x) { switch (x) { case 1: return fib(10); case 2: return 7; case 5: return x << 3; case 9: return -x; case 10: return x / 3; case 11: return x % 7; default: return 0; } }\n',
  'bad.c': 'int f(void) { return undeclared + 1; }\nint g( { }\n',
  'main.c': '#include <stdio.h>\nint main(void) { printf("built %d\\n", 6 * 7); return 0; }\n',
  'classes.cc':
    '#include <algorithm>\n#include <cstdio>\n#include <map>\n#include <stdexcept>\n#include <string>\n#include <vector>\nint main() {\n  std::map<std::string, int> m;\n  for (auto w : {"b", "a", "c", "a"}) m[w]++;\n  for (auto &[k, n] : m) std::printf("%s%d ", k.c_str(), n);\n  try { throw std::runtime_error("thrown"); } catch (std::exception &e) { std::printf("%s ", e.what()); }\n  std::vector<double> d{3, 1, 2};\n  std::sort(d.begin(), d.end());\n  std::printf("%g\\n", d[0] / 2);\n  return 5;\n}\n',
  'sums.gp':
    'print(factor(2^101-1)); print(zeta(3)); print(nextprime(10^20)); print(ellinit([0,-1,1,-10,-20]).disc); quit\n',
  'words.tcl':
    'proc fib n { expr {$n < 2 ? $n : [fib [expr {$n-1}]] + [fib [expr {$n-2}]]} }\nputs "[fib 16] [expr {2**100}] [format %.15g [expr {sin(1)}]] [lsort -dictionary {a10 a9 B1}]"\nputs [clock format 86400 -gmt 1]\nputs [regexp -inline {(\\w+)@(\\w+)} "x me@here y"]\nputs [zlib crc32 hello]\nset c [coroutine co apply {{} {for {set i 0} {$i<3} {incr i} {yield $i}; return done}}]\nputs "$c [co] [co] [co]"\nafter 10 {set done 1}\nvwait done\nexit 4\n',
  'Makefile.test': 'all: main\n\techo done\nmain: main.o\n\tgcc -o $@ $<\n%.o: %.c\n\tgcc -O1 -c $<\n',
  'small.js':
    'export const add = (first, second) => first + second;\nif (add(1, 2) !== 3) throw new Error(`no`);\n',
  'entry.js':
    "import { add } from './small.js';\nimport data from './data.json';\nconsole.log(add(1, 2), data.items.length);\n",
  'broken.js': "import { nothing } from './missing.js';\n",
  'prog2.s':
    '.text\n.globl _start\n_start:\n nop\n nop\nloop:\n nop\n.data\nvalue: .quad 5\n.string "text"\n',
};

/** A small real JPEG would be a binary of someone's making: a gradient made by our own hand, as a PPM, is enough for cjpeg. */
function picture() {
  const header = Buffer.from('P6\n96 64\n255\n');
  const pixels = Buffer.alloc(96 * 64 * 3);
  for (let y = 0; y < 64; y++)
    for (let x = 0; x < 96; x++)
      pixels.set([(x * 2.6) & 255, (y * 4) & 255, ((x ^ y) * 5) & 255], (y * 96 + x) * 3);
  return Buffer.concat([header, pixels]);
}

const TIME = 1_600_000_000;

/** Empties `dir` and fills it. */
export function plant(dir) {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const at = (name) => join(dir, name);
  for (const [name, text] of Object.entries(FILES)) writeFileSync(at(name), text);
  writeFileSync(at('random.bin'), randomBytes(200_002));
  writeFileSync(at('picture.ppm'), picture());
  const fd = openSync(at('sparse.img'), 'w');
  ftruncateSync(fd, 1 << 20);
  writeSync(fd, 'middle', 500_000);
  closeSync(fd);
  mkdirSync(at('tree/dir/deeper'), { recursive: true });
  mkdirSync(at('tree/empty'));
  writeFileSync(at('tree/file-a'), 'a'.repeat(1000));
  writeFileSync(at('tree/dir/file-b'), 'needle in b\n');
  writeFileSync(at('tree/dir/deeper/ünï code'), 'x');
  linkSync(at('tree/file-a'), at('tree/hard'));
  symlinkSync('file-a', at('tree/link'));
  symlinkSync('nowhere', at('tree/dangling'));
  spawnSync('mkfifo', [at('tree/fifo')]);
  chmodSync(at('tree/file-a'), 0o640);
  chmodSync(at('tree/dir/file-b'), 0o755);
  settle(dir);
  return dir;
}

/** Gives everything the same time, children before their directories. */
function settle(path) {
  const stat = lstatSync(path);
  if (stat.isDirectory()) for (const name of readdirSync(path)) settle(join(path, name));
  if (stat.isSymbolicLink()) lutimesSync(path, TIME, TIME);
  else utimesSync(path, TIME, TIME);
}
