/**
 * What the benchmark runs.
 *
 * Format of a row: {name, group, quick?, argv, input?, output?}
 *   group  start-up, compute, programs or syscalls; each gets a geometric mean
 *   quick  also part of the short list that `npm run bench` runs
 *   argv   FIXTURE/NAME is a freestanding program of tests/fixtures, any other first word a program of the sysroot;
 *          @NAME is a file of data.mjs, SYSROOT/PATH the host's path of a file of the sysroot
 *   stdin  a file for standard input
 */

/** Counts keep qemu-user busy for two seconds or so: what starting costs has rows of its own. */
const kernel = (name, count, extra = {}) => ({
  name,
  group: 'compute',
  argv: ['FIXTURE/kernels', name, String(count)],
  ...extra,
});
const start = (name, ...argv) => ({ name, group: 'start-up', argv });
const work = (name, ...argv) => ({ name, group: 'programs', argv });
const quick = (row) => ({ ...row, quick: true });

export const ROWS = [
  quick(start('hello (static)', 'FIXTURE/hello')),
  start('exit at once (static)', 'FIXTURE/true'),
  quick(start('true (dynamic)', 'true')),
  quick(start('ls (dynamic)', 'ls', '/usr')),
  start('busybox true (static)', 'busybox', 'true'),
  start('perl -e 1', 'perl', '-e', '1'),
  quick(start('python3 -c pass', 'python3', '-c', 'pass')),
  start(
    'python3 json re',
    'python3',
    '-c',
    'import json, re; json.loads(json.dumps(list(range(100)))); re.match("a(b|c)*d", "abcbcd")',
  ),
  start('cc1 -O2, small file', 'cc1', '-quiet', '-O2', '@small.c', '-o', '/dev/null'),

  quick(kernel('coremark', 45000)),
  kernel('dhrystone', 400000),
  kernel('matmul-int', 12500),
  kernel('matmul-double', 2000),
  kernel('fft', 20000),
  kernel('nbody', 20000),
  kernel('mandelbrot', 1500),
  quick(kernel('sha256', 200000)),
  kernel('aes', 40000),
  kernel('quicksort', 10000),
  kernel('hashmap', 15000),
  kernel('search', 12500),
  kernel('lz', 7500),
  kernel('interpreter', 17500),
  kernel('fib', 200000),
  kernel('ackermann', 150000),
  kernel('longjmp', 400000),
  kernel('virtual', 45000),
  kernel('pointers', 15000),
  kernel('memory', 100000),
  kernel('sieve', 30000),

  quick(work('sha256sum, 64 MiB', 'sha256sum', '@64m.bin')),
  quick(work('sort, 200k lines', 'sort', '@200k.txt')),
  quick(work('lua fib(27)', 'lua5.4', '@fib.lua')),
  work('xz -6, 1 MiB', 'xz', '-T1', '-6', '-c', '@1m.txt'),
  work('zstd -9, 4 MiB', 'zstd', '--single-thread', '-q', '-9', '-c', '@4m.txt'),
  work('bzip2, 1 MiB', 'bzip2', '-c', '@1m.txt'),
  work('gzip -9, 4 MiB', 'gzip', '-9', '-c', '@4m.txt'),
  work(
    'gawk word count',
    'gawk',
    '{ for (i = 1; i <= NF; i++) n[$i]++ } END { for (w in n) s += n[w]; print s }',
    '@4m.txt',
  ),
  work(
    'python3 loops',
    'python3',
    '-c',
    'd = {}\nfor i in range(300000): d[i % 1000] = d.get(i % 1000, 0) + i\nprint(sum(d.values()))',
  ),
  work(
    'perl hashes',
    'perl',
    '-e',
    'my %h; $h{$_ % 997} += $_ for 1 .. 600000; my $s = 0; $s += $_ for values %h; print "$s\\n"',
  ),
  work(
    'sqlite3',
    'sqlite3',
    ':memory:',
    'create table t (a integer primary key, b); with recursive c(i) as (select 1 union all select i + 1 from c where i < 100000) insert into t select i, i * 7 % 1009 from c; create index x on t (b); select count(*), sum(a) from t where b between 100 and 200;',
  ),
  { ...work('bc, 400 digits of pi', 'bc', '-lq', '@pi.bc'), input: '/dev/null' },
  work('cc1 -O2, large file', 'cc1', '-quiet', '-O2', '@large.c', '-o', '/dev/null'),

  quick({ name: 'getpid', group: 'syscalls', argv: ['FIXTURE/kernels', 'syscalls', '15000'] }),
  {
    name: 'dd, a million reads and writes',
    group: 'syscalls',
    argv: ['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=1', 'count=1000000', 'status=none'],
  },
  {
    name: 'find over the sysroot',
    group: 'syscalls',
    argv: ['find', '/usr', '-type', 'f', '-size', '+100k'],
  },
  // By the host's path: qemu-user looks statx's paths up on the host only.
  { name: 'ls -lR', group: 'syscalls', argv: ['ls', '-lR', 'SYSROOT/usr/share'] },
];
