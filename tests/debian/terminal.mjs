/**
 * Interactive programs of a Debian sysroot on a terminal of the host: line editing, keys that make signals, job control,
 * sizes. Each step types something and waits for what must appear.
 *
 *   node tests/debian/terminal.mjs [ARCH] [--sysroot DIR] [--verbose]
 *
 * The terminal is script(1)'s. Ends with "N passed, N failed".
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeSysroot } from '../../scripts/debian-sysroot.mjs';
import { ROOT, ensure } from '../../scripts/ensure.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { sysroot: { type: 'string' }, verbose: { type: 'boolean', default: false } },
});
const sysroot = realpathSync(makeSysroot(positionals[0] ?? 'riscv64', options.sysroot));
ensure();

/** Milliseconds for what a step waits for. */
const LIMIT = 60_000;
/** A program that was started needs a moment before keys mean something to it. */
const START = 1500;

const cwd = mkdtempSync(join(tmpdir(), 'sojourn-terminal-'));
writeFileSync(join(cwd, 'lines'), Array.from({ length: 200 }, (_, i) => `line ${i}\n`).join(''));

const quote = (word) => `'${word}'`;
const command = [
  process.execPath,
  join(ROOT, 'bin/sojourn.js'),
  '-L',
  sysroot,
  join(sysroot, 'usr/bin/bash'),
  '--norc',
  '--noprofile',
  '-i',
].map(quote);
const child = spawn(
  'script',
  ['-q', '-e', '-c', `stty rows 24 cols 80; exec ${command.join(' ')}`, '/dev/null'],
  {
    cwd,
    env: {
      PATH: '/usr/bin:/bin',
      HOME: cwd,
      TERM: 'xterm',
      LC_ALL: 'C.UTF-8',
      PS1: 'P>',
      SOJOURN_CACHE_DIR: process.env.SOJOURN_CACHE_DIR ?? join(ROOT, '.cache/translations'),
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  },
);
const ended = new Promise((resolve) => child.on('close', resolve));

let output = '';
let woken = () => {};
child.stdout.on('data', (data) => {
  output += data.toString('latin1');
  woken();
});
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until `pattern` has appeared and forgets what came up to its end. @returns the match, undefined: too late */
async function appears(pattern) {
  for (const end = Date.now() + LIMIT; Date.now() < end;) {
    const match = pattern.exec(output);
    if (match) {
      output = output.slice(match.index + match[0].length);
      return match;
    }
    await Promise.race([new Promise((resolve) => (woken = resolve)), sleep(100)]);
  }
  return undefined;
}

let passed = 0;
let failed = 0;
function count(name, ok) {
  if (ok) passed++;
  else failed++;
  if (!ok || options.verbose) console.log(`${ok ? 'ok  ' : 'FAIL'} ${name}`);
  if (!ok) console.log(`     got: ${JSON.stringify(output.slice(-600))}`);
}

/** Types `keys`, then waits. */
async function step(name, keys, pattern, pause = 0) {
  child.stdin.write(keys, 'latin1');
  const match = await appears(pattern);
  count(name, match !== undefined);
  if (pause > 0) await sleep(pause);
  return match;
}

/** As `step`, for what the shell tells before a prompt: it gets an empty line now and then, however slow the host. */
async function told(name, keys, pattern) {
  const nudge = setInterval(() => child.stdin.write('\r'), 500);
  await step(name, keys, pattern);
  clearInterval(nudge);
}

await step('a prompt', '', /P>/);
await step('line editing', 'echo hellp\x7fo\r', /[\r\n]hello\r\n.*P>/s);
await step('history', '\x1b[A\x01\x05 more\r', /[\r\n]hello more\r\n.*P>/s);
await step('reverse search', '\x12hello m\r', /[\r\n]hello more\r\n.*P>/s);
await step('completion', 'ech\tdone\r', /[\r\n]done\r\n/);
await step('a program starts', 'sleep 100\r', /\r\n/, START);
await step('^C interrupts it', '\x03', /\^C.*P>/s);
await step('its status', 'echo =$?\r', /=130\r\n/);
await step('another program', 'sleep 100\r', /\r\n/, START);
await step('^Z stops it', '\x1a', /\[1\]\+ +Stopped +sleep 100/);
await step('jobs', 'jobs\r', /\[1\]\+ +Stopped +sleep 100/);
await step('bg', 'bg\r', /\[1\]\+ sleep 100 &/);
await step('jobs: it runs', 'jobs\r', /\[1\]\+ +Running +sleep 100/);
await step('fg', 'fg\r', /sleep 100\r\n/, START / 3);
await step('^C reaches what was stopped', '\x03', /\^C.*P>/s);
await step('a pipeline', 'cat | cat\r', /\r\n/, START);
await step('reads from the terminal', 'abc\r', /abc\r\nabc\r\n/);
await step('is stopped', '\x1a', /Stopped/);
await step('continues', 'fg\r', /cat \| cat\r\n/, START / 3);
await step('and reads on', 'def\r', /def\r\ndef\r\n/);
await step('^D ends it', '\x04', /P>/);
await step('^\\ quits', 'cat\r', /\r\n/, START);
await step('^W and ^U of the line discipline', 'foo bar\x17baz\x15xyz\r', /[\r\n]xyz\r\n/);
await step('^\\', '\x1c', /Quit/);
await step('size', 'stty size\r', /24 80\r\n/);
await step('a hook on SIGWINCH', 'trap "echo W\'\'INCH" WINCH; shopt -s checkwinsize\r', /P>/);
const [, terminal] = (await step('name', 'tty\r', /(\/dev\/pts\/\d+)\r\n.*P>/s, START / 3)) ?? [];
spawnSync('stty', ['-F', terminal, 'rows', '31', 'cols', '101']);
await sleep(START / 3);
await step('SIGWINCH', '\r', /WINCH/);
await step('the new size', 'stty size\r', /31 101\r\n/);
await step('LINES and COLUMNS', '/bin/true; echo $LINES $COLUMNS\r', /31 101\r\n/);
await step('a size that the guest sets', 'stty cols 90; stty size\r', /31 90\r\n/);
const secret = await step('no echo', 'read -s -p pw: x; echo "[$x]"\r', /[\r\n]pw:/);
count(
  'what is typed then is not shown',
  secret && (await step('it is read', 'secret\r', /^\r?\n?\[secret\]/)),
);
await step('stty', 'stty -echo; echo a; stty echo\r', /[\r\n]a\r\n/);
await told('a job is killed', 'sleep 30 & sleep 0.2; kill %1\r', /Terminated/);
await told('SIGTTIN', 'cat &\r', /Stopped +cat/);
await told('and its end', 'kill -9 %1\r', /Killed/);
await told('SIGTTOU', 'stty tostop; (echo bg; exit) &\r', /Stopped/);
await step('in the foreground it writes', 'fg\r', /[\r\n]bg\r\n/);
await step('vim', 'vim.basic -u NONE lines\r', /line 15/);
await step('vim edits and writes', 'Gohello vim\x1b:wq\r', /written.*P>/s);
count('what vim wrote', readFileSync(join(cwd, 'lines'), 'utf8').endsWith('line 199\nhello vim\n'));
await step('vim again', 'vim.basic -u NONE lines\r', /line 15/, START / 3);
await step('vim stops', '\x1a', /Stopped/);
await step('vim continues, runs a command', 'fg\r', /line 15/, START / 3);
await step('vim runs a command', ':!echo sh""ell\r', /shell\r\n/);
await step('vim ends', '\r:q!\r', /P>/);
await step('top', 'top -d 1\r', /load average.*PID.*bash/s, START);
await step('top ends', 'q', /P>/);
child.stdin.write('exit 7\r');
const status = await Promise.race([ended, sleep(LIMIT)]);
count('exit', status === 7);
child.kill('SIGKILL');
rmSync(cwd, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
// Timers of waits that are over would hold us up.
process.exit(failed === 0 ? 0 : 1);
