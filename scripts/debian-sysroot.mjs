/**
 * Makes a sysroot of Debian packages for another architecture, dependencies included, without touching the host's apt.
 *
 *   node scripts/debian-sysroot.mjs ARCH [DIR [PACKAGE…]]
 *
 * ARCH is a Debian architecture (riscv64 arm64 armhf). DIR defaults to .cache/sysroot-ARCH, PACKAGE… to the list that
 * the differential suite needs. riscv64 comes from trixie, the first release that has it; the others from the host's
 * own release. Maintainer scripts are not run: what they set up (/etc/passwd, most alternatives) is not there.
 * Needs apt and dpkg on the host. Packages come from the archive that the host's apt is configured for, or from the URL
 * in SOJOURN_DEBIAN_SOURCE.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './ensure.mjs';

const BASE =
  `base-files bash dash bc busybox-static bzip2 coreutils debianutils diffutils file findutils gawk gcc git grep gzip
   jq libc6-dev lua5.4 make mawk openssl perl procps python3 sed sqlite3 stress-ng tar util-linux vim xz-utils zstd`.split(
    /\s+/,
  );

export const PACKAGES = {
  riscv64: BASE,
  arm64: [...BASE, ...'flac libjpeg-turbo-progs luajit nodejs python3-numpy webp'.split(' ')],
  armhf: BASE,
};

/** What the larger programs of the differential suite need (tests/debian/program-rows.mjs), on top of PACKAGES. */
const PROGRAMS =
  `bat brotli dc fd-find ffmpeg flac g++ ghostscript gnuplot-nox guile-3.0 lame libjpeg-turbo-progs luajit lz4 memcached
   nodejs octave openssh-client optipng opus-tools pari-gp php-cli pypy3 python3-numpy ripgrep ruby sbcl socat sox
   swi-prolog-nox tcl unzip vorbis-tools webp xxhash
   zip`.split(/\s+/);

export const PROGRAM_PACKAGES = {
  riscv64: [...BASE, ...PROGRAMS, 'openjdk-21-jre-headless'],
  arm64: [...BASE, ...PROGRAMS, 'gforth', 'openjdk-17-jre-headless'],
};

const SUITES = { riscv64: 'trixie' };

function capture(command, args) {
  const result = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (result.error) throw result.error;
  if (result.status !== 0)
    throw new Error(`${command} ${args.join(' ')}: status ${result.status}\n${result.stderr}`);
  return result.stdout;
}

/** Where packages come from: SOJOURN_DEBIAN_SOURCE, else the first Debian archive that the host's apt is configured for. */
export function debianSource(env = process.env, apt = '/etc/apt') {
  if (env.SOJOURN_DEBIAN_SOURCE) return env.SOJOURN_DEBIAN_SOURCE;
  const folder = join(apt, 'sources.list.d');
  const files = [
    ...(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []),
    join(apt, 'sources.list'),
  ].filter((path) => /\.(?:list|sources)$/.test(path) && existsSync(path));
  for (const path of files) {
    const text = readFileSync(path, 'utf8');
    const match = /^(?:URIs:|deb(?:\s+\[[^\]]*\])?)\s+(\S*\/debian\/?)(?:\s|$)/m.exec(text);
    if (match) return match[1];
  }
  throw new Error(
    `no Debian archive is configured in ${apt}: set SOJOURN_DEBIAN_SOURCE to the URL of one (what follows "deb" in a sources.list)`,
  );
}

function hostSuite() {
  return /^VERSION_CODENAME=(\S+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'bookworm';
}

/** Options that give apt a state of its own under `state`, for one foreign architecture. */
function aptOptions(state, arch, suite) {
  for (const name of ['lists/partial', 'cache/archives/partial', 'empty'])
    mkdirSync(join(state, name), { recursive: true });
  writeFileSync(join(state, 'status'), '', { flag: 'a' });
  writeFileSync(join(state, 'sources.list'), `deb ${debianSource()} ${suite} main\n`);
  return [
    ['Dir::Etc::sourcelist', join(state, 'sources.list')],
    ['Dir::Etc::sourceparts', join(state, 'empty')],
    ['Dir::State', state],
    ['Dir::State::lists', join(state, 'lists')],
    ['Dir::State::status', join(state, 'status')],
    ['Dir::Cache', join(state, 'cache')],
    ['APT::Architecture', arch],
    ['APT::Architectures::', arch],
    ['APT::Sandbox::User', 'root'],
    ['APT::Install-Recommends', 'false'],
    ['Acquire::Check-Valid-Until', 'false'],
    ['Acquire::Languages', 'none'],
    ['Acquire::Retries', '3'],
    ['Debug::NoLocking', '1'],
  ].map(([key, value]) => `-o${key}=${value}`);
}

/** Through the links of a usr-merged tree: dpkg-deb -x would put directories in their place. */
function unpack(archive, dir) {
  const script = 'dpkg-deb --fsys-tarfile "$0" | tar -xp --keep-directory-symlink -C "$1"';
  capture('sh', ['-c', script, archive, dir]);
}

/** A usr-merged tree: the links are there before anything is unpacked through them. */
function prepare(dir) {
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    mkdirSync(join(dir, 'usr', name), { recursive: true });
    symlinkSync(`usr/${name}`, join(dir, name));
  }
}

/** Static Go programs from npm, put into usr/local/bin: the same tool on every architecture. */
const NPM_PROGRAMS = {
  riscv64: '@esbuild/linux-riscv64@0.28.2',
  arm64: '@esbuild/linux-arm64@0.28.2',
  armhf: '@esbuild/linux-arm@0.28.2',
};

function addNpmProgram(dir, spec) {
  const temporary = mkdtempSync(join(tmpdir(), 'sojourn-npm-'));
  const name = capture('npm', ['pack', '--silent', '--pack-destination', temporary, spec]).trim();
  capture('tar', ['-xzf', join(temporary, name), '-C', temporary]);
  mkdirSync(join(dir, 'usr/local/bin'), { recursive: true });
  cpSync(join(temporary, 'package/bin'), join(dir, 'usr/local/bin'), { recursive: true });
  rmSync(temporary, { recursive: true });
}

/** What maintainer scripts would have chosen by update-alternatives and our programs need: link → target, if there. */
const ALTERNATIVES = [
  ['usr/bin/awk', 'gawk'],
  ['usr/bin/vim', 'vim.basic'],
  ['usr/bin/java', '../lib/jvm/java-17-openjdk-arm64/bin/java'],
  ['usr/bin/java', '../lib/jvm/java-21-openjdk-riscv64/bin/java'],
  ['usr/lib/*/libblas.so.3', 'blas/libblas.so.3'],
  ['usr/lib/*/liblapack.so.3', 'lapack/liblapack.so.3'],
];

function linkAlternatives(dir) {
  for (const [pattern, target] of ALTERNATIVES) {
    const [before, after] = pattern.split('*');
    const links =
      after === undefined
        ? [pattern]
        : readdirSync(join(dir, before)).map((name) => `${before}${name}${after}`);
    for (const link of links) {
      const path = join(dir, link);
      if (existsSync(join(path, '..', target)) && !existsSync(path)) symlinkSync(target, path);
    }
  }
}

/** True when the sysroot that a stamp tells of has all that is wanted. */
function serves(stamp, { arch, suite, packages }) {
  if (!existsSync(stamp)) return false;
  const { wanted } = JSON.parse(readFileSync(stamp, 'utf8'));
  return (
    wanted.arch === arch && wanted.suite === suite && packages.every((name) => wanted.packages.includes(name))
  );
}

/** Makes the sysroot unless DIR already holds one that has these packages. Returns its absolute path. */
export function makeSysroot(
  arch,
  dir = join(ROOT, `.cache/sysroot-${arch}`),
  packages = PACKAGES[arch] ?? BASE,
) {
  dir = resolve(dir);
  const stamp = `${dir}.json`;
  const suite = SUITES[arch] ?? hostSuite();
  const wanted = { arch, suite, packages: [...packages].sort() };
  if (existsSync(dir) && serves(stamp, wanted)) return dir;

  const state = join(ROOT, `.cache/apt-${suite}-${arch}`);
  const options = aptOptions(state, arch, suite);
  console.error(`sysroot: ${suite} ${arch}: package lists`);
  capture('apt-get', [...options, '-qq', 'update']);
  console.error(`sysroot: downloading ${packages.length} packages and what they need`);
  capture('apt-get', [
    ...options,
    '-qq',
    '-y',
    '--download-only',
    '--allow-downgrades',
    'install',
    ...packages,
  ]);
  const archives = join(state, 'cache/archives');
  // "Inst NAME (VERSION …": the plan names what belongs to this list; the cache may hold more.
  const plan = capture('apt-get', [...options, '-s', '-y', 'install', ...packages]);
  const files = [...plan.matchAll(/^Inst (\S+) \((\S+) .*\[(\w+)\]\)/gm)].map(
    ([, name, version, built]) => `${name}_${version.replaceAll(':', '%3a')}_${built}.deb`,
  );
  if (files.length === 0) throw new Error(`apt has no plan for ${packages.join(' ')}:\n${plan}`);

  const fresh = `${dir}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  prepare(fresh);
  console.error(`sysroot: unpacking ${files.length} packages`);
  for (const name of files) unpack(join(archives, name), fresh);
  linkAlternatives(fresh);
  if (arch in NPM_PROGRAMS) addNpmProgram(fresh, NPM_PROGRAMS[arch]);
  rmSync(dir, { recursive: true, force: true });
  renameSync(fresh, dir);
  writeFileSync(stamp, `${JSON.stringify({ wanted, files }, null, 1)}\n`);
  return dir;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [arch, dir, ...packages] = process.argv.slice(2);
  if (arch === undefined) {
    console.error('usage: node scripts/debian-sysroot.mjs ARCH [DIR [PACKAGE…]]');
    process.exit(2);
  }
  try {
    console.log(makeSysroot(arch, dir, packages.length > 0 ? packages : undefined));
  } catch (error) {
    console.error(`sysroot: ${error.message}`);
    process.exit(1);
  }
}
