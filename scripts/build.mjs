/**
 * Builds dist/: the command line with its lazily loaded chunks, the library, the worker entries.
 *
 *   node scripts/build.mjs             JavaScript only (what running and testing need)
 *   node scripts/build.mjs --release   also the type declarations, for packing
 *   node scripts/build.mjs --gen-only  only the generated sources (scripts/gen.mjs)
 *
 * The three bundles share no chunk: each file that is loaded costs start-up time, so the command line must be as few
 * files as possible. Files are put in place by rename, entries last, so that a concurrent run sees old or new.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
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
  { main: 'src/cli/main.ts' },
  { api: 'src/api/index.ts' },
  ...sources(join(ROOT, 'src'), '-worker.ts').map((path) => ({ [basename(path, '.ts')]: path })),
];

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

// Chunks of earlier builds: kept for ten minutes, a running process may still load one.
for (const name of readdirSync(DIST)) {
  const path = join(DIST, name);
  const old = Date.now() - statSync(path).mtimeMs > 600_000;
  if (!fresh.has(path) && name !== 'types' && (old || args.includes('--release')))
    rmSync(path, { recursive: true });
}

if (args.includes('--release')) {
  run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json']);
}
writeFileSync(join(DIST, '.stamp'), '');
console.error(
  `built ${[...fresh].filter((p) => p.endsWith('.js')).length} files in ${Date.now() - started} ms`,
);
