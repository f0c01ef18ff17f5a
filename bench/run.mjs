/**
 * Benchmarks sojourn beside qemu-user, where that is installed, and the host's own tool, where it is the same.
 *
 *   npm run bench -- [--all] [--only REGEXP] [--runs N] [--engine NAME] [--arch riscv64] [--second] [--write] [--max S]
 *
 * Runs alternate between the emulators, so that a slow moment of the machine hits both; the median counts. Rows from the
 * sysroot need `node scripts/debian-sysroot.mjs ARCH` once (done here when apt is there). --all runs every row, not the
 * short list, and with --write also writes docs/benchmarks.{json,md,svg}; with --only, the rows that it leaves out stay there as
 * they are. --second adds a column: a run that finds the
 * persistent translation cache of the one before (the others start with an empty one). A row whose first run takes
 * longer than --max seconds (60) is run once only.
 */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  openSync,
  closeSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
  statSync,
} from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeSysroot } from '../scripts/debian-sysroot.mjs';
import { ROOT, ensure } from '../scripts/ensure.mjs';
import { dataFile } from './data.mjs';
import { chart, markdown, means, median, plain, table } from './report.mjs';
import { ROWS } from './rows.mjs';

const { values: options } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    only: { type: 'string' },
    runs: { type: 'string', default: '5' },
    engine: { type: 'string' },
    arch: { type: 'string', default: 'riscv64' },
    second: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    max: { type: 'string', default: '60' },
  },
});
const { arch } = options;
const DEBIAN = { riscv64: 'riscv64', aarch64: 'arm64', arm: 'armhf' };
const runs = Number(options.runs);

ensure();

/** undefined where there is neither a sysroot nor the means to make one: then only the fixtures run. */
function findSysroot() {
  const made = join(ROOT, `.cache/sysroot-${DEBIAN[arch]}`);
  if (existsSync(made)) return made;
  return existsSync('/usr/bin/apt-get') ? makeSysroot(DEBIAN[arch]) : undefined;
}
const sysroot = findSysroot();

function program(name) {
  if (name.startsWith('FIXTURE/')) return join(ROOT, `tests/fixtures/bin/${name.slice(8)}-${arch}`);
  if (sysroot === undefined) return undefined;
  const triplet = `${arch}-linux-gnu`;
  const compilers = [`usr/libexec/gcc/${triplet}`, `usr/lib/gcc/${triplet}`]
    .map((place) => join(sysroot, place))
    .filter((place) => existsSync(place))
    .flatMap((place) => readdirSync(place).map((version) => join(place, version)));
  return [join(sysroot, 'usr/bin'), ...compilers]
    .map((place) => join(place, name))
    .find((path) => existsSync(path));
}

const scratch = mkdtempSync(join(tmpdir(), 'sojourn-bench-'));
const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', HOME: scratch, TZ: 'UTC' };

/** Runs once. @returns {time: milliseconds, status, stderr} */
function once(command, { input, env = {} }) {
  const stdin = openSync(input ?? '/dev/null');
  const sink = openSync('/dev/null', 'w');
  const started = performance.now();
  const result = spawnSync(command[0], command.slice(1), {
    cwd: scratch,
    env: { ...environment, ...env },
    stdio: [stdin, sink, 'pipe'],
    maxBuffer: 1 << 26,
  });
  const time = performance.now() - started;
  closeSync(stdin);
  closeSync(sink);
  if (result.error) throw result.error;
  return { time, status: result.status ?? result.signal, stderr: result.stderr.toString() };
}

const qemu = ['/usr/bin', '/usr/local/bin']
  .map((place) => join(place, `qemu-${arch}`))
  .find((path) => existsSync(path));
const launcher = [
  process.execPath,
  join(ROOT, 'bin/sojourn.js'),
  ...(options.engine ? ['--engine', options.engine] : []),
];
const prefix = sysroot === undefined ? [] : ['-L', sysroot];

/** The host's own tool for a row, when the sysroot's is the same program built for another machine. */
function nativeTool(row) {
  if (row.argv[0].startsWith('FIXTURE/')) {
    const path = join(ROOT, `tests/fixtures/src/native/${row.argv[0].slice(8)}-native`);
    return existsSync(path) ? path : undefined;
  }
  const path = join('/usr/bin', row.argv[0]);
  return row.group === 'programs' && existsSync(path) && statSync(path).isFile() ? path : undefined;
}

function measure(row) {
  const path = program(row.argv[0]);
  if (path === undefined) return undefined;
  const args = row.argv
    .slice(1)
    .map((word) => (/^@[\w.]+$/.test(word) ? dataFile(join(ROOT, '.cache/bench'), word.slice(1)) : word))
    .map((word) => (word.startsWith('SYSROOT/') ? join(realpathSync(sysroot), word.slice(8)) : word));
  const cache = join(scratch, 'cache');
  const sides = {
    sojourn: { command: [...launcher, ...prefix, path, ...args], fresh: true },
    ...(options.second ? { second: { command: [...launcher, ...prefix, path, ...args], fresh: false } } : {}),
    ...(qemu ? { qemu: { command: [qemu, ...prefix, path, ...args] } } : {}),
    ...(nativeTool(row) ? { native: { command: [nativeTool(row), ...args] } } : {}),
  };
  const times = Object.fromEntries(Object.keys(sides).map((side) => [side, []]));
  for (let run = 0; run < runs; run++) {
    for (const [side, { command, fresh }] of Object.entries(sides)) {
      if (fresh) rmSync(cache, { recursive: true, force: true });
      const { time, status, stderr } = once(command, { input: row.input, env: { SOJOURN_CACHE_DIR: cache } });
      if (status !== 0)
        return { name: row.name, group: row.group, failure: `${side}: ${status}: ${stderr.slice(0, 300)}` };
      times[side].push(time);
    }
    if (times.sojourn[0] > Number(options.max) * 1000) break;
  }
  const result = { name: row.name, group: row.group };
  for (const side of Object.keys(sides)) result[side] = median(times[side]);
  if (result.qemu !== undefined) result.speed = result.qemu / result.sojourn;
  const statistics = once([...launcher, '--stats', ...prefix, path, ...args], { input: row.input }).stderr;
  const instructions = /^instructions\s+([\d ]+)/m.exec(statistics)?.[1]?.replaceAll(' ', '');
  if (instructions !== undefined) {
    result.instructions = Number(instructions);
    result.mips = result.instructions / result.sojourn / 1000;
  }
  result.times = Object.fromEntries(
    Object.entries(times).map(([side, list]) => [side, list.map((time) => Math.round(time * 10) / 10)]),
  );
  return result;
}

const chosen = ROWS.filter((row) =>
  options.only === undefined ? options.all || row.quick === true : new RegExp(options.only).test(row.name),
);
const nodeStart = median(Array.from({ length: 5 }, () => once([process.execPath, '-e', '0'], {}).time));
console.log(`node -e 0: ${nodeStart.toFixed(0)} ms; ${runs} alternating runs`);
const rows = [];
for (const row of chosen) {
  const measured = measure(row);
  if (measured === undefined) {
    console.log(`${row.name}: left out, the program is not here`);
    continue;
  }
  if (measured.failure !== undefined) {
    console.log(`${row.name}: FAILED ${measured.failure}`);
    process.exitCode = 1;
    continue;
  }
  rows.push(measured);
  const { sojourn, qemu: other, speed } = measured;
  console.log(
    `${row.name}: ${sojourn.toFixed(0)} ms${other === undefined ? '' : `, qemu ${other.toFixed(0)} ms, ${speed.toFixed(2)} times as fast`}`,
  );
}
rmSync(scratch, { recursive: true, force: true });

/** The rows as measured now, among those of the file where only some were asked for. */
function mergedRows(path) {
  if (!options.write || options.only === undefined || !existsSync(path)) return rows;
  const kept = JSON.parse(readFileSync(path, 'utf8')).rows;
  const find = (name) => rows.find((row) => row.name === name);
  return [
    ...kept.map((row) => find(row.name) ?? row),
    ...rows.filter(({ name }) => !kept.some((row) => row.name === name)),
  ];
}

if (rows.length > 0) {
  const suffix = arch === 'riscv64' ? '' : `-${arch}`;
  const all = mergedRows(join(ROOT, `docs/benchmarks${suffix}.json`));
  const result = {
    arch,
    engine: options.engine,
    runs,
    machine: `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    node: process.version,
    nodeStart,
    version: JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version,
    qemuVersion: qemu
      ? spawnSync(qemu, ['--version'], { encoding: 'utf8' }).stdout.split('\n')[0]
      : undefined,
    means: means(all),
    rows: all,
  };
  console.log(`\n${plain(table(result))}\n`);
  for (const mean of result.means)
    console.log(`${mean.group}: geometric mean ${mean.speed.toFixed(2)} of ${mean.rows} rows`);
  if (options.write) {
    writeFileSync(join(ROOT, `docs/benchmarks${suffix}.json`), `${JSON.stringify(result, null, 1)}\n`);
    writeFileSync(
      join(ROOT, `docs/benchmarks${suffix}.md`),
      markdown(result).replace('benchmarks.svg', `benchmarks${suffix}.svg`),
    );
    writeFileSync(join(ROOT, `docs/benchmarks${suffix}.svg`), chart(result));
  }
}
