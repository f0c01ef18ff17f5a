/**
 * Makes the tree ready to run: dependencies installed, dist/ built. Plain Node, usable before any dependency is there.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Runs a command in the project root with our streams; ends this process when it fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', ...options });
  if (result.error) {
    console.error(`${command}: ${result.error.message}`);
    process.exit(1);
  }
  if (result.status !== 0) process.exit(result.status ?? 1);
}

/** npm without relying on PATH holding the same one: npm sets npm_execpath for its scripts. */
function npm(args, options) {
  const cli = process.env.npm_execpath;
  if (cli && cli.endsWith('.js')) run(process.execPath, [cli, ...args], options);
  else run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, options);
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** True when every package that package-lock.json asks for (optional ones aside) is in node_modules at that version. */
export function dependenciesInstalled() {
  const wanted = readJson(join(ROOT, 'package-lock.json'))?.packages ?? {};
  const present = readJson(join(ROOT, 'node_modules/.package-lock.json'))?.packages;
  if (present === undefined) return false;
  return Object.entries(wanted).every(
    ([path, entry]) =>
      path === '' ||
      entry.optional === true ||
      entry.devOptional === true ||
      (present[path]?.version === entry.version && existsSync(join(ROOT, path, 'package.json'))),
  );
}

function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path).reduce((most, name) => Math.max(most, newest(join(path, name))), stat.mtimeMs);
}

/** True when a file that goes into dist/ is newer than the last build. */
export function distStale() {
  const stamp = statSync(join(ROOT, 'dist/.stamp'), { throwIfNoEntry: false });
  if (stamp === undefined) return true;
  const inputs = [
    'src',
    'package.json',
    'scripts/build.mjs',
    'scripts/gen.mjs',
    'node_modules/.package-lock.json',
  ];
  return inputs.some((input) => newest(join(ROOT, input)) > stamp.mtimeMs);
}

/** Installs and builds what is missing or out of date; says so on standard error, and nothing otherwise. */
export function ensure() {
  const toStderr = { stdio: ['ignore', 2, 2] };
  if (!dependenciesInstalled()) {
    console.error('sojourn: installing dependencies');
    // Not `npm ci`: it insists on an entry for every platform's optional package, also those a registry does not have.
    npm(['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], toStderr);
  }
  if (distStale()) {
    console.error('sojourn: building');
    run(process.execPath, [join(ROOT, 'scripts/build.mjs')], toStderr);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) ensure();
