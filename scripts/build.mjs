/**
 * Builds dist/: the command line with its lazily loaded chunks, the library, the worker entries.
 *
 *   node scripts/build.mjs             JavaScript only (what running and testing need)
 *   node scripts/build.mjs --release   also the type declarations, for packing
 *   node scripts/build.mjs --gen-only  only the generated sources (scripts/gen.mjs)
 *
 * The bundles share no chunk: each file that is loaded costs start-up time, so the command line is one file. Files are put in
 * place by rename, entries last, so that a concurrent run sees old or new.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { ROOT, run } from './ensure.mjs';

const DIST = join(ROOT, 'dist');
const args = process.argv.slice(2);

const gen = join(ROOT, 'scripts/gen.mjs');
if (existsSync(gen)) run(process.execPath, [gen]);
if (args.includes('--gen-only')) process.exit(0);

const { build } = await import('esbuild');

function sources(folder, suffix) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(suffix))
    .map((name) => join(folder, name));
}

/** name of the file in dist/ (without .js) → source file */
const bundles = [
  { api: 'src/api/index.ts' },
  ...sources(join(ROOT, 'src'), '-worker.ts').map((path) => ({ [basename(path, '.ts')]: path })),
];

/** Identity of the sources: compiled guest code that is kept between runs is good for the build that made it. */
const identity = createHash('sha256');
for (const path of sources(join(ROOT, 'src'), '.ts').sort()) identity.update(readFileSync(path));
const BUILD_ID = identity.digest('hex').slice(0, 16);
const define = { SOJOURN_BUILD_ID: JSON.stringify(BUILD_ID) };

const started = Date.now();
const fresh = new Set();
mkdirSync(DIST, { recursive: true });
for (const bundle of bundles) {
  const entries = Object.entries(bundle).filter(
    ([, path]) => existsSync(join(ROOT, path)) || existsSync(path),
  );
  if (entries.length === 0) continue;
  const name = entries[0][0];
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: Object.fromEntries(entries),
    chunkNames: `${name}-[name]-[hash]`,
    outdir: DIST,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    minify: true,
    keepNames: false,
    sourcemap: 'linked',
    legalComments: 'none',
    // Loads its .wasm from beside itself, and only when a disassembly is asked for.
    external: ['capstone-wasm'],
    define,
    // Bundled CommonJS packages call require() for Node's own modules.
    banner: { js: "import{createRequire as $cr}from'node:module';const require=$cr(import.meta.url);" },
    write: false,
    logLevel: 'warning',
  });
  const rank = (path) =>
    path.endsWith('.map') ? 0 : entries.some(([n]) => path === join(DIST, `${n}.js`)) ? 2 : 1;
  for (const file of result.outputFiles.sort((a, b) => rank(a.path) - rank(b.path))) {
    const temporary = `${file.path}.${process.pid}.tmp`;
    mkdirSync(dirname(file.path), { recursive: true });
    writeFileSync(temporary, file.contents);
    renameSync(temporary, file.path);
    fresh.add(file.path);
  }
}

/** elfy needs one function of node:assert; loading Node's takes 2 ms of every start. */
const lightAssert = {
  name: 'light-assert',
  setup({ onResolve }) {
    onResolve({ filter: /^assert$/ }, ({ importer }) =>
      /[\\/]elfy[\\/]/.test(importer) ? { path: join(ROOT, 'scripts/elfy-assert.cjs') } : undefined,
    );
  },
};

/** Node's own process for `import process`: made from require(), each import would be a copy of a hundred properties. */
const globalProcess = {
  name: 'global-process',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:process$/ }, ({ path }) => ({ path, namespace: 'global' }));
    onLoad({ filter: /.*/, namespace: 'global' }, () => ({ contents: 'export default process;' }));
  },
};

await buildCommandLine();

/**
 * The command line is one CommonJS file, because bin/sojourn.js loads it with V8's code cache (which modules cannot have
 * on Node 20). Its last line has what bin/sojourn.js must know before: the identity that the cache is keyed by, and V8's
 * options.
 */
async function buildCommandLine() {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: { main: 'src/cli/main.ts' },
    outdir: DIST,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    // Names are kept: with the code cache they cost nothing, and an internal error's stack can be read.
    minifyWhitespace: true,
    minifySyntax: true,
    charset: 'ascii',
    sourcemap: 'linked',
    legalComments: 'none',
    external: ['capstone-wasm'],
    plugins: [lightAssert, globalProcess],
    define: { ...define, 'import.meta.url': '$meta.url', 'import.meta.dirname': '__dirname' },
    banner: { js: "const $meta={get url(){return require('node:url').pathToFileURL(__filename).href}};" },
    write: false,
    logLevel: 'warning',
  });
  const { V8_OPTIONS: v8Options } = await evaluate('src/kernel/host/v8.ts');
  rmSync(join(DIST, 'code-cache'), { recursive: true, force: true });
  for (const file of outputFiles.sort(
    (a, b) => Number(b.path.endsWith('.map')) - Number(a.path.endsWith('.map')),
  )) {
    const id = createHash('sha256').update(file.contents).digest('hex').slice(0, 16);
    const tail = file.path.endsWith('.map') ? '' : `\n//# ${JSON.stringify({ id, v8Options })}`;
    const temporary = `${file.path}.${process.pid}.tmp`;
    writeFileSync(temporary, Buffer.concat([file.contents, Buffer.from(tail)]));
    renameSync(temporary, file.path);
    fresh.add(file.path);
  }
  await buildInterpreters();
  warmUp();
}

/** What a module of ours exports. */
async function evaluate(path) {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [path],
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
    outdir: DIST,
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

/** The interpreter's modules, which every start would have to make otherwise. */
async function buildInterpreters() {
  const { buildInterpreter } = await evaluate('src/translate/interp/module.ts');
  for (const wordSize of [4, 8]) {
    const path = join(DIST, `interpreter-${wordSize}-${BUILD_ID}.wasm`);
    writeFileSync(`${path}.${process.pid}.tmp`, buildInterpreter(wordSize));
    renameSync(`${path}.${process.pid}.tmp`, path);
    fresh.add(path);
  }
}

/**
 * Fills the code cache for this Node with what every start of a RISC-V or an AArch64 program needs. More would be read by all
 * and used by few: with what files, signals and mappings take, hello starts 2 to 5 ms later and ls no sooner. Failures are of
 * no consequence.
 */
function warmUp() {
  for (const isa of ['riscv64', 'aarch64']) {
    const program = join(ROOT, `tests/fixtures/bin/hello-${isa}`);
    if (!existsSync(program)) return;
    spawnSync(process.execPath, [join(ROOT, 'bin/sojourn.js'), program], {
      cwd: tmpdir(),
      stdio: 'ignore',
      timeout: 20_000,
      env: { ...process.env, SOJOURN_FILL_CODE_CACHE: '1' },
    });
  }
}

// Chunks of earlier builds: kept for ten minutes, a running process may still load one.
for (const name of readdirSync(DIST)) {
  const path = join(DIST, name);
  const old = Date.now() - statSync(path).mtimeMs > 600_000;
  if (!fresh.has(path) && name !== 'types' && name !== 'code-cache' && (old || args.includes('--release')))
    rmSync(path, { recursive: true });
}

if (args.includes('--release')) {
  run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json']);
}
writeFileSync(join(DIST, '.stamp'), '');
console.error(
  `built ${[...fresh].filter((p) => p.endsWith('.js')).length} files in ${Date.now() - started} ms`,
);
