/**
 * The Debian suite: real programs of a Debian sysroot under sojourn and under qemu-user, which must agree in standard
 * output, standard error, exit status or signal, and the files they leave.
 *
 *   node tests/debian/run.mjs [ARCH] [--set base|programs] [--sysroot DIR] [--engine NAME] [--only REGEXP] [--skip REGEXP] [--needs LIST]
 *                             [--jobs N] [--subject 'COMMAND…'] [--verbose]
 *
 * ARCH (default riscv64) is Debian's name. The set `programs` has larger programs, in a sysroot of its own. --needs names what the emulator can do beyond one single-threaded process:
 * rows that need something else are not run (the default is in LEVELS). --subject replaces the program under test.
 * Needs qemu-user, and apt and dpkg to make the sysroot when it is not there. Ends with "N passed, N failed".
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  openSync,
  closeSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PROGRAM_PACKAGES, makeSysroot } from '../../scripts/debian-sysroot.mjs';
import { ROOT, ensure } from '../../scripts/ensure.mjs';
import { PROCESS_ROWS } from './process-rows.mjs';
import { PROGRAM_ROWS } from './program-rows.mjs';
import { ROWS } from './rows.mjs';
import { plant } from './tree.mjs';

/** Debian's name → what qemu-user calls it, the GNU triplet. */
const ARCHES = {
  riscv64: { qemu: 'qemu-riscv64', machine: 'riscv64', triplet: 'riscv64-linux-gnu' },
  arm64: { qemu: 'qemu-aarch64', machine: 'aarch64', triplet: 'aarch64-linux-gnu' },
  armhf: { qemu: 'qemu-arm', machine: 'armv7l', triplet: 'arm-linux-gnueabihf' },
};

/** What the emulator can do today beyond single-threaded programs. */
const LEVELS = 'processes,threads,sockets';

/** Milliseconds for one command, on either side. */
const LIMIT = 180_000;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sysroot: { type: 'string' },
    set: { type: 'string', default: 'base' },
    engine: { type: 'string' },
    only: { type: 'string' },
    skip: { type: 'string' },
    needs: { type: 'string', default: LEVELS },
    jobs: { type: 'string', default: '2' },
    subject: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});
const arch = positionals[0] ?? 'riscv64';
const { qemu, machine, triplet } = ARCHES[arch];
const larger = options.set === 'programs';
const sysroot = realpathSync(
  larger
    ? makeSysroot(
        arch,
        options.sysroot ?? join(ROOT, `.cache/sysroot-${arch}-programs`),
        PROGRAM_PACKAGES[arch],
      )
    : makeSysroot(arch, options.sysroot),
);
if (options.subject === undefined) ensure();

const ENV = {
  PATH: '/usr/bin:/bin',
  LC_ALL: 'C.UTF-8',
  LANG: 'C.UTF-8',
  TZ: 'UTC',
  HOME: '/nonexistent',
  TERM: 'dumb',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_DATE: '2020-01-01T00:00:00Z',
  GIT_COMMITTER_DATE: '2020-01-01T00:00:00Z',
};
const subject = options.subject?.split(' ') ?? [
  process.execPath,
  join(ROOT, 'bin/sojourn.js'),
  ...(options.engine === undefined ? [] : ['--engine', options.engine]),
];

/** "a 'b c' <f >g" → {words, input, output} */
export function parse(line) {
  const unordered = line.startsWith('~');
  const loose = line.startsWith('^');
  const words = [];
  let input, output;
  for (const match of line
    .slice(unordered || loose ? 1 : 0)
    .matchAll(/([<>]?)((?:'[^']*'|"[^"]*"|\\.|[^\s'"\\])+)/gs)) {
    const text = match[2].replace(
      /'([^']*)'|"([^"]*)"|\\(.)/gs,
      (_, single, double, escaped) => single ?? double ?? escaped,
    );
    if (match[1] === '<') input = text;
    else if (match[1] === '>') output = text;
    else words.push(text);
  }
  return { words, input, output, unordered, loose };
}

const places = ['usr/bin', 'usr/sbin', 'usr/local/bin'];
for (const base of [`usr/libexec/gcc/${triplet}`, `usr/lib/gcc/${triplet}`]) {
  if (existsSync(join(sysroot, base)))
    places.push(...readdirSync(join(sysroot, base)).map((version) => join(base, version)));
}

function program(name) {
  return places
    .map((place) => join(sysroot, place, name))
    .find((path) => lstatSync(path, { throwIfNoEntry: false }));
}

function possible(step) {
  if (Array.isArray(step)) return possible(step[0]);
  if (step.startsWith('?')) return existsSync(join(sysroot, step.slice(1)));
  return program(parse(step).words[0]) !== undefined;
}

/** Runs one command; resolves to what can be compared. */
function execute(prefix, step, cwd) {
  const { words, input, output, unordered, loose } = parse(step);
  return new Promise((resolve) => {
    const stdin = openSync(input === undefined ? '/dev/null' : join(cwd, input));
    const stdout = output === undefined ? undefined : openSync(join(cwd, output), 'w');
    const child = spawn(
      prefix[0],
      [...prefix.slice(1), '-L', sysroot, program(words[0]), ...words.slice(1)],
      {
        cwd,
        env: ENV,
        stdio: [stdin, stdout ?? 'pipe', 'pipe'],
      },
    );
    closeSync(stdin);
    if (stdout !== undefined) closeSync(stdout);
    const out = [];
    const err = [];
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, LIMIT);
    child.stdout?.on('data', (data) => out.push(data));
    child.stderr.on('data', (data) => err.push(data));
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      const text = Buffer.concat(out).toString('latin1');
      resolve({
        stdout: unordered ? text.split('\n').sort().join('\n') : text,
        // Both emulators add a word of their own when the guest dies by a signal.
        stderr: signal === null && !loose ? Buffer.concat(err).toString('latin1') : '',
        ending: timedOut ? 'timed out' : (signal ?? `exit ${status}`),
        trouble: Buffer.concat(err).toString(),
      });
    });
  });
}

/** path, type, mode, size and content of everything under `dir`, one line each. */
function snapshot(dir, prefix = '') {
  return readdirSync(join(dir, prefix))
    .sort()
    .flatMap((name) => {
      const path = join(prefix, name);
      const stat = lstatSync(join(dir, path));
      const mode = stat.mode.toString(8);
      if (stat.isDirectory()) return [`${path}/ ${mode}`, ...snapshot(dir, path)];
      if (stat.isSymbolicLink()) return [`${path} -> ${readlinkSync(join(dir, path))}`];
      if (!stat.isFile()) return [`${path} ${mode}`];
      const hash = createHash('sha256')
        .update(readFileSync(join(dir, path)))
        .digest('hex');
      return [`${path} ${mode} ${stat.size} ${stat.nlink} ${hash.slice(0, 16)}`];
    });
}

/** Written answers in the form of a run's results. */
function expectations(steps) {
  const results = steps.map(([, stdout, status = 0]) => ({
    stdout: Buffer.from(stdout.replaceAll('MACHINE', machine)).toString('latin1'),
    ending: `exit ${status}`,
  }));
  return { results, time: 0, tree: '' };
}

async function all(prefix, steps, cwd) {
  plant(cwd);
  const results = [];
  const started = performance.now();
  for (const step of steps) results.push(await execute(prefix, step, cwd));
  return { results, time: performance.now() - started, tree: snapshot(cwd).join('\n') };
}

function difference(title, want, got) {
  if (want === got) return [];
  const a = want.split('\n');
  const b = got.split('\n');
  const at = a.findIndex((line, i) => line !== b[i]);
  const show = (lines) =>
    lines
      .slice(Math.max(at, 0), Math.max(at, 0) + 4)
      .map((line) => line.slice(0, 300))
      .join('\n      ');
  return [`    ${title}, line ${at + 1}:\n    want: ${show(a)}\n    got:  ${show(b)}`];
}

const base = mkdtempSync(join(tmpdir(), 'sojourn-debian-'));
const abilities = options.needs.split(',').filter((need) => need !== '');
const rows = (larger ? PROGRAM_ROWS : [...ROWS, ...PROCESS_ROWS]).filter(
  ([name, needs, ...steps]) =>
    (needs === '' || abilities.includes(needs)) &&
    (options.only === undefined || new RegExp(options.only).test(name)) &&
    (options.skip === undefined || !new RegExp(options.skip).test(name)) &&
    steps.every(possible),
);
const left = rows.keys();
const failed = [];

async function worker(number) {
  // The same path on both sides: programs print it.
  const cwd = join(base, `job-${number}`);
  for (const i of left) {
    const [name, , ...row] = rows[i];
    const steps = row.filter((step) => Array.isArray(step) || !step.startsWith('?'));
    const known = Array.isArray(steps[0]);
    const commands = known ? steps.map(([command]) => command) : steps;
    const want = known ? expectations(steps) : await all([qemu], commands, cwd);
    const got = await all(subject, commands, cwd);
    const lines = commands.flatMap((step, k) => {
      const [a, b] = [want.results[k], got.results[k]];
      const differences = [
        ...difference('status', a.ending, b.ending),
        ...difference('stdout', a.stdout, b.stdout),
        ...(known ? [] : difference('stderr', a.stderr, b.stderr)),
      ];
      if (differences.length > 0 && a.ending !== b.ending)
        differences.push(`    stderr: ${b.trouble.slice(0, 600)}`);
      return differences.length === 0 ? [] : [`  $ ${step.slice(0, 200)}`, ...differences];
    });
    if (!known) lines.push(...difference('files left', want.tree, got.tree));
    const times = `${Math.round(got.time)} ms, ${known ? 'written answer' : `qemu ${Math.round(want.time)} ms`}`;
    if (lines.length > 0) failed.push(name);
    console.log(
      `${lines.length > 0 ? 'FAIL' : 'ok  '} ${name} (${times})${lines.length > 0 ? `\n${lines.join('\n')}` : ''}`,
    );
    if (options.verbose)
      for (const result of got.results) process.stdout.write(result.stdout + result.trouble);
  }
}

await Promise.all(Array.from({ length: Number(options.jobs) }, (_, i) => worker(i)));
rmSync(base, { recursive: true, force: true });
if (failed.length > 0) console.log(`failed: ${failed.join('; ')}`);
console.log(`${rows.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 && rows.length > 0 ? 0 : 1;
